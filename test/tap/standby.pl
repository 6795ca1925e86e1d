# A hot standby answers every question that a reader may ask, and as the primary does; also while the primary refreshes. What writes says that it cannot.
use strict;
use warnings;
use lib 'test/tap';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Readers qw(load answers differing reader_questions);
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "jit = off\nfsync = off\nautovacuum = off\n");
$primary->start;
$primary->safe_psql('postgres', 'CREATE ROLE reader LOGIN');
my $fill = PostgreSQL::Test::Utils::tempdir() . '/fill.sql';
append_to_file($fill, <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
SELECT analytics.load_demo();
SELECT analytics.grant_access('reader');
\i test/fixture/readers.sql
SQL
is(load($primary, 'postgres', $fill), '', 'the primary has the demo data');
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
# A question is not ended by what the primary cleans up meanwhile.
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nmax_standby_streaming_delay = -1\n");
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));

my $questions = reader_questions($primary, 'postgres', "variant = 'whole' OR names = '{}'");
cmp_ok(scalar keys %$questions, '>', 80, 'there are questions to ask');
my $expected = answers($primary, 'postgres', $questions);
is(differing(answers($standby, 'postgres', $questions), $expected), '', 'a standby answers each as the primary does');
my @failed = grep { $expected->{$_} =~ /\A\w{5} / } sort keys %$expected;
is("@failed", '', '... and none with an error');
my $quality = "SELECT business, check_name, subject, status, failed_rows FROM analytics.check_data_quality()";
is($standby->safe_psql('postgres', $quality), $primary->safe_psql('postgres', $quality), 'data quality is checked there, too');

# A role that reads.
my $kpi = "SELECT leads FROM analytics.kpi('2025-10-01', '2025-10-31')";
my (undef, $seen) = $standby->psql('postgres', $kpi, extra_params => ['-U', 'reader']);
is($seen, '2794', 'a reader reads there');

for my $statement ('CALL analytics.refresh()', 'SELECT analytics.request_refresh()', "SELECT analytics.configure(lookback => '1 day')", "SELECT analytics.drop_source(1)") {
    my (undef, undef, $error) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$statement");
    like($error, qr/ERROR:  25006: /, "$statement says that a standby only reads");
}

# The primary refreshes fully, again and again, from sources that change; whatever the standby has replayed, its answers agree with each other.
$primary->safe_psql('postgres', <<'SQL');
CREATE TABLE go_on ();
CREATE PROCEDURE go_on() LANGUAGE plpgsql AS $$
BEGIN
    WHILE to_regclass('go_on') IS NOT NULL LOOP
        UPDATE demo.meta_ads_insights SET spend = spend + 1;
        COMMIT;
        CALL analytics.refresh('full');
    END LOOP;
END $$;
SQL
my ($out, $err) = ('', '');
my $refresher = IPC::Run::start(['psql', '-XAtq', '-d', $primary->connstr('postgres'), '-c', 'SET client_min_messages = warning', '-c', 'CALL go_on()'],
    '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(180));
my %spends;
my $until = time + 15;
my $asked = 0;
my @wrong;
while (time < $until) {
    my $answer = $standby->safe_psql('postgres', <<'SQL');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT k.leads, k.spend, k.spend = (SELECT sum(spend) FROM analytics.trend_spend('2025-10-01', '2025-10-31')),
       k.spend = (SELECT sum(c.spend) FROM analytics.campaigns('2025-10-01', '2025-10-31', row_limit => 1000) c)
FROM analytics.kpi('2025-10-01', '2025-10-31') k;
COMMIT;
SQL
    $asked++;
    $spends{(split /\|/, $answer)[1]}++;
    push @wrong, $answer unless $answer =~ /\A2794\|[\d.]+\|t\|t\z/;
}
$primary->safe_psql('postgres', 'DROP TABLE go_on');
$refresher->finish;
is($err, '', 'the primary refreshes beside a standby that is asked');
is("@wrong", '', "$asked answers of the standby agree with each other");
cmp_ok(scalar keys %spends, '>', 1, '... and follow the refreshes');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
is($standby->safe_psql('postgres', $kpi), $primary->safe_psql('postgres', $kpi), 'in the end both say the same');

$_->stop for $standby, $primary;
done_testing();
