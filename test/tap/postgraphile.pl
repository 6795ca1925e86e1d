# An API client as it comes from npm: PostGraphile 5 shows a schema that publish() filled, all of it, under the names, arguments and comments of the
# functions, and a role that may only read gets from it what it gets from SQL. Skipped where npm, or its registry, is not there.
use strict;
use warnings;
use File::Copy qw(copy);
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir();
sub run
{
    my ($seconds, $input, @command) = @_;
    my ($out, $err) = ('', '');
    my $done = eval { IPC::Run::run(\@command, '<', \$input, '>', \$out, '2>', \$err, IPC::Run::timeout($seconds)) };
    return ($done, $out, $err);
}
my ($npm_runs) = run(30, '', 'npm', '--version');
plan skip_all => 'npm is not installed' unless $npm_runs;
copy("test/postgraphile/$_", "$folder/$_") or die "cannot copy $_: $!" for 'package.json', 'ask.mjs';
# Below the test's own folder, since the user who runs it may have no home.
$ENV{npm_config_cache} = "$folder/cache";
$ENV{GRAPHILE_ENV} = 'production';
my ($installed, undef, $why) = run(180, '', 'npm', 'install', '--prefix', $folder, '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=0');
plan skip_all => 'PostGraphile cannot be installed from npm: ' . (split /\n/, $why || 'no answer within three minutes')[0] unless $installed;

my $server = PostgreSQL::Test::Cluster->new('postgraphile');
$server->init;
$server->start;
$server->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
SELECT analytics.load_demo();
CREATE ROLE api LOGIN;
SELECT analytics.grant_access('api');
CREATE SCHEMA published;
SELECT analytics.publish('published');
GRANT USAGE ON SCHEMA published TO api;
SQL

my %query = (
    kpi => '{ kpi(dateFrom: "2025-10-01", dateTo: "2025-10-31") { nodes { leads nContracts revenue spend cpl roas currency } } }',
    family => '{ kpi(dateFrom: "2025-10-01", dateTo: "2025-10-31", platforms: ["meta"]) { nodes { leads } } }',
    campaigns => '{ campaigns(dateFrom: "2025-10-01", dateTo: "2025-10-31", platforms: ["google"], rowLimit: 2) { nodes { platform campaignName leads spend } } }',
    page => '{ campaigns(dateFrom: "2025-10-01", dateTo: "2025-10-31", first: 1) { totalCount nodes { campaignName } } }',
    attribution => '{ attribution(dateFrom: "2025-10-01", dateTo: "2025-10-31", models: ["first", "linear"]) { nodes { model key conversions revenue } } }',
    trend => '{ trendLeads(dateFrom: "2025-10-30", dateTo: "2025-10-31") { nodes { dt leads } } }',
    events => '{ eventsFunnel(startDate: "2025-10-18", endDate: "2025-10-27", platform: "google", rowLimit: 1) { nodes { eventId platform } } }',
    funnel => '{ allFunnelSummaries { nodes { stage count } } }',
    bad => '{ kpi(dateFrom: "2025-10-31", dateTo: "2025-10-01") { nodes { leads } } }',
    unknown => '{ kpi(dateFrom: "2025-10-01", dateTo: "2025-10-31", platforms: ["myspace"]) { nodes { leads } } }',
    cohorts => '{ cohorts { nodes { cohort size } } }', value => '{ customerValue(rowLimit: 2) { nodes { clientId clv } } }', buckets => '{ customerValueBuckets { nodes { mValueBucket } } }',
    advice => '{ allVAdvices(first: 1) { nodes { campaignName action } } }', dashboard => '{ customerDashboard }',
    audience => '{ audience(segment: "Champions", format: "meta", clients: ["1", "2", "3"]) { nodes { clientKey hashedEmail } } }',
    fields => '{ __type(name: "Query") { fields { name description args { name type { kind } } } } mutation: __type(name: "Mutation") { fields { name } } }');
my ($answered, $out, $err) = run(120, encode_json(\%query), "$folder/node_modules/.bin/node", "$folder/ask.mjs", sprintf('postgres://api@/postgres?host=%s&port=%s', $server->host, $server->port), 'published');
ok($answered, 'PostGraphile starts and answers') or diag($err);
my $answer = $answered ? decode_json($out) : {};

