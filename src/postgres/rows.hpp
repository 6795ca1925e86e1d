/**
 * Set-returning functions: rows go into a tuplestore (materialise mode), which spills to disk past work_mem.
 *
 * Phase 4 only: every call may ereport, so only plain data may be alive around it.
 */
#pragma once

#include <cstdint>
#include <string_view>

#include "postgres/pg.hpp"

namespace marketing::postgres {

class RowWriter {
public:
    /** Announces the result set of `fcinfo` (a RETURNS TABLE or SETOF composite function). */
    explicit RowWriter(FunctionCallInfo fcinfo);

    RowWriter& text(std::string_view value);
    RowWriter& number(double value);
    RowWriter& integer(std::int64_t value);
    RowWriter& boolean(bool value);
    RowWriter& datum(Datum value);
    RowWriter& null();
    /** Ends the row; a row of the wrong width is an internal error. */
    void end_row();

private:
    static constexpr int most_columns = 64;

    Tuplestorestate* store_;
    TupleDesc descriptor_;
    int filled_ = 0;
    Datum values_[most_columns];
    bool nulls_[most_columns];
};

}  // namespace marketing::postgres
