-- Campaign readers: how campaigns change, compare and convert.

CREATE FUNCTION analytics_internal.not_compared(
    date_from date, date_to date, platforms text[], wanted_business bigint, asked_level text)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, campaign_id text, campaign_name text, leads_cur bigint,
                   leads_prev bigint, spend_cur numeric, spend_prev numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    days int;
    last_full_day constant date := analytics_internal.last_full_day(not_compared.wanted_business);
    known_until constant date := analytics_internal.known_until(not_compared.wanted_business);
    members text[];
    level constant text := analytics_internal.level_of(asked_level, wanted_business);
BEGIN
    PERFORM analytics_internal.check_period(date_from, date_to);
    days := date_to - date_from + 1;
    members := analytics_internal.platform_members(platforms);
    RETURN QUERY
    SELECT n.business_id, n.campaign_key, COALESCE(d.family, c.platform, n.platform), min(c.campaign_id),
           COALESCE(min(c.campaign_name), '(no campaign)'),
           COALESCE(sum(n.leads) FILTER (WHERE n.is_cur), 0)::bigint, COALESCE(sum(n.leads) FILTER (WHERE NOT n.is_cur), 0)::bigint,
           COALESCE(sum(n.spend) FILTER (WHERE n.is_cur), 0), COALESCE(sum(n.spend) FILTER (WHERE NOT n.is_cur), 0)
    FROM (
        -- What is left of the period is not over, and has its counterpart before. Where nothing is over, that shows and is not compared.
        SELECT r.business_id, r.campaign_key, r.platform, r.leads, r.spend, r.date >= date_from AS is_cur
        FROM warehouse.campaign_roi_daily r
        WHERE (r.date > last_full_day AND r.date BETWEEN date_from AND date_to AND last_full_day >= date_from
               OR r.date > last_full_day - days AND r.date BETWEEN date_from - days AND date_from - 1)
          AND date_to > last_full_day
        UNION ALL
        SELECT l.business_id, l.campaign_key, l.platform, l.leads, 0, false
        FROM warehouse.late_daily l
        WHERE l.settled_date > known_until - days AND l.created_date BETWEEN date_from - days AND LEAST(date_from - 1, last_full_day - days)
          AND l.leads <> 0
    ) n
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = n.business_id AND c.campaign_key = n.campaign_key
    LEFT JOIN warehouse.dim_platforms d
        ON level = 'family' AND d.business_id = n.business_id AND d.platform = COALESCE(c.platform, n.platform)
    WHERE (wanted_business IS NULL OR n.business_id = wanted_business) AND (members IS NULL OR n.platform = ANY (members))
    GROUP BY 1, 2, 3
    HAVING bool_or(n.is_cur) OR sum(n.leads) <> 0 OR sum(n.spend) <> 0;
END
$$;
COMMENT ON FUNCTION analytics_internal.not_compared(date, date, text[], bigint, text) IS
'What campaigns_wow() leaves out of its sides, so that both are equally old
Days that are not over, with their counterparts, and leads of the period before that got their ad later than it is for the present ones:
less than 0 where such leads came from.';

