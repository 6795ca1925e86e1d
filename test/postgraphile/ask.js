// Serves a schema by PostGraphile as it comes from npm, asks it over HTTP, and prints the answers as JSON.
// Usage: node ask.js <connection string> <schema>: analytics, or one that analytics.publish() filled; reads {"name": "GraphQL query", ...} from standard input.
const http = require('http');
const { postgraphile } = require('postgraphile');
const { makePgSmartTagsPlugin } = require('graphile-utils');

// Its types have the singular of a function's name, and there are cohort() and cohorts(), customer_value() and customer_values().
const names = makePgSmartTagsPlugin(
    ['cohort', 'customer_value'].map((name) => ({ kind: 'procedure', match: `analytics.${name}`, tags: { name: `${name}_rows` } })),
);

async function ask(port, query) {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
    });
    return response.json();
}

async function main() {
    const queries = JSON.parse(require('fs').readFileSync(0, 'utf8'));
    const [, , connection, schema] = process.argv;
    const options = { disableQueryLog: true, ignoreRBAC: false };
    if (schema === 'analytics') {
        // PostGraphile leaves out what belongs to an extension, unless it is told to.
        Object.assign(options, { includeExtensionResources: true, appendPlugins: [names] });
    }
    const server = http.createServer(postgraphile(connection, schema, options));
    // Port 0: whichever is free.
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answers = {};
    for (const [name, query] of Object.entries(queries)) {
        answers[name] = await ask(server.address().port, query);
    }
    // All of it is written before the end: it is more than a pipe holds.
    process.stdout.write(JSON.stringify(answers), () => process.exit(0));
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
