-- Classification of touches, and what a URL says about them.

-- Networks that the lists of hosts know by their servers of ads or as assistants.
INSERT INTO analytics_internal.platform (platform, family, category, ad_network)
SELECT DISTINCT h.platform, h.platform, NULLIF(h.category, 'AD'), h.category = 'AD'
FROM analytics_internal.source_host h
WHERE h.category IN ('AI', 'AD')
ON CONFLICT DO NOTHING;

CREATE FUNCTION analytics_internal.ruleset_record(kind text, VARIADIC fields text[]) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_ruleset_record';
COMMENT ON FUNCTION analytics_internal.ruleset_record(text, text[]) IS
'One record of a packed ruleset; a part of analytics.channel_ruleset()';

CREATE FUNCTION analytics_internal.packed_rules(records bytea, n bigint) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(b.body) || b.body
    FROM (
        SELECT E'pg_marketing rules 1\\012'::bytea || COALESCE(records, '') || analytics_internal.ruleset_record('e', n::text) AS body
    ) b
$$;
COMMENT ON FUNCTION analytics_internal.packed_rules(bytea, bigint) IS 'Records of rules as one value, a digest of them before it';

CREATE FUNCTION analytics_internal.placeholder_rules(markers jsonb DEFAULT '[]') RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.packed_rules(string_agg(r.record, ''::bytea ORDER BY r.builtin, r.record), count(*))
    FROM (
        SELECT p.builtin, analytics_internal.ruleset_record('n', p.pattern, p.kind) AS record
        FROM analytics.placeholder p
        UNION ALL
        SELECT false, analytics_internal.ruleset_record('n', regexp_replace(m, E'[][*?|\\\\]', E'\\\\\\&', 'g'), 'key')
        FROM jsonb_array_elements_text(markers) m
    ) r
$$;
COMMENT ON FUNCTION analytics_internal.placeholder_rules(jsonb) IS
'The placeholders that hold, for analytics_internal.cleaned()
markers: what means nothing in one source, beside them.';

CREATE FUNCTION analytics_internal.cleaned(value text, purpose text, rules bytea DEFAULT NULL) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_cleaned';
COMMENT ON FUNCTION analytics_internal.cleaned(text, text, bytea) IS
'The one spelling of an id, a name or a tag; NULL where it says nothing
purpose: key, label, tag (a label of a URL, whose escapes are decoded), decoded (such a label, decoded already) or text, which is only
trimmed. rules: what says nothing, (SELECT analytics_internal.placeholder_rules()); NULL: nothing but blanks.';

CREATE FUNCTION analytics.channel_ruleset() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT analytics_internal.packed_rules(string_agg(r.record, ''::bytea ORDER BY r.builtin, r.record), count(*))
    FROM (
        -- A platform that was merely seen decides nothing, so that rules, and with them history, do not change as data arrive.
        SELECT t.builtin, analytics_internal.ruleset_record('p', t.platform, t.family, t.category) AS record
        FROM analytics.platform t
        WHERE t.family IS NOT NULL OR t.category IS NOT NULL
           OR t.platform = ANY (SELECT b.platform FROM analytics_internal.platform b)
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('c', t.source, t.category) FROM analytics.source_category t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('h', t.host, t.platform, t.category) FROM analytics.source_host t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('a', t.alias, t.platform, t.implies_paid::text)
        FROM analytics.source_alias t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('k', t.parameter, t.platform, t.channel, t.is_paid::text)
        FROM analytics.click_id t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('g', t."position"::text, t.channel, t.source, t.medium, t.campaign,
                                                   t.category, t.builtin::text)
        FROM analytics.channel_group_rule t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('r', t.priority::text, t.builtin::text, t.source_type,
                                                   t.source, t.medium, t.campaign, t.referrer_host, t.click_id, t.platform,
                                                   t.channel, t.is_paid::text)
        FROM analytics.channel_rule t
        UNION ALL
        SELECT t.builtin, analytics_internal.ruleset_record('n', t.pattern, t.kind) FROM analytics.placeholder t
    ) r
    $$;
COMMENT ON FUNCTION analytics.channel_ruleset() IS
'All rules of classification in one value, for bulk classification

Takes a few milliseconds; pass it to the functions below as (SELECT analytics.channel_ruleset()), so that it is computed once per
query. The value starts with a digest of its content and holds user rows before built-in ones.';

CREATE FUNCTION analytics.channel_ruleset_version(ruleset bytea DEFAULT analytics.channel_ruleset()) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT pg_catalog.textcat('ga4-2026-05:', pg_catalog.encode(pg_catalog.substr(ruleset, 1, 8), 'hex')) $$;
COMMENT ON FUNCTION analytics.channel_ruleset_version(bytea) IS
'Version of the rules: it changes when a rule that can decide changes

Keep it with classified rows to see which were classified by other rules.';