CREATE FUNCTION analytics.campaigns_wow(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 20,
    business_id bigint DEFAULT NULL, include_unassigned boolean DEFAULT false, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, leads_cur bigint, leads_prev bigint, leads_diff_pct numeric, cpl_cur numeric,
                   cpl_prev numeric, spend_cur numeric, spend_prev numeric, cpl_diff_pct numeric, p_value double precision,
                   campaign_id text, business bigint, days_compared int)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.platform, k.campaign_name, k.leads_cur, k.leads_prev, analytics_internal.change_pct(k.leads_cur, k.leads_prev),
           k.cpl_cur, k.cpl_prev, k.spend_cur, k.spend_prev, analytics_internal.change_pct(k.cpl_cur, k.cpl_prev),
           CASE WHEN k.leads_cur + k.leads_prev > 0 AND k.days_compared > 0
                THEN (analytics.rate_ratio_test(k.leads_cur, 1, k.leads_prev, 1, mid_p => false)).p_value END,
           k.campaign_id, k.business_id, k.days_compared
    FROM (
        SELECT business_id, campaign_key, platform, COALESCE(c.campaign_name, v.campaign_name, u.campaign_name) AS campaign_name,
               COALESCE(c.campaign_id, v.campaign_id, u.campaign_id) AS campaign_id,
               COALESCE(c.leads, 0) - COALESCE(u.leads_cur, 0) AS leads_cur, COALESCE(v.leads, 0) - COALESCE(u.leads_prev, 0) AS leads_prev,
               (COALESCE(c.spend, 0) - COALESCE(u.spend_cur, 0))::numeric(18,4) AS spend_cur,
               (COALESCE(v.spend, 0) - COALESCE(u.spend_prev, 0))::numeric(18,4) AS spend_prev,
               CASE WHEN u.campaign_key IS NULL THEN c.cpl
                    ELSE analytics_internal.quotient(NULLIF(c.spend - u.spend_cur, 0), c.leads - u.leads_cur) END AS cpl_cur,
               CASE WHEN u.campaign_key IS NULL THEN v.cpl
                    ELSE analytics_internal.quotient(NULLIF(v.spend - u.spend_prev, 0), v.leads - u.leads_prev) END AS cpl_prev,
               GREATEST(LEAST(campaigns_wow.date_to, f.day) - campaigns_wow.date_from + 1, 0) AS days_compared
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        CROSS JOIN (
            analytics_internal.campaign_results(
                campaigns_wow.date_from, campaigns_wow.date_to, campaigns_wow.platforms, campaigns_wow.business_id,
                level => campaigns_wow.platform_level) c
            FULL JOIN analytics_internal.campaign_results(
                analytics_internal.first_day_before(campaigns_wow.date_from, campaigns_wow.date_to), campaigns_wow.date_from - 1,
                campaigns_wow.platforms, campaigns_wow.business_id, level => campaigns_wow.platform_level) v
                USING (business_id, campaign_key, platform)
            -- All that a row had may have left it since.
            FULL JOIN analytics_internal.not_compared(
                campaigns_wow.date_from, campaigns_wow.date_to, campaigns_wow.platforms, campaigns_wow.business_id,
                campaigns_wow.platform_level) u
                USING (business_id, campaign_key, platform)
        )
        CROSS JOIN (SELECT analytics_internal.last_full_day(campaigns_wow.business_id) AS day) f
        WHERE analytics_internal.check_period(campaigns_wow.date_from, campaigns_wow.date_to)
          AND analytics_internal.check_level(campaigns_wow.platform_level)
    ) k
    WHERE campaigns_wow.include_unassigned OR k.campaign_key <> 0::bigint
    ORDER BY k.campaign_key = 0::bigint, k.leads_cur DESC, k.leads_prev DESC, k.spend_cur DESC, k.spend_prev DESC,
             k.platform COLLATE "C", k.campaign_name COLLATE "C", k.campaign_id COLLATE "C", k.business_id
    LIMIT analytics_internal.check_row_limit(campaigns_wow.row_limit, 20)
$$;
COMMENT ON FUNCTION analytics.campaigns_wow(date, date, text[], int, bigint, boolean, text) IS
'Campaigns in a period and in the equally long one before it
Days that are not over count on neither side: the days from date_from on are compared with as many at the beginning of the period before
(days_compared), and leads that an ad got after their day as far as the younger side has had the time for it. A period that begins today
is compared with nothing. By leads, the most first; campaigns of either period are rows. include_unassigned: also a row (no campaign) per
platform, after the others.
platform_level: platform or family. *_diff_pct: change in percent of the period before; NULL where that was 0.
p_value: how probable a difference in leads at least as large is where nothing has changed (exact two-sided test of two Poisson counts);
NULL where there are no leads.';

