-- An older layout of the warehouse is brought to the one that create_tables() describes: that template is made once more, as temporary
-- tables, and the catalogs are compared. Nothing here knows what the versions between changed.

CREATE FUNCTION analytics_internal.layout_template() RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'BEGIN' || string_agg(p.prosrc || ';', '' ORDER BY f.place) || 'END'
    FROM unnest('{analytics_internal.create_tables(),analytics_internal.create_reporting_views()}'::regprocedure[])
        WITH ORDINALITY f (oid, place)
    JOIN pg_proc p ON p.oid = f.oid
$$;
COMMENT ON FUNCTION analytics_internal.layout_template() IS
'The statements that create the tables and views of the warehouse, as one block';

CREATE FUNCTION analytics_internal.layout_tables() RETURNS TABLE (name text, is_view boolean, place bigint)
    LANGUAGE sql STABLE
AS $$
    SELECT t.m[2], t.m[1] = 'VIEW', t.place
    FROM pg_catalog.regexp_matches(analytics_internal.layout_template(), E'CREATE (TABLE|VIEW) warehouse\\.(\\w+)', 'g')
        WITH ORDINALITY t (m, place)
$$;
COMMENT ON FUNCTION analytics_internal.layout_tables() IS 'The tables and views of the warehouse, in the order of their creation';

-- Tables that the next refreshes fill again from the sources. All others hold what exists nowhere else: settings, sources, rules, logs,
-- histories.
CREATE FUNCTION analytics_internal.is_derived(name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT name ~ ('^(dim|fact|pending|customer)_|^source_(campaigns|identities|watermark|day)$|_(daily|span|model|post)$'
        || '|^campaign_match$|^rejected_rows$')
$$;
COMMENT ON FUNCTION analytics_internal.is_derived(text) IS 'Whether a table of the warehouse can be filled again from the sources';

-- Template and warehouse are described in the same words, so that definitions can be compared.
CREATE FUNCTION analytics_internal.layout_columns(schema regnamespace)
    RETURNS TABLE (table_name text, place int, column_name text, type text, not_null boolean, default_value text, identity text,
        comment text)
    LANGUAGE sql STABLE
AS $$
    SELECT c.relname, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, pg_catalog.col_description(c.oid, a.attnum)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = schema AND c.relkind IN ('r', 'p') AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
$$;
COMMENT ON FUNCTION analytics_internal.layout_columns(regnamespace) IS 'Columns of the warehouse''s tables in a schema';

CREATE FUNCTION analytics_internal.layout_objects(schema regnamespace)
    RETURNS TABLE (table_name text, kind text, name text, definition text)
    LANGUAGE sql STABLE
AS $$
    SELECT c.relname, 'constraint', k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = schema AND k.contype IN ('c', 'p', 'u')
        AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
    UNION ALL
    SELECT c.relname, 'index', x.relname,
           pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), ' ON (ONLY )?(pg_temp|warehouse)[.]', ' ON warehouse.')
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    WHERE c.relnamespace = schema AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
    UNION ALL
    SELECT c.relname, 'comment', '', pg_catalog.obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = schema AND c.relkind IN ('r', 'p') AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
$$;
COMMENT ON FUNCTION analytics_internal.layout_objects(regnamespace) IS 'Constraints, indexes and comments of the tables in a schema';

-- The version is a fingerprint of the template and of the lists whose shape it takes, made when the extension is created: whoever changes
-- the
-- one changes the other.
DO $$
DECLARE
    layout constant text := regexp_replace(analytics_internal.layout_template(), E'(\\s|--[^\n]*)+', ' ', 'g');
    lists constant text := string_agg(l.part, '' ORDER BY l.part COLLATE "C")
        FROM (SELECT c::text FROM analytics_internal.layout_columns('analytics_internal') c
              UNION ALL SELECT o::text FROM analytics_internal.layout_objects('analytics_internal') o) l (part);
BEGIN
    EXECUTE format('CREATE FUNCTION analytics_internal.layout_version() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
        format('SELECT %L::text', left(md5(layout || lists), 12)));
END
$$;
COMMENT ON FUNCTION analytics_internal.layout_version() IS 'The layout of the warehouse that this extension works with';

