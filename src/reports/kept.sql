-- Reports that are made on a schedule and kept for whoever sends or shows them.

CREATE FUNCTION analytics.keep_report(kind text, period text DEFAULT 'last_month', business_id bigint DEFAULT NULL,
    date_from date DEFAULT NULL, date_to date DEFAULT NULL, row_limit int DEFAULT 10, title text DEFAULT NULL,
    retention interval DEFAULT '400 days')
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    report bigint;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF (date_from IS NULL) <> (date_to IS NULL) THEN
        RAISE EXCEPTION 'date_from and date_to go together' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give both, or neither and a period.';
    ELSIF retention < interval '0' THEN
        RAISE EXCEPTION 'retention must not be negative' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL keeps reports for ever.';
    END IF;
    IF date_from IS NULL THEN
        SELECT p.date_from, p.date_to INTO date_from, date_to
        FROM analytics.period(period, analytics_internal.last_full_day(business_id) + 1) p;
    END IF;
    INSERT INTO warehouse.report (business_id, kind, date_from, date_to, html, created_by)
    VALUES (business_id, kind, date_from, date_to, analytics.report(kind, date_from, date_to, business_id, row_limit, title),
            SESSION_USER)
    RETURNING report_id INTO report;
    DELETE FROM warehouse.report r
    WHERE r.business_id IS NOT DISTINCT FROM keep_report.business_id AND r.kind = keep_report.kind
      AND clock_timestamp() - r.created_at > retention;
    PERFORM pg_notify('analytics_report', report::text);
    RETURN report;
END
$$;
COMMENT ON FUNCTION analytics.keep_report(text, text, bigint, date, date, int, text, interval) IS
'Makes a report, keeps it in warehouse.report and announces it
Made for a scheduler. period: as for period(): yesterday, last_7_days, last_week, last_month, month_to_date ..., as of today in the time
zone of the business. date_from, date_to: these days instead. kind, business_id, row_limit, title: as for report(). retention: older
reports of the same kind and business are deleted; NULL keeps all. Returns the report_id, which it also sends on the channel
analytics_report, as it commits. For writers. Errors as of report().';
