# What is in integrations/ holds of the schema as it is: each query of a dashboard and of a model runs, by a role that sees no personal data.
use strict;
use warnings;
use File::Copy qw(copy);
use IO::Select;
use IO::Socket::INET;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $server = PostgreSQL::Test::Cluster->new('integrations');
$server->init;
$server->start;
$server->safe_psql('postgres', <<'SQL');
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
SELECT analytics.load_demo();
-- What the demo has nothing of.
CREATE SCHEMA raw;
CREATE TABLE raw.breakdowns AS
    SELECT date '2025-10-01' + i % 40 AS date, CASE WHEN i % 4 < 2 THEN 'k' || i % 3 END AS keyword_id, CASE WHEN i % 4 = 0 THEN 'query ' || i % 5 END AS search_query,
           CASE WHEN i % 4 > 1 THEN 'UA' END AS country, CASE WHEN i % 4 = 2 THEN 'Lviv' END AS region, 1 + i % 9 AS impressions, i % 2 AS clicks, i % 7 AS spend
    FROM generate_series(1, 400) i;
SELECT analytics.register_source('ad_breakdowns', 'raw.breakdowns', '{"platform": "''google''"}', options => '{"sum": true}');
CALL analytics.refresh();
CREATE ROLE looker LOGIN;
SELECT analytics.grant_access('looker', 'analyst');
SQL
my $folder = PostgreSQL::Test::Utils::tempdir();

# The first rows of a query as that role, as objects, or its error.
sub rows
{
    my ($sql) = @_;
    my ($status, $out, $err) = $server->psql('postgres', "SELECT json_agg(to_json(q)) FROM (SELECT * FROM ($sql) q LIMIT 100) q", extra_params => ['-U', 'looker']);
    return $err ne '' ? $err : $out eq '' ? [] : JSON::PP->new->utf8(0)->decode($out);
}
sub wrong { my ($name, $found) = @_; return ref $found && @$found ? () : "$name: " . (ref $found ? 'no row' : $found) }

