# Dump and restore carry the warehouse and the sources; the extension may go and come back.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump_restore');
$node->init;
$node->start;

# Everything that readers answer and that the refresh keeps, as text.
my $answers = <<'SQL';
SELECT * FROM analytics.kpi('2025-09-01', '2025-10-30');
SELECT * FROM analytics.campaigns('2025-09-01', '2025-10-30');
SELECT * FROM analytics.share_platforms('2025-09-01', '2025-10-30');
SELECT * FROM analytics.attribution('2025-09-01', '2025-10-30', '{last_paid,linear}');
SELECT * FROM analytics.settings();
SELECT source_id, entity, relation, columns, preset, options FROM analytics.source ORDER BY 1;
SELECT source_id, row_key, reason FROM warehouse.rejected_rows ORDER BY 1, 2, 3;
SQL
# What a refresh changes when nothing new has come.
my $second_refresh = <<'SQL';
SET client_min_messages = warning;
CALL analytics.refresh();
SELECT sum(inserted) + sum(updated) + sum(deleted) FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run);
SQL

$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->command_ok(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('shop'), '-f', 'test/fixture/sample.sql'], 'the demo data are loaded');
$node->safe_psql('shop', <<'SQL');
INSERT INTO warehouse.source_preset (preset, entity, columns) VALUES ('own', 'events', '{"event_id": "id"}');
SQL
my $before = $node->safe_psql('shop', $answers);
like($before, qr/^[1-9]\d+\|[1-9]\d+\|[1-9]/, 'there is something to compare');

for my $format ('plain', 'custom') {
    my $file = PostgreSQL::Test::Utils::tempdir() . "/shop.$format";
    my $target = "restored_$format";
    $node->command_ok(['pg_dump', "--format=$format", '-f', $file, '-d', $node->connstr('shop')], "pg_dump, format $format");
    $node->safe_psql('postgres', "CREATE DATABASE $target");
    $node->command_ok(
        $format eq 'plain'
        ? ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($target), '-f', $file]
        : ['pg_restore', '--exit-on-error', '-d', $node->connstr($target), $file], '... is restored without an error');
    is($node->safe_psql($target, $answers), $before, '... with the same answers, settings, sources and rejected rows');
    is($node->safe_psql($target, "SELECT columns FROM analytics.source_preset WHERE preset = 'own'"), '{"event_id": "id"}', '... and the presets of the user');
    is($node->safe_psql($target, 'SELECT count(*) - count(DISTINCT (preset, entity)) FROM analytics.source_preset WHERE builtin'), '0', '... and ours once each');
    is($node->safe_psql($target, $second_refresh), '0', '... where a refresh finds nothing to change');
    $node->safe_psql($target, "UPDATE demo.crm_contracts SET amount = amount + 1000 WHERE number = (SELECT min(number) FROM demo.crm_contracts)");
    $node->safe_psql($target, 'SET client_min_messages = warning; CALL analytics.refresh()');
    is($node->safe_psql($target, "SELECT sum(amount) FROM warehouse.fact_contracts"), $node->safe_psql('shop', "SELECT sum(amount) + 1000 FROM warehouse.fact_contracts"),
        '... and a changed contract is loaded');
    is($node->safe_psql($target, "SELECT analytics.register_source('clients', 'demo.crm_clients', '{\"client_id\": \"id\"}', business_id => 2) > max(source_id) FROM analytics.source WHERE business_id = 1"),
        't', '... and a new source gets a number of its own');
}

# The extension goes, the data stay; it comes back and finds them. Sources and presets are its own: they go with it.
$node->safe_psql('shop', 'DROP EXTENSION pg_marketing');
is($node->safe_psql('shop', 'SELECT count(*) > 0 FROM warehouse.fact_events'), 't', 'DROP EXTENSION leaves the warehouse');
is($node->safe_psql('shop', "SELECT to_regnamespace('analytics') IS NULL OR NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('analytics'))"),
    't', '... and nothing of its own');
$node->safe_psql('shop', 'CREATE EXTENSION pg_marketing');
my $numbers = join '', map { "$_;\n" } grep { !/analytics\.source/ } split /;\n/, $answers;
is($node->safe_psql('shop', $numbers), join("\n", grep { !/^\d+\|(clients|events|contracts|ad_performance)\|demo\./ } split /\n/, $before),
    'CREATE EXTENSION again finds the warehouse, with the same answers');
is($node->safe_psql('shop', 'SELECT analytics.install()'), 'already installed', 'install() sees that it is there');

$node->stop;
done_testing();
