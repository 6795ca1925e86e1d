-- The bundled rules of classification. Nobody writes these tables. A user's own rows stand in tables of the same shape in schema
-- warehouse and hold before these; the views of schema analytics show both.

CREATE TABLE analytics_internal.platform (
    platform   text    NOT NULL CHECK (platform <> ''),
    family     text    CHECK (family <> ''),
    category   text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL', 'AD', 'PAYMENT')),
    ad_network boolean NOT NULL DEFAULT false,
    label      text    CHECK (label <> ''),
    PRIMARY KEY (platform)
);
COMMENT ON TABLE analytics_internal.platform IS
'Platforms: their families, categories and role in attribution

A platform with a family or a category is a known network. One without either has merely been seen.';
COMMENT ON COLUMN analytics_internal.platform.platform IS 'Canonical name, as analytics.platform_name() spells it';
COMMENT ON COLUMN analytics_internal.platform.family IS 'Company or group that filters may name (meta); NULL: merely seen';
COMMENT ON COLUMN analytics_internal.platform.category IS 'Kind of site, where source_category does not list the platform''s name';
COMMENT ON COLUMN analytics_internal.platform.ad_network IS 'Whether it sells ads, so that its paid touches count for the rule last_paid';
COMMENT ON COLUMN analytics_internal.platform.label IS 'What people call it, where that is not made of the name; see platform_label()';

CREATE TABLE analytics_internal.source_category (
    source   text    NOT NULL CHECK (source <> ''),
    category text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL', 'AD', 'PAYMENT')),
    PRIMARY KEY (source)
);
COMMENT ON TABLE analytics_internal.source_category IS
'Categories of traffic sources: Google''s list for the default channel group

A source is matched as a whole, in any case: bing is listed, bing.com is not.';
COMMENT ON COLUMN analytics_internal.source_category.source IS 'The source as utm_source writes it';
COMMENT ON COLUMN analytics_internal.source_category.category IS
'SEARCH, SHOPPING, SOCIAL, VIDEO, AI, EMAIL; NULL takes a source off the list';

CREATE TABLE analytics_internal.source_host (
    host     text    NOT NULL CHECK (host <> ''),
    platform text    CHECK (platform <> ''),
    category text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL', 'AD', 'PAYMENT')),
    PRIMARY KEY (host)
);
COMMENT ON TABLE analytics_internal.source_host IS
'Referring hosts and the platforms they belong to

A host stands for its subdomains too, a search engine only for its pages of search in all languages; the nearest entry holds. Of a host
with a path (x.com/i/grok) the longest path holds. mail.* is what any host is that starts so; without a platform, ads.* takes such hosts
away from the network below whose domain they are.';
COMMENT ON COLUMN analytics_internal.source_host.host IS
'Host without www., or a pattern of hosts

google.{} is google in the domain of any country, mail.* any host of that first label.';
COMMENT ON COLUMN analytics_internal.source_host.platform IS 'Platform of the host; NULL takes a built-in host off the list';
COMMENT ON COLUMN analytics_internal.source_host.category IS
'Kind of site; NULL: a plain referral

SEARCH, SHOPPING, SOCIAL, VIDEO, AI, EMAIL, AD or PAYMENT: AD is a server of ads, PAYMENT a page where people pay.';

CREATE TABLE analytics_internal.source_alias (
    alias        text    NOT NULL CHECK (alias <> ''),
    platform     text    CHECK (platform <> ''),
    implies_paid boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alias)
);
COMMENT ON TABLE analytics_internal.source_alias IS
'Other names of platforms: fb, google_ads, microsoft_ads

Case does not matter, and blanks and hyphens count as _: one row google_ads covers "Google Ads" and google-ads.';
COMMENT ON COLUMN analytics_internal.source_alias.alias IS 'The other name';
COMMENT ON COLUMN analytics_internal.source_alias.platform IS 'The platform meant; NULL takes a built-in alias away';
COMMENT ON COLUMN analytics_internal.source_alias.implies_paid IS 'Whether the name alone says that the touch was paid for (facebook_ads)';

