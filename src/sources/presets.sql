-- Presets: mappings for tables that connectors write. The bundled ones follow, one file for each connector.

CREATE TABLE analytics_internal.source_preset (
    preset text NOT NULL,
    entity text NOT NULL,
    columns jsonb NOT NULL,
    options jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (preset, entity)
);
COMMENT ON TABLE analytics_internal.source_preset IS
'Column mappings for the raw tables that connectors write
columns: canonical name to a column, an expression, or a list of them of which the first that the relation has is taken. options:
likewise for filter and version; the columns that sum names are regular expressions.';

CREATE VIEW analytics.source_preset WITH (security_invoker = true) AS
    SELECT u.*, false AS builtin
    FROM jsonb_populate_recordset(NULL::analytics_internal.source_preset, analytics_internal.user_rows('source_preset')) u
    UNION ALL
    SELECT b.*, true
    FROM analytics_internal.source_preset b;
