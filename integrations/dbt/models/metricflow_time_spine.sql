{{ config(materialized='table') }}
SELECT day::date AS date_day FROM generate_series(date '2015-01-01', date '2040-12-31', interval '1 day') day
