-- Fivetran. It keeps no row twice, and reports finer than by day are parts of it.
INSERT INTO analytics_internal.source_preset VALUES
    ('fivetran_facebook_ads', 'ad_performance', '{"platform": "''facebook''", "campaign_id": "campaign_id",
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_id": "ad_id", "clicks": "inline_link_clicks",
        "link_clicks": "inline_link_clicks", "currency": ["currency", "account_currency"]}', '{"sum": true}'),
    ('fivetran_facebook_ads', 'campaigns', '{"platform": "''facebook''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "daily_budget": "analytics.try_numeric(daily_budget::text) / {minor_units}",
        "updated_at": "updated_time"}', '{}'),
    ('fivetran_facebook_ads', 'ad_creatives', '{"platform": "''facebook''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_group_name": ["ad_set_name", "adset_name"], "campaign_id": "campaign_id",
        "creative_id": "creative_id", "link_url": ["link_url", "page_link", "template_page_link"], "updated_at": "updated_time"}', '{}'),
    -- In ad_group_stats id is the ad group, in campaign_stats, which has no campaign_id, it is the campaign.
    ('fivetran_google_ads', 'ad_performance', '{"platform": "''google''", "account_id": "customer_id", "campaign_id": ["campaign_id", "id"],
        "ad_group_id": ["COALESCE(ad_group_id::text, substring(ad_group::text, ''[0-9]+$''))", "ad_group_id",
        "substring(ad_group::text, ''[0-9]+$'')", "CASE WHEN campaign_id IS NOT NULL THEN id END"],
        "ad_id": "ad_id", "spend": "cost_micros / 1000000.0", "platform_conversions": "conversions",
        "conversions_value": "conversions_value"}', '{"sum": true}'),
    ('fivetran_google_ads', 'campaigns', '{"platform": "''google''", "campaign_id": "id", "campaign_name": "name", "status": "status",
        "updated_at": "updated_at"}', '{}'),
    ('fivetran_google_ads', 'ad_creatives', E'{"platform": "''google''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": "ad_group_id", "ad_group_name": "ad_group_name", "campaign_id": "campaign_id",
        "link_url": "btrim(split_part(btrim(final_urls::text, ''[]''), '','', 1), '' \\"'')",
        "updated_at": "updated_at"}', '{}'),
    ('fivetran_microsoft_ads', 'ad_performance', '{"platform": "''microsoft_ads''", "date": "date", "account_id": "account_id",
        "campaign_id": "campaign_id", "ad_group_id": "ad_group_id", "ad_id": "ad_id", "spend": "spend", "currency": "currency_code",
        "platform_conversions": ["COALESCE(conversions_qualified, conversions)", "conversions"], "conversions_value": "revenue"}',
        '{"sum": true}'),
    ('fivetran_microsoft_ads', 'campaigns', '{"platform": "''microsoft_ads''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "updated_at": "modified_time"}', '{}'),
    ('fivetran_linkedin_ads', 'ad_performance', '{"platform": "''linkedin''", "date": "day", "campaign_id": "campaign_id",
        "ad_id": "creative_id", "spend": "cost_in_local_currency", "link_clicks": "landing_page_clicks",
        "platform_conversions": ["COALESCE(external_website_conversions, 0) + COALESCE(one_click_leads, 0)",
        "external_website_conversions"], "conversions_value": "conversion_value_in_local_currency"}', '{"sum": true}'),
    ('fivetran_linkedin_ads', 'campaigns', '{"platform": "''linkedin''", "campaign_id": "id", "campaign_name": "name", "status": "status",
        "updated_at": ["last_modified_time", "last_modified_at"]}', '{}'),
    ('fivetran_tiktok_ads', 'ad_performance', '{"platform": "''tiktok''", "date": ["stat_time_hour", "stat_time_day"],
        "account_id": "advertiser_id", "campaign_id": "campaign_id", "ad_group_id": "adgroup_id", "ad_id": "ad_id", "spend": "spend",
        "platform_conversions": "conversion", "conversions_value": "total_purchase_value"}', '{"sum": true}'),
    ('fivetran_tiktok_ads', 'campaigns', '{"platform": "''tiktok''", "campaign_id": ["campaign_id", "id"],
        "campaign_name": ["campaign_name", "name"], "status": "operation_status", "updated_at": "updated_at"}', '{}'),
    ('fivetran_snapchat_ads', 'ad_performance', '{"platform": "''snapchat''", "date": "date", "account_id": "ad_account_id",
        "campaign_id": "campaign_id", "ad_group_id": "ad_squad_id", "ad_id": "ad_id", "clicks": "swipes", "spend": "spend / 1000000.0",
        "platform_conversions": "conversion_purchases", "conversions_value": "conversion_purchases_value / 1000000.0"}', '{"sum": true}'),
    ('fivetran_snapchat_ads', 'campaigns', '{"platform": "''snapchat''", "campaign_id": "id", "campaign_name": "name", "status": "status",
        "updated_at": ["updated_at", "_fivetran_synced"]}', '{}'),
    ('fivetran_pinterest_ads', 'ad_performance', '{"platform": "''pinterest''", "date": "date", "account_id": ["advertiser_id",
        "ad_account_id"], "campaign_id": "campaign_id", "campaign_name": "campaign_name", "ad_group_id": "ad_group_id",
        "ad_id": "pin_promotion_id", "impressions": ["COALESCE(impression_1, 0) + COALESCE(impression_2, 0)", "impressions"],
        "clicks": ["COALESCE(clickthrough_1, 0) + COALESCE(clickthrough_2, 0)", "clicks"],
        "spend": "spend_in_micro_dollar / 1000000.0", "currency": "''USD''", "platform_conversions": "total_conversions",
        "conversions_value": "total_conversions_value_in_micro_dollar / 1000000.0"}', '{"sum": true}'),
    ('fivetran_pinterest_ads', 'campaigns', '{"platform": "''pinterest''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "updated_at": ["updated_time", "_fivetran_synced"]}', '{}'),
    ('fivetran_reddit_ads', 'ad_performance', '{"platform": "''reddit''", "date": "date", "account_id": "account_id",
        "campaign_id": "campaign_id", "ad_group_id": "ad_group_id", "ad_id": "ad_id", "spend": "spend / 1000000.0"}', '{"sum": true}'),
    ('fivetran_reddit_ads', 'campaigns', '{"platform": "''reddit''", "campaign_id": "id", "campaign_name": "name",
        "status": ["effective_status", "configured_status"], "updated_at": "_fivetran_synced"}', '{}'),
    ('fivetran_twitter_ads', 'ad_performance', '{"platform": "''twitter''", "date": "date", "account_id": "account_id",
        "campaign_id": "campaign_id", "ad_group_id": "line_item_id", "ad_id": "promoted_tweet_id", "link_clicks": "url_clicks",
        "spend": "billed_charge_local_micro / 1000000.0", "platform_conversions": "conversion_purchases_metric",
        "conversions_value": "conversion_purchases_sale_amount / 1000000.0"}', '{"sum": true}'),
    ('fivetran_twitter_ads', 'campaigns', '{"platform": "''twitter''", "campaign_id": "id", "campaign_name": "name",
        "status": "entity_status", "daily_budget": "daily_budget_amount_local_micro / 1000000.0", "updated_at": "updated_at"}', '{}'),
    ('fivetran_amazon_ads', 'ad_performance', '{"platform": "''amazon''", "date": "date", "campaign_id": "campaign_id",
        "ad_group_id": "ad_group_id", "ad_id": "ad_id", "spend": "cost", "currency": "campaign_budget_currency_code",
        "platform_conversions": ["purchases_30_d", "purchases_14_d", "purchases_7_d"],
        "conversions_value": ["sales_30_d", "sales_14_d", "sales_7_d"]}', '{"sum": true}'),
    ('fivetran_amazon_ads', 'campaigns', '{"platform": "''amazon''", "campaign_id": "id", "campaign_name": "name", "status": "state",
        "daily_budget": "budget", "updated_at": "last_updated_date"}', '{}'),
    ('fivetran_apple_search_ads', 'ad_performance', '{"platform": "''apple_search_ads''", "date": "date",
        "campaign_id": ["campaign_id", "id"], "ad_group_id": "ad_group_id", "ad_id": "ad_id", "clicks": "taps",
        "spend": "local_spend_amount", "currency": "local_spend_currency", "platform_conversions": ["conversions", "tap_installs"]}',
        '{"sum": true}'),
    ('fivetran_apple_search_ads', 'campaigns', '{"platform": "''apple_search_ads''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "daily_budget": "daily_budget_amount", "updated_at": "modification_time"}', '{}');
