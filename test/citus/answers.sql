-- Prints a script for psql that writes the answers of a database into files: of each question of test/fixture/readers.sql, and the rows of
-- each table of the warehouse, without what differs from run to run.
SELECT format(E'\\o %s-%s.txt\n%s;', q.reader, q.variant, readers.statement(q.reader, q.names, q.literals))
FROM readers.questions() q
-- Of runs.
WHERE q.reader NOT IN ('refresh_status', 'refresh_progress', 'summary');
SELECT format(E'\\o table-%s.txt\nSELECT %s FROM warehouse.%I t WHERE %s ORDER BY %s;', c.relname, string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum),
    c.relname, CASE c.relname WHEN 'quality_history' THEN 't.check_name <> ''freshness''' ELSE 'true' END,
    string_agg(format('t.%I::text COLLATE "C"', a.attname), ', ' ORDER BY a.attnum))
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('refresh_run', 'refresh_step', 'refresh_request', 'refresh_state')
  AND (c.relname ~ '^(dim|fact)_' OR a.atttypid <> 'timestamptz'::regtype) AND a.attname NOT IN ('definition', 'run_id', 'content')
GROUP BY c.relname;
