-- The warehouse: plain tables of schema `warehouse`, owned by whoever runs install(). They are no members of the extension and use
-- none of its types or functions, so that pg_dump carries them and DROP EXTENSION leaves them.
--
-- Each table has a primary key, by which a subscriber of its changes finds its rows. Keys begin with business_id (the tenant); facts about
-- clients also carry client_bucket, the unit of distribution.
-- A fact's identity is (source_id, its id in that source): two sources may both count from 1.

CREATE FUNCTION analytics.install(row_security boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    taken text;
BEGIN
    PERFORM analytics_internal.claim_schema(), analytics_internal.check_ownership();
    IF to_regclass('warehouse.layout') IS NOT NULL THEN
        IF NOT analytics_internal.is_current_layout() THEN
            RAISE NOTICE 'the warehouse is already installed, with another layout than this version of the extension works with'
                USING HINT = 'Run SELECT analytics.upgrade_warehouse().';
            RETURN 'already installed';
        END IF;
        -- DROP EXTENSION CASCADE takes the policies and leaves row security on.
        IF (row_security OR analytics_internal.is_row_security_on()) AND analytics_internal.enable_row_security() > 0 THEN
            RETURN 'row security enabled';
        END IF;
        RAISE NOTICE 'the warehouse is already installed';
        RETURN 'already installed';
    END IF;
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO taken
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'warehouse' AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t);
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'schema "warehouse" already has tables of the names that the warehouse needs'
            USING ERRCODE = 'duplicate_table', DETAIL = format('Taken: %s.', taken),
                  HINT = 'Rename or move these tables, then run SELECT analytics.install() again.';
    END IF;
    PERFORM analytics_internal.create_tables(), analytics_internal.create_reporting_views();
    INSERT INTO warehouse.layout (version) VALUES (analytics_internal.layout_version());
    IF row_security THEN
        PERFORM analytics_internal.enable_row_security();
    END IF;
    RETURN 'installed';
END
$function$;
COMMENT ON FUNCTION analytics.install(boolean) IS
'Creates the tables and views of schema warehouse, owned by the caller
row_security: roles see their businesses alone (see analytics.grant_access()); may be asked for later too. The owner sees everything. Where
row security is on and DROP EXTENSION took its policies, they are made again, whether asked for or not. Returns ''installed'', ''row
security enabled'' or ''already installed''. Raises 42501 where schema warehouse or a table in it belongs to another role, or code of
another role hangs on a table; 42P07 where other tables of these names stand in schema warehouse.';

-- The parts of the view warehouse.conversion, with a column that says which rows count.
CREATE FUNCTION analytics_internal.conversion_rows_sql(conversion_type text, schema text DEFAULT 'warehouse.') RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT replace(CASE conversion_type
        WHEN 'contract' THEN $sql$
            SELECT c.client_bucket, 'contract' AS conversion_type, true AS counts, c.business_id, c.client_key, c.source_id,
                   c.contract_id AS conversion_id, c.signed_at AS converted_at, c.amount::numeric AS amount, c.product_id, c.branch_id,
                   NULL::bigint AS event_source_id, c.event_id,
                   (SELECT split_part(e.landing_page, '/', 1)
                    FROM warehouse.fact_events e
                    WHERE e.business_id = c.business_id AND e.client_bucket = c.client_bucket AND e.client_key = c.client_key
                      AND e.event_id = c.event_id
                    ORDER BY e.source_id
                    LIMIT 1) AS host
            FROM warehouse.fact_contracts c$sql$
        WHEN 'lead' THEN $sql$
            SELECT l.client_bucket, 'lead' AS conversion_type, true AS counts, l.business_id, l.client_key, l.source_id,
                   l.lead_id AS conversion_id, l.created_at AS converted_at, NULL::numeric AS amount, l.product_id, l.branch_id,
                   l.source_id AS event_source_id, l.lead_id AS event_id,
                   (SELECT split_part(e.landing_page, '/', 1)
                    FROM warehouse.fact_events e
                    WHERE e.business_id = l.business_id AND e.client_bucket = l.client_bucket AND e.client_key = l.client_key
                      AND e.source_id = l.source_id AND e.event_id = l.lead_id) AS host
            FROM warehouse.fact_leads l$sql$
        WHEN 'purchase' THEN $sql$
            -- The lines of an order are one purchase, that of its first line.
            SELECT t.client_bucket, 'purchase' AS conversion_type,
                   t.order_id IS NULL OR NOT EXISTS (
                       SELECT 1
                       FROM warehouse.fact_transactions o
                       WHERE o.business_id = t.business_id AND o.client_bucket = t.client_bucket AND o.client_key = t.client_key
                         AND o.order_id = t.order_id
                         AND (o.occurred_at, o.source_id, o.transaction_id COLLATE "C")
                             < (t.occurred_at, t.source_id, t.transaction_id COLLATE "C")) AS counts,
                   t.business_id, t.client_key, t.source_id, t.transaction_id AS conversion_id, t.occurred_at AS converted_at,
                   CASE WHEN t.order_id IS NULL THEN t.amount
                        ELSE (SELECT sum(o.amount)
                              FROM warehouse.fact_transactions o
                              WHERE o.business_id = t.business_id AND o.client_bucket = t.client_bucket AND o.client_key = t.client_key
                                AND o.order_id = t.order_id)
                   END::numeric AS amount,
                   t.product_id, NULL::text AS branch_id, NULL::bigint AS event_source_id, NULL::text AS event_id, NULL::text AS host
            FROM warehouse.fact_transactions t$sql$
        ELSE $sql$
            SELECT e.client_bucket, e.conversion_type, e.conversion_type <> ALL ('{contract,lead,purchase}') AS counts, e.business_id,
                   e.client_key, e.source_id, e.event_id AS conversion_id, e.occurred_at AS converted_at,
                   e.conversion_value::numeric AS amount, e.product_id, e.branch_id, e.source_id AS event_source_id, e.event_id,
                   split_part(e.landing_page, '/', 1) AS host
            FROM warehouse.fact_events e$sql$
    END, 'warehouse.', schema)
$function$;
COMMENT ON FUNCTION analytics_internal.conversion_rows_sql(text, text) IS
'SQL of the conversions of a type: contract, lead, purchase, or one of events
The columns of warehouse.conversion, and counts: whether the row is one at all. schema: what the names of tables begin with.';

