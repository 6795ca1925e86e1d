-- Types of conversions, each with a model and a window of its own.

CREATE TYPE analytics.conversion_settings AS (
    conversion_type text, model text, lookback interval, view_lookback interval, cycle text, hosts text[], default_value numeric
);
COMMENT ON TYPE analytics.conversion_settings IS 'How a type of conversion is credited; see the function conversion_settings()';

CREATE FUNCTION analytics.conversion_settings(business_id bigint DEFAULT 1) RETURNS SETOF analytics.conversion_settings
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 5
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    marked text[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    marked := ARRAY(
        SELECT DISTINCT e.conversion_type
        FROM warehouse.fact_events e
        WHERE e.business_id = conversion_settings.business_id AND e.conversion_type IS NOT NULL);
    PERFORM 1 FROM warehouse.fact_transactions x WHERE x.business_id = conversion_settings.business_id LIMIT 1;
    IF FOUND THEN
        marked := marked || 'purchase'::text;
    END IF;
    RETURN QUERY
    SELECT t.name, COALESCE(c.model, 'last_paid'), COALESCE(c.lookback, s.lookback), c.view_lookback, COALESCE(c.cycle, 'shared'), c.hosts,
           COALESCE(c.default_value, 0)
    FROM (
        SELECT 'contract'
        UNION
        SELECT 'lead'
        UNION
        SELECT m FROM unnest(marked) m
        UNION
        SELECT c.conversion_type FROM warehouse.conversion_setting c WHERE c.business_id = conversion_settings.business_id
    ) t (name)
    CROSS JOIN analytics.settings(conversion_settings.business_id) s
    LEFT JOIN warehouse.conversion_setting c ON c.business_id = conversion_settings.business_id AND c.conversion_type = t.name
    ORDER BY array_position('{contract,lead,purchase}', t.name), t.name COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.conversion_settings(bigint) IS
'The types of conversions of a business, each with its model and window
contract, lead, purchase where there are transactions, and the types that events are marked with. lookback: that of the business unless
configure_conversion() says another.';

CREATE FUNCTION analytics.configure_conversion(
    conversion_type text, model text DEFAULT 'last_paid', lookback interval DEFAULT NULL, view_lookback interval DEFAULT NULL,
    cycle text DEFAULT 'shared', hosts text[] DEFAULT NULL, default_value numeric DEFAULT 0, business_id bigint DEFAULT 1)
    RETURNS analytics.conversion_settings
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    changed analytics.conversion_settings;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF business_id IS NULL OR conversion_type = '' IS NOT FALSE OR model IS NULL OR default_value IS NULL THEN
        RAISE EXCEPTION 'conversion_type, model, default_value and business_id must have a value'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'DELETE FROM warehouse.conversion_setting brings the defaults back.';
    END IF;
    -- What is wrong is an error now, not when it is used.
    PERFORM analytics_internal.path_rules(
                current_date, current_date, 'platform', business_id, lookback, cycle, true, '{}', NULL, 'count', 'none', NULL, NULL,
                view_lookback => view_lookback),
            analytics_internal.sharing_rules(ARRAY[model]);
    INSERT INTO warehouse.conversion_setting
    VALUES (business_id, conversion_type, model, lookback, view_lookback, cycle, hosts, default_value)
    ON CONFLICT ON CONSTRAINT conversion_setting_pkey DO UPDATE
        SET (model, lookback, view_lookback, cycle, hosts, default_value) =
            ROW (EXCLUDED.model, EXCLUDED.lookback, EXCLUDED.view_lookback, EXCLUDED.cycle, EXCLUDED.hosts, EXCLUDED.default_value);
    SELECT s.* INTO changed
    FROM analytics.conversion_settings(business_id) s
    WHERE s.conversion_type = configure_conversion.conversion_type;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION analytics.configure_conversion IS
'Gives a type of conversion its model and window
conversion_type: contract, lead, purchase, or a type that events are marked with. model, cycle: see attribution(). lookback, view_lookback:
NULL for the lookback of the business. hosts: those alone that happened on a page of these hosts; NULL for all. default_value: what a
lead, or an event that does not say, is worth. Replaces what was said of the type before.';

CREATE FUNCTION analytics.attribution_by_conversion(
    date_from date, date_to date, conversion_types text[] DEFAULT NULL, dimension text DEFAULT NULL, platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, basis text DEFAULT 'conversion', touches text DEFAULT 'all', granularity text DEFAULT NULL)
    RETURNS TABLE (conversion_type text, model text, key text, conversions double precision, revenue numeric, share_pct numeric,
                   spend numeric, cpa numeric, roas numeric, assisted bigint, supporting bigint, clients bigint, currency text,
                   period_start date, keys text[], lookback interval, view_lookback interval)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted bigint;
    setting analytics.conversion_settings;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    wanted := analytics_internal.planned_business(attribution_by_conversion.business_id);
    IF conversion_types IS NOT NULL THEN
        PERFORM analytics_internal.check_conversion_types(conversion_types, wanted);
    END IF;
    FOR setting IN
        SELECT s.*
        FROM analytics.conversion_settings(wanted) s
        WHERE conversion_types IS NULL OR s.conversion_type = ANY (conversion_types)
        ORDER BY array_position(conversion_types, s.conversion_type)
    LOOP
        RETURN QUERY
        SELECT setting.conversion_type, a.model, a.key, a.conversions, a.revenue, a.share_pct, a.spend, a.cpa, a.roas, a.assisted,
               a.supporting, a.clients, a.currency, a.period_start, a.keys, setting.lookback, setting.view_lookback
        FROM analytics.attribution(
            date_from, date_to, ARRAY[setting.model], dimension, setting.lookback, cycle => setting.cycle, platforms => platforms,
            business_id => wanted, basis => basis, touches => touches, granularity => granularity,
            view_lookback => setting.view_lookback, conversion_types => ARRAY[setting.conversion_type],
            conversion_hosts => setting.hosts) a;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics.attribution_by_conversion IS
'What earned the conversions of each type, each by its own model and window
conversion_types: NULL for all of conversion_settings(). business_id: NULL for the only one that has campaigns. All other arguments, and
the columns: see attribution(). lookback, view_lookback: the window of the type.';