-- Reports without a currency have it in the table of their accounts, which stands beside them.
UPDATE analytics_internal.source_preset p
SET columns = p.columns || jsonb_build_object('currency', COALESCE(p.columns -> 'currency', '["currency"]') || to_jsonb(format(
        '(SELECT a.%I FROM {schema}.%I AS a WHERE a.id::text = %I::text ORDER BY a.%I DESC NULLS LAST LIMIT 1)',
        a.currency, a.accounts, a.account, a.newest)))
FROM (VALUES
    ('fivetran_facebook_ads', 'account_history', 'account_id', 'currency', '_fivetran_synced'),
    ('fivetran_google_ads', 'account_history', 'customer_id', 'currency_code', 'updated_at'),
    ('fivetran_tiktok_ads', 'advertiser', 'advertiser_id', 'currency', '_fivetran_synced'),
    ('fivetran_snapchat_ads', 'ad_account_history', 'ad_account_id', 'currency', '_fivetran_synced'),
    ('fivetran_reddit_ads', 'account', 'account_id', 'currency', '_fivetran_synced')
) a (preset, accounts, account, currency, newest)
WHERE p.preset = a.preset AND p.entity = 'ad_performance';
-- Those of LinkedIn and X name no account that has one: by campaign, line item or ad it is that of what these belong to. Histories are long
-- and have an index of their ids; where a report has ids of another type, they are compared as text.
UPDATE analytics_internal.source_preset p
SET columns = p.columns || jsonb_build_object('currency', '["currency"]'::jsonb || j.lookups::jsonb
    || regexp_replace(j.lookups, '([a-z_.]+) = ([a-z_.]+)', E'\\1::text = \\2::text', 'g')::jsonb)
