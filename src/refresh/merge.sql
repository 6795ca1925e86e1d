-- How working tables become rows of the warehouse. Every step makes pg_temp.incoming, rows as a table of the warehouse stores them;
-- merge_table makes the table equal to it, writes only what differs, and keeps in pg_temp.change what did. Markers read it there.

-- The parts of one merge or load that the log reports.
CREATE TYPE analytics_internal.load_counts AS (
    rows_read bigint, inserted bigint, updated bigint, unchanged bigint, deleted bigint, deduplicated bigint, rejected bigint
);
COMMENT ON TYPE analytics_internal.load_counts IS 'How the rows of one refresh step were accounted for';

CREATE FUNCTION analytics_internal.total_counts(VARIADIC parts analytics_internal.load_counts[])
    RETURNS analytics_internal.load_counts
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(sum(p.rows_read), 0)::bigint, COALESCE(sum(p.inserted), 0)::bigint, COALESCE(sum(p.updated), 0)::bigint,
           COALESCE(sum(p.unchanged), 0)::bigint, COALESCE(sum(p.deleted), 0)::bigint,
           COALESCE(sum(p.deduplicated), 0)::bigint, COALESCE(sum(p.rejected), 0)::bigint
    FROM unnest(parts) p
$$;
COMMENT ON FUNCTION analytics_internal.total_counts(analytics_internal.load_counts[]) IS 'Counts of several merges added up';

-- A pooler may hand over a session in which another client left a table of the same name.
CREATE FUNCTION analytics_internal.drop_temporary(VARIADIC names text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = warning SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE 'DROP TABLE IF EXISTS ' || analytics_internal.each_name(names, 'pg_temp.%1$I');
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_temporary(text[]) IS 'Drops working tables of this session, those that exist';

CREATE FUNCTION analytics_internal.each_name(names text[], template text, separator text DEFAULT ', ') RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format(template, n.name, 'old_' || n.name), separator ORDER BY n.place)
    FROM unnest(names) WITH ORDINALITY n (name, place)
$$;
COMMENT ON FUNCTION analytics_internal.each_name(text[], text, text) IS
'SQL that repeats a template for each column
template: as for format(); %1$I is the column, %2$I the column old_<column> of pg_temp.change.';

-- Refreshes of two businesses may meet here. One whose transaction is still open would hold the other up, so the second goes without.
CREATE FUNCTION analytics_internal.analyze_own(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = error SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = relation), 'USAGE') THEN
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', relation);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.analyze_own(regclass) IS
'Analyses a table that the caller owns, unless another session is analysing it';

CREATE FUNCTION analytics_internal.known_rows(relation regclass, business_id bigint) RETURNS double precision
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST(c.reltuples, 0) * COALESCE(
        s.most_common_freqs[array_position(s.most_common_vals::text::bigint[], known_rows.business_id)],
        (1 - m.share) / NULLIF(CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE s.n_distinct END - m.businesses, 0), 0)
    FROM pg_class c
    LEFT JOIN pg_stats s
        ON s.schemaname = c.relnamespace::regnamespace::text AND s.tablename = c.relname AND s.attname = 'business_id'
        AND s.inherited = (c.relkind = 'p')
    CROSS JOIN LATERAL (SELECT count(*) AS businesses, COALESCE(sum(f), 0) AS share FROM unnest(s.most_common_freqs) f) m
    WHERE c.oid = known_rows.relation
$$;
COMMENT ON FUNCTION analytics_internal.known_rows(regclass, bigint) IS
'How many rows of a business the planner expects in a table';

-- Where Citus has the rows, only the shards know of them.
CREATE FUNCTION analytics_internal.table_rows(relation regclass) RETURNS double precision
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found double precision;
BEGIN
    IF analytics_internal.is_distributed(relation) THEN
        EXECUTE 'SELECT sum(GREATEST(r.result::double precision, 0)) FROM run_command_on_shards($1, $2) r WHERE r.success'
        INTO found USING relation, 'SELECT c.reltuples FROM pg_class c WHERE c.oid = ''%s''::regclass';
    ELSE
        SELECT GREATEST(c.reltuples, 0) INTO found FROM pg_class c WHERE c.oid = relation;
    END IF;
    RETURN COALESCE(found, 0);
END
$$;
COMMENT ON FUNCTION analytics_internal.table_rows(regclass) IS 'How many rows the planner expects in a table, on all nodes';

