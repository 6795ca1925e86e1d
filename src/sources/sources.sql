-- Sources: which relation of the user feeds which entity, and how its columns map to the canonical ones.

CREATE TABLE analytics.entity (
    entity text PRIMARY KEY,
    place int NOT NULL UNIQUE,
    target text NOT NULL,
    key text[] NOT NULL,
    day text,
    stored_day text,
    amount text,
    shared boolean NOT NULL,
    loader text NOT NULL,
    marker text
);
COMMENT ON TABLE analytics.entity IS
'What can be loaded, in the order of loading, and how the loader treats it
target: table of schema warehouse. key: canonical columns that identify a row within its source. day: canonical column that says the day of a row, kept as stored_day. amount: column whose sum is reconciled with the source. shared: sources list the same things, and the one registered first has them. loader: function that makes the target''s rows of a stage. marker: function that marks what follows from rows that changed.';
INSERT INTO analytics.entity VALUES
    ('clients', 1, 'dim_clients', '{client_id}', NULL, NULL, NULL, true, 'load_clients', NULL),
    ('products', 2, 'dim_products', '{product_id}', NULL, NULL, NULL, true, 'load_rows', NULL),
    ('branches', 3, 'dim_branches', '{branch_id}', NULL, NULL, NULL, true, 'load_rows', NULL),
    ('campaigns', 4, 'source_campaigns', '{campaign_id,platform}', NULL, NULL, NULL, false, 'load_rows', NULL),
    ('ad_creatives', 5, 'dim_ad_creatives', '{ad_id,platform}', NULL, NULL, NULL, true, 'load_rows', NULL),
    ('ad_performance', 6, 'fact_campaign_performance_daily', '{date,platform,account_id,campaign_id,ad_group_id,ad_id}',
        'date', 'date', 'spend', false, 'load_rows', 'mark_spend'),
    ('events', 7, 'fact_events', '{event_id}', 'occurred_at', 'event_date', NULL, false, 'load_events', 'mark_events'),
    ('contracts', 8, 'fact_contracts', '{contract_id}', 'signed_at', 'signed_date', 'amount', false, 'load_rows', 'mark_contracts'),
    ('transactions', 9, 'fact_transactions', '{transaction_id}', 'occurred_at', 'transaction_date', 'amount', false, 'load_rows', 'mark_transactions'),
    ('content', 10, 'fact_content', '{content_id,platform}', NULL, NULL, NULL, true, 'load_rows', 'mark_posts'),
    ('content_metrics', 11, 'fact_content_metrics', '{date,content_id,platform}', 'date', 'date', NULL, false, 'load_rows', 'mark_readings');

