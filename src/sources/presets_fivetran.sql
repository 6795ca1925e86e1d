-- Fivetran.
INSERT INTO analytics_internal.source_preset VALUES
    ('fivetran_facebook_ads', 'ad_performance', '{"platform": "''facebook''", "campaign_id": "campaign_id",
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_id": "ad_id", "clicks": "inline_link_clicks",
        "link_clicks": "inline_link_clicks", "currency": ["currency", "account_currency"]}'),
    ('fivetran_facebook_ads', 'campaigns', '{"platform": "''facebook''", "campaign_id": "id", "campaign_name": "name",
        "status": "status", "daily_budget": "analytics.try_numeric(daily_budget::text) / 100", "updated_at": "updated_time"}'),
    ('fivetran_facebook_ads', 'ad_creatives', '{"platform": "''facebook''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": ["ad_set_id", "adset_id"], "ad_group_name": ["ad_set_name", "adset_name"], "campaign_id": "campaign_id",
        "creative_id": "creative_id", "link_url": ["link_url", "page_link", "template_page_link"], "updated_at": "updated_time"}'),
    -- In ad_group_stats id is the ad group, in campaign_stats, which has no campaign_id, it is the campaign.
    ('fivetran_google_ads', 'ad_performance', '{"platform": "''google''", "account_id": "customer_id", "campaign_id": ["campaign_id", "id"],
        "ad_group_id": ["ad_group_id", "substring(ad_group::text, ''[0-9]+$'')", "CASE WHEN campaign_id IS NOT NULL THEN id END"],
        "ad_id": "ad_id", "spend": "cost_micros / 1000000.0", "platform_conversions": "conversions"}'),
    ('fivetran_google_ads', 'campaigns', '{"platform": "''google''", "campaign_id": "id", "campaign_name": "name", "status": "status",
        "updated_at": "updated_at"}'),
    ('fivetran_google_ads', 'ad_creatives', E'{"platform": "''google''", "ad_id": ["ad_id", "id"], "ad_name": ["ad_name", "name"],
        "ad_group_id": "ad_group_id", "ad_group_name": "ad_group_name", "campaign_id": "campaign_id",
        "link_url": "btrim(split_part(btrim(final_urls::text, ''[]''), '','', 1), '' \\"'')",
        "updated_at": "updated_at"}');
