# pg_cron runs the refresh: a job of a background worker, without a client.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $library = `pg_config --pkglibdir`;
chomp $library;
plan skip_all => "pg_cron is not installed for this server ($library/pg_cron.so)" unless -e "$library/pg_cron.so";

my $node = PostgreSQL::Test::Cluster->new('cron');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\ncron.use_background_workers = on\nmax_worker_processes = 20\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_cron;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.events (event_id int, client_id int, occurred_at timestamptz, utm_source text);
INSERT INTO raw.events SELECT g, g % 40, '2025-01-01 12:00Z', 'newsletter' FROM generate_series(1, 100) g;
SELECT analytics.register_source('events', 'raw.events');
SELECT analytics.schedule_refresh('* * * * *');
SELECT analytics.request_refresh();
SQL
ok($node->poll_query_until('postgres', "SELECT count(DISTINCT jobid) = 2 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')"), 'both jobs run');
$node->safe_psql('postgres', "SELECT cron.schedule('of somebody else', '0 0 1 1 *', 'SELECT 1')");
is($node->safe_psql('postgres', 'SELECT analytics.unschedule_refresh(), (SELECT count(*) FROM cron.job)'), '2|3', 'they are unscheduled');
is($node->safe_psql('postgres', 'SELECT analytics.unschedule_refresh(), (SELECT string_agg(jobname, chr(44)) FROM cron.job)'), '0|of somebody else', 'and the jobs of others stay');
is($node->safe_psql('postgres', "SELECT DISTINCT command || ': ' || status FROM cron.job_run_details ORDER BY 1"),
    "CALL analytics.refresh(): succeeded\nCALL analytics.refresh_requested(): succeeded", 'they succeed');
# Where both begin at the same moment, one of them is skipped.
is($node->safe_psql('postgres', "SELECT count(*) FILTER (WHERE status = 'succeeded') > 0, count(*) FILTER (WHERE status NOT IN ('succeeded', 'skipped')) FROM warehouse.refresh_run"),
    't|0', 'the log of the warehouse says so too');
# A request that met the other job waits for the next minute; the jobs are gone, so it is served here.
is($node->safe_psql('postgres', 'CALL analytics.refresh_requested(); SELECT count(*) FROM warehouse.refresh_request WHERE taken_at IS NULL'), '0', 'the request was served');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT xmin::text) > 3 FROM warehouse.refresh_step'), 't', 'each step was a transaction');
is($node->safe_psql('postgres', "SELECT leads FROM analytics.kpi('2025-01-01', '2025-01-31')"), '40', 'the warehouse is filled');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
$node->stop;
done_testing();
