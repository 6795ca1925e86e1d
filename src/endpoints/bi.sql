-- What functions compute, for tools that read tables alone: each view asks a function for every business that the reader may see.
-- The daily views, which need no function, are the warehouse's own.

CREATE VIEW analytics.v_segments WITH (security_invoker = true) AS
SELECT t.as_of_day AS date_day, t.business AS business_id, s.customer::bigint AS client_key, k.segment, s.r, s.f, s.m, s.recency_days,
       s.frequency, s.monetary::numeric(18,4) AS monetary, s.last_day AS last_purchase
FROM analytics_internal.rfm_tables(NULL, NULL) t
CROSS JOIN LATERAL analytics.rfm_scores(t.customers, t.as_of_day) s
LEFT JOIN analytics.rfm_segments('dashboard') k ON k.r = s.r AND k.f = s.f AND k.m = s.m;
COMMENT ON VIEW analytics.v_segments IS
'RFM scores and segment of each customer
As of the last purchase: see customer_rfm().';

CREATE VIEW analytics.v_customer_value WITH (security_invoker = true) AS
SELECT d.last_day AS date_day, v.business AS business_id, v.client_key, v.client_id, v.p_alive, v.expected_purchases, v.expected_spend,
       v.clv, v.clv_low, v.clv_high, v.purchases, v.total_spend, v.first_purchase, v.last_purchase
FROM analytics.customer_value(row_limit => 2147483647) v
JOIN analytics.date_bounds() d ON d.business = v.business AND d.kind = 'purchases';
COMMENT ON VIEW analytics.v_customer_value IS 'What each customer is worth within a year; see customer_value()';

CREATE VIEW analytics.v_cohorts WITH (security_invoker = true) AS
SELECT c.cohort AS date_day, b.business AS business_id, c.k AS months_later, c.period, c.size, c.customers, c.retention, c.orders,
       c.revenue, c.cumulative_revenue_per_customer, c.is_partial
FROM analytics_internal.businesses(NULL) b
CROSS JOIN LATERAL analytics.cohorts('month', business_id => b.business) c;
COMMENT ON VIEW analytics.v_cohorts IS
'Customers by the month of their first purchase, and who of them bought later
See cohorts().';

CREATE VIEW analytics.v_attribution_weekly WITH (security_invoker = true) AS
SELECT a.period_start AS date_day, d.business AS business_id, a.model, a.key AS platform, a.conversions, a.revenue, a.spend, a.assisted,
       a.currency
FROM analytics.date_bounds() d
CROSS JOIN LATERAL analytics.attribution(
    date_trunc('week', d.last_day::timestamp)::date - 175, d.last_day, '{first,last,linear,time_decay,u_shaped,last_paid}', 'platform',
    business_id => d.business, granularity => 'week') a
WHERE d.kind = 'contracts' AND d.last_day IS NOT NULL;
COMMENT ON VIEW analytics.v_attribution_weekly IS
'Contracts of the last 26 weeks, credited to platforms by six models
See attribution().';

CREATE VIEW analytics.v_advice WITH (security_invoker = true) AS
SELECT d.last_day AS date_day, d.business AS business_id, r.platform, r.campaign_id, r.campaign_name, r.action, r.change_pct,
       r.recommended_spend, r.spend_cur AS spend, r.leads_cur AS leads, r.contracts_cur AS contracts, r.roas_expected, r.p_better,
       r.evidence, r.reason, r.currency
FROM analytics.date_bounds() d
CROSS JOIN LATERAL analytics.reco_budget(d.last_day - 27, d.last_day, 2147483647, business_id => d.business) r
WHERE d.kind = 'ads' AND d.last_day IS NOT NULL;
COMMENT ON VIEW analytics.v_advice IS 'What to do with each campaign, by the last four weeks; see reco_budget()';

CREATE VIEW analytics.v_forecast WITH (security_invoker = true) AS
SELECT f.dt AS date_day, b.business AS business_id, m.metric, f.platform, f.forecast, f.low, f.high, f.model
FROM analytics_internal.businesses(NULL) b
CROSS JOIN unnest('{leads,contracts,revenue,spend}'::text[]) m (metric)
CROSS JOIN LATERAL analytics.forecast_metric(m.metric, 28, 'platform', business_id => b.business) f;
COMMENT ON VIEW analytics.v_forecast IS 'The next 28 days of each platform, with a 90 % interval; see forecast_metric()';

