// The same questions to DuckDB: node duckdb.mjs <csv> <rounds> <query file>...; prints "<name> <milliseconds>" for each query and round but
// the first. The rows are loaded into a table before, sorted by time as the server has them.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';

const { DuckDBInstance } = createRequire(process.cwd() + '/')('@duckdb/node-api');
const [csv, rounds, ...files] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
await connection.run(`CREATE TABLE source AS SELECT * FROM read_csv('${csv}', header = false, columns = {client: 'BIGINT',
    occurred_at: 'TIMESTAMPTZ', touch_id: 'BIGINT', key: 'INTEGER', is_paid: 'BOOLEAN', value: 'DOUBLE'})`);
for (let round = 0; round <= Number(rounds); ++round) {
    for (const file of files) {
        const began = performance.now();
        await connection.runAndReadAll(readFileSync(file, 'utf8'));
        if (round > 0) {
            console.log(basename(file, '.sql'), (performance.now() - began).toFixed(1));
        }
    }
}
