#include "attribution/transforms.hpp"

#include <algorithm>
#include <utility>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr auto transforms =
    kernel::names<Transform>("transform", {{"none", Transform::none},
                                           {"unique", Transform::none},
                                           {"exposure", Transform::exposure},
                                           {"first", Transform::first},
                                           {"frequency", Transform::frequency},
                                           {"remove_if_not_all", Transform::remove_if_not_all},
                                           {"remove_if_last_and_not_all", Transform::remove_if_last_and_not_all}});

constexpr std::string_view blanks = " \t\n\r";

bool removes_keys(Transform transform) noexcept
{
    return transform == Transform::remove_if_not_all || transform == Transform::remove_if_last_and_not_all;
}

[[noreturn]] void refuse(std::string message)
{
    throw Error(
        ErrorCode::invalid_parameter, std::move(message), {},
        "Write remove_if_not_all and remove_if_last_and_not_all with the keys to remove in brackets, as in \"exposure, "
        "remove_if_last_and_not_all(direct, email)\"; a key with a comma, a bracket or a quote stands in double quotes.");
}

/** Reads a text from its front. */
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text), rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] bool take(char sign)
    {
        skip_blanks();
        if (rest_.empty() || rest_.front() != sign) {
            return false;
        }
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }
    /** What comes before the next of `signs`, or the end, without the blanks around it. */
    std::string_view until(std::string_view signs)
    {
        skip_blanks();
        const std::string_view found = rest_.substr(0, rest_.find_first_of(signs));
        rest_.remove_prefix(found.size());
        return found.substr(0, found.find_last_not_of(blanks) + 1);
    }
    std::string key()
    {
        if (!take_quote()) {
            return std::string(until(",()\""));
        }
        std::string found;
        for (;;) {
            const std::size_t end = rest_.find('"');
            if (end == std::string_view::npos) {
                refuse_text();
            }
            found += rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (rest_.empty() || rest_.front() != '"') {
                return found;
            }
            found += '"';
            rest_.remove_prefix(1);
        }
    }
    [[noreturn]] void refuse_text() const { refuse("transform cannot be read: \"" + std::string(text_) + "\""); }

private:
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }
    /** The blanks behind an opening quote are the key's. */
    bool take_quote()
    {
        skip_blanks();
        if (rest_.empty() || rest_.front() != '"') {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view text_;
    std::string_view rest_;
};

std::vector<std::string> read_keys(Reader& in)
{
    std::vector<std::string> keys;
    do {
        keys.push_back(in.key());
        if (keys.back().empty()) {
            in.refuse_text();
        }
    } while (in.take(','));
    if (!in.take(')')) {
        in.refuse_text();
    }
    return keys;
}

}  // namespace

std::vector<ReadTransform> read_transforms(std::string_view text, std::optional<std::string_view> key)
{
    Reader in(text);
    std::vector<ReadTransform> found;
    bool needs_key = false;
    do {
        const std::string_view name = in.until(",()");
        ReadTransform next{transforms.find(name), {}};
        const bool removes = removes_keys(next.transform);
        if (!found.empty() && found.back().transform == Transform::frequency) {
            throw Error(ErrorCode::invalid_parameter, "nothing can follow the transform \"frequency\"", {}, "Name it last.");
        }
        if (in.take('(')) {
            if (!removes) {
                refuse("the transform \"" + std::string(name) + "\" has no use for keys");
            }
            next.keys = read_keys(in);
        } else if (removes) {
            if (!key) {
                refuse("the transform \"" + std::string(name) + "\" needs keys, or a transform_key");
            }
            needs_key = true;
            next.keys.emplace_back(*key);
        }
        found.push_back(std::move(next));
    } while (in.take(','));
    if (!in.at_end()) {
        in.refuse_text();
    }
    if (key && !needs_key) {
        refuse("the transform \"" + std::string(text) + "\" has no use for a transform_key");
    }
    return found;
}

}  // namespace marketing::attribution