CREATE VIEW analytics.v_maturity WITH (security_invoker = true) AS
SELECT w.first_day AS date_day, d.business AS business_id, m.platform, m.leads, m.n_contracts AS contracts, m.maturity_pct,
       m.contracts_expected, m.contracts_low, m.contracts_high, m.revenue, m.revenue_expected, m.revenue_low, m.revenue_high, m.currency
FROM analytics.date_bounds() d
CROSS JOIN LATERAL (
    SELECT g.day::date AS first_day
    FROM generate_series(date_trunc('week', d.last_day::timestamp) - interval '12 weeks', d.last_day::timestamp, '1 week') g (day)) w
CROSS JOIN LATERAL analytics.maturity(
    w.first_day, w.first_day + 6, level => 'platform', row_limit => 2147483647, business_id => d.business) m
WHERE d.kind = 'leads' AND d.last_day IS NOT NULL;
COMMENT ON VIEW analytics.v_maturity IS
'Leads of the last 13 weeks by platform, and the contracts to come of them
One row per week and platform: see maturity().';

DO $$
DECLARE
    meanings constant jsonb := '{"date_day": "The day: of the answer, or the first of its week or month", "business_id": "The business",
        "client_key": "The customer: key of warehouse.dim_clients", "client_id": "The customer, as the sources name it",
        "segment": "Segment of the scheme dashboard", "r": "Score of recency, 5 is best", "f": "Score of frequency, 5 is best",
        "m": "Score of money, 5 is best", "recency_days": "Days since the last purchase", "frequency": "Orders",
        "monetary": "What was paid, refunds taken off", "last_purchase": "Day of the last purchase",
        "first_purchase": "Day of the first purchase",
        "p_alive": "Probability that the customer has not left", "expected_purchases": "Days of purchase to expect within a year",
        "expected_spend": "Money to expect of a day of purchase", "clv": "Worth of the purchases within a year, discounted",
        "clv_low": "Lower end of its 90 % interval", "clv_high": "Upper end of its 90 % interval", "purchases": "Days of purchase so far",
        "total_spend": "Money so far", "months_later": "Months after the first purchase, 0 for its own",
        "period": "First day of the month in which they bought", "size": "Customers of the cohort", "customers": "Those of them who bought",
        "retention": "customers / size", "orders": "Orders", "revenue": "Revenue", "is_partial": "Whether the month has not ended",
        "cumulative_revenue_per_customer": "Revenue per customer of the cohort, up to and with this month",
        "model": "Model of attribution, or of the forecast", "platform": "The platform: what is credited, or the level of the answer",
        "conversions": "Contracts credited, with fractions", "spend": "Spend", "assisted": "Contracts whose journeys met it",
        "currency": "Currency of the amounts", "campaign_id": "The campaign, as the ad platform names it", "campaign_name": "Its name",
        "action": "scale, pause or monitor", "change_pct": "How much to change its spend, in percent",
        "recommended_spend": "Spend to aim at, for as long a period", "leads": "Leads", "contracts": "Contracts so far",
        "roas_expected": "Return of the spend once its leads have had the time to sign",
        "p_better": "Probability that it meets the target", "evidence": "How much there is to go by", "reason": "Why, in a sentence",
        "metric": "leads, contracts, revenue or spend", "forecast": "What to expect on the day", "low": "Lower end of the 90 % interval",
        "high": "Upper end of the 90 % interval", "maturity_pct": "Share of the contracts of such leads that are signed at their age",
        "contracts_expected": "Contracts to expect at full maturity", "contracts_low": "Lower end of their 90 % interval",
        "contracts_high": "Upper end of their 90 % interval", "revenue_expected": "Revenue to expect at full maturity",
        "revenue_low": "Lower end of its 90 % interval", "revenue_high": "Upper end of its 90 % interval"}';
BEGIN
    PERFORM analytics_internal.comment_columns(c.oid, meanings)
    FROM pg_class c
    WHERE c.relnamespace = 'analytics'::regnamespace AND c.relname LIKE E'v\\_%';
END
$$;
GRANT SELECT ON analytics.v_segments, analytics.v_customer_value, analytics.v_cohorts, analytics.v_attribution_weekly, analytics.v_advice,
    analytics.v_forecast, analytics.v_maturity TO PUBLIC;
