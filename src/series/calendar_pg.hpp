/** Events of a calendar as arguments: three arrays, of which none must be given. */
#pragma once

#include "postgres/rows.hpp"
#include "series/calendar.hpp"

namespace marketing::series {

[[nodiscard]] inline CalendarEvents event_arguments(postgres::Arguments& in)
{
    CalendarEvents events;
    events.names = in.optional_array<std::string_view>("event_names");
    events.first_days = in.optional_array<postgres::Date>("event_first_days");
    events.last_days = in.optional_array<postgres::Date>("event_last_days", postgres::NullElements::missing);
    return events;
}

}  // namespace marketing::series