-- The layout, as a new warehouse has it. Where an older one is to be brought to it, upgrade_warehouse() finds the differences by itself:
-- but a new column stands last in its table, and a table that gets another name is named there.
CREATE FUNCTION analytics_internal.create_tables() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    CREATE TABLE warehouse.layout (
        version text PRIMARY KEY,
        installed_at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE warehouse.layout IS 'Which layout the tables have; analytics.upgrade_warehouse() brings an older one up to date';

    CREATE TABLE warehouse.settings (
        business_id bigint PRIMARY KEY,
        reporting_timezone text NOT NULL DEFAULT 'UTC',
        currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
        fiscal_year_start_month int NOT NULL DEFAULT 1 CHECK (fiscal_year_start_month BETWEEN 1 AND 12),
        revenue_basis text NOT NULL DEFAULT 'lead_date' CHECK (revenue_basis IN ('lead_date', 'contract_date')),
        lead_touches text NOT NULL DEFAULT 'journey' CHECK (lead_touches IN ('journey', 'before_lead')),
        lookback interval NOT NULL DEFAULT '90 days',
        half_life interval NOT NULL DEFAULT '7 days',
        quality_every interval NOT NULL DEFAULT '1 day',
        freshness_warn interval,
        freshness_fail interval,
        unknown_share_warn numeric NOT NULL DEFAULT 20,
        source_loss_limit numeric NOT NULL DEFAULT 0.5 CHECK (source_loss_limit BETWEEN 0 AND 1),
        paid_rule text NOT NULL DEFAULT 'any' CHECK (paid_rule IN ('any', 'campaign_networks')),
        platform_level text NOT NULL DEFAULT 'platform' CHECK (platform_level IN ('platform', 'family')),
        target_cpl numeric CHECK (target_cpl > 0),
        target_cpa numeric CHECK (target_cpa > 0),
        target_roas numeric CHECK (target_roas > 0),
        profit_margin numeric CHECK (profit_margin > 0 AND profit_margin <= 1),
        platform_limit int NOT NULL DEFAULT 500 CHECK (platform_limit BETWEEN 1 AND 10000),
        country_code text CHECK (country_code ~ '^[1-9][0-9]{0,2}$')
    );
    COMMENT ON TABLE warehouse.settings IS 'One row per business: how its days, money and attribution are counted';

    CREATE TABLE warehouse.source (
        source_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        business_id bigint NOT NULL,
        entity text NOT NULL,
        relation text NOT NULL,
        columns jsonb NOT NULL,
        preset text,
        options jsonb NOT NULL,
        registered_at timestamptz NOT NULL DEFAULT now(),
        relation_kind text,
        relation_owner text,
        -- In two parts, as a text that no other name of the schema is put into.
        registered_by text DEFAULT CASE WHEN NOT has_table_privilege('warehouse' || '.source', 'TRUNCATE') THEN CURRENT_USER END,
        dependencies jsonb,
        UNIQUE (business_id, entity, relation)
    );
    COMMENT ON TABLE warehouse.source IS 'The registered sources; written by analytics.register_source() and drop_source()';
    COMMENT ON COLUMN warehouse.source.dependencies IS 'Kind and owner, as of its relation, of those that its mapping looks into';
    COMMENT ON COLUMN warehouse.source.registered_by IS
        'The writer who registered it, NULL for the owner of the warehouse: a refresh runs the mapping of nobody who may do less than it';
    COMMENT ON COLUMN warehouse.source.relation_kind IS
        'What the relation was when it was registered, and relation_owner whose: a refresh reads nothing else';
    COMMENT ON COLUMN warehouse.source.source_id IS 'Never given twice: facts carry the number of their source';

    CREATE TABLE warehouse.business_access (
        role text NOT NULL,
        business_id bigint,
        access_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY
    );
    COMMENT ON TABLE warehouse.business_access IS 'Which businesses a role sees under row security; its members see them too';
    COMMENT ON COLUMN warehouse.business_access.business_id IS 'NULL: any, named in each transaction by SET LOCAL analytics.business_id';
    CREATE UNIQUE INDEX business_access_one ON warehouse.business_access (role, business_id);
    CREATE UNIQUE INDEX business_access_any ON warehouse.business_access (role) WHERE business_id IS NULL;

    -- The user's own rows of the lists that the extension brings.
    CREATE TABLE warehouse.platform (LIKE analytics_internal.platform INCLUDING ALL);
    COMMENT ON TABLE warehouse.platform IS 'Platforms of your own, before those of analytics.platform';
    CREATE TABLE warehouse.source_category (LIKE analytics_internal.source_category INCLUDING ALL);
    COMMENT ON TABLE warehouse.source_category IS 'Categories of sources of your own, before those of analytics.source_category';
    CREATE TABLE warehouse.source_host (LIKE analytics_internal.source_host INCLUDING ALL);
    COMMENT ON TABLE warehouse.source_host IS 'Referring hosts of your own, before those of analytics.source_host';
    CREATE TABLE warehouse.source_alias (LIKE analytics_internal.source_alias INCLUDING ALL);
    COMMENT ON TABLE warehouse.source_alias IS 'Other names of platforms of your own, before those of analytics.source_alias';
    CREATE TABLE warehouse.click_id (LIKE analytics_internal.click_id INCLUDING ALL);
    COMMENT ON TABLE warehouse.click_id IS 'Click ids of your own, before those of analytics.click_id';
    CREATE TABLE warehouse.campaign_parameter (LIKE analytics_internal.campaign_parameter INCLUDING ALL);
    COMMENT ON TABLE warehouse.campaign_parameter IS
        'URL parameters of your own that hold ids, before those of analytics.campaign_parameter';
    CREATE TABLE warehouse.placeholder (LIKE analytics_internal.placeholder INCLUDING ALL);
    COMMENT ON TABLE warehouse.placeholder IS 'Placeholders of your own, before those of analytics.placeholder';
    CREATE TABLE warehouse.channel_group_rule (LIKE analytics_internal.channel_group_rule INCLUDING ALL);
    COMMENT ON TABLE warehouse.channel_group_rule IS 'Rules of the channel group of your own, before those of analytics.channel_group_rule';
    CREATE TABLE warehouse.channel_rule (LIKE analytics_internal.channel_rule INCLUDING ALL);
    COMMENT ON TABLE warehouse.channel_rule IS 'Rules of classification of your own, before all others; see analytics.channel_rule';
    CREATE TABLE warehouse.source_preset (LIKE analytics_internal.source_preset INCLUDING ALL);
    COMMENT ON TABLE warehouse.source_preset IS 'Presets of your own for register_source(), before those of analytics.source_preset';
    CREATE TABLE warehouse.rfm_segment_rule (LIKE analytics_internal.rfm_segment_rule INCLUDING ALL);
    COMMENT ON TABLE warehouse.rfm_segment_rule IS 'Segment schemes of your own; see analytics.rfm_segment_rule';

    CREATE TABLE warehouse.dim_platforms (
        business_id bigint NOT NULL,
        platform text NOT NULL,
        family text,
        ad_network boolean NOT NULL,
        PRIMARY KEY (business_id, platform)
    );
    COMMENT ON TABLE warehouse.dim_platforms IS 'Every platform seen in the facts, also those that no rule knows';

    CREATE TABLE warehouse.dim_clients (
        business_id bigint NOT NULL DEFAULT 1,
        client_key bigint GENERATED BY DEFAULT AS IDENTITY,
        client_bucket smallint NOT NULL,
        client_id text NOT NULL,
        source_id bigint,
        name text,
        mobile text,
        registered_at timestamptz,
        first_event_at timestamptz,
        email text,
        PRIMARY KEY (business_id, client_key),
        UNIQUE (business_id, client_id)
    );
    COMMENT ON TABLE warehouse.dim_clients IS 'One row per client, known from a clients source or from its events and contracts';
    CREATE INDEX dim_clients_mobile ON warehouse.dim_clients (regexp_replace(mobile, '[^0-9]', '', 'g')) WHERE mobile IS NOT NULL;

    CREATE TABLE warehouse.dim_campaigns (
        business_id bigint NOT NULL DEFAULT 1,
        campaign_key bigint GENERATED BY DEFAULT AS IDENTITY,
        platform text NOT NULL,
        campaign_id text NOT NULL,
        campaign_name text NOT NULL,
        status text,
        daily_budget numeric(18,4),
        first_day date,
        last_day date,
        origin text NOT NULL CHECK (origin IN ('campaigns', 'ad_performance', 'events', 'ambiguous')),
        PRIMARY KEY (business_id, campaign_key),
        UNIQUE (business_id, platform, campaign_id)
    );
    COMMENT ON TABLE warehouse.dim_campaigns IS
        'One row per campaign; origin names the best source that knows it, or ambiguous for a name that several had';
    CREATE INDEX dim_campaigns_name ON warehouse.dim_campaigns (business_id, lower(campaign_name));

    CREATE TABLE warehouse.source_identities (
        business_id bigint NOT NULL DEFAULT 1,
        source_id bigint NOT NULL,
        client_id text NOT NULL,
        same_as text NOT NULL,
        since timestamptz,
        PRIMARY KEY (business_id, source_id, client_id, same_as)
    );
    COMMENT ON TABLE warehouse.source_identities IS 'Which ids are the same client, as sources say it';

    CREATE TABLE warehouse.dim_identities (
        business_id bigint NOT NULL DEFAULT 1,
        client_id text NOT NULL,
        canonical_id text NOT NULL,
        PRIMARY KEY (business_id, client_id)
    );
    COMMENT ON TABLE warehouse.dim_identities IS
        'Ids that are one client with another, and by which of them it is known';

    CREATE TABLE warehouse.source_campaigns (
        business_id bigint NOT NULL DEFAULT 1,
        source_id bigint NOT NULL,
        platform text NOT NULL,
        campaign_id text NOT NULL,
        campaign_name text,
        status text,
        daily_budget numeric(18,4),
        PRIMARY KEY (business_id, source_id, platform, campaign_id)
    );
    COMMENT ON TABLE warehouse.source_campaigns IS 'Campaigns as their own sources list them, before they meet those of the ad exports';

    CREATE TABLE warehouse.campaign_match (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        campaign_ref text NOT NULL,
        url_campaign_id text NOT NULL,
        named_ad_id text NOT NULL,
        first_day date NOT NULL,
        last_day date,
        campaign_key bigint,
        PRIMARY KEY (business_id, platform, campaign_ref, url_campaign_id, named_ad_id, first_day)
    );
    COMMENT ON TABLE warehouse.campaign_match IS
        'What events say of their campaign, and the campaign that it stands for from first_day to last_day';

    CREATE TABLE warehouse.campaign_name (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        campaign_id text NOT NULL,
        campaign_name text NOT NULL,
        first_day date,
        last_day date,
        PRIMARY KEY (business_id, platform, campaign_id, campaign_name)
    );
    COMMENT ON TABLE warehouse.campaign_name IS
        'Every name that a campaign ever had, and the days of ad exports that first called it so; kept when sources no longer tell it';

    CREATE TABLE warehouse.campaign_ad (
        business_id bigint NOT NULL DEFAULT 1,
        ad_id text NOT NULL,
        platform text NOT NULL,
        campaign_id text NOT NULL,
        PRIMARY KEY (business_id, ad_id, platform, campaign_id)
    );
    COMMENT ON TABLE warehouse.campaign_ad IS 'The campaign of each ad and ad group that ad exports or creatives ever named';

    CREATE TABLE warehouse.fact_events (
        business_id bigint NOT NULL DEFAULT 1,
        client_bucket smallint NOT NULL,
        source_id bigint NOT NULL,
        event_id text NOT NULL,
        client_key bigint NOT NULL,
        occurred_at timestamptz NOT NULL,
        event_date date NOT NULL,
        source_type text,
        utm_source text,
        utm_medium text,
        utm_campaign text,
        utm_content text,
        utm_term text,
        referrer_host text,
        click_id_name text,
        click_id text,
        campaign_ref text,
        ad_id text,
        product_id text,
        branch_id text,
        lead_flag boolean,
        platform text NOT NULL,
        channel text NOT NULL,
        is_paid boolean NOT NULL,
        channel_rule text NOT NULL,
        campaign_key bigint,
        touch_number int NOT NULL,
        touch_role text NOT NULL,
        is_lead boolean NOT NULL,
        is_contract boolean NOT NULL,
        url_campaign_id text,
        named_ad_id text,
        landing_page text,
        conversion_type text,
        conversion_value numeric(18,4),
        own_client_id text,
        PRIMARY KEY (business_id, source_id, event_id, client_bucket)
    ) WITH (fillfactor = 90);
    COMMENT ON COLUMN warehouse.fact_events.own_client_id IS
        'The client as the source names it, where dim_identities has another id';
    COMMENT ON TABLE warehouse.fact_events IS 'One row per touch; all touches are kept';
    CREATE INDEX fact_events_client ON warehouse.fact_events (business_id, client_key, occurred_at);
    CREATE INDEX fact_events_day ON warehouse.fact_events (business_id, event_date, occurred_at);
    COMMENT ON COLUMN warehouse.fact_events.url_campaign_id IS 'Id of a campaign in the URL, by analytics.campaign_parameter';
    COMMENT ON COLUMN warehouse.fact_events.named_ad_id IS
        'Id of an ad or ad group by which the campaign may be known: ad_id, or from the URL or utm_content';
    CREATE INDEX fact_events_campaign_ref ON warehouse.fact_events (business_id, platform, COALESCE(campaign_ref, ''),
        COALESCE(url_campaign_id, ''), COALESCE(named_ad_id, ''))
        WHERE campaign_ref IS NOT NULL OR url_campaign_id IS NOT NULL OR named_ad_id IS NOT NULL;
    CREATE INDEX fact_events_conversion ON warehouse.fact_events (business_id, conversion_type, occurred_at)
        WHERE conversion_type IS NOT NULL;

    CREATE TABLE warehouse.fact_leads (
        business_id bigint NOT NULL DEFAULT 1,
        client_bucket smallint NOT NULL,
        source_id bigint NOT NULL,
        lead_id text NOT NULL,
        client_key bigint NOT NULL,
        created_at timestamptz NOT NULL,
        created_date date NOT NULL,
        platform text NOT NULL,
        channel text NOT NULL,
        is_paid boolean NOT NULL,
        utm_source text,
        campaign_key bigint,
        ad_id text,
        attribution_rule text NOT NULL,
        product_id text,
        branch_id text,
        n_contracts int NOT NULL,
        contract_amount numeric(18,4) NOT NULL,
        settled_date date,
        initial_platform text,
        initial_campaign_key bigint,
        PRIMARY KEY (business_id, source_id, lead_id, client_bucket)
    ) WITH (fillfactor = 90);
    COMMENT ON TABLE warehouse.fact_leads IS 'One row per lead, with what it is attributed to and the contracts it became';
    CREATE INDEX fact_leads_client ON warehouse.fact_leads (business_id, client_key);
    CREATE INDEX fact_leads_day ON warehouse.fact_leads (business_id, created_date);
    CREATE INDEX fact_leads_late ON warehouse.fact_leads (business_id, created_date) WHERE settled_date > created_date;
    COMMENT ON COLUMN warehouse.fact_leads.settled_date IS 'Day of the touch that the lead is attributed to, where it came after the lead';
    COMMENT ON COLUMN warehouse.fact_leads.initial_platform IS 'What the lead was attributed to on its day';

    CREATE TABLE warehouse.fact_contracts (
        business_id bigint NOT NULL DEFAULT 1,
        client_bucket smallint NOT NULL,
        source_id bigint NOT NULL,
        contract_id text NOT NULL,
        client_key bigint NOT NULL,
        event_id text,
        signed_at timestamptz NOT NULL,
        signed_date date NOT NULL,
        amount numeric(18,4) NOT NULL,
        product_id text,
        branch_id text,
        lead_source_id bigint,
        lead_id text,
        first_event_id text,
        first_platform text,
        first_campaign_key bigint,
        last_event_id text,
        last_platform text,
        last_campaign_key bigint,
        last_paid_event_id text,
        last_paid_platform text,
        last_paid_campaign_key bigint,
        attributed_platform text NOT NULL DEFAULT 'unknown',
        attributed_channel text NOT NULL DEFAULT 'Unassigned',
        attributed_campaign_key bigint,
        attribution_rule text NOT NULL DEFAULT 'none',
        touches int NOT NULL DEFAULT 0,
        days_to_convert numeric(12,4),
        is_refund boolean NOT NULL DEFAULT false,
        own_client_id text,
        original_amount numeric(18,4),
        original_currency text,
        own_platform text NOT NULL DEFAULT 'unknown',
        PRIMARY KEY (business_id, source_id, contract_id, client_bucket)
    );
    COMMENT ON COLUMN warehouse.fact_contracts.own_platform IS
        'Platform of the touch by which it was signed, or else of the last one before';
    COMMENT ON COLUMN warehouse.fact_contracts.original_amount IS
        'As the source has it, in original_currency, where exchange rates are applied';
    COMMENT ON COLUMN warehouse.fact_contracts.own_client_id IS
        'The client as the source names it, where dim_identities has another id';
    COMMENT ON TABLE warehouse.fact_contracts IS 'One row per contract, with its first, last and last paid touch';
    COMMENT ON COLUMN warehouse.fact_contracts.is_refund IS
        'Of a negative amount: it takes from the contract before it, and is none';
    CREATE INDEX fact_contracts_client ON warehouse.fact_contracts (business_id, client_key, signed_at);
    CREATE INDEX fact_contracts_day ON warehouse.fact_contracts (business_id, signed_date);

    CREATE TABLE warehouse.fact_contract_credit (
        business_id bigint NOT NULL DEFAULT 1,
        client_bucket smallint NOT NULL,
        source_id bigint NOT NULL,
        contract_id text NOT NULL,
        client_key bigint NOT NULL,
        created_date date NOT NULL,
        platform text NOT NULL,
        channel text NOT NULL,
        is_paid boolean NOT NULL,
        utm_source text,
        product_id text,
        branch_id text,
        campaign_key bigint,
        amount numeric(18,4) NOT NULL,
        settled_date date,
        is_refund boolean NOT NULL DEFAULT false,
        PRIMARY KEY (business_id, source_id, contract_id, client_bucket)
    );
    COMMENT ON TABLE warehouse.fact_contract_credit IS
        'Where each contract counts on the day of its lead: what it is attributed to, and what the lead asked for';
    CREATE INDEX fact_contract_credit_client ON warehouse.fact_contract_credit (business_id, client_key);
    CREATE INDEX fact_contract_credit_day ON warehouse.fact_contract_credit (business_id, created_date);
    COMMENT ON COLUMN warehouse.fact_contract_credit.settled_date IS 'Day of the signature, or of the lead where that came after it';

    CREATE TABLE warehouse.fact_campaign_performance_daily (
        business_id bigint NOT NULL DEFAULT 1,
        source_id bigint NOT NULL,
        date date NOT NULL,
        platform text NOT NULL,
        account_id text NOT NULL,
        campaign_id text NOT NULL,
        ad_group_id text NOT NULL,
        ad_id text NOT NULL,
        grain text NOT NULL CHECK (grain IN ('campaign', 'ad_group', 'ad')),
        campaign_name text,
        impressions bigint NOT NULL,
        clicks bigint NOT NULL,
        link_clicks bigint,
        spend numeric(18,4) NOT NULL,
        platform_conversions numeric(18,4),
        currency text NOT NULL,
        conversions_value numeric(18,4),
        source_rows int NOT NULL DEFAULT 1,
        priority int NOT NULL DEFAULT 0,
        original_spend numeric(18,4),
        original_conversions_value numeric(18,4),
        original_currency text,
        PRIMARY KEY (business_id, date, source_id, platform, account_id, campaign_id, ad_group_id, ad_id)
    );
    COMMENT ON COLUMN warehouse.fact_campaign_performance_daily.original_spend IS
        'As the source has it, in original_currency, where exchange rates are applied';
    COMMENT ON COLUMN warehouse.fact_campaign_performance_daily.priority IS
        'Of sources that have the same day of a campaign the one of the highest counts';
    COMMENT ON COLUMN warehouse.fact_campaign_performance_daily.source_rows IS
        'Of how many rows of the source the row is made: more than one where option sum adds them up';
    COMMENT ON TABLE warehouse.fact_campaign_performance_daily IS
        'One row per day and campaign, ad group or ad; each grain as its export gave it';
    CREATE INDEX fact_campaign_performance_daily_campaign ON warehouse.fact_campaign_performance_daily (business_id, platform, campaign_id,
        date) WHERE campaign_id <> '';

    CREATE TABLE warehouse.fact_ad_breakdown (
        business_id bigint NOT NULL DEFAULT 1,
        source_id bigint NOT NULL,
        date date NOT NULL,
        platform text NOT NULL,
        account_id text NOT NULL,
        campaign_id text NOT NULL,
        ad_group_id text NOT NULL,
        breakdown text NOT NULL CHECK (breakdown IN ('keyword', 'search', 'country', 'region', 'none')),
        keyword_id text NOT NULL,
        keyword_match_type text NOT NULL,
        search_query text NOT NULL,
        search_match_type text NOT NULL,
        country text NOT NULL,
        region text NOT NULL,
        campaign_name text,
        keyword_text text,
        impressions bigint NOT NULL,
        clicks bigint NOT NULL,
        spend numeric(18,4) NOT NULL,
        platform_conversions numeric(18,4),
        conversions_value numeric(18,4),
        currency text NOT NULL,
        source_rows int NOT NULL DEFAULT 1,
        PRIMARY KEY (business_id, date, source_id, platform, account_id, campaign_id, ad_group_id, keyword_id, keyword_match_type,
            search_query, search_match_type, country, region)
    );
    COMMENT ON TABLE warehouse.fact_ad_breakdown IS
        'Ads by keyword, search query, country or region, as their exports gave it; what is spent is in fact_campaign_performance_daily';
    COMMENT ON COLUMN warehouse.fact_ad_breakdown.breakdown IS
        'What the row is about: search, keyword, region or country; none: it names none of them';
    COMMENT ON COLUMN warehouse.fact_ad_breakdown.source_rows IS
        'Of how many rows of the source the row is made: more than one where option sum adds them up';

    CREATE TABLE warehouse.dim_products (
        business_id bigint NOT NULL DEFAULT 1,
        product_id text NOT NULL,
        source_id bigint NOT NULL,
        name text,
        category text,
        PRIMARY KEY (business_id, product_id)
    );
    COMMENT ON TABLE warehouse.dim_products IS 'One row per product; of two sources that list it, the one registered first';

    CREATE TABLE warehouse.dim_branches (
        business_id bigint NOT NULL DEFAULT 1,
        branch_id text NOT NULL,
        source_id bigint NOT NULL,
        name text,
        city text,
        PRIMARY KEY (business_id, branch_id)
    );
    COMMENT ON TABLE warehouse.dim_branches IS 'One row per branch; of two sources that list it, the one registered first';

    CREATE TABLE warehouse.dim_ad_creatives (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        ad_id text NOT NULL,
        source_id bigint NOT NULL,
        ad_name text,
        ad_group_id text,
        ad_group_name text,
        campaign_id text,
        creative_id text,
        title text,
        body text,
        image_url text,
        link_url text,
        PRIMARY KEY (business_id, platform, ad_id)
    );
    COMMENT ON TABLE warehouse.dim_ad_creatives IS
        'One row per ad and what it shows; of two sources that list it, the one registered first';

    CREATE TABLE warehouse.fact_transactions (
        business_id bigint NOT NULL DEFAULT 1,
        client_bucket smallint NOT NULL,
        source_id bigint NOT NULL,
        transaction_id text NOT NULL,
        client_key bigint NOT NULL,
        occurred_at timestamptz NOT NULL,
        transaction_date date NOT NULL,
        amount numeric(18,4) NOT NULL,
        quantity numeric(18,4),
        profit numeric(18,4),
        product_id text,
        order_id text,
        own_client_id text,
        original_amount numeric(18,4),
        original_profit numeric(18,4),
        original_currency text,
        PRIMARY KEY (business_id, source_id, transaction_id, client_bucket)
    );
    COMMENT ON COLUMN warehouse.fact_transactions.original_amount IS
        'As the source has it, in original_currency, where exchange rates are applied';
    COMMENT ON COLUMN warehouse.fact_transactions.own_client_id IS
        'The client as the source names it, where dim_identities has another id';
    COMMENT ON TABLE warehouse.fact_transactions IS 'One row per payment or sale line; refunds have a negative amount';
    COMMENT ON COLUMN warehouse.fact_transactions.order_id IS
        'What the lines of one purchase share; NULL where each row is a purchase of its own';
    CREATE INDEX fact_transactions_order ON warehouse.fact_transactions (business_id, client_key, order_id) WHERE order_id IS NOT NULL;
    CREATE INDEX fact_transactions_client ON warehouse.fact_transactions (business_id, client_key, occurred_at);
    CREATE INDEX fact_transactions_day ON warehouse.fact_transactions (business_id, transaction_date);

    CREATE TABLE warehouse.fact_content (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        content_id text NOT NULL,
        source_id bigint NOT NULL,
        content_type text,
        published_at timestamptz,
        title text,
        author text,
        hashtags text,
        sentiment numeric(6,4),
        PRIMARY KEY (business_id, platform, content_id)
    );
    COMMENT ON TABLE warehouse.fact_content IS 'One row per post, video or page; of two sources that list it, the one registered first';
    COMMENT ON COLUMN warehouse.fact_content.sentiment IS 'How people take it, from -1 to 1, as the source rates it';

    CREATE TABLE warehouse.fact_content_metrics (
        business_id bigint NOT NULL DEFAULT 1,
        source_id bigint NOT NULL,
        date date NOT NULL,
        platform text NOT NULL,
        content_id text NOT NULL,
        views bigint,
        likes bigint,
        shares bigint,
        comments bigint,
        clicks bigint,
        reach bigint,
        is_cumulative boolean NOT NULL,
        PRIMARY KEY (business_id, date, source_id, platform, content_id)
    );
    COMMENT ON TABLE warehouse.fact_content_metrics IS
        'One row per day and content, as its source counts; NULL where the source does not count it';
    COMMENT ON COLUMN warehouse.fact_content_metrics.is_cumulative IS
        'The numbers are totals up to that day, not those of the day (option cumulative of the source)';
    CREATE INDEX fact_content_metrics_content ON warehouse.fact_content_metrics (business_id, platform, content_id, date);

    CREATE TABLE warehouse.dim_benchmarks (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        industry text NOT NULL,
        metric text NOT NULL,
        source_id bigint NOT NULL,
        p5 numeric,
        p10 numeric,
        p20 numeric,
        p25 numeric,
        p50 numeric,
        p75 numeric,
        p80 numeric,
        p90 numeric,
        p95 numeric,
        PRIMARY KEY (business_id, platform, industry, metric)
    );
    COMMENT ON TABLE warehouse.dim_benchmarks IS 'What others reach, as somebody published it: see analytics.content_benchmark()';
    COMMENT ON COLUMN warehouse.dim_benchmarks.p50 IS 'What 50 % of the others do not exceed; NULL where it was not published';

    CREATE TABLE warehouse.dim_calendar_events (
        business_id bigint NOT NULL DEFAULT 1,
        name text NOT NULL,
        first_day date NOT NULL,
        region text NOT NULL,
        source_id bigint NOT NULL,
        last_day date,
        PRIMARY KEY (business_id, name, first_day, region)
    );
    COMMENT ON TABLE warehouse.dim_calendar_events IS
        'Holidays and campaigns of one''s own, whose effects forecasts and alerts learn: see analytics.calendar_effects()';
    COMMENT ON COLUMN warehouse.dim_calendar_events.name IS 'What comes back: events of one name and region have one effect';
    COMMENT ON COLUMN warehouse.dim_calendar_events.first_day IS 'First day of the event';
    COMMENT ON COLUMN warehouse.dim_calendar_events.last_day IS 'Last day of the event; NULL: the first';
    COMMENT ON COLUMN warehouse.dim_calendar_events.region IS 'Where the event is; empty: everywhere';

    CREATE TABLE warehouse.content_daily (
        business_id bigint NOT NULL DEFAULT 1,
        date date NOT NULL,
        platform text NOT NULL,
        posts bigint NOT NULL,
        posts_without_metrics bigint NOT NULL,
        readings bigint NOT NULL,
        views bigint NOT NULL,
        reach bigint NOT NULL,
        likes bigint NOT NULL,
        shares bigint NOT NULL,
        comments bigint NOT NULL,
        clicks bigint NOT NULL,
        engagement bigint NOT NULL,
        rated_engagement bigint NOT NULL,
        rated_views bigint NOT NULL,
        rated_clicks bigint NOT NULL,
        clicked_views bigint NOT NULL,
        PRIMARY KEY (business_id, date, platform)
    );
    COMMENT ON TABLE warehouse.content_daily IS 'Rollup of content per day and platform: posts published, and what all earned';
    COMMENT ON COLUMN warehouse.content_daily.readings IS 'Posts that have figures of the day';
    COMMENT ON COLUMN warehouse.content_daily.rated_engagement IS 'Engagement of figures that count views too; rated_views: their views';
    CREATE INDEX content_daily_date ON warehouse.content_daily (date);
    CREATE TABLE warehouse.content_post (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        content_id text NOT NULL,
        readings bigint NOT NULL,
        last_day date,
        views bigint,
        likes bigint,
        shares bigint,
        comments bigint,
        clicks bigint,
        reach bigint,
        engagement bigint,
        views_days bigint NOT NULL,
        likes_days bigint NOT NULL,
        shares_days bigint NOT NULL,
        comments_days bigint NOT NULL,
        clicks_days bigint NOT NULL,
        reach_days bigint NOT NULL,
        engagement_days bigint NOT NULL,
        log_rate double precision,
        PRIMARY KEY (business_id, platform, content_id)
    );
    COMMENT ON TABLE warehouse.content_post IS
        'Rollup of content per post: what it earned since published; a post without a row is to be added up';
    COMMENT ON COLUMN warehouse.content_post.last_day IS 'The last day with figures';
    COMMENT ON COLUMN warehouse.content_post.views_days IS 'Days that have this figure, so that days can be taken off again';

    CREATE TABLE warehouse.campaign_roi_daily (
        business_id bigint NOT NULL DEFAULT 1,
        date date NOT NULL,
        platform text NOT NULL,
        campaign_key bigint NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        contracts_signed bigint NOT NULL,
        revenue_signed numeric(18,4) NOT NULL,
        spend numeric(18,4) NOT NULL,
        impressions bigint NOT NULL,
        clicks bigint NOT NULL,
        exports bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (business_id, date, platform, campaign_key)
    );
    COMMENT ON TABLE warehouse.campaign_roi_daily IS 'Rollup per day, platform and campaign; campaign_key 0 where none is known';
    CREATE INDEX campaign_roi_daily_date ON warehouse.campaign_roi_daily (date, platform);
    COMMENT ON COLUMN warehouse.campaign_roi_daily.contracts IS
        'Contracts of the leads created on that day, whenever they were signed, by what each is attributed to itself';
    COMMENT ON COLUMN warehouse.campaign_roi_daily.contracts_signed IS 'Contracts signed on that day';
    COMMENT ON COLUMN warehouse.campaign_roi_daily.exports IS 'Rows of ad exports behind spend, impressions and clicks';

    CREATE TABLE warehouse.campaign_roi_span (
        business_id bigint NOT NULL DEFAULT 1,
        span text COLLATE "C" NOT NULL,
        starts_on date NOT NULL,
        platform text NOT NULL,
        campaign_key bigint NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        contracts_signed bigint NOT NULL,
        revenue_signed numeric(18,4) NOT NULL,
        spend numeric(18,4) NOT NULL,
        impressions bigint NOT NULL,
        clicks bigint NOT NULL,
        exports bigint NOT NULL,
        PRIMARY KEY (business_id, span, platform, campaign_key)
    );
    COMMENT ON TABLE warehouse.campaign_roi_span IS
        'Rollup per 7, 28 and 364 days: campaign_roi_daily added up, so that long periods are few rows';
    COMMENT ON COLUMN warehouse.campaign_roi_span.span IS
        'From a Monday, by ISO 8601: 2025-03-03/P7D. 28 days are four whole weeks, and 364 are thirteen of those';
    CREATE INDEX campaign_roi_span_span ON warehouse.campaign_roi_span (span, platform);

    CREATE TABLE warehouse.platform_daily (
        business_id bigint NOT NULL DEFAULT 1,
        date date NOT NULL,
        platform text NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        contracts_signed bigint NOT NULL,
        revenue_signed numeric(18,4) NOT NULL,
        spend numeric(18,4) NOT NULL,
        impressions bigint NOT NULL,
        clicks bigint NOT NULL,
        exports bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (business_id, date, platform)
    );
    COMMENT ON TABLE warehouse.platform_daily IS
        'Rollup per day and platform: campaign_roi_daily added up, for questions that name no campaign';
    CREATE INDEX platform_daily_date ON warehouse.platform_daily (date);
    CREATE INDEX platform_daily_platform ON warehouse.platform_daily (platform, date);

    CREATE TABLE warehouse.lead_daily (
        business_id bigint NOT NULL DEFAULT 1,
        created_date date NOT NULL,
        platform text NOT NULL,
        channel text NOT NULL,
        is_paid boolean NOT NULL,
        utm_source text NOT NULL,
        product_id text NOT NULL,
        branch_id text NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        PRIMARY KEY (business_id, created_date, platform, channel, is_paid, utm_source, product_id, branch_id)
    );
    COMMENT ON TABLE warehouse.lead_daily IS 'Rollup of leads per day and attribute; an empty text where the attribute is not known';
    CREATE INDEX lead_daily_date ON warehouse.lead_daily (created_date);
    CREATE INDEX lead_daily_platform ON warehouse.lead_daily (platform, created_date);

    CREATE TABLE warehouse.late_daily (
        business_id bigint NOT NULL DEFAULT 1,
        created_date date NOT NULL,
        settled_date date NOT NULL,
        platform text NOT NULL,
        campaign_key bigint NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        PRIMARY KEY (business_id, created_date, settled_date, platform, campaign_key)
    );
    COMMENT ON TABLE warehouse.late_daily IS
        'Rollup of what came after the day of a lead: contracts, and attribution; results less these are as they stood before';
    CREATE INDEX late_daily_settled ON warehouse.late_daily (business_id, settled_date);
    COMMENT ON COLUMN warehouse.late_daily.leads IS 'Leads that came to the campaign that day, less those that left it for another';

    CREATE TABLE warehouse.maturity_model (
        business_id bigint NOT NULL PRIMARY KEY DEFAULT 1,
        known_until date NOT NULL,
        shares double precision[] NOT NULL,
        log_variances double precision[] NOT NULL,
        rate double precision,
        rate_strength double precision,
        mean_amount double precision,
        amount_deviation double precision,
        contracts bigint NOT NULL
    );
    COMMENT ON TABLE warehouse.maturity_model IS
        'How much of what leads will sign is signed by each age, as far as is known until a day; made by the refresh';
    COMMENT ON COLUMN warehouse.maturity_model.shares IS 'By the age of leads in days, the day itself first; all of it at the last';

    -- Views, since lead_daily and fact_contracts hold the numbers: a third copy of them could only be wrong or late. Names come from
    -- the dimensions by outer join, so that a product that no list knows keeps its numbers.
    CREATE VIEW warehouse.product_performance WITH (security_invoker = true) AS
    SELECT u.business_id, u.date, u.product_id, d.name AS product_name, d.category, sum(u.leads)::bigint AS leads,
           sum(u.contracts)::bigint AS contracts, sum(u.revenue)::numeric(18,4) AS revenue,
           sum(u.contracts_signed)::bigint AS contracts_signed, sum(u.revenue_signed)::numeric(18,4) AS revenue_signed
    FROM (SELECT l.business_id, l.created_date, l.product_id, l.leads, l.contracts, l.revenue, 0, 0 FROM warehouse.lead_daily l
          UNION ALL
          SELECT c.business_id, c.signed_date, COALESCE(c.product_id, ''), 0, 0, 0, (NOT c.is_refund)::int, c.amount
          FROM warehouse.fact_contracts c
    ) u (business_id, date, product_id, leads, contracts, revenue, contracts_signed, revenue_signed)
    LEFT JOIN warehouse.dim_products d ON d.business_id = u.business_id AND d.product_id = u.product_id
    GROUP BY u.business_id, u.date, u.product_id, d.name, d.category;
    COMMENT ON VIEW warehouse.product_performance IS
        'Leads, contracts and revenue per day and product; an empty product_id where none is known';
    COMMENT ON COLUMN warehouse.product_performance.contracts IS
        'Contracts of the leads created on that day that asked for the product, whatever they bought and whenever they signed';
    COMMENT ON COLUMN warehouse.product_performance.contracts_signed IS 'Contracts signed on that day that sold the product';

    CREATE VIEW warehouse.branch_performance WITH (security_invoker = true) AS
    SELECT u.business_id, u.date, u.branch_id, d.name AS branch_name, d.city, sum(u.leads)::bigint AS leads,
           sum(u.contracts)::bigint AS contracts, sum(u.revenue)::numeric(18,4) AS revenue,
           sum(u.contracts_signed)::bigint AS contracts_signed, sum(u.revenue_signed)::numeric(18,4) AS revenue_signed
    FROM (SELECT l.business_id, l.created_date, l.branch_id, l.leads, l.contracts, l.revenue, 0, 0 FROM warehouse.lead_daily l
          UNION ALL
          SELECT c.business_id, c.signed_date, COALESCE(c.branch_id, ''), 0, 0, 0, (NOT c.is_refund)::int, c.amount
          FROM warehouse.fact_contracts c
    ) u (business_id, date, branch_id, leads, contracts, revenue, contracts_signed, revenue_signed)
    LEFT JOIN warehouse.dim_branches d ON d.business_id = u.business_id AND d.branch_id = u.branch_id
    GROUP BY u.business_id, u.date, u.branch_id, d.name, d.city;
    COMMENT ON VIEW warehouse.branch_performance IS
        'Leads, contracts and revenue per day and branch; an empty branch_id where none is known';
    COMMENT ON COLUMN warehouse.branch_performance.contracts IS
        'Contracts of the leads created on that day at the branch, wherever and whenever they signed';
    COMMENT ON COLUMN warehouse.branch_performance.contracts_signed IS 'Contracts signed on that day at the branch';

    CREATE TABLE warehouse.event_daily (
        business_id bigint NOT NULL DEFAULT 1,
        event_date date NOT NULL,
        platform text NOT NULL,
        events bigint NOT NULL,
        first_touches bigint NOT NULL,
        contract_events bigint NOT NULL,
        clients bytea,
        PRIMARY KEY (business_id, event_date, platform)
    );
    COMMENT ON TABLE warehouse.event_daily IS 'Rollup of touches per day and platform';
    COMMENT ON COLUMN warehouse.event_daily.clients IS
        'The clients of the touches, as a set that analytics_internal.count_clients() reads; NULL until the refresh after an upgrade';

    CREATE TABLE warehouse.campaign_touch_daily (
        business_id bigint NOT NULL DEFAULT 1,
        platform text NOT NULL,
        event_date date NOT NULL,
        campaign_key bigint NOT NULL,
        first_touches bigint NOT NULL,
        mid_touches bigint NOT NULL,
        last_touches bigint NOT NULL,
        contract_events bigint NOT NULL,
        clients bytea NOT NULL,
        PRIMARY KEY (business_id, platform, event_date, campaign_key)
    );
    COMMENT ON TABLE warehouse.campaign_touch_daily IS 'Rollup of touches per day, platform of the touch and campaign';
    COMMENT ON COLUMN warehouse.campaign_touch_daily.clients IS
        'The clients of the touches, as a set that analytics_internal.count_clients() reads';

    CREATE TABLE warehouse.contract_daily (
        business_id bigint NOT NULL DEFAULT 1,
        signed_date date NOT NULL,
        own_platform text NOT NULL,
        attributed_platform text NOT NULL,
        contracts_signed bigint NOT NULL,
        revenue_signed numeric(18,4) NOT NULL,
        touches bigint NOT NULL,
        days_to_convert numeric(18,4) NOT NULL,
        contracts_with_days bigint NOT NULL,
        PRIMARY KEY (business_id, signed_date, own_platform, attributed_platform)
    );
    COMMENT ON TABLE warehouse.contract_daily IS
        'Rollup of contracts per day of signing, platform of their own touch and attributed platform';
    COMMENT ON COLUMN warehouse.contract_daily.touches IS 'Touches at or before signing, of all these contracts';
    COMMENT ON COLUMN warehouse.contract_daily.days_to_convert IS 'Days from the first touch to signing, of all these contracts';
    COMMENT ON COLUMN warehouse.contract_daily.contracts_with_days IS 'Contracts that had a touch before';

    CREATE TABLE warehouse.purchase_model (
        business_id bigint NOT NULL DEFAULT 1,
        model text NOT NULL CHECK (model IN ('bgnbd', 'mbgnbd')),
        observed_until date NOT NULL,
        r double precision,
        alpha double precision,
        a double precision,
        b double precision,
        r_error double precision,
        alpha_error double precision,
        a_error double precision,
        b_error double precision,
        log_likelihood double precision,
        customers bigint NOT NULL,
        repeat_customers bigint NOT NULL,
        iterations int NOT NULL,
        converged boolean NOT NULL,
        reason text NOT NULL,
        correlations double precision[],
        PRIMARY KEY (business_id, model)
    );
    COMMENT ON TABLE warehouse.purchase_model IS
        'Models of repeat purchases, fitted by the refresh; time in weeks. No parameters where there is nothing to fit';

    CREATE TABLE warehouse.spend_model (
        business_id bigint NOT NULL DEFAULT 1,
        value text NOT NULL CHECK (value IN ('amount', 'profit')),
        observed_until date NOT NULL,
        p double precision,
        q double precision,
        gamma double precision,
        p_error double precision,
        q_error double precision,
        gamma_error double precision,
        log_likelihood double precision,
        customers bigint NOT NULL,
        skipped bigint NOT NULL,
        correlation double precision,
        iterations int NOT NULL,
        converged boolean NOT NULL,
        reason text NOT NULL,
        correlations double precision[],
        PRIMARY KEY (business_id, value)
    );
    COMMENT ON TABLE warehouse.spend_model IS 'Models of spend per purchase, in money or profit, fitted by the refresh';
    COMMENT ON COLUMN warehouse.spend_model.skipped IS 'Customers without a repeat purchase, or whose mean is not positive';
    CREATE TABLE warehouse.customer_population (
        business_id bigint PRIMARY KEY,
        purchases text NOT NULL CHECK (purchases IN ('transactions', 'contracts')),
        as_of date,
        customers bigint NOT NULL DEFAULT 0,
        r_breaks double precision[] NOT NULL DEFAULT '{}',
        f_breaks double precision[] NOT NULL DEFAULT '{}',
        m_breaks double precision[] NOT NULL DEFAULT '{}'
    );
    COMMENT ON TABLE warehouse.customer_population IS
        'What a customer is compared with: day of the latest purchase, and where the scores are cut';
    COMMENT ON COLUMN warehouse.customer_population.purchases IS 'Contracts stand in for transactions where no such source is registered';

    CREATE VIEW warehouse.purchase WITH (security_invoker = true) AS
    SELECT t.business_id, t.client_bucket, t.client_key, t.transaction_date AS day, t.amount, t.quantity, t.profit,
        (t.amount >= 0)::int AS orders
    FROM warehouse.fact_transactions t WHERE t.order_id IS NULL
    UNION ALL
    SELECT t.business_id, t.client_bucket, t.client_key, t.transaction_date, sum(t.amount)::numeric(18,4), sum(t.quantity)::numeric(18,4),
           sum(t.profit)::numeric(18,4), (sum(t.amount) >= 0)::int
    FROM warehouse.fact_transactions t WHERE t.order_id IS NOT NULL
    GROUP BY t.business_id, t.client_bucket, t.client_key, t.source_id, t.order_id, t.transaction_date
    UNION ALL
    SELECT c.business_id, c.client_bucket, c.client_key, c.signed_date, c.amount, NULL, NULL, (NOT c.is_refund)::int
    FROM warehouse.fact_contracts c
    JOIN warehouse.customer_population p ON p.business_id = c.business_id AND p.purchases = 'contracts';
    COMMENT ON VIEW warehouse.purchase IS
        'One row per purchase or refund: the lines of an order on one day together; contracts where there are no transactions';
    COMMENT ON COLUMN warehouse.purchase.orders IS '1 for a purchase; 0 for a refund, which is money alone';

    CREATE TABLE warehouse.customer_totals (
        business_id bigint NOT NULL DEFAULT 1,
        client_key bigint NOT NULL,
        client_bucket smallint NOT NULL,
        first_date date NOT NULL,
        second_date date,
        last_date date NOT NULL,
        orders bigint NOT NULL,
        amount numeric(18,4) NOT NULL,
        quantity numeric(18,4),
        orders_with_quantity bigint NOT NULL,
        profit numeric(18,4),
        fiscal_years int[] NOT NULL,
        returns int NOT NULL,
        days_between int NOT NULL,
        PRIMARY KEY (business_id, client_key)
    );
    COMMENT ON TABLE warehouse.customer_totals IS 'One row per client who bought something: all purchases added up';
    COMMENT ON COLUMN warehouse.customer_totals.returns IS 'Days of purchase after the first one';
    COMMENT ON COLUMN warehouse.customer_totals.days_between IS 'Days from each day of purchase to the next, added up';
    COMMENT ON COLUMN warehouse.customer_totals.second_date IS 'The second day of a purchase, NULL where the client has not returned';

    CREATE TABLE warehouse.customer_cell (
        business_id bigint NOT NULL DEFAULT 1,
        r smallint NOT NULL,
        f smallint NOT NULL,
        m smallint NOT NULL,
        recency_bucket smallint NOT NULL,
        visits_bucket smallint NOT NULL,
        value_bucket smallint NOT NULL,
        return_bucket smallint NOT NULL,
        fiscal_year int NOT NULL,
        customers bigint NOT NULL,
        new_customers bigint NOT NULL,
        orders bigint NOT NULL,
        amount numeric(18,4) NOT NULL,
        quantity numeric(18,4) NOT NULL,
        orders_with_quantity bigint NOT NULL,
        profit numeric(18,4) NOT NULL,
        customers_with_profit bigint NOT NULL,
        return_days bigint NOT NULL,
        returns bigint NOT NULL,
        days_between bigint NOT NULL,
        PRIMARY KEY (business_id, fiscal_year, recency_bucket, visits_bucket, value_bucket, return_bucket, r, f, m)
    );
    COMMENT ON TABLE warehouse.customer_cell IS 'Customers who are alike in all that the customer dashboard shows, counted';
    COMMENT ON COLUMN warehouse.customer_cell.fiscal_year IS
        '0: each customer once; a year: those who bought in it, their scores and return bucket 0';

    CREATE TABLE warehouse.pending_client (
        business_id bigint NOT NULL,
        client_key bigint NOT NULL,
        PRIMARY KEY (business_id, client_key)
    );
    COMMENT ON TABLE warehouse.pending_client IS 'Clients whose facts changed and whose journeys are yet to be derived again';

    CREATE TABLE warehouse.pending_customer (
        business_id bigint NOT NULL,
        client_key bigint NOT NULL,
        PRIMARY KEY (business_id, client_key)
    );
    COMMENT ON TABLE warehouse.pending_customer IS 'Clients whose purchases may have changed and are yet to be added up again';

    CREATE TABLE warehouse.pending_day (
        business_id bigint NOT NULL,
        rollup text NOT NULL CHECK (rollup IN ('events', 'results', 'late', 'content', 'customers', 'values', 'campaigns')),
        day date NOT NULL,
        whole boolean NOT NULL DEFAULT true,
        PRIMARY KEY (business_id, rollup, day)
    );
    COMMENT ON TABLE warehouse.pending_day IS
        'Days whose facts changed and whose rollups are to be made again; customers, value models and campaigns have one row, of no day';
    COMMENT ON COLUMN warehouse.pending_day.whole IS 'The day is to be added up anew; else pending_lead has all that changed on it';

    CREATE TABLE warehouse.pending_lead (
        business_id bigint NOT NULL,
        day date NOT NULL,
        platform text NOT NULL,
        channel text NOT NULL,
        is_paid boolean NOT NULL,
        utm_source text NOT NULL,
        product_id text NOT NULL,
        branch_id text NOT NULL,
        campaign_key bigint NOT NULL,
        leads bigint NOT NULL,
        contracts bigint NOT NULL,
        revenue numeric(18,4) NOT NULL,
        change_id bigint GENERATED BY DEFAULT AS IDENTITY,
        settled_date date,
        PRIMARY KEY (business_id, change_id)
    );
    COMMENT ON TABLE warehouse.pending_lead IS
        'What leads that changed are yet to add to the rollups, or with negative numbers to take away';
    COMMENT ON COLUMN warehouse.pending_lead.settled_date IS
        'Of what belongs to late_daily, which has no channel, source, product and branch; NULL for the other rollups';
    CREATE INDEX pending_lead_day ON warehouse.pending_lead (business_id, day);

    CREATE TABLE warehouse.refresh_run (
        run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        business_id bigint,
        mode text NOT NULL,
        entities text[],
        requested_by text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'succeeded', 'failed', 'skipped')),
        message text
    );
    COMMENT ON TABLE warehouse.refresh_run IS 'One row per run of analytics.refresh()';

    CREATE TABLE warehouse.refresh_state (
        business_id bigint PRIMARY KEY,
        run_id bigint,
        status text CHECK (status IN ('running', 'succeeded', 'failed')),
        started_at timestamptz,
        finished_at timestamptz,
        message text
    );
    COMMENT ON TABLE warehouse.refresh_state IS
        'How the last refresh of each business ended; the one at work holds its row locked, so that there is no second';

    CREATE TABLE warehouse.refresh_request (
        request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        business_id bigint,
        mode text NOT NULL,
        entities text[],
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        taken_at timestamptz,
        message text,
        accept_loss boolean NOT NULL DEFAULT false,
        started_at timestamptz
    );
    COMMENT ON TABLE warehouse.refresh_request IS
