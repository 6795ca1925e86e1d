# What is interrupted: by kill -9 of a backend, of a process that serves all of them or of the whole server, by a cancel, by a timeout. What was
# committed stays whole, the next refresh goes on from there, and the warehouse is then the one that a rebuild makes. Raw tables with updated_at and
# without, each in a database of its own, with a writer at work beside.
#
# MARKETING_CRASHES says how often a process is killed: 12 times, or more by hand. MARKETING_SEED repeats the choices.
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
my $crashes = $ENV{MARKETING_CRASHES} // 12;
my $interruptions = 6;
my %dated = (dated => 'true', undated => 'false');
my @databases = sort keys %dated;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
# The test framework switches durability off. With wal_level = minimal the server itself forgets what a sequence gave out since the transaction that made it.
$node->append_conf('postgresql.conf', "wal_level = replica\nfsync = on\nsynchronous_commit = on\nfull_page_writes = on\nrecovery_init_sync_method = syncfs\njit = off\nrestart_after_crash = on\n");
$node->start;
is($node->safe_psql('postgres', "SELECT string_agg(setting, ',') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"), 'on,on,on',
    'the server writes durably');

my $quiet = "SET client_min_messages = warning;\n";
my %duration;
sub measure
{
    my ($database, $what, $statement) = @_;
    my $began = time;
    $node->safe_psql($database, "$quiet $statement");
    $duration{"$database $what"} = time - $began;
    note(sprintf 'in %s, what is %s takes %.2f s', $database, $what, time - $began);
}
for my $database (@databases) {
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, "SET check_function_bodies = off; CREATE EXTENSION pg_marketing;\n\\i test/fixture/random.sql\n\\i test/fixture/crash.sql");
    $node->safe_psql($database, "$quiet SELECT setseed(" . rand() . "), chaos.begin($dated{$database}); SELECT chaos.fill(1500)");
    $node->safe_psql($database, "$quiet CALL analytics.refresh()");
    change($database);
    measure($database, 'incremental', 'CALL analytics.refresh()');
    measure($database, 'full', "CALL analytics.refresh('full')");
}

sub change
{
    my ($database) = @_;
    $node->safe_psql($database, "$quiet SELECT setseed(" . rand() . "); SELECT chaos.stir($dated{$database})");
}

# A psql of its own that does something.
my ($out, $err);
my $scripts = PostgreSQL::Test::Utils::tempdir();
sub start
{
    my ($database, $name, $statements) = @_;
    my $file = "$scripts/$name.sql";
    ($out, $err) = ('', '') if $name eq 'refresher';
    open my $script, '>', $file or die;
    print $script "\\set VERBOSITY verbose\n$quiet SET application_name = '$name';\n$statements\n";
    close $script or die;
    my ($to, $errors) = $name eq 'refresher' ? (\$out, \$err) : (\my $ignored, \my $ignored_too);
    return IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr($database), '-f', $file], '<', \undef, '>', $to, '2>', $errors, IPC::Run::timeout(180));
}
sub start_refresh
{
    my ($database, $before, $after) = @_;
    return start($database, 'refresher', "$before\nCALL analytics.refresh();\n$after");
}

# What is wrong with the warehouse now; runs that were lost must be closed, up to the latest of them.
my $examine = "SELECT * FROM chaos.contradictions() UNION ALL SELECT 'run ' || run_id || ' still counts as running' FROM warehouse.refresh_run
    WHERE status = 'running' AND run_id < (SELECT max(run_id) FROM warehouse.refresh_run)";
my (@contradictions, @failures, @differences, $interrupted, %interrupted_at);
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
    my ($status, undef, $message) = $node->psql($database, "$quiet CALL analytics.refresh();\nCALL analytics.refresh_requested()", on_error_die => 0, on_error_stop => 1);
    push @failures, "$what: $message" if $status != 0;
    my $open = $node->safe_psql($database, "SELECT (SELECT count(*) FROM warehouse.refresh_run WHERE status = 'running') + (SELECT count(*) FROM warehouse.refresh_request WHERE taken_at IS NULL)");
    push @failures, "$what: $open runs or requests are left open" if $open;
}
sub rebuild
{
    my ($database, $what) = @_;
    push @differences, map { "$what: $database: $_" } split /\n/, $node->safe_psql($database, "$quiet CALL analytics.refresh(); SELECT * FROM chaos.compare() LIMIT 20");
}
sub conclude
{
    my ($least, $what) = @_;
    is(join("\n", @contradictions), '', "$what: the committed steps are whole, the rest is pending, and lost runs are closed");
    is(join("\n", @failures), '', '... and a refresh completes');
    cmp_ok($interrupted, '>=', $least, "... $interrupted in the middle of a run");
    note('steps done before: ' . join(', ', map { "$_: $interrupted_at{$_} times" } sort { $a <=> $b } keys %interrupted_at));
    for my $database (@databases) {
        is($node->safe_psql($database, "SELECT count(*) FROM warehouse.refresh_run WHERE status = 'running' OR status = 'skipped' OR finished_at < started_at OR finished_at IS NULL"), '0',
            "... and no run of $database is left open");
    }
    (@contradictions, @failures, %interrupted_at) = ();
    $interrupted = 0;
}

