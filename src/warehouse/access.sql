-- Access: the warehouse's owner lets roles read it, or also load it; with row security, each role sees its businesses alone.

CREATE FUNCTION analytics_internal.sees_all_businesses() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- Whoever owns the warehouse, or bypasses row security, and everybody where it is not on.
    SELECT NOT COALESCE(pg_catalog.row_security_active(pg_catalog.to_regclass('warehouse.settings')), false)
$$;
COMMENT ON FUNCTION analytics_internal.sees_all_businesses() IS 'Whether row security leaves the caller all rows of the warehouse';

CREATE TABLE analytics.business_access (
    role text NOT NULL,
    business_id bigint
);
COMMENT ON TABLE analytics.business_access IS 'Which businesses a role sees under row security; its members see them too';
COMMENT ON COLUMN analytics.business_access.business_id IS 'NULL: any, named in each transaction by SET LOCAL analytics.business_id';
CREATE UNIQUE INDEX business_access_one ON analytics.business_access (role, business_id);
CREATE UNIQUE INDEX business_access_any ON analytics.business_access (role) WHERE business_id IS NULL;
SELECT pg_extension_config_dump('analytics.business_access', '');
ALTER TABLE analytics.business_access ENABLE ROW LEVEL SECURITY;
-- A role that is gone is nobody's.
CREATE POLICY own_roles ON analytics.business_access
    USING (pg_has_role(to_regrole(quote_ident(role)), 'USAGE') OR (SELECT analytics_internal.sees_all_businesses()))
    WITH CHECK ((SELECT analytics_internal.sees_all_businesses()));
GRANT SELECT ON analytics.business_access TO PUBLIC;
GRANT INSERT, UPDATE, DELETE ON analytics.business_access TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION analytics_internal.own_roles() RETURNS text[]
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_own_roles';
COMMENT ON FUNCTION analytics_internal.own_roles() IS 'The caller''s role, first, and those it is a member of, directly or not';

-- Asked once for each table of a query. PL/pgSQL keeps its plans, and the names of roles reach the index, however many there are.
CREATE FUNCTION analytics_internal.current_businesses() RETURNS bigint[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named constant bigint[] := string_to_array(NULLIF(btrim(current_setting('analytics.business_id', true)), ''), ',');
    roles constant text[] := analytics_internal.own_roles();
    own constant text := roles[1];
    granted bigint[];
BEGIN
    -- The table shows rows of the caller's roles alone: not of one whose rights he does not inherit though he is its member.
    granted := ARRAY(SELECT a.business_id FROM analytics.business_access a WHERE a.role = own);
    -- Apart, since a plan for an array of unknown length is not kept.
    IF cardinality(roles) > 1 THEN
        granted := granted || ARRAY(SELECT a.business_id FROM analytics.business_access a WHERE a.role = ANY (roles[2:]));
    END IF;
    IF named IS NULL THEN
        RETURN array_remove(granted, NULL);
    ELSIF array_position(granted, NULL) IS NOT NULL THEN
        RETURN named;
    END IF;
    RETURN ARRAY(SELECT i FROM unnest(named) i WHERE i = ANY (granted));
END
$$;
COMMENT ON FUNCTION analytics_internal.current_businesses() IS
'The businesses that the caller sees under row security
Those of analytics.business_access for its roles, narrowed by the setting analytics.business_id (one id, or several with commas) where that is set. A role with access to any business sees those that the setting names, and nothing where it names none: set it in each transaction with SET LOCAL, so that it does not outlive it in a pool.';

-- The condition of the policies. What stands for it in an index, and how many rows it leaves, the planner hears from its support function.
CREATE FUNCTION analytics_internal.may_see_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_may_see_support';
COMMENT ON FUNCTION analytics_internal.may_see_support(internal) IS 'Tells the planner of may_see(): its index conditions and how many rows it leaves';

CREATE FUNCTION analytics_internal.may_see(business_id bigint, businesses bigint[]) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SUPPORT analytics_internal.may_see_support AS 'MODULE_PATHNAME', 'marketing_may_see';
COMMENT ON FUNCTION analytics_internal.may_see(bigint, bigint[]) IS
'Whether a business is one of those that a caller may see
What the policies of row security ask of each row; an index whose first column is the business answers it.';

CREATE FUNCTION analytics_internal.least_business(businesses bigint[]) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_least_business';
CREATE FUNCTION analytics_internal.greatest_business(businesses bigint[]) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_greatest_business';
COMMENT ON FUNCTION analytics_internal.least_business(bigint[]) IS 'The least of some businesses: where an index begins to look for them';
COMMENT ON FUNCTION analytics_internal.greatest_business(bigint[]) IS 'The greatest of some businesses: where an index ends to look for them';

ALTER TABLE analytics.source ENABLE ROW LEVEL SECURITY;
CREATE POLICY business ON analytics.source USING ((SELECT analytics_internal.sees_all_businesses())
    OR analytics_internal.may_see(business_id, (SELECT analytics_internal.current_businesses())));

CREATE FUNCTION analytics_internal.enable_row_security() RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target record;
    changed int := 0;
BEGIN
    FOR target IN
        SELECT c.relname AS name, a.attname AS key
        FROM analytics_internal.layout_tables() t
        JOIN pg_class c ON c.relname = t.name AND c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p')
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY ('{business_id,source_id}') AND NOT a.attisdropped
        WHERE (a.attname = 'business_id' OR NOT EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = c.oid AND b.attname = 'business_id'))
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'business')
    LOOP
        EXECUTE format('ALTER TABLE warehouse.%I ENABLE ROW LEVEL SECURITY', target.name);
        -- The array is made once for the table, and reaches the index; a function of each row's business alone would not.
        EXECUTE format('CREATE POLICY business ON warehouse.%I USING (%s)', target.name, CASE target.key
            WHEN 'business_id' THEN 'analytics_internal.may_see(business_id, (SELECT analytics_internal.current_businesses()))'
            ELSE format('EXISTS (SELECT FROM analytics.source s WHERE s.source_id = %I.source_id)', target.name) END);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION analytics_internal.enable_row_security() IS
