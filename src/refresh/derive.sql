-- What follows from the facts and is kept beside them: platforms, the order of touches, leads and their attribution.
-- Everything here is computed anew for the clients in warehouse.pending_client, and written only where it differs.

-- A network that ads are bought from is known as one, or has campaigns in an export. The rule campaign_networks knows those of the product
-- and the user's own.
CREATE FUNCTION analytics_internal.is_ad_network(business_id bigint, platform text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    network record;
BEGIN
    SELECT k.* INTO network FROM analytics.effective_platform k WHERE k.platform = is_ad_network.platform;
    IF (analytics.settings(is_ad_network.business_id)).paid_rule = 'campaign_networks' THEN
        RETURN COALESCE(network.ad_network AND (NOT network.builtin OR network.platform IN ('facebook', 'instagram', 'google')), false);
    END IF;
    RETURN COALESCE(network.ad_network, false) OR EXISTS (
        SELECT FROM warehouse.fact_campaign_performance_daily f
        WHERE f.business_id = is_ad_network.business_id AND f.platform = is_ad_network.platform AND f.campaign_id <> '');
END
$$;
COMMENT ON FUNCTION analytics_internal.is_ad_network(bigint, text) IS
'Whether paid touches of a platform count for the rule last_paid of a business';

CREATE FUNCTION analytics_internal.is_view(source_type text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT COALESCE(pg_catalog.lower(source_type COLLATE "C") IN ('impression', 'ad_impression', 'view', 'ad_view'), false) $$;
COMMENT ON FUNCTION analytics_internal.is_view(text) IS 'Whether an event was seen, not clicked, by its source_type';

CREATE FUNCTION analytics_internal.derive_platforms(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts;
BEGIN
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT d.business_id, d.platform, k.family, analytics_internal.is_ad_network(d.business_id, d.platform) AS ad_network
    FROM (
        SELECT p.business_id, p.platform FROM warehouse.dim_platforms p WHERE p.business_id = derive_platforms.business_id
        UNION
        VALUES (derive_platforms.business_id, 'unknown')
    ) d
    LEFT JOIN analytics.effective_platform k ON k.platform = d.platform;
    counts := analytics_internal.merge_table(derive_platforms.business_id, 'dim_platforms');
    PERFORM analytics_internal.mark_campaigns(derive_platforms.business_id);
    -- Whether touches of a platform count as paid may have changed; the clients that met it are derived again. This is rare, and reads all
    -- touches.
    IF EXISTS (SELECT FROM pg_temp.change c WHERE c.ad_network <> c.old_ad_network) THEN
        INSERT INTO warehouse.pending_client
        SELECT e.business_id, e.client_key
        FROM warehouse.fact_events e
        JOIN pg_temp.change c ON c.platform = e.platform AND c.ad_network <> c.old_ad_network
        WHERE e.business_id = derive_platforms.business_id
        GROUP BY e.client_bucket, e.business_id, e.client_key
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_platforms(bigint) IS
'Keeps the family of each platform in dim_platforms as the rules have it';

CREATE FUNCTION analytics_internal.number_touches(business_id bigint, turn smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(number_touches.business_id) s;
    before_lead constant boolean := setting.lead_touches = 'before_lead';
    any_campaign constant boolean := setting.paid_rule = 'any';
BEGIN
    PERFORM analytics_internal.drop_temporary('touch');
    CREATE TEMP TABLE touch ON COMMIT DROP AS
    -- An ad counts for the account that pays for it, whichever network of the account showed it.
    SELECT r.*, COALESCE(a.platform, r.platform) AS account_platform, m.has_moved
    FROM (
        SELECT n.*,
               CASE WHEN n.touch_number = 1 THEN 'first' WHEN n.is_contract THEN 'last' ELSE 'mid' END AS touch_role,
               -- One source that marks its leads settles the matter for the client.
               CASE WHEN n.has_lead_flags THEN COALESCE(n.lead_flag, false) ELSE n.touch_number = 1 END AS is_lead,
               -- The last paid touch that a lead at this touch would be attributed to. Touches of one moment count for each other.
               CASE WHEN before_lead THEN max(n.ad_number) OVER (PARTITION BY n.client_bucket, n.client_key ORDER BY n.occurred_at)
                    ELSE max(n.ad_number) OVER (PARTITION BY n.client_bucket, n.client_key) END AS last_ad_number
        FROM (
            -- An ad that was seen counts where nothing was clicked.
            SELECT t.*,
                   CASE WHEN t.is_paid AND t.ad_network AND (any_campaign OR t.campaign_key IS NOT NULL)
                             AND (NOT t.is_view OR t.has_views_alone)
                        THEN t.touch_number END AS ad_number
            FROM (
                SELECT e.client_key, e.client_bucket, e.source_id, e.event_id, e.occurred_at, e.event_date, e.platform, e.channel,
                       e.is_paid, e.utm_source, e.campaign_key, e.ad_id, e.product_id, e.branch_id, e.lead_flag, d.ad_network,
                       v.is_view,
                       (row_number() OVER journey)::int AS touch_number, count(*) OVER journey AS touches,
                       bool_or(e.lead_flag IS NOT NULL) OVER journey AS has_lead_flags,
                       bool_and(v.is_view) OVER journey AS has_views_alone,
                       c.event_id IS NOT NULL AS is_contract,
                       e.touch_number AS old_number, e.touch_role AS old_role, e.is_lead AS old_lead, e.is_contract AS old_contract
                FROM warehouse.fact_events e
                JOIN pg_temp.batch p ON p.client_key = e.client_key
                LEFT JOIN warehouse.dim_platforms d ON d.business_id = e.business_id AND d.platform = e.platform
                LEFT JOIN (
                    SELECT DISTINCT k.client_key, k.event_id
                    FROM pg_temp.contract k
                    WHERE k.event_id IS NOT NULL AND NOT k.is_refund
                ) c ON c.client_key = e.client_key AND c.event_id = e.event_id
                CROSS JOIN LATERAL (SELECT analytics_internal.is_view(e.source_type) AS is_view) v
                WHERE e.business_id = number_touches.business_id AND (turn IS NULL OR e.client_bucket = ANY (turn))
                -- One window, sorted and gone through once.
                WINDOW journey AS (
                    PARTITION BY e.client_bucket, e.client_key ORDER BY e.occurred_at, e.source_id, e.event_id COLLATE "C"
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
            ) t
        ) n
    ) r
    LEFT JOIN warehouse.dim_campaigns a ON a.business_id = number_touches.business_id AND a.campaign_key = r.campaign_key
    CROSS JOIN LATERAL (
        SELECT (r.touch_number, r.touch_role, r.is_lead, r.is_contract)
            IS DISTINCT FROM (r.old_number, r.old_role, r.old_lead, r.old_contract)
    ) m (has_moved)
    -- No lead is attributed to the others, and only of clients with contracts are all touches asked for.
    WHERE m.has_moved OR r.touch_number = 1 OR r.is_lead OR r.touch_number = r.last_ad_number
       OR r.client_key IN (SELECT k.client_key FROM pg_temp.contract k);
    -- A few of a client's touches matter to a lead or contract.
    CREATE INDEX ON pg_temp.touch (client_key, touch_number);
    ANALYZE pg_temp.touch (client_key, touch_number, is_lead);
END
$$;
COMMENT ON FUNCTION analytics_internal.number_touches(bigint, smallint[]) IS
'Numbers the touches of pending clients and says which are leads and contracts
Collects in pg_temp.touch those that the derivations to follow ask for. touch_role: first for a client''s first touch, last for a later
touch that is a contract, mid for the others.';

CREATE FUNCTION analytics_internal.derive_touches(business_id bigint, turn smallint[]) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    PERFORM analytics_internal.number_touches(derive_touches.business_id, turn), analytics_internal.drop_temporary('moved');
    CREATE TEMP TABLE moved ON COMMIT DROP AS
    SELECT t.client_bucket, t.source_id, t.event_id, t.event_date, t.touch_number, t.touch_role, t.is_lead, t.is_contract,
           -- What the rollups count.
           (t.touch_number = 1, t.is_lead, t.is_contract) IS DISTINCT FROM (t.old_number = 1, t.old_lead, t.old_contract) AS counts_anew
    FROM pg_temp.touch t
    WHERE t.has_moved;
    ANALYZE pg_temp.moved;
    UPDATE warehouse.fact_events e
    SET touch_number = v.touch_number, touch_role = v.touch_role, is_lead = v.is_lead, is_contract = v.is_contract
    FROM pg_temp.moved v
    WHERE e.business_id = derive_touches.business_id AND e.source_id = v.source_id AND e.event_id = v.event_id
      AND e.client_bucket = v.client_bucket AND (turn IS NULL OR e.client_bucket = ANY (turn));
    GET DIAGNOSTICS counts.updated = ROW_COUNT;
    INSERT INTO warehouse.pending_day
    SELECT DISTINCT derive_touches.business_id, 'events', v.event_date
    FROM pg_temp.moved v
    WHERE v.counts_anew
    ON CONFLICT DO NOTHING;

    UPDATE warehouse.dim_clients d
    SET first_event_at = v.occurred_at
    FROM (
        SELECT p.client_key, t.occurred_at
        FROM pg_temp.batch p
        LEFT JOIN pg_temp.touch t ON t.client_key = p.client_key AND t.touch_number = 1
    ) v
    WHERE d.business_id = derive_touches.business_id AND d.client_key = v.client_key AND d.first_event_at IS DISTINCT FROM v.occurred_at;
    SELECT COALESCE(sum(t.touches), 0) INTO counts.rows_read
    FROM pg_temp.touch t
    WHERE t.touch_number = 1;
    counts.unchanged := counts.rows_read - counts.updated;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_touches(bigint, smallint[]) IS
'Writes the numbers and roles of pending clients'' touches where they differ';

CREATE FUNCTION analytics_internal.of_batch(turn smallint[]) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat_ws(' AND ', 't.client_key IN (SELECT b.client_key FROM pg_temp.batch b)',
        CASE WHEN turn IS NOT NULL THEN format('t.client_bucket = ANY (%L::smallint[])', turn) END)
$$;
COMMENT ON FUNCTION analytics_internal.of_batch(smallint[]) IS
'Scope of a merge: the rows of the clients in pg_temp.batch
turn: see next_turn().';

CREATE FUNCTION analytics_internal.paid_rule_name(paid_rule text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE paid_rule WHEN 'campaign_networks' THEN 'last_paid_touch' ELSE 'last_paid_any' END $$;
COMMENT ON FUNCTION analytics_internal.paid_rule_name(text) IS
'What attribution_rule says of a paid touch: by which setting it was found';

CREATE FUNCTION analytics_internal.derive_contracts(business_id bigint, turn smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(derive_contracts.business_id) s;
    paid_rule constant text := analytics_internal.paid_rule_name(setting.paid_rule);
BEGIN
    PERFORM analytics_internal.drop_temporary('met');
    -- Which of the client's touches matter to the contract, by their numbers: these follow time.
    CREATE TEMP TABLE met ON COMMIT DROP AS
    SELECT m.*, COALESCE(m.ad_number, CASE WHEN m.last_number IS NOT NULL THEN 1 END, m.own_number) AS attributed_number
    FROM (
        SELECT c.source_id, c.contract_id,
               max(t.touch_number) FILTER (WHERE t.occurred_at <= c.earned_at) AS last_number,
               max(t.ad_number) FILTER (
                   WHERE t.occurred_at <= c.earned_at AND t.occurred_at >= n.first_moment - setting.lookback) AS ad_number,
               -- The lead that became the contract: the latest before it, or else the first.
               COALESCE(max(t.touch_number) FILTER (WHERE t.is_lead AND t.occurred_at <= c.earned_at),
                        min(t.touch_number) FILTER (WHERE t.is_lead)) AS lead_number,
               (array_agg(t.touch_number ORDER BY t.source_id) FILTER (WHERE t.event_id = c.earned_event_id))[1] AS own_number
        FROM pg_temp.contract c
        JOIN pg_temp.touch t ON t.client_key = c.client_key
        -- The lookback of a day is that of all of it.
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.is_of_day THEN c.earned_date::timestamp AT TIME ZONE setting.reporting_timezone
                        ELSE c.earned_at END AS first_moment
        ) n
        GROUP BY c.source_id, c.contract_id
    ) m;
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT c.business_id, c.client_bucket, c.source_id, c.contract_id, c.client_key, c.signed_date,
           l.source_id AS lead_source_id, l.event_id AS lead_id,
           f.event_id AS first_event_id, f.platform AS first_platform, f.campaign_key AS first_campaign_key,
           t.event_id AS last_event_id, t.platform AS last_platform, t.campaign_key AS last_campaign_key,
           p.event_id AS last_paid_event_id, p.platform AS last_paid_platform, p.campaign_key AS last_paid_campaign_key,
           COALESCE(o.platform, t.platform, 'unknown') AS own_platform,
           COALESCE(p.account_platform, f.account_platform, o.account_platform, 'unknown') AS attributed_platform,
           COALESCE(p.channel, f.channel, o.channel, 'Unassigned') AS attributed_channel,
           CASE WHEN p.event_id IS NOT NULL THEN p.campaign_key
                WHEN f.event_id IS NOT NULL THEN f.campaign_key
                ELSE o.campaign_key END AS attributed_campaign_key,
           CASE WHEN p.event_id IS NOT NULL THEN paid_rule
                WHEN f.event_id IS NOT NULL THEN 'first_touch'
                WHEN o.event_id IS NOT NULL THEN 'own_event'
                ELSE 'none' END AS attribution_rule,
           COALESCE(t.touch_number, 0) AS touches,
           CASE WHEN c.is_of_day THEN c.earned_date - f.event_date
                ELSE EXTRACT(epoch FROM c.earned_at - f.occurred_at) / 86400 END::numeric(12,4) AS days_to_convert
    FROM pg_temp.contract c
    LEFT JOIN pg_temp.met m ON m.source_id = c.source_id AND m.contract_id = c.contract_id
    LEFT JOIN pg_temp.touch f ON f.client_key = c.client_key AND f.touch_number = 1 AND f.occurred_at <= c.earned_at
    LEFT JOIN pg_temp.touch t ON t.client_key = c.client_key AND t.touch_number = m.last_number
    LEFT JOIN pg_temp.touch p ON p.client_key = c.client_key AND p.touch_number = m.ad_number
    LEFT JOIN pg_temp.touch o ON o.client_key = c.client_key AND o.touch_number = m.own_number
    LEFT JOIN pg_temp.touch l ON l.client_key = c.client_key AND l.touch_number = m.lead_number;
    PERFORM analytics_internal.merge_table(derive_contracts.business_id, 'fact_contracts', analytics_internal.of_batch(turn));
    PERFORM analytics_internal.mark_days('results', 'signed_date', 'old_signed_date');
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_contracts(bigint, smallint[]) IS
'Attributes the contracts of pending clients
Rule: the last paid touch of an ad network (by setting paid_rule one with a campaign), at or before signing and within the lookback; else
the first touch; else the event of the contract itself. A refund has what the contract before it has.';

-- Where contracts are counted with their leads, the lead says the day, product and branch, and the contract what brought it: an ad that the
-- client met after signing may have brought the client back, but not the contract.
CREATE FUNCTION analytics_internal.derive_contract_credit(business_id bigint, turn smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT c.business_id, c.client_bucket, c.source_id, c.contract_id, c.client_key,
           CASE WHEN l.touch_number IS NULL THEN first_value(c.signed_date) OVER own ELSE l.event_date END AS created_date,
           c.attributed_platform AS platform, c.attributed_channel AS channel, COALESCE(a.is_paid, false) AS is_paid, a.utm_source,
           CASE WHEN l.touch_number IS NULL THEN first_value(c.product_id) OVER own ELSE l.product_id END AS product_id,
           CASE WHEN l.touch_number IS NULL THEN first_value(c.branch_id) OVER own ELSE l.branch_id END AS branch_id,
           c.attributed_campaign_key AS campaign_key,
           GREATEST(c.signed_date, CASE WHEN l.touch_number IS NULL THEN first_value(c.signed_date) OVER own ELSE l.event_date END)
               AS settled_date, c.amount, c.is_refund
    FROM warehouse.fact_contracts c
    JOIN pg_temp.batch b ON b.client_key = c.client_key
    LEFT JOIN pg_temp.met m ON m.source_id = c.source_id AND m.contract_id = c.contract_id
    LEFT JOIN pg_temp.touch a ON a.client_key = c.client_key AND a.touch_number = m.attributed_number
    LEFT JOIN pg_temp.touch l ON l.client_key = c.client_key AND l.touch_number = m.lead_number
    WHERE c.business_id = derive_contract_credit.business_id AND (turn IS NULL OR c.client_bucket = ANY (turn))
    WINDOW own AS (PARTITION BY c.client_bucket, c.client_key, l.touch_number
                   ORDER BY c.is_refund, c.signed_at, c.source_id, c.contract_id COLLATE "C");
    PERFORM analytics_internal.merge_table(derive_contract_credit.business_id, 'fact_contract_credit', analytics_internal.of_batch(turn)),
            analytics_internal.mark_leads('fact_contract_credit', '0, %1$s * (NOT c.%2$sis_refund)::int, %1$s * c.%2$samount'),
            analytics_internal.mark_late('fact_contract_credit');
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_contract_credit(bigint, smallint[]) IS
'Says where the contracts of pending clients count on the days of their leads
The contract''s attribution, by derive_contracts(); a contract without a lead is one itself, with the client''s others.';

CREATE FUNCTION analytics_internal.derive_leads(business_id bigint, turn smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    paid_rule constant text := analytics_internal.paid_rule_name(s.paid_rule) FROM analytics.settings(derive_leads.business_id) s;
BEGIN
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    WITH contract AS MATERIALIZED (
        SELECT c.*
        FROM warehouse.fact_contracts c
        JOIN pg_temp.batch q USING (client_key)
        WHERE c.business_id = derive_leads.business_id AND (turn IS NULL OR c.client_bucket = ANY (turn))
    ), lead AS MATERIALIZED (
        -- Apart: the planner takes the joins with touches below for a single row, and would search all contracts for each lead.
        SELECT t.*, COALESCE(c.n_contracts, 0)::int AS n_contracts, COALESCE(c.contract_amount, 0)::numeric(18,4) AS contract_amount
        FROM pg_temp.touch t
        LEFT JOIN (
            SELECT k.client_key, k.lead_source_id, k.lead_id, count(*) FILTER (WHERE NOT k.is_refund) AS n_contracts,
                   sum(k.amount) AS contract_amount
            FROM contract k
            GROUP BY k.client_key, k.lead_source_id, k.lead_id
        ) c ON c.client_key = t.client_key AND c.lead_source_id = t.source_id AND c.lead_id = t.event_id
        WHERE t.is_lead
    )
    SELECT derive_leads.business_id, l.client_bucket, l.source_id, l.event_id AS lead_id, l.client_key, l.occurred_at AS created_at,
           l.event_date AS created_date, a.account_platform AS platform, a.channel, a.is_paid, a.utm_source, a.campaign_key, a.ad_id,
           CASE WHEN l.last_ad_number IS NULL THEN 'first_touch' ELSE paid_rule END AS attribution_rule,
           GREATEST(a.event_date, l.event_date) AS settled_date, i.account_platform AS initial_platform,
           i.campaign_key AS initial_campaign_key, l.product_id, l.branch_id,
           l.n_contracts, l.contract_amount
    FROM lead l
    JOIN pg_temp.touch a ON a.client_key = l.client_key AND a.touch_number = COALESCE(l.last_ad_number, 1)
    -- Before a later ad: the lead's own, or the first touch.
    JOIN pg_temp.touch i ON i.client_key = l.client_key AND i.touch_number = CASE
        WHEN a.event_date <= l.event_date THEN a.touch_number
        WHEN l.ad_number IS NOT NULL THEN l.touch_number
        ELSE 1 END
    UNION ALL
    -- A client with contracts and no lead event was a lead all the same; without it the contracts would be missing from the totals.
    SELECT k.business_id, k.client_bucket, k.source_id, d.client_id, k.client_key, k.signed_at, k.signed_date, k.attributed_platform,
           k.attributed_channel, k.attribution_rule = paid_rule, NULL, k.attributed_campaign_key, NULL, k.attribution_rule,
           k.signed_date, k.attributed_platform, k.attributed_campaign_key, k.product_id, k.branch_id, k.n_contracts::int,
           k.contract_amount::numeric(18,4)
    FROM (
        SELECT c.*, count(*) FILTER (WHERE NOT c.is_refund) OVER client AS n_contracts, sum(c.amount) OVER client AS contract_amount,
               row_number() OVER (PARTITION BY c.client_key
                                  ORDER BY c.is_refund, c.signed_at, c.source_id, c.contract_id COLLATE "C") AS contract_number
        FROM contract c
        WHERE c.lead_id IS NULL
        WINDOW client AS (PARTITION BY c.client_key)
    ) k
    JOIN warehouse.dim_clients d ON d.business_id = k.business_id AND d.client_key = k.client_key
    WHERE k.contract_number = 1 AND NOT k.is_refund;
    PERFORM analytics_internal.merge_table(derive_leads.business_id, 'fact_leads', analytics_internal.of_batch(turn)),
            analytics_internal.mark_leads('fact_leads', '%1$s, 0, 0'), analytics_internal.mark_late('fact_leads');
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_leads(bigint, smallint[]) IS
'Makes the leads of pending clients: attribution and contracts of each
Rule: the client''s last paid touch of an ad network (by setting paid_rule one with a campaign; setting lead_touches says whether touches
after the lead count); else the first touch.';

CREATE FUNCTION analytics_internal.next_turn(business_id bigint, batch_size bigint) RETURNS smallint[]
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pending bigint;
    bucket smallint;
BEGIN
    IF analytics_internal.partition_count('warehouse.fact_events') = 1 THEN
        RETURN NULL;
    END IF;
    SELECT count(*)
    INTO pending
    FROM (SELECT FROM warehouse.pending_client p WHERE p.business_id = next_turn.business_id LIMIT batch_size + 1) p;
    IF pending <= batch_size THEN
        RETURN NULL;
    END IF;
    SELECT d.client_bucket
    INTO bucket
    FROM warehouse.pending_client p
    LEFT JOIN warehouse.dim_clients d ON d.business_id = p.business_id AND d.client_key = p.client_key
    WHERE p.business_id = next_turn.business_id
    ORDER BY p.client_key
    LIMIT 1;
    RETURN analytics_internal.buckets_beside('warehouse.fact_events', bucket);
END
$$;
COMMENT ON FUNCTION analytics_internal.next_turn(bigint, bigint) IS
'The buckets whose clients are derived next, those of one partition; NULL: all
Pending clients that are more than a batch are taken partition by partition, so that a batch reads and locks the facts of one. Facts are
compared with it in statements of their own plan, from which the other partitions are left out.';

CREATE FUNCTION analytics_internal.derive_journeys(business_id bigint, batch_size bigint DEFAULT 200000)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET plan_cache_mode = force_custom_plan SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
    -- Batches by number, not by size alone: each may read the facts from end to end.
    size constant bigint := GREATEST(batch_size, analytics_internal.table_rows('warehouse.dim_clients') / 16);
    turn constant smallint[] := analytics_internal.next_turn(derive_journeys.business_id, size);
    timezone constant text := s.reporting_timezone FROM analytics.settings(derive_journeys.business_id) s;
    forgotten bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.pending_client p WHERE p.business_id = derive_journeys.business_id) THEN
        RETURN counts;
    END IF;
    PERFORM analytics_internal.analyze_own('warehouse.pending_client'), analytics_internal.drop_temporary('batch', 'contract');
    CREATE TEMP TABLE batch ON COMMIT DROP AS
    SELECT p.client_key
    FROM warehouse.pending_client p
    WHERE p.business_id = derive_journeys.business_id AND (turn IS NULL OR EXISTS (
        SELECT FROM warehouse.dim_clients d
        WHERE d.business_id = p.business_id AND d.client_key = p.client_key AND d.client_bucket = ANY (turn)))
    ORDER BY p.client_key
    LIMIT size;
    ANALYZE pg_temp.batch;
    CREATE TEMP TABLE contract ON COMMIT DROP AS
    -- A contract of a day alone is of its last moment.
    SELECT n.*, n.earned_at = analytics_internal.last_moment(n.earned_date, timezone) AS is_of_day
    FROM (
        -- What a refund takes back was earned by the contract before it: the first of those of its place.
        SELECT c.*, CASE WHEN c.place > 0 THEN first_value(c.signed_at) OVER taken_back ELSE c.signed_at END AS earned_at,
               CASE WHEN c.place > 0 THEN first_value(c.signed_date) OVER taken_back ELSE c.signed_date END AS earned_date,
               COALESCE(c.event_id, CASE WHEN c.place > 0 THEN first_value(c.event_id) OVER taken_back END) AS earned_event_id
        FROM (
            SELECT c.*,
                   count(*) FILTER (WHERE NOT c.is_refund) OVER (
                       PARTITION BY c.client_bucket, c.client_key
                       ORDER BY c.signed_at, c.is_refund, c.source_id, c.contract_id COLLATE "C") AS place
            FROM warehouse.fact_contracts c
            JOIN pg_temp.batch p ON p.client_key = c.client_key
            WHERE c.business_id = derive_journeys.business_id AND (turn IS NULL OR c.client_bucket = ANY (turn))
        ) c
        WINDOW taken_back AS (PARTITION BY c.client_bucket, c.client_key, c.place ORDER BY c.is_refund)
    ) n;
    ANALYZE pg_temp.contract (source_id, contract_id, client_key, event_id);
    counts := analytics_internal.derive_touches(derive_journeys.business_id, turn);
    PERFORM analytics_internal.derive_contracts(derive_journeys.business_id, turn);
    PERFORM analytics_internal.derive_contract_credit(derive_journeys.business_id, turn);
    PERFORM analytics_internal.derive_leads(derive_journeys.business_id, turn);
    PERFORM analytics_internal.mark_customers(derive_journeys.business_id, turn);
    -- Clients that no list, touch, contract or transaction names any more.
    forgotten := ARRAY(
        SELECT d.client_key
        FROM warehouse.dim_clients d
        JOIN pg_temp.batch p ON p.client_key = d.client_key
        WHERE d.business_id = derive_journeys.business_id AND d.source_id IS NULL AND d.first_event_at IS NULL
          AND NOT EXISTS (SELECT FROM pg_temp.contract c WHERE c.client_key = d.client_key));
    forgotten := ARRAY(
        SELECT f
        FROM unnest(forgotten) f
        EXCEPT
        SELECT t.client_key
        FROM warehouse.fact_transactions t
        WHERE t.business_id = derive_journeys.business_id AND t.client_key = ANY (forgotten)
          AND (turn IS NULL OR t.client_bucket = ANY (turn)));
    DELETE FROM warehouse.dim_clients d
    WHERE d.business_id = derive_journeys.business_id AND d.client_key = ANY (forgotten);
    DELETE FROM warehouse.pending_client p
    USING pg_temp.batch b
    WHERE p.business_id = derive_journeys.business_id AND p.client_key = b.client_key;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_journeys(bigint, bigint) IS
'Derives touches, contracts and leads of a batch of pending clients
The caller repeats it until no client is pending: a batch bounds the memory and the length of a transaction. batch_size: clients, or a
sixteenth of all where that is more.';
