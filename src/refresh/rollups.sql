-- Rollups per day, made anew for the days in warehouse.pending_day. Leads change on many days at once, a few on each, when their clients
-- come back: to the rollups of such days the changes alone are added (warehouse.pending_lead).

CREATE FUNCTION analytics_internal.mark_leads(changes text, with_old boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    many boolean;
BEGIN
    EXECUTE format('SELECT count(*) > 50 + 0.1 * GREATEST((SELECT c.reltuples FROM pg_class c
        WHERE c.oid = ''warehouse.fact_leads''::regclass), 0) FROM %s', changes) INTO many;
    EXECUTE format(CASE WHEN many THEN
        'INSERT INTO warehouse.pending_day AS p SELECT DISTINCT v.business_id, ''results'', v.day, true FROM (%s) v
         ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole'
    ELSE
        'WITH change AS (
             SELECT v.business_id, v.day, v.platform, v.channel, v.is_paid, COALESCE(v.utm_source, '''') AS utm_source, COALESCE(v.product_id, '''') AS product_id,
                    COALESCE(v.branch_id, '''') AS branch_id, COALESCE(v.campaign_key, 0) AS campaign_key, sum(v.sign) AS leads,
                    sum(v.sign * v.n_contracts) AS contracts, sum(v.sign * v.contract_amount) AS revenue
             FROM (%s) v GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
         ), day AS (
             INSERT INTO warehouse.pending_day SELECT DISTINCT c.business_id, ''results'', c.day, false FROM change c ON CONFLICT DO NOTHING
         )
         INSERT INTO warehouse.pending_lead SELECT c.* FROM change c WHERE (c.leads, c.contracts, c.revenue) <> (0, 0, 0)' END,
        concat('SELECT d.business_id, d.created_date AS day, d.platform, d.channel, d.is_paid, d.utm_source, d.product_id, d.branch_id, d.campaign_key,
                                  1 AS sign, d.n_contracts, d.contract_amount FROM ', changes, ' d WHERE d.business_id IS NOT NULL',
            CASE WHEN with_old THEN ' UNION ALL
                           SELECT d.old_business_id, d.old_created_date, d.old_platform, d.old_channel, d.old_is_paid, d.old_utm_source, d.old_product_id,
                                  d.old_branch_id, d.old_campaign_key, -1, d.old_n_contracts, d.old_contract_amount FROM ' || changes || ' d WHERE d.old_business_id IS NOT NULL' END));
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_leads(text, boolean) IS
'Keeps what changed leads change in the rollups, or marks the days of many leads
changes: the working table, with the columns of leads. with_old: it also has what they were before, as old_<column>.';

CREATE FUNCTION analytics_internal.roll_up_events(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.analyze_own('warehouse.pending_day');
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT e.business_id, e.event_date, e.platform, count(*) AS events,
           count(*) FILTER (WHERE e.touch_number = 1) AS first_touches, count(*) FILTER (WHERE e.is_contract) AS contract_events
    FROM warehouse.fact_events e
    JOIN warehouse.pending_day d ON d.rollup = 'events' AND d.business_id = e.business_id AND d.day = e.event_date
    WHERE e.business_id = roll_up_events.business_id GROUP BY e.business_id, e.event_date, e.platform;
    counts := analytics_internal.merge_table('warehouse.event_daily', '{business_id,event_date,platform}',
        scope => format('EXISTS (SELECT FROM warehouse.pending_day d WHERE d.rollup = ''events'' AND d.business_id = t.business_id AND d.day = t.event_date AND d.business_id = %s)',
            roll_up_events.business_id));
    DELETE FROM warehouse.pending_day p WHERE p.business_id = roll_up_events.business_id AND p.rollup = 'events';
    -- Platforms that no fact names any more.
    DELETE FROM warehouse.dim_platforms d
    WHERE d.business_id = roll_up_events.business_id AND d.platform <> 'unknown'
      AND NOT EXISTS (SELECT FROM warehouse.event_daily e WHERE e.business_id = d.business_id AND e.platform = d.platform)
      AND NOT EXISTS (SELECT FROM warehouse.fact_campaign_performance_daily p WHERE p.business_id = d.business_id AND p.platform = d.platform)
      AND NOT EXISTS (SELECT FROM warehouse.source_campaigns c WHERE c.business_id = d.business_id AND c.platform = d.platform)
      AND NOT EXISTS (SELECT FROM warehouse.dim_ad_creatives a WHERE a.business_id = d.business_id AND a.platform = d.platform)
      AND NOT EXISTS (SELECT FROM warehouse.fact_content c WHERE c.business_id = d.business_id AND c.platform = d.platform)
      AND NOT EXISTS (SELECT FROM warehouse.fact_content_metrics m WHERE m.business_id = d.business_id AND m.platform = d.platform);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_events(bigint) IS 'Makes event_daily anew for the pending days, and forgets lost platforms';

CREATE FUNCTION analytics_internal.roll_up_campaigns(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT roll_up_campaigns.business_id, u.date, u.platform, COALESCE(u.campaign_key, 0) AS campaign_key,
           sum(u.leads)::bigint AS leads, sum(u.contracts)::bigint AS contracts,
           sum(u.revenue)::numeric(18,4) AS revenue, sum(u.contracts_signed)::bigint AS contracts_signed,
           sum(u.revenue_signed)::numeric(18,4) AS revenue_signed, sum(u.spend)::numeric(18,4) AS spend,
           sum(u.impressions)::bigint AS impressions, sum(u.clicks)::bigint AS clicks, sum(u.exports)::bigint AS exports
    FROM (
        SELECT l.created_date, l.platform, l.campaign_key, l.leads, l.contracts, l.revenue, 0, 0::numeric, 0::numeric, 0, 0, 0 FROM pg_temp.lead_day l
        UNION ALL
        SELECT c.signed_date, c.attributed_platform, c.attributed_campaign_key, 0, 0, 0, count(*), sum(c.amount), 0, 0, 0, 0
        FROM warehouse.fact_contracts c JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = c.business_id AND d.day = c.signed_date
        WHERE c.business_id = roll_up_campaigns.business_id GROUP BY c.signed_date, c.attributed_platform, c.attributed_campaign_key
        UNION ALL
        SELECT s.date, s.platform, k.campaign_key, 0, 0, 0, 0, 0, s.spend, s.impressions, s.clicks, 1
        FROM (
            -- A campaign's day counts once: by its coarsest export, since spend by ad leaves some of it out, and by the first source that has it.
            -- One export may name the account and the other not, so that the campaign alone says what belongs together.
            SELECT f.date, f.platform, f.campaign_id, f.spend, f.impressions, f.clicks,
                   rank() OVER (PARTITION BY f.date, f.platform, f.campaign_id, CASE f.campaign_id WHEN '' THEN f.account_id END
                       ORDER BY CASE f.grain WHEN 'campaign' THEN 1 WHEN 'ad_group' THEN 2 ELSE 3 END, f.source_id) AS choice,
                   -- Ads whose export does not name their campaign are part of their account's campaigns, where these are exported too.
                   f.campaign_id = '' AND f.grain <> 'campaign' AND bool_or(f.campaign_id <> '' AND f.grain = 'campaign')
                       OVER (PARTITION BY f.date, f.platform, f.account_id) AS is_part
            FROM warehouse.fact_campaign_performance_daily f JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = f.business_id AND d.day = f.date
            WHERE f.business_id = roll_up_campaigns.business_id
        ) s
        LEFT JOIN warehouse.dim_campaigns k ON k.business_id = roll_up_campaigns.business_id AND k.platform = s.platform AND k.campaign_id = s.campaign_id
        WHERE s.choice = 1 AND NOT s.is_part
    ) u (date, platform, campaign_key, leads, contracts, revenue, contracts_signed, revenue_signed, spend, impressions, clicks, exports)
    GROUP BY u.date, u.platform, COALESCE(u.campaign_key, 0)
    -- Days that are asked for together lie together.
    ORDER BY u.date, u.platform, COALESCE(u.campaign_key, 0);
    RETURN analytics_internal.merge_table('warehouse.campaign_roi_daily', '{business_id,date,platform,campaign_key}',
        scope => format('EXISTS (SELECT FROM warehouse.pending_day d WHERE d.rollup = ''results'' AND d.whole AND d.business_id = t.business_id AND d.day = t.date AND d.business_id = %s)',
            roll_up_campaigns.business_id));
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_campaigns(bigint) IS 'Makes campaign_roi_daily anew for the pending days';

CREATE FUNCTION analytics_internal.roll_up_platforms(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT r.business_id, r.date, r.platform, sum(r.leads)::bigint AS leads, sum(r.contracts)::bigint AS contracts,
           sum(r.revenue)::numeric(18,4) AS revenue, sum(r.contracts_signed)::bigint AS contracts_signed,
           sum(r.revenue_signed)::numeric(18,4) AS revenue_signed, sum(r.spend)::numeric(18,4) AS spend,
           sum(r.impressions)::bigint AS impressions, sum(r.clicks)::bigint AS clicks, sum(r.exports)::bigint AS exports
    FROM warehouse.campaign_roi_daily r
    JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = r.business_id AND d.day = r.date
    WHERE r.business_id = roll_up_platforms.business_id
    GROUP BY r.business_id, r.date, r.platform ORDER BY 1, 2, 3;
    RETURN analytics_internal.merge_table('warehouse.platform_daily', '{business_id,date,platform}',
        scope => format('EXISTS (SELECT FROM warehouse.pending_day d WHERE d.rollup = ''results'' AND d.whole AND d.business_id = t.business_id AND d.day = t.date AND d.business_id = %s)',
            roll_up_platforms.business_id));
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_platforms(bigint) IS 'Makes platform_daily anew for the pending days, from campaign_roi_daily';

-- Weeks are added up from days and longer spans from shorter ones, so that a day that changed costs a few rows per campaign and not a year of them.
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
        FROM (SELECT DISTINCT analytics_internal.span_start(d.day, days) AS starts_on FROM warehouse.pending_day d
              WHERE d.business_id = roll_up_spans.business_id AND d.rollup = 'results' AND d.whole) f;
        ANALYZE pg_temp.changed_span;
        PERFORM analytics_internal.drop_temporary('shaped');
        EXECUTE format($sql$
            CREATE TEMP TABLE shaped ON COMMIT DROP AS
            SELECT c.business_id, c.span, c.starts_on, r.platform, r.campaign_key, sum(r.leads)::bigint AS leads, sum(r.contracts)::bigint AS contracts,
                   sum(r.revenue)::numeric(18,4) AS revenue, sum(r.contracts_signed)::bigint AS contracts_signed,
                   sum(r.revenue_signed)::numeric(18,4) AS revenue_signed, sum(r.spend)::numeric(18,4) AS spend,
                   sum(r.impressions)::bigint AS impressions, sum(r.clicks)::bigint AS clicks,
                   sum(r.exports)::bigint AS exports
            FROM pg_temp.changed_span c CROSS JOIN LATERAL generate_series(0, %s - 1, %s) i
            JOIN %s
            GROUP BY c.business_id, c.span, c.starts_on, r.platform, r.campaign_key
            ORDER BY c.span, r.platform, r.campaign_key$sql$, days, COALESCE(shorter, 1), CASE WHEN shorter IS NULL
                THEN 'warehouse.campaign_roi_daily r ON r.business_id = c.business_id AND r.date = c.starts_on + i'
                ELSE 'warehouse.campaign_roi_span r ON r.business_id = c.business_id AND r.span = analytics_internal.span_name(c.starts_on + i, ' || shorter || ')' END);
        PERFORM analytics_internal.merge_table('warehouse.campaign_roi_span', '{business_id,span,platform,campaign_key}',
            scope => format('t.business_id = %s AND EXISTS (SELECT FROM pg_temp.changed_span c WHERE c.span = t.span)', roll_up_spans.business_id));
        shorter := days;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_spans(bigint) IS 'Makes campaign_roi_span anew around the changed days, from campaign_roi_daily';

CREATE FUNCTION analytics_internal.roll_up_leads(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT l.business_id, l.created_date, l.platform, l.channel, l.is_paid, l.utm_source, l.product_id, l.branch_id, sum(l.leads)::bigint AS leads,
           sum(l.contracts)::bigint AS contracts, sum(l.revenue)::numeric(18,4) AS revenue
    FROM pg_temp.lead_day l GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8;
    RETURN analytics_internal.merge_table('warehouse.lead_daily',
        '{business_id,created_date,platform,channel,is_paid,utm_source,product_id,branch_id}',
        scope => format('EXISTS (SELECT FROM warehouse.pending_day d WHERE d.rollup = ''results'' AND d.whole AND d.business_id = t.business_id AND d.day = t.created_date AND d.business_id = %s)',
            roll_up_leads.business_id));
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_leads(bigint) IS 'Makes lead_daily anew for the pending days';

-- What rollups count adds up exactly, so that a rollup plus what changed is the rollup made anew.
CREATE FUNCTION analytics_internal.add_changes(business_id bigint, changes text, target text, key text[], counts text[]) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    done analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
    key_list constant text := array_to_string(key, ', ');
    -- Nothing is left that the row stands for.
    is_empty constant text := string_agg(format('t.%I = 0', n), ' AND ') FROM unnest(counts) n;
    primary_key constant text := c.conname FROM pg_constraint c WHERE c.conrelid = target::regclass AND c.contype = 'p';
    added text[];
    others text[];
BEGIN
    SELECT array_agg(a.attname) FILTER (WHERE m.attname IS NOT NULL), array_agg(a.attname) FILTER (WHERE m.attname IS NULL)
    INTO added, others
    FROM pg_attribute a
    LEFT JOIN pg_attribute m ON m.attrelid = changes::regclass AND m.attname = a.attname
    -- Columns that may be empty are not the rollup's.
    WHERE a.attrelid = target::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attname <> ALL (key);

    EXECUTE format('WITH changed AS (
            INSERT INTO %1$s AS t (%2$s, %3$s) SELECT %2$s, %4$s FROM %5$s c GROUP BY %2$s HAVING (%6$s) IS DISTINCT FROM (%7$s) ORDER BY %2$s
            ON CONFLICT ON CONSTRAINT %8$I DO UPDATE SET %9$s
            RETURNING t.xmax = 0 AS is_new, %10$s AS is_empty)
        SELECT count(*) FILTER (WHERE c.is_new AND NOT c.is_empty), count(*) FILTER (WHERE NOT c.is_new AND NOT c.is_empty),
               count(*) FILTER (WHERE c.is_empty) FROM changed c',
        target, key_list, array_to_string(added || others, ', '),
        concat_ws(', ', (SELECT string_agg(format('sum(c.%I)', a), ', ') FROM unnest(added) a),
            (SELECT string_agg('0', ', ') FROM unnest(others))), changes,
        (SELECT string_agg(format('sum(c.%I)', a), ', ') FROM unnest(added) a),
        (SELECT string_agg('0', ', ') FROM unnest(added)), primary_key,
        (SELECT string_agg(format('%1$I = t.%1$I + EXCLUDED.%1$I', a), ', ') FROM unnest(added) a), is_empty)
    INTO done.inserted, done.updated, done.deleted;
    IF done.deleted > 0 THEN
        EXECUTE format('DELETE FROM %s t USING (SELECT DISTINCT %s FROM %s) c WHERE %s AND %s', target, key_list, changes,
            (SELECT string_agg(format('t.%1$I = c.%1$I', k), ' AND ') FROM unnest(key) k), is_empty);
    END IF;
    done.rows_read := done.inserted + done.updated;
    PERFORM analytics_internal.analyze_grown(target::regclass, add_changes.business_id, done.inserted + done.deleted);
    RETURN done;
END
$$;
COMMENT ON FUNCTION analytics_internal.add_changes(bigint, text, text, text[], text[]) IS
'Adds what changed to a rollup
changes: a working table with the columns of the key and those that change, each row with what it adds. counts: columns that say what a row of the rollup stands for; it goes when all of them are 0.';

CREATE FUNCTION analytics_internal.roll_up_whole_days(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    campaigns analytics_internal.load_counts;
    leads analytics_internal.load_counts;
BEGIN
    -- The leads of the days, read once for both rollups.
    PERFORM analytics_internal.drop_temporary('lead_day');
    CREATE TEMP TABLE lead_day ON COMMIT DROP AS
    SELECT l.business_id, l.created_date, l.platform, l.channel, l.is_paid, COALESCE(l.utm_source, '') AS utm_source,
           COALESCE(l.product_id, '') AS product_id, COALESCE(l.branch_id, '') AS branch_id, l.campaign_key, count(*) AS leads,
           sum(l.n_contracts)::bigint AS contracts, sum(l.contract_amount)::numeric(18,4) AS revenue
    FROM warehouse.fact_leads l JOIN warehouse.pending_day d ON d.rollup = 'results' AND d.whole AND d.business_id = l.business_id AND d.day = l.created_date
    WHERE l.business_id = roll_up_whole_days.business_id
    GROUP BY l.business_id, l.created_date, l.platform, l.channel, l.is_paid, l.utm_source, l.product_id, l.branch_id, l.campaign_key;
    ANALYZE pg_temp.lead_day;
    campaigns := analytics_internal.roll_up_campaigns(roll_up_whole_days.business_id);
    -- Not counted: they add up what is counted already.
    PERFORM analytics_internal.roll_up_platforms(roll_up_whole_days.business_id), analytics_internal.roll_up_spans(roll_up_whole_days.business_id);
    leads := analytics_internal.roll_up_leads(roll_up_whole_days.business_id);
    RETURN analytics_internal.total_counts(campaigns, leads);
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_whole_days(bigint) IS 'Makes the rollups of leads, contracts and spend anew for pending days';

CREATE FUNCTION analytics_internal.roll_up_results(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whole analytics_internal.load_counts;
    campaigns analytics_internal.load_counts;
    leads analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.analyze_own('warehouse.pending_day');
    IF EXISTS (SELECT FROM warehouse.pending_day d WHERE d.business_id = roll_up_results.business_id AND d.rollup = 'results' AND d.whole) THEN
        whole := analytics_internal.roll_up_whole_days(roll_up_results.business_id);
    END IF;
    PERFORM analytics_internal.drop_temporary('lead_change');
    CREATE TEMP TABLE lead_change ON COMMIT DROP AS
    SELECT l.*, l.day AS date, l.day AS created_date FROM warehouse.pending_lead l
    JOIN warehouse.pending_day d ON d.business_id = l.business_id AND d.rollup = 'results' AND d.day = l.day AND NOT d.whole
    WHERE l.business_id = roll_up_results.business_id;
    IF EXISTS (SELECT FROM pg_temp.lead_change) THEN
        campaigns := analytics_internal.add_changes(roll_up_results.business_id, 'pg_temp.lead_change', 'warehouse.campaign_roi_daily',
            '{business_id,date,platform,campaign_key}', '{leads,contracts_signed,exports}');
        PERFORM analytics_internal.add_changes(roll_up_results.business_id, 'pg_temp.lead_change', 'warehouse.platform_daily',
            '{business_id,date,platform}', '{leads,contracts_signed,exports}');
        PERFORM analytics_internal.drop_temporary('span_change');
        -- Each day's spans are named once, not for each of its rows.
        CREATE TEMP TABLE span_change ON COMMIT DROP AS
        WITH span AS MATERIALIZED (
            SELECT d.day, f.starts_on, analytics_internal.span_name(f.starts_on, n.days) AS span
            FROM (SELECT DISTINCT l.day FROM pg_temp.lead_change l) d, unnest(analytics_internal.span_lengths()) n (days),
                 LATERAL (SELECT analytics_internal.span_start(d.day, n.days)) f (starts_on)
        )
        SELECT l.*, s.starts_on, s.span FROM pg_temp.lead_change l JOIN span s ON s.day = l.day;
        PERFORM analytics_internal.add_changes(roll_up_results.business_id, 'pg_temp.span_change', 'warehouse.campaign_roi_span',
            '{business_id,span,starts_on,platform,campaign_key}', '{leads,contracts_signed,exports}');
        leads := analytics_internal.add_changes(roll_up_results.business_id, 'pg_temp.lead_change', 'warehouse.lead_daily',
            '{business_id,created_date,platform,channel,is_paid,utm_source,product_id,branch_id}', '{leads}');
    END IF;
    DELETE FROM warehouse.pending_lead l WHERE l.business_id = roll_up_results.business_id;
    DELETE FROM warehouse.pending_day p WHERE p.business_id = roll_up_results.business_id AND p.rollup = 'results';
    RETURN analytics_internal.total_counts(whole, campaigns, leads);
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_results(bigint) IS
'Brings the rollups of leads, contracts and spend up to date with pending days';
