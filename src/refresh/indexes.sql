-- Indexes that are made after the rows. A source's first rows fill an empty table for half the price where its indexes are made when all
-- of them are in, by sorting. No reader waits for it: the indexes go while the table is empty, in a transaction of its own, at once or not
-- at all, and making them holds up nobody but writers. Which ones there are is what the layout says, so that the next step makes those
-- that an error or a crash left out.

CREATE FUNCTION analytics_internal.layout_indexes() RETURNS TABLE (table_name text, name text, definition text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT i.m[3], i.m[2], i.m[1]
    FROM pg_proc p
    CROSS JOIN LATERAL regexp_matches(p.prosrc, E'(CREATE INDEX (\\w+) ON warehouse\\.(\\w+) [^;]+)', 'g') i (m)
    WHERE p.oid = 'analytics_internal.create_tables()'::regprocedure
      AND i.m[3] IN (SELECT e.target FROM analytics_internal.entity e)
$$;
COMMENT ON FUNCTION analytics_internal.layout_indexes() IS
'The indexes that the layout gives to the tables that sources are loaded into
Those that keep nothing unique.';

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

-- A table without a block has no row for anybody.
CREATE FUNCTION analytics_internal.lay_aside_indexes(source_id bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source analytics.source;
    target regclass;
    spare text;
BEGIN
    SELECT s.* INTO source FROM warehouse.source s WHERE s.source_id = lay_aside_indexes.source_id;
    SELECT format('warehouse.%I', e.target)::regclass INTO target FROM analytics.entity e WHERE e.entity = source.entity;
    IF pg_relation_size(target) = 0 IS NOT TRUE OR EXISTS (SELECT FROM pg_class c WHERE c.oid = target AND c.relkind <> 'r')
        OR analytics_internal.expected_rows(source) < 100000 OR NOT analytics_internal.may_make_indexes() THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', target);
    -- One that the user has laid elsewhere or marked stays as it is.
    SELECT string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid) INTO spare
    FROM pg_index i
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN analytics_internal.layout_indexes() l ON l.name = x.relname
    WHERE i.indrelid = target AND x.reltablespace = 0 AND x.reloptions IS NULL AND NOT (i.indisclustered OR i.indisreplident);
    IF spare IS NULL OR pg_relation_size(target) > 0 THEN
        RETURN false;
    END IF;
    EXECUTE 'DROP INDEX ' || spare;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
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
    missing record;
BEGIN
    FOR missing IN
        SELECT l.*
        FROM analytics_internal.layout_indexes() l
        WHERE to_regclass('warehouse.' || quote_ident(l.name)) IS NULL AND analytics_internal.may_make_indexes()
        ORDER BY l.table_name, l.name COLLATE "C"
    LOOP
        -- Two that write, and want to make indexes, would wait for each other in the end.
        EXECUTE format('LOCK TABLE warehouse.%I IN SHARE ROW EXCLUSIVE MODE', missing.table_name);
        IF to_regclass('warehouse.' || quote_ident(missing.name)) IS NULL AND (missing.table_name IS DISTINCT FROM loading
            OR pg_relation_size(format('warehouse.%I', missing.table_name)) > 0) THEN
            EXECUTE missing.definition;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.make_indexes(text) IS
'Makes the indexes of the layout that are missing
loading: a table that is about to be filled goes without as long as it is empty.';
