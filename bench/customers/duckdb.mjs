// The same questions to DuckDB, two threads, in memory: prints one line per question, name and median milliseconds.
import { DuckDBInstance } from '@duckdb/node-api';

const [file, rounds] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
await connection.run(`CREATE TABLE bought AS SELECT * FROM read_csv('${file}', header = true, columns = {'customer': 'INTEGER', 'day': 'DATE', 'amount': 'DOUBLE'})`);
const questions = {
    rfm: `CREATE OR REPLACE TEMP TABLE answer AS
          SELECT customer, ntile(5) OVER (ORDER BY last, customer) AS r, ntile(5) OVER (ORDER BY n, customer) AS f, ntile(5) OVER (ORDER BY total, customer) AS m
          FROM (SELECT customer, max(day) AS last, count(*) AS n, sum(amount) AS total FROM bought GROUP BY customer)`,
    cohort: `CREATE OR REPLACE TEMP TABLE answer AS
          WITH first AS (SELECT customer, date_trunc('month', min(day)) AS cohort FROM bought GROUP BY customer)
          SELECT cohort, datediff('month', cohort, day) AS k, count(DISTINCT customer) AS customers, count(*) AS orders, sum(amount) AS revenue
          FROM bought JOIN first USING (customer) GROUP BY 1, 2`,
};
for (const [name, sql] of Object.entries(questions)) {
    const times = [];
    for (let round = 0; round <= Number(rounds); ++round) {
        const start = performance.now();
        await connection.run(sql);
        if (round > 0) {
            times.push(performance.now() - start);
        }
    }
    times.sort((a, b) => a - b);
    console.log(`${name} ${times[Math.floor(times.length / 2)]}`);
}
