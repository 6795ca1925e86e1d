-- From a registered relation into pg_temp.stage: canonical columns, one row for each row of the source that can be used.

-- The type that a canonical column has in the stage; text is what every value can be read as.
CREATE FUNCTION analytics_internal.stage_type(kind text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kind = 'timestamp' THEN 'timestamptz'
        WHEN kind IN ('date', 'boolean') THEN kind
        WHEN kind IN ('number', 'count') THEN 'numeric'
        ELSE 'text'
    END
$$;
COMMENT ON FUNCTION analytics_internal.stage_type(text) IS 'The type that a canonical column of a kind has in pg_temp.stage';

-- json may hold what jsonb cannot (\u0000, half of a surrogate pair), so such columns are kept as the text they are.
CREATE FUNCTION analytics_internal.source_row_sql(relation regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN bool_or(a.has_json) THEN format('(SELECT to_jsonb(j) FROM (SELECT %s) j)',
            string_agg(format(CASE WHEN a.has_json THEN '_source.%1$I::text AS %1$I' ELSE '_source.%1$I' END, a.attname), ', '
                ORDER BY a.attnum))
        ELSE 'to_jsonb(_source)'
    END
    FROM (
        SELECT c.attname, c.attnum,
               c.atttypid IN ('json'::regtype, 'json[]'::regtype)
                   -- These may have it inside.
                   OR t.typtype = 'c' OR t.typtype = 'd' AND t.typcategory IN ('U', 'A') OR e.typtype IN ('c', 'd') AS has_json
        FROM pg_attribute c
        JOIN pg_type t ON t.oid = c.atttypid
        LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
        WHERE c.attrelid = relation AND c.attnum > 0 AND NOT c.attisdropped
    ) a
$$;
COMMENT ON FUNCTION analytics_internal.source_row_sql(regclass) IS 'SQL that makes jsonb of a row of a source';

CREATE FUNCTION analytics_internal.reading_sql(name text, kind text, default_value text, conversion text, expression text,
    options jsonb, failure text)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN default_value IS NULL THEN format('%s AS %I', COALESCE(conversion, 'NULL::' || analytics_internal.stage_type(kind)), name)
        ELSE format('COALESCE(%s, %L::%s) AS %I', COALESCE(conversion, 'NULL'), default_value, analytics_internal.stage_type(kind), name)
    END || CASE
        -- A text that could not be read, for the reason.
        WHEN conversion IS NOT NULL AND analytics_internal.stage_type(kind) <> 'text' THEN format(
            ', CASE WHEN (%s) IS NULL AND %s IS NOT NULL THEN left((%s)::text, 80) END AS %I',
            conversion, analytics_internal.cleaned_sql(expression, 'label', options), expression, 'unread_' || name)
        ELSE ''
    END || CASE WHEN failure IS NULL THEN '' ELSE format(', left(%s, 200) AS %I', failure, 'failure_of_' || name) END
$$;
COMMENT ON FUNCTION analytics_internal.reading_sql(text, text, text, text, text, jsonb, text) IS
'SQL that reads a canonical column from a source
Where the column is mapped and no text, a second column unread_<name> has the beginning of a text that could not be read; where a failure
of the expression is caught, failure_of_<name> has its message.';

-- The first branch that applies is the row's reason.
CREATE FUNCTION analytics_internal.refusal_sql(name text, kind text, not_null boolean, minimum numeric, maximum numeric, may_fail boolean)
    RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(' ',
        CASE WHEN may_fail THEN format('WHEN v.%1$I IS NOT NULL THEN %2$L || v.%1$I', 'failure_of_' || name, name || ': ') END,
        CASE WHEN analytics_internal.stage_type(kind) <> 'text' THEN format(
            'WHEN v.%1$I IS NOT NULL THEN format(%2$L, v.%1$I)', 'unread_' || name, name || ': cannot read "%s" as a ' || kind) END,
        CASE WHEN not_null THEN format(
            'WHEN v.%I IS NULL THEN %L', name, name || ' is missing') END,
        CASE WHEN kind = 'key' THEN format(
            'WHEN octet_length(v.%1$I) > 256 THEN %2$L WHEN analytics_internal.is_scientific(v.%1$I) THEN format(%3$L, v.%1$I)',
            name, name || ' is longer than 256 bytes', name || ' %s has lost digits: load the column as text') END,
        CASE WHEN kind IN ('date', 'timestamp') THEN format(
            'WHEN v.%1$I < ''1900-01-01'' OR v.%1$I >= ''2200-01-01'' THEN format(%2$L, v.%1$I)',
            name, name || ' %s is not between 1900 and 2200') END,
        CASE WHEN kind IN ('number', 'count') THEN format(
            'WHEN NOT (abs(v.%1$I) < 1e13) THEN format(%2$L, left(v.%1$I::text, 40))', name, name || ' %s is out of range') END,
        CASE WHEN minimum IS NOT NULL THEN format(
            'WHEN v.%1$I < %2$s THEN format(%3$L, v.%1$I)', name, minimum, name || ' %s is below ' || minimum) END,
        CASE WHEN maximum IS NOT NULL THEN format(
            'WHEN v.%1$I > %2$s THEN format(%3$L, v.%1$I)', name, maximum, name || ' %s is above ' || maximum) END,
        CASE WHEN kind = 'count' THEN format(
            'WHEN v.%1$I <> trunc(v.%1$I) THEN format(%2$L, v.%1$I)', name, name || ' %s is not a whole number') END)
$$;
COMMENT ON FUNCTION analytics_internal.refusal_sql(text, text, boolean, numeric, numeric, boolean) IS
'Branches of a CASE that gives the reason why a value cannot be used';

-- Loaders and applications mark what was deleted, and leave the row: its mark is a boolean, a time, or a text that says yes.
CREATE FUNCTION analytics_internal.deleted_sql(relation regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('WHEN %s THEN %L', CASE
        WHEN t.typcategory = 'B' THEN format('_source.%I', a.attname)
        WHEN t.typcategory = 'D' THEN format('_source.%I IS NOT NULL', a.attname)
        WHEN t.typcategory = 'N' THEN format('_source.%I <> 0', a.attname)
        -- A time in text is a mark as well.
        ELSE format('(SELECT COALESCE(analytics.try_boolean(d.mark), d.mark IS NOT NULL) FROM (SELECT %s AS mark) d)',
            analytics_internal.cleaned_sql(format('_source.%I', a.attname), 'key'))
    END, 'deleted in the source: ' || a.attname), ' ' ORDER BY a.attnum)
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND lower(a.attname COLLATE "C") IN (
        '_fivetran_deleted', '_ab_cdc_deleted_at', '_sdc_deleted_at', '__deleted', '_deleted', '_peerdb_is_deleted',
        '__hevo__marked_deleted', '_rivery_deleted', 'isdeleted', 'is_deleted', 'deleted', 'deleted_at', 'deleted_on', 'deletedat')
$$;
COMMENT ON FUNCTION analytics_internal.deleted_sql(regclass) IS
'Branches of a CASE that refuse rows marked as deleted
NULL where nothing marks them.';

CREATE FUNCTION analytics_internal.is_deletion(reason text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT reason LIKE 'deleted in the source: %'
$$;
COMMENT ON FUNCTION analytics_internal.is_deletion(text) IS 'Whether a row was refused since its source marks it as deleted';

-- An export by week or month says so by a second date, and its row would stand on the first day of many.
CREATE FUNCTION analytics_internal.several_days_sql(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('WHEN %1$s > v.date THEN format(''it is of several days, up to %%s: load the export by day'', %1$s)',
        analytics_internal.date_sql('_source.' || quote_ident(l.attname), l.atttypid, t.typcategory IN ('S', 'E'),
            source.options || jsonb_build_object('timezone', analytics_internal.source_timezone(source))))
    FROM analytics_internal.current_mapping(source) m
    JOIN pg_attribute f ON f.attrelid = source.relation::regclass AND f.attnum > 0 AND quote_ident(f.attname) = m.expression
    JOIN (VALUES
        ('date_start', 'date_stop'), ('date_start', 'date_end'), ('reporting_starts', 'reporting_ends'), ('start_date', 'end_date'),
        ('start_date', 'stop_date'), ('date_from', 'date_to'), ('period_start', 'period_end'), ('day_start', 'day_end')
    ) p (first, last) ON p.first = lower(regexp_replace(f.attname, '[^A-Za-z0-9]+', '_', 'g') COLLATE "C")
    JOIN pg_attribute l ON l.attrelid = f.attrelid AND l.attnum > 0 AND NOT l.attisdropped
        AND p.last = lower(regexp_replace(l.attname, '[^A-Za-z0-9]+', '_', 'g') COLLATE "C")
    JOIN pg_type t ON t.oid = l.atttypid
    WHERE source.entity IN ('ad_performance', 'ad_breakdowns') AND m.name = 'date'
      AND (t.typcategory IN ('S', 'E') OR l.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype))
    ORDER BY l.attnum
    LIMIT 1
$$;
COMMENT ON FUNCTION analytics_internal.several_days_sql(analytics.source) IS
'Branch of a CASE that refuses rows of ads whose last day is not their first
NULL where no column beside that of the day is called as the last one.';

CREATE FUNCTION analytics_internal.source_readings(source analytics.source, OUT names text[], OUT grouped text[], OUT readings text,
    OUT refusals text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(c.name ORDER BY c.position), array_agg(c.name) FILTER (WHERE c.kind IN ('key', 'platform', 'date')),
           string_agg(analytics_internal.reading_sql(c.name, c.kind, d.default_value, m.conversion, m.expression, source.options,
               m.failure), ', ' ORDER BY c.position),
           concat_ws(' ', analytics_internal.deleted_sql(source.relation), analytics_internal.several_days_sql(source),
               string_agg(analytics_internal.refusal_sql(m.name, c.kind, c.not_null OR d.is_wanted, c.minimum, c.maximum,
                   m.failure IS NOT NULL), ' ' ORDER BY c.position) FILTER (WHERE m.name IS NOT NULL),
               CASE source.entity WHEN 'calendar_events'
                   THEN 'WHEN v.last_day < v.first_day THEN format(''it ends on %s, before it begins'', v.last_day)' END)
    FROM analytics.entity_column c
    JOIN analytics.entity e USING (entity)
    CROSS JOIN LATERAL (
        SELECT c.name = e.amount AND source.options ->> 'missing_amount' = 'refuse' IS TRUE AS is_wanted
    ) w
    CROSS JOIN LATERAL (SELECT w.is_wanted, CASE WHEN NOT w.is_wanted THEN c.default_value END AS default_value) d
    LEFT JOIN analytics_internal.current_mapping(source) m ON m.name = c.name
    WHERE c.entity = source.entity
$$;
COMMENT ON FUNCTION analytics_internal.source_readings(analytics.source) IS
'SQL that reads the canonical columns of a source
names: the columns. grouped: those that rows are known by. readings: a select list over _source. refusals: branches of a CASE over the
readings (v) that gives the reason why a row cannot be used.';

-- Times without a zone, and what becomes text, are those of the source's time zone. No two rows are alike: what is found of one is not
-- worth keeping for others.
CREATE FUNCTION analytics_internal.stage_source(source analytics.source, slice text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET enable_memoize = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reading constant record := r FROM analytics_internal.source_readings(source) r;
    n bigint;
BEGIN
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    PERFORM analytics_internal.drop_temporary('stage');
    EXECUTE format($sql$
        CREATE TEMP TABLE stage ON COMMIT DROP AS
        SELECT row_number() OVER () AS stage_no, %1$s, v.part, r.reject_reason,
               CASE WHEN r.reject_reason IS NOT NULL THEN %2$s END AS source_row,
               -- Counted in the same snapshot as the slice is read in.
               %3$s AS source_total
        FROM (SELECT * FROM %4$s AS _source WHERE %5$s) AS _source
        CROSS JOIN LATERAL (SELECT %8$s AS part, %6$s OFFSET 0) v
        CROSS JOIN LATERAL (SELECT CASE %7$s END AS reject_reason OFFSET 0) r
        $sql$,
        analytics_internal.each_name(reading.names, 'v.%1$I'), analytics_internal.source_row_sql(source.relation),
        CASE
            WHEN slice IS NULL THEN 'NULL::bigint'
            ELSE format('(SELECT count(*) FROM %s AS _source)', analytics_internal.source_sql(source))
        END,
        analytics_internal.source_sql(source), COALESCE(slice, 'true'), reading.readings, reading.refusals,
        COALESCE(analytics_internal.part_sql(source.relation, source.options), 'NULL::text'));
    GET DIAGNOSTICS n = ROW_COUNT;
    -- What the steps to come group and join by.
    EXECUTE format('ANALYZE pg_temp.stage (reject_reason, %s)', analytics_internal.each_name(reading.grouped, '%1$I'));
    RETURN n;
END
$$;
COMMENT ON FUNCTION analytics_internal.stage_source(analytics.source, text) IS
'Reads a source into pg_temp.stage: canonical columns, reject_reason, source_row
slice: condition on the rows of the source that are wanted, NULL for all. Returns the number of rows read. A row that cannot be used has
its reason and the whole source row; the others have neither.';

CREATE FUNCTION analytics_internal.stage_nothing(entity text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('stage');
    EXECUTE (
        SELECT format($sql$
            CREATE TEMP TABLE stage (stage_no bigint, %s, part text, reject_reason text, source_row jsonb, source_total bigint)
            ON COMMIT DROP$sql$,
            string_agg(format('%I %s', c.name, analytics_internal.stage_type(c.kind)), ', ' ORDER BY c.position))
        FROM analytics.entity_column c
        WHERE c.entity = stage_nothing.entity);
END
$$;
COMMENT ON FUNCTION analytics_internal.stage_nothing(text) IS 'Makes pg_temp.stage without rows: what a source delivers that is gone';

-- A time in the future must not hide what changes until then.
CREATE FUNCTION analytics_internal.newest_update() RETURNS timestamptz
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    newest constant timestamptz := max(s.updated_at) FROM pg_temp.stage s WHERE s.reject_reason IS NULL;
BEGIN
    RETURN CASE WHEN newest > now() THEN now() ELSE newest END;
END
$$;
COMMENT ON FUNCTION analytics_internal.newest_update() IS
'The latest updated_at of the usable rows in pg_temp.stage, now at the latest';

CREATE FUNCTION analytics_internal.refuse_other_currencies(own text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE pg_temp.stage s
    SET reject_reason = format('currency %s is not %s, the currency of the business: convert it in the mapping', s.currency, own)
    WHERE s.reject_reason IS NULL AND upper(s.currency COLLATE "C") <> own
$$;
COMMENT ON FUNCTION analytics_internal.refuse_other_currencies(text) IS
'Refuses rows of pg_temp.stage in another currency than the business''s';

-- What is no measure is that of the newest row that has it.
CREATE FUNCTION analytics_internal.add_up_stage(entity analytics.entity) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE (
        SELECT format($sql$
            CREATE TEMP TABLE added_up ON COMMIT DROP AS
            SELECT min(s.stage_no) AS stage_no, %s, NULL::text AS part, NULL::text AS reject_reason, NULL::jsonb AS source_row,
                   min(s.source_total) AS source_total, count(*)::int AS source_rows
            FROM pg_temp.stage s
            GROUP BY %s$sql$,
            string_agg(format(CASE
                WHEN c.name = ANY (entity.key) THEN 's.%1$I'
                -- Of several currencies there is no sum, and none that it is in.
                WHEN c.name ~ '^original_' THEN 'CASE WHEN count(DISTINCT s.original_currency) <= 1 THEN '
                    || CASE c.kind WHEN 'number' THEN 'sum' ELSE 'max' END || '(s.%1$I) END AS %1$I'
                WHEN c.kind IN ('number', 'count') THEN 'sum(s.%1$I) AS %1$I'
                WHEN c.name = 'updated_at' THEN 'max(s.%1$I) AS %1$I'
                ELSE '(array_agg(s.%1$I ORDER BY s.updated_at DESC NULLS LAST, s.%1$I COLLATE "C" DESC)'
                    || ' FILTER (WHERE s.%1$I IS NOT NULL))[1] AS %1$I'
            END, c.name), ', ' ORDER BY c.position),
            analytics_internal.each_name(entity.key, 's.%1$I'))
        FROM analytics.entity_column c
        WHERE c.entity = add_up_stage.entity.entity);
    DROP TABLE pg_temp.stage;
    ALTER TABLE pg_temp.added_up RENAME TO stage;
END
$$;
COMMENT ON FUNCTION analytics_internal.add_up_stage(analytics.entity) IS
'Makes one row of all rows of a key in pg_temp.stage: measures are added up
source_rows: of how many rows of the source a row is made.';

-- The total below a table, or a row by account beside those by campaign, would count the same money twice. What is called a total is one
-- where it is the sum of the others.
CREATE FUNCTION analytics_internal.refuse_totals(source analytics.source) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE pg_temp.stage s
    SET reject_reason = 'it names no campaign, and other rows of its day and account do: a total would count twice'
    WHERE s.reject_reason IS NULL AND s.campaign_id = '' AND s.ad_group_id = '' AND s.ad_id = '' AND s.campaign_name IS NULL
      AND (EXISTS (
              SELECT FROM pg_temp.stage o
              WHERE o.reject_reason IS NULL AND o.date = s.date AND o.platform = s.platform AND s.account_id IN ('', o.account_id)
                AND o.campaign_id <> '')
           OR EXISTS (
              SELECT FROM warehouse.fact_campaign_performance_daily f
              WHERE f.business_id = source.business_id AND f.source_id = source.source_id AND f.date = s.date AND f.platform = s.platform
                AND s.account_id IN ('', f.account_id) AND f.campaign_id <> ''));
    -- The hours of a day, and the day: what tells rows apart is empty in their sum.
    UPDATE pg_temp.stage s
    SET reject_reason = 'a total of other rows of its day and campaign, which are added up: it would count twice'
    WHERE s.reject_reason IS NULL AND s.part ~ '^[[](null|"")(, (null|""))*]$' AND EXISTS (
        SELECT FROM pg_temp.stage o
        WHERE o.reject_reason IS NULL AND o.part <> s.part
          AND (o.date, o.platform, o.account_id, o.campaign_id, o.ad_group_id, o.ad_id)
              = (s.date, s.platform, s.account_id, s.campaign_id, s.ad_group_id, s.ad_id));
    WITH named AS (
        SELECT s.stage_no, s.date, s.platform, s.account_id, s.spend
        FROM pg_temp.stage s
        WHERE s.reject_reason IS NULL AND analytics_internal.fold_case(COALESCE(s.campaign_name, s.campaign_id))
            ~ ('^((grand |sub)?totals?|totale|totaal|toplam|summe|gesamt|ergebnis|suma|razem'
                || '|итого|всього|усього|разом)([^[:alnum:]]|$)'
                || '|^(results|ergebnisse) (from|aus) [0-9]')
    )
    UPDATE pg_temp.stage s
    SET reject_reason = 'a total of the other rows of its day: it would count twice'
    FROM named n
    WHERE s.stage_no = n.stage_no AND n.spend = (
        SELECT sum(o.spend)
        FROM pg_temp.stage o
        WHERE o.reject_reason IS NULL AND o.date = n.date AND o.platform = n.platform AND n.account_id IN ('', o.account_id)
          AND NOT EXISTS (SELECT FROM named t WHERE t.stage_no = o.stage_no))
$$;
COMMENT ON FUNCTION analytics_internal.refuse_totals(analytics.source) IS
'Refuses rows of pg_temp.stage that are sums of others of their day';

-- What was refused after it was read is looked up again, since a row that is not refused is not worth a copy of itself.
CREATE FUNCTION analytics_internal.keep_whole(source analytics.source, slice text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reading record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.stage s WHERE s.reject_reason IS NOT NULL AND s.source_row IS NULL) THEN
        RETURN;
    END IF;
    reading := analytics_internal.source_readings(source);
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    EXECUTE format($sql$
        WITH refused AS MATERIALIZED (
            SELECT s.stage_no, c.content, row_number() OVER (PARTITION BY c.content ORDER BY s.stage_no) AS copy
            FROM pg_temp.stage s
            CROSS JOIN LATERAL (SELECT md5(ROW(%1$s)::text) AS content OFFSET 0) c
            WHERE s.reject_reason IS NOT NULL AND s.source_row IS NULL
        ), again AS MATERIALIZED (
            SELECT c.content, %2$s AS source_row, row_number() OVER (PARTITION BY c.content) AS copy
            FROM (SELECT * FROM %3$s AS _source WHERE %4$s) AS _source
            CROSS JOIN LATERAL (SELECT %5$s OFFSET 0) s
            CROSS JOIN LATERAL (SELECT md5(ROW(%1$s)::text) AS content OFFSET 0) c
            WHERE c.content IN (SELECT r.content FROM refused r)
        )
        UPDATE pg_temp.stage s
        -- A row that has changed meanwhile is as it was read.
        SET source_row = COALESCE(a.source_row, to_jsonb(s) - '{stage_no,part,reject_reason,source_row,source_total}'::text[])
        FROM refused r
        LEFT JOIN again a USING (content, copy)
        WHERE r.stage_no = s.stage_no
        $sql$,
        analytics_internal.each_name(reading.names, 's.%1$I'), analytics_internal.source_row_sql(source.relation),
        analytics_internal.source_sql(source), COALESCE(slice, 'true'), reading.readings);
END
$$;
COMMENT ON FUNCTION analytics_internal.keep_whole(analytics.source, text) IS
'Gives refused rows of pg_temp.stage the rows they were read from';

-- Of rows with one key the newest is kept, and none where that is marked as deleted. The others are copies or older versions of it; what
-- may be neither is refused.
CREATE FUNCTION analytics_internal.deduplicate_stage(key text[], parts boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known_by constant text[] := key || CASE WHEN parts THEN '{part}'::text[] END;
    deleted bigint;
    deduplicated bigint;
BEGIN
    EXECUTE format($sql$
        DELETE FROM pg_temp.stage s
        USING (
            SELECT %1$s, max(updated_at) AS deleted_at
            FROM pg_temp.stage
            WHERE analytics_internal.is_deletion(reject_reason)
            GROUP BY %1$s
        ) d
        WHERE s.reject_reason IS NULL AND s.updated_at <= d.deleted_at AND (%2$s) = (%3$s)
        $sql$,
        analytics_internal.each_name(known_by, '%1$I'), analytics_internal.each_name(known_by, 's.%1$I'),
        analytics_internal.each_name(known_by, 'd.%1$I'));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    EXECUTE format($sql$
        WITH repeated AS (
            SELECT %1$s
            FROM pg_temp.stage
            WHERE reject_reason IS NULL
            GROUP BY %1$s
            HAVING count(*) > 1
        ), versions AS (
            SELECT s.stage_no, c.content, s.updated_at, row_number() OVER w AS version,
                   first_value(c.content) OVER w AS kept_content, first_value(s.updated_at) OVER w AS kept_updated_at
            FROM pg_temp.stage s
            JOIN repeated USING (%1$s)
            CROSS JOIN LATERAL (
                SELECT to_jsonb(s) - '{stage_no,part,reject_reason,source_row,source_total}'::text[] AS content OFFSET 0
            ) c
            WHERE s.reject_reason IS NULL
            WINDOW w AS (PARTITION BY %1$s ORDER BY s.updated_at DESC NULLS LAST, c.content::text COLLATE "C" DESC)
        ), superseded AS (
            DELETE FROM pg_temp.stage s
            USING versions v
            WHERE s.stage_no = v.stage_no AND v.version > 1
              AND (v.content = v.kept_content OR v.kept_updated_at IS NOT NULL AND v.updated_at IS DISTINCT FROM v.kept_updated_at)
            RETURNING 1
        ), refused AS (
            UPDATE pg_temp.stage s
            SET reject_reason = %2$L
            FROM versions v
            WHERE s.stage_no = v.stage_no AND v.version > 1 AND v.content <> v.kept_content
              AND (v.kept_updated_at IS NULL OR v.updated_at IS NOT DISTINCT FROM v.kept_updated_at)
        )
        SELECT count(*) FROM superseded
        $sql$,
        analytics_internal.each_name(known_by, '%1$I'),
        array_to_string(key, ', ') || ' is not unique: a row with the same key and other content was kept')
    INTO deduplicated;
    RETURN deleted + deduplicated;
END
$$;
COMMENT ON FUNCTION analytics_internal.deduplicate_stage(text[], boolean) IS
'Takes copies and older versions of rows out of pg_temp.stage; returns how many
parts: a row is known by its part of the key''s total, too.';

CREATE FUNCTION analytics_internal.quarantine_stage(source analytics.source, key text[], run_id bigint, complete boolean)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rejected bigint;
    scope text := analytics_internal.own_rows(source);
    -- What is long is told apart by its hash.
    key_text constant text := format($sql$(
        SELECT CASE WHEN length(k) <= 256 THEN k ELSE left(k, 223) || ' ' || md5(k) END
        FROM (SELECT NULLIF(regexp_replace(concat_ws(', ', %s), '(, )+$', ''), '')) t (k))$sql$,
        analytics_internal.each_name(key, 'COALESCE(%1$I::text, '''')'));
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.stage s WHERE s.reject_reason IS NOT NULL) AND NOT EXISTS (
        SELECT FROM warehouse.rejected_rows r WHERE r.business_id = source.business_id AND r.source_id = source.source_id) THEN
        RETURN 0;
    END IF;
    EXECUTE format($sql$
        CREATE TEMP TABLE incoming ON COMMIT DROP AS
        SELECT $1::bigint AS business_id, $2::bigint AS source_id, md5(reject_reason || source_row::text) AS row_hash,
               $3::text AS entity, min(%s) AS row_key, min(reject_reason) AS reason,
               (array_agg(source_row))[1] AS source_row, count(*) AS occurrences, $4::bigint AS run_id
        FROM pg_temp.stage
        WHERE reject_reason IS NOT NULL
        GROUP BY row_hash
        $sql$, key_text)
    USING source.business_id, source.source_id, source.entity, run_id;
    -- What was refused before stands until the source is read completely, or the row with that key comes again. Rows that lack a part of
    -- their key are known by their content alone.
    IF NOT complete THEN
        PERFORM analytics_internal.drop_temporary('seen_key');
        EXECUTE format($sql$
            CREATE TEMP TABLE seen_key ON COMMIT DROP AS
            SELECT %s AS row_key
            FROM pg_temp.stage
            WHERE ROW(%s) IS NOT NULL$sql$, key_text, analytics_internal.each_name(key, '%1$I'));
        scope := scope || $sql$
            AND (t.row_key IN (SELECT k.row_key FROM pg_temp.seen_key k) OR t.row_hash IN (SELECT i.row_hash FROM pg_temp.incoming i))$sql$;
    END IF;
    PERFORM analytics_internal.merge_table(source.business_id, 'rejected_rows', scope, insert_only => '{run_id}');
    DELETE FROM pg_temp.stage s WHERE s.reject_reason IS NOT NULL;
    GET DIAGNOSTICS rejected = ROW_COUNT;
    RETURN rejected;
END
$$;
COMMENT ON FUNCTION analytics_internal.quarantine_stage(analytics.source, text[], bigint, boolean) IS
'Moves refused rows from pg_temp.stage to the quarantine; returns how many
complete: the stage has all rows of the source, so that what was refused before and is not there has gone.';
