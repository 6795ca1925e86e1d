# Roles: the owner of a database needs no superuser; readers read, writers refresh, nobody else gets in.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('roles');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE owner LOGIN;
CREATE ROLE "Odd Name" LOGIN;
CREATE ROLE reader LOGIN;
CREATE ROLE writer LOGIN;
CREATE ROLE stranger LOGIN;
CREATE DATABASE shop OWNER owner;
CREATE DATABASE odd OWNER "Odd Name";
CREATE DATABASE squatted OWNER owner;
SQL

sub as_role { my ($role) = @_; return (extra_params => ['-U', $role]); }
# The SQLSTATE of a statement that a role runs, or what it prints.
sub outcome
{
    my ($role, $sql, $database) = @_;
    my ($status, $out, $err) = $node->psql($database // 'shop', "\\set VERBOSITY verbose\nSET client_min_messages = warning;\n$sql", as_role($role));
    return $1 if $err =~ /ERROR:\s+([0-9A-Z]{5}):/;
    return $err ne '' ? "unexpected: $err" : $out;
}

# The owner of the database, no superuser, does everything.
is(outcome('owner', 'CREATE EXTENSION pg_marketing'), '', 'the owner of a database creates the extension');
$node->command_ok(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-U', 'owner', '-d', $node->connstr('shop'), '-f', 'test/fixture/sample.sql'],
    '... installs, registers sources and refreshes');
is(outcome('owner', "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'warehouse'"), 'owner', '... and owns the warehouse');
is(outcome('owner', 'CALL analytics.refresh(mode => \'full\')'), '', '... and rebuilds it');
is(outcome('owner', "SELECT status FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 1"), 'succeeded', '... with success');
is(outcome('Odd Name', 'CREATE EXTENSION pg_marketing; SELECT analytics.install()', 'odd'), 'installed', 'so does an owner whose name needs quotes');

# Nobody has access unless it was granted.
my $kpi = "SELECT leads > 0 FROM analytics.kpi('2025-09-01', '2025-10-30')";
is(outcome('stranger', $kpi), '42501', 'a role without access gets a permission error from kpi');
is(outcome('stranger', "SELECT count(*) FROM analytics.attribution('2025-09-01', '2025-10-30')"), '42501', '... from attribution');
is(outcome('stranger', 'CALL analytics.refresh()'), '42501', '... from refresh');
is(outcome('stranger', "SELECT analytics.register_source('clients', 'pg_catalog.pg_class', '{\"client_id\": \"relname\"}')"), '42501', '... from register_source');
is(outcome('stranger', "SELECT analytics.grant_access('stranger', 'writer')"), '42501', '... and cannot grant itself any');
is(outcome('stranger', "SELECT analytics.drop_source(1)"), '42501', '... nor drop a source');

is(outcome('stranger', "SELECT analytics.channel_group('google', 'cpc')"), '42501', '... and does not classify by rules that he may not read');

# Readers.
is(outcome('owner', "SELECT analytics.grant_access('reader')"), '', 'the owner lets a role read');
is(outcome('reader', $kpi), 't', 'a reader calls kpi');
is(outcome('reader', "SELECT count(*) > 0 FROM analytics.campaigns('2025-09-01', '2025-10-30', '{meta}')"), 't', '... campaigns of a family');
is(outcome('reader', "SELECT count(*) > 0 FROM analytics.share_platforms('2025-09-01', '2025-10-30')"), 't', '... share_platforms');
is(outcome('reader', "SELECT sum(conversions) > 0 FROM analytics.attribution('2025-09-01', '2025-10-30')"), 't', '... attribution');
is(outcome('reader', "SELECT (analytics.customer_dashboard() -> 'kpi' ->> 'total_customer')::int > 0 FROM analytics.customer_kpi('2020-01-01')"), 't', '... customer_dashboard');
is(outcome('reader', 'SELECT count(segment) > 0 FROM analytics.customer_rfm()'), 't', '... customer_rfm');
is(outcome('reader', 'SELECT count(*) > 0 FROM analytics.cohorts() c, analytics.channel_payback() p'), 't', '... cohorts');
is(outcome('reader', 'SELECT count(*) > 0 FROM analytics.refresh_status()'), 't', '... refresh_status');
is(outcome('reader', 'INSERT INTO warehouse.dim_platforms VALUES (1, \'x\', NULL, false)'), '42501', '... and writes nothing: INSERT');
is(outcome('reader', 'DELETE FROM warehouse.fact_events'), '42501', '... DELETE');
is(outcome('reader', 'CALL analytics.refresh()'), '42501', '... refresh');
is(outcome('reader', "SELECT analytics.register_source('clients', 'pg_catalog.pg_class', '{\"client_id\": \"relname\"}')"), '42501', '... register_source');
is(outcome('reader', "SELECT analytics.configure(currency => 'EUR')"), '42501', '... configure');

# Writers.
is(outcome('owner', "SELECT analytics.grant_access('writer', 'writer')"), '', 'the owner lets a role write');
is(outcome('writer', 'CALL analytics.refresh()'), '22000', 'a writer who may not read the source tables is told so at the end of the refresh');
is(outcome('owner', "SELECT DISTINCT sqlstate FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND sqlstate IS NOT NULL"),
    '42501', '... and the log names the permission');
is(outcome('owner', 'GRANT USAGE ON SCHEMA demo TO writer; GRANT SELECT ON ALL TABLES IN SCHEMA demo TO writer'), '', 'with access to them');
is(outcome('writer', 'CALL analytics.refresh()'), '', '... it refreshes');
is(outcome('writer', 'CALL analytics.refresh(mode => \'full\')'), '', '... and rebuilds');
is(outcome('writer', "SELECT analytics.register_source('clients', 'demo.crm_clients', '{\"client_id\": \"id\"}', business_id => 2) > 0"), 't', '... and registers a source');
is(outcome('writer', $kpi), 't', '... and reads');
is(outcome('writer', "INSERT INTO warehouse.channel_rule (priority, source, channel) VALUES (1, 'x', 'X')"), '42501', '... and makes no rules, which all businesses share');
is(outcome('writer', "INSERT INTO warehouse.business_access VALUES ('writer', 2)"), '42501', '... and gives himself no access');
is(outcome('writer', "SELECT analytics.grant_access('stranger')"), '42501', '... nor anybody else');
is(outcome('writer', 'DROP TABLE warehouse.fact_events'), '42501', '... and owns nothing');
# What the extension brings is read by all, and written by nobody but a superuser: no dump has to carry rights on it.
is(outcome('owner', "INSERT INTO analytics_internal.channel_rule (priority, channel) VALUES (1, 'X')"), '42501', 'the bundled rules are not even the owner\'s to change');
is($node->safe_psql('shop', <<'SQL'), '', '... and no right on anything of the extension is other than it was when it was created');
SELECT d.objid::regclass FROM pg_depend d JOIN pg_class c ON c.oid = d.objid LEFT JOIN pg_init_privs i ON i.objoid = c.oid AND i.classoid = d.classid AND i.objsubid = 0
WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_marketing')
  AND c.relacl::text IS DISTINCT FROM i.initprivs::text
SQL
is(outcome('writer', "CREATE TABLE warehouse.mine ()"), '42501', '... nor makes tables in the warehouse');

# A schema that somebody prepared before the extension came.
is(outcome('owner', 'GRANT CREATE ON DATABASE squatted TO stranger', 'squatted'), '', 'a stranger may create schemas');
is(outcome('stranger', 'CREATE SCHEMA analytics', 'squatted'), '', '... and takes the name');
is(outcome('owner', 'CREATE EXTENSION pg_marketing', 'squatted'), '42P06', 'CREATE EXTENSION refuses a schema of another role');
is($node->psql('squatted', 'CREATE EXTENSION pg_marketing'), 3, '... also for a superuser');
is($node->safe_psql('squatted', "SELECT count(*) FROM pg_extension WHERE extname = 'pg_marketing'"), '0', '... and leaves nothing behind');
is($node->safe_psql('squatted', 'DROP SCHEMA analytics'), '', 'without that schema');
is(outcome('owner', 'CREATE SCHEMA analytics; CREATE TABLE analytics.source ()', 'squatted'), '', '... and with one of its own that is not empty');
is(outcome('owner', 'CREATE EXTENSION pg_marketing', 'squatted'), '42P06', '... it is refused');
is(outcome('owner', 'DROP TABLE analytics.source; CREATE EXTENSION pg_marketing', 'squatted'), '42P06', '... also when it is empty: the extension makes its own');
is(outcome('owner', 'DROP SCHEMA analytics; CREATE EXTENSION pg_marketing', 'squatted'), '', '... and without it is created');

$node->stop;
done_testing();