CREATE TABLE analytics_internal.click_id (
    parameter text    NOT NULL CHECK (parameter <> ''),
    platform  text    CHECK (platform <> ''),
    channel   text    CHECK (channel <> ''),
    is_paid   boolean,
    PRIMARY KEY (parameter)
);
COMMENT ON TABLE analytics_internal.click_id IS
'URL parameters that networks add to clicks, and what they prove

One with is_paid = true proves an ad and comes before the source; any other is a hint where nothing better is known.';
COMMENT ON COLUMN analytics_internal.click_id.parameter IS 'Name of the parameter (gclid)';
COMMENT ON COLUMN analytics_internal.click_id.platform IS 'Platform that added it; NULL: the parameter says nothing';
COMMENT ON COLUMN analytics_internal.click_id.channel IS 'Channel, where source and medium do not tell it better';
COMMENT ON COLUMN analytics_internal.click_id.is_paid IS 'True: only ads carry it; false: never ads; NULL: both (fbclid)';

CREATE TABLE analytics_internal.campaign_parameter (
    parameter  text    NOT NULL CHECK (parameter ~ '^[a-z0-9_.-]+$'),
    identifies text    CHECK (identifies IN ('campaign', 'ad_group', 'ad')),
    "position" integer NOT NULL DEFAULT 0,
    PRIMARY KEY (parameter)
);
COMMENT ON TABLE analytics_internal.campaign_parameter IS
'URL parameters that hold the id of a campaign, ad group or ad

The first by position that has a value counts. Placeholders that a network did not fill in ({campaignid}, __CAMPAIGN_ID__) are none.';
COMMENT ON COLUMN analytics_internal.campaign_parameter.parameter IS 'Name of the parameter in lower case (gad_campaignid)';
COMMENT ON COLUMN analytics_internal.campaign_parameter.identifies IS
'What has the id: campaign, ad_group or ad; NULL takes a built-in parameter off the list';
COMMENT ON COLUMN analytics_internal.campaign_parameter."position" IS
'Order, the least first; your own stand before all built-in ones by default';

CREATE TABLE analytics_internal.placeholder (
    pattern text NOT NULL CHECK (pattern <> ''),
    kind    text CHECK (kind IN ('key', 'label', 'tag')),
    PRIMARY KEY (pattern)
);
COMMENT ON TABLE analytics_internal.placeholder IS
'What exports write where there is nothing: (not set), N/A, macros

Such a value is missing wherever a source is read: an id, a name, a measure.';
COMMENT ON COLUMN analytics_internal.placeholder.pattern IS 'Pattern of the whole value in any case of letters (see docs/channels.md)';
COMMENT ON COLUMN analytics_internal.placeholder.kind IS
'Where it says nothing; NULL takes a built-in pattern off the list

key: everywhere; label: in names and tags, and it may be an id; tag: in utm parameters alone.';

CREATE TABLE analytics_internal.channel_group_rule (
    "position" integer NOT NULL,
    channel    text    CHECK (channel <> ''),
    source     text,
    medium     text,
    campaign   text,
    category   text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL', 'AD', 'PAYMENT')),
    PRIMARY KEY ("position")
);
COMMENT ON TABLE analytics_internal.channel_group_rule IS
'The default channel group of GA4 as ordered rules (version ga4-2026-05)

The first row whose conditions all hold names the channel; no row: Unassigned. The built-in rows follow
support.google.com/analytics/answer/9756891; the place of AI Assistant in the order is not published, it stands before Referral, and so do
hosts of mail.';
COMMENT ON COLUMN analytics_internal.channel_group_rule."position" IS 'Order; a row of the user replaces the built-in one at its position';
COMMENT ON COLUMN analytics_internal.channel_group_rule.channel IS 'The channel; NULL takes the built-in row at this position away';
COMMENT ON COLUMN analytics_internal.channel_group_rule.source IS 'Pattern of the source; NULL: any, empty: missing';
COMMENT ON COLUMN analytics_internal.channel_group_rule.medium IS 'Pattern of the medium; NULL: any, empty: missing';
COMMENT ON COLUMN analytics_internal.channel_group_rule.campaign IS 'Pattern of the campaign''s name; NULL: any, empty: missing';
COMMENT ON COLUMN analytics_internal.channel_group_rule.category IS 'Category of the source; NULL: any';