'Gives each table of the warehouse that lacks it the policy of its business
Returns how many tables were changed. A part of install(row_security => true) and of upgrade_warehouse().';

CREATE FUNCTION analytics.grant_access(role regrole, level text DEFAULT 'reader', businesses bigint[] DEFAULT NULL, any_business boolean DEFAULT false)
    RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target constant text := grant_access.role::text;
    role_name constant text := (SELECT r.rolname FROM pg_roles r WHERE r.oid = grant_access.role);
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    IF level IS NULL OR level NOT IN ('reader', 'writer') THEN
        RAISE EXCEPTION 'unknown access level "%"', level USING ERRCODE = 'invalid_parameter_value', HINT = 'Use reader or writer.';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA warehouse TO %s', target);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO %s', target);
    EXECUTE format('GRANT SELECT ON analytics.source TO %s', target);
    IF level = 'writer' THEN
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA warehouse TO %s', target);
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA warehouse TO %s', target);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON analytics.source TO %s', target);
        EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE analytics.source_id_seq TO %s', target);
    END IF;
    INSERT INTO analytics.business_access (role, business_id)
        SELECT role_name, b.id FROM (SELECT id FROM unnest(businesses) id WHERE id IS NOT NULL UNION SELECT NULL WHERE any_business) b
        WHERE NOT EXISTS (SELECT FROM analytics.business_access a WHERE a.role = role_name AND a.business_id IS NOT DISTINCT FROM b.id);
    IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = 'warehouse.settings'::regclass)
        AND NOT EXISTS (SELECT FROM analytics.business_access a WHERE a.role = role_name) THEN
        RAISE NOTICE 'row security is on: role % sees nothing until it is given businesses', target
            USING HINT = format('For example SELECT analytics.grant_access(%L, businesses => ''{1}'').', target);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.grant_access(regrole, text, bigint[], boolean) IS
'Lets a role read the warehouse, or also register sources and refresh it
level: reader or writer. businesses: which it sees where row security is on, added to those it has; any_business: it names them in each transaction by SET LOCAL analytics.business_id, as services over a connection pool do. A writer''s column mappings are SQL that runs with the rights of whoever calls refresh(): grant it to trusted roles only.';
