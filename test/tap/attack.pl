# Ways up that somebody with few rights may try: each is tried and fails.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('attack');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE keeper LOGIN;
CREATE ROLE mallory LOGIN;
CREATE ROLE bystander LOGIN;
CREATE ROLE "Odd ""Role""; DROP TABLE x" LOGIN;
SQL

my $databases = 0;
# A new database of a role, with the extension, in which mallory may make schemas; returns its name.
sub database
{
    my ($owner) = @_;
    my $name = 'attack_' . ++$databases;
    $node->safe_psql('postgres', "CREATE DATABASE $name" . ($owner ? " OWNER $owner" : ''));
    $node->safe_psql('postgres', "GRANT CREATE ON DATABASE $name TO mallory");
    $node->safe_psql($name, 'CREATE EXTENSION pg_marketing');
    return $name;
}
# What a role (the superuser, where it is undef) is answered: rows, and the SQLSTATE of the first error.
sub outcome
{
    my ($database, $role, $sql) = @_;
    my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY verbose\nSET client_min_messages = error;\n$sql",
        $role ? (extra_params => ['-U', $role]) : ());
    return $1 if $err =~ /ERROR:\s+([0-9A-Z]{5}):/;
    return $err eq '' ? $out : "unexpected: $err";
}
# What an error says beside its message.
sub complaint { my ($database, $role, $sql) = @_; my (undef, undef, $err) = $node->psql($database, $sql, $role ? (extra_params => ['-U', $role]) : ()); return $err; }
sub is_still_nobody { is($node->safe_psql('postgres', "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = 'mallory'"), 'f', 'mallory is who he was'); }

# Code that makes its author a superuser, where one runs it; and a note of who ran it.
sub lay_code
{
    my ($database, $author, $schema) = @_;
    is(outcome($database, $author, <<SQL), '', 'code is laid');
CREATE SCHEMA IF NOT EXISTS $schema;
CREATE TABLE $schema.ran (as_role text);
GRANT USAGE ON SCHEMA $schema TO PUBLIC;
GRANT ALL ON $schema.ran TO PUBLIC;
CREATE FUNCTION $schema.take() RETURNS boolean LANGUAGE plpgsql AS \$\$
BEGIN
    IF current_user <> '$author' THEN
        INSERT INTO $schema.ran VALUES (current_user);
        IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
            ALTER ROLE $author SUPERUSER;
        END IF;
    END IF;
    RETURN true;
END\$\$;
CREATE FUNCTION $schema.spring() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM $schema.take(); RETURN COALESCE(NEW, OLD); END\$\$;
SQL
}
sub ran { my ($database, $schema) = @_; return $node->safe_psql($database, "SELECT string_agg(DISTINCT as_role, ',') FROM $schema.ran"); }

my $source = <<'SQL';
CREATE SCHEMA raw;
CREATE TABLE raw.events (event_id int, client_id int, occurred_at timestamptz, utm_source text);
INSERT INTO raw.events SELECT i, i % 20, timestamptz '2025-03-01' + i * interval '1 hour', 'google' FROM generate_series(1, 200) i;
SQL
my $register = "SELECT analytics.register_source('events', 'raw.events');";

subtest 'a schema that somebody prepared is refused' => sub {
    my $db = database();
    is(outcome($db, 'mallory', 'CREATE SCHEMA warehouse; GRANT ALL ON SCHEMA warehouse TO PUBLIC'), '', 'a stranger makes schema warehouse');
    is(outcome($db, undef, 'SELECT analytics.install()'), '42501', 'a superuser does not install into it');
    my $said = complaint($db, undef, 'SELECT analytics.install()');
    like($said, qr/belongs to role mallory/, '... is told whose it is');
    like($said, qr/DETAIL:.*rights of whoever refreshes/, '... why that matters');
    like($said, qr/HINT:.*ALTER SCHEMA warehouse OWNER TO/, '... and what to do');
    is($node->safe_psql($db, "SELECT count(*) FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace"), '0', '... and nothing was made');
    is(outcome($db, 'mallory', 'CREATE TABLE warehouse.layout (version text, installed_at timestamptz)'), '', 'also where it looks like a warehouse');
    is(outcome($db, undef, 'SELECT analytics.install()'), '42501', '... it is refused');
    is(outcome($db, undef, 'DROP SCHEMA warehouse CASCADE; SELECT analytics.install()'), 'installed', 'without that schema the warehouse is made');
};

