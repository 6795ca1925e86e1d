-- The readers and views for people, in a schema of the user's: for layers that publish a schema and leave out what belongs to an extension.

CREATE FUNCTION analytics_internal.column_list(relation oid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION analytics_internal.column_list(oid) IS 'Columns of a relation and their types, as SQL';

CREATE FUNCTION analytics_internal.published_readers(target oid)
    RETURNS TABLE (kind text, name name, arguments text, shape text, definition text, comment text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH reader AS (
        SELECT p.*, CASE WHEN t.typnamespace = 'analytics'::regnamespace THEN t.typname END AS row_type, t.typrelid,
               -- Layers name things after a function in the singular or the plural: no two may differ by that alone.
               CASE p.proname WHEN 'customer_values' THEN 'customer_value_buckets' ELSE p.proname END AS name
        FROM pg_proc p
        JOIN pg_language l ON l.oid = p.prolang
        JOIN pg_type t ON t.oid = p.prorettype
        WHERE p.pronamespace = 'analytics'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'v' AND l.lanname <> 'c'
          AND (p.proretset OR p.prorettype = 'jsonb'::regtype OR p.proname = 'report')
          -- Kernels over tables of one's own have types of the extension, or ask about a relation.
          AND NOT EXISTS (
              SELECT FROM unnest(p.proargtypes::oid[]) a
              JOIN pg_type t ON t.oid = a
              WHERE t.typnamespace = 'analytics'::regnamespace OR t.typtype = 'p' OR a IN ('bytea'::regtype, 'regclass'::regtype))
    )
    SELECT 'TYPE', r.row_type, '', c.columns, format('CREATE TYPE %s.%I AS (%s)', target::regnamespace, r.row_type, c.columns),
           'A row of ' || string_agg(r.name, ', ' ORDER BY r.name)
    FROM reader r
    CROSS JOIN analytics_internal.column_list(r.typrelid) c (columns)
    WHERE r.row_type IS NOT NULL
    GROUP BY r.row_type, c.columns
    UNION ALL
    SELECT 'FUNCTION', r.name, pg_get_function_identity_arguments(r.oid),
           concat_ws(E'\n', pg_get_function_arguments(r.oid), w.result, w.body),
           format('CREATE FUNCTION %s.%I(%s) RETURNS %s LANGUAGE sql STABLE PARALLEL SAFE AS %L', target::regnamespace, r.name,
               pg_get_function_arguments(r.oid), w.result, w.body),
           obj_description(r.oid, 'pg_proc')
    FROM reader r
    CROSS JOIN LATERAL (
        SELECT CASE WHEN r.row_type IS NULL THEN pg_get_function_result(r.oid)
                   ELSE format('SETOF %s.%I', target::regnamespace, r.row_type) END AS result,
               format('SELECT * FROM analytics.%I(%s)', r.proname, (
                   SELECT string_agg(format('%I => $%s', r.proargnames[i], i), ', ' ORDER BY i) FROM generate_series(1, r.pronargs) i
               )) AS body
    ) w
    UNION ALL
    SELECT 'VIEW', c.relname, '', analytics_internal.column_list(c.oid),
           format($sql$
               CREATE VIEW %1$s.%2$I WITH (security_invoker = true) AS SELECT * FROM analytics.%2$I;
               GRANT SELECT ON %1$s.%2$I TO PUBLIC$sql$, target::regnamespace, c.relname),
           obj_description(c.oid, 'pg_class')
    FROM pg_class c
    WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v'
      AND (c.relname LIKE E'v\\_%' OR c.relname IN ('funnel_summary', 'refresh_progress'))
$$;
COMMENT ON FUNCTION analytics_internal.published_readers(oid) IS
'What publish() makes in a schema
shape: what makes two of the same name and arguments equal. A type is made for readers whose rows are of a type of the extension.';

CREATE FUNCTION analytics_internal.publications(schema regnamespace)
    RETURNS TABLE (kind text, name name, arguments text, shape text, comment text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.*
    FROM (
        SELECT 'FUNCTION', p.proname, pg_get_function_identity_arguments(p.oid),
               concat_ws(E'\n', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prosrc),
               obj_description(p.oid, 'pg_proc')
        FROM pg_proc p
        WHERE p.pronamespace = schema
        UNION ALL
        SELECT CASE c.relkind WHEN 'c' THEN 'TYPE' ELSE 'VIEW' END, c.relname, '', analytics_internal.column_list(c.oid),
               CASE c.relkind WHEN 'c' THEN obj_description(c.reltype, 'pg_type') ELSE obj_description(c.oid, 'pg_class') END
        FROM pg_class c
        WHERE c.relnamespace = schema AND c.relkind IN ('c', 'v')
    ) o (kind, name, arguments, shape, comment)
    WHERE o.comment LIKE '%' || E'\nPublished by analytics.publish().'
$$;
COMMENT ON FUNCTION analytics_internal.publications(regnamespace) IS
'What publish() made in a schema: it is known by the end of its comment';

CREATE FUNCTION analytics.publish(schema regnamespace) RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
    published int := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = schema) THEN
        RAISE EXCEPTION 'schema must be given and exist' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'CREATE SCHEMA api; SELECT analytics.publish(''api'');';
    ELSIF schema::text ~ '^(pg_|information_schema$|analytics$|analytics_internal$|warehouse$)' THEN
        RAISE EXCEPTION 'schema % is not for publishing', schema USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Make a schema of your own for it.';
    END IF;
    FOR part IN
        SELECT p.kind, p.name, p.arguments
        FROM analytics_internal.publications(schema) p
        WHERE NOT EXISTS (
            SELECT FROM analytics_internal.published_readers(schema::oid) r
            WHERE (r.kind, r.name, r.arguments, r.shape) = (p.kind, p.name, p.arguments, p.shape))
        ORDER BY p.kind, p.name
    LOOP
        EXECUTE format('DROP %s %s.%I%s', part.kind, schema, part.name,
            CASE part.kind WHEN 'FUNCTION' THEN '(' || part.arguments || ')' END);
    END LOOP;
    FOR part IN
        SELECT r.*, p.name IS NULL AS is_new, r.comment || E'\nPublished by analytics.publish().' AS wanted_comment
        FROM analytics_internal.published_readers(schema::oid) r
        LEFT JOIN analytics_internal.publications(schema) p USING (kind, name, arguments)
        -- Functions return the types.
        ORDER BY r.kind <> 'TYPE', r.kind, r.name
    LOOP
        IF part.is_new THEN
            EXECUTE part.definition;
        END IF;
        EXECUTE format('COMMENT ON %s %s.%I%s IS %L', part.kind, schema, part.name,
            CASE part.kind WHEN 'FUNCTION' THEN '(' || part.arguments || ')' END, part.wanted_comment);
        published := published + 1;
    END LOOP;
    RETURN published;
END
$$;
COMMENT ON FUNCTION analytics.publish(regnamespace) IS
'Makes the readers and the views for BI in a schema of yours
For PostGraphile, PostgREST, pg_graphql and the like, which publish a schema, or leave out what belongs to an extension. Each function has
the arguments, columns and comment of the one of schema analytics that it calls; customer_values() is called customer_value_buckets(), since
layers take it for the plural of customer_value(). schema: one of yours, in which you may create. Returns how many objects it holds.
Run it again after an update of the extension: what changed is made anew, what is gone is dropped, and grants on the rest stay. It knows its
own by the last line of their comments, and touches nothing else; a function of yours with a name of its own is an error (42723, 42P07).
Who calls them needs USAGE of the schema, and the grants of grant_access().';
