#include "kernel/identifier_codes.hpp"

#include <string>

#include "kernel/error.hpp"

namespace marketing::kernel {

void IdentifierKind::settle(IdKind given)
{
    if (kind_ != IdKind::none || given == IdKind::none) {
        throw Error(ErrorCode::invalid_parameter, std::string(what_) + " identifiers of two kinds in one aggregate", {},
                    "Give all of them as integers, or cast all of them to text.");
    }
    kind_ = given;
}

IdentifierList::IdentifierList(WireReader& in, IdKind kind, std::uint64_t count, std::uint64_t text_bytes) : kind_(kind)
{
    WireReader::require(kind == IdKind::text || text_bytes == 0, "numbers have no text");
    if (kind == IdKind::text) {
        texts_ = TextColumn(in, count, text_bytes);
    } else if (kind == IdKind::integer) {
        numbers_ = FlatColumn<std::int64_t>(in, count);
    }
}

IdentifierColumn::IdentifierColumn(WireReader& in, IdKind kind, std::uint64_t count, std::uint64_t text_bytes)
    : IdentifierList(in, kind, count, text_bytes)
{
    WireReader::require(kind != IdKind::none || count == 0, "its rows have no identifiers");
    for (std::size_t i = 1; i < size(); ++i) {
        WireReader::require((*this)[i - 1] < (*this)[i], "its identifiers are repeated or out of order");
    }
}

}  // namespace marketing::kernel
