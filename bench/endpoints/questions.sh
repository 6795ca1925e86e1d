# The questions of bench/endpoints/run: name, endpoint, and the same answer from the facts by the plainest SQL that gives it, where plain SQL does.
# All endpoints of docs/migration.md are here, and two more that dashboards ask.
spend="(SELECT date, platform, campaign_id, sum(spend) AS spend, sum(clicks) AS clicks, sum(impressions) AS impressions FROM warehouse.fact_campaign_performance_daily
    WHERE business_id = :business AND date BETWEEN :a AND :b GROUP BY date, platform, campaign_id)"
lead="(SELECT l.created_date AS date, l.*, c.campaign_id, c.campaign_name FROM warehouse.fact_leads l LEFT JOIN warehouse.dim_campaigns c USING (business_id, campaign_key)
    WHERE l.business_id = :business AND l.created_date BETWEEN :a AND :b)"
flat() { tr '\n' ' ' <<<"$1"; }
spend=$(flat "$spend")
lead=$(flat "$lead")

question kpi \
    "SELECT * FROM analytics.kpi(:a, :b, business_id => :business);" \
    "SELECT l.*, s.spend, s.spend / nullif(l.leads, 0), l.revenue / nullif(s.spend, 0) FROM (SELECT count(*) AS leads, sum(n_contracts) AS contracts, sum(contract_amount) AS revenue FROM $lead l) l, (SELECT sum(spend) AS spend FROM $spend s) s;"
question trend_leads \
    "SELECT * FROM analytics.trend_leads(:a, :b, business_id => :business);" \
    "SELECT d::date, count(l.date) FROM generate_series(:a::timestamp, :b, '1 day') d LEFT JOIN $lead l ON l.date = d::date GROUP BY d ORDER BY d;"
question trend_spend \
    "SELECT * FROM analytics.trend_spend(:a, :b, business_id => :business);" \
    "SELECT d::date, coalesce(sum(s.spend), 0) FROM generate_series(:a::timestamp, :b, '1 day') d LEFT JOIN $spend s ON s.date = d::date GROUP BY d ORDER BY d;"
question kpi_timeseries \
    "SELECT * FROM analytics.kpi_timeseries(:a, :b, 'week', business_id => :business);" \
    "SELECT * FROM (SELECT date_trunc('week', date) AS week, count(*) AS leads, sum(n_contracts), sum(contract_amount) FROM $lead l GROUP BY 1) l FULL JOIN (SELECT date_trunc('week', date) AS week, sum(spend) FROM $spend s GROUP BY 1) s USING (week) ORDER BY week;"
question campaigns \
    "SELECT * FROM analytics.campaigns(:a, :b, business_id => :business);" \
    "SELECT * FROM (SELECT campaign_id, campaign_name, count(*) AS leads, sum(n_contracts), sum(contract_amount) FROM $lead l GROUP BY 1, 2) l FULL JOIN (SELECT campaign_id, sum(spend) AS spend FROM $spend s GROUP BY 1) s USING (campaign_id) ORDER BY spend DESC NULLS LAST LIMIT 50;"
question share_platforms \
    "SELECT * FROM analytics.share_platforms(:a, :b, business_id => :business);" \
    "SELECT platform, count(*), 100.0 * count(*) / sum(count(*)) OVER () FROM $lead l GROUP BY platform ORDER BY 2 DESC;"
question utm_sources \
    "SELECT * FROM analytics.utm_sources(:a, :b, business_id => :business);" \
    "SELECT platform, utm_source, count(*), sum(n_contracts), sum(contract_amount) FROM $lead l GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50;"
question paid_split_platforms \
    "SELECT * FROM analytics.paid_split_platforms(:a, :b, business_id => :business);" \
    "SELECT platform, count(*) FILTER (WHERE is_paid), count(*) FROM $lead l GROUP BY 1 ORDER BY 3 DESC;"
question product_performance \
    "SELECT * FROM analytics.product_performance(:a, :b, business_id => :business);" \
    "SELECT product_id, count(*), sum(n_contracts), sum(contract_amount) FROM $lead l GROUP BY 1 ORDER BY 4 DESC LIMIT 50;"
