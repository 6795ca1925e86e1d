SELECT source_relation, date_day, platform, account_id, account_name, campaign_id, campaign_name, ad_group_id, ad_group_name, ad_id,
       ad_name, clicks, impressions, spend, conversions, conversions_value, business_id, currency
FROM {{ source('warehouse', 'ad_reporting__ad_report') }}
