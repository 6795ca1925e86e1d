-- The demo data set: raw tables as a CRM and ad connectors leave them, in schema `demo`. Sources and refresh do the rest.
--
-- Nothing is random: the same figures come out on every run and machine. The counts are those of the VALUES lists below; clients are made
-- by segment, touches by platform, and where a total is shared out, analytics_internal.demo_share() does it without a remainder.
-- Time is counted in opening seconds (8:00 to 22:00, 50400 a day) since the first day: by default 15 August 2025, of which day 66 is 20
-- October and day 77 31 October.

CREATE FUNCTION analytics_internal.demo_number(key bigint, salt int, below int) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT (((key * 48271 + salt * 1299709) % 2147483647::bigint * ((key * 48271 + salt * 1299709) % 2147483647::bigint) + key)
            % 2147483629::bigint % below::bigint)::int
$$;
COMMENT ON FUNCTION analytics_internal.demo_number(bigint, int, int) IS
'A number from 0 to below - 1 that looks random and is always the same';

CREATE FUNCTION analytics_internal.demo_share(total bigint, weight bigint, running numeric, all_weights numeric) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT total * running::bigint / all_weights::bigint - total * (running::bigint - weight) / all_weights::bigint
$$;
COMMENT ON FUNCTION analytics_internal.demo_share(bigint, bigint, numeric, numeric) IS
'What falls to one of several weights, so that all shares add up to the total
running: sum of the weights up to and with this one.';

