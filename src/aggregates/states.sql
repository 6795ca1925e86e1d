-- What the aggregates of the extension have in common: any of their states knows how to join another, to be sent and to be received.

CREATE FUNCTION analytics_internal.state_combine(internal, internal) RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_state_combine';
CREATE FUNCTION analytics_internal.state_serialise(internal) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_state_serialise';
CREATE FUNCTION analytics_internal.state_deserialise(bytea, internal) RETURNS internal
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_state_deserialise';

COMMENT ON FUNCTION analytics_internal.state_combine(internal, internal) IS 'Joins two states of an aggregate.';
COMMENT ON FUNCTION analytics_internal.state_serialise(internal) IS 'Sends the state of an aggregate.';
COMMENT ON FUNCTION analytics_internal.state_deserialise(bytea, internal) IS 'Receives the state of an aggregate.';
