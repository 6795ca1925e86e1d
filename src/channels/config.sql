-- The rules of classification, as data. Built-in rows belong to the release; a user's row of the same key holds before the built-in one.

CREATE FUNCTION analytics_internal.is_pattern(pattern text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_is_pattern';
COMMENT ON FUNCTION analytics_internal.is_pattern(text) IS
'Whether a text is a valid pattern of a channel rule

* stands for any characters, ? for one, [a-z] and [^a-z] for one of a set, | for or, \ before a character for that character.
A pattern covers the whole value, in any case; an empty alternative (or an empty pattern) stands for a missing value.';

CREATE TABLE analytics.platform (
    platform   text    NOT NULL CHECK (platform <> ''),
    family     text    CHECK (family <> ''),
    category   text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL')),
    ad_network boolean NOT NULL DEFAULT false,
    builtin    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (platform, builtin)
);
COMMENT ON TABLE analytics.platform IS
'Platforms: their families, categories and role in attribution

A platform with a family or a category is a known network. One without either has merely been seen.';
COMMENT ON COLUMN analytics.platform.platform IS 'Canonical name, as analytics.platform_name() spells it';
COMMENT ON COLUMN analytics.platform.family IS 'Company or group that filters may name (meta); NULL: merely seen';
COMMENT ON COLUMN analytics.platform.category IS 'Kind of site, where analytics.source_category does not list the platform''s name';
COMMENT ON COLUMN analytics.platform.ad_network IS 'Whether its paid touches with a campaign count for the last-paid-touch rule';
COMMENT ON COLUMN analytics.platform.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE VIEW analytics.effective_platform AS
    SELECT DISTINCT ON (p.platform) p.platform, p.family, p.category, p.ad_network, p.builtin
    FROM analytics.platform p
    ORDER BY p.platform, p.builtin;
COMMENT ON VIEW analytics.effective_platform IS 'Platforms, one row each: the user''s row before the built-in one';

CREATE TABLE analytics.source_category (
    source   text    NOT NULL CHECK (source <> ''),
    category text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL')),
    builtin  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (source, builtin)
);
COMMENT ON TABLE analytics.source_category IS
'Categories of traffic sources: Google''s list for the default channel group

A source is matched as a whole, in any case: bing is listed, bing.com is not.';
COMMENT ON COLUMN analytics.source_category.source IS 'The source as utm_source writes it';
COMMENT ON COLUMN analytics.source_category.category IS 'SEARCH, SHOPPING, SOCIAL, VIDEO, AI, EMAIL; NULL takes a source off the list';
COMMENT ON COLUMN analytics.source_category.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE TABLE analytics.source_host (
    host     text    NOT NULL CHECK (host <> ''),
    platform text    CHECK (platform <> ''),
    category text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL')),
    builtin  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (host, builtin)
);
COMMENT ON TABLE analytics.source_host IS
'Referring hosts and the platforms they belong to

A host stands for its subdomains too; the nearest entry holds. Of a host with a path (x.com/i/grok) the longest path holds.';
COMMENT ON COLUMN analytics.source_host.host IS 'Host without www.; google.{} stands for google in the domain of any country';
COMMENT ON COLUMN analytics.source_host.platform IS 'Platform of the host; NULL takes a built-in host off the list';
COMMENT ON COLUMN analytics.source_host.category IS 'SEARCH, SHOPPING, SOCIAL, VIDEO, AI or EMAIL; NULL: a plain referral';
COMMENT ON COLUMN analytics.source_host.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE TABLE analytics.source_alias (
    alias        text    NOT NULL CHECK (alias <> ''),
    platform     text    CHECK (platform <> ''),
    implies_paid boolean NOT NULL DEFAULT false,
    builtin      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alias, builtin)
);
COMMENT ON TABLE analytics.source_alias IS
'Other names of platforms: fb, google_ads, microsoft_ads

Case does not matter, and blanks and hyphens count as _: one row google_ads covers "Google Ads" and google-ads.';
COMMENT ON COLUMN analytics.source_alias.alias IS 'The other name';
COMMENT ON COLUMN analytics.source_alias.platform IS 'The platform meant; NULL takes a built-in alias away';
COMMENT ON COLUMN analytics.source_alias.implies_paid IS 'Whether the name alone says that the touch was paid for (facebook_ads)';
COMMENT ON COLUMN analytics.source_alias.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE TABLE analytics.click_id (
    parameter text    NOT NULL CHECK (parameter <> ''),
    platform  text    CHECK (platform <> ''),
    channel   text    CHECK (channel <> ''),
    is_paid   boolean,
    builtin   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (parameter, builtin)
);
COMMENT ON TABLE analytics.click_id IS
'URL parameters that networks add to clicks, and what they prove

