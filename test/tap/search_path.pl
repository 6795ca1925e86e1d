# Nobody else's names: a role that may create in `public` lays traps under each name that our SQL uses; a superuser whose search_path begins
# with `public` creates the extension, installs, refreshes and asks every function and view there is. No trap is called, and no answer changes.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('search_path');
$node->init;
$node->append_conf('postgresql.conf', "track_functions = all\njit = off\n");
$node->start;
my ($version) = slurp_file('pg_marketing.control') =~ /^default_version = '(.+?)'/m;
$ENV{TRAPS_SCRIPT} = "pg_marketing--$version.sql";

# Asks all that there is in a database.
my $ask = <<'SQL';
-- The questions themselves are put together without traps.
ALTER FUNCTION questions.about SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION questions.value_for SET search_path = pg_catalog, pg_temp;
CREATE TABLE questions.answer (subject text, reads boolean, answer text);
SET client_min_messages = error;
INSERT INTO questions.answer SELECT q.subject, q.reads, questions.ask(q.statement) FROM questions.about('facebook', 1) q;
SQL

# Two databases are filled alike, and one of them is trapped. The third is trapped before anything is there.
$node->safe_psql('postgres', 'CREATE ROLE trapper LOGIN');
for my $database ('calm', 'trapped', 'new') {
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    $node->safe_psql($database, 'GRANT CREATE ON SCHEMA public TO trapper');
    $node->safe_psql($database, "SET check_function_bodies = off;\n\\i test/fixture/sample.sql\n\\i test/fixture/questions.sql") unless $database eq 'new';
    $node->command_ok(['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database) . ' user=trapper', '-f', 'test/fixture/traps.sql'],
        "traps are laid in database $database") unless $database eq 'calm';
    $node->safe_psql('postgres', "ALTER DATABASE $database SET search_path = public");
}
cmp_ok($node->safe_psql('trapped', "SELECT pg_catalog.count(*) FROM pg_catalog.pg_operator WHERE oprnamespace = 'public'::pg_catalog.regnamespace"), '>', 5000, 'operators of many pairs of types');
cmp_ok($node->safe_psql('trapped', "SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc WHERE pronamespace = 'public'::pg_catalog.regnamespace"), '>', 3000, 'and functions');

my $called = "SET search_path = pg_catalog; SELECT string_agg(funcname || ' x ' || calls, ', ' ORDER BY funcname) FROM pg_stat_user_functions WHERE schemaname = 'public'";
$node->safe_psql('new', "CREATE EXTENSION pg_marketing; SELECT analytics.install(); SELECT analytics.load_demo()");
is($node->safe_psql('new', $called), '', 'no trap is called where the extension is created, installed and loads the demo');
for my $database ('calm', 'trapped') {
    $node->safe_psql($database, "CALL analytics.refresh(mode => 'full')");
    $node->safe_psql($database, $ask);
}
cmp_ok($node->safe_psql('calm', 'SELECT count(*) FROM questions.answer'), '>', 300, 'every function and view is asked');
$node->safe_psql('trapped', 'SELECT pg_catalog.pg_sleep(0.1)');
is($node->safe_psql('trapped', $called), '', 'no trap was called');
is($node->safe_psql('trapped', "SET search_path = pg_catalog; SELECT string_agg(DISTINCT subject, ', ' ORDER BY subject) FROM questions.answer WHERE answer ~ 'trap|operator|not unique'"), '', 'and none shows in an answer');

$node->stop;
done_testing();
