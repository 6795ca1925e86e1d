-- Charts of arrays, as SVG. What stands here is the picture, an element a line; test/unit/charts_test.cpp has what is true of all pictures.
\pset format unaligned
\pset tuples_only on
-- The colours, which all charts share.
CREATE FUNCTION pg_temp.style_of(chart text) RETURNS text LANGUAGE sql AS $$ SELECT substring(chart FROM '<style>.*</style>') $$;
CREATE FUNCTION pg_temp.elements_of(chart text) RETURNS text LANGUAGE sql AS $$ SELECT replace(replace(chart, pg_temp.style_of(chart), ''), '><', E'>\n<') $$;
SELECT replace(pg_temp.style_of(analytics.svg_line('{}', '{}')), '}', E'}\n');
-- Three days, the last of which is not over; the second stands out; a band.
SELECT pg_temp.elements_of(analytics.svg_line('{1 May,2 May,3 May}', '{10,40,25.5}', title => 'Leads', unit => 'leads', low => '{5,12,20}', high => '{15,22,31}', marks => '{f,t,f}', immature => 1));
-- Two series, with a gap.
SELECT pg_temp.elements_of(analytics.svg_line('{a,b,c}', '{1,NULL,3,-2,-1,0}', '{now,before}'));
-- Bars, below zero too.
SELECT pg_temp.elements_of(analytics.svg_bars('{facebook,google}', '{1234567,-200000}', title => 'Profit', unit => 'EUR', marks => '{f,t}'));
SELECT pg_temp.elements_of(analytics.svg_bars('{facebook,google}', '{5,2.5,4,NULL}', '{now,before}', unit => '%'));
SELECT pg_temp.elements_of(analytics.svg_heatmap('{2025-01,2025-02}', '{0,1}', '{100,42.19,100,NULL}', title => 'Retention', unit => '%'));
-- Who began with facebook or google, and where they ended; what flows adds up.
SELECT pg_temp.elements_of(analytics.svg_sankey('{facebook,facebook,google}', '{facebook,google,facebook}', '{20,10,30}', title => 'From the first touch to the last'));
-- Without figures there is nothing to draw, and the chart says so.
SELECT pg_temp.elements_of(analytics.svg_line(NULL, NULL));
SELECT count(DISTINCT chart), min(substring(chart FROM '>(no data)<'))
FROM (VALUES (analytics.svg_line('{}', '{}')), (analytics.svg_line('{a,b}', '{NULL,NULL}')), (analytics.svg_bars(NULL, NULL)), (analytics.svg_bars('{a}', '{NULL}')),
             (analytics.svg_heatmap(NULL, NULL, NULL)), (analytics.svg_sankey('{a}', '{b}', '{0}')), (analytics.svg_sankey(NULL, NULL, NULL))) v (chart);

