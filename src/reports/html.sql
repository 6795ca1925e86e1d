-- The pieces that reports are made of. A page is XML as well as HTML; what users write is escaped where it becomes a part of it.

CREATE FUNCTION analytics_internal.report_number(x numeric, decimals int DEFAULT 0) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT to_char(round(x, decimals),
                   'FM999,999,999,999,999,999,990' || CASE WHEN decimals > 0 THEN rpad('.', decimals + 1, '0') ELSE '' END)
$$;
COMMENT ON FUNCTION analytics_internal.report_number(numeric, int) IS 'A figure as reports show it, with commas between thousands';

CREATE FUNCTION analytics_internal.report_percent(x numeric, decimals int DEFAULT 1) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT analytics_internal.report_number(x, decimals) || '%' $$;
COMMENT ON FUNCTION analytics_internal.report_percent(numeric, int) IS 'A percentage as reports show it';

CREATE FUNCTION analytics_internal.report_day(day date) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT to_char(day, 'FMDD FMMonth YYYY') $$;
COMMENT ON FUNCTION analytics_internal.report_day(date) IS 'A day as reports write it';

CREATE FUNCTION analytics_internal.report_section(heading text, body text, note text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<section><h2>%s</h2>%s%s</section>', analytics_internal.escape_html(heading),
                  '<p class="note">' || analytics_internal.escape_html(note) || '</p>', body)
$$;
COMMENT ON FUNCTION analytics_internal.report_section(text, text, text) IS 'A part of a page: heading, a note, body in HTML';

CREATE FUNCTION analytics_internal.report_charts(VARIADIC charts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT '<div class="charts"><div>' || array_to_string(charts, '</div><div>') || '</div></div>' $$;
COMMENT ON FUNCTION analytics_internal.report_charts(text[]) IS 'Charts and tables side by side, where there is room';

CREATE FUNCTION analytics_internal.report_tile(label text, figure text, change_pct numeric DEFAULT NULL, previous text DEFAULT NULL,
    good int DEFAULT 0)
    RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('<div class="tile"><span>%s</span><b>%s</b><small>%s%s</small></div>', analytics_internal.escape_html(label),
                  COALESCE(analytics_internal.escape_html(figure), '&#8211;'),
                  format('<i class="%s">%s %s</i> ', CASE sign(change_pct) * good WHEN 1 THEN 'good' WHEN -1 THEN 'bad' ELSE 'same' END,
                         CASE sign(change_pct) WHEN 1 THEN '&#9650;' WHEN -1 THEN '&#9660;' ELSE '=' END,
                         analytics_internal.report_percent(abs(change_pct))) || CASE WHEN change_pct IS NULL THEN NULL ELSE '' END,
                  '<span>before: ' || analytics_internal.escape_html(previous) || '</span>')
$$;
COMMENT ON FUNCTION analytics_internal.report_tile(text, text, numeric, text, int) IS
'A figure by itself, what it was before and how it changed
good: 1 where more is better, -1 where less is, 0 where it depends.';

CREATE FUNCTION analytics_internal.report_row(VARIADIC cells text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<tr>' || string_agg(
        format('<td%s>%s</td>', CASE WHEN COALESCE(c.cell, '0') ~ '^-?[0-9][0-9,]*([.][0-9]+)?%?$' THEN ' class="n"'
                                     WHEN length(c.cell) > 60 THEN ' class="w"' ELSE '' END,
               COALESCE(analytics_internal.escape_html(c.cell), '&#8211;')),
        '' ORDER BY c.place) || '</tr>'
    FROM unnest(cells) WITH ORDINALITY c (cell, place)
$$;
COMMENT ON FUNCTION analytics_internal.report_row(text[]) IS 'A row of a table; figures stand on the right, what is not known is a dash';

CREATE FUNCTION analytics_internal.report_table(heads text[], rows text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(
        '<div class="scroll"><table><thead><tr>' || (
            SELECT string_agg(
                format('<th%s>%s</th>', CASE WHEN starts_with(h.head, '#') THEN ' class="n"' ELSE '' END,
                       analytics_internal.escape_html(ltrim(h.head, '#'))),
                '' ORDER BY h.place)
            FROM unnest(heads) WITH ORDINALITY h (head, place)
        ) || '</tr></thead><tbody>' || rows || '</tbody></table></div>',
        '<p class="none">There is nothing to show.</p>')
$$;
COMMENT ON FUNCTION analytics_internal.report_table(text[], text) IS
'A table of rows of report_row(); heads of columns of figures begin with #';

CREATE FUNCTION analytics_internal.report_style() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $css$
    SELECT $$
:root{color-scheme:light;--ink:#1c2126;--muted:#5d6670;--line:#dfe3e7;--ground:#fff;--good:#00734f;--bad:#b23a10;
--chart-text:#1c2126;--chart-muted:#5d6670;--chart-grid:#dfe3e7}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#e4e7ea;--muted:#9aa4ae;--line:#343c45;--ground:#14181c;
--good:#3fc79c;--bad:#ff8a5c;--chart-text:#e4e7ea;--chart-muted:#9aa4ae;--chart-grid:#343c45}}
body{margin:0 auto;max-width:1060px;padding:24px;background:var(--ground);color:var(--ink);font:14px/1.45 system-ui,sans-serif}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:0 0 10px;padding-top:18px;border-top:1px solid var(--line)}
header p,footer,.note,.none,.tile span,.tile small{color:var(--muted)}header p,.note{margin:4px 0 12px}section{margin:18px 0 26px}
.empty{font-size:17px;padding:40px 0;text-align:center}footer{font-size:12px;border-top:1px solid var(--line);padding-top:10px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{border:1px solid var(--line);border-radius:6px;padding:10px 12px}.tile span,.tile b,.tile small{display:block}
.tile b{font-size:22px;font-weight:600;font-variant-numeric:tabular-nums}.tile i{font-style:normal}
.good{color:var(--good)}.bad{color:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:22px 36px}.charts svg.chart{width:100%}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:14px 0 0}
th,td{padding:5px 10px 5px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
.w{min-width:18em}th{color:var(--muted);font-weight:600}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
@page{margin:14mm}
@media print{body{max-width:none;padding:0;font-size:11px}h2{break-after:avoid}.tile,tr,.charts>div{break-inside:avoid}
.tiles{grid-template-columns:repeat(3,1fr)}.charts{grid-template-columns:1fr 1fr}.tile b{font-size:18px}.scroll{overflow:visible}}
$$
$css$;
COMMENT ON FUNCTION analytics_internal.report_style() IS 'The style of reports: light, dark, narrow and on paper';

CREATE FUNCTION analytics_internal.report_page(title text, subtitle text, body text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '<!DOCTYPE html>' || E'\n' || '<html lang="en"><head><meta charset="utf-8"/>'
        || '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        || format('<title>%1$s, %2$s</title><style>%3$s</style></head><body><header><h1>%1$s</h1><p>%2$s</p></header>%4$s',
                  analytics_internal.escape_html(title), analytics_internal.escape_html(subtitle),
                  analytics_internal.report_style(),
                  COALESCE(body, '<p class="empty">There are no data in this period.</p>'))
        || '<footer>Made by pg_marketing.</footer></body></html>'
$$;
COMMENT ON FUNCTION analytics_internal.report_page(text, text, text) IS 'A page of HTML; without a body it says that there are no data';
