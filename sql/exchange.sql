-- Amounts in several currencies: converted at the rate of their day, restated where rates are.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.rate (date date, currency text, rate numeric);
INSERT INTO raw.rate VALUES ('2025-01-01', 'CAD', 0.7), ('2025-01-03', 'CAD', 0.75), ('2025-01-01', 'JPY', 0.0065);
-- The names of columns are those of the table of rates, which no expression may mistake for them.
CREATE TABLE raw.spend (date date, account_id int, campaign_id int, currency text, rate numeric);
INSERT INTO raw.spend VALUES ('2025-01-01', 1, 11, 'CAD', 100), ('2025-01-02', 1, 11, 'cad', 100), ('2025-01-03', 1, 11, 'CAD', 100), ('2025-01-03', 2, 12, 'USD', 50), ('2025-01-03', 3, 13, NULL, 5),
    ('2025-01-03', 4, 14, 'SEK', 9), ('2024-12-31', 1, 11, 'CAD', 8);
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"platform": "''google''", "spend": "rate"}', options => '{"exchange_rates": "raw.rate"}') > 0 AS registered;
SELECT options FROM analytics.source;
CREATE TABLE raw.deal (id int, person text, signed timestamptz, total text, unit text);
INSERT INTO raw.deal VALUES (1, 'a', '2025-01-03 10:00Z', '10000', 'JPY'), (2, 'b', '2025-01-02 23:30Z', '10', 'CAD'), (3, 'c', '2025-01-02 10:00Z', '--', 'CAD');
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "signed", "amount": "total", "currency": "unit"}', options => '{"exchange_rates": "raw.rate"}') > 0 AS registered;
CALL analytics.refresh();
SELECT date, account_id, spend, currency FROM warehouse.fact_campaign_performance_daily ORDER BY 1, 2;
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT reason, count(*) FROM warehouse.rejected_rows GROUP BY 1 ORDER BY 1;
-- By other means.
SELECT sum(CASE WHEN s.currency IS NULL OR upper(s.currency) = 'USD' THEN s.rate
                ELSE s.rate * (SELECT r.rate FROM raw.rate r WHERE r.currency = upper(s.currency) AND r.date = (SELECT max(o.date) FROM raw.rate o WHERE o.currency = r.currency AND o.date <= s.date)) END)
       = (SELECT sum(spend) FROM warehouse.fact_campaign_performance_daily) AS the_same
FROM raw.spend s;
SELECT check_name, subject, status FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation%' AND status NOT IN ('pass', 'warn');
INSERT INTO raw.rate VALUES ('2025-01-02', 'CAD', 0.8), ('2025-01-02', 'SEK', 0.1);
CALL analytics.refresh();
SELECT date, account_id, spend FROM warehouse.fact_campaign_performance_daily ORDER BY 1, 2;
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT spend, revenue FROM analytics.kpi('2025-01-01', '2025-01-31');
-- What was converted is there as it was, whatever the rates have become.
SELECT date, account_id, original_spend, original_currency, spend FROM warehouse.fact_campaign_performance_daily ORDER BY 1, 2;
SELECT contract_id, original_amount, original_currency, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT o.original_currency, o.spend, o.spend = r.spend AS as_in_the_source
FROM (SELECT original_currency, sum(original_spend) AS spend FROM warehouse.fact_campaign_performance_daily GROUP BY 1) o
JOIN (SELECT COALESCE(upper(s.currency), 'USD') AS currency, sum(s.rate) AS spend FROM raw.spend s WHERE s.date >= '2025-01-01' GROUP BY 1) r ON r.currency = o.original_currency
ORDER BY 1;
-- Profit is money, too; rows added up that are of several currencies have one sum, and none of those.
CREATE TABLE raw.till (id int, person text, at timestamptz, paid numeric, won numeric, unit text);
INSERT INTO raw.till VALUES (1, 'a', '2025-01-03 10:00Z', 200, 40, 'CAD'), (2, 'a', '2025-01-03 11:00Z', 200, 40, 'usd');
SELECT analytics.register_source('transactions', 'raw.till', '{"transaction_id": "id", "client_id": "person", "occurred_at": "at", "amount": "paid", "profit": "won", "currency": "unit"}',
    options => '{"exchange_rates": "raw.rate"}') > 0 AS registered;
CREATE TABLE raw.hours (date date, platform text, campaign_id int, hour int, spend numeric, conversions_value numeric, currency text);
INSERT INTO raw.hours VALUES ('2025-01-05', 'meta', 21, 1, 10, 100, 'CAD'), ('2025-01-05', 'meta', 21, 2, 20, 100, 'CAD'), ('2025-01-05', 'meta', 22, 1, 10, 100, 'CAD'), ('2025-01-05', 'meta', 22, 2, 10, 100, 'USD');
SELECT analytics.register_source('ad_performance', 'raw.hours', options => '{"exchange_rates": "raw.rate", "sum": ["hour"]}') > 0 AS registered;
-- An export may have both, and says so itself.
CREATE TABLE raw.both (id int, person text, at timestamptz, total numeric, paid numeric, paid_in text);
INSERT INTO raw.both VALUES (9, 'a', '2025-01-06 10:00Z', 75, 100, 'CAD');
SELECT analytics.register_source('contracts', 'raw.both', '{"contract_id": "id", "client_id": "person", "signed_at": "at", "amount": "total", "original_amount": "paid", "original_currency": "paid_in"}') > 0 AS registered;
CALL analytics.refresh();
SELECT transaction_id, amount, profit, original_amount, original_profit, original_currency FROM warehouse.fact_transactions ORDER BY 1;
SELECT campaign_id, spend, conversions_value, original_spend, original_conversions_value, original_currency FROM warehouse.fact_campaign_performance_daily WHERE date = '2025-01-05' ORDER BY 1;
SELECT contract_id, amount, original_amount, original_currency FROM warehouse.fact_contracts WHERE contract_id = '9';
SELECT reason FROM warehouse.rejected_rows ORDER BY 1;
-- Rates as a spreadsheet gives them: in text, by time of day, twice. The latest time of the day holds, and the higher of two of one time.
CREATE TABLE raw.sheet (date text, currency text, rate text);
INSERT INTO raw.sheet VALUES ('2025-01-02', 'CAD', '2'), ('2025-01-02 09:00', 'CAD', '3'), ('2025-01-02 18:00', 'CAD', '4'), ('2025-01-02 18:00', 'cad', '5'), ('2025-01-03', 'CAD', '0'),
    ('2025-01-03', 'JPY', '0.01');
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "signed", "amount": "total", "currency": "unit"}', options => '{"exchange_rates": "raw.sheet"}') > 0 AS registered;
CALL analytics.refresh();
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT analytics.register_source('contracts', 'raw.deal', options => '{"exchange_rates": "raw.deal"}');