CREATE TABLE analytics_internal.channel_rule (
    priority      integer NOT NULL,
    source_type   text,
    source        text,
    medium        text,
    campaign      text,
    referrer_host text,
    click_id      text,
    platform      text    CHECK (platform <> ''),
    channel       text    CHECK (channel <> ''),
    is_paid       boolean,
    description   text,
    PRIMARY KEY (priority),
    CONSTRAINT rule_has_a_result CHECK (num_nonnulls(platform, channel, is_paid) > 0)
);
COMMENT ON TABLE analytics_internal.channel_rule IS
'Rules of classification that hold before all others

The first of the user''s rules by priority that holds decides, then the first built-in one fills what it left open, then the
generic steps do. Conditions are patterns (see docs/channels.md): NULL is any value, an empty pattern a missing one.';
COMMENT ON COLUMN analytics_internal.channel_rule.priority IS 'Order, lowest first, and the rule''s name: 7 is user:7 in classifications';
COMMENT ON COLUMN analytics_internal.channel_rule.source_type IS 'Pattern of the touch''s source_type';
COMMENT ON COLUMN analytics_internal.channel_rule.source IS 'Pattern of utm_source as written, before aliases';
COMMENT ON COLUMN analytics_internal.channel_rule.medium IS 'Pattern of utm_medium';
COMMENT ON COLUMN analytics_internal.channel_rule.campaign IS 'Pattern of utm_campaign';
COMMENT ON COLUMN analytics_internal.channel_rule.referrer_host IS 'Pattern of the referring host, without www.';
COMMENT ON COLUMN analytics_internal.channel_rule.click_id IS 'Pattern that the name of one of the click ids has to match';
COMMENT ON COLUMN analytics_internal.channel_rule.platform IS 'Platform of such a touch; NULL leaves it to the rules after this one';
COMMENT ON COLUMN analytics_internal.channel_rule.channel IS 'Channel; NULL leaves it to the rules after this one';
COMMENT ON COLUMN analytics_internal.channel_rule.is_paid IS 'Whether it was paid for; NULL follows from the channel';
COMMENT ON COLUMN analytics_internal.channel_rule.description IS 'What the rule is for';

-- What a pattern may look like (see src/channels/pattern.hpp), in plain SQL: the tables of this shape in schema warehouse use no function
-- of the extension.
DO $$
DECLARE
    -- Plain characters, \ and a character, and sets in brackets, whose first member may be a ].
    pattern constant text := E'^([^[\\\\]|\\\\.|\\[([!^](\\\\.|[^\\\\])|\\\\.|[^!^\\\\])(\\\\.|[^]\\\\])*\\])*$';
    condition record;
BEGIN
    FOR condition IN
        SELECT r.list, n AS name
        FROM (VALUES ('placeholder', '{pattern}'::text[]),
                     ('channel_group_rule', '{source,medium,campaign}'),
                     ('channel_rule', '{source_type,source,medium,campaign,referrer_host,click_id}')) r (list, names),
             unnest(r.names) n
    LOOP
        EXECUTE format('ALTER TABLE analytics_internal.%I ADD CONSTRAINT %I CHECK (%I ~ %L AND octet_length(%3$I) <= 1000)',
            condition.list, condition.name || '_is_a_pattern', condition.name, pattern);
    END LOOP;
END
$$;

