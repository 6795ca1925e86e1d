-- What changed, and so has to be derived again: clients (warehouse.pending_client) and days of rollups (warehouse.pending_day). A marker
-- follows a merge and reads pg_temp.change. The table of entities says which marker follows a load.

CREATE FUNCTION analytics_internal.mark_clients() RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.pending_client
    SELECT DISTINCT c.business_id, v.client_key
    FROM (SELECT DISTINCT c.business_id, c.client_key, c.old_client_key FROM pg_temp.change c) c
    CROSS JOIN LATERAL (VALUES (c.client_key), (c.old_client_key)) v (client_key)
    WHERE v.client_key IS NOT NULL
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_clients() IS 'Marks the clients of pg_temp.change, those that rows had before included';

CREATE FUNCTION analytics_internal.mark_days(rollup text, VARIADIC days text[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format($sql$
        INSERT INTO warehouse.pending_day AS p
        SELECT DISTINCT c.business_id, $1, v.day
        FROM (SELECT DISTINCT c.business_id, %1$s FROM pg_temp.change c) c
        CROSS JOIN LATERAL unnest(ARRAY[%1$s]) v (day)
        WHERE v.day IS NOT NULL
        ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole
        $sql$, analytics_internal.each_name(days, 'c.%1$I'))
    USING rollup;
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_days(text, text[]) IS
'Marks the days of pg_temp.change, for a rollup to be made anew
days: columns of pg_temp.change that hold them.';

CREATE FUNCTION analytics_internal.mark_values(business_id bigint, entity text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.pending_day
    SELECT p.business_id, 'values', '-infinity'
    FROM warehouse.customer_population p
    WHERE p.business_id = mark_values.business_id AND mark_values.entity IN (p.purchases, 'transactions')
      AND EXISTS (SELECT FROM pg_temp.change)
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_values(bigint, text) IS
'Has the models of customer value fitted again where pg_temp.change has purchases';

CREATE FUNCTION analytics_internal.mark_campaigns(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.pending_day
    SELECT mark_campaigns.business_id, 'campaigns', '-infinity'
    WHERE EXISTS (SELECT FROM pg_temp.change)
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_campaigns(bigint) IS
'Has touches find their campaigns again where pg_temp.change is not empty';

CREATE FUNCTION analytics_internal.mark_events(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.mark_clients(), analytics_internal.mark_days('events', 'event_date', 'old_event_date'),
           analytics_internal.mark_campaigns(mark_events.business_id)
$$;
COMMENT ON FUNCTION analytics_internal.mark_events(bigint) IS 'Marks the clients and days of changed events, and the campaigns';

CREATE FUNCTION analytics_internal.mark_spend(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.mark_days('results', 'date'), analytics_internal.mark_campaigns(mark_spend.business_id)
$$;
COMMENT ON FUNCTION analytics_internal.mark_spend(bigint) IS 'Marks the days of changed ad exports, and the campaigns';

CREATE FUNCTION analytics_internal.mark_contracts(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.mark_clients(), analytics_internal.mark_days('results', 'signed_date', 'old_signed_date'),
           analytics_internal.mark_values(mark_contracts.business_id, 'contracts')
$$;
COMMENT ON FUNCTION analytics_internal.mark_contracts(bigint) IS 'Marks the clients and days of changed contracts, and the models of value';

CREATE FUNCTION analytics_internal.mark_transactions(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.mark_clients(), analytics_internal.mark_values(mark_transactions.business_id, 'transactions')
$$;
COMMENT ON FUNCTION analytics_internal.mark_transactions(bigint) IS 'Marks the clients of changed transactions, and the models of value';

CREATE FUNCTION analytics_internal.mark_all_pending(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO warehouse.pending_client
    SELECT d.business_id, d.client_key
    FROM warehouse.dim_clients d
    WHERE d.business_id = mark_all_pending.business_id
    ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.pending_day AS p
    SELECT d.business_id, d.rollup, d.day
    FROM (
        SELECT e.business_id, 'events', e.event_date
        FROM warehouse.fact_events e
        WHERE e.business_id = mark_all_pending.business_id
        GROUP BY 1, 3
        UNION
        SELECT e.business_id, 'events', e.event_date FROM warehouse.event_daily e
        UNION
        SELECT t.business_id, 'events', t.event_date FROM warehouse.campaign_touch_daily t
        UNION
        SELECT l.business_id, 'results', l.created_date
        FROM warehouse.fact_leads l
        WHERE l.business_id = mark_all_pending.business_id
        GROUP BY 1, 3
        UNION
        SELECT c.business_id, 'results', c.signed_date
        FROM warehouse.fact_contracts c
        WHERE c.business_id = mark_all_pending.business_id
        GROUP BY 1, 3
        UNION
        SELECT p.business_id, 'results', p.date FROM warehouse.fact_campaign_performance_daily p
        UNION
        SELECT r.business_id, 'results', r.date FROM warehouse.campaign_roi_daily r
        UNION
        SELECT r.business_id, 'results', r.starts_on FROM warehouse.campaign_roi_span r
        UNION
        SELECT r.business_id, 'results', r.created_date FROM warehouse.lead_daily r
        UNION
        SELECT r.business_id, 'results', r.signed_date FROM warehouse.contract_daily r
        UNION
        VALUES (mark_all_pending.business_id, 'campaigns', '-infinity'::date)
        UNION
        SELECT l.business_id, 'late', l.created_date
        FROM warehouse.fact_leads l
        WHERE l.business_id = mark_all_pending.business_id
        GROUP BY 1, 3
        UNION
        SELECT r.business_id, 'late', r.created_date FROM warehouse.late_daily r
        UNION
        SELECT p.business_id, v.rollup, '-infinity' FROM warehouse.customer_population p, (VALUES ('customers'), ('values')) v (rollup)
    ) d (business_id, rollup, day)
    WHERE d.business_id = mark_all_pending.business_id
    ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = true WHERE NOT p.whole;
    PERFORM analytics_internal.mark_all_content(mark_all_pending.business_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_all_pending(bigint) IS
'Marks every client and day of a business for derivation: a full rebuild
Returns NULL: it counts nothing.';

CREATE FUNCTION analytics_internal.on_pending_days(rollup text, day text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format($sql$EXISTS (
        SELECT FROM warehouse.pending_day d
        WHERE d.business_id = t.business_id AND d.rollup = %L AND d.whole AND d.day = t.%I)$sql$, rollup, day)
$$;
COMMENT ON FUNCTION analytics_internal.on_pending_days(text, text) IS
'Scope of a merge: the rows of a rollup on days that are to be made anew
day: the column of the rollup that holds the day.';
