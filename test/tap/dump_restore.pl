# Dump and restore carry the warehouse, its sources, access and rules, whoever created the extension, dumps and restores; and the extension may
# go and come back. Each combination is restored by psql and by pg_restore -j2, under its own name on another server and under another name on
# its own.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %server;
for my $name ('home', 'away') {
    my $node = $server{$name} = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
    $node->start;
    $node->safe_psql('postgres', "CREATE ROLE boss SUPERUSER LOGIN; CREATE ROLE owner LOGIN; CREATE ROLE reader LOGIN");
}
my $folder = PostgreSQL::Test::Utils::tempdir();

sub connection { my ($node, $database, $role) = @_; return $node->connstr($database) . " user=$role"; }

# What a role is answered: one text, errors and warnings included.
sub answer
{
    my ($node, $database, $role, $sql) = @_;
    my ($status, $out, $err) = $node->psql($database, $sql, extra_params => ['-U', $role]);
    return join "\n", grep { $_ ne '' } $out, $err;
}

# Runs a command that must say nothing on its error output.
sub silent
{
    my ($name, @command) = @_;
    my ($out, $err);
    my $ran = IPC::Run::run(\@command, '<', \undef, '>', \$out, '2>', \$err);
    ok($ran && $err eq '', $name) or diag($err);
}

my $fill = <<'SQL';
-- Registration warns of the rows that are bad on purpose.
SET client_min_messages = error;
\i test/fixture/company.sql
SELECT analytics.register_source(s, ('raw.' || s)::regclass) FROM unnest('{clients,products,branches,events,contracts,transactions}'::text[]) s;
SELECT analytics.register_source('ad_performance', 'raw.ads');
SELECT analytics.register_source('events', 'raw.second_events', business_id => 2);
-- The highest number is one of a source that is gone.
SELECT analytics.drop_source(analytics.register_source('clients', 'raw.clients', business_id => 2));
INSERT INTO warehouse.channel_rule (priority, source, platform, channel, is_paid) VALUES (7, 'partner*', 'partner_network', 'Affiliates', true);
INSERT INTO warehouse.platform (platform, family, ad_network) VALUES ('partner_network', 'partners', true);
INSERT INTO warehouse.source_preset VALUES ('own', 'clients', '{"client_id": "id"}');
INSERT INTO warehouse.rfm_segment_rule (scheme, priority, segment, bins) VALUES ('own', 1, 'All', 5);
SELECT analytics.grant_access('reader', businesses => '{1}');
CALL analytics.refresh();
SQL

PostgreSQL::Test::Utils::append_to_file("$folder/fill.sql", $fill);

# Everything that readers answer and that the refresh keeps, as text.
my $answers = <<'SQL';
SELECT * FROM analytics.kpi('2025-05-01', '2025-05-31');
SELECT * FROM analytics.campaigns('2025-05-01', '2025-05-31', '{meta,google,partners}');
SELECT * FROM analytics.attribution('2025-05-01', '2025-05-31', '{last_paid,linear}');
SELECT * FROM analytics.refresh_status();
SELECT * FROM analytics.settings();
SELECT * FROM analytics.source ORDER BY source_id;
SELECT * FROM analytics.business_access;
SELECT analytics.channel_ruleset_version();
SELECT * FROM analytics.channel_rule WHERE NOT builtin;
SELECT * FROM analytics.source_preset WHERE NOT builtin;
SELECT DISTINCT segment FROM analytics.rfm_segments('own');
SELECT source_id, row_key, reason FROM warehouse.rejected_rows ORDER BY 1, 2, 3;
SQL
my $seen = "SELECT (SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events), (SELECT array_agg(DISTINCT business_id) FROM analytics.source)";
my $refresh = 'SET client_min_messages = warning; CALL analytics.refresh()';
my $changed = 'SELECT sum(inserted) + sum(updated) + sum(deleted) FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run)';

# A warehouse that came from elsewhere, or met its extension again, is the one it was.
sub is_whole
{
    my ($node, $database, $whole, $of) = @_;
    my %found = (
        answers => answer($node, $database, 'owner', $answers),
        reader => answer($node, $database, 'reader', $seen),
        refresh => answer($node, $database, 'owner', $refresh),
        changed => answer($node, $database, 'owner', $changed));
    is_deeply(\%found, $whole, "$of: sources, rules and answers are those of before, and a refresh changes nothing");
}