question campaigns_wow \
    "SELECT * FROM analytics.campaigns_wow(:a, :b, business_id => :business);" \
    "SELECT * FROM (SELECT campaign_id, count(*) AS leads FROM $lead l GROUP BY 1) l FULL JOIN (SELECT campaign_id, sum(spend) AS spend FROM $spend s GROUP BY 1) s USING (campaign_id) FULL JOIN (SELECT campaign_id, count(*) AS leads_prev FROM ${lead//:a AND :b/(:a - (:b - :a + 1)) AND (:a - 1)} l GROUP BY 1) lp USING (campaign_id) FULL JOIN (SELECT campaign_id, sum(spend) AS spend_prev FROM ${spend//:a AND :b/(:a - (:b - :a + 1)) AND (:a - 1)} s GROUP BY 1) sp USING (campaign_id) ORDER BY leads DESC NULLS LAST LIMIT 20;"
question campaign_performance \
    "SELECT * FROM analytics.campaign_performance(:a, :b, business_id => :business);" \
    "SELECT campaign_id, campaign_name, count(*), sum(n_contracts), sum(contract_amount) FROM $lead l WHERE campaign_id IS NOT NULL GROUP BY 1, 2 HAVING sum(n_contracts) > 0 ORDER BY 5 DESC LIMIT 50;"
question metrics_trend \
    "SELECT * FROM analytics.metrics_trend(:a, :b, business_id => :business);" \
    "SELECT * FROM (SELECT date, count(*) AS leads FROM $lead l GROUP BY 1) l FULL JOIN (SELECT date, sum(spend), sum(clicks), sum(impressions) FROM $spend s GROUP BY 1) s USING (date) ORDER BY date;"
question campaigns_weekly \
    "SELECT * FROM analytics.campaigns_weekly('google', :a, :b, business_id => :business);" \
    "SELECT * FROM (SELECT date_trunc('week', date) AS week, campaign_id, count(*) AS leads, sum(n_contracts), sum(contract_amount) FROM $lead l WHERE platform = 'google' GROUP BY 1, 2) l FULL JOIN (SELECT date_trunc('week', date) AS week, campaign_id, sum(spend) FROM $spend s WHERE platform = 'google' GROUP BY 1, 2) s USING (week, campaign_id) ORDER BY 1, 2;"
question summary \
    "SELECT * FROM analytics.summary(:business);" \
    "SELECT count(*), count(DISTINCT client_key), count(*) FILTER (WHERE touch_number = 1), count(DISTINCT platform), (SELECT count(*) FROM warehouse.fact_contracts WHERE business_id = :business), (SELECT sum(amount) FROM warehouse.fact_contracts WHERE business_id = :business) FROM warehouse.fact_events WHERE business_id = :business;"
question reco_budget \
    "SELECT * FROM analytics.reco_budget(:a, :b, business_id => :business);"
question scatter_matrix \
    "SELECT * FROM analytics.scatter_matrix(:a, :b, business_id => :business);" \
    "SELECT campaign_id, campaign_name, leads, spend, spend / leads FROM (SELECT campaign_id, campaign_name, count(*) AS leads FROM $lead l WHERE campaign_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) >= 3) l LEFT JOIN (SELECT campaign_id, sum(spend) AS spend FROM $spend s GROUP BY 1) s USING (campaign_id) ORDER BY spend DESC NULLS LAST LIMIT 50;"
question anomalies \
    "SELECT * FROM analytics.anomalies(:a, :b, business_id => :business);"
question events_funnel \
    "SELECT * FROM analytics.events_funnel(:a, :b, business_id => :business);" \
    "SELECT e.*, c.campaign_id, c.campaign_name FROM warehouse.fact_events e LEFT JOIN warehouse.dim_campaigns c USING (business_id, campaign_key) WHERE e.business_id = :business AND e.event_date BETWEEN :a AND :b ORDER BY e.occurred_at, e.source_id, e.event_id LIMIT 100;"
