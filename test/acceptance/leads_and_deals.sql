-- 8,000 marketing leads with their origin and the 842 deals they became; some deals were won before the first contact.
\ir prelude.sql
CREATE TABLE raw.leads (mql_id text, first_contact_date date, landing_page_id text, origin text);
\set copy '\\copy raw.leads from ' :data_dir '/attribution/olist_mql.csv csv header'
:copy
CREATE TABLE raw.deals (mql_id text, seller_id text, sdr_id text, sr_id text, won_date timestamp, business_segment text, lead_type text,
    lead_behaviour_profile text, has_company text, has_gtin text, average_stock text, business_type text, declared_product_catalog_size numeric,
    declared_monthly_revenue numeric);
\set copy '\\copy raw.deals from ' :data_dir '/attribution/olist_closed_deals.csv csv header'
:copy
SELECT analytics.configure(currency => 'BRL', reporting_timezone => 'America/Sao_Paulo');
SELECT analytics.register_source('events', 'raw.leads', '{"event_id": "mql_id", "client_id": "mql_id", "occurred_at": "first_contact_date", "source_type": "origin", "utm_medium": "origin"}');
SELECT analytics.register_source('contracts', 'raw.deals', '{"contract_id": "seller_id", "client_id": "mql_id", "signed_at": "won_date", "amount": "declared_monthly_revenue", "event_id": "mql_id"}');
CALL analytics.refresh();

SELECT pg_temp.same('leads', count(*), 8000::bigint) FROM warehouse.fact_leads;
SELECT pg_temp.same('contracts', count(*), 842::bigint) FROM warehouse.fact_contracts;
SELECT pg_temp.same('contracts of leads', sum(n_contracts), 842::bigint) FROM warehouse.fact_leads;
SELECT pg_temp.same('revenue', revenue, (SELECT sum(declared_monthly_revenue)::numeric(18,4) FROM raw.deals)) FROM analytics.kpi('2017-01-01', '2018-12-31');
SELECT pg_temp.same('shares', sum(share_pct), 100.0) FROM analytics.share_platforms('2017-01-01', '2018-12-31');
SELECT pg_temp.same('leads by share', sum(leads), 8000::numeric) FROM analytics.share_platforms('2017-01-01', '2018-12-31');
-- The deals won before the first contact are reported by name: the same ones that the raw tables show.
CREATE TEMP TABLE early AS SELECT jsonb_agg(seller_id ORDER BY seller_id) AS names, count(*) AS n FROM raw.deals JOIN raw.leads USING (mql_id) WHERE won_date < first_contact_date;
SELECT pg_temp.same('there are such deals', n > 0, true) FROM early;
SELECT pg_temp.same('the check is there', count(*), 1::bigint) FROM analytics.check_data_quality() WHERE check_name = 'contract_after_first_touch';
SELECT pg_temp.same('deals won before the first contact', q.sample, e.names), pg_temp.same('how many', q.failed_rows, e.n)
FROM analytics.check_data_quality() q, early e WHERE q.check_name = 'contract_after_first_touch';
-- Each month, from the raw rows.
SELECT pg_temp.same('leads of ' || m::date, k.leads, (SELECT count(*) FROM raw.leads WHERE date_trunc('month', first_contact_date) = m)),
       pg_temp.same('deals of those leads', k.n_contracts, (SELECT count(*) FROM raw.deals JOIN raw.leads USING (mql_id) WHERE date_trunc('month', first_contact_date) = m))
FROM generate_series(timestamp '2017-06-01', '2018-05-01', '1 month') m, LATERAL analytics.kpi(m::date, (m + interval '1 month - 1 day')::date) k;