my %role = (owner => 'owner', superuser => 'boss');
for my $creator ('owner', 'superuser') {
    for my $security ('without', 'with') {
        my $database = "${creator}_$security";
        my $home = $server{home};
        $home->safe_psql('postgres', "CREATE DATABASE $database OWNER owner");
        is(answer($home, $database, $role{$creator}, 'CREATE EXTENSION pg_marketing'), '', "the $creator creates the extension");
        is(answer($home, $database, 'owner', 'SELECT analytics.install(row_security => ' . ($security eq 'with' ? 'true' : 'false') . ')'), 'installed',
            "... and the owner a warehouse $security row security");
        silent('... with sources, rules and rows', 'psql', '-qX', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', connection($home, $database, 'owner'), '-f',
            "$folder/fill.sql");
        # Half of the warehouses have their facts in partitions.
        if ($creator eq 'superuser') {
            like(answer($home, $database, 'owner', 'SELECT analytics.partition_facts(3)'), qr/^3 partitions each: fact_events, /, '... which keeps facts in partitions');
        }
        my $whole = {
            answers => answer($home, $database, 'owner', $answers),
            reader => $security eq 'with' ? '{1}|{1}' : '{1,2}|{1,2}',
            refresh => '',
            changed => '0' };
        like($whole->{answers}, qr/^[1-9]\d*\|[1-9]/, '... there is something to compare');
        is_whole($home, $database, $whole, $database);
        $whole->{answers} = answer($home, $database, 'owner', $answers);

        for my $dumper ('owner', 'superuser') {
            my $dump = "$folder/$database.$dumper";
            silent("$database: the $dumper dumps it, $_", 'pg_dump', "--format=$_", '-f', "$dump.$_", '-d', connection($home, $database, $role{$dumper}))
                for 'plain', 'custom';
            for my $restorer ('owner', 'superuser') {
                for my $format ('plain', 'custom') {
                    # Any two of who dumps, who restores, the format and the name meet in all combinations.
                    my ($node, $target) = ($dumper eq $restorer) == ($format eq 'plain') ? ($server{away}, $database) : ($home, 'another_name');
                    $node->safe_psql('postgres', $_) for "DROP DATABASE IF EXISTS $target", "CREATE DATABASE $target OWNER owner";
                    my $to = connection($node, $target, $role{$restorer});
                    my $what = "$database, dumped by the $dumper, restored by the $restorer as $target, $format";
                    silent("$what: without an error", $format eq 'plain' ? ('psql', '-qX', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', $to, '-f', "$dump.plain")
                        : ('pg_restore', '-j2', '-d', $to, "$dump.custom"));
                    is_whole($node, $target, $whole, $what);
                    is(answer($node, $target, 'owner', 'SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent AND c.relkind = \'p\''),
                        $creator eq 'superuser' ? 15 : 0, '... and the partitions are there') or diag($what);
                }
            }
        }

        # The extension goes, the data stay; it comes back and finds them.
        is(answer($home, $database, $role{$creator}, 'SET client_min_messages = warning; DROP EXTENSION pg_marketing CASCADE'), '', "$database: the extension goes");
        is(answer($home, $database, 'owner', "SELECT count(*) > 0, to_regnamespace('analytics') IS NULL, to_regnamespace('analytics_internal') IS NULL FROM warehouse.fact_events"),
            't|t|t', '... and leaves the warehouse, and nothing of its own');
        is(answer($home, $database, $role{$creator}, 'CREATE EXTENSION pg_marketing'), '', '... and comes back');
        is(answer($home, $database, 'owner', $answers), $whole->{answers}, '... to all that was there');
        if ($security eq 'with') {
            is(answer($home, $database, 'reader', $seen), '|', '... its policies are gone, and others than the owner see nothing');
            like(answer($home, $database, 'owner', $refresh), qr/WARNING:  row security is on and its policies are gone/, '... of which a refresh warns');
            is(answer($home, $database, 'owner', 'SELECT analytics.install()'), 'row security enabled', '... until install() has made them again');
            $whole->{answers} = answer($home, $database, 'owner', $answers);
        }
        is_whole($home, $database, $whole, "$database with its extension again");
        my $new = "SELECT analytics.register_source('clients', 'raw.clients', business_id => 3)";
        is(answer($home, $database, 'owner', $new), '10', '... and a new source gets a number that none has had');
    }
}

$_->stop for values %server;
done_testing();
