{{ config(materialized='view') }}
SELECT business_id, date_day, platform, impressions, clicks, spend, leads, contracts, revenue
FROM {{ source('warehouse', 'v_kpi_daily') }}
