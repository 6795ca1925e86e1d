-- Reports: pages that show what the readers answer, and compute nothing of their own.

CREATE FUNCTION analytics_internal.check_report(kind text, date_from date, date_to date, row_limit int) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    longest int;
BEGIN
    PERFORM analytics_internal.check_choice('kind', kind, '{overview,attribution,customers,content}'),
            analytics_internal.check_period(date_from, date_to), analytics_internal.check_row_limit(row_limit, 10);
    longest := CASE kind WHEN 'content' THEN 365 ELSE 3660 END;
    IF date_to - date_from >= longest THEN
        RAISE EXCEPTION 'a report of % has at most % days', kind, longest USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('date_from is %s, date_to is %s.', date_from, date_to), HINT = 'Ask for a shorter period.';
    ELSIF row_limit > 100 THEN
        RAISE EXCEPTION 'row_limit must be at most 100' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_report(text, date, date, int) IS 'True for a report that can be made, else an error (22023)';

CREATE FUNCTION analytics_internal.report_grain(date_from date, date_to date) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN date_to - date_from < 62 THEN 'day' WHEN date_to - date_from < 400 THEN 'week' ELSE 'month' END $$;
COMMENT ON FUNCTION analytics_internal.report_grain(date, date) IS 'How finely a report draws a period';

