# The examples of the pages by a role that only reads: it has USAGE on schema analytics and what docs/tenants.md gives a reader. Each page in
# a database of its own, statement by statement. What is a query and calls nothing volatile of schema analytics is run by the reader;
# all else by a superuser; where that is a query or a call, a reader who tries it first is refused.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('examples');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\n");
$node->start;
# Pages that create the extension begin with an empty database, all others with the demo data, as in the suite of the pages.
$node->safe_psql('postgres', 'CREATE ROLE reader');
for my $template ('demo', 'empty') {
    $node->safe_psql('postgres', "CREATE DATABASE $template");
    $node->safe_psql($template, 'CREATE EXTENSION pg_marketing; REVOKE USAGE ON SCHEMA analytics FROM PUBLIC; GRANT USAGE ON SCHEMA analytics TO reader');
}
$node->safe_psql('demo', "SELECT analytics.install(); SELECT analytics.load_demo(); SELECT analytics.grant_access('reader', businesses => '{1}')");
my $volatile = $node->safe_psql('empty', "SELECT string_agg(proname, '|') FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace AND provolatile = 'v'
    -- It makes working tables, and stores nothing.
    AND proname <> 'preview_source'");

my %done = (reads => 0, 'is refused' => 0);

# The statements of a page's blocks that the suite of the pages runs, each with its line.
sub statements
{
    my ($page) = @_;
    my ($fence, $runs, $text) = (0, 0, '');
    for my $line (split /\n/, slurp_file($page)) {
        if ($line =~ /^```/) {
            $fence = !$fence;
            $runs = $fence && $line eq '```sql';
            $line = '';
        }
        $text .= ($runs ? $line : '') . "\n";
    }
    my @found;
    my $line = 1;
    while ($text =~ /\G((?:\s|--[^\n]*)*)((?:'[^']*'|"[^"]*"|\$\$.*?\$\$|--[^\n]*|[^;'"\$-]|[\$-])*?;)/gs) {
        my ($before, $statement) = ($1, $2);
        push @found, { where => "$page:" . ($line + ($before =~ tr/\n//)), text => $statement };
        $line += "$before$statement" =~ tr/\n//;
    }
    die "$page does not end with a statement" if ($text =~ s/--[^\n]*//gr) !~ /;\s*\z/ && @found;
    return @found;
}

# What a reader may be asked to run; a table that is made of a query is asked for that query.
sub query_of
{
    my ($statement) = @_;
    my $query = $statement =~ s/^CREATE (?:TEMP )?TABLE \w+ AS\s+//r;
    return $query =~ /^(?:SELECT|WITH)\b/ && $query !~ /\banalytics\.(?:$volatile)\(/ ? $query : undef;
}

# A superuser's tables of no schema of ours are for the reader to read, as the user's own tables would be.
my $let_read = <<'SQL';
SELECT format('GRANT USAGE ON SCHEMA %I TO reader', oid::regnamespace::text) FROM pg_namespace WHERE nspname !~ '^(analytics|warehouse|pg_|information_schema)'
UNION ALL SELECT format('GRANT SELECT ON %s TO reader', c.oid::regclass) FROM pg_class c
WHERE c.relkind IN ('r', 'v') AND c.relnamespace::regnamespace::text !~ '^(analytics|analytics_internal|warehouse|pg_catalog|pg_toast|information_schema)$'
\gexec
SQL

# What the template has already, and the roles that a page takes on: here all is asked by the reader.
my $creates = qr/^CREATE EXTENSION\b/;
my $left_out = qr/$creates|^(?:RE)?SET ROLE\b/;
# Runs a page; what went wrong is a line of the answer.
sub faults
{
    my ($page, @statements) = @_;
    my $database = $page =~ s/\W/_/gr;
    my $template = grep({ $_->{text} =~ $creates } @statements) ? 'empty' : 'demo';
    $node->safe_psql('postgres', qq{CREATE DATABASE "$database" TEMPLATE $template});
    my $script = "\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\nSET client_min_messages = error;\n$let_read";
    for (grep { $_->{text} !~ $left_out } @statements) {
        my $query = query_of($_->{text});
        if (defined $query) {
            $script .= "\\warn <reads> $_->{where}\nSET ROLE reader;\n$query\nRESET ROLE;\n";
        } elsif ($_->{text} =~ /^(?:SELECT|CALL)\b/) {
            $script .= "\\warn <is refused> $_->{where}\nSET ROLE reader;\n$_->{text}\nRESET ROLE;\n";
        }
        if (!defined $query || $query ne $_->{text}) {
            $script .= "\\warn <runs> $_->{where}\n$_->{text}\n$let_read";
        }
        if ($_->{text} =~ /\banalytics\.install\(/) {
            $script .= "SELECT analytics.grant_access('reader', businesses => '{1}');\n";
        }
    }
    my ($out, $err) = ('', '');
    IPC::Run::run(['psql', '-XAtq', '-d', $node->connstr($database)], '<', \$script, '>', \$out, '2>', \$err) or return "$page: psql failed: $err";
    my @faults;
    for my $part (split /^(?=<[a-z ]+> )/m, $err) {
        my ($task, $where, $said) = $part =~ /^<([a-z ]+)> (\S+)\n(.*)/s or return "$page: $part";
        ++$done{$task};
        push @faults, $task eq 'is refused' ? "$where: a reader is not refused: $said" : "$where: $task: $said" if $task eq 'is refused' ? $said !~ /ERROR:\s+42501:/ : $said ne '';
    }
    return join '', @faults;
}

for my $page ('README.md', glob 'docs/*.md') {
    my @statements = statements($page) or next;
    is(faults($page, @statements), '', "a reader runs the queries of $page, and is refused the rest");
}
cmp_ok($done{reads}, '>', 150, "queries were read: $done{reads}");
cmp_ok($done{'is refused'}, '>', 30, "others were refused: $done{'is refused'}");

$node->stop;
done_testing();