INSERT INTO analytics_internal.platform (platform, family, category, ad_network) VALUES
    ('facebook', 'meta', NULL, true), ('instagram', 'meta', NULL, true), ('messenger', 'meta', NULL, true),
    ('whatsapp', 'meta', NULL, false), ('threads', 'meta', 'SOCIAL', true), ('audience_network', 'meta', NULL, true),
    ('google', 'google', NULL, true), ('youtube', 'google', NULL, true), ('google_display', 'google', NULL, true),
    ('google_play', 'google', 'SEARCH', false), ('gemini', 'google', 'AI', false),
    ('microsoft', 'microsoft', 'SEARCH', true), ('bing', 'microsoft', NULL, true), ('msn', 'microsoft', NULL, true),
    ('copilot', 'microsoft', 'AI', false), ('linkedin', 'linkedin', NULL, true), ('tiktok', 'tiktok', NULL, true),
    ('twitter', 'twitter', NULL, true), ('grok', 'twitter', 'AI', false), ('pinterest', 'pinterest', NULL, true),
    ('snapchat', 'snapchat', NULL, true), ('reddit', 'reddit', NULL, true), ('quora', 'quora', NULL, true),
    ('amazon', 'amazon', NULL, true), ('apple_search', 'apple', 'SEARCH', true), ('yahoo', 'yahoo', NULL, true),
    ('yandex', 'yandex', NULL, true), ('baidu', 'baidu', NULL, true), ('duckduckgo', 'duckduckgo', NULL, false),
    ('ecosia', 'ecosia', 'SEARCH', false), ('vk', 'vk', 'SOCIAL', true),
    ('odnoklassniki', 'odnoklassniki', 'SOCIAL', true), ('telegram', 'telegram', 'SOCIAL', true),
    ('viber', 'viber', 'SOCIAL', true), ('discord', 'discord', 'SOCIAL', false),
    ('bluesky', 'bluesky', 'SOCIAL', false), ('mastodon', 'mastodon', 'SOCIAL', false),
    ('vimeo', 'vimeo', NULL, false), ('twitch', 'amazon', NULL, true), ('spotify', 'spotify', NULL, true),
    ('chatgpt', 'openai', 'AI', false), ('claude', 'anthropic', 'AI', false),
    ('perplexity', 'perplexity', 'AI', false), ('outbrain', 'outbrain', NULL, true),
    ('taboola', 'taboola', NULL, true), ('criteo', 'criteo', NULL, true), ('mgid', 'mgid', NULL, true),
    ('propellerads', 'propellerads', NULL, true), ('adroll', 'adroll', NULL, true),
    ('the_trade_desk', 'the_trade_desk', NULL, true);

UPDATE analytics_internal.platform p
SET label = n.label
FROM (VALUES
    ('whatsapp', 'WhatsApp'), ('audience_network', 'Audience Network'), ('youtube', 'YouTube'), ('google_display', 'Google Display'),
    ('google_play', 'Google Play'), ('msn', 'MSN'), ('linkedin', 'LinkedIn'), ('tiktok', 'TikTok'), ('twitter', 'X'),
    ('apple_search', 'Apple Search Ads'), ('duckduckgo', 'DuckDuckGo'), ('vk', 'VK'), ('chatgpt', 'ChatGPT'), ('mgid', 'MGID'),
    ('propellerads', 'PropellerAds'), ('adroll', 'AdRoll'), ('the_trade_desk', 'The Trade Desk')) n (platform, label)
WHERE p.platform = n.platform;

