-- What the readers share: checks of their arguments. A check is an immutable condition, so that a reader stays inlinable.

CREATE FUNCTION analytics_internal.check_period(date_from date, date_to date) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF date_from IS NULL OR date_to IS NULL THEN
        RAISE EXCEPTION 'date_from and date_to must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT isfinite(date_from) OR NOT isfinite(date_to) THEN
        RAISE EXCEPTION 'date_from and date_to must be finite' USING ERRCODE = 'invalid_parameter_value';
    ELSIF date_from > date_to THEN
        RAISE EXCEPTION 'date_from is after date_to' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('date_from is %s, date_to is %s.', date_from, date_to), HINT = 'Both days belong to the period.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_period(date, date) IS
'True for a period whose ends are given and in order, else an error (22023)';

CREATE FUNCTION analytics_internal.first_day_before(date_from date, date_to date) RETURNS date
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.check_period(date_from, date_to);
    RETURN date_from - (date_to - date_from + 1);
END
$$;
COMMENT ON FUNCTION analytics_internal.first_day_before(date, date) IS 'The first day of the equally long period just before a period';

CREATE FUNCTION analytics_internal.check_row_limit(row_limit int, usual int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_limit < 1 THEN
        RAISE EXCEPTION 'row_limit must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN COALESCE(row_limit, usual);
END
$$;
COMMENT ON FUNCTION analytics_internal.check_row_limit(int, int) IS
'The limit itself, or the usual one for NULL; below 1 an error (22023)';

CREATE FUNCTION analytics_internal.known_place(place bigint, thing text, key text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF place IS NULL THEN
        RAISE EXCEPTION 'there is no % "%" here', thing, key USING ERRCODE = 'invalid_parameter_value',
            HINT = format('after_%1$s takes the %1$s_key of the last row of the page before.', thing);
    END IF;
    RETURN place;
END
$$;
COMMENT ON FUNCTION analytics_internal.known_place(bigint, text, text) IS
'The place of a list''s row that a page begins after; NULL is an error (22023)';

CREATE FUNCTION analytics_internal.check_min_leads(min_leads int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF min_leads IS NULL OR min_leads < 0 THEN
        RAISE EXCEPTION 'min_leads must be at least 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN min_leads;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_min_leads(int) IS 'The threshold itself where it is at least 0, else an error (22023)';

CREATE FUNCTION analytics_internal.check_choice(argument text, value text, known text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF value IS NULL OR value <> ALL (known) THEN
        RAISE EXCEPTION 'unknown %: %', argument, quote_nullable(value) USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Use %s.', array_to_string(known, ', '));
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_choice(text, text, text[]) IS
'True for a value that is one of those known, else an error (22023) listing them
argument: its name, for the message.';

CREATE FUNCTION analytics_internal.level_of(asked text, business_id bigint) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE(asked, (
        SELECT CASE WHEN bool_and(s.platform_level = 'family') THEN 'family' ELSE 'platform' END
        FROM warehouse.settings s
        WHERE level_of.business_id IS NULL OR s.business_id = level_of.business_id));
END
$$;
COMMENT ON FUNCTION analytics_internal.level_of(text, bigint) IS
'What an answer is by, platform or family: as asked, or for NULL by the setting
For all businesses that the caller may see: family where each of them has it.';

CREATE FUNCTION analytics_internal.check_level(platform_level text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT analytics_internal.check_choice('platform_level', COALESCE(platform_level, 'platform'), '{platform,family}') $$;
COMMENT ON FUNCTION analytics_internal.check_level(text) IS 'True for platform, family and NULL, the setting; else an error (22023)';

CREATE FUNCTION analytics_internal.checked_level(platform_level text, business_id bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN analytics_internal.check_level(platform_level) THEN analytics_internal.level_of(platform_level, business_id) END
$$;
COMMENT ON FUNCTION analytics_internal.checked_level(text, bigint) IS
'The level of an answer; an error (22023) for one that does not exist';

-- For the rows of an answer. What adds up days joins the families.
CREATE FUNCTION analytics_internal.platform_at(level text, business_id bigint, platform text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF level <> 'family' THEN
        RETURN platform;
    END IF;
    RETURN COALESCE((
        SELECT d.family
        FROM warehouse.dim_platforms d
        WHERE d.business_id = platform_at.business_id AND d.platform = platform_at.platform), platform);
END
$$;
COMMENT ON FUNCTION analytics_internal.platform_at(text, bigint, text) IS
'What a platform is called at a level: itself, or its family where it has one';

CREATE FUNCTION analytics_internal.platform_members(platforms text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    members text[];
    unknown text;
BEGIN
    SELECT array_agg(DISTINCT d.platform), string_agg(quote_nullable(a.name), ', ' ORDER BY a.place) FILTER (WHERE d.platform IS NULL)
    INTO members, unknown
    FROM unnest(platforms) WITH ORDINALITY a (name, place)
    -- The tables of analytics.effective_platform: their view costs more than most answers. And what rules make of touches, met or not.
    LEFT JOIN (
        SELECT b.platform, b.family
        FROM analytics_internal.platform b
        WHERE b.platform NOT IN (SELECT u.platform FROM warehouse.platform u)
        UNION ALL
        SELECT u.platform, u.family
        FROM warehouse.platform u
        UNION ALL
        SELECT w.platform, w.family
        FROM warehouse.dim_platforms w
        UNION ALL
        SELECT r.platform, NULL
        FROM (
            TABLE analytics_internal.channel_rule
            UNION ALL
            TABLE warehouse.channel_rule) r
        UNION ALL
        VALUES ('direct', NULL), ('unknown', NULL)
    ) d ON d.platform = a.name OR d.family = a.name;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown platform: %', unknown USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT COALESCE('Known here: ' || string_agg(DISTINCT k.name COLLATE "C", ', ') || '.', 'There are no platforms here yet.')
            FROM warehouse.dim_platforms w, LATERAL (VALUES (w.platform), (w.family)) k (name));
    END IF;
    RETURN members;
END
$$;
COMMENT ON FUNCTION analytics_internal.platform_members(text[]) IS
'The platforms that a filter of platforms and families stands for
NULL where it is NULL or {}: all. An unknown name is an error (22023) that lists the known ones.';

CREATE FUNCTION analytics_internal.no_platform_filter(wanted text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (pg_catalog.cardinality(wanted) > 0) IS NOT TRUE $$;
COMMENT ON FUNCTION analytics_internal.no_platform_filter(text[]) IS 'Whether a filter of platforms lets everything through: NULL or {}';

-- Joined, it runs once, whatever the plan; as a condition it could run for each row. ROWS 1: most filters name one platform.
CREATE FUNCTION analytics_internal.each_platform(platforms text[]) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000 ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT unnest(analytics_internal.platform_members(platforms));
END
$$;
COMMENT ON FUNCTION analytics_internal.each_platform(text[]) IS 'The platforms that a filter stands for, each once, to be joined';

CREATE FUNCTION analytics_internal.currency_of(business_id bigint) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    currencies text[];
BEGIN
    IF business_id IS NOT NULL THEN
        RETURN (SELECT s.currency FROM warehouse.settings s WHERE s.business_id = currency_of.business_id);
    END IF;
    -- A business that has settings and no data adds nothing.
    SELECT array_agg(DISTINCT s.currency COLLATE "C") INTO currencies
    FROM warehouse.settings s
    WHERE s.business_id IN (SELECT d.business_id FROM warehouse.dim_platforms d);
    IF cardinality(currencies) > 1 THEN
        RAISE EXCEPTION 'money of different currencies cannot be added up' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('The businesses count in %s.', array_to_string(currencies, ', ')), HINT = 'Name one business by business_id.';
    END IF;
    RETURN currencies[1];
END
$$;
COMMENT ON FUNCTION analytics_internal.currency_of(bigint) IS
'The currency of a business, or of all; 22023 where they differ, NULL for none';

CREATE FUNCTION analytics_internal.check_currency(business_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.currency_of(business_id);
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_currency(bigint) IS
'True where the money of a business, or of all, has one currency, else 22023';

CREATE FUNCTION analytics_internal.businesses(business_id bigint) RETURNS TABLE (business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT s.business_id FROM warehouse.settings s WHERE businesses.business_id IS NULL OR s.business_id = businesses.business_id $$;
COMMENT ON FUNCTION analytics_internal.businesses(bigint) IS 'The businesses that have data: one, or for NULL all that the caller may see';
