-- Classification of touches by platform, channel and payment, and the URL helpers.
\i test/fixture/reset.sql
\set VERBOSITY default
\pset null (null)

-- The default channel group of GA4: 33 vectors.
CREATE TEMP TABLE vector (source text, medium text, campaign text, expected text);
INSERT INTO vector VALUES
    ('(direct)', '(none)', NULL, 'Direct'), ('google', 'cpc', 'brand', 'Paid Search'), ('google', 'organic', NULL, 'Organic Search'),
    ('google', 'cpc', 'summer-cross-network', 'Cross-network'), ('google', 'cpc', 'shopping_uk', 'Paid Shopping'),
    ('google', 'cpc', 'eshop_de', 'Paid Shopping'), ('newsletter', 'email', 'workshop_may', 'Email'),
    ('facebook', 'paid_social', 'x', 'Paid Social'), ('facebook', 'cpm', 'x', 'Paid Social'), ('somesite', 'cpm', 'x', 'Display'),
    ('somesite', 'cpc', 'x', 'Paid Other'), ('fb', 'cpc', 'x', 'Paid Social'), ('m.facebook.com', 'referral', NULL, 'Organic Social'),
    ('instagram', 'social', NULL, 'Organic Social'), ('t.co', 'referral', NULL, 'Organic Social'), ('youtube', 'cpv', 'x', 'Paid Video'),
    ('youtube.com', 'referral', NULL, 'Organic Video'), ('bing', 'retargeting', 'x', 'Paid Search'),
    ('bing.com', 'referral', NULL, 'Referral'), ('tiktok', 'paid', 'x', 'Paid Social'), ('amazon', 'referral', NULL, 'Organic Shopping'),
    ('amazon', 'cpc', 'x', 'Paid Shopping'), ('partner', 'affiliate', 'x', 'Affiliates'), ('spotify', 'audio', 'x', 'Audio'),
    ('sms', NULL, 'x', 'SMS'), ('crm', 'sms', 'x', 'SMS'), ('onesignal', 'web-push', 'x', 'Mobile Push Notifications'),
    ('firebase', 'x', 'x', 'Mobile Push Notifications'), ('Klaviyo', 'E-mail', 'x', 'Email'),
    ('blog.example.com', 'referral', NULL, 'Referral'), ('chatgpt.com', 'referral', NULL, 'Referral'), (NULL, NULL, NULL, 'Unassigned'),
    ('google', NULL, NULL, 'Organic Search');
SELECT count(*) AS vectors, count(*) FILTER (WHERE analytics.channel_group(source, medium, campaign) = expected) AS as_expected,
       count(*) FILTER (WHERE analytics.channel_group(source, medium, campaign, (SELECT analytics.channel_ruleset())) = expected) AS in_bulk
FROM vector;
SELECT analytics.channel_group(NULL), analytics.channel_group('chatgpt', 'ai-assistant');

-- Touches.
CREATE TEMP TABLE touch (
    id int, source_type text, source text, medium text, campaign text, referrer text, click_ids text[]);