question contracts_multi_touch \
    "SELECT * FROM analytics.contracts_multi_touch(:a, :b, business_id => :business);" \
    "SELECT k.contract_id, k.amount, k.attributed_platform, j.touches, j.journey FROM warehouse.fact_contracts k LEFT JOIN LATERAL (SELECT count(*) AS touches, array_agg(e.platform ORDER BY e.touch_number) AS journey FROM warehouse.fact_events e WHERE e.business_id = k.business_id AND e.client_key = k.client_key AND e.occurred_at <= k.signed_at) j ON true WHERE k.business_id = :business AND k.signed_date BETWEEN :a AND :b ORDER BY k.signed_at DESC LIMIT 100;"
question platforms_touches \
    "SELECT * FROM analytics.platforms_touches(:a, :b, business_id => :business);" \
    "SELECT platform, count(*), count(DISTINCT client_key), count(*) FILTER (WHERE is_contract) FROM warehouse.fact_events WHERE business_id = :business AND event_date BETWEEN :a AND :b GROUP BY 1 ORDER BY 2 DESC;"
question platforms_contracts \
    "SELECT * FROM analytics.platforms_contracts(:a, :b, business_id => :business);" \
    "SELECT attributed_platform, count(*), sum(amount) FROM warehouse.fact_contracts WHERE business_id = :business AND signed_date BETWEEN :a AND :b GROUP BY 1 ORDER BY 2 DESC;"
question campaign_funnel \
    "SELECT * FROM analytics.campaign_funnel('google', :a, :b, business_id => :business);" \
    "SELECT * FROM (SELECT campaign_key, count(*) FILTER (WHERE touch_number = 1), count(DISTINCT client_key) FROM warehouse.fact_events WHERE business_id = :business AND event_date BETWEEN :a AND :b AND platform = 'google' GROUP BY 1) e FULL JOIN (SELECT campaign_key, count(*) AS leads, sum(n_contracts), sum(contract_amount) FROM $lead l WHERE platform = 'google' GROUP BY 1) l USING (campaign_key);"
question contracts_enriched \
    "SELECT * FROM analytics.contracts_enriched(:a, :b, business_id => :business);" \
    "SELECT k.*, d.name, c.campaign_name FROM warehouse.fact_contracts k LEFT JOIN warehouse.dim_clients d USING (business_id, client_key) LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.attributed_campaign_key WHERE k.business_id = :business AND k.signed_date BETWEEN :a AND :b ORDER BY k.signed_at DESC LIMIT 100;"
# What each post earned, from daily figures: those of the demo and of setup.sql are such.
post="(SELECT m.platform, m.content_id, m.date, m.views, m.clicks, m.likes + m.shares + m.comments AS engagement FROM warehouse.fact_content_metrics m WHERE m.business_id = :business AND m.date BETWEEN :a AND :b)"
question content_overview \
    "SELECT * FROM analytics.content_overview(:business, :b - :a + 1, :b);" \
    "SELECT count(DISTINCT (platform, content_id)), sum(views), sum(engagement), 100.0 * sum(engagement) / sum(views) FROM $post p;"
question content_performance \
    "SELECT * FROM analytics.content_performance(:business, 10, :b - :a + 1, :b);" \
    "SELECT c.title, p.* FROM (SELECT platform, content_id, sum(views) AS views, sum(engagement) AS engagement FROM $post p GROUP BY 1, 2) p JOIN warehouse.fact_content c ON c.business_id = :business AND (c.platform, c.content_id) = (p.platform, p.content_id) ORDER BY p.engagement DESC LIMIT 10;"
question content_platforms \
    "SELECT * FROM analytics.content_platforms(:business, :b - :a + 1, :b);" \
    "SELECT platform, count(DISTINCT content_id), sum(views), sum(engagement) FROM $post p GROUP BY 1 ORDER BY 4 DESC;"
question content_trends \
    "SELECT * FROM analytics.content_trends(:business, greatest(7, :b - :a + 1), :b);" \
    "SELECT date, sum(views), sum(engagement) FROM $post p GROUP BY 1 ORDER BY 1;"
question content_insights \
    "SELECT * FROM analytics.content_insights(:business, as_of => :b);"
question customer_dashboard \
    "SELECT analytics.customer_dashboard(business_id => :business);"
