-- Facts of clients in hash partitions. Their keys have client_bucket for it, so a partitioned table is the plain one with another
-- inside: the new one is filled beside the old, which is read meanwhile, and takes its place, name, indexes and rights at the end.

CREATE FUNCTION analytics_internal.client_facts() RETURNS SETOF regclass
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid::regclass
    FROM analytics_internal.layout_tables() t
    JOIN pg_class c ON c.relnamespace = 'warehouse'::regnamespace AND c.relname = t.name AND c.relkind IN ('r', 'p')
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_bucket'
    WHERE starts_with(t.name, 'fact_')
    ORDER BY t.place
$$;
COMMENT ON FUNCTION analytics_internal.client_facts() IS 'The facts about clients, whose keys have client_bucket';

CREATE FUNCTION analytics_internal.partition_count(relation regclass) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT GREATEST(count(*), 1) FROM pg_inherits i WHERE i.inhparent = relation $$;
COMMENT ON FUNCTION analytics_internal.partition_count(regclass) IS 'How many partitions a table has; 1 for a plain one';

CREATE FUNCTION analytics_internal.buckets_beside(relation regclass, bucket smallint) RETURNS smallint[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(b::smallint ORDER BY b)
    FROM analytics_internal.partition_count(relation) c (parts)
    CROSS JOIN generate_series(0, c.parts::int - 1) part
    CROSS JOIN generate_series(0, 1023) b
    WHERE satisfies_hash_partition(relation, c.parts::int, part, bucket)
      AND satisfies_hash_partition(relation, c.parts::int, part, b::smallint)
$$;
COMMENT ON FUNCTION analytics_internal.buckets_beside(regclass, smallint) IS
'The buckets of clients in the partition that has one of them; NULL for none';

CREATE FUNCTION analytics_internal.standing_on(relations regclass[]) RETURNS SETOF oid
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE standing (relation) AS (
        SELECT unnest(relations)::oid
        UNION
        SELECT r.ev_class
        FROM standing s
        JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.relation AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite r ON r.oid = d.objid
    )
    SELECT s.relation FROM standing s
$$;
COMMENT ON FUNCTION analytics_internal.standing_on(regclass[]) IS 'Tables and the views that read them, directly or by other views';

CREATE FUNCTION analytics_internal.own_attachments(relations regclass[]) RETURNS SETOF text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH standing (relation) AS MATERIALIZED (
        SELECT s FROM analytics_internal.standing_on(relations) s
    ), ours AS (
        SELECT to_regclass(format('warehouse.%I', t.name))::oid AS relation FROM analytics_internal.layout_tables() t
    )
    SELECT pg_describe_object('pg_class'::regclass, s.relation, 0)
    FROM standing s
    WHERE NOT EXISTS (SELECT FROM ours o WHERE o.relation = s.relation)
    UNION
    SELECT pg_describe_object(d.classid, d.objid, 0)
    FROM standing s
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.relation
    WHERE d.classid IN ('pg_trigger'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass, 'pg_proc'::regclass)
    UNION
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM standing s
    JOIN pg_type t ON t.typrelid = s.relation
    JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype = 'n'
    UNION
    SELECT pg_describe_object('pg_constraint'::regclass, k.oid, 0)
    FROM pg_constraint k
    WHERE k.contype IN ('f', 'x') AND (k.conrelid = ANY (relations::oid[]) OR k.confrelid = ANY (relations::oid[]))
    UNION
    SELECT pg_describe_object('pg_class'::regclass, i.inhrelid, 0)
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
    WHERE i.inhparent = ANY (relations::oid[])
$$;
COMMENT ON FUNCTION analytics_internal.own_attachments(regclass[]) IS
'What of the user''s stands on tables of the warehouse and cannot follow them';

CREATE FUNCTION analytics_internal.access_statements(relation regclass) RETURNS SETOF text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH name AS (SELECT format('%I.%I', c.relnamespace::regnamespace::text, c.relname) AS name FROM pg_class c WHERE c.oid = relation)
    SELECT format('GRANT %s%s ON %s TO %s%s', a.privilege_type, a.columns, n.name,
               CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
               CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
    FROM name n
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type, x.is_grantable, NULL AS columns
        FROM pg_class c
        CROSS JOIN LATERAL aclexplode(c.relacl) x
        WHERE c.oid = relation AND x.grantee <> c.relowner
        UNION ALL
        SELECT x.grantee, x.privilege_type, x.is_grantable, format(' (%s)', string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum))
        FROM pg_attribute t
        CROSS JOIN LATERAL aclexplode(t.attacl) x
        WHERE t.attrelid = relation AND NOT t.attisdropped
        GROUP BY x.grantee, x.privilege_type, x.is_grantable
    ) a
    UNION ALL
    SELECT format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', n.name)
    FROM name n
    JOIN pg_class c ON c.oid = relation AND c.relforcerowsecurity
    UNION ALL
    SELECT concat(format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, n.name,
                      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                          ELSE 'ALL' END,
                      (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ') FROM unnest(p.polroles) r)),
               ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    FROM name n
    CROSS JOIN pg_policy p
    WHERE p.polrelid = relation
$$;
COMMENT ON FUNCTION analytics_internal.access_statements(regclass) IS
'Statements that give another relation of that name the same rights';

-- A new table under a name for the time being: its rows, and then its constraints and indexes, under names of that kind, too.
CREATE FUNCTION analytics_internal.fill_parts(relation regclass, parts int) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name constant text := c.relname FROM pg_class c WHERE c.oid = relation;
    -- Of partitions, the options are those of each.
    options constant text := ' WITH (' || array_to_string(c.reloptions, ', ') || ')'
        FROM pg_class c
        WHERE c.oid = COALESCE((SELECT min(i.inhrelid) FROM pg_inherits i WHERE i.inhparent = relation), relation) AND c.reloptions <> '{}';
    columns constant text := string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    statement text;
BEGIN
    EXECUTE format('CREATE TABLE warehouse.%I (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING STORAGE
        INCLUDING COMPRESSION INCLUDING COMMENTS)%s', 'new_' || name, relation,
        CASE WHEN parts > 1 THEN ' PARTITION BY HASH (client_bucket)' ELSE options END);
    IF parts > 1 THEN
        FOR part IN 0 .. parts - 1 LOOP
            EXECUTE format('CREATE TABLE warehouse.%I PARTITION OF warehouse.%I FOR VALUES WITH (MODULUS %s, REMAINDER %s)%s',
                format('new_%s_%s', name, part), 'new_' || name, parts, part, options);
        END LOOP;
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE MODE', relation);
    EXECUTE format('INSERT INTO warehouse.%I (%s) SELECT %2$s FROM %3$s', 'new_' || name, columns, relation);
    FOR statement IN
        SELECT format('ALTER TABLE warehouse.%I ADD CONSTRAINT %I %s', 'new_' || name, 'new_' || k.conname, pg_get_constraintdef(k.oid))
        FROM pg_constraint k
        WHERE k.conrelid = relation AND k.contype IN ('c', 'p', 'u')
        UNION ALL
        SELECT format('CREATE %sINDEX %I ON warehouse.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, 'new_' || x.relname, 'new_' || name)
               || regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', 'USING ')
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = relation AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.fill_parts(regclass, int) IS
'Makes a table new_... with the rows and indexes of another, in partitions';

-- Readers are kept out from here to the end of the transaction, which takes no longer than names do.
CREATE FUNCTION analytics_internal.take_place(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name constant text := c.relname FROM pg_class c WHERE c.oid = relation;
    access constant text[] := ARRAY(SELECT analytics_internal.access_statements(relation));
    comment constant text := obj_description(relation, 'pg_class');
    is_secured constant boolean := c.relrowsecurity FROM pg_class c WHERE c.oid = relation;
    statement text;
BEGIN
    EXECUTE format('DROP TABLE %s', relation);
    FOR statement IN
        SELECT format('ALTER TABLE warehouse.%I RENAME CONSTRAINT %I TO %I', c.relname, k.conname, substr(k.conname, 5))
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        WHERE k.conrelid = format('warehouse.%I', 'new_' || name)::regclass AND k.contype IN ('c', 'p', 'u')
        UNION ALL
        SELECT format('ALTER INDEX warehouse.%I RENAME TO %I', x.relname, substr(x.relname, 5))
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid IN (SELECT p FROM analytics_internal.with_partitions(format('warehouse.%I', 'new_' || name)::regclass) p)
          AND starts_with(x.relname::text, 'new_')
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conparentid = 0)
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT format('ALTER TABLE %s RENAME TO %I', c.oid::regclass, substr(c.relname, 5))
        FROM analytics_internal.with_partitions(format('warehouse.%I', 'new_' || name)::regclass) p
        JOIN pg_class c ON c.oid = p
    LOOP
        EXECUTE statement;
    END LOOP;
    IF is_secured THEN
        PERFORM analytics_internal.secure_rows(format('warehouse.%I', name)::regclass);
    END IF;
    FOREACH statement IN ARRAY access || format('COMMENT ON TABLE warehouse.%I IS %L', name, comment) LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.take_place(regclass) IS 'Puts the table new_... in the place of the one that it was made of';

-- A first load that was broken off, or that somebody reads, may have left its key to be made.
CREATE FUNCTION analytics_internal.settle_keys() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.make_indexes();
    PERFORM analytics_internal.adopt_keys();
    IF EXISTS (
        SELECT FROM analytics_internal.client_facts() f
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f AND k.contype = 'p')) THEN
        RAISE EXCEPTION 'somebody is at work on facts whose key is yet to be made' USING ERRCODE = 'lock_not_available',
            HINT = 'Try again when that has ended.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.settle_keys() IS 'Gives facts the keys that a first load laid aside; 55P03 where it cannot';

CREATE FUNCTION analytics.partition_facts(parts int DEFAULT 16) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET client_min_messages = warning SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    facts regclass[];
    names text[];
    attached text;
    views text[];
    access text[];
BEGIN
    IF parts IS NULL OR parts NOT BETWEEN 1 AND 256 THEN
        RAISE EXCEPTION 'parts must be between 1 and 256' USING ERRCODE = 'invalid_parameter_value',
            HINT = '1 makes plain tables again.';
    END IF;
    PERFORM analytics_internal.check_layout(), analytics_internal.check_upgrader(), analytics_internal.lock_refreshes();
    PERFORM analytics_internal.settle_keys();
    facts := ARRAY(SELECT f FROM analytics_internal.client_facts() f WHERE analytics_internal.partition_count(f) <> parts);
    IF EXISTS (SELECT FROM unnest(facts) f WHERE analytics_internal.is_distributed(f)) THEN
        RAISE EXCEPTION 'the facts are distributed over nodes' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Their shards are such parts already.';
    END IF;
    IF facts = '{}' THEN
        RETURN 'already so';
    END IF;
    SELECT string_agg(a, E'\n' ORDER BY a) INTO attached FROM analytics_internal.own_attachments(facts) a;
    IF attached IS NOT NULL THEN
        RAISE EXCEPTION 'the facts have what a new table would not have' USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = attached, HINT = 'Drop it, and make it again afterwards.';
    END IF;
    names := ARRAY(SELECT c.relname FROM pg_class c WHERE c.oid = ANY (facts::oid[]));
    PERFORM analytics_internal.fill_parts(f, parts) FROM unnest(facts) f;
    SELECT array_agg(t.name), array_agg(s) FILTER (WHERE s IS NOT NULL) INTO views, access
    FROM analytics_internal.layout_tables() t
    LEFT JOIN LATERAL analytics_internal.access_statements(format('warehouse.%I', t.name)::regclass) s ON true
    WHERE t.is_view AND format('warehouse.%I', t.name)::regclass IN (SELECT r FROM analytics_internal.standing_on(facts) r);
    PERFORM analytics_internal.drop_views(views);
    PERFORM analytics_internal.take_place(f) FROM unnest(facts) f;
    PERFORM analytics_internal.upgrade_views(analytics_internal.make_template()), analytics_internal.drop_template();
    FOR i IN 1 .. COALESCE(cardinality(access), 0) LOOP
        EXECUTE access[i];
    END LOOP;
    PERFORM analytics_internal.analyze_own(format('warehouse.%I', n)::regclass) FROM unnest(names) n;
    RETURN CASE parts WHEN 1 THEN 'plain tables' ELSE format('%s partitions each: %s', parts, array_to_string(names, ', ')) END;
END
$$;
COMMENT ON FUNCTION analytics.partition_facts(int) IS
'Keeps the facts about clients in hash partitions by client
parts: how many, 1 to 256; 1: plain tables again. Rows, indexes, rights, policies and comments stay as they are, and answers, too. The
tables are written anew while they are read; refreshes and writers wait, and readers at the end, until those that read already are through.
Needs room for the tables once more. Run it as the owner of the warehouse (42501 for others); 55006 while a refresh is running, 55P03 where
somebody reads facts whose first load was broken off, 2BP01 where views, triggers, keys or publications of your own stand on these tables,
55000 where distribute() has spread them over nodes.
Returns what was done, or ''already so''.';
