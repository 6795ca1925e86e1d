-- Lists of touches, contracts, posts and customers: pages put together are the whole list, each row once and in its order, whatever the length of a page; each tells the total.
\i test/fixture/reset.sql
\set echo :ECHO
\set ECHO none
\o /dev/null
\i test/fixture/calls.sql
-- A second business with the same rows, far to the east: what is alike is told apart by whose it is, and its day is another one.
SELECT analytics.configure(business_id => 2, currency => 'UAH', reporting_timezone => 'Pacific/Kiritimati');
SELECT analytics.register_source(s.entity, s.relation::regclass, s.columns, s.preset, s.options - 'depends_on', 2) FROM analytics.source s WHERE s.business_id = 1 AND s.entity IN ('events', 'contracts', 'transactions', 'content', 'content_metrics');
CALL analytics.refresh(business_id => 2);
\o
\set ECHO :echo
SELECT count(*) FROM analytics.source WHERE business_id = 2;

CREATE TEMP TABLE list (name text, key text, after text, arguments text);
INSERT INTO list VALUES ('events_funnel', 'event_key', 'after_event', '''2025-09-10'', ''2025-09-12'''), ('contracts_multi_touch', 'contract_key', 'after_contract', '''2025-09-01'', ''2025-10-31'''),
    ('contracts_enriched', 'contract_key', 'after_contract', '''2025-09-01'', ''2025-10-31'', ''facebook'''), ('content_performance', 'post_key', 'after_post', 'as_of => ''2025-10-15'', days => 25'),
    ('content_performance', 'post_key', 'after_post', 'platforms => ''{instagram}'''), ('customer_value', 'customer_key', 'after_customer', '''2025-09-20''');
-- The rows of all pages of a length, their place in front.
CREATE FUNCTION pg_temp.pages(l list, length int) RETURNS TABLE (place bigint, entry jsonb) LANGUAGE plpgsql AS $$
DECLARE
    last text;
    page jsonb;
    before bigint := 0;
BEGIN
    LOOP
        EXECUTE format('SELECT COALESCE(jsonb_agg(r), ''[]'') FROM analytics.%I(%s, row_limit => %s, %s => %L, with_total => true) r', l.name, l.arguments, length, l.after, last) INTO page;
        RETURN QUERY SELECT before + e.place, e.entry FROM jsonb_array_elements(page) WITH ORDINALITY e (entry, place);
        EXIT WHEN jsonb_array_length(page) < length;
        before := before + length;
        last := page -> -1 ->> l.key;
    END LOOP;
END
$$;
SELECT l.name, w.n > 20 AS many, w.n = w.keys AS unique_keys, w.total = w.n AS total, p.length, p.n = w.n AS all_of_them, p.entries IS NOT DISTINCT FROM w.entries AS in_order
FROM list l, LATERAL (SELECT count(*) AS n, count(DISTINCT g.entry ->> l.key) AS keys, min((g.entry ->> 'total_rows')::bigint) AS total, array_agg(g.entry ORDER BY g.place) AS entries
                      FROM pg_temp.pages(l, CASE l.name WHEN 'content_performance' THEN 100 ELSE 100000 END) g OFFSET 0) w,
     LATERAL (SELECT length, count(*) AS n, array_agg(g.entry ORDER BY g.place) AS entries FROM (SELECT unnest(CASE l.name WHEN 'customer_value' THEN '{90,133}' ELSE '{13,60}'::int[] END)) v (length), pg_temp.pages(l, v.length) g GROUP BY length) p
ORDER BY l.name, l.arguments, p.length;
-- The order is the one that is promised.
SELECT bool_and((p.engagement, p.views) <= (p.before_engagement, p.before_views)) AS by_engagement FROM (SELECT engagement, views, lag(engagement) OVER () AS before_engagement, lag(views) OVER () AS before_views FROM analytics.content_performance(row_limit => 100)) p
WHERE p.before_views IS NOT NULL;
-- Posts of later days are no rows.
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE published_at > '2025-10-02') AS later FROM analytics.content_performance(row_limit => 100, as_of => '2025-10-01');
-- No total unless it is asked for; keys that name nothing.
SELECT count(total_rows) FROM analytics.customer_value();
SELECT client_id FROM analytics.customer_value(after_customer => '1:nobody');
SELECT client_id FROM analytics.customer_value(business_id => 2, after_customer => (SELECT customer_key FROM analytics.customer_value(business_id => 1, row_limit => 1)));
SELECT content_id FROM analytics.content_performance(after_post => '1:facebook:p0');
SELECT content_id FROM analytics.content_performance(after_post => '');
SELECT contract_id FROM analytics.contracts_enriched('2025-09-01', '2025-10-31', after_contract => 'x');
DROP SCHEMA raw, demo, calls, warehouse CASCADE;
