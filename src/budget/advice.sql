-- Advice on the warehouse, from the daily rollup: what to do with each campaign, and where the next month's budget should go.

CREATE FUNCTION analytics_internal.advice_objective(
    objective text, target_cpl numeric, target_cpa numeric, target_roas numeric, profit_margin numeric) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    given constant text[] := array_remove(ARRAY[
        CASE WHEN target_cpl IS NOT NULL THEN 'leads' END, CASE WHEN target_cpa IS NOT NULL THEN 'contracts' END,
        CASE WHEN target_roas IS NOT NULL THEN 'revenue' END, CASE WHEN profit_margin IS NOT NULL THEN 'profit' END], NULL);
BEGIN
    PERFORM analytics_internal.check_choice('objective', objective, '{auto,leads,contracts,revenue,profit}');
    IF LEAST(target_cpl, target_cpa, target_roas) <= 0 THEN
        RAISE EXCEPTION 'target must be positive' USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(given) > 1 OR (cardinality(given) = 1 AND objective NOT IN ('auto', given[1])) THEN
        RAISE EXCEPTION 'a target of another objective' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('The objective is %s, the targets are those of %s.', objective, array_to_string(given, ', ')),
            HINT = 'target_cpl goes with leads, target_cpa with contracts, target_roas with revenue, profit_margin with profit.';
    END IF;
    RETURN COALESCE(given[1], objective);
END
$$;
COMMENT ON FUNCTION analytics_internal.advice_objective(text, numeric, numeric, numeric, numeric) IS
'The objective, or where it is auto that of the target; else an error (22023)';

CREATE FUNCTION analytics_internal.advice_goal(
    objective text, target_cpl numeric, target_cpa numeric, target_roas numeric, profit_margin numeric,
    usual_cpl numeric, usual_cpa numeric, usual_roas numeric, usual_margin numeric)
    RETURNS TABLE (judged_by text, target double precision, margin double precision)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked constant text := analytics_internal.advice_objective(advice_goal.objective, target_cpl, target_cpa, target_roas, profit_margin);
BEGIN
    IF COALESCE(target_cpl, target_cpa, target_roas, profit_margin) IS NOT NULL THEN
        RETURN QUERY SELECT asked, COALESCE(target_cpl, target_cpa, 1 / target_roas)::double precision, profit_margin::double precision;
    ELSE
        RETURN QUERY
        SELECT g.judged_by,
               CASE g.judged_by WHEN 'leads' THEN usual_cpl WHEN 'contracts' THEN usual_cpa
                                WHEN 'revenue' THEN 1 / usual_roas END::double precision,
               CASE g.judged_by WHEN 'profit' THEN usual_margin END::double precision
        FROM (
            SELECT CASE WHEN asked <> 'auto' THEN asked
                        WHEN usual_margin IS NOT NULL THEN 'profit'
                        WHEN usual_roas IS NOT NULL THEN 'revenue'
                        WHEN usual_cpa IS NOT NULL THEN 'contracts'
                        WHEN usual_cpl IS NOT NULL THEN 'leads'
                        ELSE asked END) g (judged_by);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.advice_goal IS
'What campaigns of a business are judged by: as asked, else by its settings
usual_*: the settings. auto goes by the deepest of them. target: cost of a lead, of a contract or of one of revenue.';

