# The bridge between C++ and the server: errors, memory, cancel, malformed states. Uses the test module of test/bridge.
use strict;
use warnings;
use Cwd qw(abs_path);
use Time::HiRes qw(time sleep);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $module = abs_path('test/bridge/bridge.so') or die "make bridge-test first";
my $node = PostgreSQL::Test::Cluster->new('bridge');
$node->init;
$node->append_conf('postgresql.conf', "max_parallel_workers = 4\nrestart_after_crash = off\n");
$node->start;

$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION pg_marketing;
CREATE FUNCTION fail(kind text) RETURNS void LANGUAGE c STRICT AS '$module', 'marketing_bridge_fail';
CREATE FUNCTION spin(seconds float8) RETURNS bigint LANGUAGE c STRICT AS '$module', 'marketing_bridge_spin';
CREATE FUNCTION allocate(bytes bigint, chunk bigint, alignment int) RETURNS bigint LANGUAGE c STRICT AS '$module', 'marketing_bridge_allocate';
-- The outcome of a statement as text: its SQLSTATE, message, detail and hint, or 'ok'.
CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws('|', state, message, detail, hint);
END \$\$;
SQL

# Each kind of exception and what the user sees of it.
my %expected = (
    'invalid_parameter' => '22023|failed on request: invalid_parameter|the detail|the hint',
    'numeric_range' => '22003|failed on request: numeric_range|the detail|the hint',
    'malformed_binary' => '22P03|failed on request: malformed_binary|the detail|the hint',
    'limit_exceeded' => '54000|failed on request: limit_exceeded|the detail|the hint',
    'data_exception' => '22000|failed on request: data_exception|the detail|the hint',
    'std::domain_error' => '22003|the numbers are beyond what can be computed with||',
    'std::length_error' => '54000|the calculation would need more memory than there can be||',
    'std::overflow_error' => '22003|the numbers are beyond what can be computed with||',
    'std::runtime_error' => '22003|the numbers are beyond what can be computed with||',
    'std::bad_alloc' => '53200|out of memory|The calculation asked for more memory than the server can give.|',
    'std::logic_error' => 'XX000|failed on request: std::logic_error||',
    'int' => 'XX000|unexpected error in a pg_marketing kernel||',
);
for my $kind (sort keys %expected) {
    is($node->safe_psql('postgres', "SELECT outcome('SELECT fail(''$kind'')')"), $expected{$kind}, "exception $kind");
}
is($node->safe_psql('postgres', "SELECT s = '22023|' || m || '|' || m || '|' || m FROM outcome('SELECT fail(''long'')') s, LATERAL (SELECT 'x' || repeat('а', 255) AS m) t"),
    't', 'a long message is cut between two characters');

# Memory after 100,000 errors in one backend.
my $growth = $node->safe_psql('postgres', <<'SQL');
CREATE TABLE memory (place serial, contexts bigint, rss bigint);
CREATE FUNCTION fail_often(times int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. times LOOP
        BEGIN
            PERFORM fail('invalid_parameter');
            RAISE EXCEPTION 'it did not fail' USING ERRCODE = 'assert_failure';
        EXCEPTION WHEN invalid_parameter_value THEN NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION measure() RETURNS void LANGUAGE sql AS $$
    INSERT INTO memory (contexts, rss) SELECT (SELECT sum(total_bytes) FROM pg_backend_memory_contexts),
        1024 * substring(pg_read_file('/proc/self/status') FROM 'VmRSS:\s+(\d+) kB')::bigint $$;
SELECT fail_often(1000);
SELECT measure();
SELECT measure();
SELECT fail_often(50000);
SELECT fail_often(50000);
SELECT measure();
SELECT (SELECT contexts FROM memory WHERE place = 3) - (SELECT contexts FROM memory WHERE place = 2),
       (SELECT rss FROM memory WHERE place = 3) - (SELECT rss FROM memory WHERE place = 2);
SQL
my ($contexts, $rss) = (split /\n/, $growth)[-1] =~ /(-?\d+)\|(-?\d+)/;
note("100,000 errors: memory contexts grew by $contexts bytes, the process by $rss");
cmp_ok($contexts, '<', 1_000_000, '100,000 errors: the memory contexts grow by less than 1 MB');
cmp_ok($rss, '<', 1_000_000, '100,000 errors: the process grows by less than 1 MB');

# Cancel and timeout.
my $began = time;
my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET statement_timeout = '300ms';\nSELECT spin(120);");
like($err, qr/57014: .*statement timeout/, 'statement_timeout ends a kernel with 57014');
cmp_ok(time - $began, '<', 1.3, '... within a second');

my $script = PostgreSQL::Test::Utils::tempdir() . '/spin.sql';
append_to_file($script, "\\set VERBOSITY verbose\nSET application_name = 'spinner';\nSELECT spin(120);\nSELECT 'still here';\n");
my ($spin_out, $spin_err) = ('', '');
my $spinner = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $script], '<', \undef, '>', \$spin_out, '2>', \$spin_err, IPC::Run::timeout(60));
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'spinner' AND state = 'active' AND query LIKE '%spin(120)%'");
sleep 0.2;
$began = time;
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'spinner'");
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'spinner' AND state = 'active'");
cmp_ok(time - $began, '<', 1, 'pg_cancel_backend ends a kernel within a second');
$spinner->finish;
like($spin_err, qr/57014: .*user request/, '... with 57014');
is($spin_out, "still here\n", '... and the same session goes on');