CREATE FUNCTION analytics.scatter_matrix(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    min_leads int DEFAULT 3, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, leads bigint, spend numeric, cpl numeric, roas numeric, campaign_id text,
                   business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.platform, k.campaign_name, k.leads, k.spend,
           k.cpl, analytics_internal.quotient(k.revenue, k.spend), k.campaign_id,
           k.business_id
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.campaign_results(
        scatter_matrix.date_from, scatter_matrix.date_to, scatter_matrix.platforms, scatter_matrix.business_id,
        level => scatter_matrix.platform_level) k
    WHERE analytics_internal.check_period(scatter_matrix.date_from, scatter_matrix.date_to)
      AND analytics_internal.check_level(scatter_matrix.platform_level)
      AND k.campaign_key <> 0
      AND k.leads >= analytics_internal.check_min_leads(scatter_matrix.min_leads)
    ORDER BY k.spend DESC, k.leads DESC, k.platform COLLATE "C", k.campaign_name COLLATE "C", k.campaign_id COLLATE "C", k.business_id
    LIMIT analytics_internal.check_row_limit(scatter_matrix.row_limit, 50)
$$;
COMMENT ON FUNCTION analytics.scatter_matrix(date, date, text[], int, int, bigint, text) IS
'Campaigns as points: leads, spend, cost per lead and ROAS
By spend, the highest first. min_leads: campaigns with fewer leads are left out, since their cost per lead says little. Leads without a
campaign are no point. platform_level: platform or family.';

CREATE FUNCTION analytics.campaign_performance(date_from date, date_to date, row_limit int DEFAULT 50, platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (performance_category text, platform text, campaign_name text, leads bigint, contracts bigint, revenue numeric,
                   conversion_rate numeric, avg_contract_value numeric, p_above_average double precision, campaign_id text,
                   business bigint, advice text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- What reco_budget() would pause is no high performer, and what it would scale needs no attention.
    SELECT CASE WHEN j.p_above >= 0.8::double precision AND e.action = 'pause' THEN 'needs_attention'
                WHEN j.p_above >= 0.8::double precision THEN 'high_performer'
                WHEN j.p_above <= 0.2::double precision AND e.action IS DISTINCT FROM 'scale' THEN 'needs_attention'
                WHEN j.place <= (j.campaigns + 3) / 4 THEN 'volume_driver'
                ELSE 'medium_performer' END,
           j.platform, j.campaign_name, j.leads, j.n_contracts, j.revenue, analytics_internal.percentage(j.n_contracts, j.leads),
           analytics_internal.quotient(j.revenue, j.n_contracts), j.p_above, j.campaign_id, j.business_id, e.action
    FROM (
        SELECT k.*, pg_catalog.rank() OVER (ORDER BY k.leads DESC) AS place, pg_catalog.count(*) OVER () AS campaigns,
               -- Jeffreys' prior; without a lead there is nothing to judge.
               CASE WHEN k.leads > 0 THEN analytics.beta_probability(k.converted, k.leads, k.average, 0.5, 0.5) END AS p_above
        FROM (
            SELECT r.*, LEAST(r.n_contracts, r.leads) AS converted,
                   (pg_catalog.sum(LEAST(r.n_contracts, r.leads)) OVER ()
                    / NULLIF(pg_catalog.sum(r.leads) OVER (), 0::numeric))::double precision AS average
            FROM (SELECT 'warehouse'::analytics_internal.installed) ready
            CROSS JOIN analytics_internal.campaign_results(
                campaign_performance.date_from, campaign_performance.date_to, campaign_performance.platforms,
                campaign_performance.business_id, level => campaign_performance.platform_level) r
            WHERE analytics_internal.check_period(campaign_performance.date_from, campaign_performance.date_to)
              AND analytics_internal.check_level(campaign_performance.platform_level)
              AND r.campaign_key <> 0
        ) k
        WHERE k.n_contracts > 0
    ) j
    LEFT JOIN analytics_internal.campaign_verdicts(
        campaign_performance.date_from, campaign_performance.date_to, campaign_performance.platforms,
        campaign_performance.business_id) e ON e.business_id = j.business_id AND e.campaign_key = j.campaign_key
    ORDER BY j.revenue DESC, j.n_contracts DESC, j.leads, j.platform COLLATE "C", j.campaign_name COLLATE "C", j.campaign_id COLLATE "C",
             j.business_id
    LIMIT analytics_internal.check_row_limit(campaign_performance.row_limit, 50)
$$;
COMMENT ON FUNCTION analytics.campaign_performance(date, date, int, text[], bigint, text) IS
'Campaigns with contracts, judged by the share of their leads that sign
By revenue, the highest first. performance_category: high_performer where p_above_average >= 0.8, needs_attention where it is <= 0.2, else
volume_driver for the quarter with the most leads, else medium_performer. conversion_rate: contracts in percent of leads; may pass 100,
since a lead may sign more than once. p_above_average: probability that the campaign converts leads better than all campaigns of the period
together do (Beta posterior, Jeffreys prior; contracts beyond the number of leads do not count). advice: the action of reco_budget() for the
same period and platforms: what it pauses is no high_performer, and what it scales is not needs_attention. platform_level: platform or
family.';

CREATE FUNCTION analytics.metrics_trend(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (dt date, leads bigint, clicks bigint, impressions bigint, spend numeric, cpl numeric, cpc numeric, ctr numeric,
                   cpm numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.date, COALESCE(d.leads, 0)::bigint, COALESCE(d.clicks, 0)::bigint, COALESCE(d.impressions, 0)::bigint,
           COALESCE(d.spend, 0)::numeric(18,4),
           analytics_internal.cost_per_lead(d.spend, d.leads, d.exports), analytics_internal.quotient(d.spend, d.clicks),
           analytics_internal.percentage(d.clicks, d.impressions), analytics_internal.quotient(1000::numeric * d.spend, d.impressions)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.daily_totals(
        metrics_trend.date_from, metrics_trend.date_to, metrics_trend.platforms, metrics_trend.business_id) d
    WHERE analytics_internal.check_period(metrics_trend.date_from, metrics_trend.date_to)
      AND analytics_internal.check_currency(metrics_trend.business_id)
    ORDER BY d.date
$$;
COMMENT ON FUNCTION analytics.metrics_trend(date, date, text[], bigint) IS
'Leads, clicks, impressions, spend and their rates per day
Days without data included. cpl = spend / leads, cpc = spend / clicks, ctr = clicks in percent of impressions, cpm = spend per 1000
impressions; NULL where the divisor is 0, cpl also where no export told a cost.';

CREATE FUNCTION analytics.campaigns_weekly(platform text, date_from date, date_to date, business_id bigint DEFAULT NULL,
    include_unassigned boolean DEFAULT true, platform_level text DEFAULT NULL)
    RETURNS TABLE (week_start date, campaign_id text, campaign_name text, leads bigint, contracts bigint, revenue numeric,
                   impressions bigint, clicks bigint, spend numeric, cpl numeric, roas numeric, campaign_platform text,
                   business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.week, k.campaign_id, k.campaign_name, k.leads, k.n_contracts, k.revenue, k.impressions, k.clicks, k.spend,
           k.cpl, analytics_internal.quotient(k.revenue, k.spend), k.platform,
           k.business_id
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.campaign_results(
        campaigns_weekly.date_from, campaigns_weekly.date_to,
        CASE WHEN campaigns_weekly.platform IS NOT NULL THEN ARRAY[campaigns_weekly.platform] END,
        campaigns_weekly.business_id, by_week => true, level => campaigns_weekly.platform_level) k
    WHERE analytics_internal.check_period(campaigns_weekly.date_from, campaigns_weekly.date_to)
      AND analytics_internal.check_level(campaigns_weekly.platform_level)
      AND (campaigns_weekly.include_unassigned OR k.campaign_key <> 0::bigint)
    ORDER BY k.week, k.campaign_key = 0::bigint, k.spend DESC, k.leads DESC, k.platform COLLATE "C",
             k.campaign_name COLLATE "C", k.campaign_id COLLATE "C", k.business_id
$$;
COMMENT ON FUNCTION analytics.campaigns_weekly(text, date, date, bigint, boolean, text) IS
'Results per ISO week and campaign, attributed leads without a campaign included
platform: a platform or a family; NULL for all. week_start: the Monday; of a week that date_from or date_to cuts, only the days of the
period count. What belongs to no campaign is a row (no campaign) per week and platform, after the others; include_unassigned: false
leaves these out. campaign_platform: that of the ad account, or of the leads. platform_level: platform or family.';
