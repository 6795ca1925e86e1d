-- Rows that are refused are kept whole, and one of them stops no other.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
-- Whatever a row is refused for, it is kept with all columns that it came with.
CREATE TABLE raw.spend (day text, campaign text, slot int, money numeric, unit text, note json, loaded_as text);
INSERT INTO raw.spend VALUES
    ('2025-05-01', 'c1', 1, 10, 'USD', '{"a": 1}', 'r1'), ('2025-05-01', 'c1', 2, 12, 'USD', '{"a": 2}', 'r2'), ('2025-05-01', 'c1', 3, 12, 'USD', '{"a": 3}', 'r3'),
    ('2025-05-01', '', 4, 24, 'USD', NULL, 'r4'), ('2025-05-02', 'c2', 5, 7, 'SEK', NULL, 'r5'), ('soon', 'c2', 6, 7, 'USD', NULL, 'r6'), ('2025-05-02', 'c3', 7, 7, 'USD', NULL, 'off');
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''", "campaign_id": "campaign", "spend": "money",
    "currency": "unit"}', options => '{"filter": "loaded_as <> ''off''"}') > 0 AS registered;
CALL analytics.refresh();
SELECT s.day, s.campaign, s.slot, s.unit, s.note, s.loaded_as, r.occurrences, left(r.reason, 50) AS reason
FROM warehouse.rejected_rows r, jsonb_to_record(r.source_row) s (day text, campaign text, slot int, unit text, note text, loaded_as text) ORDER BY s.loaded_as;
SELECT rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status();
-- So are those of a part that is read again, and a row that was repaired is none any more.
UPDATE raw.spend SET slot = 33 WHERE loaded_as = 'r3';
UPDATE raw.spend SET unit = 'USD' WHERE loaded_as = 'r5';
CALL analytics.refresh();
SELECT r.source_row ->> 'loaded_as' AS loaded_as, r.source_row ->> 'slot' AS slot FROM warehouse.rejected_rows r ORDER BY 1;

-- A cast that some row cannot stand refuses that row.
CREATE TABLE raw.deal (no int, who text, body jsonb, changed timestamptz DEFAULT '2025-05-05 10:00Z');
INSERT INTO raw.deal SELECT n, 'w' || n, jsonb_build_object('at', CASE n WHEN 3 THEN to_jsonb(1746000000) ELSE to_jsonb('2025-05-01T10:00:00+02:00'::text) END,
    'sum', CASE n WHEN 2 THEN '12 pcs' ELSE n || '.50' END) FROM generate_series(1, 5) n;
\set mapping '{"contract_id": "no", "client_id": "who", "signed_at": "(body ->> ''at'')::timestamptz", "amount": "(body ->> ''sum'')::numeric"}'
SELECT analytics.register_source('contracts', 'raw.deal', :'mapping') > 0 AS registered;
CALL analytics.refresh();
SELECT contract_id, signed_at AT TIME ZONE 'UTC' AS signed_at, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT row_key, reason, source_row -> 'body' ->> 'sum' AS sum FROM warehouse.rejected_rows WHERE entity = 'contracts' ORDER BY 1;
SELECT check_name, status, message FROM analytics.check_data_quality() WHERE subject LIKE 'contracts%' AND status <> 'pass' ORDER BY 1;
UPDATE raw.deal SET body = body || '{"sum": "200"}' WHERE no = 2;
CALL analytics.refresh();
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
-- Read from a watermark on, too. A mapping that cannot fail is tried as a whole again.
SELECT analytics.register_source('contracts', 'raw.deal', :'mapping'::jsonb || '{"updated_at": "changed"}') > 0 AS registered;
CALL analytics.refresh();
INSERT INTO raw.deal VALUES (6, 'w6', '{"at": "2025-05-06T10:00Z", "sum": "x"}', '2025-05-06 10:00Z'), (7, 'w7', '{"at": "2025-05-06T10:00Z", "sum": "70"}', '2025-05-06 10:00Z');
CALL analytics.refresh();
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'contracts' ORDER BY 1;
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "no", "client_id": "who", "signed_at": "body ->> ''at''", "amount": "body ->> ''sum''"}') > 0 AS registered;
CALL analytics.refresh();
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'contracts' ORDER BY 1;
SELECT w.row_by_row FROM warehouse.source_watermark w WHERE w.entity = 'contracts';

-- Random garbage in casts: what a cast can read is loaded with its value, anything else refused, and no row lost.
CREATE TABLE raw.sale AS
SELECT n AS id, 'p' || n % 50 AS client,
       (ARRAY['10.25', '-3', '1e2', ' 7 ', 'NaN', '', '12,5', '0x1A', 'seven', '٣', '1_000', '+4'])[1 + hashint4(n) & 7 + 4 * (n % 7 = 0)::int] AS total,
       (ARRAY['2025-04-01', '2025-04-31', 'yesterday?', '2025-04-02 10:00', '01.04.2025 25:00', '20250403'])[1 + abs(hashint4(n * 7)) % 6] AS at
FROM generate_series(1, 600) n;
SELECT analytics.register_source('transactions', 'raw.sale', '{"transaction_id": "id", "client_id": "client", "amount": "total::numeric", "occurred_at": "at::timestamp"}') > 0 AS registered;
CALL analytics.refresh();
CREATE FUNCTION pg_temp.is_cast(value text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('SELECT %L::%s', value, type) INTO found;
    RETURN found;
EXCEPTION WHEN OTHERS THEN
    RETURN 'cannot';
END
$$;
-- How many these are depends on what the server's version casts: 16 and later take 1_000 for a number.
SELECT count(*) AS sales, count(*) FILTER (WHERE w.is_loaded) > 200 AS loadable, count(t.transaction_id) > 200 AS loaded,
       count(*) FILTER (WHERE w.is_loaded IS DISTINCT FROM (t.transaction_id IS NOT NULL)) AS wrong,
       count(*) FILTER (WHERE t.amount IS DISTINCT FROM CASE WHEN w.is_loaded THEN COALESCE(pg_temp.is_cast(s.total, 'numeric')::numeric, 0) END) AS other_amount
FROM raw.sale s
LEFT JOIN warehouse.fact_transactions t ON t.transaction_id = s.id::text
CROSS JOIN LATERAL (SELECT COALESCE(pg_temp.is_cast(s.total, 'numeric') NOT IN ('cannot', 'NaN'), true) AND pg_temp.is_cast(s.at, 'timestamp') <> 'cannot' AS is_loaded) w;
SELECT rows_read, loaded + rejected AS told, deduplicated, loaded = (SELECT count(*) FROM warehouse.fact_transactions) AS there FROM analytics.refresh_status() WHERE entity = 'transactions';