-- Whatever speaks of how good a campaign is reads this, so that no two answers disagree.
CREATE FUNCTION analytics_internal.campaign_evaluation(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, objective text DEFAULT 'auto',
    target_cpl numeric DEFAULT NULL, target_cpa numeric DEFAULT NULL, target_roas numeric DEFAULT NULL,
    profit_margin numeric DEFAULT NULL)
    RETURNS TABLE (business_id bigint, campaign_key bigint, currency text, action text, change_pct double precision, leads bigint,
                   spend numeric, revenue numeric, contracts numeric, cpl_low double precision, cpl_high double precision,
                   p_better double precision, marginal_cpl double precision, evidence text, reason text, next_review date,
                   expected_false_rate double precision, outcome text, lead_worth double precision,
                   contracts_per_lead double precision, contract_value double precision, roas double precision,
                   roas_low double precision, roas_high double precision, exports numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH business AS MATERIALIZED (
        SELECT b.business_id, LEAST(last_day, analytics_internal.last_full_day(b.business_id)) AS as_of,
               COALESCE(s.revenue_basis, 'lead_date') = 'contract_date' AS by_signing, COALESCE(s.currency, 'USD') AS currency,
               analytics_internal.platform_members(wanted_platforms) AS members, g.judged_by, g.target, g.margin
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        CROSS JOIN (
            SELECT DISTINCT c.business_id
            FROM warehouse.dim_campaigns c
            WHERE wanted_business IS NULL OR c.business_id = wanted_business
        ) b
        LEFT JOIN warehouse.settings s ON s.business_id = b.business_id
        CROSS JOIN LATERAL analytics_internal.advice_goal(
            objective, campaign_evaluation.target_cpl, campaign_evaluation.target_cpa, campaign_evaluation.target_roas,
            campaign_evaluation.profit_margin, s.target_cpl, s.target_cpa, s.target_roas, s.profit_margin) g
        WHERE analytics_internal.check_period(first_day, last_day)
          -- A wrong question is told so, also where there is no business yet.
          AND analytics_internal.advice_objective(
              objective, campaign_evaluation.target_cpl, campaign_evaluation.target_cpa, campaign_evaluation.target_roas,
              campaign_evaluation.profit_margin) IS NOT NULL
    ), late AS MATERIALIZED (
        SELECT a.* FROM analytics_internal.arrived_leads(wanted_business) a
    ), campaign AS MATERIALIZED (
        -- Thirteen weeks tell how campaigns respond, and what becomes of leads; the period alone is judged, and has its amounts exactly.
        -- Refunds of ad networks are no spend.
        SELECT r.business_id, r.campaign_key,
               pg_catalog.sum(GREATEST(r.spend, 0)) FILTER (WHERE r.date >= first_day)::numeric(18,4) AS spend,
               pg_catalog.sum(CASE WHEN b.by_signing THEN r.revenue_signed ELSE r.revenue END)
                   FILTER (WHERE r.date >= first_day) AS revenue,
               pg_catalog.sum(CASE WHEN b.by_signing THEN r.contracts_signed ELSE r.contracts END)
                   FILTER (WHERE r.date >= first_day) AS contracts,
               pg_catalog.sum(r.exports) FILTER (WHERE r.date >= first_day) AS exports,
               -- Of its leads, whenever they signed: what leads are worth.
               -- Where a test measured what a campaign causes, it goes by that; where ads get leads late, by those that have come.
               analytics_internal.campaign_days(
                   r.date, r.spend, r.leads::double precision * COALESCE(f.factor, 1),
                   r.contracts::double precision * COALESCE(f.factor, 1),
                   CASE WHEN f.factor IS NULL THEN r.revenue ELSE r.revenue * f.factor::numeric END,
                   analytics_internal.arrived_at(l.shares, l.known_until - r.date)) AS days
        FROM warehouse.campaign_roi_daily r
        JOIN business b ON b.business_id = r.business_id
        LEFT JOIN analytics_internal.campaign_factors(wanted_business, last_day) f
            ON f.business_id = r.business_id AND f.campaign_key = r.campaign_key
        LEFT JOIN late l ON l.business_id = r.business_id AND l.campaign_key = r.campaign_key
        -- A difference, not a comparison with as_of: the planner knows how many rows the dates of the question have, but not as_of.
        WHERE r.date BETWEEN first_day - 91 AND last_day
          AND r.date - b.as_of <= 0
          AND b.as_of >= first_day
          AND r.campaign_key <> 0
        GROUP BY r.business_id, r.campaign_key
    ), panel AS (
        SELECT c.business_id, pg_catalog.array_agg(c.campaign_key::text) AS campaigns, pg_catalog.array_agg(c.platform) AS platforms,
               pg_catalog.array_agg(k.days) AS days
        FROM campaign k
        JOIN business b ON b.business_id = k.business_id
        JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
        WHERE b.members IS NULL OR c.platform = ANY (b.members)
        GROUP BY c.business_id
    ), advice AS MATERIALIZED (
        -- Once per business, whatever is joined to it.
        SELECT b.business_id, b.currency, a.*
        FROM panel p JOIN business b ON b.business_id = p.business_id
        CROSS JOIN LATERAL analytics_internal.actions_of_days(
            p.campaigns, p.platforms, p.days, b.as_of, b.as_of - first_day + 1, b.target, b.judged_by, b.margin) a
    )
    SELECT k.business_id, k.campaign_key, a.currency, a.action, a.change_pct, a.leads::bigint, k.spend, k.revenue, k.contracts,
           a.cpl_low, a.cpl_high, a.p_better, a.marginal_cpl, a.evidence, a.reason, a.next_review, a.expected_false_rate, a.outcome,
           a.lead_worth, a.contracts_per_lead, a.contract_value, a.roas, a.roas_low, a.roas_high, k.exports
    FROM advice a
    JOIN campaign k ON k.business_id = a.business_id AND k.campaign_key = a.campaign::bigint
$$;
COMMENT ON FUNCTION analytics_internal.campaign_evaluation IS
'How good each campaign of a period is, and what to do with it: the one judgement
Columns are those of reco_budget(). lead_worth: what a lead brings of the outcome that is judged by.';

-- No part of the caller's plan: what it takes to judge is none of what the caller reads.
CREATE FUNCTION analytics_internal.campaign_verdicts(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, campaign_key bigint, action text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT e.business_id, e.campaign_key, e.action
    FROM analytics_internal.campaign_evaluation(first_day, last_day, wanted_platforms, wanted_business) e;
END
$$;
COMMENT ON FUNCTION analytics_internal.campaign_verdicts(date, date, text[], bigint) IS 'What reco_budget() advises for each campaign';

CREATE FUNCTION analytics.reco_budget(date_from date, date_to date, row_limit int DEFAULT 10, platforms text[] DEFAULT NULL,
    target_cpl numeric DEFAULT NULL, business_id bigint DEFAULT NULL, objective text DEFAULT 'auto', target_cpa numeric DEFAULT NULL,
    target_roas numeric DEFAULT NULL, profit_margin numeric DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (action text, platform text, campaign_name text, leads_cur bigint, spend_cur numeric, cpl_cur numeric, roas_cur numeric,
                   contracts_cur bigint, change_pct numeric, recommended_spend numeric, p_better double precision, cpl_low numeric,
                   cpl_high numeric, marginal_cpl numeric, evidence text, reason text, next_review date, campaign_id text,
                   expected_wrong_pct numeric, currency text, business bigint, outcome text, roas_expected numeric, roas_low numeric,
                   roas_high numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT a.action,
           analytics_internal.platform_at(
               (SELECT analytics_internal.level_of(reco_budget.platform_level, reco_budget.business_id)), c.business_id, c.platform),
           c.campaign_name, a.leads, a.spend,
           analytics_internal.cost_per_lead(a.spend, a.leads, a.exports), analytics_internal.quotient(a.revenue, a.spend),
           a.contracts::bigint,
           pg_catalog.round(COALESCE(a.change_pct, 0)::numeric, 1),
           pg_catalog.round(a.spend * (1::numeric + COALESCE(a.change_pct, 0)::numeric / 100::numeric), 4), a.p_better,
           pg_catalog.round(a.cpl_low::numeric, 4), pg_catalog.round(a.cpl_high::numeric, 4), pg_catalog.round(a.marginal_cpl::numeric, 4),
           a.evidence, a.reason, a.next_review, c.campaign_id, pg_catalog.round(100::numeric * a.expected_false_rate::numeric, 1),
           a.currency, a.business_id, a.outcome, pg_catalog.round(a.roas::numeric, 4), pg_catalog.round(a.roas_low::numeric, 4),
           pg_catalog.round(a.roas_high::numeric, 4)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.campaign_evaluation(
        reco_budget.date_from, reco_budget.date_to, reco_budget.platforms, reco_budget.business_id, reco_budget.objective,
        reco_budget.target_cpl, reco_budget.target_cpa, reco_budget.target_roas, reco_budget.profit_margin) a
    JOIN warehouse.dim_campaigns c ON c.business_id = a.business_id AND c.campaign_key = a.campaign_key
    WHERE a.spend IS NOT NULL
      AND analytics_internal.check_level(reco_budget.platform_level)
    ORDER BY a.action = 'monitor', a.spend DESC, c.platform COLLATE "C", c.campaign_name COLLATE "C", c.campaign_id COLLATE "C",
             a.business_id
    LIMIT analytics_internal.check_row_limit(reco_budget.row_limit, 10)
$$;
COMMENT ON FUNCTION analytics.reco_budget IS
'Which campaigns to scale, pause or watch, with probability, interval and reason
Judged by the days of the period that are over; campaigns to act on come first, by spend. objective: leads, contracts, revenue or profit;
auto takes the deepest of the first three that there are contracts enough for, or that of the target given. The target is what the other
campaigns of the business pay for it, or target_cpl, target_cpa, target_roas; for profit what profit_margin, the share of revenue that is
left beside the spend, pays for. change_pct, recommended_spend: the step advised, for a period as long. p_better: probability that the
campaign meets the target. cpl_low, cpl_high: 90 % interval, once all leads have come where ads get them late. marginal_cpl: cost of one
more lead. evidence: strong, moderate, weak, learning, cooling_down, inactive, no_spend or no_target. expected_wrong_pct: expected share of
wrong calls among all that scale or pause. outcome: what the campaign is judged by. roas_expected: the return of the spend once its leads
have had the time to sign, with its 90 % interval roas_low to roas_high. Without a target, those of the settings count, see
configure(): that of the objective, for auto the deepest. platform_level: platform or family; NULL for the setting. Results of campaigns
that a test speaks of, see calibrations(), are those that it leaves.';

CREATE FUNCTION analytics_internal.campaign_keys(names text[], business_id bigint) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text;
BEGIN
    SELECT string_agg(quote_nullable(n), ', ') INTO unknown
    FROM unnest(names) n
    WHERE NOT EXISTS (
        SELECT FROM warehouse.dim_campaigns c WHERE c.business_id = campaign_keys.business_id AND n IN (c.campaign_id, c.campaign_name));
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown campaign: %', unknown USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ids or names of campaigns.';
    END IF;
    RETURN ARRAY(
        SELECT c.campaign_key::text
        FROM warehouse.dim_campaigns c
        WHERE c.business_id = campaign_keys.business_id AND (c.campaign_id = ANY (names) OR c.campaign_name = ANY (names))
        ORDER BY c.campaign_key);
END
$$;
COMMENT ON FUNCTION analytics_internal.campaign_keys(text[], bigint) IS
'Keys of campaigns, as text, by their ids or names
An unknown name is an error (22023).';

CREATE FUNCTION analytics_internal.planned_business(business_id bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    businesses bigint[];
BEGIN
    IF business_id IS NOT NULL THEN
        RETURN business_id;
    END IF;
    SELECT array_agg(DISTINCT c.business_id) INTO businesses FROM warehouse.dim_campaigns c;
    IF cardinality(businesses) > 1 THEN
        RAISE EXCEPTION 'business_id must be given' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('There are campaigns of the businesses %s.', array_to_string(businesses, ', ')),
            HINT = 'A plan moves the money of one business.';
    END IF;
    RETURN COALESCE(businesses[1], 1);
END
$$;
COMMENT ON FUNCTION analytics_internal.planned_business(bigint) IS
'The business that a plan is for: the one given, or the only one with campaigns
Where there are several, one must be given (22023).';

CREATE FUNCTION analytics_internal.check_budget_plan(
    total numeric, objective text, metric text, history_days int, shares jsonb, lift_tests jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF history_days IS NULL OR history_days < 1 THEN
        RAISE EXCEPTION 'history_days must be at least 1' USING ERRCODE = 'invalid_parameter_value';
    ELSIF total IS NOT NULL AND objective IS DISTINCT FROM 'fixed_budget' THEN
        RAISE EXCEPTION 'a total is the budget of objective fixed_budget' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Other objectives find the budget: give their target, or leave total out.';
    ELSIF jsonb_typeof(COALESCE(shares, '{}')) <> 'object' OR jsonb_typeof(COALESCE(lift_tests, '{}')) <> 'object' THEN
        RAISE EXCEPTION 'shares and lift_tests must be JSON objects' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'shares: {"facebook": [0.2, 0.5]}, a platform and its least and greatest share. '
                'lift_tests: {"campaign": [0.4, 0.1]}, a campaign, its elasticity and the standard deviation of that.';
    END IF;
    RETURN analytics_internal.check_choice('metric', metric, '{auto,leads,contracts,revenue}');
END
$$;
COMMENT ON FUNCTION analytics_internal.check_budget_plan IS 'True for arguments that budget_plan can take, else an error (22023)';

-- The judgement of the four weeks that say what is spent today tells what a lead is worth, and who gets no more unless totals or shares
-- ask.
CREATE TYPE analytics_internal.budget_panel AS (
    business_id bigint, as_of date, campaigns text[], platforms text[], days date[], spend double precision[], response double precision[],
    counts boolean, outcome text, paused text[], lift_campaigns text[], lift_elasticity double precision[], lift_sd double precision[]);
COMMENT ON TYPE analytics_internal.budget_panel IS
'What a business spent and what came back, one element per campaign and day
outcome: what leads are judged by; counts: whether the response counts events. paused: campaigns that get no more. lift_*: results of
experiments.';

CREATE FUNCTION analytics_internal.budget_panel(
    metric text, date_to date, history_days int, platforms text[], lift_tests jsonb, business_id bigint)
    RETURNS analytics_internal.budget_panel
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    panel analytics_internal.budget_panel;
    members constant text[] := analytics_internal.platform_members(platforms);
    keys bigint[];
    worths double precision[];
BEGIN
    panel.business_id := analytics_internal.planned_business(business_id);
    panel.as_of := LEAST(analytics_internal.last_full_day(panel.business_id), COALESCE(date_to, (
        SELECT max(r.date) FROM warehouse.campaign_roi_daily r WHERE r.business_id = panel.business_id AND r.campaign_key <> 0)));
    SELECT array_agg(e.campaign_key), array_agg(e.lead_worth), array_agg(e.campaign_key::text) FILTER (WHERE e.action = 'pause'),
           max(e.outcome)
    INTO keys, worths, panel.paused, panel.outcome
    FROM analytics_internal.campaign_evaluation(panel.as_of - 27, panel.as_of, platforms, panel.business_id, metric) e;
    panel.counts := metric IN ('leads', 'contracts') OR (metric = 'auto' AND panel.outcome IS NOT DISTINCT FROM 'leads');
    -- Young days have the leads that they are to have.
    WITH late AS MATERIALIZED (
        SELECT a.* FROM analytics_internal.arrived_leads(panel.business_id) a
    )
    SELECT array_agg(r.campaign_key::text), array_agg(k.platform), array_agg(r.date),
           array_agg(GREATEST(r.spend, 0)::double precision),
           array_agg((CASE metric
               WHEN 'auto' THEN r.leads / t.arrived * COALESCE(w.worth, 1)
               WHEN 'leads' THEN r.leads / t.arrived
               WHEN 'contracts' THEN r.contracts
               ELSE GREATEST(r.revenue, 0) END)::double precision * COALESCE(f.factor, 1))
    INTO panel.campaigns, panel.platforms, panel.days, panel.spend, panel.response
    FROM warehouse.campaign_roi_daily r
    LEFT JOIN analytics_internal.campaign_factors(panel.business_id, panel.as_of) f ON f.campaign_key = r.campaign_key
    LEFT JOIN unnest(keys, worths) w (campaign_key, worth) ON w.campaign_key = r.campaign_key
    LEFT JOIN late l ON l.campaign_key = r.campaign_key
    CROSS JOIN LATERAL (SELECT analytics_internal.arrived_at(l.shares, l.known_until - r.date)) t (arrived)
    JOIN warehouse.dim_campaigns k ON k.business_id = r.business_id AND k.campaign_key = r.campaign_key
    WHERE r.business_id = panel.business_id AND r.date > panel.as_of - history_days AND r.date <= panel.as_of
      AND (members IS NULL OR k.platform = ANY (members));
    SELECT array_agg(n.key ORDER BY n.key COLLATE "C"),
           array_agg((t.value ->> 0)::double precision ORDER BY n.key COLLATE "C"),
           array_agg((t.value ->> 1)::double precision ORDER BY n.key COLLATE "C")
    INTO panel.lift_campaigns, panel.lift_elasticity, panel.lift_sd
    FROM jsonb_each(lift_tests) t, unnest(analytics_internal.campaign_keys(ARRAY[t.key], panel.business_id)) n (key);
    RETURN panel;
END
$$;
COMMENT ON FUNCTION analytics_internal.budget_panel(text, date, int, text[], jsonb, bigint) IS
'What response curves of a business are learned from
The arguments are those of budget_plan().';

CREATE FUNCTION analytics.budget_plan(
    total numeric DEFAULT NULL, objective text DEFAULT 'fixed_budget', bounds numeric[] DEFAULT '{0.7,1.3}', horizon int DEFAULT 30,
    target numeric DEFAULT NULL, metric text DEFAULT 'auto', date_to date DEFAULT NULL, history_days int DEFAULT 182,
    platforms text[] DEFAULT NULL, frozen text[] DEFAULT NULL, shares jsonb DEFAULT NULL, lift_tests jsonb DEFAULT NULL,
    family text DEFAULT 'michaelis_menten', business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, campaign_id text, current_spend numeric, recommended_spend numeric,
                   change_pct numeric, response_now numeric, response_now_low numeric, response_now_high numeric, response_then numeric,
                   response_then_low numeric, response_then_high numeric, marginal_cost numeric, elasticity numeric, blocks bigint,
                   usable boolean, binding text, reason text, lift numeric, lift_low numeric, lift_high numeric, p_lift double precision,
                   is_total boolean, outcome text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p analytics_internal.budget_panel;
    level text;
    usual_cost numeric;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_budget_plan(
        total, objective, metric, history_days, shares, lift_tests);
    level := analytics_internal.checked_level(budget_plan.platform_level, analytics_internal.planned_business(budget_plan.business_id));
    p := analytics_internal.budget_panel(
        metric, budget_plan.date_to, history_days, budget_plan.platforms, lift_tests, budget_plan.business_id);
    IF objective = 'target_cost' AND target IS NULL THEN
        SELECT CASE CASE metric WHEN 'auto' THEN p.outcome ELSE metric END
                   WHEN 'leads' THEN s.target_cpl WHEN 'contracts' THEN s.target_cpa ELSE 1 / s.target_roas END
        INTO usual_cost
        FROM analytics.settings(p.business_id) s;
    END IF;
    RETURN QUERY
    SELECT analytics_internal.platform_at(level, p.business_id, c.platform), c.campaign_name, c.campaign_id,
           a.current_spend::numeric(18,4), a.recommended_spend::numeric(18,4),
           round(a.change_pct::numeric, 1),
           round(a.response_now::numeric, 2), round(a.response_now_low::numeric, 2), round(a.response_now_high::numeric, 2),
           round(a.response_then::numeric, 2), round(a.response_then_low::numeric, 2), round(a.response_then_high::numeric, 2),
           round(a.marginal_cost::numeric, 4), round(a.elasticity::numeric, 3), a.blocks, a.usable, a.binding, a.reason,
           round(a.lift::numeric, 2), round(a.lift_low::numeric, 2), round(a.lift_high::numeric, 2), a.p_lift, a.is_total,
           CASE metric WHEN 'auto' THEN p.outcome ELSE metric END
    FROM (
        SELECT array_agg(s.key ORDER BY s.key COLLATE "C") AS platforms,
               array_agg((s.value ->> 0)::double precision ORDER BY s.key COLLATE "C") AS low,
               array_agg((s.value ->> 1)::double precision ORDER BY s.key COLLATE "C") AS high
        FROM jsonb_each(shares) s
    ) s
    CROSS JOIN LATERAL analytics.recommend_budget(
        p.campaigns, p.platforms, p.days, p.spend, p.response, objective, COALESCE(total, target, usual_cost)::double precision,
        bounds::double precision[], horizon, as_of => p.as_of, family => family, counts => p.counts,
        frozen => analytics_internal.campaign_keys(frozen, p.business_id),
        share_platforms => s.platforms, min_share => s.low, max_share => s.high,
        lift_campaigns => p.lift_campaigns, lift_elasticity => p.lift_elasticity, lift_sd => p.lift_sd,
        capped => CASE WHEN total IS NULL AND shares IS NULL THEN p.paused END) a
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = p.business_id AND c.campaign_key = a.campaign::bigint
    ORDER BY a.is_total, a.current_spend DESC, c.platform COLLATE "C", c.campaign_name COLLATE "C", c.campaign_id COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.budget_plan IS
'Where the next budget should go: spend per campaign, expected response, lift
total: the budget of horizon days, by default today''s. objective: fixed_budget; target_cost or marginal_cost (target: what a response, or
one more, may cost); same_response; target_response (target: how many). Without a target, target_cost
takes that of the settings, which also say what campaigns are judged by; see configure(). bounds: multiples of today''s spend, that of the
last 28 days.
metric: leads, contracts or revenue as they were counted; auto: the deepest of them that there are contracts enough for, expected of the
leads. What reco_budget() pauses by it gets no more, unless total or shares are given. date_to: the last day that counts. frozen: ids or
names of campaigns that keep their spend. shares: {"platform": [least, greatest]}. lift_tests: {"campaign": [elasticity, standard
deviation]}, results of experiments. Intervals are 90 percent. usable: the campaign has a curve of its own, on which more spend surely
brings more; others move by at most 20 percent. binding: what holds a spend: free, min, max, platform, fixed; doubt: the plan goes only as
far as a gain is likely; kept: not at all. The last row is the total. outcome: what the responses are, leads, contracts or revenue.
platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.budget_curves(
    horizon int DEFAULT 30, metric text DEFAULT 'auto', date_to date DEFAULT NULL, history_days int DEFAULT 182,
    platforms text[] DEFAULT NULL, lift_tests jsonb DEFAULT NULL, family text DEFAULT 'michaelis_menten', business_id bigint DEFAULT NULL,
    platform_level text DEFAULT NULL, points int DEFAULT 21, reach double precision DEFAULT 2)
    RETURNS TABLE (platform text, campaign_name text, campaign_id text, multiple numeric, spend numeric, response numeric,
                   response_low numeric, response_high numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p analytics_internal.budget_panel;
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_budget_plan(
        NULL, 'fixed_budget', metric, history_days, NULL, lift_tests);
    level := analytics_internal.checked_level(
        budget_curves.platform_level, analytics_internal.planned_business(budget_curves.business_id));
    p := analytics_internal.budget_panel(
        metric, budget_curves.date_to, history_days, budget_curves.platforms, lift_tests, budget_curves.business_id);
    RETURN QUERY
    SELECT analytics_internal.platform_at(level, p.business_id, c.platform), c.campaign_name, c.campaign_id,
           round(a.multiple::numeric, 4), a.spend::numeric(18,4), round(a.response::numeric, 2), round(a.response_low::numeric, 2),
           round(a.response_high::numeric, 2)
    FROM analytics.response_points(
        p.campaigns, p.platforms, p.days, p.spend, p.response, horizon, as_of => p.as_of, family => family, counts => p.counts,
        lift_campaigns => p.lift_campaigns, lift_elasticity => p.lift_elasticity, lift_sd => p.lift_sd, points => points,
        reach => reach) a
    JOIN warehouse.dim_campaigns c ON c.business_id = p.business_id AND c.campaign_key = a.campaign::bigint
    ORDER BY max(a.spend) OVER (PARTITION BY a.campaign) DESC, c.platform COLLATE "C", c.campaign_name COLLATE "C",
             c.campaign_id COLLATE "C", a.multiple;
END
$$;
COMMENT ON FUNCTION analytics.budget_curves IS
'The response curves that budget_plan() moves on: points of each, with their band
Of every campaign that spends today, points from nothing to reach times its spend: multiple of today''s, spend and response of horizon
days, and the 90 percent interval of the response. At multiple 1 stands response_now of budget_plan() with the same arguments. reach:
above 0 to 100; points: 2 to 201. metric, date_to, history_days, platforms, lift_tests, family, business_id, platform_level: see
budget_plan(). Campaigns by spend.';