One with is_paid = true proves an ad and comes before the source; any other is a hint where nothing better is known.';
COMMENT ON COLUMN analytics.click_id.parameter IS 'Name of the parameter (gclid)';
COMMENT ON COLUMN analytics.click_id.platform IS 'Platform that added it; NULL: the parameter says nothing';
COMMENT ON COLUMN analytics.click_id.channel IS 'Channel, where source and medium do not tell it better';
COMMENT ON COLUMN analytics.click_id.is_paid IS 'True: only ads carry it; false: never ads; NULL: both (fbclid)';
COMMENT ON COLUMN analytics.click_id.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE TABLE analytics.channel_group_rule (
    "position" integer NOT NULL,
    channel    text    CHECK (channel <> ''),
    source     text    CONSTRAINT source_is_a_pattern CHECK (analytics_internal.is_pattern(source)),
    medium     text    CONSTRAINT medium_is_a_pattern CHECK (analytics_internal.is_pattern(medium)),
    campaign   text    CONSTRAINT campaign_is_a_pattern CHECK (analytics_internal.is_pattern(campaign)),
    category   text    CHECK (category IN ('SEARCH', 'SHOPPING', 'SOCIAL', 'VIDEO', 'AI', 'EMAIL')),
    builtin    boolean NOT NULL DEFAULT false,
    PRIMARY KEY ("position", builtin)
);
COMMENT ON TABLE analytics.channel_group_rule IS
'The default channel group of GA4 as ordered rules (version ga4-2026-05)

The first row whose conditions all hold names the channel; no row: Unassigned. The built-in rows follow
support.google.com/analytics/answer/9756891; the place of AI Assistant in the order is not published, it stands before Referral.';
COMMENT ON COLUMN analytics.channel_group_rule."position" IS 'Order; a row of the user replaces the built-in one at its position';
COMMENT ON COLUMN analytics.channel_group_rule.channel IS 'The channel; NULL takes the built-in row at this position away';
COMMENT ON COLUMN analytics.channel_group_rule.source IS 'Pattern of the source (see analytics_internal.is_pattern); NULL: any';
COMMENT ON COLUMN analytics.channel_group_rule.medium IS 'Pattern of the medium; NULL: any, empty: missing';
COMMENT ON COLUMN analytics.channel_group_rule.campaign IS 'Pattern of the campaign''s name; NULL: any, empty: missing';
COMMENT ON COLUMN analytics.channel_group_rule.category IS 'Category of the source; NULL: any';
COMMENT ON COLUMN analytics.channel_group_rule.builtin IS 'True for rows of the release; add a row of the same key rather than change one';

CREATE TABLE analytics.channel_rule (
    priority      integer NOT NULL,
    source_type   text    CONSTRAINT source_type_is_a_pattern CHECK (analytics_internal.is_pattern(source_type)),
    source        text    CONSTRAINT source_is_a_pattern CHECK (analytics_internal.is_pattern(source)),
    medium        text    CONSTRAINT medium_is_a_pattern CHECK (analytics_internal.is_pattern(medium)),
    campaign      text    CONSTRAINT campaign_is_a_pattern CHECK (analytics_internal.is_pattern(campaign)),
    referrer_host text    CONSTRAINT referrer_host_is_a_pattern CHECK (analytics_internal.is_pattern(referrer_host)),
    click_id      text    CONSTRAINT click_id_is_a_pattern CHECK (analytics_internal.is_pattern(click_id)),
    platform      text    CHECK (platform <> ''),
    channel       text    CHECK (channel <> ''),
    is_paid       boolean,
    description   text,
    builtin       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (priority, builtin),
    CONSTRAINT rule_has_a_result CHECK (num_nonnulls(platform, channel, is_paid) > 0)
);
COMMENT ON TABLE analytics.channel_rule IS
'Rules of classification that hold before all others

