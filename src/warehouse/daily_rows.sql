-- One scan of a daily table for a kernel: figures per series of a business and day, as one value.

CREATE FUNCTION analytics.daily_rows_transition(pg_catalog.internal, bigint, bigint, date, VARIADIC "any") RETURNS pg_catalog.internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_transition';
CREATE FUNCTION analytics.daily_rows_combine(pg_catalog.internal, pg_catalog.internal) RETURNS pg_catalog.internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_combine';
CREATE FUNCTION analytics.daily_rows_serialise(pg_catalog.internal) RETURNS pg_catalog.bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_serialise';
CREATE FUNCTION analytics.daily_rows_deserialise(pg_catalog.bytea, pg_catalog.internal) RETURNS pg_catalog.internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_deserialise';
CREATE FUNCTION analytics.daily_rows_final(pg_catalog.internal) RETURNS pg_catalog.bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_daily_rows_final';

CREATE AGGREGATE analytics.daily_rows(business bigint, series bigint, day date, VARIADIC figures "any") (
    SFUNC = analytics.daily_rows_transition,
    STYPE = pg_catalog.internal,
    SSPACE = 8192,
    FINALFUNC = analytics.daily_rows_final,
    COMBINEFUNC = analytics.daily_rows_combine,
    SERIALFUNC = analytics.daily_rows_serialise,
    DESERIALFUNC = analytics.daily_rows_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics.daily_rows_transition(pg_catalog.internal, bigint, bigint, date, VARIADIC "any") IS 'Part of the aggregate daily_rows: adds a row.';
COMMENT ON FUNCTION analytics.daily_rows_combine(pg_catalog.internal, pg_catalog.internal) IS 'Part of the aggregate daily_rows: adds the rows of another worker.';
COMMENT ON FUNCTION analytics.daily_rows_serialise(pg_catalog.internal) IS 'Part of the aggregate daily_rows: a state for another process.';
COMMENT ON FUNCTION analytics.daily_rows_deserialise(pg_catalog.bytea, pg_catalog.internal) IS 'Part of the aggregate daily_rows: a state of another process.';
COMMENT ON FUNCTION analytics.daily_rows_final(pg_catalog.internal) IS 'Part of the aggregate daily_rows: its value.';
COMMENT ON AGGREGATE analytics.daily_rows(bigint, bigint, date, VARIADIC "any") IS
'Rows of series and days as one value, for a kernel
figures: up to 16 numbers of any type, NULL where there is none. One scan of a table, by several workers where that pays; the order of
the rows is not kept, and what reads the value does not depend on it.';
