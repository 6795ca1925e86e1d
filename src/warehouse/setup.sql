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

CREATE FUNCTION analytics.in_transaction_block() RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'marketing_in_transaction_block';
COMMENT ON FUNCTION analytics.in_transaction_block() IS 'True inside BEGIN ... COMMIT, where a procedure cannot commit';
