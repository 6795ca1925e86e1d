-- Whatever a source holds, each of its rows is loaded, deduplicated or refused with a reason; and what is mended at the source comes in.
-- For each entity: each of its columns, once with each value below, beside rows that are sound, repeated and contradictory.
\i test/fixture/reset.sql
\set ECHO none
CREATE SCHEMA raw;
\o /dev/null
SELECT analytics.install();
\o

-- long: a megabyte that hardly compresses, so that it fits into no index row.
CREATE TABLE raw.garbage (name text PRIMARY KEY, value text);
INSERT INTO raw.garbage VALUES ('missing', NULL), ('empty', ''), ('blank', E' \t '), ('word', 'abc'), ('negative', '-1'), ('huge', '1e20'), ('very negative', '-1e30'), ('too huge', '1e400'),
    ('not a number', 'NaN'), ('infinity', 'Infinity'), ('two numbers', '1.5 UAH'), ('comma', '5,5'), ('other digits', U&'\0663'), ('no such day', '2025-02-30'), ('no such hour', '2025-02-10 25:00'),
    ('long ago', '0001-01-01'), ('far away', '9999-12-31'), ('relative', 'tomorrow'), ('control characters', E'\x01\x02\x1b[31m\x7f'), ('zero width', U&'\200B\FEFF\200F'), ('replacement', U&'\FFFD\FFFD'),
    ('surrogate escape', '\ud800'), ('bytes as text', encode('\xc328ff00', 'escape')), ('percent bytes', 'https://x.example/?utm_source=%FF%FE%00&gclid=%ED%A0%80'),
    ('format', '%s %I %1$L {} $$ \'), ('quotes', E'\';--"'), ('combining', 'e' || repeat(U&'\0301', 5000)), ('emoji', repeat(U&'\+01F600', 300)), ('currency', 'XTS'),
    ('long', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 32768) i));

