// Serves a schema that analytics.publish() filled by PostGraphile as it comes from npm, asks it over HTTP, and prints the answers as JSON.
// Usage: node ask.mjs <connection string> <schema>; reads {"name": "GraphQL query", ...} from standard input.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { GraphQLError } from 'postgraphile/graphql';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const [, , connectionString, schema] = process.argv;
const served = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString, schemas: [schema], pubsub: false })],
    // It keeps the messages of the database to itself, unless it is told not to.
    grafserv: { graphqlPath: '/graphql', watch: false, maskError: (error) => new GraphQLError(error.originalError?.message ?? error.message) },
    grafast: { explain: false },
});
const server = createServer();
await served.createServ(grafserv).addTo(server);
// Port 0: whichever is free.
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const answers = {};
for (const [name, query] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query }),
    });
    answers[name] = await response.json();
}
// All of it is written before the end: it is more than a pipe holds.
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
