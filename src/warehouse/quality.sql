-- Checks of what was loaded and derived. Names follow what users of dbt and Soda know.

CREATE FUNCTION analytics.check_data_quality(business_id bigint DEFAULT NULL, run_id bigint DEFAULT NULL)
    RETURNS TABLE (business bigint, check_name text, subject text, status text, failed_rows bigint, observed numeric, expected numeric,
                   sample jsonb, message text)
    LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    RETURN QUERY
    WITH checks AS (
        -- Each row of a source is loaded, deduplicated or rejected.
        SELECT w.business_id, 'reconciliation_rows' AS check_name, w.entity || ' of source ' || w.source_id AS subject,
               CASE WHEN w.rows_read = w.loaded + w.deduplicated + w.rejected AND w.loaded = n.in_warehouse THEN 'pass' ELSE 'fail' END AS status,
               pg_catalog.abs(w.rows_read - n.in_warehouse - w.deduplicated - w.rejected) AS failed_rows,
               (n.in_warehouse + w.deduplicated + w.rejected)::numeric AS observed, w.rows_read::numeric AS expected, NULL::jsonb AS sample,
               pg_catalog.format('%s rows read = %s loaded + %s deduplicated + %s rejected', w.rows_read, n.in_warehouse, w.deduplicated, w.rejected) AS message
        FROM warehouse.source_watermark w
        CROSS JOIN LATERAL (SELECT i.rows FROM analytics.in_warehouse(w.business_id, w.source_id, w.entity) i OFFSET 0) n (in_warehouse)
        UNION ALL
        -- Money in the source and money in the warehouse.
        SELECT s.business_id, 'reconciliation_amount', s.entity || ' of source ' || s.source_id,
               CASE WHEN pg_catalog.abs(c.amount - n.loaded) <= 0.01 THEN 'pass' WHEN w.rejected + w.deduplicated > 0 THEN 'warn' ELSE 'fail' END,
               w.rejected + w.deduplicated, n.loaded, c.amount, NULL,
               pg_catalog.format('%s of %s loaded', pg_catalog.round(n.loaded, 2), pg_catalog.round(c.amount, 2))
                   || CASE WHEN w.rejected + w.deduplicated > 0 THEN '; the rest is in refused or repeated rows' ELSE '' END
        FROM analytics.source s
        JOIN warehouse.source_watermark w ON w.source_id = s.source_id
        CROSS JOIN LATERAL (SELECT analytics.source_amount(s) OFFSET 0) c (amount)
        CROSS JOIN LATERAL (SELECT i.amount FROM analytics.in_warehouse(s.business_id, s.source_id, s.entity) i OFFSET 0) n (loaded)
        WHERE pg_catalog.to_regclass(s.relation) IS NOT NULL AND c.amount IS NOT NULL
          AND (check_data_quality.business_id IS NULL OR s.business_id = check_data_quality.business_id)
        UNION ALL
        SELECT r.business_id, 'rejected_rows', r.entity || ' of source ' || r.source_id, 'warn', pg_catalog.sum(r.occurrences)::bigint, NULL, 0,
               (SELECT pg_catalog.jsonb_object_agg(t.reason, t.n) FROM (
                    SELECT x.reason, pg_catalog.sum(x.occurrences) AS n FROM warehouse.rejected_rows x
                    WHERE x.business_id = r.business_id AND x.source_id = r.source_id GROUP BY x.reason ORDER BY n DESC, x.reason LIMIT 10) t),
               pg_catalog.format('%s rows are in warehouse.rejected_rows with their reasons', pg_catalog.sum(r.occurrences))
        FROM warehouse.rejected_rows r GROUP BY r.business_id, r.entity, r.source_id
        UNION ALL
        SELECT b.business_id, 'contract_after_first_touch', 'fact_contracts', CASE WHEN f.n = 0 THEN 'pass' ELSE 'warn' END, f.n, f.n, 0, f.sample,
               pg_catalog.format('%s contracts were signed before the first touch of their client', f.n)
        FROM (SELECT DISTINCT w.business_id FROM warehouse.source_watermark w WHERE w.entity = 'contracts') b
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*) AS n, pg_catalog.jsonb_agg(v.contract_id ORDER BY v.contract_id) FILTER (WHERE v.place <= 100) AS sample
            FROM (SELECT c.contract_id, pg_catalog.row_number() OVER (ORDER BY c.contract_id) AS place
                  FROM warehouse.fact_contracts c
                  JOIN warehouse.dim_clients d ON d.business_id = c.business_id AND d.client_key = c.client_key
                  WHERE c.business_id = b.business_id AND c.signed_at < d.first_event_at) v
        ) f
        UNION ALL
        SELECT b.business_id, 'relationships', 'fact_contracts.client_key', CASE WHEN f.n = 0 THEN 'pass' ELSE 'warn' END, f.n, f.n, 0, f.sample,
               pg_catalog.format('%s contracts belong to clients without any event', f.n)
        FROM (SELECT DISTINCT w.business_id FROM warehouse.source_watermark w WHERE w.entity = 'contracts') b
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*) AS n, pg_catalog.jsonb_agg(v.contract_id ORDER BY v.contract_id) FILTER (WHERE v.place <= 100) AS sample
            FROM (SELECT c.contract_id, pg_catalog.row_number() OVER (ORDER BY c.contract_id) AS place
                  FROM warehouse.fact_contracts c
                  JOIN warehouse.dim_clients d ON d.business_id = c.business_id AND d.client_key = c.client_key
                  WHERE c.business_id = b.business_id AND d.first_event_at IS NULL) v
        ) f
        UNION ALL
        SELECT l.business_id, 'unknown_platform_share', 'fact_leads.platform',
               CASE WHEN pg_catalog.count(*) FILTER (WHERE l.platform = 'unknown') * 5 > pg_catalog.count(*) THEN 'warn' ELSE 'pass' END,
               pg_catalog.count(*) FILTER (WHERE l.platform = 'unknown'),
               pg_catalog.round(100.0 * pg_catalog.count(*) FILTER (WHERE l.platform = 'unknown') / pg_catalog.count(*), 2), 20, NULL,
               pg_catalog.format('%s of %s leads have no known platform', pg_catalog.count(*) FILTER (WHERE l.platform = 'unknown'), pg_catalog.count(*))
        FROM warehouse.fact_leads l GROUP BY l.business_id
    ), kept AS (
        INSERT INTO warehouse.quality_result (run_id, business_id, check_name, subject, status, failed_rows, observed, expected, sample, message)
        SELECT check_data_quality.run_id, c.* FROM checks c
        WHERE check_data_quality.business_id IS NULL OR c.business_id = check_data_quality.business_id
        RETURNING *
    )
    SELECT k.business_id, k.check_name, k.subject, k.status, k.failed_rows, k.observed, k.expected, k.sample, k.message
    FROM kept k ORDER BY k.business_id, k.check_name, k.subject;
END
$$;
COMMENT ON FUNCTION analytics.check_data_quality(bigint, bigint) IS
'Runs the checks, keeps them in warehouse.quality_result and returns them
status: pass, warn or fail. sample: up to 100 ids of failing rows, or counts per reason.';
