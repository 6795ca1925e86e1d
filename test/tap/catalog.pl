# The catalog against the house rules: what is public, what is documented, what each function may do.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('catalog');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_marketing');

# The members of the extension: member holds all, routine and public_name what the rules below speak of.
my $members = <<'SQL';
WITH member AS (
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS description
    FROM pg_depend d
    JOIN pg_extension x ON x.oid = d.refobjid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND x.extname = 'pg_marketing'
), routine AS (
    SELECT p.*, m.description, l.lanname, p.pronamespace = 'analytics'::regnamespace AS is_public
    FROM member m
    JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
    JOIN pg_language l ON l.oid = p.prolang
), relation AS (
    SELECT c.*, m.description FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
), own_type AS (
    SELECT t.*, m.description FROM member m JOIN pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass
    WHERE t.typcategory <> 'A' AND (t.typrelid = 0 OR (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) = 'c')
), public_object AS (
    SELECT CASE r.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, r.proname AS name FROM routine r WHERE r.is_public
    UNION SELECT CASE r.relkind WHEN 'v' THEN 'view' WHEN 'r' THEN 'table' END, r.relname FROM relation r
          WHERE r.relnamespace = 'analytics'::regnamespace AND r.relkind IN ('r', 'v')
    UNION SELECT 'type', t.typname FROM own_type t WHERE t.typnamespace = 'analytics'::regnamespace
)
SQL
# Passes where the query, which follows the members, finds nothing; what it finds is the message.
sub none {
    my ($text, $query) = @_;
    is($node->safe_psql('postgres', "$members $query"), '', $text);
}
sub found { return split /\n/, $node->safe_psql('postgres', "$members $_[0]") }

# What is there, and where.
cmp_ok($node->safe_psql('postgres', "$members SELECT count(*) FROM member"), '>', 50, 'the extension has members');
none('schema analytics holds members alone',
    q{SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace AND p.oid NOT IN (SELECT oid FROM routine)});
none('and all members are in it or in analytics_internal', q{
    SELECT description FROM (SELECT description, pronamespace AS schema FROM routine UNION ALL SELECT description, relnamespace FROM relation
                             UNION ALL SELECT description, typnamespace FROM own_type) o
    WHERE schema NOT IN ('analytics'::regnamespace, 'analytics_internal'::regnamespace)});
none('each name has one signature', q{
    SELECT r.pronamespace::regnamespace || '.' || r.proname FROM routine r GROUP BY r.pronamespace, r.proname HAVING count(*) > 1});

# The public face.
my $machinery = join '|', qw(add analyze check close comment count create derive enable fill find fit forget is known layout log mark may merge plan read
    reconcile record recount refuse rename replicate resolve roll_up run settle shape stage sum total watched), 'load', 'drop_temporary';
none('nothing public starts with a verb of the machinery', qq{
    SELECT kind, name FROM public_object WHERE name ~ '^($machinery)_' AND name NOT IN ('check_data_quality', 'load_demo')});
none('nothing public only serves a type or an aggregate', q{
    SELECT r.oid::regprocedure FROM routine r
    WHERE r.is_public AND (r.oid IN (SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn]) FROM pg_aggregate a)
                           OR r.oid IN (SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend]) FROM pg_type t)
                           OR r.oid IN (SELECT p.prosupport FROM pg_proc p))});
none('no public signature has a type of analytics_internal', q{
    SELECT r.description FROM routine r
    WHERE r.is_public AND EXISTS (
        SELECT FROM unnest(COALESCE(r.proallargtypes, r.proargtypes::oid[]) || r.prorettype) a (type)
        JOIN pg_type t ON t.oid = a.type
        LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
        WHERE COALESCE(e.typnamespace, t.typnamespace) = 'analytics_internal'::regnamespace)
    UNION ALL SELECT r.description || ': ' || a.attname FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE r.relnamespace = 'analytics'::regnamespace AND r.relkind <> 'i' AND t.typnamespace = 'analytics_internal'::regnamespace});

# What functions may do. A function that the planner inlines has no settings; its body names all schemas.
none('no function has other rights than its caller', q{SELECT oid::regprocedure FROM routine WHERE prosecdef});
none('functions that are not inlined are found by nobody\'s search_path', q{
    SELECT oid::regprocedure FROM routine
    WHERE prokind = 'f' AND lanname NOT IN ('c', 'internal') AND 'search_path=pg_catalog, pg_temp' <> ALL (COALESCE(proconfig, '{}'))
      AND (lanname <> 'sql' OR provolatile = 'v')});
none('procedures, which commit, have no settings', q{SELECT oid::regprocedure FROM routine WHERE prokind = 'p' AND proconfig IS NOT NULL});

# Comments.
none('each function, aggregate, type, table and view has a comment', q{
    SELECT description FROM routine WHERE obj_description(oid, 'pg_proc') IS NULL
    UNION ALL SELECT description FROM relation WHERE relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL
    UNION ALL SELECT description FROM own_type WHERE obj_description(oid, 'pg_type') IS NULL});
none('the first line of each comment is at most 80 characters', q{
    SELECT description FROM member WHERE length(split_part(obj_description(objid, classid::regclass::name), E'\n', 1)) > 80});

