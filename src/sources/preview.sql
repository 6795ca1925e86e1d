-- What a source would be, before it is one: preview_source() looks at some rows and stores nothing, suggest_mapping() finds the preset.

CREATE TYPE analytics.source_preview AS (aspect text, subject text, rows bigint, examples jsonb, message text);
COMMENT ON TYPE analytics.source_preview IS 'What preview_source() says of a part of a source';

CREATE FUNCTION analytics_internal.preview_columns(source analytics.source) RETURNS SETOF analytics.source_preview
    LANGUAGE plpgsql VOLATILE
    SET TimeZone = 'UTC' SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mapping record;
    found analytics.source_preview;
BEGIN
    PERFORM set_config('TimeZone', analytics_internal.source_timezone(source), true);
    FOR mapping IN
        SELECT c.name, c.kind, m.expression, m.conversion
        FROM analytics_internal.current_mapping(source) m
        JOIN analytics.entity_column c ON c.entity = source.entity AND c.name = m.name
        ORDER BY c.position
    LOOP
        EXECUTE format($sql$
            WITH value AS (
                SELECT left((%s)::text, 80) AS raw, left((%s)::text, 80) AS read
                FROM %s AS _source
            )
            SELECT 'column', $1, count(v.read), (
                       SELECT jsonb_agg(jsonb_build_array(e.raw, e.read) ORDER BY e.raw COLLATE "C")
                       FROM (
                           SELECT v.raw, v.read
                           FROM value v
                           WHERE v.raw IS NOT NULL
                           GROUP BY 1, 2
                           ORDER BY count(*) DESC, v.raw COLLATE "C"
                           LIMIT 3
                       ) e), NULL
            FROM value v$sql$, mapping.expression, mapping.conversion, source.relation)
        INTO found USING mapping.name;
        found.message := mapping.kind || ' from ' || mapping.expression;
        RETURN NEXT found;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.preview_columns(analytics.source) IS
'The canonical columns of a source: how many values each has, and some of them';

CREATE FUNCTION analytics_internal.preview_rows(source analytics.source) RETURNS SETOF analytics.source_preview
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    names constant text[] := array_agg(c.name) FROM analytics.entity_column c WHERE c.entity = source.entity;
    counted text;
BEGIN
    IF 'currency' = ANY (names) THEN
        PERFORM analytics_internal.refuse_other_currencies((analytics.settings(source.business_id)).currency);
    END IF;
    IF source.entity = 'ad_performance' THEN
        PERFORM analytics_internal.refuse_totals(source);
    END IF;
    IF NOT analytics_internal.adds_up(source) THEN
        RETURN NEXT ('repeated', array_to_string(entity.key, ', '), analytics_internal.deduplicate_stage(entity.key), NULL,
            'copies and older versions of rows, which count once')::analytics.source_preview;
    END IF;
    PERFORM analytics_internal.keep_whole(source, NULL);
    RETURN QUERY
    SELECT 'refused', s.reject_reason, count(*), to_jsonb((array_agg(s.source_row ORDER BY s.stage_no))[1:2]), NULL
    FROM pg_temp.stage s
    WHERE s.reject_reason IS NOT NULL
    GROUP BY s.reject_reason
    ORDER BY 3 DESC, 2;
    DELETE FROM pg_temp.stage s WHERE s.reject_reason IS NOT NULL;
    FOREACH counted IN ARRAY '{platform,account_id,currency}'::text[] LOOP
        CONTINUE WHEN counted <> ALL (names) OR source.entity = 'events';
        RETURN QUERY EXECUTE format($sql$
            SELECT %L, s.%2$I, count(*), NULL::jsonb, NULL::text
            FROM pg_temp.stage s
            WHERE s.%2$I <> ''
            GROUP BY 2
            ORDER BY 3 DESC, 2
            LIMIT 10$sql$, counted, counted);
    END LOOP;
    IF entity.day IS NOT NULL THEN
        RETURN QUERY EXECUTE format($sql$
            SELECT 'days', format('%%s to %%s', min(d.day), max(d.day)), count(*), NULL::jsonb, count(DISTINCT d.day) || ' days'
            FROM pg_temp.stage s
            CROSS JOIN LATERAL (SELECT %s) d (day)
            HAVING count(*) > 0$sql$, CASE
                WHEN entity.stored_day = entity.day THEN format('s.%I', entity.day)
                ELSE format('(s.%I AT TIME ZONE %L)::date', entity.day, (analytics.settings(source.business_id)).reporting_timezone)
            END);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.preview_rows(analytics.source) IS
