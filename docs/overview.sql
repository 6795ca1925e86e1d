-- The picture of README.md: answers of six calls on the demo data, as a page of HTML. To render it, in a database with the demo data:
--   psql -qAtX -f docs/overview.sql -o overview.html
--   chromium --headless --no-sandbox --hide-scrollbars --window-size=1200,708 --screenshot=docs/overview.png overview.html
SET TIME ZONE 'UTC';
SELECT $html$<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; padding: 22px 26px; width: 1148px; font: 14px "DejaVu Sans", sans-serif; color: #1c2733; background: #f3f5f8 }
.grid { display: grid; grid-template-columns: repeat(12, 1fr); gap: 14px }
.panel { background: #fff; border: 1px solid #dfe4ea; border-radius: 8px; padding: 12px 16px; grid-column: span 6 }
.tile { grid-column: span 2 } .tile b { font-size: 24px; display: block; margin: 3px 0 1px }
h1 { font-size: 19px; margin: 0 0 14px } h1 span { font-weight: normal; font-size: 14px; color: #66717d }
h2 { font-size: 14px; margin: 0 } code { font: 11px "DejaVu Sans Mono", monospace; color: #66717d; display: block; margin: 3px 0 9px }
.up { color: #18794e } .down { color: #b42318 } .note { font-size: 12px }
p { margin: 0 0 9px; font-size: 12.5px; line-height: 1.4 } svg { display: block } text { font: 11px "DejaVu Sans", sans-serif; fill: #66717d }
.tag { display: inline-block; border-radius: 4px; color: #fff; font-size: 11px; padding: 1px 7px; margin-right: 6px }
.critical, .pause { background: #b42318 } .warning, .monitor { background: #b7791f } .scale { background: #18794e } .info { background: #66717d }
</style><h1>October 2025 <span>at a school with courses in 13 cities; every panel is the answer of one SQL call</span></h1><div class="grid">$html$;

-- Key figures, and the change since September.
SELECT format('<div class="panel tile">%s<b>%s</b><span class="note %s">%s %% vs. Sept.</span></div>', name, to_char(figure, shape),
              CASE WHEN (change > 0) = more_is_better THEN 'up' ELSE 'down' END, to_char(change, 'FMSG990.0'))
FROM analytics.kpi_timeseries('2025-10-01', '2025-10-31', 'month', compare => 'previous_period') k
CROSS JOIN LATERAL (VALUES
    ('Leads', k.leads::numeric, k.leads_change_pct, true, 'FM9,999,999'),
    ('Contracts', k.n_contracts::numeric, k.n_contracts_change_pct, true, 'FM9,999,999'),
    ('Revenue', k.revenue, k.revenue_change_pct, true, 'FM99,999,999'),
    ('Spend', k.spend, k.spend_change_pct, false, 'FM9,999,999'),
    ('Cost per lead', k.cpl, k.cpl_change_pct, false, 'FM990.0'),
    ('ROAS', k.roas, k.roas_change_pct, true, 'FM990.0')) t (name, figure, change, more_is_better, shape);

-- Leads per day, and what is to come.
WITH days AS (
    SELECT row_number() OVER (ORDER BY dt) - 1 AS n, dt, leads::float8 AS leads, NULL::float8 AS low, NULL::float8 AS high
    FROM analytics.trend_leads('2025-10-01', '2025-10-31')
    UNION ALL
    SELECT 30 + row_number() OVER (ORDER BY dt), dt, forecast, low, high FROM analytics.forecast_metric('leads', 14, as_of => '2025-10-31')
), points AS (
    SELECT n, dt, low IS NOT NULL AS is_forecast, 30 + n * 11.4 AS x, 175 - leads * 1.3 AS y, 175 - low * 1.3 AS y_low, 175 - high * 1.3 AS y_high FROM days
)
SELECT '<div class="panel"><h2>Leads per day, and the next two weeks with their 90 % interval</h2><code>analytics.trend_leads(...), '
    || 'analytics.forecast_metric(''leads'', 14)</code><svg width="545" height="195">'
    || (SELECT string_agg(format('<line x1="28" x2="545" y1="%s" y2="%s" stroke="#e8ecf0"/><text x="0" y="%s">%s</text>', 175 - v * 1.3, 175 - v * 1.3, 179 - v * 1.3, v), '')
        FROM unnest('{0,40,80,120}'::int[]) v)
    || string_agg(format('<rect x="%s" y="%s" width="8.6" height="%s" fill="#2f6fde"/>', x, y, 175 - y), '') FILTER (WHERE NOT is_forecast)
    || '<polygon fill="#f6d3b8" points="' || string_agg(x + 4 || ',' || y_high, ' ' ORDER BY n) FILTER (WHERE is_forecast) || ' '
    || string_agg(x + 4 || ',' || y_low, ' ' ORDER BY n DESC) FILTER (WHERE is_forecast) || '"/><polyline fill="none" stroke="#c2570c" stroke-width="2" points="'
    || string_agg(x + 4 || ',' || y, ' ' ORDER BY n) FILTER (WHERE is_forecast) || '"/>'
    || string_agg(format('<text x="%s" y="192">%s</text>', x - 4, to_char(dt, 'DD Mon')), '') FILTER (WHERE n IN (0, 10, 20, 31, 41)) || '</svg></div>'
FROM points;

-- Who earned the contracts: the same contracts by four models.
WITH credit AS (
    SELECT m.model, m.place, a.key, (a.conversions ->> m.model)::float8 AS contracts
    FROM analytics.attribution_compare('2025-10-01', '2025-10-31') a,
         unnest('{first,linear,last_paid,last}'::text[]) WITH ORDINALITY m (model, place)
    WHERE a.key IN ('paid_search', 'google', 'facebook', 'event')
), bars AS (
    SELECT *, COALESCE(sum(contracts) OVER (PARTITION BY model ORDER BY key DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
           CASE key WHEN 'paid_search' THEN '#2f6fde' WHEN 'google' THEN '#18794e' WHEN 'facebook' THEN '#b42318' ELSE '#b7791f' END AS color
    FROM credit
)
SELECT '<div class="panel"><h2>Contracts earned by known platforms, by four models</h2><code>analytics.attribution_compare(''2025-10-01'', ''2025-10-31'')</code>'
    || '<svg width="545" height="195">'
    || string_agg(format('<rect x="%s" y="%s" width="%s" height="24" fill="%s"/>', 80 + before * 2.4, place * 38 - 28, contracts * 2.4, color), '')
    || string_agg(format('<text x="0" y="%s">%s</text>', place * 38 - 12, model), '') FILTER (WHERE key = 'google')
    || (SELECT string_agg(format('<text x="%s" y="%s">%s</text>', 86 + sum * 2.4, place * 38 - 12, round(sum)), '')
        FROM (SELECT place, sum(contracts) FROM credit GROUP BY place) s)
    || (SELECT string_agg(format('<rect x="%s" y="172" width="11" height="11" fill="%s"/><text x="%s" y="182">%s</text>', 80 + 110 * n, color, 96 + 110 * n, key), '')
        FROM (SELECT key, color, row_number() OVER (ORDER BY key DESC) - 1 AS n FROM (SELECT DISTINCT key, color FROM bars) k) l) || '</svg></div>'
FROM bars;

SELECT '<div class="panel"><h2>What is unusual, beyond chance</h2><code>analytics.anomalies(''2025-10-20'', ''2025-10-31'')</code>'
    || string_agg(format('<p><span class="tag %s">%s</span><b>%s</b><br>%s</p>', severity, replace(anomaly_type, '_', ' '), campaign_name, reason), '') || '</div>'
FROM analytics.anomalies('2025-10-20', '2025-10-31');

SELECT '<div class="panel"><h2>What to do with the budget</h2><code>analytics.reco_budget(''2025-10-01'', ''2025-10-31'', objective => ''leads'')</code>'
    || string_agg(format('<p><span class="tag %s">%s %s %%</span><b>%s</b><br>%s</p>', action, action, to_char(change_pct, 'FMSG990'), campaign_name, reason), '') || '</div>'
FROM analytics.reco_budget('2025-10-01', '2025-10-31', row_limit => 3, objective => 'leads');
SELECT '</div>';
