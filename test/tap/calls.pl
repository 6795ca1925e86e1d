# Calls every function, aggregate and procedure of schema analytics again and again, with valid arguments and with extremes drawn by type:
# infinity, NULL, arrays that are empty, huge or of two dimensions, json and binary states that were damaged. It looks for what must never
# happen: a crash, an error of class XX, NaN or infinity out of finite arguments, a call that outlives its statement_timeout of 1 s by more than
# 1 s, the wording of a library in a message, an error that comes of SQL that was put together wrongly. Everything a call does is rolled back.
#
# First each is called until 50 calls succeeded, then with the largest that each argument can be, or all figures of an argument very small or
# very large, and all others valid, then at random until MARKETING_CALL_SECONDS (120) have passed. MARKETING_CALL_SEED repeats a run, as long
# as the same calls run out of time; MARKETING_CALL_PATTERN picks functions by name. A process of the server has MARKETING_CALL_MEMORY (4 GB)
# and no more: out of memory is a fault, too.
use strict;
use warnings;
use IO::Select;
use IPC::Open2;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Storable;
use Test::More;
use Time::HiRes qw(time);

my $seconds = $ENV{MARKETING_CALL_SECONDS} // 120;
my $seed = $ENV{MARKETING_CALL_SEED} // int(time * 1000) % 1_000_000;
my $pattern = $ENV{MARKETING_CALL_PATTERN} // '';
diag("MARKETING_CALL_SEED=$seed repeats the calls");
my $ends = time + $seconds;
my $wanted = 50;
# All that is started from here inherits it.
my $memory = $ENV{MARKETING_CALL_MEMORY} // 4 * 2**30;
system('prlimit', "--pid=$$", "--as=$memory") == 0 or die 'no limit of memory' if $memory;

# What no call of this script can make succeed, and where it is tested.
my %elsewhere = (
    load_demo => 'takes many seconds: sql/demo.sql, and the demo that docs are tested with',
    partition_facts => 'writes all facts anew: sql/partitions.sql',
    distribute => 'needs Citus: test/citus/run',
    drop_demo => 'drops what load_demo() made: sql/demo.sql',
    region_lift => 'needs leads of several branches: sql/incrementality.sql',
    schedule_refresh => 'needs pg_cron: test/tap/cron.pl',
);

my $node = PostgreSQL::Test::Cluster->new('calls');
$node->init;
# A server that crashed comes back, and the next call finds it. What is rolled back leaves dead rows in the catalogs.
$node->append_conf('postgresql.conf', "jit = off\nrestart_after_crash = on\nautovacuum_naptime = 1s\n");
$node->start;
$node->command_ok(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', 'test/fixture/calls.sql'], 'there is something to call with');
# What writes has copies of its own, so that nothing waits for it.
my @databases = qw(postgres writers_1 writers_2);
$node->safe_psql('template1', "CREATE DATABASE $_ TEMPLATE postgres") for @databases[1, 2];

# --- psql, which answers call by call ---------------------------------------------------------------------------------------------
my ($connstr, $pid, $backend, $from, $to);
sub connect_psql
{
    local $ENV{PGOPTIONS} = "-c statement_timeout=1s -c client_min_messages=error -c max_parallel_workers_per_gather=0";
    # Errors stand with their call in one stream.
    $pid = open2($from, $to, "exec psql -qXAt -v VERBOSITY=verbose -v SHOW_CONTEXT=never -d '" . $connstr . "' 2>&1");
    $backend = 0;
    my ($answer) = ask('SELECT pg_backend_pid();');
    $backend = $1 if $answer =~ /^(\d+)$/m;
    return;
}

# Seconds that the server's process has waited for a processor so far: what other work of this machine takes is no time of a call.
sub waited
{
    open my $file, '<', "/proc/$backend/schedstat" or return 0;
    my (undef, $nanoseconds) = split ' ', <$file> // '0 0';
    return $nanoseconds / 1e9;
}

# Sends statements and reads until their end shows. Returns (answer, seconds, end), which is 'gone' or 'silent' where the server is so for a minute.
sub ask
{
    my ($sql) = @_;
    my $answer = '';
    my $began = time() - waited();
    print $to "$sql\n\\echo <<end>>\n";
    $to->flush;
    my $select = IO::Select->new($from);
    while ($answer !~ /<<end>>\n\z/) {
        return ($answer, time() - $began, 'silent') unless $select->can_read(60);
        my $n = sysread $from, my $part, 65536;
        return ($answer, time() - $began, 'gone') unless $n;
        $answer .= $part;
    }
    $answer =~ s/<<end>>\n\z//;
    return ($answer, time() - waited() - $began, '');
}

# --- what is called ----------------------------------------------------------------------------------------------------------------
sub catalog
{
    my ($sql) = @_;
    return map { [split /\t/, $_, -1] } split /\n/, $node->safe_psql('postgres', $sql, extra_params => ['-F', "\t"]);
}

# Functions of everyone: those of schema analytics, and the compiled ones of analytics_internal, which nobody is meant to call but anybody may.
my @functions = map { { kind => $_->[0], schema => $_->[1], name => $_->[2], writes => $_->[3] eq 't', types => [split /;/, $_->[4]], names => [split /;/, $_->[5]],
    defaults => $_->[6], valid => 0, ok => 0, errors => 0 } } catalog(q{
    SELECT p.prokind, n.nspname, p.proname, p.provolatile = 'v' AND n.nspname = 'analytics',
           array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, o) ORDER BY o), ';'),
           array_to_string(ARRAY(SELECT COALESCE(p.proargnames[o], '') FROM generate_series(1, p.pronargs) o), ';'), p.pronargdefaults
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname = 'analytics'
       OR n.nspname = 'analytics_internal' AND (l.lanname = 'c' OR p.prokind = 'a') AND NOT p.proargtypes && ARRAY['internal'::regtype, 'cstring'::regtype]::oidvector
    ORDER BY 2, 3});
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_operator WHERE oprnamespace = 'analytics'::regnamespace"), '0', 'there are no operators');