INSERT INTO touch VALUES
    (1, NULL, 'email', NULL, NULL, NULL, NULL), (2, NULL, 'Facebook', 'E-Mail', NULL, NULL, NULL),
    (3, NULL, 'viber', NULL, NULL, NULL, NULL), (4, NULL, 'tg', 'cpc', NULL, NULL, NULL),
    (5, 'offline_event', NULL, NULL, NULL, NULL, NULL), (6, 'offline_event', 'instagram', 'paid_social', NULL, NULL, NULL),
    (7, 'offline_event', NULL, NULL, NULL, NULL, '{gclid}'), (8, NULL, '(direct)', '(none)', '(direct)', NULL, NULL),
    (9, 'direct', NULL, '', ' ', NULL, '{}'), (10, 'direct', NULL, NULL, NULL, 'www.google.com.ua', NULL),
    (11, NULL, NULL, NULL, NULL, NULL, NULL), (12, NULL, '(not set)', 'null', 'undefined', NULL, NULL),
    (13, NULL, NULL, 'paid_search', NULL, NULL, NULL), (14, NULL, 'somesite', 'cpc', NULL, NULL, NULL),
    (15, NULL, NULL, 'paid_social', NULL, NULL, NULL), (16, NULL, 'somesite', 'cpa', NULL, NULL, NULL),
    (17, NULL, 'somesite', 'cpm', NULL, NULL, NULL), (18, NULL, 'facebook', 'cpm', NULL, NULL, NULL),
    (19, NULL, 'Spring Promo', NULL, NULL, NULL, NULL), (20, NULL, 'РЕКЛАМА на Радіо', NULL, NULL, NULL, NULL),
    (21, NULL, 'facebook_ads', NULL, NULL, NULL, NULL), (22, NULL, 'Google Ads', 'cpc', 'eshop', NULL, NULL),
    (23, NULL, 'ig', 'story', NULL, NULL, NULL), (24, NULL, 'chatgpt.com', NULL, NULL, NULL, NULL),
    (25, NULL, NULL, NULL, NULL, 'm.facebook.com', NULL), (26, NULL, NULL, NULL, NULL, 'l.instagram.com', '{fbclid}'),
    (27, NULL, NULL, NULL, NULL, 't.co', NULL), (28, NULL, NULL, NULL, NULL, 'blog.example.org', NULL),
    (29, NULL, NULL, NULL, NULL, 'https://chatgpt.com/', NULL), (30, NULL, NULL, NULL, NULL, 'https://x.com/i/grok', NULL),
    (31, NULL, NULL, NULL, NULL, 'mail.google.com', NULL), (32, NULL, NULL, NULL, NULL, 'youtube.com', NULL),
    (33, NULL, NULL, NULL, NULL, 'android-app://com.google.android.googlequicksearchbox/', NULL),
    (34, NULL, NULL, NULL, NULL, NULL, '{fbclid}'), (35, NULL, 'spring', 'cpc', NULL, NULL, '{fbclid}'),
    (36, NULL, NULL, NULL, NULL, NULL, '{fbclid,GCLID}'), (37, NULL, 'google', 'organic', NULL, NULL, '{gad_source}'),
    (38, NULL, NULL, NULL, NULL, NULL, '{wbraid}'), (39, NULL, NULL, NULL, NULL, NULL, '{dclid}'),
    (40, NULL, 'bing', 'cpc', NULL, NULL, '{msclkid}'), (41, NULL, NULL, NULL, NULL, NULL, '{NULL,nonsense,ttclid}'),
    (42, NULL, 'outbrain', 'cpc', NULL, NULL, NULL), (43, 'Instagram', NULL, NULL, NULL, NULL, NULL),
    (44, 'call', NULL, NULL, NULL, NULL, NULL), (45, NULL, 'partner', 'affiliate', NULL, NULL, NULL),
    (46, NULL, 'threads', 'paid', NULL, NULL, NULL), (47, NULL, 'youtube', 'cpv', NULL, NULL, '{gclid}');
SELECT t.id, concat_ws(' ', t.source_type, t.source, t.medium, t.campaign, t.referrer, t.click_ids) AS touch, c.*
FROM (SELECT analytics.channel_ruleset() AS ruleset) r, touch t,
     LATERAL analytics.classify_touch(r.ruleset, t.source_type, t.source, t.medium, t.campaign, t.referrer, t.click_ids) c
ORDER BY t.id;

-- Canonical names of platforms.
SELECT name, analytics.platform_name(name) FROM unnest(ARRAY[
    'facebook_ads', 'google_ads', 'adwords', 'fb', ' IG ', 'Paid Search', 'paid-search', 'amazon_ads', 'apple_search_ads', 'linkedin_ads',
    'microsoft_ads', 'pinterest_ads', 'snapchat_ads', 'tiktok_ads', 'twitter_ads', 'reddit_ads', 'www.facebook.com', 'Нова Платформа',
    '(direct)', '(not set)', '', NULL]) WITH ORDINALITY AS n (name, i) ORDER BY i;
SELECT octet_length(analytics.platform_name(repeat('x', 1000000))) AS longest;

-- Families; facebook, instagram and google are the networks of the last-paid-touch rule.
SELECT family, string_agg(platform, ' ' ORDER BY platform COLLATE "C") AS platforms, string_agg(platform, ' ' ORDER BY platform COLLATE "C") FILTER (WHERE ad_network) AS networks
FROM analytics.effective_platform WHERE family IN ('meta', 'google', 'microsoft') GROUP BY family ORDER BY family;

-- Up to here no warehouse was installed. In one the user has rows of his own, which hold before the built-in ones.
SELECT analytics.install();
BEGIN;
CREATE TEMP TABLE before AS SELECT analytics.channel_ruleset() AS ruleset;
INSERT INTO warehouse.channel_rule (priority, source, campaign, platform, channel, is_paid)
    VALUES (7, 'viber', 'Paid*', 'viber_ads', 'Paid Messenger', true);