'What would become of the rows in pg_temp.stage: repeated, refused, loaded
And of which platforms, accounts, currencies and days they are.';

CREATE FUNCTION analytics_internal.preview_touches(source analytics.source) RETURNS SETOF analytics.source_preview
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH touch AS MATERIALIZED (
        SELECT COALESCE(s.platform, c.platform) AS platform, c.channel, c.is_paid, COALESCE(s.campaign_id, u.campaign) AS campaign
        FROM pg_temp.stage s
        CROSS JOIN LATERAL (
            SELECT COALESCE(s.utm_source, analytics.url_parameter(s.landing_url, 'utm_source')) AS source,
                   COALESCE(s.utm_medium, analytics.url_parameter(s.landing_url, 'utm_medium')) AS medium,
                   COALESCE(s.utm_campaign, analytics.url_parameter(s.landing_url, 'utm_campaign')) AS campaign
            OFFSET 0
        ) u
        CROSS JOIN LATERAL analytics.classify_touch((SELECT analytics.channel_ruleset()), s.source_type, COALESCE(u.source, s.platform),
            u.medium, u.campaign, s.referrer,
            CASE WHEN s.click_id IS NOT NULL THEN ARRAY[s.click_id_name] ELSE analytics.click_ids(s.landing_url) END, s.landing_url) c
    ), class AS (
        SELECT 'touches', concat_ws(', ', t.platform, t.channel, CASE WHEN t.is_paid THEN 'paid' END), count(*)
        FROM touch t
        GROUP BY 1, 2
    ), unmatched AS (
        SELECT 'unmatched campaign', t.campaign, count(*)
        FROM touch t
        WHERE t.campaign IS NOT NULL AND NOT EXISTS (
            SELECT FROM warehouse.dim_campaigns d
            WHERE d.business_id = source.business_id AND d.platform = t.platform AND t.campaign IN (d.campaign_id, d.campaign_name))
        GROUP BY 1, 2
        ORDER BY 3 DESC, 2
        LIMIT 10
    )
    (SELECT c.*, NULL::jsonb, NULL::text FROM class c (aspect, subject, rows) ORDER BY c.rows DESC, c.subject COLLATE "C")
    UNION ALL
    SELECT u.*, NULL, 'no campaign of that platform is called so yet'
    FROM unmatched u
$$;
COMMENT ON FUNCTION analytics_internal.preview_touches(analytics.source) IS
'How the touches in pg_temp.stage would be classified
And the campaigns that they name and nobody knows.';

-- Amounts of accounts in several currencies add up to no amount at all.
CREATE FUNCTION analytics_internal.accounts_without_currency(entity text, relation regclass, columns jsonb, options jsonb)
    RETURNS SETOF analytics.source_preview
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account text;
    currency text;
    known int;
    accounts text[];
