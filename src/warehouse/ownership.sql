-- Whose the warehouse is. Whoever writes into a table runs the triggers, defaults and expressions that hang on it, with rights of his own;
-- and the owner of a schema can drop what others have in it and put something else there. So the warehouse is one role's alone, and nothing
-- hangs on it that belongs to a third.

CREATE FUNCTION analytics_internal.warehouse_owner() RETURNS regrole
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT n.nspowner::regrole FROM pg_namespace n WHERE n.nspname = 'warehouse' $$;
COMMENT ON FUNCTION analytics_internal.warehouse_owner() IS 'The owner of schema warehouse, NULL where there is none';

CREATE FUNCTION analytics_internal.caller() RETURNS regrole
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT r.oid::regrole FROM pg_roles r WHERE r.rolname = current_user $$;
COMMENT ON FUNCTION analytics_internal.caller() IS 'The role with whose rights a function runs';

CREATE FUNCTION analytics_internal.is_superuser(role regrole) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT r.rolsuper FROM pg_roles r WHERE r.oid = role $$;
COMMENT ON FUNCTION analytics_internal.is_superuser(regrole) IS 'Whether a role is a superuser';

-- A superuser has more to lose than the owner of the warehouse may have. Other roles were let in by him.
CREATE FUNCTION analytics_internal.trusts_owner() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.id = analytics_internal.caller() OR analytics_internal.is_superuser(o.id)
           OR NOT analytics_internal.is_superuser(analytics_internal.caller())
    FROM (SELECT analytics_internal.warehouse_owner()) o (id)
$$;
COMMENT ON FUNCTION analytics_internal.trusts_owner() IS
'Whether what the owner of the warehouse wrote may run with the caller''s rights';

CREATE FUNCTION analytics_internal.trusted_roles() RETURNS SETOF oid
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.oid
    FROM pg_roles r
    WHERE r.rolsuper OR r.rolname = current_user OR r.oid = analytics_internal.warehouse_owner() AND analytics_internal.trusts_owner()
$$;
COMMENT ON FUNCTION analytics_internal.trusted_roles() IS
'Roles whose code may run with the caller''s rights
The caller, superusers and the owner of the warehouse.';

-- Which of them are ours is asked last, since it takes the longest.
CREATE FUNCTION analytics_internal.warehouse_relations() RETURNS TABLE (id oid, owner oid, name name)
    LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE own AS (
        SELECT c.oid, c.relname
        FROM pg_catalog.pg_class c
        WHERE c.relnamespace = pg_catalog.to_regnamespace('warehouse')::oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        UNION
        SELECT i.inhrelid, o.relname FROM own o JOIN pg_catalog.pg_inherits i ON i.inhparent = o.oid
    )
    SELECT c.oid, c.relowner, o.relname FROM own o JOIN pg_catalog.pg_class c ON c.oid = o.oid
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_relations() IS
'Relations of schema warehouse, ours and others
Partitions and children have the name of the first above them.';

CREATE FUNCTION analytics_internal.attachments() RETURNS TABLE (relation oid, classid oid, objid oid)
    LANGUAGE sql STABLE
AS $$
    SELECT t.tgrelid, t.tableoid, t.oid FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal
    UNION ALL
    SELECT r.ev_class, r.tableoid, r.oid FROM pg_catalog.pg_rewrite r
    UNION ALL
    SELECT p.polrelid, p.tableoid, p.oid FROM pg_catalog.pg_policy p
    UNION ALL
    SELECT d.adrelid, d.tableoid, d.oid FROM pg_catalog.pg_attrdef d
    UNION ALL
    SELECT k.conrelid, k.tableoid, k.oid FROM pg_catalog.pg_constraint k
    UNION ALL
    SELECT i.indrelid, 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid FROM pg_catalog.pg_index i
    UNION ALL
    SELECT c.oid, c.tableoid, c.oid FROM pg_catalog.pg_class c
$$;
COMMENT ON FUNCTION analytics_internal.attachments() IS
'Relations, and what is attached to each
Triggers, rules, policies, defaults, constraints and indexes.';

