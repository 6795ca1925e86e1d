-- Checks of what was loaded and derived. Names follow what users of dbt and Soda know: not_null, unique, accepted_values, relationships,
-- freshness, and reconciliation for what adds up with the source. Those that read whole facts or sources are the thorough ones; a
-- refresh runs them when it was full, and else from time to time (setting quality_every).

CREATE TYPE analytics.quality_finding AS (
    check_name text, subject text, status text, failed_rows bigint, observed numeric, expected numeric, sample jsonb, message text
);
COMMENT ON TYPE analytics.quality_finding IS 'What one check of data quality found';

-- The accounts of each source, as the refresh keeps them. These cost nothing that grows with the facts.

CREATE FUNCTION analytics_internal.check_accounts(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'reconciliation_rows', w.entity || ' of source ' || w.source_id,
           CASE WHEN w.rows_read = v.accounted THEN 'pass' ELSE 'fail' END,
           abs(w.rows_read - v.accounted), v.accounted::numeric, w.rows_read::numeric, NULL::jsonb,
           format('%s rows read = %s loaded + %s deduplicated + %s rejected', w.rows_read, w.loaded, w.deduplicated, w.rejected)
    FROM warehouse.source_watermark w
    CROSS JOIN LATERAL (SELECT w.loaded + w.deduplicated + w.rejected AS accounted) v
    WHERE w.business_id = check_accounts.business_id
$$;
COMMENT ON FUNCTION analytics_internal.check_accounts(bigint) IS 'Checks that each row that was read is loaded, deduplicated or rejected';

CREATE FUNCTION analytics_internal.check_rejected(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.check_name, w.entity || ' of source ' || w.source_id, CASE WHEN r.rows > 0 THEN 'warn' ELSE 'pass' END,
           r.rows, r.rows, 0, r.sample, format('%s rows %s', r.rows, k.what)
    FROM warehouse.source_watermark w
    CROSS JOIN (VALUES
        ('not_null', 'lack a value that must be there'),
        ('unique', 'have the key of another row, and other content'),
        ('accepted_values', 'have a value that cannot be read or is out of range')
    ) k (check_name, what)
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(g.rows), 0)::bigint AS rows,
               jsonb_object_agg(g.reason, jsonb_build_object('rows', g.rows, 'keys', g.keys)) FILTER (WHERE g.place <= 10) AS sample
        FROM (
            SELECT x.reason, sum(x.occurrences) AS rows, to_jsonb((array_agg(x.row_key ORDER BY x.row_key COLLATE "C"))[1:10]) AS keys,
                   row_number() OVER (ORDER BY sum(x.occurrences) DESC, x.reason COLLATE "C") AS place
            FROM warehouse.rejected_rows x
            WHERE x.business_id = w.business_id AND x.source_id = w.source_id
              AND k.check_name = CASE WHEN x.reason LIKE '% is missing' THEN 'not_null'
                                      WHEN x.reason LIKE '% is not unique: %' THEN 'unique'
                                      WHEN analytics_internal.is_deletion(x.reason) THEN 'deleted'
                                      ELSE 'accepted_values' END
            GROUP BY x.reason
        ) g
    ) r
    WHERE w.business_id = check_rejected.business_id
$$;
COMMENT ON FUNCTION analytics_internal.check_rejected(bigint) IS
'Checks for rejected rows, by what is wrong with them
The sample has the ten most frequent reasons, with some keys of each.';