INSERT INTO analytics_internal.source_alias (alias, platform, implies_paid) VALUES
    ('fb', 'facebook', false), ('fcb', 'facebook', false), ('facebook_ad', 'facebook', true),
    ('facebook_ads', 'facebook', true), ('facebookads', 'facebook', true), ('facebook_feed_ad', 'facebook', true),
    ('fb_ad', 'facebook', true), ('fb_ads', 'facebook', true), ('fbad', 'facebook', true),
    ('fbads', 'facebook', true), ('meta', 'facebook', false), ('meta_ads', 'facebook', true),
    ('metaads', 'facebook', true), ('facebook_mobile_feed', 'facebook', false),
    ('facebook_desktop_feed', 'facebook', false), ('facebook_stories', 'facebook', false),
    ('facebook_reels', 'facebook', false), ('facebook_marketplace', 'facebook', false),
    ('ig', 'instagram', false), ('insta', 'instagram', false), ('ig_ads', 'instagram', true),
    ('instagram_ads', 'instagram', true), ('instagramads', 'instagram', true), ('igshopping', 'instagram', false),
    ('instagram_feed', 'instagram', false), ('instagram_stories', 'instagram', false),
    ('instagram_reels', 'instagram', false), ('instagram_explore', 'instagram', false),
    ('msg', 'messenger', false), ('an', 'audience_network', false), ('wa', 'whatsapp', false),
    ('google_ads', 'google', true), ('googleads', 'google', true), ('google_adwords', 'google', true),
    ('adwords', 'google', true), ('gads', 'google', true), ('google_ad', 'google', true),
    ('dv360', 'google_display', true), ('dbm', 'google_display', true),
    ('yt', 'youtube', false), ('yt_ads', 'youtube', true), ('youtube_ads', 'youtube', true),
    ('microsoft_ads', 'microsoft', true), ('microsoftads', 'microsoft', true), ('msads', 'microsoft', true),
    ('bing_ads', 'microsoft', true), ('bingads', 'microsoft', true),
    ('linkedin_ads', 'linkedin', true), ('linkedinads', 'linkedin', true), ('li', 'linkedin', false),
    ('tiktok_ads', 'tiktok', true), ('tiktokads', 'tiktok', true), ('tik.tok', 'tiktok', false),
    ('tik_tok', 'tiktok', false), ('tt', 'tiktok', false),
    ('twitter_ads', 'twitter', true), ('twitterads', 'twitter', true), ('x', 'twitter', false),
    ('x_ads', 'twitter', true), ('tw', 'twitter', false),
    ('pinterest_ads', 'pinterest', true), ('pinterestads', 'pinterest', true), ('pin', 'pinterest', false),
    ('snapchat_ads', 'snapchat', true), ('snap', 'snapchat', false), ('snap_ads', 'snapchat', true),
    ('reddit_ads', 'reddit', true), ('redditads', 'reddit', true), ('quora_ads', 'quora', true),
    ('amazon_ads', 'amazon', true), ('amazonads', 'amazon', true), ('spotify_ads', 'spotify', true),
    ('apple_search_ads', 'apple_search', true), ('apple_ads', 'apple_search', true), ('asa', 'apple_search', true),
    ('yandex_direct', 'yandex', true), ('yandexdirect', 'yandex', true), ('vkontakte', 'vk', false),
    ('vk_ads', 'vk', true), ('ok', 'odnoklassniki', false), ('tg', 'telegram', false),
    ('telegram_ads', 'telegram', true), ('thetradedesk', 'the_trade_desk', true), ('ttd', 'the_trade_desk', true),
    ('(direct)', 'direct', false);

INSERT INTO analytics_internal.click_id (parameter, platform, channel, is_paid) VALUES
    ('gclid', 'google', 'Paid Search', true), ('wbraid', 'google', 'Paid Search', true),
    ('gbraid', 'google', 'Paid Search', true), ('gad_source', 'google', 'Paid Search', true),
    ('gad_campaignid', 'google', 'Paid Search', true), ('dclid', 'google_display', 'Display', true),
    ('srsltid', 'google', 'Organic Shopping', false), ('msclkid', 'microsoft', 'Paid Search', true),
    ('yclid', 'yandex', 'Paid Search', true), ('ysclid', 'yandex', 'Organic Search', false),
    ('fbclid', 'facebook', NULL, NULL), ('igshid', 'instagram', 'Organic Social', false),
    ('igsh', 'instagram', 'Organic Social', false), ('ttclid', 'tiktok', 'Paid Social', true),
    ('twclid', 'twitter', 'Paid Social', true), ('li_fat_id', 'linkedin', 'Paid Social', true),
    ('epik', 'pinterest', 'Paid Social', true), ('rdt_cid', 'reddit', 'Paid Social', true),
    ('sccid', 'snapchat', 'Paid Social', true), ('qclid', 'quora', 'Paid Social', true),
    ('ob_click_id', 'outbrain', 'Paid Other', true), ('dicbo', 'outbrain', 'Paid Other', true),
    ('tblci', 'taboola', 'Paid Other', true), ('awc', 'awin', 'Affiliates', false),
    ('cjevent', 'cj', 'Affiliates', false), ('irclickid', 'impact', 'Affiliates', false),
    ('mc_cid', 'email', 'Email', false), ('mc_eid', 'email', 'Email', false), ('mkt_tok', 'email', 'Email', false),
    ('_hsenc', 'email', 'Email', false), ('_hsmi', 'email', 'Email', false), ('_kx', 'email', 'Email', false),
    ('vero_id', 'email', 'Email', false);