-- Where no owner of an object is on record it is the superuser whom the server was made with. A foreign key that cascades reaches the table
-- that refers, and its triggers.
CREATE FUNCTION analytics_internal.foreign_parts()
    RETURNS TABLE (relation oid, name name, classid oid, objid oid, refclassid oid, refobjid oid, owner oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Step by step, each small: catalogs may be large, and the planner may know nothing of them.
    WITH ours AS MATERIALIZED (
        SELECT r.id, r.name
        FROM analytics_internal.warehouse_relations() r
    ), attached AS MATERIALIZED (
        SELECT r.id, r.name, a.classid, a.objid
        FROM ours r
        JOIN analytics_internal.attachments() a ON a.relation = r.id
    ), used AS MATERIALIZED (
        SELECT a.id, a.name, a.classid, a.objid, d.refclassid, d.refobjid
        FROM attached a
        JOIN pg_depend d ON d.classid = a.classid AND d.objid = a.objid
        UNION ALL
        SELECT r.id, r.name, k.tableoid, k.oid, 'pg_class'::regclass, k.conrelid
        FROM ours r
        JOIN pg_constraint k ON k.confrelid = r.id
        WHERE k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd')
    ), others AS MATERIALIZED (
        SELECT u.*
        FROM used u
        WHERE u.refclassid <> 'pg_namespace'::regclass
          AND NOT EXISTS (SELECT FROM ours r WHERE r.id = u.refobjid)
    )
    SELECT u.id, u.name, u.classid, u.objid, u.refclassid, u.refobjid, s.refobjid
    FROM others u
    JOIN pg_shdepend s ON s.classid = u.refclassid AND s.objid = u.refobjid AND s.objsubid = 0 AND s.deptype = 'o'
        AND s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    WHERE s.refobjid NOT IN (SELECT t.id FROM analytics_internal.trusted_roles() t (id))
$$;
COMMENT ON FUNCTION analytics_internal.foreign_parts() IS
'What relations of schema warehouse use that belongs to untrusted roles
Functions, types and relations. classid, objid: the part of the relation that uses it.';

CREATE FUNCTION analytics_internal.check_ownership() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schema_owner constant regrole := analytics_internal.warehouse_owner();
    problems text;
BEGIN
    SELECT string_agg(DISTINCT p.problem, E'\n') INTO problems
    FROM (
        SELECT r.name, format('%s belongs to role %s, schema warehouse to role %s', r.id::regclass, r.owner::regrole, schema_owner)
        FROM analytics_internal.warehouse_relations() r
        WHERE r.owner <> schema_owner
        UNION ALL
        SELECT f.name, format('%s uses %s of role %s', pg_describe_object(f.classid, f.objid, 0),
            pg_describe_object(f.refclassid, f.refobjid, 0), f.owner::regrole)
        FROM analytics_internal.foreign_parts() f
    ) p (name, problem)
    WHERE p.name IN (SELECT t.name FROM analytics_internal.layout_tables() t);
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'the warehouse is not the work of its owner alone' USING ERRCODE = 'insufficient_privilege', DETAIL = problems,
            HINT = 'Code of these roles would run with your rights. Drop what is not yours, or make it yours with ALTER ... OWNER TO; '
                'where it is the owner''s, call this as the owner.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_ownership() IS
'Raises 42501 where the warehouse may run code of a role that is not trusted
Its relations belong to the owner of the schema; what hangs on them to him, to the caller or to a superuser. A superuser trusts no owner
who is none.';

CREATE FUNCTION analytics_internal.check_warehouse() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    PERFORM analytics_internal.check_ownership(), analytics_internal.check_layout();
END
$$;
COMMENT ON FUNCTION analytics_internal.check_warehouse() IS
'What all that writes asks first: installed, of this layout, its owner''s
Raises 55000 or 42501.';

-- Whom the caller does not trust could hang a trigger on a table between check and use.
CREATE FUNCTION analytics_internal.hold_warehouse() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT analytics_internal.trusts_owner() THEN
        EXECUTE (
            SELECT format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', string_agg(r.id::regclass::text, ', ' ORDER BY r.id))
            FROM analytics_internal.warehouse_relations() r
            WHERE r.name IN (SELECT t.name FROM analytics_internal.layout_tables() t));
    END IF;
    PERFORM analytics_internal.check_ownership();
END
$$;
COMMENT ON FUNCTION analytics_internal.hold_warehouse() IS
'check_ownership(), which then holds until the end of the transaction';

CREATE FUNCTION analytics_internal.is_empty(schema regnamespace) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = schema) $$;
COMMENT ON FUNCTION analytics_internal.is_empty(regnamespace) IS 'Whether nothing stands in a schema';

CREATE FUNCTION analytics_internal.claim_schema() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner constant regrole := analytics_internal.warehouse_owner();
    caller constant regrole := analytics_internal.caller();
    of_database constant boolean := owner = d.datdba FROM pg_database d WHERE d.datname = current_database();
BEGIN
    IF owner IS NULL THEN
        CREATE SCHEMA warehouse;
        COMMENT ON SCHEMA warehouse IS 'Facts, dimensions and rollups of pg_marketing, derived from the registered sources';
    ELSIF owner = caller OR to_regclass('warehouse.layout') IS NOT NULL AND (of_database OR analytics_internal.is_superuser(owner)
            OR pg_has_role(owner, 'MEMBER') AND NOT analytics_internal.is_superuser(caller)) THEN
        RETURN;
    ELSIF of_database AND analytics_internal.is_empty('warehouse'::regnamespace) AND pg_has_role(owner, 'USAGE') THEN
        EXECUTE format('ALTER SCHEMA warehouse OWNER TO %s', caller);
        RAISE NOTICE 'schema "warehouse", which was empty, now belongs to role % and no longer to %', caller, owner;
    ELSE
        RAISE EXCEPTION 'schema "warehouse" belongs to role %', owner USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'Its owner can replace the tables in it, and so run code with the rights of whoever refreshes.',
            HINT = format('Install as that role, or drop the schema, or take it over when you know what is in it: '
                'ALTER SCHEMA warehouse OWNER TO %s.', caller);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.claim_schema() IS
'Makes schema warehouse, or sees that it is the caller''s
An empty one of the owner of the database becomes the caller''s. Raises 42501 for that of another role, except for a warehouse of a
superuser''s, of the owner of the database, or of a role that the caller is a member of.';
