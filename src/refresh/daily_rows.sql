-- One scan of a daily table for a kernel: figures per series of a business and day, as one value.

CREATE FUNCTION analytics_internal.daily_rows_transition(internal, bigint, bigint, date, VARIADIC "any") RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_transition';
CREATE FUNCTION analytics_internal.daily_rows_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_final';

CREATE AGGREGATE analytics_internal.daily_rows(business bigint, series bigint, day date, VARIADIC figures "any") (
    SFUNC = analytics_internal.daily_rows_transition,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = analytics_internal.daily_rows_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.daily_rows_transition(internal, bigint, bigint, date, VARIADIC "any") IS
'Part of the aggregate daily_rows: adds a row.';
COMMENT ON FUNCTION analytics_internal.daily_rows_final(internal) IS 'Part of the aggregate daily_rows: its value.';
COMMENT ON AGGREGATE analytics_internal.daily_rows(bigint, bigint, date, VARIADIC "any") IS
'Rows of series and days as one value, for a kernel
figures: up to 16 numbers of any type, NULL where there is none. One scan of a table, by several workers where that pays; the order of
the rows is not kept, and what reads the value does not depend on it.';
