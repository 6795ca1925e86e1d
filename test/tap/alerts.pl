# New alerts are announced: with the transaction that writes them into the history, once, and not at all where it does not commit.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('alerts');
$node->init;
$node->append_conf('postgresql.conf', "fsync = on\nsynchronous_commit = on\njit = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
CREATE TABLE ads (date date, platform text, campaign_id text, campaign_name text, spend numeric, impressions bigint, clicks bigint);
CREATE TABLE touches (id bigint GENERATED ALWAYS AS IDENTITY, client_id text, occurred_at timestamptz, utm_source text, utm_medium text, utm_campaign text);
INSERT INTO ads SELECT date '2025-02-01' + d, 'google', 'c' || c, 'Campaign ' || c, CASE WHEN d > 29 AND c = 2 THEN 300 ELSE 100 + (d * 7 + c) % 5 END, 1000, 50
    FROM generate_series(0, 36) d, generate_series(1, 3) c;
INSERT INTO touches (client_id, occurred_at, utm_source, utm_medium, utm_campaign)
    SELECT format('%s %s %s', d, c, i), timestamptz '2025-02-01 12:00+00' + d * interval '1 day', 'google', 'cpc', 'c' || c
    FROM generate_series(0, 36) d, generate_series(1, 3) c, generate_series(1, 8 + (d * 5 + c) % 4) i;
SELECT analytics.register_source('ad_performance', 'ads');
SELECT analytics.register_source('events', 'touches', '{"event_id": "id"}');
SELECT analytics.configure_alerts(dimensions => '{campaign}');
SQL

# What a session hears that listens, refreshes and then asks for something, so that psql looks for notifications.
sub heard
{
    my ($sql) = @_;
    my (undef, $out) = $node->psql('postgres', "SET client_min_messages = warning;\nLISTEN analytics_anomalies;\n$sql\nSELECT 1;");
    return [sort grep { defined } map { /Asynchronous notification "analytics_anomalies" with payload "(.*)" received/ ? $1 : undef } split /\n/, $out];
}
my $kept = 'SELECT count(*) FROM warehouse.anomaly_history';

is_deeply(heard("BEGIN;\nCALL analytics.refresh();\nROLLBACK;"), [], 'a refresh that is rolled back announces nothing');
is($node->safe_psql('postgres', $kept), '0', 'and keeps nothing');

my $first = heard('CALL analytics.refresh();');
is(scalar @$first, 2, 'a refresh announces each new alert');
is(scalar(grep { /"dimension" : "campaign".*"name" : "Campaign 2"/ } @$first), 2, 'with the campaign that is meant');
is(join(',', sort map { /"anomaly_type" : "(\w+)"/ } @$first), 'spike_cpl,spike_spend', 'and what it is about');
is($node->safe_psql('postgres', $kept), '2', 'and keeps them');
is_deeply(heard('CALL analytics.refresh();'), [], 'the next refresh does not repeat them');

# A server that crashes between two refreshes has both the alert and its announcement behind it, or neither.
$node->safe_psql('postgres', "INSERT INTO ads SELECT date + 1, platform, campaign_id, campaign_name, spend, impressions, clicks FROM ads WHERE date = '2025-03-09';
    INSERT INTO ads SELECT date + 1, platform, campaign_id, campaign_name, CASE campaign_id WHEN 'c3' THEN 2500 ELSE spend END, impressions, clicks FROM ads WHERE date = '2025-03-10'");
my $session = $node->background_psql('postgres');
$session->query_safe("SET client_min_messages = warning; BEGIN; CALL analytics.refresh()");
is($session->query_safe($kept), '4', 'two more alerts, in a transaction that is open');
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', $kept), '2', 'the crash takes them away');
my $again = heard('CALL analytics.refresh();');
is(scalar(grep { /"name" : "Campaign 3".*"outcome" : "new"/ } @$again), 2, 'and the refresh after it announces them');
is(scalar @$again, 2, 'and nothing else');
$node->stop;
done_testing();
