-- Files that people download, with the names that the pages of the platforms write, and tables that dbt makes. A row without a campaign is
-- a sum of others.
INSERT INTO analytics_internal.source_preset VALUES
    ('google_ads_csv', 'ad_performance', $p${"platform": "'google'", "date": ["Day", "Date"], "account_id": ["Customer ID", "Account"],
        "campaign_id": ["Campaign ID", "Campaign"], "campaign_name": "Campaign", "ad_group_id": ["Ad group ID", "Ad group"],
        "ad_id": "Ad ID", "impressions": ["Impr.", "Impressions"], "clicks": "Clicks", "spend": "Cost",
        "platform_conversions": "Conversions", "conversions_value": ["Conv. value", "Conversion value"],
        "currency": ["Currency code", "Currency"]}$p$,
        $o${"filter": ["\"Day\" !~ '^[Tt]otal' AND btrim(\"Campaign\") NOT IN ('', '--')", "\"Day\" !~ '^[Tt]otal'"],
            "sum": ["Network.*", "Device", "Hour.*", "Click type", "Keyword.*", "Search.*"]}$o$),
    -- The currency is in the name of the column: Amount spent (EUR). Of a period that is longer than a day no day is known.
    ('meta_ads_csv', 'ad_performance', $p${"platform": "'facebook'",
        "date": ["CASE WHEN \"Reporting starts\" = \"Reporting ends\" THEN \"Reporting starts\" END", "Day", "Date"],
        "account_id": "Account ID", "campaign_id": ["Campaign ID", "Campaign name"], "campaign_name": "Campaign name",
        "ad_group_id": ["Ad set ID", "Ad Set ID", "Ad set name", "Ad Set Name"], "ad_id": ["Ad ID", "Ad name", "Ad Name"],
        "impressions": "Impressions", "clicks": ["Clicks (all)", "Link clicks"], "link_clicks": "Link clicks",
        "spend": "~Amount spent \\(...\\)", "currency": ["=~Amount spent \\((...)\\)", "Currency"],
        "platform_conversions": ["Results", "Leads", "Purchases"],
        "conversions_value": ["Purchases conversion value", "Website purchases conversion value"]}$p$,
        $o${"filter": "btrim(\"Campaign name\") <> ''",
            "sum": ["Age", "Gender", "Country", "Region", "Placement", "Platform.*", "Device.*"]}$o$),
    -- Rows without a total are further lines of an order.
    ('shopify_orders_csv', 'contracts', $p${"contract_id": ["Name", "Id"], "client_id":
            "translate(btrim(\"Email\"), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')",
        "signed_at": ["Paid at", "Created at"],
        "amount": ["analytics.try_numeric(\"Total\"::text) - COALESCE(analytics.try_numeric(\"Refunded Amount\"::text), 0)", "Total"],
        "currency": "Currency"}$p$,
        $o${"filter": ["btrim(\"Total\"::text) <> '' AND COALESCE(btrim(\"Cancelled at\"::text), '') = ''",
            "btrim(\"Total\"::text) <> ''"]}$o$),
    ('dbt_ad_reporting', 'ad_performance', $p${"date": "date_day", "platform": "platform", "platform_conversions": "conversions"}$p$,
        '{"sum": true}'),
    -- Lists of holidays: as calendars export them, the public ones of Nager.Date, and those that people made for Prophet.
    ('google_calendar_csv', 'calendar_events', '{"name": "Subject", "first_day": "Start Date", "last_day": "End Date"}', '{}'),
    ('nager_date', 'calendar_events', '{"name": ["localName", "local_name"], "first_day": "date",
        "region": ["countryCode", "country_code"]}', '{}'),
    ('prophet_holidays', 'calendar_events', '{"name": "holiday", "first_day": ["(ds::date + lower_window::int)", "ds"],
        "last_day": ["(ds::date + upper_window::int)", "ds"]}', '{}');
