# Through a pooler that gives each transaction whatever server connection is free: PgBouncer in transaction mode.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

# Debian keeps it in a folder that is on the path of root only.
my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';
plan skip_all => 'pgbouncer is not installed (Debian: package pgbouncer)' unless $pgbouncer;

my $node = PostgreSQL::Test::Cluster->new('pooler');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.events (event_id int, client_id int, occurred_at timestamptz, utm_source text);
INSERT INTO raw.events SELECT g, g % 4000, timestamptz '2025-01-01 12:00Z' + g % 500 * interval '1 hour', 'newsletter' FROM generate_series(1, 20000) g;
SELECT analytics.register_source('events', 'raw.events');
SQL

my $folder = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $user = $node->safe_psql('postgres', 'SELECT CURRENT_USER');
append_to_file("$folder/pgbouncer.ini", <<"INI");
[databases]
postgres = host=${\$node->host} port=${\$node->port} user=$user dbname=postgres
one = host=${\$node->host} port=${\$node->port} user=$user dbname=postgres pool_size=1
service = host=${\$node->host} port=${\$node->port} user=service dbname=postgres pool_size=1
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $folder
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query_always = 0
logfile = $folder/log
pidfile = $folder/pid
INI
my ($bouncer_out, $bouncer_err) = ('', '');
my $bouncer;
# Also where the test dies.
END
{
    my $status = $?;
    $bouncer->kill_kill if $bouncer;
    $? = $status;
}
$bouncer = IPC::Run::start([$pgbouncer, "$folder/pgbouncer.ini"], '<', \undef, '>', \$bouncer_out, '2>', \$bouncer_err);
for (1 .. 100) {
    last if -S "$folder/.s.PGSQL.$port";
    sleep 0.1;
}

sub start_client
{
    my ($database, $sql) = @_;
    my %client = (out => '', err => '');
    my $file = "$folder/" . int(rand(1e9)) . '.sql';
    append_to_file($file, $sql);
    $client{run} = IPC::Run::start(['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', "host=$folder port=$port user=$user dbname=$database", '-f', $file],
        '<', \undef, '>', \$client{out}, '2>', \$client{err}, IPC::Run::timeout(60));
    return \%client;
}
# What a statement prints through the pooler, or its error; what the refresh says is left out, unless all is asked for.
sub finish_client
{
    my ($client, $all) = @_;
    $client->{run}->finish;
    return join("\n", grep { $all || !/NOTICE:/ } split(/\n/, $client->{out}), split(/\n/, $client->{err}));
}
sub pooled { my ($database, $sql, $all) = @_; return finish_client(start_client($database, $sql), $all); }

my $locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
my $temporary = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'";
my $kpi = "SELECT leads, n_contracts FROM analytics.kpi('2025-01-01', '2025-01-31')";
my $settings = "SELECT count(*) FROM (VALUES ('TimeZone'), ('DateStyle'), ('IntervalStyle'), ('extra_float_digits'), ('client_min_messages'), ('search_path')) v (name)
    JOIN pg_settings s USING (name) WHERE s.setting <> s.reset_val";

is(pooled('postgres', 'SELECT 1'), '1', 'the pooler answers');
my $backend = pooled('one', 'SELECT pg_backend_pid()');
for my $i (1 .. 3) {
    $node->safe_psql('postgres', "INSERT INTO raw.events SELECT 100000 + $i, 100000 + $i, '2025-01-05 12:00Z', 'google'");
    is(pooled('one', 'CALL analytics.refresh()'), '', "refresh $i");
}
is(pooled('one', "CALL analytics.refresh('full')"), '', 'a full refresh');
is(pooled('one', 'SELECT pg_backend_pid()'), $backend, '... all by one server connection');
is(pooled('one', $locks), '0', '... which keeps no lock');
is(pooled('one', $temporary), '0', '... no temporary table');
is(pooled('one', $settings), '0', '... and no setting');
is($node->safe_psql('postgres', "SELECT status, count(*) FROM warehouse.refresh_run GROUP BY status"), 'succeeded|4', '... and each has succeeded');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT xmin::text) > 20 FROM warehouse.refresh_step'), 't', '... in one transaction per step');
is(pooled('postgres', $kpi), $node->safe_psql('postgres', $kpi), 'readers through the pooler see the same');