# What it says, and what SQL says, as lines of values.
sub rows
{
    my ($name, $field, $columns) = @_;
    return join("\n", map { my $row = $_; join('|', map { $row->{$_} // '' } split(/ /, $columns)) } @{ $answer->{$name}{data}{$field}{nodes} // [] });
}
sub sql { return $server->safe_psql('postgres', $_[0], extra_params => [ '-U', 'api' ]); }

is(rows('kpi', 'kpi', 'leads nContracts revenue spend cpl roas currency'), sql("SELECT * FROM analytics.kpi('2025-10-01', '2025-10-31')"), 'kpi');
is(rows('family', 'kpi', 'leads'), sql("SELECT leads FROM analytics.kpi('2025-10-01', '2025-10-31', '{meta}')"), '... of a family');
is(rows('campaigns', 'campaigns', 'platform campaignName leads spend'),
    sql("SELECT platform, campaign_name, leads, spend FROM analytics.campaigns('2025-10-01', '2025-10-31', '{google}', 2)"), 'campaigns');
is("$answer->{page}{data}{campaigns}{totalCount}|" . rows('page', 'campaigns', 'campaignName'),
    sql("SELECT count(*) || '|' || (array_agg(campaign_name))[1] FROM analytics.campaigns('2025-10-01', '2025-10-31')"), '... by pages');
is(rows('attribution', 'attribution', 'model key revenue'),
    sql("SELECT model, key, revenue FROM analytics.attribution('2025-10-01', '2025-10-31', '{first,linear}')"), 'attribution');
is(rows('trend', 'trendLeads', 'dt leads'), sql("SELECT * FROM analytics.trend_leads('2025-10-30', '2025-10-31')"), 'dates are days');
is(rows('events', 'eventsFunnel', 'eventId platform'), sql("SELECT event_id, platform FROM analytics.events_funnel('2025-10-18', '2025-10-27', 'google', 1)"), 'rows of a named type');
is(rows('funnel', 'allFunnelSummaries', 'stage count'), sql('SELECT stage, count FROM analytics.funnel_summary'), 'a view');
is($answer->{bad}{errors}[0]{message}, 'date_from is after date_to', 'the message of an error arrives');
is($answer->{unknown}{errors}[0]{message}, "unknown platform: 'myspace'", '... and another');

my %field = map { $_->{name} => $_ } @{ $answer->{fields}{data}{__type}{fields} };
is(join(' ', map { $_->{name} } grep { $_->{name} !~ /^(first|last|offset|before|after)$/ } @{ $field{campaigns}{args} }), 'dateFrom dateTo platforms rowLimit businessId includeUnassigned platformLevel', 'arguments have their names');
like($field{kpi}{description}, qr/^Leads, contracts, revenue, spend, cost per lead and ROAS of a period\n.*cpl = spend \/ leads/s, 'comments are descriptions');
my @published = split /\n/, $server->safe_psql('postgres', "SELECT proname FROM pg_proc WHERE pronamespace = 'published'::regnamespace");
cmp_ok(scalar @published, '>', 90, 'functions');
is(join(' ', grep { my $name = $_; $name =~ s/_(\w)/uc $1/ge; !$field{$name} } @published), '', '... each is a field');
is(scalar(grep { /^allV|^allRefreshProgresses$|^allFunnelSummaries$/ } keys %field), $server->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relnamespace = 'published'::regnamespace AND relkind = 'v'"), '... and each view');
is($answer->{fields}{data}{mutation}, undef, 'nothing changes anything');
is(join(' ', grep { $answer->{$_}{errors} } qw(cohorts value buckets advice dashboard audience)), '', 'readers whose names would clash, views and documents answer, too');
is(rows('audience', 'audience', 'clientKey hashedEmail'), sql("SELECT client_key, hashed_email FROM analytics.audience('Champions', 'meta', '{1,2,3}')"), 'a list of keys is an argument');

$server->stop;
done_testing();
