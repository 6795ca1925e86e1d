-- Customers as ad platforms match them: the examples of their documentation, numbers of many countries, and who cannot be matched and why.
\i test/fixture/reset.sql
SET TimeZone = 'UTC';
\set VERBOSITY terse
SELECT analytics.audience('Champions', 'meta');
SELECT analytics.install();
CREATE SCHEMA raw;
-- As Meta's customer information parameters and Google's Data Manager API give them, digests included where they do.
CREATE TABLE raw.people (id text, email text, phone text, meta_email text, google_email text, e164 text, email_problem text, phone_problem text);
INSERT INTO raw.people VALUES
    ('a', ' John_Smith@gmail.com ', '(650)555-1212', 'john_smith@gmail.com', 'john_smith@gmail.com', '+16505551212', NULL, NULL),
    ('b', 'Cloudy.SanFrancisco+Shopping@Gmail.com', '(800)555-0100', 'cloudy.sanfrancisco+shopping@gmail.com', 'cloudysanfrancisco@gmail.com', '+18005550100', NULL, NULL),
    ('c', 'user.name+NYC@Example.com', '+1 (650) 555-1212 ext. 12', 'user.name+nyc@example.com', 'user.name+nyc@example.com', '+16505551212', NULL, NULL),
    ('d', 'Jane.Doe+Shopping@googlemail.com', '1-650-555-1212', 'jane.doe+shopping@googlemail.com', 'janedoe@googlemail.com', '+16505551212', NULL, NULL),
    ('e', E'\u00a0ЮРІЙ@Приклад.УКР\t', 'tel:+380 50 123-45-67', 'юрій@приклад.укр', 'юрій@приклад.укр', '+380501234567', NULL, NULL),
    ('f', 'a@@b.com', 'call me', NULL, NULL, NULL, 'malformed', 'malformed'),
    ('g', 'a@localhost', '555-12', NULL, NULL, NULL, 'malformed', 'malformed'),
    ('h', 'a@b..com', '+999999999999999999', NULL, NULL, NULL, 'malformed', 'malformed'),
    ('i', '+tag@gmail.com', '', '+tag@gmail.com', NULL, NULL, NULL, 'missing'),
    ('j', NULL, NULL, NULL, NULL, NULL, 'missing', 'missing'),
    ('k', 'Ann <ann@example.com>', '+1 150 555 1212', NULL, NULL, NULL, 'malformed', 'malformed');
SELECT analytics.register_source('clients', 'raw.people', '{"client_id": "id", "mobile": "phone"}');
CALL analytics.refresh();
SELECT count(*) AS clients, count(email) AS emails, (SELECT data_type FROM information_schema.columns WHERE table_schema = 'warehouse' AND table_name = 'dim_clients' AND column_name = 'email') FROM warehouse.dim_clients;
CREATE FUNCTION raw.digest(plain text) RETURNS text LANGUAGE sql AS $$ SELECT encode(sha256(convert_to(plain, 'UTF8')), 'hex') $$;
SELECT raw.digest('john_smith@gmail.com') = '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f' AS email_of_meta,
       raw.digest('16505551212') = 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176' AS phone_of_meta;
SELECT p.id, m.hashed_email IS NOT DISTINCT FROM raw.digest(p.meta_email) AS meta_email, m.hashed_phone IS NOT DISTINCT FROM raw.digest(ltrim(p.e164, '+')) AS meta_phone,
       g.hashed_email IS NOT DISTINCT FROM raw.digest(p.google_email) AS google_email, g.hashed_phone IS NOT DISTINCT FROM raw.digest(p.e164) AS google_phone,
       m.email_problem IS NOT DISTINCT FROM p.email_problem AND m.phone_problem IS NOT DISTINCT FROM p.phone_problem AS problems, g.email_problem
FROM raw.people p
JOIN warehouse.dim_clients d ON d.client_id = p.id
JOIN analytics.audience(NULL, 'meta', ARRAY(SELECT client_key FROM warehouse.dim_clients), country_code => '1') m USING (client_key)
JOIN analytics.audience(NULL, 'google', ARRAY(SELECT client_key FROM warehouse.dim_clients), country_code => '+1') g USING (client_key)
ORDER BY 1;
-- A number says where it is from, or the argument does, or the setting.
SELECT hashed_phone IS NULL AS none, phone_problem, count(*) FROM analytics.audience(NULL, 'meta', ARRAY(SELECT client_key FROM warehouse.dim_clients)) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT (analytics.configure(country_code => '1')).country_code;
SELECT hashed_phone IS NULL AS none, phone_problem, count(*) FROM analytics.audience(NULL, 'meta', ARRAY(SELECT client_key FROM warehouse.dim_clients)) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT (analytics.configure(country_code => '')).country_code IS NULL AS none;
SELECT analytics.configure(country_code => '0038');
SELECT analytics.configure(country_code => 'UA');