# A refresh that ends early leaves nothing behind on the connection that the next client gets.
like(pooled('one', "\\set ON_ERROR_STOP off\nBEGIN;\nSET LOCAL statement_timeout = 40;\nCALL analytics.refresh('full');\nROLLBACK;"), qr/statement timeout/, 'a refresh runs into a timeout');
is(pooled('one', "SELECT pg_backend_pid() = $backend, ($locks), ($temporary), ($settings)"), 't|0|0|0', '... and leaves neither lock, table nor setting');
is(pooled('one', "BEGIN;\nCALL analytics.refresh();\nROLLBACK;"), '', 'a refresh is undone');
is(pooled('one', "SELECT ($locks), ($temporary), ($settings)"), '0|0|0', '... without a trace');
is(pooled('one', 'CALL analytics.refresh()'), '', 'the next client refreshes');

# Temporary tables of the names that the refresh uses: another client has left them on the connection.
is(pooled('one', 'CREATE TEMP TABLE stage (mine int); CREATE TEMP TABLE incoming (mine int); CREATE TEMP TABLE change (mine int); CREATE TEMP TABLE batch (mine int)'), '', 'a client leaves tables behind');
is(pooled('one', "CALL analytics.refresh('full')"), '', '... which do not disturb a refresh');
# The table seen_key comes up only where a part of a source is read.
$node->safe_psql('postgres', "INSERT INTO raw.events VALUES (200000, 200000, '2025-01-06 12:00Z', 'google')");
is(pooled('one', "CREATE TEMP TABLE seen_key (mine int)"), '', '... one more');
is(pooled('one', 'CALL analytics.refresh()'), '', '... and another refresh');

# Two clients at once, and readers beside them.
my $before = $node->safe_psql('postgres', 'SELECT max(run_id) FROM warehouse.refresh_run');
my @clients = map { start_client('postgres', "CALL analytics.refresh('full');\n") } 1, 2;
my @readers = map { pooled('postgres', $kpi) } 1 .. 5;
is(join('', map { finish_client($_) } @clients), '', 'two clients refresh at once');
is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE status IN ('succeeded', 'skipped')), count(*) FILTER (WHERE status = 'succeeded') > 0
    FROM warehouse.refresh_run WHERE run_id > $before"), '2|2|t', '... one of them or both did the work');
my %answers = map { $_ => 1 } @readers, $node->safe_psql('postgres', $kpi);
is(scalar(keys %answers), 1, '... and readers meanwhile saw what was there');
is($node->safe_psql('postgres', $locks), '0', 'no lock is left in the end');
is($node->safe_psql('postgres', "SELECT count(*) FROM analytics.check_data_quality() WHERE status = 'fail'"), '0', 'and the warehouse adds up');