CREATE TABLE analytics.entity_column (
    entity text NOT NULL,
    position int NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('key', 'label', 'platform', 'text', 'timestamp', 'date', 'number', 'count', 'boolean')),
    must_be_mapped boolean NOT NULL,
    not_null boolean NOT NULL,
    minimum numeric,
    default_value text,
    meaning text NOT NULL,
    PRIMARY KEY (entity, name)
);
COMMENT ON TABLE analytics.entity_column IS
'The canonical columns that a source of each entity can deliver
kind: key is text of at most 256 bytes, label is text cut at 150 characters, platform is a label in its canonical spelling, count is a whole number. default_value: what an empty value counts as.';
INSERT INTO analytics.entity_column VALUES
    ('clients', 1, 'client_id', 'key', true, true, NULL, NULL, 'the client''s id in the company''s systems'),
    ('clients', 2, 'name', 'label', false, false, NULL, NULL, 'name'),
    ('clients', 3, 'mobile', 'label', false, false, NULL, NULL, 'phone number'),
    ('clients', 4, 'registered_at', 'timestamp', false, false, NULL, NULL, 'when the client was first known'),
    ('campaigns', 1, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('campaigns', 2, 'campaign_id', 'key', true, true, NULL, NULL, 'the platform''s id of the campaign'),
    ('campaigns', 3, 'campaign_name', 'label', false, false, NULL, NULL, 'name of the campaign'),
    ('campaigns', 4, 'status', 'label', false, false, NULL, NULL, 'status as the platform gives it'),
    ('campaigns', 5, 'daily_budget', 'number', false, false, 0, NULL, 'daily budget in the currency of the account'),
    ('events', 1, 'event_id', 'key', true, true, NULL, NULL, 'unique id of the touch'),
    ('events', 2, 'client_id', 'key', true, true, NULL, NULL, 'who was touched'),
    ('events', 3, 'occurred_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('events', 4, 'source_type', 'label', false, false, NULL, NULL, 'how the CRM calls the origin of the touch'),
    ('events', 5, 'utm_source', 'label', false, false, NULL, NULL, 'utm_source'),
    ('events', 6, 'utm_medium', 'label', false, false, NULL, NULL, 'utm_medium'),
    ('events', 7, 'utm_campaign', 'label', false, false, NULL, NULL, 'utm_campaign'),
    ('events', 8, 'utm_content', 'label', false, false, NULL, NULL, 'utm_content'),
    ('events', 9, 'utm_term', 'label', false, false, NULL, NULL, 'utm_term'),
    ('events', 10, 'referrer', 'text', false, false, NULL, NULL, 'URL or host of the referring page'),
    ('events', 11, 'landing_url', 'text', false, false, NULL, NULL, 'URL of the page reached: utm parameters and click ids are read from it'),
    ('events', 12, 'click_id_name', 'label', false, false, NULL, NULL, 'name of the click id parameter, such as gclid'),
    ('events', 13, 'click_id', 'text', false, false, NULL, NULL, 'value of the click id'),
    ('events', 14, 'platform', 'platform', false, false, NULL, NULL, 'platform, where the source knows it better than the rules do'),
    ('events', 15, 'campaign_id', 'label', false, false, NULL, NULL, 'id or name of the campaign; utm_campaign where absent'),
    ('events', 16, 'ad_id', 'key', false, false, NULL, NULL, 'the platform''s id of the ad'),
    ('events', 17, 'product_id', 'key', false, false, NULL, NULL, 'product asked for'),
    ('events', 18, 'branch_id', 'key', false, false, NULL, NULL, 'branch asked'),
    ('events', 19, 'is_lead', 'boolean', false, false, NULL, NULL, 'true where the event is a lead; unmapped: a client''s first event is'),
    ('contracts', 1, 'contract_id', 'key', true, true, NULL, NULL, 'unique id of the contract'),
    ('contracts', 2, 'client_id', 'key', true, true, NULL, NULL, 'who signed'),
    ('contracts', 3, 'signed_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('contracts', 4, 'amount', 'number', false, false, NULL, '0', 'value of the contract; 0 where unmapped or empty'),
    ('contracts', 5, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('contracts', 6, 'event_id', 'key', false, false, NULL, NULL, 'the event by which the contract was signed'),
    ('contracts', 7, 'product_id', 'key', false, false, NULL, NULL, 'product sold'),
    ('contracts', 8, 'branch_id', 'key', false, false, NULL, NULL, 'branch that sold'),
    ('ad_performance', 1, 'date', 'date', true, true, NULL, NULL, 'day in the account''s time zone'),
    ('ad_performance', 2, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('ad_performance', 3, 'account_id', 'key', false, false, NULL, '', 'advertising account'),
    ('ad_performance', 4, 'campaign_id', 'key', false, false, NULL, '', 'the platform''s id of the campaign'),
    ('ad_performance', 5, 'campaign_name', 'label', false, false, NULL, NULL, 'name of the campaign'),
    ('ad_performance', 6, 'ad_group_id', 'key', false, false, NULL, '', 'ad group or ad set, for rows of that grain or finer'),
    ('ad_performance', 7, 'ad_id', 'key', false, false, NULL, '', 'ad, for rows of that grain'),
    ('ad_performance', 8, 'impressions', 'count', false, false, 0, '0', 'impressions'),
    ('ad_performance', 9, 'clicks', 'count', false, false, 0, '0', 'clicks'),
    ('ad_performance', 10, 'link_clicks', 'count', false, false, 0, NULL, 'link clicks, where the platform counts them apart'),
    ('ad_performance', 11, 'spend', 'number', true, false, 0, '0', 'money spent'),
    ('ad_performance', 12, 'platform_conversions', 'number', false, false, 0, NULL, 'conversions that the platform claims for itself'),
    ('ad_performance', 13, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('products', 1, 'product_id', 'key', true, true, NULL, NULL, 'unique id of the product'),
    ('products', 2, 'name', 'text', false, false, NULL, NULL, 'name'),
    ('products', 3, 'category', 'label', false, false, NULL, NULL, 'category'),
    ('branches', 1, 'branch_id', 'key', true, true, NULL, NULL, 'unique id of the branch'),
    ('branches', 2, 'name', 'text', false, false, NULL, NULL, 'name'),
    ('branches', 3, 'city', 'label', false, false, NULL, NULL, 'city'),
    ('ad_creatives', 1, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('ad_creatives', 2, 'ad_id', 'key', true, true, NULL, NULL, 'the platform''s id of the ad'),
    ('ad_creatives', 3, 'ad_name', 'label', false, false, NULL, NULL, 'name of the ad'),
    ('ad_creatives', 4, 'ad_group_id', 'key', false, false, NULL, NULL, 'ad group or ad set'),
    ('ad_creatives', 5, 'ad_group_name', 'label', false, false, NULL, NULL, 'name of the ad group or ad set'),
    ('ad_creatives', 6, 'campaign_id', 'key', false, false, NULL, NULL, 'the platform''s id of the campaign'),
    ('ad_creatives', 7, 'creative_id', 'key', false, false, NULL, NULL, 'the platform''s id of the creative'),
    ('ad_creatives', 8, 'title', 'text', false, false, NULL, NULL, 'headline'),
    ('ad_creatives', 9, 'body', 'text', false, false, NULL, NULL, 'text'),
    ('ad_creatives', 10, 'image_url', 'text', false, false, NULL, NULL, 'URL of the picture'),
    ('ad_creatives', 11, 'link_url', 'text', false, false, NULL, NULL, 'URL that the ad leads to'),
    ('transactions', 1, 'transaction_id', 'key', true, true, NULL, NULL, 'unique id of the transaction'),
    ('transactions', 2, 'client_id', 'key', true, true, NULL, NULL, 'who paid'),
    ('transactions', 3, 'occurred_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('transactions', 4, 'amount', 'number', true, false, NULL, '0', 'money received; negative for a refund'),
    ('transactions', 5, 'quantity', 'number', false, false, NULL, NULL, 'how many were sold'),
    ('transactions', 6, 'profit', 'number', false, false, NULL, NULL, 'profit'),
    ('transactions', 7, 'product_id', 'key', false, false, NULL, NULL, 'product sold'),
    ('transactions', 8, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('transactions', 9, 'order_id', 'key', false, false, NULL, NULL, 'what the lines of one purchase share; where absent each row is a purchase'),
    ('content', 1, 'content_id', 'key', true, true, NULL, NULL, 'the platform''s id of the post, video or page'),
    ('content', 2, 'platform', 'platform', true, true, NULL, NULL, 'where it was published'),
    ('content', 3, 'content_type', 'label', false, false, NULL, NULL, 'post, video, story, article ...'),
    ('content', 4, 'published_at', 'timestamp', false, false, NULL, NULL, 'when'),
    ('content', 5, 'title', 'text', false, false, NULL, NULL, 'title or first words'),
    ('content', 6, 'author', 'label', false, false, NULL, NULL, 'who published it'),
    ('content', 7, 'hashtags', 'text', false, false, NULL, NULL, 'hashtags, as the source spells them'),
    ('content_metrics', 1, 'content_id', 'key', true, true, NULL, NULL, 'the platform''s id of the post, video or page'),
    ('content_metrics', 2, 'platform', 'platform', true, true, NULL, NULL, 'where it was published'),
    ('content_metrics', 3, 'date', 'date', true, true, NULL, NULL, 'day'),
    ('content_metrics', 4, 'views', 'count', false, false, 0, NULL, 'views or impressions'),
    ('content_metrics', 5, 'likes', 'count', false, false, 0, NULL, 'likes and other reactions'),
    ('content_metrics', 6, 'shares', 'count', false, false, 0, NULL, 'shares'),
    ('content_metrics', 7, 'comments', 'count', false, false, 0, NULL, 'comments'),
    ('content_metrics', 8, 'clicks', 'count', false, false, 0, NULL, 'clicks'),
    ('content_metrics', 9, 'reach', 'count', false, false, 0, NULL, 'people reached');
INSERT INTO analytics.entity_column
    SELECT entity, 99, 'updated_at', 'timestamp', false, false, NULL, NULL, 'when the row last changed: of rows with one id the newest is kept'
    FROM analytics.entity;

CREATE TABLE analytics.source_preset (
    preset text NOT NULL,
    entity text NOT NULL,
    columns jsonb NOT NULL,
    builtin boolean NOT NULL DEFAULT false,
    PRIMARY KEY (preset, entity, builtin)
);
COMMENT ON TABLE analytics.source_preset IS
'Column mappings for the raw tables that connectors write
columns: canonical name to a column, an expression, or a list of them of which the first that the relation has is taken.';
-- Airbyte writes Google's names with dots or with underscores, and each grain is a table of its own, that has other columns.
INSERT INTO analytics.source_preset VALUES
    ('airbyte_facebook_ads', 'ad_performance', '{"date": "date_start", "platform": "''facebook''", "campaign_id": "campaign_id",
        "ad_group_id": "adset_id", "ad_id": "ad_id", "link_clicks": "inline_link_clicks", "currency": "account_currency"}', true),
    ('airbyte_facebook_ads', 'campaigns', '{"platform": "''facebook''", "campaign_id": "id", "campaign_name": "name",
        "status": ["effective_status", "status"], "daily_budget": "analytics_internal.try_numeric(daily_budget::text) / 100",
        "updated_at": "updated_time"}', true),
    ('airbyte_facebook_ads', 'ad_creatives', '{"platform": "''facebook''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": "adset_id", "ad_group_name": "adset_name", "creative_id": ["creative_id", "creative::jsonb ->> ''id''"],
        "image_url": ["image_url", "thumbnail_url"], "updated_at": "updated_time"}', true),
    ('airbyte_google_ads', 'ad_performance', '{"platform": "''google''", "date": ["segments.date", "segments_date"],
        "account_id": ["customer.id", "customer_id"], "campaign_id": ["campaign.id", "campaign_id"],
        "campaign_name": ["campaign.name", "campaign_name"], "ad_group_id": ["ad_group.id", "ad_group_id"],
        "ad_id": ["ad_group_ad.ad.id", "ad_group_ad_ad_id"], "impressions": ["metrics.impressions", "metrics_impressions"],
        "clicks": ["metrics.clicks", "metrics_clicks"],
        "spend": ["\"metrics.cost_micros\" / 1000000.0", "metrics_cost_micros / 1000000.0"],
        "platform_conversions": ["metrics.conversions", "metrics_conversions"],
        "currency": ["customer.currency_code", "customer_currency_code"]}', true),
    ('airbyte_google_ads', 'campaigns', '{"platform": "''google''", "campaign_id": ["campaign.id", "campaign_id"],
        "campaign_name": ["campaign.name", "campaign_name"], "status": ["campaign.status", "campaign_status"],
        "daily_budget": ["\"campaign_budget.amount_micros\" / 1000000.0", "campaign_budget_amount_micros / 1000000.0"],
        "updated_at": ["segments.date", "segments_date"]}', true),
    ('airbyte_google_ads', 'ad_creatives', '{"platform": "''google''", "ad_id": ["ad_group_ad.ad.id", "ad_group_ad_ad_id"],
        "ad_name": ["ad_group_ad.ad.name", "ad_group_ad_ad_name"], "ad_group_id": ["ad_group.id", "ad_group_id"],
        "ad_group_name": ["ad_group.name", "ad_group_name"], "campaign_id": ["campaign.id", "campaign_id"],
        "image_url": ["ad_group_ad.ad.image_ad.image_url", "ad_group_ad_ad_image_ad_image_url"],
        "link_url": ["\"ad_group_ad.ad.final_urls\"::jsonb ->> 0", "ad_group_ad_ad_final_urls::jsonb ->> 0"],
        "updated_at": ["segments.date", "segments_date"]}', true),
    ('fivetran_facebook_ads', 'ad_performance', '{"platform": "''facebook''", "campaign_id": "campaign_id",
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_id": "ad_id", "clicks": "inline_link_clicks",
        "link_clicks": "inline_link_clicks", "currency": ["currency", "account_currency"]}', true),
    ('fivetran_facebook_ads', 'campaigns', '{"platform": "''facebook''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "daily_budget": "analytics_internal.try_numeric(daily_budget::text) / 100", "updated_at": "updated_time"}', true),
    ('fivetran_facebook_ads', 'ad_creatives', '{"platform": "''facebook''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_group_name": ["ad_set_name", "adset_name"], "campaign_id": "campaign_id",
        "creative_id": "creative_id", "link_url": ["link_url", "page_link", "template_page_link"], "updated_at": "updated_time"}', true),
    -- In ad_group_stats id is the ad group, in campaign_stats, which has no campaign_id, it is the campaign.
    ('fivetran_google_ads', 'ad_performance', '{"platform": "''google''", "account_id": "customer_id", "campaign_id": ["campaign_id", "id"],
        "ad_group_id": ["ad_group_id", "substring(ad_group::text, ''[0-9]+$'')", "CASE WHEN campaign_id IS NOT NULL THEN id END"],
        "ad_id": "ad_id", "spend": "cost_micros / 1000000.0", "platform_conversions": "conversions"}', true),
    ('fivetran_google_ads', 'campaigns', '{"platform": "''google''", "campaign_id": "id", "campaign_name": "name", "status": "status",
        "updated_at": "updated_at"}', true),
    ('fivetran_google_ads', 'ad_creatives', '{"platform": "''google''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": "ad_group_id", "ad_group_name": "ad_group_name", "campaign_id": "campaign_id",
        "link_url": "btrim(split_part(btrim(final_urls::text, ''[]''), '','', 1), '' \"'')",
        "updated_at": "updated_at"}', true);
SELECT pg_extension_config_dump('analytics.source_preset', 'WHERE NOT builtin');

CREATE SEQUENCE analytics.source_id_seq AS bigint;
CREATE TABLE analytics.source (
    source_id bigint PRIMARY KEY DEFAULT nextval('analytics.source_id_seq'),
    business_id bigint NOT NULL,
    entity text NOT NULL,
    relation text NOT NULL,
    columns jsonb NOT NULL,
    preset text,
    options jsonb NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (business_id, entity, relation)
);
COMMENT ON TABLE analytics.source IS 'The registered sources; written by register_source() and drop_source()';
SELECT pg_extension_config_dump('analytics.source', '');
SELECT pg_extension_config_dump('analytics.source_id_seq', '');
GRANT SELECT ON analytics.entity, analytics.entity_column, analytics.source_preset TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.source, analytics.source_preset TO @extowner@ WITH GRANT OPTION;
GRANT USAGE, SELECT ON SEQUENCE analytics.source_id_seq TO @extowner@ WITH GRANT OPTION;

-- What a value of type `source_type` needs to become a value of `kind`; NULL where there is no way.
CREATE FUNCTION analytics_internal.conversion_sql(kind text, expression text, source_type regtype, zone text, date_order text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN kind = 'key' OR kind = 'text' THEN format('NULLIF(btrim((%s)::text), '''')', expression)
        WHEN kind = 'label' THEN format('NULLIF(left(btrim((%s)::text), 150), '''')', expression)
        WHEN kind = 'platform' THEN format(
            'analytics.platform_name(left(btrim((%s)::text), 150), (SELECT analytics.channel_ruleset()))', expression)
        WHEN kind = 'timestamp' AND source_type = 'timestamptz'::regtype THEN expression
        WHEN kind = 'timestamp' AND source_type IN ('timestamp'::regtype, 'date'::regtype) THEN
            format('(%s)::timestamp AT TIME ZONE %L', expression, zone)
        WHEN kind = 'timestamp' AND is_text THEN
            format('analytics_internal.try_timestamptz((%s)::text, %L, %L)', expression, zone, date_order)
        WHEN kind = 'date' AND source_type IN ('timestamp'::regtype, 'date'::regtype) THEN format('(%s)::date', expression)
        WHEN kind = 'date' AND source_type = 'timestamptz'::regtype THEN format('((%s) AT TIME ZONE %L)::date', expression, zone)
        WHEN kind = 'date' AND is_text THEN
            format('(analytics_internal.try_timestamptz((%s)::text, %2$L, %3$L) AT TIME ZONE %2$L)::date', expression, zone, date_order)
        WHEN kind IN ('number', 'count') AND t.typcategory = 'N' THEN format('(%s)::numeric', expression)
        WHEN kind IN ('number', 'count') AND is_text THEN format('analytics_internal.try_numeric((%s)::text)', expression)
        WHEN kind = 'boolean' AND source_type = 'boolean'::regtype THEN expression
        WHEN kind = 'boolean' AND t.typcategory = 'N' THEN format('(%s) <> 0', expression)
        WHEN kind = 'boolean' AND is_text THEN format('analytics_internal.try_boolean((%s)::text)', expression)
    END
    FROM pg_type t, LATERAL (SELECT t.typcategory IN ('S', 'E', 'X') AS is_text) c
    WHERE t.oid = source_type
$$;
COMMENT ON FUNCTION analytics_internal.conversion_sql(text, text, regtype, text, text) IS
'SQL that turns an expression into a canonical kind; NULL where it cannot';

CREATE FUNCTION analytics_internal.source_mapping(entity text, relation regclass, columns jsonb, options jsonb)
    RETURNS TABLE (name text, kind text, expression text, conversion text, not_null boolean, minimum numeric, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    zone constant text := COALESCE(options ->> 'timezone', 'UTC');
    date_order constant text := COALESCE(options ->> 'date_order', 'YMD');
    wanted record;
    mapped text;
    found_type regtype;
BEGIN
    FOR wanted IN SELECT * FROM analytics.entity_column c WHERE c.entity = source_mapping.entity ORDER BY c.position LOOP
        mapped := columns ->> wanted.name;
        name := wanted.name; kind := wanted.kind; not_null := wanted.not_null; minimum := wanted.minimum;
        expression := NULL; conversion := NULL; problem := NULL;
        -- A column of that very name is meant as the column, whatever an expression of the same spelling would mean.
        SELECT quote_ident(a.attname) INTO expression FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attname = COALESCE(mapped, wanted.name) AND a.attnum > 0 AND NOT a.attisdropped;
        IF expression IS NULL AND mapped IS NOT NULL THEN
            expression := '(' || mapped || E'\n)';
        END IF;
        IF expression IS NULL THEN
            IF wanted.must_be_mapped THEN
                problem := format('%s (%s) is required and not mapped', wanted.name, wanted.meaning);
                RETURN NEXT;
            END IF;
            CONTINUE;
        END IF;
        BEGIN
            -- The null row gives the type without reading the table; the second column refuses aggregates.
            EXECUTE format('SELECT pg_typeof(%s), _source IS NULL FROM (SELECT) one LEFT JOIN %s AS _source ON false',
                expression, relation) INTO found_type;
            WHILE (SELECT t.typtype = 'd' FROM pg_type t WHERE t.oid = found_type) LOOP
                SELECT t.typbasetype INTO found_type FROM pg_type t WHERE t.oid = found_type;
            END LOOP;
            conversion := analytics_internal.conversion_sql(wanted.kind, expression, found_type, zone, date_order);
            IF found_type IS NULL THEN
                problem := wanted.name || ': the expression must give one value for each row';
            ELSIF conversion IS NULL THEN
                problem := format('%s: type %s cannot be read as a %s', wanted.name, found_type, wanted.kind);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            -- A name that is no column reads as something else where it is a word of SQL.
            problem := format('%s: %s', wanted.name, CASE WHEN SQLSTATE = '42601' AND mapped ~ '^\w+$'
                THEN format('column "%s" does not exist', mapped) ELSE SQLERRM END);
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.source_mapping(text, regclass, jsonb, jsonb) IS
'How each canonical column would be read from a relation, and what hinders it
One row per mapped column or problem: the expression, the SQL that converts it, and the problem, NULL where there is none.';

CREATE FUNCTION analytics_internal.source_timezone(source analytics.source) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(source.options ->> 'timezone', s.reporting_timezone) FROM analytics.settings(source.business_id) s
$$;
COMMENT ON FUNCTION analytics_internal.source_timezone(analytics.source) IS
'The zone of times in a source that name none: its own, or else the business''s';

CREATE FUNCTION analytics_internal.current_mapping(source analytics.source)
    RETURNS TABLE (name text, kind text, expression text, conversion text, not_null boolean, minimum numeric, problem text)
    LANGUAGE sql STABLE
AS $$
    SELECT m.* FROM analytics_internal.source_mapping(source.entity, pg_catalog.to_regclass(source.relation), source.columns,
        source.options || pg_catalog.jsonb_build_object('timezone', analytics_internal.source_timezone(source))) m
$$;
COMMENT ON FUNCTION analytics_internal.current_mapping(analytics.source) IS 'source_mapping() of a registered source, as its relation is now';

CREATE FUNCTION analytics_internal.check_source(source analytics.source) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problems text;
BEGIN
    IF to_regclass(source.relation) IS NULL THEN
        RAISE EXCEPTION 'relation % of source % does not exist', source.relation, source.source_id
            USING ERRCODE = 'undefined_table', HINT = 'Register the source again, or drop it with analytics.drop_source().';
    END IF;
    SELECT string_agg(m.problem, E'\n') INTO problems FROM analytics_internal.current_mapping(source) m;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'the mapping of source % (%) no longer fits', source.source_id, source.relation
            USING ERRCODE = 'invalid_parameter_value', DETAIL = problems, HINT = 'Register the source again.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_source(analytics.source) IS
'Refuses a source that cannot be read any more, and says why
Raises 42P01 where its relation is gone, 22023 where a mapped column is.';

-- A preset is written for several tables: what one of them lacks is left out, and said.
CREATE FUNCTION analytics_internal.fit_preset(preset jsonb, entity text, relation regclass, OUT columns jsonb, OUT skipped text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted record;
    candidate text;
    chosen text;
    fits boolean;
BEGIN
    columns := '{}';
    skipped := '{}';
    FOR wanted IN
        SELECT p.key, CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ELSE jsonb_build_array(p.value) END AS candidates,
               COALESCE(c.must_be_mapped, true) AS must_be_mapped
        FROM jsonb_each(preset) p LEFT JOIN analytics.entity_column c ON c.entity = fit_preset.entity AND c.name = p.key
        ORDER BY c.position
    LOOP
        chosen := NULL;
        FOR candidate IN SELECT v FROM jsonb_array_elements_text(wanted.candidates) v LOOP
            fits := EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = relation AND a.attname = candidate AND a.attnum > 0 AND NOT a.attisdropped);
            -- A plain name, dots or none, means a column and nothing else.
            IF NOT fits AND candidate !~ '^[A-Za-z0-9_.]+$' THEN
                BEGIN
                    EXECUTE format(E'SELECT (%s\n) FROM %s AS _source LIMIT 0', candidate, relation);
                    fits := true;
                EXCEPTION
                    WHEN undefined_column OR undefined_table THEN NULL;
                    -- It is there and cannot be read so: source_mapping() names the problem.
                    WHEN OTHERS THEN fits := true;
                END;
            END IF;
            IF fits THEN
                chosen := candidate;
                EXIT;
            END IF;
        END LOOP;
        IF chosen IS NOT NULL OR wanted.must_be_mapped
            AND NOT EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = relation AND a.attname = wanted.key AND a.attnum > 0 AND NOT a.attisdropped) THEN
            columns := columns || jsonb_build_object(wanted.key, COALESCE(chosen, wanted.candidates ->> 0));
        ELSIF NOT EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = relation AND a.attname = wanted.key AND a.attnum > 0 AND NOT a.attisdropped) THEN
            skipped := skipped || wanted.key;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.fit_preset(jsonb, text, regclass) IS
'A preset as it fits a relation: the columns that are there, and those skipped
Of a list of expressions the first that the relation has is taken. A required column is never skipped: it stays, for source_mapping() to name.';

CREATE FUNCTION analytics.register_source(entity text, relation regclass, columns jsonb DEFAULT '{}', preset text DEFAULT NULL,
    options jsonb DEFAULT '{}', business_id bigint DEFAULT 1) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    merged jsonb := COALESCE(columns, '{}');
    skipped text[] := '{}';
    problems text[];
    relation_name text;
    source_id bigint;
BEGIN
    IF relation IS NULL OR business_id IS NULL THEN
        RAISE EXCEPTION 'relation and business_id must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT EXISTS (SELECT FROM analytics.entity e WHERE e.entity = register_source.entity) THEN
        RAISE EXCEPTION 'unknown entity "%"', entity USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT 'Known entities: ' || string_agg(e.entity, ', ' ORDER BY e.place) || '.' FROM analytics.entity e);
    ELSIF jsonb_typeof(merged) <> 'object' OR jsonb_typeof(COALESCE(options, '{}')) <> 'object' THEN
        RAISE EXCEPTION 'columns and options must be JSON objects' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF preset IS NOT NULL THEN
        SELECT f.columns || merged, f.skipped INTO merged, skipped FROM analytics.source_preset p,
            LATERAL analytics_internal.fit_preset(p.columns - ARRAY(SELECT jsonb_object_keys(merged)), p.entity, relation) f
        WHERE p.preset = register_source.preset AND p.entity = register_source.entity ORDER BY p.builtin LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no preset "%" for entity "%"', preset, entity USING ERRCODE = 'invalid_parameter_value', HINT = (
                SELECT 'Known presets: ' || string_agg(DISTINCT p.preset || ' (' || p.entity || ')', ', ') || '.'
                FROM analytics.source_preset p);
        END IF;
    END IF;

    SELECT array_agg(p.text ORDER BY p.text) INTO problems FROM (
        SELECT 'unknown option "' || o || '"; known are timezone, date_order, overlap and append_only'
            || CASE register_source.entity WHEN 'content_metrics' THEN ', and cumulative' ELSE '' END
        FROM jsonb_object_keys(options) o
        WHERE o NOT IN ('timezone', 'date_order', 'overlap', 'append_only') AND (o <> 'cumulative' OR register_source.entity <> 'content_metrics')
        UNION ALL
        SELECT 'option timezone: "' || (options ->> 'timezone') || '" is not a time zone'
        WHERE NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = options ->> 'timezone') AND options ? 'timezone'
        UNION ALL
        SELECT 'option date_order must be YMD, DMY or MDY' WHERE options ->> 'date_order' NOT IN ('YMD', 'DMY', 'MDY')
        UNION ALL
        SELECT 'option overlap must be a number of minutes that is not negative' WHERE options ->> 'overlap' !~ '^[0-9]{1,5}$'
        UNION ALL
        SELECT format('option %s must be true or false', o) FROM unnest('{append_only,cumulative}'::text[]) o
        WHERE options ->> o NOT IN ('true', 'false')
        UNION ALL
        SELECT 'unknown canonical column "' || k || '"' FROM jsonb_object_keys(merged) k
        WHERE NOT EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = register_source.entity AND c.name = k)
    ) p (text);
    IF problems IS NULL THEN
        SELECT array_agg(m.problem) INTO problems
        FROM analytics_internal.source_mapping(entity, relation, merged, options) m WHERE m.problem IS NOT NULL;
    END IF;
    IF problems IS NOT NULL THEN
        RAISE EXCEPTION 'cannot register % as a source of %', relation, entity
            USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(problems, E'\n'),
                  HINT = (SELECT 'Columns of ' || relation || ': ' || string_agg(a.attname, ', ' ORDER BY a.attnum)
                              || E'.\nCanonical columns: '
                              || (SELECT string_agg(c.name, ', ' ORDER BY c.position) FROM analytics.entity_column c
                                  WHERE c.entity = register_source.entity)
                              || E'.\nA mapping is a column name or an SQL expression; constants are quoted, as in ''facebook''.'
                          FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped);
    END IF;

    SELECT format('%I.%I', n.nspname, c.relname) INTO relation_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    INSERT INTO analytics.source AS s (business_id, entity, relation, columns, preset, options)
    VALUES (business_id, entity, relation_name, merged, preset, COALESCE(options, '{}'))
    ON CONFLICT ON CONSTRAINT source_business_id_entity_relation_key
        DO UPDATE SET columns = EXCLUDED.columns, preset = EXCLUDED.preset, options = EXCLUDED.options, registered_at = now()
    RETURNING s.source_id INTO source_id;
    IF skipped <> '{}' THEN
        RAISE NOTICE '% has no %: left out', relation, array_to_string(skipped, ', ');
    END IF;
    RETURN source_id;
END
$$;
COMMENT ON FUNCTION analytics.register_source(text, regclass, jsonb, text, jsonb, bigint) IS
'Registers a relation as a source of an entity; returns its source_id
entity: one of analytics.entity. columns: canonical name -> column or SQL expression of the relation; columns of the canonical name need no mapping (see analytics.entity_column). preset: a mapping of analytics.source_preset to start from; optional columns that the relation lacks are left out with a notice. options: timezone (of times without one), date_order (YMD, DMY, MDY, for dates in text), overlap (minutes before the newest updated_at that are read again, 10), append_only (rows are only ever added, newer versions of an id included), for content_metrics cumulative (the numbers are totals up to the day). Registering a relation again replaces its mapping. Every problem of the mapping is listed at once (22023).';

CREATE FUNCTION analytics.drop_source(source_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM analytics.source s WHERE s.source_id = drop_source.source_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no source %', drop_source.source_id USING ERRCODE = 'invalid_parameter_value',
            HINT = 'SELECT * FROM analytics.source lists them.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.drop_source(bigint) IS
'Forgets a source; the next refresh takes its rows out of the warehouse';
