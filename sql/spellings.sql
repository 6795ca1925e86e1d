-- One spelling for each id, name and tag, however an export or a spreadsheet wrote it.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;

-- Random spellings: whatever is put around and into an id that nobody sees, it is that id.
SELECT setseed(0.42);
CREATE TEMP TABLE spelling AS
SELECT k.key,
       (SELECT string_agg(x.c, '') FROM (SELECT b.chars[1 + floor(random() * cardinality(b.chars))::int] AS c
                                         FROM generate_series(1, (random() * 3)::int + n * 0)) x) AS before,
       (SELECT string_agg(x.c, '') FROM (SELECT b.chars[1 + floor(random() * cardinality(b.chars))::int] AS c
                                         FROM generate_series(1, (random() * 3)::int + n * 0)) x) AS behind,
       CASE (n % 4) WHEN 1 THEN U&'\200B' WHEN 2 THEN U&'\FEFF' WHEN 3 THEN U&'\00AD' ELSE '' END AS inside
FROM generate_series(1, 2000) n
CROSS JOIN (VALUES ('4417'), ('deal-9'), ('Ключ 7'), ('0055g0000XyZ')) k (key)
CROSS JOIN (SELECT ARRAY[' ', E'\t', E'\r', E'\n', U&'\00A0', U&'\200B', U&'\FEFF', U&'\2003', U&'\3000', U&'\200E', U&'\2060', U&'\202F'] AS chars) b;
SELECT p.purpose, count(*) AS spellings, count(DISTINCT s.got) AS ids, count(*) FILTER (WHERE s.got IS DISTINCT FROM s.key) AS other
FROM (VALUES ('key'), ('label'), ('tag')) p (purpose)
CROSS JOIN LATERAL (
    SELECT key, analytics_internal.cleaned(concat(before, left(key, 2), inside, substr(key, 3), behind), p.purpose, analytics_internal.placeholder_rules()) AS got
    FROM spelling) s
GROUP BY p.purpose
ORDER BY p.purpose;

-- Full-width digits, a fraction of nothing, numbers of spreadsheets, and what is no spelling of another id.
SELECT v AS written, analytics_internal.cleaned(v, 'key', r) AS key, analytics_internal.is_scientific(analytics_internal.cleaned(v, 'key', r)) AS lost
FROM unnest(ARRAY[U&'\FF14\FF14\FF11\FF17', '4417.0', '4417.000', '4417.10', '4.417', 'v2.0', '4417.', '1.2021E+17', '6e+15', '12e4', '-7', '007.0', 'a  b', '0015g00000XyZabAAF', '0015g00000XyZabAAB']) v, analytics_internal.placeholder_rules() r;

-- Ways to write nothing: of each purpose, what stays.
SELECT v AS written, analytics_internal.cleaned(v, 'key', r) AS key, analytics_internal.cleaned(v, 'label', r) AS label, analytics_internal.cleaned(v, 'tag', r) AS tag
FROM unnest('{(not set),(direct),(organic),(none),(data deleted),(other),<Other>,--,"null","NULL",N/A,undefined,"[object Object]","{{campaign.name}}","{campaignid}","__CAMPAIGN_NAME__","%%KW%%","{8A-11}",Nonesuch,nullable,"(not set) 2"}'::text[]) v, analytics_internal.placeholder_rules() r;

-- Tags are decoded once, whether a mapping or a URL gives them.
SELECT v AS written, analytics_internal.cleaned(v, 'tag', r) AS tag
FROM unnest('{Autumn+sale,Autumn%20sale,"Autumn sale",Autumn%2Bsale,%D0%9E%D1%81%D1%96%D0%BD%D1%8C,"A + B",C++,100%,100%25,"120330044.0",2.0}'::text[]) v, analytics_internal.placeholder_rules() r;

