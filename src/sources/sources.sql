-- Sources: which relation of the user feeds which entity, and how its columns map to the canonical ones.

CREATE VIEW analytics.source WITH (security_invoker = true) AS
    SELECT s.*
    FROM jsonb_to_recordset(analytics_internal.user_rows('source')) s (
        source_id bigint, business_id bigint, entity text, relation text, columns jsonb, preset text, options jsonb,
        registered_at timestamptz, relation_kind text, relation_owner text, registered_by text,
        dependencies jsonb);
COMMENT ON VIEW analytics.source IS 'The registered sources: rows of warehouse.source
register_source() and drop_source() write them.';
GRANT SELECT ON analytics.source TO PUBLIC;

CREATE FUNCTION analytics_internal.cleaned_sql(expression text, purpose text, options jsonb DEFAULT '{}') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('analytics_internal.cleaned((%s)::text, %L, (SELECT analytics_internal.placeholder_rules(%s)))', expression, purpose,
        CASE WHEN options ? 'null_markers' THEN quote_literal(options -> 'null_markers') END)
$$;
COMMENT ON FUNCTION analytics_internal.cleaned_sql(text, text, jsonb) IS 'SQL that reads an expression as an id, a name or a tag';

-- A day alone stays that day: it is read in the time zone of the business, and a midnight as it is written. Where the question will be what
-- came before, it means the end of the day.
CREATE FUNCTION analytics_internal.time_sql(expression text, source_type regtype, is_text boolean, options jsonb, at_end boolean)
    RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN source_type = 'timestamptz'::regtype THEN expression
        WHEN source_type = 'date'::regtype AND at_end THEN format('analytics_internal.last_moment(%s, %L)', expression, z.day_zone)
        WHEN source_type = 'date'::regtype THEN format('(%s)::timestamp AT TIME ZONE %L', expression, z.day_zone)
        WHEN source_type = 'timestamp'::regtype AND at_end THEN format(
            'CASE WHEN (%1$s)::time = ''00:00'' THEN analytics_internal.last_moment((%1$s)::date, %2$L) ELSE (%1$s) AT TIME ZONE %3$L END',
            expression, z.day_zone, z.zone)
        WHEN source_type = 'timestamp'::regtype THEN format('(%s) AT TIME ZONE %L', expression, z.zone)
        WHEN is_text THEN format('analytics_internal.try_moment((%s)::text, %L, %L, %L, %L)',
            expression, z.zone, z.date_order, z.day_zone, at_end)
    END
    FROM (
        SELECT COALESCE(options ->> 'timezone', 'UTC') AS zone, COALESCE(options ->> 'date_order', 'YMD') AS date_order,
               COALESCE(options ->> 'day_zone', options ->> 'timezone', 'UTC') AS day_zone
    ) z
$$;
COMMENT ON FUNCTION analytics_internal.time_sql(text, regtype, boolean, jsonb, boolean) IS
'SQL that turns an expression into a time; NULL where it cannot
at_end: a day alone is its last moment.';