INSERT INTO warehouse.source_alias (alias, platform) VALUES ('fb', 'meta_page');
INSERT INTO warehouse.click_id (parameter, platform, is_paid) VALUES ('fbclid', 'facebook', true);
INSERT INTO warehouse.source_host (host, platform) VALUES ('blog.example.org', 'partner_blog');
INSERT INTO warehouse.channel_group_rule ("position", channel, medium) VALUES (160, 'Partners', 'affiliate|partner');
SELECT x.what, c.*
FROM (SELECT 'before' AS version, ruleset FROM before UNION ALL SELECT 'after', analytics.channel_ruleset()) r,
     (VALUES ('rule', 'viber', NULL, 'paid_may', NULL, NULL), ('alias', 'fb', 'cpc', NULL, NULL, NULL),
             ('click id', NULL, NULL, NULL, NULL, '{fbclid}'), ('host', NULL, NULL, NULL, 'blog.example.org', NULL),
             ('group', 'someone', 'partner', NULL, NULL, NULL)) AS x (what, source, medium, campaign, referrer, ids),
     LATERAL analytics.classify_touch(r.ruleset, NULL, x.source, x.medium, x.campaign, x.referrer, x.ids::text[]) c
ORDER BY x.what, r.version DESC;
-- Rules change the version; a platform that was merely seen does not.
SELECT analytics.channel_ruleset_version() <> analytics.channel_ruleset_version(ruleset) AS changed FROM before;
CREATE TEMP TABLE between AS SELECT analytics.channel_ruleset() AS ruleset;
INSERT INTO warehouse.platform (platform) VALUES ('spring_promo');
SELECT analytics.channel_ruleset() = ruleset AS unchanged FROM between;
-- Views show the user's rows beside the others, tables what is the user's alone.
SELECT platform, family, builtin FROM analytics.platform WHERE platform IN ('spring_promo', 'facebook') ORDER BY builtin;
SELECT priority, builtin FROM analytics.channel_rule WHERE source LIKE 'viber%';
SELECT (SELECT count(*) FROM warehouse.source_alias) AS own, (SELECT count(*) > 100 FROM analytics_internal.source_alias) AS bundled,
       (SELECT count(*) FROM analytics.source_alias) - (SELECT count(*) FROM analytics_internal.source_alias) AS added;
ROLLBACK;
-- Nobody but the extension has the bundled ones, and no dump carries them.
SELECT x.extconfig FROM pg_extension x WHERE x.extname = 'pg_marketing';
SELECT c.relname, c.relacl FROM pg_class c
WHERE c.relnamespace = 'analytics_internal'::regnamespace AND c.relkind = 'r' AND c.relacl::text !~ '^{[^,]*,=r/\w+}$';

-- One call site, two rulesets in turn.
BEGIN;
CREATE TEMP TABLE turn (i int, ruleset bytea);
INSERT INTO turn SELECT i, analytics.channel_ruleset() FROM generate_series(1, 3, 2) i;
INSERT INTO warehouse.source_alias (alias, platform) VALUES ('zz', 'zigzag');
INSERT INTO turn SELECT i, analytics.channel_ruleset() FROM generate_series(2, 4, 2) i;
SELECT i, analytics.platform_name('zz', ruleset) FROM (SELECT * FROM turn ORDER BY i OFFSET 0) t;
ROLLBACK;