-- What was decoded is not decoded again, and says nothing where a tag would say nothing.
SELECT v AS written, analytics_internal.cleaned(v, 'decoded', r) AS decoded
FROM unnest('{A+B,A%20B,"Autumn  sale",120330044.0,(direct),(referral),"{{campaign.name}}",n/a}'::text[]) v, analytics_internal.placeholder_rules() r;

-- Through a load: all spellings of a client are one client, all of a tag one tag.
CREATE TABLE raw.visit (id int, person text, seen timestamptz, source text, medium text, campaign text, url text);
INSERT INTO raw.visit VALUES
    (1, 'p7', '2025-03-03 09:00Z', 'Facebook', 'paid_social', 'Autumn+sale', NULL),
    (2, E'p7\r', '2025-03-03 10:00Z', U&'facebook\00A0', 'paid_social', 'Autumn%20sale', NULL),
    (3, U&'\FEFFp7', '2025-03-03 11:00Z', '(not set)', NULL, NULL, 'https://shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign=Autumn+sale'),
    (4, '7.0', '2025-03-03 12:00Z', 'facebook', 'paid_social', '{{campaign.name}}', NULL),
    (5, 'null', '2025-03-03 12:00Z', 'facebook', NULL, NULL, NULL),
    (6, '1.25E+18', '2025-03-03 12:00Z', 'facebook', NULL, NULL, NULL),
    (7, 'p8', '2025-03-03 12:00Z', '(direct)', '(none)', '(direct)', NULL),
    (8, 'p9', '2025-03-03 12:00Z', NULL, NULL, NULL, 'https://shop.example/?utm_source=(direct)&utm_medium=(none)&utm_campaign=(direct)'),
    (9, 'p9', '2025-03-03 13:00Z', NULL, NULL, NULL, 'https://shop.example/?utm_source=facebook&utm_medium=cpc&utm_campaign=(referral)');
SELECT analytics.register_source('events', 'raw.visit', '{"event_id": "id", "client_id": "person", "occurred_at": "seen", "utm_source": "source",
    "utm_medium": "medium", "utm_campaign": "campaign", "landing_url": "url"}') > 0 AS registered;
CALL analytics.refresh();
SELECT e.event_id, d.client_id, e.platform, e.utm_source, e.utm_campaign, e.campaign_ref
FROM warehouse.fact_events e JOIN warehouse.dim_clients d USING (business_id, client_key) ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows ORDER BY 1;
-- And so in every entity: who signed, who bought, who is listed and who is the same.
CREATE TABLE raw.known AS
SELECT n, 'Seven' AS person, (ARRAY[E'p7\r', U&'\FEFFp7', U&'\FF50\FF17', U&'\0009p7\00A0'])[n] AS who, timestamptz '2025-03-04 09:00Z' + n * interval '1 hour' AS at
FROM generate_series(1, 4) n;
SELECT count(analytics.register_source(s.entity, 'raw.known', s.columns::jsonb, business_id => 3)) AS registered
FROM (VALUES ('clients', '{"client_id": "who", "name": "person"}'), ('contracts', '{"contract_id": "n", "client_id": "who", "signed_at": "at"}'),
    ('transactions', '{"transaction_id": "n", "client_id": "who", "occurred_at": "at", "amount": "n"}'),
    ('identities', '{"client_id": "''cookie''", "same_as": "who"}')) s (entity, columns);
CALL analytics.refresh(business_id => 3);
SELECT (SELECT string_agg(client_id, ' ') FROM warehouse.dim_clients WHERE business_id = 3) AS clients,
       (SELECT count(DISTINCT client_key) FROM warehouse.fact_contracts WHERE business_id = 3) AS of_contracts,
       (SELECT count(DISTINCT client_key) FROM warehouse.fact_transactions WHERE business_id = 3) AS of_transactions,
       (SELECT string_agg(DISTINCT canonical_id, ' ') FROM warehouse.dim_identities WHERE business_id = 3) AS of_identities;