The first of the user''s rules by priority that holds decides, then the first built-in one fills what it left open, then the
generic steps do. Conditions are patterns (see analytics_internal.is_pattern): NULL is any value, an empty pattern a missing one.';
COMMENT ON COLUMN analytics.channel_rule.priority IS 'Order, lowest first, and the rule''s name: 7 is user:7 in classifications';
COMMENT ON COLUMN analytics.channel_rule.source_type IS 'Pattern of the touch''s source_type';
COMMENT ON COLUMN analytics.channel_rule.source IS 'Pattern of utm_source as written, before aliases';
COMMENT ON COLUMN analytics.channel_rule.medium IS 'Pattern of utm_medium';
COMMENT ON COLUMN analytics.channel_rule.campaign IS 'Pattern of utm_campaign';
COMMENT ON COLUMN analytics.channel_rule.referrer_host IS 'Pattern of the referring host, without www.';
COMMENT ON COLUMN analytics.channel_rule.click_id IS 'Pattern that the name of one of the click ids has to match';
COMMENT ON COLUMN analytics.channel_rule.platform IS 'Platform of such a touch; NULL leaves it to the rules after this one';
COMMENT ON COLUMN analytics.channel_rule.channel IS 'Channel; NULL leaves it to the rules after this one';
COMMENT ON COLUMN analytics.channel_rule.is_paid IS 'Whether it was paid for; NULL follows from the channel';
COMMENT ON COLUMN analytics.channel_rule.description IS 'What the rule is for';
COMMENT ON COLUMN analytics.channel_rule.builtin IS 'True for rows of the release; a user''s rule comes before all of them';

INSERT INTO analytics.platform (platform, family, category, ad_network, builtin) VALUES
    ('facebook', 'meta', NULL, true, true), ('instagram', 'meta', NULL, true, true), ('messenger', 'meta', NULL, false, true),
    ('whatsapp', 'meta', NULL, false, true), ('threads', 'meta', 'SOCIAL', false, true), ('audience_network', 'meta', NULL, false, true),
    ('google', 'google', NULL, true, true), ('youtube', 'google', NULL, false, true), ('google_display', 'google', NULL, false, true),
    ('google_play', 'google', 'SEARCH', false, true), ('gemini', 'google', 'AI', false, true),
    ('microsoft', 'microsoft', 'SEARCH', false, true), ('bing', 'microsoft', NULL, false, true), ('msn', 'microsoft', NULL, false, true),
    ('copilot', 'microsoft', 'AI', false, true), ('linkedin', 'linkedin', NULL, false, true), ('tiktok', 'tiktok', NULL, false, true),
    ('twitter', 'twitter', NULL, false, true), ('grok', 'twitter', 'AI', false, true), ('pinterest', 'pinterest', NULL, false, true),
    ('snapchat', 'snapchat', NULL, false, true), ('reddit', 'reddit', NULL, false, true), ('quora', 'quora', NULL, false, true),
    ('amazon', 'amazon', NULL, false, true), ('apple_search', 'apple', 'SEARCH', false, true), ('yahoo', 'yahoo', NULL, false, true),
    ('yandex', 'yandex', NULL, false, true), ('baidu', 'baidu', NULL, false, true), ('duckduckgo', 'duckduckgo', NULL, false, true),
    ('ecosia', 'ecosia', 'SEARCH', false, true), ('vk', 'vk', 'SOCIAL', false, true),
    ('odnoklassniki', 'odnoklassniki', 'SOCIAL', false, true), ('telegram', 'telegram', 'SOCIAL', false, true),
    ('viber', 'viber', 'SOCIAL', false, true), ('discord', 'discord', 'SOCIAL', false, true),
    ('bluesky', 'bluesky', 'SOCIAL', false, true), ('mastodon', 'mastodon', 'SOCIAL', false, true),
    ('vimeo', 'vimeo', NULL, false, true), ('twitch', 'amazon', NULL, false, true), ('spotify', 'spotify', NULL, false, true),
    ('chatgpt', 'openai', 'AI', false, true), ('claude', 'anthropic', 'AI', false, true),
    ('perplexity', 'perplexity', 'AI', false, true), ('outbrain', 'outbrain', NULL, false, true),
    ('taboola', 'taboola', NULL, false, true), ('criteo', 'criteo', NULL, false, true), ('mgid', 'mgid', NULL, false, true),
    ('propellerads', 'propellerads', NULL, false, true), ('adroll', 'adroll', NULL, false, true),
    ('the_trade_desk', 'the_trade_desk', NULL, false, true);