# Grafana: what its macros stand for, in the days of the demo.
sub expanded
{
    my ($sql) = @_;
    $sql =~ s/\$__timeFrom\(\)/'2025-10-01T00:00:00Z'/g;
    $sql =~ s/\$__timeTo\(\)/'2025-10-31T12:00:00Z'/g;
    $sql =~ s/\$__timeFilter\(([^)]*)\)/$1 BETWEEN '2025-10-01T00:00:00Z' AND '2025-10-31T12:00:00Z'/g;
    $sql =~ s/\$\{platform:sqlstring\}/'facebook','google','unknown'/g;
    $sql =~ s/\$business\b/1/g;
    return $sql;
}
# What Grafana's schema of dashboards (version 39) asks of a page, each of its panels and their targets: keys and the kinds of their values.
my ($source_uid) = slurp_file('integrations/grafana/provisioning/datasources/pg_marketing.yaml') =~ /uid: (\w+)/;
sub kind { my ($value) = @_; return ref $value eq 'HASH' ? 'object' : ref $value eq 'ARRAY' ? 'array' : JSON::PP::is_bool($value) ? 'boolean' : ref $value ? ref $value : !defined $value ? 'null' : $value =~ /^-?[0-9]+$/ ? 'integer' : 'string' }
sub misshapen
{
    my ($place, $object, %wanted) = @_;
    return map { my $found = kind($object->{$_}); $found eq $wanted{$_} ? () : "$place.$_ is $found" } sort keys %wanted;
}
sub faults_of
{
    my ($page) = @_;
    my @faults = misshapen('page', $page, uid => 'string', title => 'string', tags => 'array', schemaVersion => 'integer', version => 'integer', editable => 'boolean', timezone => 'string', time => 'object', templating => 'object', panels => 'array');
    push @faults, 'its uid is too long' if length $page->{uid} > 40;
    push @faults, misshapen('time', $page->{time}, from => 'string', to => 'string');
    my %taken;
    for my $panel (@{ $page->{panels} }) {
        my $place = "panel $panel->{title}";
        push @faults, misshapen($place, $panel, id => 'integer', type => 'string', title => 'string', gridPos => 'object', datasource => 'object', fieldConfig => 'object', options => 'object', targets => 'array');
        push @faults, "$place: another has its id" if $taken{ $panel->{id} }++;
        push @faults, "$place: no such type" if $panel->{type} !~ /^(?:stat|timeseries|table|piechart|barchart|heatmap|bargauge)$/;
        push @faults, misshapen("$place.gridPos", $panel->{gridPos}, map { $_ => 'integer' } qw(x y w h)), $panel->{gridPos}{x} + $panel->{gridPos}{w} > 24 ? "$place is too wide" : ();
        push @faults, misshapen("$place.fieldConfig", $panel->{fieldConfig}, defaults => 'object', overrides => 'array');
        for my $target (@{ $panel->{targets} }) {
            push @faults, misshapen("$place.target", $target, refId => 'string', rawSql => 'string', format => 'string', rawQuery => 'boolean', editorMode => 'string', datasource => 'object');
            push @faults, "$place: another source" if grep { $_->{uid} ne $source_uid || $_->{type} ne 'postgres' } $target->{datasource}, $panel->{datasource};
            push @faults, "$place: no such format" if $target->{format} !~ /^(?:table|time_series)$/;
        }
    }
    push @faults, map { misshapen("variable $_->{name}", $_, name => 'string', type => 'string', query => 'string', datasource => 'object') } @{ $page->{templating}{list} };
    return join "\n", @faults;
}
is(system('integrations/grafana/make', $folder), 0, 'dashboards are made');
for my $file (glob('integrations/grafana/dashboards/*.json')) {
    my ($name) = $file =~ m{([^/]+)\.json$};
    is(slurp_file($file), slurp_file("$folder/$name.json"), "$name is what integrations/grafana/make makes");
    my $page = decode_json(slurp_file($file));
    is(faults_of($page), '', '... has the shape of a dashboard');
    my @panels = @{ $page->{panels} };
    is(join("\n", map { wrong($_->{title}, rows(expanded($_->{targets}[0]{rawSql}))) } @panels), '', '... each panel has rows');
    is(join("\n", map { wrong($_->{name}, rows(expanded($_->{query}))) } @{ $page->{templating}{list} }), '', '... and each variable values');
    is(join("\n", map { $_->{title} } grep { my $first = rows(expanded($_->{targets}[0]{rawSql})); $_->{type} eq 'timeseries' && !(ref $first && ($first->[0]{time} // '') =~ /^\d{4}-\d\d-\d\dT/) } @panels), '',
        '... and each series a time');
    my %taken;
    is(join(' ', grep { $taken{$_}++ } map { my $at = $_->{gridPos}; my @down = $at->{y} .. $at->{y} + $at->{h} - 1; map { my $x = $_; map { "$x,$_" } @down } $at->{x} .. $at->{x} + $at->{w} - 1 } @panels), '', '... and no panel lies on another');
}
is(join(' ', sort map { m{([^/]+)\.json$} } glob("$folder/*.json")), join(' ', sort map { m{([^/]+)\.json$} } glob('integrations/grafana/dashboards/*.json')), 'there is a file for each page');

# Cube: each measure by all dimensions of its cube.
my ($cube, %cubes);
for (split /\n/, slurp_file('integrations/cube/model/marketing.yml')) {
    $cube = $cubes{$1} = { dimensions => {}, measures => {} } if /^  - name: (\w+)$/;
    $cube->{table} = $1 if /^    sql_table: (\S+)$/;
    $cube->{part} = $1 if /^    (dimensions|measures):$/;
    next unless /^      - \{ name: (\w+)(?:, sql: (?:'([^']*)'|([^,]+)))?, type: (\w+)/;
    my ($name, $sql, $type) = ($1, $2 // $3 // '*', $4);
    $cube->{ $cube->{part} }{$name} = $cube->{part} eq 'measures' && $type ne 'number' ? "$type($sql)" : $sql;
}
cmp_ok(scalar keys %cubes, '>=', 6, 'cubes');
for my $name (sort keys %cubes) {
    my ($dimensions, $measures) = map { my $part = $_; [map { "$cubes{$name}{$part}{$_} AS $_" } sort keys %{ $cubes{$name}{$part} }] } qw(dimensions measures);
    my $places = join ', ', 1 .. @$dimensions;
    is(wrong($name, rows('SELECT ' . join(', ', @$dimensions, @$measures) . " FROM $cubes{$name}{table} GROUP BY $places")) // '', '', "cube $name");
}

# dbt: its sources are the warehouse's, and its metrics those of the catalogue.
my ($made, $why);
{
    local %ENV = (%ENV, PGHOST => $server->host, PGPORT => $server->port, PGDATABASE => 'postgres');
    IPC::Run::run(['integrations/dbt/make'], '>', \$made, '2>', \$why);
}
is($made, slurp_file('integrations/dbt/models/sources.yml'), 'sources.yml is what integrations/dbt/make makes') or diag($why);
my $metrics = slurp_file('integrations/dbt/models/metrics.yml');
is($server->safe_psql('postgres', "SELECT m FROM unnest('{" . join(',', $metrics =~ /- \{ name: (\w+), label:/g) . "}'::text[]) m WHERE m <> ALL (SELECT metric FROM analytics.metric_catalogue())"), '', 'metrics have the names of the catalogue');
(my $model = slurp_file('integrations/dbt/models/kpi_daily.sql')) =~ s/\{\{ config.*?\}\}|\{\{ source\('warehouse', '(\w+)'\) \}\}/$1 ? "warehouse.$1" : ''/ge;
my $first = rows($model);
is(wrong('kpi_daily', $first) // '', '', 'the model runs');
is(join(' ', grep { ref $first && !exists $first->[0]{$_} } $metrics =~ /- \{ name: (\w+), (?:agg|type: (?:time|categorical))/g), '', '... and has what the semantic model names');

# The nine reports: what dbt's ad_reporting models are called and have, in that order; each runs, and its tests pass.
my @metrics = qw(clicks impressions spend conversions conversions_value);
my @account = qw(account_id account_name);
my @campaign = (@account, qw(campaign_id campaign_name));
my @group = (@campaign, qw(ad_group_id ad_group_name));
my %columns = (
    account_report => [@account], campaign_report => [@campaign], ad_group_report => [@group], ad_report => [@group, qw(ad_id ad_name)],
    keyword_report => [@group, qw(keyword_id keyword_text keyword_match_type)], search_report => [@group, qw(keyword_id keyword_text search_query search_match_type)],
    url_report => [@group, qw(base_url url_host url_path utm_source utm_medium utm_campaign utm_content utm_term)],
    monthly_campaign_country_report => [@campaign, qw(country country_code global_region)], monthly_campaign_region_report => [@campaign, 'region']);
my $reports = 'integrations/dbt/models/ad_reporting';
is(join(' ', sort map { m{ad_reporting__(\w+)\.sql$} } glob("$reports/*.sql")), join(' ', sort keys %columns), 'the nine reports of dbt are there');
my $test = slurp_file('integrations/dbt/tests/generic/unique_combination.sql');
$test =~ s/\{[%#].*?[%#]\}//gs;
my (%key, %not_null, $described);
for (split /\n/, slurp_file("$reports/models.yml")) {
    $described = $1 if /- name: ad_reporting__(\w+)/;
    $key{$described} = $1 if /columns: \[(.*)\]/;
    push @{ $not_null{$described} }, $1 if /name: (\w+), tests: \[not_null\]/;
}
for my $name (sort keys %columns) {
    (my $query = slurp_file("$reports/ad_reporting__$name.sql")) =~ s/\{\{ source\('warehouse', '(\w+)'\) \}\}/warehouse.$1/;
    my ($listed) = $query =~ /SELECT (.*?)\s+FROM/s;
    is(join(' ', split /,\s*/, $listed), join(' ', 'source_relation', ($name =~ /^monthly/ ? 'date_month' : 'date_day'), 'platform', @{ $columns{$name} }, @metrics, 'business_id currency'), "$name has their columns");
    is(wrong($name, rows($query)) // '', '', '... and rows');
    (my $unique = $test) =~ s/\{\{ (model|columns)[^}]*\}\}/$1 eq 'model' ? "($query) m" : $key{$name}/ge;
    is_deeply(rows($unique), [], '... which are told apart by the key');
    is($server->safe_psql('postgres', "SELECT count(*) FROM ($query) q WHERE num_nulls(" . join(', ', @{ $not_null{$name} }) . ') > 0'), '0', '... and have what must be there');
}

# The relay: what is announced arrives, signed, also where the receiver fails at first.
SKIP: {
    for (qw(package.json relay.js)) { copy("integrations/relay/$_", "$folder/$_") or die "cannot copy $_: $!" }
    local $ENV{npm_config_cache} = "$folder/cache";
    my $problem = '';
    my $installed = eval { IPC::Run::run(['npm', 'install', '--prefix', $folder, '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=0'], '<', \undef, '>', \my $out, '2>', \$problem, IPC::Run::timeout(180)) };
    skip 'the relay\'s driver cannot be installed from npm: ' . ((split /\n/, $problem)[0] // 'npm is not there'), 6 unless $installed;
    my $receiver = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die $@;
    local %ENV = (%ENV, PGHOST => $server->host, PGPORT => $server->port, PGDATABASE => 'postgres', PGUSER => 'looker', WEBHOOK_URL => 'http://127.0.0.1:' . $receiver->sockport . '/hook', WEBHOOK_SECRET => 'key', RETRY_MS => '50');
    my ($out, $err) = ('', '');
    my $relay = IPC::Run::start(['node', "$folder/relay.js"], '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
    $relay->pump until $out =~ /listening/;
    # The next request: its head and body, after the given answer.
    my $receive = sub {
        my ($answer) = @_;
        return ('nothing came', '') unless IO::Select->new($receiver)->can_read(20);
        my $connection = $receiver->accept;
        my ($head, $body) = ('', '');
        while (my $line = <$connection>) { last if $line eq "\r\n"; $head .= $line }
        read $connection, $body, $head =~ /^content-length: (\d+)/mi ? $1 : 0;
        print $connection "HTTP/1.1 $answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return ($head, $body);
    };
    my $alert = encode_json({ severity => 'critical', anomaly_type => 'spike_cpl', name => 'Open day', date_to => '2025-10-31', reason => "It's dearer" });
    $server->safe_psql('postgres', "SELECT pg_notify('analytics_anomalies', " . '$x$' . $alert . '$x$' . "), pg_notify('analytics_report', '7')");
    my (undef, $refused) = $receive->('503 Busy');
    my ($head, $body) = $receive->('200 OK');
    is($body, $refused, 'what was not taken is sent again');
    is(decode_json($body)->{text}, "critical: spike_cpl of Open day, 2025-10-31. It's dearer", 'an alert is a sentence');
    is_deeply(decode_json($body)->{payload}, decode_json($alert), '... and itself');
    require Digest::SHA;
    like($head, qr/^x-signature-256: sha256=\Q${\ Digest::SHA::hmac_sha256_hex($body, 'key')}\E\r$/mi, '... signed');
    (undef, $body) = $receive->('404 Not Found');
    is(decode_json($body)->{text}, 'Report 7 is ready.', 'a report follows');
    $server->safe_psql('postgres', "SELECT pg_notify('analytics_report', '8')");
    (undef, $body) = $receive->('200 OK');
    is(decode_json($body)->{payload}, 8, 'what is refused for good is given up, and the next one sent');
    $relay->kill_kill;
}

$server->stop;
done_testing();