-- How people write numbers, country by country.
SELECT v.phone, v.code, n.number, n.problem, (n.number, n.problem) IS NOT DISTINCT FROM (v.number, v.problem) AS right_one
FROM (VALUES
    ('050 123 45 67', '380', '+380501234567', NULL), ('380501234567', '380', '+380501234567', NULL), ('501234567', '380', '+380501234567', NULL), ('0038 050 123 45 67', '380', '+380501234567', NULL), ('+380 050 123 45 67', NULL, '+380501234567', NULL),
    ('+44 (0)20 7946 0958', NULL, '+442079460958', NULL), ('020 7946 0958', '44', '+442079460958', NULL), ('0044 20 7946 0958', NULL, '+442079460958', NULL), ('020 7946 0958 x12', '44', '+442079460958', NULL),
    ('030/123456', '49', '+4930123456', NULL), ('+49–151–2345 6789', NULL, '+4915123456789', NULL), ('015123456789', '49', '+4915123456789', NULL),
    ('06 1234 5678', '39', '+390612345678', NULL), ('393 123 4567', '39', '+393931234567', NULL), ('39 393 123 4567', '39', '+393931234567', NULL),
    ('8 (701) 234-56-78', '7', '+77012345678', NULL), ('701 234 56 78', '7', '+77012345678', NULL), ('77012345678', '7', '+77012345678', NULL),
    ('9123456789', '91', '+919123456789', NULL), ('919123456789', '91', '+919123456789', NULL), ('09123456789', '91', '+919123456789', NULL),
    ('55 99123-4567', '55', '+5555991234567', NULL), ('5555991234567', '55', '+5555991234567', NULL), ('45 12 34 56', '45', '+4545123456', NULL), ('4545123456', '45', '+4545123456', NULL),
    ('06 30 123 4567', '36', '+36301234567', NULL), ('8 029 123 45 67', '375', '+375291234567', NULL), ('861234567', '370', '+37061234567', NULL), ('07 01 02 03 04', '225', '+2250701020304', NULL),
    ('011 44 20 7946 0958', '1', '+442079460958', NULL), ('650.555.1212', '1', '+16505551212', NULL), ('650 555 121', '1', NULL, 'malformed'), ('800-FLOWERS', '1', NULL, 'malformed'),
    ('650 555 1212', NULL, NULL, 'no country code'), ('++380501234567', NULL, NULL, 'malformed'), ('+0501234567', '380', NULL, 'malformed'), (E' \u00a0 ', '380', NULL, 'missing'), ('٠٥٠١٢٣٤٥٦٧', '380', NULL, 'malformed')
) v (phone, code, number, problem), LATERAL analytics_internal.international_phone(v.phone, v.code) n;
-- What is normal stays: a number in its international form is itself, with any code.
SELECT count(*) AS numbers, count(*) FILTER (WHERE again.number IS DISTINCT FROM first.number) AS moved
FROM generate_series(1, 2000) i, unnest('{1,7,30,39,44,45,49,52,55,91,225,380,998}'::text[]) code,
     LATERAL analytics_internal.international_phone(code || (2000000000 + i * 3599773::bigint), code) first, LATERAL analytics_internal.international_phone(first.number, code) again;

-- Segments, and what is asked beside them; all of whom somebody asks for are answered.
CREATE TABLE raw.sales AS SELECT i AS transaction_id, (ARRAY['a', 'b', 'c', 'd', 'e', 'f'])[1 + i * i % 6] AS client_id, date '2025-01-01' + i * 5 AS occurred_at, 10 * i AS amount FROM generate_series(1, 40) i;
SELECT analytics.register_source('transactions', 'raw.sales');
CALL analytics.refresh();
SELECT segment, array_agg(d.client_id ORDER BY d.client_id) AS members,
       array_agg(d.client_id ORDER BY d.client_id) = ARRAY(SELECT client_id FROM analytics.audience(segment, 'google') a JOIN warehouse.dim_clients USING (client_key) ORDER BY 1) AS same
FROM analytics.customer_rfm() c JOIN warehouse.dim_clients d USING (client_key) GROUP BY segment ORDER BY segment;
SELECT segment, count(*) AS customers, count(*) = (SELECT count(*) FROM analytics.audience(segment, 'google', as_of => '2025-02-01')) AS same FROM analytics.customer_rfm('2025-02-01') GROUP BY segment ORDER BY segment;
SELECT d.client_id AS both FROM analytics.audience('Potential Loyalists', 'google', ARRAY(SELECT client_key FROM warehouse.dim_clients WHERE client_id IN ('a', 'b'))) JOIN warehouse.dim_clients d USING (client_key);
SELECT a.client_key, a.hashed_email, a.email_problem, a.phone_problem, a.business FROM analytics.audience(NULL, 'meta', '{-1,NULL,-1}') a;
SELECT count(*) AS nobody FROM analytics.audience(NULL, 'meta', '{}');
SELECT count(*) AS elsewhere, count(*) FILTER (WHERE email_problem = 'no such client') AS strangers FROM analytics.audience(NULL, 'meta', ARRAY(SELECT client_key FROM warehouse.dim_clients), business_id => 2);
-- What makes no sense is said.
\set VERBOSITY default
SELECT analytics.audience('Champions', NULL);
SELECT analytics.audience('Champions', 'tiktok');
SELECT analytics.audience(NULL, 'meta');
SELECT analytics.audience('Champion', 'meta');
SELECT analytics.audience('Champions', 'meta', scheme => 'none');
SELECT analytics.audience('Champions', 'meta', scheme => NULL);
SELECT analytics.audience('Champions', 'meta', country_code => 'US');
\set VERBOSITY terse
-- A client whose list no longer has him keeps no address.
DELETE FROM raw.people WHERE id = 'a';
CALL analytics.refresh(accept_loss => true);
SELECT email, mobile FROM warehouse.dim_clients WHERE client_id = 'a';
-- Digests tell who somebody is to whoever has the list: an analyst gets none.
CREATE ROLE regress_audience;
SELECT analytics.grant_access('regress_audience', 'analyst');
SET ROLE regress_audience;
SELECT count(*) FROM analytics.audience('Champions', 'meta');
SELECT email FROM warehouse.dim_clients;
RESET ROLE;
SELECT analytics.grant_access('regress_audience', 'reader');
SET ROLE regress_audience;
SELECT count(*) > 0 AS reads FROM analytics.audience('Champions', 'meta');
RESET ROLE;
DROP OWNED BY regress_audience;
DROP ROLE regress_audience;
DROP SCHEMA raw CASCADE;
