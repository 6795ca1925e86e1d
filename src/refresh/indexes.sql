-- Indexes that are made after the rows. A source's first rows fill an empty table for half the price where its indexes are made when all
-- of them are in, by sorting. No reader waits for it: the indexes go while the table is empty, in a transaction of its own, at once or not
-- at all, and making them holds up nobody but writers. Which ones there are is what the layout says, so that the next step makes those
-- that an error or a crash left out. The index of a primary key is made as a unique one, and becomes the key by itself as soon as nobody is
-- at work on the table.

CREATE FUNCTION analytics_internal.layout_indexes()
    RETURNS TABLE (table_name text, name text, key_columns text, definition text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i.*
    FROM pg_proc p
    CROSS JOIN LATERAL (
        SELECT m.part[3], m.part[2], NULL, m.part[1]
        FROM regexp_matches(p.prosrc, E'(CREATE INDEX (\\w+) ON warehouse\\.(\\w+) [^;]+)', 'g') m (part)
        UNION ALL
        SELECT m.part[1], m.part[1] || '_next_pkey', m.part[2],
               format('CREATE UNIQUE INDEX %1$I ON warehouse.%2$I (%3$s)', m.part[1] || '_next_pkey', m.part[1], m.part[2])
        FROM regexp_matches(p.prosrc, E'CREATE TABLE warehouse\\.(fact_\\w+) [^;]*PRIMARY KEY [(]([^)]+)', 'g') m (part)
    ) i (table_name, name, key_columns, definition)
    WHERE p.oid = 'analytics_internal.create_tables()'::regprocedure
      AND i.table_name IN (SELECT e.target FROM analytics_internal.entity e)
$$;
COMMENT ON FUNCTION analytics_internal.layout_indexes() IS
'The indexes that the layout gives to the tables that sources are loaded into
key_columns: of the index that becomes the primary key; the others keep nothing unique.';

-- The key goes and comes with the others, so that it tells of them all.
CREATE FUNCTION analytics_internal.tables_without_indexes() RETURNS SETOF text
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT e.target
    FROM analytics_internal.entity e
    JOIN pg_class c ON c.oid = format('warehouse.%I', e.target)::regclass
    WHERE e.target LIKE 'fact%' AND to_regclass(format('warehouse.%I', e.target || '_next_pkey')) IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
$$;
COMMENT ON FUNCTION analytics_internal.tables_without_indexes() IS 'The tables of facts whose indexes were laid aside';

CREATE FUNCTION analytics_internal.may_make_indexes() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT analytics_internal.trusts_owner() AND pg_has_role(analytics_internal.warehouse_owner(), 'USAGE') $$;
COMMENT ON FUNCTION analytics_internal.may_make_indexes() IS 'Whether the caller may drop and make indexes of the warehouse';

CREATE FUNCTION analytics_internal.expected_rows(source analytics.source) RETURNS double precision
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT json) SELECT FROM %s AS _source', analytics_internal.source_sql(source)) INTO plan;
    RETURN plan #>> '{0,Plan,Plan Rows}';
-- What is wrong with a source is for its load to say.
EXCEPTION WHEN OTHERS THEN
    RETURN 0;
END
$$;
COMMENT ON FUNCTION analytics_internal.expected_rows(analytics.source) IS
'How many rows the planner expects of a source, 0 where it cannot be read';

-- What the user has laid elsewhere or marked stays as it is. So does everything where something refers to the key, or where subscribers
-- are told of changes by it.
CREATE FUNCTION analytics_internal.drop_spare_indexes(target regclass) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    spare record;
    key name;
BEGIN
    SELECT k.conname INTO key
    FROM pg_constraint k
    JOIN pg_class x ON x.oid = k.conindid
    JOIN analytics_internal.layout_indexes() l ON l.key_columns IS NOT NULL AND format('warehouse.%I', l.table_name)::regclass = target
    WHERE k.conrelid = target AND k.contype = 'p' AND x.reltablespace = 0 AND x.reloptions IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = target);
    IF key IS NULL OR current_setting('wal_level') = 'logical' THEN
        RETURN false;
    END IF;
    FOR spare IN
        SELECT i.indexrelid::regclass AS id
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        JOIN analytics_internal.layout_indexes() l ON l.name = x.relname AND l.key_columns IS NULL
        WHERE i.indrelid = target AND x.reltablespace = 0 AND x.reloptions IS NULL
        ORDER BY l.name COLLATE "C"
    LOOP
        EXECUTE format('DROP INDEX %s', spare.id);
    END LOOP;
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, key);
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_spare_indexes(regclass) IS
'Drops the indexes of a table that make_indexes() can make again, and its key
Returns whether it did.';

