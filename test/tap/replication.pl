# Logical replication: a subscriber of FOR TABLES IN SCHEMA warehouse has what the publisher has, whatever a refresh did.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($publisher, $subscriber) = map { PostgreSQL::Test::Cluster->new($_) } 'publisher', 'subscriber';
$publisher->init(allows_streaming => 'logical');
$subscriber->init(allows_streaming => 'logical');
for ($publisher, $subscriber) {
    $_->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
    $_->start;
}
sub run_on_publisher { return $publisher->safe_psql('postgres', "SET client_min_messages = warning;\n$_[0]") }
sub refresh { return run_on_publisher($_[0] . '; CALL analytics.refresh(' . ($_[1] // '') . ')') }

$publisher->safe_psql('postgres', 'CREATE ROLE reader');
$subscriber->safe_psql('postgres', 'CREATE ROLE reader');
run_on_publisher(<<'SQL');
CREATE EXTENSION pg_marketing;
SELECT analytics.install(row_security => true);
\i test/fixture/company.sql
SELECT analytics.register_source(s, ('raw.' || s)::regclass) FROM unnest('{clients,products,branches,events,contracts,transactions}'::text[]) s;
SELECT analytics.register_source('ad_performance', 'raw.ads');
CALL analytics.refresh();
SQL

# The subscriber is the publisher's schema without rows.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/schema.sql';
command_ok(['pg_dump', '--schema-only', '-N', 'raw', '-f', $dump, '-d', $publisher->connstr('postgres')], 'the schema is dumped');
command_ok(['psql', '-qX', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $subscriber->connstr('postgres')], '... and restored, without rows');
$publisher->safe_psql('postgres', 'CREATE PUBLICATION warehouse FOR TABLES IN SCHEMA warehouse');
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION warehouse CONNECTION '" . $publisher->connstr . " dbname=postgres' PUBLICATION warehouse");
$subscriber->wait_for_subscription_sync($publisher, 'warehouse');

my @tables = split /\n/, $publisher->safe_psql('postgres', "SELECT tablename FROM pg_publication_tables WHERE pubname = 'warehouse' ORDER BY 1");
is(scalar @tables, $publisher->safe_psql('postgres', 'SELECT count(*) FROM analytics_internal.layout_tables() WHERE NOT is_view'), 'every table of the warehouse is published');
is($publisher->safe_psql('postgres', <<'SQL'), '', '... and has a key that a change names its row by');
SELECT c.relname FROM pg_publication_tables p JOIN pg_class c ON c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
WHERE c.relreplident <> 'd' OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
SQL

sub contents { return join "\n", map { "$_: " . $_[0]->safe_psql('postgres', "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM warehouse.$_ t") } @tables }
my $former = '';
# A change at the publisher is the subscriber's, too: table by table, and it was one.
sub is_replicated
{
    my ($what) = @_;
    $publisher->wait_for_catchup('warehouse');
    my $published = contents($publisher);
    isnt($published, $former, "$what changes the warehouse");
    is(contents($subscriber), $published, '... and the subscriber has the same rows in each table');
    $former = $published;
}

is_replicated('the first copy');
my $answers = <<'SQL';
SELECT * FROM analytics.kpi('2025-05-01', '2025-05-31');
SELECT * FROM analytics.campaigns('2025-05-01', '2025-05-31');
SELECT * FROM analytics.attribution('2025-05-01', '2025-05-31', '{last_paid,linear}');
SELECT * FROM analytics.customer_kpi('2020-01-01');
SELECT * FROM analytics.settings();
SQL
my $answered = $publisher->safe_psql('postgres', $answers);
like($answered, qr/^[1-9]/, 'readers of the publisher answer');
is($subscriber->safe_psql('postgres', $answers), $answered, '... and those of the subscriber the same');

refresh('SELECT', "mode => 'full'");
is_replicated('a full refresh');
refresh('SELECT');
is_replicated('the log of a refresh without news');
refresh("INSERT INTO raw.events VALUES ('e7', 'c1', '2025-05-08 09:00+00', 'google', 'cpc', '900', 'p1', 'b1', '2025-05-08'), ('e8', 'c8', '2025-05-08', 'x', 'cpc', 'Later', NULL, NULL, '2025-05-08')");
is_replicated('new touches of old and new clients');
refresh("CREATE TABLE raw.kept AS SELECT * FROM raw.contracts LIMIT 1; DELETE FROM raw.contracts WHERE ctid IN (SELECT ctid FROM raw.contracts LIMIT 1)");
is_replicated('a contract that is gone');
refresh('INSERT INTO raw.contracts SELECT * FROM raw.kept');
is_replicated('a contract that has come back');
refresh("DELETE FROM raw.events WHERE ctid IN (SELECT ctid FROM raw.events LIMIT 2)");
is_replicated('touches that are gone');
run_on_publisher("SELECT analytics.configure(lookback => '1 day', reporting_timezone => 'UTC'), analytics.configure_alerts(window_days => 3), analytics.grant_access('reader', businesses => '{1}'), analytics.request_refresh()");
is_replicated('what is configured, granted and requested');
run_on_publisher("DELETE FROM warehouse.business_access; INSERT INTO warehouse.channel_rule (priority, source, channel) VALUES (7, 'partner*', 'Affiliates'); CALL analytics.refresh_requested()");
is_replicated('a rule of one\'s own, access that is taken away, a request that is done');
run_on_publisher('SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = \'transactions\'; CALL analytics.refresh(accept_loss => true)');
is_replicated('a source that is dropped');
run_on_publisher("SELECT analytics.check_data_quality(); SELECT analytics.purge_history('0')");
is_replicated('a log that is purged');
run_on_publisher("DROP INDEX warehouse.fact_leads_day; SELECT analytics.upgrade_warehouse(); CALL analytics.refresh()");
is_replicated('an upgrade that does not change tables');

$_->stop for $subscriber, $publisher;
done_testing();
