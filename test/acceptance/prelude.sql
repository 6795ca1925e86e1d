-- Common start of the acceptance tests: run with psql -v data_dir=... in an empty database; the first failed check ends the script.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
\o /dev/null
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE FUNCTION pg_temp.same(what text, observed anyelement, expected anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF observed IS DISTINCT FROM expected THEN
        RAISE EXCEPTION '%: found %, expected %', what, observed, expected;
    END IF;
    RAISE INFO 'ok: % = %', what, observed;
END
$$;
CREATE FUNCTION pg_temp.close(what text, observed double precision, expected double precision, tolerance double precision) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF observed IS NULL OR expected IS NULL OR abs(observed - expected) > tolerance * greatest(1, abs(expected)) THEN
        RAISE EXCEPTION '%: found %, expected % within %', what, observed, expected, tolerance;
    END IF;
END
$$;