BEGIN
    SELECT max(m.expression) FILTER (WHERE m.name = 'account_id'), max(m.expression) FILTER (WHERE m.name = 'currency')
    INTO account, currency
    FROM analytics_internal.source_mapping(entity, relation, columns, options) m;
    -- Only ads have accounts.
    IF account IS NULL THEN
        RETURN;
    END IF;
    -- A currency that is mapped and empty is none.
    EXECUTE format($sql$
        SELECT count(*), array_agg(a.account ORDER BY a.account COLLATE "C") FILTER (WHERE a.lacks_currency)
        FROM (
            SELECT s.account, bool_or(COALESCE(s.currency, '') = '') AS lacks_currency
            FROM (SELECT (%s)::text AS account, (%s)::text AS currency FROM %s AS _source LIMIT 10000) s
            WHERE s.account <> ''
            GROUP BY s.account
        ) a$sql$, account, COALESCE(currency, 'NULL'), relation)
    INTO known, accounts;
    IF known > 1 AND accounts IS NOT NULL THEN
        RETURN NEXT ('accounts', relation::text, known, to_jsonb(accounts[1:10]),
            format(CASE WHEN cardinality(accounts) = known THEN 'has %s accounts and no currency: %s'
                        ELSE 'has %s accounts, some without a currency: %s' END, known, array_to_string(accounts[1:10], ', '))
        )::analytics.source_preview;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.accounts_without_currency(text, regclass, jsonb, jsonb) IS
'The accounts of a source of ads that has several and no currency';

CREATE FUNCTION analytics_internal.source_notes(relation regclass, prepared analytics_internal.prepared_source)
    RETURNS SETOF analytics.source_preview
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'note', n.subject, NULL::bigint, to_jsonb(n.names), n.message
    FROM (VALUES
        ('click ids', prepared.click_ids, 'has click ids by name: ' || array_to_string(prepared.click_ids, ', ')),
        ('deleted', NULL, CASE WHEN analytics_internal.deleted_sql(relation) IS NOT NULL THEN
            'marks rows as deleted: these are refused' END),
        ('preset', prepared.skipped, 'has no ' || NULLIF(array_to_string(prepared.skipped, ', '), '') || ': left out')
    ) n (subject, names, message)
    WHERE n.message IS NOT NULL
$$;
COMMENT ON FUNCTION analytics_internal.source_notes(regclass, analytics_internal.prepared_source) IS
'What is found out about a source before a row of it is read';

-- The rows that are looked at are a view of the session's own, so that a source is read as it will be, and stays what it is.
CREATE FUNCTION analytics_internal.stage_preview(entity text, relation regclass, prepared analytics_internal.prepared_source,
    business_id bigint, row_limit int, OUT source analytics.source, OUT rows bigint)
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = error SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('CREATE TEMP VIEW previewed AS SELECT * FROM %s AS _source WHERE (%s%s) LIMIT %s', relation,
        COALESCE(prepared.options ->> 'filter', 'true'), E'\n', row_limit);
    source.source_id := 0;
    source.business_id := business_id;
    source.entity := entity;
    source.relation := 'pg_temp.previewed';
    source.columns := prepared.columns_read;
    -- Each row is tried by itself, since they are few.
    source.options := prepared.options - 'filter' || '{"row_by_row": true}';
    rows := analytics_internal.stage_source(source);
END
$$;
COMMENT ON FUNCTION analytics_internal.stage_preview(text, regclass, analytics_internal.prepared_source, bigint, int) IS
'Reads some rows of what would be a source into pg_temp.stage
Leaves the view that source is then of; drop_preview() takes it away.';

CREATE FUNCTION analytics_internal.drop_preview() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('stage');
    DROP VIEW previewed;
END
$$;
COMMENT ON FUNCTION analytics_internal.drop_preview() IS 'Takes away what stage_preview() made';

CREATE FUNCTION analytics.preview_source(entity text, relation regclass, columns jsonb DEFAULT '{}', preset text DEFAULT NULL,
    options jsonb DEFAULT '{}', business_id bigint DEFAULT 1, row_limit int DEFAULT 1000) RETURNS SETOF analytics.source_preview
    LANGUAGE plpgsql VOLATILE
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    prepared constant analytics_internal.prepared_source
        := analytics_internal.prepare_source(entity, relation, columns, preset, options, business_id);
    looked record;