-- Errors say what is wrong and where.
INSERT INTO warehouse.channel_rule (priority, medium, platform) VALUES (7, '[cpc', 'x');
INSERT INTO warehouse.channel_rule (priority, medium) VALUES (7, 'cpc');
BEGIN;
ALTER TABLE warehouse.channel_rule DROP CONSTRAINT medium_is_a_pattern;
INSERT INTO warehouse.channel_rule (priority, medium, platform) VALUES (7, '[cpc', 'x');
SELECT analytics.classify_touch(analytics.channel_ruleset(), utm_source => 'x');
ROLLBACK;
-- What a table takes as a pattern is what the classification can read: it is asked with one rule and nothing else.
CREATE FUNCTION pg_temp.is_read(pattern text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    body constant bytea := 'pg_marketing rules 1\012'::bytea
        || analytics_internal.ruleset_record('r', '1', 'false', NULL, NULL, pattern, NULL, NULL, NULL, 'x', NULL, NULL)
        || analytics_internal.ruleset_record('e', '1');
BEGIN
    RETURN analytics.platform_name('x', sha256(body) || body) = 'x';
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END
$$;
CREATE FUNCTION pg_temp.is_taken(pattern text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO warehouse.channel_group_rule ("position", medium) VALUES (1, pattern);
    RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
EXCEPTION
    WHEN check_violation THEN RETURN false;
    WHEN SQLSTATE 'ZZZZZ' THEN RETURN true;
END
$$;
CREATE TEMP TABLE spelling AS
SELECT DISTINCT (SELECT string_agg(substr('a[]^!\|-*', 1 + (abs(hashint8(n * 16 + i)) % 9), 1), '') FROM generate_series(1, 1 + n % 7) i) AS pattern
FROM generate_series(1, 4000) n
UNION VALUES (''), (E'a\nb'), (E'[\n]'), (E'\\\n'), ('[є]'), ('\є'), (repeat('x', 1000)), (repeat('x', 1001)), (repeat('є', 501));
SELECT count(*) FILTER (WHERE pg_temp.is_read(pattern)) > 500 AS good, count(*) FILTER (WHERE NOT pg_temp.is_read(pattern)) > 500 AS bad FROM spelling;
SELECT pattern FROM spelling WHERE pg_temp.is_read(pattern) <> pg_temp.is_taken(pattern) ORDER BY pattern LIMIT 5;
SELECT analytics.classify_touch(NULL);
SELECT analytics.classify_touch('\x00');
SELECT analytics.classify_touch(substr(analytics.channel_ruleset(), 1, 5000));
SELECT analytics.platform_name('x', '');

-- URLs.
SELECT * FROM analytics.url_parameters(
    'https://example.com/?UTM_Source=FB&utm_campaign={{campaign.name}}&utm_term=caf%C3%A9+noir%21&x=%zz%FF%00&fbclid=IwAR0aB&utm_source=no#&y=1');
SELECT * FROM analytics.url_parameters('utm_source=google&utm_medium=cpc');
SELECT count(*) FROM analytics.url_parameters(NULL);
SELECT count(*) FROM analytics.url_parameters('?' || repeat('&', 1000000));
SELECT analytics.url_parameter('https://example.com/?a=1&B=%D1%82%d0%b5%d1%81%d1%82', 'b'), analytics.url_parameter('https://example.com/?a', 'a') = '' AS empty,
       analytics.url_parameter('https://example.com/?a=1', 'b') AS absent;
SELECT url, analytics.url_page(url) FROM unnest(ARRAY['https://www.Example.com/Prices/?utm_term=x#top', 'http://example.com', '//example.com//', 'example.com:80/a/b', '/prices/?x=1', '/', '?x=1',
    'android-app://com.example/https', 'https://user@[2001:db8::1]/a', 'mailto:ann@example.com', 'prices', '', 'https://пример.рф/ціни/']) url;
SELECT url, analytics.url_host(url) FROM unnest(ARRAY[
    'https://WWW.Example.com:8080/x?y', 'example.com/x', '//cdn.example.com', 'http://user:pw@example.com', 'http://[2001:DB8::1]:80/',
    'https://приклад.укр/', 'mailto:a@b.c', '/only/a/path', '', NULL]) WITH ORDINALITY AS u (url, i) ORDER BY i;
SELECT analytics.click_ids('https://example.com/?GCLID=aB&fbclid=&utm_source=x&li_fat_id=1'), analytics.click_ids('https://example.com/'),
       analytics.click_ids('?deal=1', also => '{deal}');
-- click_ids() finds every parameter that the built-in rows know.
SELECT parameter FROM analytics.click_id WHERE builtin AND analytics.click_ids('?' || parameter || '=1') <> ARRAY[parameter];

-- Every public object of this topic says what it is, in a first line of at most 80 characters.
SELECT p.proname, length(split_part(obj_description(p.oid), E'\n', 1)) AS length
FROM pg_proc p
WHERE p.pronamespace IN ('analytics'::regnamespace, 'analytics_internal'::regnamespace)
  AND p.proname IN ('ruleset_record', 'channel_ruleset', 'channel_ruleset_version', 'classify_touch', 'channel_group',
                    'platform_name', 'url_parameters', 'url_parameter', 'url_host', 'url_page', 'click_ids')
  AND (obj_description(p.oid) IS NULL OR length(split_part(obj_description(p.oid), E'\n', 1)) > 80);
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'analytics'::regnamespace
  AND c.relname IN ('platform', 'source_category', 'source_host', 'source_alias', 'click_id', 'channel_group_rule', 'channel_rule', 'touch_class')
  AND (col_description(c.oid, a.attnum) IS NULL OR length(split_part(col_description(c.oid, a.attnum), E'\n', 1)) > 80)
ORDER BY 1, 2;