CREATE FUNCTION analytics_internal.demo_campaign()
    RETURNS TABLE (place int, platform text, campaign_id text, campaign_name text, leads int, late_leads int, days int, daily_spend int,
                   status text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    VALUES
        -- leads are spread over the first `days` days, late_leads over the 12 days from 20 October on.
        -- From 20 October the leads drop from 1.1 a day to 2 in all; the spend does not.
        (1, 'facebook', '120210000000000101', 'Autumn courses | Lead form', 73, 2, 66, 1900, 'ACTIVE'),
        -- From 20 October it costs three times as much and brings no more leads.
        (2, 'facebook', '120210000000000102', 'Kids 6-12 | Video', 59, 11, 66, 1700, 'ACTIVE'),
        -- Paused on 20 October.
        (3, 'facebook', '120210000000000103', 'Evening groups | Carousel', 36, 0, 61, 1100, 'PAUSED'),
        -- Six times the cost on one day, 14 October.
        (4, 'facebook', '120210000000000104', 'Open day | Stories', 19, 3, 66, 700, 'ACTIVE'),
        -- Dear from the first day on.
        (5, 'facebook', '120210000000000105', 'Summer camps | Reach', 9, 1, 66, 900, 'ACTIVE'),
        -- The cheapest leads.
        (6, 'google', '21500000201', 'Search | Brand', 25, 4, 66, 450, 'ENABLED'),
        -- The one that sells.
        (7, 'google', '21500000202', 'Search | Language courses', 14, 2, 66, 800, 'ENABLED'),
        -- Dear from the first day on.
        (8, 'google', '21500000203', 'Performance Max', 5, 1, 66, 1200, 'ENABLED')
$$;
COMMENT ON FUNCTION analytics_internal.demo_campaign() IS 'The campaigns of the demo data, and what is hidden in them';

CREATE FUNCTION analytics_internal.demo_segment()
    RETURNS TABLE (segment int, clients int, first_touch text, later text[], ad_platform text, ad_before_contract boolean,
                   contract_touch text, contracts int, revenue int)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    VALUES
        -- Clients who sign. Attributed to their first touch ...
        (1, 113, 'unknown', '{}'::text[], NULL, NULL::boolean, 'unknown', 166, 12883282),
        (2, 92, 'unknown', '{paid_search}', NULL, NULL, 'paid_search', 137, 6754055),
        (3, 1, 'unknown', '{}', NULL, NULL, 'event', 1, 22600),
        (4, 43, 'paid_search', '{unknown}', NULL, NULL, 'paid_search', 60, 2655000),
        (5, 15, 'paid_search', '{unknown}', NULL, NULL, 'unknown', 22, 975000),
        (6, 2, 'event', '{unknown}', NULL, NULL, 'event', 2, 59150),
        -- ... also where an ad reached them only after they had signed,
        (7, 5, 'unknown', '{facebook}', 'facebook', false, 'unknown', 6, 410000),
        (8, 2, 'unknown', '{google}', 'google', false, 'paid_search', 3, 150000),
        -- and to the ad where it came before.
        (9, 9, 'unknown', '{google}', 'google', true, 'google', 12, 692740),
        (10, 5, 'unknown', '{google}', 'google', true, 'paid_search', 7, 247000),
        (11, 4, 'unknown', '{google}', 'google', true, 'unknown', 5, 180000),
        (12, 2, 'unknown', '{facebook}', 'facebook', true, 'unknown', 2, 76000),
        (13, 1, 'unknown', '{facebook}', 'facebook', true, 'paid_search', 1, 37400),
        -- Clients who do not sign.
        (14, 1, 'facebook', '{}', 'facebook', true, NULL, 0, 0),
        (15, 126, 'unknown', '{facebook}', 'facebook', true, NULL, 0, 0),
        (16, 60, 'unknown', '{facebook,paid_social}', 'facebook', true, NULL, 0, 0),
        (17, 18, 'unknown', '{facebook,paid_search}', 'facebook', true, NULL, 0, 0),
        (18, 19, 'unknown', '{google}', 'google', true, NULL, 0, 0),
        (19, 12, 'unknown', '{google,paid_search}', 'google', true, NULL, 0, 0),
        (20, 30, 'paid_search', '{}', NULL, NULL, NULL, 0, 0),
        (21, 140, 'paid_search', '{unknown}', NULL, NULL, NULL, 0, 0),
        (22, 59, 'unknown', '{paid_search}', NULL, NULL, NULL, 0, 0),
        (23, 15, 'paid_social', '{}', NULL, NULL, NULL, 0, 0),
        (24, 43, 'paid_social', '{unknown}', NULL, NULL, NULL, 0, 0),
        (25, 30, 'unknown', '{paid_social}', NULL, NULL, NULL, 0, 0),
        (26, 5, 'event', '{}', NULL, NULL, NULL, 0, 0),
        (27, 30, 'event', '{unknown}', NULL, NULL, NULL, 0, 0),
        (28, 30, 'unknown', '{event}', NULL, NULL, NULL, 0, 0),
        (29, 1, 'unknown', '{email}', NULL, NULL, NULL, 0, 0),
        (30, 1, 'unknown', '{viber}', NULL, NULL, NULL, 0, 0),
        (31, 1, 'unknown', '{telegram}', NULL, NULL, NULL, 0, 0),
        (32, 3655, 'unknown', '{}', NULL, NULL, NULL, 0, 0)
$$;
COMMENT ON FUNCTION analytics_internal.demo_segment() IS
'The clients of the demo data: how many meet which platforms, and what they sign
first_touch: platform of the first touch. later: platforms that each of them meets again at least once. ad_platform: where an ad of a
campaign reaches them. contract_touch: platform of the touches by which contracts are signed. revenue: of all the segment''s contracts.';

CREATE FUNCTION analytics_internal.demo_touch()
    RETURNS TABLE (platform text, touches int, source_types text[], utm_source text, utm_medium text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    VALUES
        ('unknown', 14905, '{phone call,office visit,web form,chat,CRM import}'::text[], NULL, NULL),
        -- The network was never written down, and an agency is none.
        ('paid_search', 937, '{web form}', NULL, 'paid_search'),
        ('paid_social', 385, '{web form,chat}', 'media_agency', 'paid_social'),
        ('facebook', 564, '{web form,chat}', 'facebook', 'paid_social'),
        -- All that is known of these stands in the address of the page.
        ('google', 84, '{web form}', NULL, NULL),
        ('event', 258, '{open day event,school event}', NULL, NULL),
        ('email', 1, '{web form}', 'newsletter', 'email'),
        ('viber', 1, '{chat}', 'viber', 'messenger'),
        ('telegram', 1, '{chat}', 'telegram', 'messenger')
$$;
COMMENT ON FUNCTION analytics_internal.demo_touch() IS
'The touches of the demo data: how many per platform, and how the CRM writes them';

CREATE FUNCTION analytics_internal.create_demo_tables() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CREATE SCHEMA demo;
    COMMENT ON SCHEMA demo IS 'Demo data of pg_marketing, made by analytics.load_demo(); analytics.drop_demo() takes them away';
    -- What load_demo() changes in the settings, for drop_demo() to put back.
    CREATE TABLE demo.former_settings AS SELECT * FROM warehouse.settings s WHERE s.business_id = 1;

    CREATE TABLE demo.products (product_id text PRIMARY KEY, name text NOT NULL, category text NOT NULL, price int NOT NULL);
    CREATE TABLE demo.branches (branch_id text PRIMARY KEY, name text NOT NULL, city text NOT NULL);
    CREATE TABLE demo.crm_clients (id bigint PRIMARY KEY, full_name text NOT NULL, phone text NOT NULL, created_at timestamp NOT NULL,
        email text);
    CREATE TABLE demo.crm_events (
        id bigint PRIMARY KEY, client_id bigint NOT NULL, created_at timestamp NOT NULL, source_type text NOT NULL,
        utm_source text, utm_medium text, utm_campaign text, campaign_id text, ad_id text, landing_url text,
        product_id text, branch_id text
    );
    CREATE TABLE demo.crm_contracts (
        number text PRIMARY KEY, client_id bigint NOT NULL, event_id bigint NOT NULL, signed_at timestamp NOT NULL, amount int NOT NULL,
        currency text NOT NULL, product_id text NOT NULL, branch_id text NOT NULL
    );
    CREATE TABLE demo.transactions (
        transaction_id bigint PRIMARY KEY, client_id bigint NOT NULL, occurred_at timestamp NOT NULL, amount int NOT NULL,
        quantity int NOT NULL, profit int NOT NULL
    );
    CREATE TABLE demo.meta_campaigns (
        id text PRIMARY KEY, name text NOT NULL, effective_status text NOT NULL, daily_budget bigint NOT NULL
    );
    CREATE TABLE demo.meta_ads_insights (
        date_start date NOT NULL, date_stop date NOT NULL, account_id text NOT NULL, account_name text NOT NULL,
        account_currency text NOT NULL,
        campaign_id text NOT NULL, campaign_name text NOT NULL, adset_id text NOT NULL, adset_name text NOT NULL, ad_id text NOT NULL,
        ad_name text NOT NULL, impressions bigint NOT NULL, clicks bigint NOT NULL, inline_link_clicks bigint NOT NULL,
        spend numeric NOT NULL, PRIMARY KEY (date_start, ad_id)
    );
    CREATE TABLE demo.meta_ad_creatives (
        ad_id text PRIMARY KEY, ad_name text NOT NULL, ad_group_id text NOT NULL, ad_group_name text NOT NULL, campaign_id text NOT NULL,
        creative_id text NOT NULL, title text NOT NULL, body text NOT NULL, image_url text NOT NULL, link_url text NOT NULL
    );
    CREATE TABLE demo.google_campaign (
        "segments.date" date NOT NULL, "customer.id" bigint NOT NULL, "campaign.id" bigint NOT NULL, "campaign.name" text NOT NULL,
        "campaign.status" text NOT NULL, "metrics.impressions" bigint NOT NULL, "metrics.clicks" bigint NOT NULL,
        "metrics.cost_micros" bigint NOT NULL, "metrics.conversions" double precision NOT NULL, PRIMARY KEY ("segments.date", "campaign.id")
    );
    CREATE TABLE demo.content_posts (
        content_id text PRIMARY KEY, platform text NOT NULL, content_type text NOT NULL, published_at timestamp NOT NULL,
        title text NOT NULL, author text NOT NULL, hashtags text NOT NULL
    );
    CREATE TABLE demo.content_daily (
        content_id text NOT NULL, date date NOT NULL, views bigint NOT NULL, reach bigint NOT NULL, likes bigint NOT NULL,
        shares bigint NOT NULL, comments bigint NOT NULL, clicks bigint NOT NULL, PRIMARY KEY (content_id, date)
    );
END
$$;
COMMENT ON FUNCTION analytics_internal.create_demo_tables() IS 'Creates schema demo and its raw tables, all empty; a part of load_demo()';

-- The clients of scale 1 with the time of their first touch, campaign included. Scale n makes n of each.
CREATE FUNCTION analytics_internal.plan_demo_clients() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('demo_client');
    CREATE TEMP TABLE demo_client ON COMMIT DROP AS
    WITH client AS (
        SELECT row_number() OVER (ORDER BY s.segment, i.i) AS n, s.*
        FROM analytics_internal.demo_segment() s, generate_series(1, s.clients) i (i)
    ), ranked AS (
        SELECT c.*, row_number() OVER (PARTITION BY c.ad_platform ORDER BY analytics_internal.demo_number(c.n, 1, 1000000), c.n) AS ad_rank
        FROM client c
    ), campaign AS (
        SELECT g.*, sum(g.leads + g.late_leads) OVER (PARTITION BY g.platform ORDER BY g.place) - g.leads - g.late_leads AS before
        FROM analytics_internal.demo_campaign() g
    ), dated AS (
        SELECT r.n, r.segment, r.first_touch, r.later, r.ad_platform, r.ad_before_contract, r.contract_touch, r.contracts, r.revenue,
               g.campaign_id, g.campaign_name, CASE
                   WHEN p.place <= g.leads THEN (2 * p.place - 1) * g.days / (2 * g.leads)
                   WHEN p.place > g.leads THEN 66 + (2 * (p.place - g.leads) - 1) * 12 / (2 * g.late_leads)
                   -- Clients without a campaign grow more from day to day; those who sign come early enough to do so.
                   ELSE floor(sqrt((r.n * 1931 % 4570)::float8 / 4570) * CASE WHEN r.contracts > 0 THEN 66 ELSE 78 END)::bigint
               END AS day, analytics_internal.demo_number(r.n, 2, 33600) AS second
        FROM ranked r
        LEFT JOIN campaign g ON g.platform = r.ad_platform AND r.ad_rank > g.before AND r.ad_rank <= g.before + g.leads + g.late_leads
        CROSS JOIN LATERAL (SELECT r.ad_rank - g.before::bigint) p (place)
    )
    SELECT row_number() OVER (ORDER BY d.day, d.second, d.n) AS client_id, d.*,
           1 + analytics_internal.demo_number(d.n, 3, 370) AS product, 1 + analytics_internal.demo_number(d.n, 4, 39) AS branch
    FROM dated d;
    ANALYZE pg_temp.demo_client;
END
$$;
COMMENT ON FUNCTION analytics_internal.plan_demo_clients() IS
'Fills pg_temp.demo_client with the clients of scale 1; a part of load_demo()';

-- Their touches and contracts. `place` is where in the client's time a touch lies, in ten-thousandths.
CREATE FUNCTION analytics_internal.plan_demo_touches() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('demo_touch');
    CREATE TEMP TABLE demo_touch ON COMMIT DROP AS
    WITH weighted AS (
        -- Few clients come back often, many hardly ever.
        SELECT c.*, p.platform, (p.platform = ANY (c.later))::int AS needed, 1 + x.x * x.x * x.x / 10000 AS weight
        FROM pg_temp.demo_client c,
             LATERAL (SELECT DISTINCT unnest(c.first_touch || c.later || c.contract_touch)) p (platform),
             LATERAL (SELECT analytics_internal.demo_number(c.n, ascii(p.platform), 100)) x (x)
        WHERE p.platform IS NOT NULL
    ), signing AS (
        -- Each client of a segment that signs has a contract, and some have more.
        SELECT w.n, w.contract_touch AS platform, 1 + analytics_internal.demo_share(w.contracts - count(*) OVER segment, w.weight,
                   sum(w.weight) OVER (segment ORDER BY w.n), sum(w.weight) OVER segment) AS touches
        FROM weighted w
        WHERE w.platform = w.contract_touch
        WINDOW segment AS (PARTITION BY w.segment)
    ), other AS MATERIALIZED (
        -- Touches that are neither first nor of a contract, less one for each client who needs one.
        SELECT t.platform, t.touches - (SELECT count(*) FROM pg_temp.demo_client c WHERE c.first_touch = t.platform)
                   - COALESCE((SELECT sum(s.touches) FROM signing s WHERE s.platform = t.platform), 0)::bigint
                   - (SELECT count(*) FROM pg_temp.demo_client c WHERE t.platform = ANY (c.later)) AS touches
        FROM analytics_internal.demo_touch() t
    ), middle AS (
        SELECT w.n, w.platform, w.needed + analytics_internal.demo_share(o.touches, w.weight,
                   sum(w.weight) OVER (platform ORDER BY w.n), sum(w.weight) OVER platform) AS touches
        FROM weighted w
        JOIN other o USING (platform)
        WINDOW platform AS (PARTITION BY w.platform)
    ), touch AS (
        SELECT c.n, c.first_touch AS platform, 'first' AS role, 1 AS i
        FROM pg_temp.demo_client c
        UNION ALL
        SELECT m.n, m.platform, 'middle', i
        FROM middle m, generate_series(1, m.touches) i
        UNION ALL
        SELECT s.n, s.platform, 'contract', i
        FROM signing s, generate_series(1, s.touches) i
    ), numbered AS (
        SELECT t.*, row_number() OVER (ORDER BY t.n, t.role COLLATE "C", t.platform COLLATE "C", t.i) AS id
        FROM touch t
    )
    SELECT t.id, c.client_id, t.platform, t.role, c.segment, c.revenue, c.day, c.second, c.product, c.branch,
           CASE WHEN t.platform = c.ad_platform THEN c.campaign_id END AS campaign_id,
           CASE WHEN t.platform = c.ad_platform THEN c.campaign_name END AS campaign_name,
           CASE WHEN t.role = 'first' THEN 0
                WHEN t.role = 'contract' THEN 5000 + analytics_internal.demo_number(t.id, 5, 3000)
                WHEN t.platform = c.ad_platform AND c.ad_before_contract THEN 100 + analytics_internal.demo_number(t.id, 5, 2400)
                WHEN t.platform = c.ad_platform THEN 8500 + analytics_internal.demo_number(t.id, 5, 1400)
                ELSE 100 + analytics_internal.demo_number(t.id, 5, 9800) END AS place
    FROM numbered t
    JOIN pg_temp.demo_client c USING (n);
    ANALYZE pg_temp.demo_touch;
END
$$;
COMMENT ON FUNCTION analytics_internal.plan_demo_touches() IS
'Makes the touches of the demo clients; a part of load_demo()';

CREATE FUNCTION analytics_internal.fill_demo_crm(scale int, first_day date) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given constant text[] := '{Olena,Andrii,Iryna,Taras,Oksana,Bohdan,Sofiia,Marko,Daryna,Yurii,Kateryna,Roman}';
    family constant text[] := '{Vymyslenko,Prykladko,Zrazchuk,Kazkovych,Mriienko,Uiavchuk,Vydumko,Fantaziuk,Pysarenko-Demo,Biloknyzhko,
        Niktoichuk,Testivskyi,Probniuk}';
BEGIN
    INSERT INTO demo.products
        SELECT 'P' || n, s.subject || ', ' || s.format || ' ' || (1 + (n - 1) / 37 % 10), s.subject,
               4000 + analytics_internal.demo_number(n, 6, 160) * 100
        FROM generate_series(1, 370) n
        CROSS JOIN LATERAL (
            SELECT ('{English,German,Polish,French,Spanish,Mathematics,Programming,Drawing,Chess,Robotics}'::text[])[1 + n % 10],
                   ('{evening group,weekend group,intensive,individual,online}'::text[])[1 + n / 10 % 5]) s (subject, format);
    INSERT INTO demo.branches
        SELECT 'B' || n, c.city || ' ' || (1 + (n - 1) / 13), c.city
        FROM generate_series(1, 39) n
        CROSS JOIN LATERAL (
            SELECT ('{Kyiv,Lviv,Odesa,Dnipro,Kharkiv,Vinnytsia,Poltava,Lutsk,Rivne,Ternopil,Chernivtsi,Uzhhorod,Sumy}'::text[])
                       [1 + (n - 1) % 13]) c (city);

    INSERT INTO demo.crm_clients
        SELECT k.id,
               given[1 + analytics_internal.demo_number(k.id, 7, 12)] || ' ' || family[1 + analytics_internal.demo_number(k.id, 8, 13)],
               '+38000' || lpad(k.id::text, 7, '0'),
               first_day + interval '8 hours' + c.day * interval '1 day' + k.second * interval '1 second',
               CASE WHEN analytics_internal.demo_number(k.id, 9, 10) > 0 THEN 'client' || k.id || '@example.com' END
        FROM pg_temp.demo_client c
        CROSS JOIN generate_series(0, scale - 1) copy
        CROSS JOIN LATERAL (SELECT copy * 4570 + c.client_id, (c.second + copy * 7919) % 33600) k (id, second);

    -- A client's time runs from the first touch to the end of October, for 20 days at most.
    INSERT INTO demo.crm_events
        SELECT copy * 17136 + t.id, copy * 4570 + t.client_id,
               first_day + interval '8 hours' + at.second / 50400 * interval '1 day' + at.second % 50400 * interval '1 second',
               w.source_types[1 + analytics_internal.demo_number(t.id, 9, cardinality(w.source_types))], w.utm_source, w.utm_medium,
               CASE t.platform WHEN 'facebook' THEN t.campaign_name END,
               -- Every fourth touch names its campaign by name alone.
               CASE WHEN t.platform = 'facebook' AND t.id % 4 <> 0 THEN t.campaign_id END,
               CASE t.platform WHEN 'facebook' THEN t.campaign_id || '0' || (1 + t.id % 3) END,
               CASE t.platform WHEN 'google' THEN format(
                   'https://school.example/courses?utm_source=google&utm_medium=cpc&utm_campaign=%s&gclid=demo%s',
                   t.campaign_id, md5(t.id::text)) END,
               CASE WHEN t.role <> 'middle' OR t.id % 3 = 0 THEN 'P' || t.product END, 'B' || t.branch
        FROM pg_temp.demo_touch t
        JOIN analytics_internal.demo_touch() w USING (platform)
        CROSS JOIN generate_series(0, scale - 1) copy
        CROSS JOIN LATERAL (SELECT t.day * 50400 + (t.second + copy * 7919) % 33600) first (second)
        CROSS JOIN LATERAL (SELECT first.second + LEAST(78 * 50400 - first.second, 20 * 50400) * t.place / 10000) at (second);

    INSERT INTO demo.crm_contracts
        SELECT 'C' || lpad((copy * 424 + t.number)::text, 6, '0'), e.client_id, e.id, e.created_at, t.amount, 'UAH', 'P' || t.product,
               'B' || t.branch
        FROM (
            SELECT t.id, t.product, t.branch, row_number() OVER (ORDER BY t.id) AS number, analytics_internal.demo_share(t.revenue,
                       v.weight, sum(v.weight) OVER (segment ORDER BY t.id), sum(v.weight) OVER segment) AS amount
            FROM pg_temp.demo_touch t
            CROSS JOIN LATERAL (SELECT 20 + analytics_internal.demo_number(t.id, 10, 80)) v (weight)
            WHERE t.role = 'contract'
            WINDOW segment AS (PARTITION BY t.segment)
        ) t
        CROSS JOIN generate_series(0, scale - 1) copy
        JOIN demo.crm_events e ON e.id = copy * 17136 + t.id;

    -- Each contract is paid on the day it is signed. Every fifth client first bought at some time in the three years before, and then the
    -- more rarely the longer ago that was.
    INSERT INTO demo.transactions
        SELECT row_number() OVER (ORDER BY p.occurred_at, p.client_id, p.amount), p.client_id, p.occurred_at, p.amount, p.quantity,
               p.amount * 3 / 10
        FROM (
            SELECT k.client_id, k.signed_at, k.amount, 1
            FROM demo.crm_contracts k
            UNION ALL
            SELECT c.id, first_day - interval '12 hours' - (f.first - d.d * d.d) * interval '1 day', (300 + a.a * a.a) * w.wealth,
                   1 + analytics_internal.demo_number(c.id, 51 + i, 3)
            FROM demo.crm_clients c
            CROSS JOIN LATERAL (SELECT analytics_internal.demo_number(c.id, 10, 1090)) f (first)
            CROSS JOIN LATERAL (SELECT 1 + analytics_internal.demo_number(c.id, 9, 8)) w (wealth)
            CROSS JOIN generate_series(1, 1 + analytics_internal.demo_number(c.id, 11, 6)) i
            CROSS JOIN LATERAL (SELECT CASE WHEN i > 1 THEN analytics_internal.demo_number(c.id, 11 + i, 34) ELSE 0 END) d (d)
            CROSS JOIN LATERAL (SELECT analytics_internal.demo_number(c.id, 31 + i, 56)) a (a)
            WHERE c.id % 5 = 0 AND d.d * d.d <= f.first + 77
        ) p (client_id, occurred_at, amount, quantity);
END
$$;
COMMENT ON FUNCTION analytics_internal.fill_demo_crm(int, date) IS
'Fills the tables of the CRM from the plan, once per scale; a part of load_demo()';

CREATE FUNCTION analytics_internal.fill_demo_ads(scale int, first_day date) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('demo_ad_day');
    CREATE TEMP TABLE demo_ad_day ON COMMIT DROP AS
    SELECT g.*, d.day, first_day + d.day AS date,
           -- In hundredths: less at the weekend, a little up and down from day to day, and the changes named in demo_campaign().
           scale * g.daily_spend::bigint * CASE WHEN EXTRACT(isodow FROM first_day + d.day) > 5 THEN 80 ELSE 100 END
               * (92 + analytics_internal.demo_number(d.day, 100 + g.place, 17)) / 100
               * CASE WHEN g.place = 2 AND d.day >= 66 THEN 3 WHEN g.place = 4 AND d.day = 60 THEN 6 ELSE 1 END AS cents
    FROM analytics_internal.demo_campaign() g, generate_series(0, 77) d (day)
    WHERE g.place <> 3 OR d.day < 66;

    INSERT INTO demo.meta_campaigns
        SELECT g.campaign_id, g.campaign_name, g.status, scale * g.daily_spend::bigint * 100
        FROM analytics_internal.demo_campaign() g
        WHERE g.platform = 'facebook';
    -- Three ads in two ad sets take 50, 30 and 20 percent.
    INSERT INTO demo.meta_ads_insights
        SELECT d.date, d.date, '700100200300', 'Demo school', 'UAH', d.campaign_id, d.campaign_name, d.campaign_id || a.adset,
               'Ad set ' || a.adset, d.campaign_id || '0' || a.ad, d.campaign_name || ' | Ad ' || a.ad, v.impressions,
               v.impressions * (12 + a.ad) / 1000,
               v.impressions * (8 + a.ad) / 1000, v.cents / 100.0
        FROM pg_temp.demo_ad_day d
        CROSS JOIN (VALUES (1, 1, 50), (2, 1, 30), (3, 2, 20)) a (ad, adset, percent)
        CROSS JOIN LATERAL (SELECT d.cents * a.percent / 100) s (cents)
        CROSS JOIN LATERAL (
            SELECT s.cents, s.cents * 10 / (80 + analytics_internal.demo_number(d.day, 200 + d.place, 20))) v (cents, impressions)
        WHERE d.platform = 'facebook';
    -- The creatives of two campaigns are not known.
    INSERT INTO demo.meta_ad_creatives
        SELECT DISTINCT i.ad_id, i.ad_name, i.adset_id, i.adset_name, i.campaign_id, '99' || right(i.ad_id, 6),
               split_part(i.campaign_name, ' | ', 1), 'Places are filling up. Sign up today.',
               'https://school.example/images/' || i.ad_id || '.jpg', 'https://school.example/courses'
        FROM demo.meta_ads_insights i
        WHERE i.campaign_id NOT IN ('120210000000000104', '120210000000000105');
    INSERT INTO demo.google_campaign
        SELECT d.date, 5550001234, d.campaign_id::bigint, d.campaign_name, d.status, c.clicks * 14, c.clicks, d.cents * 10000,
               analytics_internal.demo_number(d.day, 300 + d.place, 5) * scale / 2.0
        FROM pg_temp.demo_ad_day d
        CROSS JOIN LATERAL (SELECT d.cents / (1000 + analytics_internal.demo_number(d.day, 400 + d.place, 400))) c (clicks)
        WHERE d.platform = 'google';
END
$$;
COMMENT ON FUNCTION analytics_internal.fill_demo_ads(int, date) IS
'Fills the ad exports, spend growing with the scale; a part of load_demo()';

CREATE FUNCTION analytics_internal.fill_demo_content(first_day date) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Videos, and posts of seven in the evening, are liked best.
    INSERT INTO demo.content_posts
        SELECT 'post-' || n, ('{facebook,facebook,telegram,viber}'::text[])[1 + n % 4],
               ('{image,video,text}'::text[])[1 + analytics_internal.demo_number(n, 500, 3)],
               first_day + (n - 1) * 78 / 156
                   + ('{09:00,12:30,16:00,19:00}'::time[])[1 + analytics_internal.demo_number(n, 501, 4)],
               ('{Open day,Students tell,Word of the day,Why learn now}'::text[])[1 + n % 4] || ' no. ' || n,
               ('{Olena,Marko,Iryna}'::text[])[1 + analytics_internal.demo_number(n, 503, 3)],
               '#learning ' || ('{#openday,#students,#english,#kids}'::text[])[1 + analytics_internal.demo_number(n, 504, 4)]
        FROM generate_series(1, 156) n;
    INSERT INTO demo.content_daily
        SELECT p.content_id, p.published_at::date + age.days, v.views, v.views * 8 / 10,
               v.views * (20 + 15 * (p.content_type = 'video')::int + 15 * (p.published_at::time = '19:00')::int)
                   * (600 + analytics_internal.demo_number(substr(p.content_id, 6)::bigint, 505, 801)) / 1000000,
               v.views * 4 / 1000, v.views * (3 + (p.content_type = 'video')::int) / 1000, v.views * 9 / 1000
        FROM demo.content_posts p
        CROSS JOIN generate_series(0, 13) age (days)
        CROSS JOIN LATERAL (
            SELECT (1500 + analytics_internal.demo_number(substr(p.content_id, 6)::bigint, 502, 1500)) / (1 + age.days)) v (views)
        WHERE p.published_at::date + age.days <= first_day + 77;
END
$$;
COMMENT ON FUNCTION analytics_internal.fill_demo_content(date) IS 'Fills posts and their daily counters; a part of load_demo()';

CREATE FUNCTION analytics.load_demo(scale int DEFAULT 1, ends date DEFAULT '2025-10-31') RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked_for constant text := current_setting('client_min_messages');
    taken text;
    loaded record;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF load_demo.scale IS NULL OR load_demo.scale NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'scale must be between 1 and 1000' USING ERRCODE = 'invalid_parameter_value';
    ELSIF ends IS NULL OR ends NOT BETWEEN '2000-01-01' AND '2100-12-31' THEN
        RAISE EXCEPTION 'ends must be a day between 2000-01-01 and 2100-12-31' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A second call waits for the end of this one.
    PERFORM analytics_internal.hold_business(1, waits => true);
    IF analytics_internal.is_demo_schema() THEN
        RAISE EXCEPTION 'the demo data are already loaded'
            USING ERRCODE = 'duplicate_schema', HINT = 'Run SELECT analytics.drop_demo() first.';
    ELSIF to_regnamespace('demo') IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema "demo" that load_demo() did not make'
            USING ERRCODE = 'duplicate_schema', HINT = 'Rename that schema, or load the demo into another database.';
    END IF;
    SELECT string_agg(format('%s from %s', s.entity, s.relation), ', ' ORDER BY s.source_id) INTO taken
    FROM warehouse.source s
    WHERE s.business_id = 1;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'business 1 has sources of its own, and the demo data would be mixed with them'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It reads %s.', taken),
                  HINT = 'Load the demo into another database.';
    END IF;

    RAISE NOTICE 'step 1 of 3: raw tables of % clients', 4570 * load_demo.scale;
    PERFORM analytics_internal.create_demo_tables();
    PERFORM analytics_internal.plan_demo_clients();
    PERFORM analytics_internal.plan_demo_touches();
    PERFORM analytics_internal.fill_demo_crm(load_demo.scale, ends - 77);
    RAISE NOTICE 'step 2 of 3: ad exports and posts';
    PERFORM analytics_internal.fill_demo_ads(load_demo.scale, ends - 77);
    PERFORM analytics_internal.fill_demo_content(ends - 77);
    PERFORM analytics_internal.drop_temporary(t) FROM unnest('{demo_client,demo_touch,demo_ad_day}'::text[]) t;
    ANALYZE demo.crm_clients, demo.crm_events, demo.crm_contracts, demo.transactions;

    RAISE NOTICE 'step 3 of 3: the refresh of the warehouse';
    -- What its steps say says nothing of the demo.
    PERFORM set_config('client_min_messages', 'warning', true);
    -- The figures are those of the default settings, and of paid touches with a campaign of Meta or Google.
    DELETE FROM warehouse.settings s WHERE s.business_id = 1;
    PERFORM analytics.configure(reporting_timezone => 'Europe/Kyiv', currency => 'UAH', paid_rule => 'campaign_networks');
    PERFORM analytics.register_source(s.entity, s.relation::regclass, s.columns, s.preset)
    FROM (VALUES
        (1, 'clients', 'demo.crm_clients',
            '{"client_id": "id", "name": "full_name", "mobile": "phone", "registered_at": "created_at"}'::jsonb, NULL),
        (2, 'products', 'demo.products', '{}', NULL),
        (3, 'branches', 'demo.branches', '{}', NULL),
        (4, 'campaigns', 'demo.meta_campaigns', '{"platform": "''facebook''", "campaign_id": "id", "campaign_name": "name",
            "status": "effective_status", "daily_budget": "daily_budget / 100.0"}', NULL),
        (5, 'ad_creatives', 'demo.meta_ad_creatives', '{"platform": "''facebook''"}', NULL),
        (6, 'ad_performance', 'demo.meta_ads_insights', '{}', 'airbyte_facebook_ads'),
        (7, 'ad_performance', 'demo.google_campaign', E'{"account_id": "\\"customer.id\\""}', 'airbyte_google_ads'),
        (8, 'events', 'demo.crm_events', '{"event_id": "id", "occurred_at": "created_at"}', NULL),
        (9, 'contracts', 'demo.crm_contracts', '{"contract_id": "number"}', NULL),
        (10, 'transactions', 'demo.transactions', '{}', NULL),
        (11, 'content', 'demo.content_posts', '{}', NULL),
        (12, 'content_metrics', 'demo.content_daily',
            '{"platform": "(SELECT p.platform FROM demo.content_posts p WHERE p.content_id = _source.content_id)"}', NULL)
    ) s (place, entity, relation, columns, preset)
    WHERE EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = s.entity)
    ORDER BY s.place;
    CALL analytics.refresh(business_id => 1);

    SELECT (SELECT count(*) FROM warehouse.fact_events e WHERE e.business_id = 1) AS events,
           (SELECT count(*) FROM warehouse.dim_clients c WHERE c.business_id = 1) AS clients,
           (SELECT count(*) FROM warehouse.fact_contracts c WHERE c.business_id = 1) AS contracts INTO loaded;
    PERFORM set_config('client_min_messages', asked_for, true);
    RETURN format('%s events of %s clients, %s contracts', loaded.events, loaded.clients, loaded.contracts);
