# Settings of a server, a database or a role change how a session prints, plans and parses. None changes what is loaded or answered, nor the order of
# rows: the same sources are loaded, and the same questions asked, under each.
use strict;
use warnings;
use lib 'test/tap';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Readers qw(start_load finish_file load answers differing reader_questions state_questions);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('settings');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\nmax_parallel_workers = 4\n");
$node->start;

# Name, settings, and whether loading could depend on them.
my @settings = (
    ['strings with escapes', { standard_conforming_strings => 'off', escape_string_warning => 'off', backslash_quote => 'on' }, 1],
    ['all names quoted', { quote_all_identifiers => 'on' }, 1],
    ['errors of PL/pgSQL', { 'plpgsql.extra_errors' => 'all' }, 1],
    ['variables of PL/pgSQL', { 'plpgsql.variable_conflict' => 'use_column', 'plpgsql.check_asserts' => 'off' }, 1],
    ['US dates', { DateStyle => 'SQL, MDY', IntervalStyle => 'sql_standard' }, 1],
    ['European dates', { DateStyle => 'SQL, DMY', IntervalStyle => 'iso_8601' }, 1],
    ['German dates', { DateStyle => 'German', IntervalStyle => 'postgres_verbose' }, 1],
    ['traditional dates', { DateStyle => 'Postgres, MDY', TimeZone => 'America/St_Johns' }, 1],
    ['another time zone', { TimeZone => 'Asia/Kolkata', timezone_abbreviations => 'India' }, 1],
    ['few digits', { extra_float_digits => '-10', bytea_output => 'escape', xmloption => 'document', xmlbinary => 'hex' }, 1],
    ['serializable', { default_transaction_isolation => 'serializable', default_transaction_deferrable => 'on' }, 1],
    ['repeatable read', { default_transaction_isolation => 'repeatable read' }, 1],
    ['no search_path', { search_path => '' }, 1],
    ['NULL in arrays and comparisons', { array_nulls => 'off', transform_null_equals => 'on' }, 1],
    ['bodies unchecked, row security off', { check_function_bodies => 'off', row_security => 'off' }, 1],
    ['read only', { default_transaction_read_only => 'on' }],
    ['custom plans', { plan_cache_mode => 'force_custom_plan' }],
    ['generic plans', { plan_cache_mode => 'force_generic_plan' }],
    ['no hashing', { enable_hashagg => 'off', enable_hashjoin => 'off' }],
    ['no sorting', { enable_sort => 'off', enable_mergejoin => 'off', enable_incremental_sort => 'off' }],
    ['no nested loops', { enable_nestloop => 'off', enable_memoize => 'off', enable_material => 'off' }],
    ['no indexes', { enable_indexscan => 'off', enable_bitmapscan => 'off', enable_indexonlyscan => 'off' }],
    ['no sequential scans', { enable_seqscan => 'off', max_parallel_workers_per_gather => 0 }],
    ['parallel', { force_parallel_mode => 'on', parallel_setup_cost => 0, parallel_tuple_cost => 0, min_parallel_table_scan_size => 0, min_parallel_index_scan_size => 0,
        max_parallel_workers_per_gather => 3 }],
    ['joins as written', { join_collapse_limit => 1, from_collapse_limit => 1, geqo_threshold => 2, cursor_tuple_fraction => 1 }],
    ['little memory', { work_mem => '64kB', hash_mem_multiplier => 1, temp_buffers => '800kB' }],
);
my @locales = grep { /utf-?8$/i && !/^C\./i } split /\n/, `locale -a`;
# Not lc_monetary: in it a value of type money is another one, or written otherwise, for everybody.
push @settings, [$locales[0], { lc_numeric => $locales[0], lc_time => $locales[0] }, 1] if @locales;
if ($node->safe_psql('postgres', "SELECT count(*) FROM pg_settings WHERE name = 'debug_parallel_query'")) {
    $_->[1]{debug_parallel_query} = delete $_->[1]{force_parallel_mode} for grep { $_->[1]{force_parallel_mode} } @settings;
}