INSERT INTO analytics.source_alias (alias, platform, implies_paid, builtin) VALUES
    ('fb', 'facebook', false, true), ('fcb', 'facebook', false, true), ('facebook_ad', 'facebook', true, true),
    ('facebook_ads', 'facebook', true, true), ('facebookads', 'facebook', true, true), ('facebook_feed_ad', 'facebook', true, true),
    ('fb_ad', 'facebook', true, true), ('fb_ads', 'facebook', true, true), ('fbad', 'facebook', true, true),
    ('fbads', 'facebook', true, true), ('meta', 'facebook', false, true), ('meta_ads', 'facebook', true, true),
    ('metaads', 'facebook', true, true), ('facebook_mobile_feed', 'facebook', false, true),
    ('facebook_desktop_feed', 'facebook', false, true), ('facebook_stories', 'facebook', false, true),
    ('facebook_reels', 'facebook', false, true), ('facebook_marketplace', 'facebook', false, true),
    ('ig', 'instagram', false, true), ('insta', 'instagram', false, true), ('ig_ads', 'instagram', true, true),
    ('instagram_ads', 'instagram', true, true), ('instagramads', 'instagram', true, true), ('igshopping', 'instagram', false, true),
    ('instagram_feed', 'instagram', false, true), ('instagram_stories', 'instagram', false, true),
    ('instagram_reels', 'instagram', false, true), ('instagram_explore', 'instagram', false, true),
    ('msg', 'messenger', false, true), ('an', 'audience_network', false, true), ('wa', 'whatsapp', false, true),
    ('google_ads', 'google', true, true), ('googleads', 'google', true, true), ('google_adwords', 'google', true, true),
    ('adwords', 'google', true, true), ('gads', 'google', true, true), ('google_ad', 'google', true, true),
    ('dv360', 'google_display', true, true), ('dbm', 'google_display', true, true),
    ('yt', 'youtube', false, true), ('yt_ads', 'youtube', true, true), ('youtube_ads', 'youtube', true, true),
    ('microsoft_ads', 'microsoft', true, true), ('microsoftads', 'microsoft', true, true), ('msads', 'microsoft', true, true),
    ('bing_ads', 'microsoft', true, true), ('bingads', 'microsoft', true, true),
    ('linkedin_ads', 'linkedin', true, true), ('linkedinads', 'linkedin', true, true), ('li', 'linkedin', false, true),
    ('tiktok_ads', 'tiktok', true, true), ('tiktokads', 'tiktok', true, true), ('tik.tok', 'tiktok', false, true),
    ('tik_tok', 'tiktok', false, true), ('tt', 'tiktok', false, true),
    ('twitter_ads', 'twitter', true, true), ('twitterads', 'twitter', true, true), ('x', 'twitter', false, true),
    ('x_ads', 'twitter', true, true), ('tw', 'twitter', false, true),
    ('pinterest_ads', 'pinterest', true, true), ('pinterestads', 'pinterest', true, true), ('pin', 'pinterest', false, true),
    ('snapchat_ads', 'snapchat', true, true), ('snap', 'snapchat', false, true), ('snap_ads', 'snapchat', true, true),
    ('reddit_ads', 'reddit', true, true), ('redditads', 'reddit', true, true), ('quora_ads', 'quora', true, true),
    ('amazon_ads', 'amazon', true, true), ('amazonads', 'amazon', true, true), ('spotify_ads', 'spotify', true, true),
    ('apple_search_ads', 'apple_search', true, true), ('apple_ads', 'apple_search', true, true), ('asa', 'apple_search', true, true),
    ('yandex_direct', 'yandex', true, true), ('yandexdirect', 'yandex', true, true), ('vkontakte', 'vk', false, true),
    ('vk_ads', 'vk', true, true), ('ok', 'odnoklassniki', false, true), ('tg', 'telegram', false, true),
    ('telegram_ads', 'telegram', true, true), ('thetradedesk', 'the_trade_desk', true, true), ('ttd', 'the_trade_desk', true, true),
    ('(direct)', 'direct', false, true);

