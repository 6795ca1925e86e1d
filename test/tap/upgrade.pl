# ALTER EXTENSION pg_marketing UPDATE: a loaded warehouse with row security, and what users have built on the functions, come to a later version.
# The extension must then be the one that a fresh CREATE EXTENSION makes, object by object, and answer as before. The versions live in a copy of
# the server's programs: earlier releases, of which upgrades/ keeps the install scripts, and in any case two that are made of this tree and
# differ in each kind of way. MARKETING_EARLIER names a folder in which an earlier release, or any commit, was built: that one comes with its
# own library.
use strict;
use warnings;
use File::Copy qw(copy);
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($current) = slurp_file('pg_marketing.control') =~ /^default_version = '(.+?)'/m;
my $work = PostgreSQL::Test::Utils::tempdir();
my %folder;
for my $what ('bindir', 'sharedir', 'pkglibdir') {
    chomp(my $path = `pg_config --$what`);
    $folder{$what} = "$work/server$path";
    next if -d $folder{$what};
    make_path($folder{$what});
    system('cp', '-r', "$path/.", $folder{$what}) == 0 or die "cp: $?";
}
my $extensions = "$folder{sharedir}/extension";
unlink glob("$extensions/pg_marketing*");

my $node = PostgreSQL::Test::Cluster->new('upgrade', install_path => $folder{bindir} =~ s{/bin$}{}r);
$node->init;
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN; CREATE ROLE reader LOGIN');

sub write_file { my ($file, $text) = @_; open my $out, '>', $file or die "$file: $!"; print $out $text; close $out }

# A folder as if that version had been built there, with the library of a folder where something was built.
sub version
{
    my ($name, $version, $script, $built) = @_;
    my $folder = "$work/$name";
    $built //= '.';
    make_path("$folder/upgrades");
    write_file("$folder/pg_marketing.control", slurp_file("$built/pg_marketing.control") =~ s/^default_version = .*/default_version = '$version'/mr);
    write_file("$folder/pg_marketing--$version.sql", $script);
    copy("$built/pg_marketing.so", $folder) or die "$built/pg_marketing.so: $!";
    return { folder => $folder, version => $version, script => $script };
}

# Puts a version where the server looks for extensions. Another file takes the place of the library: who has loaded it keeps that one.
sub install
{
    my $of = shift;
    copy("$of->{folder}/$_", $extensions) or die "$_: $!" for "pg_marketing--$of->{version}.sql", 'pg_marketing.control';
    unlink "$folder{pkglibdir}/pg_marketing.so";
    copy("$of->{folder}/pg_marketing.so", $folder{pkglibdir}) or die "pg_marketing.so: $!";
}

# The version after another: 1.1.0 after 1.0.0.
sub next_version { return shift =~ s/^(\d+)\.(\d+).*/"$1." . ($2 + 1) . '.0'/er }

# What this extension's tables, functions, types and rows are, one line each.
my $members = <<'SQL';
SET search_path = pg_catalog, pg_temp;
SELECT replace(concat_ws(' ', i.type, i.identity, obj_description(m.objid, m.classid::regclass::text),
    CASE m.classid::regclass::text
        WHEN 'pg_proc' THEN (SELECT concat_ws(' ', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
            (SELECT concat_ws(' ', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggtranstype::regtype, a.agginitval)
             FROM pg_aggregate a WHERE a.aggfnoid = p.oid), ARRAY(SELECT g::text FROM unnest(p.proacl) g ORDER BY 1)) FROM pg_proc p WHERE p.oid = m.objid)
        WHEN 'pg_class' THEN (SELECT concat_ws(' ', c.relkind, c.reloptions, CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END,
            ARRAY(SELECT g::text FROM unnest(c.relacl) g ORDER BY 1),
            (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
                 col_description(c.oid, a.attnum)), E'\n' ORDER BY a.attnum)
             FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid),
            CASE WHEN c.relkind = 'r' THEN query_to_xml(format('SELECT t::text FROM %s t ORDER BY 1', c.oid::regclass), false, false, '')::text END)
            FROM pg_class c WHERE c.oid = m.objid)
        WHEN 'pg_type' THEN (SELECT (to_jsonb(t) - '{oid,typowner,typarray,typnamespace,typelem,typbasetype,typrelid}'::text[])::text FROM pg_type t WHERE t.oid = m.objid)
        WHEN 'pg_namespace' THEN (SELECT ARRAY(SELECT g::text FROM unnest(n.nspacl) g ORDER BY 1)::text FROM pg_namespace n WHERE n.oid = m.objid)
        WHEN 'pg_cast' THEN (SELECT concat_ws(' ', k.castfunc::regprocedure, k.castcontext, k.castmethod) FROM pg_cast k WHERE k.oid = m.objid)
    END, (SELECT ARRAY(SELECT g::text FROM unnest(v.initprivs) g ORDER BY 1)::text FROM pg_init_privs v
          WHERE v.classoid = m.classid AND v.objoid = m.objid AND v.objsubid = 0)), E'\n', '\n')