BEGIN
    IF row_limit IS NULL OR row_limit < 1 THEN
        RAISE EXCEPTION 'row_limit must be positive' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF prepared.problems IS NOT NULL THEN
        RETURN QUERY SELECT 'problem', NULL, NULL::bigint, NULL::jsonb, p FROM unnest(prepared.problems) p;
        RETURN;
    END IF;
    looked := analytics_internal.stage_preview(entity, relation, prepared, business_id, row_limit);
    RETURN NEXT ('rows', relation::text, looked.rows, NULL, NULL)::analytics.source_preview;
    RETURN QUERY SELECT * FROM analytics_internal.source_notes(relation, prepared);
    RETURN QUERY SELECT * FROM analytics_internal.accounts_without_currency(entity, relation, prepared.columns, prepared.options);
    RETURN QUERY SELECT * FROM analytics_internal.preview_columns(looked.source);
    RETURN QUERY SELECT * FROM analytics_internal.preview_rows(looked.source);
    IF entity = 'events' THEN
        RETURN QUERY SELECT * FROM analytics_internal.preview_touches(looked.source);
    END IF;
    PERFORM analytics_internal.drop_preview();
END
$$;
COMMENT ON FUNCTION analytics.preview_source(text, regclass, jsonb, text, jsonb, bigint, int) IS
'What register_source() and a refresh would make of some rows; stores nothing
The arguments of register_source(), and row_limit, how many rows are looked at. aspect: problem (why it cannot be registered), rows, note,
column (subject: the canonical one; examples: values as they are and as they are read), accounts (several, and no currency),
repeated, refused (subject: the reason), platform, account_id, currency, days, touches (platform, channel, paid), unmatched campaign.';
COMMENT ON COLUMN analytics.source_preview.aspect IS 'What is said: problem, column, refused, touches ...';
COMMENT ON COLUMN analytics.source_preview.subject IS 'Of what: a canonical column, a reason, a platform';
COMMENT ON COLUMN analytics.source_preview.rows IS 'How many of the rows that were looked at';
COMMENT ON COLUMN analytics.source_preview.examples IS 'Values as they are and as they are read, or rows';
COMMENT ON COLUMN analytics.source_preview.message IS 'What there is to say about it';

-- What a view makes of its tables may take long, so that registration looks into tables alone.
CREATE FUNCTION analytics_internal.refused_of_preview(entity text, relation regclass, prepared analytics_internal.prepared_source,
    business_id bigint, OUT message text)
    RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    looked record;
BEGIN
    IF (SELECT c.relkind NOT IN ('r', 'p', 'm') FROM pg_class c WHERE c.oid = relation) THEN
        RETURN;
    END IF;
    looked := analytics_internal.stage_preview(entity, relation, prepared, business_id, 1000);
    RETURN QUERY
    SELECT format('%s of the first %s rows would be refused: %s', p.rows, looked.rows, p.subject)
    FROM analytics_internal.preview_rows(looked.source) p
    -- Of those a note tells.
    WHERE p.aspect = 'refused' AND NOT analytics_internal.is_deletion(p.subject)
    ORDER BY p.rows DESC, p.subject
    LIMIT 3;
    PERFORM analytics_internal.drop_preview();
END
$$;
COMMENT ON FUNCTION analytics_internal.refused_of_preview(text, regclass, analytics_internal.prepared_source, bigint) IS
'Why most of the rows that would be refused would be, for three reasons at most';

