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
is(system('integrations/grafana/make', $folder), 0, 'dashboards are made');
for my $file (glob('integrations/grafana/dashboards/*.json')) {
    my ($name) = $file =~ m{([^/]+)\.json$};
    is(slurp_file($file), slurp_file("$folder/$name.json"), "$name is what integrations/grafana/make makes");
    my $page = decode_json(slurp_file($file));
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
