-- Access: the warehouse's owner lets roles read it, or also load it; with row security, each role sees its businesses alone.

CREATE VIEW analytics.business_access WITH (security_invoker = true) AS
    SELECT a.*
    FROM jsonb_to_recordset(analytics_internal.user_rows('business_access')) a (role text, business_id bigint);
COMMENT ON VIEW analytics.business_access IS 'Which businesses a role sees under row security; its members see them too
Rows of warehouse.business_access; grant_access() adds some.';
GRANT SELECT ON analytics.business_access TO PUBLIC;

CREATE FUNCTION analytics_internal.is_row_security_on() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = 'warehouse.settings'::regclass $$;
COMMENT ON FUNCTION analytics_internal.is_row_security_on() IS 'Whether the warehouse was installed with row security';

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
    granted := ARRAY(SELECT a.business_id FROM warehouse.business_access a WHERE a.role = own);
    -- Apart, since a plan for an array of unknown length is not kept.
    IF cardinality(roles) > 1 THEN
        granted := granted || ARRAY(SELECT a.business_id FROM warehouse.business_access a WHERE a.role = ANY (roles[2:]));
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
Those of warehouse.business_access for its roles, narrowed by the setting analytics.business_id (one id, or several with commas) where that
is set. A role with access to any business sees those that the setting names, and nothing where it names none: set it in each transaction
with SET LOCAL, so that it does not outlive it in a pool.';

-- The condition of the policies. What stands for it in an index, and how many rows it leaves, the planner hears from its support function.
CREATE FUNCTION analytics_internal.may_see_support(internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_may_see_support';
COMMENT ON FUNCTION analytics_internal.may_see_support(internal) IS
'Tells the planner of may_see(): its index conditions and how many rows it leaves';

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
COMMENT ON FUNCTION analytics_internal.greatest_business(bigint[]) IS
'The greatest of some businesses: where an index ends to look for them';

-- Numbers of sources and runs are counted over all businesses: a row that names another's is refused as one that names none, before a key
-- could tell that it is there.
CREATE FUNCTION analytics_internal.enable_reference_checks() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    checked record;
BEGIN
    FOR checked IN
        SELECT v.*
        FROM (VALUES ('source_watermark', 'source', 'source_id'), ('refresh_step', 'refresh_run', 'run_id')) v (name, referred, key)
        WHERE NOT EXISTS (
            SELECT FROM pg_policy p WHERE p.polrelid = format('warehouse.%I', v.name)::regclass AND p.polname = 'reference')
    LOOP
        EXECUTE format($sql$
            CREATE POLICY reference ON warehouse.%1$I AS RESTRICTIVE FOR INSERT
                WITH CHECK (EXISTS (SELECT FROM warehouse.%2$I r WHERE r.%3$I = %1$I.%3$I))$sql$,
            checked.name, checked.referred, checked.key);
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.enable_reference_checks() IS
'Lets tenants write of sources and runs that they see, and of no others
A part of enable_row_security().';

CREATE FUNCTION analytics_internal.secure_rows(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A partition has no policy: who does not own it sees its rows by its table alone.
    EXECUTE (
        SELECT string_agg(format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p), '; ')
        FROM analytics_internal.with_partitions(relation) p);
END
$$;
COMMENT ON FUNCTION analytics_internal.secure_rows(regclass) IS 'Row security for a table and its partitions';

CREATE FUNCTION analytics_internal.with_partitions(relation regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT relation
    UNION ALL
    SELECT i.inhrelid::regclass FROM pg_inherits i WHERE i.inhparent = relation
$$;
COMMENT ON FUNCTION analytics_internal.with_partitions(regclass) IS 'A table and its partitions';

CREATE FUNCTION analytics_internal.enable_row_security() RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target record;
    changed int := 0;
BEGIN
    -- The array is made once for the table, and reaches the index; a function of each row's business alone would not.
    FOR target IN
        SELECT t.name, CASE
                   WHEN t.has_business THEN 'analytics_internal.may_see(business_id, (SELECT analytics_internal.current_businesses()))'
                   ELSE format('EXISTS (SELECT FROM warehouse.source s WHERE s.source_id = %I.source_id)', t.name) END AS condition
        FROM (SELECT c.relname AS name, bool_or(a.attname = 'business_id') AS has_business
              FROM analytics_internal.layout_tables() l
              JOIN pg_class c ON c.relname = l.name AND c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p')
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('business_id', 'source_id') AND NOT a.attisdropped
              WHERE l.name <> 'business_access'
                AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'business')
              GROUP BY c.relname) t
    LOOP
        PERFORM analytics_internal.secure_rows(format('warehouse.%I', target.name)::regclass);
        EXECUTE format('CREATE POLICY business ON warehouse.%I USING (%s)', target.name, target.condition);
        changed := changed + 1;
    END LOOP;
    PERFORM analytics_internal.enable_reference_checks();
    -- Read by the policies, with the rights of whoever asks. Nobody but the owner writes it. A role that is gone is nobody's.
    IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = 'warehouse.business_access'::regclass AND p.polname = 'own_roles') THEN
        ALTER TABLE warehouse.business_access ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own_roles ON warehouse.business_access FOR SELECT USING (pg_has_role(to_regrole(quote_ident(role)), 'USAGE'));
        GRANT SELECT ON warehouse.business_access TO PUBLIC;
        changed := changed + 1;
    END IF;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION analytics_internal.enable_row_security() IS
