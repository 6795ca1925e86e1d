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

# Why steps of sources failed in the refresh of a role.
sub refused
{
    my ($database, $role, $arguments) = @_;
    outcome($database, $role, "CALL analytics.refresh($arguments)");
    return $node->safe_psql($database, q(SELECT string_agg(s.sqlstate, ',') FROM warehouse.refresh_step s JOIN warehouse.refresh_run r USING (run_id)
        WHERE s.source_id IS NOT NULL AND r.run_id = (SELECT max(run_id) FROM warehouse.refresh_run)));
}

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
    $node->safe_psql($db, 'ALTER SCHEMA warehouse OWNER TO ' . $node->safe_psql($db, 'SELECT quote_ident(current_user)'));
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

# Two tenants under row security: mallory writes for the first, bystander reads it.
sub tenants
{
    my $db = database('keeper');
    is(outcome($db, 'keeper', <<"SQL"), "installed\n1\n2", 'two tenants under row security');
SELECT analytics.install(row_security => true);
$source
CREATE TABLE raw.others AS SELECT event_id, client_id, occurred_at, 'secret' || event_id AS utm_source FROM raw.events;
$register
SELECT analytics.register_source('events', 'raw.others', business_id => 2);
CALL analytics.refresh();
CALL analytics.refresh();
DO \$\$ BEGIN PERFORM analytics.grant_access('mallory', 'writer', '{1}'), analytics.grant_access('bystander', businesses => '{1}'); END \$\$;
GRANT USAGE ON SCHEMA raw TO mallory;
GRANT SELECT ON raw.events TO mallory;
SQL
    return $db;
}

subtest 'a writer of one tenant does not reach what is shared or another\'s' => sub {
    my $db = tenants();
    my $before = $node->safe_psql($db, my $others = "SELECT md5(string_agg(e::text, '' ORDER BY e.event_id)) FROM warehouse.fact_events e WHERE business_id = 2");
    for my $statement ("UPDATE warehouse.layout SET version = 'x'", "INSERT INTO warehouse.layout (version) VALUES ('x')", 'DELETE FROM warehouse.layout',
        "INSERT INTO warehouse.platform VALUES ('x', 'x', true)", "DELETE FROM warehouse.channel_rule", "UPDATE warehouse.rfm_segment_rule SET segment = 'x'",
        "INSERT INTO warehouse.source_preset VALUES ('x', 'events', '{}')", "INSERT INTO warehouse.business_access VALUES ('mallory', 2)", 'DELETE FROM warehouse.business_access',
        'TRUNCATE warehouse.fact_events', 'INSERT INTO warehouse.settings (business_id) VALUES (2)', 'UPDATE warehouse.settings SET business_id = 2',
        "INSERT INTO warehouse.source (business_id, entity, relation, columns, options) VALUES (2, 'clients', 'raw.events', '{}', '{}')", 'UPDATE warehouse.source SET business_id = 2',
        "SELECT analytics.register_source('clients', 'raw.events', '{\"client_id\": \"client_id\"}', business_id => 2)", 'SELECT analytics.configure(business_id => 2)',
        'SELECT analytics.configure_alerts(business_id => 2)', "INSERT INTO warehouse.refresh_request (mode, business_id, requested_by) VALUES ('full', 2, 'mallory')", 'SELECT analytics.request_refresh(business_id => 2)',
        'UPDATE warehouse.fact_events SET business_id = 2', 'CREATE TABLE warehouse.mine ()', 'ALTER TABLE warehouse.fact_events DISABLE ROW LEVEL SECURITY',
        'DROP POLICY business ON warehouse.fact_events', 'CREATE TRIGGER t BEFORE INSERT ON warehouse.fact_events FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
        'SET row_security = off; SELECT * FROM warehouse.fact_events', 'SET SESSION AUTHORIZATION keeper', "SELECT analytics.grant_access('mallory', 'writer', '{2}')",
        "SELECT analytics.upgrade_warehouse()", "UPDATE analytics_internal.entity SET loader = 'x'") {
        is(outcome($db, 'mallory', $statement), '42501', "refused: $statement");
    }
    is(outcome($db, 'mallory', "UPDATE warehouse.fact_events SET utm_source = 'x' WHERE business_id = 2; DELETE FROM warehouse.fact_events WHERE business_id = 2; SELECT count(*) FROM warehouse.fact_events WHERE business_id = 2"),
        '0', 'and rows of another are not there');
    is(outcome($db, 'mallory', "SET analytics.business_id = '2'; SELECT count(*) FROM warehouse.fact_events"), '0', '... whatever business a setting names');
    is($node->safe_psql($db, $others), $before, 'those are what they were');
    is(outcome($db, 'mallory', "CALL analytics.refresh(business_id => 1); SELECT (analytics.configure(currency => 'EUR')).currency"), 'EUR', 'his own business is his to refresh and configure');
};

