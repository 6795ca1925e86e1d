-- Facts of clients on several nodes, by the extension Citus: distributed by client_bucket, which their keys have for it, all alike, so that
-- what is known of a client lies on one node. Everything else stays on the coordinator, where it is joined with what the nodes answer.
-- What else Citus can do with these tables is refused, since answers would be wrong in silence: the rows of a table that was distributed
-- are not where a function that reads it looks for them.

-- Tables of Citus are known by name alone: most servers have none.
CREATE FUNCTION analytics_internal.has_citus() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = 'pg_dist_partition')
$$;
COMMENT ON FUNCTION analytics_internal.has_citus() IS 'Whether this database has the extension Citus';

CREATE FUNCTION analytics_internal.is_distributed(relation regclass) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found boolean := false;
BEGIN
    IF analytics_internal.has_citus() THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = $1 AND p.partmethod = ''h'')'
        INTO found USING relation;
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics_internal.is_distributed(regclass) IS 'Whether the rows of a table lie on the nodes of Citus, by a column';

CREATE FUNCTION analytics_internal.distribution_faults() RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE $sql$
        WITH known AS MATERIALIZED (
            SELECT c.oid, c.relname, c.relrowsecurity, p.partmethod, p.repmodel, p.colocationid,
                   CASE WHEN p.partmethod = 'h' THEN column_to_column_name(p.logicalrelid, p.partkey) END AS by_column,
                   starts_with(c.relname, 'fact_') AND EXISTS (
                       SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'client_bucket') AS is_of_clients
            FROM pg_class c
            LEFT JOIN pg_dist_partition p ON p.logicalrelid = c.oid
            WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        )
        SELECT format('%s is %s', k.relname, CASE
                   WHEN k.partmethod = 'n' AND k.repmodel = 't' THEN 'a reference table'
                   WHEN k.partmethod = 'n' THEN 'a table of a distributed schema'
                   WHEN k.by_column IS NULL THEN 'distributed by ranges'
                   ELSE 'distributed by ' || k.by_column END)
        FROM known k
        WHERE k.partmethod IS NOT NULL AND NOT (k.is_of_clients AND k.by_column IS NOT DISTINCT FROM 'client_bucket')
          -- Tables that Citus only keeps a note of stay where they are.
          AND NOT (k.partmethod = 'n' AND k.repmodel <> 't' AND k.colocationid = 0)
        UNION ALL
        SELECT format('%s lies elsewhere than other facts of its clients', min(k.relname))
        FROM known k
        WHERE k.is_of_clients
        HAVING count(DISTINCT COALESCE(k.colocationid, 0)) > 1
        UNION ALL
        SELECT format('%s is distributed and has row security', k.relname)
        FROM known k
        WHERE k.relrowsecurity AND k.by_column IS NOT NULL
    $sql$;
END
$$;
COMMENT ON FUNCTION analytics_internal.distribution_faults() IS
'What Citus does with tables of the warehouse that answers would not survive';

CREATE FUNCTION analytics_internal.check_distribution() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    faults text;
BEGIN
    IF NOT analytics_internal.has_citus() THEN
        RETURN;
    END IF;
    SELECT string_agg(f, E'\n' ORDER BY f COLLATE "C") INTO faults FROM analytics_internal.distribution_faults() f;
    IF faults IS NOT NULL THEN
        RAISE EXCEPTION 'the warehouse is distributed in a way that it cannot answer from'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = faults,
            HINT = 'Bring these tables back by undistribute_table(), or, where Citus does not, install the warehouse anew.'
                ' Then SELECT analytics.distribute().';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_distribution() IS
'Raises 55000 where Citus distributes the warehouse in another way
That is, not as distribute() does. Called wherever a literal of type installed is read.';

CREATE FUNCTION analytics_internal.check_nodes() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    version constant text := e.extversion FROM pg_extension e WHERE e.extname = 'pg_marketing';
    lacking text;
