-- A refresh is a list of steps. Each step is one transaction: what it writes, what it settles and its line in the log.

CREATE FUNCTION analytics.refresh_plan(business_id bigint, mode text, entities text[])
    RETURNS TABLE (name text, source_id bigint)
    LANGUAGE sql STABLE
AS $$
    SELECT p.name, p.source_id FROM (
        SELECT 1 AS place, 'forget source' AS name, w.source_id FROM warehouse.source_watermark w
        WHERE w.business_id = refresh_plan.business_id AND NOT EXISTS (SELECT FROM analytics.source s WHERE s.source_id = w.source_id)
        UNION ALL
        -- Clients and campaigns come first, since the others refer to them.
        SELECT 1 + pg_catalog.array_position('{clients,campaigns,ad_performance,events,contracts}', s.entity), 'load ' || s.entity, s.source_id
        FROM analytics.source s
        WHERE s.business_id = refresh_plan.business_id AND (refresh_plan.entities IS NULL OR s.entity = ANY (refresh_plan.entities))
        UNION ALL
        SELECT d.place, d.name, NULL
        FROM (VALUES (10, 'mark everything'), (11, 'platforms'), (12, 'campaigns'), (13, 'journeys'), (14, 'rollups'), (15, 'quality')) d (place, name)
        WHERE d.name <> 'mark everything' OR refresh_plan.mode = 'full'
    ) p ORDER BY p.place, p.source_id
$$;
COMMENT ON FUNCTION analytics.refresh_plan(bigint, text, text[]) IS 'The steps that a refresh of a business takes, in order';

