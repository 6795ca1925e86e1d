-- Refreshes for callers that cannot CALL: they ask for one, and a scheduler does it.

CREATE FUNCTION analytics.request_refresh(mode text DEFAULT 'incremental', entities text[] DEFAULT NULL, business_id bigint DEFAULT NULL,
    accept_loss boolean DEFAULT false)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    request bigint;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    PERFORM analytics_internal.check_refresh(mode, entities);
    accept_loss := COALESCE(accept_loss, false);
    -- One that waits already will do what this one asks: held, so that it is not begun before the caller's own changes can be seen.
    SELECT q.request_id INTO request
    FROM warehouse.refresh_request q
    WHERE q.taken_at IS NULL AND q.started_at IS NULL
      AND (q.mode, q.entities, q.business_id, q.accept_loss) IS NOT DISTINCT FROM (mode, entities, business_id, accept_loss)
    LIMIT 1
    FOR SHARE SKIP LOCKED;
    IF request IS NULL THEN
        INSERT INTO warehouse.refresh_request (mode, entities, business_id, accept_loss, requested_by)
        VALUES (mode, entities, business_id, accept_loss, session_user)
        RETURNING request_id INTO request;
        PERFORM pg_notify('analytics_refresh', request::text);
    END IF;
    RETURN request;
END
$$;
COMMENT ON FUNCTION analytics.request_refresh(text, text[], bigint, boolean) IS
'Asks for a refresh and returns at once, for callers that cannot CALL
Returns the request_id; notifies channel analytics_refresh. CALL analytics.refresh_requested() does what was asked; schedule_refresh() lets
pg_cron do so every minute.';

CREATE TYPE analytics_internal.waiting_request AS (request_id bigint, mode text, entities text[], business_id bigint, accept_loss boolean);
COMMENT ON TYPE analytics_internal.waiting_request IS 'A refresh that was asked for and is yet to be done';

CREATE FUNCTION analytics_internal.next_request(after bigint) RETURNS analytics_internal.waiting_request
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    request analytics_internal.waiting_request;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    SELECT q.request_id, q.mode, q.entities, q.business_id, q.accept_loss INTO request
    FROM warehouse.refresh_request q
    -- A refresh under way may have read what the request is about before it changed: the request waits for the next call.
    WHERE q.taken_at IS NULL AND q.request_id > after AND NOT analytics_internal.refresh_in_progress(q.business_id)
    ORDER BY q.request_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED;
    UPDATE warehouse.refresh_request q SET started_at = clock_timestamp() WHERE q.request_id = request.request_id;
    RETURN request;
END
$$;
COMMENT ON FUNCTION analytics_internal.next_request(bigint) IS
'Begins with the next refresh that was asked for; NULL where none can be done now
after: the last that was begun with.';

CREATE FUNCTION analytics_internal.begin_request(request analytics_internal.waiting_request, commits boolean)
    RETURNS analytics_internal.refresh_progress
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refused analytics_internal.refresh_progress;
BEGIN
    RETURN analytics_internal.begin_refresh(request.mode, request.entities, NULL, request.business_id, request.accept_loss, commits);
EXCEPTION WHEN OTHERS THEN
    -- One that cannot be done must not keep the others waiting.
    refused.failures := ARRAY[SQLERRM];
    refused.skipped := '{}';
    refused.commits := commits;
    refused.is_over := true;
    RETURN refused;
END
$$;
COMMENT ON FUNCTION analytics_internal.begin_request(analytics_internal.waiting_request, boolean) IS
'Begins a refresh that was asked for; one that cannot begin is over at once';

CREATE FUNCTION analytics_internal.close_request(request analytics_internal.waiting_request, progress analytics_internal.refresh_progress)
    RETURNS text[]
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.refresh_request q
    SET taken_at = CASE WHEN progress.skipped <> '{}' THEN NULL ELSE clock_timestamp() END,
        started_at = CASE WHEN progress.skipped <> '{}' THEN NULL ELSE q.started_at END,
        message = NULLIF(array_to_string(progress.failures, E'\n'), '')
    WHERE q.request_id = request.request_id
    RETURNING CASE WHEN q.message IS NULL THEN '{}' ELSE ARRAY[format('request %s: %s', q.request_id, q.message)] END
$$;
COMMENT ON FUNCTION analytics_internal.close_request(analytics_internal.waiting_request, analytics_internal.refresh_progress) IS
'Closes a request, keeping what failed of it; returns that as a list
One that found another refresh at work on a business goes on waiting.';

CREATE FUNCTION analytics_internal.report_requests(failures text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF failures <> '{}' THEN
        RAISE EXCEPTION '% failed', CASE cardinality(failures) WHEN 1 THEN 'one request' ELSE cardinality(failures) || ' requests' END
            USING ERRCODE = 'data_exception', DETAIL = array_to_string(failures, E'\n'),
                  HINT = 'The others were done. SELECT * FROM warehouse.refresh_request WHERE message IS NOT NULL shows those that failed.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.report_requests(text[]) IS 'Raises 22000 with the requests that failed, if any did';

CREATE PROCEDURE analytics.refresh_requested()
    LANGUAGE plpgsql
AS $$
DECLARE
    request analytics_internal.waiting_request;
    progress analytics_internal.refresh_progress;
    failures text[] := '{}';
    last bigint := 0;
BEGIN
    LOOP
        request := analytics_internal.next_request(last);
        EXIT WHEN request.request_id IS NULL;
        last := request.request_id;
        progress := analytics_internal.begin_request(request, analytics_internal.may_commit());
        CALL analytics_internal.run_refresh(progress);
        -- Afterwards, so that a crash does not lose the request.
        failures := pg_catalog.array_cat(failures, analytics_internal.close_request(request, progress));
        IF progress.commits THEN
            COMMIT;
        END IF;
    END LOOP;
    PERFORM analytics_internal.report_requests(failures);
END
$$;
COMMENT ON PROCEDURE analytics.refresh_requested() IS
'Runs the refreshes that request_refresh() asked for, one after the other
One that fails does not keep the others: its failure is kept with it (warehouse.refresh_request.message) and reported at the end (22000).';

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

CREATE FUNCTION analytics.unschedule_refresh() RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    jobs int := 0;
BEGIN
    IF EXISTS (SELECT FROM pg_extension x WHERE x.extname = 'pg_cron') THEN
        EXECUTE $sql$
            SELECT count(cron.unschedule(j.jobid))
            FROM cron.job j
            WHERE j.jobname IN ('pg_marketing refresh', 'pg_marketing requests') AND j.database = current_database()$sql$
        INTO jobs;
    END IF;
    RETURN jobs;
END
$$;
COMMENT ON FUNCTION analytics.unschedule_refresh() IS
'Takes the jobs of schedule_refresh() from pg_cron; returns how many there were
To be called before DROP EXTENSION, which leaves them: jobs are no part of an extension. 0 where pg_cron is not installed.';