# --- kills ----------------------------------------------------------------------------------------------------------------------------
my $register = "SELECT analytics.register_source('contracts', 'raw.contracts', options => '{\"overlap\": 0}')
    WHERE NOT EXISTS (SELECT FROM analytics.source WHERE entity = 'contracts');\n";
my $drop = "SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = 'contracts';\n";
# What is done, for about how long relative to a refresh: [statements, the refresh that it is like, how many of these].
my %operation = (
    incremental => ['CALL analytics.refresh();', 'incremental', 1],
    full => ["CALL analytics.refresh('full');", 'full', 1],
    requested => ["SELECT analytics.request_refresh(), analytics.request_refresh('full', '{events,contracts}');\nCALL analytics.refresh_requested();", 'full', 1.5],
    sources => ["$drop CALL analytics.refresh();\n$register CALL analytics.refresh();", 'incremental', 2.5],
    upgrade => ['SELECT analytics.upgrade_warehouse();', 'full', 1],
    demo => ['SELECT analytics.load_demo();', 'full', 12],
);
# The layout of the warehouse becomes another one, so that there is something to upgrade.
my $age = 'ALTER TABLE warehouse.lead_daily DROP COLUMN revenue CASCADE; ALTER TABLE warehouse.dim_clients ALTER COLUMN client_bucket TYPE int';
# load_demo() needs a warehouse without sources.
$node->safe_psql('postgres', "CREATE DATABASE demo");
$node->safe_psql('demo', "$quiet CREATE EXTENSION pg_marketing; SELECT analytics.install()");

# Each operation meets each victim before a pair comes again.
my @victims = ('refresher', 'writer', 'checkpointer', 'walwriter', 'background writer', 'autovacuum launcher', 'postmaster', 'postmaster');
sub shuffled { return map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [rand, $_] } @_ }
my (@waiting_operations, @waiting_victims);
sub next_of { my ($waiting, @all) = @_; @$waiting = shuffled(@all) unless @$waiting; return shift @$waiting }

# From /proc: a bare machine has no ps.
sub children_of
{
    my ($parent) = @_;
    my @children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        push @children, $1 if (<$in> // '') =~ /^(\d+) \(.*\) \S (\d+) / && $2 == $parent;
    }
    return @children;
}

sub kill_process
{
    my ($victim) = @_;
    if ($victim eq 'postmaster') {
        # All of them at once, so that none has the time to clean up.
        my $postmaster = $node->{_pid};
        my @children = children_of($postmaster);
        $node->kill9;
        kill 'KILL', @children;
        # Until the last of them is gone, the server refuses to start.
        for (1 .. 600) { last if !grep { kill 0, $_ } $postmaster, @children; sleep 0.1 }
        $node->start;
    } else {
        my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = '$victim' OR backend_type = '$victim' LIMIT 1");
        kill 'KILL', $pid if $pid;
        return $pid;
    }
    return 1;
}

sub comes_back
{
    for (1 .. 600) { return 1 if IPC::Run::run(['pg_isready', '-q', '-d', $node->connstr('postgres')]); sleep 0.1 }
    return 0;
}

