/** The charset of the database, for the kernels of this topic. */
#pragma once

#include "channels/text.hpp"
#include "postgres/pg.hpp"

namespace marketing::channels {

[[nodiscard]] inline Charset database_charset()
{
    return GetDatabaseEncoding() == PG_UTF8 ? Charset::utf8 : Charset::other;
}

}  // namespace marketing::channels
