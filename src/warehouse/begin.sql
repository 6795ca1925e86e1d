\echo Use "CREATE EXTENSION pg_marketing" to load this file. \quit

-- This script runs with a superuser's rights: what it names is found in pg_catalog or by the schema written before it.
SET LOCAL search_path TO pg_catalog, pg_temp;
-- Readers name warehouse tables, which analytics.install() creates later.
SET LOCAL check_function_bodies = off;
-- What is made from the catalogs' words is the same in each session.
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Both schemas are members: nobody else's objects can stand in them, and they go with the extension.
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'pg_marketing: what people and API layers use; see docs/reference.md';
CREATE SCHEMA analytics_internal;
COMMENT ON SCHEMA analytics_internal IS 'pg_marketing: what the functions of schema analytics are made of, no interface';

-- Data are guarded by the tables; the functions run with their caller's rights.
GRANT USAGE ON SCHEMA analytics, analytics_internal TO PUBLIC;