CREATE FUNCTION analytics_internal.is_current_layout() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The first layouts had numbers.
    RETURN COALESCE((SELECT max(l.version::text) FROM warehouse.layout l) = analytics_internal.layout_version(), false);
END
$$;
COMMENT ON FUNCTION analytics_internal.is_current_layout() IS 'Whether the warehouse has the layout that this extension works with';

CREATE FUNCTION analytics_internal.check_layout() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    IF NOT analytics_internal.is_current_layout() THEN
        RAISE EXCEPTION 'the warehouse has another layout than this version of the extension works with'
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Run SELECT analytics.upgrade_warehouse().';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_layout() IS 'Raises 55000 where the warehouse is not installed, or not of this layout';

-- The text of a view with no schema before the names of our tables, so that it fits each schema. Relations of other schemas keep theirs.
CREATE FUNCTION analytics_internal.layout_view(schema regnamespace, name text) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path constant text := current_setting('search_path');
    definition text;
BEGIN
    PERFORM set_config('search_path', CASE WHEN schema = pg_my_temp_schema() THEN 'pg_temp' ELSE schema || ', pg_temp' END, true);
    SELECT pg_get_viewdef(c.oid) INTO definition FROM pg_class c
    WHERE c.relnamespace = schema AND c.relname = layout_view.name AND c.relkind = 'v';
    PERFORM set_config('search_path', path, true);
    RETURN definition;
END
$$;
COMMENT ON FUNCTION analytics_internal.layout_view(regnamespace, text) IS
'Definition of a view, as it reads in its own schema; NULL where there is none';

