/**
 * What a URL says about where a touch came from: its host, and the parameters of its query.
 *
 * URLs of logs are written by strangers, so nothing here fails: what is no URL has no host and no parameters.
 */
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "channels/text.hpp"

namespace marketing::channels {

/** Where the host and the path of a URL lie. */
struct Location {
    std::string_view host;  // as written, without user, port, "www." and a final dot; empty where there is none
    std::string_view path;  // from its first '/', without query and fragment
    bool is_app = false;    // the scheme says that the host is the name of an app: android-app://com.example
};

/** The longest host that is one. */
inline constexpr std::size_t longest_host = 253;

/**
 * Finds the host of a URL: with a scheme, from "//", or bare ("example.com/x"; then the host needs a dot, or is localhost).
 * An IPv6 address keeps its brackets; a name in another script stays as it is.
 */
[[nodiscard]] Location locate(std::string_view url) noexcept;

/** A part of a query without its escapes; in memory of `resource` where that differs from what is written. */
[[nodiscard]] std::string_view decoded(std::string_view text, Charset charset, std::pmr::memory_resource* resource);

/** The page that a URL is of: host, as written, and path without its last '/', which stays where it is all of the path. */
struct Page {
    std::string_view host;
    std::string_view path;
};

/** Of a URL with a host, or of a path alone ("/prices?x=1"). Both parts are empty where there is neither. */
[[nodiscard]] Page page_of(std::string_view url) noexcept;

/** One parameter of a query, decoded, the name in lower case. */
struct Parameter {
    std::string_view name;
    std::string_view value;
};

/**
 * The parameters of a URL or of a bare query string ("utm_source=a&utm_medium=b"), in order, the first of each name. Percent
 * escapes are decoded where the bytes are a character of the database's charset; all others stay as they are written. The views
 * lie in memory of `resource`, which the caller frees.
 */
[[nodiscard]] std::pmr::vector<Parameter> parameters(std::string_view url, Charset charset,
                                                     std::pmr::memory_resource* resource);

/** The value of the first parameter of that name (any case), or nothing. The view lies in memory of `resource`. */
[[nodiscard]] std::optional<std::string_view> parameter(std::string_view url, std::string_view name, Charset charset,
                                                        std::pmr::memory_resource* resource);

/** The longest id that is read from a URL, in bytes. */
inline constexpr std::size_t longest_id = 256;

/**
 * The id that a URL gives under one of `names` (in lower case), in the spelling of keys; of several the one whose name stands first in
 * `names`. What says nothing, as {campaignid} that a network did not fill in, is no id. The view lies in `url` or in memory of `resource`.
 */
[[nodiscard]] std::optional<std::string_view> first_id(std::string_view url, std::span<const std::string_view> names,
                                                       const Placeholders& placeholders, Charset charset,
                                                       std::pmr::memory_resource* resource);

/** Whether a parameter's name (in lower case) is one that ad networks add to mark a click. */
[[nodiscard]] bool looks_like_click_id(std::string_view name) noexcept;

/** The names of the click ids in a URL that carry a value: those that look like one, and those in `also`. */
[[nodiscard]] std::pmr::vector<std::string_view> click_ids(std::string_view url, std::span<const std::string_view> also,
                                                           Charset charset, std::pmr::memory_resource* resource);

}  // namespace marketing::channels