-- What networks write themselves comes before what people put into their links.
INSERT INTO analytics_internal.campaign_parameter (parameter, identifies, "position") VALUES
    ('gad_campaignid', 'campaign', 10), ('hsa_cam', 'campaign', 20), ('campaignid', 'campaign', 30), ('campaign_id', 'campaign', 40),
    ('utm_campaign_id', 'campaign', 50), ('ms_campaign_id', 'campaign', 60), ('tt_campaign_id', 'campaign', 70),
    ('fb_campaign_id', 'campaign', 80), ('utm_id', 'campaign', 90),
    ('hsa_ad', 'ad', 110), ('ad_id', 'ad', 120), ('adid', 'ad', 130), ('fb_ad_id', 'ad', 140), ('tt_ad_id', 'ad', 150),
    ('hsa_grp', 'ad_group', 210), ('adgroupid', 'ad_group', 220), ('adset_id', 'ad_group', 230), ('adsetid', 'ad_group', 240),
    ('ad_group_id', 'ad_group', 250), ('adgroup_id', 'ad_group', 260);

-- What GA4 puts in the place of many things is no id of a client, and may be one name among campaigns.
INSERT INTO analytics_internal.placeholder (pattern, kind) VALUES
    ('(not set)', 'key'), ('(none)', 'key'), ('null', 'key'), ('(null)', 'key'), ('<null>', 'key'), (E'\\[null\\]', 'key'),
    ('n/a', 'key'), ('#n/a', 'key'), ('(n/a)', 'key'), ('undefined', 'key'), ('(undefined)', 'key'), (E'\\[object object\\]', 'key'),
    (E'\\\\n', 'key'), ('-', 'key'), ('--', 'key'), ('---', 'key'), ('(empty)', 'key'), ('(blank)', 'key'), ('#value!', 'key'),
    ('#ref!', 'key'),
    -- Macros of Meta, TikTok and others that nobody filled in.
    ('{{?*}}', 'key'), ('%%?*%%', 'key'), ('${?*}', 'key'), ('__?*__', 'key'), ('{?*}', 'label'),
    ('(not provided)', 'label'), ('(organic)', 'label'), ('(other)', 'label'), ('<other>', 'label'), ('(data deleted)', 'label'),
    ('(data not available)', 'label'), ('(direct)', 'tag'), ('(referral)', 'tag');

