-- Access: the warehouse's owner lets roles read it, or also load it.

CREATE FUNCTION analytics.grant_access(role regrole, level text DEFAULT 'reader') RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    target constant text := role::text;
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    IF level IS NULL OR level NOT IN ('reader', 'writer') THEN
        RAISE EXCEPTION 'unknown access level "%"', level USING ERRCODE = 'invalid_parameter_value', HINT = 'Use reader or writer.';
    END IF;
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA warehouse TO %s', target);
    EXECUTE pg_catalog.format('GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO %s', target);
    EXECUTE pg_catalog.format('GRANT SELECT ON analytics.source TO %s', target);
    IF level = 'writer' THEN
        EXECUTE pg_catalog.format('GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA warehouse TO %s', target);
        EXECUTE pg_catalog.format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA warehouse TO %s', target);
        EXECUTE pg_catalog.format('GRANT INSERT, UPDATE, DELETE ON analytics.source TO %s', target);
        EXECUTE pg_catalog.format('GRANT USAGE, SELECT ON SEQUENCE analytics.source_id_seq TO %s', target);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.grant_access(regrole, text) IS
'Lets a role read the warehouse, or also register sources and refresh it
level: reader or writer. A writer''s column mappings are SQL that runs with the rights of whoever calls refresh(): grant it to trusted roles only.';
