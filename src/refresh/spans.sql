-- Spans of days: periods are made up of few of them, whose rollups are kept. Weeks from Monday, each 28 days four of them, each 364
-- days thirteen of those: so every span is made of whole shorter ones, and no day of a period is read twice.

CREATE FUNCTION analytics_internal.span_lengths() RETURNS int[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '{7,28,364}'::int[] $$;
COMMENT ON FUNCTION analytics_internal.span_lengths() IS 'How many days the spans of the rollups have, the shortest first';

CREATE FUNCTION analytics_internal.span_start(day date, days int) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- 3 January 2000 was a Monday. Of days before it the remainder is negative.
    SELECT day - ((day - date '2000-01-03') % days + days) % days
$$;
COMMENT ON FUNCTION analytics_internal.span_start(date, int) IS 'First day of the span of so many days that a day belongs to';

CREATE FUNCTION analytics_internal.span_name(first_day date, days int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- One text and not a range: of ranges the planner keeps no statistics of equality. Written out, since the form of a date is a setting.
    SELECT pg_catalog.concat(pg_catalog.to_char(first_day::timestamp, 'YYYY-MM-DD'), '/P', days, 'D')
$$;
COMMENT ON FUNCTION analytics_internal.span_name(date, int) IS 'The name of a span by ISO 8601: its first day and how many days it has';

CREATE FUNCTION analytics_internal.spans_within(first_day date, last_day date, longest int DEFAULT 364) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    spans text[] := '{}';
    -- What is still to be divided: from a day to before another.
    since date := first_day;
    until date := last_day + 1;
    days int;
    shorter int;
    first_start date;
    after date;
BEGIN
    -- What is no period makes up nothing; the readers say what is wrong with it.
    IF isfinite(first_day) AND isfinite(last_day) THEN
        FOREACH days IN ARRAY analytics_internal.span_lengths() LOOP
            first_start := analytics_internal.span_start(since + days - 1, days);
            after := analytics_internal.span_start(until, days);
            EXIT WHEN days > longest OR first_start >= after;
            IF shorter IS NOT NULL THEN
                spans := spans || ARRAY(SELECT analytics_internal.span_name(since + i, shorter)
                    FROM generate_series(0, first_start - since - 1, shorter) i)
                               || ARRAY(SELECT analytics_internal.span_name(after + i, shorter)
                                   FROM generate_series(0, until - after - 1, shorter) i);
            END IF;
            since := first_start;
            until := after;
            shorter := days;
        END LOOP;
        IF shorter IS NOT NULL THEN
            spans := spans || ARRAY(SELECT analytics_internal.span_name(since + i, shorter)
                FROM generate_series(0, until - since - 1, shorter) i);
        END IF;
    END IF;
    RETURN spans;
END
$$;
COMMENT ON FUNCTION analytics_internal.spans_within(date, date, int) IS
'The longest spans that make up all whole weeks of a period
longest: the most days that a span may have.';

CREATE FUNCTION analytics_internal.days_outside_spans(first_day date, last_day date) RETURNS date[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    monday date;
    after date;
BEGIN
    IF NOT (isfinite(first_day) AND isfinite(last_day)) IS TRUE THEN
        RETURN '{}';
    END IF;
    monday := analytics_internal.span_start(first_day + 6, 7);
    after := analytics_internal.span_start(last_day + 1, 7);
    IF monday >= after THEN
        RETURN ARRAY(SELECT first_day + i FROM generate_series(0, last_day - first_day) i);
    END IF;
    RETURN ARRAY(SELECT first_day + i FROM generate_series(0, monday - first_day - 1) i)
        || ARRAY(SELECT after + i FROM generate_series(0, last_day - after) i);
END
$$;
COMMENT ON FUNCTION analytics_internal.days_outside_spans(date, date) IS 'The days of a period that are in none of its whole weeks';