INSERT INTO analytics.click_id (parameter, platform, channel, is_paid, builtin) VALUES
    ('gclid', 'google', 'Paid Search', true, true), ('wbraid', 'google', 'Paid Search', true, true),
    ('gbraid', 'google', 'Paid Search', true, true), ('gad_source', 'google', 'Paid Search', true, true),
    ('gad_campaignid', 'google', 'Paid Search', true, true), ('dclid', 'google_display', 'Display', true, true),
    ('srsltid', 'google', 'Organic Shopping', false, true), ('msclkid', 'microsoft', 'Paid Search', true, true),
    ('yclid', 'yandex', 'Paid Search', true, true), ('ysclid', 'yandex', 'Organic Search', false, true),
    ('fbclid', 'facebook', NULL, NULL, true), ('igshid', 'instagram', 'Organic Social', false, true),
    ('igsh', 'instagram', 'Organic Social', false, true), ('ttclid', 'tiktok', 'Paid Social', true, true),
    ('twclid', 'twitter', 'Paid Social', true, true), ('li_fat_id', 'linkedin', 'Paid Social', true, true),
    ('epik', 'pinterest', 'Paid Social', true, true), ('rdt_cid', 'reddit', 'Paid Social', true, true),
    ('sccid', 'snapchat', 'Paid Social', true, true), ('qclid', 'quora', 'Paid Social', true, true),
    ('ob_click_id', 'outbrain', 'Paid Other', true, true), ('dicbo', 'outbrain', 'Paid Other', true, true),
    ('tblci', 'taboola', 'Paid Other', true, true), ('awc', 'awin', 'Affiliates', false, true),
    ('cjevent', 'cj', 'Affiliates', false, true), ('irclickid', 'impact', 'Affiliates', false, true),
    ('mc_cid', 'email', 'Email', false, true), ('mc_eid', 'email', 'Email', false, true), ('mkt_tok', 'email', 'Email', false, true),
    ('_hsenc', 'email', 'Email', false, true), ('_hsmi', 'email', 'Email', false, true), ('_kx', 'email', 'Email', false, true),
    ('vero_id', 'email', 'Email', false, true);

-- Hosts that the public lists lack, or that are not what the domain above them is.
INSERT INTO analytics.source_host (host, platform, category, builtin) VALUES
    ('mail.google.com', 'email', 'EMAIL', true), ('com.google.android.gm', 'email', 'EMAIL', true),
    ('mail.yahoo.com', 'email', 'EMAIL', true), ('outlook.live.com', 'email', 'EMAIL', true), ('outlook.com', 'email', 'EMAIL', true),
    ('outlook.office.com', 'email', 'EMAIL', true), ('outlook.office365.com', 'email', 'EMAIL', true),
    ('mail.proton.me', 'email', 'EMAIL', true), ('mail.aol.com', 'email', 'EMAIL', true), ('mail.ukr.net', 'email', 'EMAIL', true),
    ('e.mail.ru', 'email', 'EMAIL', true), ('mail.yandex.{}', 'email', 'EMAIL', true), ('mail.rambler.ru', 'email', 'EMAIL', true),
    ('email.seznam.cz', 'email', 'EMAIL', true), ('accounts.google.com', 'google', NULL, true), ('docs.google.com', 'google', NULL, true),
    ('drive.google.com', 'google', NULL, true), ('calendar.google.com', 'google', NULL, true), ('meet.google.com', 'google', NULL, true),
    ('classroom.google.com', 'google', NULL, true), ('googleadservices.com', 'google', NULL, true),
    ('doubleclick.net', 'google_display', NULL, true),
    ('telegram.org', 'telegram', 'SOCIAL', true), ('telegram.me', 'telegram', 'SOCIAL', true), ('viber.com', 'viber', 'SOCIAL', true),
    ('wa.me', 'whatsapp', 'SOCIAL', true), ('ok.ru', 'odnoklassniki', 'SOCIAL', true), ('m.me', 'messenger', 'SOCIAL', true),
    ('ig.me', 'instagram', 'SOCIAL', true), ('com.facebook.katana', 'facebook', 'SOCIAL', true),
    ('com.instagram.android', 'instagram', 'SOCIAL', true), ('com.twitter.android', 'twitter', 'SOCIAL', true),
    ('com.pinterest', 'pinterest', 'SOCIAL', true), ('com.viber.voip', 'viber', 'SOCIAL', true);

