#include "customers/customer_ids.hpp"

#include "kernel/error.hpp"

namespace marketing::customers {

using kernel::Error;
using kernel::ErrorCode;
using kernel::WireReader;

std::int64_t CustomerIds::key(const Identifier& customer)
{
    if (kind_ == IdKind::none) {
        kind_ = customer.kind;
    }
    if (customer.kind != kind_ || kind_ == IdKind::none) {
        throw Error(ErrorCode::invalid_parameter, "customer identifiers of two kinds in one aggregate", {},
                    "Give all of them as integers, or cast all of them to text.");
    }
    return kind_ == IdKind::integer ? customer.number : texts_.code(customer.text);
}

Identifier CustomerIds::customer(std::int64_t key) const noexcept
{
    return kind_ == IdKind::integer ? Identifier::of(key) : Identifier::of(texts_.text(static_cast<std::uint32_t>(key)));
}

std::uint64_t CustomerIds::wire_size() const noexcept
{
    std::uint64_t size = sizeof(std::uint16_t) + sizeof(std::uint32_t);
    for (std::uint32_t code = 0; code < texts_.size(); ++code) {
        size += sizeof(std::uint32_t) + texts_.text(code).size();
    }
    return size;
}

void CustomerIds::write(kernel::WireWriter<kernel::FlatBuffer>& out) const
{
    out.put(static_cast<std::uint16_t>(kind_));
    out.put(static_cast<std::uint32_t>(texts_.size()));
    for (std::uint32_t code = 0; code < texts_.size(); ++code) {
        out.put_text(texts_.text(code));
    }
}

void CustomerIds::read(WireReader& in)
{
    const auto kind = in.get<std::uint16_t>();
    if (kind > static_cast<std::uint16_t>(IdKind::text)) {
        WireReader::fail("its kind of identifiers is unknown");
    }
    kind_ = static_cast<IdKind>(kind);
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t code = 0; code < count; ++code) {
        if (texts_.code(in.get_text()) != code) {
            WireReader::fail("an identifier is there twice");
        }
    }
}

void CustomerIds::check(std::int64_t key) const
{
    if (kind_ == IdKind::none || (kind_ == IdKind::text && (key < 0 || static_cast<std::uint64_t>(key) >= texts_.size()))) {
        WireReader::fail("a customer has no identifier");
    }
}

kernel::FlatBuffer allocate_value(std::pmr::memory_resource& result, std::size_t header, std::uint64_t content)
{
    if (content > kernel::FlatBuffer::most_bytes - header) {
        throw Error(ErrorCode::limit_exceeded, "the customers do not fit in one value",
                    "They need " + std::to_string(content) + " bytes; a value holds at most 1 GB.",
                    "Group by a part of the customers, such as customer % 16, and add the results up.");
    }
    return {result, header, content};
}

}  // namespace marketing::customers
