# Refreshes that are interrupted: by a crash of the server, by a cancel, by a timeout. What was committed stays whole, and the next
# refresh goes on from there. Raw tables with updated_at and without, each in a database of its own.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = $ENV{MARKETING_SEED} // int(time * 1000) % 1_000_000;
srand($seed);
diag("MARKETING_SEED=$seed repeats the delays and the changes");
my $crashes = $ENV{MARKETING_CRASHES} // 50;
my $interruptions = 10;
my %dated = (dated => 'true', undated => 'false');
my @databases = sort keys %dated;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
# The test framework switches durability off.
$node->append_conf('postgresql.conf', "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nrecovery_init_sync_method = syncfs\njit = off\n");
$node->start;
is($node->safe_psql('postgres', "SELECT string_agg(setting, ',') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"), 'on,on,on',
    'the server writes durably');

my $quiet = "SET client_min_messages = warning;\n";
my %duration;
for my $database (@databases) {
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, "SET check_function_bodies = off; CREATE EXTENSION pg_marketing;\n\\i test/fixture/random.sql\n\\i test/fixture/crash.sql");
    $node->safe_psql($database, "$quiet SELECT setseed(" . rand() . "), chaos.begin($dated{$database}); SELECT chaos.fill(1500)");
    $node->safe_psql($database, "$quiet CALL analytics.refresh()");
    change($database);
    my $began = time;
    $node->safe_psql($database, "$quiet CALL analytics.refresh()");
    $duration{$database} = time - $began;
    note(sprintf('a refresh of %s takes %.2f s', $database, $duration{$database}));
}

sub change
{
    my ($database) = @_;
    $node->safe_psql($database, "$quiet SELECT setseed(" . rand() . "); SELECT chaos.stir($dated{$database})");
}

# A psql of its own that refreshes; its first line of output tells what became of it.
my ($out, $err);
my $script_file = PostgreSQL::Test::Utils::tempdir() . '/refresh.sql';
sub start_refresh
{
    my ($database, $before, $after) = @_;
    ($out, $err) = ('', '');
    open my $script, '>', $script_file or die;
    print $script "\\set VERBOSITY verbose\n$quiet SET application_name = 'refresher';\n$before\nCALL analytics.refresh();\n$after\n";
    close $script or die;
    return IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr($database), '-f', $script_file], '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(120));
}

# What is wrong with the warehouse now; runs that were lost must be closed, up to the latest of them.
my $examine = "SELECT * FROM chaos.contradictions() UNION ALL SELECT 'run ' || run_id || ' still counts as running' FROM warehouse.refresh_run
    WHERE status = 'running' AND run_id < (SELECT max(run_id) FROM warehouse.refresh_run)";
my (@contradictions, @failures, $interrupted, %interrupted_at);
sub examine
{
    my ($database, $what) = @_;
    my @lines = split /\n/, $node->safe_psql($database, "$examine;\nSELECT r.status, count(s.step) FROM warehouse.refresh_run r LEFT JOIN warehouse.refresh_step s
        USING (run_id) WHERE r.run_id = (SELECT max(run_id) FROM warehouse.refresh_run) GROUP BY r.run_id");
    my ($status, $step) = split /\|/, pop @lines;
    push @contradictions, map { "$what: $_" } @lines;
    if ($status eq 'running') {
        $interrupted++;
        $interrupted_at{$step}++;
    }
}
sub complete
{
    my ($database, $what) = @_;
    my ($status, undef, $message) = $node->psql($database, "$quiet CALL analytics.refresh()");
    push @failures, "$what: $message" if $status != 0;
}
sub conclude
{
    my ($times, $what) = @_;
    is(join("\n", @contradictions), '', "$what: the committed steps are whole, the rest is pending, and lost runs are closed");
    is(join("\n", @failures), '', '... and a refresh completes');
    cmp_ok($interrupted, '>', $times / 3, "... $interrupted of $times in the middle of a run");
    note('steps done before: ' . join(', ', map { "$_: $interrupted_at{$_} times" } sort { $a <=> $b } keys %interrupted_at));
    for my $database (@databases) {
        is($node->safe_psql($database, "SELECT count(*) FROM warehouse.refresh_run WHERE status = 'running' OR status = 'skipped' OR finished_at < started_at OR finished_at IS NULL"), '0',
            "... and no run of $database is left open");
    }
    (@contradictions, @failures, %interrupted_at) = ();
    $interrupted = 0;
}

# Crashes. Not each is followed by a refresh that completes: some hit the refresh that goes on after the crash before.
$interrupted = 0;
for my $i (1 .. $crashes) {
    my $database = $databases[int($i / 3) % 2];
    change($database);
    my $refresh = start_refresh($database, '', '');
    sleep(0.02 + rand() * $duration{$database} * 0.9);
    $node->stop('immediate');
    eval { $refresh->finish };
    $node->start;
    examine($database, "crash $i");
    complete($database, "crash $i") if rand() < 0.3;
}
complete($_, 'after the crashes') for @databases;
conclude($crashes, "$crashes crashes");

for my $i (1 .. $interruptions) {
    my $database = $databases[$i % 2];
    change($database);
    my $refresh = start_refresh($database, '', '');
    sleep(0.05 + rand() * $duration{$database} * 0.8);
    $node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'refresher' AND state = 'active'");
    $refresh->finish;
    push @contradictions, "cancel $i: $err" if $err ne '' && $err !~ /ERROR:  57014: canceling statement due to user request/;
    examine($database, "cancel $i");
}
complete($_, 'after the cancels') for @databases;
conclude($interruptions, "$interruptions cancels");

# The same session goes on after the timeout.
for my $i (1 .. $interruptions) {
    my $database = $databases[$i % 2];
    change($database);
    my $timeout = 10 + int(rand() * $duration{$database} * 800);
    my $refresh = start_refresh($database, "SET statement_timeout = $timeout;",
        "RESET statement_timeout;\n$examine;\nSELECT CASE status WHEN 'running' THEN 'interrupted' END FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 1;\nCALL analytics.refresh();\n$examine;\nSELECT 'end';");
    $refresh->finish;
    $interrupted++ if $out =~ s/^interrupted\n//m;
    push @contradictions, "timeout $i: $out$err" if $out !~ /^\n?end\n$/ || $err !~ /^(|.*ERROR:  57014: canceling statement due to statement timeout.*)$/s || ($err =~ /ERROR/g) > 1;
}
conclude($interruptions, "$interruptions timeouts");

# After all that the warehouse is the one that a rebuild makes.
for my $database (@databases) {
    cmp_ok($node->safe_psql($database, 'SELECT count(*) FROM chaos.snapshot()'), '>', 2000, "$database: the warehouse holds something");
    is($node->safe_psql($database, "$quiet SELECT * FROM chaos.compare() LIMIT 20"), '', '... and equals a full rebuild');
}
is($node->safe_psql('dated', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
$node->stop;
done_testing();
