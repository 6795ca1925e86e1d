-- A literal of this type raises 55000 where the warehouse is not installed; see setup_pg.cpp.
CREATE TYPE analytics.installed;

CREATE FUNCTION analytics.installed_in(cstring) RETURNS analytics.installed
    LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_installed_in';
CREATE FUNCTION analytics.installed_out(analytics.installed) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_installed_out';
CREATE TYPE analytics.installed (
    INPUT = analytics.installed_in, OUTPUT = analytics.installed_out, LIKE = pg_catalog.bool
);
COMMENT ON TYPE analytics.installed IS 'A literal of this type raises 55000 where install() has not run';
COMMENT ON FUNCTION analytics.installed_in(cstring) IS 'Input of type installed: raises 55000 where install() has not run';
COMMENT ON FUNCTION analytics.installed_out(analytics.installed) IS 'Output of type installed';

CREATE FUNCTION analytics.may_commit() RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'marketing_may_commit';
COMMENT ON FUNCTION analytics.may_commit() IS
'True in a procedure that can commit, false inside BEGIN ... COMMIT or a function';
