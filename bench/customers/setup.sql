-- Deterministic data: :purchases of a tenth as many customers in two years, in an order of chance; some buy often, most seldom.
CREATE UNLOGGED TABLE bought AS
SELECT (c.h % GREATEST(1, c.h % (:purchases / 10)))::int AS customer, date '2023-01-01' + (c.g % 730)::int AS day, (c.g % 20000) / 100.0::float8 AS amount
FROM (SELECT hashint8(i)::bigint & 2147483647 AS h, hashint8(i + 77777777777)::bigint & 2147483647 AS g FROM generate_series(1, :purchases::bigint) i) c;
VACUUM ANALYZE bought;
