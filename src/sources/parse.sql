-- Lenient readers of raw text: NULL for what cannot be read, so that the row is quarantined and not the run lost.

CREATE FUNCTION analytics.try_timestamptz(value text, zone text DEFAULT 'UTC', date_order text DEFAULT 'YMD') RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_timestamptz';
COMMENT ON FUNCTION analytics.try_timestamptz(text, text, text) IS
'The date or time that a text spells, NULL where it spells none
value: text as raw tables hold it. zone: where a value without an offset is local. date_order: YMD, DMY or MDY, for values like 01/02/2025;
the session''s DateStyle does not matter.';

CREATE FUNCTION analytics.try_numeric(value text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_numeric';
COMMENT ON FUNCTION analytics.try_numeric(text) IS 'The finite number that a text spells, NULL where it spells none';

CREATE FUNCTION analytics.try_boolean(value text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_boolean';
COMMENT ON FUNCTION analytics.try_boolean(text) IS 'The boolean that a text spells, NULL where it spells none';
