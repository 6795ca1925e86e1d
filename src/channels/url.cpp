#include "channels/url.hpp"

#include "channels/placeholders.hpp"
#include "kernel/hash.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

namespace marketing::channels {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_letter(char c) noexcept
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept
{
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

bool is_scheme(std::string_view text) noexcept
{
    return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

/** Letters, digits, '-', '_', '.' and whatever is not ASCII. */
bool is_host_name(std::string_view host) noexcept
{
    return !host.empty() && host.size() <= longest_host && host.front() != '.' && host.find("..") == npos &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
           });
}

bool is_port(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), is_digit);
}

/** The bracketed address at the head of an authority, or nothing. */
std::string_view address_of(std::string_view authority) noexcept
{
    const std::size_t end = authority.find(']');
    if (end == npos || end > longest_host || end < 2) {
        return {};
    }
    const auto is_part = [](char c) {
        return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == ':' || c == '.';
    };
    const std::string_view inner = authority.substr(1, end - 1);
    return std::all_of(inner.begin(), inner.end(), is_part) ? authority.substr(0, end + 1) : std::string_view{};
}

/** The host in [user@]host[:port], or nothing. */
std::string_view host_of(std::string_view authority) noexcept
{
    if (const std::size_t at = authority.rfind('@'); at != npos) {
        authority.remove_prefix(at + 1);
    }
    if (authority.starts_with('[')) {
        return address_of(authority);
    }
    const std::size_t colon = authority.find(':');
    if (colon != npos && !is_port(authority.substr(colon + 1))) {
        return {};
    }
    std::string_view host = authority.substr(0, colon);
    if (host.size() > 1 && host.ends_with('.')) {
        host.remove_suffix(1);
    }
    if (host.size() > 4 && equal_ignoring_case(host.substr(0, 4), "www.") && host.find('.', 4) != npos) {
        host.remove_prefix(4);
    }
    return is_host_name(host) ? host : std::string_view{};
}

/** The length of "scheme://" or "//" at the head of a URL, 0 where there is none. */
std::size_t scheme_size(std::string_view url) noexcept
{
    const std::size_t slashes = url.find("//");
    if (slashes == 0) {
        return 2;
    }
    const bool has_scheme = slashes != npos && url[slashes - 1] == ':' && is_scheme(url.substr(0, slashes - 1));
    return has_scheme ? slashes + 2 : 0;
}

/** The query of a URL, or the whole of a text that is a bare query: a '=' with no '/', ':' or '?' before it. */
std::string_view query_of(std::string_view url) noexcept
{
    url = url.substr(0, url.find('#'));
    const std::size_t first = url.find_first_of("?=/:");
    if (first != npos && url[first] == '=') {
        return url;
    }
    const std::size_t mark = url.find('?');
    return mark == npos ? std::string_view{} : url.substr(mark + 1);
}

int hex_value(char c) noexcept
{
    if (is_digit(c)) {
        return c - '0';
    }
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/** The byte that the escape at the head of `text` stands for, or -1. */
int escaped_byte(std::string_view text) noexcept
{
    if (text.size() < 3 || text[0] != '%' || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) {
        return -1;
    }
    return hex_value(text[1]) * 16 + hex_value(text[2]);
}

/** Decodes the escapes at the head of `text` that make up one character; the bytes written, 0 where they are none. */
std::size_t decode_character(std::string_view text, Charset charset, char* out) noexcept
{
    std::array<char, 4> bytes{};
    std::size_t size = 0;
    for (int byte = escaped_byte(text); byte >= 0 && size < bytes.size(); byte = escaped_byte(text.substr(3 * size))) {
        bytes[size++] = static_cast<char>(byte);
    }
    if (size == 0 || bytes[0] == '\0') {
        return 0;
    }
    const Character character = first_character({bytes.data(), size});
    if (!character.valid || (character.size > 1 && charset != Charset::utf8)) {
        return 0;
    }
    std::memcpy(out, bytes.data(), character.size);
    return character.size;
}

std::string_view kept(std::string_view text, std::pmr::memory_resource* resource)
{
    char* const copy = static_cast<char*>(resource->allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), copy);
    return {copy, text.size()};
}

/** A decoded name in lower case. */
std::string_view decoded_name(std::string_view text, Charset charset, std::pmr::memory_resource* resource)
{
    const std::string_view name = decoded(text, charset, resource);
    if (std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return name;
    }
    char* const lower = static_cast<char*>(resource->allocate(name.size(), 1));
    std::transform(name.begin(), name.end(), lower, ascii_lower);
    return {lower, name.size()};
}

/** One name=value as it is written. */
struct RawParameter {
    std::string_view name;
    std::string_view value;
};

/** Cuts the first parameter off `query`. "&amp;" is '&' that passed through HTML once too often. */
RawParameter next_parameter(std::string_view& query) noexcept
{
    const std::size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == npos ? std::string_view{} : query.substr(end + 1);
    if (pair.starts_with("amp;")) {
        pair.remove_prefix(4);
    }
    const std::size_t equals = pair.find('=');
    return {pair.substr(0, equals), equals == npos ? std::string_view{} : pair.substr(equals + 1)};
}

}  // namespace