CREATE FUNCTION analytics_internal.date_sql(expression text, source_type regtype, is_text boolean, options jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN source_type IN ('timestamp'::regtype, 'date'::regtype) THEN format('(%s)::date', expression)
        -- Loaders make such a column of days that they took for times.
        WHEN source_type = 'timestamptz'::regtype THEN format(
            '((%1$s) AT TIME ZONE CASE (%1$s) WHEN date_trunc(''day'', %1$s, ''UTC'') THEN ''UTC'' ELSE %2$L END)::date',
            expression, COALESCE(options ->> 'timezone', 'UTC'))
        WHEN is_text THEN format('analytics_internal.try_date((%s)::text, %L, %L)',
            expression, COALESCE(options ->> 'timezone', 'UTC'), COALESCE(options ->> 'date_order', 'YMD'))
    END
$$;
COMMENT ON FUNCTION analytics_internal.date_sql(text, regtype, boolean, jsonb) IS
'SQL that turns an expression into a day; NULL where it cannot';

-- What a value of type `source_type` needs to become a value of `kind`; NULL where there is no way.
CREATE FUNCTION analytics_internal.conversion_sql(kind text, expression text, source_type regtype, options jsonb, at_end boolean)
    RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kind IN ('key', 'text') THEN analytics_internal.cleaned_sql(expression, kind, options)
        WHEN kind IN ('label', 'tag') THEN format('left(%s, 150)', analytics_internal.cleaned_sql(expression, kind, options))
        WHEN kind = 'platform' THEN format('analytics.platform_name(left(%s, 150), (SELECT analytics.channel_ruleset()))',
            analytics_internal.cleaned_sql(expression, 'label', options))
        WHEN kind = 'timestamp' THEN analytics_internal.time_sql(expression, source_type, is_text, options, at_end)
        WHEN kind = 'date' THEN analytics_internal.date_sql(expression, source_type, is_text, options)
        WHEN kind IN ('number', 'count') AND t.typcategory = 'N' THEN format('(%s)::numeric', expression)
        WHEN kind IN ('number', 'count') AND is_text AND options ? 'number_format' THEN
            format('analytics_internal.try_number((%s)::text, %L)', expression, options ->> 'number_format')
        WHEN kind IN ('number', 'count') AND is_text THEN format('analytics.try_numeric((%s)::text)', expression)
        WHEN kind = 'boolean' AND source_type = 'boolean'::regtype THEN expression
        WHEN kind = 'boolean' AND t.typcategory = 'N' THEN format('(%s) <> 0', expression)
        WHEN kind = 'boolean' AND is_text THEN format('analytics.try_boolean((%s)::text)', expression)
    END
    FROM pg_type t, LATERAL (SELECT t.typcategory IN ('S', 'E', 'X') AS is_text) c
    WHERE t.oid = source_type
$$;
COMMENT ON FUNCTION analytics_internal.conversion_sql(text, text, regtype, jsonb, boolean) IS
'SQL that turns an expression into a canonical kind; NULL where it cannot
at_end: of a time, a day alone is its last moment.';

-- Files begin with U+FEFF, and headers end in blanks that nobody sees.
CREATE FUNCTION analytics_internal.column_like(relation regclass, name text, OUT attname text, OUT is_same boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT min(a.attname::text), bool_and(analytics_internal.cleaned(a.attname::text, 'label') = analytics_internal.cleaned(name, 'label'))
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
      AND analytics_internal.fold_case(analytics_internal.cleaned(a.attname::text, 'label'))
          = analytics_internal.fold_case(analytics_internal.cleaned(name, 'label'))
    HAVING count(*) = 1
$$;
COMMENT ON FUNCTION analytics_internal.column_like(regclass, text) IS
'The one column of a relation that is called so but for case and invisible signs
is_same: it is called so in that case, too.';

CREATE FUNCTION analytics_internal.visible_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN name = analytics_internal.cleaned(name, 'label') THEN name
        ELSE '"' || string_agg(CASE WHEN c BETWEEN '!' AND '~' OR c = ' ' OR analytics_internal.cleaned(c, 'key') = c THEN c
                                    ELSE E'\\u' || lpad(translate(to_hex(ascii(c)), 'abcdef', 'ABCDEF'), 4, '0') END,
                             '' ORDER BY place) || '"'
    END
    FROM regexp_split_to_table(name, '') WITH ORDINALITY t (c, place)
$$;
COMMENT ON FUNCTION analytics_internal.visible_name(text) IS 'A name of a column, in which nothing is invisible';

CREATE FUNCTION analytics_internal.has_column(relation regclass, name text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attname = has_column.name AND a.attnum > 0 AND NOT a.attisdropped)
$$;
COMMENT ON FUNCTION analytics_internal.has_column(regclass, text) IS 'Whether a relation has a column of a name';

CREATE FUNCTION analytics_internal.expression_sql(relation regclass, written text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN analytics_internal.has_column(relation, written) THEN quote_ident(written) ELSE '(' || written || E'\n)' END
$$;
COMMENT ON FUNCTION analytics_internal.expression_sql(regclass, text) IS
'SQL of what a mapping says: a column of that very name, or an expression
What is a column is meant as the column, whatever an expression of the same spelling would mean.';

CREATE FUNCTION analytics_internal.is_column(relation regclass, expression text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND quote_ident(a.attname) = expression)
$$;
COMMENT ON FUNCTION analytics_internal.is_column(regclass, text) IS 'Whether SQL is a column of a relation, as quote_ident() writes it';

CREATE FUNCTION analytics_internal.part_sql(relation regclass, options jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'jsonb_build_array(' || string_agg(analytics_internal.expression_sql(relation, p.written), ', ' ORDER BY p.place) || ')::text'
    FROM jsonb_array_elements_text(CASE jsonb_typeof(options -> 'sum') WHEN 'array' THEN options -> 'sum' END)
        WITH ORDINALITY p (written, place)
$$;
COMMENT ON FUNCTION analytics_internal.part_sql(regclass, jsonb) IS
'SQL that tells the rows of one key apart that option sum adds up
NULL where it names no columns.';

CREATE FUNCTION analytics_internal.adds_up(source analytics.source) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT COALESCE(source.options -> 'sum' NOT IN ('false', 'null', '[]'), false) $$;
COMMENT ON FUNCTION analytics_internal.adds_up(analytics.source) IS 'Whether the rows of a source are of a finer grain, and are added up';

CREATE FUNCTION analytics_internal.source_sql(source analytics.source) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN source.options ? 'filter' THEN format(E'(SELECT * FROM %s AS _source WHERE (%s\n))', source.relation,
            source.options ->> 'filter')
        ELSE source.relation
    END
$$;
COMMENT ON FUNCTION analytics_internal.source_sql(analytics.source) IS
'SQL of the rows that a source has: all of its relation that its filter leaves';

-- A column that has the name of a click id, as analytics.click_id lists them, is one. Of several in a row the one that proves an ad counts.
CREATE FUNCTION analytics_internal.click_id_columns(relation regclass, OUT names text[], OUT columns jsonb)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(c.attname ORDER BY c.place),
           jsonb_build_object(
               'click_id', format('COALESCE(%s)', string_agg(c.value, ', ' ORDER BY c.place)),
               'click_id_name', format('CASE %s END',
                   string_agg(format('WHEN %s IS NOT NULL THEN %L', c.value, c.parameter), ' ' ORDER BY c.place)))
    FROM (
        SELECT a.attname::text, k.parameter, analytics_internal.cleaned_sql(quote_ident(a.attname), 'key') AS value,
               row_number() OVER (ORDER BY k.is_paid IS TRUE DESC, k.is_paid NULLS FIRST, a.attnum) AS place
        FROM pg_attribute a
        JOIN analytics.click_id k ON lower(a.attname COLLATE "C") = k.parameter
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND k.platform IS NOT NULL
    ) c
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION analytics_internal.click_id_columns(regclass) IS
'The columns of a relation that are click ids by name, and how events read them';

CREATE FUNCTION analytics_internal.with_click_ids(entity text, relation regclass, columns jsonb, OUT columns_read jsonb, OUT by_name text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
    mapped constant text := columns ->> 'click_id';
BEGIN
    columns_read := columns;
    IF entity <> 'events' OR columns ? 'click_id_name' OR EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attname IN ('click_id', 'click_id_name') AND NOT a.attisdropped) THEN
        RETURN;
    END IF;
    SELECT k.names, k.columns INTO c FROM analytics_internal.click_id_columns(relation) k;
    IF c.names IS NOT NULL AND (mapped IS NULL OR mapped = ANY (c.names)) THEN
        columns_read := columns || c.columns;
        by_name := c.names;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.with_click_ids(text, regclass, jsonb) IS
'The mapping of events, with the columns that are click ids by name
Left alone where click_id_name is mapped, or click_id is another column. by_name: those columns.';

-- An error in an expression ends the statement that evaluates it, and with it all rows: where one is known to fail, each row is tried by
-- itself.
CREATE FUNCTION analytics_internal.try_expression(expression text, source_row anyelement, OUT value text, OUT failure text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('SELECT (%s)::text FROM (SELECT ($1).*) AS _source', expression) INTO value USING source_row;
EXCEPTION WHEN data_exception OR raise_exception OR integrity_constraint_violation THEN
    failure := SQLERRM;
END
$$;
COMMENT ON FUNCTION analytics_internal.try_expression(text, anyelement) IS
'The value of an expression of a mapping for one row, or why there is none';

CREATE FUNCTION analytics_internal.exchange_rate(rates regclass, currency text, day date) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rate numeric;
BEGIN
    EXECUTE format($sql$
        SELECT r.rate::numeric
        FROM %s AS r
        WHERE upper(r.currency::text COLLATE "C") = $1 AND r.date::date <= $2 AND r.rate::numeric > 0
        -- Of several of one day and time it is always the same one.
        ORDER BY r.date::date DESC, r.date DESC, r.rate::numeric DESC
        LIMIT 1$sql$, rates)
    INTO rate USING upper(currency COLLATE "C"), day;
    RETURN rate;
END
$$;
COMMENT ON FUNCTION analytics_internal.exchange_rate(regclass, text, date) IS
'What one unit of a currency is worth on a day; NULL where no rate is known
rates: a relation with date, currency and rate. The latest of the day or before it holds.';

-- Money in another currency than the business's is converted at the rate of its day; without a rate it stays what it is, and is refused.
-- What it was before is kept beside it.
CREATE FUNCTION analytics_internal.exchanged_sql(name text, conversion text, money jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN name = 'currency' THEN format('CASE WHEN %s IS NOT NULL THEN %L ELSE %s END', r.rate, money ->> 'own', conversion)
        WHEN name = 'original_currency' THEN format('COALESCE(upper((%s) COLLATE "C"), %L)', conversion, money ->> 'own')
        -- What has no rate is refused for its currency.
        ELSE format('round((%s) * CASE WHEN upper((%s) COLLATE "C") <> %L THEN COALESCE(%s, 1) ELSE 1 END, 4)', conversion,
            money ->> 'currency', money ->> 'own', r.rate)
    END
    FROM (
        SELECT format('analytics_internal.exchange_rate(%L::regclass, %s, %s)', money ->> 'rates', money ->> 'currency', money ->> 'day')
    ) r (rate)
$$;
COMMENT ON FUNCTION analytics_internal.exchanged_sql(text, text, jsonb) IS
'SQL of an amount in the currency of the business, or of that currency
money: rates, the relation that has them; currency and day, the SQL that reads them; own, the currency of the business.';

CREATE FUNCTION analytics_internal.money_of(entity text, relation regclass, columns jsonb, options jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('rates', options ->> 'exchange_rates', 'own', COALESCE(options ->> 'own_currency', 'USD'),
               'currency', min(m.conversion) FILTER (WHERE m.name = 'currency'),
               'day', min(CASE m.kind WHEN 'date' THEN m.conversion ELSE
                   format('((%s) AT TIME ZONE %L)::date', m.conversion, COALESCE(options ->> 'day_zone', 'UTC')) END)
                   FILTER (WHERE m.name = e.day))
    FROM analytics_internal.source_mapping(entity, relation, columns, options - 'exchange_rates') m
    CROSS JOIN analytics.entity e
    WHERE e.entity = money_of.entity AND options ? 'exchange_rates'
    HAVING bool_or(m.name = 'currency') AND bool_and(m.problem IS NULL)
$$;
COMMENT ON FUNCTION analytics_internal.money_of(text, regclass, jsonb, jsonb) IS
'How a source says currency and day of its amounts, for option exchange_rates';

CREATE FUNCTION analytics_internal.mapped_as(relation regclass, name text, columns jsonb, options jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(
        -- What says which version of a row is the newest is what says when it changed.
        CASE name WHEN 'updated_at' THEN options ->> 'version' END,
        columns ->> name,
        -- What is converted is kept as it was.
        CASE WHEN name ~ '^original_' AND options ? 'exchange_rates' THEN
            analytics_internal.mapped_as(relation, substr(name, length('original_') + 1), columns, options - 'exchange_rates')
        END,
        CASE
            WHEN name = 'currency' AND options ? 'account_currencies' THEN format('%L::jsonb ->> (%s)::text',
                options ->> 'account_currencies',
                analytics_internal.expression_sql(relation, COALESCE(columns ->> 'account_id', 'account_id')))
            -- An export without ids knows its campaigns by name.
            WHEN name = 'campaign_id' AND NOT analytics_internal.has_column(relation, name) THEN columns ->> 'campaign_name'
            -- Of what a view reads, some may change while its updated_at does not: unless the mapping says so, it tells nothing.
            WHEN name = 'updated_at' AND (SELECT c.relkind = 'v' FROM pg_class c WHERE c.oid = relation) THEN NULL
            WHEN analytics_internal.has_column(relation, name) THEN name
        END)
$$;
COMMENT ON FUNCTION analytics_internal.mapped_as(regclass, text, jsonb, jsonb) IS
'What a canonical column is read from: a column or an expression; NULL: nothing';

CREATE FUNCTION analytics_internal.mapping_expression(relation regclass, mapped text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    alike text;
BEGIN
    IF analytics_internal.has_column(relation, mapped) THEN
        RETURN quote_ident(mapped);
    END IF;
    SELECT l.attname INTO alike FROM analytics_internal.column_like(relation, mapped) l WHERE l.is_same;
    -- SQL knows such words, and whoever writes one means a column.
    IF alike IS NULL AND lower(mapped COLLATE "C") IN ('user', 'current_user', 'session_user', 'current_role') THEN
        RAISE EXCEPTION 'column "%" does not exist', mapped USING ERRCODE = 'undefined_column';
    END IF;
    RETURN COALESCE(quote_ident(alike), analytics_internal.expression_sql(relation, mapped));
END
$$;
COMMENT ON FUNCTION analytics_internal.mapping_expression(regclass, text) IS 'SQL of what a canonical column is read from';

CREATE FUNCTION analytics_internal.base_type(type regtype) RETURNS regtype
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found regtype := type;
BEGIN
    WHILE (SELECT t.typtype = 'd' FROM pg_type t WHERE t.oid = found) LOOP
        SELECT t.typbasetype INTO found FROM pg_type t WHERE t.oid = found;
    END LOOP;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics_internal.base_type(regtype) IS 'Of a domain the type below it, however deep; any other type is its own';

CREATE FUNCTION analytics_internal.reading_problem(name text, kind text, found regtype, mapped text, can_be_read boolean) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN found IS NULL THEN name || ': the expression must give one value for each row'
        WHEN found IN ('float4'::regtype, 'float8'::regtype) AND (kind = 'key' OR name IN ('campaign_id', 'click_id')) THEN
            format('%s: ids of type %s have lost digits where they are long: load the column as text or bigint, or where all ids are '
                'below 2^53 map it as "(%s)::bigint"', name, found, mapped)
        WHEN NOT can_be_read THEN format('%s: type %s cannot be read as a %s', name, found, kind)
    END
$$;
COMMENT ON FUNCTION analytics_internal.reading_problem(text, text, regtype, text, boolean) IS
'Why what an expression gives cannot be a canonical column; NULL where it can';

CREATE FUNCTION analytics_internal.mapping_error(relation regclass, name text, mapped text, code text, message text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- A name that is no column reads as something else where it is a word of SQL.
    SELECT format('%s: %s', name, CASE
            WHEN code = '42601' AND mapped ~ E'^\\w+$' THEN format('column "%s" does not exist', mapped)
            WHEN code = '42883' THEN message || ' (outside of pg_catalog it needs its schema before the name)'
            ELSE message END)
        || COALESCE((SELECT format('; did you mean "%s"?', btrim(analytics_internal.visible_name(l.attname), '"'))
                     FROM analytics_internal.column_like(relation, mapped) l
                     WHERE l.attname IS NOT NULL), '')
$$;
COMMENT ON FUNCTION analytics_internal.mapping_error(regclass, text, text, text, text) IS
'What an error in an expression of a mapping means';

CREATE FUNCTION analytics_internal.option_problems(relation regclass, options jsonb) RETURNS TABLE (name text, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    option record;
BEGIN
    FOR option IN
        SELECT 'filter' AS name, '(' || (options ->> 'filter') || E'\n)::boolean' AS sql
        WHERE options ? 'filter'
        UNION ALL
        SELECT 'sum', analytics_internal.part_sql(relation, options)
        WHERE jsonb_typeof(options -> 'sum') = 'array'
    LOOP
        BEGIN
            EXECUTE format('SELECT FROM %s AS _source WHERE (%s) IS NULL LIMIT 0', relation, option.sql);
        EXCEPTION WHEN OTHERS THEN
            RETURN QUERY VALUES (option.name, format('option %s: %s', option.name, SQLERRM));
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.option_problems(regclass, jsonb) IS 'What is wrong with the options of a source that are SQL';

CREATE FUNCTION analytics_internal.source_mapping(entity text, relation regclass, columns jsonb, options jsonb,
    of_column text DEFAULT NULL)
    RETURNS TABLE (name text, kind text, expression text, conversion text, not_null boolean, minimum numeric, problem text,
        failure text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    -- What is bought is asked for what came before it.
    conversion_day constant text := e.day FROM analytics.entity e WHERE e.entity = source_mapping.entity AND e.amount IS NOT NULL;
    money constant jsonb := analytics_internal.money_of(entity, relation, columns, options);
    wanted record;
    mapped text;
    tried text;
    found_type regtype;
BEGIN
    FOR wanted IN
        SELECT *
        FROM analytics.entity_column c
        WHERE c.entity = source_mapping.entity AND (of_column IS NULL OR c.name = of_column)
        ORDER BY c.position
    LOOP
        mapped := analytics_internal.mapped_as(relation, wanted.name, columns, options);
        CONTINUE WHEN mapped IS NULL AND NOT wanted.must_be_mapped;
        name := wanted.name; kind := wanted.kind; not_null := wanted.not_null; minimum := wanted.minimum;
        expression := NULL; conversion := NULL; failure := NULL;
        problem := CASE WHEN mapped IS NULL THEN format('%s (%s) is required and not mapped', wanted.name, wanted.meaning) END;
        BEGIN
            IF mapped IS NOT NULL THEN
                expression := analytics_internal.mapping_expression(relation, mapped);
                -- The null row gives the type without reading the table; the order refuses aggregates.
                EXECUTE format('SELECT pg_typeof(%s) FROM (SELECT) one LEFT JOIN %s AS _source ON false ORDER BY _source IS NULL',
                    expression, relation)
                INTO found_type;
                found_type := analytics_internal.base_type(found_type);
                IF options ? 'row_by_row' AND NOT analytics_internal.is_column(relation, expression) THEN
                    tried := format('(analytics_internal.try_expression(%L, ROW(_source.*)::%s))', expression, relation);
                    expression := format('(%s.value)::%s', tried, found_type);
                    failure := tried || '.failure';
                END IF;
                conversion := analytics_internal.conversion_sql(wanted.kind, expression, found_type, options,
                    at_end => wanted.name IS NOT DISTINCT FROM conversion_day);
                IF money IS NOT NULL AND wanted.name IN (
                        'amount', 'profit', 'spend', 'conversions_value', 'currency', 'original_currency') THEN
                    conversion := analytics_internal.exchanged_sql(wanted.name, conversion, money);
                END IF;
                problem := analytics_internal.reading_problem(wanted.name, wanted.kind, found_type, mapped, conversion IS NOT NULL);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            problem := analytics_internal.mapping_error(relation, wanted.name, mapped, SQLSTATE, SQLERRM);
        END;
        RETURN NEXT;
    END LOOP;
    RETURN QUERY
    SELECT p.name, NULL::text, NULL::text, NULL::text, NULL::boolean, NULL::numeric, p.problem, NULL::text
    FROM analytics_internal.option_problems(relation, options) p
    WHERE of_column IS NULL;
END
$$;
COMMENT ON FUNCTION analytics_internal.source_mapping(text, regclass, jsonb, jsonb, text) IS
'How each canonical column would be read from a relation, and what hinders it
One row per mapped column or problem: the expression, the SQL that converts it, and the problem, NULL where there is none. Options that are
SQL have a row where there is a problem. Option row_by_row: errors of expressions are caught; failure is SQL that gives their message.
of_column: that column alone.';

CREATE FUNCTION analytics_internal.source_timezone(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(source.options ->> 'timezone', s.reporting_timezone) FROM analytics.settings(source.business_id) s
$$;
COMMENT ON FUNCTION analytics_internal.source_timezone(analytics.source) IS
'The zone of times in a source that name none: its own, or else the business''s';

CREATE FUNCTION analytics_internal.is_read_row_by_row(source_id bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(w.row_by_row, false)
    FROM (SELECT) one
    LEFT JOIN warehouse.source_watermark w ON w.source_id = is_read_row_by_row.source_id
$$;
COMMENT ON FUNCTION analytics_internal.is_read_row_by_row(bigint) IS 'Whether expressions of a source have failed on some row';

CREATE FUNCTION analytics_internal.current_mapping(source analytics.source, of_column text DEFAULT NULL)
    RETURNS TABLE (name text, kind text, expression text, conversion text, not_null boolean, minimum numeric, problem text, failure text)
    LANGUAGE sql STABLE
AS $$
    SELECT m.* FROM analytics_internal.source_mapping(source.entity, pg_catalog.to_regclass(source.relation),
        (analytics_internal.with_click_ids(source.entity, pg_catalog.to_regclass(source.relation), source.columns)).columns_read,
        source.options || pg_catalog.jsonb_build_object('timezone', analytics_internal.source_timezone(source),
            'day_zone', (analytics.settings(source.business_id)).reporting_timezone,
            'own_currency', (analytics.settings(source.business_id)).currency)
            || CASE WHEN analytics_internal.is_read_row_by_row(source.source_id) THEN '{"row_by_row": true}' ELSE '{}' END::jsonb,
        of_column) m
$$;
COMMENT ON FUNCTION analytics_internal.current_mapping(analytics.source, text) IS
'source_mapping() of a registered source, as its relation is now';

CREATE FUNCTION analytics_internal.relation_identity(relation regclass, OUT kind text, OUT owner text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
               WHEN 'f' THEN 'foreign table' END,
           pg_get_userbyid(c.relowner)
    FROM pg_class c
    WHERE c.oid = relation_identity.relation
$$;
COMMENT ON FUNCTION analytics_internal.relation_identity(regclass) IS
'What a source is registered with: the kind of its relation, and whose it is';

CREATE FUNCTION analytics_internal.dependency_identities(options jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_object_agg(d.relation, to_jsonb(i))
    FROM jsonb_array_elements_text(options -> 'depends_on') d (relation)
    CROSS JOIN LATERAL analytics_internal.relation_identity(to_regclass(d.relation)) i
$$;
COMMENT ON FUNCTION analytics_internal.dependency_identities(jsonb) IS
'Kind and owner of each relation that a mapping looks into; NULL for none';

-- Whoever reads a view runs the code of its owner, and the owner of a table can put a view into its place. What a relation was when it was
-- registered, somebody has trusted. By the owner of the warehouse nobody can be deceived: his are also the tables that a refresh writes.
CREATE FUNCTION analytics_internal.check_relation(source_id bigint, relation text, kind text, owner text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found record;
BEGIN
    -- Again once it is held, so that what was looked at is what is read.
    FOR pass IN 1 .. 2 LOOP
        found := analytics_internal.relation_identity(relation::regclass);
        IF found.kind IS DISTINCT FROM kind OR found.owner IS DISTINCT FROM owner
            AND found.owner <> (analytics_internal.relation_identity('warehouse.source')).owner THEN
            RAISE EXCEPTION '% of source % is not what was registered', relation, source_id
                USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = format('Registered was a %s of role %I, and now there is a %s of role %I.',
                        COALESCE(kind, 'relation'), COALESCE(owner, 'unknown'), found.kind, found.owner),
                    HINT = 'A refresh runs the code of whoever owns a source: where you trust what is there now, register it again.';
        END IF;
        -- The other kinds cannot be locked.
        IF pass = 1 AND found.kind IN ('table', 'partitioned table', 'view') AND has_table_privilege(relation, 'SELECT') THEN
            EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', relation);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_relation(bigint, text, text, text) IS
'Raises 55000 where a relation that a source reads is of another kind or owner
kind, owner: what it was when the source was registered.';

CREATE FUNCTION analytics_internal.check_identity(source analytics.source) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.check_relation(source.source_id, r.relation, r.kind, r.owner)
    FROM (
        SELECT source.relation, source.relation_kind, source.relation_owner
        UNION ALL
        SELECT d.key, d.value ->> 'kind', d.value ->> 'owner'
        FROM jsonb_each(COALESCE(source.dependencies, '{}')) d
    ) r (relation, kind, owner)
$$;
COMMENT ON FUNCTION analytics_internal.check_identity(analytics.source) IS
'Raises 55000 where a source, or what its mapping looks into, is not what it was';

-- A mapping is SQL, and runs with the rights of whoever refreshes. Whoever may become that role gains nothing by it.
CREATE FUNCTION analytics_internal.check_registrar(source analytics.source) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF COALESCE(pg_has_role(to_regrole(quote_ident(source.registered_by)), CURRENT_USER, 'MEMBER'), source.registered_by IS NULL) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'source % (%) was registered by role %, and its mapping would run with the rights of %', source.source_id,
            source.relation, quote_ident(source.registered_by), quote_ident(CURRENT_USER)
        USING ERRCODE = 'insufficient_privilege',
            HINT = format('Refresh as %I; or, where you have read its mapping in warehouse.source and trust it, register the source again.',
                source.registered_by);
END
$$;
COMMENT ON FUNCTION analytics_internal.check_registrar(analytics.source) IS
'Raises 42501 where a role that may do less than the caller registered a source
What the owner of the warehouse registered is trusted, as he is.';

-- A part of the rows that is small enough to pass for a change would be lost all the same.
CREATE FUNCTION analytics_internal.check_row_security(source analytics.source) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF row_security_active(source.relation) AND EXISTS (
        SELECT FROM warehouse.source_watermark w WHERE w.source_id = source.source_id AND w.loaded > 0 AND NOT w.row_security) THEN
        RAISE EXCEPTION 'row security hides rows of source % (%) from role %', source.source_id, source.relation, quote_ident(current_user)
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'When the source was last read it hid none.',
                HINT = 'Refresh as a role that sees all rows, as the owner of the table does; or let what is hidden go with '
                    'CALL analytics.refresh(accept_loss => true).';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_row_security(analytics.source) IS
'Raises 55000 where a source was read as a whole and now only in part';

-- In this order: no question is asked of a relation before it is known to be the one that was meant.
CREATE FUNCTION analytics_internal.check_source(source analytics.source, accept_loss boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problems text;
BEGIN
    PERFORM analytics_internal.check_registrar(source);
    IF to_regclass(source.relation) IS NULL THEN
        RAISE EXCEPTION 'relation % of source % does not exist', source.relation, source.source_id
            USING ERRCODE = 'undefined_table', HINT = 'Register the source again, or drop it with analytics.drop_source().';
    END IF;
    PERFORM analytics_internal.check_identity(source);
    IF NOT has_any_column_privilege(source.relation, 'SELECT') THEN
        RAISE EXCEPTION 'role % may not read source % (%)', quote_ident(current_user), source.source_id, source.relation
            USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT SELECT ON %s TO %I;', source.relation, current_user);
    END IF;
    IF NOT accept_loss THEN
        PERFORM analytics_internal.check_row_security(source);
    END IF;
    SELECT string_agg(m.problem, E'\n') INTO problems FROM analytics_internal.current_mapping(source) m;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping of source % (%) no longer fits', source.source_id, source.relation
            USING ERRCODE = 'invalid_parameter_value', DETAIL = problems, HINT = 'Register the source again.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_source(analytics.source, boolean) IS
'Refuses a source that cannot be read any more, and says why
Raises 42501 where its mapping is not to be trusted or the role may not read it, 42P01 where its relation is gone, 55000 where it is
another, or hides rows that it did not hide, 22023 where a mapped column is gone.
accept_loss: it may hide rows.';

CREATE FUNCTION analytics_internal.fitting_column(candidate text, relation regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN candidate LIKE '=~%' THEN quote_literal(substring(a.attname FROM substr(candidate, 3))) ELSE a.attname END
    FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
      AND CASE
          WHEN candidate LIKE '=~%' THEN a.attname ~ ('^(?:' || substr(candidate, 3) || ')$')
          WHEN candidate LIKE '~%' THEN a.attname ~ ('^(?:' || substr(candidate, 2) || ')$')
          ELSE lower(a.attname COLLATE "C") = lower(candidate COLLATE "C")
      END
    ORDER BY a.attname <> candidate, a.attnum
    LIMIT 1
$$;
COMMENT ON FUNCTION analytics_internal.fitting_column(text, regclass) IS
'The column that a candidate of a preset means, or what it takes of its name';

CREATE FUNCTION analytics_internal.first_fitting(candidates jsonb, relation regclass) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    candidate text;
    found text;
    unreadable text;
BEGIN
    FOR candidate IN
        SELECT v
        FROM jsonb_array_elements_text(CASE jsonb_typeof(candidates) WHEN 'array' THEN candidates ELSE jsonb_build_array(candidates) END) v
    LOOP
        -- What a loader puts beside the table.
        candidate := replace(candidate, '{schema}', (
            SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation));
        found := analytics_internal.fitting_column(candidate, relation);
        IF found IS NOT NULL THEN
            RETURN found;
        END IF;
        -- A plain name, dots or none, means a column and nothing else.
        CONTINUE WHEN candidate ~ '^([A-Za-z0-9_.]+$|=?~)';
        BEGIN
            EXECUTE format(E'SELECT (%s\n) FROM %s AS _source LIMIT 0', candidate, relation);
            RETURN candidate;
        EXCEPTION
            WHEN undefined_column OR undefined_table THEN NULL;
            WHEN OTHERS THEN
                -- It is there and cannot be read so: where nothing else fits, source_mapping() names the problem. Names may have blanks.
                IF SQLSTATE <> '42601' OR candidate !~ '^[A-Za-z0-9_. ]+$' THEN
                    unreadable := COALESCE(unreadable, candidate);
                END IF;
        END;
    END LOOP;
    RETURN unreadable;
END
$$;
COMMENT ON FUNCTION analytics_internal.first_fitting(jsonb, regclass) IS
'The first column or expression of a list that a relation has, or NULL
A name fits in any case of letters. ~pattern is the first column whose name matches, =~pattern what the parentheses match of that name.
{schema} is that of the relation.';

-- Meta gives budgets in the smallest unit, which it has for most currencies as hundredths.
CREATE FUNCTION analytics_internal.filled_in(preset jsonb, options jsonb, currency text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT replace(replace(preset::text, '{action_types}', COALESCE((
        SELECT '{' || string_agg(t, ',' ORDER BY p) || '}'
        FROM jsonb_array_elements_text(CASE jsonb_typeof(options -> 'action_types') WHEN 'array' THEN options -> 'action_types' END)
            WITH ORDINALITY e (t, p)
        WHERE t ~ '^[A-Za-z0-9_.]+$'), '{lead,purchase}')),
        '{minor_units}', CASE WHEN currency IN ('CLP', 'COP', 'CRC', 'HUF', 'ISK', 'IDR', 'JPY', 'KRW', 'PYG', 'TWD', 'VND') THEN '1'
                              ELSE '100' END)::jsonb
$$;
COMMENT ON FUNCTION analytics_internal.filled_in(jsonb, jsonb, text) IS
'A preset with what differs by source put in
{action_types}: the kinds of conversions that option action_types wants. {minor_units}: how many of Meta''s make one of the currency.';

-- A preset is written for several tables: what one of them lacks is left out, and said.
CREATE FUNCTION analytics_internal.fit_preset(preset jsonb, entity text, relation regclass, OUT columns jsonb, OUT skipped text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(jsonb_object_agg(f.name, f.chosen) FILTER (WHERE f.chosen IS NOT NULL), '{}'),
           COALESCE(array_agg(f.name ORDER BY f.position) FILTER (WHERE f.chosen IS NULL AND NOT f.is_there), '{}')
    FROM (
        SELECT p.key AS name, c.position, h.is_there, COALESCE(t.fitting, CASE
                   WHEN COALESCE(c.must_be_mapped, true) AND NOT h.is_there THEN
                       CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ->> 0 ELSE p.value #>> '{}' END
               END) AS chosen
        FROM jsonb_each(fit_preset.preset) p
        LEFT JOIN analytics.entity_column c ON c.entity = fit_preset.entity AND c.name = p.key
        CROSS JOIN LATERAL (SELECT analytics_internal.first_fitting(p.value, relation)) t (fitting)
        CROSS JOIN LATERAL (SELECT analytics_internal.has_column(relation, p.key)) h (is_there)
    ) f
$$;
COMMENT ON FUNCTION analytics_internal.fit_preset(jsonb, text, regclass) IS
'A preset as it fits a relation: the columns that are there, and those skipped
Of a list of expressions the first that the relation has is taken. A required column is never skipped: it stays, for source_mapping() to
name.';

CREATE FUNCTION analytics_internal.fit_options(preset jsonb, relation regclass) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(jsonb_object_agg(o.name, f.value) FILTER (WHERE f.value IS NOT NULL), '{}')
    FROM jsonb_each(preset) o (name, written)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN o.name IN ('filter', 'version') THEN to_jsonb(analytics_internal.first_fitting(o.written, relation))
            WHEN o.name = 'sum' AND jsonb_typeof(o.written) = 'array' THEN (
                SELECT jsonb_agg(a.attname ORDER BY a.attnum)
                FROM pg_attribute a
                WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
                  AND lower(a.attname COLLATE "C") ~ ANY (ARRAY(
                      SELECT '^(?:' || lower(p COLLATE "C") || ')$'
                      FROM jsonb_array_elements_text(o.written) p)))
            ELSE o.written
        END
    ) f (value)
$$;
COMMENT ON FUNCTION analytics_internal.fit_options(jsonb, regclass) IS
'The options of a preset as they fit a relation
Of a list of filters or versions the first that the relation has is taken; the columns to add up are given as regular expressions.';

CREATE FUNCTION analytics_internal.known_options(entity text) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{timezone,date_order,number_format,null_markers,overlap,append_only,filter,version,depends_on}'::text[]
        || CASE entity
            WHEN 'content_metrics' THEN '{cumulative}'::text[]
            WHEN 'ad_performance' THEN '{sum,action_types,priority,account_currencies,exchange_rates}'
            WHEN 'ad_breakdowns' THEN '{sum,account_currencies,exchange_rates}'
            WHEN 'contracts' THEN '{missing_amount,exchange_rates}'
            WHEN 'transactions' THEN '{missing_amount,exchange_rates}'
        END
$$;
COMMENT ON FUNCTION analytics_internal.known_options(text) IS 'The options that a source of an entity may have';

CREATE FUNCTION analytics_internal.registration_problems(entity text, columns jsonb, options jsonb) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(p.problem ORDER BY p.problem COLLATE "C")
    FROM (
        SELECT format('unknown option "%s"; known are %s', o, array_to_string(k.known, ', '))
        FROM jsonb_object_keys(options) o
        CROSS JOIN (SELECT analytics_internal.known_options(registration_problems.entity)) k (known)
        WHERE o <> ALL (k.known)
        UNION ALL
        SELECT 'option timezone: "' || (options ->> 'timezone') || '" is not a time zone'
        WHERE options ? 'timezone' AND NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = options ->> 'timezone')
        UNION ALL
        SELECT 'option date_order must be YMD, DMY or MDY'
        WHERE options ->> 'date_order' NOT IN ('YMD', 'DMY', 'MDY')
        UNION ALL
        SELECT 'option number_format must be "1,234.56", "1.234,56", "1 234,56" or "1''234.56"'
        WHERE options ->> 'number_format' NOT IN ('1,234.56', '1.234,56', '1 234,56', '1''234.56')
        UNION ALL
        SELECT 'option null_markers must be a list of texts'
        WHERE options ? 'null_markers' AND (jsonb_typeof(options -> 'null_markers') <> 'array' OR EXISTS (
            SELECT FROM jsonb_array_elements(CASE jsonb_typeof(options -> 'null_markers') WHEN 'array' THEN options -> 'null_markers' END) m
            WHERE jsonb_typeof(m) <> 'string' OR octet_length(m #>> '{}') NOT BETWEEN 1 AND 100))
        UNION ALL
        SELECT 'option depends_on must be a list of relations, each with its schema'
        WHERE options ? 'depends_on' AND (jsonb_typeof(options -> 'depends_on') <> 'array' OR EXISTS (
            SELECT FROM jsonb_array_elements(CASE jsonb_typeof(options -> 'depends_on') WHEN 'array' THEN options -> 'depends_on' END) d
            WHERE jsonb_typeof(d) <> 'string' OR to_regclass(d #>> '{}') IS NULL))
        UNION ALL
        SELECT 'option exchange_rates must be a relation with its schema, which has date, currency and rate'
        WHERE options ? 'exchange_rates' AND (
            SELECT count(*) <> 3
            FROM pg_attribute a
            WHERE a.attrelid = to_regclass(options ->> 'exchange_rates') AND NOT a.attisdropped
              AND a.attname IN ('date', 'currency', 'rate'))
        UNION ALL
        SELECT 'option account_currencies must be an object: account -> currency'
        WHERE options ? 'account_currencies' AND (jsonb_typeof(options -> 'account_currencies') <> 'object' OR EXISTS (
            SELECT FROM jsonb_each(CASE jsonb_typeof(options -> 'account_currencies')
                WHEN 'object' THEN options -> 'account_currencies' END) c
            WHERE c.value #>> '{}' !~ '^[A-Za-z]{3}$'))
        UNION ALL
        SELECT 'option missing_amount must be "zero" or "refuse"'
        WHERE options ->> 'missing_amount' NOT IN ('zero', 'refuse')
        UNION ALL
        SELECT 'option priority must be a whole number'
        WHERE options ->> 'priority' !~ '^-?[0-9]{1,6}$'
        UNION ALL
        SELECT 'option overlap must be a number of minutes that is not negative'
        WHERE options ->> 'overlap' !~ '^[0-9]{1,5}$'
        UNION ALL
        SELECT format('option %s must be true or false', o)
        FROM unnest('{append_only,cumulative}'::text[]) o
        WHERE options ->> o NOT IN ('true', 'false')
        UNION ALL
        SELECT 'option sum must be true, false or a list of columns'
        WHERE jsonb_typeof(options -> 'sum') NOT IN ('boolean', 'array')
           OR jsonb_path_exists(options, '$.sum[*] ? (@.type() != "string" && @.type() != "boolean")')
        UNION ALL
        SELECT 'option action_types must be a list of names of actions'
        WHERE jsonb_typeof(options -> 'action_types') <> 'array' OR jsonb_path_exists(options,
            '$.action_types[*] ? (@.type() != "string" || !(@ like_regex "^[A-Za-z0-9_.]+$"))')
        UNION ALL
        SELECT format('option %s must be text: a column or an SQL expression', o)
        FROM unnest('{filter,version}'::text[]) o
        WHERE jsonb_typeof(options -> o) <> 'string'
        UNION ALL
        SELECT 'click_id: which click id it is must be mapped as click_id_name, such as "''gclid''"'
        WHERE registration_problems.entity = 'events' AND columns ? 'click_id' AND NOT columns ? 'click_id_name'
        UNION ALL
        SELECT 'unknown canonical column "' || k || '"'
        FROM jsonb_object_keys(columns) k
        WHERE NOT EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = registration_problems.entity AND c.name = k)
    ) p (problem)
$$;
COMMENT ON FUNCTION analytics_internal.registration_problems(text, jsonb, jsonb) IS
'What is wrong with options and column names of a source; NULL: nothing';

-- What an expression looks up elsewhere changes, and the row that asks does not. A view knows what its expressions read.
CREATE FUNCTION analytics_internal.read_elsewhere(entity text, relation regclass, columns jsonb, options jsonb,
    OUT relations text[], OUT functions text[])
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = error SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE (
        SELECT format('CREATE TEMP VIEW mapping_probe AS SELECT %s FROM %s AS _source%s',
            concat_ws(', ', string_agg(format('(%s) AS %I', m.expression, m.name), ', '), analytics_internal.part_sql(relation, options)),
            relation,
            CASE WHEN options ? 'filter' THEN E' WHERE (' || (options ->> 'filter') || E'\n)' ELSE '' END)
        FROM analytics_internal.source_mapping(entity, relation, columns, options) m);
    SELECT array_agg(DISTINCT format('%I.%I', n.nspname, c.relname)) FILTER (WHERE c.oid IS NOT NULL),
           array_agg(DISTINCT p.oid::regprocedure::text) FILTER (WHERE p.provolatile <> 'i' AND f.nspname !~ '^analytics(_internal)?$')
    INTO relations, functions
    FROM pg_rewrite r
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
        ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid AND c.oid NOT IN (r.ev_class, relation)
    LEFT JOIN (pg_proc p JOIN pg_namespace f ON f.oid = p.pronamespace) ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
    WHERE r.ev_class = 'pg_temp.mapping_probe'::regclass;
    DROP VIEW mapping_probe;
END
$$;
COMMENT ON FUNCTION analytics_internal.read_elsewhere(text, regclass, jsonb, jsonb) IS
'What a mapping reads beside its relation
relations: tables and views of its subqueries. functions: those that may read tables, since they are not immutable.';

CREATE FUNCTION analytics_internal.with_dependencies(entity text, relation regclass, columns jsonb, options jsonb) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    elsewhere record;
BEGIN
    SELECT e.relations || (options ->> 'exchange_rates') AS relations, e.functions INTO elsewhere
    FROM analytics_internal.read_elsewhere(entity, relation, columns, options) e;
    elsewhere.relations := NULLIF(array_remove(elsewhere.relations, NULL), '{}');
    IF elsewhere.functions IS NOT NULL AND NOT options ? 'depends_on' THEN
        RAISE EXCEPTION 'cannot register % as a source of %', relation, entity
            USING ERRCODE = 'invalid_parameter_value',
                DETAIL = format('Its mapping calls %s: what is not immutable may read what changes, and nothing tells when.',
                    array_to_string(elsewhere.functions, ', ')),
                HINT = 'Declare it IMMUTABLE if it reads no table, or name the tables that it reads: '
                    'options => ''{"depends_on": ["raw.rates"]}''.';
    ELSIF elsewhere.relations IS NULL THEN
        RETURN options;
    END IF;
    RAISE NOTICE 'the mapping of % reads %: where these change, the source is read completely', relation,
        array_to_string(elsewhere.relations, ', ');
    RETURN options || jsonb_build_object('depends_on', (
        SELECT jsonb_agg(DISTINCT d)
        FROM (
            SELECT jsonb_array_elements(options -> 'depends_on')
            UNION
            SELECT to_jsonb(r)
            FROM unnest(elsewhere.relations) r
        ) t (d)));
END
$$;
COMMENT ON FUNCTION analytics_internal.with_dependencies(text, regclass, jsonb, jsonb) IS
'The options of a source, with the relations that its mapping looks into
Raises 22023 where it calls functions of which nobody knows what they read.';

-- A registration that was lost, as by a restore without it, has left its rows under its number.
CREATE FUNCTION analytics_internal.lost_source_id(source analytics.source) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(w.source_id)
    FROM warehouse.source_watermark w
    WHERE (w.business_id, w.entity, w.relation) = (source.business_id, source.entity, source.relation) AND w.dropped_at IS NULL
      AND NOT EXISTS (SELECT FROM warehouse.source s WHERE s.source_id = w.source_id)
$$;
COMMENT ON FUNCTION analytics_internal.lost_source_id(analytics.source) IS
'The number of a lost registration of the same relation whose rows are there';

-- Made anew and never changed, so that a registration is by one role as a whole.
CREATE FUNCTION analytics_internal.keep_source(source analytics.source) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known bigint;
BEGIN
    -- Again where another session registers the same at the same time.
    LOOP
        DELETE FROM warehouse.source s
        WHERE (s.business_id, s.entity, s.relation) = (source.business_id, source.entity, source.relation)
        RETURNING s.source_id INTO known;
        source.source_id := COALESCE(known, analytics_internal.lost_source_id(source),
            nextval(pg_get_serial_sequence('warehouse.source', 'source_id')));
        INSERT INTO warehouse.source (source_id, business_id, entity, relation, columns, preset, options, relation_kind, relation_owner,
            dependencies)
        VALUES (source.source_id, source.business_id, source.entity, source.relation, source.columns, source.preset, source.options,
            source.relation_kind, source.relation_owner, analytics_internal.dependency_identities(source.options))
        ON CONFLICT ON CONSTRAINT source_business_id_entity_relation_key DO NOTHING;
        IF FOUND THEN
            RETURN source.source_id;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.keep_source(analytics.source) IS
'Writes a registration in the name of the caller; returns its number
Where the relation was registered before, or its registration was lost, the number is the same.';

CREATE TYPE analytics_internal.prepared_source AS (
    columns jsonb, columns_read jsonb, options jsonb, skipped text[], click_ids text[], problems text[]
);
COMMENT ON TYPE analytics_internal.prepared_source IS
'A source as it would be registered
columns: the mapping, its preset included; columns_read: with what is found by name. skipped: what the preset has and the relation has not.
problems: why it cannot be registered, NULL where it can.';

CREATE FUNCTION analytics_internal.prepare_source(entity text, relation regclass, columns jsonb, preset text, options jsonb,
    business_id bigint) RETURNS analytics_internal.prepared_source
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    prepared analytics_internal.prepared_source := (COALESCE(columns, '{}'), NULL, COALESCE(options, '{}'), '{}', NULL, NULL);
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF relation IS NULL OR business_id IS NULL THEN
        RAISE EXCEPTION 'relation and business_id must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT EXISTS (SELECT FROM analytics.entity e WHERE e.entity = prepare_source.entity) THEN
        RAISE EXCEPTION 'unknown entity "%"', entity USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT 'Known entities: ' || string_agg(e.entity, ', ' ORDER BY e.place) || '.' FROM analytics.entity e);
    ELSIF jsonb_typeof(prepared.columns) <> 'object' OR jsonb_typeof(prepared.options) <> 'object' THEN
        RAISE EXCEPTION 'columns and options must be JSON objects' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF preset IS NOT NULL THEN
        SELECT f.columns || prepared.columns, f.skipped,
               analytics_internal.fit_options(COALESCE(p.options, '{}'), relation) || prepared.options
        INTO prepared.columns, prepared.skipped, prepared.options
        FROM analytics.source_preset p,
            LATERAL analytics_internal.fit_preset(
                analytics_internal.filled_in(p.columns - ARRAY(SELECT jsonb_object_keys(prepared.columns)), prepared.options,
                    (analytics.settings(business_id)).currency), p.entity, relation) f
        WHERE p.preset = prepare_source.preset AND p.entity = prepare_source.entity ORDER BY p.builtin LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no preset "%" for entity "%"', preset, entity USING ERRCODE = 'invalid_parameter_value', HINT = (
                SELECT 'Known presets: ' || string_agg(DISTINCT (p.preset || ' (' || p.entity || ')') COLLATE "C", ', ') || '.'
                FROM analytics.source_preset p);
        END IF;
    END IF;
    SELECT c.columns_read, c.by_name INTO prepared.columns_read, prepared.click_ids
    FROM analytics_internal.with_click_ids(entity, relation, prepared.columns) c;
    prepared.problems := analytics_internal.registration_problems(entity, prepared.columns_read, prepared.options);
    IF prepared.problems IS NULL THEN
        SELECT array_agg(m.problem) INTO prepared.problems
        FROM analytics_internal.source_mapping(entity, relation, prepared.columns_read, prepared.options) m
        WHERE m.problem IS NOT NULL;
    END IF;
    RETURN prepared;
END
$$;
COMMENT ON FUNCTION analytics_internal.prepare_source(text, regclass, jsonb, text, jsonb, bigint) IS
'What register_source() would register, and what hinders it';

CREATE FUNCTION analytics_internal.refuse_registration(entity text, relation regclass, problems text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot register % as a source of %', relation, entity
        USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(problems, E'\n'),
              HINT = (SELECT 'Columns of ' || relation || ': '
                          || string_agg(analytics_internal.visible_name(a.attname), ', ' ORDER BY a.attnum)
                          || E'.\nCanonical columns: '
                          || (SELECT string_agg(c.name, ', ' ORDER BY c.position) FROM analytics.entity_column c
                              WHERE c.entity = refuse_registration.entity)
                          || E'.\nA mapping is a column name or an SQL expression; constants are quoted, as in \'facebook\'.'
                      FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped);
END
$$;
COMMENT ON FUNCTION analytics_internal.refuse_registration(text, regclass, text[]) IS
'Raises 22023 with all problems of a mapping, and with the names there are';

CREATE FUNCTION analytics.register_source(entity text, relation regclass, columns jsonb DEFAULT '{}', preset text DEFAULT NULL,
    options jsonb DEFAULT '{}', business_id bigint DEFAULT 1) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET standard_conforming_strings = on SET quote_all_identifiers = off
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    prepared analytics_internal.prepared_source
        := analytics_internal.prepare_source(entity, relation, columns, preset, options, business_id);
    relation_name text;
    source_id bigint;
BEGIN
    IF prepared.problems IS NOT NULL THEN
        PERFORM analytics_internal.refuse_registration(entity, relation, prepared.problems);
    END IF;
    prepared.options := analytics_internal.with_dependencies(entity, relation, prepared.columns_read, prepared.options);
    SELECT format('%I.%I', n.nspname, c.relname) INTO relation_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    SELECT analytics_internal.keep_source((NULL, business_id, entity, relation_name, prepared.columns, preset, prepared.options, NULL,
        i.kind, i.owner, NULL, NULL)::analytics.source)
    INTO source_id
    FROM analytics_internal.relation_identity(relation) i;
    -- Another mapping may not fail.
    UPDATE warehouse.source_watermark w SET row_by_row = false WHERE w.source_id = source_id AND w.row_by_row;
    INSERT INTO warehouse.refresh_state VALUES (business_id) ON CONFLICT DO NOTHING;
    PERFORM analytics_internal.warn_of_source(entity, relation, prepared, business_id);
    RETURN source_id;
END
$$;
COMMENT ON FUNCTION analytics.register_source(text, regclass, jsonb, text, jsonb, bigint) IS
'Registers a relation as a source of an entity; returns its source_id
entity: one of analytics.entity. columns: canonical name -> column or SQL expression of the relation, in which functions and types outside
of pg_catalog need their schema; columns of the canonical name need no mapping (see analytics.entity_column). preset: a mapping of
analytics.source_preset to start from; optional columns that the relation lacks are left out with a notice. options: timezone (of times
without one), date_order (YMD, DMY, MDY, for dates in text), number_format (of numbers in text, by example: 1.234,56), null_markers (a list
of texts that mean nothing, beside analytics.placeholder), depends_on (relations that functions in the mapping read; those of subqueries are
found: where they change, the source is read completely), overlap (minutes before the newest updated_at that are read again, 10),
append_only (rows are only ever added, newer versions of an id included), filter (SQL condition: the rows that count), version (of rows
with one key the one with the latest such time is kept), for ad_performance sum (rows of a finer grain are added up: true, or the columns
that tell them apart, so that copies and older versions are known) and action_types (for Meta''s presets: the actions that are
conversions; lead and purchase), priority (of two sources that have a campaign''s day the higher counts) and account_currencies (account ->
currency), exchange_rates (a relation with date, currency and rate, for amounts in other currencies; also of contracts and transactions),
for contracts and transactions missing_amount (zero or refuse), for content_metrics cumulative (the numbers are totals up to the
day). Kind and owner of the relation are
kept: where they change, a refresh refuses the source until it is registered again. Registering a
relation again replaces its mapping, and takes up its rows where the registration was lost. Every problem of the mapping is listed at once
(22023). Of a table a thousand rows are looked at, as preview_source() does: a warning says which would be refused.';

CREATE FUNCTION analytics.drop_source(source_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    has_rows boolean;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    -- A source that is registered no more may have left rows.
    UPDATE warehouse.source_watermark w SET dropped_at = now() WHERE w.source_id = drop_source.source_id;
    has_rows := FOUND;
    DELETE FROM warehouse.source s WHERE s.source_id = drop_source.source_id;
    IF NOT FOUND AND NOT has_rows THEN
        RAISE EXCEPTION 'there is no source %', drop_source.source_id USING ERRCODE = 'invalid_parameter_value',
            HINT = 'SELECT * FROM analytics.source lists them.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.drop_source(bigint) IS
'Forgets a source; the next refresh takes its rows out of the warehouse';
