-- Means of groups that are shrunk towards what the groups have in common.

CREATE FUNCTION analytics.shrunk_means(groups text[], figures double precision[], level double precision DEFAULT 0.9)
    RETURNS TABLE (group_name text, n bigint, mean double precision, effect double precision, low double precision, high double precision,
                   p_above double precision, p_value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 20 COST 100000
AS 'MODULE_PATHNAME', 'marketing_shrunk_means';
COMMENT ON FUNCTION analytics.shrunk_means(text[], double precision[], double precision) IS
'Means of groups, drawn together so that one lucky figure is not the best group
groups, figures: the group and the value of each observation. n, mean: of the group. effect, low, high: how far the group lies from the
mean of all figures, with its interval (level); the fewer figures a group has and the less groups differ, the closer to 0. p_above:
probability that the effect is above 0. p_value: of so high a mean against all others, where groups make no difference (one-sided
Student test); adjust it for the number of groups with p_adjust(). NULL where there is one group only, or no spread within groups.
Source: one-way random effects, the spread of effects averaged over (Gelman, Bayesian Analysis 1, 2006).';

CREATE FUNCTION analytics_internal.shrunk_moments(
    groups text[], counts bigint[], means double precision[], squares double precision[], level double precision)
    RETURNS TABLE (group_name text, n bigint, mean double precision, effect double precision, low double precision, high double precision,
                   p_above double precision, p_value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 20 COST 100000
AS 'MODULE_PATHNAME', 'marketing_shrunk_moments';
COMMENT ON FUNCTION analytics_internal.shrunk_moments(text[], bigint[], double precision[], double precision[], double precision) IS
'shrunk_means() of groups whose figures are added up already
One element per group in all lists; squares: sum of the squared distances from the mean of the group.';