subtest 'a warehouse that somebody prepared is no trap for a superuser' => sub {
    my $db = database();
    is(outcome($db, 'mallory', 'SELECT analytics.install()'), 'installed', 'a stranger makes a whole warehouse');
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, undef, "$source$register"), '1', 'which a superuser uses, as long as it is plain tables');
    is(outcome($db, undef, 'CALL analytics.refresh()'), '', '... and refreshes');
    my @calls = ('SELECT analytics.install()', 'CALL analytics.refresh()', $register, "SELECT analytics.configure(currency => 'EUR')", "SELECT analytics.grant_access('bystander')",
        'SELECT analytics.request_refresh()', 'SELECT analytics.check_data_quality()', 'SELECT analytics.purge_history()', 'SELECT analytics.load_demo()',
        'SELECT analytics.configure_alerts(q => 0.2)', 'SELECT analytics.upgrade_warehouse()', 'SELECT analytics.drop_source(1)');
    for my $trap (
        ['a trigger', 'CREATE TRIGGER t BEFORE INSERT OR UPDATE ON warehouse.settings FOR EACH ROW EXECUTE FUNCTION trap.spring()', 'DROP TRIGGER t ON warehouse.settings'],
        ['a rule', 'CREATE RULE r AS ON INSERT TO warehouse.refresh_run DO ALSO SELECT trap.take()', 'DROP RULE r ON warehouse.refresh_run'],
        ['a default', 'ALTER TABLE warehouse.refresh_run ADD COLUMN own boolean DEFAULT trap.take()', 'ALTER TABLE warehouse.refresh_run DROP COLUMN own'],
        ['a check', 'ALTER TABLE warehouse.source_watermark ADD CONSTRAINT c CHECK (trap.take()) NOT VALID', 'ALTER TABLE warehouse.source_watermark DROP CONSTRAINT c'],
        ['an index', "ALTER FUNCTION trap.take() IMMUTABLE; CREATE INDEX i ON warehouse.pending_day (trap.take())", 'DROP INDEX warehouse.i; ALTER FUNCTION trap.take() VOLATILE'],
        ['a child', 'CREATE TABLE trap.child () INHERITS (warehouse.source_watermark); CREATE TRIGGER t BEFORE UPDATE ON trap.child FOR EACH ROW EXECUTE FUNCTION trap.spring()', 'DROP TABLE trap.child'],
        ['a cascade', 'CREATE TABLE trap.referring (id bigint REFERENCES warehouse.source_watermark ON DELETE CASCADE); CREATE TRIGGER t AFTER DELETE ON trap.referring FOR EACH ROW EXECUTE FUNCTION trap.spring()',
            'DROP TABLE trap.referring'],
        ['a view in place of a table', 'ALTER TABLE warehouse.pending_client RENAME TO former; CREATE VIEW warehouse.pending_client AS SELECT * FROM warehouse.former WHERE trap.take()',
            'DROP VIEW warehouse.pending_client; ALTER TABLE warehouse.former RENAME TO pending_client'],
        ['a domain', "CREATE DOMAIN trap.checked AS boolean CHECK (trap.take()); ALTER TABLE warehouse.refresh_run ADD COLUMN own trap.checked DEFAULT true",
            'ALTER TABLE warehouse.refresh_run DROP COLUMN own; DROP DOMAIN trap.checked'],
    ) {
        my ($what, $lay, $take_up) = @$trap;
        is(outcome($db, 'mallory', $lay), '', "its owner hangs $what on it");
        is(outcome($db, undef, $_), '42501', "... $_ is refused") for $what eq 'a trigger' ? @calls : 'CALL analytics.refresh()';
        is(outcome($db, 'mallory', $take_up), '', '... it is gone');
    }
    is(ran($db, 'trap'), '', 'and nothing of it ran for anybody else');
    is(outcome($db, undef, 'CALL analytics.refresh()'), '', 'without them the superuser refreshes again');
    is_still_nobody();
};

subtest 'the owner of a schema cannot swap tables in it' => sub {
    my $db = database();
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, undef, "SELECT analytics.install(); $source$register"), "installed\n1", 'a superuser installs');
    $node->safe_psql($db, 'ALTER SCHEMA warehouse OWNER TO mallory');
    is(outcome($db, undef, 'CALL analytics.refresh()'), '42501', 'where the schema is given to another, a refresh is refused at once');
    is(outcome($db, 'mallory', 'DROP TABLE warehouse.refresh_run'), '', '... who drops a table');
    is(outcome($db, 'mallory', <<'SQL'), '', '... and puts one of his in its place');
CREATE TABLE warehouse.refresh_run (run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, business_id bigint, mode text, entities text[], requested_by text DEFAULT SESSION_USER,
    started_at timestamptz DEFAULT clock_timestamp(), finished_at timestamptz, status text DEFAULT 'running', message text);
CREATE TRIGGER t BEFORE INSERT ON warehouse.refresh_run FOR EACH ROW EXECUTE FUNCTION trap.spring();
SQL
    like(complaint($db, undef, 'CALL analytics.refresh()'), qr/trigger t on table warehouse\.refresh_run uses function trap\.spring\(\) of role mallory/, '... which is refused by name');
    $node->safe_psql($db, 'ALTER SCHEMA warehouse OWNER TO ' . $node->safe_psql($db, 'SELECT current_user'));
    is(outcome($db, undef, 'CALL analytics.refresh()'), '42501', '... and also where only that table is his');
    is(ran($db, 'trap'), '', 'nothing of it ran');
    is_still_nobody();
};

