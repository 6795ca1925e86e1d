-- What follows from the facts and is kept beside them: platforms, campaigns, the order of touches, leads and their attribution.
-- Everything here is computed anew for the clients in warehouse.pending_client, and written only where it differs.

CREATE FUNCTION analytics.mark_all_pending(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
AS $$
    INSERT INTO warehouse.pending_client
        SELECT d.business_id, d.client_key FROM warehouse.dim_clients d WHERE d.business_id = mark_all_pending.business_id
        ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.pending_day
        SELECT d.business_id, d.rollup, d.day FROM (
            SELECT e.business_id, 'events', e.event_date FROM warehouse.fact_events e
            UNION SELECT e.business_id, 'events', e.event_date FROM warehouse.event_daily e
            UNION SELECT l.business_id, 'results', l.created_date FROM warehouse.fact_leads l
            UNION SELECT c.business_id, 'results', c.signed_date FROM warehouse.fact_contracts c
            UNION SELECT p.business_id, 'results', p.date FROM warehouse.fact_campaign_performance_daily p
            UNION SELECT r.business_id, 'results', r.date FROM warehouse.campaign_roi_daily r
            UNION SELECT r.business_id, 'results', r.created_date FROM warehouse.lead_daily r
            UNION SELECT p.business_id, 'customers', '-infinity' FROM warehouse.customer_population p
        ) d (business_id, rollup, day) WHERE d.business_id = mark_all_pending.business_id
        ON CONFLICT DO NOTHING;
$$;
COMMENT ON FUNCTION analytics.mark_all_pending(bigint) IS 'Marks every client and day of a business for derivation: a full rebuild';

CREATE FUNCTION analytics.derive_platforms(business_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    counts analytics.load_counts;
BEGIN
    PERFORM analytics.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT d.business_id, d.platform, k.family, COALESCE(k.ad_network, false) AS ad_network
    FROM (SELECT p.business_id, p.platform FROM warehouse.dim_platforms p WHERE p.business_id = derive_platforms.business_id
          UNION VALUES (derive_platforms.business_id, 'unknown')) d
    LEFT JOIN analytics.effective_platform k ON k.platform = d.platform;
    -- Whether its touches count as paid may have changed; the clients that met it are derived again.
    INSERT INTO warehouse.pending_client
        SELECT DISTINCT e.business_id, e.client_key
        FROM warehouse.fact_events e
        JOIN warehouse.dim_platforms d ON d.business_id = e.business_id AND d.platform = e.platform
        JOIN pg_temp.shaped s ON s.business_id = e.business_id AND s.platform = e.platform AND s.ad_network <> d.ad_network
        WHERE e.business_id = derive_platforms.business_id
        ON CONFLICT DO NOTHING;
    counts := analytics.merge_table('warehouse.dim_platforms', '{business_id,platform}',
        scope => pg_catalog.format('t.business_id = %s', derive_platforms.business_id));
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.derive_platforms(bigint) IS 'Keeps the family of each platform in dim_platforms as the rules have it';

CREATE FUNCTION analytics.derive_campaigns(business_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    counts analytics.load_counts;
BEGIN
    -- What campaigns sources and ad exports know.
    PERFORM analytics.drop_temporary('known_campaign');
    CREATE TEMP TABLE known_campaign ON COMMIT DROP AS
    SELECT COALESCE(s.platform, p.platform) AS platform, COALESCE(s.campaign_id, p.campaign_id) AS campaign_id,
           COALESCE(s.campaign_name, p.campaign_name, s.campaign_id, p.campaign_id) AS campaign_name, s.status, s.daily_budget,
           p.first_day, p.last_day, CASE WHEN s.campaign_id IS NOT NULL THEN 'campaigns' ELSE 'ad_performance' END AS origin
    FROM (SELECT DISTINCT ON (c.platform, c.campaign_id) c.* FROM warehouse.source_campaigns c
          WHERE c.business_id = derive_campaigns.business_id ORDER BY c.platform, c.campaign_id, c.source_id) s
    FULL JOIN (SELECT f.platform, f.campaign_id, pg_catalog.min(f.date) AS first_day, pg_catalog.max(f.date) AS last_day,
                      (pg_catalog.array_agg(f.campaign_name ORDER BY f.date DESC, f.source_id, f.campaign_name)
                       FILTER (WHERE f.campaign_name IS NOT NULL))[1] AS campaign_name
               FROM warehouse.fact_campaign_performance_daily f
               WHERE f.business_id = derive_campaigns.business_id AND f.campaign_id <> ''
               GROUP BY f.platform, f.campaign_id) p USING (platform, campaign_id);

    -- What events name: a known campaign of the same platform or family, by id or by name; else a campaign of their own.
    DELETE FROM warehouse.campaign_ref r
    WHERE r.business_id = derive_campaigns.business_id AND NOT EXISTS (SELECT FROM warehouse.fact_events e
        WHERE e.business_id = r.business_id AND e.platform = r.platform AND e.campaign_ref = r.campaign_ref);
    PERFORM analytics.drop_temporary('resolved');
    CREATE TEMP TABLE resolved ON COMMIT DROP AS
    SELECT r.platform, r.campaign_ref, k.campaign_id IS NOT NULL AS known, COALESCE(k.platform, r.platform) AS campaign_platform,
           COALESCE(k.campaign_id, r.campaign_ref) AS campaign_id
    FROM warehouse.campaign_ref r
    JOIN warehouse.dim_platforms rp ON rp.business_id = r.business_id AND rp.platform = r.platform
    LEFT JOIN LATERAL (
        SELECT c.platform, c.campaign_id
        FROM pg_temp.known_campaign c
        JOIN warehouse.dim_platforms cp ON cp.business_id = derive_campaigns.business_id AND cp.platform = c.platform
        WHERE (c.platform = r.platform OR cp.family = rp.family)
          AND (c.campaign_id = r.campaign_ref OR pg_catalog.lower(c.campaign_name) = pg_catalog.lower(r.campaign_ref))
        ORDER BY c.platform = r.platform DESC, c.campaign_id = r.campaign_ref DESC, c.last_day DESC NULLS LAST, c.platform, c.campaign_id
        LIMIT 1
    ) k ON true
    WHERE r.business_id = derive_campaigns.business_id;

    PERFORM analytics.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT derive_campaigns.business_id, k.* FROM pg_temp.known_campaign k
    UNION ALL
    SELECT derive_campaigns.business_id, r.platform, r.campaign_ref, r.campaign_ref, NULL, NULL, NULL, NULL, 'events'
    FROM pg_temp.resolved r WHERE NOT r.known;
    counts := analytics.merge_table('warehouse.dim_campaigns', '{business_id,platform,campaign_id}',
        scope => pg_catalog.format('t.business_id = %s', derive_campaigns.business_id));

    -- Touches that stand for another campaign now; their clients are derived again.
    WITH current AS (
        SELECT r.platform, r.campaign_ref, d.campaign_key
        FROM pg_temp.resolved r
        JOIN warehouse.dim_campaigns d ON d.business_id = derive_campaigns.business_id AND d.platform = r.campaign_platform AND d.campaign_id = r.campaign_id
    ), moved AS (
        UPDATE warehouse.campaign_ref r SET campaign_key = c.campaign_key FROM current c
        WHERE r.business_id = derive_campaigns.business_id AND r.platform = c.platform AND r.campaign_ref = c.campaign_ref
          AND r.campaign_key IS DISTINCT FROM c.campaign_key
        RETURNING r.platform, r.campaign_ref
    ), candidate AS (
        SELECT e.source_id, e.event_id, e.client_bucket, e.platform, e.campaign_ref
        FROM warehouse.fact_events e JOIN warehouse.pending_client p ON p.business_id = e.business_id AND p.client_key = e.client_key
        WHERE e.business_id = derive_campaigns.business_id AND (e.campaign_ref IS NOT NULL OR e.campaign_key IS NOT NULL)
        UNION
        SELECT e.source_id, e.event_id, e.client_bucket, e.platform, e.campaign_ref
        FROM warehouse.fact_events e JOIN moved m ON m.platform = e.platform AND m.campaign_ref = e.campaign_ref
        WHERE e.business_id = derive_campaigns.business_id
    ), changed AS (
        UPDATE warehouse.fact_events e SET campaign_key = v.campaign_key
        FROM (SELECT k.*, c.campaign_key FROM candidate k LEFT JOIN current c ON c.platform = k.platform AND c.campaign_ref = k.campaign_ref) v
        WHERE e.business_id = derive_campaigns.business_id AND e.source_id = v.source_id AND e.event_id = v.event_id
          AND e.client_bucket = v.client_bucket AND e.campaign_key IS DISTINCT FROM v.campaign_key
        RETURNING e.business_id, e.client_key
    )
    INSERT INTO warehouse.pending_client SELECT DISTINCT c.business_id, c.client_key FROM changed c ON CONFLICT DO NOTHING;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.derive_campaigns(bigint) IS
'Keeps dim_campaigns and the campaign of each touch
A touch names a campaign by id or by name; a name that no export knows becomes a campaign of its own.';

CREATE FUNCTION analytics.derive_touches(business_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    counts analytics.load_counts;
BEGIN
    WITH numbered AS (
        SELECT e.client_bucket, e.source_id, e.event_id, e.lead_flag,
               pg_catalog.row_number() OVER w AS touch_number,
               -- One source that marks its leads settles the matter for the client.
               pg_catalog.bool_or(e.lead_flag IS NOT NULL) OVER (PARTITION BY e.client_key) AS leads_are_marked,
               c.event_id IS NOT NULL AS is_contract
        FROM warehouse.fact_events e
        JOIN pg_temp.batch p ON p.client_key = e.client_key
        LEFT JOIN (SELECT DISTINCT k.client_key, k.event_id FROM warehouse.fact_contracts k JOIN pg_temp.batch USING (client_key)
                   WHERE k.business_id = derive_touches.business_id AND k.event_id IS NOT NULL) c
            ON c.client_key = e.client_key AND c.event_id = e.event_id
        WHERE e.business_id = derive_touches.business_id
        WINDOW w AS (PARTITION BY e.client_key ORDER BY e.occurred_at, e.source_id, e.event_id COLLATE "C")
    ), updated AS (
        UPDATE warehouse.fact_events e
        SET touch_number = v.touch_number, touch_role = v.touch_role, is_lead = v.is_lead, is_contract = v.is_contract
        FROM (SELECT n.client_bucket, n.source_id, n.event_id, n.is_contract, n.touch_number::int,
                     CASE WHEN n.touch_number = 1 THEN 'first' WHEN n.is_contract THEN 'last' ELSE 'mid' END AS touch_role,
                     CASE WHEN n.leads_are_marked THEN COALESCE(n.lead_flag, false) ELSE n.touch_number = 1 END AS is_lead
              FROM numbered n) v
        WHERE e.business_id = derive_touches.business_id AND e.client_bucket = v.client_bucket AND e.source_id = v.source_id
          AND e.event_id = v.event_id
          AND (e.touch_number, e.touch_role, e.is_lead, e.is_contract) IS DISTINCT FROM (v.touch_number, v.touch_role, v.is_lead, v.is_contract)
        RETURNING e.business_id, e.event_date
    ), marked AS (
        INSERT INTO warehouse.pending_day SELECT DISTINCT u.business_id, 'events', u.event_date FROM updated u ON CONFLICT DO NOTHING
    )
    SELECT r.n, 0, u.n, r.n - u.n, 0, 0, 0 INTO counts
    FROM (SELECT pg_catalog.count(*) FROM numbered) r (n), (SELECT pg_catalog.count(*) FROM updated) u (n);

    UPDATE warehouse.dim_clients d SET first_event_at = v.first_event_at
    FROM (SELECT p.client_key, f.first_event_at
          FROM pg_temp.batch p
          LEFT JOIN (SELECT e.client_key, pg_catalog.min(e.occurred_at) AS first_event_at
                     FROM warehouse.fact_events e JOIN pg_temp.batch q USING (client_key)
                     WHERE e.business_id = derive_touches.business_id GROUP BY e.client_key) f USING (client_key)
          ) v
    WHERE d.business_id = derive_touches.business_id AND d.client_key = v.client_key AND d.first_event_at IS DISTINCT FROM v.first_event_at;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.derive_touches(bigint) IS
'Numbers the touches of pending clients and says which are leads and contracts
touch_role: first for a client''s first touch, last for a later touch that is a contract, mid for the others.';

CREATE FUNCTION analytics.derive_contracts(business_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(derive_contracts.business_id) s;
BEGIN
    PERFORM analytics.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT c.business_id, c.client_bucket, c.source_id, c.contract_id, c.client_key, c.signed_date,
           l.source_id AS lead_source_id, l.event_id AS lead_id,
           f.event_id AS first_event_id, f.platform AS first_platform, f.campaign_key AS first_campaign_key,
           t.event_id AS last_event_id, t.platform AS last_platform, t.campaign_key AS last_campaign_key,
           p.event_id AS last_paid_event_id, p.platform AS last_paid_platform, p.campaign_key AS last_paid_campaign_key,
           COALESCE(a.platform, 'unknown') AS attributed_platform, COALESCE(a.channel, 'Unassigned') AS attributed_channel,
           a.campaign_key AS attributed_campaign_key, a.rule AS attribution_rule, COALESCE(n.touches, 0)::int AS touches,
           (EXTRACT(epoch FROM c.signed_at - f.occurred_at) / 86400)::numeric(12,4) AS days_to_convert
    FROM warehouse.fact_contracts c
    JOIN pg_temp.batch q ON q.client_key = c.client_key
    LEFT JOIN LATERAL (
        SELECT e.* FROM warehouse.fact_events e
        WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.touch_number = 1 AND e.occurred_at <= c.signed_at
    ) f ON true
    LEFT JOIN LATERAL (
        SELECT e.*, e.touch_number AS touches FROM warehouse.fact_events e
        WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.occurred_at <= c.signed_at
        ORDER BY e.occurred_at DESC, e.touch_number DESC LIMIT 1
    ) t ON true
    LEFT JOIN LATERAL (SELECT t.touch_number) n (touches) ON true
    LEFT JOIN LATERAL (
        SELECT e.* FROM warehouse.fact_events e
        JOIN warehouse.dim_platforms d ON d.business_id = e.business_id AND d.platform = e.platform AND d.ad_network
        WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.is_paid AND e.campaign_key IS NOT NULL
          AND e.occurred_at <= c.signed_at AND e.occurred_at >= c.signed_at - setting.lookback
        ORDER BY e.occurred_at DESC, e.touch_number DESC LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT e.* FROM warehouse.fact_events e
        WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.event_id = c.event_id
        ORDER BY e.source_id LIMIT 1
    ) o ON true
    -- The lead that became the contract: the latest before it, or the first there is.
    LEFT JOIN LATERAL (
        SELECT e.source_id, e.event_id FROM warehouse.fact_events e
        WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.is_lead
        ORDER BY e.occurred_at <= c.signed_at DESC, CASE WHEN e.occurred_at <= c.signed_at THEN -e.touch_number ELSE e.touch_number END
        LIMIT 1
    ) l ON true
    CROSS JOIN LATERAL (
        SELECT r.platform, r.channel, r.campaign_key, r.rule FROM (VALUES
            (1, p.event_id, p.platform, p.channel, p.campaign_key, 'last_paid_touch'),
            (2, f.event_id, f.platform, f.channel, f.campaign_key, 'first_touch'),
            (3, o.event_id, o.platform, o.channel, o.campaign_key, 'own_event'),
            (4, '', NULL, NULL, NULL, 'none')) r (place, event_id, platform, channel, campaign_key, rule)
        WHERE r.event_id IS NOT NULL ORDER BY r.place LIMIT 1
    ) a
    WHERE c.business_id = derive_contracts.business_id;
    RETURN analytics.merge_table('warehouse.fact_contracts', '{business_id,source_id,contract_id,client_bucket}',
        scope => pg_catalog.format('t.business_id = %s AND EXISTS (SELECT FROM pg_temp.batch q WHERE q.client_key = t.client_key)', derive_contracts.business_id), pending => '{signed_date}');
END
$$;
COMMENT ON FUNCTION analytics.derive_contracts(bigint) IS
'Attributes the contracts of pending clients
Rule: the last paid touch with a campaign of an ad network, at or before signing and within the lookback; else the first touch; else the event of the contract itself.';

CREATE FUNCTION analytics.derive_leads(business_id bigint) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(derive_leads.business_id) s;
BEGIN
    PERFORM analytics.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT l.business_id, l.client_bucket, l.source_id, l.event_id AS lead_id, l.client_key, l.occurred_at AS created_at,
           l.event_date AS created_date, a.platform, a.channel, a.is_paid, a.utm_source, a.campaign_key, a.ad_id,
           a.rule AS attribution_rule, l.product_id, l.branch_id,
           COALESCE(c.n_contracts, 0)::int AS n_contracts, COALESCE(c.contract_amount, 0)::numeric(18,4) AS contract_amount
    FROM warehouse.fact_events l
    JOIN pg_temp.batch q ON q.client_key = l.client_key
    LEFT JOIN (
        SELECT k.client_key, k.lead_source_id, k.lead_id, pg_catalog.count(*) AS n_contracts, pg_catalog.sum(k.amount) AS contract_amount
        FROM warehouse.fact_contracts k JOIN pg_temp.batch q USING (client_key)
        WHERE k.business_id = derive_leads.business_id GROUP BY k.client_key, k.lead_source_id, k.lead_id
    ) c ON c.client_key = l.client_key AND c.lead_source_id = l.source_id AND c.lead_id = l.event_id
    CROSS JOIN LATERAL (
        (SELECT e.platform, e.channel, e.is_paid, e.utm_source, e.campaign_key, e.ad_id, 'last_paid_touch' AS rule, 1 AS place
         FROM warehouse.fact_events e
         JOIN warehouse.dim_platforms d ON d.business_id = e.business_id AND d.platform = e.platform AND d.ad_network
         WHERE e.business_id = l.business_id AND e.client_key = l.client_key AND e.is_paid AND e.campaign_key IS NOT NULL
           AND (setting.lead_touches = 'journey' OR e.occurred_at <= l.occurred_at)
         ORDER BY e.occurred_at DESC, e.touch_number DESC LIMIT 1)
        UNION ALL
        SELECT e.platform, e.channel, e.is_paid, e.utm_source, e.campaign_key, e.ad_id, 'first_touch', 2
        FROM warehouse.fact_events e
        WHERE e.business_id = l.business_id AND e.client_key = l.client_key AND e.touch_number = 1
        ORDER BY place LIMIT 1
    ) a
    WHERE l.business_id = derive_leads.business_id AND l.is_lead
    UNION ALL
    -- A client with contracts and no lead event was a lead all the same; without it the contracts would be missing from the totals.
    SELECT k.business_id, k.client_bucket, k.source_id, d.client_id, k.client_key, k.signed_at, k.signed_date, k.attributed_platform,
           k.attributed_channel, k.attribution_rule = 'last_paid_touch', NULL, k.attributed_campaign_key, NULL, k.attribution_rule,
           k.product_id, k.branch_id, k.n_contracts::int, k.contract_amount::numeric(18,4)
    FROM (SELECT c.*, pg_catalog.count(*) OVER w AS n_contracts, pg_catalog.sum(c.amount) OVER w AS contract_amount,
                 pg_catalog.row_number() OVER (PARTITION BY c.client_key ORDER BY c.signed_at, c.source_id, c.contract_id COLLATE "C") AS place
          FROM warehouse.fact_contracts c JOIN pg_temp.batch q USING (client_key)
          WHERE c.business_id = derive_leads.business_id AND c.lead_id IS NULL
          WINDOW w AS (PARTITION BY c.client_key)) k
    JOIN warehouse.dim_clients d ON d.business_id = k.business_id AND d.client_key = k.client_key
    WHERE k.place = 1;
    RETURN analytics.merge_table('warehouse.fact_leads', '{business_id,source_id,lead_id,client_bucket}',
        scope => pg_catalog.format('t.business_id = %s AND EXISTS (SELECT FROM pg_temp.batch q WHERE q.client_key = t.client_key)', derive_leads.business_id), pending => '{created_date}');
END
$$;
COMMENT ON FUNCTION analytics.derive_leads(bigint) IS
'Makes the leads of pending clients: attribution and contracts of each
Rule: the client''s last paid touch with a campaign of an ad network (setting lead_touches says whether touches after the lead count); else the first touch.';

CREATE FUNCTION analytics.derive_journeys(business_id bigint, batch_size int DEFAULT 200000) RETURNS analytics.load_counts
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    counts analytics.load_counts;
BEGIN
    PERFORM analytics.drop_temporary('batch');
    CREATE TEMP TABLE batch ON COMMIT DROP AS
    SELECT p.client_key FROM warehouse.pending_client p WHERE p.business_id = derive_journeys.business_id ORDER BY p.client_key LIMIT batch_size;
    ANALYZE pg_temp.batch;
    counts := analytics.derive_touches(derive_journeys.business_id);
    PERFORM analytics.derive_contracts(derive_journeys.business_id);
    PERFORM analytics.derive_leads(derive_journeys.business_id);
    PERFORM analytics.derive_customers(derive_journeys.business_id);
    DELETE FROM warehouse.dim_clients d USING pg_temp.batch p
    WHERE d.business_id = derive_journeys.business_id AND p.client_key = d.client_key AND d.source_id IS NULL
      AND NOT EXISTS (SELECT FROM warehouse.fact_events e WHERE e.business_id = d.business_id AND e.client_key = d.client_key)
      AND NOT EXISTS (SELECT FROM warehouse.fact_contracts c WHERE c.business_id = d.business_id AND c.client_key = d.client_key)
      AND NOT EXISTS (SELECT FROM warehouse.fact_transactions t WHERE t.business_id = d.business_id AND t.client_key = d.client_key);
    DELETE FROM warehouse.pending_client p USING pg_temp.batch b WHERE p.business_id = derive_journeys.business_id AND p.client_key = b.client_key;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics.derive_journeys(bigint, int) IS
'Derives touches, contracts, leads and purchases of a batch of pending clients
The caller repeats it until no client is pending: a batch bounds the memory and the length of a transaction.';
