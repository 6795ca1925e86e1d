# The locale of a database decides how it sorts and folds text. It changes nothing that is loaded or answered, nor the order of rows: the same sources
# are loaded, and the same questions asked, in databases of several locales. In Turkish the lower case of I is a letter without a dot.
use strict;
use warnings;
use lib 'test/tap';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Readers qw(load answers differing reader_questions state_questions);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('locale');
$node->init(extra => ['--encoding=UTF8', '--locale=C']);
$node->append_conf('postgresql.conf', "jit = off\nautovacuum = off\n");
$node->start;

my $has_icu = $node->safe_psql('postgres', "SELECT count(*) > 0 FROM pg_collation WHERE collprovider = 'i'") eq 't';
my @locales = map { [$_, "LOCALE_PROVIDER icu ICU_LOCALE '$_'"] } $has_icu ? qw(tr-TR de-DE-u-co-phonebk sv-SE en-US-u-kf-upper-ka-shifted) : ();
push @locales, map { [$_, "LOCALE '$_'"] } grep { /^(?:C|tr_TR|de_DE|en_US)\.utf-?8$/i } split /\n/, `locale -a`;
plan skip_all => 'there is no locale but C' unless @locales;

sub new_database
{
    my ($name, $locale) = @_;
    $node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0 $locale");
    return $name;
}
my %load = (
    sources => 'test/fixture/awkward.sql',
    demo => PostgreSQL::Test::Utils::tempdir() . '/demo.sql',
);
append_to_file($load{demo}, "SET client_min_messages = warning;\nCREATE EXTENSION pg_marketing;\nSELECT analytics.install();\nSELECT analytics.load_demo();\n\\i test/fixture/readers.sql\n");
my (%questions, %expected);
for my $content (sort keys %load) {
    my $database = new_database("c_$content", '');
    is(load($node, $database, $load{$content}), '', "C: $content: loaded");
    $questions{$content} = $content eq 'demo' ? reader_questions($node, $database, "variant = 'least'") : state_questions($node, $database);
    # When a source was read is another moment.
    delete @{ $questions{$content} }{qw(refresh_status summary)};
    $expected{$content} = answers($node, $database, $questions{$content});
}
is($node->safe_psql('c_sources', "SELECT string_agg(DISTINCT click_id_name, ' ' ORDER BY click_id_name) FROM warehouse.fact_events"), 'fbclid gclid msclkid ttclid', 'click ids are known in capitals');
is($node->safe_psql('c_sources', q{SELECT string_agg(DISTINCT reason, '; ') FROM warehouse.rejected_rows WHERE entity = 'contracts' AND reason !~ 'currency (USD|ınr) is not INR'}), '',
    'and currencies in small letters');
for (@locales) {
    my ($name, $locale) = @$_;
    for my $content (sort keys %load) {
        my $database = new_database("other_$content", $locale);
        is(load($node, $database, $load{$content}), '', "$name: $content: loaded");
        is(differing(answers($node, $database, $questions{$content}), $expected{$content}), '', "$name: $content: ... and the answers are those of C");
        $node->safe_psql('postgres', "DROP DATABASE $database");
    }
}

$node->stop;
done_testing();