BEGIN
    EXECUTE $sql$
        SELECT string_agg(format('%s:%s: %s', r.nodename, r.nodeport, CASE WHEN NOT r.success THEN r.result
            WHEN r.result = '' THEN 'pg_marketing is not installed' ELSE 'pg_marketing ' || r.result END), E'\n')
        FROM run_command_on_workers('SELECT COALESCE(max(e.extversion), '''') FROM pg_extension e WHERE e.extname = ''pg_marketing''') r
        WHERE r.result IS DISTINCT FROM $1$sql$ INTO lacking USING version;
    IF lacking IS NOT NULL THEN
        RAISE EXCEPTION 'not every node has pg_marketing %', version USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = lacking, HINT = 'Run CREATE EXTENSION pg_marketing, or ALTER EXTENSION pg_marketing UPDATE, on each of them.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_nodes() IS 'Raises 55000 unless all nodes of Citus have this version of the extension';

CREATE FUNCTION analytics.distribute(shards int DEFAULT 32) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = error SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    facts regclass[];
    fact regclass;
    secured text;
    partitioned text;
BEGIN
    IF shards IS NULL OR shards NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'shards must be between 1 and 1024' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM analytics_internal.check_layout(), analytics_internal.check_upgrader();
    IF NOT analytics_internal.has_citus() THEN
        RAISE EXCEPTION 'this database has no extension "citus"' USING ERRCODE = 'feature_not_supported',
            HINT = 'On one server, partition_facts() keeps facts in parts.';
    END IF;
    facts := ARRAY(SELECT f FROM analytics_internal.client_facts() f);
    IF analytics_internal.is_distributed(facts[1]) THEN
        RETURN 'already so';
    END IF;
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FILTER (WHERE c.relrowsecurity),
           string_agg(c.relname, ', ' ORDER BY c.relname) FILTER (WHERE c.relkind = 'p')
    INTO secured, partitioned
    FROM pg_class c
    WHERE c.oid = ANY (facts::oid[]);
    IF secured IS NOT NULL THEN
        RAISE EXCEPTION 'tables with row security cannot be distributed' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = secured, HINT = 'Keep tenants that must not see each other in databases of their own.';
    ELSIF partitioned IS NOT NULL THEN
        RAISE EXCEPTION 'tables in partitions cannot be distributed' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = partitioned, HINT = 'Make plain tables of them first: SELECT analytics.partition_facts(1).';
    END IF;
    PERFORM analytics_internal.lock_refreshes(), analytics_internal.check_nodes(), analytics_internal.settle_keys();
    EXECUTE 'SELECT create_distributed_table($1, ''client_bucket'', colocate_with => ''none'', shard_count => $2)' USING facts[1], shards;
    FOREACH fact IN ARRAY facts[2:] LOOP
        EXECUTE 'SELECT create_distributed_table($1, ''client_bucket'', colocate_with => $2)' USING fact, facts[1]::text;
    END LOOP;
    FOREACH fact IN ARRAY facts LOOP
        -- Citus leaves the rows that it copied where they were, hidden.
        EXECUTE 'SELECT truncate_local_data_after_distributing_table($1)' USING fact;
        PERFORM analytics_internal.analyze_own(fact);
    END LOOP;
    RETURN (
        SELECT format('%s shards each: %s; on the coordinator: %s', shards,
                   string_agg(t.name, ', ' ORDER BY t.place) FILTER (WHERE c.oid = ANY (facts::oid[])),
                   string_agg(t.name, ', ' ORDER BY t.place) FILTER (WHERE c.oid <> ALL (facts::oid[])))
        FROM analytics_internal.layout_tables() t
        JOIN pg_class c ON c.relnamespace = 'warehouse'::regnamespace AND c.relname = t.name
        WHERE NOT t.is_view);
END
$$;
COMMENT ON FUNCTION analytics.distribute(int) IS
'Spreads the facts about clients over the nodes of Citus, by client
shards: how many parts, 1 to 1024; Citus moves them between nodes. Dimensions, settings, logs and rollups stay on the coordinator, from
which everything is asked and refreshed. Answers are the same. Needs the extension Citus (0A000) and this extension on each node; run it as
the owner of the warehouse (42501 for others). 55000 where row security is on, where facts are in partitions, or where tables of the
warehouse are distributed otherwise; 55006 while a refresh is running. Returns what lies where, or ''already so''.';
