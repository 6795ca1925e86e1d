-- What customers are worth, on any table: purchases as one value, their summaries, models of who buys again and for how much.

CREATE TYPE analytics.purchases;

CREATE FUNCTION analytics_internal.purchases_in(cstring) RETURNS analytics.purchases
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_in';
CREATE FUNCTION analytics_internal.purchases_out(analytics.purchases) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_out';
CREATE FUNCTION analytics_internal.purchases_recv(internal) RETURNS analytics.purchases
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_recv';
CREATE FUNCTION analytics_internal.purchases_send(analytics.purchases) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_send';

CREATE TYPE analytics.purchases (
    INPUT = analytics_internal.purchases_in,
    OUTPUT = analytics_internal.purchases_out,
    RECEIVE = analytics_internal.purchases_recv,
    SEND = analytics_internal.purchases_send,
    INTERNALLENGTH = variable,
    STORAGE = extended
);

COMMENT ON TYPE analytics.purchases IS
    'The days on which each customer bought, and what was paid.
Made by the aggregate analytics.purchases; may be stored. The same purchases always have the same bytes.';
COMMENT ON FUNCTION analytics_internal.purchases_in(cstring) IS 'Input of type purchases (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.purchases_out(analytics.purchases) IS 'Output of type purchases (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.purchases_recv(internal) IS 'Binary input of type purchases.';
COMMENT ON FUNCTION analytics_internal.purchases_send(analytics.purchases) IS 'Binary output of type purchases.';

CREATE FUNCTION analytics_internal.purchases_transition(internal, "any", date, double precision, boolean) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_transition';
CREATE FUNCTION analytics_internal.purchases_final(internal) RETURNS analytics.purchases
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_final';

CREATE AGGREGATE analytics.purchases(customer "any", purchased_on date, amount double precision, is_refund boolean) (
    SFUNC = analytics_internal.purchases_transition, STYPE = internal, SSPACE = 65536,
    FINALFUNC = analytics_internal.purchases_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);

COMMENT ON FUNCTION analytics_internal.purchases_transition(internal, "any", date, double precision, boolean) IS
    'Part of the aggregate purchases: adds a row.';
COMMENT ON FUNCTION analytics_internal.purchases_final(internal) IS 'Part of the aggregate purchases: makes the value.';
COMMENT ON AGGREGATE analytics.purchases("any", date, double precision, boolean) IS
    'Collects purchases: who bought on which day, and for how much
customer: any type but floating point; never NULL. purchased_on: never NULL; all rows of a customer''s day are one purchase. amount:
money or profit; NULL is 0. is_refund: the row is no purchase; its amount, negative as a rule, belongs to what was paid on that day, or
else to the last day of purchase before. NULL is false.
The order of the rows does not matter.';

CREATE FUNCTION analytics_internal.purchases_union_transition(internal, analytics.purchases) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchases_union_transition';

CREATE AGGREGATE analytics.purchases_union(purchases analytics.purchases) (
    SFUNC = analytics_internal.purchases_union_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.purchases_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);

COMMENT ON FUNCTION analytics_internal.purchases_union_transition(internal, analytics.purchases) IS
    'Part of the aggregate purchases_union: adds a value.';
COMMENT ON AGGREGATE analytics.purchases_union(analytics.purchases) IS
    'Adds up values of purchases(); NULL values are left out
What a customer of several values did adds up, too. Of disjoint sets of customers the result has the same bytes as one purchases() over
all the rows.';

CREATE FUNCTION analytics.purchase_summary(
    purchases analytics.purchases, observed_until date DEFAULT NULL, days_per_unit double precision DEFAULT 7,
    holdout_until date DEFAULT NULL)
    RETURNS TABLE (customer text, first_purchase date, last_purchase date, frequency bigint, recency double precision,
                   age double precision, monetary_value double precision, total_value double precision,
                   holdout_purchases bigint, holdout_value double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 100000 AS 'MODULE_PATHNAME', 'marketing_purchase_summary';

COMMENT ON FUNCTION analytics.purchase_summary(analytics.purchases, date, double precision, date) IS
    'What each customer did until a day: frequency, recency, age, monetary value
observed_until: the last day that is known; NULL for the last one there is. Customers who first bought later are left out.
days_per_unit: the unit of recency and age: 1 for days, 7 for weeks.
holdout_until: end of the period after observed_until that predictions are compared with.
Result: frequency: days of purchase after the first. recency: time from the first to the last of them. age: time from the first to
  observed_until. monetary_value: mean paid on the days after the first, NULL where there are none. total_value: all amounts together.
  holdout_purchases, holdout_value: days of purchase and money after observed_until until holdout_until, NULL without it.
Ordered by customer.';

CREATE TYPE analytics.purchase_model AS (
    model text, r double precision, alpha double precision, a double precision, b double precision,
    r_error double precision, alpha_error double precision, a_error double precision, b_error double precision,
    log_likelihood double precision, customers bigint, repeat_customers bigint, distinct_histories bigint,
    iterations integer, converged boolean, reason text, correlations double precision[]);
COMMENT ON TYPE analytics.purchase_model IS
    'A fitted model of repeat purchases: parameters, their errors, how it was found
model: bgnbd, mbgnbd or pareto_nbd. r, alpha: customers buy at rates of Gamma(r, alpha), alpha in units of time. a, b: they leave after a
purchase with probabilities of Beta(a, b); of pareto_nbd at any time, at rates of Gamma(a, b): s and beta of the articles. *_error:
standard errors. correlations: of the errors: of alpha with r; of a with r, alpha; of b with r, alpha, a. converged: whether this is the
maximum of the likelihood; reason: ok, or why not. Parameters are NULL where there is nothing to fit.';

CREATE TYPE analytics.spend_model AS (
    p double precision, q double precision, gamma double precision,
    p_error double precision, q_error double precision, gamma_error double precision,
    log_likelihood double precision, customers bigint, skipped bigint, correlation double precision,
    iterations integer, converged boolean, reason text, correlations double precision[]);
COMMENT ON TYPE analytics.spend_model IS
    'A fitted Gamma-Gamma model of spend: parameters, their errors, how it was found
customers: with a repeat purchase and a positive mean value, whom the fit is about; skipped: all others. correlation: of frequency and
mean value, which the model takes for independent. correlations: of the errors: of q with p; of gamma with p, q. converged, reason: as in
purchase_model; not ok where q <= 1: no mean spend of all.';

CREATE TYPE analytics.normal_spend_model AS (
    mean double precision, between_deviation double precision, within_deviation double precision, mean_error double precision,
    log_likelihood double precision, customers bigint, skipped bigint, correlation double precision, converged boolean, reason text);
COMMENT ON TYPE analytics.normal_spend_model IS
    'A fitted normal model of spend, which may be negative, such as profit
mean: of all customers, with its error; between_deviation: of the customers'' own means; within_deviation: of a purchase about its
customer''s mean. customers: with a repeat purchase; skipped: those without. The rest is as in spend_model.';

CREATE FUNCTION analytics_internal.purchase_fit_transition(internal, bigint, double precision, double precision) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchase_fit_transition';
CREATE FUNCTION analytics_internal.purchase_fit_weighted_transition(internal, bigint, double precision, double precision, double precision)
    RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_purchase_fit_transition';
CREATE FUNCTION analytics_internal.bgnbd_final(internal) RETURNS analytics.purchase_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_bgnbd_final';
CREATE FUNCTION analytics_internal.mbgnbd_final(internal) RETURNS analytics.purchase_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_mbgnbd_final';
CREATE FUNCTION analytics_internal.pareto_nbd_final(internal) RETURNS analytics.purchase_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_pareto_nbd_final';
COMMENT ON FUNCTION analytics_internal.purchase_fit_transition(internal, bigint, double precision, double precision) IS
    'Part of the aggregates that fit purchase models: adds a customer.';
COMMENT ON FUNCTION analytics_internal.purchase_fit_weighted_transition IS
    'Part of the weighted aggregates of fits: adds customers.';
COMMENT ON FUNCTION analytics_internal.bgnbd_final(internal) IS 'Part of the aggregate bgnbd_fit: fits the model.';
COMMENT ON FUNCTION analytics_internal.mbgnbd_final(internal) IS 'Part of the aggregate mbgnbd_fit: fits the model.';
COMMENT ON FUNCTION analytics_internal.pareto_nbd_final(internal) IS 'Part of the aggregate pareto_nbd_fit: fits the model.';

CREATE AGGREGATE analytics.bgnbd_fit(frequency bigint, recency double precision, age double precision) (
    SFUNC = analytics_internal.purchase_fit_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.bgnbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE AGGREGATE analytics.bgnbd_fit_weighted(
    frequency bigint, recency double precision, age double precision, customers double precision) (
    SFUNC = analytics_internal.purchase_fit_weighted_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.bgnbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE AGGREGATE analytics.mbgnbd_fit(frequency bigint, recency double precision, age double precision) (
    SFUNC = analytics_internal.purchase_fit_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.mbgnbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE AGGREGATE analytics.mbgnbd_fit_weighted(
    frequency bigint, recency double precision, age double precision, customers double precision) (
    SFUNC = analytics_internal.purchase_fit_weighted_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.mbgnbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE AGGREGATE analytics.pareto_nbd_fit(frequency bigint, recency double precision, age double precision) (
    SFUNC = analytics_internal.purchase_fit_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.pareto_nbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE AGGREGATE analytics.pareto_nbd_fit_weighted(
    frequency bigint, recency double precision, age double precision, customers double precision) (
    SFUNC = analytics_internal.purchase_fit_weighted_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.pareto_nbd_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.bgnbd_fit(bigint, double precision, double precision) IS
    'Fits the BG/NBD model of repeat purchases by maximum likelihood
One row per customer, as purchase_summary() gives them: frequency: repeat purchases; recency: time from the first to the last; age: time
  from the first until now. Rows with a NULL are left out; an impossible one is an error (22023).
A customer without a repeat purchase is alive for sure in this model: see mbgnbd_fit.';
COMMENT ON AGGREGATE analytics.bgnbd_fit_weighted(bigint, double precision, double precision, double precision) IS
    'Fits BG/NBD to rows that each stand for many customers
customers: how many have this history; otherwise as bgnbd_fit.';
COMMENT ON AGGREGATE analytics.mbgnbd_fit(bigint, double precision, double precision) IS
    'Fits the MBG/NBD model of repeat purchases by maximum likelihood
As bgnbd_fit, but customers may leave after their first purchase, too: p_alive of one-time buyers is below 1.';
COMMENT ON AGGREGATE analytics.mbgnbd_fit_weighted(bigint, double precision, double precision, double precision) IS
    'Fits MBG/NBD to rows that each stand for many customers
customers: how many have this history; otherwise as mbgnbd_fit.';
COMMENT ON AGGREGATE analytics.pareto_nbd_fit(bigint, double precision, double precision) IS
    'Fits the Pareto/NBD model of repeat purchases by maximum likelihood
As bgnbd_fit, but customers leave at any time and not only after a purchase: p_alive of one-time buyers is below 1. Takes some forty times
as long as bgnbd_fit.';
COMMENT ON AGGREGATE analytics.pareto_nbd_fit_weighted(bigint, double precision, double precision, double precision) IS
    'Fits Pareto/NBD to rows that each stand for many customers
customers: how many have this history; otherwise as pareto_nbd_fit.';

CREATE FUNCTION analytics_internal.purchase_models_by(
    frequencies bigint[], recencies double precision[], ages double precision[], characteristic text[], second_characteristic text[],
    model text, confidence double precision)
    RETURNS TABLE (characteristic_value text, second_value text, customers bigint, repeat_customers bigint,
                   rate_ratio double precision, rate_ratio_low double precision, rate_ratio_high double precision,
                   leaving_ratio double precision, leaving_ratio_low double precision, leaving_ratio_high double precision,
                   fitted text, r double precision, alpha double precision, a double precision, b double precision,
                   r_error double precision, alpha_error double precision, a_error double precision, b_error double precision,
                   log_likelihood double precision, distinct_histories bigint, iterations integer, converged boolean, reason text,
                   correlations double precision[])
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 20 AS 'MODULE_PATHNAME', 'marketing_purchase_models_by';
COMMENT ON FUNCTION analytics_internal.purchase_models_by IS 'The rows of analytics.purchase_models_by(), its model in columns';

CREATE FUNCTION analytics.purchase_models_by(
    frequencies bigint[], recencies double precision[], ages double precision[], characteristic text[],
    second_characteristic text[] DEFAULT NULL, model text DEFAULT 'mbgnbd', confidence double precision DEFAULT 0.95)
    RETURNS TABLE (characteristic_value text, second_value text, customers bigint, repeat_customers bigint,
                   rate_ratio double precision, rate_ratio_low double precision, rate_ratio_high double precision,
                   leaving_ratio double precision, leaving_ratio_low double precision, leaving_ratio_high double precision,
                   purchase_model analytics.purchase_model)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20
AS $$
    SELECT f.characteristic_value, f.second_value, f.customers, f.repeat_customers, f.rate_ratio, f.rate_ratio_low, f.rate_ratio_high,
           f.leaving_ratio, f.leaving_ratio_low, f.leaving_ratio_high,
           ROW(f.fitted, f.r, f.alpha, f.a, f.b, f.r_error, f.alpha_error, f.a_error, f.b_error, f.log_likelihood, f.customers,
               f.repeat_customers, f.distinct_histories, f.iterations, f.converged, f.reason, f.correlations)::analytics.purchase_model
    FROM analytics_internal.purchase_models_by(frequencies, recencies, ages, characteristic, second_characteristic, model, confidence) f
$$;
COMMENT ON FUNCTION analytics.purchase_models_by IS
    'Purchase models that differ by the channel or first product of customers
One element per customer in all lists: frequencies, recencies, ages: as purchase_summary() gives them; characteristic,
second_characteristic: what is known of the customer, such as the channel that brought him and his first product, at most 200 values in
all; NULL: there is no second one. model: mbgnbd, bgnbd or pareto_nbd.
Result, a row per combination of values that occurs, in their order: rate_ratio: how often these customers buy while they are there, over
  the average customer; leaving_ratio: their odds (pareto_nbd: rate) of leaving over that of the average customer, NULL where no dropout
  can be told; both with intervals. purchase_model: what p_alive(), expected_purchases(), lifetime_value() and their like take.
Each value multiplies alpha and b of the model; rare ones are drawn to the average, by how much the values differ from each other.';

CREATE FUNCTION analytics_internal.spend_fit_transition(internal, bigint, double precision) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_spend_fit_transition';
CREATE FUNCTION analytics_internal.gamma_gamma_final(internal) RETURNS analytics.spend_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_gamma_gamma_final';
COMMENT ON FUNCTION analytics_internal.spend_fit_transition(internal, bigint, double precision) IS
    'Part of the aggregate gamma_gamma_fit: adds a customer.';
COMMENT ON FUNCTION analytics_internal.gamma_gamma_final(internal) IS 'Part of the aggregate gamma_gamma_fit: fits the model.';

CREATE AGGREGATE analytics.gamma_gamma_fit(frequency bigint, monetary_value double precision) (
    SFUNC = analytics_internal.spend_fit_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.gamma_gamma_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
CREATE FUNCTION analytics_internal.normal_spend_final(internal) RETURNS analytics.normal_spend_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_normal_spend_final';
COMMENT ON FUNCTION analytics_internal.normal_spend_final(internal) IS 'Part of the aggregate normal_spend_fit: fits the model.';
CREATE AGGREGATE analytics.normal_spend_fit(frequency bigint, monetary_value double precision) (
    SFUNC = analytics_internal.spend_fit_transition, STYPE = internal, SSPACE = 1048576,
    FINALFUNC = analytics_internal.normal_spend_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);
COMMENT ON AGGREGATE analytics.normal_spend_fit(bigint, double precision) IS
    'Fits the normal model of spend per purchase, for values that may be negative
One row per customer, as gamma_gamma_fit() has them. Each customer''s mean is drawn to that of all, the more the fewer purchases he made;
that draw is right for any distribution (credibility after Buehlmann). Maximum likelihood; the customers must have different numbers of
purchases, or differences between customers and between purchases cannot be told apart.';

COMMENT ON AGGREGATE analytics.gamma_gamma_fit(bigint, double precision) IS
    'Fits the Gamma-Gamma model of spend per purchase by maximum likelihood
One row per customer: frequency: repeat purchases; monetary_value: mean value of these, in money or profit. Customers without a repeat
  purchase, or with a mean that is not positive, are counted as skipped; rows with a NULL are left out.';

CREATE FUNCTION analytics.purchase_season(
    purchases analytics.purchases, observed_until date DEFAULT NULL, model text DEFAULT 'mbgnbd', confidence double precision DEFAULT 0.95)
    RETURNS TABLE (month integer, season_index double precision, index_low double precision, index_high double precision,
                   repeat_purchases bigint, expected_purchases double precision, reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 12 AS 'MODULE_PATHNAME', 'marketing_purchase_season';
COMMENT ON FUNCTION analytics.purchase_season(analytics.purchases, date, text, double precision) IS
    'In which months of the year customers buy more often than on average
observed_until: the last day that is known; NULL for the last one there is. model: mbgnbd or bgnbd.
Result, a row per month from 1 to 12: season_index: purchases over those of an average month, 1 on average over a year, with its interval;
  repeat_purchases: of whole years before the end, expected_purchases: those that the model, which knows when customers first bought,
  expects without a season; reason: ok, or why the indices are NULL, such as less than two years of whole months.
The level of each twelve months is taken out, for a trend is no season. Indices are drawn to 1 by how much the same month differs between
years, and are 1 where there is no season. seasonal_time() makes use of them.';

CREATE FUNCTION analytics.seasonal_time(
    after date, until date, season double precision[], days_per_unit double precision DEFAULT 7)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_seasonal_time';
COMMENT ON FUNCTION analytics.seasonal_time(date, date, double precision[], double precision) IS
    'How much time passes between two days, where months of the season count more
after, until: the days after the first until the second. season: indices of January to December, as purchase_season() gives them.
days_per_unit: the unit of the result: 1 for days, 7 for weeks.
With recency, age and horizon in this time the fits and predictions of bgnbd and mbgnbd follow the season: in it purchases have none.
Not those of pareto_nbd, where customers leave by the calendar.';

CREATE FUNCTION analytics.p_alive(model analytics.purchase_model, frequency bigint, recency double precision, age double precision)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_p_alive';
COMMENT ON FUNCTION analytics.p_alive(analytics.purchase_model, bigint, double precision, double precision) IS
    'Probability that a customer has not left for good
frequency, recency, age: the history, in the unit of the model. NULL where the model has no parameters.';

CREATE FUNCTION analytics.expected_purchases(
    model analytics.purchase_model, frequency bigint, recency double precision, age double precision, horizon double precision)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'marketing_expected_purchases';
COMMENT ON FUNCTION analytics.expected_purchases(analytics.purchase_model, bigint, double precision, double precision, double precision) IS
    'Purchases to expect of a customer within a horizon from now
horizon: in the unit of the model. A new customer has frequency, recency and age 0. NULL where the model has no parameters.';

CREATE FUNCTION analytics.purchase_probability(
    model analytics.purchase_model, frequency bigint, recency double precision, age double precision, horizon double precision,
    purchases integer)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'marketing_purchase_probability';
COMMENT ON FUNCTION analytics.purchase_probability IS
    'Probability that a customer buys exactly so many times within a horizon
Over all numbers of purchases it adds up to 1, and its mean is expected_purchases().';

CREATE FUNCTION analytics.discounted_purchases(
    model analytics.purchase_model, frequency bigint, recency double precision, age double precision, periods integer,
    period double precision, discount_rate double precision)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'marketing_discounted_purchases';
COMMENT ON FUNCTION analytics.discounted_purchases IS
    'Purchases to expect of a customer, later ones counting less
periods: how many; period: length of each, in the unit of the model; discount_rate: of one period: purchases of the k-th are divided by
(1 + discount_rate)^k. An annual rate d is power(1 + d, 1 / 12.0) - 1 a month.';

CREATE FUNCTION analytics.expected_spend(model analytics.spend_model, frequency bigint, monetary_value double precision)
    RETURNS double precision
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_expected_spend';
COMMENT ON FUNCTION analytics.expected_spend(analytics.spend_model, bigint, double precision) IS
    'Mean value to expect of a purchase of a customer
Between the customer''s own mean and that of all, by how often he bought; that of all where frequency is 0 or his mean is NULL. NULL where
the model has no parameters, or no finite mean of all (q <= 1), and where his mean is below 0, for which it has no answer.';

CREATE FUNCTION analytics.expected_normal_spend(model analytics.normal_spend_model, frequency bigint, monetary_value double precision)
    RETURNS double precision
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_expected_normal_spend';
COMMENT ON FUNCTION analytics.expected_normal_spend(analytics.normal_spend_model, bigint, double precision) IS
    'Mean value, which may be negative, to expect of a purchase of a customer
Between the customer''s own mean and that of all, by how often he bought. NULL where the model has no parameters.';

CREATE FUNCTION analytics.lifetime_value(
    model analytics.purchase_model, spend analytics.spend_model, frequency bigint, recency double precision, age double precision,
    monetary_value double precision, periods integer, period double precision, discount_rate double precision)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT analytics.expected_spend(spend, frequency, monetary_value)
         * analytics.discounted_purchases(model, frequency, recency, age, periods, period, discount_rate)
$$;
COMMENT ON FUNCTION analytics.lifetime_value IS
    'What a customer''s purchases of the next periods are worth today
expected_spend() times discounted_purchases().';

CREATE FUNCTION analytics.normal_lifetime_value(
    model analytics.purchase_model, spend analytics.normal_spend_model, frequency bigint, recency double precision, age double precision,
    monetary_value double precision, periods integer, period double precision, discount_rate double precision)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT analytics.expected_normal_spend(spend, frequency, monetary_value)
         * analytics.discounted_purchases(model, frequency, recency, age, periods, period, discount_rate)
$$;
COMMENT ON FUNCTION analytics.normal_lifetime_value IS
    'What a customer''s purchases of the next periods are worth today, or cost
expected_normal_spend() times discounted_purchases().';

CREATE FUNCTION analytics.lifetime_value_interval(
    model analytics.purchase_model, spend analytics.spend_model, frequency bigint, recency double precision, age double precision,
    monetary_value double precision, periods integer, period double precision, discount_rate double precision,
    level double precision DEFAULT 0.9)
    RETURNS TABLE (low double precision, high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_lifetime_value_interval';
CREATE FUNCTION analytics.normal_lifetime_value_interval(
    model analytics.purchase_model, spend analytics.normal_spend_model, frequency bigint, recency double precision, age double precision,
    monetary_value double precision, periods integer, period double precision, discount_rate double precision,
    level double precision DEFAULT 0.9)
    RETURNS TABLE (low double precision, high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_normal_lifetime_value_interval';
COMMENT ON FUNCTION analytics.lifetime_value_interval IS
    'Within what the value of a customer''s next purchases will lie
level: probability that the value, not its mean, lies within: how often he buys and for how much is spread as the models say, and their
parameters by their errors (exact where there are none). The other arguments are those of lifetime_value(). No row where
a model has no parameters.';
COMMENT ON FUNCTION analytics.normal_lifetime_value_interval IS
    'Within what the value of a customer''s next purchases will lie, or their cost
As lifetime_value_interval().';

CREATE FUNCTION analytics.lifetime_value_sum_interval(
    model analytics.purchase_model, spend analytics.spend_model, frequencies bigint[], recencies double precision[],
    ages double precision[], monetary_values double precision[], periods integer, period double precision,
    discount_rate double precision, level double precision DEFAULT 0.9)
    RETURNS TABLE (low double precision, high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_lifetime_value_sum_interval';
CREATE FUNCTION analytics.normal_lifetime_value_sum_interval(
    model analytics.purchase_model, spend analytics.normal_spend_model, frequencies bigint[], recencies double precision[],
    ages double precision[], monetary_values double precision[], periods integer, period double precision,
    discount_rate double precision, level double precision DEFAULT 0.9)
    RETURNS TABLE (low double precision, high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_normal_lifetime_value_sum_interval';
COMMENT ON FUNCTION analytics.lifetime_value_sum_interval IS
    'Within what the next purchases of many customers together will lie
One element per customer in all lists: frequencies, recencies, ages, monetary_values: the histories, as purchase_summary() gives them. The
other arguments are those of lifetime_value_interval(). Each customer''s chances are his own and cancel out; the errors of the models are
the same for all and do not: bounds of single customers do not add up to these. Customers whose mean is below 0 have no value in a
spend_model and are left out. No row where a model has no parameters.';
COMMENT ON FUNCTION analytics.normal_lifetime_value_sum_interval IS
    'Within what the next purchases of many customers together will lie, or cost
As lifetime_value_sum_interval().';

CREATE FUNCTION analytics.make_purchase_model(
    model text, r double precision, alpha double precision, a double precision, b double precision)
    RETURNS analytics.purchase_model
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT ROW(model, r, alpha, a, b, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::analytics.purchase_model
$$;
COMMENT ON FUNCTION analytics.make_purchase_model(text, double precision, double precision, double precision, double precision) IS
    'A purchase model of given parameters, as an article or another tool has them
model: bgnbd, mbgnbd, or pareto_nbd, of which a is s and b is beta.';

CREATE FUNCTION analytics.make_spend_model(p double precision, q double precision, gamma double precision)
    RETURNS analytics.spend_model
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ROW(p, q, gamma, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::analytics.spend_model $$;
COMMENT ON FUNCTION analytics.make_spend_model(double precision, double precision, double precision) IS
    'A spend model of given parameters, as an article or another tool has them';

CREATE FUNCTION analytics.make_normal_spend_model(
    mean double precision, between_deviation double precision, within_deviation double precision)
    RETURNS analytics.normal_spend_model
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT ROW(mean, between_deviation, within_deviation, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::analytics.normal_spend_model
$$;
COMMENT ON FUNCTION analytics.make_normal_spend_model(double precision, double precision, double precision) IS
    'A normal spend model of given parameters';
