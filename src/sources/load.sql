-- From a registered relation into facts and dimensions. Each source goes through the same four steps, completely or for the part of it
-- that may have changed (refresh.sql decides which):
--   stage_source  reads it once into pg_temp.stage: canonical columns, and for a bad row its reason and the whole source row;
--   settle_stage  takes out repeated rows, checks what is particular to the entity, writes the quarantine;
--   load_<entity>, or load_rows where a row is stored as it came, shapes pg_temp.shaped, a table of the target's columns;
--   merge_table   makes the target equal to it and remembers which clients or days changed.

-- The parts of one merge or load that the log reports.
CREATE TYPE analytics_internal.load_counts AS (
    rows_read bigint, inserted bigint, updated bigint, unchanged bigint, deleted bigint, deduplicated bigint, rejected bigint
);
COMMENT ON TYPE analytics_internal.load_counts IS 'How the rows of one refresh step were accounted for';

CREATE FUNCTION analytics_internal.drop_temporary(name text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regclass('pg_temp.' || quote_ident(name)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE pg_temp.%I', name);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_temporary(text) IS 'Drops a working table of this session if it is there';

-- Two refreshes of different businesses meet here: one that is still open would hold the other up, so the second goes without.
CREATE FUNCTION analytics_internal.analyze_own(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = error SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = relation), 'USAGE') THEN
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', relation);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.analyze_own(regclass) IS 'Analyses a table, where the caller owns it and nobody else is at it';

CREATE FUNCTION analytics_internal.known_rows(relation regclass, business_id bigint) RETURNS double precision
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST(c.reltuples, 0) * COALESCE(
        s.most_common_freqs[array_position(s.most_common_vals::text::bigint[], known_rows.business_id)],
        (1 - m.share) / NULLIF(CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE s.n_distinct END - m.businesses, 0), 0)
    FROM pg_class c
    LEFT JOIN pg_stats s ON s.schemaname = c.relnamespace::regnamespace::text AND s.tablename = c.relname AND s.attname = 'business_id' AND NOT s.inherited
    CROSS JOIN LATERAL (SELECT count(*) AS businesses, COALESCE(sum(f), 0) AS share FROM unnest(s.most_common_freqs) f) m
    WHERE c.oid = known_rows.relation
$$;
COMMENT ON FUNCTION analytics_internal.known_rows(regclass, bigint) IS 'How many rows of a business the planner expects in a table';

-- By statistics that call a table empty, as autovacuum leaves them where a source was dropped, or that know nothing of a business which
-- came since, the steps to come would compare each of its rows with each.
CREATE FUNCTION analytics_internal.analyze_grown(relation regclass, business_id bigint, changed bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF changed > 50 AND (changed > 50 + 0.2 * (SELECT GREATEST(c.reltuples, 0) FROM pg_class c WHERE c.oid = relation)
        OR changed > 1000 + 0.2 * analytics_internal.known_rows(relation, business_id)) THEN
        PERFORM analytics_internal.analyze_own(relation);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.analyze_grown(regclass, bigint, bigint) IS
'Analyses a table after many changes, by all its rows or by those of the business';

CREATE FUNCTION analytics_internal.client_bucket(business_id bigint, client_id text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (pg_catalog.hashtextextended(client_id, business_id) & 1023)::smallint $$;
COMMENT ON FUNCTION analytics_internal.client_bucket(bigint, text) IS 'Bucket 0..1023 of a client: the unit of distribution';

CREATE FUNCTION analytics_internal.merge_table(target text, key text[], insert_only text[] DEFAULT '{}', scope text DEFAULT NULL,
    pending text[] DEFAULT '{}', shaped text DEFAULT 'pg_temp.shaped', keep text[] DEFAULT '{}') RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
    same_key constant text := string_agg(format('t.%1$I = d.%2$I', k, 'old_' || k), ' AND ') FROM unnest(key) k;
    -- Rows that get a number get it in an order that no plan chooses: the bootstrap draws by the number of a client.
    in_order constant text := 'ORDER BY ' || string_agg(format('d.%I::text COLLATE "C"', k), ', ') FROM unnest(key) k
        WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target::regclass AND a.attidentity <> '');
    all_columns text;
    compared text[];
    met boolean;
    business bigint;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
           COALESCE(array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attname <> ALL (key || insert_only)), '{}')
    INTO all_columns, compared
    FROM pg_attribute a WHERE a.attrelid = shaped::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    -- The plans below follow the number of rows: a few are looked up in the target, many are joined with it.
    EXECUTE format('ANALYZE %s (%s)', shaped, array_to_string(key, ', '));
    EXECUTE format('SELECT count(*) FROM %s', shaped) INTO counts.rows_read;
    -- Many rows are not compared where there is nothing to compare them with. Counted, since EXISTS is planned for a match at first sight,
    -- and finding none can take for ever.
    met := counts.rows_read <= 100000;
    IF NOT met THEN
        EXECUTE format('SELECT count(*) > 0 FROM %s t WHERE %s', target, COALESCE(scope, 'true')) INTO met;
    END IF;

    IF met THEN
        PERFORM analytics_internal.drop_temporary('diff');
        EXECUTE format('CREATE TEMP TABLE diff ON COMMIT DROP AS
            SELECT s.*, %1$s FROM %2$s s FULL JOIN (SELECT * FROM %3$s t WHERE %4$s) t ON %5$s WHERE s.%6$I IS NULL OR t.%6$I IS NULL OR %7$s',
            (SELECT string_agg(format('t.%I AS %I', c, 'old_' || c), ', ')
             FROM (SELECT DISTINCT unnest(key || pending || keep)) c (c)),
            shaped, target, COALESCE(scope, 'true'),
            (SELECT string_agg(format('s.%1$I = t.%1$I', k), ' AND ') FROM unnest(key) k), key[1],
            CASE WHEN compared = '{}' THEN 'false' ELSE format('(%s) IS DISTINCT FROM (%s)',
                (SELECT string_agg(format('s.%I', c), ', ') FROM unnest(compared) c),
                (SELECT string_agg(format('t.%I', c), ', ') FROM unnest(compared) c)) END);
        EXECUTE format('ANALYZE pg_temp.diff (old_%s)', array_to_string(key, ', old_'));
        EXECUTE format('SELECT count(*) FILTER (WHERE d.%2$I IS NULL), count(*) FILTER (WHERE d.%1$I IS NULL),
            count(*) FILTER (WHERE d.%1$I IS NOT NULL AND d.%2$I IS NOT NULL) FROM pg_temp.diff d', key[1], 'old_' || key[1])
        INTO counts.inserted, counts.deleted, counts.updated;
        IF counts.deleted > 0 THEN
            EXECUTE format('DELETE FROM %s t USING pg_temp.diff d WHERE d.%I IS NULL AND %s', target, key[1], same_key);
        END IF;
        IF counts.updated > 0 THEN
            EXECUTE format('UPDATE %s t SET %s FROM pg_temp.diff d WHERE d.%I IS NOT NULL AND %s', target,
                (SELECT string_agg(format('%1$I = d.%1$I', c), ', ') FROM unnest(compared) c), key[1], same_key);
        END IF;
        IF counts.inserted > 0 THEN
            EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM pg_temp.diff d WHERE d.%3$I IS NULL %4$s', target, all_columns, 'old_' || key[1], in_order);
        END IF;
    ELSE
        EXECUTE format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM %3$s d %4$s', target, all_columns, shaped, in_order);
        counts.inserted := counts.rows_read;
    END IF;
    counts.unchanged := counts.rows_read - counts.inserted - counts.updated;
    PERFORM analytics_internal.mark_pending(p, CASE WHEN met THEN 'pg_temp.diff' ELSE shaped END, met) FROM unnest(pending) p;
    EXECUTE format('SELECT s.business_id FROM %s s LIMIT 1', shaped) INTO business;
    PERFORM analytics_internal.analyze_grown(target, business, counts.inserted + counts.updated + counts.deleted);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.merge_table(text, text[], text[], text, text[], text, text[]) IS
'Makes a table equal to pg_temp.shaped within a scope; writes only what differs
target: qualified table name. key: its unique columns, none of them NULL, the first of them business_id. insert_only: columns that a later step owns, given on insert and left alone after. scope: condition on the target (alias t) that the shaped rows cover completely; rows of the target in it that they lack are deleted. pending: what marks for derivation, by its old and new values: client_key, a date, or of content content_id and published_at. shaped: the working table, where it has another name. keep: columns whose old values pending needs, too.';

CREATE FUNCTION analytics_internal.mark_pending(changed_column text, changes text, with_old boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF changed_column = 'content_id' THEN
        PERFORM analytics_internal.mark_readings(changes, with_old);
        RETURN;
    ELSIF changed_column = 'published_at' THEN
        PERFORM analytics_internal.mark_posts(changes, with_old);
        RETURN;
    ELSIF changed_column = 'created_date' THEN
        PERFORM analytics_internal.mark_leads(changes, with_old);
        RETURN;
    END IF;
    EXECUTE format('INSERT INTO warehouse.%s AS p SELECT DISTINCT %s, %s v.value FROM %s d, LATERAL (VALUES (d.%I)%s) v (value)
        WHERE v.value IS NOT NULL %s',
        CASE changed_column WHEN 'client_key' THEN 'pending_client' ELSE 'pending_day' END,
        CASE WHEN with_old THEN 'COALESCE(d.business_id, d.old_business_id)' ELSE 'd.business_id' END,
        CASE changed_column WHEN 'client_key' THEN '' WHEN 'event_date' THEN '''events'',' ELSE '''results'',' END,
        changes, changed_column, CASE WHEN with_old THEN format(', (d.%I)', 'old_' || changed_column) END,
        CASE changed_column WHEN 'client_key' THEN 'ON CONFLICT DO NOTHING'
                            ELSE 'ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole' END);
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_pending(text, text, boolean) IS
'Marks the clients or days of changed rows for derivation
changed_column: client_key or a date; that of leads marks what they change, and not their days; content_id of readings and published_at of posts. changes: the working table. with_old: it also has what the column was before, as old_<column>.';

-- Neither the reading of a raw table nor the hash of a rejected row may depend on the session's settings.
CREATE FUNCTION analytics_internal.stage_source(source analytics.source, slice text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation constant regclass := source.relation::regclass;
    kept text;
    outputs text;
    reasons text;
    -- What json holds need not be fit for jsonb (\u0000, half of a surrogate pair), so that such columns are kept as the text they are.
    source_row constant text := CASE WHEN bool_or(a.is_json) THEN format('(SELECT to_jsonb(j) FROM (SELECT %s) j)',
            string_agg(format(CASE WHEN a.is_json THEN '_source.%1$I::text AS %1$I' ELSE '_source.%1$I' END, a.attname), ', ' ORDER BY a.attnum))
            ELSE 'to_jsonb(_source)' END
        FROM (SELECT c.attname, c.attnum, c.atttypid IN ('json'::regtype, 'json[]'::regtype)
                  -- It may be inside of these.
                  OR t.typtype = 'c' OR t.typtype = 'd' AND t.typcategory IN ('U', 'A') OR e.typtype IN ('c', 'd') AS is_json
              FROM pg_attribute c JOIN pg_type t ON t.oid = c.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
              WHERE c.attrelid = relation AND c.attnum > 0 AND NOT c.attisdropped) a;
    n bigint;
BEGIN
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    SELECT string_agg(format('v.%I', c.name), ', ' ORDER BY c.position),
           string_agg(format('%s AS %I', k.sql, c.name)
               -- Text that was there and could not be read, for the reason.
               || CASE WHEN m.name IS NOT NULL AND c.kind NOT IN ('key', 'label', 'platform', 'text') THEN format(
                   ', CASE WHEN (%1$s) IS NULL AND btrim((%2$s)::text) <> '''' THEN left((%2$s)::text, 80) END AS %3$I',
                   m.conversion, m.expression, 'unread_' || c.name) ELSE '' END, ', ' ORDER BY c.position),
           string_agg(checks.sql, ' ' ORDER BY c.position)
    INTO kept, outputs, reasons
    FROM analytics.entity_column c
    LEFT JOIN analytics_internal.current_mapping(source) m ON m.name = c.name
    CROSS JOIN LATERAL (
        SELECT CASE c.kind WHEN 'timestamp' THEN 'timestamptz' WHEN 'date' THEN 'date' WHEN 'boolean' THEN 'boolean'
                           WHEN 'number' THEN 'numeric' WHEN 'count' THEN 'numeric' ELSE 'text' END
    ) t (sql_type)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.default_value IS NULL THEN COALESCE(m.conversion, 'NULL::' || t.sql_type)
                    ELSE format('COALESCE(%s, %L::%s)', COALESCE(m.conversion, 'NULL'), c.default_value, t.sql_type) END
    ) k (sql)
    -- One CASE branch per way in which a value can be bad; the first that applies is the row's reason.
    LEFT JOIN LATERAL (
        SELECT concat_ws(' ',
            CASE WHEN c.kind NOT IN ('key', 'label', 'platform', 'text') THEN format(
                'WHEN v.%1$I IS NOT NULL THEN format(%2$L, v.%1$I)', 'unread_' || c.name, c.name || ': cannot read "%s" as a ' || c.kind) END,
            CASE WHEN c.not_null THEN format('WHEN v.%1$I IS NULL THEN %2$L', c.name, c.name || ' is missing') END,
            CASE WHEN c.kind = 'key' THEN format('WHEN octet_length(v.%1$I) > 256 THEN %2$L', c.name, c.name || ' is longer than 256 bytes') END,
            CASE WHEN c.kind IN ('date', 'timestamp') THEN format(
                'WHEN v.%1$I < ''1900-01-01'' OR v.%1$I >= ''2200-01-01'' THEN format(%2$L, v.%1$I)', c.name, c.name || ' %s is not between 1900 and 2200') END,
            CASE WHEN c.kind IN ('number', 'count') THEN format(
                'WHEN NOT (abs(v.%1$I) < 1e13) THEN format(%2$L, left(v.%1$I::text, 40))', c.name, c.name || ' %s is out of range') END,
            CASE WHEN c.minimum IS NOT NULL THEN format(
                'WHEN v.%1$I < %2$s THEN format(%3$L, v.%1$I)', c.name, c.minimum, c.name || ' %s is below ' || c.minimum) END,
            CASE WHEN c.kind = 'count' THEN format(
                'WHEN v.%1$I <> trunc(v.%1$I) THEN format(%2$L, v.%1$I)', c.name, c.name || ' %s is not a whole number') END)
    ) checks (sql) ON m.name IS NOT NULL
    WHERE c.entity = source.entity;

    PERFORM analytics_internal.drop_temporary('stage');
    EXECUTE format($sql$
        CREATE TEMP TABLE stage ON COMMIT DROP AS
        SELECT row_number() OVER () AS stage_no, %s, r.reject_reason,
               CASE WHEN r.reject_reason IS NOT NULL THEN %s END AS source_row,
               -- Counted in the same snapshot as the slice is read in.
               %s AS source_total
        FROM (SELECT * FROM %s WHERE %s) AS _source
        CROSS JOIN LATERAL (SELECT %s OFFSET 0) v
        CROSS JOIN LATERAL (SELECT CASE %s END AS reject_reason OFFSET 0) r
        $sql$, kept, source_row, CASE WHEN slice IS NULL THEN 'NULL::bigint' ELSE format('(SELECT count(*) FROM %s)', relation) END,
        relation, COALESCE(slice, 'true'), outputs, reasons);
    GET DIAGNOSTICS n = ROW_COUNT;
    -- What the steps to come group and join by.
    EXECUTE 'ANALYZE pg_temp.stage (reject_reason, ' || array_to_string(ARRAY(
        SELECT c.name FROM analytics.entity_column c WHERE c.entity = source.entity AND c.kind IN ('key', 'platform', 'date')), ', ') || ')';
    RETURN n;
END
$$;
COMMENT ON FUNCTION analytics_internal.stage_source(analytics.source, text) IS
'Reads a source into pg_temp.stage: canonical columns, reject_reason, source_row
slice: condition on the rows of the source that are wanted, NULL for all. Returns the number of rows read. A row that cannot be used has its reason and the whole source row; the others have neither.';

CREATE FUNCTION analytics_internal.settle_stage(source analytics.source, key text[], run_id bigint, complete boolean) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts;
    key_list constant text := (SELECT string_agg(quote_ident(k), ', ') FROM unnest(key) k);
    -- What is long is told apart by its hash.
    key_text constant text := (SELECT format('(SELECT CASE WHEN length(k) <= 256 THEN k ELSE left(k, 223) || '' '' || md5(k) END
            FROM (SELECT NULLIF(regexp_replace(concat_ws('', '', %s), ''(, )+$'', ''''), '''')) t (k))',
        string_agg(format('COALESCE(%I::text, '''')', k), ', ')) FROM unnest(key) k);
    part text := '';
BEGIN
    -- Of rows with one key the newest is kept. The rest are copies or older versions; where neither can be said, they are refused.
    EXECUTE format($sql$
        WITH repeated AS (
            SELECT %1$s FROM pg_temp.stage WHERE reject_reason IS NULL GROUP BY %1$s HAVING count(*) > 1
        ), versions AS (
            SELECT s.stage_no, c.content, s.updated_at,
                   row_number() OVER w AS place, first_value(c.content) OVER w AS kept_content,
                   first_value(s.updated_at) OVER w AS kept_updated_at
            FROM pg_temp.stage s JOIN repeated USING (%1$s),
                 LATERAL (SELECT to_jsonb(s) - '{stage_no,reject_reason,source_row,source_total}'::text[] AS content OFFSET 0) c
            WHERE s.reject_reason IS NULL
            WINDOW w AS (PARTITION BY %1$s ORDER BY s.updated_at DESC NULLS LAST, c.content DESC)
        ), superseded AS (
            DELETE FROM pg_temp.stage s USING versions v
            WHERE s.stage_no = v.stage_no AND v.place > 1
              AND (v.content = v.kept_content OR v.kept_updated_at IS NOT NULL AND v.updated_at IS DISTINCT FROM v.kept_updated_at)
            RETURNING 1
        ), refused AS (
            UPDATE pg_temp.stage s
            SET reject_reason = %2$L, source_row = v.content
            FROM versions v
            WHERE s.stage_no = v.stage_no AND v.place > 1 AND v.content <> v.kept_content
              AND (v.kept_updated_at IS NULL OR v.updated_at IS NOT DISTINCT FROM v.kept_updated_at)
        )
        SELECT count(*) FROM superseded
        $sql$, key_list, array_to_string(key, ', ') || ' is not unique: a row with the same key and other content was kept')
    INTO counts.deduplicated;

    PERFORM analytics_internal.drop_temporary('shaped');
    EXECUTE format($sql$
        CREATE TEMP TABLE shaped ON COMMIT DROP AS
        SELECT $1::bigint AS business_id, $2::bigint AS source_id, md5(reject_reason || source_row::text) AS row_hash,
               $3::text AS entity, min(%s) AS row_key, min(reject_reason) AS reason,
               (array_agg(source_row))[1] AS source_row, count(*) AS occurrences, $4::bigint AS run_id
        FROM pg_temp.stage WHERE reject_reason IS NOT NULL GROUP BY row_hash
        $sql$, key_text)
    USING source.business_id, source.source_id, source.entity, run_id;
    IF NOT EXISTS (SELECT FROM pg_temp.shaped) AND NOT EXISTS (
        SELECT FROM warehouse.rejected_rows r WHERE r.business_id = source.business_id AND r.source_id = source.source_id) THEN
        counts.rejected := 0;
        RETURN counts;
    END IF;
    -- What was refused before stands until the source is read completely, or the row with that key comes again. Rows that lack a part of
    -- their key are known by their content alone.
    IF NOT complete THEN
        PERFORM analytics_internal.drop_temporary('seen_key');
        EXECUTE format('CREATE TEMP TABLE seen_key ON COMMIT DROP AS SELECT %s AS row_key FROM pg_temp.stage WHERE ROW(%s) IS NOT NULL', key_text, key_list);
        part := ' AND (t.row_key IN (SELECT k.row_key FROM pg_temp.seen_key k) OR t.row_hash IN (SELECT c.row_hash FROM pg_temp.shaped c))';
    END IF;
    PERFORM analytics_internal.merge_table('warehouse.rejected_rows', '{business_id,source_id,row_hash}', insert_only => '{run_id}',
        scope => format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id) || part);
    SELECT COALESCE(sum(s.occurrences), 0) INTO counts.rejected FROM pg_temp.shaped s;
    DELETE FROM pg_temp.stage s WHERE s.reject_reason IS NOT NULL;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.settle_stage(analytics.source, text[], bigint, boolean) IS
'Takes repeated and refused rows out of pg_temp.stage and writes the quarantine
Returns how many were deduplicated and rejected.';

-- Clients that a stage names and the dimension does not know yet.
CREATE FUNCTION analytics_internal.add_clients(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO warehouse.dim_clients (business_id, client_bucket, client_id)
    SELECT add_clients.business_id, analytics_internal.client_bucket(add_clients.business_id, s.client_id), s.client_id
    FROM (SELECT DISTINCT client_id FROM pg_temp.stage) s
    WHERE NOT EXISTS (SELECT FROM warehouse.dim_clients d WHERE d.business_id = add_clients.business_id AND d.client_id = s.client_id)
    -- Numbers in an order that no plan chooses: the bootstrap draws by them.
    ORDER BY s.client_id COLLATE "C";
    GET DIAGNOSTICS added = ROW_COUNT;
    PERFORM analytics_internal.analyze_grown('warehouse.dim_clients', add_clients.business_id, added);
END
$$;
COMMENT ON FUNCTION analytics_internal.add_clients(bigint) IS 'Adds the clients of pg_temp.stage that dim_clients lacks';

CREATE FUNCTION analytics_internal.add_platforms() RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.dim_platforms
    SELECT s.business_id, s.platform, k.family, COALESCE(k.ad_network, false)
    FROM (SELECT DISTINCT business_id, platform FROM pg_temp.shaped) s LEFT JOIN analytics.effective_platform k ON k.platform = s.platform
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.add_platforms() IS 'Adds the platforms of pg_temp.shaped that dim_platforms lacks';

CREATE FUNCTION analytics_internal.refuse_other_currencies(own text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE pg_temp.stage s
    SET reject_reason = format('currency %s is not %s, the currency of the business: convert it in the mapping', s.currency, own),
        source_row = to_jsonb(s) - '{stage_no,reject_reason,source_row,source_total}'::text[]
    WHERE s.reject_reason IS NULL AND upper(s.currency) <> own
$$;
COMMENT ON FUNCTION analytics_internal.refuse_other_currencies(text) IS 'Refuses rows of pg_temp.stage in another currency than the business''s';

CREATE FUNCTION analytics_internal.sum_counts(settled analytics_internal.load_counts, merged analytics_internal.load_counts) RETURNS analytics_internal.load_counts
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT (merged).rows_read + (settled).deduplicated + (settled).rejected, (merged).inserted, (merged).updated, (merged).unchanged,
           (merged).deleted, (settled).deduplicated, (settled).rejected
$$;
COMMENT ON FUNCTION analytics_internal.sum_counts(analytics_internal.load_counts, analytics_internal.load_counts) IS 'The counts of one load: what was settled and what was merged';

CREATE FUNCTION analytics_internal.total_counts(VARIADIC parts analytics_internal.load_counts[]) RETURNS analytics_internal.load_counts
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(sum(p.rows_read), 0)::bigint, COALESCE(sum(p.inserted), 0)::bigint, COALESCE(sum(p.updated), 0)::bigint,
           COALESCE(sum(p.unchanged), 0)::bigint, COALESCE(sum(p.deleted), 0)::bigint,
           COALESCE(sum(p.deduplicated), 0)::bigint, COALESCE(sum(p.rejected), 0)::bigint
    FROM unnest(parts) p
$$;
COMMENT ON FUNCTION analytics_internal.total_counts(analytics_internal.load_counts[]) IS 'Counts of several merges added up';

CREATE FUNCTION analytics_internal.load_clients(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settled analytics_internal.load_counts := analytics_internal.settle_stage(source, '{client_id}', run_id, scope IS NULL);
    merged analytics_internal.load_counts;
BEGIN
    -- A client of two client sources belongs to the one registered first.
    WITH elsewhere AS (
        DELETE FROM pg_temp.stage s USING warehouse.dim_clients d
        WHERE d.business_id = source.business_id AND d.client_id = s.client_id AND d.source_id < source.source_id RETURNING 1
    )
    SELECT settled.deduplicated + count(*) INTO settled.deduplicated FROM elsewhere;

    WITH forgotten AS (
        UPDATE warehouse.dim_clients d SET source_id = NULL, name = NULL, mobile = NULL, registered_at = NULL
        WHERE d.business_id = source.business_id AND d.source_id = source.source_id
          AND scope IS NULL AND NOT EXISTS (SELECT FROM pg_temp.stage s WHERE s.client_id = d.client_id)
        RETURNING d.business_id, d.client_key
    )
    INSERT INTO warehouse.pending_client SELECT * FROM forgotten ON CONFLICT DO NOTHING;

    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT source.business_id, analytics_internal.client_bucket(source.business_id, s.client_id) AS client_bucket, s.client_id,
           source.source_id, s.name, s.mobile, s.registered_at
    FROM pg_temp.stage s;
    merged := analytics_internal.merge_table('warehouse.dim_clients', '{business_id,client_id}', scope =>
        'EXISTS (SELECT FROM pg_temp.shaped c WHERE c.business_id = t.business_id AND c.client_id = t.client_id)');
    RETURN analytics_internal.sum_counts(settled, merged);
END
$$;
COMMENT ON FUNCTION analytics_internal.load_clients(analytics.source, bigint, text) IS 'Loads pg_temp.stage into dim_clients';

-- The entities whose rows are stored as they came: all that differs between them is in analytics.entity and in the target's columns.
CREATE FUNCTION analytics_internal.load_rows(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(source.business_id) s;
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    canonical constant text[] := array_agg(c.name::text) FROM analytics.entity_column c WHERE c.entity = source.entity;
    of_clients constant boolean := 'client_id' = ANY (canonical);
    same_key constant text := string_agg(format('k.%1$I = t.%1$I', k), ' AND ') FROM unnest(entity.key) k;
    columns text;
    settled analytics_internal.load_counts;
    merged analytics_internal.load_counts;
BEGIN
    IF 'currency' = ANY (canonical) THEN
        PERFORM analytics_internal.refuse_other_currencies(setting.currency);
    END IF;
    settled := analytics_internal.settle_stage(source, entity.key, run_id, scope IS NULL);
    IF entity.shared THEN
        -- What two sources list belongs to the one registered first.
        EXECUTE format('WITH elsewhere AS (DELETE FROM pg_temp.stage k USING warehouse.%I t
            WHERE t.business_id = %s AND t.source_id < %s AND %s RETURNING 1)
            SELECT %s + count(*) FROM elsewhere', entity.target, source.business_id, source.source_id, same_key, settled.deduplicated)
        INTO settled.deduplicated;
        scope := format('t.business_id = %s AND (%sEXISTS (SELECT FROM pg_temp.shaped k WHERE %s))', source.business_id,
            CASE WHEN scope IS NULL THEN format('t.source_id = %s OR ', source.source_id) ELSE '' END, same_key);
    END IF;
    scope := COALESCE(scope, format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id));
    IF of_clients THEN
        PERFORM analytics_internal.add_clients(source.business_id);
    END IF;

    SELECT string_agg(format('%s AS %I', CASE
               WHEN a.attname = 'business_id' THEN source.business_id || '::bigint'
               WHEN a.attname = 'source_id' THEN source.source_id || '::bigint'
               WHEN a.attname IN ('client_bucket', 'client_key') THEN 'd.' || a.attname
               WHEN a.attname = 'is_cumulative' THEN COALESCE(source.options ->> 'cumulative', 'false')
               WHEN a.attname = entity.stored_day AND entity.stored_day <> entity.day THEN
                   format('(s.%I AT TIME ZONE %L)::date', entity.day, setting.reporting_timezone)
               ELSE format('s.%I::%s', a.attname, format_type(a.atttypid, a.atttypmod)) END, a.attname), ', ' ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute a
    WHERE a.attrelid = to_regclass('warehouse.' || entity.target) AND a.attnum > 0 AND NOT a.attisdropped;
    PERFORM analytics_internal.drop_temporary('shaped');
    EXECUTE format('CREATE TEMP TABLE shaped ON COMMIT DROP AS SELECT %s FROM pg_temp.stage s %s', columns,
        CASE WHEN of_clients THEN format('JOIN warehouse.dim_clients d ON d.business_id = %s AND d.client_id = s.client_id', source.business_id) END);
    IF 'platform' = ANY (canonical) THEN
        PERFORM analytics_internal.add_platforms();
    END IF;

    merged := analytics_internal.merge_table('warehouse.' || entity.target, '{business_id}'::text[] || CASE WHEN NOT entity.shared THEN '{source_id}'::text[] END
        || entity.key || CASE WHEN of_clients THEN '{client_bucket}'::text[] END, scope => scope,
        pending => CASE WHEN of_clients THEN '{client_key}'::text[] WHEN entity.entity = 'content' THEN '{published_at}'
                        WHEN entity.entity = 'content_metrics' THEN '{content_id}' ELSE '{}' END);
    IF source.entity = 'transactions' THEN
        PERFORM analytics_internal.mark_values(source, merged);
    END IF;
    IF entity.shared AND merged.deleted > 0 THEN
        PERFORM analytics_internal.read_others_again(source.business_id, source.source_id, source.entity);
    END IF;
    RETURN analytics_internal.sum_counts(settled, merged);
END
$$;
COMMENT ON FUNCTION analytics_internal.load_rows(analytics.source, bigint, text) IS
'Loads pg_temp.stage into the table of its entity, column by column
For entities whose rows need no derivation: products, branches, ad_creatives, transactions, content and content_metrics.';

CREATE FUNCTION analytics_internal.read_others_again(business_id bigint, source_id bigint, entity text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.source_watermark w SET definition = ''
    WHERE w.business_id = read_others_again.business_id AND w.entity = read_others_again.entity AND w.source_id <> read_others_again.source_id
$$;
COMMENT ON FUNCTION analytics_internal.read_others_again(bigint, bigint, text) IS 'Has the other sources of a shared entity read completely: one gave up rows';

CREATE FUNCTION analytics_internal.load_campaigns(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settled analytics_internal.load_counts := analytics_internal.settle_stage(source, '{campaign_id,platform}', run_id, scope IS NULL);
BEGIN
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT source.business_id, source.source_id, s.platform, s.campaign_id, s.campaign_name, s.status, s.daily_budget::numeric(18,4)
    FROM pg_temp.stage s;
    PERFORM analytics_internal.add_platforms();
    RETURN analytics_internal.sum_counts(settled, analytics_internal.merge_table('warehouse.source_campaigns', '{business_id,source_id,platform,campaign_id}',
        scope => COALESCE(scope, format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id))));
END
$$;
COMMENT ON FUNCTION analytics_internal.load_campaigns(analytics.source, bigint, text) IS 'Loads pg_temp.stage into source_campaigns';

CREATE FUNCTION analytics_internal.load_ad_performance(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_currency constant text := s.currency FROM analytics.settings(source.business_id) s;
    settled analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.refuse_other_currencies(own_currency);
    settled := analytics_internal.settle_stage(source, '{date,platform,account_id,campaign_id,ad_group_id,ad_id}', run_id, scope IS NULL);
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT source.business_id, source.source_id, s.date, s.platform, s.account_id, s.campaign_id, s.ad_group_id, s.ad_id,
           CASE WHEN s.ad_id <> '' THEN 'ad' WHEN s.ad_group_id <> '' THEN 'ad_group' ELSE 'campaign' END AS grain, s.campaign_name,
           s.impressions::bigint, s.clicks::bigint, s.link_clicks::bigint, s.spend::numeric(18,4),
           s.platform_conversions::numeric(18,4), own_currency AS currency
    FROM pg_temp.stage s;
    PERFORM analytics_internal.add_platforms();
    RETURN analytics_internal.sum_counts(settled, analytics_internal.merge_table('warehouse.fact_campaign_performance_daily',
        '{business_id,date,source_id,platform,account_id,campaign_id,ad_group_id,ad_id}',
        scope => COALESCE(scope, format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id)), pending => '{date}'));
END
$$;
COMMENT ON FUNCTION analytics_internal.load_ad_performance(analytics.source, bigint, text) IS 'Loads pg_temp.stage into fact_campaign_performance_daily';

CREATE FUNCTION analytics_internal.load_events(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zone constant text := s.reporting_timezone FROM analytics.settings(source.business_id) s;
    -- Where the source says which events are leads, an event without the mark is none.
    flags_leads constant boolean := source.columns ? 'is_lead' OR EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = source.relation::regclass AND a.attname = 'is_lead' AND NOT a.attisdropped);
    settled analytics_internal.load_counts := analytics_internal.settle_stage(source, '{event_id}', run_id, scope IS NULL);
    new_references bigint;
BEGIN
    PERFORM analytics_internal.add_clients(source.business_id);
    PERFORM analytics_internal.drop_temporary('shaped');
    -- Touch numbers are right at once for clients that are new, and for the next touches of the others; derive_journeys() settles the rest.
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT source.business_id, d.client_bucket, source.source_id, s.event_id, d.client_key, s.occurred_at,
           (s.occurred_at AT TIME ZONE zone)::date AS event_date, s.source_type, u.utm_source, u.utm_medium, u.utm_campaign, u.utm_content,
           u.utm_term, u.referrer_host, u.click_id_name, u.click_id, COALESCE(s.campaign_id, u.utm_campaign) AS campaign_ref, s.ad_id,
           s.product_id, s.branch_id, CASE WHEN flags_leads THEN COALESCE(s.is_lead, false) END AS lead_flag,
           COALESCE(s.platform, c.platform) AS platform, c.channel, c.is_paid, c.rule AS channel_rule,
           r.campaign_key, n.touch_number, CASE n.touch_number WHEN 1 THEN 'first' ELSE 'mid' END AS touch_role,
           CASE WHEN flags_leads THEN COALESCE(s.is_lead, false) ELSE n.touch_number = 1 END AS is_lead, false AS is_contract
    FROM (SELECT s.*, row_number() OVER (PARTITION BY s.client_id ORDER BY s.occurred_at, s.event_id COLLATE "C") AS place
          FROM pg_temp.stage s) s
    JOIN warehouse.dim_clients d ON d.business_id = source.business_id AND d.client_id = s.client_id
    CROSS JOIN LATERAL (
        SELECT (s.place + CASE WHEN scope IS NULL THEN 0 ELSE (
            SELECT count(*) FROM warehouse.fact_events e
            WHERE e.business_id = source.business_id AND e.client_key = d.client_key AND e.occurred_at < s.occurred_at) END)::int AS touch_number
        OFFSET 0
    ) n
    CROSS JOIN LATERAL (
        SELECT COALESCE(s.utm_source, left(analytics.url_parameter(s.landing_url, 'utm_source'), 150)) AS utm_source,
               COALESCE(s.utm_medium, left(analytics.url_parameter(s.landing_url, 'utm_medium'), 150)) AS utm_medium,
               COALESCE(s.utm_campaign, left(analytics.url_parameter(s.landing_url, 'utm_campaign'), 150)) AS utm_campaign,
               COALESCE(s.utm_content, left(analytics.url_parameter(s.landing_url, 'utm_content'), 150)) AS utm_content,
               COALESCE(s.utm_term, left(analytics.url_parameter(s.landing_url, 'utm_term'), 150)) AS utm_term,
               left(analytics.url_host(s.referrer), 150) AS referrer_host,
               k.name AS click_id_name,
               COALESCE(s.click_id, analytics.url_parameter(s.landing_url, k.name)) AS click_id
        FROM (SELECT COALESCE(lower(s.click_id_name), (analytics.click_ids(s.landing_url))[1])) k (name)
        OFFSET 0
    ) u
    CROSS JOIN LATERAL analytics.classify_touch((SELECT analytics.channel_ruleset()), s.source_type, u.utm_source, u.utm_medium,
        u.utm_campaign, u.referrer_host, CASE WHEN u.click_id_name IS NOT NULL THEN ARRAY[u.click_id_name] END) c
    LEFT JOIN warehouse.campaign_ref r ON r.business_id = source.business_id AND r.platform = COALESCE(s.platform, c.platform)
        AND r.campaign_ref = COALESCE(s.campaign_id, u.utm_campaign);
    PERFORM analytics_internal.add_platforms();
    INSERT INTO warehouse.campaign_ref (business_id, platform, campaign_ref)
        SELECT DISTINCT s.business_id, s.platform, s.campaign_ref FROM pg_temp.shaped s WHERE s.campaign_ref IS NOT NULL ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS new_references = ROW_COUNT;
    IF new_references > 0 THEN
        PERFORM analytics_internal.resolve_campaigns(source.business_id);
        UPDATE pg_temp.shaped s SET campaign_key = r.campaign_key FROM warehouse.campaign_ref r
        WHERE r.business_id = source.business_id AND r.platform = s.platform AND r.campaign_ref = s.campaign_ref AND r.campaign_key IS DISTINCT FROM s.campaign_key;
    END IF;
    RETURN analytics_internal.sum_counts(settled, analytics_internal.merge_table('warehouse.fact_events',
        '{business_id,source_id,event_id,client_bucket}', insert_only => '{touch_number,touch_role,is_lead,is_contract}',
        scope => COALESCE(scope, format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id)), pending => '{client_key,event_date}'));
END
$$;
COMMENT ON FUNCTION analytics_internal.load_events(analytics.source, bigint, text) IS 'Loads pg_temp.stage into fact_events, each touch classified';

CREATE FUNCTION analytics_internal.load_contracts(source analytics.source, run_id bigint, scope text) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(source.business_id) s;
    settled analytics_internal.load_counts;
    merged analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.refuse_other_currencies(setting.currency);
    settled := analytics_internal.settle_stage(source, '{contract_id}', run_id, scope IS NULL);
    PERFORM analytics_internal.add_clients(source.business_id);
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT source.business_id, d.client_bucket, source.source_id, s.contract_id, d.client_key, s.event_id, s.signed_at,
           (s.signed_at AT TIME ZONE setting.reporting_timezone)::date AS signed_date, s.amount::numeric(18,4), s.product_id, s.branch_id
    FROM pg_temp.stage s JOIN warehouse.dim_clients d ON d.business_id = source.business_id AND d.client_id = s.client_id;
    merged := analytics_internal.merge_table('warehouse.fact_contracts',
        '{business_id,source_id,contract_id,client_bucket}', scope => COALESCE(scope, format('t.business_id = %s AND t.source_id = %s', source.business_id, source.source_id)),
        pending => '{client_key,signed_date}');
    PERFORM analytics_internal.mark_values(source, merged);
    RETURN analytics_internal.sum_counts(settled, merged);
END
$$;
COMMENT ON FUNCTION analytics_internal.load_contracts(analytics.source, bigint, text) IS 'Loads pg_temp.stage into fact_contracts';
