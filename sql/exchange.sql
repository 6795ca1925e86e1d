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
SELECT reason FROM warehouse.rejected_rows ORDER BY 1;
-- Rates as a spreadsheet gives them: in text, by time of day, twice. The latest time of the day holds, and the higher of two of one time.
CREATE TABLE raw.sheet (date text, currency text, rate text);
INSERT INTO raw.sheet VALUES ('2025-01-02', 'CAD', '2'), ('2025-01-02 09:00', 'CAD', '3'), ('2025-01-02 18:00', 'CAD', '4'), ('2025-01-02 18:00', 'cad', '5'), ('2025-01-03', 'CAD', '0'),
    ('2025-01-03', 'JPY', '0.01');
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "signed", "amount": "total", "currency": "unit"}', options => '{"exchange_rates": "raw.sheet"}') > 0 AS registered;
CALL analytics.refresh();
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT analytics.register_source('contracts', 'raw.deal', options => '{"exchange_rates": "raw.deal"}');