-- Whatever a user calls things, the chart is XML, and shows the names as they are.
CREATE TEMP TABLE name AS
SELECT i, name FROM unnest(ARRAY['<script>alert(1)</script>', '"quoted" & ''single''', ']]>', '&amp;', '<!-- -->', E'tab\tand\nline', E'bell\x07', '', NULL]) WITH ORDINALITY u (name, i);
CREATE TEMP TABLE named AS
SELECT 'line' AS kind, analytics.svg_line(names, figures, title => names[1], unit => names[2], description => names[3]) AS chart
FROM (SELECT array_agg(name ORDER BY i) AS names, array_agg(i::float8 ORDER BY i) AS figures FROM name) n
UNION ALL
SELECT 'series', analytics.svg_line('{a}', figures, names) FROM (SELECT array_agg(name ORDER BY i) AS names, array_agg(i::float8 ORDER BY i) AS figures FROM name WHERE i < 9) n
UNION ALL
SELECT 'bars', analytics.svg_bars(names, figures, title => names[5]) FROM (SELECT array_agg(name ORDER BY i) AS names, array_agg(i::float8 ORDER BY i) AS figures FROM name) n
UNION ALL
SELECT 'heatmap', analytics.svg_heatmap(names, names[1:1], figures) FROM (SELECT array_agg(name ORDER BY i) AS names, array_agg(i::float8 ORDER BY i) AS figures FROM name) n
UNION ALL
SELECT 'sankey', analytics.svg_sankey(names, names, figures) FROM (SELECT array_agg(name ORDER BY i) AS names, array_agg(i::float8 ORDER BY i) AS figures FROM name) n;
SELECT kind, xmlparse(DOCUMENT chart) IS DOCUMENT AS is_xml, cardinality(xpath('//*[local-name() = "script"]', chart::xml)) AS scripts FROM named;
-- What XML makes of them again is each name, whose control characters have become blanks.
SELECT count(*) AS names, count(*) FILTER (WHERE t.text IS NOT NULL) AS found
FROM (SELECT translate(replace(replace(replace(name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\t\n\x07', '   ') AS shown FROM name WHERE name <> '') n
LEFT JOIN (SELECT DISTINCT unnest(xpath('//*[local-name() = "text"]/text()', chart::xml))::text AS text FROM named WHERE kind = 'bars') t ON t.text = n.shown;
SELECT analytics_internal.escape_html(E'<a href="x">Tom & Jerry''s\x07</a>'), analytics_internal.escape_html(NULL) IS NULL;

-- Any figures: charts are XML, with coordinates that are numbers.
WITH world AS (
    SELECT w, array_agg(CASE WHEN hashint4(w * 1000 + i) % 5 <> 0 THEN (hashint4(w * 7777 + i) % 1000) * 10.0 ^ (hashint4(w) % 90) END ORDER BY i) AS figures, array_agg('p' || i ORDER BY i) AS labels
    FROM generate_series(1, 100) w, generate_series(1, 12) i
    GROUP BY w
), chart AS (
    SELECT analytics.svg_line(labels[1:6], figures, '{a,b}', immature => w % 7) AS chart FROM world
    UNION ALL
    SELECT analytics.svg_bars(labels[1:6], figures, '{a,b}') FROM world
    UNION ALL
    SELECT analytics.svg_heatmap(labels[1:3], labels[1:4], figures) FROM world
    UNION ALL
    SELECT analytics.svg_sankey(labels, labels[2:12] || labels[1], ARRAY(SELECT abs(f) FROM unnest(figures) WITH ORDINALITY u (f, i) ORDER BY i)) FROM world
)
SELECT count(*), bool_and(chart::xml IS DOCUMENT) AS are_xml, bool_or(chart ~ '[" ](nan|-nan|inf|-inf)[" ]') AS without_numbers,
       bool_and((SELECT bool_and(a::text ~ '^-?[0-9]+(\.[0-9])?%?$') FROM unnest(xpath('//@x | //@y | //@cx | //@cy | //@width | //@height | //@r', chart::xml)) a)) AS numbers
FROM chart;
-- Nothing of the session shows in them.
CREATE TEMP TABLE plain AS SELECT analytics.svg_bars('{a,b}', '{1234.5,0.25}', unit => 'EUR') AS chart;
SET extra_float_digits = -15;
SELECT chart = analytics.svg_bars('{a,b}', '{1234.5,0.25}', unit => 'EUR') AS same FROM plain;
RESET extra_float_digits;

-- Bad input.
\set VERBOSITY default
SELECT analytics.svg_line('{a,b}', '{1}');
SELECT analytics.svg_line('{a}', '{Infinity}');
SELECT analytics.svg_line('{a}', '{NaN}');
SELECT analytics.svg_line('{a}', '{1e101}');
SELECT analytics.svg_line('{a}', '{1}', low => '{0}');
SELECT analytics.svg_line('{a}', '{1}', low => '{2}', high => '{1}');
SELECT analytics.svg_line('{a}', '{1}', low => '{0,0}', high => '{1,1}');
SELECT analytics.svg_line('{a}', '{1}', marks => '{t,f}');
SELECT analytics.svg_line('{a}', '{1}', immature => -1);
SELECT analytics.svg_line('{a}', array_fill(1.0::float8, ARRAY[9]), '{1,2,3,4,5,6,7,8,9}');
SELECT analytics.svg_line(array_fill('a'::text, ARRAY[10001]), array_fill(1.0::float8, ARRAY[10001]));
SELECT analytics.svg_line('{{a,b}}', '{1,2}');
SELECT analytics.svg_bars('{a,b}', '{1,2,3}');
SELECT analytics.svg_bars(array_fill('a'::text, ARRAY[501]), array_fill(1.0::float8, ARRAY[501]));
SELECT analytics.svg_bars(array_fill(repeat('a', 100000), ARRAY[200]), array_fill(1.0::float8, ARRAY[200]));
SELECT analytics.svg_heatmap('{a}', '{b,c}', '{1}');
SELECT analytics.svg_heatmap(array_fill('a'::text, ARRAY[201]), '{b}', array_fill(1.0::float8, ARRAY[201]));
SELECT analytics.svg_sankey('{a}', '{b,c}', '{1}');
SELECT analytics.svg_sankey('{a}', '{b}', '{-1}');
SELECT analytics.svg_sankey('{a}', '{b}', '{1}', stages => '{9}');
SELECT analytics.svg_sankey('{a}', '{b}', '{1}', stages => '{1,2}');
