-- Cohorts on any table: an aggregate counts who comes back when, a function turns its value into rows.

CREATE FUNCTION analytics_internal.cohort_table_transition(internal, "any", date, double precision, bigint, text) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_cohort_table_transition';
CREATE FUNCTION analytics_internal.cohort_table_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_cohort_table_final';

CREATE AGGREGATE analytics.cohort_table(customer "any", day date, amount double precision, purchases bigint, grain text) (
    SFUNC = analytics_internal.cohort_table_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.cohort_table_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE FUNCTION analytics_internal.cohort_table_union_transition(internal, bytea) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_cohort_table_union_transition';
CREATE FUNCTION analytics_internal.cohort_table_union_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_cohort_table_union_final';

CREATE AGGREGATE analytics.cohort_table_union(cohort_table bytea) (
    SFUNC = analytics_internal.cohort_table_union_transition, STYPE = internal, SSPACE = 65536,
    FINALFUNC = analytics_internal.cohort_table_union_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.cohort_table_union_transition(internal, bytea) IS
'Part of the aggregate cohort_table_union: adds a value';
COMMENT ON FUNCTION analytics_internal.cohort_table_union_final(internal) IS 'Part of the aggregate cohort_table_union: makes the value';
COMMENT ON AGGREGATE analytics.cohort_table_union(bytea) IS
'Adds up values of cohort_table(); NULL values are left out
All are of the same grain, and no customer is in two of them: he would count twice. The result has the same bytes as one cohort_table()
over all the rows.';
COMMENT ON FUNCTION analytics_internal.cohort_table_transition(internal, "any", date, double precision, bigint, text) IS
'Part of the aggregate cohort_table: adds a row';
COMMENT ON FUNCTION analytics_internal.cohort_table_final(internal) IS 'Part of the aggregate cohort_table: makes the value';
COMMENT ON AGGREGATE analytics.cohort_table("any", date, double precision, bigint, text) IS
'Counts customers by the period of their first purchase and each period since
customer, day, amount, purchases: as for rfm_table(). grain: day, week (ISO), month, quarter or year, the same in all rows. For cohorts
by channel, campaign or first product group by it: a customer then belongs to one group. The value holds counts alone and is small;
analytics.cohort() reads it.';

CREATE FUNCTION analytics.cohort(cohort_table bytea, until date DEFAULT NULL)
    RETURNS TABLE (cohort date, k int, period date, size bigint, customers bigint, retention double precision, still_active bigint,
                   orders bigint, revenue double precision, cumulative_revenue_per_customer double precision, is_partial boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_cohort';
COMMENT ON FUNCTION analytics.cohort(bytea, date) IS
'The rows of a cohort_table: retention, orders and revenue per cohort and period
until: last day that was observed, NULL for that of the last purchase. Every period from the cohort''s first to that of until is a row,
also where nobody bought. cohort, period: their first days. k: periods since the first. size: customers of the cohort; customers: those
who bought in the period; retention = customers / size; still_active: those who bought in it or later. cumulative_revenue_per_customer:
revenue up to and with the period / size. is_partial: the period ends after until.';