# The commands that give a database these settings.
sub in_database
{
    my ($database, $settings) = @_;
    return join '', map { my $value = $settings->{$_} =~ s/'/''/gr; "ALTER DATABASE $database SET $_ = " . ($_ eq 'search_path' ? "''" : $_ eq 'DateStyle' ? $value : "'$value'") . ";\n" } sort keys %$settings;
}
my $made = 0;
sub new_database
{
    my ($settings) = @_;
    my $database = 'db' . ++$made;
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql('postgres', in_database($database, $settings));
    return $database;
}

# --- the same sources ---------------------------------------------------------------------------------------------------------------
my $plain = new_database({});
is(load($node, $plain, 'test/fixture/awkward.sql'), '', 'sources are loaded with the settings that a server has at first');
my $state = state_questions($node, $plain);
cmp_ok(scalar keys %$state, '>', 40, 'all tables are compared');
my $expected = answers($node, $plain, $state);
like($expected->{rejected_rows}, qr/cannot read "31.02.2025" as a timestamp/, '... with rows that were refused');
# Two at a time.
my @to_load = grep { $_->[2] } @settings;
while (my @pair = splice @to_load, 0, 2) {
    my @loading = map { my $database = new_database($_->[1]); [$_->[0], $database, start_load($node, $database, 'test/fixture/awkward.sql')] } @pair;
    for (@loading) {
        my ($name, $database, $load) = @$_;
        my (undef, $problem) = finish_file($load);
        is($problem, '', "$name: sources are loaded");
        $node->safe_psql('postgres', "ALTER DATABASE $database RESET ALL");
        is(differing(answers($node, $database, $state), $expected), '', "$name: ... to the same warehouse");
        $node->safe_psql('postgres', "DROP DATABASE $database");
    }
}
# Another session refreshes what this one has loaded.
my $steps = "SELECT s.name, s.rows_read, s.inserted, s.updated, s.deleted, s.deduplicated, s.rejected FROM warehouse.refresh_step s WHERE s.run_id = (SELECT max(run_id) FROM warehouse.refresh_run)
    ORDER BY s.step";
# From the second on a refresh knows what the one before it read.
$node->safe_psql($plain, 'SET client_min_messages = warning; CALL analytics.refresh()') for 1 .. 2;
my $nothing_new = answers($node, $plain, { steps => $steps });
for (grep { $_->[2] } @settings) {
    my ($name, $set) = @$_;
    $node->safe_psql('postgres', in_database($plain, $set));
    my (undef, undef, $problem) = $node->psql($plain, 'SET client_min_messages = warning; CALL analytics.refresh()');
    $node->safe_psql('postgres', "ALTER DATABASE $plain RESET ALL");
    is($problem . differing(answers($node, $plain, { steps => $steps }), $nothing_new), '', "$name: a refresh finds nothing new");
}

# --- the same answers ---------------------------------------------------------------------------------------------------------------
my $demo = 'CREATE EXTENSION pg_marketing; SELECT analytics.install(); SELECT analytics.load_demo()';
my $database = new_database({});
$node->safe_psql($database, "SET client_min_messages = warning; $demo");
is(load($node, $database, 'test/fixture/readers.sql'), '', 'the demo is loaded');
my $questions = reader_questions($node, $database, "variant = 'least'");
cmp_ok(scalar keys %$questions, '>=', 70, 'all readers are asked');
$expected = answers($node, $database, $questions);
# Header and end of what COPY writes, and nothing between them.
is(join(', ', grep { length($expected->{$_}) < 22 || $expected->{$_} !~ /\APGCOPY/ } sort keys %$expected), '', 'and have something to say');
for (@settings) {
    my ($name, $set) = @$_;
    $node->safe_psql('postgres', in_database($database, $set));
    is(differing(answers($node, $database, $questions), $expected), '', "$name: the same answers");
    $node->safe_psql('postgres', "ALTER DATABASE $database RESET ALL");
}
# All that loading could depend on, at once.
my %all = map { %{ $_->[1] } } grep { $_->[2] } @settings;
my $odd = new_database(\%all);
my (undef, undef, $problem) = $node->psql($odd, "SET client_min_messages = warning; $demo");
is($problem . load($node, $odd, 'test/fixture/readers.sql'), '', 'the demo is loaded with all these settings');
# When a source was read is another moment.
delete @{$questions}{qw(refresh_status summary)};
delete @{$expected}{qw(refresh_status summary)};
is(differing(answers($node, $odd, $questions), $expected), '', '... and gives the same answers');

$node->stop;
done_testing();
