# The example of docs/install.md: a server that knows nothing of the extension, and one beside it that reads its tables, by foreign tables and by
# logical replication. The statements are those of the page, with this test's addresses.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $managed = PostgreSQL::Test::Cluster->new('managed');
$managed->init(allows_streaming => 'logical');
$managed->start;
my $own = PostgreSQL::Test::Cluster->new('own');
$own->init;
$own->append_conf('postgresql.conf', "jit = off\n");
$own->start;

my %block;
my $page = slurp_file('docs/install.md');
while ($page =~ /^```sql noexec\n-- On (the managed|your own) server: ([^\n]+)\n(.*?)^```/gms) {
    my ($where, $what, $sql) = ($1, $2, $3);
    my ($host, $port) = ($managed->host, $managed->port);
    $sql =~ s/managed\.example\.com/$host/g;
    $sql =~ s/\b5432\b/$port/g;
    $block{$what} = { node => $where eq 'your own' ? $own : $managed, sql => $sql };
}
is(scalar keys %block, 5, 'the page has its five blocks');
sub run_block { my ($what, $database) = @_; return $block{$what}{node}->safe_psql($database, $block{$what}{sql}) }

$managed->safe_psql('postgres', 'CREATE DATABASE shop');
$managed->safe_psql('shop', <<'SQL');
CREATE SCHEMA crm;
CREATE TABLE crm.visits (id int PRIMARY KEY, person text, at timestamptz, source text, medium text);
CREATE TABLE crm.deals (no text PRIMARY KEY, person text, signed date, total numeric);
INSERT INTO crm.visits VALUES (1, 'ann', '2025-03-03 10:15Z', 'google', 'cpc'), (2, 'bob', '2025-03-03 11:00Z', NULL, NULL), (3, 'ann', '2025-03-05 09:30Z', 'facebook', 'cpc');
INSERT INTO crm.deals VALUES ('K-1', 'ann', '2025-03-07', 1200);
SQL
run_block('who may read.', 'shop');
my $figures = "SELECT leads, n_contracts, round(revenue) FROM analytics.kpi('2025-03-01', '2025-03-31')";
my $event = "INSERT INTO crm.visits VALUES (%d, 'eve', '2025-03-09 12:00Z', 'google', 'cpc')";

$own->safe_psql('postgres', 'CREATE DATABASE by_foreign_tables');
$own->safe_psql('by_foreign_tables', 'CREATE EXTENSION pg_marketing; SELECT analytics.install()');
run_block('the tables of the managed one, as foreign tables.', 'by_foreign_tables');
run_block('sources.', 'by_foreign_tables');
is($own->safe_psql('by_foreign_tables', $figures), '2|1|1200', 'foreign tables are sources');
$managed->safe_psql('shop', sprintf $event, 4);
$own->safe_psql('by_foreign_tables', 'CALL analytics.refresh()');
is($own->safe_psql('by_foreign_tables', $figures), '3|1|1200', '... and a refresh follows them');

$own->safe_psql('postgres', 'CREATE DATABASE by_replication');
$own->safe_psql('by_replication', 'CREATE EXTENSION pg_marketing; SELECT analytics.install()');
run_block('what is replicated.', 'shop');
run_block('the same tables, filled and kept by the subscription.', 'by_replication');
$own->wait_for_subscription_sync($managed, 'marketing', 'by_replication');
run_block('sources.', 'by_replication');
is($own->safe_psql('by_replication', $figures), '3|1|1200', 'replicated tables are sources');
$managed->safe_psql('shop', sprintf($event, 5) =~ s/eve/dan/r);
$managed->wait_for_catchup('marketing');
$own->safe_psql('by_replication', 'CALL analytics.refresh()');
is($own->safe_psql('by_replication', $figures), '4|1|1200', '... and a refresh follows them');
$own->safe_psql('by_replication', 'DROP SUBSCRIPTION marketing');

$_->stop for $own, $managed;
done_testing();
