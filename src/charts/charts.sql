-- Charts of arrays as SVG: pure functions, so that a page, a mail or a notebook needs no script.

CREATE FUNCTION analytics_internal.escape_html(value text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_escape_html';
COMMENT ON FUNCTION analytics_internal.escape_html(text) IS
'A text as HTML and XML show it
Characters that have a meaning there are escaped; control characters become blanks.';

CREATE FUNCTION analytics.svg_line(labels text[], figures double precision[], series text[] DEFAULT NULL, title text DEFAULT NULL,
    unit text DEFAULT NULL, description text DEFAULT NULL, low double precision[] DEFAULT NULL, high double precision[] DEFAULT NULL,
    marks boolean[] DEFAULT NULL, immature int DEFAULT 0)
    RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_svg_line';
COMMENT ON FUNCTION analytics.svg_line IS
'A line chart as SVG
labels: along the axis, most often days. figures: one for each label, those of the first series, then those of the second; NULL is a gap.
series: their names, up to 8; NULL for one without a name. unit: behind each figure. description: for screen readers; NULL for a sentence
about the figures. low, high: a band around the first series. marks: for each figure, whether it stands out. immature: how many of the last
points are yet to grow; they are hatched. Colours are CSS variables (--chart-1 to --chart-8, --chart-text, --chart-muted, --chart-grid,
--chart-mark) with fall-backs for light and dark. Texts are escaped. Without figures the chart says so. Figures that are not finite and
lengths that do not fit are errors (22023), more than 10,000 figures too (54000).';

CREATE FUNCTION analytics.svg_bars(labels text[], figures double precision[], series text[] DEFAULT NULL, title text DEFAULT NULL,
    unit text DEFAULT NULL, description text DEFAULT NULL, marks boolean[] DEFAULT NULL)
    RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_svg_bars';
COMMENT ON FUNCTION analytics.svg_bars IS
'A chart of horizontal bars as SVG
labels: one for each bar or group of bars, up to 500. All others as for svg_line().';

CREATE FUNCTION analytics.svg_heatmap(rows text[], columns text[], figures double precision[], title text DEFAULT NULL,
    unit text DEFAULT NULL, description text DEFAULT NULL)
    RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_svg_heatmap';
COMMENT ON FUNCTION analytics.svg_heatmap IS
'A table as SVG whose cells are the darker the larger they are
rows, columns: their names, up to 200 each. figures: of each cell, row after row; NULL is an empty cell. The scale begins at 0, or at the
least figure where that is negative. title, unit, description, colours and errors as for svg_line().';

CREATE FUNCTION analytics.svg_sankey(sources text[], targets text[], figures double precision[], title text DEFAULT NULL,
    unit text DEFAULT NULL, description text DEFAULT NULL, stages int[] DEFAULT NULL)
    RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_svg_sankey';
COMMENT ON FUNCTION analytics.svg_sankey IS
'Flows between stages as SVG (a Sankey diagram)
sources, targets, figures: of each flow, up to 500; a figure is not negative, NULL and 0 are not drawn. stages: of its source, 1 to 8; the
target is one stage on. NULL: all flows go from the first stage to the second. The same name in two stages is two nodes of one colour, so
that a journey may come back to where it was. title, unit, description, colours and errors as for svg_line().';