my %flat;
push @{$flat{$_->[0]}}, $_->[1] for catalog('SELECT type, hex FROM calls.value WHERE hex IS NOT NULL');
# Values also come in binary, from clients and from COPY.
push @functions, map { { kind => 'receive', schema => 'analytics', name => "$_ (binary)", type => $_, writes => 0, types => [], names => [], defaults => 0, valid => 0, ok => 0, errors => 0 } }
    grep { /^analytics\./ } sort keys %flat;
@functions = grep { $_->{name} =~ /$pattern/ } @functions;

# --- values ------------------------------------------------------------------------------------------------------------------------
sub pick { return $_[rand @_] }
sub quoted { my ($t) = @_; $t =~ s/'/''/g; return "'$t'" }

# Words that arguments of these names take; the first is the usual one.
my %words = (
    method => [qw(quantile breaks adaptive calibrated newcombe wilson unpooled BH bonferroni)], kind => [qw(count rate positive real auto)], direction => [qw(both up down)],
    alternative => [qw(two.sided greater less)], objective => [qw(fixed_budget target_cpa)], family => [qw(michaelis_menten power)], dimension => [qw(platform campaign channel total utm_source ad)],
    granularity => [qw(day week month quarter year)], compare => [qw(none previous_period previous_year)], grain => [qw(month week quarter)], cohort_by => [qw(none platform campaign)],
    value => [qw(revenue amount profit margin)], cycle => [qw(shared separate)], game => [qw(cumulative exact)], scheme => [qw(dashboard rf10 codes11)], metric => [qw(leads contracts spend revenue)],
    model => [qw(mbgnbd bgnbd auto ets theta mean)], views => [qw(count ignore)], transform => [qw(none unique)], mode => [qw(incremental full)], entity => [qw(events clients contracts)],
    platform => [qw(facebook google)], level => [qw(reader writer)], gaps => [qw(zero skip)], currency => [qw(UAH EUR)], reporting_timezone => [qw(Europe/Kyiv UTC)],
    revenue_basis => [qw(lead_date contract_date)], lead_touches => [qw(journey before_lead)], name => ['facebook ads', 'fbclid'], source => [qw(google fb)], medium => [qw(cpc email)],
    scaling => [qw(ratio difference none)],
    url => ['https://example.com/?utm_source=google&gclid=a1'], day => ['occurred_on'], schedule => ['*/15 * * * *'],
);
my %word_lists = (models => [qw(first last linear time_decay u_shaped last_paid)], platforms => [qw(facebook google)], entities => [qw(events)], fallback => [qw(first last)],
    dimensions => [qw(campaign platform)], conversion_types => [qw(contract lead)], verdicts => [qw(anomaly scaling)], path => [qw(a b c)]);
my %numbers = (
    confidence => [0.95, 0.9], level => [0.9, 0.95], power => [0.8], significance => [0.05], alpha => [0.005, 4.4], q => [0.1, 4], rate => [0.1], ratio => [1, 1.5], effect => [0.02],
    discount_rate => [0.1], phi => [1, 2], df => [30], r => [0.25], a => [0.8], b => [2.5], p => [6], gamma => [15], recency => [20], age => [39], monetary_value => [30], lower_quantile => [0.25],
    upper_quantile => [0.75], max_share => [0.1], risk => [1e-4], min_effect => [0.2], tolerance => [0.05], alarm => [0.001], successes => [10], trials => [100], other_successes => [20],
    other_trials => [120], p_scale => [0.8], half_life => [30], run_length => [365], shift => [1], alarm_limit => [5], margin => [0], exposure => [1, 10], standard_deviation => [5],
    contracts => [5], leads => [50], period => [1], horizon => [10],
);
my %integers = (order => [1, 2], bins => [5], row_limit => [10], days => [30], horizon => [14, 28], period => [7], periods => [12], history => [366], history_days => [200], baseline_days => [30], min_days => [7],
    window_days => [28], block_days => [7], max_order => [3], scale => [1], sides => [2], fiscal_year_start_month => [4], purchases => [2], factors => [0], cooldown => [0], lag_days => [1],
    min_leads => [1], cooldown_days => [7], seasonal_window => [7], trend_window => [15], low_pass_window => [7], seasonal_degree => [0], trend_degree => [1], min_history => [28], draws => [50]);
my @wild_double = qw(0 1 -1 0.5 'NaN' 'Infinity' '-Infinity' 1e308 -1e308 1e-308 4.9e-324 1e15 1e18 9.3e18 0.999999999999 1e-12 3 100 2.5 -0.0 1e6 1e-320 NULL);
my @wild_integer = qw(0 1 -1 2147483647 -2147483648 2 7 30 100 365 1000000 12 13 NULL);
my @wild_bigint = (@wild_integer, qw(9223372036854775807 -9223372036854775808 4611686018427387904 1000000000000));
my @wild_numeric = qw(0 1 -1 'NaN' 'Infinity' '-Infinity' 1e130000 1e-16000 100.5 123456789012345678901234567890 0.0000000001 1e13 NULL);
my @wild_date = map { $_ eq 'NULL' ? $_ : "'$_'" } ('infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2025-09-15', '1900-01-01', '2000-02-29', '294276-12-31', 'NULL');
my @wild_time = map { $_ eq 'NULL' ? $_ : "'$_'" } ('infinity', '-infinity', '4713-11-24 BC', '294276-12-31 23:59:59.999999', '2025-09-15 12:00', '1970-01-01', 'NULL');
my @wild_interval = map { $_ eq 'NULL' ? $_ : "'$_'" } ('1 day', '-1 day', '0', '178000000 years', '-178000000 years', '1 microsecond', '1 month', '1 year -400 days', '106751991 days', '2147483647 days', 'NULL');
my @wild_text = ("''", 'NULL', "' '", "repeat('x', 300)", "repeat('\x{e9}', 100000)", "'%'", q{E'\\\\'}, q{E'\n'}, q{'a''b'}, "'{}'", "'NaN'", "'2025-01-01'", "'https://u:p\@h:99/?utm_source=a%00b&gclid=%zz&utm_medium=%'",
    "'(((((a+)+)+)+)+\$'", "'[z-a]'", "repeat('(a*)*', 500)", "'\x{130}\x{131}'");
my @wild_json = ("'{}'", "'[]'", "'null'", "'1'", q{'{"a": null}'}, q{'{"client_id": "id"}'}, q{('{"a":' || repeat('[', 5000) || repeat(']', 5000) || '}')}, q{'{"overlap": "x"}'}, q{'"x"'}, 'NULL');

# What a loop or an allocation would be as long as.
my %largest = (integer => [qw(2147483647 1000000)], smallint => [32767], bigint => [qw(9223372036854775807 1000000000000)], numeric => ['1e130000'], 'double precision' => [qw(1e308 1e9)],
    date => ["'5874897-12-31'", "'4713-01-01 BC'"], interval => ["'178000000 years'"], 'timestamp with time zone' => ["'294276-12-31'"]);

# What one function alone takes; N stands for the number of elements that its arrays have.
my $each_platform = "(SELECT array_agg('p' || i % 3 ORDER BY i) FROM generate_series(1, N) i)";
my %valid = (
    'campaign_actions.platforms' => [$each_platform], 'recommend_budget.platforms' => [$each_platform], 'response_curve.platforms' => [$each_platform],
    'response_points.platforms' => [$each_platform], 'response_points.reach' => ['2'], 'response_points.points' => ['5', '21'], 'budget_curves.reach' => ['2'], 'budget_curves.points' => ['5'],
    'period.name' => ["'last_30_days'", "'this_month'", "'last_quarter'"], 'journey_steps.steps' => ['3'], 'journey_steps.top' => ['5'], 'journey_steps.align' => ["'start'", "'end'"],
    'metric_anomalies.relation' => ["'warehouse.campaign_roi_daily'::regclass"], 'metric_anomalies.day' => ["'date'"], 'metric_anomalies.value' => ["'leads'", "'clicks'", "'spend'"],
    'metric_anomalies.series' => ["'platform'"], 'metric_anomalies.exposure' => ["'impressions'"],
    'content_compare.posts' => ["'{p1,p2,p3}'::text[]"], 'content_compare.others' => ["'{p4,p5,p6,p7}'::text[]"],
    'content_ranking.dimension' => ["'hour'", "'weekday'", "'hashtag'", "'author'", "'content_type'", "'platform'"],
    'content_benchmark.industries' => ["'{education}'::text[]", 'NULL'],
    'benchmark_position.quantiles' => ["(SELECT array_agg(i / (N + 1.0) ORDER BY i) FROM generate_series(1, N) i)::float8[]"],
    'benchmark_position.marks' => ["(SELECT array_agg(i * 1.5 ORDER BY i) FROM generate_series(1, N) i)::float8[]"],
    'preview_source.entity' => ["'events'"], 'preview_source.relation' => ["'demo.crm_events'::regclass"], 'preview_source.preset' => ['NULL'],
    'preview_source.columns' => [q('{"event_id": "id", "occurred_at": "happened"}'::jsonb)], 'preview_source.options' => [q('{"date_order": "DMY"}'::jsonb)],
    'suggest_mapping.relation' => ["'demo.crm_events'::regclass"],
    'register_source.entity' => ["'events'"], 'register_source.relation' => ["'demo.crm_events'::regclass"], 'register_source.preset' => ['NULL'],
    'register_source.columns' => [q('{"event_id": "id", "occurred_at": "happened"}'::jsonb)], 'register_source.options' => [q('{"date_order": "DMY"}'::jsonb)],
    (map { ("recommend_budget.$_" => ['NULL'], "response_points.$_" => ['NULL']) } qw(share_platforms min_share max_share lift_campaigns lift_elasticity lift_sd)),
    (map { ("$_.regions" => ["(SELECT array_agg('p' || i % 4 ORDER BY i) FROM generate_series(1, N) i)"], "$_.treated" => ["'{p1}'::text[]"], "$_.first_day" => ["'2025-07-01'::date + 2 * N / 3"],
        "$_.last_day" => ['NULL'], "$_.method" => ["'synthetic_control'", "'augmented_synthetic_control'", "'difference_in_differences'"], "$_.test_days" => ['2'], "$_.power" => ['0.8'])
    } qw(geo_lift geo_lift_days geo_lift_weights geo_lift_power)),
    'calibration_factor.attributed' => ['100'], 'calibration_factor.measured' => ['50'], 'calibration_factor.measured_low' => ['20', '-10'], 'calibration_factor.measured_high' => ['80', '200'],
    'register_calibration.measured' => ['50'], 'register_calibration.measured_low' => ['20', '-10'], 'register_calibration.measured_high' => ['80', '200'], 'register_calibration.platform' => ["'facebook'"],
    'register_calibration.campaign_id' => ['NULL'],
    'geo_lift_power.lifts' => ["'{0,0.1,0.5}'::float8[]"], 'causal_impact.first_day' => ["'2025-07-01'::date + 2 * N / 3"], 'causal_impact.last_day' => ['NULL'],
    'configure_conversion.conversion_type' => ["'lead'", "'signup'"], 'configure_conversion.model' => ["'linear'", "'last_paid'"], 'configure_conversion.hosts' => ['NULL'],
    (map { ("$_.kind" => ["'overview'", "'attribution'", "'customers'", "'content'"]) } qw(report keep_report)),
    'keep_report.period' => ["'yesterday'", "'last_month'", "'year_to_date'"], 'keep_report.date_from' => ['NULL'], 'keep_report.date_to' => ['NULL'],
    # One figure for each label, cell and flow.
    (map { ("svg_line.$_" => ['NULL']) } qw(series low high marks)), (map { ("svg_bars.$_" => ['NULL']) } qw(series marks)), 'svg_heatmap.columns' => ["'{x}'::text[]"],
    (map { ("$_.frequencies" => ["(SELECT array_agg((i % 4)::bigint ORDER BY i) FROM generate_series(1, N) i)"],
        "$_.recencies" => ["(SELECT array_agg((i % 4 * 5)::float8 ORDER BY i) FROM generate_series(1, N) i)"],
        "$_.ages" => ["(SELECT array_agg((20 + i % 9)::float8 ORDER BY i) FROM generate_series(1, N) i)"],
        "$_.characteristic" => [$each_platform], "$_.second_characteristic" => ['NULL', $each_platform], "$_.model" => ["'mbgnbd'", "'bgnbd'", "'pareto_nbd'"]) } qw(purchase_models_by)),
    (map { ("$_.frequencies" => ["'{0,3,7}'::bigint[]"], "$_.recencies" => ["'{0,15,30}'::float8[]"], "$_.ages" => ["'{10,20,40}'::float8[]"], "$_.monetary_values" => ["'{NULL,20,35}'::float8[]"]) }
        qw(lifetime_value_sum_interval normal_lifetime_value_sum_interval)),
    'customer_value_by.cohort_by' => ["'platform'", "'campaign'", "'first_product'"], 'customer_value_by.model' => ["'mbgnbd'", "'bgnbd'", "'pareto_nbd'"],
    'customer_value_by.value' => ["'amount'", "'profit'"], 'customer_value_by.horizon' => ["'1 year'"],
    'audience.format' => ["'meta'", "'google'"], 'audience.segment' => ["'Champions'"], 'audience.country_code' => ["'380'", 'NULL'], 'audience.scheme' => ["'dashboard'"],
    'audience.clients' => ["'{1,2,-3}'"], 'configure.country_code' => ["'380'", 'NULL'],
    'purchase_season.model' => ["'mbgnbd'", "'bgnbd'"], 'seasonal_time.season' => ["array_fill(1.5::float8, ARRAY[12])"],
    (map { ("$_.event_names" => ["'{sale,sale,holiday}'::text[]"], "$_.event_first_days" => ["'{2025-07-05,2025-08-10,2025-07-11}'::date[]"],
        "$_.event_last_days" => ["'{2025-07-07,NULL,NULL}'::date[]", 'NULL']) } qw(forecast forecast_sum calendar_effects detect_anomalies detect_drifts anomaly_calendar compare_windows)),
    (map { ("alert_windows.$_" => ["'{}'"]) } qw(effect_businesses effect_days lead_effects lead_errors spend_effects spend_errors)),
    'drop_source.source_id' => ['1', '2', '3', '7'],
);

sub mutated
{
    my ($hex) = @_;
    my $bytes = pack 'H*', $hex;
    for (1 .. pick(1, 1, 2, 4, 8)) {
        last unless length $bytes;
        my $at = int rand length $bytes;
        my $what = rand;
        if ($what < .5) { substr($bytes, $at, 1) = chr(ord(substr $bytes, $at, 1) ^ 1 << int rand 8) }
        elsif ($what < .7) { substr($bytes, $at, 1) = chr pick(0, 255, 127, 128, 1) }
        elsif ($what < .8) { $bytes = substr $bytes, 0, $at }
        elsif ($what < .9) { substr($bytes, $at, 0) = "\0" x pick(1, 4, 8, 64) }
        elsif ($at + 8 <= length $bytes) { substr($bytes, $at, 8) = pick("\xff" x 8, "\0" x 8, pack('q<', 2**62), pack('q<', 2**31), "\0\0\0\0\0\0\xf8\x7f") }
    }
    return unpack 'H*', $bytes;
}

# Whether a good value of an argument is known.
sub known
{
    my ($f, $type, $name) = @_;
    return 1 if $valid{"$f->{name}.$name"} || $type !~ /^(?:text|double precision|integer)$/;
    return $type eq 'text' ? exists $words{$name} : $type eq 'integer' ? exists $integers{$name} : exists $numbers{$name};
}

# good(function, type, name, n): a value that a call may well be valid with; arrays of one call have n elements.
sub good
{
    my ($f, $type, $name, $n) = @_;
    my $own = $valid{"$f->{name}.$name"};
    return pick(@$own) =~ s/\bN\b/$n/gr if $own;
    if ($type =~ /^(.*)\[\]$/) {
        my $element = $1;
        if ($element eq 'text' && $word_lists{$name}) { my $k = 1 + int rand 2; return "ARRAY[" . join(', ', map { quoted(pick(@{$word_lists{$name}})) } 1 .. $k) . ']::text[]' }
        return "'{0.7,1.3}'::$type" if $name eq 'bounds';
        return "'{0.4,0.2,0.4}'::$type" if $name =~ /weights/ && $element eq 'double precision';
        return "'{1}'::$type" if $name eq 'businesses';
        return "(SELECT array_agg(date '2025-07-01' + i ORDER BY i) FROM generate_series(1, $n) i)" if $element eq 'date';
        return "(SELECT array_agg(('2025-07-01'::$element) + i * interval '1 day' ORDER BY i) FROM generate_series(1, $n) i)" if $element =~ /^timestamp/;
        return "(SELECT array_agg('c' || i % 3 ORDER BY i) FROM generate_series(1, $n) i)" if $element eq 'text';
        return "(SELECT array_agg(1 + i % 3 ORDER BY i) FROM generate_series(1, $n) i)::$type" if $element =~ /int/;
        my $factor = $name =~ /^p$/ ? 0.01 : $name eq 'elasticities' ? 0.05 : $name =~ /_breaks/ ? 0.5 : pick(1, 3, 7);
        return "(SELECT array_agg((1 + i % 7) * $factor ORDER BY i) FROM generate_series(1, $n) i)::$type" unless $name =~ /_breaks/;
        return "'{1,2,3,4}'::$type";
    }
    if ($type eq 'double precision') { return pick(@{$numbers{$name} // [1, 2, 3, 10, 50, 0.5]}) . '::float8' }
    if ($type eq 'integer' || $type eq 'smallint') { return pick(@{$integers{$name} // [1, 2, 5, 7, 10]}) . "::$type" }
    if ($type eq 'bigint') { return $name =~ /business/ ? '1::bigint' : ($name =~ /^trials|^n_/ ? 200 : $name eq 'frequency' ? 2 : pick(5, 10, 50)) . '::bigint' }
    if ($type eq 'numeric') { return pick(1, 100, 1000.5) . '::numeric' }
    if ($type eq 'boolean') { return pick('true', 'false') }
    if ($type eq 'date') { return $name =~ /from|start|first|date1|observed/ ? "'2025-09-05'::date" : $name =~ /^(?:day|purchased_on)$/ ? "'2025-09-10'::date" : "'2025-10-20'::date" }
    if ($type =~ /^timestamp/) { return "'2025-09-20 12:00'::$type" }
    if ($type eq 'interval') { return pick("'30 days'", "'7 days'", "'1 day'") . '::interval' }
    if ($type eq 'text') { return quoted(pick(@{$words{$name} // ['facebook']})) }
    if ($type eq 'jsonb') { return "'{}'::jsonb" }
    if ($type eq 'regclass') { return "'demo.crm_events'::regclass" }
    if ($type eq 'regrole') { return 'CURRENT_USER::regrole' }
    if ($type eq 'regnamespace') { return "'raw'::regnamespace" }
    if ($type eq 'bytea') { my $kind = $name =~ /rfm/ ? 'rfm_table' : $name =~ /cohort/ ? 'cohort_table' : 'ruleset'; return "'\\x" . pick(@{$flat{$kind}}) . "'::bytea" }
    if ($flat{$type}) { return "'\\x" . pick(@{$flat{$type}}) . "'::$type" }
    if ($type eq 'analytics.purchase_model') { return 'analytics.make_purchase_model(' . quoted(pick('bgnbd', 'mbgnbd', 'pareto_nbd')) . ', 0.25, 4.4, 0.8, 2.5)' }
    if ($type eq 'analytics.spend_model') { return 'analytics.make_spend_model(6, 4, 15)' }
    if ($type eq 'analytics.metric_moments') { return "ROW(100, 5, 4, 3, 2, 1)::$type" }
    if ($type eq '"any"') { return pick('i', 'i::bigint', "'t' || i", '1.5::numeric') }
    return "NULL::$type";
}

sub wild
{
    my ($type, $name, $n) = @_;
    if ($type =~ /^(.*)\[\]$/) {
        my $element = $1;
        my $what = rand;
        return "NULL::$type" if $what < .1;
        return "'{}'::$type" if $what < .2;
        return 'ARRAY[[' . join('], [', map { join ', ', map { wild($element, $name, $n) } 1, 2 } 1, 2) . "]]::$type" if $what < .3;
        return "array_fill(" . wild($element, $name, $n) . ', ARRAY[' . pick(1, 3, 1000, 20000) . "])::$type" if $what < .4;
        return "array_fill(" . wild($element, $name, $n) . ', ARRAY[3], ARRAY[' . pick(-5, 0, 5, 2147483640) . "])::$type" if $what < .5;
        return 'ARRAY[' . join(', ', map { wild($element, $name, $n) } 1 .. pick(1, 2, 5, $n > 40 ? 40 : $n)) . "]::$type";
    }
    if ($type eq 'double precision') { return (rand() < .7 ? pick(@wild_double) : rand() * 10**int(rand(12) - 6)) . '::float8' }
    if ($type eq 'integer') { return pick(@wild_integer) . '::int' }
    if ($type eq 'smallint') { return pick(0, 1, -1, 32767, -32768) . '::smallint' }
    if ($type eq 'bigint') { return pick(@wild_bigint) . '::bigint' }
    if ($type eq 'numeric') { return pick(@wild_numeric) . '::numeric' }
    if ($type eq 'date') { return pick(@wild_date) . '::date' }
    if ($type =~ /^timestamp/) { return pick(@wild_time) . "::$type" }
    if ($type eq 'interval') { return pick(@wild_interval) . '::interval' }
    if ($type eq 'text') { return rand() < .5 ? pick(@wild_text) . '::text' : quoted(pick(map { @$_ } values %words)) }
    if ($type eq 'jsonb') { return pick(@wild_json) . '::jsonb' }
    if ($type eq 'regclass') { return pick("'warehouse.fact_events'", "'demo.crm_events'", '0', 'NULL', "'pg_catalog.pg_class'", '999999') . '::regclass' }
    if ($type eq 'regrole') { return pick('NULL', '0', '999999') . '::regrole' }
    if ($type eq 'regnamespace') { return pick('NULL', '0', '999999', "'warehouse'", "'pg_catalog'") . '::regnamespace' }
    if ($type eq 'bytea') { return pick('NULL', "''", map { "'\\x" . mutated(pick(@$_)) . "'" } values %flat) . '::bytea' }
    if ($flat{$type}) { return rand() < .2 ? "NULL::$type" : "'\\x" . mutated(pick(@{$flat{$type}})) . "'::$type" }
    if ($type eq 'analytics.purchase_model') { return pick("NULL::$type", 'analytics.make_purchase_model(' . join(', ', quoted(pick('bgnbd', 'mbgnbd', 'pareto_nbd')), map { wild('double precision') } 1 .. 4) . ')') }
    if ($type eq 'analytics.spend_model') { return pick("NULL::$type", 'analytics.make_spend_model(' . join(', ', map { wild('double precision') } 1 .. 3) . ')') }
    if ($type eq 'analytics.metric_moments') { return 'ROW(' . join(', ', wild('bigint'), map { wild('double precision') } 1 .. 5) . ")::$type" }
    if ($type eq '"any"') { return pick('NULL::text', "'NaN'::float8", "'{1}'::int[]", 'ROW(1, 2)', "'x'::\"char\"", "'infinity'::date", 'NULL::uuid', "'{}'::json", 'i') }
    return rand() < .1 ? "NULL::$type" : good({ name => '' }, $type, $name, $n);
}

# A column over the rows of calls.touch, numbered by i, for an aggregate.
sub column
{
    my ($f, $type, $name) = @_;
    my $own = $valid{"$f->{name}.$name"};
    return pick(@$own) if $own;
    if ($type eq '"any"') { return pick('i % 40', '(i % 40)::bigint', "'t' || i % 40") if $name =~ /client|id$/; return pick("'t' || i % 5", 'i % 5') if $name =~ /key/; return 'i::numeric' }
    if ($type eq 'text[]') { return "ARRAY['a', 't' || i % 3, 't' || i % 5]" }
    if ($type =~ /^timestamp/) { return "'2025-09-01'::$type + i * interval '5 hours'" }
    if ($type eq 'date') { return "date '2025-09-01' + i % 60" }
    if ($type eq 'boolean') { return 'i % 3 = 0' }
    if ($type eq 'double precision') { return '(1 + i % ' . pick(3, 7, 50) . ')::float8' }
    if ($type eq 'bigint') { return '(1 + i % 5)::bigint' }
    if ($type eq 'numeric') { return '(10 + i)::numeric' }
    return good($f, $type, $name, 5);
}

# The whole, its groups, windows, and what parallel workers did of it.
sub aggregate
{
    my ($f, $list) = @_;
    my $call = "$f->{schema}.$f->{name}($list)";
    my $from = 'FROM (SELECT id::int AS i FROM calls.touch) t WHERE i <= ' . pick(0, 1, 5, 50, 400);
    my $how = rand;
    return "SELECT left($call" . pick('', ' FILTER (WHERE i % 2 = 0)') . "::text, 2000) $from" if $how < .4;
    return "SELECT left($call\::text, 2000) $from GROUP BY i % " . pick(1, 7, 100) if $how < .6;
    return "SELECT left(($call OVER (" . pick('ORDER BY i', 'PARTITION BY i % 3', 'ORDER BY i ROWS BETWEEN 5 PRECEDING AND 2 FOLLOWING') . "))::text, 2000) $from" if $how < .8;
    return "SET LOCAL max_parallel_workers_per_gather = 2;\nSET LOCAL parallel_setup_cost = 0;\nSET LOCAL parallel_tuple_cost = 0;\nSET LOCAL min_parallel_table_scan_size = 0;\n"
        . "SELECT left($call\::text, 2000) $from";
}

# A value in the binary format, read by COPY: the format of a bytea is its bytes.
sub receive
{
    my ($f, $hex) = @_;
    my $file = $node->data_dir . "/received_$$";
    return "CREATE TEMP TABLE received (value $f->{type});\nCOPY (SELECT '\\x$hex'::bytea) TO '$file' (FORMAT binary);\nCOPY received FROM '$file' (FORMAT binary);\nSELECT left(value::text, 100) FROM received";
}

# A statement that calls a function, each argument wild with the probability given, and the arguments by themselves. Where %$alone has the
# number of an argument, that one has the value there, or what a function there makes of a valid one.
sub call
{
    my ($f, $share, $alone) = @_;
    my $n = pick(5, 30, 60, 120);
    if ($f->{kind} eq 'receive') { my $hex = pick(@{$flat{$f->{type}}}); return (receive($f, $share ? mutated($hex) : $hex), '') }
    my $required = @{$f->{types}} - $f->{defaults};
    # A table whose columns have names of their own needs its mapping; a test is of a platform or of a campaign.
    $required = @{$f->{types}} if $f->{name} =~ /^register_(?:source|calibration)$/ && !$share;
    my @given;
    for my $i (0 .. $#{$f->{types}}) {
        my ($type, $name) = ($f->{types}[$i], $f->{names}[$i]);
        my $own = $alone->{$i};
        next if !defined $own && $i >= $required && rand() > ($share ? .5 : .25);
        # What has no known good value keeps its default.
        next if !defined $own && $i >= $required && !$share && !known($f, $type, $name);
        my $wild = rand() < $share;
        if ($f->{kind} eq 'a') {
            my $good = column($f, $type, $name);
            $good = ref $own ? $own->($good) : $own if defined $own;
            push @given, !$wild ? $good : $type eq '"any"' || rand() < .5 ? wild($type, $name, $n) : "CASE WHEN i % " . pick(2, 7, 50) . ' = 0 THEN ' . wild($type, $name, $n) . " ELSE $good END";
        } else {
            my $value = $wild ? wild($type, $name, $n) : good($f, $type, $name, $n);
            $value = ref $own ? $own->($value) : $own if defined $own;
            push @given, $name ne '' && $type ne '"any"' ? "\"$name\" => $value" : $value;
        }
    }
    my $list = join ', ', @given;
    return ("CALL $f->{schema}.$f->{name}($list)", $list) if $f->{kind} eq 'p';
    return (aggregate($f, $list), $list) if $f->{kind} eq 'a';
    return ("SELECT r::text FROM $f->{schema}.$f->{name}($list) r LIMIT 300", $list);
}

# --- the run -----------------------------------------------------------------------------------------------------------------------
my $library = qr/Error in function|boost|eigen|std::|basic_string|vector::|bad_alloc|terminate called/i;
# Functions that take SQL as arguments: it may be wrong.
my $take_sql = qr/^(?:register_source|preview_source|metric_anomalies)$/;
# What is wrong with an answer, or nothing.
sub fault
{
    my ($f, $arguments, $answer) = @_;
    if ($answer =~ /^ERROR:/m) {
        return 'an internal error' if $answer =~ /^ERROR:\s+XX/m;
        return 'more memory than it has' if $answer =~ /^ERROR:\s+53200/m;
        return 'the wording of a library' if $answer =~ /^ERROR:.*$library/m;
        return 'an error of no class of its own' if $answer =~ /^ERROR:\s+(?:P0|22012)/m && $f->{name} !~ $take_sql;
        return 'wrong SQL' if $answer =~ /^ERROR:\s+426/m && $f->{name} !~ $take_sql;
    } elsif ($arguments !~ /nan|infinity/i && $answer =~ /(?:^|[(,{"])-?(?:NaN|Infinity)(?:[)},"]|$)/m) {
        return 'NaN or infinity out of finite arguments';
    }
    return;
}

# Calls a function once.
sub attempt
{
    my ($f, $share, $alone) = @_;
    my ($statement, $arguments) = call($f, $share, $alone // {});
    my $is_valid = !$share && !$alone;
    # What writes is given time enough where it is to succeed.
    my $limit = $f->{writes} && $is_valid ? 20 : 1;
    my ($answer, $took, $end);
    # A busy machine may delay an answer, but not each time.
    for (1 .. 3) {
        ($answer, $took, $end) = ask("BEGIN;\nSET LOCAL statement_timeout = '${limit}s';\n$statement;\nROLLBACK;");
        last if $end ne '' || $took <= $limit + 1;
    }
    my $why = $end eq 'gone' || $answer =~ /server closed the connection|terminating connection/ ? 'the server is gone' : $end ne '' ? 'no answer within a minute'
        : $took > $limit + 1 ? sprintf('outlives its timeout of %d s: %.1f s', $limit, $took) : fault($f, $arguments, $answer);
    push @{$f->{found}}, "$why\n    " . substr($statement, 0, 1500) . "\n    " . substr($answer =~ s/\n/\n    /gr, 0, 600) if defined $why;
    if ($end ne '') {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        $node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
        connect_psql();
    } elsif ($answer =~ /^ERROR:/m) {
        $f->{errors}++;
        $f->{slow} ||= $answer =~ /^ERROR:\s+57014/m;
        $f->{refused} //= substr("$statement\n$answer", 0, 1500) if $is_valid;
    } else {
        $f->{ok}++;
        $f->{valid}++ if $is_valid;
    }
}

# A function that puts a value at the first or last place of an array.
sub with_element
{
    my ($place, $value) = @_;
    return sub { "(SELECT array_replace(a, a[$place], $value) FROM (SELECT $_[0] AS a) s)" };
}

# What squares of figures are 0 or infinite of, and what is hardly a number.
my @sizes = qw(1e-320 1e-300 3e-162 1e-154 1e154 1e300);

# Figures with all in them made larger or smaller: of an aggregate the column, of others an array.
sub of_size
{
    my ($f, $size) = @_;
    return $f->{kind} eq 'a' ? sub { "($_[0]) * $size\::float8" } : sub { "(SELECT array_agg(x * $size\::float8) FROM unnest($_[0]) x)" };
}

# Each argument by itself, and one element of an array: where others are wild, too, they are what is refused.
sub attempt_largest
{
    my ($f) = @_;
    for my $i (0 .. $#{$f->{types}}) {
        my ($type, $is_array) = $f->{types}[$i] =~ /^(.*?)(\[\])?$/;
        for my $value (map { "$_\::$type" } @{$largest{$type} // []}) {
            attempt($f, 0, { $i => $_ }) for $is_array ? map { with_element($_, $value) } 1, 'cardinality(a)' : $value;
        }
        if ($type eq 'double precision' && ($is_array || $f->{kind} eq 'a')) {
            attempt($f, 0, { $i => of_size($f, $_) }) for @sizes;
        }
    }
    return;
}

# A worker's share of the calls: the valid ones, the largest, then those at random.
sub work
{
    my ($functions) = @_;
    connect_psql();
    for my $f (@$functions) {
        next if $f->{schema} ne 'analytics' || $elsewhere{$f->{name}};
        # Of some functions two in three calls are refused, since valid arguments do not go together: chance must not decide.
        for (1 .. 12 * $wanted) { attempt($f, 0); last if $f->{valid} >= $wanted }
    }
    attempt_largest($_) for grep { !$elsewhere{$_->{name}} } @$functions;
    while (@$functions && time < $ends) {
        # Half of the calls go where the fewest have succeeded.
        my $f = pick(@$functions);
        if (rand() < .5) { ($f) = sort { $a->{ok} <=> $b->{ok} } map { pick(@$functions) } 1 .. 8 }
        # What has run out of time before takes long.
        next if $f->{slow} && rand() < .95;
        attempt($f, pick(0.1, 0.25, 0.5));
    }
    print $to "\\q\n";
    close $to;
    waitpid $pid, 0;
    return;
}

# What the server says of processes that ended by themselves, and of what they were doing.
sub last_words
{
    my @lines = grep { /terminated by signal|Failed process was running|Out of memory/ } split /\n/, PostgreSQL::Test::Utils::slurp_file($node->logfile);
    return join "\n    ", map { substr $_, 0, 3000 } @lines;
}

# Workers, each in a database of its own: one for all that reads, two for what writes, which takes longer.
my @writers = grep { $_->{writes} } @functions;
my %share = (postgres => [grep { !$_->{writes} } @functions], writers_1 => [@writers[grep { $_ % 2 } 0 .. $#writers]], writers_2 => [@writers[grep { $_ % 2 == 0 } 0 .. $#writers]]);
my @workers;
for my $database (@databases) {
    my $file = $node->basedir . "/$database.calls";
    my $child = fork // die 'no process';
    if (!$child) {
        srand($seed);
        $connstr = $node->connstr($database);
        eval { work($share{$database}); 1 } or push @{$share{$database}[0]{found}}, "the worker ended: $@";
        Storable::store($share{$database}, $file);
        POSIX::_exit(0);
    }
    push @workers, [$child, $file];
}
@functions = ();
for (@workers) {
    waitpid $_->[0], 0;
    push @functions, @{Storable::retrieve($_->[1])};
}

note('calls that succeeded, those of them with valid arguments, and calls that were refused:');
note(sprintf '%-40s %6d %6d %6d', "$_->{name}", $_->{ok}, $_->{valid}, $_->{errors}) for sort { $a->{ok} <=> $b->{ok} || $a->{name} cmp $b->{name} } @functions;
for my $f (@functions) {
    my @found = @{$f->{found} // []};
    # Another call may show another fault of the same function; the first says most.
    is(scalar @found, 0, "$f->{name} answers or refuses") or diag($found[0]);
    next if $f->{schema} ne 'analytics' || $elsewhere{$f->{name}};
    cmp_ok($f->{valid}, '>=', $wanted, "$f->{name} succeeds with valid arguments") or diag($f->{refused} // '');
}
my $words = last_words();
is($words, '', 'no process of the server ended by itself');
$node->stop;
done_testing();