# Tenants: one role serves all, and names the business in each transaction; the next client on the same connection has no part in that.
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE ROLE service LOGIN;
SELECT analytics.install(row_security => true), analytics.grant_access('service', any_business => true);
CREATE VIEW raw.secret_events AS SELECT 'secret ' || event_id AS event_id, 'secret ' || client_id AS client_id, occurred_at, 'secret' AS utm_source FROM raw.events WHERE event_id <= 500;
SELECT analytics.register_source('events', 'raw.secret_events', business_id => 2);
CALL analytics.refresh();
SQL
my $events = 'SELECT count(*) FROM warehouse.fact_events';
my %own = map { $_ => $node->safe_psql('postgres', "$events WHERE business_id = $_") } 1, 2;
my $connection = pooled('service', 'SELECT pg_backend_pid()');
is(pooled('service', $events), '0', 'a service that names no business sees nothing');
for my $business (1, 2, 1) {
    is(pooled('service', "BEGIN;\nSET LOCAL analytics.business_id = '$business';\n$events;\nCOMMIT;"), $own{$business}, "business $business sees its events");
    is(pooled('service', $events), '0', '... and the next client nothing');
}
# Every function, procedure, table and view there is, each in a transaction of its own; with rows, errors and all that the server says besides.
$node->safe_psql('postgres', slurp_file('test/fixture/questions.sql') =~ s/^\\.*$//mgr);
# A condition that tells what it is shown, and that costs next to nothing, so that the planner would have it first.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION raw.tell(row_text text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF row_text ~ 'secret' THEN
        RAISE NOTICE 'told %', row_text;
    END IF;
    RETURN true;
END
$$;
GRANT USAGE ON SCHEMA raw TO service;
SQL
my $leaky_plan = "CASE WHEN statement LIKE 'SELECT%' THEN 'EXPLAIN (ANALYZE, VERBOSE) ' || statement || ' WHERE raw.tell(r::text)' ELSE statement END";
sub answers
{
    my ($business, $word, $about, $form) = @_;
    my $asked = $node->safe_psql('postgres', "SELECT subject || '|' || replace(" . ($form // 'statement') . ", E'\\n', ' ') FROM questions.about('$word', $about)");
    return pooled('service', "\\set ON_ERROR_STOP off\n\\set VERBOSITY terse\n"
        . join('', map { my ($subject, $statement) = split(/\|/, $_, 2);
            "\\echo :: $subject\n\\warn :: $subject\nBEGIN;\nSET LOCAL analytics.business_id = '$business';\nSET LOCAL jit = off;\nSET LOCAL client_min_messages = debug1;\n$statement;\nROLLBACK;\n" }
            split(/\n/, $asked)), 1);
}
my $own = answers(1, 'newsletter', 1);
like($own, qr/newsletter/, 'a business sees its own');
unlike($own, qr/secret/, '... and nothing of another, in rows, notices or errors');
unlike(answers(1, 'newsletter', 'NULL'), qr/secret/, '... nor when it asks about all');
like(answers(2, 'secret', 2), qr/secret event|secret \d/, '... which does see it');
my $plans = answers(1, 'newsletter', 'NULL', $leaky_plan);
unlike($plans, qr/secret|told/, '... nor by a condition that tells what it is shown, or by plans that were run');
like($plans, qr/actual time.*may_see\(/s, '... which have the policy');
like(answers(2, 'secret', 2, $leaky_plan), qr/NOTICE:  told .*secret \d/, '... and the condition does tell of one\'s own');
# What is said in answer to each question, in any order, since SQL promises none; not by functions that are hashes of their arguments, nor what
# the server says of its own caches.
sub said
{
    my ($answers, $subject, %said) = (shift, '');
    for (split(/\n/, $answers =~ s/^psql:\S+ //mgr =~ s/secret/absent/gr =~ s/\b(2|3|14|21)\b/#/gr =~ s/-?\d{3,}/N/gr)) {
        if (/^:: (.*)/) { $subject = $1 } elsif (!/^DEBUG:  rehashing catalog cache/) { push @{$said{$subject}}, $_ }
    }
    delete $said{'analytics_internal.client_bucket(bigint,text)'};
    return {map { $_ => [sort @{$said{$_}}] } keys %said};
}
my ($another, $nobody) = (said(answers(1, 'secret', 2)), said(answers(1, 'absent', 3)));
ok(keys %$another > 250, 'a business asks about another in many ways');
is_deeply($another, $nobody, '... and hears what it hears about one that does not exist');
is(pooled('service', 'SELECT pg_backend_pid()'), $connection, 'all of it by one server connection');

$node->stop('immediate');
done_testing();