-- "paid" is GA4's ^(.*cp.*|ppc|retargeting|paid.*)$, "shop" its ^(.*(([^a-df-z]|^)shop|shopping).*)$: eshop is a shop, workshop is not.
INSERT INTO analytics_internal.channel_group_rule ("position", channel, source, medium, campaign, category) VALUES
    (10, 'Direct', '(direct)', '', NULL, NULL),
    (20, 'Cross-network', NULL, NULL, '*cross-network*', NULL),
    (30, 'Paid Shopping', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SHOPPING'),
    (31, 'Paid Shopping', NULL, '*cp*|ppc|retargeting|paid*', 'shop*|*[^a-df-z]shop*|*shopping*', NULL),
    (40, 'Paid Search', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SEARCH'),
    (50, 'Paid Social', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SOCIAL'),
    (60, 'Paid Video', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'VIDEO'),
    (70, 'Display', NULL, 'display|banner|expandable|interstitial|cpm', NULL, NULL),
    (71, 'Display', NULL, NULL, NULL, 'AD'),
    (80, 'Paid Other', NULL, '*cp*|ppc|retargeting|paid*', NULL, NULL),
    (90, 'Organic Shopping', NULL, NULL, NULL, 'SHOPPING'),
    (91, 'Organic Shopping', NULL, NULL, 'shop*|*[^a-df-z]shop*|*shopping*', NULL),
    (100, 'Organic Social', NULL, NULL, NULL, 'SOCIAL'),
    (101, 'Organic Social', NULL, 'social|social-network|social-media|sm|social network|social media', NULL, NULL),
    (110, 'Organic Video', NULL, NULL, NULL, 'VIDEO'),
    (111, 'Organic Video', NULL, '*video*', NULL, NULL),
    (120, 'Organic Search', NULL, NULL, NULL, 'SEARCH'),
    (121, 'Organic Search', NULL, 'organic', NULL, NULL),
    (130, 'AI Assistant', NULL, NULL, NULL, 'AI'),
    (131, 'AI Assistant', NULL, 'ai-assistant', NULL, NULL),
    (135, 'Email', NULL, NULL, NULL, 'EMAIL'),
    (140, 'Referral', NULL, 'referral|app|link', NULL, NULL),
    (150, 'Email', 'email|e-mail|e_mail|e mail', NULL, NULL, NULL),
    (151, 'Email', NULL, 'email|e-mail|e_mail|e mail', NULL, NULL),
    (160, 'Affiliates', NULL, 'affiliate', NULL, NULL),
    (170, 'Audio', NULL, 'audio', NULL, NULL),
    (180, 'SMS', 'sms', NULL, NULL, NULL),
    (181, 'SMS', NULL, 'sms', NULL, NULL),
    (190, 'Mobile Push Notifications', NULL, '*push|*mobile*|*notification*', NULL, NULL),
    (191, 'Mobile Push Notifications', 'firebase', NULL, NULL, NULL);

INSERT INTO analytics_internal.channel_rule
    (priority, source_type, source, medium, campaign, referrer_host, click_id, platform, channel, is_paid, description) VALUES
    (10, NULL, 'email|e-mail|e_mail|e mail', NULL, NULL, NULL, NULL, 'email', 'Email', false, 'utm_source says email'),
    (20, NULL, NULL, 'email|e-mail|e_mail|e mail', NULL, NULL, NULL, 'email', 'Email', false, 'utm_medium says email'),
    (30, NULL, 'viber', NULL, NULL, NULL, NULL, 'viber', NULL, NULL, 'utm_source says viber'),
    (40, NULL, 'telegram|tg', NULL, NULL, NULL, NULL, 'telegram', NULL, NULL, 'utm_source says telegram'),
    (50, '*event*', '|(direct)', '', NULL, NULL, '', 'event', 'Unassigned', false,
        'met at an event; a source, a medium or a click id says more'),
    (60, NULL, '(direct)|direct', '|none|direct|(direct)', '|none|direct|(direct)', '', '', 'direct', 'Direct', false,
        'nothing but the mark of a direct visit'),
    (70, 'direct|(direct)|web|website|site|visit|page?view|pageview|session|session?start', '', '', '', '', '', 'direct', 'Direct', false,
        'nothing but a source_type that says direct, or no more than that there was a visit');

-- The rules that hold: the user's rows first.
CREATE VIEW analytics.platform WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.platform, analytics_internal.user_rows('platform')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.platform b;

CREATE VIEW analytics.effective_platform WITH (security_invoker = true) AS
    SELECT DISTINCT ON (p.platform) p.platform, p.family, p.category, p.ad_network, p.builtin, p.label
    FROM analytics.platform p
    ORDER BY p.platform, p.builtin;
COMMENT ON VIEW analytics.effective_platform IS 'Platforms, one row each: the user''s row before the built-in one';

CREATE VIEW analytics.source_category WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.source_category, analytics_internal.user_rows('source_category')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.source_category b;

CREATE VIEW analytics.source_host WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.source_host, analytics_internal.user_rows('source_host')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.source_host b;

CREATE VIEW analytics.source_alias WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.source_alias, analytics_internal.user_rows('source_alias')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.source_alias b;

CREATE VIEW analytics.click_id WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.click_id, analytics_internal.user_rows('click_id')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.click_id b;

CREATE VIEW analytics.campaign_parameter WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.campaign_parameter, analytics_internal.user_rows('campaign_parameter')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.campaign_parameter b;

CREATE VIEW analytics.placeholder WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.placeholder, analytics_internal.user_rows('placeholder')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.placeholder b;

CREATE VIEW analytics.channel_group_rule WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.channel_group_rule, analytics_internal.user_rows('channel_group_rule')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.channel_group_rule b;

CREATE VIEW analytics.channel_rule WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.channel_rule, analytics_internal.user_rows('channel_rule')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.channel_rule b;