\set VERBOSITY default
-- Ids of floating point are refused at once, with the cast to write; names of columns are shown as they are.
CREATE TABLE raw.spend (day date, "campaign_id" float8, cost text, U&"\FEFFaccount" text);
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''", "spend": "cost"}');
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "Days", "platform": "''google''", "spend": "COST", "campaign_id": "campaign_id::bigint"}');
CREATE TABLE raw.ids (U&"deal\200Bid" text, who text, at date);
SELECT analytics.register_source('contracts', 'raw.ids', '{"contract_id": "DealId", "client_id": "who", "signed_at": "at"}');
\set VERBOSITY terse
INSERT INTO raw.spend VALUES ('2025-03-03', 71, U&'1\00A0204,50 \20AC', 'A-1'), ('2025-03-03', 72, '(3,00)', 'A-1'), ('2025-03-03', 73, '--', 'A-1'),
    ('2025-03-03', 74, '1.5', 'A-1'), ('2025-03-03', 75, 'UAH 12', 'A-1');
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''", "spend": "cost", "account_id": "account",
    "campaign_id": "campaign_id::bigint"}', options => '{"number_format": "1 234,56"}') > 0 AS registered;
CALL analytics.refresh();
SELECT account_id, campaign_id, spend FROM warehouse.fact_campaign_performance_daily ORDER BY 2;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'ad_performance' ORDER BY 1;
SELECT f AS format, n AS written, analytics_internal.try_number(n, f) AS read
FROM unnest(ARRAY['1,234.56', '1.234,56', '1''234.56']) f, unnest(ARRAY['1,234.56', '1.234,56', '12.5 %', '1''000', '$-7', '1,23,456']) n;
SELECT analytics.register_source('ad_performance', 'raw.spend', options => '{"number_format": "1_000"}');
-- A minus as typesetters write it, before and behind a sign of a currency; digits of other scripts are refused, not dropped.
SELECT n AS written, analytics_internal.try_number(n, '1.234,56') AS read
FROM unnest(ARRAY[U&'\22125,00', U&'\20135,00', U&'\20AC \22125,00', U&'\2212\20AC5,00', U&'\FF0D5', U&'5,00 \2212', U&'\0665', U&'5\0665', U&'\FF15', U&'z\0142 5']) n;

-- The list is data: what else means nothing, in all sources or in one, and what is a name after all.
INSERT INTO warehouse.placeholder VALUES ('kein wert', 'key'), ('sans*', 'label'), ('n/a', NULL);
CREATE TABLE raw.call (no text, person text, at timestamptz, source text, campaign text, ad text, tally text);
INSERT INTO raw.call VALUES ('1', 'p1', '2025-04-01 10:00Z', 'Kein Wert', 'SANS source', 'Sans', NULL), ('2', 'p2', '2025-04-01 10:00Z', 'facebook', 'N/A', 'x*', 'x*'),
    ('3', 'x*', '2025-04-01 10:00Z', 'facebook', 'xy', 'kein wert', 'x*'), ('4', 'p4', '2025-04-01 10:00Z', 'facebook', 'X*', NULL, 'soon');
SELECT analytics.register_source('events', 'raw.call', '{"event_id": "no", "client_id": "person", "occurred_at": "at", "utm_source": "source",
    "utm_campaign": "campaign", "ad_id": "ad", "is_lead": "tally"}', options => '{"null_markers": ["x*"]}') > 0 AS registered;
CALL analytics.refresh();
SELECT e.event_id, e.utm_source, e.utm_campaign, e.ad_id, e.is_lead FROM warehouse.fact_events e JOIN analytics.source s USING (source_id)
WHERE s.relation = 'raw.call' ORDER BY 1;
SELECT r.reason FROM warehouse.rejected_rows r JOIN analytics.source s USING (source_id) WHERE s.relation = 'raw.call' ORDER BY 1;
SELECT analytics.register_source('events', 'raw.call', options => '{"null_markers": "x"}');
INSERT INTO warehouse.placeholder VALUES ('[a', 'key');
