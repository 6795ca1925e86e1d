/**
 * Where an error comes from, as far as its reader can use it: a wrong argument is told by message, detail and hint, and the queries within our
 * functions by which it was found are nobody's business. What a user's own functions add to the context stays.
 */
#pragma once

#include "postgres/pg.hpp"

namespace marketing::postgres {

/** From now on, in this process. */
void hide_our_context();

}  // namespace marketing::postgres
