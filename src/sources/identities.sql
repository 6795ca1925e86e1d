-- Ids that are one client: merged contacts, and visitors who became known. A fact belongs to the client that its id stands for today
-- (client_key, client_bucket) and keeps the id that it came with where that is another one (own_client_id), so that what was joined can
-- come apart again.

CREATE FUNCTION analytics_internal.is_of_clients(entity analytics.entity) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = format('warehouse.%I', entity.target)::regclass AND a.attname = 'own_client_id' AND NOT a.attisdropped)
$$;
COMMENT ON FUNCTION analytics_internal.is_of_clients(analytics.entity) IS 'Whether the rows of an entity are facts of a client';

CREATE FUNCTION analytics_internal.identify_stage(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    ALTER TABLE pg_temp.stage ADD COLUMN own_client_id text;
    -- Without links a long stage is not even looked at.
    IF EXISTS (SELECT FROM warehouse.dim_identities i WHERE i.business_id = identify_stage.business_id) THEN
        UPDATE pg_temp.stage s
        SET client_id = i.canonical_id, own_client_id = s.client_id
        FROM warehouse.dim_identities i
        WHERE i.business_id = identify_stage.business_id AND i.client_id = s.client_id AND i.canonical_id <> s.client_id;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.identify_stage(bigint) IS
'Puts the client that an id stands for into pg_temp.stage, and keeps the id';

-- The numbers of the ids are such that the least of a client is the one to keep.
CREATE FUNCTION analytics_internal.number_identities(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('identity', 'identity_link', 'named_link');
    CREATE TEMP TABLE named_link ON COMMIT DROP AS
    SELECT DISTINCT l.client_id, l.same_as
    FROM (
        SELECT l.client_id, l.same_as, l.since, max(l.since) OVER (PARTITION BY l.client_id) AS latest
        FROM warehouse.source_identities l
        WHERE l.business_id = number_identities.business_id
    ) l
    -- A device that changed hands is its last owner's; a merger is for ever.
    WHERE l.client_id <> l.same_as AND (l.since IS NULL OR l.since = l.latest);
    CREATE TEMP TABLE identity ON COMMIT DROP AS
    SELECT n.client_id, n.number, n.number AS root
    FROM (
        -- What no link calls another one's comes first.
        SELECT i.client_id, row_number() OVER (ORDER BY bool_or(i.is_other), i.client_id COLLATE "C") AS number
        FROM (
            SELECT l.client_id, true AS is_other FROM pg_temp.named_link l
            UNION ALL
            SELECT l.same_as, false FROM pg_temp.named_link l
        ) i
        GROUP BY i.client_id
    ) n;
    CREATE UNIQUE INDEX ON pg_temp.identity (number);
    ANALYZE pg_temp.identity;
    CREATE TEMP TABLE identity_link ON COMMIT DROP AS
    SELECT a.number AS one, b.number AS other
    FROM pg_temp.named_link l
    JOIN pg_temp.identity a ON a.client_id = l.client_id
    JOIN pg_temp.identity b ON b.client_id = l.same_as;
    ANALYZE pg_temp.identity_link;
END
$$;
COMMENT ON FUNCTION analytics_internal.number_identities(bigint) IS
'Makes pg_temp.identity of all ids that links name, and pg_temp.identity_link';

-- Trees of ids, each pointing to a lesser one: as long as a link connects two roots the greater is hung below the lesser, and then all
-- point to their root at once. Roots only ever fall, so that it ends; each round leaves no root that has a lesser neighbour.
CREATE FUNCTION analytics_internal.join_identities() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOOP
        UPDATE pg_temp.identity i
        SET root = h.root
        FROM (
            SELECT GREATEST(a.root, b.root) AS number, min(LEAST(a.root, b.root)) AS root
            FROM pg_temp.identity_link l
            JOIN pg_temp.identity a ON a.number = l.one
            JOIN pg_temp.identity b ON b.number = l.other
            WHERE a.root <> b.root
            GROUP BY 1
        ) h
        WHERE i.number = h.number;
        EXIT WHEN NOT FOUND;
        LOOP
            UPDATE pg_temp.identity i
            SET root = p.root
            FROM pg_temp.identity p
            WHERE p.number = i.root AND p.root <> i.root;
            EXIT WHEN NOT FOUND;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.join_identities() IS 'Gives the ids of pg_temp.identity that links connect one root, their least';

-- Taken out and put in again, not updated: a fact that changes its client_bucket may have to go to another table, or to another node.
CREATE FUNCTION analytics_internal.move_facts(business_id bigint, target text, moved text, condition text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key constant text[] := analytics_internal.table_key(target);
    columns text[];
    changing text[];
BEGIN
    SELECT array_agg(a.attname::text ORDER BY a.attnum),
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (
               WHERE a.attname IN ('client_key', 'client_bucket', 'own_client_id') AND a.attname IN (
                   SELECT m.attname FROM pg_attribute m WHERE m.attrelid = format('pg_temp.%I', moved)::regclass))
    INTO columns, changing
    FROM pg_attribute a
    WHERE a.attrelid = format('warehouse.%I', target)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    PERFORM analytics_internal.drop_temporary('moved_fact');
    EXECUTE format($sql$
        CREATE TEMP TABLE moved_fact ON COMMIT DROP AS
        SELECT f.client_bucket AS old_client_bucket, %s
        FROM warehouse.%I f
        JOIN pg_temp.%I m ON %s
        WHERE f.business_id = %s$sql$,
        (SELECT string_agg(format(CASE WHEN c = ANY (changing) THEN 'm.%I' ELSE 'f.%I' END, c), ', ') FROM unnest(columns) c),
        target, moved, condition, move_facts.business_id);
    EXECUTE format($sql$
        DELETE FROM warehouse.%I f
        USING pg_temp.moved_fact m
        WHERE f.client_bucket = m.old_client_bucket AND %s$sql$,
        target, analytics_internal.each_name(array_remove(key, 'client_bucket'), 'f.%1$I = m.%1$I', ' AND '));
    EXECUTE format('INSERT INTO warehouse.%1$I (%2$s) SELECT %2$s FROM pg_temp.moved_fact', target,
        analytics_internal.each_name(columns, '%1$I'));
END
$$;
COMMENT ON FUNCTION analytics_internal.move_facts(bigint, text, text, text) IS
'Gives facts to other clients, as a working table says
moved: the working table (alias m), with client_key, client_bucket and, where it is to change, own_client_id, as facts are to have them.
condition: which of the facts (alias f) a row of it is about.';

-- Leads and credits go with their events and contracts: the journeys of the two clients may be derived in different batches, and a row
-- that one of them makes must not meet the same row of the other.
CREATE FUNCTION analytics_internal.move_results(business_id bigint, target text, origin text, id text, origin_id text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('moved_origin');
    EXECUTE format($sql$
        CREATE TEMP TABLE moved_origin ON COMMIT DROP AS
        SELECT DISTINCT o.source_id, o.%I AS id, o.client_key, o.client_bucket, m.old_client_key
        FROM warehouse.%I o
        JOIN pg_temp.moved_identity m ON m.client_key = o.client_key
        WHERE o.business_id = %s$sql$, origin_id, origin, move_results.business_id);
    PERFORM analytics_internal.move_facts(move_results.business_id, target, 'moved_origin',
        format('f.client_key = m.old_client_key AND f.source_id = m.source_id AND f.%I = m.id AND f.client_key <> m.client_key', id));
END
$$;
COMMENT ON FUNCTION analytics_internal.move_results(bigint, text, text, text, text) IS
'Gives leads or credits of moved events or contracts to the clients of these
target: the table of leads or credits, whose column id is the column origin_id of the table origin.';

CREATE FUNCTION analytics_internal.move_clients(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('moved_identity');
    CREATE TEMP TABLE moved_identity ON COMMIT DROP AS
    SELECT m.*, o.client_key AS old_client_key, NULL::bigint AS client_key,
           analytics_internal.client_bucket(move_clients.business_id, m.canonical_id) AS client_bucket,
           NULLIF(m.client_id, m.canonical_id) AS own_client_id
    FROM (
        -- An id of no link stands for itself.
        SELECT c.client_id, COALESCE(c.old_canonical_id, c.client_id) AS old_canonical_id,
               COALESCE(c.canonical_id, c.client_id) AS canonical_id
        FROM pg_temp.change c
    ) m
    -- Who is not there has no facts.
    JOIN warehouse.dim_clients o ON o.business_id = move_clients.business_id AND o.client_id = m.old_canonical_id
    WHERE m.canonical_id <> m.old_canonical_id;
    INSERT INTO warehouse.dim_clients (business_id, client_bucket, client_id)
    SELECT DISTINCT move_clients.business_id, m.client_bucket, m.canonical_id COLLATE "C"
    FROM pg_temp.moved_identity m
    WHERE NOT EXISTS (
        SELECT FROM warehouse.dim_clients d WHERE d.business_id = move_clients.business_id AND d.client_id = m.canonical_id)
    ORDER BY 3;
    UPDATE pg_temp.moved_identity m
    SET client_key = d.client_key
    FROM warehouse.dim_clients d
    WHERE d.business_id = move_clients.business_id AND d.client_id = m.canonical_id;
    ANALYZE pg_temp.moved_identity;
    PERFORM analytics_internal.move_facts(move_clients.business_id, t.target, 'moved_identity', $sql$
        f.client_key = m.old_client_key AND COALESCE(f.own_client_id, m.old_canonical_id) = m.client_id$sql$)
    FROM analytics.entity t
    WHERE analytics_internal.is_of_clients(t);
    PERFORM analytics_internal.move_results(move_clients.business_id, 'fact_leads', 'fact_events', 'lead_id', 'event_id'),
            analytics_internal.move_results(move_clients.business_id, 'fact_contract_credit', 'fact_contracts', 'contract_id',
                'contract_id');
    -- Both: also who has nothing left, and is forgotten.
    INSERT INTO warehouse.pending_client
    SELECT DISTINCT move_clients.business_id, v.client_key
    FROM pg_temp.moved_identity m
    CROSS JOIN LATERAL (VALUES (m.client_key), (m.old_client_key)) v (client_key)
    ON CONFLICT DO NOTHING;
    -- Rollups of touches know whose they are.
    INSERT INTO warehouse.pending_day
    SELECT DISTINCT e.business_id, 'events', e.event_date
    FROM pg_temp.moved_identity m
    JOIN warehouse.fact_events e ON e.client_key = m.client_key AND COALESCE(e.own_client_id, m.canonical_id) = m.client_id
    WHERE e.business_id = move_clients.business_id
    ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.pending_day
    SELECT p.business_id, 'values', '-infinity'
    FROM warehouse.customer_population p
    WHERE p.business_id = move_clients.business_id AND EXISTS (SELECT FROM pg_temp.moved_identity)
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION analytics_internal.move_clients(bigint) IS
'Gives facts to other clients where pg_temp.change has ids that stand for others
Marks the clients that lose some and those that get them, and the days of their touches.';

CREATE FUNCTION analytics_internal.mark_identities(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.change) THEN
        RETURN;
    END IF;
    PERFORM analytics_internal.number_identities(mark_identities.business_id), analytics_internal.join_identities();
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT mark_identities.business_id, i.client_id, r.client_id AS canonical_id
    FROM pg_temp.identity i
    JOIN pg_temp.identity r ON r.number = i.root;
    PERFORM analytics_internal.merge_table(mark_identities.business_id, 'dim_identities'),
            analytics_internal.move_clients(mark_identities.business_id);
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_identities(bigint) IS
'Finds out again which ids are one client, where pg_temp.change has links
All links are looked at, and the facts of those ids alone that stand for another client than before.';