my %killed;
$interrupted = 0;
for my $i (1 .. $crashes) {
    my $operation = next_of(\@waiting_operations, sort keys %operation);
    my $victim = next_of(\@waiting_victims, @victims);
    my $database = $operation eq 'demo' ? 'demo' : $databases[int($i / 3) % 2];
    my $what = "kill $i ($victim during $operation in $database)";
    my $beside = $operation eq 'demo' ? 'dated' : $database;
    my ($statements, $like, $times) = @{$operation{$operation}};
    change($database) unless $operation eq 'demo';
    $node->safe_psql($database, "$quiet $age") if $operation eq 'upgrade';
    my $writer = start($beside, 'writer', "DO \$\$ BEGIN LOOP PERFORM chaos.change($dated{$beside}); COMMIT; PERFORM pg_sleep(0.02); END LOOP; END \$\$;");
    my $work = start($database, 'refresher', $statements);
    sleep(0.05 + rand() * $duration{"$beside $like"} * $times);
    push @failures, "$what: the writer does not write" if !$writer->pumpable;
    # A refresher that has done its work is not there any more: then the writer is killed.
    kill_process($victim) or kill_process('writer');
    # The writer never ends but by the crash: when it is gone, the server is starting again.
    eval { $writer->finish };
    eval { $work->finish };
    comes_back() or BAIL_OUT("$what: the server does not come back");
    $killed{"$operation"}++;
    if ($operation eq 'demo') {
        my $left = $node->safe_psql('demo', q{SELECT (to_regnamespace('demo') IS NOT NULL)::text || (SELECT count(*) > 0 FROM warehouse.source) || (SELECT count(*) > 0 FROM warehouse.fact_events)});
        push @contradictions, "$what: half a demo: $left" if $left !~ /^(?:falsefalsefalse|truetruetrue)$/;
        $node->safe_psql('demo', "$quiet SELECT analytics.drop_demo()") if $left eq 'truetruetrue';
        next;
    }
    if ($operation eq 'upgrade') {
        my (undef, undef, $message) = $node->psql($database, "$quiet SELECT analytics.upgrade_warehouse()");
        push @failures, "$what: $message" if $message ne '';
    }
    if ($operation eq 'sources') { $node->safe_psql($database, "$quiet $register") }
    # Not each is followed by a refresh that completes: some kills hit the refresh that goes on after the one before.
    my $completes = $operation eq 'upgrade' || rand() < 0.6;
    examine($database, $what) unless $operation eq 'upgrade';
    complete($database, $what) if $completes;
    examine($database, $what) if $completes;
    rebuild($_, "after kill $i") for $i % 10 == 0 ? @databases : ();
}
for my $database (@databases) {
    complete($database, 'after the kills');
    rebuild($database, 'after the kills');
}
note('killed during ' . join(', ', map { "$_: $killed{$_}" } sort keys %killed));
is(join("\n", @differences), '', "$crashes kills: the warehouse is the one that a rebuild makes");
conclude($crashes / 3, "$crashes kills");
# The demo that is loaded after all is the one that is loaded elsewhere, but for the numbers of sources, which are not given twice. It takes long.
if ($crashes >= 30) {
    $node->safe_psql('postgres', 'CREATE DATABASE demo_elsewhere');
    $node->safe_psql('demo_elsewhere', "$quiet CREATE EXTENSION pg_marketing; SELECT analytics.install()");
    my $snapshot = $node->safe_psql('dated', "SELECT pg_get_functiondef('chaos.snapshot()'::regprocedure)");
    my @demo = map { $node->safe_psql($_, "$quiet SELECT analytics.load_demo() IS NULL; CREATE SCHEMA chaos; $snapshot; SELECT count(*) || md5(string_agg(line, '' ORDER BY line COLLATE \"C\")) FROM (SELECT regexp_replace(line, '\"\\w*source_id\": \\d+|^accounts \\d+', '', 'g') AS line FROM chaos.snapshot() line) l") } 'demo', 'demo_elsewhere';
    is($demo[0], $demo[1], 'the demo is loaded as it would have been');
}

# --- cancels and timeouts -------------------------------------------------------------------------------------------------------------
for my $i (1 .. $interruptions) {
    my $database = $databases[$i % 2];
    change($database);
    my $refresh = start_refresh($database, '', '');
    sleep(0.05 + rand() * $duration{"$database incremental"} * 0.8);
    $node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'refresher' AND state = 'active'");
    $refresh->finish;
    push @contradictions, "cancel $i: $err" if $err ne '' && $err !~ /ERROR:  57014: canceling statement due to user request/;
    examine($database, "cancel $i");
}
complete($_, 'after the cancels') for @databases;
conclude($interruptions / 3, "$interruptions cancels");

# The same session goes on after the timeout.
for my $i (1 .. $interruptions) {
    my $database = $databases[$i % 2];
    change($database);
    my $timeout = 10 + int(rand() * $duration{"$database incremental"} * 800);
    my $refresh = start_refresh($database, "SET statement_timeout = $timeout;",
        "RESET statement_timeout;\n$examine;\nSELECT CASE status WHEN 'running' THEN 'interrupted' END FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 1;\nCALL analytics.refresh();\n$examine;\nSELECT 'end';");
    $refresh->finish;
    $interrupted++ if $out =~ s/^interrupted\n//m;
    push @contradictions, "timeout $i: $out$err" if $out !~ /^\n?end\n$/ || $err !~ /^(|.*ERROR:  57014: canceling statement due to statement timeout.*)$/s || ($err =~ /ERROR/g) > 1;
}
conclude($interruptions / 3, "$interruptions timeouts");

# After all that the warehouse is the one that a rebuild makes.
for my $database (@databases) {
    cmp_ok($node->safe_psql($database, 'SELECT count(*) FROM chaos.snapshot()'), '>', 2000, "$database: the warehouse holds something");
    is($node->safe_psql($database, "$quiet SELECT * FROM chaos.compare() LIMIT 20"), '', '... and equals a full rebuild');
}
is($node->safe_psql('dated', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');
$node->stop;
done_testing();