'Refreshes asked for by analytics.request_refresh(); taken_at is NULL until one is done, message is what failed of it';
    COMMENT ON COLUMN warehouse.refresh_request.started_at IS
        'When a refresh began to serve it: from then on it does not stand for what is asked later';

    CREATE TABLE warehouse.report (
        report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        business_id bigint,
        kind text NOT NULL,
        date_from date NOT NULL,
        date_to date NOT NULL,
        html text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    COMMENT ON TABLE warehouse.report IS 'Reports that analytics.keep_report() made, each a page of HTML';
    COMMENT ON COLUMN warehouse.report.business_id IS 'NULL: all businesses together';
    COMMENT ON COLUMN warehouse.report.html IS 'The page; it needs nothing else';
    CREATE INDEX report_kind ON warehouse.report (business_id, kind, created_at);

    CREATE TABLE warehouse.refresh_step (
        run_id bigint NOT NULL,
        step int NOT NULL,
        business_id bigint NOT NULL,
        name text NOT NULL,
        source_id bigint,
        rows_read bigint,
        inserted bigint,
        updated bigint,
        unchanged bigint,
        deleted bigint,
        deduplicated bigint,
        rejected bigint,
        started_at timestamptz NOT NULL,
        duration interval NOT NULL,
        sqlstate text,
        message text,
        PRIMARY KEY (run_id, step)
    );
    COMMENT ON TABLE warehouse.refresh_step IS
        'What each step of a run read and changed; read = inserted + updated + unchanged + deduplicated + rejected';

    CREATE TABLE warehouse.source_watermark (
        source_id bigint PRIMARY KEY,
        business_id bigint NOT NULL,
        entity text NOT NULL,
        definition text NOT NULL,
        watermark timestamptz,
        refreshed_at timestamptz NOT NULL,
        read_completely_at timestamptz NOT NULL,
        run_id bigint NOT NULL,
        rows_read bigint NOT NULL,
        loaded bigint NOT NULL,
        deduplicated bigint NOT NULL,
        rejected bigint NOT NULL,
        dropped_at timestamptz,
        relation text,
        row_security boolean,
        content text,
        row_by_row boolean NOT NULL DEFAULT false
    );
    COMMENT ON COLUMN warehouse.source_watermark.content IS
        'Fingerprint of the rows that were last read: where it is the same they are not read again';
    COMMENT ON COLUMN warehouse.source_watermark.row_by_row IS
        'Whether an expression of the mapping failed on a row, so that each row is tried';
    COMMENT ON COLUMN warehouse.source_watermark.dropped_at IS
        'When drop_source() forgot the source, whose rows the next refresh takes out';
    COMMENT ON TABLE warehouse.source_watermark IS
        'Where each source stands, and how its rows are accounted for: rows_read = loaded + deduplicated + rejected';
    COMMENT ON COLUMN warehouse.source_watermark.definition IS
        'Fingerprint of mapping, options, settings and rules; where it differs the source is read completely';
    COMMENT ON COLUMN warehouse.source_watermark.relation IS 'By it a registration that was lost takes up its rows again';
    COMMENT ON COLUMN warehouse.source_watermark.row_security IS 'Whether row security chose among the rows for whoever read them';

    CREATE TABLE warehouse.source_day (
        source_id bigint NOT NULL,
        day date NOT NULL,
        rows bigint NOT NULL,
        fingerprint numeric NOT NULL,
        PRIMARY KEY (source_id, day)
    );
    COMMENT ON TABLE warehouse.source_day IS
        'What each day of a source without updated_at looked like when it was last read; -infinity stands for rows without a readable day';

    CREATE TABLE warehouse.rejected_rows (
        business_id bigint NOT NULL,
        source_id bigint NOT NULL,
        row_hash text NOT NULL,
        entity text NOT NULL,
        row_key text,
        reason text NOT NULL,
        source_row jsonb NOT NULL,
        occurrences bigint NOT NULL,
        run_id bigint NOT NULL,
        rejected_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (business_id, source_id, row_hash)
    );
    COMMENT ON TABLE warehouse.rejected_rows IS 'Source rows that could not be loaded, kept whole, each with its reason';
    COMMENT ON COLUMN warehouse.rejected_rows.occurrences IS 'How many identical rows the source holds';

    CREATE TABLE warehouse.quality_history (
        run_id bigint,
        business_id bigint NOT NULL,
        check_name text NOT NULL,
        subject text NOT NULL,
        status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail')),
        failed_rows bigint NOT NULL,
        observed numeric,
        expected numeric,
        sample jsonb,
        message text NOT NULL,
        checked_at timestamptz NOT NULL DEFAULT now(),
        finding_id bigint GENERATED BY DEFAULT AS IDENTITY,
        since timestamptz,
        PRIMARY KEY (business_id, finding_id)
    ) WITH (fillfactor = 70);
    COMMENT ON TABLE warehouse.quality_history IS
        'What analytics.check_data_quality() found, as long as it found the same in one row, with a sample of the failing rows';
    COMMENT ON COLUMN warehouse.quality_history.since IS
        'When status and failing rows were first these; they were so until checked_at, of which the other columns are, and run_id the run';
    CREATE INDEX quality_history_business ON warehouse.quality_history (business_id, check_name, subject);

    CREATE TABLE warehouse.alert_settings (
        business_id bigint PRIMARY KEY,
        dimensions text[] NOT NULL,
        window_days int NOT NULL,
        baseline_days int NOT NULL,
        lag_days int NOT NULL,
        cooldown_days int NOT NULL,
        q double precision NOT NULL,
        min_effect double precision NOT NULL,
        min_events double precision NOT NULL,
        min_impact numeric(18,4) NOT NULL
    );
    COMMENT ON TABLE warehouse.alert_settings IS 'What refreshes watch, per business that changed it; see analytics.configure_alerts()';

    CREATE TABLE warehouse.calibration (
        business_id bigint NOT NULL DEFAULT 1,
        calibration_id bigint GENERATED BY DEFAULT AS IDENTITY,
        platform text,
        campaign_id text,
        metric text NOT NULL CHECK (metric IN ('leads', 'contracts', 'revenue')),
        date_from date NOT NULL,
        date_to date NOT NULL,
        measured double precision NOT NULL,
        measured_low double precision NOT NULL,
        measured_high double precision NOT NULL,
        confidence double precision NOT NULL DEFAULT 0.9 CHECK (confidence > 0 AND confidence < 1),
        note text,
        PRIMARY KEY (business_id, calibration_id),
        CONSTRAINT calibration_of_one CHECK (num_nonnulls(platform, campaign_id) > 0),
        CONSTRAINT calibration_period CHECK (date_from <= date_to),
        CONSTRAINT calibration_interval
            CHECK (measured_low <= measured AND measured <= measured_high AND measured_low < measured_high AND measured_high < 'infinity')
    );
    COMMENT ON TABLE warehouse.calibration IS 'What tests measured; see analytics.calibrations()';

    CREATE TABLE warehouse.conversion_setting (
        business_id bigint NOT NULL DEFAULT 1,
        conversion_type text NOT NULL CHECK (conversion_type <> ''),
        model text NOT NULL DEFAULT 'last_paid',
        lookback interval,
        view_lookback interval,
        cycle text NOT NULL DEFAULT 'shared',
        hosts text[],
        default_value numeric(18,4) NOT NULL DEFAULT 0,
        PRIMARY KEY (business_id, conversion_type)
    );
    COMMENT ON TABLE warehouse.conversion_setting IS 'Model and window of each type of conversion; see analytics.configure_conversion()';

    -- What counts is a column of the parts, whose WHERE would keep them from being joined by index with the clients that are asked for. The
    -- schema is an argument, since upgrade_warehouse() makes this view in another one, too.
    EXECUTE format($sql$
        CREATE VIEW warehouse.conversion WITH (security_invoker = true) AS
        SELECT p.client_bucket, p.conversion_type, p.business_id, p.client_key, p.source_id, p.conversion_id, p.converted_at, p.amount,
               p.product_id, p.branch_id, p.event_source_id, p.event_id, p.host
        FROM (%s UNION ALL %s UNION ALL %s UNION ALL %s) p
        WHERE p.counts$sql$,
        analytics_internal.conversion_rows_sql('contract', 'warehouse.'), analytics_internal.conversion_rows_sql('lead', 'warehouse.'),
        analytics_internal.conversion_rows_sql('purchase', 'warehouse.'), analytics_internal.conversion_rows_sql('', 'warehouse.'));
    COMMENT ON VIEW warehouse.conversion IS 'Contracts, leads, purchases, and the events that are conversions of other types';
    COMMENT ON COLUMN warehouse.conversion.conversion_id IS
        'The contract, lead, line of an order or event, as its source names it';
    COMMENT ON COLUMN warehouse.conversion.converted_at IS 'When it was made';
    COMMENT ON COLUMN warehouse.conversion.event_source_id IS 'The source of event_id';
    COMMENT ON COLUMN warehouse.conversion.amount IS
        'NULL for what is worth the default_value in conversion_setting: leads, and events that do not say';
    COMMENT ON COLUMN warehouse.conversion.event_id IS
        'The event that is the conversion, with event_source_id its source; of any source where that is NULL';
    COMMENT ON COLUMN warehouse.conversion.host IS 'Host of the page where it happened';

    CREATE TABLE warehouse.anomaly_history (
        business_id bigint NOT NULL DEFAULT 1,
        alert_id bigint GENERATED BY DEFAULT AS IDENTITY,
        dimension text NOT NULL,
        anomaly_type text NOT NULL,
        platform text,
        unit_id text NOT NULL,
        unit_name text NOT NULL,
        date_from date NOT NULL,
        date_to date NOT NULL,
        last_seen date NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        leads bigint,
        spend numeric(18,4),
        ratio double precision,
        p_adjusted double precision,
        impact numeric(18,4),
        reason text NOT NULL,
        raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (business_id, alert_id)
    );
    COMMENT ON TABLE warehouse.anomaly_history IS 'Alerts that refreshes raised, each once while it lasts';
    COMMENT ON COLUMN warehouse.anomaly_history.date_from IS 'First day of the window it was raised for; date_to is the last';
    COMMENT ON COLUMN warehouse.anomaly_history.last_seen IS 'Last day of the latest window that showed it';
    CREATE INDEX anomaly_history_unit ON warehouse.anomaly_history (business_id, dimension, unit_id, anomaly_type, last_seen);

    CREATE VIEW warehouse.quality_result WITH (security_invoker = true) AS
    SELECT q.business_id, q.check_name, q.subject, q.status, q.failed_rows, q.observed, q.expected, q.message, q.sample, q.checked_at,
        q.run_id,
           q.checked_at = max(q.checked_at) OVER (PARTITION BY q.business_id, q.check_name, q.subject) AS is_latest,
        COALESCE(q.since, q.checked_at) AS since
    FROM warehouse.quality_history q;
    COMMENT ON VIEW warehouse.quality_result IS
        'Findings of the checks for dashboards: is_latest marks where each check stands now, the others what it found before';
END
$function$;
COMMENT ON FUNCTION analytics_internal.create_tables() IS 'Creates the tables and views of schema warehouse';
