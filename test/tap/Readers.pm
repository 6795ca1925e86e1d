# Asks the readers of schema analytics, and keeps what they answer as it is: values and their order, whatever the session prints them like.
package Readers;
use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(run_file reader_questions state_questions answers differing);

# psql's output, as bytes, and what it says of errors.
sub run_file
{
    my ($node, $database, $file, @options) = @_;
    my ($out, $err) = ('', '');
    IPC::Run::run(['psql', '-XqAt', @options, '-d', $node->connstr($database), '-f', $file], '<', \undef, '>', \$out, '2>', \$err);
    return ($out, $err);
}

# A query for each reader, by the name of the reader: those questions of test/fixture/readers.sql that the condition picks.
sub reader_questions
{
    my ($node, $database, $condition) = @_;
    return { map { split /\t/ } split /\n/, $node->safe_psql($database,
        "SELECT reader || E'\\t' || readers.statement(reader, names, literals) FROM readers.questions() WHERE $condition") };
}

# A query for each table of the warehouse that test/fixture/awkward.sql has loaded.
sub state_questions
{
    my ($node, $database) = @_;
    return { map { $_ => "SELECT * FROM state.$_" } split /\n/, $node->safe_psql($database, "SELECT viewname FROM pg_views WHERE schemaname = 'state'") };
}

# The answer to each query: its rows in binary, or its error. Two sessions share the work.
my $files = 0;
sub answers
{
    my ($node, $database, $queries) = @_;
    my @names = sort keys %$queries;
    my @shares = map { my $share = $_; { names => [@names[grep { $_ % 2 == $share } 0 .. $#names]] } } 0, 1;
    for my $share (@shares) {
        my $file = PostgreSQL::Test::Utils::tempdir() . '/questions' . ++$files . '.sql';
        append_to_file($file, join "\n", '\set VERBOSITY terse',
            map { ("COPY ($queries->{$_}) TO STDOUT (FORMAT binary);", '\if :ERROR', '\echo :SQLSTATE :LAST_ERROR_MESSAGE', '\endif', '\echo <<end>>') } @{ $share->{names} });
        $share->{run} = IPC::Run::start(['psql', '-XqAt', '-d', $node->connstr($database), '-f', $file], '<', \undef, '>', $share->{out} = "$file.out", '2>', '/dev/null');
    }
    my %found;
    for my $share (@shares) {
        $share->{run}->finish;
        my @found = split /<<end>>\n/, slurp_file($share->{out});
        $found{ $share->{names}[$_] } = $found[$_] // 'no answer' for 0 .. $#{ $share->{names} };
    }
    return \%found;
}

# Which answers are not as expected, with the first line of what came instead of rows.
sub differing
{
    my ($found, $expected) = @_;
    return join ', ', map { my ($error) = $found->{$_} =~ /\A(\w{5} .*)/; $_ . ($error ? " ($error)" : '') } grep { $found->{$_} ne $expected->{$_} } sort keys %$expected;
}

1;
