-- The extension, of which install() makes partitions at once.
CREATE EXTENSION pg_marketing;
ALTER FUNCTION analytics.install(boolean) RENAME TO install_plain;
CREATE FUNCTION analytics.install(row_security boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    done constant text := analytics.install_plain(row_security);
BEGIN
    IF done = 'installed' THEN
        PERFORM analytics.partition_facts(4);
    END IF;
    RETURN done;
END
$$;
