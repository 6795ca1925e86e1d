-- What refreshes leave in the catalogs of the server: working tables are rows of pg_class and pg_attribute that are dead when a refresh ends.
\set VERBOSITY terse
SET client_min_messages = error;

\i test/fixture/random.sql
SELECT setseed(0.4), chaos.begin(true);
SELECT count(chaos.change(true)) FROM generate_series(1, 200);
-- The first reads everything, the second what came in the minutes before the newest row once more.
CALL analytics.refresh();
CALL analytics.refresh();

-- One that finds what it found before makes no working tables for its sources.
CREATE TABLE raw.made (name text);
CREATE FUNCTION raw.note_tables() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raw.made SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table';
END
$$;
CREATE EVENT TRIGGER note_tables ON ddl_command_end EXECUTE FUNCTION raw.note_tables();
CALL analytics.refresh();
DROP EVENT TRIGGER note_tables;
SELECT name, count(*) FROM raw.made GROUP BY name ORDER BY name;
SELECT count(*) > 10 AS sources, count(*) FILTER (WHERE s.rows_read > 0) AS read_again
FROM warehouse.refresh_step s
WHERE s.run_id = (SELECT max(r.run_id) FROM warehouse.refresh_run r) AND s.source_id IS NOT NULL;
SELECT c.relname FROM pg_class c WHERE c.relnamespace = pg_my_temp_schema();

-- What autovacuum frees in between is used again: the catalogs do not grow with the number of refreshes.
CREATE PROCEDURE raw.refreshes(n int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. n LOOP
        PERFORM chaos.change(true);
        CALL analytics.refresh();
    END LOOP;
END
$$;
CREATE FUNCTION raw.catalog_size() RETURNS bigint LANGUAGE sql AS
    'SELECT sum(pg_total_relation_size(c))::bigint FROM unnest(''{pg_attribute,pg_class,pg_depend,pg_type,pg_statistic}''::regclass[]) c';
CALL raw.refreshes(4);
VACUUM pg_attribute, pg_class, pg_depend, pg_type, pg_statistic;
SELECT raw.catalog_size() AS before \gset
CALL raw.refreshes(4);
VACUUM pg_attribute, pg_class, pg_depend, pg_type, pg_statistic;
CALL raw.refreshes(4);
SELECT raw.catalog_size() <= 1.1 * :before AS steady;
DROP SCHEMA raw, warehouse, chaos CASCADE;