FROM pg_depend m CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, 0) i
WHERE m.deptype = 'e' AND m.refobjid = (SELECT x.oid FROM pg_extension x WHERE x.extname = 'pg_marketing')
ORDER BY 1
SQL
my $layout = q(SELECT t::text FROM (SELECT table_name, column_name, type, not_null, default_value, identity, comment FROM analytics_internal.layout_columns('warehouse')) t
    UNION ALL SELECT o::text FROM analytics_internal.layout_objects('warehouse') o UNION ALL SELECT 'layout ' || version FROM warehouse.layout ORDER BY 1);
my $policies = "SELECT polrelid::regclass, polname, polcmd, polroles, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy ORDER BY 1::text, 2";

sub as_keeper { my ($database, $sql) = @_; return $node->safe_psql($database, "SET SESSION AUTHORIZATION keeper; SET client_min_messages = warning; $sql") }
sub lines_of { my ($database, $sql) = @_; return [ split /\n/, $node->safe_psql($database, $sql) ] }
sub is_same
{
    my ($got, $wanted, $what) = @_;
    my (%got, %wanted);
    @got{@$got} = (); @wanted{@$wanted} = ();
    is_deeply([ [ grep { !exists $wanted{$_} } @$got ], [ grep { !exists $got{$_} } @$wanted ] ], [ [], [] ], $what);
}

# What users have built on any version.
my $built = <<'SQL';
CREATE SCHEMA mine;
CREATE VIEW mine.leads AS SELECT leads, n_contracts, cpl FROM analytics.kpi('2025-10-01', '2025-10-31');
COMMENT ON VIEW mine.leads IS 'October';
CREATE VIEW mine.twice WITH (security_barrier = true) AS SELECT leads * 2 AS twice FROM mine.leads;
GRANT USAGE ON SCHEMA mine TO reader;
GRANT SELECT ON mine.leads, mine.twice TO reader;
CREATE TABLE mine.journey AS
    SELECT 1 AS id, analytics.journeys(client_key::bigint, occurred_at, event_id::text, platform, false, 1.0::float8) AS j FROM warehouse.fact_events;
SQL
my $kept = <<'SQL';
SELECT * FROM mine.leads; SELECT * FROM mine.twice; SELECT md5(j::text) FROM mine.journey;
SELECT obj_description('mine.leads'::regclass), (SELECT string_agg(c.relname || c.relowner::regrole || COALESCE(c.relacl::text, '') || COALESCE(c.reloptions::text, ''), ' ' ORDER BY c.relname)
    FROM pg_class c WHERE c.relnamespace = 'mine'::regnamespace AND c.relkind <> 'i');
SQL

# What an update is to change: numbers of catalog rows, what the next refresh has to read or fill, fingerprints; and what grows older meanwhile.
my $books = 'check_freshness|check_data_quality|quality_findings|layout|warehouse.content_post|attachments|warehouse.pending_|warehouse.source_watermark|source_definition';

