-- What all aggregates share: any of their states can be joined, sent and received, and none is taken for that of another aggregate.
\i test/fixture/reset.sql

-- Which aggregates a parallel plan may split?
SELECT p.proname, a.aggcombinefn::text LIKE '%state_combine' AND a.aggserialfn::text LIKE '%state_serialise' AND a.aggdeserialfn::text LIKE '%state_deserialise' AS shares
FROM pg_catalog.pg_aggregate a
JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
WHERE p.pronamespace IN ('analytics'::regnamespace, 'analytics_internal'::regnamespace)
ORDER BY 1;

-- What does a function of an aggregate do with the state of another? It refuses.
CREATE AGGREGATE mixed_final(analytics.journeys) (
    SFUNC = analytics_internal.journeys_union_transition,
    STYPE = internal,
    FINALFUNC = analytics_internal.purchases_final
);
SELECT mixed_final(j)
FROM (SELECT analytics.journeys(1, now(), 1, 'a'::text, true, 1) AS j) s;
SELECT mixed_final(NULL);
DROP AGGREGATE mixed_final(analytics.journeys);

-- The shared functions are no way in for bytes: no statement has a state to give them. Some minor versions do not find such functions, others
-- refuse the value.
CREATE PROCEDURE refuse_bytes(call text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT analytics_internal.' || call;
    RAISE EXCEPTION '% was called', call;
EXCEPTION WHEN undefined_function OR feature_not_supported THEN
    NULL;
END
$$;
CALL refuse_bytes($$state_deserialise('\x00', NULL)$$);
CALL refuse_bytes('state_combine(NULL, NULL)');
CALL refuse_bytes($$state_serialise('\x00')$$);
DROP PROCEDURE refuse_bytes;
