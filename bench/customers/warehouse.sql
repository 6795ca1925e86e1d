-- The same purchases as the facts of a warehouse, then the steps of the refresh that keep what the dashboard reads.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_marketing;
SELECT analytics.install();
INSERT INTO warehouse.settings (business_id) VALUES (1);
INSERT INTO warehouse.dim_clients (client_key, client_bucket, client_id, source_id, name, mobile)
SELECT c, analytics_internal.client_bucket(1, c::text), c, 1, 'Client ' || c % 400000, '+38050' || lpad(c::text, 7, '0') FROM (SELECT DISTINCT customer FROM bought) b (c);
ALTER TABLE warehouse.fact_transactions DROP CONSTRAINT fact_transactions_pkey;
INSERT INTO warehouse.fact_transactions (source_id, client_bucket, transaction_id, client_key, occurred_at, transaction_date, amount, quantity, profit)
SELECT 1, 0, row_number() OVER (), customer, day, day, amount, 1, amount / 4 FROM bought;
INSERT INTO warehouse.source (business_id, entity, relation, columns, options) VALUES (1, 'transactions', 'bought', '{}', '{}');
VACUUM ANALYZE warehouse.dim_clients, warehouse.fact_transactions;
INSERT INTO warehouse.pending_client SELECT business_id, client_key FROM warehouse.dim_clients;
DO $$
BEGIN
    PERFORM analytics_internal.run_step('purchases', 1, NULL, NULL, NULL);
    WHILE EXISTS (SELECT FROM warehouse.pending_client) LOOP
        PERFORM analytics_internal.run_step('journeys', 1, NULL, NULL, NULL);
    END LOOP;
END $$;
\timing on
SELECT (analytics_internal.run_step('customers', 1, NULL, NULL, NULL)).inserted AS cells;
\timing off
VACUUM ANALYZE warehouse.customer_totals, warehouse.customer_cell;
-- One customer buys on the day after: time passes for all.
INSERT INTO warehouse.fact_transactions (source_id, client_bucket, transaction_id, client_key, occurred_at, transaction_date, amount, quantity, profit)
SELECT 1, 0, 'next', client_key, last_date + 1, last_date + 1, 10, 1, 2 FROM warehouse.customer_totals ORDER BY last_date DESC, client_key LIMIT 1;
INSERT INTO warehouse.pending_client SELECT business_id, client_key FROM warehouse.fact_transactions WHERE transaction_id = 'next';
SELECT (analytics_internal.run_step('journeys', 1, NULL, NULL, NULL)).rows_read AS touches;
\timing on
SELECT (analytics_internal.run_step('customers', 1, NULL, NULL, NULL)).rows_read AS cells;
\timing off
