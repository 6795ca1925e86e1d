-- RFM on any table: an aggregate gathers what is asked of each customer, functions score it; segments are rows of a table.

CREATE FUNCTION analytics_internal.rfm_table_transition(internal, "any", date, double precision, bigint) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_rfm_table_transition';
CREATE FUNCTION analytics_internal.rfm_table_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_rfm_table_final';

CREATE AGGREGATE analytics.rfm_table(customer "any", day date, amount double precision, purchases bigint) (
    SFUNC = analytics_internal.rfm_table_transition, STYPE = internal, SSPACE = 65536,
    FINALFUNC = analytics_internal.rfm_table_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE FUNCTION analytics_internal.rfm_table_union_transition(internal, bytea) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_rfm_table_union_transition';

CREATE AGGREGATE analytics.rfm_table_union(rfm_table bytea) (
    SFUNC = analytics_internal.rfm_table_union_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.rfm_table_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.rfm_table_union_transition(internal, bytea) IS
'Part of the aggregate rfm_table_union: adds a value';
COMMENT ON AGGREGATE analytics.rfm_table_union(bytea) IS
'Adds up values of rfm_table(); NULL values are left out
What a customer of several values did adds up, too, but for what one value left out, since he bought nothing there. Of disjoint sets of
customers the result has the same bytes as one rfm_table() over all the rows.';
COMMENT ON FUNCTION analytics_internal.rfm_table_transition(internal, "any", date, double precision, bigint) IS
'Part of the aggregate rfm_table: adds a row';
COMMENT ON FUNCTION analytics_internal.rfm_table_final(internal) IS 'Part of the aggregate rfm_table: makes the value';
COMMENT ON AGGREGATE analytics.rfm_table("any", date, double precision, bigint) IS
'Gathers first and last day, purchases and money of each customer, for rfm_scores
customer: any type but floating point; never NULL. day: of the purchase; never NULL nor infinite. amount: money, or profit; counted in
ten-thousandths, NULL is 0. purchases: how many purchases the row stands for: 1 for a purchase, 0 for a refund with its negative amount,
more for a row that adds up several; never NULL. Customers without any purchase are left out. The order of the rows does not matter.';

CREATE FUNCTION analytics.rfm_scores(
    rfm_table bytea, as_of date DEFAULT NULL, method text DEFAULT 'quantile', bins int DEFAULT 5,
    r_breaks double precision[] DEFAULT NULL, f_breaks double precision[] DEFAULT NULL, m_breaks double precision[] DEFAULT NULL)
    RETURNS TABLE (customer text, first_day date, last_day date, recency_days int, frequency bigint, monetary double precision,
                   r int, f int, m int, rfm_code text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 10000 AS 'MODULE_PATHNAME', 'marketing_rfm_scores';
COMMENT ON FUNCTION analytics.rfm_scores(bytea, date, text, int, double precision[], double precision[], double precision[]) IS
'Scores the customers of an rfm_table by recency, frequency and monetary value
as_of: day that recency is counted to, NULL for the last day of a purchase. method: quantile (cut at the quantiles, equal values have
equal scores), ntile (bins of equal size, ties broken by customer), rank (as ntile, but equal values have the score of the first of
them), breaks (cut where r_breaks in days, f_breaks and m_breaks say; a value on a cut belongs below it), nested (ntile of recency,
within it of frequency, within both of money) or rfm_r (as the R package rfm cuts: at the quantile plus 1). bins: 2 to 10; for breaks
their number says it. The best score is the highest, also of recency.';

CREATE FUNCTION analytics.rfm_thresholds(
    rfm_table bytea, as_of date DEFAULT NULL, method text DEFAULT 'quantile', bins int DEFAULT 5,
    r_breaks double precision[] DEFAULT NULL, f_breaks double precision[] DEFAULT NULL, m_breaks double precision[] DEFAULT NULL)
    RETURNS TABLE (dimension text, score int, lowest double precision, highest double precision, upper_break double precision,
                   customers bigint)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 15 AS 'MODULE_PATHNAME', 'marketing_rfm_thresholds';
COMMENT ON FUNCTION analytics.rfm_thresholds(bytea, date, text, int, double precision[], double precision[], double precision[]) IS
'What each score stands for: least and most value, the cut above, the customers
Arguments as for rfm_scores(). dimension: recency (in days), frequency, monetary. Every score is a row, also where nobody has it.
upper_break: NULL for the bin of the greatest values, and for the methods that cut by number (ntile, rank, nested).';

CREATE FUNCTION analytics.rfm_breaks("values" double precision[], bins int DEFAULT 5, method text DEFAULT 'quantile')
    RETURNS double precision[]
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_rfm_breaks';
COMMENT ON FUNCTION analytics.rfm_breaks(double precision[], int, text) IS
'The cuts between bins of values: quantiles of type 7
method: quantile, or rfm_r, which adds 1 to each as the R package rfm does. Empty for no values, NULL for NULL.';

CREATE FUNCTION analytics.rfm_score(value double precision, breaks double precision[], reverse boolean DEFAULT false) RETURNS int
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_rfm_score';
COMMENT ON FUNCTION analytics.rfm_score(double precision, double precision[], boolean) IS
'1 + the number of breaks below the value; reverse: small values are good
A value on a break belongs below it. NULL for NULL.';

-- Segments: the first rule of a scheme that holds, by priority, names the segment.
CREATE TABLE analytics_internal.rfm_segment_rule (
    scheme text NOT NULL CHECK (scheme <> ''),
    priority int NOT NULL,
    segment text NOT NULL CHECK (segment <> ''),
    r_low int NOT NULL DEFAULT 1 CHECK (r_low >= 1),
    r_high int NOT NULL DEFAULT 10 CHECK (r_high >= r_low),
    f_low int NOT NULL DEFAULT 1 CHECK (f_low >= 1),
    f_high int NOT NULL DEFAULT 10 CHECK (f_high >= f_low),
    m_low int NOT NULL DEFAULT 1 CHECK (m_low >= 1),
    m_high int NOT NULL DEFAULT 10 CHECK (m_high >= m_low),
    bins int NOT NULL DEFAULT 5 CHECK (bins BETWEEN 2 AND 10),
    PRIMARY KEY (scheme, priority)
);
COMMENT ON TABLE analytics_internal.rfm_segment_rule IS
'Segment schemes: which scores of recency, frequency and money make a segment
The first rule by priority whose three ranges hold names the segment; where none does it is Others. bins: the number of bins that the
scheme is made for, the same in all its rules.';
INSERT INTO analytics_internal.rfm_segment_rule VALUES
    ('dashboard', 1, 'Champions', 3, 10, 3, 10, 3, 10, 5),
    ('dashboard', 2, 'Potential Loyalists', 2, 10, 2, 10, 1, 10, 5),
    ('dashboard', 3, 'New Customers', 4, 10, 1, 10, 1, 10, 5),
    ('dashboard', 4, 'Need Attention', 1, 10, 1, 10, 1, 10, 5),
    ('rf10', 1, 'Hibernating', 1, 2, 1, 2, 1, 5, 5),
    ('rf10', 2, 'At Risk', 1, 2, 3, 4, 1, 5, 5),
    ('rf10', 3, 'Can''t Lose Them', 1, 2, 5, 5, 1, 5, 5),
    ('rf10', 4, 'About To Sleep', 3, 3, 1, 2, 1, 5, 5),
    ('rf10', 5, 'Need Attention', 3, 3, 3, 3, 1, 5, 5),
    ('rf10', 6, 'Loyal Customers', 3, 4, 4, 5, 1, 5, 5),
    ('rf10', 7, 'Promising', 4, 4, 1, 1, 1, 5, 5),
    ('rf10', 8, 'New Customers', 5, 5, 1, 1, 1, 5, 5),
    ('rf10', 9, 'Potential Loyalists', 4, 5, 2, 3, 1, 5, 5),
    ('rf10', 10, 'Champions', 5, 5, 4, 5, 1, 5, 5),
    -- The default rules of the R package rfm, in its order: the first that holds counts.
    ('rfm_r', 1, 'Champions', 5, 5, 5, 5, 5, 5, 5),
    ('rfm_r', 2, 'Potential Loyalist', 3, 5, 3, 5, 2, 5, 5),
    ('rfm_r', 3, 'Loyal Customers', 2, 4, 2, 4, 2, 4, 5),
    ('rfm_r', 4, 'Promising', 3, 4, 1, 3, 3, 5, 5),
    ('rfm_r', 5, 'New Customers', 4, 5, 1, 3, 1, 5, 5),
    ('rfm_r', 6, 'Can''t Lose Them', 1, 2, 3, 4, 4, 5, 5),
    ('rfm_r', 7, 'At Risk', 1, 2, 2, 5, 4, 5, 5),
    ('rfm_r', 8, 'Need Attention', 1, 3, 3, 5, 3, 5, 5),
    ('rfm_r', 9, 'About To Sleep', 2, 3, 1, 3, 1, 4, 5),
    ('rfm_r', 10, 'Lost', 1, 1, 1, 5, 1, 5, 5);
INSERT INTO analytics_internal.rfm_segment_rule
SELECT 'codes11', c.code::int, s.segment, d.r, d.r, d.f, d.f, d.m, d.m, 5
FROM (VALUES
    ('Lost', '{111,112,121,131,141,151}'),
    ('Cannot Lose Them', '{113,114,115,144,154,155,214,215}'),
    ('Hibernating', '{122,123,132,211,212,222,223,232,233,322,332}'),
    ('At Risk', '{124,125,133,134,135,142,143,145,152,153,224,225,234,235,242,243,244,245,252,253,254,255}'),
    ('About To Sleep', '{213,221,231,241,251,312,321,331}'),
    ('New Customers', '{311,411,412,421,422,511,512}'),
    ('Promising', '{313,314,315,413,414,415,424,425,513,514,515,521,522,523,524,525}'),
    ('Potential Loyalist', '{323,333,341,342,351,352,353,423,431,432,433,441,442,451,452,453,531,532,533,541,542,551,552,553}'),
    ('Need Attention', '{324,325,334,343,434,443,534,535}'),
    ('Loyal', '{335,344,345,354,355,435,444,543}'),
    ('Champions', '{445,454,455,544,545,554,555}')
) s (segment, codes), unnest(s.codes::text[]) c (code),
LATERAL (SELECT substr(c.code, 1, 1)::int, substr(c.code, 2, 1)::int, substr(c.code, 3, 1)::int) d (r, f, m);

CREATE VIEW analytics.rfm_segment_rule WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.rfm_segment_rule, analytics_internal.user_rows('rfm_segment_rule')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.rfm_segment_rule b;

CREATE FUNCTION analytics.rfm_segments(scheme text DEFAULT 'dashboard', bins int DEFAULT 5)
    RETURNS TABLE (r int, f int, m int, segment text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 125
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    made_for int;
BEGIN
    SELECT min(k.bins) INTO made_for
    FROM analytics.rfm_segment_rule k
    WHERE k.scheme = rfm_segments.scheme;
    IF made_for IS NULL THEN
        RAISE EXCEPTION 'unknown segment scheme "%"', rfm_segments.scheme USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT 'Known are ' || string_agg(DISTINCT k.scheme COLLATE "C", ', ') || '; analytics.rfm_segment_rule shows their rules.'
            FROM analytics.rfm_segment_rule k);
    ELSIF made_for IS DISTINCT FROM rfm_segments.bins OR EXISTS (
            SELECT FROM analytics.rfm_segment_rule k
            WHERE k.scheme = rfm_segments.scheme AND k.bins <> made_for) THEN
        RAISE EXCEPTION 'the segment scheme "%" is made for % bins, not for %', rfm_segments.scheme, made_for, rfm_segments.bins
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give that many bins, or make a scheme of your own for as many as you want.';
    END IF;
    RETURN QUERY
    SELECT rs.n, fs.n, ms.n, COALESCE((
        SELECT k.segment
        FROM analytics.rfm_segment_rule k
        WHERE k.scheme = rfm_segments.scheme
          AND rs.n BETWEEN k.r_low AND k.r_high
          AND fs.n BETWEEN k.f_low AND k.f_high
          AND ms.n BETWEEN k.m_low AND k.m_high
        ORDER BY k.priority, k.builtin
        LIMIT 1), 'Others')
    FROM generate_series(1, rfm_segments.bins) rs (n)
    CROSS JOIN generate_series(1, rfm_segments.bins) fs (n)
    CROSS JOIN generate_series(1, rfm_segments.bins) ms (n)
    ORDER BY rs.n, fs.n, ms.n;
END
$$;
COMMENT ON FUNCTION analytics.rfm_segments(text, int) IS
'The segment of every combination of scores, by a scheme
scheme: dashboard, rf10, codes11, rfm_r, or one of your own in warehouse.rfm_segment_rule. bins: must be what the scheme is made for.';
