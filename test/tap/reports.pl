# Who listens hears of each report that is kept, as it is committed, and reads it with his own rights. Reports are dumped and restored.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('reports');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install(row_security => true);
CREATE SCHEMA raw;
CREATE TABLE raw.events AS SELECT g AS event_id, g % 40 AS client_id, timestamptz '2025-01-01 12:00Z' + g * interval '1 hour' AS occurred_at, 'newsletter' AS utm_source FROM generate_series(1, 100) g;
SELECT analytics.register_source('events', 'raw.events', business_id => b) FROM generate_series(1, 2) b;
CALL analytics.refresh();
CREATE ROLE mailer LOGIN;
SELECT analytics.grant_access('mailer', businesses => '{1}');
SQL
my $keep = "SELECT analytics.keep_report('overview', business_id => %s, date_from => '2025-01-01', date_to => '2025-01-31')";

# psql shows what it was told after each command.
my $mailer = $node->background_psql('postgres', extra_params => ['-U', 'mailer']);
$mailer->query_safe('LISTEN analytics_report');
$node->safe_psql('postgres', sprintf $keep, 1);
like($mailer->query('SELECT 1'), qr/notification "analytics_report" with payload "1" received/, 'the mailer hears of a report');
like($mailer->query_safe("SELECT kind || ': ' || left(html, 15) FROM warehouse.report WHERE report_id = 1"), qr/^overview: <!DOCTYPE html>/m, 'and reads it');
$node->safe_psql('postgres', 'BEGIN; ' . sprintf($keep, 1) . '; ROLLBACK');
unlike($mailer->query('SELECT 1'), qr/notification/, 'what is rolled back is not announced');
$node->safe_psql('postgres', sprintf $keep, 2);
my ($number) = $mailer->query('SELECT 1') =~ /with payload "(\d+)"/;
ok(defined $number, 'it hears that there is one of another business');
is($mailer->query_safe("SELECT count(*) FROM warehouse.report WHERE report_id = $number"), '0', 'and does not read that');
$mailer->quit;

my $reports = "SELECT report_id, business_id, kind, date_from, date_to, md5(html), created_by, created_at FROM warehouse.report ORDER BY 1";
my $dump = $node->basedir . '/dump.sql';
$node->command_ok(['pg_dump', '-f', $dump, '-d', $node->connstr('postgres')], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump], 'restore');
is($node->safe_psql('restored', $reports), $node->safe_psql('postgres', $reports), 'reports are restored');
is($node->safe_psql('restored', sprintf $keep, 1), $number + 1, 'and numbers go on');
$node->stop;
done_testing();
