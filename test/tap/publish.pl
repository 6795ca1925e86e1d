# A published schema as PostgREST asks it: GET /rpc/NAME?ARGUMENT=VALUE is a call with named arguments that come out of JSON, in a transaction that
# only reads, by a role that may only read. Each published function answers as the one that it calls, and each published view as that of the extension.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('publish');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
SELECT analytics.load_demo();
SQL
$node->command_ok(['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', 'test/fixture/readers.sql'], 'questions to each reader are made');
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA published;
SELECT analytics.publish('published');
CREATE ROLE web_anon LOGIN;
SELECT analytics.grant_access('web_anon');
GRANT USAGE ON SCHEMA published TO web_anon;
CREATE TABLE readers.asked AS
    SELECT q.reader, q.variant, p.oid IS NULL AS is_missing,
           format('SELECT json_agg(a)::text FROM analytics.%I(%s) a', q.reader, l.named) AS directly,
           format('SELECT json_agg(a)::text FROM (SELECT json_build_object(%s) AS body) request%s, LATERAL published.%I(%s) a', l.body,
               CASE WHEN q.names <> '{}' THEN format(', LATERAL (SELECT * FROM json_to_record(request.body) AS _(%s) LIMIT 1) _', l.columns) END, n.published, l.taken) AS by_request
    FROM readers.questions() q
    CROSS JOIN LATERAL (SELECT CASE q.reader WHEN 'customer_values' THEN 'customer_value_buckets' ELSE q.reader END) n (published)
    CROSS JOIN LATERAL (
        SELECT string_agg(format('%I => %s', a.name, a.literal), ', ' ORDER BY a.place) AS named, string_agg(format('%L, %s::%s', a.name, a.literal, a.type), ', ' ORDER BY a.place) AS body,
               string_agg(format('%I %s', a.name, a.type), ', ' ORDER BY a.place) AS columns, string_agg(format('%1$I => _.%1$I', a.name), ', ' ORDER BY a.place) AS taken
        FROM unnest(q.names, q.types, q.literals) WITH ORDINALITY a (name, type, literal, place)) l
    LEFT JOIN pg_proc p ON p.pronamespace = 'published'::regnamespace AND p.proname = n.published
    -- They ask about a relation, which is none of the warehouse's.
    WHERE q.variant <> 'nulls' AND q.reader NOT IN ('suggest_mapping', 'metric_anomalies');
GRANT USAGE ON SCHEMA readers TO web_anon;
GRANT SELECT ON readers.asked TO web_anon;
SQL
cmp_ok($node->safe_psql('postgres', 'SELECT count(DISTINCT reader) FROM readers.asked'), '>', 70, 'questions');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT reader, ' ') FROM readers.asked WHERE is_missing"), '', 'each reader is published');
is($node->safe_psql('postgres', <<'SQL'), '', '... and each published function is asked');
SELECT string_agg(p.proname, ' ') FROM pg_proc p
WHERE p.pronamespace = 'published'::regnamespace
  -- The first tells another age of the data each time, the others compute with arrays of figures and read no warehouse.
  AND p.proname NOT IN ('check_data_quality', 'causal_impact', 'purchase_models_by') AND NOT EXISTS (SELECT FROM readers.asked a WHERE p.proname IN (a.reader, CASE a.reader WHEN 'customer_values' THEN 'customer_value_buckets' END))
SQL
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION readers.differing() RETURNS TABLE (reader text, variant text, problem text) LANGUAGE plpgsql AS $$
DECLARE
    expected text;
    found text;
BEGIN
    FOR reader, variant, expected, found IN SELECT a.reader, a.variant, a.directly, a.by_request FROM readers.asked a ORDER BY 1, 2 LOOP
        problem := NULL;
        BEGIN EXECUTE expected INTO expected; EXCEPTION WHEN OTHERS THEN expected := SQLSTATE || ' ' || SQLERRM; END;
        BEGIN EXECUTE found INTO found; EXCEPTION WHEN OTHERS THEN found := SQLSTATE || ' ' || SQLERRM; END;
        problem := CASE WHEN found IS DISTINCT FROM expected THEN format('%s instead of %s', left(found, 100), left(expected, 100)) WHEN found ~ '^(42|XX)' THEN found END;
        IF problem IS NOT NULL THEN RETURN NEXT; END IF;
    END LOOP;
END
$$;
SQL
is($node->safe_psql('postgres', 'BEGIN READ ONLY; SELECT * FROM readers.differing(); COMMIT', extra_params => ['-U', 'web_anon']), '', 'each answers as it does when called directly');
is($node->safe_psql('postgres', <<'SQL', extra_params => ['-U', 'web_anon']), '', 'and each view');
SELECT format('SELECT %L WHERE (SELECT json_agg(v)::text FROM published.%I v) IS DISTINCT FROM (SELECT json_agg(v)::text FROM analytics.%2$I v)', c.relname, c.relname)
FROM pg_class c WHERE c.relnamespace = 'published'::regnamespace AND c.relkind = 'v' ORDER BY 1 \gexec
SQL

$node->stop;
done_testing();
