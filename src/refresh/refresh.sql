-- A refresh is a list of steps for each business. Each step is one transaction: what it writes, what it settles and its line in the log.
-- The procedure only calls and commits; what it knows between two transactions is its progress.

CREATE TYPE analytics_internal.planned_step AS (name text, source_id bigint, routine text);
COMMENT ON TYPE analytics_internal.planned_step IS
'One step of a refresh
routine: function of analytics_internal that does it for a business, where it is not the load of a source.';

CREATE TYPE analytics_internal.refresh_progress AS (
    run_id bigint, mode text, entities text[], from_date date, commits boolean, businesses bigint[],
    steps analytics_internal.planned_step[], attempts int, failures text[], failure_code text, skipped text[],
    accept_loss boolean, is_over boolean, planned int
);
COMMENT ON TYPE analytics_internal.refresh_progress IS
'What a refresh knows between two transactions
commits: each step is a transaction of its own; else the first error ends the refresh. businesses: those to do, the first is at work. steps:
of that business, those to do, NULL before it begins. attempts: how often the first of them has failed. failures: what went wrong.
failure_code: 55000 where all of it was refused, else 22000. skipped: businesses that another refresh was at work
on. accept_loss: sources may lose any number of rows. planned: how many steps the business at work takes.';

-- Clients and campaigns are loaded first, since the others refer to them.
CREATE FUNCTION analytics_internal.refresh_plan(business_id bigint, mode text, entities text[]) RETURNS analytics_internal.planned_step[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg((p.name, p.source_id, p.routine)::analytics_internal.planned_step ORDER BY p.place, p.source_id)
    FROM (
        SELECT 1 AS place, 'forget source' AS name, w.source_id, NULL AS routine
        FROM warehouse.source_watermark w
        WHERE w.business_id = refresh_plan.business_id
          AND NOT EXISTS (SELECT FROM warehouse.source s WHERE s.source_id = w.source_id)
        UNION ALL
        SELECT 1 + e.place, 'load ' || s.entity, s.source_id, NULL
        FROM warehouse.source s
        JOIN analytics.entity e ON e.entity = s.entity
        WHERE s.business_id = refresh_plan.business_id
          AND (refresh_plan.entities IS NULL OR s.entity = ANY (refresh_plan.entities))
        UNION ALL
        SELECT 100 + d.place, d.name, NULL, d.routine
        FROM (VALUES
            (1, 'mark everything', 'mark_all_pending'),
            (2, 'platforms', 'derive_platforms'),
            (3, 'campaigns', 'derive_campaigns'),
            (4, 'purchases', 'derive_purchases'),
            (5, 'journeys', 'derive_journeys'),
            (6, 'touches per day', 'roll_up_events'),
            (7, 'results per day', 'roll_up_results'),
            (8, 'customers', 'roll_up_customers'),
            (9, 'value models', 'fit_value_models'),
            (10, 'content per day', 'roll_up_content'),
            (11, 'quality', NULL),
            (12, 'anomalies', 'record_anomalies')
        ) d (place, name, routine)
        WHERE d.name <> 'mark everything' OR refresh_plan.mode = 'full'
    ) p
$$;
COMMENT ON FUNCTION analytics_internal.refresh_plan(bigint, text, text[]) IS 'The steps that a refresh of a business takes, in order';

CREATE FUNCTION analytics_internal.hold_settings(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Readers join the settings of every business that has data. Written under the lock: another run would wait for the row.
    IF NOT EXISTS (SELECT FROM warehouse.settings s WHERE s.business_id = hold_settings.business_id) THEN
        INSERT INTO warehouse.settings (business_id) VALUES (hold_settings.business_id) ON CONFLICT DO NOTHING;
    END IF;
    -- A step has one set of settings: configure() waits for its end, and marks what it changes after what the step settles.
    PERFORM FROM warehouse.settings s WHERE s.business_id = hold_settings.business_id FOR SHARE;
END
$$;
COMMENT ON FUNCTION analytics_internal.hold_settings(bigint) IS
'Keeps the settings of a business until the end of the transaction
Makes them where they are missing.';

-- What a refresh reads, and how it becomes text, depends on no setting of the session.
-- What a small delta touches is looked up by index. By the server's default, made for spinning disks, whole facts would be read instead.
CREATE FUNCTION analytics_internal.run_step(progress analytics_internal.refresh_progress) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET random_page_cost = 1.1 SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    step constant analytics_internal.planned_step := progress.steps[1];
    business constant bigint := progress.businesses[1];
    counts analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.hold_warehouse(), analytics_internal.hold_settings(business);
    PERFORM analytics_internal.drop_temporary('incoming'), analytics_internal.make_indexes(loading => (
        SELECT e.target
        FROM warehouse.source s
        JOIN analytics.entity e USING (entity)
        WHERE s.source_id = step.source_id));
    IF step.name LIKE 'load %' THEN
        RETURN analytics_internal.load_source(step.source_id, progress.run_id, progress.from_date, progress.accept_loss);
    ELSIF step.name = 'forget source' THEN
        RETURN analytics_internal.forget_source(step.source_id, progress.run_id, progress.accept_loss);
    ELSIF step.name = 'quality' THEN
        PERFORM analytics_internal.keep_findings(
            business, ARRAY(
                SELECT f
                FROM analytics_internal.quality_findings(
                    business, progress.from_date = '-infinity' OR analytics_internal.is_thorough_check_due(business)) f),
            progress.run_id);
        PERFORM analytics.purge_history();
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT * FROM analytics_internal.%I($1)', step.routine) INTO counts USING business;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.run_step(analytics_internal.refresh_progress) IS
'Does the next step of a refresh; returns its counts, NULL where it has none';

CREATE FUNCTION analytics_internal.step_label(step analytics_internal.planned_step) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT step.name || COALESCE(' of source ' || step.source_id, '') $$;
COMMENT ON FUNCTION analytics_internal.step_label(analytics_internal.planned_step) IS 'A step as messages name it';

CREATE FUNCTION analytics_internal.counts_text(counts analytics_internal.load_counts, took interval) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(string_agg(c.n || ' ' || c.word, ', ' ORDER BY c.place), 'nothing new')
           || COALESCE(' in ' || NULLIF(EXTRACT(epoch FROM took)::int, 0) || ' s', '')
    FROM (VALUES
        (1, 'read', counts.rows_read), (2, 'inserted', counts.inserted), (3, 'updated', counts.updated), (4, 'unchanged', counts.unchanged),
        (5, 'deleted', counts.deleted), (6, 'deduplicated', counts.deduplicated), (7, 'rejected', counts.rejected)) c (place, word, n)
    WHERE c.n <> 0
$$;
COMMENT ON FUNCTION analytics_internal.counts_text(analytics_internal.load_counts, interval) IS
'What a step did and how long it took, without what was none';

CREATE FUNCTION analytics_internal.log_step(progress analytics_internal.refresh_progress, started_at timestamptz,
    counts analytics_internal.load_counts, sqlstate text DEFAULT NULL, message text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    step constant analytics_internal.planned_step := progress.steps[1];
    label constant text := analytics_internal.step_label(step);
BEGIN
    INSERT INTO warehouse.refresh_step
    SELECT progress.run_id, 1 + COALESCE(max(s.step), 0), progress.businesses[1], step.name, step.source_id, (counts).*,
           log_step.started_at, clock_timestamp() - log_step.started_at, log_step.sqlstate, log_step.message
    FROM warehouse.refresh_step s
    WHERE s.run_id = progress.run_id;
    IF log_step.message IS NOT NULL THEN
        RAISE WARNING '% failed: %', label, log_step.message;
    ELSIF counts IS NOT NULL THEN
        RAISE NOTICE 'step % of %, %: %', progress.planned - cardinality(progress.steps) + 1, progress.planned, label,
            analytics_internal.counts_text(counts, clock_timestamp() - log_step.started_at);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.log_step(analytics_internal.refresh_progress, timestamptz, analytics_internal.load_counts, text,
    text)
    IS 'Writes the line of the first step into the log, and reports it';

CREATE FUNCTION analytics_internal.known_businesses() RETURNS SETOF bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.business_id FROM warehouse.source s
    UNION
    SELECT w.business_id FROM warehouse.source_watermark w
$$;
COMMENT ON FUNCTION analytics_internal.known_businesses() IS 'The businesses that have sources, or had some';

-- A row of the warehouse, which nobody can lock who may not refresh; of an advisory lock everybody can name the number. Until the end of
-- the transaction: no lock outlives a lost session, poolers included.
CREATE FUNCTION analytics_internal.hold_business(business_id bigint, waits boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF waits THEN
        INSERT INTO warehouse.refresh_state VALUES (hold_business.business_id) ON CONFLICT DO NOTHING;
        PERFORM FROM warehouse.refresh_state s WHERE s.business_id = hold_business.business_id FOR UPDATE;
    ELSE
        PERFORM FROM warehouse.refresh_state s WHERE s.business_id = hold_business.business_id FOR UPDATE SKIP LOCKED;
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION analytics_internal.hold_business(bigint, boolean) IS
'Keeps other refreshes of a business out until the end of the transaction
Returns false where another session does; waits: until it no longer does.';

-- Whoever holds a row has left his transaction in it, and a transaction that goes on is locked by its session.
CREATE FUNCTION analytics_internal.refreshing_sessions(business_id bigint) RETURNS SETOF int
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.pid
    FROM warehouse.refresh_state s
    JOIN pg_locks l ON l.locktype = 'transactionid' AND l.transactionid = s.xmax AND l.mode = 'ExclusiveLock'
    WHERE l.pid IS DISTINCT FROM pg_backend_pid()
      AND (refreshing_sessions.business_id IS NULL OR s.business_id = refreshing_sessions.business_id)
$$;
COMMENT ON FUNCTION analytics_internal.refreshing_sessions(bigint) IS
'Other sessions that refresh a business, or any where that is NULL';

CREATE FUNCTION analytics_internal.refresh_in_progress(business_id bigint) RETURNS boolean
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM analytics_internal.refreshing_sessions(refresh_in_progress.business_id)) $$;
COMMENT ON FUNCTION analytics_internal.refresh_in_progress(bigint) IS
'Whether another session is refreshing a business, or any where that is NULL';

-- A session that is ended, a cancel and a crash leave their run as it stood. Whoever is at work holds the row of a business, except for
-- moments between two steps: a run that is closed by mistake then says in the end how it really ended.
CREATE FUNCTION analytics_internal.close_lost_runs(run_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.refresh_run r
    SET status = 'failed', message = 'the run ended without a trace: it was cancelled, or its session or the server ended',
        finished_at = COALESCE(
            (SELECT max(s.started_at + s.duration) FROM warehouse.refresh_step s WHERE s.run_id = r.run_id), r.started_at)
    WHERE r.status = 'running' AND r.run_id < close_lost_runs.run_id AND NOT analytics_internal.refresh_in_progress(r.business_id)
$$;
COMMENT ON FUNCTION analytics_internal.close_lost_runs(bigint) IS
'Closes earlier runs that still count as running though nobody is at work on them';

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
    SELECT string_agg(COALESCE(e, 'NULL'), ', ') INTO unknown
    FROM unnest(entities) e
    WHERE e IS NULL OR NOT EXISTS (SELECT FROM analytics.entity k WHERE k.entity = e);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown entities: %', unknown USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT 'Known are ' || string_agg(k.entity, ', ' ORDER BY k.place) || '.' FROM analytics.entity k);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_refresh(text, text[]) IS 'Raises 22023 for a mode or entity that refresh() does not know';

CREATE FUNCTION analytics_internal.begin_refresh(mode text, entities text[], from_date date, business_id bigint, accept_loss boolean,
    commits boolean)
    RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    progress analytics_internal.refresh_progress;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    PERFORM analytics_internal.check_policies();
    PERFORM analytics_internal.check_refresh(mode, entities);
    progress.mode := mode;
    progress.entities := entities;
    -- A full refresh reads everything: no day is the first.
    progress.from_date := CASE mode WHEN 'full' THEN '-infinity' ELSE from_date END;
    progress.accept_loss := COALESCE(accept_loss, false);
    progress.commits := commits;
    progress.attempts := 0;
    progress.failures := '{}';
    progress.skipped := '{}';
    progress.is_over := false;
    SELECT array_agg(k.id ORDER BY k.id) INTO progress.businesses
    FROM analytics_internal.known_businesses() k (id)
    WHERE begin_refresh.business_id IS NULL OR k.id = begin_refresh.business_id;
    IF progress.businesses IS NULL THEN
        RAISE EXCEPTION 'there is no source to refresh from' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Register one with analytics.register_source().';
    END IF;
    -- Sources that were registered by hand.
    INSERT INTO warehouse.refresh_state
    SELECT b
    FROM unnest(progress.businesses) b
    WHERE NOT EXISTS (SELECT FROM warehouse.refresh_state s WHERE s.business_id = b)
    ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.refresh_run AS r (business_id, mode, entities, requested_by)
    VALUES (begin_refresh.business_id, begin_refresh.mode, begin_refresh.entities, session_user)
    RETURNING r.run_id INTO progress.run_id;
    IF commits THEN
        -- In a transaction that stays open, other runs would wait for these rows of the log.
        PERFORM analytics_internal.close_lost_runs(progress.run_id);
    ELSE
        RAISE NOTICE 'inside a transaction block or a function: the refresh is one transaction, and the first error ends it';
    END IF;
    RETURN progress;
END
$$;
COMMENT ON FUNCTION analytics_internal.begin_refresh(text, text[], date, bigint, boolean, boolean) IS
'Checks the arguments of refresh() and opens its run';

CREATE FUNCTION analytics_internal.end_refresh(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE warehouse.refresh_run r
    SET status = CASE WHEN progress.failures <> '{}' THEN 'failed' WHEN progress.skipped <> '{}' THEN 'skipped' ELSE 'succeeded' END,
        finished_at = clock_timestamp(), message = NULLIF(array_to_string(progress.failures || progress.skipped, E'\n'), '')
    WHERE r.run_id = progress.run_id;
    progress.is_over := true;
    RETURN progress;
END
$$;
COMMENT ON FUNCTION analytics_internal.end_refresh(analytics_internal.refresh_progress) IS 'Closes the run of a refresh';

CREATE FUNCTION analytics_internal.report_failures(progress analytics_internal.refresh_progress) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF progress.failures <> '{}' THEN
        RAISE EXCEPTION '% of the refresh failed', CASE cardinality(progress.failures)
                WHEN 1 THEN 'one step' ELSE cardinality(progress.failures) || ' steps' END
            USING ERRCODE = progress.failure_code, DETAIL = array_to_string(progress.failures, E'\n'),
                  HINT = format('SELECT * FROM warehouse.refresh_step WHERE run_id = %s shows all steps.', progress.run_id);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.report_failures(analytics_internal.refresh_progress) IS
'Raises 22000 with what went wrong in a refresh, if anything did
55000 where nothing failed but what was refused for a state that has to be changed first.';

CREATE FUNCTION analytics_internal.next_business(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    progress.businesses := progress.businesses[2:];
    progress.steps := NULL;
    progress.attempts := 0;
    RETURN progress;
END
$$;
COMMENT ON FUNCTION analytics_internal.next_business(analytics_internal.refresh_progress) IS
'A refresh that is done with its first business';

CREATE FUNCTION analytics_internal.next_step(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    progress.attempts := 0;
    -- Journeys come in batches, each a transaction.
    IF (progress.steps[1]).name = 'journeys'
        AND EXISTS (SELECT FROM warehouse.pending_client p WHERE p.business_id = progress.businesses[1]) THEN
        RETURN progress;
    END IF;
    progress.steps := progress.steps[2:];
    IF cardinality(progress.steps) = 0 THEN
        RETURN analytics_internal.next_business(progress);
    END IF;
    RETURN progress;
END
$$;
COMMENT ON FUNCTION analytics_internal.next_step(analytics_internal.refresh_progress) IS 'A refresh that is done with its first step';

CREATE FUNCTION analytics_internal.try_step(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
    code text;
    reason text;
    detail text;
    hint text;
BEGIN
    PERFORM analytics_internal.log_step(progress, began, analytics_internal.run_step(progress));
    RETURN analytics_internal.next_step(progress);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT;
    reason := concat_ws(': ', reason, NULLIF(detail, ''));
    reason := COALESCE(rtrim(reason, '.') || '. Hint: ' || NULLIF(hint, ''), reason);
    progress.attempts := progress.attempts + 1;
    -- What another transaction was in the way of may work a moment later.
    IF code IN ('40001', '40P01', '55P03') AND progress.attempts < 4 THEN
        PERFORM pg_sleep(0.2 * progress.attempts);
        RETURN progress;
    END IF;
    PERFORM analytics_internal.log_step(progress, began, NULL, code, reason);
    progress.failures := progress.failures || concat(analytics_internal.step_label(progress.steps[1]), ': ', reason);
    -- Refused alone: nothing is broken.
    progress.failure_code := CASE WHEN code = '55000' AND COALESCE(progress.failure_code, code) = code THEN code ELSE '22000' END;
    -- Sources do not depend on each other; what is derived does, so a step that failed ends it for this business.
    IF (progress.steps[1]).source_id IS NOT NULL THEN
        RETURN analytics_internal.next_step(progress);
    END IF;
    RETURN analytics_internal.next_business(progress);
END
$$;
COMMENT ON FUNCTION analytics_internal.try_step(analytics_internal.refresh_progress) IS
'Does the next step of a refresh and logs it, also where it fails
What failed for another transaction''s sake is to be done again, three times.';

CREATE FUNCTION analytics_internal.skip_business(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    business constant bigint := progress.businesses[1];
    session constant int := min(pid) FROM analytics_internal.refreshing_sessions(business) pid;
    reason text;
BEGIN
    SELECT concat(format('business %s: another refresh is running', business), ' since ' || max(s.started_at),
               ' (process ' || session || ')')
    INTO reason
    FROM warehouse.refresh_state s
    WHERE s.business_id = business AND s.status = 'running';
    RAISE NOTICE '%', reason;
    progress.skipped := progress.skipped || reason;
    RETURN analytics_internal.next_business(progress);
END
$$;
COMMENT ON FUNCTION analytics_internal.skip_business(analytics_internal.refresh_progress) IS
'Leaves a business to the refresh that is at work on it';

CREATE FUNCTION analytics_internal.begin_business(progress analytics_internal.refresh_progress) RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    progress.steps := analytics_internal.refresh_plan(progress.businesses[1], progress.mode, progress.entities);
    progress.planned := cardinality(progress.steps);
    UPDATE warehouse.refresh_state s
    SET run_id = progress.run_id, status = 'running', started_at = clock_timestamp(), finished_at = NULL, message = NULL
    WHERE s.business_id = progress.businesses[1];
    RETURN progress;
END
$$;
COMMENT ON FUNCTION analytics_internal.begin_business(analytics_internal.refresh_progress) IS
'Plans the steps of the first business of a refresh, and says it is at work';

CREATE FUNCTION analytics_internal.end_business(progress analytics_internal.refresh_progress) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.refresh_state s
    SET status = CASE WHEN f.message IS NULL THEN 'succeeded' ELSE 'failed' END, finished_at = clock_timestamp(), message = f.message
    FROM (
        SELECT string_agg(format('%s: %s', analytics_internal.step_label((p.name, p.source_id, NULL)), p.message), E'\n'
                   ORDER BY p.step) AS message
        FROM warehouse.refresh_step p
        WHERE p.run_id = progress.run_id AND p.business_id = progress.businesses[1] AND p.sqlstate IS NOT NULL
    ) f
    WHERE s.business_id = progress.businesses[1]
$$;
COMMENT ON FUNCTION analytics_internal.end_business(analytics_internal.refresh_progress) IS
'Says how a refresh of its first business ended';

CREATE FUNCTION analytics_internal.advance_refresh(progress analytics_internal.refresh_progress)
    RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    after analytics_internal.refresh_progress;
BEGIN
    IF progress.businesses[1] IS NULL THEN
        RETURN analytics_internal.end_refresh(progress);
    END IF;
    IF NOT analytics_internal.hold_business(progress.businesses[1]) THEN
        RETURN analytics_internal.skip_business(progress);
    END IF;
    IF progress.steps IS NULL THEN
        -- A transaction of its own: others see what is under way before the first step is done.
        RETURN analytics_internal.begin_business(progress);
    END IF;
    IF progress.commits THEN
        IF analytics_internal.adopt_keys() OR analytics_internal.lay_aside_indexes((progress.steps[1]).source_id) THEN
            RETURN progress;
        END IF;
        after := analytics_internal.try_step(progress);
    ELSE
        PERFORM analytics_internal.log_step(progress, clock_timestamp(), analytics_internal.run_step(progress));
        after := analytics_internal.next_step(progress);
    END IF;
    IF after.steps IS NULL THEN
        PERFORM analytics_internal.end_business(progress);
    END IF;
    RETURN after;
END
$$;
COMMENT ON FUNCTION analytics_internal.advance_refresh(analytics_internal.refresh_progress) IS
'One transaction of a refresh: its plan, the next step, or in the end its status';

-- Procedures that commit may set no search_path, so that names are found by their caller's. They only call functions of this extension by
-- their full names and arguments of exactly the declared types, and use no operator.
CREATE PROCEDURE analytics_internal.run_refresh(INOUT progress analytics_internal.refresh_progress)
    LANGUAGE plpgsql
AS $$
BEGIN
    LOOP
        IF progress.commits THEN
            COMMIT;
        END IF;
        EXIT WHEN progress.is_over;
        progress := analytics_internal.advance_refresh(progress);
    END LOOP;
END
$$;
COMMENT ON PROCEDURE analytics_internal.run_refresh(analytics_internal.refresh_progress) IS
'Does what is left of a refresh, a transaction for each step where it commits';

CREATE PROCEDURE analytics.refresh(mode text DEFAULT 'incremental', entities text[] DEFAULT NULL, from_date date DEFAULT NULL,
    business_id bigint DEFAULT NULL, accept_loss boolean DEFAULT false)
    LANGUAGE plpgsql
AS $$
DECLARE
    progress analytics_internal.refresh_progress;
BEGIN
    progress := analytics_internal.begin_refresh(mode, entities, from_date, business_id, accept_loss, analytics_internal.may_commit());
    CALL analytics_internal.run_refresh(progress);
    PERFORM analytics_internal.report_failures(progress);
END
$$;
COMMENT ON PROCEDURE analytics.refresh(text, text[], date, bigint, boolean) IS
'Brings the warehouse up to date with the registered sources
mode: incremental reads what may have changed and derives again what the changes touch; full reads and derives everything. entities: load
only these. from_date: read again all rows of that day and later. business_id: NULL for all. accept_loss: let sources lose any number of
rows; else one that would lose more than the setting source_loss_limit allows is refused (55000). Each step commits by itself; in a
transaction block or a function everything is one transaction. A step that fails is reported at the end, after the other steps (22000;
55000 where sources were refused and nothing else failed).';

-- refresh_clients(), refresh_events() ...: one for each entity.
DO $$
DECLARE
    entity text;
BEGIN
    FOR entity IN SELECT e.entity FROM analytics.entity e ORDER BY e.place LOOP
        EXECUTE format($sql$
            CREATE PROCEDURE analytics.%I(mode text DEFAULT 'incremental', from_date date DEFAULT NULL, business_id bigint DEFAULT NULL,
                accept_loss boolean DEFAULT false)
                LANGUAGE plpgsql
            AS %L$sql$,
            'refresh_' || entity,
            format('BEGIN CALL analytics.refresh(mode, ARRAY[%L], from_date, business_id, accept_loss); END', entity));
        EXECUTE format('COMMENT ON PROCEDURE analytics.%I(text, date, bigint, boolean) IS %L', 'refresh_' || entity,
            format(E'Loads %s alone and derives what follows: refresh() with that entity\nArguments as those of analytics.refresh().',
                entity));
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
    SELECT s.source_id, s.business_id, s.entity, s.relation, w.refreshed_at, w.rows_read, w.loaded, w.deduplicated, w.rejected,
           CASE WHEN l.is_lost THEN 'failed' ELSE r.status END,
           CASE WHEN l.is_lost THEN 'the refresh ended without a trace' ELSE r.message END
    FROM warehouse.source s
    LEFT JOIN warehouse.source_watermark w ON w.source_id = s.source_id
    LEFT JOIN warehouse.refresh_state r ON r.business_id = s.business_id
    -- Between two steps nobody is at work for a moment.
    LEFT JOIN LATERAL (
        SELECT NOT analytics_internal.refresh_in_progress(r.business_id) AND COALESCE(max(p.started_at + p.duration), r.started_at)
               < clock_timestamp() - interval '1 minute' AS is_lost
        FROM warehouse.refresh_step p
        WHERE p.run_id = r.run_id
    ) l ON r.status = 'running'
    ORDER BY s.source_id;
END
$$;
COMMENT ON FUNCTION analytics.refresh_status() IS
'Each source, when it was last read and how its rows were accounted for
last_run_status, last_run_message: how the last refresh of its business ended (running, succeeded, failed), whatever became of others.';

-- What a refresh still has to do is its plan less what it has logged.
CREATE FUNCTION analytics_internal.refreshes_under_way()
    RETURNS TABLE (run_id bigint, business_id bigint, mode text, step int, steps int, name text, source_id bigint, rows_read bigint,
                   rows_written bigint, started_at timestamptz, step_started_at timestamptz, requested_by text, process_id int)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    RETURN QUERY
    WITH under_way AS (
        SELECT r.run_id, s.business_id, r.mode, r.entities, r.requested_by, s.started_at, p.pid
        FROM warehouse.refresh_state s
        JOIN warehouse.refresh_run r ON r.run_id = s.run_id AND r.status = 'running'
        CROSS JOIN LATERAL (SELECT min(pid) FROM analytics_internal.refreshing_sessions(s.business_id) pid) p (pid)
        WHERE s.status = 'running'
    ), done AS (
        SELECT DISTINCT u.run_id, u.business_id, d.name, d.source_id
        FROM under_way u
        JOIN warehouse.refresh_step d ON d.run_id = u.run_id AND d.business_id = u.business_id
        -- Journeys come in batches.
        WHERE d.name <> 'journeys' OR NOT EXISTS (SELECT FROM warehouse.pending_client c WHERE c.business_id = u.business_id)
    ), planned AS (
        SELECT u.run_id, u.business_id, p.name, p.source_id, p.place
        FROM under_way u
        CROSS JOIN LATERAL unnest(analytics_internal.refresh_plan(u.business_id, u.mode, u.entities))
            WITH ORDINALITY p (name, source_id, routine, place)
        WHERE NOT EXISTS (
            SELECT FROM done d
            WHERE d.run_id = u.run_id AND d.business_id = u.business_id AND d.name = p.name
              AND d.source_id IS NOT DISTINCT FROM p.source_id)
    )
    SELECT u.run_id, u.business_id, u.mode, d.steps + 1, d.steps + n.steps, n.name, n.source_id, l.rows_read, l.rows_written, u.started_at,
           COALESCE(l.until, u.started_at), u.requested_by, u.pid
    FROM under_way u
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS steps
        FROM done d
        WHERE d.run_id = u.run_id AND d.business_id = u.business_id) d
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS steps, (array_agg(p.name ORDER BY p.place))[1] AS name,
               (array_agg(p.source_id ORDER BY p.place))[1] AS source_id
        FROM planned p
        WHERE p.run_id = u.run_id AND p.business_id = u.business_id) n
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(s.rows_read), 0)::bigint AS rows_read,
               COALESCE(sum(s.inserted + s.updated + s.deleted), 0)::bigint AS rows_written, max(s.started_at + s.duration) AS until
        FROM warehouse.refresh_step s
        WHERE s.run_id = u.run_id AND s.business_id = u.business_id) l
    ORDER BY u.run_id, u.business_id;
END
$$;
COMMENT ON FUNCTION analytics_internal.refreshes_under_way() IS 'The rows of analytics.refresh_progress';

CREATE VIEW analytics.refresh_progress WITH (security_invoker = true) AS
    SELECT u.run_id, u.business_id, u.mode, u.step, u.steps, u.name, u.source_id, u.rows_read, u.rows_written, u.started_at,
           u.step_started_at, u.requested_by, u.process_id
    FROM analytics_internal.refreshes_under_way() u;
COMMENT ON VIEW analytics.refresh_progress IS
'The refreshes that are under way: step of how many, rows so far, since when
To be read from another session: each step commits. One in a transaction block or a function is seen when it is over.';
COMMENT ON COLUMN analytics.refresh_progress.run_id IS 'The run, as in warehouse.refresh_run';
COMMENT ON COLUMN analytics.refresh_progress.business_id IS 'The business at work; others of the run come after it';
COMMENT ON COLUMN analytics.refresh_progress.mode IS 'incremental or full';
COMMENT ON COLUMN analytics.refresh_progress.step IS 'Number of the step that is being done';
COMMENT ON COLUMN analytics.refresh_progress.steps IS 'How many steps there are';
COMMENT ON COLUMN analytics.refresh_progress.name IS 'What the step does';
COMMENT ON COLUMN analytics.refresh_progress.source_id IS 'The source that it loads, if it does';
COMMENT ON COLUMN analytics.refresh_progress.rows_read IS 'Rows that the steps done have read';
COMMENT ON COLUMN analytics.refresh_progress.rows_written IS 'Rows that the steps done have inserted, updated or deleted';
COMMENT ON COLUMN analytics.refresh_progress.started_at IS 'When the refresh of the business began';
COMMENT ON COLUMN analytics.refresh_progress.step_started_at IS 'When the step began';
COMMENT ON COLUMN analytics.refresh_progress.requested_by IS 'The role that asked for it';
COMMENT ON COLUMN analytics.refresh_progress.process_id IS
    'The process that does it; NULL for a moment between two steps, and where it ended without a trace';
GRANT SELECT ON analytics.refresh_progress TO PUBLIC;

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
    PERFORM analytics_internal.check_warehouse();
    DELETE FROM warehouse.refresh_step s
    USING warehouse.refresh_run r
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