CREATE FUNCTION analytics_internal.warn_of_source(entity text, relation regclass, prepared analytics_internal.prepared_source,
    business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found analytics.source_preview;
    message text;
BEGIN
    FOR found IN SELECT * FROM analytics_internal.source_notes(relation, prepared) LOOP
        RAISE NOTICE '% %', relation, found.message;
    END LOOP;
    FOR found IN SELECT * FROM analytics_internal.accounts_without_currency(entity, relation, prepared.columns, prepared.options) LOOP
        RAISE WARNING '% %', relation, found.message USING HINT = format(
            'Map currency, or say it by account: options => ''{"account_currencies": {%s: "EUR"}}''.', found.examples -> 0);
    END LOOP;
    FOR message IN SELECT * FROM analytics_internal.refused_of_preview(entity, relation, prepared, business_id) LOOP
        RAISE WARNING '%: %', relation, message USING HINT = 'preview_source() with the same arguments shows them.';
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    -- What cannot be read is for the refresh to tell.
    NULL;
END
$$;
COMMENT ON FUNCTION analytics_internal.warn_of_source(text, regclass, analytics_internal.prepared_source, bigint) IS
'Says of a source that is registered what preview_source() would say of it';

-- What a name tells: a table of a loader has its columns, one of a vendor is often called so.
CREATE FUNCTION analytics_internal.speaks_for(preset text, relation regclass) RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN preset ~ '^(airbyte|fivetran)_' AND loader.name IS NOT NULL THEN
            CASE WHEN starts_with(preset, loader.name) THEN 1.2 ELSE 0.5 END
        WHEN preset = 'generic' THEN 0.7
        ELSE 1
    END * CASE WHEN vendor.is_named THEN 1.3 ELSE 1 END
    FROM (
        SELECT min(substring(a.attname FROM '^_(airbyte|fivetran)_')) AS name
        FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
    ) loader
    CROSS JOIN (
        SELECT bool_or(length(w) > 3 AND lower(relation::text COLLATE "C") ~ w AND w NOT IN ('airbyte', 'fivetran', 'orders')) AS is_named
        FROM regexp_split_to_table(preset, '_') w
    ) vendor
$$;
COMMENT ON FUNCTION analytics_internal.speaks_for(text, regclass) IS
'How much the names around a relation speak for a preset, 1 for nothing';

CREATE FUNCTION analytics.suggest_mapping(relation regclass, business_id bigint DEFAULT 1)
    RETURNS TABLE (entity text, preset text, confidence numeric, columns jsonb, options jsonb, statement text)
    LANGUAGE plpgsql STABLE
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'relation must be given' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    WITH candidate AS (
        SELECT DISTINCT ON (p.preset, p.entity) p.preset, p.entity, f.columns,
               analytics_internal.fit_options(p.options, relation) AS options,
               (SELECT count(*) FROM jsonb_object_keys(p.columns)) AS wanted
        FROM analytics.source_preset p
        CROSS JOIN LATERAL analytics_internal.fit_preset(
            analytics_internal.filled_in(p.columns, '{}', (analytics.settings(suggest_mapping.business_id)).currency), p.entity, relation) f
        ORDER BY p.preset, p.entity, p.builtin
    ), rated AS (
        SELECT c.*, sqrt(v.share) * (1 - 1.0 / (v.found + 1)) * analytics_internal.speaks_for(c.preset, relation) AS likeness
        FROM candidate c
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE m.problem IS NOT NULL) AS problems,
                   count(*) FILTER (WHERE m.expression !~ E'^\\(?''[^'']*''\\s*\\)?$') AS found,
                   count(*)::numeric / GREATEST(c.wanted, count(*)) AS share
            FROM analytics_internal.source_mapping(c.entity, relation, c.columns, c.options) m
        ) v
        WHERE v.problems = 0
    )
    -- Of several that are nearly certain the likelier one stays so: a cap would make them equal.
    SELECT r.entity, r.preset, round(CASE WHEN r.likeness <= 0.9 THEN r.likeness ELSE 1 - 0.01 / (r.likeness - 0.8) END, 3), r.columns,
           r.options, format('SELECT analytics.register_source(%L, %L, preset => %L);', r.entity, relation, r.preset)
    FROM rated r
    WHERE r.likeness >= 0.3
    ORDER BY r.likeness DESC, r.preset COLLATE "C", r.entity COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.suggest_mapping(regclass, bigint) IS
'Presets that fit a relation by its names and types, each ready to be registered
The likeliest first. confidence: from 0.3 to 1, the share of the preset that is there, more where the names of loader or vendor are.
columns, options: what the preset comes to there. statement: paste it, and change what needs changing.';
