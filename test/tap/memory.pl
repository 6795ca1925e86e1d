# A refresh needs no more memory than work_mem, hash_mem_multiplier and temp_buffers allow, however many rows there are: what does not fit goes to disk.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'needs /proc' unless -e "/proc/$$/status";

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
# Pages of the shared buffers that a backend has touched count as its memory, too: there are few.
$node->append_conf('postgresql.conf', "shared_buffers = 16MB\nmax_wal_size = 4GB\njit = off\nmax_parallel_workers_per_gather = 0\n");
$node->start;

# The highest resident memory of a backend that loads so many events and refreshes fully once more, and what it put on disk for want of memory,
# both in MB.
sub peak
{
    my ($events, $work_mem) = @_;
    my $database = lc "events_${events}_$work_mem";
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, <<SQL);
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE UNLOGGED TABLE raw.events AS
SELECT i AS event_id, i * 7919 % ($events / 10) AS client_id, timestamptz '2024-01-01' + i * 104729 % 31536000 * interval '1 second' AS occurred_at,
       (ARRAY['google', 'facebook', 'newsletter', NULL, 'partner'])[1 + i % 5] AS utm_source, (ARRAY['cpc', 'cpc', 'email', NULL, 'referral'])[1 + i % 5] AS utm_medium,
       CASE WHEN i % 5 < 2 THEN 'c' || i % 500 END AS utm_campaign FROM generate_series(1::bigint, $events) i;
CREATE UNLOGGED TABLE raw.contracts AS SELECT event_id AS contract_id, client_id, occurred_at AS signed_at, 10 AS amount FROM raw.events WHERE event_id % 33 = 0;
ANALYZE;
SELECT analytics.register_source(r, ('raw.' || r)::regclass) FROM unnest('{events,contracts}'::text[]) r;
SQL
    # Reads the status of its own backend, whose server runs on this machine.
    my $status = $node->safe_psql($database, <<SQL);
SET client_min_messages = warning;
SET work_mem = '$work_mem';
CALL analytics.refresh();
CALL analytics.refresh('full');
SELECT pg_stat_force_next_flush();
SELECT pg_read_file('/proc/' || pg_backend_pid() || '/status');
SQL
    is($node->safe_psql($database, 'SELECT count(*) FROM warehouse.fact_events'), $events, "$events events are loaded with work_mem = $work_mem");
    my ($kilobytes) = $status =~ /^VmHWM:\s+(\d+) kB/m or die $status;
    my $size = $node->safe_psql($database, "SELECT pg_total_relation_size('warehouse.fact_events') / 1000000");
    my $spilled = $node->safe_psql($database, "SELECT temp_bytes / 1000000.0 FROM pg_stat_database WHERE datname = '$database'");
    diag(sprintf('%d events, %d MB as facts, work_mem = %s: at most %d MB of memory, %d MB on disk', $events, $size, $work_mem, $kilobytes / 1024, $spilled));
    return ($kilobytes / 1024, $spilled);
}

my ($few) = peak(10_000, '4MB');
my ($many, $spilled) = peak(80_000, '4MB');
my (undef, $spilled_by_generous) = peak(80_000, '64MB');
cmp_ok($many - $few, '<', 32, 'eight times the rows need about the memory of the few');
cmp_ok($spilled, '>', $spilled_by_generous + 1, 'and the setting is what bounds it: less memory, more on disk');
$node->stop;
done_testing();