FROM (VALUES
    ('fivetran_linkedin_ads', '["(SELECT a.currency
        FROM {schema}.campaign_history AS c JOIN {schema}.account_history AS a ON a.id = c.account_id
        WHERE c.id = campaign_id
        ORDER BY c._fivetran_synced DESC NULLS LAST, a._fivetran_synced DESC NULLS LAST LIMIT 1)", "(SELECT a.currency
        FROM {schema}.creative_history AS v
        JOIN {schema}.campaign_history AS c ON c.id = v.campaign_id
        JOIN {schema}.account_history AS a ON a.id = c.account_id
        WHERE v.id = creative_id
        ORDER BY v._fivetran_synced DESC NULLS LAST, c._fivetran_synced DESC NULLS LAST, a._fivetran_synced DESC NULLS LAST LIMIT 1)"]'),
    ('fivetran_twitter_ads', '["(SELECT c.currency FROM {schema}.campaign_history AS c
        WHERE c.id = campaign_id ORDER BY c.updated_at DESC NULLS LAST LIMIT 1)", "(SELECT i.currency FROM {schema}.line_item_history AS i
        WHERE i.id = line_item_id ORDER BY i.updated_at DESC NULLS LAST LIMIT 1)", "(SELECT i.currency
        FROM {schema}.promoted_tweet_history AS t JOIN {schema}.line_item_history AS i ON i.id = t.line_item_id
        WHERE t.id = promoted_tweet_id ORDER BY t.updated_at DESC NULLS LAST, i.updated_at DESC NULLS LAST LIMIT 1)"]')
) l (preset, lines),
LATERAL (SELECT regexp_replace(l.lines, E'\\n *', ' ', 'g') AS lookups) j
WHERE p.preset = l.preset AND p.entity = 'ad_performance';