my $paths = 0;
# Brings a warehouse from one version to the other. more: what users have built on that version, what is to be asked of it before and after.
sub try_path
{
    my ($old, $new, $more) = @_;
    my $path = "$old->{version} to $new->{version}";
    my $database = $more->{database};
    unlink glob("$extensions/pg_marketing*");
    install($old);
    $node->safe_psql('postgres', $_) for "CREATE DATABASE $database OWNER keeper", "CREATE DATABASE ${database}_fresh OWNER keeper";
    as_keeper($database, "CREATE EXTENSION pg_marketing VERSION '$old->{version}'; SELECT analytics.install(row_security => true); SELECT analytics.load_demo();
        SELECT analytics.grant_access('reader', businesses => '{1}')");
    as_keeper($database, $built . ($more->{built} // ''));
    $node->safe_psql($database, "SET check_function_bodies = off;\n\\i test/fixture/questions.sql\nCREATE TABLE questions.answer AS
        SELECT statement, questions.ask(statement) AS answer FROM questions.about('facebook', 1) WHERE reads");
    my $before = as_keeper($database, $kept . ($more->{kept} // ''));
    my $policies_before = lines_of($database, $policies);

    {
        local @ENV{ 'PGHOST', 'PGPORT' } = ($node->host, $node->port);
        my ($out, $err);
        ok(IPC::Run::run(['perl', 'scripts/make_upgrade', $old->{folder}, $new->{folder}], '>', \$out, '2>', \$err), "$path: the script is made") or diag($err);
        my $script = "pg_marketing--$old->{version}--$new->{version}.sql";
        is(slurp_file($script), $out, '... and is the one that stands in the repository') if -e $script;
        write_file("$extensions/$script", $out);
    }
    install($new);
    as_keeper($database, 'ALTER EXTENSION pg_marketing UPDATE');
    as_keeper("${database}_fresh", 'CREATE EXTENSION pg_marketing; SELECT analytics.install(row_security => true)');
    is($node->safe_psql($database, "SELECT extversion FROM pg_extension WHERE extname = 'pg_marketing'"), $new->{version}, "$path: the extension is updated by its owner");
    my $fresh = lines_of("${database}_fresh", $members);
    cmp_ok(scalar @$fresh, '>', 500, '... there is something to compare');
    is_same(lines_of($database, $members), $fresh, '... it is the one that CREATE EXTENSION makes, object by object');
    is_same(lines_of($database, $policies), $policies_before, '... the policies of row security stand');
    my $answer = as_keeper($database, 'SELECT analytics.upgrade_warehouse()');
    like($answer, qr/^(upgraded|already up to date|row security enabled)$/, "... and the tables follow: $answer");
    is_same(lines_of($database, $layout), lines_of("${database}_fresh", $layout), '... they are those that install() makes');
    is(as_keeper($database, $kept . ($more->{kept} // '')), $before, '... what users have built is there, theirs, and answers as before');
    my $asked = $node->safe_psql($database, "SELECT count(*) FROM questions.answer WHERE answer IS NOT NULL AND answer !~ '^[0-9A-Z]{5}: '");
    cmp_ok($asked, '>', 100, "... $asked questions had answers");
    $node->safe_psql($database, 'CREATE SCHEMA questions_before; ALTER TABLE questions.answer SET SCHEMA questions_before');
    is($node->safe_psql($database, "SELECT string_agg(b.statement, E'\\n') FROM questions_before.answer b
        WHERE b.statement !~ '($books|$more->{changed})' AND b.answer IS DISTINCT FROM questions.ask(b.statement)"), '', '... and all answers are those of before');
    is($node->safe_psql($database, "SET SESSION AUTHORIZATION reader; SELECT count(*) > 0 FROM warehouse.fact_events"), 't', '... a reader reads');
    as_keeper($database, 'CALL analytics.refresh()');
    is(as_keeper($database, $kept . ($more->{kept} // '')), $before, '... also after the next refresh');
    $paths++;
}

# Earlier releases.
my $script = slurp_file("pg_marketing--$current.sql");
sub this_tree
{
    my $this = version('this', shift, $script);
    copy($_, "$this->{folder}/upgrades") or die "$_: $!" for glob('upgrades/[0-9]*--*.sql');
    return $this;
}
for my $kept (sort glob('upgrades/pg_marketing--*.sql')) {
    my ($version) = $kept =~ /--(.+)\.sql$/;
    try_path(version("release-$version", $version, slurp_file($kept)), this_tree($current), { database => "from_$version" =~ tr/./_/r, changed => 'nothing' });
}
if (my $built = $ENV{MARKETING_EARLIER}) {
    my ($version) = slurp_file("$built/pg_marketing.control") =~ /^default_version = '(.+?)'/m;
    my $earlier = version('earlier', $version, slurp_file("$built/pg_marketing--$version.sql"), $built);
    try_path($earlier, this_tree($version eq $current ? next_version($current) : $current), { database => 'from_earlier', changed => 'nothing' });
}

# Two versions that differ in each kind of way. A function, a view and a bundled list that one of them alone has stand for all others.
my ($before, $after) = ($current, next_version($current));
my $first = version('first', $before, $script . <<'SQL');
CREATE FUNCTION analytics.leaves() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION analytics.body_changes() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION analytics.body_changes() IS 'Earlier comment';
CREATE FUNCTION analytics.columns_change(x int) RETURNS TABLE (a int, b text) LANGUAGE sql STABLE AS 'SELECT x, ''b''';
CREATE FUNCTION analytics.type_changes(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE FUNCTION analytics.arguments_change(x int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > 0';
COMMENT ON FUNCTION analytics.arguments_change(int) IS 'This comment leaves';
CREATE VIEW analytics.stands_on_it AS SELECT a FROM analytics.columns_change(1);
CREATE VIEW analytics.grows AS SELECT 1 AS one;
GRANT SELECT ON analytics.stands_on_it, analytics.grows TO PUBLIC;
SQL
my $settings = 'quality_every interval NOT NULL';
my $second = version('second', $after, ($script =~ s/(?=\Q$settings\E)/greeting text NOT NULL DEFAULT 'hello', /r) . <<'SQL');
CREATE FUNCTION analytics.comes(VARIADIC x int[] DEFAULT '{1}') RETURNS int LANGUAGE sql AS 'SELECT x[1]';
COMMENT ON FUNCTION analytics.comes(int[]) IS 'It''s new';
REVOKE ALL ON FUNCTION analytics.comes(int[]) FROM PUBLIC;
CREATE FUNCTION analytics.accented() RETURNS text LANGUAGE sql AS 'SELECT ''café''';
CREATE FUNCTION analytics.body_changes() RETURNS int LANGUAGE sql AS 'SELECT 2';
COMMENT ON FUNCTION analytics.body_changes() IS 'Later comment';
CREATE FUNCTION analytics.columns_change(x int) RETURNS TABLE (a int, b text, c date) LANGUAGE sql STABLE AS 'SELECT x, ''b'', ''2025-01-01''::date';
CREATE FUNCTION analytics.type_changes(x int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE FUNCTION analytics.arguments_change(x int, y int DEFAULT 0) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > y';
CREATE VIEW analytics.stands_on_it AS SELECT a FROM analytics.columns_change(1);
CREATE VIEW analytics.grows AS SELECT 1 AS one, 2 AS two;
COMMENT ON COLUMN analytics.grows.two IS 'It was not there';
CREATE TYPE analytics.pair AS (a int, b int);
COMMENT ON TYPE analytics.pair IS 'Two';
CREATE TABLE analytics_internal.list (name text PRIMARY KEY, number numeric);
INSERT INTO analytics_internal.list VALUES ('o''clock', 12.50), (E'a\tb', NULL);
CREATE FUNCTION analytics_internal.total_step(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2';
CREATE AGGREGATE analytics.total(int) (SFUNC = analytics_internal.total_step, STYPE = int);
COMMENT ON AGGREGATE analytics.total(int) IS 'Total';
INSERT INTO analytics_internal.source_alias (alias, platform, implies_paid) VALUES ('a new alias', 'facebook', false);
GRANT SELECT ON analytics.stands_on_it, analytics.grows, analytics_internal.list TO PUBLIC;
SQL
my @make = ('perl', 'scripts/make_upgrade', $first->{folder}, $second->{folder});
{
    local @ENV{ 'PGHOST', 'PGPORT' } = ($node->host, $node->port);
    $node->command_fails_like(\@make, qr/must bring these to their new shape:.*TABLE analytics_internal\.list.*AGGREGATE analytics\.total/s,
        'what takes statements by hand is named');
}
write_file("$second->{folder}/upgrades/$before--$after.sql", <<'SQL');
CREATE TYPE analytics.pair AS (a int, b int);
CREATE TABLE analytics_internal.list (name text PRIMARY KEY, number numeric);
CREATE FUNCTION analytics_internal.total_step(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + $2';
CREATE AGGREGATE analytics.total(int) (SFUNC = analytics_internal.total_step, STYPE = int);
SQL
try_path($first, $second, { database => 'two_versions', changed => 'body_changes|columns_change|type_changes|arguments_change|leaves|grows|settings|alias|ruleset', built => <<'BUILT', kept => <<'KEPT' });
CREATE VIEW mine.columns AS SELECT a, b FROM analytics.columns_change(7);
CREATE VIEW mine.on_theirs AS SELECT * FROM analytics.stands_on_it;
CREATE MATERIALIZED VIEW mine.held AS SELECT type_changes::int AS one FROM analytics.type_changes(1);
CREATE UNIQUE INDEX held_one ON mine.held (one);
CREATE FUNCTION mine.asks() RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT analytics.arguments_change(3); END;
GRANT SELECT ON mine.columns TO reader;
CREATE TABLE mine.guarded (x int DEFAULT analytics.type_changes(5));
INSERT INTO mine.guarded VALUES (-1), (1);
GRANT SELECT ON mine.guarded TO reader;
ALTER TABLE mine.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY positive ON mine.guarded FOR SELECT TO reader USING (analytics.arguments_change(x));
BUILT
SELECT * FROM mine.columns; SELECT * FROM mine.on_theirs; SELECT mine.asks();
SELECT pg_get_userbyid(proowner), proacl FROM pg_proc WHERE proname = 'asks';
SELECT indexdef FROM pg_indexes WHERE schemaname = 'mine';
SELECT polname, polcmd, polroles::regrole[] FROM pg_policy WHERE polrelid = 'mine.guarded'::regclass;
INSERT INTO mine.guarded DEFAULT VALUES RETURNING x;
DELETE FROM mine.guarded WHERE x = 5;
REFRESH MATERIALIZED VIEW mine.held;
SELECT * FROM mine.held;
KEPT
is($node->safe_psql('two_versions', 'SET SESSION AUTHORIZATION reader; SELECT x FROM mine.guarded'), '1', 'a policy on a function that was made again holds');
is($node->safe_psql('two_versions', 'SELECT analytics.body_changes(), analytics.comes(), analytics.total(g), analytics.accented() FROM generate_series(1, 3) g'), '2|1|6|café', 'what is new works');
$node->safe_psql('two_versions', 'DROP EXTENSION pg_marketing CASCADE');
is($node->safe_psql('two_versions', 'SELECT count(*) > 0 FROM warehouse.fact_events'), 't', 'the extension goes, the warehouse stays');

# What cannot be made again stops the update, with nothing changed.
$node->safe_psql('postgres', 'CREATE DATABASE refused OWNER keeper');
as_keeper('refused', "CREATE EXTENSION pg_marketing VERSION '$before'; CREATE TABLE checked (x int CHECK (analytics.type_changes(x) > 0))");
my ($status, $out, $err) = $node->psql('refused', 'SET SESSION AUTHORIZATION keeper; ALTER EXTENSION pg_marketing UPDATE');
like($err, qr/constraint checked_x_check on table public\.checked stands on what this version of pg_marketing changes.*HINT:  Drop it, update/s, 'what cannot be made again is named');
is($node->safe_psql('refused', "SELECT extversion FROM pg_extension WHERE extname = 'pg_marketing'"), $before, '... and nothing has changed');

# Each script of the tree leads somewhere, and its way was gone.
my @scripts = glob('pg_marketing--*--*.sql');
cmp_ok($paths, '>', scalar @scripts ? 1 : 0, "$paths paths were tested");
$node->stop;
done_testing();