-- "paid" is GA4's ^(.*cp.*|ppc|retargeting|paid.*)$, "shop" its ^(.*(([^a-df-z]|^)shop|shopping).*)$: eshop is a shop, workshop is not.
INSERT INTO analytics.channel_group_rule ("position", channel, source, medium, campaign, category, builtin) VALUES
    (10, 'Direct', '(direct)', '', NULL, NULL, true),
    (20, 'Cross-network', NULL, NULL, '*cross-network*', NULL, true),
    (30, 'Paid Shopping', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SHOPPING', true),
    (31, 'Paid Shopping', NULL, '*cp*|ppc|retargeting|paid*', 'shop*|*[^a-df-z]shop*|*shopping*', NULL, true),
    (40, 'Paid Search', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SEARCH', true),
    (50, 'Paid Social', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'SOCIAL', true),
    (60, 'Paid Video', NULL, '*cp*|ppc|retargeting|paid*', NULL, 'VIDEO', true),
    (70, 'Display', NULL, 'display|banner|expandable|interstitial|cpm', NULL, NULL, true),
    (80, 'Paid Other', NULL, '*cp*|ppc|retargeting|paid*', NULL, NULL, true),
    (90, 'Organic Shopping', NULL, NULL, NULL, 'SHOPPING', true),
    (91, 'Organic Shopping', NULL, NULL, 'shop*|*[^a-df-z]shop*|*shopping*', NULL, true),
    (100, 'Organic Social', NULL, NULL, NULL, 'SOCIAL', true),
    (101, 'Organic Social', NULL, 'social|social-network|social-media|sm|social network|social media', NULL, NULL, true),
    (110, 'Organic Video', NULL, NULL, NULL, 'VIDEO', true),
    (111, 'Organic Video', NULL, '*video*', NULL, NULL, true),
    (120, 'Organic Search', NULL, NULL, NULL, 'SEARCH', true),
    (121, 'Organic Search', NULL, 'organic', NULL, NULL, true),
    (130, 'AI Assistant', NULL, NULL, NULL, 'AI', true),
    (131, 'AI Assistant', NULL, 'ai-assistant', NULL, NULL, true),
    (140, 'Referral', NULL, 'referral|app|link', NULL, NULL, true),
    (150, 'Email', 'email|e-mail|e_mail|e mail', NULL, NULL, NULL, true),
    (151, 'Email', NULL, 'email|e-mail|e_mail|e mail', NULL, NULL, true),
    (152, 'Email', NULL, NULL, NULL, 'EMAIL', true),
    (160, 'Affiliates', NULL, 'affiliate', NULL, NULL, true),
    (170, 'Audio', NULL, 'audio', NULL, NULL, true),
    (180, 'SMS', 'sms', NULL, NULL, NULL, true),
    (181, 'SMS', NULL, 'sms', NULL, NULL, true),
    (190, 'Mobile Push Notifications', NULL, '*push|*mobile*|*notification*', NULL, NULL, true),
    (191, 'Mobile Push Notifications', 'firebase', NULL, NULL, NULL, true);

INSERT INTO analytics.channel_rule
    (priority, source_type, source, medium, campaign, referrer_host, click_id, platform, channel, is_paid, description, builtin) VALUES
    (10, NULL, 'email|e-mail|e_mail|e mail', NULL, NULL, NULL, NULL, 'email', 'Email', false, 'utm_source says email', true),
    (20, NULL, NULL, 'email|e-mail|e_mail|e mail', NULL, NULL, NULL, 'email', 'Email', false, 'utm_medium says email', true),
    (30, NULL, 'viber', NULL, NULL, NULL, NULL, 'viber', NULL, NULL, 'utm_source says viber', true),
    (40, NULL, 'telegram|tg', NULL, NULL, NULL, NULL, 'telegram', NULL, NULL, 'utm_source says telegram', true),
    (50, '*event*', '|(direct)', '', NULL, NULL, '', 'event', 'Unassigned', false,
        'met at an event; a source, a medium or a click id says more', true),
    (60, NULL, '(direct)', '', '|(direct)', '', '', 'direct', 'Direct', false, 'nothing but the mark of a direct visit', true),
    (70, 'direct|(direct)', '', '', '', '', '', 'direct', 'Direct', false, 'nothing but a direct source_type', true);

-- Readers need the rules, and pg_dump as the owner of the database has to read and restore the user's.
GRANT SELECT ON analytics.platform, analytics.effective_platform, analytics.source_category, analytics.source_host,
    analytics.source_alias, analytics.click_id, analytics.channel_group_rule, analytics.channel_rule TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.platform, analytics.source_category, analytics.source_host,
    analytics.source_alias, analytics.click_id, analytics.channel_group_rule, analytics.channel_rule
    TO @extowner@ WITH GRANT OPTION;

SELECT pg_extension_config_dump('analytics.platform', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.source_category', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.source_host', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.source_alias', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.click_id', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.channel_group_rule', 'WHERE NOT builtin');
SELECT pg_extension_config_dump('analytics.channel_rule', 'WHERE NOT builtin');
