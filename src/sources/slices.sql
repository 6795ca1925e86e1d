-- Which rows of a source a refresh has to read. A source whose rows say when they changed is read from its watermark on; one whose rows
-- have a day, by the days that are no longer what they were; any other completely.

CREATE FUNCTION analytics_internal.own_rows(source analytics.source) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id)
$$;
COMMENT ON FUNCTION analytics_internal.own_rows(analytics.source) IS
'Condition on a table of the warehouse (alias t): the rows of a source';

CREATE FUNCTION analytics_internal.incoming_rows(key text[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('(%s) IN (SELECT %s FROM pg_temp.incoming k)', analytics_internal.each_name(key, 't.%1$I'),
        analytics_internal.each_name(key, 'k.%1$I'))
$$;
COMMENT ON FUNCTION analytics_internal.incoming_rows(text[]) IS
'Condition on a table of the warehouse (alias t): the rows that come again';

CREATE FUNCTION analytics_internal.id_parameters(of_what text) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(p.parameter ORDER BY p."position", p.parameter COLLATE "C"), '{}')
    FROM (
        SELECT DISTINCT ON (c.parameter) c.*
        FROM analytics.campaign_parameter c
        ORDER BY c.parameter, c.builtin
    ) p
    WHERE p.identifies = of_what OR of_what = 'ad' AND p.identifies = 'ad_group'
$$;
COMMENT ON FUNCTION analytics_internal.id_parameters(text) IS
'The URL parameters that hold ids of campaigns, or of ads and ad groups, in order';

CREATE FUNCTION analytics_internal.dependencies_fingerprint(source analytics.source) RETURNS text
    LANGUAGE plpgsql STABLE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation text;
    content text;
    contents text;
BEGIN
    FOR relation IN SELECT d FROM jsonb_array_elements_text(source.options -> 'depends_on') d ORDER BY d COLLATE "C" LOOP
        EXECUTE format('SELECT count(*) || '':'' || COALESCE(sum(hashtextextended(d::text, 0)), 0) FROM %s AS d', relation::regclass)
        INTO content;
        contents := concat_ws(' ', contents, relation, content);
    END LOOP;
    RETURN contents;
END
$$;
COMMENT ON FUNCTION analytics_internal.dependencies_fingerprint(analytics.source) IS
'What the relations hold that a mapping looks into; NULL where there are none';

-- Where it differs from what it was, nothing that was loaded can be trusted: another mapping, other settings or rules, or a table that
-- was truncated or made anew.
CREATE FUNCTION analytics_internal.source_definition(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT md5(concat_ws(E'\x1F', source.relation, source.columns, source.options, s.reporting_timezone, s.currency,
        analytics_internal.dependencies_fingerprint(source), analytics.channel_ruleset_version(),
        analytics_internal.id_parameters('campaign'), analytics_internal.id_parameters('ad'),
        to_regclass(source.relation)::oid, pg_relation_filenode(to_regclass(source.relation))))
    FROM analytics.settings(source.business_id) s
$$;
COMMENT ON FUNCTION analytics_internal.source_definition(analytics.source) IS
'Fingerprint of what a source''s rows in the warehouse depend on beside themselves';

CREATE FUNCTION analytics_internal.column_sql(source analytics.source, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.conversion
    FROM analytics_internal.current_mapping(source, column_sql.name) m
    WHERE m.name = column_sql.name
$$;
COMMENT ON FUNCTION analytics_internal.column_sql(analytics.source, text) IS
'SQL that reads a canonical column from a source, NULL where it is not mapped';

CREATE FUNCTION analytics_internal.day_sql(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN e.stored_day = e.day THEN analytics_internal.column_sql(source, e.day)
        ELSE format('(%s AT TIME ZONE %L)::date', analytics_internal.column_sql(source, e.day), s.reporting_timezone)
    END
    FROM analytics.settings(source.business_id) s
    CROSS JOIN analytics.entity e
    WHERE e.entity = source.entity AND e.day IS NOT NULL
$$;
COMMENT ON FUNCTION analytics_internal.day_sql(analytics.source) IS
'SQL that gives the day of a source''s row, NULL for entities without one
The day as the warehouse files it, in the time zone of the business.';

CREATE FUNCTION analytics_internal.is_read_by_day(source analytics.source) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.day_sql(source) IS NOT NULL AND (
        analytics_internal.column_sql(source, 'updated_at') IS NULL
        OR (source.options ? 'version' OR analytics_internal.adds_up(source)) AND EXISTS (
            SELECT FROM analytics.entity e WHERE e.entity = source.entity AND e.day = ANY (e.key)))
$$;
COMMENT ON FUNCTION analytics_internal.is_read_by_day(analytics.source) IS
'Whether the days of a source, and no updated_at, tell what changed
Where rows of one key are added up, or older versions of them are kept, a change concerns all of them, and they share their day.';

CREATE FUNCTION analytics_internal.has_whole_keys(source analytics.source) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.is_read_by_day(source) AND EXISTS (
        SELECT FROM analytics.entity e WHERE e.entity = source.entity AND e.day = ANY (e.key))
$$;
COMMENT ON FUNCTION analytics_internal.has_whole_keys(analytics.source) IS
'Whether a part of a source has all rows of each key that is in it';

CREATE TYPE analytics_internal.changed_day AS (day date, rows bigint, fingerprint numeric);
COMMENT ON TYPE analytics_internal.changed_day IS
'A day of a source that is not what it was when it was last read
rows, fingerprint: what it is now; NULL where no row is left.';

-- Taken before the rows are read, so that what changes in between is noticed next time.
CREATE FUNCTION analytics_internal.changed_days(source analytics.source) RETURNS analytics_internal.changed_day[]
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed analytics_internal.changed_day[];
BEGIN
    EXECUTE format($sql$
        SELECT array_agg((COALESCE(n.day, o.day), n.rows, n.fingerprint)::analytics_internal.changed_day)
        FROM (
            SELECT COALESCE(%s, '-infinity') AS day, count(*) AS rows, sum(hashtextextended(_source::text, 0)) AS fingerprint
            FROM %s AS _source
            GROUP BY 1
        ) n
        FULL JOIN (SELECT * FROM warehouse.source_day d WHERE d.source_id = %s) o ON o.day = n.day
        WHERE (n.rows, n.fingerprint) IS DISTINCT FROM (o.rows, o.fingerprint)$sql$,
        analytics_internal.day_sql(source), analytics_internal.source_sql(source), source.source_id)
    INTO changed;
    RETURN COALESCE(changed, '{}');
END
$$;
COMMENT ON FUNCTION analytics_internal.changed_days(analytics.source) IS
'Counts and hashes the rows of each day of a source
Returns the days that are not as they were.';

CREATE FUNCTION analytics_internal.keep_days(source_id bigint, changed analytics_internal.changed_day[]) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM warehouse.source_day d
    USING unnest(changed) c
    WHERE d.source_id = keep_days.source_id AND d.day = c.day;
    INSERT INTO warehouse.source_day
    SELECT keep_days.source_id, c.day, c.rows, c.fingerprint
    FROM unnest(changed) c
    WHERE c.rows IS NOT NULL
$$;
COMMENT ON FUNCTION analytics_internal.keep_days(bigint, analytics_internal.changed_day[]) IS
'Keeps what the changed days of a source were when it was read';

CREATE FUNCTION analytics_internal.has_unique_key(source analytics.source, as_read boolean DEFAULT false) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH key AS MATERIALIZED (
        SELECT m.expression, m.kind
        FROM analytics_internal.current_mapping(source) m
        CROSS JOIN analytics.entity e
        WHERE e.entity = source.entity AND m.name = ANY (e.key) AND m.expression IS NOT NULL
    )
    SELECT EXISTS (
        SELECT FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        WHERE i.indrelid = source.relation::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          -- Of tables that inherit an index knows nothing.
          AND (NOT as_read OR i.indimmediate AND (c.relkind = 'p' OR NOT c.relhassubclass))
          AND NOT EXISTS (
              SELECT FROM pg_attribute a
              WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                -- Any number of NULLs, and two spellings of a platform, come to the same.
                AND NOT (a.attnotnull AND EXISTS (
                    SELECT FROM key k
                    WHERE k.expression = quote_ident(a.attname)
                      AND (k.kind = 'key' OR k.kind = 'date' AND a.atttypid = 'date'::regtype))
                    -- Blanks around it, and what is taken for no value, make texts the same.
                    AND (NOT as_read OR a.atttypid = ANY ('{smallint,int,bigint,uuid,date}'::regtype[])))))
$$;
COMMENT ON FUNCTION analytics_internal.has_unique_key(analytics.source, boolean) IS
'Whether an index of a source''s table sees to it that no id is there twice
as_read: nor as a load reads it, whatever it is spelled like.';

CREATE FUNCTION analytics_internal.is_append_only(source analytics.source) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT COALESCE(source.options ->> 'append_only' = 'true', false) $$;
COMMENT ON FUNCTION analytics_internal.is_append_only(analytics.source) IS 'Whether rows of a source are only ever added';

CREATE TYPE analytics_internal.source_slice AS (wanted text, scope text, unread text, is_empty boolean);
COMMENT ON TYPE analytics_internal.source_slice IS
'The part of a source that a refresh reads; all NULL where it reads all of it
wanted: condition on the rows of the source. scope: condition on the rows of the warehouse (alias t) that this part stands for. unread:
condition on those that it does not stand for, where the warehouse knows that of each row. is_empty: no row of the source is in it.';

CREATE FUNCTION analytics_internal.must_be_read_completely(source analytics.source, from_date date) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT from_date IS NOT DISTINCT FROM '-infinity' OR NOT EXISTS (
        SELECT FROM warehouse.source_watermark w
        WHERE w.source_id = source.source_id AND w.definition = analytics_internal.source_definition(source)
          -- Several rows of one id: what a newer one stands for cannot be told without the older ones.
          AND (analytics_internal.is_append_only(source) OR analytics_internal.has_whole_keys(source) AND w.rejected = 0
              OR w.deduplicated = 0 AND NOT EXISTS (
                  SELECT FROM warehouse.rejected_rows r
                  WHERE r.business_id = source.business_id AND r.source_id = source.source_id AND r.reason LIKE '% is not unique: %')))
$$;
COMMENT ON FUNCTION analytics_internal.must_be_read_completely(analytics.source, date) IS
'Whether no part of a source can be read without the rest
from_date: -infinity where the refresh is to read everything.';

CREATE FUNCTION analytics_internal.slice_of(source analytics.source, from_date date, changed analytics_internal.changed_day[])
    RETURNS analytics_internal.source_slice
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    slice analytics_internal.source_slice;
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    changed_at constant text := analytics_internal.column_sql(source, 'updated_at');
    day constant text := analytics_internal.day_sql(source);
    overlap constant interval := COALESCE(source.options ->> 'overlap', '10')::int * interval '1 minute';
    watermark constant timestamptz := w.watermark FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
    by_day constant boolean := analytics_internal.is_read_by_day(source);
    days constant date[] := ARRAY(SELECT c.day FROM unnest(changed) c);
BEGIN
    IF analytics_internal.must_be_read_completely(source, from_date) THEN
        RETURN NULL;
    ELSIF NOT by_day AND changed_at IS NOT NULL AND watermark IS NOT NULL THEN
        slice.wanted := format('(%1$s >= %2$L OR %1$s IS NULL)', changed_at, watermark - overlap);
        slice.scope := analytics_internal.incoming_rows(entity.key);
    ELSIF by_day THEN
        slice.wanted := format('COALESCE(%s, ''-infinity'') = ANY (%L::date[])', day, days);
        slice.scope := format('t.%I = ANY (%L::date[])', entity.stored_day, days);
        slice.unread := format('t.%I <> ALL (%L::date[])', entity.stored_day, days);
        slice.is_empty := from_date IS NULL AND days = '{}';
    ELSE
        RETURN NULL;
    END IF;
    IF from_date IS NOT NULL AND day IS NOT NULL THEN
        slice.wanted := format('(%s OR %s >= %L)', slice.wanted, day, from_date);
        slice.scope := format('(t.%I >= %L OR %s OR %s)', entity.stored_day, from_date, slice.scope,
            analytics_internal.incoming_rows(entity.key));
        slice.unread := slice.unread || format(' AND t.%I < %L', entity.stored_day, from_date);
    END IF;
    slice.scope := analytics_internal.own_rows(source) || ' AND ' || slice.scope;
    RETURN slice;
END
$$;
COMMENT ON FUNCTION analytics_internal.slice_of(analytics.source, date, analytics_internal.changed_day[]) IS
'Which rows of a source may have changed since it was last read
With updated_at: the rows changed since the watermark. Without it: the days whose rows are not what they were (changed).
from_date: also all rows of that day and later; -infinity for all rows. NULL where the source has to be read completely.';

-- Expressions may look elsewhere, so what they give is taken, too. What cannot be evaluated is for the step that reads the rows to say.
CREATE FUNCTION analytics_internal.source_content(source analytics.source, slice text) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    expressions constant text := string_agg(m.expression, ', ' ORDER BY m.name)
        FROM analytics_internal.current_mapping(source) m WHERE m.expression LIKE '(%';
    content text;
BEGIN
    EXECUTE format($sql$
        SELECT md5(concat_ws(' ', %L, count(*), sum(hashtextextended(_source::text || ROW(%s)::text, 0))))
        FROM %s AS _source
        WHERE %s$sql$, slice, expressions, analytics_internal.source_sql(source), COALESCE(slice, 'true'))
    INTO content;
    RETURN content;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics_internal.source_content(analytics.source, text) IS
'Fingerprint of the rows that a slice of a source has; NULL: they cannot be read
slice: as for stage_source().';

CREATE FUNCTION analytics_internal.is_as_last_read(source analytics.source, slice text, content text, definition text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known constant warehouse.source_watermark := w FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
    total bigint := known.rows_read;
BEGIN
    IF (known.content = content AND known.definition = is_as_last_read.definition) IS NOT TRUE THEN
        RETURN false;
    ELSIF slice IS NOT NULL THEN
        EXECUTE format('SELECT count(*) FROM %s AS _source', analytics_internal.source_sql(source)) INTO total;
    END IF;
    RETURN total = known.rows_read;
END
$$;
COMMENT ON FUNCTION analytics_internal.is_as_last_read(analytics.source, text, text, text) IS
'Whether a slice of a source, and the number of all its rows, are what they were
slice, content: see source_content(). definition: of source_definition(), now.';

-- Both stand for rows that the slice leaves out: a row that moved changed the day it left, too, so a key that stands on an unchanged day
-- is there twice now; and an id that came again while another row went leaves the number of rows as it was, which else tells of both.
CREATE FUNCTION analytics_internal.repeats_outside(source analytics.source, slice analytics_internal.source_slice) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    -- Where rows are only added, a deletion is one of them.
    unread constant text := COALESCE(slice.unread, CASE
        WHEN analytics_internal.is_append_only(source) THEN 'analytics_internal.is_deletion(k.reject_reason)'
    END);
    repeated boolean;
BEGIN
    IF unread IS NOT NULL THEN
        EXECUTE format($sql$
            SELECT count(*) > 0
            FROM pg_temp.stage k
            JOIN warehouse.%I t ON %s AND %s
            WHERE %s$sql$,
            entity.target, analytics_internal.own_rows(source), analytics_internal.each_name(entity.key, 'k.%1$I = t.%1$I', ' AND '),
            unread)
        INTO repeated;
    ELSIF NOT analytics_internal.has_unique_key(source) THEN
        -- Read as stage_source reads.
        PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
        EXECUTE (
            SELECT format($sql$
                SELECT count(*) > 0
                FROM (SELECT %s FROM %s AS _source WHERE (%s) IS NOT TRUE) t
                JOIN pg_temp.stage k ON %s$sql$,
                string_agg(format('COALESCE((%s)::text, %L) AS %I', m.conversion, c.default_value, c.name), ', '),
                analytics_internal.source_sql(source), slice.wanted,
                string_agg(format('k.%1$I::text = t.%1$I', c.name), ' AND '))
            FROM analytics.entity_column c
            LEFT JOIN analytics_internal.current_mapping(source) m ON m.name = c.name
            WHERE c.entity = source.entity AND c.name = ANY (entity.key) AND (c.default_value IS NULL OR m.conversion IS NOT NULL))
        INTO repeated;
    END IF;
    RETURN COALESCE(repeated, false);
END
$$;
COMMENT ON FUNCTION analytics_internal.repeats_outside(analytics.source, analytics_internal.source_slice) IS
'Whether an id of pg_temp.stage is also in rows of the source that were not read';
