-- Sets aside what stands on functions and views that cannot be replaced, and drops them. What the extension itself has on them is made again by
-- the statements that follow; what users have, by the last block of this script. Nothing of theirs is run: definitions are only taken in.
DO $$
DECLARE
    gone constant text[] := @gone@;
    found record;
    restored jsonb := '[]';
    drops text[] := '{}';
BEGIN
    FOR found IN
        WITH RECURSIVE dependent (classid, objid, depth) AS (
            SELECT 'pg_proc'::regclass::oid, to_regprocedure(regexp_replace(g, '^\w+ ', ''))::oid, 0 FROM unnest(gone) g WHERE g !~ '^VIEW '
            UNION
            SELECT 'pg_class'::regclass, to_regclass(regexp_replace(g, '^\w+ ', '')), 0 FROM unnest(gone) g WHERE g ~ '^VIEW '
            UNION
            SELECT n.classid, n.objid, s.depth + 1
            FROM dependent s
            CROSS JOIN LATERAL (
                SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, COALESCE(r.ev_class, d.objid)
                FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                WHERE d.refclassid = s.classid AND d.refobjid = s.objid AND d.deptype IN ('n', 'a')
                UNION ALL
                SELECT 'pg_type'::regclass, c.reltype FROM pg_class c WHERE s.classid = 'pg_class'::regclass AND c.oid = s.objid AND c.relkind = 'v'
            ) n (classid, objid)
            WHERE (n.classid, n.objid) <> (s.classid, s.objid) AND s.depth < 100
        )
        SELECT d.classid, d.objid, c.relkind, p.prokind, d.objid::regprocedure::text AS routine, c.oid::regclass::text AS relation,
               EXISTS (SELECT FROM pg_depend e JOIN pg_extension x ON x.oid = e.refobjid AND e.refclassid = 'pg_extension'::regclass
                       WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e' AND x.extname = 'pg_marketing') AS is_member,
               pg_describe_object(d.classid, d.objid, 0) AS description,
               -- Owner, grants and comments of a user's view or function.
               CASE WHEN c.oid IS NOT NULL THEN (
                   SELECT format('ALTER TABLE %s OWNER TO %s', c.oid::regclass, c.relowner::regrole)
                   || COALESCE('; ' || string_agg(format('GRANT %s ON %s TO %s%s', a.privilege_type, c.oid::regclass,
                           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                           CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), '; '), '')
                   FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)
               || COALESCE((
                   SELECT '; ' || string_agg(CASE m.objsubid
                       WHEN 0 THEN format('COMMENT ON %s %s IS %L', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, c.oid::regclass, m.description)
                       ELSE format('COMMENT ON COLUMN %s.%I IS %L', c.oid::regclass, a.attname, m.description) END, '; ')
                   FROM pg_description m LEFT JOIN pg_attribute a ON a.attrelid = m.objoid AND a.attnum = m.objsubid AND m.objsubid > 0
                   WHERE m.objoid = c.oid AND m.classoid = 'pg_class'::regclass), '')
               || COALESCE((SELECT '; ' || string_agg(pg_get_indexdef(i.indexrelid), '; ') FROM pg_index i WHERE i.indrelid = c.oid), '')
               WHEN p.oid IS NOT NULL THEN
                   format('ALTER ROUTINE %s OWNER TO %s', p.oid::regprocedure, p.proowner::regrole)
                   || COALESCE((
                       SELECT format('; REVOKE ALL ON ROUTINE %s FROM PUBLIC', p.oid::regprocedure)
                           || string_agg(format('; GRANT %s ON ROUTINE %s TO %s', a.privilege_type, p.oid::regprocedure,
                               CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END), '')
                       FROM aclexplode(p.proacl) a), '')
                   || format('; COMMENT ON ROUTINE %s IS %L', p.oid::regprocedure, obj_description(p.oid, 'pg_proc'))
               END AS belongings,
               CASE
                   WHEN c.relkind = 'v' THEN format('CREATE VIEW %s%s AS %s', c.oid::regclass,
                       ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
                   WHEN c.relkind = 'm' THEN format('CREATE MATERIALIZED VIEW %s AS %s WITH NO DATA', c.oid::regclass, rtrim(pg_get_viewdef(c.oid), '; '))
                   WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid)
                   WHEN o.oid IS NOT NULL THEN format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', o.polname, o.polrelid::regclass,
                       CASE WHEN o.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                       CASE o.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                       (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ') FROM unnest(o.polroles) r))
                       || COALESCE(' USING (' || pg_get_expr(o.polqual, o.polrelid) || ')', '')
                       || COALESCE(' WITH CHECK (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')', '')
                   WHEN f.oid IS NOT NULL AND t.attgenerated = '' THEN
                       format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', f.adrelid::regclass, t.attname, pg_get_expr(f.adbin, f.adrelid))
               END AS creation,
               CASE
                   WHEN c.relkind = 'v' THEN format('DROP VIEW %s', c.oid::regclass)
                   WHEN c.relkind = 'm' THEN format('DROP MATERIALIZED VIEW %s', c.oid::regclass)
                   WHEN p.prokind IN ('f', 'p') THEN format('DROP ROUTINE %s', p.oid::regprocedure)
                   WHEN o.oid IS NOT NULL THEN format('DROP POLICY %I ON %s', o.polname, o.polrelid::regclass)
                   WHEN f.oid IS NOT NULL AND t.attgenerated = '' THEN
                       format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', f.adrelid::regclass, t.attname)
               END AS removal
        FROM (SELECT s.classid, s.objid, max(s.depth) AS depth FROM dependent s WHERE s.objid IS NOT NULL GROUP BY 1, 2) d
        LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        LEFT JOIN pg_policy o ON d.classid = 'pg_policy'::regclass AND o.oid = d.objid
        LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
        LEFT JOIN pg_attribute t ON t.attrelid = f.adrelid AND t.attnum = f.adnum
        LEFT JOIN pg_type y ON d.classid = 'pg_type'::regclass AND y.oid = d.objid
        -- The row type of a view goes with it, and so do the indexes of a materialized one.
        WHERE y.oid IS NULL
            AND NOT EXISTS (SELECT FROM pg_index i JOIN dependent v ON v.objid = i.indrelid WHERE c.relkind = 'i' AND i.indexrelid = c.oid)
        ORDER BY d.depth DESC, d.objid DESC
    LOOP
        IF found.removal IS NULL OR EXISTS (SELECT FROM pg_trigger g WHERE found.relation IS NOT NULL AND g.tgrelid = found.objid) THEN
            RAISE EXCEPTION '% stands on what this version of pg_marketing changes', found.description
                USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop it, update the extension, and create it again.';
        END IF;
        drops := drops || found.removal;
        IF NOT found.is_member THEN
            restored := jsonb_build_array(jsonb_build_object('description', found.description, 'creation', found.creation,
                'member', CASE found.relkind WHEN 'v' THEN 'VIEW ' || found.relation WHEN 'm' THEN 'MATERIALIZED VIEW ' || found.relation END,
                'routine', CASE WHEN found.prokind IS NOT NULL THEN found.routine END, 'belongings', found.belongings)) || restored;
        END IF;
    END LOOP;
    EXECUTE array_to_string(drops, '; ');
    PERFORM set_config('marketing_upgrade.restored', restored::text, true);
END
$$;

-- Makes again what users had on functions and views that were dropped.
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT r.* FROM jsonb_to_recordset(current_setting('marketing_upgrade.restored')::jsonb)
            AS r (description text, creation text, member text, routine text, belongings text)
    LOOP
        BEGIN
            EXECUTE thing.creation;
        EXCEPTION WHEN OTHERS THEN
            RAISE EXCEPTION '% does not fit this version of pg_marketing: %', thing.description, SQLERRM
                USING ERRCODE = SQLSTATE, HINT = 'Drop it, update the extension, and create it again.';
        END;
        -- What an extension's script creates is the extension's.
        IF COALESCE(thing.member, thing.routine) IS NOT NULL THEN
            EXECUTE 'ALTER EXTENSION pg_marketing DROP ' || COALESCE(thing.member, 'ROUTINE ' || thing.routine);
        END IF;
        IF thing.belongings IS NOT NULL THEN
            EXECUTE thing.belongings;
        END IF;
        IF thing.member LIKE 'MATERIALIZED%' THEN
            RAISE NOTICE '% is empty until REFRESH MATERIALIZED VIEW', thing.description;
        END IF;
    END LOOP;
END
$$;
