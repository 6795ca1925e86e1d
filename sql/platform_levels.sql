-- Platforms or families, everywhere: each answer that names platforms knows both levels, by argument and by the setting, and each platform that the rules know is a filter.
\i test/fixture/reset.sql
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.plan AS SELECT u.place AS number, u.platform, 'c' || u.place AS campaign_id FROM unnest('{facebook,instagram,google}'::text[]) WITH ORDINALITY u (platform, place);
CREATE TABLE raw.ads AS SELECT d::date AS date, p.platform, p.campaign_id, 'campaign ' || p.number AS campaign_name, 40 + p.number * 10 AS spend, 900 AS impressions, 40 AS clicks
FROM raw.plan p, generate_series(timestamp '2025-01-01', '2025-05-01', '1 day') d;
CREATE TABLE raw.events AS SELECT format('e%s-%s', k, n) AS event_id, 'p' || n AS client_id, timestamptz '2025-01-01 08:00+00' + n * interval '7 hours' + k * interval '30 hours' AS occurred_at,
    CASE WHEN n % 9 = 0 THEN 'direct' ELSE p.platform END AS utm_source, CASE WHEN n % 9 <> 0 THEN 'cpc' END AS utm_medium, CASE WHEN n % 9 <> 0 THEN p.campaign_id END AS utm_campaign
FROM generate_series(1, 360) n, generate_series(1, 2) k, raw.plan p WHERE p.number = 1 + (n * k + n / 7) % 3;
CREATE TABLE raw.contracts AS SELECT 'k' || n AS contract_id, 'p' || n AS client_id, timestamptz '2025-01-05 21:00+00' + n * interval '7 hours' AS signed_at, 100 + n AS amount FROM generate_series(1, 330, 3) n;
CREATE TABLE raw.content AS SELECT 'p' || n AS content_id, p.platform, 'video' AS content_type, timestamptz '2025-02-01 18:00+00' + n * interval '17 hours' AS published_at FROM generate_series(1, 90) n JOIN raw.plan p ON p.number = 1 + n % 3;
CREATE TABLE raw.metrics AS SELECT content_id, platform, published_at::date + 1 AS date, 1000 AS views, CASE platform WHEN 'google' THEN 5 ELSE 90 END + length(content_id) AS likes FROM raw.content;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events'), ('contracts', 'contracts'), ('content', 'content'), ('content_metrics', 'metrics')) s (e, t);
CALL analytics.refresh();
\set ECHO none
\i test/fixture/questions.sql
\set ECHO all
\set QUIET on
-- What reads the warehouse, with its arguments and the columns it gives.
CREATE TABLE raw.reader AS
SELECT p.oid, p.oid::regprocedure::text AS subject, p.proname::text AS name, p.proargnames[1:p.pronargs] AS arguments,
    ARRAY(SELECT a.attname FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 WHERE t.oid = p.prorettype
          UNION ALL SELECT n FROM unnest(p.proargnames, p.proargmodes) u (n, mode) WHERE mode = 't')::text[] AS columns
FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace AND p.provolatile = 's' AND 'business_id' = ANY (p.proargnames);
-- Answers that name a platform and know no level: the lists of tests and of benchmarks, which show what they were registered for, and that of the platforms themselves.
SELECT name FROM raw.reader r WHERE EXISTS (SELECT FROM unnest(columns) c WHERE c ~ '(^|_)platform$|^platform_breakdown$|^journey$') AND NOT 'platform_level' = ANY (arguments) ORDER BY 1;
-- A dimension that may be a platform goes by the setting where it is not given.
SELECT name FROM raw.reader r WHERE 'dimension' = ANY (arguments)
    AND (SELECT pg_get_expr(p.proargdefaults, 0) ~ '''platform''' FROM pg_proc p WHERE p.oid = r.oid) ORDER BY 1;

-- Each is asked, by platform where it has parts to choose.
CREATE TABLE raw.question AS
SELECT r.name, regexp_replace(replace(q.statement, 'SELECT r::text', 'SELECT to_jsonb(r)::text'), E'\\) r$', concat(
    CASE WHEN 'dimension' = ANY (r.arguments) AND q.statement !~ 'dimension =>' AND 'platform_level' = ANY (r.arguments) THEN ', dimension => ''platform''' END,
    CASE WHEN r.name = 'maturity' THEN ', level => ''platform''' END, CASE WHEN 'verdicts' = ANY (r.arguments) THEN ', verdicts => NULL, baseline_days => 60, as_of => ''2025-05-02''' END)) AS statement,
    'platform_level' = ANY (r.arguments) AS has_level, 'dimension' = ANY (r.arguments) AS has_dimension
