-- Audiences: customers as ad platforms match them, by hashes of their e-mail addresses and telephone numbers.

CREATE FUNCTION analytics_internal.matched_email(email text, format text, OUT address text, OUT problem text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Named, since what else is a blank depends on the locale.
    blank constant text := E' \\t\\n\\v\\f\\r\\u0085\\u00a0\\u2007\\u200b\\u202f\\u2060\\u3000\\ufeff';
    part constant text := '[^@,;:<>()"' || blank || ']+';
BEGIN
    address := analytics_internal.fold_case(regexp_replace(email,
        CASE format WHEN 'google' THEN format('[%s]', blank) ELSE format('^[%1$s]+|[%1$s]+$', blank) END, '', 'g'));
    IF COALESCE(address, '') = '' THEN
        address := NULL;
        problem := 'missing';
        RETURN;
    END IF;
    -- Gmail delivers to one person whatever dots and tag are written.
    IF format = 'google' AND address ~ '@(gmail|googlemail)[.]com$' THEN
        address := replace(regexp_replace(split_part(address, '@', 1), '[+].*', ''), '.', '')
            || substr(address, strpos(address, '@'));
    END IF;
    IF address !~ format('^%1$s@%1$s[.]%1$s$', part) OR address ~ '@.*([.][.]|[.]$)|@[.]' THEN
        address := NULL;
        problem := 'malformed';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.matched_email(text, text) IS
'An e-mail address in the spelling that a platform hashes, or why there is none
format: meta, which trims and folds case; google, which also takes out blanks and, before gmail.com and googlemail.com, dots and tags.';

CREATE FUNCTION analytics_internal.international_phone(phone text, country_code text, OUT number text, OUT problem text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Countries whose numbers may begin with 0, abroad, too.
    keeps_zero constant text := '^(39|225|229|242|378)';
    -- What comes before a number called within its own country, and is no part of it.
    trunk constant text := CASE
        WHEN country_code = '1' THEN '^1(?=[2-9])'
        WHEN country_code = '7' THEN '^8(?=[0-9]{10}$)'
        WHEN country_code = '36' THEN '^06'
        WHEN country_code = '370' THEN '^[08](?=[0-9]{8}$)'
        WHEN country_code = '375' THEN '^8?0(?=[0-9]{9}$)'
        WHEN country_code ~ keeps_zero THEN '^$'
        ELSE '^0' END;
    -- With fewer digits behind it, the calling code at the beginning is that of a number within the country.
    least_digits constant int := CASE
        WHEN country_code IN ('1', '7', '52', '54', '55', '57', '63', '90', '91', '92', '98') THEN 10
        WHEN country_code = '39' THEN 9
        ELSE 8 END;
    calling_codes constant text :=
        '(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-69]|3[578]|42|50|59|6[789]|8[0578]|9[679])[0-9])';
    digits text := regexp_replace(lower(phone COLLATE "C"), E'^ *tel: *|(;ext=|ext[.]?|x|#) *[0-9]{1,6} *$', '', 'g');
BEGIN
    digits := regexp_replace(digits,
        E'[ \\t\\n\\v\\f\\r\\u0085\\u00a0\\u2007\\u200b\\u202f\\u2060\\u3000\\ufeff\\u2010-\\u2015\\u2212()./-]', '', 'g');
    IF COALESCE(digits, '') = '' THEN
        problem := 'missing';
        RETURN;
    END IF;
    IF digits ~ '^([+]|00)[1-9]' THEN
        digits := regexp_replace(digits, '^([+]|00)', '');
    ELSIF digits !~ '^[0-9]+$' THEN
        problem := 'malformed';
        RETURN;
    ELSIF country_code = '1' AND digits ~ '^011[2-9]' THEN
        digits := substr(digits, 4);
    ELSIF country_code IS NULL THEN
        problem := 'no country code';
        RETURN;
    ELSIF digits ~ trunk OR digits !~ ('^' || country_code) OR length(digits) < length(country_code) + least_digits THEN
        digits := country_code || regexp_replace(digits, trunk, '');
    END IF;
    -- As in +44 (0)20 ...
    IF digits !~ keeps_zero THEN
        digits := regexp_replace(digits, '^' || calling_codes || '0', E'\\1');
    END IF;
    IF digits ~ format('^(1[2-9][0-9]{9}|7[0-9]{10}|%s[0-9]{5,12})$', calling_codes) AND length(digits) <= 15 THEN
        number := '+' || digits;
    ELSE
        problem := 'malformed';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.international_phone(text, text) IS
'A telephone number as E.164 spells it, or why it is none
country_code: calling code of numbers that are written as within a country, whose trunk prefix (mostly 0) is left out. A number of digits
alone that begins with that code, and is long enough for it, has it already. Extensions are left out.';

CREATE FUNCTION analytics_internal.segment_members(segment text, scheme text, as_of date, business_id bigint)
    RETURNS TABLE (business bigint, client_key bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    known constant text[] := array_agg(DISTINCT s.segment COLLATE "C" ORDER BY s.segment COLLATE "C")
        FROM analytics_internal.wanted_segments(CASE WHEN segment_members.segment IS NOT NULL THEN segment_members.scheme END, 5) s;
BEGIN
    IF segment_members.segment IS NULL THEN
        RETURN;
    END IF;
    PERFORM analytics_internal.check_choice('segment', segment_members.segment, COALESCE(known, '{}'));
    RETURN QUERY
    SELECT c.business, c.client_key
    FROM analytics_internal.scored_customers(segment_members.as_of, segment_members.scheme,
        business_id => segment_members.business_id) c
    WHERE c.segment = segment_members.segment;
END
$$;
COMMENT ON FUNCTION analytics_internal.segment_members(text, text, date, bigint) IS
'The customers of a segment of customer_rfm(); nobody where none is asked for';

CREATE FUNCTION analytics.audience(
    segment text, format text, clients bigint[] DEFAULT NULL, country_code text DEFAULT NULL, as_of date DEFAULT NULL,
    scheme text DEFAULT 'dashboard', business_id bigint DEFAULT NULL)
    RETURNS TABLE (client_key bigint, hashed_email text, hashed_phone text, email_problem text, phone_problem text, business bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    calling_code constant text := ltrim(audience.country_code, '+');
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed,
        analytics_internal.check_choice('format', audience.format, '{meta,google}');
    IF audience.segment IS NULL AND audience.clients IS NULL THEN
        RAISE EXCEPTION 'segment or clients must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A condition is a query: clients => ARRAY(SELECT client_key FROM analytics.customer_value() WHERE p_alive < 0.5).';
    ELSIF audience.scheme IS NULL THEN
        RAISE EXCEPTION 'scheme must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF calling_code !~ '^[1-9][0-9]{0,2}$' THEN
        RAISE EXCEPTION 'country_code must be a calling code of one to three digits' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Such as 380 for Ukraine, or 1 for the United States.';
    END IF;
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT DISTINCT a.client_key
        FROM unnest(audience.clients) a (client_key)
        WHERE a.client_key IS NOT NULL
    ), wanted AS MATERIALIZED (
        SELECT m.client_key, m.business
        FROM analytics_internal.segment_members(audience.segment, audience.scheme, audience.as_of, audience.business_id) m
        WHERE audience.clients IS NULL OR m.client_key IN (SELECT a.client_key FROM asked a)
        UNION ALL
        SELECT a.client_key, audience.business_id
        FROM asked a
        WHERE audience.segment IS NULL
    )
    SELECT w.client_key, encode(sha256(convert_to(e.address, 'UTF8')), 'hex'),
           encode(sha256(convert_to(CASE audience.format WHEN 'meta' THEN substr(p.number, 2) ELSE p.number END, 'UTF8')), 'hex'),
           CASE WHEN d.client_key IS NULL THEN 'no such client' ELSE e.problem END,
           CASE WHEN d.client_key IS NULL THEN 'no such client' ELSE p.problem END, d.business_id
    FROM wanted w
    LEFT JOIN warehouse.dim_clients d ON d.client_key = w.client_key AND d.business_id = COALESCE(w.business, d.business_id)
    LEFT JOIN warehouse.settings s ON s.business_id = d.business_id
    CROSS JOIN LATERAL analytics_internal.matched_email(d.email, audience.format) e
    CROSS JOIN LATERAL analytics_internal.international_phone(d.mobile, COALESCE(calling_code, s.country_code)) p
    ORDER BY d.business_id, w.client_key;
END
$$;
COMMENT ON FUNCTION analytics.audience(text, text, bigint[], text, date, text, bigint) IS
'Customers as Meta and Google match them: SHA-256 of e-mail and telephone
segment: one of customer_rfm(), as of as_of (NULL: the latest purchase), by scheme; NULL: clients alone. clients: any, by client_key, so
that a query is a condition; with a segment, those of them who are in it. format: meta or google. Both hash lower-case e-mail addresses
without blanks around them, google those of gmail.com and googlemail.com without dots and +tag; telephone numbers are E.164, for meta
without +. country_code: calling code of numbers that are written without one; NULL for the setting of the business. One row per customer,
also of those who have nothing to match by: email_problem and phone_problem say why (missing, malformed, no country code, no such client).
Needs a reader: an analyst sees no personal data (42501).';
