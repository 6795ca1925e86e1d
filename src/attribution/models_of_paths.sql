-- Counted paths: what analytics.journeys or any aggregated table tells of the ways to a conversion, for the models that learn from
-- all paths together.

CREATE TYPE analytics.path_counts;

CREATE FUNCTION analytics_internal.path_counts_in(cstring) RETURNS analytics.path_counts
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_in';
CREATE FUNCTION analytics_internal.path_counts_out(analytics.path_counts) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_out';
CREATE FUNCTION analytics_internal.path_counts_recv(internal) RETURNS analytics.path_counts
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_recv';
CREATE FUNCTION analytics_internal.path_counts_send(analytics.path_counts) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_send';

CREATE TYPE analytics.path_counts (
    INPUT = analytics_internal.path_counts_in,
    OUTPUT = analytics_internal.path_counts_out,
    RECEIVE = analytics_internal.path_counts_recv,
    SEND = analytics_internal.path_counts_send,
    INTERNALLENGTH = variable,
    STORAGE = extended
);
COMMENT ON TYPE analytics.path_counts IS
    'Distinct paths, each with its conversions, their value, and its nulls.
Made by the aggregates analytics.path_counts and analytics.path_counts_union and by analytics.journey_paths; may be stored. The same
counted paths always have the same bytes.';
COMMENT ON FUNCTION analytics_internal.path_counts_in(cstring) IS 'Input of type path_counts (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.path_counts_out(analytics.path_counts) IS 'Output of type path_counts (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.path_counts_recv(internal) IS 'Binary input of type path_counts.';
COMMENT ON FUNCTION analytics_internal.path_counts_send(analytics.path_counts) IS 'Binary output of type path_counts.';

CREATE FUNCTION analytics_internal.path_counts_transition(
    internal, text[], double precision, double precision, double precision) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_transition';
CREATE FUNCTION analytics_internal.path_counts_union_transition(internal, analytics.path_counts) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_union_transition';
CREATE FUNCTION analytics_internal.path_counts_final(internal) RETURNS analytics.path_counts
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_path_counts_final';

CREATE AGGREGATE analytics.path_counts(
    path text[], conversions double precision, value double precision, nulls double precision) (
    SFUNC = analytics_internal.path_counts_transition,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = analytics_internal.path_counts_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);

CREATE AGGREGATE analytics.path_counts_union(path_counts analytics.path_counts) (
    SFUNC = analytics_internal.path_counts_union_transition,
    STYPE = internal,
    SSPACE = 1048576,
    FINALFUNC = analytics_internal.path_counts_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.path_counts_transition(
    internal, text[], double precision, double precision, double precision) IS
    'Part of the aggregate path_counts: adds a row.';
COMMENT ON FUNCTION analytics_internal.path_counts_union_transition(internal, analytics.path_counts) IS
    'Part of the aggregate path_counts_union: adds a value.';
COMMENT ON FUNCTION analytics_internal.path_counts_final(internal) IS 'Part of the aggregate path_counts: makes the value.';
COMMENT ON AGGREGATE analytics.path_counts(text[], double precision, double precision, double precision) IS
    'Collects counted paths from rows with a path and its counts.
path: keys, first touch first; never NULL; an element that is NULL or empty is (none). Rows with the same path add up.
conversions: journeys with this path that converted; value: what these conversions are worth together; nulls: journeys with this
  path that did not convert. NULL is 0; conversions and nulls are not negative. The order of the rows does not matter.';
COMMENT ON AGGREGATE analytics.path_counts_union(analytics.path_counts) IS
    'Adds up counted paths; NULL values are left out.';

CREATE FUNCTION analytics_internal.journeys_with_nulls_final(internal) RETURNS analytics.journeys
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_with_nulls_final';

CREATE AGGREGATE analytics.journeys_with_nulls(
    client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any") (
    SFUNC = analytics_internal.journeys_transition,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = analytics_internal.journeys_with_nulls_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.journeys_with_nulls_final(internal) IS
    'Part of the aggregate journeys_with_nulls: makes the value.';
COMMENT ON AGGREGATE analytics.journeys_with_nulls("any", timestamptz, "any", "any", boolean, "any") IS
    'Collects journeys as journeys() does, and keeps clients who never converted
For analytics.journey_paths(.., nulls => true). The value grows with all touches, not only with those of converters; the credit of
attribution_credit is the same from either.';

CREATE FUNCTION analytics_internal.journeys_with_views_transition(
    internal, "any", timestamptz, "any", "any", boolean, "any", boolean) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_journeys_transition';

CREATE AGGREGATE analytics.journeys_with_views(
    client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any", is_view boolean) (
    SFUNC = analytics_internal.journeys_with_views_transition,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = analytics_internal.journeys_with_nulls_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.journeys_with_views_transition IS 'Part of the aggregate journeys_with_views: adds a row.';
COMMENT ON AGGREGATE analytics.journeys_with_views("any", timestamptz, "any", "any", boolean, "any", boolean) IS
    'Collects journeys as journeys_with_nulls() does, and knows views from clicks
is_view: whether the touch was seen, not clicked; NULL is false. The argument views of attribution_credit and journey_paths says what
becomes of such touches.';

CREATE FUNCTION analytics.journey_paths(
    journeys analytics.journeys, lookback interval DEFAULT '90 days', cycle text DEFAULT 'shared',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, nulls boolean DEFAULT false,
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    nulls_before timestamptz DEFAULT NULL, replicate int DEFAULT NULL, seed bigint DEFAULT 0, view_lookback interval DEFAULT NULL,
    key_parts boolean DEFAULT false, day_starts timestamptz[] DEFAULT '{}') RETURNS analytics.path_counts
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'marketing_journey_paths';
COMMENT ON FUNCTION analytics.journey_paths IS
    'Counts the paths of journeys: one for each conversion, with its value.
lookback, cycle, converted_from, converted_before, include_conversion_touch, exclude_keys, only_keys, views, max_touches, view_lookback,
  day_starts: as in analytics.attribution_credit.
transform: as there; frequency makes keys that say how often they were met, such as "email(2)".
nulls: whether what a client met after its last conversion, or at all where there is none, counts as a path that did not convert,
  as far back from its last touch as the lookback reaches. Give it journeys of analytics.journeys_with_nulls: those of
  analytics.journeys hold converters only.
nulls_before: a client last met at or after this may still convert, and gives no such path; NULL: without limit.
replicate: a replicate of the bootstrap, from 1: each client counts as often as it is drawn; NULL: once. seed: see
  analytics.attribution_bootstrap, whose replicates draw the same clients.
A conversion without touches is an empty path.';

CREATE FUNCTION analytics.journey_transitions(
    journeys analytics.journeys, lookback interval DEFAULT '90 days', cycle text DEFAULT 'shared',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, nulls boolean DEFAULT false,
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    nulls_before timestamptz DEFAULT NULL, replicate int DEFAULT NULL, seed bigint DEFAULT 0, self_loops boolean DEFAULT false,
    day_starts timestamptz[] DEFAULT '{}')
    RETURNS TABLE (from_state text, to_state text, count double precision, probability double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_journey_transitions';
COMMENT ON FUNCTION analytics.journey_transitions IS
    'The transitions of order 1 of journeys, counted without their paths
The same as analytics.markov_transitions of what analytics.journey_paths makes with these arguments, in a fraction of the time where
nearly every client has a path of its own. self_loops: whether a key followed by itself is a transition.';

CREATE FUNCTION analytics.path_counts_summary(
    path_counts analytics.path_counts, OUT paths bigint, OUT keys int, OUT conversions double precision, OUT value double precision,
    OUT nulls double precision) RETURNS SETOF record
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_path_counts_summary';
COMMENT ON FUNCTION analytics.path_counts_summary(analytics.path_counts) IS
    'What counted paths hold: distinct paths, distinct keys, and all counts added up.
No row where path_counts is NULL.';

CREATE FUNCTION analytics.path_list(path_counts analytics.path_counts)
    RETURNS TABLE (path text[], conversions double precision, value double precision, nulls double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_path_list';
COMMENT ON FUNCTION analytics.path_list IS
    'The counted paths, one row each
path: keys, first touch first; {} is the path of conversions without a touch. conversions, value, nulls: its counts.';

CREATE FUNCTION analytics.conversion_paths(
    journeys analytics.journeys, lookback interval DEFAULT '90 days', cycle text DEFAULT 'shared',
    converted_from timestamptz DEFAULT NULL, converted_before timestamptz DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL, day_starts timestamptz[] DEFAULT '{}')
    RETURNS TABLE (converted_at timestamptz, value double precision, path text[], touched_at timestamptz[])
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_conversion_paths';
COMMENT ON FUNCTION analytics.conversion_paths IS
    'Each conversion with the touches before it, one row each
All arguments: see attribution_credit. converted_at, value: of the conversion; path: keys of its touches, first touch first, {} where
it has none; touched_at: when they were.';

CREATE FUNCTION analytics.path_credit(path_counts analytics.path_counts, models text[] DEFAULT '{first,last,linear}')
    RETURNS TABLE (model text, key text, conversions double precision, value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_path_credit';
COMMENT ON FUNCTION analytics.path_credit(analytics.path_counts, text[]) IS
    'Shares the conversions of counted paths by place: first, last or linear.
models: first: all to the first touch; last: all to the last; linear: the same to each touch, repeats counted.
Result: per model the rows add up to all conversions and their value; key NULL: conversions without a touch.';

CREATE FUNCTION analytics.markov_credit(path_counts analytics.path_counts, "order" int DEFAULT 1, use_nulls boolean DEFAULT true)
    RETURNS TABLE (key text, removal_effect double precision, removal_effect_value double precision,
                   conversions double precision, value double precision, base_probability double precision, order_used integer)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_markov_credit';
COMMENT ON FUNCTION analytics.markov_credit(analytics.path_counts, integer, boolean) IS
    'Shares conversions by what an exact Markov chain would lose without each key.
order: how many neighbouring keys make a state, 1 to 20; NULL: the best of 1 to 5 by markov_order(), 1 where it cannot tell. use_nulls:
whether paths that did not convert are part of the chain; without
  them base_probability is 1 and only places in the paths count.
Result: removal_effect: share of the conversions lost when the key leads nowhere (these overlap and do not add up to 1);
  removal_effect_value: the same of the value; conversions, value: the effects scaled to the totals; base_probability: that a
  journey converts; order_used: the order of the chain. key NULL: conversions without a touch. Value is shared like conversions where
refunds make an effect negative.
More than 1,000,000 states are refused. The same paths give the same bits; nothing is simulated.';

CREATE FUNCTION analytics.markov_transitions(path_counts analytics.path_counts, "order" int DEFAULT 1, self_loops boolean DEFAULT false)
    RETURNS TABLE (from_state text, to_state text, count double precision, probability double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_markov_transitions';
COMMENT ON FUNCTION analytics.markov_transitions(analytics.path_counts, integer, boolean) IS
    'The transitions of the Markov chain of counted paths, one row each.
order: how many neighbouring keys make a state, 1 to 20. self_loops: whether a state followed by itself is a transition; the removal
  effects of order 1 are the same either way.
Result: from_state, to_state: keys joined by " > ", or (start), (conversion), (null); a key that would be taken for one of these, or
  contains that sign where states have several keys, stands in double quotes; count: how often taken; probability: of all transitions
  that leave from_state.';

CREATE FUNCTION analytics.markov_order(path_counts analytics.path_counts, max_order int DEFAULT 5)
    RETURNS TABLE ("order" integer, auc double precision, penalised_auc double precision, best boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 5 AS 'MODULE_PATHNAME', 'marketing_markov_order';
COMMENT ON FUNCTION analytics.markov_order(analytics.path_counts, integer) IS
    'How well the last state of each order tells which paths convert; the best one.
Result: auc: area under the ROC curve of P(conversion | last state); penalised_auc: less for orders with many possible states
  against the number of journeys; best: the first order with the highest penalised_auc. NULL where there is nothing to tell apart:
  no conversions, no nulls, or as many possible states as journeys.';

CREATE FUNCTION analytics.shapley_credit(path_counts analytics.path_counts, game text DEFAULT 'cumulative')
    RETURNS TABLE (key text, "position" integer, conversions double precision, value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_shapley_credit';
COMMENT ON FUNCTION analytics.shapley_credit(analytics.path_counts, text) IS
    'Shares conversions by Shapley values of the sets of keys that journeys met.
game: cumulative: a set is worth the conversions of all journeys within it, so each key of a journey gets the same share;
  ordered: the same, told apart by the place where the key comes first, all touches counted; ordered_keys: the same, each key counted once,
  so that position 2 is the second key that was met; rate: keys of a set share its conversions by what they add to
  the conversion rate of its subsets, each rate shrunk as by 20 journeys of the overall rate, negative shares cut off; equal shares
  where none is left and for sets of more than 12 keys.
Result: position: for ordered and ordered_keys, else NULL. The rows add up to all conversions and their value; key NULL: conversions
without a touch.';

CREATE FUNCTION analytics.removal_credit(path_counts analytics.path_counts)
    RETURNS TABLE (key text, conversions double precision, value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_removal_credit';
COMMENT ON FUNCTION analytics.removal_credit(analytics.path_counts) IS
    'Shares conversions by how the rate falls when a key is taken out of a path.
The rate without the key is that of the very path that is left, 0 where it was never seen; rises count as 0; where nothing falls the
last touch gets it all. A baseline: most paths without a key were never seen. The rows add up to all conversions and their value;
key NULL: conversions without a touch.';
