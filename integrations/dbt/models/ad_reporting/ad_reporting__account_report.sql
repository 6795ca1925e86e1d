SELECT source_relation, date_day, platform, account_id, account_name, clicks, impressions, spend, conversions, conversions_value,
       business_id, currency
FROM {{ source('warehouse', 'ad_reporting__account_report') }}
