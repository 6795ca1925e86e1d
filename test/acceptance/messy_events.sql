-- A messy event file: text timestamps, no ids, repeated steps, channels in free text. Every row is accounted for.
\ir prelude.sql
CREATE TABLE raw.messy (user_id text, at text, step text, channel text, flag text);
\set copy '\\copy raw.messy from ' :data_dir '/attribution/damabytes_anonymized_attribution.csv csv header'
:copy
-- What such files also hold.
INSERT INTO raw.messy VALUES (NULL, '2025-02-10 09:56:25', '1', 'Email', '0'), ('', '2025-02-10', '1', 'Email', '0'), ('x1', 'yesterday', '1', 'Email', '0'),
    ('x2', '2025-02-30 10:00:00', '1', 'Email', '0'), ('x3', '2025-02-10 25:00:00', '1', 'Email', '0'), ('x4', '2025-02-10 10:00:00', '1', repeat('channel ', 200000), '0'),
    ('x5', '2025-02-10 10:00:00', '1', NULL, '0'), ('x5', '2025-02-10 10:00:00', '1', NULL, '0');
SELECT analytics.register_source('events', 'raw.messy', '{"event_id": "user_id || ''-'' || step", "client_id": "user_id", "occurred_at": "at", "utm_source": "channel"}');
CREATE VIEW raw.conversions AS SELECT * FROM raw.messy WHERE flag = '1';
SELECT analytics.register_source('contracts', 'raw.conversions', '{"contract_id": "user_id || ''-'' || step", "client_id": "user_id", "signed_at": "at", "event_id": "user_id || ''-'' || step"}');
CALL analytics.refresh();

SELECT pg_temp.same('the source was read', count(*), 1::bigint) FROM warehouse.source_watermark WHERE entity = 'events';
SELECT pg_temp.same('refused rows are kept', count(*) > 0, true) FROM warehouse.rejected_rows WHERE entity = 'events';
SELECT pg_temp.same('rows read', rows_read, (SELECT count(*) FROM raw.messy)), pg_temp.same('accounted for', loaded + deduplicated + rejected, rows_read),
       pg_temp.same('refused', rejected, 5::bigint), pg_temp.same('repeated', deduplicated, 1::bigint)
FROM warehouse.source_watermark WHERE entity = 'events';
SELECT pg_temp.same('reasons: ' || reason, true, reason ~ 'missing|cannot read') FROM warehouse.rejected_rows WHERE entity = 'events';
SELECT pg_temp.same('events', count(*), (SELECT count(DISTINCT (user_id, step)) FROM raw.messy) - 5) FROM warehouse.fact_events;
SELECT pg_temp.same('conversions', count(*), (SELECT count(*) FROM raw.conversions)) FROM warehouse.fact_contracts;
SELECT pg_temp.same('channels lost', count(*), 0::bigint) FROM (SELECT DISTINCT left(btrim(channel), 150) AS c FROM raw.messy EXCEPT SELECT utm_source FROM warehouse.fact_events) x WHERE c IS NOT NULL;
SELECT pg_temp.same('failed checks', count(*), 0::bigint) FROM analytics.check_data_quality() WHERE status = 'fail';
SELECT pg_temp.same('conversions credited', round(sum(conversions)::numeric, 6), (SELECT count(*) FROM raw.conversions)::numeric)
FROM analytics.attribution('2020-01-01', '2030-01-01', '{linear}', 'utm_source');
