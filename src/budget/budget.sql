-- Budgets on any table: one element of each array per campaign and day, in any order.

CREATE FUNCTION analytics.campaign_actions(campaigns text[], platforms text[], days date[], daily_spend double precision[],
    daily_leads double precision[], daily_contracts double precision[] DEFAULT NULL, as_of date DEFAULT NULL, window_days int DEFAULT 28,
    target double precision DEFAULT NULL, marginal_target double precision DEFAULT NULL, p_scale double precision DEFAULT 0.9,
    p_pause double precision DEFAULT 0.9, margin double precision DEFAULT 0.08, min_leads double precision DEFAULT 8,
    min_spend_mult double precision DEFAULT 3, step double precision DEFAULT 0.2, half_life double precision DEFAULT 14,
    hysteresis double precision DEFAULT 0.05)
    RETURNS TABLE (campaign text, platform text, action text, change_pct double precision, spend double precision, leads double precision,
                   contracts double precision, cpl double precision, cpl_low double precision, cpl_high double precision,
                   p_better double precision, p_worse double precision, p_better_rest double precision, marginal_cpl double precision,
                   elasticity double precision, target_cpl double precision, recent_spend double precision, spend_needed double precision,
                   evidence text, reason text, next_review date, expected_false_rate double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_campaign_actions';
COMMENT ON FUNCTION analytics.campaign_actions IS
'Advice per campaign: scale, pause or monitor, with its probability and reason
campaigns .. daily_contracts: one element per campaign and day; platforms, days and daily_contracts may be NULL. as_of: the last day that
counts, by default the last there is. window_days: how many days are judged; earlier ones tell of response curves and of earlier advice.
target: cost per lead; NULL: what the other campaigns pay. marginal_target: what one more lead may cost; NULL: the target over the
portfolio''s elasticity. p_scale, p_pause: how sure the advice must be to begin; hysteresis: how much less sure to stay. margin: pause what
is that much dearer. min_leads, min_spend_mult: least evidence. step: most change. half_life: days. expected_false_rate: expected share of
wrong calls among all that scale or pause.';

CREATE FUNCTION analytics_internal.campaign_days_transition(
    internal, date, numeric, double precision, double precision, numeric, double precision) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_campaign_days_transition';
CREATE FUNCTION analytics_internal.campaign_days_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_campaign_days_final';

CREATE AGGREGATE analytics_internal.campaign_days(day date, spend numeric, leads double precision, contracts double precision,
    revenue numeric, arrived double precision) (
    SFUNC = analytics_internal.campaign_days_transition,
    STYPE = internal,
    SSPACE = 4096,
    FINALFUNC = analytics_internal.campaign_days_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.campaign_days_transition(
    internal, date, numeric, double precision, double precision, numeric, double precision) IS
    'Part of the aggregate campaign_days: adds a day.';
COMMENT ON FUNCTION analytics_internal.campaign_days_final(internal) IS 'Part of the aggregate campaign_days: makes the value.';
COMMENT ON AGGREGATE analytics_internal.campaign_days(date, numeric, double precision, double precision, numeric, double precision) IS
'The days of a campaign, packed for actions_of_days
Rows in any order; those of one day add up. A negative spend, a refund, is none. contracts, revenue: of the leads of that day.
arrived: which share of the leads of that day have come, 1 where none comes late.';

CREATE FUNCTION analytics_internal.actions_of_days(
    campaigns text[], platforms text[], days bytea[], as_of date DEFAULT NULL, window_days int DEFAULT 28,
    target double precision DEFAULT NULL, objective text DEFAULT 'auto', profit_margin double precision DEFAULT 1)
    RETURNS TABLE (campaign text, platform text, action text, change_pct double precision, spend double precision, leads double precision,
                   contracts double precision, cpl double precision, cpl_low double precision, cpl_high double precision,
                   p_better double precision, p_worse double precision, p_better_rest double precision, marginal_cpl double precision,
                   elasticity double precision, target_cpl double precision, recent_spend double precision, spend_needed double precision,
                   evidence text, reason text, next_review date, expected_false_rate double precision, outcome text,
                   lead_worth double precision, contracts_per_lead double precision, contract_value double precision,
                   roas double precision, roas_low double precision, roas_high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_actions_of_days';
COMMENT ON FUNCTION analytics_internal.actions_of_days(text[], text[], bytea[], date, int, double precision, text, double precision) IS
'campaign_actions for campaigns whose days campaign_days has packed
One element per campaign; answers and other arguments are those of campaign_actions, by the outcome that objective names or, where it is
auto, by the deepest that there is evidence of. target: what one of it may cost. profit_margin: what is left of revenue beside the spend,
where the objective is profit. outcome: leads, contracts or revenue. lead_worth: how much of it a lead brings, of which contracts_per_lead
and contract_value are the parts. roas: expected of the leads of the window, with its 90 % interval.';

CREATE FUNCTION analytics.response_curve(campaigns text[], platforms text[], days date[], daily_spend double precision[],
    daily_response double precision[], family text DEFAULT 'michaelis_menten', block_days int DEFAULT 7, counts boolean DEFAULT true)
    RETURNS TABLE (campaign text, platform text, spend double precision, response double precision, elasticity double precision,
                   elasticity_low double precision, elasticity_high double precision, dispersion double precision, r2 double precision,
                   blocks bigint, usable boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_response_curve';
COMMENT ON FUNCTION analytics.response_curve(text[], text[], date[], double precision[], double precision[], text, int, boolean) IS
'Response curve per campaign: what a day of spend brings, and what more brings
One element per campaign and day. family: michaelis_menten, power or logarithm. block_days: days taken together. counts: the response counts
events; false: an amount of money. spend, response: per day. elasticity: by how many percent one percent more spend raises the response,
learned from all campaigns together, with its 90 % interval. usable: at least 8 blocks, whose spends differ and not only as those of
all others do, and an elasticity above 0.';

CREATE FUNCTION analytics.allocate_budget(campaigns text[], spends double precision[], responses double precision[],
    elasticities double precision[], objective text DEFAULT 'fixed_budget', target double precision DEFAULT NULL,
    min_spends double precision[] DEFAULT NULL, max_spends double precision[] DEFAULT NULL, family text DEFAULT 'michaelis_menten',
    platforms text[] DEFAULT NULL, share_platforms text[] DEFAULT NULL, min_share double precision[] DEFAULT NULL,
    max_share double precision[] DEFAULT NULL)
    RETURNS TABLE (campaign text, spend double precision, optimal double precision, change_pct double precision, response double precision,
                   response_optimal double precision, marginal_cost double precision, binding text, is_total boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_allocate_budget';
COMMENT ON FUNCTION analytics.allocate_budget IS
'Best allocation of a budget on known response curves, and a row of totals
spends, responses, elasticities: a point of each curve and its elasticity there. objective: fixed_budget (target: the budget, by default
today''s), target_cost, marginal_cost, same_response or target_response. min_spends, max_spends: bounds, by default 0.7 and 1.3 of the
spend; the same for both freezes a campaign. share_platforms, min_share, max_share: bounds of a platform''s share of the budget. binding:
free, min, max, platform or fixed.';

CREATE FUNCTION analytics.recommend_budget(campaigns text[], platforms text[], days date[], daily_spend double precision[],
    daily_response double precision[], objective text DEFAULT 'fixed_budget', target double precision DEFAULT NULL,
    bounds double precision[] DEFAULT '{0.7,1.3}', horizon int DEFAULT 30, window_days int DEFAULT 28, as_of date DEFAULT NULL,
    family text DEFAULT 'michaelis_menten', block_days int DEFAULT 7, counts boolean DEFAULT true, frozen text[] DEFAULT NULL,
    share_platforms text[] DEFAULT NULL, min_share double precision[] DEFAULT NULL, max_share double precision[] DEFAULT NULL,
    lift_campaigns text[] DEFAULT NULL, lift_elasticity double precision[] DEFAULT NULL, lift_sd double precision[] DEFAULT NULL,
    unit double precision DEFAULT 0.01, capped text[] DEFAULT NULL)
    RETURNS TABLE (campaign text, platform text, current_spend double precision, recommended_spend double precision,
                   change_pct double precision, response_now double precision, response_now_low double precision,
                   response_now_high double precision, response_then double precision, response_then_low double precision,
                   response_then_high double precision, marginal_cost double precision, elasticity double precision, blocks bigint,
                   usable boolean, binding text, reason text, lift double precision, lift_low double precision, lift_high double precision,
                   p_lift double precision, is_total boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_recommend_budget';
COMMENT ON FUNCTION analytics.recommend_budget IS
'Budget plan from daily spend and response: curves, best allocation and lift
One element per campaign and day. objective, target: as allocate_budget; budgets and responses are those of horizon days. bounds: multiples
of the spend of the last window_days. frozen: campaigns that keep their spend. lift_campaigns, lift_elasticity, lift_sd: results of
experiments. unit: spends are multiples of it. capped: campaigns that get no more. Intervals are 90 percent. lift: the change of the
response, in the row of totals.';

CREATE FUNCTION analytics.response_points(campaigns text[], platforms text[], days date[], daily_spend double precision[],
    daily_response double precision[], horizon int DEFAULT 30, window_days int DEFAULT 28, as_of date DEFAULT NULL,
    family text DEFAULT 'michaelis_menten', block_days int DEFAULT 7, counts boolean DEFAULT true, lift_campaigns text[] DEFAULT NULL,
    lift_elasticity double precision[] DEFAULT NULL, lift_sd double precision[] DEFAULT NULL, points int DEFAULT 21,
    reach double precision DEFAULT 2)
    RETURNS TABLE (campaign text, platform text, multiple double precision, spend double precision, response double precision,
                   response_low double precision, response_high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_response_points';
COMMENT ON FUNCTION analytics.response_points IS
'Points of the response curves that recommend_budget() moves on, with their band
One element per campaign and day; arguments of the same names are those of recommend_budget(). Each campaign that spends today has points
rows, from nothing to reach times its spend: multiple of today''s spend, spend and response of horizon days, 90 percent interval of the
response. At multiple 1 stands response_now of recommend_budget(). points: 2 to 201; reach: above 0 to 100.';
