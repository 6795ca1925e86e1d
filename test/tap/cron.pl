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
SELECT cron.schedule('refresh', '* * * * *', 'CALL analytics.refresh()');
SQL
ok($node->poll_query_until('postgres', "SELECT count(*) > 0 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')"), 'the job runs');
is($node->safe_psql('postgres', "SELECT cron.unschedule('refresh')"), 't', 'it is unscheduled');
is($node->safe_psql('postgres', "SELECT status || '|' || command FROM cron.job_run_details ORDER BY runid LIMIT 1"), 'succeeded|CALL analytics.refresh()', 'it succeeds');
is($node->safe_psql('postgres', "SELECT status, count(*) FROM warehouse.refresh_run GROUP BY status"), 'succeeded|1', 'the log of the warehouse says so too');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT xmin::text) > 3 FROM warehouse.refresh_step'), 't', 'each step was a transaction');
is($node->safe_psql('postgres', "SELECT leads FROM analytics.kpi('2025-01-01', '2025-01-31')"), '40', 'the warehouse is filled');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
$node->stop;
done_testing();
