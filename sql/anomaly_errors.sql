-- What the functions of anomalies refuse: code, message, detail and hint of each error.
\i test/fixture/reset.sql

CREATE FUNCTION pg_temp.error_of(query text, OUT error text) LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE 'SELECT ' || query;
    error := 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    error := concat_ws(E'\n', state || ' ' || message, NULLIF(detail, ''), NULLIF(hint, ''));
END
$$;
CREATE FUNCTION pg_temp.errors_of(VARIADIC queries text[]) RETURNS TABLE (query text, error text) LANGUAGE sql AS $$
    SELECT q.query, pg_temp.error_of(q.query) FROM unnest(queries) WITH ORDINALITY q (query, place) ORDER BY q.place
$$;

\x on
\pset border 0
-- Tests of rates.
SELECT * FROM pg_temp.errors_of(
    'analytics.rate_ratio_test(-1, 7, 5, 30)',
    'analytics.rate_ratio_test(1, 7, ''Infinity'', 30)',
    'analytics.rate_ratio_test(1, ''Infinity'', 5, 30)',
    'analytics.rate_ratio_test(1, 7, 5, 30, phi => 0)',
    'analytics.rate_ratio_test(1, 7, 5, 30, df => 0)',
    'analytics.rate_ratio_test(1, 7, 5, 30, margin => -0.1)',
    'analytics.rate_ratio_test(1, 7, 5, 30, confidence => 1)',
    'analytics.rate_ratio_test(1, 7, 5, 30, alternative => ''both'')',
    'analytics.p_adjust(''{1.5}'')',
    'analytics.p_adjust(''{0.5}'', ''bonferroni'')',
    'analytics.dispersion(''{1,2}'', ''{1}'')',
    'analytics.dispersion_prior(''{1,2}'', ''{1}'')');

-- Windows against the days before.
SELECT * FROM pg_temp.errors_of(
    'analytics.compare_windows(NULL, ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', min_days => NULL)',
    'analytics.compare_windows(''{NULL}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{infinity}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01,2025-01-02}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''-infinity'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-02-06'', ''2025-01-31'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''counts'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', alternative => ''up'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', baseline_days => 0)',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''1825-01-31'', ''2025-02-06'', ''count'')',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', min_effect => -1)',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', min_days => 1)',
    'analytics.compare_windows(''{1}'', ''{2025-01-01}'', ''{1}'', NULL, ''2025-01-31'', ''2025-02-06'', ''count'', min_events => ''NaN'')',
    'analytics_internal.alert_windows(analytics_internal.daily_rows(1, 1, ''2025-01-01'', 1, 1), ''{1}'', ''{1,2}'', ''2025-01-31'', ''2025-02-06'', 30, 0.2, 3, false)',
    'analytics_internal.alert_windows(analytics_internal.daily_rows(1, 1, ''2025-01-01'', 1), ''{1}'', ''{1}'', ''2025-01-31'', ''2025-02-06'', 30, 0.2, 3, false)',
    'analytics_internal.alert_windows(''\x00'', ''{1}'', ''{1}'', ''2025-01-31'', ''2025-02-06'', 30, 0.2, 3, false)');

-- Points one by one.
SELECT * FROM pg_temp.errors_of(
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1,2}'')',
    'analytics.detect_anomalies(''{NULL}'', ''{1}'')',
    'analytics.detect_anomalies(''{infinity}'', ''{1}'')',
    'analytics.detect_anomalies(''{2025-01-01,2025-01-01}'', ''{1,2}'')',
    'analytics.detect_anomalies(''{2025-01-01 08:00,2025-01-01 09:00}'', ''{1,2}'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1e200}'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', ''{1e-200}'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', kind => ''rate'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', kind => ''colour'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', kind => NULL)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''magic'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', alpha => 0.5)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', direction => ''sideways'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', cooldown => -1)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', step => ''1 month'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', step => ''2000000000 days'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', step => ''0'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', period => 100)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', history => 0)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', min_history => 1)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', half_life => -1)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', prior_dispersion => 0)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''calibrated'', step => ''0'')',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''calibrated'', period => 0)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''calibrated'', history => 10)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''calibrated'', min_history => 5)',
    'analytics.detect_anomalies(''{2025-01-01}'', ''{1}'', method => ''calibrated'', half_life => 0)');