FROM raw.reader r JOIN questions.about('facebook', 1) q USING (subject);
CREATE FUNCTION pg_temp.say(statement text, argument text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(r, E''\n'' ORDER BY r) FROM (%s%s) r) r (r)', statement, argument) INTO answer;
    RETURN COALESCE(answer, '');
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TABLE raw.answer AS
SELECT q.name, q.has_level, pg_temp.say(q.statement) AS usual, pg_temp.say(q.statement, q.asked || '''platform''') AS platform, pg_temp.say(q.statement, q.asked || '''family''') AS family
FROM (SELECT *, CASE WHEN has_level THEN ', platform_level => ' ELSE ', dimension => ' END AS asked FROM raw.question WHERE has_level OR (has_dimension AND statement !~ 'dimension =>' AND name !~ 'lift$|^time_to_convert$|^path_lengths$')) q;
SELECT (analytics.configure(platform_level => 'family')).platform_level;
CREATE TABLE raw.by_setting AS
SELECT q.name, pg_temp.say(q.statement) AS usual, CASE WHEN has_level THEN pg_temp.say(q.statement, ', platform_level => ''platform''') END AS platform FROM raw.question q WHERE q.name IN (SELECT name FROM raw.answer);
SELECT (analytics.configure(platform_level => 'platform')).platform_level;
SELECT count(*) > 30 AS many, count(*) FILTER (WHERE usual ~ '^error') AS errors FROM raw.answer;
SELECT name, left(usual, 200) AS error FROM raw.answer WHERE usual ~ '^error' ORDER BY 1;
-- Platforms by default and where asked for, and families where these are; the setting changes the default and nothing that is asked for.
SELECT name, left(platform, 200) AS platform FROM raw.answer WHERE platform !~ E'\\m(facebook|instagram)\\M' ORDER BY 1;
SELECT name, substring(family FROM E'.{0,60}\\m(?:facebook|instagram)\\M.{0,20}') AS family FROM raw.answer WHERE regexp_replace(family, '"(utm_source|post_key)": "[^"]+"', '', 'g') ~ E'\\m(facebook|instagram)\\M' OR family !~ E'\\mmeta\\M' ORDER BY 1;
SELECT name FROM raw.answer WHERE usual <> platform ORDER BY 1;
SELECT name FROM raw.answer a JOIN raw.by_setting s USING (name) WHERE s.usual <> a.family OR s.platform <> a.platform ORDER BY 1;
-- A family is its platforms added up.
SELECT platform, clients <= 360 AS whole, contracts, contracts = (SELECT sum(contracts) FROM analytics.platforms_touches('2025-01-01', '2025-05-01') WHERE platform IN ('facebook', 'instagram')) AS added_up
FROM analytics.platforms_touches('2025-01-01', '2025-05-01', platform_level => 'family') WHERE platform = 'meta';
SELECT clients = (SELECT count(DISTINCT client_id) FROM raw.events WHERE utm_source IN ('facebook', 'instagram')) AS each_once FROM analytics.platforms_touches('2025-01-01', '2025-06-01', platform_level => 'family') WHERE platform = 'meta';
SELECT platform, period_budget, spent_to_date = (SELECT sum(spend) FROM raw.ads WHERE platform <> 'google' AND date BETWEEN '2025-04-01' AND '2025-04-20') AS added_up
FROM analytics.budget_pacing('2025-04-01', '2025-04-30', dimension => 'platform', budgets => '{"meta": 5000}', as_of => '2025-04-20', platform_level => 'family', platforms => '{meta}');
-- Rows stand in the order of what they show.
SELECT count(*) > 50 AS many, count(DISTINCT platform) AS families, array_agg(ROW(day, platform, content_id) ORDER BY n) = array_agg(ROW(day, platform, content_id) ORDER BY day, platform COLLATE "C", content_id COLLATE "C") AS in_order
FROM analytics.content_days('2025-01-01', '2025-06-01', platform_level => 'family') WITH ORDINALITY d (business, day, platform, content_id, views, likes, shares, comments, clicks, reach, engagement, n);
-- Businesses that do not agree are answered by platform, and each alone as it wants.
SELECT (analytics.configure(platform_level => 'family')).platform_level, (analytics.configure(business_id => 2)).platform_level AS second;
SELECT (SELECT string_agg(platform, ' ' ORDER BY platform) FROM analytics.share_platforms('2025-01-01', '2025-05-01')) AS all_businesses, (SELECT string_agg(platform, ' ' ORDER BY platform) FROM analytics.share_platforms('2025-01-01', '2025-05-01', business_id => 1)) AS first;
-- Every platform and family that the rules know is a filter, rows or not.
CREATE TABLE raw.known AS SELECT platform AS name FROM analytics.effective_platform UNION SELECT family FROM analytics.effective_platform WHERE family IS NOT NULL UNION SELECT platform FROM analytics.channel_rule WHERE platform IS NOT NULL UNION VALUES ('direct'), ('unknown');
SELECT count(*) > 50 AS many FROM raw.known;
SELECT DISTINCT q.name, left(s.answer, 200) AS error
FROM raw.reader r JOIN raw.question q USING (name)
CROSS JOIN LATERAL (SELECT pg_temp.say(q.statement, format(', platforms => %L', (SELECT array_agg(k.name) FROM raw.known k))) AS answer WHERE 'platforms' = ANY (r.arguments)
    UNION ALL SELECT pg_temp.say(q.statement, ', platforms => ''{direct}''') WHERE 'platforms' = ANY (r.arguments)
    UNION ALL SELECT pg_temp.say(CASE WHEN q.statement ~ E'\\mplatform => ' THEN regexp_replace(q.statement, E'\\mplatform => ''facebook''', format('platform => %L', k.name)) ELSE q.statement END,
        CASE WHEN q.statement !~ E'\\mplatform => ' THEN format(', platform => %L', k.name) ELSE '' END) FROM raw.known k WHERE 'platform' = ANY (r.arguments) AND k.name IN ('direct', 'unknown', 'meta', 'telegram', 'tiktok')) s
WHERE s.answer ~ '^error' ORDER BY 1;
-- Neither is a level of one's own.
SELECT count(*) AS refused FROM raw.question q WHERE has_level AND pg_temp.say(q.statement, ', platform_level => ''country''') ~ '^error 22023 unknown platform_level';
SELECT count(*) AS levels FROM raw.question WHERE has_level;
SELECT analytics.configure(platform_level => 'country');
DROP SCHEMA questions CASCADE;
