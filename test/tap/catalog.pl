# The catalog against the house rules: each object of the extension is commented, each function is in the documentation.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('catalog');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_marketing');

# Members of the extension, and those functions that only serve a type or an aggregate.
my $members = <<'SQL';
WITH member AS (
    SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND x.extname = 'pg_marketing'
), serving AS (
    SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn]::oid[]) AS oid FROM pg_aggregate a
    UNION SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend]::oid[]) FROM pg_type t
)
SQL
cmp_ok($node->safe_psql('postgres', "$members SELECT count(*) FROM member"), '>', 50, 'the extension has members');
is($node->safe_psql('postgres', "$members
    SELECT pg_describe_object(m.classid, m.objid, 0) FROM member m
    WHERE m.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass)
      AND obj_description(m.objid, m.classid::regclass::name) IS NULL
      AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.objid AND m.classid = 'pg_class'::regclass AND c.relkind IN ('S', 'i', 'c'))
      AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = m.objid AND m.classid = 'pg_type'::regclass
                      AND (t.typcategory = 'A' OR t.typrelid <> 0 AND (SELECT c.relkind FROM pg_class c WHERE c.oid = t.typrelid) <> 'c'))
    ORDER BY 1"), '', 'each function, aggregate, type and table has a comment');
is($node->safe_psql('postgres', "$members
    SELECT pg_describe_object(m.classid, m.objid, 0) FROM member m
    WHERE length(split_part(obj_description(m.objid, m.classid::regclass::name), E'\\n', 1)) > 80 ORDER BY 1"), '',
    'the first line of each comment is at most 80 characters');
is($node->safe_psql('postgres', "$members
    SELECT p.oid::regprocedure FROM pg_proc p JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass
    GROUP BY p.oid HAVING (SELECT count(*) FROM pg_proc q WHERE q.pronamespace = p.pronamespace AND q.proname = p.proname) > 1"), '',
    'each name has one signature');
is($node->safe_psql('postgres', "$members
    SELECT p.oid::regprocedure FROM pg_proc p JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass
    WHERE p.prosecdef OR p.proconfig::text LIKE '%search_path%' OR p.prokind = 'p' AND p.proconfig IS NOT NULL"), '',
    'no function has other rights or another search_path than its caller, and procedures, which commit, have no settings');
is($node->safe_psql('postgres', "$members
    SELECT m.objid::regclass FROM member m JOIN pg_class c ON c.oid = m.objid
    WHERE m.classid = 'pg_class'::regclass AND c.relnamespace <> 'analytics'::regnamespace"), '', 'no member outside of schema analytics');

my $pages = join "\n", map { slurp_file($_) } 'README.md', glob('docs/*.md');
my @undocumented = grep { $pages !~ /\b\Q$_\E\b/ } split /\n/, $node->safe_psql('postgres', "$members
    SELECT DISTINCT p.proname FROM pg_proc p JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass
    WHERE p.oid NOT IN (SELECT s.oid FROM serving s WHERE s.oid IS NOT NULL) ORDER BY 1");
is(join(', ', @undocumented), '', 'each function is in README.md or docs/');
my @unknown = grep { $node->safe_psql('postgres', "SELECT count(*) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace AND (proname = '$_' OR to_regclass('analytics.$_') IS NOT NULL)") == 0 }
    do { my %seen; grep { !$seen{$_}++ } $pages =~ /\banalytics\.([a-z_]+)\s*\(/g };
is(join(', ', @unknown), '', 'and the documentation names none that does not exist');

# Arguments are read by name, in order: each name in C++ is the one that SQL gives to the argument, so that an error names what was passed.
my (%body, %parameters);
for my $file (glob 'src/*/*_pg.?pp') {
    my $text = slurp_file($file);
    while ($text =~ /^(?=\S)[^{]*?(?:MARKETING_\w+\((\w+)|(\w+)\([^(){]*\bArguments& in\b)[^{]*?\n\{\n(.*?)^\}/msg) {
        my $function = $1 // $2;
        die "two functions $function read arguments" if $body{$function};
        $body{$function} = $3;
    }
}
sub names_read {
    my ($function) = @_;
    my @names;
    while ($body{$function} =~ /\bin\.\w+(?:<[^()]*>)?\("(\w+)"|(\w+)(?:<[^()]*>)?\(in(?:, "(\w+)"|\b)/g) {
        push @names, $1 // $3 // names_read($2);
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
my @differing = grep { names_read($_) && join(' ', names_read($_)) ne $parameters{$_} } sort keys %parameters;
is(join("\n", map { "$_ reads " . join(' ', names_read($_)) . ", declared are $parameters{$_}" } @differing), '',
    'the names of arguments in C++ are those of the catalog');

$node->stop;
done_testing();
