# New alerts are announced: with the transaction that writes them into the history, once, and not at all where it does not commit.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use JSON::PP;
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

# A session that only listens; what others have told it since it was last asked. psql looks for notifications after each query.
my $listener = $node->background_psql('postgres');
$listener->query_safe('LISTEN analytics_anomalies');

sub heard
{
    my $out = $listener->query_safe('SELECT 1');
    return map { decode_json($_) } $out =~ /Asynchronous notification "analytics_anomalies" with payload "(.*)" received/g;
}

sub refresh
{
    my ($before, $after) = @_;
    $node->safe_psql('postgres', join("\n", 'SET client_min_messages = warning;', $before // '', 'CALL analytics.refresh();', $after // ''));
}
my $kept = 'SELECT count(*) FROM warehouse.anomaly_history';

refresh('BEGIN;', 'ROLLBACK;');
is_deeply([heard()], [], 'a refresh that is rolled back announces nothing');
is($node->safe_psql('postgres', $kept), '0', 'and keeps nothing');

# Until the transaction ends there is nothing to hear, either.
my $session = $node->background_psql('postgres');
$session->query_safe('SET client_min_messages = warning');
$session->query_safe('BEGIN; CALL analytics.refresh()');
is($session->query_safe($kept), '2', 'a refresh keeps its alerts');
is_deeply([heard()], [], 'nothing is announced before they are committed');
$session->query_safe('COMMIT');
$session->quit;

my @first = sort { $a->{anomaly_type} cmp $b->{anomaly_type} } heard();
is(scalar @first, 2, 'then each new alert is announced to a session that listens');
is_deeply([sort keys %{ $first[0] }], [qw(alert_id anomaly_type business_id date_to dimension name outcome platform reason severity)],
    'with the keys that the documentation names');
my @rows = map { decode_json($_) } split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT json_build_object('alert_id', alert_id, 'business_id', business_id, 'dimension', dimension, 'anomaly_type', anomaly_type, 'severity', severity,
    'platform', platform, 'name', unit_name, 'date_to', date_to, 'outcome', 'new', 'reason', reason) FROM warehouse.anomaly_history ORDER BY anomaly_type
SQL
is_deeply(\@first, \@rows, 'and with what the history keeps');
is(join(',', map { "$_->{name} $_->{anomaly_type} $_->{date_to}" } @first), 'Campaign 2 spike_cpl 2025-03-09,Campaign 2 spike_spend 2025-03-09', 'of the campaign that is meant');
is_deeply([heard()], [], 'once');

refresh();
is_deeply([heard()], [], 'the next refresh does not repeat them');
$node->safe_psql('postgres', "INSERT INTO ads SELECT date + 1, platform, campaign_id, campaign_name, spend, impressions, clicks FROM ads WHERE date = '2025-03-09'");
refresh();
is_deeply([heard()], [], 'a further day of the same within the cool-down does not, either');
is($node->safe_psql('postgres', 'SELECT max(last_seen) FROM warehouse.anomaly_history'), '2025-03-10', 'it is only kept as seen');

# A server that crashes between two refreshes has both the alert and its announcement behind it, or neither.
$node->safe_psql('postgres', "INSERT INTO ads SELECT date + 1, platform, campaign_id, campaign_name, CASE campaign_id WHEN 'c3' THEN 2500 ELSE spend END, impressions, clicks FROM ads WHERE date = '2025-03-10'");
$session = $node->background_psql('postgres');
$session->query_safe('SET client_min_messages = warning');
$session->query_safe('BEGIN; CALL analytics.refresh()');
is($session->query_safe($kept), '4', 'two more alerts, in a transaction that is open');
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', $kept), '2', 'the crash takes them away');
$listener = $node->background_psql('postgres');
$listener->query_safe('LISTEN analytics_anomalies');
refresh();
my @again = heard();
is(join(',', map { "$_->{name} $_->{outcome}" } @again), 'Campaign 3 new,Campaign 3 new', 'and the refresh after it announces them, and nothing else');
$listener->quit;
$node->stop;
done_testing();