subtest 'a number of another tenant is refused as one that does not exist' => sub {
    my $db = tenants();
    my $run = $node->safe_psql($db, 'SELECT max(run_id) FROM warehouse.refresh_run');
    for my $number (2, 777) {
        is(outcome($db, 'mallory', "INSERT INTO warehouse.source_watermark (source_id, business_id, entity, definition, refreshed_at, read_completely_at, run_id, rows_read, loaded, deduplicated, rejected)
            VALUES ($number, 1, 'events', '', now(), now(), 1, 0, 0, 0, 0)"), '42501', "a watermark of source $number");
        is(outcome($db, 'mallory', "UPDATE warehouse.source_watermark SET source_id = $number"), '42501', '... renumbered');
        is(outcome($db, 'mallory', "INSERT INTO warehouse.source_day VALUES ($number, '2025-01-01', 1, 1)"), '42501', '... its day');
        is(outcome($db, 'mallory', "SELECT analytics.drop_source($number)"), '22023', '... dropped');
    }
    for my $number ($run, 99999) {
        is(outcome($db, 'mallory', "INSERT INTO warehouse.refresh_step (run_id, step, business_id, name, started_at, duration) VALUES ($number, 1, 1, 'x', now(), '0')"), '42501', "a step of run $number");
        is(outcome($db, 'mallory', "INSERT INTO warehouse.refresh_run (run_id, business_id, mode) OVERRIDING SYSTEM VALUE VALUES ($number, 1, 'full')"), '42501', '... a run of that number');
    }
};

subtest 'a writer\'s mappings are run by nobody who may do more' => sub {
    my $db = tenants();
    lay_code($db, 'mallory', 'trap');
    my $trapped = '{"event_id": "event_id", "client_id": "client_id", "occurred_at": "occurred_at", "is_lead": "trap.take()"}';
    is(outcome($db, 'mallory', $_), '42501', "refused: $_") for "UPDATE warehouse.source SET columns = '$trapped'",
        q(INSERT INTO warehouse.source (business_id, entity, relation, columns, options, registered_by) VALUES (1, 'clients', 'raw.events', '{}', '{}', NULL));
    is(outcome($db, 'mallory', "SELECT analytics.register_source('events', 'raw.events', '$trapped', options => '{\"depends_on\": []}')"), '1', 'a writer registers a source again, with code of his own');
    is(outcome($db, 'keeper', q(SELECT source_id, registered_by FROM warehouse.source ORDER BY 1)), "1|mallory\n2|", '... in his name');
    for my $role ('keeper', undef) {
        is(refused($db, $role, $_), '42501', "... which " . ($role // 'a superuser') . " does not refresh: $_") for "'incremental'", "'full'";
        is(outcome($db, $role, q(SELECT count(*) FROM analytics.check_data_quality(1) WHERE message LIKE '%registered by role mallory%')), '1', '... nor reads for a check');
    }
    is(outcome($db, 'mallory', "DELETE FROM warehouse.source WHERE business_id = 1; INSERT INTO warehouse.source (source_id, business_id, entity, relation, columns, options, relation_kind, relation_owner) VALUES (1, 1, 'events', '(SELECT trap.take()) x', '{}', '{}', 'table', 'keeper')"),
        '', 'nor what he wrote into the list himself');
    is(refused($db, $_, ''), '42501', '... for ' . ($_ // 'a superuser')) for 'keeper', undef;
    is(ran($db, 'trap'), '', 'nothing of it ran');
    is($node->safe_psql($db, q(SELECT count(*) FROM warehouse.refresh_step WHERE source_id = 2 AND run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND sqlstate IS NULL)), '1',
        'the source of the other business was read');
    is(outcome($db, 'mallory', q(DELETE FROM warehouse.source WHERE business_id = 1; SELECT analytics.register_source('events', 'raw.events') > 0; CALL analytics.refresh(business_id => 1, accept_loss => true); SELECT count(*) FROM warehouse.fact_events)), "t\n200", 'his own sources he refreshes himself');
    is(refused($db, 'keeper', ''), '42501', '... the owner does not');
    is(outcome($db, 'keeper', "$register CALL analytics.refresh()"), '1', '... until he registers them himself');
    is(outcome($db, undef, 'GRANT keeper TO mallory'), '', 'one who may become the owner');
    is(outcome($db, 'mallory', q(SELECT analytics.register_source('events', 'raw.events') > 0)), 't', '... registers');
    is(outcome($db, 'keeper', 'CALL analytics.refresh()'), '', '... and the owner refreshes');
    is(outcome($db, undef, 'REVOKE keeper FROM mallory'), '', 'mallory is a stranger again');
};

subtest 'a reader, and a role that was not let in, read nothing more' => sub {
    my $db = tenants();
    $node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN');
    my $leak = <<'SQL';
CREATE FUNCTION pg_temp.tell(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw %', t; RETURN true; END $$;
SELECT count(*) FROM warehouse.fact_events e WHERE pg_temp.tell(e.utm_source);
SELECT count(*) FROM analytics.source s WHERE pg_temp.tell(s.relation);
SELECT count(*) FROM warehouse.v_touch_daily v WHERE pg_temp.tell(v::text);
SELECT count(*) FROM analytics.attribution('2025-01-01', '2025-12-31') a WHERE pg_temp.tell(a::text);
CREATE FUNCTION pg_temp.same(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw % %', $1, $2; RETURN true; END $$;
CREATE OPERATOR pg_temp.=== (FUNCTION = pg_temp.same, LEFTARG = text, RIGHTARG = text);
SELECT count(*) FROM warehouse.fact_events e WHERE e.utm_source OPERATOR(pg_temp.===) 'x';
SELECT most_common_vals FROM pg_stats WHERE schemaname = 'warehouse';
SELECT utm_source::int FROM warehouse.fact_events WHERE business_id = 2;
SQL
    my $told = complaint($db, 'bystander', $leak) . complaint($db, 'bystander', 'SELECT utm_source::int FROM warehouse.fact_events');
    like($told, qr/saw google.*"google"/s, 'functions and operators of a reader are shown the rows of his tenant');
    unlike($told . outcome($db, 'bystander', $leak), qr/secret|others/, '... and no others');
    for my $statement ('SELECT * FROM warehouse.fact_events', "SELECT * FROM analytics.kpi('2025-01-01', '2025-12-31')", 'SELECT * FROM analytics.source', 'CALL analytics.refresh()',
        'CALL analytics.refresh_requested()', 'SELECT analytics.request_refresh()', 'SELECT analytics.check_data_quality()', 'SELECT analytics.install(true)', 'SELECT analytics.upgrade_warehouse()',
        "SELECT analytics.configure(currency => 'EUR')", 'SELECT analytics.purge_history()', 'SELECT analytics.drop_source(1)', "SELECT analytics.grant_access('bystander')",
        "SELECT analytics_internal.user_rows('settings')", 'SELECT analytics_internal.enable_row_security()', 'SELECT analytics_internal.create_tables()') {
        is(outcome($db, 'nobody', $statement), '42501', "a role with USAGE alone: $statement");
    }
};

subtest 'an analyst reads of nobody who he is' => sub {
    my $db = database();
    is(outcome($db, undef, <<'SQL'), '', 'people in every table that may name them');
\o /dev/null
\i test/fixture/sample.sql
CREATE SCHEMA raw;
CREATE TABLE raw.people AS SELECT 'planted' || i || '@example.com' AS client_id, 'Planted Person' AS name, '+380671119999' AS mobile FROM generate_series(1, 40) i;
CREATE TABLE raw.visits AS SELECT 'v' || i AS event_id, 'planted' || i % 40 || '@example.com' AS client_id, CASE WHEN i % 50 = 7 THEN 'planted-date' ELSE (timestamp '2025-03-03' + i * interval '3 hours')::text END AS occurred_at,
    'google' AS utm_source, 'cpc' AS utm_medium, 'planted-click' || i AS gclid FROM generate_series(1, 400) i;
CREATE TABLE raw.deals AS SELECT 'd' || i AS contract_id, 'planted' || i || '@example.com' AS client_id, timestamp '2025-04-20' AS signed_at, 100 AS amount FROM generate_series(1, 30) i;
CREATE TABLE raw.buys AS SELECT 'b' || i AS transaction_id, 'planted' || i % 40 || '@example.com' AS client_id, timestamp '2025-01-20' + i * interval '9 hours' AS occurred_at, 100 AS amount FROM generate_series(1, 300) i;
CREATE TABLE raw.bad AS SELECT i AS transaction_id, 'planted' || i AS client_id, timestamp '2025-03-20' AS occurred_at, 'planted-amount' || i AS amount FROM generate_series(1, 3) i;
CREATE TABLE raw.links AS SELECT 'planted-alias' || i AS client_id, 'planted' || i || '@example.com' AS same_as FROM generate_series(1, 9) i;
SELECT analytics.register_source('clients', 'raw.people'), analytics.register_source('contracts', 'raw.deals'), analytics.register_source('transactions', 'raw.buys'),
    analytics.register_source('events', 'raw.visits', '{"click_id": "gclid", "click_id_name": "''gclid''"}'), analytics.register_source('identities', 'raw.links');
CALL analytics.refresh();
-- One that fails, with an error that quotes a row.
SELECT analytics.register_source('transactions', 'raw.bad', '{"amount": "(amount::int)::numeric"}');
SELECT analytics.keep_report('customers', 'last_month'), analytics.grant_access('mallory', 'analyst'), analytics.grant_access('bystander');
\o
SQL
    outcome($db, undef, 'CALL analytics.refresh()');
    is($node->psql($db, <<'SQL'), 0, 'all that can be asked, by an analyst and by a reader');
\i test/fixture/questions.sql
CREATE TABLE questions.asked AS SELECT * FROM questions.about('open', NULL) UNION SELECT * FROM questions.about('open', NULL, true);
CREATE TABLE questions.answer AS SELECT current_user::text AS role, statement, '' AS answer FROM questions.asked WHERE false;
GRANT SELECT ON questions.asked TO PUBLIC;
GRANT INSERT ON questions.answer TO PUBLIC;
SQL
    my $ask = 'INSERT INTO questions.answer SELECT current_user, a.statement, questions.ask(a.statement) FROM questions.asked a WHERE';
    is(outcome($db, 'mallory', "$ask true"), '', 'the analyst is answered');
    is(outcome($db, 'bystander', "$ask a.statement ~ 'FROM warehouse|customer'"), '', '... and the reader');
    my $named = q(answer ~* 'planted|Client [0-9]|38067[0-9]{7}');
    cmp_ok($node->safe_psql($db, "SELECT count(*) FROM questions.answer WHERE role = 'bystander' AND $named"), '>', 8, 'a reader is answered with names');
    is($node->safe_psql($db, "SELECT statement || ': ' || substring(answer FROM '(?i).{0,60}(?:planted|Client [0-9]|38067).{0,40}') FROM questions.answer WHERE role = 'mallory' AND $named"), '', 'an analyst never');
    is($node->safe_psql($db, "SELECT count(*) > 700, bool_or(answer LIKE '42501%') FROM questions.answer WHERE role = 'mallory'"), 't|t', '... whatever he asks');
    # Columns are refused by themselves; statistics show those that he reads.
    is($node->safe_psql($db, <<'SQL'), '', 'no column that he reads holds a name');
CREATE FUNCTION pg_temp.holds(relation regclass, name name) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I::text ~* ''planted|Client [0-9]|38067[0-9]{7}'')', relation, name) INTO found;
    RETURN found;
END $$;
SELECT a.attrelid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND has_column_privilege('mallory', c.oid, a.attnum, 'SELECT') AND pg_temp.holds(c.oid, a.attname);
SQL
    $node->safe_psql($db, 'ANALYZE');
    is(outcome($db, 'mallory', "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'warehouse' AND (most_common_vals::text || histogram_bounds::text) ~* 'planted|Client [0-9]|38067'"), '', '... nor do statistics');
    is(outcome($db, 'mallory', "SELECT analytics.customer_dashboard(customer_name => '%Planted%')"), '42501', 'he searches no name');
};

subtest 'names are names, whatever is in them' => sub {
    my $db = database('keeper');
    my $odd = '"Odd ""Role""; DROP TABLE x"';
    is(outcome($db, 'keeper', "SELECT analytics.install(row_security => true); $source"), 'installed', 'a warehouse');
    is(outcome($db, 'keeper', "DO \$\$ BEGIN PERFORM analytics.grant_access('$odd', 'writer', '{1}'); END \$\$; SELECT role FROM analytics.business_access"), 'Odd "Role"; DROP TABLE x',
        'a role whose name is a statement');
    is(outcome($db, undef, "SET ROLE $odd; SELECT count(*) FROM warehouse.fact_events"), '0', '... is let in');
    for my $role ('NULL', q{'-'}, '4242424242') {
        is(outcome($db, 'keeper', "SELECT analytics.grant_access($role)"), '22023', "... and $role is no role");
    }
    is(outcome($db, 'keeper', <<'SQL'), "1\n2", 'relations, columns and values that are statements');
CREATE SCHEMA "raw""; DROP TABLE raw.events; --";
CREATE TABLE "raw""; DROP TABLE raw.events; --"."e'); SELECT pg_sleep(9" ("id""; --" text, "who') FROM x" text, "at" timestamptz, "source $1 %s %I" text);
INSERT INTO "raw""; DROP TABLE raw.events; --"."e'); SELECT pg_sleep(9" VALUES ('1', 'c''; --', '2025-03-01', '''; DROP TABLE raw.events; --'), ('2', '%s', '2025-03-02', '$1 %I {"a": 1}');
SELECT analytics.register_source('events', '"raw""; DROP TABLE raw.events; --"."e''); SELECT pg_sleep(9"', '{"event_id": "id\"; --", "client_id": "who'') FROM x", "occurred_at": "at", "utm_source": "source $1 %s %I"}');
CALL analytics.refresh();
SELECT count(*) FROM warehouse.fact_events;
SQL
    my $payload = q{'; drop table raw.events; --};
    my $text = $payload =~ s/'/''/gr;
    for my $call ("register_source('$text', 'raw.events')", "register_source('events', 'raw.events', preset => '$text')", "register_source('events', 'raw.events', options => jsonb_build_object('timezone', '$text'))",
        "register_source('events', 'raw.events', options => jsonb_build_object('date_order', '$text'))", "register_source('events', 'raw.events', options => jsonb_build_object('$text', '1'))",
        "register_source('events', 'raw.events', jsonb_build_object('$text', '1'))", "configure(reporting_timezone => '$text')", "configure(currency => '$text')", "configure(revenue_basis => '$text')",
        "configure(lead_touches => '$text')", "configure_alerts(dimensions => ARRAY['$text'])", "grant_access('keeper', '$text')", "request_refresh('$text')", "request_refresh(entities => ARRAY['$text'])",
        "anomalies('2025-01-01', '2025-12-31', dimension => '$text')", "attribution('2025-01-01', '2025-12-31', ARRAY['$text'])") {
        is(outcome($db, 'keeper', "SELECT count(*) FROM analytics.$call"), '22023', "refused as a value: $call");
    }
    for my $call ("kpi('2025-01-01', '2025-12-31', ARRAY['$text'])", "campaigns('2025-01-01', '2025-12-31', ARRAY['$text'])", "campaigns_weekly('$text', '2025-01-01', '2025-12-31')",
        "url_host('$text')", "channel_group('$text', '$text')") {
        like(outcome($db, 'keeper', "SELECT count(*) FROM analytics.$call"), qr/^\d+$/, "data, and no more: $call");
    }
    is(outcome($db, 'keeper', "CALL analytics.refresh('$text')"), '22023', 'as is a mode');
    is(outcome($db, 'keeper', "INSERT INTO warehouse.platform (platform, family) VALUES ('$text', '$text'); INSERT INTO warehouse.channel_rule (priority, source, platform, channel, is_paid) VALUES (1, '$text', '$text', '$text', true);
        INSERT INTO warehouse.rfm_segment_rule (scheme, priority, segment, bins) VALUES ('$text', 1, '$text', 5); CALL analytics.refresh('full'); SELECT count(*) FROM warehouse.fact_events"), '2',
        'lists are data, too: a refresh goes by rules of such names');
    is($node->safe_psql($db, 'SELECT count(*) FROM raw.events'), '200', 'nothing was dropped');
};

subtest 'settings of a role or database change neither names nor figures' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', "SELECT analytics.install(); $source$register CALL analytics.refresh()"), "installed\n1", 'a warehouse');
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, 'mallory', <<'SQL'), '', 'traps under names of the server');
CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN PERFORM trap.take(); RETURN ''2000-01-01''; END';
CREATE FUNCTION trap.count(text) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN PERFORM trap.take(); RETURN 1; END';
CREATE FUNCTION trap.same(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM trap.take(); RETURN false; END';
CREATE OPERATOR trap.= (FUNCTION = trap.same, LEFTARG = text, RIGHTARG = text);
CREATE TABLE trap.pg_class (oid oid);
SQL
    $node->safe_psql('postgres', "ALTER ROLE keeper IN DATABASE $db SET search_path = trap, pg_catalog");
    $node->safe_psql('postgres', "ALTER DATABASE $db SET $_") for 'quote_all_identifiers = on', '"plpgsql.variable_conflict" = use_variable', 'DateStyle = \'SQL, DMY\'', 'IntervalStyle = sql_standard', 'extra_float_digits = 0';
    is(outcome($db, 'keeper', "CALL analytics.refresh('full')"), '', 'the owner refreshes under them');
    is(outcome($db, 'keeper', 'SELECT pg_catalog.count(*) FROM warehouse.fact_events; SELECT pg_catalog.max(status) FROM warehouse.refresh_run'), "200\nsucceeded", '... all rows');
    is(ran($db, 'trap'), '', 'and no trap was called');
};

subtest 'tables of a session are no trap for who comes after' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', "SELECT analytics.install(); $source$register CALL analytics.refresh()"), "installed\n1", 'a warehouse');
    is(outcome($db, 'keeper', <<'SQL'), "200\n200", 'temporary ones of the names of the catalog, the warehouse and the working tables are not taken for them');
CREATE TEMP TABLE pg_class (oid oid); CREATE TEMP TABLE pg_roles (rolname text); CREATE TEMP TABLE fact_events (n int); CREATE TEMP TABLE stage (n int); CREATE TEMP TABLE change (n int);
CREATE TEMP TABLE incoming (n int); CREATE TEMP TABLE compared (n int);
CREATE FUNCTION pg_temp.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT ''''';
CALL analytics.refresh('full');
SELECT pg_catalog.count(*) FROM warehouse.fact_events;
SELECT pg_catalog.sum(rows_read) FROM analytics.refresh_status();
SQL
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, undef, <<'SQL'), '42501', 'one that another role left in a pooled session, with a trigger on it, ends the refresh');
SET SESSION AUTHORIZATION mallory;
CREATE TEMP TABLE stage (n int);
CREATE TRIGGER t BEFORE INSERT ON stage FOR EACH ROW EXECUTE FUNCTION trap.spring();
SET SESSION AUTHORIZATION keeper;
BEGIN;
CALL analytics.refresh('full');
SQL
    is(ran($db, 'trap'), '', '... and does not run');
};

subtest 'the owner of a source does not get the rights of whoever refreshes' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', "SELECT analytics.install(); $source$register CALL analytics.refresh(); GRANT ALL ON SCHEMA raw TO mallory"), "installed\n1", 'a warehouse');
    $node->safe_psql($db, 'ALTER TABLE raw.events OWNER TO mallory; GRANT SELECT ON raw.events TO keeper');
    is(outcome($db, 'keeper', 'CALL analytics.refresh()'), '55000', 'whose source has got another owner');
    is(outcome($db, 'keeper', "$register CALL analytics.refresh()"), '1', '... which is registered again');
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, 'mallory', <<'SQL'), '', 'the owner of the source puts a view in its place');
ALTER TABLE raw.events RENAME TO former;
CREATE VIEW raw.events AS SELECT f.* FROM raw.former f WHERE trap.take();
GRANT SELECT ON raw.events TO keeper;
SQL
    is(outcome($db, $_, 'CALL analytics.refresh()'), '55000', '... which a refresh does not read') for 'keeper', undef;
    is(outcome($db, 'keeper', 'SELECT count(*) > 0 FROM analytics.check_data_quality()'), 't', '... nor a check of data quality');
    is(ran($db, 'trap'), '', '... and nothing of it ran');
    is_still_nobody();
};

subtest 'nor does the owner of a table that a mapping looks into' => sub {
    my $db = database('keeper');
    is(outcome($db, 'keeper', "SELECT analytics.install(); $source CREATE TABLE raw.names (id int, name text); INSERT INTO raw.names SELECT i, 'bing' FROM generate_series(0, 19) i; GRANT ALL ON SCHEMA raw TO mallory"),
        'installed', 'a warehouse');
    $node->safe_psql($db, 'ALTER TABLE raw.names OWNER TO mallory; GRANT SELECT ON raw.names TO keeper');
    my $looks = q(SELECT analytics.register_source('events', 'raw.events', '{"utm_source": "(SELECT n.name FROM raw.names AS n WHERE n.id = client_id)"}'););
    is(outcome($db, 'keeper', "$looks CALL analytics.refresh(); SELECT DISTINCT utm_source FROM warehouse.fact_events"), "1\nbing", 'whose mapping looks into a table of another');
    lay_code($db, 'mallory', 'trap');
    is(outcome($db, 'mallory', 'ALTER TABLE raw.names RENAME TO former; CREATE VIEW raw.names AS SELECT f.* FROM raw.former f WHERE trap.take(); GRANT SELECT ON raw.names TO keeper'), '', 'who puts a view in its place');
    is(outcome($db, $_, 'CALL analytics.refresh()'), '55000', '... which a refresh does not read') for 'keeper', undef;
    is(outcome($db, 'keeper', 'SELECT count(*) > 0 FROM analytics.check_data_quality()'), 't', '... nor a check of data quality');
    is(ran($db, 'trap'), '', '... and nothing of it ran');
    like(complaint($db, 'keeper', 'CALL analytics.refresh()'), qr/raw\.names of source 1 is not what was registered/, '... and the table is named');
    is(outcome($db, 'keeper', "$looks CALL analytics.refresh()"), '1', 'where it is registered again it is read');
    is_still_nobody();
};

subtest 'a NOTIFY carries a number and no more' => sub {
    my $db = tenants();
    my ($status, $out) = $node->psql($db, "LISTEN analytics_refresh; SET ROLE mallory; SELECT analytics.request_refresh(mode => 'full', business_id => 1) > 0; SELECT 1");
    like($out, qr/notification "analytics_refresh" with payload "\d+" received/, 'a request is announced by its number');
};

$node->stop;
done_testing();
