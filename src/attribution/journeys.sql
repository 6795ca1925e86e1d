-- Journeys: one scan collects what clients who converted had met before, many questions are answered from the result.

CREATE TYPE analytics.journeys;

CREATE FUNCTION analytics_internal.journeys_in(cstring) RETURNS analytics.journeys
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_in';
CREATE FUNCTION analytics_internal.journeys_out(analytics.journeys) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_out';
CREATE FUNCTION analytics_internal.journeys_recv(internal) RETURNS analytics.journeys
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_recv';
CREATE FUNCTION analytics_internal.journeys_send(analytics.journeys) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_send';

CREATE TYPE analytics.journeys (
    INPUT = analytics_internal.journeys_in,
    OUTPUT = analytics_internal.journeys_out,
    RECEIVE = analytics_internal.journeys_recv,
    SEND = analytics_internal.journeys_send,
    INTERNALLENGTH = variable,
    STORAGE = external
);
COMMENT ON TYPE analytics.journeys IS
    'Journeys of the clients who converted: touches in order, and conversions.
Made by the aggregates analytics.journeys and analytics.journeys_union; may be stored. The same journeys always have the same bytes.';
COMMENT ON FUNCTION analytics_internal.journeys_in(cstring) IS 'Input of type journeys (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.journeys_out(analytics.journeys) IS 'Output of type journeys (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.journeys_recv(internal) IS 'Binary input of type journeys.';
COMMENT ON FUNCTION analytics_internal.journeys_send(analytics.journeys) IS 'Binary output of type journeys.';

CREATE FUNCTION analytics_internal.journeys_transition(internal, "any", timestamptz, "any", "any", boolean, "any")
    RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_transition';
CREATE FUNCTION analytics_internal.journeys_final(internal) RETURNS analytics.journeys
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_final';

CREATE AGGREGATE analytics.journeys(
    client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any") (
    SFUNC = analytics_internal.journeys_transition,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = analytics_internal.journeys_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.journeys_transition(internal, "any", timestamptz, "any", "any", boolean, "any") IS
    'Part of the aggregate journeys: adds a row.';
COMMENT ON FUNCTION analytics_internal.journeys_final(internal) IS 'Part of the aggregate journeys: makes the value.';
COMMENT ON AGGREGATE analytics.journeys("any", timestamptz, "any", "any", boolean, "any") IS
    'Collects journeys from rows that are touches, conversions or both.
client: whose row it is; integers, or any other type (text by its bytes, others by the text they print); never NULL.
occurred_at: when; never NULL nor infinite.
touch_id: NOT NULL makes the row a touch; breaks ties of time, integers in numeric order, others by bytes.
key: what the touch is credited to, text or integer; NULL and the empty text are (none).
is_paid: whether the touch was paid for; NULL is false.
value: NOT NULL makes the row a conversion worth that much.
Only the clients who converted are kept. The order of the rows does not matter.';

CREATE FUNCTION analytics_internal.journeys_with_ids_transition(
    internal, "any", timestamptz, "any", "any", boolean, "any", boolean, "any", text) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_transition';

CREATE AGGREGATE analytics.journeys_with_ids(
    client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any", is_view boolean, conversion_id "any",
    conversion_part text) (
    SFUNC = analytics_internal.journeys_with_ids_transition,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = analytics_internal.journeys_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.journeys_with_ids_transition IS 'Part of the aggregate journeys_with_ids: adds a row.';
COMMENT ON AGGREGATE analytics.journeys_with_ids("any", timestamptz, "any", "any", boolean, "any", boolean, "any", text) IS
    'Collects journeys as journeys() does; views and conversions have their names
is_view: see journeys_with_views(). conversion_id: of the rows with a value, and only of these: what credit_touches() calls the conversion.
conversion_part: what its credit is told apart by, as a product or a month; NULL and the empty text are (none).';

CREATE FUNCTION analytics_internal.journeys_union_transition(internal, analytics.journeys) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_union_transition';
CREATE FUNCTION analytics_internal.journeys_union_final(internal) RETURNS analytics.journeys
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_union_final';

CREATE AGGREGATE analytics.journeys_union(journeys analytics.journeys) (
    SFUNC = analytics_internal.journeys_union_transition,
    STYPE = internal,
    SSPACE = 1048576,
    FINALFUNC = analytics_internal.journeys_union_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.journeys_union_transition(internal, analytics.journeys) IS
    'Part of the aggregate journeys_union: adds a value.';
COMMENT ON FUNCTION analytics_internal.journeys_union_final(internal) IS
    'Part of the aggregate journeys_union: makes the value.';
COMMENT ON AGGREGATE analytics.journeys_union(analytics.journeys) IS
    'Adds up journeys over disjoint sets of clients; NULL values are left out.
The result has the same bytes as one analytics.journeys over all the rows. A client that is in two of the values is an error.';

CREATE FUNCTION analytics.journeys_summary(
    journeys analytics.journeys, OUT clients bigint, OUT touches bigint, OUT conversions bigint, OUT value double precision, OUT keys int)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_journeys_summary';
COMMENT ON FUNCTION analytics.journeys_summary(analytics.journeys) IS
    'What a journeys value holds: clients who converted, touches, conversions, value.
keys: number of distinct keys among the touches. No row where journeys is NULL.';

CREATE FUNCTION analytics.attribution_credit(
    journeys analytics.journeys, models text[] DEFAULT '{last_paid}', lookback interval DEFAULT '90 days',
    half_life interval DEFAULT '7 days', cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}',
    direct_keys text[] DEFAULT '{direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, two_touch text DEFAULT 'renormalise',
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    stage_keys text[] DEFAULT '{}', touched_from timestamptz DEFAULT NULL, touched_before timestamptz DEFAULT NULL,
    view_lookback interval DEFAULT NULL, day_starts timestamptz[] DEFAULT '{}')
    RETURNS TABLE (model text, key text, conversions double precision, value double precision, supporting bigint, assisted bigint,
                   clients bigint)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_attribution_credit';
COMMENT ON FUNCTION analytics.attribution_credit IS
    'Shares conversions among the touches before them, by one or more models.
models: first, last, first_non_direct, last_non_direct, first_paid, last_paid, linear, linear_unique, time_decay, position_decay,
  position_based, u_shaped, j_shaped, inverse_j, w_shaped, full_path, custom, participation.
lookback: how far before a conversion a touch still counts, inclusive; a day is 24 hours; NULL: without limit.
half_life: time_decay halves the weight of a touch for each such time before the conversion.
cycle: shared: a touch serves every later conversion; since_previous: only up to the next one; since_previous_reuse: the same,
  but a conversion without touches of its own has those of the latest earlier cycle that has any.
fallback: what first_paid and last_paid try in turn where no touch was paid for: last_non_direct, last, first_non_direct,
  first, none. An ad that was only seen is not paid for where anything was clicked.
A conversion of a negative value is a refund: it counts as nothing and takes its value from the touches of the conversion before it.
direct_keys: keys that are no marketing contact, for the non-direct rules, in any case.
position_weights: of position_based: weights of the first touch, of all between together and of the last; they add up to 1.
converted_from, converted_before: only conversions in [from, before) are shared out; NULL: without limit.
two_touch: where the models by position leave the share of the touches between if there are none: renormalise (in proportion) or
  split_middle (in equal parts).
first_weights, last_weights: of custom: of the first touch, the second, ...; of the last, the last but one, ...; the rest is shared
  equally by the touches between.
include_conversion_touch: false: a touch whose row is a conversion does not count for the conversions of that moment.
exclude_keys, only_keys: touches as if they had never been, those of these keys or of all others; only_keys NULL or {}: all.
views: of touches that were seen, not clicked (see journeys_with_views): count: they are touches as any other; yield: they go from
  a path that has a click; ignore: they are as if they had never been.
transform: none or unique; exposure: of neighbours with the same key the first stays; first or frequency: the first touch of each key
  stays; remove_if_not_all: touches of transform_key go unless all are; remove_if_last_and_not_all: the same, those at the end only.
  Several are done in their order, keys of the last two in brackets: exposure, remove_if_last_and_not_all(direct, "a, b").
max_touches: the latest that stay of a longer path, after the transform; a notice tells how many paths were longer; NULL: all.
stage_keys: keys of rows that mark stages, such as {lead,deal}, and are no touches; w_shaped and full_path need them.
touched_from, touched_before: only touches in [from, before) earn: credit by the date of the touch; a conversion that nobody earned
  counts by its own date; NULL: without limit.
view_lookback: how far back touches that were seen, not clicked, count, if less far than clicks (7 days for clicks, 1 day for views).
day_starts: where days begin, ascending: a conversion at the last microsecond of one of these days is of that day, and may have been at any
  moment of it: both lookbacks count from its beginning.
Result: conversions and value credited; supporting: conversions that gave the key a positive weight; assisted: conversions with
the key in their path; clients: of the supporting conversions. key NULL: conversions that no touch earned. Per model the rows add up
to all conversions and their value, but for participation, which gives each key in the path the whole conversion.';

CREATE FUNCTION analytics.attribution_bootstrap(
    journeys analytics.journeys, models text[] DEFAULT '{last_paid}', lookback interval DEFAULT '90 days',
    half_life interval DEFAULT '7 days', cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}',
    direct_keys text[] DEFAULT '{direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, two_touch text DEFAULT 'renormalise',
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    stage_keys text[] DEFAULT '{}', touched_from timestamptz DEFAULT NULL, touched_before timestamptz DEFAULT NULL,
    replicates int DEFAULT 200, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    view_lookback interval DEFAULT NULL, day_starts timestamptz[] DEFAULT '{}')
    RETURNS TABLE (model text, key text, conversions double precision, conversions_low double precision, conversions_high double precision,
                   value double precision, value_low double precision, value_high double precision, supporting bigint, assisted bigint,
                   clients bigint, conversions_replicates double precision[], value_replicates double precision[])
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_attribution_bootstrap';
COMMENT ON FUNCTION analytics.attribution_bootstrap IS
    'Credit with its uncertainty: what it would be had other clients come.
All other arguments: see attribution_credit. replicates: how often the clients are drawn anew, each as often as a Poisson
variable of mean 1 says, up to 10000; 0: no intervals. seed: other draws for another seed; the draws of a client depend on nothing but its
identifier, the replicate and the seed. confidence: of the intervals.
Result: conversions and value credited, low and high: the middle share of the replicates; supporting, assisted, clients: see
attribution_credit; conversions_replicates, value_replicates: the credit in each replicate, which adds up over disjoint
sets of clients and is what probability_greater() compares. key NULL: conversions that no touch earned.';

CREATE FUNCTION analytics.credit_by_part(
    journeys analytics.journeys, models text[] DEFAULT '{last_paid}', lookback interval DEFAULT '90 days',
    half_life interval DEFAULT '7 days', cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}',
    direct_keys text[] DEFAULT '{direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, two_touch text DEFAULT 'renormalise',
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    stage_keys text[] DEFAULT '{}', touched_from timestamptz DEFAULT NULL, touched_before timestamptz DEFAULT NULL,
    replicates int DEFAULT 0, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    view_lookback interval DEFAULT NULL, key_parts boolean DEFAULT false, keys_together boolean DEFAULT false,
    day_starts timestamptz[] DEFAULT '{}', periods_together boolean DEFAULT false)
    RETURNS TABLE (model text, key text, conversions double precision, conversions_low double precision, conversions_high double precision,
                   value double precision, value_low double precision, value_high double precision, supporting bigint, assisted bigint,
                   clients bigint, conversions_replicates double precision[], value_replicates double precision[],
                   touch_part text, conversion_part text, conversions_rest double precision, value_rest double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_credit_by_part';
COMMENT ON FUNCTION analytics.credit_by_part IS
    'Credit told apart by parts: a month of the conversion, paid or not ...
The arguments that are not told of here, and all columns but the last four: see attribution_bootstrap. conversion_part: see
journeys_with_ids(). key_parts: keys are a key and a part behind the character U+001F; models and all other arguments see the key, and
touch_part tells its credit apart. keys_together: only parts tell credit apart, and key is one of those that have it. periods_together: what
stands before the first U+001F in a part of conversions tells apart only what no touch earned; else conversion_part is one of those that are
the same but for that. conversions_rest, value_rest: what is left
of the sums below their last bit, so that credit of several groups adds up exactly: compensated_sum() of all of these numbers.';

CREATE FUNCTION analytics.credit_touches(
    journeys analytics.journeys, models text[] DEFAULT '{last_paid}', lookback interval DEFAULT '90 days',
    half_life interval DEFAULT '7 days', cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}',
    direct_keys text[] DEFAULT '{direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, two_touch text DEFAULT 'renormalise',
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    stage_keys text[] DEFAULT '{}', touched_from timestamptz DEFAULT NULL, touched_before timestamptz DEFAULT NULL,
    all_touches boolean DEFAULT false, key_parts boolean DEFAULT false,
    view_lookback interval DEFAULT NULL, day_starts timestamptz[] DEFAULT '{}')
    RETURNS TABLE (conversion_id text, client text, touch_id text, key text, model text, weight double precision,
                   conversions double precision, value double precision, rank int, touches int, days_before double precision,
                   converted_at timestamptz, touched_at timestamptz, is_paid boolean, is_view boolean, touch_part text,
                   conversion_part text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100000 AS 'MODULE_PATHNAME', 'marketing_credit_touches';
COMMENT ON FUNCTION analytics.credit_touches IS
    'What each touch earned of each conversion, row by row
attribution_credit adds these rows up. All other arguments: see attribution_credit; key_parts: see credit_by_part. all_touches:
also touches of the path that earn nothing of the conversion.
conversion_id: see journeys_with_ids(); else the number of the conversion among those of its client. client, touch_id: as they were
collected; of journeys that keep no touch_id, the number of the touch among those of its client. weight: the share of the touch in the
conversion, conversions: the same but 0 for a refund; value: weight * value of the conversion. rank: place in the path, which has so many
touches, from 1. days_before: from the touch to the conversion. A conversion that nobody earned is a row without touch. By client and time.
By model and key, compensated_sum(conversions) and compensated_sum(value) are what attribution_credit says, to the last bit.';

CREATE FUNCTION analytics_internal.compensated_sum_transition(internal, double precision) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_compensated_sum_transition';
CREATE FUNCTION analytics_internal.compensated_sum_final(internal) RETURNS double precision
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_compensated_sum_final';

CREATE AGGREGATE analytics.compensated_sum(term double precision) (
    SFUNC = analytics_internal.compensated_sum_transition,
    STYPE = internal,
    SSPACE = 64,
    FINALFUNC = analytics_internal.compensated_sum_final,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.compensated_sum_transition(internal, double precision) IS
    'Part of the aggregate compensated_sum: adds a number.';
COMMENT ON FUNCTION analytics_internal.compensated_sum_final(internal) IS 'Part of the aggregate compensated_sum: the sum.';
COMMENT ON AGGREGATE analytics.compensated_sum(double precision) IS
    'A sum whose error does not grow with the number of terms (Neumaier)
Thirds add up to whole numbers where sum() is off by the last digits. NULL terms are left out; NULL of none.';

CREATE FUNCTION analytics.probability_greater(a double precision[], b double precision[]) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT avg(CASE WHEN d.x > d.y THEN 1.0::double precision WHEN d.x = d.y THEN 0.5 ELSE 0 END)
    FROM ROWS FROM (unnest(a), unnest(b)) AS d (x, y) WHERE d.x IS NOT NULL AND d.y IS NOT NULL
$$;
COMMENT ON FUNCTION analytics.probability_greater IS
    'In what share of the replicates of a bootstrap the first is greater
a, b: replicates of the same draws, as attribution_bootstrap() gives them. Ties count half. NULL where there are none.';