'Gives each table of the warehouse that lacks it the policy of its business
Returns how many tables were changed. A part of install(row_security => true) and of upgrade_warehouse().';

CREATE FUNCTION analytics_internal.check_policies() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF analytics_internal.is_row_security_on() AND NOT EXISTS (
            SELECT FROM pg_policy p WHERE p.polrelid = 'warehouse.settings'::regclass AND p.polname = 'business') THEN
        RAISE WARNING 'row security is on and its policies are gone: only the owner of the warehouse sees rows'
            USING HINT = 'DROP EXTENSION took them. SELECT analytics.install() makes them again.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_policies() IS 'Warns where row security is on and DROP EXTENSION took its policies';

-- What is one business's: not the lists and the layout, which all share, nor who sees what. Nor the numbers that are counted over all
-- businesses: a key would tell which of them others have.
CREATE FUNCTION analytics_internal.grant_writing(role regrole) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON warehouse.layout FROM %s', role);
    FOR part IN
        SELECT a.attrelid::regclass AS relation, n.name IS NOT NULL AS is_numbered,
               string_agg(quote_ident(a.attname), ', ') FILTER (WHERE a.attname <> ALL (n.own)) AS inserted,
               string_agg(quote_ident(a.attname), ', ') FILTER (WHERE a.attname <> ALL (n.key)) AS updated
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN (VALUES
            ('refresh_run', '{run_id}'::text[], '{run_id}'::text[]), ('refresh_request', '{request_id}', '{request_id}'),
            ('report', '{report_id}', '{report_id}'),
            ('refresh_step', '{}', '{run_id,step}'), ('source_watermark', '{}', '{source_id}'),
            -- The mapping of a source is of the role that inserted it, and of no other.
            ('source', '{registered_by}', NULL)
        ) n (name, own, key) ON n.name = c.relname
        WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
          AND c.relname <> 'business_access'
        GROUP BY a.attrelid, n.name
        HAVING bool_or(a.attname IN ('business_id', 'source_id'))
    LOOP
        IF part.is_numbered THEN
            EXECUTE format('REVOKE INSERT, UPDATE ON %s FROM %s', part.relation, role);
            EXECUTE format('GRANT INSERT (%s), %s DELETE ON %s TO %s', part.inserted, 'UPDATE (' || part.updated || '),',
                part.relation, role);
        ELSE
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO %s', part.relation, role);
        END IF;
    END LOOP;
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA warehouse TO %s', role);
END
$$;
COMMENT ON FUNCTION analytics_internal.grant_writing(regrole) IS 'Lets a role write what belongs to a business; a part of grant_access()';

