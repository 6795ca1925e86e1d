-- Tests of rates on any table: how much two rates differ, and what is left of that where many are compared at once.

CREATE TYPE analytics.rate_ratio AS (ratio double precision, ci_low double precision, ci_high double precision, z double precision,
                                     p_value double precision);
COMMENT ON TYPE analytics.rate_ratio IS 'How one rate compares with another, with its interval and its evidence';
COMMENT ON COLUMN analytics.rate_ratio.ratio IS 'The first rate over the second; NULL where the second count is 0';
COMMENT ON COLUMN analytics.rate_ratio.ci_low IS 'Lower end of the interval of the ratio';
COMMENT ON COLUMN analytics.rate_ratio.ci_high IS 'Upper end of the interval of the ratio; NULL, no bound, where the second count is 0';
COMMENT ON COLUMN analytics.rate_ratio.z IS 'Normal deviate: positive where the first rate is higher beyond the margin';
COMMENT ON COLUMN analytics.rate_ratio.p_value IS 'Probability of counts as far apart if rates differ by no more than the margin';

CREATE FUNCTION analytics.rate_ratio_test(
    x           double precision,
    exposure    double precision,
    x0          double precision,
    exposure0   double precision,
    phi         double precision DEFAULT 1,
    df          double precision DEFAULT 'Infinity',
    margin      double precision DEFAULT 0,
    alternative text             DEFAULT 'two.sided',
    confidence  double precision DEFAULT 0.95,
    mid_p       boolean          DEFAULT true
) RETURNS analytics.rate_ratio
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_rate_ratio_test';
COMMENT ON FUNCTION analytics.rate_ratio_test(double precision, double precision, double precision, double precision, double precision,
    double precision, double precision, text, double precision, boolean) IS
'Whether x events per exposure are another rate than x0 per exposure0

Conditional binomial test: exact at any size of the counts. phi: variance over mean of the counts (see analytics.dispersion), df: the
degrees of freedom it is known by. margin: ratios up to 1 + margin and down to 1 / (1 + margin) do not count. alternative: two.sided,
greater or less. mid_p: half of the probability of the counts observed, else all of it. All columns are NULL where an exposure is not
positive. For the columns of the result use LATERAL: (f(x)).* would run f once for each.';

CREATE FUNCTION analytics.p_adjust(p double precision[], method text DEFAULT 'BH') RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_p_adjust';
COMMENT ON FUNCTION analytics.p_adjust(double precision[], text) IS
'p-values adjusted for how many there are, in their order

method: BH (share of false ones among those reported), BY (the same, however the tests depend on each other) or holm (probability of even
one false one). NULL and NaN are no tests: they stay NULL and do not count.';

CREATE TYPE analytics.dispersion AS (phi double precision, df double precision);
COMMENT ON TYPE analytics.dispersion IS 'How much counts vary beyond chance, and how well that is known';
COMMENT ON COLUMN analytics.dispersion.phi IS 'Variance over mean; 1 for counts that vary by chance alone';
COMMENT ON COLUMN analytics.dispersion.df IS 'Degrees of freedom behind phi';

CREATE FUNCTION analytics.dispersion(events double precision[], exposure double precision[], factors int DEFAULT 0)
    RETURNS analytics.dispersion
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_dispersion';
COMMENT ON FUNCTION analytics.dispersion(double precision[], double precision[], int) IS
'How much the counts of a series of days vary beyond chance

Pearson''s estimate at one rate of events per exposure. factors: parameters of the exposure that were estimated from the same days, such
as
6 for factors of the days of the week. Days without exposure and NULL do not count; phi is NULL where too few days are left.';

CREATE FUNCTION analytics.dispersion_prior(phi double precision[], df double precision[]) RETURNS analytics.dispersion
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_dispersion_prior';
COMMENT ON FUNCTION analytics.dispersion_prior(double precision[], double precision[]) IS
'What the dispersions of many series have in common

A typical phi, and the degrees of freedom that it is worth for each of them: many where the series are alike, few where they differ. A
series'' best phi is (prior.df * prior.phi + df * phi) / (prior.df + df), at prior.df + df degrees of freedom. Of fewer than ten series,
their median, worth 5.';

CREATE FUNCTION analytics.compare_windows(
    series        bigint[],
    day           date[],
    value         double precision[],
    exposure      double precision[],
    date_from     date,
    date_to       date,
    kind          text,
    baseline_days int              DEFAULT 30,
    alternative   text             DEFAULT 'two.sided',
    min_effect    double precision DEFAULT 0,
    min_days      int              DEFAULT 7,
    min_events    double precision DEFAULT 3,
    gaps_are_zero boolean          DEFAULT false,
    weekly        boolean          DEFAULT true,
    event_names   text[]           DEFAULT NULL,
    event_first_days date[]        DEFAULT NULL,
    event_last_days date[]         DEFAULT NULL
) RETURNS TABLE (
    series_id bigint, status text, window_days int, days_before int, reported_days int, last_active date,
    window_value double precision, baseline_value double precision, window_exposure double precision, baseline_exposure double precision,
    expected double precision, ratio double precision, ratio_low double precision, ratio_high double precision, z double precision,
    p_value double precision, phi double precision, needed_events double precision, needed_days double precision,
    peak_day date, peak_ratio double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_compare_windows';
COMMENT ON FUNCTION analytics.compare_windows IS
'A window of days against the days before it, for many series at once

series, day, value, exposure: columns of any table, collected by array_agg; rows of one series and day add up, their order does not
matter.
kind: count (events per day; days without exposure are pauses), rate (events per exposure), positive (amounts that vary by factors), real
(amounts that vary by differences), both per exposure where there is one: spend per click, spend per view. The baseline are the
baseline_days days before date_from. alternative: two.sided, greater or less.
min_effect: a ratio that does not go beyond 1 + min_effect does not count. min_days: active days that a baseline needs; min_events:
expected or found events that a window of counts needs. gaps_are_zero: in a series of counts without exposure, days without a row had
no events. weekly: days of the week differ. event_names, event_first_days, event_last_days: holidays and campaigns, as for
analytics.forecast(); what they do to a day is learnt from the sum of all series on the days before date_from, those before the baseline
as well, so give years of rows; not of the kind real. One row per series that was active at all; status: tested, insufficient_data,
inactive (no active day in the window) or no_baseline.';
