-- Rollups per day, made anew for the days in warehouse.pending_day. Leads change on many days at once, a few on each, when their clients
-- come back: to the rollups of such days the changes alone are added (warehouse.pending_lead).

CREATE FUNCTION analytics_internal.mark_leads(target text, addends text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    day_and_names constant text := 'c.business_id, c.%1$screated_date, c.%1$splatform, c.%1$schannel, c.%1$sis_paid, '
        'COALESCE(c.%1$sutm_source, ''''), COALESCE(c.%1$sproduct_id, ''''), COALESCE(c.%1$sbranch_id, ''''), '
        'COALESCE(c.%1$scampaign_key, 0)';
BEGIN
    IF analytics_internal.is_much((SELECT count(*) FROM pg_temp.change), format('warehouse.%I', target)) THEN
        PERFORM analytics_internal.mark_days('results', 'created_date', 'old_created_date');
        RETURN;
    END IF;
    EXECUTE format($sql$
        WITH change AS (
            SELECT v.business_id, v.day, v.platform, v.channel, v.is_paid, v.utm_source, v.product_id, v.branch_id, v.campaign_key,
                   sum(v.leads) AS leads, sum(v.contracts) AS contracts, sum(v.revenue) AS revenue
            FROM (
                SELECT %s, %s FROM pg_temp.change c WHERE c.operation <> 'deleted'
                UNION ALL
                SELECT %s, %s FROM pg_temp.change c WHERE c.operation <> 'inserted'
            ) v (business_id, day, platform, channel, is_paid, utm_source, product_id, branch_id, campaign_key, leads, contracts, revenue)
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ), day AS (
            INSERT INTO warehouse.pending_day
            SELECT DISTINCT c.business_id, 'results', c.day, false
            FROM change c
            ON CONFLICT DO NOTHING
        )
        INSERT INTO warehouse.pending_lead (
            business_id, day, platform, channel, is_paid, utm_source, product_id, branch_id, campaign_key, leads, contracts, revenue)
        SELECT c.*
        FROM change c
        WHERE (c.leads, c.contracts, c.revenue) <> (0, 0, 0)
        $sql$,
        format(day_and_names, ''), format(addends, 1, ''), format(day_and_names, 'old_'), format(addends, -1, 'old_'));
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_leads(text, text) IS
'Keeps what pg_temp.change changes in the rollups of leads, or marks their days
Where they are many their days are made anew. target: fact_leads or fact_contract_credit. addends: the leads, contracts and revenue that a
row is, by format(): %1$s is 1 where it comes and -1 where it goes, %2$s names the columns that it has then.';

-- Of a lead that came to another campaign than it had at first both are told, since the day's results of both were others before.
CREATE FUNCTION analytics_internal.late_sql(target text, rows text, sign text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(CASE target
        WHEN 'fact_leads' THEN $sql$
            SELECT l.business_id, l.created_date, l.settled_date, v.platform, COALESCE(v.campaign_key, 0) AS campaign_key,
                   %2$s v.leads AS leads, 0 AS contracts, 0 AS revenue
            FROM %1$s l
            CROSS JOIN LATERAL (VALUES
                (l.platform, l.campaign_key, 1), (l.initial_platform, l.initial_campaign_key, -1)) v (platform, campaign_key, leads)
            WHERE l.settled_date > l.created_date
              AND (l.platform, l.campaign_key) IS DISTINCT FROM (l.initial_platform, l.initial_campaign_key)$sql$
        WHEN 'fact_contract_credit' THEN $sql$
            SELECT k.business_id, k.created_date, k.settled_date, k.platform, COALESCE(k.campaign_key, 0) AS campaign_key, 0 AS leads,
                   %2$s (NOT k.is_refund)::int AS contracts, %2$s k.amount AS revenue
            FROM %1$s k
            WHERE k.settled_date > k.created_date$sql$
    END, rows, sign)
$$;
COMMENT ON FUNCTION analytics_internal.late_sql(text, text, text) IS
'SQL of what rows add to late_daily
target: fact_leads or fact_contract_credit. rows: a relation with its columns. sign: - where they go.';

CREATE FUNCTION analytics_internal.mark_late(target text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns constant text[] := ARRAY(
        SELECT a.attname::text
        FROM pg_attribute a
        WHERE a.attrelid = format('warehouse.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname <> ALL (analytics_internal.table_key(target)));
BEGIN
    IF analytics_internal.is_much((SELECT count(*) FROM pg_temp.change), format('warehouse.%I', target)) THEN
        PERFORM analytics_internal.mark_days('late', 'created_date', 'old_created_date');
        RETURN;
    END IF;
    -- How leads mature is learned from all of them, so that their days are marked in any case.
    INSERT INTO warehouse.pending_day
    SELECT DISTINCT c.business_id, 'late', v.day, false
    FROM (SELECT DISTINCT c.business_id, c.created_date, c.old_created_date FROM pg_temp.change c) c
    CROSS JOIN LATERAL (VALUES (c.created_date), (c.old_created_date)) v (day)
    WHERE v.day IS NOT NULL
    ON CONFLICT DO NOTHING;
    EXECUTE format($sql$
        INSERT INTO warehouse.pending_lead (
            business_id, day, settled_date, platform, campaign_key, leads, contracts, revenue, channel, is_paid, utm_source, product_id,
            branch_id)
        SELECT v.business_id, v.created_date, v.settled_date, v.platform, v.campaign_key, sum(v.leads), sum(v.contracts), sum(v.revenue),
               '', false, '', '', ''
        FROM (%s UNION ALL %s) v
        GROUP BY v.business_id, v.created_date, v.settled_date, v.platform, v.campaign_key
        HAVING (sum(v.leads), sum(v.contracts), sum(v.revenue)) <> (0, 0, 0)
        $sql$,
        analytics_internal.late_sql(target, '(SELECT * FROM pg_temp.change c WHERE c.operation <> ''deleted'')', ''),
        analytics_internal.late_sql(target, format('(SELECT c.business_id, %s FROM pg_temp.change c WHERE c.operation <> ''inserted'')',
            analytics_internal.each_name(columns, 'c.%2$I AS %1$I')), '-'));
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_late(text) IS
'Keeps what pg_temp.change changes in late_daily, or marks its days
Where they are many their days are made anew. target: fact_leads or fact_contract_credit.';

-- A number that must be there, and is not part of the key, is a sum. Columns that may be empty are not the rollup's.
CREATE FUNCTION analytics_internal.rollup_columns(target text, OUT key text[], OUT sums text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(a.attname::text ORDER BY a.is_key DESC, a.attnum) FILTER (WHERE NOT a.is_sum),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.is_sum)
    FROM (
        SELECT a.attname, a.attnum, k.is_key, t.typcategory = 'N' AND NOT k.is_key AS is_sum
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        CROSS JOIN LATERAL (SELECT a.attname = ANY (analytics_internal.table_key(target)) AS is_key) k
        WHERE a.attrelid = format('warehouse.%I', target)::regclass AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
    ) a
$$;
COMMENT ON FUNCTION analytics_internal.rollup_columns(text) IS
'The columns that a rollup is grouped by, and those that are sums
key: the columns of the primary key, and what goes with them.';

-- Rows of one key, which are asked for together, lie together.
CREATE FUNCTION analytics_internal.make_rollup(business_id bigint, addends text, target text, scope text,
    counts text[] DEFAULT NULL)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns constant record := c FROM analytics_internal.rollup_columns(target) c;
BEGIN
    EXECUTE format($sql$
        CREATE TEMP TABLE incoming ON COMMIT DROP AS
        SELECT %1$s, %2$s
        FROM (%3$s) a
        GROUP BY %1$s
        HAVING %4$s
        ORDER BY %1$s
        $sql$,
        analytics_internal.each_name(columns.key, 'a.%1$I'),
        (
            SELECT string_agg(format('COALESCE(sum(a.%1$I), 0)::%2$s AS %1$I', c.attname, format_type(c.atttypid, c.atttypmod)), ', ')
            FROM pg_attribute c
            WHERE c.attrelid = format('warehouse.%I', target)::regclass AND c.attname = ANY (columns.sums)
        ),
        addends, COALESCE(analytics_internal.each_name(counts, 'sum(a.%1$I) <> 0', ' OR '), 'true'));
    RETURN analytics_internal.merge_table(make_rollup.business_id, target, scope);
END
$$;
COMMENT ON FUNCTION analytics_internal.make_rollup(bigint, text, text, text, text[]) IS
'Makes a part of a rollup anew: adds rows up by its key
addends: query of these rows, with the columns of the rollup, NULL for nothing. scope: condition on the rollup (alias t) that they
cover completely. counts: columns that say what a row stands for, which is left out when all of them are 0.';

-- What rollups count adds up exactly, so that a rollup plus what changed is the rollup made anew.
CREATE FUNCTION analytics_internal.add_changes(business_id bigint, changes text, target text, counts text[])
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    done analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
    columns constant record := c FROM analytics_internal.rollup_columns(target) c;
    key constant text := analytics_internal.each_name(columns.key, '%1$I');
    -- Nothing is left that the row stands for.
    is_empty constant text := analytics_internal.each_name(counts, 't.%1$I = 0', ' AND ');
    primary_key constant text := c.conname FROM pg_constraint c
        WHERE c.conrelid = format('warehouse.%I', target)::regclass AND c.contype = 'p';
    changing constant text[] := ARRAY(
        SELECT s.name
        FROM unnest(columns.sums) WITH ORDINALITY s (name, place)
        JOIN pg_attribute a ON a.attrelid = format('pg_temp.%I', changes)::regclass AND a.attname = s.name
        ORDER BY s.place);
    others constant text[] := ARRAY(SELECT s FROM unnest(columns.sums) s WHERE s <> ALL (changing));
BEGIN
    EXECUTE format($sql$
        WITH changed AS (
            INSERT INTO warehouse.%1$I AS t (%2$s)
            SELECT %3$s
            FROM pg_temp.%4$I c
            GROUP BY %5$s
            HAVING (%6$s) IS DISTINCT FROM (%7$s)
            ORDER BY %5$s
            ON CONFLICT ON CONSTRAINT %8$I DO UPDATE SET %9$s
            RETURNING t.xmax = 0 AS is_new, %10$s AS is_empty
        )
        SELECT count(*) FILTER (WHERE c.is_new AND NOT c.is_empty), count(*) FILTER (WHERE NOT c.is_new AND NOT c.is_empty),
               count(*) FILTER (WHERE c.is_empty)
        FROM changed c
        $sql$,
        target, analytics_internal.each_name(columns.key || changing || others, '%1$I'),
        concat_ws(', ', key, analytics_internal.each_name(changing, 'sum(c.%1$I)'), analytics_internal.each_name(others, '0')),
        changes, key, analytics_internal.each_name(changing, 'sum(c.%1$I)'), analytics_internal.each_name(changing, '0'), primary_key,
        analytics_internal.each_name(changing, '%1$I = t.%1$I + EXCLUDED.%1$I'), is_empty)
    INTO done.inserted, done.updated, done.deleted;
    IF done.deleted > 0 THEN
        EXECUTE format($sql$
            DELETE FROM warehouse.%I t
            USING (SELECT DISTINCT %s FROM pg_temp.%I) c
            WHERE %s AND %s$sql$,
            target, key, changes, analytics_internal.each_name(columns.key, 't.%1$I = c.%1$I', ' AND '), is_empty);
    END IF;
    done.rows_read := done.inserted + done.updated;
    PERFORM analytics_internal.analyze_grown(format('warehouse.%I', target), add_changes.business_id, done.inserted + done.deleted);
    RETURN done;
END
$$;
COMMENT ON FUNCTION analytics_internal.add_changes(bigint, text, text, text[]) IS
'Adds what changed to a rollup
changes: a working table with the columns of the rollup''s key and those that change, each row with what it adds. counts: columns that say
what a row of the rollup stands for; it goes when all of them are 0.';

CREATE FUNCTION analytics_internal.roll_up_events(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.pending_day d WHERE d.business_id = roll_up_events.business_id AND d.rollup = 'events') THEN
        PERFORM analytics_internal.forget_platforms(roll_up_events.business_id);
        RETURN counts;
    END IF;
    PERFORM analytics_internal.analyze_own('warehouse.pending_day'), analytics_internal.drop_temporary('touch_day');
    -- The touches of the days, read once for both rollups.
    CREATE TEMP TABLE touch_day ON COMMIT DROP AS
    SELECT e.business_id, e.platform, e.event_date, COALESCE(e.campaign_key, 0) AS campaign_key,
           count(*) FILTER (WHERE e.touch_role = 'first') AS first_touches, count(*) FILTER (WHERE e.touch_role = 'mid') AS mid_touches,
           count(*) FILTER (WHERE e.touch_role = 'last') AS last_touches, count(*) FILTER (WHERE e.is_contract) AS contract_events,
           analytics_internal.client_set(array_agg(e.client_key)) AS clients
    FROM warehouse.fact_events e
    JOIN warehouse.pending_day d ON d.rollup = 'events' AND d.business_id = e.business_id AND d.day = e.event_date
    WHERE e.business_id = roll_up_events.business_id
    GROUP BY e.business_id, e.platform, e.event_date, COALESCE(e.campaign_key, 0)
    ORDER BY e.business_id, e.platform, e.event_date, COALESCE(e.campaign_key, 0);
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT t.business_id, t.event_date, t.platform, sum(t.first_touches + t.mid_touches + t.last_touches)::bigint AS events,
           sum(t.first_touches)::bigint AS first_touches, sum(t.contract_events)::bigint AS contract_events,
           analytics_internal.union_clients(t.clients) AS clients
    FROM pg_temp.touch_day t
    GROUP BY t.business_id, t.event_date, t.platform
    ORDER BY t.business_id, t.event_date, t.platform;
    counts := analytics_internal.merge_table(
        roll_up_events.business_id, 'event_daily', analytics_internal.on_pending_days('events', 'event_date'));
    -- Not counted: the same touches by campaign.
    PERFORM analytics_internal.merge_table(
        roll_up_events.business_id, 'campaign_touch_daily', analytics_internal.on_pending_days('events', 'event_date'),
        incoming => 'touch_day');
    DELETE FROM warehouse.pending_day p
    WHERE p.business_id = roll_up_events.business_id AND p.rollup = 'events';
    PERFORM analytics_internal.forget_platforms(roll_up_events.business_id);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_events(bigint) IS
'Makes the rollups of touches anew for pending days, and forgets lost platforms';

CREATE FUNCTION analytics_internal.forget_platforms(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM warehouse.dim_platforms d
    WHERE d.business_id = forget_platforms.business_id AND d.platform <> 'unknown'
      AND NOT EXISTS (
          SELECT FROM warehouse.event_daily e WHERE e.business_id = d.business_id AND e.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.fact_campaign_performance_daily p WHERE p.business_id = d.business_id AND p.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.source_campaigns c WHERE c.business_id = d.business_id AND c.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.dim_ad_creatives a WHERE a.business_id = d.business_id AND a.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.fact_content c WHERE c.business_id = d.business_id AND c.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.fact_content_metrics m WHERE m.business_id = d.business_id AND m.platform = d.platform)
      AND NOT EXISTS (
          SELECT FROM warehouse.dim_benchmarks b WHERE b.business_id = d.business_id AND b.platform = d.platform)
$$;
COMMENT ON FUNCTION analytics_internal.forget_platforms(bigint) IS 'Takes platforms out of dim_platforms that no fact names any more';

CREATE FUNCTION analytics_internal.roll_up_campaigns(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.make_rollup(roll_up_campaigns.business_id, format($sql$
        SELECT l.business_id, l.created_date AS date, l.platform, l.campaign_key, l.leads, l.contracts, l.revenue, 0 AS contracts_signed,
               0 AS revenue_signed, 0 AS spend, 0 AS impressions, 0 AS clicks, 0 AS exports
        FROM pg_temp.lead_day l
        UNION ALL
        SELECT c.business_id, c.signed_date, c.attributed_platform, COALESCE(c.attributed_campaign_key, 0), 0, 0, 0,
               (NOT c.is_refund)::int, c.amount, 0, 0, 0, 0
        FROM warehouse.fact_contracts c
        JOIN warehouse.pending_day d
            ON d.rollup = 'results' AND d.whole AND d.business_id = c.business_id AND d.day = c.signed_date
        WHERE c.business_id = %1$s
        UNION ALL
        SELECT s.business_id, s.date, s.platform, COALESCE(k.campaign_key, 0), 0, 0, 0, 0, 0, s.spend, s.impressions, s.clicks, 1
        FROM (
            SELECT f.business_id, f.date, f.platform, f.campaign_id, f.spend, f.impressions, f.clicks,
                   -- A campaign's day counts once: by its coarsest export, since spend by ad leaves some of it out, and by the source of
                   -- the highest priority that has it, or the first. One export may name the account and the other not, so that the
                   -- campaign alone says what belongs together.
                   rank() OVER (
                       PARTITION BY f.date, f.platform, f.campaign_id, CASE f.campaign_id WHEN '' THEN f.account_id END
                       ORDER BY CASE f.grain WHEN 'campaign' THEN 1 WHEN 'ad_group' THEN 2 ELSE 3 END, f.priority DESC, f.source_id
                   ) AS choice,
                   -- Ads whose export does not name their campaign are part of their account's campaigns, where these are exported too.
                   f.campaign_id = '' AND f.grain <> 'campaign' AND bool_or(f.campaign_id <> '' AND f.grain = 'campaign')
                       OVER (PARTITION BY f.date, f.platform, f.account_id) AS is_part
            FROM warehouse.fact_campaign_performance_daily f
            JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = f.business_id AND d.day = f.date
            WHERE f.business_id = %1$s
        ) s
        LEFT JOIN warehouse.dim_campaigns k
            ON k.business_id = s.business_id AND k.platform = s.platform AND k.campaign_id = s.campaign_id
        WHERE s.choice = 1 AND NOT s.is_part
        $sql$, roll_up_campaigns.business_id), 'campaign_roi_daily', analytics_internal.on_pending_days('results', 'date'))
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_campaigns(bigint) IS 'Makes campaign_roi_daily anew for the pending days';

CREATE FUNCTION analytics_internal.roll_up_platforms(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.make_rollup(roll_up_platforms.business_id, format($sql$
        SELECT r.*
        FROM warehouse.campaign_roi_daily r
        JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = r.business_id AND d.day = r.date
        WHERE r.business_id = %s
        $sql$, roll_up_platforms.business_id), 'platform_daily', analytics_internal.on_pending_days('results', 'date'))
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_platforms(bigint) IS
'Makes platform_daily anew for the pending days, from campaign_roi_daily';

CREATE FUNCTION analytics_internal.roll_up_contracts(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.make_rollup(roll_up_contracts.business_id, format($sql$
        SELECT c.business_id, c.signed_date, c.own_platform, c.attributed_platform, n.contracts AS contracts_signed,
               c.amount AS revenue_signed, n.contracts * c.touches AS touches,
               n.contracts * COALESCE(c.days_to_convert, 0) AS days_to_convert,
               CASE WHEN c.days_to_convert IS NULL THEN 0 ELSE n.contracts END AS contracts_with_days
        FROM warehouse.fact_contracts c
        JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = c.business_id AND d.day = c.signed_date
        CROSS JOIN LATERAL (SELECT (NOT c.is_refund)::int AS contracts) n
        WHERE c.business_id = %s
        $sql$, roll_up_contracts.business_id), 'contract_daily', analytics_internal.on_pending_days('results', 'signed_date'))
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_contracts(bigint) IS 'Makes contract_daily anew for the pending days';

CREATE FUNCTION analytics_internal.roll_up_leads(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.make_rollup(roll_up_leads.business_id, 'TABLE pg_temp.lead_day', 'lead_daily',
        analytics_internal.on_pending_days('results', 'created_date'))
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_leads(bigint) IS 'Makes lead_daily anew for the pending days';

-- Weeks are added up from days and longer spans from shorter ones, so that a day that changed costs a few rows per campaign and not a
-- year of them.
CREATE FUNCTION analytics_internal.roll_up_spans(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    days int;
    shorter int;
BEGIN
    FOREACH days IN ARRAY analytics_internal.span_lengths() LOOP
        PERFORM analytics_internal.drop_temporary('changed_span');
        CREATE TEMP TABLE changed_span ON COMMIT DROP AS
        SELECT roll_up_spans.business_id, analytics_internal.span_name(f.starts_on, days) AS span, f.starts_on
        FROM (
            SELECT DISTINCT analytics_internal.span_start(d.day, days) AS starts_on
            FROM warehouse.pending_day d
            WHERE d.business_id = roll_up_spans.business_id AND d.rollup = 'results' AND d.whole
        ) f;
        ANALYZE pg_temp.changed_span;
        PERFORM analytics_internal.make_rollup(roll_up_spans.business_id, format($sql$
            SELECT c.span, c.starts_on, r.*
            FROM pg_temp.changed_span c
            CROSS JOIN LATERAL generate_series(0, %s - 1, %s) i
            JOIN %s
            $sql$, days, COALESCE(shorter, 1), CASE WHEN shorter IS NULL
                THEN 'warehouse.campaign_roi_daily r ON r.business_id = c.business_id AND r.date = c.starts_on + i'
                ELSE format($sql$
                    warehouse.campaign_roi_span r (business_id, part, part_starts_on)
                        ON r.business_id = c.business_id AND r.part = analytics_internal.span_name(c.starts_on + i, %s)$sql$, shorter) END),
            'campaign_roi_span', 'EXISTS (SELECT FROM pg_temp.changed_span c WHERE c.span = t.span)');
        shorter := days;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_spans(bigint) IS
'Makes campaign_roi_span anew around the changed days, from campaign_roi_daily';

CREATE FUNCTION analytics_internal.roll_up_whole_days(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    campaigns analytics_internal.load_counts;
BEGIN
    -- The leads of the days, read once for both rollups.
    PERFORM analytics_internal.drop_temporary('lead_day');
    CREATE TEMP TABLE lead_day ON COMMIT DROP AS
    SELECT l.business_id, l.created_date, l.platform, l.channel, l.is_paid, COALESCE(l.utm_source, '') AS utm_source,
           COALESCE(l.product_id, '') AS product_id, COALESCE(l.branch_id, '') AS branch_id, COALESCE(l.campaign_key, 0) AS campaign_key,
           sum(l.leads)::bigint AS leads, sum(l.contracts)::bigint AS contracts, sum(l.revenue)::numeric(18,4) AS revenue
    FROM (
        SELECT l.client_bucket, l.business_id, l.created_date, l.platform, l.channel, l.is_paid, l.utm_source, l.product_id, l.branch_id,
               l.campaign_key, 1 AS leads, 0 AS contracts, 0::numeric AS revenue
        FROM warehouse.fact_leads l
        UNION ALL
        SELECT k.client_bucket, k.business_id, k.created_date, k.platform, k.channel, k.is_paid, k.utm_source, k.product_id, k.branch_id,
               k.campaign_key, 0, (NOT k.is_refund)::int, k.amount
        FROM warehouse.fact_contract_credit k
    ) l
    JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = l.business_id AND d.day = l.created_date
    WHERE l.business_id = roll_up_whole_days.business_id
    GROUP BY l.business_id, l.created_date, l.platform, l.channel, l.is_paid, l.utm_source, l.product_id, l.branch_id, l.campaign_key;
    ANALYZE pg_temp.lead_day;
    campaigns := analytics_internal.roll_up_campaigns(roll_up_whole_days.business_id);
    -- Not counted: they add up what is counted already, or count it in another way.
    PERFORM analytics_internal.roll_up_platforms(roll_up_whole_days.business_id),
            analytics_internal.roll_up_contracts(roll_up_whole_days.business_id),
            analytics_internal.roll_up_spans(roll_up_whole_days.business_id);
    RETURN analytics_internal.total_counts(campaigns, analytics_internal.roll_up_leads(roll_up_whole_days.business_id));
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_whole_days(bigint) IS
'Makes the rollups of leads, contracts and spend anew for pending days';

CREATE FUNCTION analytics_internal.add_changed_leads(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    campaigns analytics_internal.load_counts;
    -- Revenue, too: of refunds alone a row counts nothing and stays.
    results constant text[] := '{leads,contracts,revenue,contracts_signed,revenue_signed,exports}';
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.pending_lead l WHERE l.business_id = add_changed_leads.business_id) THEN
        RETURN NULL;
    END IF;
    PERFORM analytics_internal.drop_temporary('lead_change', 'span_change');
    CREATE TEMP TABLE lead_change ON COMMIT DROP AS
    SELECT l.*, l.day AS date, l.day AS created_date
    FROM warehouse.pending_lead l
    JOIN warehouse.pending_day d ON d.business_id = l.business_id AND d.rollup = 'results' AND d.day = l.day AND NOT d.whole
    WHERE l.business_id = add_changed_leads.business_id AND l.settled_date IS NULL;
    IF NOT EXISTS (SELECT FROM pg_temp.lead_change) THEN
        RETURN NULL;
    END IF;
    -- Each day's spans are named once, not for each of its rows.
    CREATE TEMP TABLE span_change ON COMMIT DROP AS
    WITH span AS MATERIALIZED (
        SELECT d.day, f.starts_on, analytics_internal.span_name(f.starts_on, n.days) AS span
        FROM (SELECT DISTINCT l.day FROM pg_temp.lead_change l) d
        CROSS JOIN unnest(analytics_internal.span_lengths()) n (days)
        CROSS JOIN LATERAL (SELECT analytics_internal.span_start(d.day, n.days)) f (starts_on)
    )
    SELECT l.*, s.starts_on, s.span
    FROM pg_temp.lead_change l
    JOIN span s ON s.day = l.day;
    campaigns := analytics_internal.add_changes(add_changed_leads.business_id, 'lead_change', 'campaign_roi_daily', results);
    PERFORM analytics_internal.add_changes(add_changed_leads.business_id, 'lead_change', 'platform_daily', results),
            analytics_internal.add_changes(add_changed_leads.business_id, 'span_change', 'campaign_roi_span', results);
    RETURN analytics_internal.total_counts(campaigns,
        analytics_internal.add_changes(add_changed_leads.business_id, 'lead_change', 'lead_daily', '{leads,contracts,revenue}'));
END
$$;
COMMENT ON FUNCTION analytics_internal.add_changed_leads(bigint) IS
'Adds what leads changed to the rollups of days that are not made anew';

CREATE FUNCTION analytics_internal.roll_up_whole_late_days(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.make_rollup(roll_up_whole_late_days.business_id, string_agg(analytics_internal.late_sql(f.name, format($sql$(
        SELECT t.*
        FROM warehouse.%I t
        JOIN warehouse.pending_day d ON d.rollup = 'late' AND d.whole AND d.business_id = t.business_id AND d.day = t.created_date
        WHERE t.business_id = %s)$sql$, f.name, roll_up_whole_late_days.business_id), ''), ' UNION ALL '),
        'late_daily', analytics_internal.on_pending_days('late', 'created_date'), '{leads,contracts,revenue}')
    FROM (VALUES ('fact_leads'), ('fact_contract_credit')) f (name)
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_whole_late_days(bigint) IS 'Makes late_daily anew for pending days';

CREATE FUNCTION analytics_internal.roll_up_late(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.pending_day d WHERE d.business_id = roll_up_late.business_id AND d.rollup = 'late') THEN
        RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM warehouse.pending_day d WHERE d.business_id = roll_up_late.business_id AND d.rollup = 'late' AND d.whole) THEN
        PERFORM analytics_internal.roll_up_whole_late_days(roll_up_late.business_id);
    END IF;
    PERFORM analytics_internal.drop_temporary('late_change');
    CREATE TEMP TABLE late_change ON COMMIT DROP AS
    SELECT l.*, l.day AS created_date
    FROM warehouse.pending_lead l
    JOIN warehouse.pending_day d ON d.business_id = l.business_id AND d.rollup = 'late' AND d.day = l.day AND NOT d.whole
    WHERE l.business_id = roll_up_late.business_id AND l.settled_date IS NOT NULL;
    PERFORM analytics_internal.add_changes(roll_up_late.business_id, 'late_change', 'late_daily', '{leads,contracts,revenue}'),
            analytics_internal.fit_maturity(roll_up_late.business_id);
    DELETE FROM warehouse.pending_day p
    WHERE p.business_id = roll_up_late.business_id AND p.rollup = 'late';
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_late(bigint) IS
'Brings late_daily up to date, and learns from it how leads mature';

CREATE FUNCTION analytics_internal.fit_maturity(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    until constant date := analytics_internal.known_until(fit_maturity.business_id);
BEGIN
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    WITH result AS MATERIALIZED (
        SELECT r.date AS day, sum(r.leads) AS leads, sum(r.contracts) AS contracts, sum(r.revenue) AS revenue
        FROM warehouse.platform_daily r
        WHERE r.business_id = fit_maturity.business_id AND r.date BETWEEN until - 730 AND until
        GROUP BY r.date
    ), late AS MATERIALIZED (
        SELECT l.created_date AS day, l.settled_date - l.created_date AS lag, sum(l.contracts) AS contracts
        FROM warehouse.late_daily l
        WHERE l.business_id = fit_maturity.business_id AND l.created_date BETWEEN until - 730 AND until AND l.contracts <> 0
        GROUP BY 1, 2
    ), lag AS (
        SELECT t.day, t.lag, t.contracts
        FROM late t
        UNION ALL
        SELECT r.day, 0, r.contracts - COALESCE((SELECT sum(t.contracts) FROM late t WHERE t.day = r.day), 0)
        FROM result r
    ), curve AS (
        SELECT c.shares, c.log_variances
        FROM (
            SELECT array_agg(g.day ORDER BY g.day, g.lag) AS days, array_agg(g.lag ORDER BY g.day, g.lag) AS lags,
                   array_agg(g.contracts::double precision ORDER BY g.day, g.lag) AS contracts
            FROM lag g
            WHERE g.contracts > 0
        ) a
        CROSS JOIN LATERAL analytics_internal.maturity_curve(a.days, a.lags, a.contracts, until) c
    ), week AS (
        -- Exact sums, and below in order: the model is the same whatever the plan.
        SELECT (until - r.day) / 7 AS age, sum((r.leads * COALESCE(c.shares[until - r.day + 1], 1))::numeric)::double precision AS settled,
               sum(r.contracts)::double precision AS contracts
        FROM result r CROSS JOIN curve c
        WHERE r.day > until - 182
        GROUP BY 1
    ), amount AS (
        SELECT avg(k.amount) AS mean, stddev_pop(k.amount) AS deviation, count(*) AS contracts
        FROM warehouse.fact_contract_credit k
        WHERE k.business_id = fit_maturity.business_id AND k.created_date BETWEEN until - 730 AND until AND NOT k.is_refund
    )
    -- Without a lead in half a year the rate is that of all, with the weight of one contract.
    SELECT fit_maturity.business_id, until AS known_until, c.shares, c.log_variances, r.rate,
           COALESCE(NULLIF(u.strength, 0), 1 / r.rate) AS rate_strength,
           m.mean::double precision AS mean_amount, (m.deviation / NULLIF(m.mean, 0))::double precision AS amount_deviation, m.contracts
    FROM curve c
    CROSS JOIN amount m
    CROSS JOIN LATERAL analytics_internal.usual_rate(
        ARRAY(SELECT w.settled FROM week w ORDER BY w.age), ARRAY(SELECT w.contracts FROM week w ORDER BY w.age)) u
    CROSS JOIN LATERAL (
        SELECT COALESCE(NULLIF(u.mean, 0), ((m.contracts + 0.5) / (sum(d.leads) + 1))::double precision) AS rate
        FROM result d) r
    WHERE m.contracts > 0;
    PERFORM analytics_internal.merge_table(fit_maturity.business_id, 'maturity_model');
END
$$;
COMMENT ON FUNCTION analytics_internal.fit_maturity(bigint) IS
'Learns how the leads of a business mature, from the lags of their contracts';

CREATE FUNCTION analytics_internal.roll_up_results(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whole analytics_internal.load_counts;
    changed analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.analyze_own('warehouse.pending_day');
    IF EXISTS (
        SELECT FROM warehouse.pending_day d WHERE d.business_id = roll_up_results.business_id AND d.rollup = 'results' AND d.whole) THEN
        whole := analytics_internal.roll_up_whole_days(roll_up_results.business_id);
    END IF;
    changed := analytics_internal.add_changed_leads(roll_up_results.business_id);
    -- Not counted: when what is counted came.
    PERFORM analytics_internal.roll_up_late(roll_up_results.business_id);
    DELETE FROM warehouse.pending_lead l
    WHERE l.business_id = roll_up_results.business_id;
    DELETE FROM warehouse.pending_day p
    WHERE p.business_id = roll_up_results.business_id AND p.rollup = 'results';
    RETURN analytics_internal.total_counts(whole, changed);
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_results(bigint) IS
'Brings the rollups of leads, contracts and spend up to date with pending days';