CREATE FUNCTION analytics_internal.layout_view_comments(schema regnamespace, name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(
        CASE d.objsubid
            WHEN 0 THEN format('COMMENT ON VIEW warehouse.%I IS %L', c.relname, d.description)
            ELSE format('COMMENT ON COLUMN warehouse.%I.%I IS %L', c.relname, a.attname, d.description)
        END, '; ' ORDER BY d.objsubid)
    FROM pg_class c
    JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
    WHERE c.relnamespace = schema AND c.relname = layout_view_comments.name
$$;
COMMENT ON FUNCTION analytics_internal.layout_view_comments(regnamespace, text) IS
'Statements that comment a view of the warehouse and its columns as in a schema';

CREATE FUNCTION analytics_internal.layout_changes(template regnamespace)
    RETURNS TABLE (place int, table_name text, column_place int, what text, statement text, must_rebuild boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH wanted AS (SELECT * FROM analytics_internal.layout_columns(layout_changes.template)),
        present AS (SELECT * FROM analytics_internal.layout_columns('warehouse')),
    wanted_object AS (SELECT * FROM analytics_internal.layout_objects(layout_changes.template)),
    present_object AS (SELECT * FROM analytics_internal.layout_objects('warehouse'))
    SELECT 1, t.name, 0, 'table ' || t.name || ' is new', format('CREATE TABLE warehouse.%1$I
            (LIKE %2$s.%1$I INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING STORAGE INCLUDING COMMENTS)%3$s',
               t.name, layout_changes.template, (SELECT ' WITH (' || array_to_string(c.reloptions, ', ') || ')' FROM pg_class c
                                                 WHERE c.relnamespace = layout_changes.template AND c.relname = t.name)), false
    FROM analytics_internal.layout_tables() t WHERE NOT t.is_view AND t.name NOT IN (SELECT p.table_name FROM present p)
    UNION ALL
    SELECT 2, w.table_name, w.place, format('column %s.%s is new', w.table_name, w.column_name),
        concat(format('ALTER TABLE warehouse.%I ADD COLUMN %I %s', w.table_name, w.column_name, w.type),
               ' DEFAULT ' || w.default_value,
               CASE w.identity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY' END,
               CASE WHEN w.not_null THEN ' NOT NULL' END),
           w.not_null AND w.default_value IS NULL AND w.identity = ''
    FROM wanted w
    WHERE w.table_name IN (SELECT p.table_name FROM present p)
        AND NOT EXISTS (SELECT FROM present p WHERE p.table_name = w.table_name AND p.column_name = w.column_name)
    UNION ALL
    SELECT 2, w.table_name, w.place, format('column %s.%s becomes %s', w.table_name, w.column_name, w.type),
           format('ALTER TABLE warehouse.%I ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %2$I TYPE %3$s USING %2$I::%3$s', w.table_name,
               w.column_name, w.type), true
    FROM wanted w JOIN present p USING (table_name, column_name) WHERE w.type <> p.type
    UNION ALL
    SELECT 3, w.table_name, w.place, format('column %s.%s has another default', w.table_name, w.column_name),
           format('ALTER TABLE warehouse.%I ALTER COLUMN %I %s', w.table_name, w.column_name,
               COALESCE('SET DEFAULT ' || w.default_value, 'DROP DEFAULT')), false
    FROM wanted w JOIN present p USING (table_name, column_name)
    WHERE w.identity = '' AND (w.default_value IS DISTINCT FROM p.default_value OR w.type <> p.type AND w.default_value IS NOT NULL)
    UNION ALL
    SELECT 3, w.relname, 0, format('table %s has other options', w.relname),
           format('ALTER TABLE warehouse.%I SET (%s)', w.relname, array_to_string(w.reloptions, ', ')), false
    FROM pg_class w JOIN pg_class p ON p.relnamespace = 'warehouse'::regnamespace AND p.relname = w.relname AND p.relkind = w.relkind
    WHERE w.relnamespace = layout_changes.template AND w.relkind = 'r' AND NOT w.reloptions <@ COALESCE(p.reloptions, '{}')
    UNION ALL
    SELECT 4, p.table_name, p.place,
        format('column %s.%s %s', p.table_name, p.column_name, CASE WHEN w.not_null THEN 'must have a value' ELSE 'may be empty' END),
           format('ALTER TABLE warehouse.%I ALTER COLUMN %I %s NOT NULL', p.table_name, p.column_name,
               CASE WHEN w.not_null THEN 'SET' ELSE 'DROP' END),
           COALESCE(w.not_null, false)
    FROM present p LEFT JOIN wanted w USING (table_name, column_name)
    -- A column that nobody fills any more, or one of the user's.
    WHERE CASE WHEN w.column_name IS NULL THEN p.not_null AND p.default_value IS NULL AND p.identity = '' ELSE w.not_null <> p.not_null END
    UNION ALL
    SELECT 5, w.table_name, 0,
           CASE WHEN w.table_name IN (SELECT e.table_name FROM present e)
               THEN format('%s %s is %s', w.kind, w.name, CASE WHEN p.name IS NULL THEN 'new' ELSE 'another' END) END,
           CASE w.kind
               WHEN 'index' THEN concat('DROP INDEX warehouse.' || quote_ident(p.name) || '; ', w.definition)
               ELSE concat(format('ALTER TABLE warehouse.%I ', w.table_name), 'DROP CONSTRAINT ' || quote_ident(p.name) || ', ',
                        format('ADD CONSTRAINT %I %s', w.name, w.definition)) END,
           w.kind = 'constraint' AND w.definition NOT LIKE 'CHECK%' AND w.table_name IN (SELECT e.table_name FROM present e)
    FROM wanted_object w LEFT JOIN present_object p USING (table_name, kind, name)
    WHERE w.kind <> 'comment' AND w.definition IS DISTINCT FROM p.definition
    UNION ALL
    SELECT 6, w.table_name, 0, NULL, format('COMMENT ON TABLE warehouse.%I IS %L', w.table_name, w.definition), false
    FROM wanted_object w LEFT JOIN present_object p USING (table_name, kind, name)
    WHERE w.kind = 'comment' AND w.definition IS DISTINCT FROM p.definition
    UNION ALL
    SELECT 6, w.table_name, w.place, NULL, format('COMMENT ON COLUMN warehouse.%I.%I IS %L', w.table_name, w.column_name, w.comment), false
    FROM wanted w LEFT JOIN present p USING (table_name, column_name) WHERE w.comment IS DISTINCT FROM p.comment
$$;
COMMENT ON FUNCTION analytics_internal.layout_changes(regnamespace) IS
'What makes the tables of schema warehouse those of a template
what: for the user; NULL for mere comments. must_rebuild: the rows that are there may not fit.';

-- A comparison cannot tell a table that got another name from one that went and one that came.
CREATE FUNCTION analytics_internal.rename_tables() RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renamed record;
    part text;
    changed int := 0;
BEGIN
    FOR renamed IN SELECT v.*, c.oid FROM (VALUES ('quality_result', 'quality_history')) v (old_name, new_name)
        JOIN pg_class c ON c.relnamespace = 'warehouse'::regnamespace AND c.relname = v.old_name AND c.relkind = 'r'
    LOOP
        RAISE NOTICE 'table % is now called %', renamed.old_name, renamed.new_name;
        EXECUTE format('ALTER TABLE warehouse.%I RENAME TO %I', renamed.old_name, renamed.new_name);
        -- So are its constraints and indexes.
        FOR part IN
            SELECT format('ALTER TABLE warehouse.%I RENAME CONSTRAINT %I TO %I', renamed.new_name, k.conname,
                replace(k.conname, renamed.old_name, renamed.new_name))
            FROM pg_constraint k WHERE k.conrelid = renamed.oid AND k.conname LIKE renamed.old_name || '%'
            UNION ALL
            SELECT format('ALTER INDEX warehouse.%I RENAME TO %I', x.relname, replace(x.relname, renamed.old_name, renamed.new_name))
            FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = renamed.oid AND x.relname LIKE renamed.old_name || '%'
                AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid)
        LOOP
            EXECUTE part;
        END LOOP;
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION analytics_internal.rename_tables() IS 'Gives tables of older layouts the names they have now; returns how many';

-- An index that is not of the template may be the user's own: those that were ours are known by their names.
CREATE FUNCTION analytics_internal.drop_former() RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former regclass;
    changed int := 0;
BEGIN
    FOR former IN
        SELECT i.indexrelid
        FROM pg_index i
        JOIN pg_class x ON x.oid = i.indexrelid
        WHERE x.relnamespace = 'warehouse'::regnamespace
          AND (x.relname, i.indrelid) IN (('dim_clients_name', 'warehouse.dim_clients'::regclass))
    LOOP
        RAISE NOTICE 'index % is no longer needed', former;
        EXECUTE format('DROP INDEX %s', former);
        changed := changed + 1;
    END LOOP;
    -- campaign_match says more in its place, and the next refresh fills it.
    IF to_regclass('warehouse.campaign_ref') IS NOT NULL THEN
        RAISE NOTICE 'table campaign_ref is no longer needed';
        DROP TABLE warehouse.campaign_ref;
        changed := changed + 1;
    END IF;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_former() IS 'Drops indexes and tables of older layouts; returns how many';

CREATE FUNCTION analytics_internal.drop_views(names text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT t.name FROM analytics_internal.layout_tables() t
        JOIN pg_class c ON c.relnamespace = 'warehouse'::regnamespace AND c.relname = t.name AND c.relkind = 'v'
                WHERE t.name = ANY (names) ORDER BY t.place DESC LOOP
        EXECUTE format('DROP VIEW warehouse.%I', name);
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_views(text[]) IS 'Drops views of the warehouse, the latest first: it may stand on the others';

CREATE FUNCTION analytics_internal.upgrade_views(template regnamespace) RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path constant text := current_setting('search_path');
    changed text[];
    again text[];
    view record;
BEGIN
    SELECT array_agg(v.name) INTO changed FROM analytics_internal.layout_tables() v
    WHERE v.is_view
        AND analytics_internal.layout_view(template, v.name) IS DISTINCT FROM analytics_internal.layout_view('warehouse', v.name);
    -- With those that stand on a view that changes.
    WITH RECURSIVE affected (name) AS (
        SELECT unnest(changed)
        UNION
        SELECT c.relname::text COLLATE "default" FROM affected a
        JOIN pg_class v ON v.relnamespace = 'warehouse'::regnamespace AND v.relname = a.name
        JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite r ON r.oid = d.objid
        JOIN pg_class c ON c.oid = r.ev_class AND c.relnamespace = 'warehouse'::regnamespace
    )
    SELECT array_agg(a.name) INTO again FROM affected a;
    PERFORM analytics_internal.drop_views(again);
    FOR view IN
        SELECT v.name, analytics_internal.layout_view(template, v.name) AS definition
        FROM analytics_internal.layout_tables() v
        WHERE v.name = ANY (again)
        ORDER BY v.place
    LOOP
        IF view.name = ANY (changed) THEN
            RAISE NOTICE 'view % is new', view.name;
        END IF;
        PERFORM set_config('search_path', 'warehouse, pg_temp', true);
        EXECUTE format('CREATE VIEW warehouse.%I WITH (security_invoker = true) AS %s', view.name, view.definition);
        PERFORM set_config('search_path', path, true);
    END LOOP;
    -- Comments of all views, also of those that stay.
    FOR view IN SELECT v.name FROM analytics_internal.layout_tables() v WHERE v.is_view LOOP
        IF analytics_internal.layout_view_comments(template, view.name)
            IS DISTINCT FROM analytics_internal.layout_view_comments('warehouse', view.name) THEN
            EXECUTE analytics_internal.layout_view_comments(template, view.name);
        END IF;
    END LOOP;
    RETURN COALESCE(cardinality(changed), 0);
END
$$;
COMMENT ON FUNCTION analytics_internal.upgrade_views(regnamespace) IS 'Makes the views those of a template; returns how many changed';

-- Rows may be there of sources that are not: their numbers must not be given to new ones.
CREATE FUNCTION analytics_internal.continue_source_ids() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids constant regclass := pg_get_serial_sequence('warehouse.source', 'source_id');
    greatest_id constant bigint := max(k.source_id)
        FROM (SELECT s.source_id FROM warehouse.source s UNION ALL SELECT w.source_id FROM warehouse.source_watermark w) k;
BEGIN
    IF greatest_id > COALESCE(pg_sequence_last_value(ids), 0) THEN
        PERFORM setval(ids, greatest_id);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.continue_source_ids() IS 'Lets new sources get numbers that no row of the warehouse carries';

CREATE FUNCTION analytics_internal.identify_sources() RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.source s
    SET relation_kind = i.kind, relation_owner = i.owner
    FROM warehouse.source k
    CROSS JOIN LATERAL analytics_internal.relation_identity(to_regclass(k.relation)) i
    WHERE k.source_id = s.source_id AND s.relation_kind IS NULL AND i.kind IS NOT NULL;
    UPDATE warehouse.source s
    SET dependencies = analytics_internal.dependency_identities(s.options)
    WHERE s.dependencies IS NULL AND s.options ? 'depends_on'
$$;
COMMENT ON FUNCTION analytics_internal.identify_sources() IS
'Keeps what relations are now, of sources that were registered without it';

CREATE FUNCTION analytics_internal.lock_refreshes() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    business bigint;
BEGIN
    -- A layout without that table is one that no refresh of this version begins with.
    IF to_regclass('warehouse.refresh_state') IS NULL THEN
        RETURN;
    END IF;
    FOR business IN SELECT s.business_id FROM warehouse.refresh_state s ORDER BY 1 LOOP
        IF NOT analytics_internal.hold_business(business) THEN
            RAISE EXCEPTION 'a refresh of business % is running', business USING ERRCODE = 'object_in_use',
                HINT = 'Try again when it has ended.';
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.lock_refreshes() IS 'Keeps refreshes of all businesses out until the end of the transaction';

CREATE FUNCTION analytics_internal.make_template() RETURNS regnamespace
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- At level error, for the server says of each view that it will be temporary, and Citus that it will be local.
    EXECUTE format('CREATE FUNCTION pg_temp.create_tables() RETURNS void LANGUAGE plpgsql SET client_min_messages = error AS %L',
        replace(analytics_internal.layout_template(), 'warehouse.', 'pg_temp.'));
    EXECUTE 'SELECT pg_temp.create_tables()';
    DROP FUNCTION pg_temp.create_tables();
    RETURN pg_my_temp_schema();
END
$$;
COMMENT ON FUNCTION analytics_internal.make_template() IS 'Makes the tables and views of this version as temporary ones';

CREATE FUNCTION analytics_internal.drop_template() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- By their own names, which nothing of pg_catalog has: Citus looks for a schema of the name "pg_temp".
    EXECUTE (
        SELECT string_agg(format('DROP %s %I', CASE WHEN t.is_view THEN 'VIEW' ELSE 'TABLE' END, t.name), '; '
                   ORDER BY t.place DESC)
        FROM analytics_internal.layout_tables() t);
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_template() IS 'Drops what make_template() made';

-- Rows that do not fit a new shape come from the sources again. Rollups stand for themselves, and after an upgrade everything is pending;
-- else what is derived is one whole, since the keys of one table stand in others.
CREATE FUNCTION analytics_internal.empty_reshaped(template regnamespace) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reshaped constant text[] := array_agg(DISTINCT c.table_name ORDER BY c.table_name) FROM analytics_internal.layout_changes(template) c
        WHERE c.must_rebuild AND analytics_internal.is_derived(c.table_name);
BEGIN
    IF reshaped IS NULL THEN
        RETURN;
    END IF;
    RAISE NOTICE 'emptied, for the next refresh to fill again, because of the shape of %', array_to_string(reshaped, ', ');
    EXECUTE (
        SELECT string_agg('TRUNCATE warehouse.' || quote_ident(c.relname), '; ')
        FROM pg_class c
        WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p') AND analytics_internal.is_derived(c.relname)
          AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
          AND (c.relname = ANY (reshaped)
               OR EXISTS (SELECT FROM unnest(reshaped) r WHERE r ~ '^fact_' OR r !~ '_(daily|span|model|post)$|^(customer|pending)_')));
END
$$;
COMMENT ON FUNCTION analytics_internal.empty_reshaped(regnamespace) IS 'Empties derived tables whose rows do not fit their new shape';

CREATE FUNCTION analytics_internal.apply_changes(template regnamespace) RETURNS int
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    change record;
    changes int := 0;
BEGIN
    -- Views stand on columns whose type may change: those of ours that hold on to one are made again by upgrade_views().
    IF EXISTS (SELECT FROM analytics_internal.layout_changes(template) c WHERE c.what LIKE 'column % becomes %') THEN
        PERFORM analytics_internal.drop_views((SELECT array_agg(t.name) FROM analytics_internal.layout_tables() t WHERE t.is_view));
    END IF;
    -- Twice: what belongs to a new table shows once it is there.
    FOR pass IN 1 .. 2 LOOP
        FOR change IN
            SELECT c.*
            FROM analytics_internal.layout_changes(template) c
            ORDER BY c.place, c.table_name, c.column_place, c.statement
        LOOP
            IF change.what IS NOT NULL AND pass = 1 THEN
                RAISE NOTICE '%', change.what;
            END IF;
            EXECUTE change.statement;
            changes := changes + 1;
        END LOOP;
    END LOOP;
    RETURN changes;
END
$$;
COMMENT ON FUNCTION analytics_internal.apply_changes(regnamespace) IS
'Brings the tables of the warehouse to the layout of a template
Returns how many changes that took.';

CREATE FUNCTION analytics_internal.grant_new_tables() RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics.grant_access(g.grantee, CASE WHEN g.writes THEN 'writer' WHEN g.reads_names THEN 'reader' ELSE 'analyst' END)
    FROM (
        SELECT a.grantee::regrole, bool_or(a.privilege_type = 'INSERT') AS writes,
               -- Only analysts have columns of a table that they do not have whole; new tables nobody has yet.
               NOT EXISTS (
                   SELECT FROM analytics_internal.personal_data() p
                   JOIN pg_attribute n ON n.attrelid = p.relation
                   CROSS JOIN LATERAL aclexplode(n.attacl) x
                   WHERE x.grantee = a.grantee AND x.privilege_type = 'SELECT'
                     AND NOT EXISTS (
                         SELECT FROM pg_class t
                         CROSS JOIN LATERAL aclexplode(t.relacl) y
                         WHERE t.oid = p.relation AND y.grantee = a.grantee AND y.privilege_type = 'SELECT')
               ) AS reads_names
        FROM pg_class c
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = 'warehouse.settings'::regclass AND a.grantee NOT IN (0, c.relowner)
        GROUP BY a.grantee
    ) g
$$;
COMMENT ON FUNCTION analytics_internal.grant_new_tables() IS
'Lets those who read or write the tables that were there do so with the new ones';

CREATE FUNCTION analytics_internal.mark_warehouse() RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.source_watermark w SET definition = '';
    SELECT analytics_internal.mark_all_pending(b.business_id) FROM (SELECT DISTINCT w.business_id FROM warehouse.source_watermark w) b;
    -- Readers add spans to days: until then they must belong together.
    SELECT analytics_internal.roll_up_spans(b.business_id) FROM (SELECT DISTINCT w.business_id FROM warehouse.source_watermark w) b;
$$;
COMMENT ON FUNCTION analytics_internal.mark_warehouse() IS 'Has the next refresh read and derive everything';

-- What it makes is its caller's, and the warehouse must be one role's alone.
CREATE FUNCTION analytics_internal.check_upgrader() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner constant regrole := analytics_internal.warehouse_owner();
    foreign_functions constant text := string_agg(format('%s of role %s', p.oid::regprocedure, p.proowner::regrole), E'\n')
        FROM pg_proc p WHERE p.pronamespace = 'warehouse'::regnamespace AND p.proowner <> owner;
BEGIN
    IF owner <> analytics_internal.caller() THEN
        RAISE EXCEPTION 'the warehouse belongs to role %', owner USING ERRCODE = 'insufficient_privilege',
            HINT = format('Upgrade it as its owner: SET ROLE %s.', owner);
    ELSIF foreign_functions IS NOT NULL THEN
        -- Views are made with that schema in the search_path.
        RAISE EXCEPTION 'schema "warehouse" has functions of other roles' USING ERRCODE = 'insufficient_privilege',
            DETAIL = foreign_functions, HINT = 'Drop them or move them to another schema.';
    END IF;
    PERFORM analytics_internal.check_ownership();
END
$$;
COMMENT ON FUNCTION analytics_internal.check_upgrader() IS
'Raises 42501 for whoever does not own the warehouse, or is not alone in it';

-- A new version may bring a table whose name the user has given to one of his own.
CREATE FUNCTION analytics_internal.check_adopted(template regnamespace) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken constant text := string_agg(DISTINCT w.table_name, ', ')
        FROM analytics_internal.layout_columns(template) w
        JOIN pg_class c ON c.relnamespace = 'warehouse'::regnamespace AND c.relname = w.table_name
        WHERE w.not_null AND w.default_value IS NULL AND w.identity = '' AND obj_description(c.oid, 'pg_class') IS NULL
          AND NOT EXISTS (
              SELECT FROM analytics_internal.layout_columns('warehouse') p
              WHERE p.table_name = w.table_name AND p.column_name = w.column_name);
BEGIN
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'schema "warehouse" has tables of your own under names that this version needs'
            USING ERRCODE = 'duplicate_table', DETAIL = format('Taken: %s.', taken),
                  HINT = 'Rename or move these tables, then run SELECT analytics.upgrade_warehouse() again.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_adopted(regnamespace) IS
'Raises 42P07 for a table of the user''s under a name of the layout
The tables of all layouts have comments, except for lists that were taken over whole.';

CREATE FUNCTION analytics.upgrade_warehouse() RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    template regnamespace;
    changes int;
    policies int := 0;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_upgrader(), analytics_internal.lock_refreshes();
    -- A key that is still to be one is no other layout.
    PERFORM analytics_internal.adopt_keys();
    changes := analytics_internal.rename_tables();
    template := analytics_internal.make_template();
    PERFORM analytics_internal.check_adopted(template);
    PERFORM analytics_internal.empty_reshaped(template);
    changes := changes + analytics_internal.drop_former() + analytics_internal.apply_changes(template)
        + analytics_internal.upgrade_views(template);
    PERFORM analytics_internal.drop_template(), analytics_internal.continue_source_ids(),
            analytics_internal.identify_sources();
    IF analytics_internal.is_row_security_on() THEN
        policies := analytics_internal.enable_row_security();
    END IF;
    IF changes = 0 AND analytics_internal.is_current_layout() THEN
        RETURN CASE WHEN policies > 0 THEN 'row security enabled' ELSE 'already up to date' END;
    END IF;
    UPDATE warehouse.layout l SET version = analytics_internal.layout_version();
    PERFORM analytics_internal.grant_new_tables(), analytics_internal.mark_warehouse();
    RAISE NOTICE 'the next refresh reads all sources again';
    RETURN 'upgraded';
END
$$;
COMMENT ON FUNCTION analytics.upgrade_warehouse() IS
'Brings the tables of an older warehouse to the layout of this version
Adds what is missing and changes what differs, each with a notice; settings, logs and histories stay, and so do tables, columns and indexes
of your own. Where rows of facts or dimensions cannot stay they are emptied, for the next refresh to fill: it reads all sources again in any
case. Run it as the owner of the warehouse (42501 for others) after ALTER EXTENSION pg_marketing UPDATE; where nothing differs it does
nothing.';