subtest 'a grant of TRIGGER is no way up' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', "SELECT analytics.install(); $source$register GRANT USAGE ON SCHEMA warehouse TO mallory; GRANT TRIGGER ON ALL TABLES IN SCHEMA warehouse TO mallory"), "installed\n1",
        'a role may make triggers on the tables');
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, 'mallory', 'CREATE TRIGGER t BEFORE INSERT ON warehouse.refresh_run FOR EACH ROW EXECUTE FUNCTION trap.spring()'), '', '... makes one');
    is(outcome($db, 'keeper', 'CALL analytics.refresh()'), '42501', '... and the owner does not refresh');
    is(ran($db, 'trap'), '', '... and it did not run');
    is(outcome($db, 'keeper', "DROP TRIGGER t ON warehouse.refresh_run; CREATE FUNCTION warehouse.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"), '', 'a trigger of the owner himself');
    is(outcome($db, 'keeper', 'CREATE TRIGGER t BEFORE INSERT ON warehouse.refresh_run FOR EACH ROW EXECUTE FUNCTION warehouse.mine(); CALL analytics.refresh()'), '', '... is his to run');
    is(outcome($db, undef, 'CALL analytics.refresh()'), '42501', '... and not a superuser\'s');
};

subtest 'a table of another role is not taken for the warehouse\'s' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', 'CREATE SCHEMA warehouse; GRANT CREATE, USAGE ON SCHEMA warehouse TO mallory'), '', 'others may make tables in schema warehouse');
    is(outcome($db, 'mallory', 'CREATE TABLE warehouse.platform (platform text, family text, ad_network boolean)'), '', '... and one takes a name');
    is(outcome($db, 'keeper', 'SELECT analytics.install()'), '42501', '... install() refuses it');
    is(outcome($db, 'mallory', 'DROP TABLE warehouse.platform'), '', '... and where it is gone');
    is(outcome($db, 'keeper', 'SELECT analytics.install()'), 'installed', '... does its work');
    is(outcome($db, 'keeper', "DROP TABLE warehouse.platform; UPDATE warehouse.layout SET version = 'older'"), '', 'an older version had no such table');
    is(outcome($db, 'mallory', 'CREATE TABLE warehouse.platform (platform text, family text, ad_network boolean)'), '', '... another role has one');
    is(outcome($db, 'keeper', 'SELECT analytics.upgrade_warehouse()'), '42501', '... upgrade_warehouse() does not take it over');
    is(outcome($db, 'mallory', "DROP TABLE warehouse.platform; CREATE FUNCTION warehouse.sum(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1'"), '', 'nor does it make views');
    is(outcome($db, 'keeper', 'SELECT analytics.upgrade_warehouse()'), '42501', '... where functions of others are found first');
    is(outcome($db, 'keeper', 'DROP FUNCTION warehouse.sum; CREATE TABLE warehouse.platform (id int, name text)'), '', 'a table of the owner himself');
    is(outcome($db, 'keeper', 'SELECT analytics.upgrade_warehouse()'), '42P07', '... is not turned into a list of the warehouse');
    is($node->safe_psql($db, "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'warehouse.platform'::regclass AND attnum > 0"), 'id,name', '... and is as it was');
    is(outcome($db, undef, 'SELECT analytics.upgrade_warehouse()'), '42501', 'a superuser does not upgrade the warehouse of another');
    is(outcome($db, 'keeper', 'DROP TABLE warehouse.platform; SELECT analytics.upgrade_warehouse()'), 'upgraded', 'the owner does, when nothing is in the way');
};

subtest 'an empty schema of the owner of the database becomes the installer\'s' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', 'CREATE SCHEMA warehouse'), '', 'the owner of the database makes the schema');
    is(outcome($db, 'mallory', 'SELECT analytics.install()'), '42501', '... a stranger gets nothing of it');
    is(outcome($db, undef, 'SELECT analytics.install()'), 'installed', '... a superuser does');
    is($node->safe_psql($db, "SELECT bool_and(c.relowner = n.nspowner AND r.rolsuper) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'warehouse'"),
        't', '... and owns schema and tables');
    is(outcome($db, 'keeper', 'DROP TABLE warehouse.refresh_run'), '42501', '... in which the owner of the database drops nothing');
    $db = database('keeper');
    is(outcome($db, 'keeper', 'CREATE SCHEMA warehouse; CREATE TABLE warehouse.notes ()'), '', 'one with something in it');
    is(outcome($db, undef, 'SELECT analytics.install()'), '42501', '... is left alone');
    is(outcome($db, 'keeper', 'SELECT analytics.install()'), 'installed', '... its owner installs into it');
};

$node->stop;
done_testing();