END
$$;
COMMENT ON FUNCTION analytics.load_demo(int, date) IS
'Makes the demo data in schema demo and loads them as business 1
scale: how many times 4570 clients and their 17136 events. Deterministic: 15 August to 31 October 2025, Europe/Kyiv, UAH. ends: another last
day, such as CURRENT_DATE, to which all days move; the documented figures are those of the default. Says in notices how far it is. One
transaction: raw tables, settings, sources and refresh. Needs CREATE on the database; refuses where schema demo exists (42P06) or
business 1 has sources (55000).';

CREATE FUNCTION analytics_internal.is_demo_schema() RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT COALESCE(pg_catalog.obj_description(pg_catalog.to_regnamespace('demo'), 'pg_namespace') LIKE '%analytics.load_demo()%', false)
$$;
COMMENT ON FUNCTION analytics_internal.is_demo_schema() IS 'Whether there is a schema demo that load_demo() made';

CREATE FUNCTION analytics.drop_demo() RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET client_min_messages = warning SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    businesses bigint[];
    business bigint;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF to_regnamespace('demo') IS NULL THEN
        RAISE EXCEPTION 'the demo data are not loaded' USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF NOT analytics_internal.is_demo_schema() THEN
        RAISE EXCEPTION 'load_demo() did not make the schema "demo" that there is' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM analytics_internal.hold_business(1, waits => true);
    businesses := ARRAY(SELECT DISTINCT s.business_id FROM warehouse.source s WHERE s.relation LIKE 'demo.%');
    PERFORM analytics.drop_source(s.source_id) FROM warehouse.source s WHERE s.relation LIKE 'demo.%';
    FOREACH business IN ARRAY businesses LOOP
        CALL analytics.refresh(business_id => business);
    END LOOP;
    DELETE FROM warehouse.settings s WHERE s.business_id = 1;
    INSERT INTO warehouse.settings SELECT * FROM demo.former_settings;

    -- Table by table: what somebody else has put into the schema is not dropped, but stops it.
    DROP TABLE demo.former_settings, demo.products, demo.branches, demo.crm_clients, demo.crm_events, demo.crm_contracts, demo.transactions,
        demo.meta_campaigns, demo.meta_ads_insights, demo.meta_ad_creatives, demo.google_campaign, demo.content_posts, demo.content_daily;
    DROP SCHEMA demo;
    RETURN 'dropped';
END
$$;
COMMENT ON FUNCTION analytics.drop_demo() IS
'Takes the demo data out of the warehouse and drops schema demo
The settings of business 1 become again what they were before load_demo().';
