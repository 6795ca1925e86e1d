-- Ids that are one client: visitors who became known and merged contacts join their journeys, and come apart when a link is withdrawn.
\i test/fixture/reset.sql
\pset null (null)

SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.visits (id int, who text, at timestamptz, source text, medium text);
INSERT INTO raw.visits VALUES (1, 'cookie 1', '2025-05-01 10:00Z', 'google', 'cpc'), (2, 'ann', '2025-05-03 10:00Z', 'newsletter', 'email'), (3, 'tablet', '2025-05-02 10:00Z', 'facebook', 'cpc'),
    (4, 'bob', '2025-05-05 10:00Z', 'blog', 'referral');
CREATE TABLE raw.deals (id text, who text, at timestamptz, amount numeric);
INSERT INTO raw.deals VALUES ('k1', 'ann', '2025-05-04 10:00Z', 100), ('k2', 'bob', '2025-05-06 10:00Z', 50), ('k3', 'bob', '2025-05-07 10:00Z', 7);
CREATE TABLE raw.payments (id int, who text, at timestamptz, amount numeric);
INSERT INTO raw.payments VALUES (1, 'ann', '2025-05-04 11:00Z', 60), (2, 'ann (old)', '2025-05-14 11:00Z', 40), (3, 'bob', '2025-05-08 10:00Z', 57);
CREATE TABLE raw.same (client_id text, same_as text, since timestamptz);
SELECT count(*) FROM (
    SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "who", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium"}')
    UNION ALL SELECT analytics.register_source('contracts', 'raw.deals', '{"contract_id": "id", "client_id": "who", "signed_at": "at"}')
    UNION ALL SELECT analytics.register_source('transactions', 'raw.payments', '{"transaction_id": "id", "client_id": "who", "occurred_at": "at"}')
    UNION ALL SELECT analytics.register_source('identities', 'raw.same')) s;
CALL analytics.refresh();
CREATE VIEW pg_temp.story AS
SELECT d.client_id, (SELECT string_agg(e.event_id || COALESCE(' of ' || e.own_client_id, ''), ', ' ORDER BY e.touch_number) FROM warehouse.fact_events e WHERE e.client_key = d.client_key) AS touches,
       (SELECT count(*) FROM warehouse.fact_leads l WHERE l.client_key = d.client_key) AS leads,
       (SELECT string_agg(c.contract_id || ' by ' || c.attributed_platform, ', ' ORDER BY c.contract_id) FROM warehouse.fact_contracts c WHERE c.client_key = d.client_key) AS contracts, t.orders, t.amount
FROM warehouse.dim_clients d LEFT JOIN warehouse.customer_totals t USING (business_id, client_key) ORDER BY d.client_id COLLATE "C";
TABLE pg_temp.story;
-- A visitor becomes known, and a contact is merged into another, which is merged into a third.
INSERT INTO raw.same VALUES ('cookie 1', 'ann'), ('ann (old)', 'ann (older)'), ('ann (older)', 'ann'), ('ann', 'ann');
CALL analytics.refresh();
TABLE pg_temp.story;
SELECT client_id, canonical_id FROM warehouse.dim_identities ORDER BY client_id COLLATE "C";
-- What comes later of an id is the same client's.
INSERT INTO raw.visits VALUES (5, 'ann (older)', '2025-05-01 09:00Z', 'facebook', 'cpc');
INSERT INTO raw.payments VALUES (4, 'cookie 1', '2025-05-20 10:00Z', 5);
CALL analytics.refresh();
TABLE pg_temp.story;
-- A tablet that changed hands is its last owner's.
INSERT INTO raw.same VALUES ('tablet', 'ann', '2025-01-01Z'), ('tablet', 'bob', '2025-04-01Z');
CALL analytics.refresh();
TABLE pg_temp.story;
-- Links are withdrawn: each has what it came with.
DELETE FROM raw.same WHERE client_id <> 'ann (old)';
CALL analytics.refresh();
TABLE pg_temp.story;
SELECT client_id, canonical_id FROM warehouse.dim_identities ORDER BY client_id COLLATE "C";
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = 'identities';
CALL analytics.refresh();
TABLE pg_temp.story;
SELECT count(*) AS identities, (SELECT count(*) FROM warehouse.source_identities) AS links FROM warehouse.dim_identities;
SELECT check_name, subject, status FROM analytics.check_data_quality() WHERE status = 'fail';

-- Any links: the slow way is to follow all of them both ways, and of the ids that are reached to take the first that no link calls another's.
CREATE TABLE raw.links (case_no int, client_id text, same_as text);
INSERT INTO raw.links SELECT c, 'i' || abs(hashint4(c * 1000 + n)) % (10 + 5 * c), 'i' || abs(hashint4(c * 1000 - n)) % (10 + 5 * c) FROM generate_series(1, 6) c, generate_series(1, 6 + 3 * c) n
UNION ALL SELECT 7, 'i' || n, 'i' || n + 1 FROM generate_series(1, 200) n UNION ALL SELECT 8, 'i' || n + 1, 'i' || n FROM generate_series(1, 200) n
UNION ALL SELECT 9, 'i' || n % 50, 'i' || (n + 1) % 50 FROM generate_series(1, 50) n UNION ALL SELECT 10, 'i' || n, 'hub' FROM generate_series(1, 50) n UNION ALL SELECT 11, 'hub', 'i' || n FROM generate_series(1, 50) n;
TRUNCATE raw.same;
SELECT analytics.register_source('identities', 'raw.same') > 0 AS again;
CREATE TABLE raw.answer (case_no int, ids bigint, clients bigint, differ bigint);
DO $$
BEGIN
    FOR c IN 1 .. 11 LOOP
        DELETE FROM raw.same;
        INSERT INTO raw.same SELECT client_id, same_as FROM raw.links WHERE case_no = c;
        CALL analytics.refresh(entities => '{identities}', accept_loss => true);
        INSERT INTO raw.answer
        WITH RECURSIVE link AS (
            SELECT client_id AS one, same_as AS other FROM raw.same WHERE client_id <> same_as UNION SELECT same_as, client_id FROM raw.same WHERE client_id <> same_as
        ), reached AS (
            SELECT one AS id, one AS reached FROM link UNION SELECT r.id, l.other FROM reached r JOIN link l ON l.one = r.reached
        ), slow AS (
            SELECT id, (array_agg(reached ORDER BY reached IN (SELECT client_id FROM raw.same WHERE client_id <> same_as), reached COLLATE "C"))[1] AS canonical FROM reached GROUP BY id
        )
        SELECT c, count(*), count(DISTINCT s.canonical), count(*) FILTER (WHERE i.canonical_id IS DISTINCT FROM s.canonical)
        FROM slow s FULL JOIN warehouse.dim_identities i ON i.client_id = s.id;
    END LOOP;
END
$$;
TABLE raw.answer ORDER BY case_no;