CREATE FUNCTION analytics_internal.check_freshness(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'freshness', w.entity || ' of source ' || w.source_id,
           CASE WHEN v.age > s.freshness_fail THEN 'fail' WHEN v.age > s.freshness_warn THEN 'warn' ELSE 'pass' END,
           0, round(EXTRACT(epoch FROM v.age) / 3600, 1),
           round(EXTRACT(epoch FROM COALESCE(s.freshness_warn, s.freshness_fail)) / 3600, 1), NULL::jsonb,
           'the newest row is of ' || to_char(n.newest AT TIME ZONE s.reporting_timezone, 'YYYY-MM-DD HH24:MI')
    FROM warehouse.source_watermark w
    CROSS JOIN LATERAL analytics.settings(w.business_id) s
    CROSS JOIN LATERAL (
        SELECT max(d.day) AS day
        FROM warehouse.source_day d
        WHERE d.source_id = w.source_id AND d.day <= analytics_internal.today(w.business_id)
    ) known
    CROSS JOIN LATERAL (SELECT COALESCE(w.watermark, known.day::timestamp AT TIME ZONE s.reporting_timezone) AS newest) n
    CROSS JOIN LATERAL (SELECT now() - n.newest AS age) v
    WHERE w.business_id = check_freshness.business_id AND isfinite(n.newest)
$$;
COMMENT ON FUNCTION analytics_internal.check_freshness(bigint) IS 'Checks how old the newest row of each source is';

CREATE FUNCTION analytics_internal.check_unknown_platforms(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'unknown_platform_share', u.subject,
           CASE WHEN 100 * u.unknown > s.unknown_share_warn * u.total THEN 'warn' ELSE 'pass' END,
           u.unknown, round(100 * u.unknown / u.total, 2), s.unknown_share_warn, NULL::jsonb,
           format('%s of %s have no known platform', u.unknown, u.total)
    FROM analytics.settings(check_unknown_platforms.business_id) s
    CROSS JOIN (
        SELECT 'fact_leads.platform', COALESCE(sum(l.leads) FILTER (WHERE l.platform = 'unknown'), 0), sum(l.leads)
        FROM warehouse.lead_daily l
        WHERE l.business_id = check_unknown_platforms.business_id
        UNION ALL
        SELECT 'fact_events.platform', COALESCE(sum(e.events) FILTER (WHERE e.platform = 'unknown'), 0), sum(e.events)
        FROM warehouse.event_daily e
        WHERE e.business_id = check_unknown_platforms.business_id
    ) u (subject, unknown, total)
    WHERE u.total > 0
$$;
COMMENT ON FUNCTION analytics_internal.check_unknown_platforms(bigint) IS 'Checks the share of leads and touches without a known platform';

CREATE FUNCTION analytics_internal.newest_sql(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN source.options ? 'version' AND source.options -> 'sum' IS DISTINCT FROM 'true' THEN format(
            'row_number() OVER (PARTITION BY %s ORDER BY %s DESC NULLS LAST) = 1',
            concat_ws(', ', string_agg(m.conversion, ', '),
                analytics_internal.part_sql(to_regclass(source.relation), source.options)),
            analytics_internal.column_sql(source, 'updated_at'))
        ELSE 'true'
    END
    FROM analytics_internal.current_mapping(source) m
    JOIN analytics.entity e ON e.entity = source.entity AND m.name = ANY (e.key)
$$;
COMMENT ON FUNCTION analytics_internal.newest_sql(analytics.source) IS
'SQL that says whether a row of a source is the newest version of itself';

CREATE FUNCTION analytics_internal.check_ambiguous_campaigns(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.campaign_match r WHERE r.business_id = check_ambiguous_campaigns.business_id) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH reference AS MATERIALIZED (
        SELECT d.campaign_id, r.*
        FROM warehouse.dim_campaigns d
        JOIN warehouse.campaign_match r ON r.business_id = d.business_id AND r.campaign_key = d.campaign_key
        WHERE d.business_id = check_ambiguous_campaigns.business_id AND d.origin = 'ambiguous'
    )
    SELECT 'ambiguous_campaigns', 'fact_events.campaign_key', CASE WHEN a.touches > 0 THEN 'warn' ELSE 'pass' END, a.touches,
           a.touches::numeric, 0::numeric, a.sample, format('%s touches name a campaign that several had the name of', a.touches)
    FROM (
        SELECT COALESCE(sum(n.touches), 0)::bigint AS touches,
               jsonb_object_agg(n.label, n.touches) FILTER (WHERE n.place <= 100) AS sample
        FROM (
            SELECT c.platform || ': ' || c.campaign_id AS label, c.touches,
                   row_number() OVER (ORDER BY c.touches DESC, c.platform COLLATE "C", c.campaign_id COLLATE "C") AS place
            FROM (
                -- There are few, each found through the index.
                SELECT r.platform, r.campaign_id, count(*) AS touches
                FROM reference r
                JOIN warehouse.fact_events e ON e.business_id = r.business_id AND e.platform = r.platform
                    AND e.event_date BETWEEN r.first_day AND r.last_day
                    AND analytics_internal.is_same_ref(e.campaign_ref, e.url_campaign_id, e.named_ad_id, r.campaign_ref,
                        r.url_campaign_id, r.named_ad_id)
                GROUP BY r.platform, r.campaign_id
            ) c
        ) n
    ) a;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_ambiguous_campaigns(bigint) IS
'Counts touches whose campaign''s name several campaigns had
Days do not tell these apart: several or none had the name then, or was active.';

CREATE TYPE analytics_internal.compared_day AS (
    grain text, day date, source_rows bigint, source_amount numeric, loaded_rows bigint, loaded_amount numeric, without_amount bigint);
COMMENT ON TYPE analytics_internal.compared_day IS 'Rows and money of a day and grain, in a source and in the warehouse';

-- The days of a source beside those of the warehouse, read as the refresh reads them.
CREATE FUNCTION analytics_internal.reconcile_source(source analytics.source) RETURNS SETOF analytics_internal.compared_day
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    amount constant text := analytics_internal.column_sql(source, entity.amount);
    is_empty constant text := concat_ws(' AND ', analytics_internal.cleaned_sql(m.expression, 'label', source.options) || ' IS NULL',
            m.failure || ' IS NULL')
        FROM analytics_internal.current_mapping(source) m
        WHERE m.name = entity.amount;
    by_grain constant boolean := source.entity = 'ad_performance';
BEGIN
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    RETURN QUERY EXECUTE format($sql$
        SELECT COALESCE(s.grain, t.grain), COALESCE(s.day, t.day), COALESCE(s.rows, 0), s.amount, COALESCE(t.rows, 0), t.amount,
               COALESCE(s.without_amount, 0)
        FROM (
            SELECT r.grain, r.day, count(*) AS rows, %3$s AS amount, count(*) FILTER (WHERE r.is_empty) AS without_amount
            FROM (
                SELECT %1$s AS grain, %2$s AS day, %12$s AS amount, %13$s AS is_newest, %14$s AS is_empty FROM %4$s AS _source
            ) r
            GROUP BY 1, 2
        ) s
        FULL JOIN (SELECT %5$s AS grain, %6$s AS day, %11$s AS rows, %7$s AS amount FROM warehouse.%8$I t
                   WHERE t.business_id = %9$s AND t.source_id = %10$s GROUP BY 1, 2) t ON t.grain = s.grain AND t.day = s.day$sql$,
        CASE WHEN by_grain THEN format('CASE WHEN (%s) <> '''' THEN ''ad'' WHEN (%s) <> '''' THEN ''ad_group'' ELSE ''campaign'' END',
            COALESCE(analytics_internal.column_sql(source, 'ad_id'), ''''''),
            COALESCE(analytics_internal.column_sql(source, 'ad_group_id'), '''''')) ELSE '''''::text' END,
        COALESCE('COALESCE(' || analytics_internal.day_sql(source) || ', ''-infinity'')', '''-infinity''::date'),
        CASE
            WHEN amount IS NULL THEN 'NULL::numeric'
            ELSE 'COALESCE(sum(r.amount) FILTER (WHERE r.is_newest AND abs(r.amount) < 1e13), 0)'
        END,
        analytics_internal.source_sql(source),
        CASE WHEN by_grain THEN 't.grain' ELSE '''''::text' END,
        COALESCE('t.' || quote_ident(entity.stored_day), '''-infinity''::date'),
        CASE WHEN amount IS NULL THEN 'NULL::numeric' ELSE format('sum(t.%I)', entity.amount) END,
        entity.target, source.business_id, source.source_id, analytics_internal.count_sql(source.entity),
        COALESCE(amount, 'NULL::numeric'), analytics_internal.newest_sql(source),
        COALESCE(is_empty, 'false'));
END
$$;
COMMENT ON FUNCTION analytics_internal.reconcile_source(analytics.source) IS
'Rows and money of each day and grain, in a source and in the warehouse
day: -infinity for rows without a readable day, and for entities that have none.';

CREATE FUNCTION analytics_internal.compare_days(
    source analytics.source, compared analytics_internal.compared_day[], left_out bigint, changed boolean)
    RETURNS SETOF analytics.quality_finding
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'reconciliation_day', concat(source.entity, ' of source ', source.source_id, ', by ' || NULLIF(d.grain, '')),
           CASE WHEN d.differing = 0 THEN 'pass'
                WHEN changed THEN 'warn'
                WHEN d.extra > 0 OR d.other_money OR d.missing > left_out THEN 'fail'
                ELSE 'pass' END,
           d.differing, d.days - d.differing, d.days, d.sample,
           format('%s of %s days are equal', d.days - d.differing, d.days)
           || CASE WHEN d.differing = 0 THEN ''
                   WHEN changed THEN '; the source or its settings changed since it was read'
                   WHEN d.extra > 0 OR d.other_money OR d.missing > left_out THEN ''
                   ELSE format('; the others lack %s refused or repeated rows', d.missing) END
    FROM (
        SELECT c.grain, count(*) AS days, count(*) FILTER (WHERE c.differs) AS differing,
               COALESCE(sum(c.loaded_rows - c.source_rows) FILTER (WHERE c.loaded_rows > c.source_rows), 0) AS extra,
               COALESCE(sum(c.source_rows - c.loaded_rows) FILTER (WHERE c.source_rows > c.loaded_rows), 0) AS missing,
               bool_or(c.differs AND c.source_rows = c.loaded_rows) AS other_money,
               jsonb_agg(jsonb_build_object('day', c.day, 'source_rows', c.source_rows, 'loaded_rows', c.loaded_rows,
                   'source_amount', c.source_amount, 'loaded_amount', c.loaded_amount) ORDER BY c.day)
                   FILTER (WHERE c.differs AND c.place <= 100) AS sample
        FROM (
            SELECT v.*, row_number() OVER (PARTITION BY v.grain, v.differs ORDER BY v.day) AS place
            FROM (
                SELECT p.*, p.source_rows <> p.loaded_rows
                            OR abs(COALESCE(p.source_amount, 0) - COALESCE(p.loaded_amount, 0)) > 0.01 AS differs
                FROM unnest(compared) p
            ) v
        ) c
        GROUP BY c.grain
    ) d
    ORDER BY d.grain
$$;
COMMENT ON FUNCTION analytics_internal.compare_days(analytics.source, analytics_internal.compared_day[], bigint, boolean) IS
'What the compared days say of each grain of a source
left_out: rows that were read and are not loaded. changed: the source is not what was read, so that a difference is no fault.';

CREATE FUNCTION analytics_internal.compare_amounts(
    source analytics.source, compared analytics_internal.compared_day[], left_out bigint, changed boolean)
    RETURNS SETOF analytics.quality_finding
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'reconciliation_amount', source.entity || ' of source ' || source.source_id,
           CASE WHEN abs(m.in_source - m.loaded) <= 0.01 THEN 'pass' WHEN changed OR left_out > 0 THEN 'warn' ELSE 'fail' END,
           left_out, m.loaded, m.in_source, NULL::jsonb,
           format('%s of %s loaded', round(m.loaded, 2), round(m.in_source, 2))
           || CASE WHEN changed THEN '; the source or its settings changed since it was read'
                   WHEN left_out > 0 THEN '; the rest is in refused or repeated rows'
                   ELSE '' END
    FROM (SELECT sum(c.source_amount), COALESCE(sum(c.loaded_amount), 0) FROM unnest(compared) c) m (in_source, loaded)
    WHERE m.in_source IS NOT NULL
$$;
COMMENT ON FUNCTION analytics_internal.compare_amounts(analytics.source, analytics_internal.compared_day[], bigint, boolean) IS
'What the compared days say of the money of a source, in all';

CREATE FUNCTION analytics_internal.compare_empty(source analytics.source, compared analytics_internal.compared_day[])
    RETURNS SETOF analytics.quality_finding
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'missing_amount', source.entity || ' of source ' || source.source_id, CASE WHEN m.n > 0 THEN 'warn' ELSE 'pass' END, m.n, m.n, 0,
           NULL::jsonb, CASE WHEN source.options ->> 'missing_amount' = 'refuse' THEN 'rows without an amount are refused'
                             ELSE format('%s rows have no amount and count as 0', m.n) END
    FROM (
        SELECT CASE WHEN source.options ->> 'missing_amount' = 'refuse' THEN 0 ELSE COALESCE(sum(c.without_amount), 0) END
        FROM unnest(compared) c
    ) m (n)
    WHERE source.entity IN ('contracts', 'transactions')
$$;
COMMENT ON FUNCTION analytics_internal.compare_empty(analytics.source, analytics_internal.compared_day[]) IS
'What the compared days say of rows without an amount';

CREATE FUNCTION analytics_internal.check_reconciliation(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source analytics.source;
    known warehouse.source_watermark;
    compared analytics_internal.compared_day[];
    changed boolean;
    detail text;
BEGIN
    FOR source IN SELECT s.* FROM warehouse.source s WHERE s.business_id = check_reconciliation.business_id ORDER BY s.source_id LOOP
        SELECT w.* INTO known FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
        CONTINUE WHEN NOT FOUND;
        BEGIN
            PERFORM analytics_internal.check_source(source);
            compared := ARRAY(SELECT c FROM analytics_internal.reconcile_source(source) c);
            changed := known.definition <> analytics_internal.source_definition(source)
                OR known.rows_read <> (SELECT COALESCE(sum(c.source_rows), 0) FROM unnest(compared) c);
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
            RETURN NEXT ('reconciliation_day', source.entity || ' of source ' || source.source_id, 'fail', 0, NULL, NULL, NULL,
                concat_ws(': ', 'the source cannot be read', SQLERRM, NULLIF(detail, '')))::analytics.quality_finding;
            CONTINUE;
        END;
        RETURN QUERY
        SELECT * FROM analytics_internal.compare_days(source, compared, known.deduplicated + known.rejected, changed)
        UNION ALL
        SELECT * FROM analytics_internal.compare_amounts(source, compared, known.deduplicated + known.rejected, changed)
        UNION ALL
        SELECT * FROM analytics_internal.compare_empty(source, compared);
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_reconciliation(bigint) IS
'Reconciles rows and money with each source: in all, and by grain and day';

-- One statement per rule, since the rules are data: what refers to what, and which columns a row is known by.
CREATE FUNCTION analytics_internal.find_broken(check_name text, subject text, severity text, business_id bigint, statement text, what text)
    RETURNS analytics.quality_finding
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    broken record;
BEGIN
    EXECUTE statement INTO broken USING business_id;
    RETURN (check_name, subject, CASE broken.n WHEN 0 THEN 'pass' ELSE severity END, broken.n, broken.n, 0, broken.sample,
        format('%s rows %s', broken.n, what))::analytics.quality_finding;
END
$$;
COMMENT ON FUNCTION analytics_internal.find_broken(text, text, text, bigint, text, text) IS
'The finding of one rule
statement: how many rows of business $1 break it (n), and up to 100 of them (sample). what: what such rows do.';

CREATE FUNCTION analytics_internal.check_references(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.find_broken('relationships', v.fact || '.' || v.referring, v.severity, check_references.business_id,
        format($sql$
            SELECT count(*) AS n, to_jsonb((array_agg(t.%1$I ORDER BY t.%1$I COLLATE "C"))[1:100]) AS sample
            FROM warehouse.%2$I t
            LEFT JOIN warehouse.%4$I d ON d.business_id = t.business_id AND d.%5$I = t.%3$I
            WHERE t.business_id = $1 AND t.%3$I IS NOT NULL AND d.business_id IS NULL$sql$,
            v.id, v.fact, v.referring, v.dimension, v.referred),
        format('name a %s that %s does not have', v.referred, v.dimension))
    FROM (VALUES
        ('fact_events', 'event_id', 'client_key', 'dim_clients', 'client_key', 'fail', NULL),
        ('fact_events', 'event_id', 'platform', 'dim_platforms', 'platform', 'fail', NULL),
        ('fact_events', 'event_id', 'campaign_key', 'dim_campaigns', 'campaign_key', 'fail', NULL),
        ('fact_leads', 'lead_id', 'client_key', 'dim_clients', 'client_key', 'fail', NULL),
        ('fact_leads', 'lead_id', 'campaign_key', 'dim_campaigns', 'campaign_key', 'fail', NULL),
        ('fact_leads', 'lead_id', 'product_id', 'dim_products', 'product_id', 'warn', 'products'),
        ('fact_leads', 'lead_id', 'branch_id', 'dim_branches', 'branch_id', 'warn', 'branches'),
        ('fact_contracts', 'contract_id', 'client_key', 'dim_clients', 'client_key', 'fail', NULL),
        ('fact_contracts', 'contract_id', 'attributed_campaign_key', 'dim_campaigns', 'campaign_key', 'fail', NULL),
        ('fact_contracts', 'contract_id', 'product_id', 'dim_products', 'product_id', 'warn', 'products'),
        ('fact_contracts', 'contract_id', 'branch_id', 'dim_branches', 'branch_id', 'warn', 'branches'),
        ('fact_transactions', 'transaction_id', 'client_key', 'dim_clients', 'client_key', 'fail', NULL),
        ('fact_transactions', 'transaction_id', 'product_id', 'dim_products', 'product_id', 'warn', 'products'),
        ('fact_content_metrics', 'content_id', 'content_id', 'fact_content', 'content_id', 'warn', 'content')
    ) v (fact, id, referring, dimension, referred, severity, entity)
    WHERE v.entity IS NULL OR EXISTS (
        SELECT FROM warehouse.source_watermark w WHERE w.business_id = check_references.business_id AND w.entity = v.entity)
$$;
COMMENT ON FUNCTION analytics_internal.check_references(bigint) IS 'Checks that what a fact refers to is there';

-- The unique keys of the tables also hold client_bucket: of one id in two buckets they know nothing. Hashes are grouped faster than ids,
-- and where none comes twice, no id does.
CREATE FUNCTION analytics_internal.check_ids(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.find_broken('unique', v.fact || '.' || v.id, 'fail', check_ids.business_id,
        format($sql$
            SELECT COALESCE(sum(g.n), 0)::bigint AS n, to_jsonb((array_agg(g.%1$I ORDER BY g.%1$I COLLATE "C"))[1:100]) AS sample
            FROM (
                SELECT t.%1$I, count(*) AS n
                FROM (
                    SELECT t.source_id, hashtextextended(t.%1$I, 0) AS hash
                    FROM warehouse.%2$I t
                    WHERE t.business_id = $1
                    GROUP BY 1, 2
                    HAVING count(*) > 1
                ) h
                JOIN warehouse.%2$I t
                    ON t.business_id = $1 AND t.source_id = h.source_id AND hashtextextended(t.%1$I, 0) = h.hash
                GROUP BY t.source_id, t.%1$I
                HAVING count(*) > 1
            ) g$sql$, v.id, v.fact),
        'share their id')
    FROM (VALUES
        ('fact_events', 'event_id'), ('fact_leads', 'lead_id'), ('fact_contracts', 'contract_id'), ('fact_transactions', 'transaction_id')
    ) v (fact, id)
$$;
COMMENT ON FUNCTION analytics_internal.check_ids(bigint) IS 'Checks that no two rows of a source have one id';

CREATE FUNCTION analytics_internal.check_rollups(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'reconciliation_rollup', r.subject, CASE WHEN r.rolled_up = r.fact THEN 'pass' ELSE 'fail' END,
           (r.rolled_up <> r.fact)::int::bigint, r.rolled_up, r.fact, NULL::jsonb,
           format('%s in the rollup, %s in the fact', r.rolled_up, r.fact)
    FROM (
        SELECT 'event_daily.events',
               (SELECT COALESCE(sum(e.events), 0) FROM warehouse.event_daily e WHERE e.business_id = check_rollups.business_id),
               (SELECT count(*)::numeric FROM warehouse.fact_events e WHERE e.business_id = check_rollups.business_id)
        UNION ALL
        SELECT 'lead_daily.leads',
               (SELECT COALESCE(sum(l.leads), 0) FROM warehouse.lead_daily l WHERE l.business_id = check_rollups.business_id),
               (SELECT count(*)::numeric FROM warehouse.fact_leads l WHERE l.business_id = check_rollups.business_id)
        UNION ALL
        SELECT 'campaign_roi_daily.revenue',
               (SELECT COALESCE(sum(r.revenue), 0) FROM warehouse.campaign_roi_daily r WHERE r.business_id = check_rollups.business_id),
               (SELECT COALESCE(sum(c.amount), 0) FROM warehouse.fact_contracts c WHERE c.business_id = check_rollups.business_id)
        UNION ALL
        SELECT 'campaign_roi_daily.revenue_signed',
               (SELECT COALESCE(sum(r.revenue_signed), 0)
                FROM warehouse.campaign_roi_daily r
                WHERE r.business_id = check_rollups.business_id),
               (SELECT COALESCE(sum(c.amount), 0) FROM warehouse.fact_contracts c WHERE c.business_id = check_rollups.business_id)
    ) r (subject, rolled_up, fact);
END
$$;
COMMENT ON FUNCTION analytics_internal.check_rollups(bigint) IS 'Checks that rollups add up to what the facts hold';

CREATE FUNCTION analytics_internal.check_currencies(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'account_currencies', s.entity || ' of source ' || s.source_id, CASE WHEN a.n > 1 THEN 'warn' ELSE 'pass' END,
           CASE WHEN a.n > 1 THEN a.n ELSE 0 END, a.n, 1, to_jsonb(a.accounts),
           format('%s accounts and no currency: all amounts are taken for %s', a.n, t.currency)
    FROM analytics.source s
    CROSS JOIN LATERAL analytics.settings(s.business_id) t
    CROSS JOIN LATERAL (
        SELECT count(*) AS n, array_agg(f.account_id ORDER BY f.account_id COLLATE "C") AS accounts
        FROM (
            SELECT f.account_id
            FROM warehouse.fact_campaign_performance_daily f
            WHERE f.business_id = s.business_id AND f.source_id = s.source_id AND f.account_id <> ''
            UNION
            SELECT f.account_id
            FROM warehouse.fact_ad_breakdown f
            WHERE f.business_id = s.business_id AND f.source_id = s.source_id AND f.account_id <> ''
        ) f
    ) a
    WHERE s.business_id = check_currencies.business_id AND s.entity IN ('ad_performance', 'ad_breakdowns')
      AND to_regclass(s.relation) IS NOT NULL
      AND analytics_internal.column_sql(s, 'currency') IS NULL
$$;
COMMENT ON FUNCTION analytics_internal.check_currencies(bigint) IS
'Checks that sources of ads with several accounts say their currencies';

-- Of two exports of one account each day counts once; which of them is right, nobody but the user knows.
CREATE FUNCTION analytics_internal.check_overlaps(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH day AS (
        SELECT f.grain, f.platform, f.campaign_id, f.date, f.source_id, f.priority, sum(f.spend) AS spend
        FROM warehouse.fact_campaign_performance_daily f
        WHERE f.business_id = check_overlaps.business_id AND f.campaign_id <> ''
        GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT 'overlapping_sources', format('ad_performance of sources %s and %s, by %s', o.counts, o.other, o.grain),
           CASE WHEN o.differing > 0 THEN 'warn' ELSE 'pass' END, o.differing, o.spend, o.other_spend,
           (SELECT jsonb_agg(e.v) FROM jsonb_array_elements(o.sample) WITH ORDINALITY e (v, place) WHERE e.place <= 100),
           format('%s of the %s days of campaigns that both have differ; %s counts, and the other where it has more days', o.differing,
               o.days, o.counts)
    FROM (
        SELECT a.grain, a.source_id AS counts, b.source_id AS other, count(*) AS days, sum(a.spend) AS spend, sum(b.spend) AS other_spend,
               count(*) FILTER (WHERE abs(a.spend - b.spend) > 0.01) AS differing,
               jsonb_agg(jsonb_build_object('date', a.date, 'campaign_id', a.campaign_id, 'spend', a.spend, 'other_spend', b.spend)
                   ORDER BY a.date, a.campaign_id COLLATE "C") FILTER (WHERE abs(a.spend - b.spend) > 0.01) AS sample
        FROM day a
        JOIN day b USING (grain, platform, campaign_id, date)
        WHERE a.source_id <> b.source_id AND (a.priority, -a.source_id) > (b.priority, -b.source_id)
        GROUP BY 1, 2, 3
    ) o
$$;
COMMENT ON FUNCTION analytics_internal.check_overlaps(bigint) IS
'Checks that two sources of one grain agree where both have a campaign''s day';

CREATE FUNCTION analytics_internal.check_contract_touches(business_id bigint) RETURNS SETOF analytics.quality_finding
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.check_name, 'fact_contracts', CASE v.n WHEN 0 THEN 'pass' ELSE 'warn' END, v.n, v.n::numeric, 0::numeric, v.sample,
           format(v.what, v.n)
    FROM (
        SELECT count(*) FILTER (WHERE c.signed_at < d.first_event_at) AS early,
               count(*) FILTER (WHERE d.first_event_at IS NULL) AS without_touch,
               (array_agg(c.contract_id ORDER BY c.contract_id COLLATE "C") FILTER (WHERE c.signed_at < d.first_event_at))[1:100]
                   AS early_ids,
               (array_agg(c.contract_id ORDER BY c.contract_id COLLATE "C") FILTER (WHERE d.first_event_at IS NULL))[1:100]
                   AS untouched_ids
        FROM warehouse.fact_contracts c
        JOIN warehouse.dim_clients d ON d.business_id = c.business_id AND d.client_key = c.client_key
        WHERE c.business_id = check_contract_touches.business_id AND NOT c.is_refund
        HAVING count(*) > 0
    ) a
    CROSS JOIN LATERAL (VALUES
        ('contract_after_first_touch', a.early, to_jsonb(a.early_ids), '%s contracts were signed before the first touch of their client'),
        ('contract_has_touch', a.without_touch, to_jsonb(a.untouched_ids), '%s contracts belong to clients without any touch')
    ) v (check_name, n, sample, what);
END
$$;
COMMENT ON FUNCTION analytics_internal.check_contract_touches(bigint) IS 'Checks that contracts come after a touch of their client';

CREATE FUNCTION analytics_internal.quality_findings(business_id bigint, thorough boolean) RETURNS SETOF analytics.quality_finding
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    quick constant text[] := '{check_accounts,check_rejected,check_freshness,check_unknown_platforms,check_ambiguous_campaigns}';
    slow constant text[] := '{check_reconciliation,check_references,check_ids,check_rollups,check_contract_touches,check_overlaps,'
        || 'check_currencies}';
    routine text;
BEGIN
    FOREACH routine IN ARRAY quick || CASE WHEN thorough THEN slow END LOOP
        RETURN QUERY EXECUTE format('SELECT * FROM analytics_internal.%I($1)', routine) USING business_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.quality_findings(bigint, boolean) IS
'What the checks find in a business
thorough: also those that read whole facts or sources.';

-- Most checks find what they found the last time.
CREATE FUNCTION analytics_internal.keep_findings(business_id bigint, findings analytics.quality_finding[], run_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH latest AS (
        SELECT DISTINCT ON (q.check_name, q.subject) q.finding_id, q.check_name, q.subject, q.status, q.failed_rows
        FROM warehouse.quality_history q
        WHERE q.business_id = keep_findings.business_id
        ORDER BY q.check_name, q.subject, q.checked_at DESC
    ), found AS (
        SELECT f.*, l.finding_id, c.checked_at
        FROM unnest(findings) f
        CROSS JOIN (SELECT clock_timestamp()) c (checked_at)
        LEFT JOIN latest l USING (check_name, subject, status, failed_rows)
    ), prolonged AS (
        UPDATE warehouse.quality_history q
        SET run_id = COALESCE(keep_findings.run_id, q.run_id), observed = f.observed, expected = f.expected, sample = f.sample,
            message = f.message, checked_at = f.checked_at
        FROM found f
        WHERE q.business_id = keep_findings.business_id AND q.finding_id = f.finding_id
    )
    INSERT INTO warehouse.quality_history (
        run_id, business_id, check_name, subject, status, failed_rows, observed, expected, sample, message, checked_at, since)
    SELECT keep_findings.run_id, keep_findings.business_id, f.check_name, f.subject, f.status, f.failed_rows, f.observed, f.expected,
           f.sample, f.message, f.checked_at, f.checked_at
    FROM found f
    WHERE f.finding_id IS NULL
$$;
COMMENT ON FUNCTION analytics_internal.keep_findings(bigint, analytics.quality_finding[], bigint) IS
'Keeps what the checks of a business found
A row is new where the status or the failing rows changed.';

CREATE FUNCTION analytics.check_data_quality(business_id bigint DEFAULT NULL, thorough boolean DEFAULT true)
    RETURNS TABLE (business bigint, check_name text, subject text, status text, failed_rows bigint, observed numeric, expected numeric,
                   sample jsonb, message text)
    LANGUAGE plpgsql STABLE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM analytics_internal.check_warehouse();
    RETURN QUERY
    SELECT w.business_id, f.*
    FROM (
        SELECT DISTINCT w.business_id
        FROM warehouse.source_watermark w
        WHERE check_data_quality.business_id IS NULL OR w.business_id = check_data_quality.business_id
    ) w
    CROSS JOIN LATERAL analytics_internal.quality_findings(w.business_id, check_data_quality.thorough) f
    ORDER BY w.business_id, f.check_name COLLATE "C", f.subject COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.check_data_quality(bigint, boolean) IS
'Runs the checks and returns what they find; changes nothing, also on a standby
thorough: also the checks that read whole facts and sources. status: pass, warn or fail. sample: up to 100 ids or days that fail, or the
reasons of refused rows with some keys of each. What the checks of refreshes found is kept in warehouse.quality_result: a row for as long
as status and failed_rows stay the same.';

CREATE FUNCTION analytics_internal.is_thorough_check_due(business_id bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(max(q.checked_at) < now() - s.quality_every, true)
    FROM analytics.settings(is_thorough_check_due.business_id) s
    LEFT JOIN warehouse.quality_history q ON q.business_id = is_thorough_check_due.business_id AND q.check_name = 'reconciliation_rollup'
    GROUP BY s.quality_every
$$;
COMMENT ON FUNCTION analytics_internal.is_thorough_check_due(bigint) IS
'Whether the thorough checks last ran longer ago than setting quality_every';