# The reference is the catalog's.
my %environment = (PGHOST => $node->host, PGPORT => $node->port, PGUSER => $node->safe_psql('postgres', 'SELECT current_user'));
sub difference {
    local %ENV = (%ENV, %environment);
    my $current = `scripts/reference 2>&1`;
    return $current if $?;
    my ($expected, $file) = ('docs/reference.md', PostgreSQL::Test::Utils::tempdir() . '/reference.md');
    append_to_file($file, $current);
    return `diff -U0 $expected $file`;
}
is(difference(), '', 'docs/reference.md is what scripts/reference makes of the catalog');
my $reference = slurp_file('docs/reference.md');
my @missing = grep { my ($kind, $name) = split /\|/; my $heading = $kind =~ /^(table|type|view)$/ ? "$name ($kind)" : $name; $reference !~ /^### \Q$heading\E$/m }
    found('SELECT kind, name FROM public_object ORDER BY 1, 2');
is(join(', ', @missing), '', 'and has every public object');

# The pages. Code is what stands in backticks or in a block. A name is documented where backticks begin with it, or where it is called or, as
# what is no routine, qualified: a word in a query or in prose does not do.
my $pages = join "\n", map { slurp_file($_) } 'README.md', grep { $_ ne 'docs/reference.md' } glob('docs/*.md');
my $blocks = join "\n", $pages =~ /^```\w*[^\n]*\n(.*?)^```/gms;
(my $prose = $pages) =~ s/^```.*?^```//gms;
my $code = join "\n", $prose =~ /`([^`]+)`/g;
sub is_documented
{
    my ($kind, $name) = @_;
    return $code =~ /^(?:analytics\.)?\Q$name\E(?:\(|$)/m || "$code\n$blocks" =~ ($kind =~ /^(?:table|view|type)$/ ? qr/\banalytics\.\Q$name\E\b/ : qr/\b\Q$name\E\(/);
}
my @undocumented = map { join ' ', split /\|/ } grep { !is_documented(split /\|/) } found('SELECT kind, name FROM public_object ORDER BY 1, 2');
is(join(', ', @undocumented), '', 'each public object is in a page, in backticks or called');
# Beside functions there are a setting of that schema, analytics.business_id, and what looks like a function and is syntax.
my %known = map { $_ => 1 } 'business_id', 'coalesce', found('SELECT name FROM public_object'), found(q{SELECT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace});
my %seen;
my @unknown = grep { !$known{$_} && !$seen{$_}++ } "$code\n$blocks" =~ /\banalytics\.([a-z_]+)/g, $code =~ /^([a-z_]+)\([^()]*\)$/gm;
is(join(', ', @unknown), '', 'and the pages name no object that does not exist');
my @internal = "$code\n$blocks" =~ /\banalytics_internal\.\w+/g;
is(join(', ', @internal), '', 'nor one that is no interface');

# Arguments are read by name, in order: each name in C++ is the one that SQL gives to the argument, so that an error names what was passed.
my (%body, %parameters);
for my $file (glob 'src/*/*_pg.?pp') {
    my $text = slurp_file($file);
    while ($text =~ /^(?=\S)[^{]*?(?:MARKETING_(?:FUNCTION|ROWS|ROWS_OF)\((\w+)(?:, (\w+), in, \w+\))?|(\w+)\([^(){]*\bArguments& in\b)[^{]*?\n\{\n(.*?)^\}/msg) {
        my ($function, $value, $reads) = ($1 // $3, $2, $4);
        die "two functions $function read arguments" if $body{$function};
        $body{$function} = ($value ? "in.optional(\"$value\");" : '') . $reads;
    }
}
sub names_read {
    my ($function) = @_;
    die "no function $function that reads arguments" unless defined $body{$function};
    my @names;
    while ($body{$function} =~ /\bin\.\w+(?:<[^()]*>)?\("(\w+)"|(\w+)(?:<[^()]*>)?\((?:in(?:, "(\w+)"|[,)])|fcinfo, "(\w+)")/g) {
        push @names, $1 // $3 // $4 // names_read($2);
    }
    return @names;
}
for (split /\n/, $node->safe_psql('postgres', "$members
    SELECT replace(c.prosrc, 'marketing_', ''), array_to_string(p.proargnames[1:p.pronargs], ' ') FROM pg_proc c
    JOIN member m ON m.objid = c.oid AND m.classid = 'pg_proc'::regclass JOIN pg_language l ON l.oid = c.prolang AND l.lanname = 'c'
    LEFT JOIN pg_aggregate a ON a.aggtransfn = c.oid JOIN pg_proc p ON p.oid = coalesce(a.aggfnoid, c.oid)
    WHERE p.proargnames IS NOT NULL AND p.proargnames[1] <> ''")) {
    my ($function, $names) = split /\|/;
    $parameters{$function} = $names if length $names > length($parameters{$function} // '');
}
my @differing = grep { join(' ', names_read($_)) ne $parameters{$_} } sort keys %parameters;
is(join("\n", map { "$_ reads " . join(' ', names_read($_)) . ", declared are $parameters{$_}" } @differing), '',
    'the names of arguments in C++ are those of the catalog');

$node->stop;
done_testing();
