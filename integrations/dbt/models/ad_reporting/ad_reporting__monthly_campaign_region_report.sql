SELECT source_relation, date_month, platform, account_id, account_name, campaign_id, campaign_name, region, clicks, impressions, spend,
       conversions, conversions_value, business_id, currency
FROM {{ source('warehouse', 'ad_reporting__monthly_campaign_region_report') }}
