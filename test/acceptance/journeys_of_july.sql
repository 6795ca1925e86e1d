-- 62,483 touches of 7,896 customers with 1,838 conversions, and the daily cost of the same five channels: from raw tables through
-- registered sources and a refresh to the credits that window functions and two other engines agree on.
\ir prelude.sql
CREATE TABLE raw.touches (line bigserial, customer_id text, time text, interaction text, conversion int, conversion_value numeric, channel text);
\set copy '\\copy raw.touches (customer_id, time, interaction, conversion, conversion_value, channel) from ' :data_dir '/attribution/si05_attribution_data.csv csv header'
:copy
CREATE TABLE raw.spend (day date, channel text, impressions bigint, cost double precision);
\set copy '\\copy raw.spend from ' :data_dir '/attribution/matcyt_budget_sample_daily.csv csv header'
:copy
CREATE TABLE raw.oracle (channel text, first float8, last float8, linear float8, time_decay float8, position_based float8,
    first_value float8, last_value float8, linear_value float8, time_decay_value float8);
\set copy '\\copy raw.oracle from ' :data_dir '/attribution/oracle_sql_si05_by_channel.csv csv header'
:copy
CREATE VIEW raw.conversions AS SELECT * FROM raw.touches WHERE conversion = 1;

SELECT analytics.register_source('events', 'raw.touches',
    '{"event_id": "line", "client_id": "customer_id", "occurred_at": "time", "utm_source": "channel", "source_type": "interaction"}');
SELECT analytics.register_source('contracts', 'raw.conversions',
    '{"contract_id": "line", "event_id": "line", "client_id": "customer_id", "signed_at": "time", "amount": "conversion_value"}');
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "channel", "spend": "cost"}');
CALL analytics.refresh();

SELECT pg_temp.same('events', count(*), 62483::bigint) FROM warehouse.fact_events;
SELECT pg_temp.same('clients', count(*), 7896::bigint) FROM warehouse.dim_clients;
SELECT pg_temp.same('leads', count(*), 7896::bigint) FROM warehouse.fact_leads;
SELECT pg_temp.same('contracts', count(*), 1838::bigint) FROM warehouse.fact_contracts;
SELECT pg_temp.same('value', sum(amount), 11423.5) FROM warehouse.fact_contracts;
SELECT pg_temp.close('spend of the warehouse', (SELECT sum(spend) FROM warehouse.campaign_roi_daily), (SELECT sum(cost) FROM raw.spend), 1e-9);
SELECT pg_temp.same('kpi', (leads, n_contracts, revenue, round(spend, 3)), (7896::bigint, 1838::bigint, 11423.5000, (SELECT round(sum(cost)::numeric, 3) FROM raw.spend)))
FROM analytics.kpi('2018-07-01', '2018-07-31');
SELECT pg_temp.same('failed checks', count(*), 0::bigint) FROM analytics.check_data_quality() WHERE status = 'fail';

-- The reader: conversions to 1e-9; its revenue is money, so to the ten-thousandth, adding up exactly.
CREATE TEMP TABLE found AS
SELECT * FROM analytics.attribution('2018-07-01', '2018-07-31', '{first,last,linear,time_decay,position_based}', 'utm_source',
    lookback => '1000 days', half_life => '7 days', cycle => 'since_previous');
CREATE TEMP VIEW expected AS
SELECT o.channel, m.* FROM raw.oracle o, LATERAL (VALUES ('first', first, first_value), ('last', last, last_value), ('linear', linear, linear_value),
    ('time_decay', time_decay, time_decay_value), ('position_based', position_based, NULL)) m (model, conversions, value);
SELECT pg_temp.same('credits compared', count(*), 25::bigint) FROM found JOIN expected e ON e.channel = found.key AND e.model = found.model;
SELECT pg_temp.close(model || ' of ' || channel, f.conversions, e.conversions, 1e-9), pg_temp.close('revenue by ' || model || ' of ' || channel, f.revenue::float8, e.value, 1e-4)
FROM expected e LEFT JOIN found f USING (model) WHERE f.key = e.channel AND e.value IS NOT NULL;
SELECT pg_temp.close(model || ' of ' || channel, f.conversions, e.conversions, 1e-9) FROM expected e LEFT JOIN found f USING (model) WHERE f.key = e.channel AND e.value IS NULL;
SELECT pg_temp.same('revenue by ' || model, sum(revenue), 11423.5000) FROM found GROUP BY model;

-- The kernel on the same rows: counts and values to 1e-9.
CREATE TEMP TABLE credit AS
SELECT c.* FROM (
    SELECT analytics.journeys(r.client_key, r.at, r.touch, r.key, false, r.amount) AS journeys FROM (
        SELECT client_key, occurred_at AS at, touch_number AS touch, utm_source AS key, NULL::numeric AS amount FROM warehouse.fact_events
        UNION ALL SELECT client_key, signed_at, NULL, NULL, amount FROM warehouse.fact_contracts) r) j,
    analytics.attribution_credit(j.journeys, '{first,last,linear,time_decay,position_based}', lookback => NULL, half_life => '7 days', cycle => 'since_previous') c;
SELECT pg_temp.same('kernel credits', count(*), 25::bigint) FROM credit;
SELECT pg_temp.close('kernel ' || model || ' of ' || channel, c.conversions, e.conversions, 1e-9), pg_temp.close('kernel value by ' || model || ' of ' || channel, c.value, COALESCE(e.value, c.value), 1e-9)
FROM expected e LEFT JOIN credit c USING (model) WHERE c.key = e.channel;

-- Cost stands beside the credit where ads are counted by the same dimension.
SELECT pg_temp.same('channels with cost', count(*), 5::bigint) FROM analytics.attribution('2018-07-01', '2018-07-31') WHERE spend > 0 AND cpa IS NOT NULL AND roas IS NOT NULL;

-- Again: nothing changes.
CALL analytics.refresh('full');
SELECT pg_temp.same('rows changed by a second refresh', sum(inserted + updated + deleted), 0::numeric) FROM warehouse.refresh_step WHERE run_id = 2;
