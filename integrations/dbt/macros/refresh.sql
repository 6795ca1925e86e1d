{# dbt run-operation marketing_refresh --args '{mode: incremental}': reads the registered sources and makes the rollups, in one transaction. #}
{% macro marketing_refresh(mode='incremental', business_id=none) %}
    {% set call %}
        CALL analytics.refresh({{ dbt.string_literal(mode) }}, business_id => {{ business_id if business_id is not none else 'NULL' }})
    {% endset %}
    {% do run_query(call) %}
    {% do run_query('COMMIT') %}
{% endmacro %}
