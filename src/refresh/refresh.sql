-- A refresh is a list of steps. Each step is one transaction: what it writes, what it settles and its line in the log.

CREATE FUNCTION analytics_internal.refresh_plan(business_id bigint, mode text, entities text[])
    RETURNS TABLE (name text, source_id bigint)
    LANGUAGE sql STABLE
AS $$
    SELECT p.name, p.source_id FROM (
        SELECT 1 AS place, 'forget source' AS name, w.source_id FROM warehouse.source_watermark w
        WHERE w.business_id = refresh_plan.business_id AND NOT EXISTS (SELECT FROM warehouse.source s WHERE s.source_id = w.source_id)
        UNION ALL
        -- Clients and campaigns come first, since the others refer to them.
        SELECT 1 + e.place, 'load ' || s.entity, s.source_id
        FROM warehouse.source s JOIN analytics.entity e ON e.entity = s.entity
        WHERE s.business_id = refresh_plan.business_id AND (refresh_plan.entities IS NULL OR s.entity = ANY (refresh_plan.entities))
        UNION ALL
        SELECT d.place, d.name, NULL
        FROM (VALUES (20, 'mark everything'), (21, 'platforms'), (22, 'campaigns'), (23, 'purchases'), (24, 'journeys'),
                     (25, 'touches per day'), (26, 'results per day'), (27, 'customers'), (28, 'value models'), (29, 'content per day'), (30, 'quality'),
                     (31, 'anomalies')) d (place, name)
        WHERE d.name <> 'mark everything' OR refresh_plan.mode = 'full'
    ) p ORDER BY p.place, p.source_id
$$;
COMMENT ON FUNCTION analytics_internal.refresh_plan(bigint, text, text[]) IS 'The steps that a refresh of a business takes, in order';