-- So rare a tail, of a distribution known by one degree of freedom, has no end that a number can hold.
SELECT * FROM pg_temp.errors_of($$* FROM analytics.detect_anomalies((SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') FROM generate_series(1, 9) i), '{3,4,3,4,3,4,3,4,9}',
    alpha => 1e-310, period => 1, min_history => 2, prior_df => 0)$$);
-- Figures that a float can hold, and their quotients cannot.
SELECT * FROM pg_temp.errors_of($$* FROM analytics.detect_anomalies((SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') FROM unnest('{1,2,3,4,5,6,7,9,10,11,12,13,14,15}'::int[]) i),
    '{1e149,0,0,0,0,0,0,0,0,0,0,0,0,1}', array_fill(1e-149::float8, '{13}') || 1e149::float8, 'rate', half_life => 0.02, min_history => 10)$$);

-- States.
SELECT * FROM pg_temp.errors_of(
    'analytics.anomaly_start(kind => ''colour'')',
    'analytics.anomaly_state(NULL, ''2025-01-01'', 1, 1)',
    'analytics.anomaly_state(analytics.anomaly_start(), NULL, 1, 1)',
    'analytics.anomaly_state(analytics.anomaly_start(), ''infinity'', 1, 1)',
    'analytics.anomaly_state(analytics.anomaly_start(alpha => 0.1 * i), timestamp ''2025-01-01'' + i * interval ''1 day'', 1, 1) FROM generate_series(1, 2) i',
    'analytics.anomaly_state(analytics.anomaly_start(), ''2025-01-01'', i, 1) FROM generate_series(1, 2) i',
    'analytics.anomaly_score(analytics.anomaly_start(), ''{2025-01-01}'', ''{1,2}'')',
    '''\x00''::analytics.anomaly_state',
    '''state''::analytics.anomaly_state',
    '(left(analytics.anomaly_start()::text, -2))::analytics.anomaly_state',
    '(analytics.anomaly_start()::text || ''00'')::analytics.anomaly_state');

-- Drifts, samples and decompositions.
SELECT * FROM pg_temp.errors_of(
    'analytics.detect_drifts(''{2025-01-01}'', ''{5}'', shift => 0)',
    'analytics.detect_drifts(''{2025-01-01}'', ''{5}'', run_length => NULL)',
    'analytics.detect_drifts(''{2025-01-01}'', ''{5}'', kind => ''rate'')',
    'analytics.cusum_run_length(-1)',
    'analytics.cusum_run_length(4, mean => ''Infinity'')',
    'analytics.cusum_limit(5)',
    'analytics.cusum_limit(sides => 3)',
    'analytics.stl(''{1,2,3}'', 7)',
    'analytics.stl(''{1,2,3,NULL,5}'', 2)',
    'analytics.stl(''{1,2,3,4,5}'', 1)',
    'analytics.stl(''{1,2,3,4,5}'', 2, seasonal_window => 2)',
    'analytics.stl(''{1,2,3,4,5}'', NULL)',
    'analytics.gesd(''{1,2,3}'', 0.6)',
    'analytics.gesd(''{1,2,3}'', alpha => 0)',
    'analytics.gesd(''{1,2,3}'', direction => ''sideways'')',
    'analytics.gesd(''{1,2,Infinity}'')',
    'analytics.gesd(''{1,2,NULL,4,5,6}'', period => 2)',
    'analytics.tukey_outliers(''{1,2,3}'')',
    'analytics.tukey_outliers(''{1,2,3,4}'', -1)',
    'analytics.tukey_outliers(''{1,2,3,4}'', lower_quantile => 0.8)',
    'analytics.peaks_over_threshold(''{1,2,3}'', 0.3)',
    'analytics.peaks_over_threshold(''{1,2,3}'', risk => 1)');

-- Alerts, before there is a warehouse and after.
SELECT * FROM pg_temp.errors_of(
    'analytics.anomalies(''2025-03-01'', ''2025-03-07'')',
    'analytics.alert_settings()',
    'analytics.configure_alerts(window_days => 3)');
SELECT analytics.install();
SELECT * FROM pg_temp.errors_of(
    'analytics.anomalies(NULL, ''2025-03-09'')',
    'analytics.anomalies(''-infinity'', ''2025-03-09'')',
    'analytics.anomalies(''2025-03-09'', ''2025-03-03'')',
    'analytics.anomalies(''2005-03-03'', ''2025-03-09'')',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', ''{gogle}'')',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', row_limit => -1)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', dimension => ''colour'')',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', verdicts => ''{bad}'')',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', baseline_days => 3)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', lag_days => -1)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', q => 1.5)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', min_effect => -1)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', min_events => -1)',
    'analytics.anomalies(''2025-03-03'', ''2025-03-09'', min_impact => ''NaN'')',
    'analytics.configure_alerts(business_id => NULL)',
    'analytics.configure_alerts(window_days => 0)',
    'analytics.configure_alerts(cooldown_days => 1000)',
    'analytics.configure_alerts(dimensions => ''{colour}'')',
    'analytics.configure_alerts(q => 2)',
    'analytics.metric_anomalies(NULL, ''date'', ''spend'', ''2025-03-03'', ''2025-03-09'')',
    'analytics.metric_anomalies(''warehouse.campaign_roi_daily'', ''date'', NULL, ''2025-03-03'', ''2025-03-09'')',
    'analytics.metric_anomalies(''warehouse.campaign_roi_daily'', ''date'', ''spend'', ''2025-03-03'', ''2025-03-09'', direction => ''sideways'')',
    'analytics.metric_anomalies(''warehouse.campaign_roi_daily'', ''date'', ''spend'', ''2025-03-03'', ''2025-03-09'', kind => ''odd'')',
    'analytics.metric_anomalies(''warehouse.campaign_roi_daily'', ''date'', ''spend'', ''2025-03-03'', ''2025-03-09'', baseline_days => 1)',
    'analytics.metric_anomalies(''warehouse.campaign_roi_daily'', ''date'', ''spent'', ''2025-03-03'', ''2025-03-09'')');
DROP SCHEMA warehouse CASCADE;