-- The value of a column in a sound row.
CREATE FUNCTION raw.sound(kind text, name text, id text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN name = 'currency' THEN 'USD' WHEN name = 'sentiment' THEN '0.5' WHEN name = 'client_id' THEN 'c' || length(id) % 7 WHEN kind = 'key' THEN id WHEN kind = 'platform' THEN 'google'
        WHEN kind = 'timestamp' THEN '2025-03-01 10:00' WHEN kind = 'date' THEN '2025-03-01' WHEN kind IN ('number', 'count') THEN '5' WHEN kind = 'boolean' THEN 'true' ELSE 'x' END
$$;

CREATE TABLE raw.hooks (id text, who text, at text, payload json, parts json[]);
INSERT INTO raw.hooks VALUES ('1', 'a', '2025-03-01', '{"a": "\ud800"}', '{}'), ('2', 'a', 'soon', '{"a": "\ud800"}', ARRAY['"\u0000"'::json]), (NULL, 'a', '2025-03-01', '{"n": 1}', NULL);

-- One table of text for each entity, dated or not: raw.undated_clients, raw.dated_clients ... id, spoilt and garbage are not mapped.
CREATE FUNCTION raw.make(entity text, dated boolean, business bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := CASE WHEN dated THEN 'raw.dated_' ELSE 'raw.undated_' END || entity;
    own_key text := k FROM analytics.entity e, unnest(e.key) k WHERE e.entity = make.entity AND (k LIKE '%\_id' AND k <> 'account_id' OR k IN ('industry', 'name')) LIMIT 1;
    columns text := string_agg(quote_ident(c.name), ', ' ORDER BY c.position) FROM analytics.entity_column c WHERE c.entity = make.entity AND c.name <> 'updated_at';
    sound text := string_agg(format('raw.sound(%L, %L, r.id)', CASE WHEN c.name = own_key THEN 'key' ELSE c.kind END, CASE WHEN c.name = own_key THEN 'own' ELSE c.name END), ', ' ORDER BY c.position)
        FROM analytics.entity_column c WHERE c.entity = make.entity AND c.name <> 'updated_at';
    spoilt record;
BEGIN
    EXECUTE format('CREATE TABLE %s (id text, spoilt text, garbage text, %s)', name, replace(columns, ', ', ' text, ') || ' text' || CASE WHEN dated THEN ', updated_at timestamptz DEFAULT now()' ELSE '' END);
    EXECUTE format('INSERT INTO %s (id, %s) SELECT r.id, %s FROM (SELECT ''s'' || i AS id FROM generate_series(1, 3) i UNION ALL SELECT ''twice'' FROM generate_series(1, 2) i) r', name, columns, sound);
    FOR spoilt IN SELECT c.name, g.name AS garbage, g.value FROM analytics.entity_column c, raw.garbage g
        -- A megabyte in each column of each table would only take its time.
        WHERE c.entity = make.entity AND c.name <> 'updated_at' AND (g.name <> 'long' OR c.kind IN ('key', 'text') OR c.name IN (own_key, 'name', 'mobile'))
            AND (NOT dated OR g.name IN ('missing', 'word', 'negative', 'huge', 'no such day', 'long ago', 'control characters', 'currency')) ORDER BY 1, 2 LOOP
        EXECUTE format('INSERT INTO %s (id, spoilt, garbage, %s) SELECT r.id, %L, %L, %s FROM (SELECT %L::text AS id) r', name, columns, spoilt.name, spoilt.garbage, sound, spoilt.name || ' ' || spoilt.garbage);
        EXECUTE format('UPDATE %s SET %I = $1 WHERE id = $2', name, spoilt.name) USING spoilt.value, spoilt.name || ' ' || spoilt.garbage;
    END LOOP;
    -- One key, other content.
    EXECUTE format('INSERT INTO %s (id, spoilt, garbage, %s) SELECT ''other content'', %L, ''repeated'', %s FROM (SELECT ''s1''::text AS id) r', name, columns, own_key, sound);
    EXECUTE format('UPDATE %s SET %I = $1 WHERE id = ''other content''', name, (SELECT c.name FROM analytics.entity_column c WHERE c.entity = make.entity AND c.name <> ALL (
        SELECT unnest(e.key) FROM analytics.entity e WHERE e.entity = make.entity) AND c.name NOT IN ('currency', 'sentiment', 'updated_at') ORDER BY c.kind <> 'number', c.position LIMIT 1)) USING '7';
    PERFORM analytics.register_source(entity, name::regclass, business_id => business);
END
$$;
-- What was spoilt is made sound.
CREATE FUNCTION raw.mend(entity text, dated boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := CASE WHEN dated THEN 'raw.dated_' ELSE 'raw.undated_' END || entity;
    own_key text := k FROM analytics.entity e, unnest(e.key) k WHERE e.entity = mend.entity AND (k LIKE '%\_id' AND k <> 'account_id' OR k IN ('industry', 'name')) LIMIT 1;
    columns text := string_agg(format('%I = raw.sound(%L, %L, id)', c.name, CASE WHEN c.name = own_key THEN 'key' ELSE c.kind END, CASE WHEN c.name = own_key THEN 'own' ELSE c.name END), ', ')
        FROM analytics.entity_column c WHERE c.entity = mend.entity AND c.name <> 'updated_at';
BEGIN
    EXECUTE format('UPDATE %s SET %s WHERE spoilt IS NOT NULL', name, columns || CASE WHEN dated THEN ', updated_at = now() + interval ''1 minute''' ELSE '' END);
END
$$;
-- Each source: what became of its rows, beside the tables.
CREATE FUNCTION raw.accounts(business bigint) RETURNS TABLE (entity text, rows_there bigint, rows_read bigint, loaded bigint, in_warehouse bigint, deduplicated bigint, rejected bigint, accounted boolean)
    LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT r.*, e.place FROM analytics.refresh_status() r JOIN analytics.entity e USING (entity) WHERE r.business_id = business ORDER BY e.place LOOP
        EXECUTE format('SELECT count(*) FROM %s', s.relation) INTO rows_there;
        SELECT s.entity, s.rows_read, s.loaded, s.deduplicated, s.rejected INTO entity, rows_read, loaded, deduplicated, rejected;
        in_warehouse := analytics_internal.in_warehouse(business, s.source_id, s.entity);
        accounted := rows_there = rows_read AND rows_read = loaded + deduplicated + rejected AND loaded = in_warehouse
            AND rejected = (SELECT COALESCE(sum(x.occurrences), 0) FROM warehouse.rejected_rows x WHERE x.source_id = s.source_id);
        RETURN NEXT;
    END LOOP;
END
$$;
\o /dev/null
SELECT raw.make(entity, false, 1), raw.make(entity, true, 2) FROM analytics.entity ORDER BY place;
\o
\set ECHO all
CALL analytics.refresh();
SELECT * FROM raw.accounts(1);
-- Sources that say when rows changed, with some of these values.
SELECT * FROM raw.accounts(2);
-- The reasons, without the values.
SELECT entity, regexp_replace(regexp_replace(reason, '".*"', '...'), '^(\S+) .*(?= (is (below|out of|not USD|not between|not a)))', '\1 ...') AS reason, sum(occurrences)
FROM warehouse.rejected_rows WHERE business_id = 1 GROUP BY 1, 2 ORDER BY 1, 2;
-- json that is no jsonb is kept as the text it is.
SELECT analytics.register_source('events', 'raw.hooks', '{"event_id": "id", "client_id": "who", "occurred_at": "at"}', business_id => 3) > 0;
CALL analytics.refresh(business_id => 3);
SELECT * FROM raw.accounts(3);
SELECT reason, source_row FROM warehouse.rejected_rows WHERE business_id = 3 ORDER BY 1;
-- A refresh of nothing leaves all as it is.
CALL analytics.refresh();
SELECT bool_and(accounted) FROM (SELECT * FROM raw.accounts(1) UNION ALL SELECT * FROM raw.accounts(2)) a;
SELECT sum(inserted + updated + deleted) FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name LIKE 'load %';
-- Mended at the source, all rows come in.
\o /dev/null
SELECT raw.mend(entity, false), raw.mend(entity, true) FROM analytics.entity;
\o
CALL analytics.refresh();
SELECT * FROM raw.accounts(1);
SELECT bool_and(accounted), sum(rejected) FROM raw.accounts(2);
SELECT count(*) FROM warehouse.rejected_rows;
SELECT status, count(*) FROM analytics.check_data_quality(1) WHERE check_name LIKE 'reconciliation%' GROUP BY 1;