CREATE TYPE analytics.touch_class AS (platform text, channel text, is_paid boolean, rule text);
COMMENT ON TYPE analytics.touch_class IS 'Where a touch came from, and which rule says so';
COMMENT ON COLUMN analytics.touch_class.platform IS 'Canonical platform; direct, referral, event or unknown where there is none';
COMMENT ON COLUMN analytics.touch_class.channel IS 'Channel by the names of GA4 (Paid Search ... Unassigned)';
COMMENT ON COLUMN analytics.touch_class.is_paid IS 'Whether the touch was paid for';
COMMENT ON COLUMN analytics.touch_class.rule IS 'The rule that decided: user:7, click_id:gclid, ga4:Paid Search ...';

CREATE FUNCTION analytics.classify_touch(
    ruleset         bytea,
    source_type     text   DEFAULT NULL,
    utm_source      text   DEFAULT NULL,
    utm_medium      text   DEFAULT NULL,
    utm_campaign    text   DEFAULT NULL,
    referrer_host   text   DEFAULT NULL,
    click_id_names  text[] DEFAULT NULL,
    landing_page    text   DEFAULT NULL
) RETURNS analytics.touch_class
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'marketing_classify_touch';
COMMENT ON FUNCTION analytics.classify_touch(bytea, text, text, text, text, text, text[], text) IS
'Platform, channel and payment of a touch, with the rule that decided

ruleset: (SELECT analytics.channel_ruleset()). referrer_host may be a whole URL. click_id_names: see analytics.click_ids(); names
that no rule knows are ignored. landing_page: host or URL of the page that was met; who comes from its own host,
from one below it, or from a page of payment comes from nowhere: rule own_site or payment, where nothing else is said. For the columns of
the result use a subquery with OFFSET 0 or LATERAL: (f(x)).* would run f four times.';

CREATE FUNCTION analytics.channel_group(
    source   text,
    medium   text  DEFAULT NULL,
    campaign text  DEFAULT NULL,
    ruleset  bytea DEFAULT analytics.channel_ruleset()
) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'marketing_channel_group';
COMMENT ON FUNCTION analytics.channel_group(text, text, text, bytea) IS
'Default channel group of GA4: Paid Search, Organic Social ... Unassigned

Knows the source''s category, the medium and the campaign''s name, nothing else. For many rows pass
ruleset => (SELECT analytics.channel_ruleset()), else the rules are packed for each row.';

CREATE FUNCTION analytics.platform_name(name text, ruleset bytea DEFAULT analytics.channel_ruleset()) RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'marketing_platform_name';
COMMENT ON FUNCTION analytics.platform_name(text, bytea) IS
'Canonical name of a platform: facebook for facebook_ads, FB or m.facebook.com

Lower case, blanks and hyphens as _, aliases and hosts replaced, at most 128 bytes; NULL for a missing name. For many rows pass
ruleset => (SELECT analytics.channel_ruleset()), else the rules are packed for each row.';

CREATE FUNCTION analytics_internal.fold_case(value text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_fold_case';
COMMENT ON FUNCTION analytics_internal.fold_case(text) IS
'Lower case by a fixed table of Latin, Greek and Cyrillic letters, by no locale
For names of campaigns and hashtags: what is the same name must not depend on the database. Keywords are folded by lower(x COLLATE "C").';

CREATE FUNCTION analytics.url_parameters(url text) RETURNS TABLE (name text, value text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'marketing_url_parameters';
COMMENT ON FUNCTION analytics.url_parameters(text) IS
'Parameters of a URL or query string, decoded, each name once

Names are in lower case, values as they are written; of a repeated name the first holds. + is a blank; escapes that are no
character stay as they are; what follows # is ignored.';

CREATE FUNCTION analytics.url_parameter(url text, name text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_url_parameter';
COMMENT ON FUNCTION analytics.url_parameter(text, text) IS
'Value of one parameter of a URL, decoded; NULL where it has none';

CREATE FUNCTION analytics_internal.first_id(url text, names text[], rules bytea) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_first_id';
COMMENT ON FUNCTION analytics_internal.first_id(text, text[], bytea) IS
'The id that a URL gives under the first of some parameters that has one
In the spelling of keys; placeholders that a network did not fill in ({campaignid}, __CAMPAIGN_ID__) are no ids. rules: of
placeholder_rules().';

CREATE FUNCTION analytics.url_page(url text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_url_page';
COMMENT ON FUNCTION analytics.url_page(text) IS
    'The page of a URL: host and path, without query and fragment
The host as url_host() gives it, the path as it is written but for a / at its end: example.com/prices, example.com/. Of a path alone, that.
NULL where there is neither.';

CREATE FUNCTION analytics.url_host(url text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_url_host';
COMMENT ON FUNCTION analytics.url_host(text) IS
'Host of a URL in lower case, without user, port, www. and final dot

A URL without a scheme needs a dot in its host (example.com/x). NULL where there is no host.';

CREATE FUNCTION analytics.click_ids(url text, also text[] DEFAULT '{}') RETURNS text[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_click_ids';
COMMENT ON FUNCTION analytics.click_ids(text, text[]) IS
'Names of the click ids in a URL: gclid, fbclid ...

Those that the release knows, those that end as click ids do (clid, click_id), and those in also; only where they have a value.';