-- A table without a block has no row for anybody.
CREATE FUNCTION analytics_internal.lay_aside_indexes(source_id bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source analytics.source;
    target regclass;
BEGIN
    SELECT s.* INTO source FROM warehouse.source s WHERE s.source_id = lay_aside_indexes.source_id;
    SELECT format('warehouse.%I', e.target)::regclass INTO target FROM analytics.entity e WHERE e.entity = source.entity;
    IF pg_relation_size(target) = 0 IS NOT TRUE OR EXISTS (SELECT FROM pg_class c WHERE c.oid = target AND c.relkind <> 'r')
        OR analytics_internal.is_distributed(target)
        OR EXISTS (
            SELECT FROM analytics_internal.tables_without_indexes() t WHERE format('warehouse.%I', t)::regclass = target)
        OR analytics_internal.expected_rows(source) < 100000 OR NOT analytics_internal.may_make_indexes() THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', target);
    IF pg_relation_size(target) > 0 OR NOT analytics_internal.drop_spare_indexes(target) THEN
        -- The lock goes with what failed: the load must not hold it.
        RAISE lock_not_available;
    END IF;
    RETURN true;
-- Somebody is at work on the table, or there is nothing to drop.
EXCEPTION WHEN lock_not_available OR dependent_objects_still_exist THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION analytics_internal.lay_aside_indexes(bigint) IS
'Drops the indexes of an empty table that a source with many rows is to fill
Returns whether it did: the caller has to commit first. Not where anybody is at work on the table.';

CREATE FUNCTION analytics_internal.make_indexes(loading text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target text;
    missing text;
BEGIN
    FOR target IN
        SELECT t
        FROM analytics_internal.tables_without_indexes() t
        WHERE analytics_internal.may_make_indexes()
        ORDER BY t COLLATE "C"
    LOOP
        -- Two that write, and want to make indexes, would wait for each other in the end.
        EXECUTE format('LOCK TABLE warehouse.%I IN SHARE ROW EXCLUSIVE MODE', target);
        CONTINUE WHEN target NOT IN (SELECT t FROM analytics_internal.tables_without_indexes() t)
            OR target = loading AND pg_relation_size(format('warehouse.%I', target)) = 0;
        FOR missing IN
            SELECT l.definition
            FROM analytics_internal.layout_indexes() l
            WHERE l.table_name = target AND to_regclass(format('warehouse.%I', l.name)) IS NULL
            ORDER BY l.name COLLATE "C"
        LOOP
            EXECUTE missing;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.make_indexes(text) IS
'Makes the indexes that lay_aside_indexes() dropped
loading: a table that is about to be filled goes without as long as it is empty.';

CREATE FUNCTION analytics_internal.adopt_keys() RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = warning SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unique_index record;
    has_adopted boolean := false;
BEGIN
    FOR unique_index IN
        SELECT DISTINCT e.target AS table_name, e.target || '_next_pkey' AS name
        FROM analytics_internal.entity e
        WHERE to_regclass(format('warehouse.%I', e.target || '_next_pkey')) IS NOT NULL AND analytics_internal.may_make_indexes()
    LOOP
        EXECUTE format('LOCK TABLE warehouse.%I IN ACCESS EXCLUSIVE MODE NOWAIT', unique_index.table_name);
        -- upgrade_warehouse() may have made another one.
        EXECUTE CASE
            WHEN EXISTS (
                SELECT FROM pg_constraint k
                WHERE k.conrelid = format('warehouse.%I', unique_index.table_name)::regclass AND k.contype = 'p')
                THEN format('DROP INDEX warehouse.%I', unique_index.name)
            ELSE format('ALTER TABLE warehouse.%1$I ADD CONSTRAINT %2$I PRIMARY KEY USING INDEX %3$I', unique_index.table_name,
                unique_index.table_name || '_pkey', unique_index.name)
        END;
        has_adopted := true;
    END LOOP;
    RETURN has_adopted;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION analytics_internal.adopt_keys() IS
'Makes primary keys of the unique indexes that make_indexes() made for them
Returns whether it did: the caller has to commit first. Not where anybody is at work on the table.';
