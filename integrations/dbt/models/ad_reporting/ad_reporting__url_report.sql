SELECT source_relation, date_day, platform, account_id, account_name, campaign_id, campaign_name, ad_group_id, ad_group_name, base_url,
       url_host, url_path, utm_source, utm_medium, utm_campaign, utm_content, utm_term, clicks, impressions, spend, conversions,
       conversions_value, business_id, currency
FROM {{ source('warehouse', 'ad_reporting__url_report') }}
