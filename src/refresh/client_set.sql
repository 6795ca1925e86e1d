-- Sets of clients, as rollups keep them: distinct clients of any days, platforms and campaigns are counted without a touch being read.

CREATE FUNCTION analytics_internal.client_set(clients bigint[]) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_client_set';
COMMENT ON FUNCTION analytics_internal.client_set(bigint[]) IS
'A set of clients as one value, for count_clients() and union_clients()
clients: their keys, in any order; one that comes twice counts once.';

CREATE FUNCTION analytics_internal.is_client_in(clients bytea, client_key bigint) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_is_client_in';
COMMENT ON FUNCTION analytics_internal.is_client_in(bytea, bigint) IS
'Whether a client is one of a set
clients: a set that client_set() or union_clients() made. It is read once where it is a constant, and else for each row.';

CREATE FUNCTION analytics_internal.client_union_transition(internal, bytea) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_client_union_transition';
CREATE FUNCTION analytics_internal.count_clients_final(internal) RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_count_clients_final';
CREATE FUNCTION analytics_internal.union_clients_final(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_union_clients_final';

CREATE AGGREGATE analytics_internal.count_clients(clients bytea) (
    SFUNC = analytics_internal.client_union_transition,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = analytics_internal.count_clients_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
CREATE AGGREGATE analytics_internal.union_clients(clients bytea) (
    SFUNC = analytics_internal.client_union_transition,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = analytics_internal.union_clients_final,
    COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise,
    DESERIALFUNC = analytics_internal.state_deserialise,
    PARALLEL = SAFE
);
COMMENT ON FUNCTION analytics_internal.client_union_transition(internal, bytea) IS
'Part of the aggregates count_clients and union_clients: adds a set.';
COMMENT ON FUNCTION analytics_internal.count_clients_final(internal) IS 'Part of the aggregate count_clients: its value.';
COMMENT ON FUNCTION analytics_internal.union_clients_final(internal) IS 'Part of the aggregate union_clients: its value.';
COMMENT ON AGGREGATE analytics_internal.count_clients(bytea) IS
'How many clients sets of them have together, each counted once
clients: sets that client_set() or union_clients() made; NULL adds nothing. 0 for none.';
COMMENT ON AGGREGATE analytics_internal.union_clients(bytea) IS 'All clients of sets of them as one set';