-- What a source's rows in the warehouse depend on besides the rows themselves. Where it differs from what it was, nothing that was
-- loaded can be trusted: another mapping, other settings or rules, or a table that was truncated or made anew.
CREATE FUNCTION analytics_internal.source_definition(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT md5(concat_ws(E'\x1F', source.relation, source.columns, source.options, s.reporting_timezone, s.currency,
        analytics.channel_ruleset_version(), to_regclass(source.relation)::oid, pg_relation_filenode(to_regclass(source.relation))))
    FROM analytics.settings(source.business_id) s
$$;
COMMENT ON FUNCTION analytics_internal.source_definition(analytics.source) IS 'Fingerprint of all that a source''s rows are read by';

-- How a canonical column of a source is read; NULL where it is not mapped.
CREATE FUNCTION analytics_internal.column_sql(source analytics.source, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.conversion FROM analytics_internal.current_mapping(source) m WHERE m.name = column_sql.name
$$;
COMMENT ON FUNCTION analytics_internal.column_sql(analytics.source, text) IS 'SQL that reads a canonical column from a source, NULL where it is not mapped';

-- The day of a source's row, as the warehouse files it; NULL for entities without one.
CREATE FUNCTION analytics_internal.day_sql(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN e.stored_day = e.day THEN analytics_internal.column_sql(source, e.day)
                ELSE format('(%s AT TIME ZONE %L)::date', analytics_internal.column_sql(source, e.day), s.reporting_timezone) END
    FROM analytics.settings(source.business_id) s, analytics.entity e
    WHERE e.entity = source.entity AND e.day IS NOT NULL
$$;
COMMENT ON FUNCTION analytics_internal.day_sql(analytics.source) IS 'SQL that gives the day of a source''s row, NULL for entities without one';

-- Without updated_at, what changed shows in the days: each day's rows are counted and hashed. Taken before the rows are read, so that
-- what changes in between is noticed next time.
CREATE FUNCTION analytics_internal.fingerprint_days(source analytics.source) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('day_now');
    EXECUTE format($sql$
        CREATE TEMP TABLE day_now ON COMMIT DROP AS
        SELECT COALESCE(%s, '-infinity') AS day, count(*) AS rows, sum(hashtextextended(_source::text, 0)) AS fingerprint
        FROM %s AS _source GROUP BY 1$sql$, analytics_internal.day_sql(source), source.relation);
END
$$;
COMMENT ON FUNCTION analytics_internal.fingerprint_days(analytics.source) IS 'Counts and hashes the rows of each day of a source into pg_temp.day_now';

CREATE FUNCTION analytics_internal.has_unique_key(source analytics.source) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH key AS MATERIALIZED (
        SELECT m.expression, m.kind FROM analytics_internal.current_mapping(source) m, analytics.entity e
        WHERE e.entity = source.entity AND m.name = ANY (e.key) AND m.expression IS NOT NULL
    )
    SELECT EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = source.relation::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (
              SELECT FROM pg_attribute a
              WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                -- Any number of NULLs, and two spellings of a platform, come to the same.
                AND NOT (a.attnotnull AND EXISTS (SELECT FROM key k WHERE k.expression = quote_ident(a.attname)
                    AND (k.kind = 'key' OR k.kind = 'date' AND a.atttypid = 'date'::regtype)))))
$$;
COMMENT ON FUNCTION analytics_internal.has_unique_key(analytics.source) IS 'Whether an index of a source''s table sees to it that no id is there twice';

-- An id that came again while another row went leaves the number of rows as it was, which else tells of both. Read as stage_source reads.
CREATE FUNCTION analytics_internal.repeats_outside(source analytics.source, wanted text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    repeated boolean;
BEGIN
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    EXECUTE (
        SELECT format('SELECT count(*) > 0 FROM (SELECT %s FROM %s AS _source WHERE (%s) IS NOT TRUE) t JOIN pg_temp.stage k ON %s',
            string_agg(format('COALESCE((%s)::text, %L) AS %I', analytics_internal.column_sql(source, c.name), c.default_value, c.name), ', '), source.relation, wanted,
            string_agg(format('k.%1$I::text = t.%1$I', c.name), ' AND '))
        FROM analytics.entity e JOIN analytics.entity_column c ON c.entity = e.entity AND c.name = ANY (e.key)
        WHERE e.entity = source.entity AND (c.default_value IS NULL OR analytics_internal.column_sql(source, c.name) IS NOT NULL)) INTO repeated;
    RETURN repeated;
END
$$;
COMMENT ON FUNCTION analytics_internal.repeats_outside(analytics.source, text) IS 'Whether an id of the stage is also in the rows of the source left unread';

-- The part of a source that a refresh has to read: NULL for all of it.
CREATE FUNCTION analytics_internal.source_slice(source analytics.source, from_date date, OUT wanted text, OUT scope text, OUT repeats text)
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known warehouse.source_watermark;
    changed_at constant text := analytics_internal.column_sql(source, 'updated_at');
    day constant text := analytics_internal.day_sql(source);
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    stored_day constant text := entity.stored_day;
    same_key constant text := string_agg(format('k.%1$I = t.%1$I', k), ' AND ') FROM unnest(entity.key) k;
    days text;
    restaged constant text := format('EXISTS (SELECT FROM pg_temp.shaped k WHERE %s)', same_key);
    own constant text := format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id);
BEGIN
    SELECT w.* INTO known FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
    IF known.source_id IS NULL OR from_date = '-infinity' OR known.definition <> analytics_internal.source_definition(source)
        -- Several rows of one id: what a newer one stands for cannot be told without the older ones.
        OR (known.deduplicated > 0 OR EXISTS (SELECT FROM warehouse.rejected_rows r WHERE r.business_id = source.business_id
                AND r.source_id = source.source_id AND r.reason LIKE '% is not unique: %'))
            AND COALESCE(source.options ->> 'append_only', 'false') = 'false' THEN
        RETURN;
    END IF;
    IF changed_at IS NOT NULL AND known.watermark IS NOT NULL THEN
        wanted := format('(%1$s >= %2$L OR %1$s IS NULL)', changed_at,
            known.watermark - COALESCE(source.options ->> 'overlap', '10')::int * interval '1 minute');
        scope := own || ' AND ' || restaged;
    ELSIF changed_at IS NULL AND day IS NOT NULL THEN
        SELECT COALESCE(array_agg(d.day), '{}')::text INTO days FROM (
            SELECT COALESCE(n.day, o.day) AS day
            FROM pg_temp.day_now n FULL JOIN (SELECT * FROM warehouse.source_day o WHERE o.source_id = source.source_id) o ON o.day = n.day
            WHERE (n.rows, n.fingerprint) IS DISTINCT FROM (o.rows, o.fingerprint)) d;
        wanted := format('COALESCE(%s, ''-infinity'') = ANY (%L::date[])', day, days);
        scope := format('%s AND t.%I = ANY (%L::date[])', own, stored_day, days);
        -- A row that moved changed the day it left, too; a key that stands on an unchanged day is there twice now.
        repeats := format('SELECT count(*) > 0 FROM pg_temp.stage k JOIN warehouse.%I t ON %s AND %s AND t.%I <> ALL (%L::date[])',
            entity.target, own, same_key, stored_day, days);
    END IF;
    IF from_date IS NOT NULL AND day IS NOT NULL AND wanted IS NOT NULL THEN
        wanted := format('(%s OR %s >= %L)', wanted, day, from_date);
        scope := format('%s AND (t.%I >= %L OR %s OR %s)', own, stored_day, from_date, scope, restaged);
    END IF;
    IF changed_at IS NOT NULL AND wanted IS NOT NULL AND COALESCE(source.options ->> 'append_only', 'false') = 'false' AND NOT analytics_internal.has_unique_key(source) THEN
        repeats := 'SELECT analytics_internal.repeats_outside($1, $2)';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.source_slice(analytics.source, date) IS
'Which rows of a source may have changed since it was last read
Both NULL where the source has to be read completely. With updated_at: the rows changed since the watermark. Without it: the days whose rows are not what they were (pg_temp.day_now). from_date: also all rows of that day and later; -infinity for all there are. scope: the rows of the warehouse that the slice stands for. repeats: query that tells whether a key of the slice also stands outside it; $1 the source, $2 wanted.';

CREATE FUNCTION analytics_internal.in_warehouse(business_id bigint, source_id bigint, entity text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rows bigint;
BEGIN
    EXECUTE (SELECT format('SELECT count(*) FROM warehouse.%I t WHERE t.business_id = $1 AND t.source_id = $2', e.target)
             FROM analytics.entity e WHERE e.entity = in_warehouse.entity) INTO rows USING in_warehouse.business_id, in_warehouse.source_id;
    RETURN rows;
END
$$;
COMMENT ON FUNCTION analytics_internal.in_warehouse(bigint, bigint, text) IS 'Rows of a source in the warehouse';

CREATE FUNCTION analytics_internal.load_stage(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE sql VOLATILE
AS $$
    SELECT CASE source.entity
        WHEN 'clients' THEN analytics_internal.load_clients(source, run_id, scope)
        WHEN 'campaigns' THEN analytics_internal.load_campaigns(source, run_id, scope)
        WHEN 'ad_performance' THEN analytics_internal.load_ad_performance(source, run_id, scope)
        WHEN 'events' THEN analytics_internal.load_events(source, run_id, scope)
        WHEN 'contracts' THEN analytics_internal.load_contracts(source, run_id, scope)
        ELSE analytics_internal.load_rows(source, run_id, scope)
    END
$$;
COMMENT ON FUNCTION analytics_internal.load_stage(analytics.source, bigint, text) IS 'Loads pg_temp.stage as its entity asks';

CREATE FUNCTION analytics_internal.load_source(source_id bigint, run_id bigint, from_date date) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    source analytics.source;
    known warehouse.source_watermark;
    definition text;
    slice record;
    counts analytics_internal.load_counts;
    part analytics_internal.load_counts;
    by_day boolean;
    repeated boolean := false;
    rows_read bigint;
    total bigint;
    newest timestamptz;
BEGIN
    SELECT * INTO STRICT source FROM warehouse.source s WHERE s.source_id = load_source.source_id;
    PERFORM analytics_internal.check_source(source);
    SELECT * INTO known FROM warehouse.source_watermark w WHERE w.source_id = load_source.source_id;
    -- Taken before the rows are read, so that rules that change meanwhile are noticed next time.
    definition := analytics_internal.source_definition(source);
    by_day := analytics_internal.day_sql(source) IS NOT NULL AND analytics_internal.column_sql(source, 'updated_at') IS NULL;
    IF by_day THEN
        PERFORM analytics_internal.fingerprint_days(source);
    END IF;
    SELECT * INTO slice FROM analytics_internal.source_slice(source, load_source.from_date);

    rows_read := analytics_internal.stage_source(source, slice.wanted);
    SELECT max(s.updated_at) FILTER (WHERE s.reject_reason IS NULL), min(s.source_total) INTO newest, total FROM pg_temp.stage s;
    IF slice.repeats IS NOT NULL THEN
        EXECUTE slice.repeats INTO repeated USING source, slice.wanted;
    END IF;
    IF repeated THEN
        slice.wanted := NULL;
        rows_read := analytics_internal.stage_source(source);
    END IF;
    counts := analytics_internal.load_stage(source, load_source.run_id, CASE WHEN slice.wanted IS NOT NULL THEN slice.scope END);
    IF slice.wanted IS NOT NULL THEN
        -- The parts that were not read are as they were only if all rows are still accounted for. Deletions and rows that appeared
        -- behind the watermark show here; then the source is read completely after all.
        IF total IS NULL THEN
            EXECUTE format('SELECT count(*) FROM %s', source.relation) INTO total;
        END IF;
        known.rows_read := total;
        known.loaded := CASE
            -- A row may have been there before, of no source or of another, so insertions do not count them.
            WHEN (SELECT e.shared FROM analytics.entity e WHERE e.entity = source.entity) THEN
                analytics_internal.in_warehouse(source.business_id, source.source_id, source.entity)
            ELSE known.loaded + counts.inserted - counts.deleted END;
        known.deduplicated := known.deduplicated + counts.deduplicated;
        SELECT COALESCE(sum(r.occurrences), 0) INTO known.rejected FROM warehouse.rejected_rows r
        WHERE r.business_id = source.business_id AND r.source_id = load_source.source_id;
        IF source.options ->> 'append_only' = 'true' THEN
            known.deduplicated := known.rows_read - known.loaded - known.rejected;
        END IF;
        IF known.rows_read <> known.loaded + known.deduplicated + known.rejected OR known.deduplicated < 0 THEN
            slice.wanted := NULL;
            part := counts;
            rows_read := analytics_internal.stage_source(source);
            SELECT max(s.updated_at) INTO newest FROM pg_temp.stage s WHERE s.reject_reason IS NULL;
            counts := analytics_internal.load_stage(source, load_source.run_id, NULL);
            counts.inserted := counts.inserted + part.inserted;
            counts.updated := counts.updated + part.updated;
            counts.unchanged := counts.unchanged - part.inserted - part.updated;
            counts.deleted := counts.deleted + part.deleted;
        END IF;
    END IF;
    IF counts.rows_read IS DISTINCT FROM rows_read THEN
        RAISE EXCEPTION 'source % delivered % rows and % are accounted for', load_source.source_id, rows_read, counts.rows_read
            USING ERRCODE = 'internal_error';
    END IF;
    IF slice.wanted IS NULL THEN
        known.rows_read := counts.rows_read;
        known.loaded := counts.inserted + counts.updated + counts.unchanged;
        known.deduplicated := counts.deduplicated;
        known.rejected := counts.rejected;
        known.read_completely_at := clock_timestamp();
    ELSE
        newest := GREATEST(newest, known.watermark);
    END IF;

    INSERT INTO warehouse.source_watermark AS w
    VALUES (source.source_id, source.business_id, source.entity, definition,
            -- A date in the future must not hide what changes until then.
            CASE WHEN newest > now() THEN now() ELSE newest END,
            clock_timestamp(), known.read_completely_at, load_source.run_id, known.rows_read, known.loaded, known.deduplicated, known.rejected)
    ON CONFLICT ON CONSTRAINT source_watermark_pkey DO UPDATE SET entity = EXCLUDED.entity, definition = EXCLUDED.definition,
        watermark = EXCLUDED.watermark, refreshed_at = EXCLUDED.refreshed_at, read_completely_at = EXCLUDED.read_completely_at,
        run_id = EXCLUDED.run_id, rows_read = EXCLUDED.rows_read, loaded = EXCLUDED.loaded, deduplicated = EXCLUDED.deduplicated,
        rejected = EXCLUDED.rejected;
    IF by_day THEN
        DELETE FROM warehouse.source_day d WHERE d.source_id = load_source.source_id
            AND NOT EXISTS (SELECT FROM pg_temp.day_now n WHERE (n.day, n.rows, n.fingerprint) = (d.day, d.rows, d.fingerprint));
        INSERT INTO warehouse.source_day SELECT load_source.source_id, n.day, n.rows, n.fingerprint FROM pg_temp.day_now n ON CONFLICT DO NOTHING;
    END IF;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_source(bigint, bigint, date) IS
'Loads what changed in a source, or all of it, and moves its watermark';

CREATE FUNCTION analytics_internal.forget_source(source_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    n bigint;
    entity analytics.entity;
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    WITH gone AS (DELETE FROM warehouse.fact_events f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.client_key, f.event_date),
         marked AS (INSERT INTO warehouse.pending_client SELECT DISTINCT business_id, client_key FROM gone ON CONFLICT DO NOTHING),
         days AS (INSERT INTO warehouse.pending_day SELECT DISTINCT business_id, 'events', event_date FROM gone ON CONFLICT DO NOTHING)
    SELECT count(*) INTO counts.deleted FROM gone;
    WITH gone AS (DELETE FROM warehouse.fact_contracts f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.client_key, f.signed_date),
         clients AS (INSERT INTO warehouse.pending_client SELECT DISTINCT business_id, client_key FROM gone ON CONFLICT DO NOTHING),
         days AS (INSERT INTO warehouse.pending_day AS p SELECT DISTINCT business_id, 'results', signed_date FROM gone
                  ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole)
    SELECT count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    WITH gone AS (DELETE FROM warehouse.fact_campaign_performance_daily f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.date),
         days AS (INSERT INTO warehouse.pending_day AS p SELECT DISTINCT business_id, 'results', date FROM gone
                  ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole)
    SELECT count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    WITH gone AS (UPDATE warehouse.dim_clients d SET source_id = NULL, name = NULL, mobile = NULL, registered_at = NULL
                  WHERE d.source_id = forget_source.source_id RETURNING d.business_id, d.client_key),
         marked AS (INSERT INTO warehouse.pending_client SELECT * FROM gone ON CONFLICT DO NOTHING)
    SELECT count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    DELETE FROM warehouse.source_campaigns c WHERE c.source_id = forget_source.source_id;
    GET DIAGNOSTICS n = ROW_COUNT;
    counts.deleted := counts.deleted + n;
    FOR entity IN
        SELECT e.* FROM analytics.entity e JOIN warehouse.source_watermark w ON w.source_id = forget_source.source_id AND w.entity = e.entity
        WHERE e.entity NOT IN ('clients', 'campaigns', 'ad_performance', 'events', 'contracts')
    LOOP
        EXECUTE format('WITH gone AS (DELETE FROM warehouse.%I t WHERE t.source_id = %s RETURNING *) %s SELECT count(*) FROM gone',
            entity.target, forget_source.source_id, CASE WHEN entity.entity = 'transactions' THEN
                ', marked AS (INSERT INTO warehouse.pending_client SELECT DISTINCT business_id, client_key FROM gone ON CONFLICT DO NOTHING)' END) INTO n;
        counts.deleted := counts.deleted + n;
        IF entity.shared THEN
            PERFORM analytics_internal.read_others_again(w.business_id, w.source_id, w.entity) FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
        END IF;
        IF entity.entity IN ('content', 'content_metrics') THEN
            PERFORM analytics_internal.mark_all_content(w.business_id) FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
        END IF;
    END LOOP;
    INSERT INTO warehouse.pending_day SELECT w.business_id, 'values', '-infinity' FROM warehouse.source_watermark w
    WHERE w.source_id = forget_source.source_id AND w.entity IN ('transactions', 'contracts') ON CONFLICT DO NOTHING;
    DELETE FROM warehouse.rejected_rows r WHERE r.source_id = forget_source.source_id;
    DELETE FROM warehouse.source_day d WHERE d.source_id = forget_source.source_id;
    DELETE FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.forget_source(bigint) IS 'Takes the rows of a source that is no longer registered out of the warehouse';

-- What a small delta touches is looked up by index. By the server's default, made for spinning disks, whole facts would be read instead.
CREATE FUNCTION analytics_internal.run_step(name text, business_id bigint, source_id bigint, run_id bigint, from_date date) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET random_page_cost = 1.1 SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF run_step.name LIKE 'load %' THEN
        RETURN analytics_internal.load_source(run_step.source_id, run_step.run_id, run_step.from_date);
    ELSIF run_step.name = 'quality' THEN
        PERFORM analytics.check_data_quality(run_step.business_id,
            run_step.from_date = '-infinity' OR analytics_internal.is_thorough_check_due(run_step.business_id), run_step.run_id);
        PERFORM analytics.purge_history();
        RETURN NULL;
    ELSIF run_step.name = 'mark everything' THEN
        PERFORM analytics_internal.mark_all_pending(run_step.business_id);
        RETURN NULL;
    ELSIF run_step.name = 'purchases' THEN
        PERFORM analytics_internal.derive_purchases(run_step.business_id);
        RETURN NULL;
    END IF;
    RETURN CASE run_step.name
        WHEN 'forget source' THEN analytics_internal.forget_source(run_step.source_id)
        WHEN 'platforms' THEN analytics_internal.derive_platforms(run_step.business_id)
        WHEN 'campaigns' THEN analytics_internal.derive_campaigns(run_step.business_id)
        WHEN 'journeys' THEN analytics_internal.derive_journeys(run_step.business_id)
        WHEN 'touches per day' THEN analytics_internal.roll_up_events(run_step.business_id)
        WHEN 'results per day' THEN analytics_internal.roll_up_results(run_step.business_id)
        WHEN 'value models' THEN analytics_internal.fit_value_models(run_step.business_id)
        WHEN 'customers' THEN analytics_internal.roll_up_customers(run_step.business_id)
        WHEN 'content per day' THEN analytics_internal.roll_up_content(run_step.business_id)
        WHEN 'anomalies' THEN analytics_internal.record_anomalies(run_step.business_id)
    END;
END
$$;
COMMENT ON FUNCTION analytics_internal.run_step(text, bigint, bigint, bigint, date) IS 'Runs one step of a refresh; returns its counts, NULL where it has none';

CREATE FUNCTION analytics_internal.log_step(run_id bigint, business_id bigint, name text, source_id bigint, counts analytics_internal.load_counts,
    started_at timestamptz, sqlstate text DEFAULT NULL, message text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO warehouse.refresh_step
    SELECT log_step.run_id, 1 + COALESCE(max(s.step), 0), log_step.business_id, log_step.name, log_step.source_id,
           (log_step.counts).rows_read, (log_step.counts).inserted, (log_step.counts).updated, (log_step.counts).unchanged,
           (log_step.counts).deleted, (log_step.counts).deduplicated, (log_step.counts).rejected, log_step.started_at,
           clock_timestamp() - log_step.started_at, log_step.sqlstate, log_step.message
    FROM warehouse.refresh_step s WHERE s.run_id = log_step.run_id;
    IF log_step.message IS NOT NULL THEN
        RAISE WARNING '% failed: %', log_step.name || COALESCE(' of source ' || log_step.source_id, ''), log_step.message;
    ELSIF log_step.counts IS NOT NULL THEN
        RAISE NOTICE '%: % read, % inserted, % updated, % unchanged, % deleted, % deduplicated, % rejected',
            log_step.name || COALESCE(' of source ' || log_step.source_id, ''), (log_step.counts).rows_read, (log_step.counts).inserted,
            (log_step.counts).updated, (log_step.counts).unchanged, (log_step.counts).deleted, (log_step.counts).deduplicated,
            (log_step.counts).rejected;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.log_step(bigint, bigint, text, bigint, analytics_internal.load_counts, timestamptz, text, text) IS
'Writes the line of a step into the log, and says it';

CREATE FUNCTION analytics_internal.refresh_lock(business_id bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended('pg_marketing refresh', business_id) $$;
COMMENT ON FUNCTION analytics_internal.refresh_lock(bigint) IS 'The advisory lock that a refresh of a business holds during each step';

CREATE FUNCTION analytics_internal.check_refresh(mode text, entities text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text;
BEGIN
    IF mode IS NULL OR mode NOT IN ('incremental', 'full') THEN
        RAISE EXCEPTION 'unknown refresh mode "%"', mode USING ERRCODE = 'invalid_parameter_value', HINT = 'Use incremental or full.';
    END IF;
    SELECT string_agg(COALESCE(e, 'NULL'), ', ') INTO unknown FROM unnest(entities) e
    WHERE e IS NULL OR NOT EXISTS (SELECT FROM analytics.entity k WHERE k.entity = e);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown entities: %', unknown USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT 'Known are ' || string_agg(k.entity, ', ' ORDER BY k.place) || '.' FROM analytics.entity k);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_refresh(text, text[]) IS 'Raises 22023 for a mode or entity that refresh() does not know';

CREATE FUNCTION analytics_internal.refresh_in_progress(business_id bigint) RETURNS boolean
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) IN (
              SELECT analytics_internal.refresh_lock(b.id) FROM (
                  SELECT refresh_in_progress.business_id UNION SELECT s.business_id FROM warehouse.source s
                  UNION SELECT w.business_id FROM warehouse.source_watermark w) b (id)
              WHERE refresh_in_progress.business_id IS NULL OR b.id = refresh_in_progress.business_id))
$$;
COMMENT ON FUNCTION analytics_internal.refresh_in_progress(bigint) IS 'Whether another session is refreshing a business, or any where that is NULL';

-- A session that is ended, a cancel and a crash leave their run as it stood. Whoever is at work holds the lock of a business, except for
-- moments between two steps: a run that is closed by mistake then says in the end how it really ended.
CREATE FUNCTION analytics_internal.close_lost_runs(run_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.refresh_run r
    SET status = 'failed', message = 'the run ended without a trace: it was cancelled, or its session or the server ended',
        finished_at = COALESCE((SELECT max(s.started_at + s.duration) FROM warehouse.refresh_step s WHERE s.run_id = r.run_id), r.started_at)
    WHERE r.status = 'running' AND r.run_id < close_lost_runs.run_id AND NOT analytics_internal.refresh_in_progress(r.business_id)
$$;
COMMENT ON FUNCTION analytics_internal.close_lost_runs(bigint) IS 'Closes earlier runs that still count as running though nobody is at work on them';

-- No SET clause and every name qualified: the procedure commits after each step.
CREATE PROCEDURE analytics.refresh(mode text DEFAULT 'incremental', entities text[] DEFAULT NULL, from_date date DEFAULT NULL,
    business_id bigint DEFAULT NULL)
    LANGUAGE plpgsql
AS $$
DECLARE
    commits constant boolean := analytics_internal.may_commit();
    run bigint;
    businesses bigint[];
    business bigint;
    steps text[];
    sources bigint[];
    counts analytics_internal.load_counts;
    began timestamptz;
    failures text[] := '{}';
    attempts int := 0;
    i int;
    state text;
    reason text;
    detail text;
    -- A full refresh reads everything: no day is the first.
    since constant date := CASE refresh.mode WHEN 'full' THEN '-infinity' ELSE refresh.from_date END;
BEGIN
    PERFORM analytics_internal.check_layout();
    PERFORM analytics_internal.check_policies();
    PERFORM analytics_internal.check_refresh(refresh.mode, refresh.entities);
    PERFORM analytics_internal.check_registered();
    SELECT pg_catalog.array_agg(b.id ORDER BY b.id) INTO businesses FROM (
        SELECT s.business_id FROM warehouse.source s UNION SELECT w.business_id FROM warehouse.source_watermark w) b (id)
    WHERE refresh.business_id IS NULL OR b.id = refresh.business_id;
    IF businesses IS NULL THEN
        RAISE EXCEPTION 'there is no source to refresh from' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Register one with analytics.register_source().';
    END IF;
    IF NOT commits THEN
        RAISE NOTICE 'inside a transaction block or a function: the refresh is one transaction, and the first error ends it';
    END IF;

    INSERT INTO warehouse.refresh_run (business_id, mode, entities) VALUES (refresh.business_id, refresh.mode, refresh.entities)
    RETURNING refresh_run.run_id INTO run;
    -- In a transaction that stays open, other runs would wait for the rows of the log.
    IF commits THEN
        PERFORM analytics_internal.close_lost_runs(run);
        COMMIT;
    END IF;

    <<each_business>>
    FOREACH business IN ARRAY businesses LOOP
        SELECT pg_catalog.array_agg(p.name), pg_catalog.array_agg(p.source_id) INTO steps, sources
        FROM analytics_internal.refresh_plan(business, refresh.mode, refresh.entities) p;
        i := 1;
        WHILE i <= pg_catalog.cardinality(steps) LOOP
            -- Held until the step's COMMIT and taken again for the next: no lock outlives a lost session, poolers included.
            IF NOT pg_catalog.pg_try_advisory_xact_lock(analytics_internal.refresh_lock(business)) THEN
                SELECT pg_catalog.format('business %s: another refresh has been running since %s', business, pg_catalog.max(r.started_at)) INTO reason
                FROM warehouse.refresh_run r WHERE r.status = 'running' AND r.run_id <> run
                  AND (r.business_id IS NULL OR r.business_id = business);
                RAISE NOTICE '%', reason;
                UPDATE warehouse.refresh_run r SET status = 'skipped', finished_at = pg_catalog.clock_timestamp(), message = reason WHERE r.run_id = run;
                CONTINUE each_business;
            END IF;
            -- Readers join the settings of every business that has data. Written under the lock: another run would wait for the row.
            IF i = 1 THEN
                INSERT INTO warehouse.settings (business_id) VALUES (business) ON CONFLICT DO NOTHING;
            END IF;
            -- A step has one set of settings: configure() waits for its end, and marks what it changes after what the step settles.
            PERFORM FROM warehouse.settings s WHERE s.business_id = business FOR SHARE;
            began := pg_catalog.clock_timestamp();
            state := NULL;
            IF commits THEN
                BEGIN
                    counts := analytics_internal.run_step(steps[i], business, sources[i], run, since);
                    PERFORM analytics_internal.log_step(run, business, steps[i], sources[i], counts, began);
                EXCEPTION WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                    reason := pg_catalog.concat_ws(': ', reason, NULLIF(detail, ''));
                    -- What another transaction was in the way of may work a moment later.
                    attempts := attempts + 1;
                    IF state IN ('40001', '40P01', '55P03') AND attempts < 4 THEN
                        PERFORM pg_catalog.pg_sleep(0.2 * attempts);
                        state := 'again';
                    ELSE
                        PERFORM analytics_internal.log_step(run, business, steps[i], sources[i], NULL, began, state, reason);
                        failures := failures || pg_catalog.format('%s%s: %s', steps[i], ' of source ' || sources[i], reason);
                    END IF;
                END;
                COMMIT;
            ELSE
                counts := analytics_internal.run_step(steps[i], business, sources[i], run, since);
                PERFORM analytics_internal.log_step(run, business, steps[i], sources[i], counts, began);
            END IF;
            -- Sources do not depend on each other; what is derived does, so a step that failed ends it for this business.
            CONTINUE WHEN state = 'again';
            attempts := 0;
            EXIT WHEN state IS NOT NULL AND steps[i] NOT LIKE 'load %';
            -- Journeys come in batches, each a transaction.
            IF steps[i] <> 'journeys' OR NOT EXISTS (SELECT FROM warehouse.pending_client p WHERE p.business_id = business) THEN
                i := i + 1;
            END IF;
        END LOOP;
    END LOOP;

    UPDATE warehouse.refresh_run r
    SET status = CASE WHEN failures <> '{}' THEN 'failed' ELSE 'succeeded' END, finished_at = pg_catalog.clock_timestamp(),
        message = NULLIF(pg_catalog.array_to_string(failures, E'\n'), '')
    WHERE r.run_id = run AND r.status <> 'skipped';
    IF commits THEN
        COMMIT;
    END IF;
    IF failures <> '{}' THEN
        RAISE EXCEPTION '% of the refresh failed', CASE pg_catalog.cardinality(failures)
                WHEN 1 THEN 'one step' ELSE pg_catalog.cardinality(failures) || ' steps' END
            USING ERRCODE = 'data_exception', DETAIL = pg_catalog.array_to_string(failures, E'\n'),
                  HINT = pg_catalog.format('SELECT * FROM warehouse.refresh_step WHERE run_id = %s shows all steps.', run);
    END IF;
END
$$;
COMMENT ON PROCEDURE analytics.refresh(text, text[], date, bigint) IS
'Brings the warehouse up to date with the registered sources
mode: incremental reads what may have changed and derives again what the changes touch; full reads and derives everything. entities: load only these. from_date: read again all rows of that day and later. business_id: NULL for all. Each step commits by itself; in a transaction block or a function everything is one transaction. A step that fails is reported at the end, after the other steps.';

-- refresh_clients(), refresh_events() ...: one for each entity.
DO $$
DECLARE
    entity text;
BEGIN
    FOR entity IN SELECT e.entity FROM analytics.entity e ORDER BY e.place LOOP
        EXECUTE format('CREATE PROCEDURE analytics.%I(mode text DEFAULT ''incremental'', from_date date DEFAULT NULL, business_id bigint DEFAULT NULL) LANGUAGE plpgsql AS %L',
            'refresh_' || entity, format('BEGIN CALL analytics.refresh(mode, ARRAY[%L], from_date, business_id); END', entity));
        EXECUTE format('COMMENT ON PROCEDURE analytics.%I(text, date, bigint) IS %L', 'refresh_' || entity,
            format(E'Loads %s alone and derives what follows: refresh() with that entity\nArguments as those of analytics.refresh().', entity));
    END LOOP;
END
$$;

CREATE FUNCTION analytics.refresh_status()
    RETURNS TABLE (source_id bigint, business_id bigint, entity text, relation text, refreshed_at timestamptz, rows_read bigint,
                   loaded bigint, deduplicated bigint, rejected bigint, last_run_status text, last_run_message text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    RETURN QUERY
    SELECT s.source_id, s.business_id, s.entity, s.relation, w.refreshed_at, w.rows_read, w.loaded, w.deduplicated, w.rejected, r.status, r.message
    FROM warehouse.source s
    LEFT JOIN warehouse.source_watermark w ON w.source_id = s.source_id
    LEFT JOIN LATERAL (SELECT r.status, r.message FROM warehouse.refresh_run r
                       WHERE r.business_id IS NULL OR r.business_id = s.business_id ORDER BY r.run_id DESC LIMIT 1) r ON true
    ORDER BY s.source_id;
END
$$;
COMMENT ON FUNCTION analytics.refresh_status() IS 'Each source, when it was last read and how its rows were accounted for';

CREATE FUNCTION analytics.purge_history(keep interval DEFAULT '90 days') RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    runs bigint;
BEGIN
    IF keep IS NULL OR keep < interval '0' THEN
        RAISE EXCEPTION 'keep must be an interval that is not negative' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM warehouse.refresh_step s USING warehouse.refresh_run r
    WHERE r.run_id = s.run_id AND r.status <> 'running' AND r.started_at < now() - keep;
    DELETE FROM warehouse.quality_history q WHERE q.checked_at < now() - keep;
    DELETE FROM warehouse.refresh_request q WHERE q.taken_at < now() - keep;
    DELETE FROM warehouse.refresh_run r WHERE r.status <> 'running' AND r.started_at < now() - keep;
    GET DIAGNOSTICS runs = ROW_COUNT;
    RETURN runs;
END
$$;
COMMENT ON FUNCTION analytics.purge_history(interval) IS
'Forgets runs, steps, checks and requests older than that; returns the runs
Each refresh does it with 90 days.';

CREATE FUNCTION analytics.request_refresh(mode text DEFAULT 'incremental', entities text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    request bigint;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    PERFORM analytics_internal.check_refresh(mode, entities);
    -- One that waits already will do what this one asks.
    SELECT q.request_id INTO request FROM warehouse.refresh_request q
    WHERE q.taken_at IS NULL AND (q.mode, q.entities, q.business_id) IS NOT DISTINCT FROM (mode, entities, business_id) LIMIT 1;
    IF request IS NULL THEN
        INSERT INTO warehouse.refresh_request (mode, entities, business_id) VALUES (mode, entities, business_id) RETURNING request_id INTO request;
        PERFORM pg_notify('analytics_refresh', request::text);
    END IF;
    RETURN request;
END
$$;
COMMENT ON FUNCTION analytics.request_refresh(text, text[], bigint) IS
'Asks for a refresh and returns at once, for callers that cannot CALL
Returns the request_id; notifies channel analytics_refresh. CALL analytics.refresh_requested() does what was asked; schedule_refresh() lets pg_cron do so every minute.';

CREATE PROCEDURE analytics.refresh_requested()
    LANGUAGE plpgsql
AS $$
DECLARE
    request record;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    LOOP
        SELECT q.* INTO request FROM warehouse.refresh_request q WHERE q.taken_at IS NULL ORDER BY q.request_id LIMIT 1;
        -- A refresh under way may have read what the request is about before it changed: the request waits for the next call.
        EXIT WHEN request.request_id IS NULL OR analytics_internal.refresh_in_progress(request.business_id);
        CALL analytics.refresh(request.mode, request.entities, business_id => request.business_id);
        -- Afterwards, so that a crash does not lose the request.
        UPDATE warehouse.refresh_request q SET taken_at = pg_catalog.clock_timestamp() WHERE q.request_id = request.request_id;
    END LOOP;
END
$$;
COMMENT ON PROCEDURE analytics.refresh_requested() IS 'Runs the refreshes that request_refresh() asked for, one after the other';

CREATE FUNCTION analytics.schedule_refresh(schedule text DEFAULT '*/15 * * * *') RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    IF NOT EXISTS (SELECT FROM pg_extension x WHERE x.extname = 'pg_cron') THEN
        RAISE EXCEPTION 'pg_cron is not installed in this database' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = format('Let another scheduler run, at %L:  psql -d %I -c ''CALL analytics.refresh()''', schedule, current_database());
    END IF;
    EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING 'pg_marketing refresh', schedule, 'CALL analytics.refresh()';
    EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING 'pg_marketing requests', '* * * * *', 'CALL analytics.refresh_requested()';
END
$$;
COMMENT ON FUNCTION analytics.schedule_refresh(text) IS
'Lets pg_cron refresh on a schedule, and serve requests every minute
schedule: five cron fields, in the time zone of pg_cron (GMT). Raises 55000 with the command to run where pg_cron is not installed.';
