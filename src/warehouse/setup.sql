-- A literal of this type raises 55000 where the warehouse is not installed; see setup_pg.cpp.
CREATE TYPE analytics_internal.installed;

CREATE FUNCTION analytics_internal.installed_in(cstring) RETURNS analytics_internal.installed
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_installed_in';
CREATE FUNCTION analytics_internal.installed_out(analytics_internal.installed) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_installed_out';
CREATE TYPE analytics_internal.installed (
    INPUT = analytics_internal.installed_in, OUTPUT = analytics_internal.installed_out, LIKE = bool
);
COMMENT ON TYPE analytics_internal.installed IS 'A literal of this type raises 55000 where install() has not run';
COMMENT ON FUNCTION analytics_internal.installed_in(cstring) IS 'Input of type installed: raises 55000 where install() has not run';
COMMENT ON FUNCTION analytics_internal.installed_out(analytics_internal.installed) IS 'Output of type installed';

CREATE FUNCTION analytics_internal.may_commit() RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'marketing_may_commit';
COMMENT ON FUNCTION analytics_internal.may_commit() IS
'True in a procedure that can commit, false inside BEGIN ... COMMIT or a function';

-- Views show the user's rows beside what the extension brings. They are its members and cannot name tables that install() makes later.
CREATE FUNCTION analytics_internal.user_rows(name text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rows jsonb;
BEGIN
    IF to_regclass(format('warehouse.%I', user_rows.name)) IS NOT NULL THEN
        EXECUTE format('SELECT jsonb_agg(t) FROM warehouse.%I t', user_rows.name) INTO rows;
    END IF;
    RETURN COALESCE(rows, '[]');
END
$$;
COMMENT ON FUNCTION analytics_internal.user_rows(text) IS
'The rows of a table of schema warehouse, none where it is not there
With the rights of the caller: row security holds, and whoever may not read the warehouse gets 42501.';
