-- Own figures among the quantiles of others.

CREATE FUNCTION analytics.benchmark_position(
    figures double precision[], bases double precision[], quantiles double precision[], marks double precision[],
    level double precision DEFAULT 0.9)
    RETURNS TABLE (value double precision, low double precision, high double precision, percentile double precision,
                   percentile_low double precision, percentile_high double precision, median double precision, place text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 COST 1000
AS 'MODULE_PATHNAME', 'marketing_benchmark_position';
COMMENT ON FUNCTION analytics.benchmark_position(
    double precision[], double precision[], double precision[], double precision[], double precision) IS
'Where a ratio of sums stands among published quantiles, and how sure that is
figures, bases: of each unit, such as the engagement and the views of each post; bases of 1 for a mean. quantiles: shares between 0 and 1,
rising; marks: the figure that each of them is at. value: sum of figures / sum of bases; low, high: its interval (level), on the scale of
logarithms, by how much units differ; NULL of one unit, and where a sum, also without one unit, is not above 0. percentile: percent of
others below value, evenly between two quantiles, of equal marks the middle; past the outermost quantile, where nothing is known, that one,
and place says so (below all quantiles, among the quantiles, above all quantiles). percentile_low, percentile_high: of low and high.
median: of the others, NULL where the quantiles do not reach it.
Source: jackknife of a ratio, Cochran, Sampling Techniques, 1977, 6.15; effective number of units, Kish, Survey Sampling, 1965, 11.7.';