CREATE FUNCTION analytics_internal.report_trends(date_from date, date_to date, business_id bigint, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH point AS MATERIALIZED (
        SELECT to_char(t.period_start, CASE g.grain WHEN 'month' THEN 'Mon YYYY' ELSE 'FMDD Mon' END) AS label, t.*,
               t.period_start > max(t.period_start) FILTER (WHERE t.maturity_pct >= 95) OVER () AS is_young
        FROM (SELECT analytics_internal.report_grain(report_trends.date_from, report_trends.date_to)) g (grain)
        CROSS JOIN LATERAL analytics.kpi_timeseries(
            report_trends.date_from, report_trends.date_to, g.grain, business_id => report_trends.business_id) t
    ), drawn AS (
        SELECT array_agg(p.label ORDER BY p.period_start) AS labels, array_agg(p.leads::float8 ORDER BY p.period_start) AS leads,
               array_agg(p.spend::float8 ORDER BY p.period_start) AS spend,
               array_agg(p.n_contracts::float8 ORDER BY p.period_start) AS contracts,
               array_agg(p.n_contracts_low::float8 ORDER BY p.period_start) AS contracts_low,
               array_agg(p.n_contracts_high::float8 ORDER BY p.period_start) AS contracts_high,
               array_agg(p.revenue::float8 ORDER BY p.period_start) AS revenue,
               array_agg(p.revenue_low::float8 ORDER BY p.period_start) AS revenue_low,
               array_agg(p.revenue_high::float8 ORDER BY p.period_start) AS revenue_high,
               (count(*) FILTER (WHERE p.is_young))::int AS young
        FROM point p
    )
    SELECT analytics_internal.report_charts(
        analytics.svg_line(d.labels, d.leads, title => 'Leads'),
        analytics.svg_line(d.labels, d.spend, title => 'Spend', unit => currency),
        analytics.svg_line(d.labels, d.contracts, title => 'Contracts', low => d.contracts_low, high => d.contracts_high,
                           immature => d.young),
        analytics.svg_line(d.labels, d.revenue, title => 'Revenue', unit => currency, low => d.revenue_low, high => d.revenue_high,
                           immature => d.young))
    FROM drawn d
$$;
COMMENT ON FUNCTION analytics_internal.report_trends(date, date, bigint, text) IS 'What kpi_timeseries() says, a chart for each figure';

CREATE FUNCTION analytics_internal.report_kpi(k record) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN '<div class="tiles">'
        || analytics_internal.report_tile('Leads', analytics_internal.report_number(k.leads), k.leads_change_pct,
               analytics_internal.report_number(k.leads_prev), 1)
        || analytics_internal.report_tile('Contracts', analytics_internal.report_number(k.n_contracts), k.n_contracts_change_pct,
               analytics_internal.report_number(k.n_contracts_prev), 1)
        || analytics_internal.report_tile('Revenue', analytics_internal.report_number(k.revenue), k.revenue_change_pct,
               analytics_internal.report_number(k.revenue_prev), 1)
        || analytics_internal.report_tile('Spend', analytics_internal.report_number(k.spend), k.spend_change_pct,
               analytics_internal.report_number(k.spend_prev))
        || analytics_internal.report_tile('Cost per lead', analytics_internal.report_number(k.cpl, 2), k.cpl_change_pct,
               analytics_internal.report_number(k.cpl_prev, 2), -1)
        || analytics_internal.report_tile('Return on spend', analytics_internal.report_number(k.roas, 2), k.roas_change_pct,
               analytics_internal.report_number(k.roas_prev, 2), 1)
        || '</div>';
END
$$;
COMMENT ON FUNCTION analytics_internal.report_kpi(record) IS 'The key figures of a row of kpi_timeseries()';

CREATE FUNCTION analytics_internal.report_overview(date_from date, date_to date, business_id bigint, row_limit int) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    k record;
    compared text;
BEGIN
    SELECT t.* INTO k FROM analytics.kpi_timeseries(date_from, date_to, 'total', NULL, 'previous_period', business_id) t;
    IF k.leads = 0 AND k.n_contracts = 0 AND COALESCE(k.spend, 0) = 0 AND k.revenue = 0 THEN
        RETURN NULL;
    END IF;
    compared := format('Money in %s. ', k.currency)
        || COALESCE(format('Compared with %s to %s, as it stood at the same age', analytics_internal.report_day(k.first_day_prev),
                           analytics_internal.report_day(k.last_day_prev))
                    || CASE WHEN k.days_compared < date_to - date_from + 1
                            THEN format('; %s of %s days are over', k.days_compared, date_to - date_from + 1) ELSE '' END || '.', '');
    RETURN analytics_internal.report_section('Key figures', analytics_internal.report_kpi(k), compared)
        || analytics_internal.report_section('Trends', analytics_internal.report_trends(date_from, date_to, business_id, k.currency),
               'Hatched: days whose leads are yet to sign. Shaded: what their contracts are expected to come to.')
        || (SELECT analytics_internal.report_section('Platforms', analytics_internal.report_charts(
                       analytics.svg_bars(array_agg(s.platform ORDER BY s.place), array_agg(s.leads::float8 ORDER BY s.place),
                                          title => 'Leads'),
                       analytics_internal.report_table('{Platform,#Leads,#Share}', string_agg(analytics_internal.report_row(
                           s.platform, analytics_internal.report_number(s.leads), analytics_internal.report_percent(s.share_pct)),
                           '' ORDER BY s.place))))
            FROM (SELECT s.*, row_number() OVER () AS place
                  FROM analytics.share_platforms(date_from, date_to, business_id => business_id) s
                  LIMIT 50) s)
        || (SELECT analytics_internal.report_section('Campaigns', analytics_internal.report_table(
                       '{Campaign,Platform,#Leads,#Contracts,#Revenue,#Spend,#Cost per lead,#Return on spend}',
                       string_agg(analytics_internal.report_row(
                           c.campaign_name, c.platform, analytics_internal.report_number(c.leads),
                           analytics_internal.report_number(c.n_contracts), analytics_internal.report_number(c.revenue),
                           analytics_internal.report_number(c.spend), analytics_internal.report_number(c.cpl, 2),
                           analytics_internal.report_number(c.roas, 2)), '' ORDER BY c.place)), 'The largest by spend.')
            FROM (SELECT c.*, row_number() OVER () AS place
                  FROM analytics.campaigns(date_from, date_to, row_limit => row_limit, business_id => business_id,
                                           include_unassigned => false) c) c)
        || (SELECT analytics_internal.report_section('What is unusual', analytics_internal.report_table(
                       '{Campaign,Platform,Severity,What happened}', string_agg(analytics_internal.report_row(
                           a.campaign_name, a.platform, a.severity, a.reason), '' ORDER BY a.place)))
            FROM (SELECT a.*, row_number() OVER () AS place
                  FROM analytics.anomalies(date_from, date_to, row_limit => row_limit, business_id => business_id) a) a)
        || (SELECT analytics_internal.report_section('Advice', analytics_internal.report_table(
                       '{Campaign,Platform,Action,#Spend,#Advised spend,Why}', string_agg(analytics_internal.report_row(
                           r.campaign_name, r.platform, r.action, analytics_internal.report_number(r.spend_cur),
                           analytics_internal.report_number(r.recommended_spend), r.reason), '' ORDER BY r.place)))
            FROM (SELECT r.*, row_number() OVER () AS place
                  FROM analytics.reco_budget(date_from, date_to, row_limit, business_id => business_id) r) r)
        || (SELECT analytics_internal.report_section('Still to come', analytics_internal.report_table(
                       '{Platform,#Leads,#Contracts,#Mature,#Expected contracts,#From,#To,#Expected revenue,#Expected return}',
                       string_agg(analytics_internal.report_row(
                           m.platform, analytics_internal.report_number(m.leads), analytics_internal.report_number(m.n_contracts),
                           analytics_internal.report_percent(m.maturity_pct), analytics_internal.report_number(m.contracts_expected, 1),
                           analytics_internal.report_number(m.contracts_low, 1), analytics_internal.report_number(m.contracts_high, 1),
                           analytics_internal.report_number(m.revenue_expected), analytics_internal.report_number(m.roas_expected, 2)),
                           '' ORDER BY m.place)),
                       'Mature: the share of the contracts of such leads that was signed by their age in the past.')
            FROM (SELECT m.*, row_number() OVER () AS place
                  FROM analytics.maturity(date_from, date_to, level => 'platform', row_limit => row_limit,
                                          business_id => business_id) m) m);
END
$$;
COMMENT ON FUNCTION analytics_internal.report_overview(date, date, bigint, int) IS 'The body of the report overview; NULL without data';

CREATE FUNCTION analytics_internal.report_paths(date_from date, date_to date, business_id bigint, row_limit int) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.report_section('Paths to contracts', analytics_internal.report_charts(
               (SELECT analytics.svg_sankey(
                    array_agg(j.key ORDER BY j.place),
                    array_agg(CASE j.next_key WHEN '(conversion)' THEN 'contract' ELSE j.next_key END ORDER BY j.place),
                    array_agg(j.conversions::float8 ORDER BY j.place), stages => array_agg(j.step ORDER BY j.place),
                    title => 'From touch to touch', unit => 'contracts')
                FROM (SELECT j.*, row_number() OVER () AS place
                      FROM analytics.journey_steps(report_paths.date_from, report_paths.date_to, steps => 3,
                                                   business_id => report_paths.business_id) j
                      -- Step 0 is what came before the three.
                      WHERE j.conversions > 0 AND j.step > 0) j),
               (SELECT analytics_internal.report_table('{Path,#Touches,#Contracts,#Revenue,#Share}', string_agg(
                    analytics_internal.report_row(
                        array_to_string(p.path, ' / '), analytics_internal.report_number(p.touches),
                        analytics_internal.report_number(p.conversions), analytics_internal.report_number(p.revenue),
                        analytics_internal.report_percent(p.share_pct)), '' ORDER BY p.place))
                FROM (SELECT p.*, row_number() OVER () AS place
                      FROM analytics.top_paths(report_paths.date_from, report_paths.date_to, business_id => report_paths.business_id,
                                               transform => 'exposure', row_limit => report_paths.row_limit) p) p)),
               'The last three touches before each contract, and the paths taken most; a platform met again and again counts once.')
$$;
COMMENT ON FUNCTION analytics_internal.report_paths(date, date, bigint, int) IS
'Where contracts come from, step by step, and the most frequent paths';

CREATE FUNCTION analytics_internal.report_attribution(date_from date, date_to date, business_id bigint, row_limit int) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    models constant text[] := '{first,linear,u_shaped,time_decay,last,last_paid}';
    labels constant text[] := '{first,linear,u-shaped,decay,last,last paid}';
    credit text;
BEGIN
    WITH credited AS MATERIALIZED (
        SELECT c.*, row_number() OVER () AS place
        FROM analytics.attribution_compare(date_from, date_to, models, business_id => business_id) c
        LIMIT row_limit
    )
    SELECT analytics_internal.report_section('What earned the contracts', analytics_internal.report_charts(
               (SELECT analytics.svg_heatmap(array_agg(c.key ORDER BY c.place), labels, (
                           SELECT array_agg((o.conversions ->> m.model)::float8 ORDER BY o.place, m.place)
                           FROM credited o
                           CROSS JOIN unnest(models) WITH ORDINALITY m (model, place)), title => 'Contracts by model')
                FROM credited c),
               analytics.svg_bars(array_agg(c.key ORDER BY c.place), array_agg(c.assisted::float8 ORDER BY c.place),
                                  title => 'Contracts with a touch before the last'))
           || analytics_internal.report_table(
                '{Platform,#Spend,#Assisted,#Revenue: first,#linear,#last paid,#Return: first,#linear,#last paid}',
                string_agg(analytics_internal.report_row(
                    c.key, analytics_internal.report_number(c.spend), analytics_internal.report_number(c.assisted),
                    analytics_internal.report_number((c.revenue ->> 'first')::numeric),
                    analytics_internal.report_number((c.revenue ->> 'linear')::numeric),
                    analytics_internal.report_number((c.revenue ->> 'last_paid')::numeric),
                    analytics_internal.report_number((c.roas ->> 'first')::numeric, 2),
                    analytics_internal.report_number((c.roas ->> 'linear')::numeric, 2),
                    analytics_internal.report_number((c.roas ->> 'last_paid')::numeric, 2)), '' ORDER BY c.place)),
               format('Contracts that were signed in the period, and money in %s, by the touches before them.', max(c.currency)))
    INTO credit
    FROM credited c
    HAVING count(*) > 0;
    RETURN credit || analytics_internal.report_paths(date_from, date_to, business_id, row_limit)
        || analytics_internal.report_section('How long it takes', analytics_internal.report_charts(
            (SELECT analytics.svg_bars(array_agg(l.touches::text ORDER BY l.touches), array_agg(l.conversions::float8 ORDER BY l.touches),
                                       title => 'Contracts by number of touches')
             FROM (SELECT l.*
                   FROM analytics.path_lengths(date_from, date_to, business_id => business_id) l
                   WHERE l.conversions > 0
                   ORDER BY l.touches
                   LIMIT 15) l),
            (SELECT analytics.svg_bars(array_agg(COALESCE(t.from_days || ' to ' || t.to_days, t.from_days || ' and more')
                                                 ORDER BY t.from_days),
                                       array_agg(t.conversions::float8 ORDER BY t.from_days),
                                       title => 'Contracts by days since the first touch')
             FROM analytics.time_to_convert(date_from, date_to, business_id => business_id) t)));
END
$$;
COMMENT ON FUNCTION analytics_internal.report_attribution(date, date, bigint, int) IS
'The body of the report attribution; NULL without data';

CREATE FUNCTION analytics_internal.report_rfm(date_to date, business_id bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT h.r, h.f, h.customers
        FROM analytics.rfm_heatmap(report_rfm.date_to, business_id => report_rfm.business_id) h
    )
    SELECT analytics.svg_heatmap(
        (SELECT array_agg('recency ' || r.r ORDER BY r.r DESC) FROM (SELECT DISTINCT c.r FROM cell c) r),
        (SELECT array_agg('frequency ' || f.f ORDER BY f.f) FROM (SELECT DISTINCT c.f FROM cell c) f),
        (SELECT array_agg(c.customers::float8 ORDER BY c.r DESC, c.f) FROM cell c), title => 'Customers by scores')
$$;
COMMENT ON FUNCTION analytics_internal.report_rfm(date, bigint) IS 'Customers by recency and frequency, as a heat map';

CREATE FUNCTION analytics_internal.report_cohorts(date_to date, business_id bigint) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH cell AS MATERIALIZED (
        SELECT c.cohort, c.k, c.size, c.retention
        FROM analytics.cohorts('month', date_from => (date_trunc('month', report_cohorts.date_to) - interval '11 months')::date,
                               until => report_cohorts.date_to, business_id => report_cohorts.business_id) c
    )
    SELECT analytics.svg_heatmap(
        (SELECT array_agg(c.label ORDER BY c.cohort)
         FROM (SELECT DISTINCT c.cohort, format('%s (%s)', to_char(c.cohort, 'Mon YYYY'), c.size) AS label FROM cell c) c),
        (SELECT array_agg(DISTINCT c.k ORDER BY c.k)::text[] FROM cell c),
        (SELECT array_agg((SELECT 100 * c.retention FROM cell c WHERE c.cohort = r.cohort AND c.k = k.k) ORDER BY r.cohort, k.k)
         FROM (SELECT DISTINCT c.cohort FROM cell c) r
         CROSS JOIN (SELECT DISTINCT c.k FROM cell c) k),
        title => 'Who comes back, by month of the first purchase', unit => '%')
$$;
COMMENT ON FUNCTION analytics_internal.report_cohorts(date, bigint) IS 'Retention of the last twelve monthly cohorts, as a heat map';

CREATE FUNCTION analytics_internal.report_customers(date_from date, date_to date, business_id bigint, row_limit int) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    k record;
BEGIN
    SELECT c.* INTO k FROM analytics.customer_kpi(date_from, date_to, business_id => business_id) c;
    IF k.total_customer = 0 THEN
        RETURN NULL;
    END IF;
    RETURN analytics_internal.report_section('Key figures', '<div class="tiles">'
            || analytics_internal.report_tile('Customers', analytics_internal.report_number(k.total_customer))
            || analytics_internal.report_tile('Orders', analytics_internal.report_number(k.orders))
            || analytics_internal.report_tile('Revenue', analytics_internal.report_number(k.revenue))
            || analytics_internal.report_tile('Revenue per customer', analytics_internal.report_number(k.spending_per_customer, 2))
            || analytics_internal.report_tile('Came back', analytics_internal.report_percent(k.retention_rate))
            || analytics_internal.report_tile('Days to the first return', analytics_internal.report_number(k.days_to_first_return, 1))
            || '</div>', format('Who bought in the period; money in %s.', k.currency))
        || analytics_internal.report_section('Recency, frequency, cohorts',
               analytics_internal.report_charts(analytics_internal.report_rfm(date_to, business_id),
                                                analytics_internal.report_cohorts(date_to, business_id)),
               'A score of 5 is the best: the latest, or the most frequent. In brackets: how many customers a cohort has.')
        || (SELECT analytics_internal.report_section('Segments', analytics_internal.report_charts(
                       analytics.svg_bars(array_agg(s.segment ORDER BY s.place), array_agg(s.customers::float8 ORDER BY s.place),
                                          title => 'Customers'),
                       analytics.svg_bars(array_agg(s.segment ORDER BY s.place), array_agg(s.revenue::float8 ORDER BY s.place),
                                          title => 'Revenue', unit => k.currency))
                || analytics_internal.report_table('{Segment,#Customers,#Share,#Orders,#Revenue,#Share of revenue,#Value of an order}',
                       string_agg(analytics_internal.report_row(
                           s.segment, analytics_internal.report_number(s.customers), analytics_internal.report_percent(s.share_pct),
                           analytics_internal.report_number(s.orders), analytics_internal.report_number(s.revenue),
                           analytics_internal.report_percent(s.revenue_pct), analytics_internal.report_number(s.avg_order_value, 2)),
                           '' ORDER BY s.place)),
                       format('All customers, as of %s.', analytics_internal.report_day(date_to)))
            FROM (SELECT s.*, row_number() OVER () AS place FROM analytics.rfm_summary(date_to, business_id => business_id) s) s);
END
$$;
COMMENT ON FUNCTION analytics_internal.report_customers(date, date, bigint, int) IS 'The body of the report customers; NULL without data';

CREATE FUNCTION analytics_internal.report_content(date_from date, date_to date, business_id bigint, row_limit int) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    days constant int := date_to - date_from + 1;
    k record;
    trend_days constant int := LEAST(GREATEST(days, 7), 90);
BEGIN
    SELECT o.* INTO k FROM analytics.content_overview(business_id, days, date_to) o;
    IF k.total_posts = 0 AND k.total_views = 0 AND k.total_engagement = 0 THEN
        RETURN NULL;
    END IF;
    RETURN analytics_internal.report_section('Key figures', '<div class="tiles">'
            || analytics_internal.report_tile('Posts', analytics_internal.report_number(k.total_posts))
            || analytics_internal.report_tile('Views', analytics_internal.report_number(k.total_views))
            || analytics_internal.report_tile('Reach', analytics_internal.report_number(k.total_reach))
            || analytics_internal.report_tile('Engagement', analytics_internal.report_number(k.total_engagement), k.growth_rate,
                   analytics_internal.report_number(k.engagement_before), 1)
            || analytics_internal.report_tile('Engagement rate', analytics_internal.report_percent(k.avg_engagement_rate, 2))
            || analytics_internal.report_tile('Top platform', k.top_platform)
            || '</div>', 'Engagement: likes, shares and comments; its rate: by views. Before: the equally long period.')
        || (SELECT analytics_internal.report_section('Trends', analytics_internal.report_charts(
                       analytics.svg_line(array_agg(to_char(t.dt, 'FMDD Mon') ORDER BY t.dt), array_agg(t.views::float8 ORDER BY t.dt),
                                          title => 'Views'),
                       analytics.svg_line(array_agg(to_char(t.dt, 'FMDD Mon') ORDER BY t.dt), array_agg(t.engagement::float8 ORDER BY t.dt),
                                          title => 'Engagement')),
                       CASE WHEN trend_days <> days THEN format('The last %s days.', trend_days) END)
            FROM analytics.content_trends(business_id, trend_days, date_to) t)
        || (SELECT analytics_internal.report_section('Platforms', analytics_internal.report_table(
                       '{Platform,#Posts,#Views,#Reach,#Engagement,#Engagement rate,#Growth}', string_agg(analytics_internal.report_row(
                           p.platform, analytics_internal.report_number(p.posts), analytics_internal.report_number(p.views),
                           analytics_internal.report_number(p.reach), analytics_internal.report_number(p.engagement),
                           analytics_internal.report_percent(p.engagement_rate, 2), analytics_internal.report_percent(p.growth_rate)),
                           '' ORDER BY p.place)))
            FROM (SELECT p.*, row_number() OVER () AS place FROM analytics.content_platforms(business_id, days, date_to) p) p)
        || (SELECT analytics_internal.report_section('Posts', analytics_internal.report_table(
                       '{Post,Platform,Type,#Views,#Likes,#Shares,#Comments,#Engagement rate}', string_agg(analytics_internal.report_row(
                           COALESCE(p.title, p.content_id), p.platform, p.content_type, analytics_internal.report_number(p.views),
                           analytics_internal.report_number(p.likes), analytics_internal.report_number(p.shares),
                           analytics_internal.report_number(p.comments), analytics_internal.report_percent(p.engagement_rate, 2)),
                           '' ORDER BY p.place)))
            FROM (SELECT p.*, row_number() OVER () AS place
                  FROM analytics.content_performance(business_id, row_limit, days, date_to) p) p)
        || (SELECT analytics_internal.report_section('What works', analytics_internal.report_table(
                       '{What,Finding}', string_agg(analytics_internal.report_row(replace(i.kind, '_', ' '), i.text), '' ORDER BY i.place)),
                       'By the posts of 180 days.')
            FROM (SELECT i.*, row_number() OVER () AS place FROM analytics.content_insights(business_id, as_of => date_to) i) i);
END
$$;
COMMENT ON FUNCTION analytics_internal.report_content(date, date, bigint, int) IS 'The body of the report content; NULL without data';

CREATE FUNCTION analytics.report(kind text, date_from date, date_to date, business_id bigint DEFAULT NULL, row_limit int DEFAULT 10,
    title text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    places int;
    body text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_report(kind, date_from, date_to, row_limit);
    places := COALESCE(row_limit, 10);
    body := CASE kind
        WHEN 'overview' THEN analytics_internal.report_overview(date_from, date_to, business_id, places)
        WHEN 'attribution' THEN analytics_internal.report_attribution(date_from, date_to, business_id, places)
        WHEN 'customers' THEN analytics_internal.report_customers(date_from, date_to, business_id, places)
        WHEN 'content' THEN analytics_internal.report_content(date_from, date_to, business_id, places) END;
    RETURN analytics_internal.report_page(
        COALESCE(title, initcap(kind COLLATE "C")),
        format('%s to %s', analytics_internal.report_day(date_from), analytics_internal.report_day(date_to))
            || COALESCE(', business ' || business_id, ''), body);
END
$$;
COMMENT ON FUNCTION analytics.report(text, date, date, bigint, int, text) IS
'A report as one page of HTML: charts, tables and what they mean
kind: overview (kpi_timeseries, share_platforms, campaigns, anomalies, reco_budget, maturity), attribution (attribution_compare,
journey_steps, top_paths, path_lengths, time_to_convert), customers (customer_kpi, rfm_heatmap, cohorts, rfm_summary) or content (the
content functions); every figure is one of these readers. date_from, date_to: both days belong to the period, at most 3,660 days, for
content 365. row_limit: rows of a table, 1 to 100. title: instead of the usual heading. The page needs nothing else: style and charts are
in it, no script, light and dark as the reader has it, and made for paper. It is XML as well. Without data it says so. Unknown kinds,
periods that are wrong and
currencies that cannot be added up are errors (22023).';