CREATE FUNCTION analytics.load_source(source_id bigint, run_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    source analytics.source;
    counts analytics.load_counts;
    rows_read bigint;
    amount_column text;
    amount_read numeric;
    amount_loaded numeric;
    newest timestamptz;
BEGIN
    SELECT * INTO STRICT source FROM analytics.source s WHERE s.source_id = load_source.source_id;
    amount_column := CASE source.entity WHEN 'contracts' THEN 'amount' WHEN 'ad_performance' THEN 'spend' END;
    rows_read := analytics.stage_source(source);
    IF amount_column IS NOT NULL THEN
        EXECUTE pg_catalog.format('SELECT COALESCE(pg_catalog.sum(%I), 0) FROM pg_temp.stage WHERE reject_reason IS NULL', amount_column) INTO amount_read;
    END IF;
    SELECT pg_catalog.max(s.updated_at) INTO newest FROM pg_temp.stage s;
    counts := CASE source.entity
        WHEN 'clients' THEN analytics.load_clients(source, run_id)
        WHEN 'campaigns' THEN analytics.load_campaigns(source, run_id)
        WHEN 'ad_performance' THEN analytics.load_ad_performance(source, run_id)
        WHEN 'events' THEN analytics.load_events(source, run_id)
        WHEN 'contracts' THEN analytics.load_contracts(source, run_id)
    END;
    IF counts.rows_read IS DISTINCT FROM rows_read THEN
        RAISE EXCEPTION 'source % delivered % rows and % are accounted for', source_id, rows_read, counts.rows_read
            USING ERRCODE = 'internal_error';
    END IF;
    IF amount_column IS NOT NULL THEN
        EXECUTE pg_catalog.format('SELECT COALESCE(pg_catalog.sum(%I), 0) FROM pg_temp.shaped', amount_column) INTO amount_loaded;
    END IF;
    INSERT INTO warehouse.source_watermark AS w
    VALUES (source.source_id, source.business_id, source.entity, newest, pg_catalog.clock_timestamp(), run_id, counts.rows_read,
            counts.inserted + counts.updated + counts.unchanged, counts.deduplicated, counts.rejected, amount_read, amount_loaded)
    ON CONFLICT ON CONSTRAINT source_watermark_pkey DO UPDATE SET entity = EXCLUDED.entity, watermark = EXCLUDED.watermark,
        refreshed_at = EXCLUDED.refreshed_at, run_id = EXCLUDED.run_id, rows_read = EXCLUDED.rows_read, loaded = EXCLUDED.loaded,
        deduplicated = EXCLUDED.deduplicated, rejected = EXCLUDED.rejected, amount_read = EXCLUDED.amount_read, amount_loaded = EXCLUDED.amount_loaded;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.load_source(bigint, bigint) IS 'Loads one source completely and moves its watermark';

CREATE FUNCTION analytics.forget_source(source_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    n bigint;
    counts analytics.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    WITH gone AS (DELETE FROM warehouse.fact_events f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.client_key),
         marked AS (INSERT INTO warehouse.pending_client SELECT DISTINCT * FROM gone ON CONFLICT DO NOTHING)
    SELECT pg_catalog.count(*) INTO counts.deleted FROM gone;
    WITH gone AS (DELETE FROM warehouse.fact_contracts f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.client_key, f.signed_date),
         clients AS (INSERT INTO warehouse.pending_client SELECT DISTINCT business_id, client_key FROM gone ON CONFLICT DO NOTHING),
         days AS (INSERT INTO warehouse.pending_day SELECT DISTINCT business_id, signed_date FROM gone ON CONFLICT DO NOTHING)
    SELECT pg_catalog.count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    WITH gone AS (DELETE FROM warehouse.fact_campaign_performance_daily f WHERE f.source_id = forget_source.source_id RETURNING f.business_id, f.date),
         days AS (INSERT INTO warehouse.pending_day SELECT DISTINCT * FROM gone ON CONFLICT DO NOTHING)
    SELECT pg_catalog.count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    WITH gone AS (UPDATE warehouse.dim_clients d SET source_id = NULL, name = NULL, mobile = NULL, registered_at = NULL
                  WHERE d.source_id = forget_source.source_id RETURNING d.business_id, d.client_key),
         marked AS (INSERT INTO warehouse.pending_client SELECT * FROM gone ON CONFLICT DO NOTHING)
    SELECT pg_catalog.count(*) INTO n FROM gone;
    counts.deleted := counts.deleted + n;
    DELETE FROM warehouse.source_campaigns c WHERE c.source_id = forget_source.source_id;
    GET DIAGNOSTICS n = ROW_COUNT;
    counts.deleted := counts.deleted + n;
    DELETE FROM warehouse.rejected_rows r WHERE r.source_id = forget_source.source_id;
    DELETE FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.forget_source(bigint) IS 'Takes the rows of a source that is no longer registered out of the warehouse';

CREATE FUNCTION analytics.run_step(name text, business_id bigint, source_id bigint, run_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF run_step.name LIKE 'load %' THEN
        RETURN analytics.load_source(run_step.source_id, run_step.run_id);
    ELSIF run_step.name = 'quality' THEN
        PERFORM analytics.check_data_quality(run_step.business_id, run_step.run_id);
        RETURN NULL;
    ELSIF run_step.name = 'mark everything' THEN
        PERFORM analytics.mark_all_pending(run_step.business_id);
        RETURN NULL;
    END IF;
    RETURN CASE run_step.name
        WHEN 'forget source' THEN analytics.forget_source(run_step.source_id)
        WHEN 'platforms' THEN analytics.derive_platforms(run_step.business_id)
        WHEN 'campaigns' THEN analytics.derive_campaigns(run_step.business_id)
        WHEN 'journeys' THEN analytics.derive_journeys(run_step.business_id)
        WHEN 'rollups' THEN analytics.roll_up(run_step.business_id)
    END;
END
$$;
COMMENT ON FUNCTION analytics.run_step(text, bigint, bigint, bigint) IS 'Runs one step of a refresh; returns its counts, NULL where it has none';

CREATE FUNCTION analytics.log_step(run_id bigint, business_id bigint, name text, source_id bigint, counts analytics.load_counts,
    started_at timestamptz, sqlstate text DEFAULT NULL, message text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    INSERT INTO warehouse.refresh_step
    SELECT log_step.run_id, 1 + COALESCE(pg_catalog.max(s.step), 0), log_step.business_id, log_step.name, log_step.source_id,
           (log_step.counts).rows_read, (log_step.counts).inserted, (log_step.counts).updated, (log_step.counts).unchanged,
           (log_step.counts).deleted, (log_step.counts).deduplicated, (log_step.counts).rejected, log_step.started_at,
           pg_catalog.clock_timestamp() - log_step.started_at, log_step.sqlstate, log_step.message
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
COMMENT ON FUNCTION analytics.log_step(bigint, bigint, text, bigint, analytics.load_counts, timestamptz, text, text) IS
'Writes the line of a step into the log, and says it';

CREATE FUNCTION analytics.refresh_lock(business_id bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended('pg_marketing refresh', business_id) $$;
COMMENT ON FUNCTION analytics.refresh_lock(bigint) IS 'The advisory lock that a refresh of a business holds during each step';

-- No SET clause and every name qualified: the procedure commits after each step.
CREATE PROCEDURE analytics.refresh(mode text DEFAULT 'incremental', entities text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    LANGUAGE plpgsql
AS $$
DECLARE
    commits constant boolean := analytics.may_commit();
    run bigint;
    businesses bigint[];
    business bigint;
    steps text[];
    sources bigint[];
    counts analytics.load_counts;
    began timestamptz;
    failures text[] := '{}';
    state text;
    reason text;
    detail text;
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    IF refresh.mode IS NULL OR refresh.mode NOT IN ('incremental', 'full') THEN
        RAISE EXCEPTION 'unknown refresh mode "%"', refresh.mode USING ERRCODE = 'invalid_parameter_value', HINT = 'Use incremental or full.';
    END IF;
    SELECT pg_catalog.string_agg(e, ', ') INTO reason FROM pg_catalog.unnest(refresh.entities) e
    WHERE e IS NULL OR NOT EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = e);
    IF reason IS NOT NULL THEN
        RAISE EXCEPTION 'unknown entities: %', reason USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Known are clients, campaigns, ad_performance, events and contracts.';
    END IF;
    SELECT pg_catalog.array_agg(b.id ORDER BY b.id) INTO businesses FROM (
        SELECT s.business_id FROM analytics.source s UNION SELECT w.business_id FROM warehouse.source_watermark w) b (id)
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
    -- Readers join the settings of every business that has data.
    INSERT INTO warehouse.settings (business_id) SELECT b FROM pg_catalog.unnest(businesses) b ON CONFLICT DO NOTHING;
    IF commits THEN
        COMMIT;
    END IF;

    <<each_business>>
    FOREACH business IN ARRAY businesses LOOP
        SELECT pg_catalog.array_agg(p.name), pg_catalog.array_agg(p.source_id) INTO steps, sources
        FROM analytics.refresh_plan(business, refresh.mode, refresh.entities) p;
        FOR i IN 1 .. pg_catalog.cardinality(steps) LOOP
            -- Held until the step's COMMIT and taken again for the next: no lock outlives a lost session, poolers included.
            IF NOT pg_catalog.pg_try_advisory_xact_lock(analytics.refresh_lock(business)) THEN
                SELECT pg_catalog.format('business %s: another refresh has been running since %s', business, pg_catalog.max(r.started_at)) INTO reason
                FROM warehouse.refresh_run r WHERE r.status = 'running' AND r.run_id <> run
                  AND (r.business_id IS NULL OR r.business_id = business);
                RAISE NOTICE '%', reason;
                UPDATE warehouse.refresh_run r SET status = 'skipped', finished_at = pg_catalog.clock_timestamp(), message = reason WHERE r.run_id = run;
                CONTINUE each_business;
            END IF;
            began := pg_catalog.clock_timestamp();
            IF commits THEN
                BEGIN
                    counts := analytics.run_step(steps[i], business, sources[i], run);
                    PERFORM analytics.log_step(run, business, steps[i], sources[i], counts, began);
                EXCEPTION WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                    reason := pg_catalog.concat_ws(': ', reason, NULLIF(detail, ''));
                    PERFORM analytics.log_step(run, business, steps[i], sources[i], NULL, began, state, reason);
                    failures := failures || pg_catalog.format('%s%s: %s', steps[i], ' of source ' || sources[i], reason);
                END;
                COMMIT;
            ELSE
                counts := analytics.run_step(steps[i], business, sources[i], run);
                PERFORM analytics.log_step(run, business, steps[i], sources[i], counts, began);
            END IF;
        END LOOP;
    END LOOP;

    UPDATE warehouse.refresh_run r
    SET status = CASE WHEN failures <> '{}' THEN 'failed' ELSE 'succeeded' END, finished_at = pg_catalog.clock_timestamp(),
        message = NULLIF(pg_catalog.array_to_string(failures, E'\n'), '')
    WHERE r.run_id = run AND r.status = 'running';
    IF commits THEN
        COMMIT;
    END IF;
    IF failures <> '{}' THEN
        RAISE EXCEPTION '% of the refresh failed; the other steps are done', CASE pg_catalog.cardinality(failures)
                WHEN 1 THEN 'one step' ELSE pg_catalog.cardinality(failures) || ' steps' END
            USING ERRCODE = 'data_exception', DETAIL = pg_catalog.array_to_string(failures, E'\n'),
                  HINT = pg_catalog.format('SELECT * FROM warehouse.refresh_step WHERE run_id = %s shows all steps.', run);
    END IF;
END
$$;
COMMENT ON PROCEDURE analytics.refresh(text, text[], bigint) IS
'Brings the warehouse up to date with the registered sources
mode: incremental derives again what the changes touch, full derives everything. entities: load only these. business_id: NULL for all. Each step commits by itself; in a transaction block or a function everything is one transaction. A step that fails is reported at the end, after the other steps.';

CREATE FUNCTION analytics.refresh_status()
    RETURNS TABLE (source_id bigint, business_id bigint, entity text, relation text, refreshed_at timestamptz, rows_read bigint,
                   loaded bigint, deduplicated bigint, rejected bigint, last_run_status text, last_run_message text)
    LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    RETURN QUERY
    SELECT s.source_id, s.business_id, s.entity, s.relation, w.refreshed_at, w.rows_read, w.loaded, w.deduplicated, w.rejected, r.status, r.message
    FROM analytics.source s
    LEFT JOIN warehouse.source_watermark w ON w.source_id = s.source_id
    LEFT JOIN LATERAL (SELECT r.status, r.message FROM warehouse.refresh_run r
                       WHERE r.business_id IS NULL OR r.business_id = s.business_id ORDER BY r.run_id DESC LIMIT 1) r ON true
    ORDER BY s.source_id;
END
$$;
COMMENT ON FUNCTION analytics.refresh_status() IS 'Each source, when it was last read and how its rows were accounted for';
