# Asks the readers of schema analytics, and keeps what they answer as it is: values and their order, whatever the session prints them like.
package Readers;
use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(start_load finish_file load reader_questions state_questions ask with_error answers differing);

# psql runs a file, beside this test: what it prints, as bytes, and what it says of errors are in the files that end in .out and .err.
my $files = 0;
sub start_file
{
    my ($node, $database, $file, @options) = @_;
    my $printed = PostgreSQL::Test::Utils::tempdir() . '/psql' . ++$files;
    return { printed => $printed, run => IPC::Run::start(['psql', '-XqAt', @options, '-d', $node->connstr($database), '-f', $file], '<', \undef, '>', "$printed.out", '2>', "$printed.err") };
}
sub finish_file
{
    my ($started) = @_;
    $started->{run}->finish;
    return map { slurp_file("$started->{printed}.$_") } qw(out err);
}
# Stops at an error, which is returned.
sub start_load { my ($node, $database, $file) = @_; return start_file($node, $database, $file, '-v', 'ON_ERROR_STOP=1'); }
sub load { my (undef, $problem) = finish_file(start_load(@_)); return $problem; }

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

# What psql prints for each question, by its name: the script is what a question is to it. Two sessions share the work.
sub ask
{
    my ($node, $database, $questions, $preparation, $script) = @_;
    my @names = sort keys %$questions;
    my @shares = map { my $share = $_; [@names[grep { $_ % 2 == $share } 0 .. $#names]] } 0, 1;
    my @sessions = map {
        my $file = PostgreSQL::Test::Utils::tempdir() . '/questions' . ++$files . '.sql';
        append_to_file($file, join "\n", '\set VERBOSITY terse', $preparation, map { ($script->($questions->{$_}), '\echo <<end>>') } @$_);
        start_file($node, $database, $file);
    } @shares;
    my %found;
    for my $share (@shares) {
        my @found = split /<<end>>\n/, (finish_file(shift @sessions))[0];
        $found{ $share->[$_] } = $found[$_] // 'no answer' for 0 .. $#$share;
    }
    return \%found;
}
# A statement, and its error where it has no answer.
sub with_error { return ($_[0], '\if :ERROR', '\echo :SQLSTATE :LAST_ERROR_MESSAGE', '\endif'); }

# The answer to each query: its rows in binary, or its error.
sub answers
{
    my ($node, $database, $queries) = @_;
    return ask($node, $database, $queries, '', sub { with_error("COPY ($_[0]) TO STDOUT (FORMAT binary);") });
}

# Which answers are not as expected, with the first line of what came instead of rows.
sub differing
{
    my ($found, $expected) = @_;
    return join ', ', map { my ($error) = $found->{$_} =~ /\A(\w{5} .*)/; $_ . ($error ? " ($error)" : '') } grep { $found->{$_} ne $expected->{$_} } sort keys %$expected;
}

1;
