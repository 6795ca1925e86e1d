# Readers beside a refresh: none of them waits for a lock, and their latencies are said, with and without one.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{MARKETING_READ_SECONDS} // 5;
my $node = PostgreSQL::Test::Cluster->new('readers');
$node->init;
# Who waits longer than this for a lock is named in the server's log.
$node->append_conf('postgresql.conf', "log_lock_waits = on\ndeadlock_timeout = 2ms\nlog_line_prefix = '%a: '\njit = off\n");
$node->start;
$node->safe_psql('postgres', "SET check_function_bodies = off;\n\\i test/fixture/sample.sql");
cmp_ok($node->safe_psql('postgres', "SELECT leads FROM analytics.kpi('2025-09-01', '2025-10-30')"), '>', 0, 'readers have something to read');

my $folder = PostgreSQL::Test::Utils::tempdir();
my $query = "$folder/read.sql";
open my $file, '>', $query or die;
print $file "SELECT * FROM analytics.kpi('2025-09-01', '2025-10-30');\nSELECT * FROM analytics.campaigns('2025-09-01', '2025-10-30');\n";
close $file or die;

# Latencies of the readers, in ms and in order.
sub latencies
{
    my ($name) = @_;
    local $ENV{PGAPPNAME} = 'reader';
    my ($out, $err);
    IPC::Run::run(['pgbench', '--no-vacuum', '--client=2', "--time=$seconds", '--file', $query, '--log', "--log-prefix=$folder/$name", '-h', $node->host, '-p', $node->port, 'postgres'],
        '>', \$out, '2>', \$err) or die $err;
    like($out, qr/number of failed transactions: 0 /, "$name: no reader fails");
    my @values = sort { $a <=> $b } map { /^\d+ \d+ (\d+) / ? $1 / 1000 : () } map { split /\n/, slurp_file($_) } glob("$folder/$name.*");
    diag(sprintf('%-32s %6d reads; p50 %.1f ms, p95 %.1f ms, longest %.1f ms', $name, scalar @values, map { $values[$_ * $#values] } 0.5, 0.95, 1));
    return scalar @values;
}

# Refreshes fully again and again, from changed sources, until it is told to end.
my $refresh = <<'SQL';
CREATE TABLE go_on ();
CREATE PROCEDURE go_on() LANGUAGE plpgsql AS $$
BEGIN
    WHILE to_regclass('go_on') IS NOT NULL LOOP
        UPDATE demo.crm_contracts SET amount = amount + 1;
        UPDATE demo.facebook_ads SET spend = spend + 1;
        COMMIT;
        CALL analytics.refresh('full');
    END LOOP;
END $$;
SQL
cmp_ok(latencies('alone'), '>', 100, 'readers read');
$node->safe_psql('postgres', $refresh);
my $runs = $node->safe_psql('postgres', 'SELECT max(run_id) FROM warehouse.refresh_run');
my ($out, $err) = ('', '');
my $refresher = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET client_min_messages = warning", '-c', 'CALL go_on()'], '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(180));
cmp_ok(latencies('beside_a_full_refresh'), '>', 100, 'readers read beside a refresh');
$node->safe_psql('postgres', 'DROP TABLE go_on');
$refresher->finish;
is($err, '', 'the refreshes succeed');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM warehouse.refresh_run WHERE status = 'succeeded' AND run_id > $runs"), '>', 0, 'there were some');
unlike(slurp_file($node->logfile), qr/^reader: LOG:  process \d+ still waiting/m, 'no reader waited for a lock');

# The log does show a reader that waits: here behind a lock that nobody takes in a refresh.
my $locker = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'BEGIN; LOCK TABLE warehouse.lead_daily; SELECT pg_sleep(1); COMMIT'], '<', \undef, '>', \$out, '2>', \$err);
$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'warehouse.lead_daily'::regclass AND mode = 'AccessExclusiveLock' AND granted");
{
    local $ENV{PGAPPNAME} = 'reader';
    $node->safe_psql('postgres', "SELECT count(*) FROM warehouse.lead_daily");
}
$locker->finish;
like(slurp_file($node->logfile), qr/^reader: LOG:  process \d+ still waiting/m, 'which the log would show');
$node->stop;
done_testing();
