// The summary of purchases by DuckDB, 2 threads, in memory. Usage: node duckdb.mjs purchases.csv query.sql rounds; prints milliseconds.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(process.cwd() + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
const [csv, query, rounds] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
await connection.run(`CREATE TABLE purchase AS SELECT * FROM read_csv('${csv}', header = false, columns = {'customer': 'INTEGER', 'day': 'DATE', 'amount': 'DOUBLE'})`);
// DuckDB has a faster word for the first amount.
const sql = readFileSync(query, 'utf8').replace('(array_agg(amount ORDER BY day))[1]', 'arg_min(amount, day)');
for (let i = 0; i <= Number(rounds); ++i) {
    const began = performance.now();
    const answer = (await connection.runAndReadAll(sql)).getRows()[0].map(Number).join('|');
    if (i === 0) {
        console.error(`DuckDB's answer: ${answer}`);
    } else {
        console.log(performance.now() - began);
    }
}
