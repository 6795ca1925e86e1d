\echo Use "CREATE EXTENSION pg_marketing" to load this file. \quit

-- Nothing here is found by search_path: each name is written with its schema.
SET LOCAL search_path TO pg_catalog, pg_temp;
-- Readers name warehouse tables, which analytics.install() creates later.
SET LOCAL check_function_bodies = off;

-- A schema that somebody else prepared could hold traps for this script, which runs with a superuser's rights.
DO $$
DECLARE
    squatter text;
BEGIN
    SELECT pg_catalog.quote_ident(r.rolname) INTO squatter
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
    WHERE n.nspname OPERATOR(pg_catalog.=) 'analytics' AND NOT r.rolsuper
      AND r.rolname OPERATOR(pg_catalog.<>) pg_catalog.btrim('@extowner@', '"');
    IF FOUND THEN
        RAISE EXCEPTION 'schema "analytics" belongs to %, not to the role that creates the extension', squatter
            USING ERRCODE = 'duplicate_schema', HINT = 'Drop or rename that schema first.';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) 'analytics'::pg_catalog.regnamespace)
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace OPERATOR(pg_catalog.=) 'analytics'::pg_catalog.regnamespace)
        OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typnamespace OPERATOR(pg_catalog.=) 'analytics'::pg_catalog.regnamespace)
        OR EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oprnamespace OPERATOR(pg_catalog.=) 'analytics'::pg_catalog.regnamespace) THEN
        RAISE EXCEPTION 'schema "analytics" is not empty'
            USING ERRCODE = 'duplicate_schema', HINT = 'Drop or rename the objects in it first.';
    END IF;
END
$$;

-- Data are guarded by the tables; the functions run with their caller's rights.
GRANT USAGE ON SCHEMA analytics TO PUBLIC;