CREATE FUNCTION analytics_internal.personal_data() RETURNS TABLE (relation regclass, personal name[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT to_regclass('warehouse.' || p.name), p.personal
    FROM (VALUES
        ('dim_clients', '{client_id,name,mobile,email}'::name[]), ('fact_events', '{own_client_id,click_id}'),
        ('fact_contracts', '{own_client_id}'), ('fact_transactions', '{own_client_id}'), ('dim_identities', NULL),
        ('source_identities', NULL), ('rejected_rows', '{row_hash,row_key,reason,source_row}'), ('quality_history', NULL),
        ('quality_result', NULL), ('report', '{html}'), ('refresh_run', '{message}'), ('refresh_state', '{message}'),
        ('refresh_step', '{message}'), ('refresh_request', '{message}')) p (name, personal)
$$;
COMMENT ON FUNCTION analytics_internal.personal_data() IS
'What an analyst does not read: columns of tables, NULL for all of a table
Names, numbers and ids of clients as the sources have them, ids of their clicks, whole rows of sources, errors, which may
quote them, and pages that somebody made who may read more.';

CREATE FUNCTION analytics_internal.grant_reading(role regrole, level text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    IF level = 'analyst' THEN
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA warehouse FROM %s', role);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA warehouse FROM %s', role);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA warehouse TO %s', role);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO %s', role);
    -- Partitions are read by their tables, whose policies and columns count.
    FOR part IN SELECT c.oid::regclass AS relation FROM pg_class c
                WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND c.relispartition LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', part.relation, role);
    END LOOP;
    IF level <> 'analyst' THEN
        RETURN;
    END IF;
    FOR part IN
        SELECT p.relation, string_agg(quote_ident(a.attname), ', ') FILTER (WHERE a.attname <> ALL (p.personal)) AS others
        FROM analytics_internal.personal_data() p
        JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum > 0 AND NOT a.attisdropped
        GROUP BY p.relation
    LOOP
        EXECUTE format('REVOKE SELECT ON %s FROM %s', part.relation, role);
        IF part.others IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %s TO %s', part.others, part.relation, role);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.grant_reading(regrole, text) IS
'Lets a role read the warehouse, an analyst without personal data
A part of grant_access().';

CREATE FUNCTION analytics.grant_access(role regrole, level text DEFAULT 'reader', businesses bigint[] DEFAULT NULL,
    any_business boolean DEFAULT false)
    RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    target constant text := grant_access.role::text;
    role_name constant text := (SELECT r.rolname FROM pg_roles r WHERE r.oid = grant_access.role);
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF role_name IS NULL THEN
        RAISE EXCEPTION 'role must be given and exist' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'CREATE ROLE makes one; pass its name, as in SELECT analytics.grant_access(''shop_analyst'').';
    ELSIF level IS NULL OR level NOT IN ('analyst', 'reader', 'writer') THEN
        RAISE EXCEPTION 'unknown access level "%"', level USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use analyst, reader or writer.';
    END IF;
    PERFORM analytics_internal.grant_reading(role, level);
    IF level = 'writer' THEN
        PERFORM analytics_internal.grant_writing(role);
    END IF;
    INSERT INTO warehouse.business_access (role, business_id)
        SELECT role_name, b.id FROM (SELECT id FROM unnest(businesses) id WHERE id IS NOT NULL UNION SELECT NULL WHERE any_business) b
        WHERE NOT EXISTS (SELECT FROM warehouse.business_access a WHERE a.role = role_name AND a.business_id IS NOT DISTINCT FROM b.id);
    IF analytics_internal.is_row_security_on()
        AND NOT EXISTS (SELECT FROM warehouse.business_access a WHERE a.role = role_name) THEN
        RAISE NOTICE 'row security is on: role % sees nothing until it is given businesses', target
            USING HINT = format('For example SELECT analytics.grant_access(%L, businesses => ''{1}'').', target);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.grant_access(regrole, text, bigint[], boolean) IS
'Lets a role read the warehouse, or also register sources and refresh it
level: analyst, who reads no personal data: no names, numbers and ids of clients as the sources have them, no rows of sources, customers by
client_key; reader, who reads all; or writer, who also registers sources and refreshes; rules and access stay the owner''s. businesses:
which it sees where row security is on, added to those it has; any_business: it names them in each transaction by SET LOCAL
analytics.business_id, as services over a connection pool do. What a writer registered, nobody refreshes who may do more: the refresh says
so (42501).';
