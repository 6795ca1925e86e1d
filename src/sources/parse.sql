-- Lenient readers of raw text: NULL for what cannot be read, so that the row is quarantined and not the run lost.

CREATE FUNCTION analytics.try_timestamptz(value text, zone text DEFAULT 'UTC', date_order text DEFAULT 'YMD') RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_timestamptz';
COMMENT ON FUNCTION analytics.try_timestamptz(text, text, text) IS
'The date or time that a text spells, NULL where it spells none
value: text as raw tables hold it. zone: where a value without an offset is local. date_order: YMD, DMY or MDY, for values like 01/02/2025;
the session''s DateStyle does not matter.';

CREATE FUNCTION analytics_internal.try_date(value text, zone text, date_order text) RETURNS date
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_date';
COMMENT ON FUNCTION analytics_internal.try_date(text, text, text) IS
'The day that a text spells, NULL where it spells none
Midnight is the day as it is written, whatever offset stands behind it; any other time is one of a day in zone.';

CREATE FUNCTION analytics_internal.try_moment(value text, zone text, date_order text, day_zone text, at_end boolean) RETURNS timestamptz
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_moment';
COMMENT ON FUNCTION analytics_internal.try_moment(text, text, text, text, boolean) IS
'The time that a text spells; a day alone is its first or last moment in day_zone
at_end: the last one, and midnight is a day alone, too.';

CREATE FUNCTION analytics_internal.is_scientific(value text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_is_scientific';
COMMENT ON FUNCTION analytics_internal.is_scientific(text) IS 'Whether an id is written as spreadsheets write long numbers, digits lost';

CREATE FUNCTION analytics_internal.last_moment(day date, zone text) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT ((day + 1)::timestamp AT TIME ZONE zone) - interval '0.000001 second' $$;
COMMENT ON FUNCTION analytics_internal.last_moment(date, text) IS 'What a day alone is where the question is what came before it';

CREATE FUNCTION analytics.try_numeric(value text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_numeric';
COMMENT ON FUNCTION analytics.try_numeric(text) IS 'The finite number that a text spells, NULL where it spells none';

CREATE FUNCTION analytics_internal.try_number(value text, format text) RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_number';
COMMENT ON FUNCTION analytics_internal.try_number(text, text) IS
'The number that a text spells in a format, NULL where it spells none
format: 1,234.56 or 1.234,56 or 1 234,56 or 1''234.56. Signs of currency, units and percent are left out.';

CREATE FUNCTION analytics.try_boolean(value text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_try_boolean';
COMMENT ON FUNCTION analytics.try_boolean(text) IS 'The boolean that a text spells, NULL where it spells none';

-- Meta counts one conversion under several names: omni_lead and lead hold those of each channel, which are listed beside them.
CREATE FUNCTION analytics.action_total(actions jsonb, action_types text[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sum(v.total)
    FROM (SELECT DISTINCT t FROM unnest(action_types) t) w (kind)
    CROSS JOIN LATERAL (
        SELECT array_agg(format(template, w.kind))
        FROM unnest('{offsite_conversion.fb_pixel_%s,onsite_conversion.%s,onsite_conversion.%s_grouped,app_custom_event.fb_mobile_%s,
            offline_conversion.%s}'::text[]) template
    ) c (names)
    CROSS JOIN LATERAL (
        SELECT COALESCE(
            sum(a.value) FILTER (WHERE a.name = 'omni_' || w.kind),
            sum(a.value) FILTER (WHERE a.name = w.kind),
            sum(a.value) FILTER (WHERE a.name = ANY (c.names))
        ) AS total
        FROM (
            SELECT e ->> 'action_type' AS name, analytics.try_numeric(e ->> 'value') AS value
            FROM jsonb_array_elements(CASE jsonb_typeof(actions) WHEN 'array' THEN actions ELSE '[]' END) e
        ) a
    ) v
$$;
COMMENT ON FUNCTION analytics.action_total(jsonb, text[]) IS
'How many conversions of chosen kinds Meta''s actions hold, none of them twice
actions: as in ads_insights, [{"action_type": "lead", "value": "5"}, ...]; action_values gives what they are worth. action_types: kinds such
as lead or purchase, each counted by the widest name that is there, omni_lead before lead before its channels. NULL where there is none.';

CREATE FUNCTION analytics.event_parameter(parameters jsonb, name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE jsonb_typeof(v.value) WHEN 'object' THEN (
               SELECT x.value
               FROM jsonb_each_text(v.value) x
               WHERE x.value <> ''
               ORDER BY x.key <> 'string_value', x.key COLLATE "C"
               LIMIT 1) ELSE v.value #>> '{}' END
    FROM (
        SELECT CASE jsonb_typeof(parameters)
            WHEN 'array' THEN jsonb_path_query_first(parameters, '$[*] ? (@.key == $name).value', jsonb_build_object('name', name))
            WHEN 'object' THEN parameters -> name
        END
    ) v (value)
$$;
COMMENT ON FUNCTION analytics.event_parameter(jsonb, text) IS
'Value of a parameter of an event of Google Analytics 4, or NULL
parameters: event_params as exported, a list of {"key": ..., "value": {"string_value": ...}}, or one object of names and values.';