-- Statistics may call a table empty, as autovacuum leaves them where a source was dropped, or know nothing of a business that came since.
-- By these, the steps to come would compare each of its rows with each.
CREATE FUNCTION analytics_internal.analyze_grown(relation regclass, business_id bigint, changed bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF changed > 50 AND (changed > 50 + 0.2 * analytics_internal.table_rows(relation)
        OR changed > 1000 + 0.2 * analytics_internal.known_rows(relation, business_id)) THEN
        PERFORM analytics_internal.analyze_own(relation);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.analyze_grown(regclass, bigint, bigint) IS
'Analyses a table after many changes, by all its rows or by those of the business';

CREATE FUNCTION analytics_internal.is_much(changed bigint, relation regclass) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN changed > 50 THEN changed > 50 + 0.1 * analytics_internal.table_rows(relation) ELSE false END
$$;
COMMENT ON FUNCTION analytics_internal.is_much(bigint, regclass) IS
'Whether it costs less to derive a whole table than to follow single changes';

-- The key is the primary key, or where the table numbers its rows itself, its unique constraint.
CREATE FUNCTION analytics_internal.table_key(target text) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((
        SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM pg_constraint c
        CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
        WHERE c.conrelid = format('warehouse.%I', target)::regclass AND c.contype IN ('p', 'u')
        GROUP BY c.oid, c.contype
        HAVING bool_and(a.attidentity = '')
        ORDER BY c.contype
        LIMIT 1
    ), (
        -- It may have been laid aside.
        SELECT regexp_split_to_array(l.key_columns, E',\\s*')
        FROM analytics_internal.layout_indexes() l
        WHERE l.table_name = target AND l.key_columns IS NOT NULL
    ))
$$;
COMMENT ON FUNCTION analytics_internal.table_key(text) IS 'The columns by which rows of a warehouse table are told apart';

CREATE FUNCTION analytics_internal.find_changes(business_id bigint, target text, scope text, key text[], others text[], ignored text[],
    incoming text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    compared constant text[] := ARRAY(SELECT o FROM unnest(others) o WHERE o <> ALL (ignored));
BEGIN
    EXECUTE format($sql$
        CREATE TEMP TABLE change ON COMMIT DROP AS
        SELECT CASE WHEN t.in_target IS NULL THEN 'inserted' WHEN s.is_incoming IS NULL THEN 'deleted' ELSE 'updated' END AS operation,
               %1$s
        FROM (SELECT true AS is_incoming, * FROM pg_temp.%2$I) s
        FULL JOIN (SELECT true AS in_target, * FROM warehouse.%3$I t WHERE t.business_id = %4$s AND (%5$s)) t USING (%6$s)
        WHERE s.is_incoming IS NULL OR t.in_target IS NULL OR (%7$s) IS DISTINCT FROM (%8$s)
        $sql$,
        concat_ws(', ', analytics_internal.each_name(key, '%1$I'), analytics_internal.each_name(others, 's.%1$I, t.%1$I AS %2$I')),
        incoming, target, business_id, scope, analytics_internal.each_name(key, '%1$I'),
        COALESCE(analytics_internal.each_name(compared, 's.%1$I'), 'true'),
        COALESCE(analytics_internal.each_name(compared, 't.%1$I'), 'true'));
    EXECUTE format('DROP TABLE pg_temp.%I', incoming);
    EXECUTE format('ANALYZE pg_temp.change (operation, %s)', analytics_internal.each_name(key, '%1$I'));
END
$$;
COMMENT ON FUNCTION analytics_internal.find_changes(bigint, text, text, text[], text[], text[], text) IS
'Makes pg_temp.change of the incoming rows that differ from the target';

CREATE FUNCTION analytics_internal.change_all(others text[], incoming text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('ALTER TABLE pg_temp.%I RENAME TO change', incoming);
    EXECUTE 'ALTER TABLE pg_temp.change ADD COLUMN operation text DEFAULT ''inserted'', ' || (
        SELECT string_agg(format('ADD COLUMN %I %s', 'old_' || a.attname, format_type(a.atttypid, a.atttypmod)), ', ')
        FROM pg_attribute a
        WHERE a.attrelid = 'pg_temp.change'::regclass AND a.attname = ANY (others));
END
$$;
COMMENT ON FUNCTION analytics_internal.change_all(text[], text) IS
'Makes pg_temp.change of all incoming rows, for a target that has none of them';

CREATE FUNCTION analytics_internal.write_changes(target text, key text[], others text[], ignored text[],
    counts analytics_internal.load_counts) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    same_key constant text := analytics_internal.each_name(key, 't.%1$I = c.%1$I', ' AND ');
    columns constant text := analytics_internal.each_name(key || others, '%1$I');
    -- Rows that get a number get it in an order that no plan chooses: the bootstrap draws by the number of a client.
    in_order constant text := 'ORDER BY ' || analytics_internal.each_name(key, 'c.%1$I::text COLLATE "C"')
        WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('warehouse.%I', target)::regclass AND a.attidentity <> '');
BEGIN
    IF counts.deleted > 0 THEN
        EXECUTE format($sql$
            DELETE FROM warehouse.%I t
            USING pg_temp.change c
            WHERE c.operation = 'deleted' AND %s$sql$, target, same_key);
    END IF;
    IF counts.updated > 0 THEN
        EXECUTE format($sql$
            UPDATE warehouse.%I t
            SET %s
            FROM pg_temp.change c
            WHERE c.operation = 'updated' AND %s$sql$,
            target, analytics_internal.each_name(ARRAY(SELECT o FROM unnest(others) o WHERE o <> ALL (ignored)), '%1$I = c.%1$I'),
            same_key);
    END IF;
    IF counts.inserted > 0 THEN
        EXECUTE format($sql$
            INSERT INTO warehouse.%1$I (%2$s)
            SELECT %2$s
            FROM pg_temp.change c
            WHERE c.operation = 'inserted'
            %3$s$sql$, target, columns, in_order);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.write_changes(text, text[], text[], text[], analytics_internal.load_counts) IS
'Writes pg_temp.change into the target';

CREATE FUNCTION analytics_internal.merge_table(business_id bigint, target text, scope text DEFAULT 'true',
    insert_only text[] DEFAULT '{}', incoming text DEFAULT 'incoming') RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
    key constant text[] := analytics_internal.table_key(target);
    others constant text[] := ARRAY(
        SELECT a.attname::text
        FROM pg_attribute a
        WHERE a.attrelid = format('pg_temp.%I', incoming)::regclass AND a.attnum > 0 AND a.attname <> ALL (key)
        ORDER BY a.attnum);
    is_compared boolean;
BEGIN
    -- The plans below follow the number of rows: a few are looked up in the target, many are joined with it.
    EXECUTE format('ANALYZE pg_temp.%I (%s)', incoming, analytics_internal.each_name(key, '%1$I'));
    EXECUTE format('SELECT count(*) FROM pg_temp.%I', incoming) INTO counts.rows_read;
    -- Many rows are compared only with a target that has some. Counted, since EXISTS is planned for a match at first sight, and finding
    -- none can take for ever.
    is_compared := counts.rows_read <= 100000;
    IF NOT is_compared THEN
        EXECUTE format('SELECT count(*) > 0 FROM warehouse.%I t WHERE t.business_id = %s AND (%s)', target, business_id, scope)
        INTO is_compared;
    END IF;
    PERFORM analytics_internal.drop_temporary('change');
    IF is_compared THEN
        PERFORM analytics_internal.find_changes(business_id, target, scope, key, others, insert_only, incoming);
        SELECT count(*) FILTER (WHERE c.operation = 'inserted'), count(*) FILTER (WHERE c.operation = 'updated'),
               count(*) FILTER (WHERE c.operation = 'deleted')
        INTO counts.inserted, counts.updated, counts.deleted
        FROM pg_temp.change c;
    ELSE
        PERFORM analytics_internal.change_all(others, incoming);
        counts.inserted := counts.rows_read;
    END IF;
    counts.unchanged := counts.rows_read - counts.inserted - counts.updated;
    PERFORM analytics_internal.write_changes(target, key, others, insert_only, counts);
    IF NOT is_compared THEN
        -- Before the statistics, which tell of their expressions, too.
        PERFORM analytics_internal.make_indexes();
    END IF;
    PERFORM analytics_internal.analyze_grown(format('warehouse.%I', target), business_id,
        counts.inserted + counts.updated + counts.deleted);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.merge_table(bigint, text, text, text[], text) IS
'Makes a table equal to pg_temp.incoming within a scope; writes only what differs
target: table of schema warehouse. scope: condition on the target (alias t) and on pg_temp.incoming, beside the business; rows of the
target in it that are not incoming are deleted. insert_only: columns that a later step owns, given on insert and left alone after.
incoming: the working table, where it has another name; it is used up. Leaves pg_temp.change: a row for each that was inserted, updated
or deleted (column operation), its key, the other columns as they are now, and as old_<column> what they were before.';
