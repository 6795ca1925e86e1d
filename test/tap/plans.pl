# Every reader by custom plans, which know the arguments, by generic ones, which do not, and as the server chooses between them, which is from the
# sixth call on: whatever is planned, the answers are the same. A condition does not guard a function that raises: a plan may call it first.
use strict;
use warnings;
use lib 'test/tap';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Readers qw(load ask with_error);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('plans');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_marketing; SELECT analytics.install(); SELECT analytics.load_demo()');
is(load($node, 'postgres', 'test/fixture/readers.sql'), '', 'there are questions');

# Reader and variant, the query with parameters for all arguments, their types, their values.
my %questions = map { my ($name, @question) = split /\t/; $name => \@question } split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT concat_ws(E'\t', q.reader || ' ' || q.variant,
           readers.statement(q.reader, q.names, ARRAY(SELECT '$' || n FROM generate_series(1, cardinality(q.names)) n)),
           array_to_string(q.types, ', '), array_to_string(q.literals, ', '))
FROM readers.questions() q
WHERE q.variant <> 'least' OR NOT EXISTS (SELECT FROM readers.questions() o WHERE o.reader = q.reader AND o.variant <> 'least')
SQL
cmp_ok(scalar keys %questions, '>=', 140, 'each reader is asked with all arguments, and with NULL where that may be');

# What each call answers, for each question.
sub ask_all
{
    my ($set, $calls) = @_;
    my $found = ask($node, 'postgres', \%questions, $set, sub {
        my ($query, $types, $values) = @{ $_[0] };
        return ('PREPARE question' . (length($types // '') ? "($types)" : '') . " AS SELECT count(*), md5(string_agg(r::text, E'\\n')) FROM ($query) r;",
            (with_error('EXECUTE question' . (length($values // '') ? "($values)" : '') . ';')) x $calls, 'DEALLOCATE question;');
    });
    return { map { $_ => [split /\n/, $found->{$_}] } keys %$found };
}

my $expected = ask_all('SET plan_cache_mode = force_custom_plan;', 1);
is(join(', ', map { "$_ ($expected->{$_}[0])" } grep { $expected->{$_}[0] !~ /^[1-9]\d*\|/ } grep { !/^metric_anomalies nulls/ } sort keys %$expected), '', 'all have an answer');
for (['as the server plans', 'auto', 7], ['custom plans', 'force_custom_plan', 2], ['generic plans', 'force_generic_plan', 2],
    ['generic plans that join by loops', 'force_generic_plan; SET enable_hashjoin = off; SET enable_mergejoin = off', 2],
    ['generic plans that join without loops', 'force_generic_plan; SET enable_nestloop = off', 2]) {
    my ($name, $mode, $calls) = @$_;
    my $found = ask_all("SET plan_cache_mode = $mode;", $calls);
    my @differing = grep { join("\n", @{ $found->{$_} }) ne join("\n", ($expected->{$_}[0]) x $calls) } sort keys %$expected;
    is(join(', ', map { "$_ (" . join(' / ', @{ $found->{$_} }) . ')' } @differing), '', "$name: the same answers, $calls times");
}

$node->stop;
done_testing();
