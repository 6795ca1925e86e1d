-- Views over what the extension bundles are described by their tables. Everybody may read both: what is the user's is guarded in schema
-- warehouse.
DO $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT t.oid AS bundled, v.relname AS name, a.attname AS column_name, COALESCE(b.attnum, 0) AS place
        FROM pg_class v
        JOIN pg_class t ON t.relname = v.relname AND t.relnamespace = 'analytics_internal'::regnamespace AND t.relkind = 'r'
        JOIN pg_attribute a ON a.attrelid = v.oid
        LEFT JOIN pg_attribute b ON b.attrelid = t.oid AND b.attname = a.attname
        WHERE v.relnamespace = 'analytics'::regnamespace AND v.relkind = 'v'
    LOOP
        EXECUTE format('COMMENT ON VIEW analytics.%I IS %L', part.name, obj_description(part.bundled, 'pg_class'));
        EXECUTE format('COMMENT ON COLUMN analytics.%I.%I IS %L', part.name, part.column_name, CASE part.column_name
            WHEN 'builtin' THEN 'True for rows of the release; your own stand in the table of schema warehouse'
            ELSE col_description(part.bundled, part.place) END);
    END LOOP;
END
$$;
GRANT SELECT ON ALL TABLES IN SCHEMA analytics, analytics_internal TO PUBLIC;