std::string_view decoded(std::string_view text, Charset charset, std::pmr::memory_resource* resource)
{
    if (text.find_first_of("%+") == npos) {
        return text;
    }
    char* const out = static_cast<char*>(resource->allocate(text.size(), 1));
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t written = text[i] == '%' ? decode_character(text.substr(i), charset, out + size) : 0;
        if (written > 0) {
            i += 3 * written;
            size += written;
        } else {
            out[size++] = text[i] == '+' ? ' ' : text[i];
            ++i;
        }
    }
    return {out, size};
}

Location locate(std::string_view url) noexcept
{
    url = trimmed(url);
    const std::size_t scheme = scheme_size(url);
    const std::string_view rest = url.substr(scheme);
    const std::size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    if (scheme == 0 && authority.find('@') != npos) {
        return {};  // an e-mail address
    }
    const std::string_view host = host_of(authority);
    const bool bare_word =
        scheme == 0 && host.find('.') == npos && !host.starts_with('[') && !equal_ignoring_case(host, "localhost");
    if (host.empty() || bare_word) {
        return {};
    }
    const std::string_view tail = rest.substr(end);
    const bool is_app = url.substr(0, scheme).ends_with("-app://");
    return {host, tail.substr(0, tail.find_first_of("?#")), is_app};
}

Page page_of(std::string_view url) noexcept
{
    url = trimmed(url);
    const Location found = locate(url);
    std::string_view path = found.path;
    if (found.host.empty()) {
        const bool is_path = url.starts_with('/') && !url.starts_with("//");
        path = is_path ? url.substr(0, url.find_first_of("?#")) : std::string_view{};
        if (path.empty()) {
            return {};
        }
    }
    if (path.empty()) {
        path = "/";
    }
    const std::size_t end = path.find_last_not_of('/');
    return {found.host, path.substr(0, end == npos ? 1 : end + 1)};
}

std::pmr::vector<Parameter> parameters(std::string_view url, Charset charset, std::pmr::memory_resource* resource)
{
    std::pmr::vector<Parameter> found(resource);
    std::pmr::unordered_set<std::string_view, kernel::SeededHash> seen(resource);
    for (std::string_view query = query_of(url); !query.empty();) {
        const RawParameter raw = next_parameter(query);
        const std::string_view name = decoded_name(raw.name, charset, resource);
        if (!name.empty() && seen.insert(name).second) {
            found.push_back({name, decoded(raw.value, charset, resource)});
        }
    }
    return found;
}

std::optional<std::string_view> parameter(std::string_view url, std::string_view name, Charset charset,
                                          std::pmr::memory_resource* resource)
{
    for (std::string_view query = query_of(url); !query.empty();) {
        const RawParameter raw = next_parameter(query);
        if (!raw.name.empty() && equal_ignoring_case(decoded(raw.name, charset, resource), name)) {
            return decoded(raw.value, charset, resource);
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> first_id(std::string_view url, std::span<const std::string_view> names,
                                         const Placeholders& placeholders, Charset charset, std::pmr::memory_resource* resource)
{
    std::optional<std::string_view> found;
    for (std::string_view query = query_of(url); !query.empty() && !names.empty();) {
        const RawParameter raw = next_parameter(query);
        const std::string_view name = decoded(raw.name, charset, resource);
        const auto same = [name](std::string_view other) { return equal_ignoring_case(name, other); };
        const auto place = std::find_if(names.begin(), names.end(), same);
        if (place == names.end()) {
            continue;
        }
        std::pmr::string buffer(resource);
        const std::string_view id = cleaned(decoded(raw.value, charset, resource), Purpose::key, charset, placeholders, buffer);
        // In a URL braces are those of a macro.
        if (id.size() <= longest_id && !placeholders.contains(id, Purpose::label, charset)) {
            found = kept(id, resource);
            names = names.first(static_cast<std::size_t>(place - names.begin()));
        }
    }
    return found;
}

bool looks_like_click_id(std::string_view name) noexcept
{
    constexpr std::array<std::string_view, 22> known{
        "gbraid",  "wbraid",  "gad_source", "gad_campaignid", "srsltid", "li_fat_id", "epik",  "rdt_cid",
        "sccid",   "igshid",  "igsh",       "mc_cid",         "mc_eid",  "tblci",     "dicbo", "awc",
        "cjevent", "mkt_tok", "_hsenc",     "_hsmi",          "_kx",     "vero_id"};
    constexpr std::array<std::string_view, 4> endings{"clid", "clkid", "click_id", "clickid"};
    const auto ends_name = [name](std::string_view ending) { return name.ends_with(ending); };
    return std::any_of(endings.begin(), endings.end(), ends_name) || std::find(known.begin(), known.end(), name) != known.end();
}

std::pmr::vector<std::string_view> click_ids(std::string_view url, std::span<const std::string_view> also, Charset charset,
                                             std::pmr::memory_resource* resource)
{
    std::pmr::vector<std::string_view> found(resource);
    const auto wanted = [also](std::string_view name) {
        const auto same = [name](std::string_view other) { return equal_ignoring_case(name, other); };
        return looks_like_click_id(name) || std::any_of(also.begin(), also.end(), same);
    };
    for (const Parameter& each : parameters(url, charset, resource)) {
        if (!each.value.empty() && wanted(each.name)) {
            found.push_back(each.name);
        }
    }
    return found;
}

}  // namespace marketing::channels