# Memory that is not there. 2^47 bytes are more than an address space holds; the limit on the process makes small chunks fail.
is($node->safe_psql('postgres', "SELECT outcome('SELECT allocate(1, 1::bigint << 47, 8)')"),
    '53200|out of memory|The calculation asked for more memory than the server can give.|', 'one impossible allocation is 53200');
is($node->safe_psql('postgres', "SELECT outcome('SELECT allocate(1, 9223372036854775807, 64)')"),
    '53200|out of memory|The calculation asked for more memory than the server can give.|', 'so is a size that would overflow');
for my $alignment (0, 8, 64) {
    my $result = $node->safe_psql('postgres', <<"SQL");
SELECT pg_backend_pid() AS pid \\gset
\\setenv SERVER_PROCESS :pid
\\! prlimit --pid \$SERVER_PROCESS --as=1000000000
SELECT split_part(outcome('SELECT allocate(4000000000, 1000000, $alignment)'), '|', 1), :pid = pg_backend_pid(), count(*) FROM generate_series(1, 100000);
SQL
    is($result, '53200|t|100000', 'a process out of memory says 53200 and goes on: ' . ($alignment ? "alignment $alignment" : 'C++ heap'));
}
is($node->safe_psql('postgres', 'SELECT allocate(100000, 100, 64) + allocate(100000, 100, 16) + allocate(100000, 100, 8)'), '0',
    'memory has the alignment that was asked for');

# Malformed states of the aggregate journeys, as a worker or another node might send them.
$node->safe_psql('postgres', <<SQL);
CREATE FUNCTION corrupted_serialise(internal) RETURNS bytea LANGUAGE c STRICT PARALLEL SAFE AS '$module', 'marketing_bridge_corrupted_serialise';
CREATE AGGREGATE spoilt_journeys(client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any") (
    SFUNC = analytics_internal.journeys_transition, STYPE = internal, FINALFUNC = analytics_internal.journeys_final,
    COMBINEFUNC = analytics_internal.state_combine, SERIALFUNC = corrupted_serialise, DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE);
CREATE TABLE touch AS
    SELECT 'client ' || g % 3 AS client, timestamptz '2025-01-01 00:00Z' + g * interval '1 hour' AS ts, 't' || g AS id, 'key ' || g % 2 AS key,
           CASE WHEN g % 4 = 0 THEN g END AS value
    FROM generate_series(1, 8) g;
ANALYZE touch;
-- A filter that looks costly makes the planner share the scan out; the leader stays out of it, so that every state is sent.
CREATE FUNCTION costly(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000 AS 'BEGIN RETURN true; END';
ALTER TABLE touch SET (parallel_workers = 2);
CREATE FUNCTION spoil(how text, place int) RETURNS text LANGUAGE plpgsql
    SET parallel_setup_cost = 0 SET parallel_tuple_cost = 1000 SET min_parallel_table_scan_size = 0 SET parallel_leader_participation = off
    SET max_parallel_workers_per_gather = 2 AS \$\$
BEGIN
    PERFORM set_config('marketing_test.spoil', how, false), set_config('marketing_test.at', place::text, false);
    PERFORM spoilt_journeys(client, ts, id, key, true, value) FROM touch WHERE costly(id);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END \$\$;
CREATE TABLE spoilt (how text, place int, outcome text);
DO \$\$
DECLARE
    result text;
    place int := 0;
BEGIN
    -- Every byte at the beginning, then some of each part.
    WHILE place < 10000000 LOOP
        result := spoil('truncate', place);
        IF result = 'P0002' THEN
            INSERT INTO spoilt VALUES ('end', place, result);
            EXIT;
        END IF;
        INSERT INTO spoilt VALUES ('truncate', place, result), ('flip', place, spoil('flip', place));
        place := place + 1 + greatest(0, place - 200) / 20;
    END LOOP;
    INSERT INTO spoilt VALUES ('garbage', 0, spoil('garbage', 0)), ('nothing', 0, spoil('nothing', 0));
END \$\$;
SQL
is($node->safe_psql('postgres', "SELECT outcome FROM spoilt WHERE how = 'nothing'"), 'ok', 'a sound state is taken');
is($node->safe_psql('postgres', "SELECT outcome FROM spoilt WHERE how = 'end'"), 'P0002', 'states were sent by workers, and spoilt up to their end');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM spoilt WHERE how = 'truncate'"), '>', 100, 'a state of more than 100 bytes was cut everywhere');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT outcome, ',') FROM spoilt WHERE how IN ('truncate', 'garbage')"), '22P03',
    'garbage and states cut short are refused with 22P03');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT outcome, ',') FROM spoilt WHERE how = 'flip' AND outcome NOT IN ('ok', '22P03', '22023', '22003')"), '',
    'a state with any one byte changed is read or refused cleanly');
is($node->safe_psql('postgres', "SELECT outcome FROM spoilt WHERE how = 'flip' AND place = 0"), '22P03', 'a foreign tag is refused');
is($node->safe_psql('postgres', q{SELECT outcome($s$SELECT '\x0011'::analytics.journeys$s$) ~ '^22P03'}), 't', 'so is a malformed literal');
is($node->safe_psql('postgres', q{SELECT outcome($s$SELECT analytics_internal.journeys_in('nonsense')$s$) ~ '^22P03'}), 't', 'and one that is not hexadecimal');

# Nothing above took the server down: it would not have come back.
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server never restarted');
$node->stop;
done_testing();
