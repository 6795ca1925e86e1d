// The service against what docs/migration.md says: paths, names and order of fields, types, errors; and each answer against the SQL of that page.
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { ok, same, start, asOwner, main, sign, secret, service } = require('./tests');
const { routes, otherNames } = require(path.join(service, 'routes.js'));

const page = fs.readFileSync(path.join(__dirname, '../../docs/migration.md'), 'utf8');
const token = sign([1], secret);
const withToken = (value) => ({ headers: { authorization: `Bearer ${value}` } });

let running;
const ask = (question, options = withToken(token)) => fetch(running.address + question, options);
const json = async (question, options) => (await ask(question, options)).json();

// What the examples of the page ask for.
const given = {
    date_from: '2025-10-01',
    date_to: '2025-10-31',
    start_date: '2025-10-01',
    end_date: '2025-10-31',
    platforms: 'meta,google',
    platform: 'google',
    row_limit: '7',
    min_leads: '2',
    baseline_days: '20',
    days: '30',
    business_id: '1',
    as_of: '2025-10-31',
};
const literal = (name) => (name === 'platforms' ? `'{${given[name]}}'` : `'${given[name]}'`);

// | `GET /path` | `analytics.call(arguments)` | fields |
const documented = [...page.matchAll(/^\| `GET (\S+)` \| `analytics\.(\w+)\((.*?)\)` \| (.*) \|$/gm)].map(([, where, name, list, fields]) => ({
    path: where,
    name,
    arguments: list.split(', ').filter(Boolean),
    fields: fields.split(', ').filter((field) => /^\w+$/.test(field)),
}));

function questionOf(route, names) {
    const query = new URLSearchParams();
    for (const name of names) {
        const parameter = name === 'row_limit' ? 'limit' : name;
        if (route.names.includes(parameter) && !route.inPath.includes(parameter)) query.set(parameter, given[name]);
    }
    return `${route.path.replace(/\{(\w+)\}/g, (_, name) => given[name])}?${query}`;
}

async function documentedPaths(client) {
    ok(documented.length >= 25, 'the page has the documented paths', documented.length);
    const known = new Map(routes.map((route) => [route.path, route]));
    for (const entry of documented) {
        const route = known.get(entry.path);
        ok(route, `${entry.path} is a route`);
        if (!route) continue;
        const names = entry.arguments
            .map((text) => text.split(' => '))
            .map(([name, value]) => value ?? name)
            .filter((name) => given[name] && route.names.includes(name === 'row_limit' ? 'limit' : name));
        const call = entry.arguments
            .filter((text) => /=> false$/.test(text) || names.includes(text.split(' => ').pop()))
            .map((text) => (/=> false$/.test(text) ? text : `${text.split(' => ')[0]} => ${literal(text.split(' => ').pop())}`));
        const answer = await json(questionOf(route, names));
        const { rows } = await client.query(`SELECT json_agg(r)::text AS body FROM analytics.${entry.name}(${call.join(', ')}) r`);
        const expected = JSON.parse(rows[0].body);
        same(answer, route.kind === 'row' ? expected[0] : expected, `${entry.path} is the answer of SQL`);
        const found = Object.keys((route.kind === 'row' ? answer : answer[0]) ?? {});
        const places = entry.fields.map((field) => found.indexOf(field));
        ok(
            places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1])),
            `${entry.path} has the documented fields in their order`,
            entry.fields,
            found,
        );
    }
}

async function otherPaths() {
    const period = (names) =>
        names.includes('start_date')
            ? '?start_date=2025-10-01&end_date=2025-10-31'
            : names.includes('date_from')
              ? '?date_from=2025-10-01&date_to=2025-10-31'
              : '';
    const told = page.match(/^Other paths.*?\n\n/ms)?.[0] ?? '';
    for (const [first, others] of Object.entries(otherNames)) {
        for (const other of others) {
            ok(told.includes(`\`${other}\``), `the page tells of ${other}`);
            const query = period(routes.find((route) => route.path === first).names);
            const answers = await Promise.all([first, other].map((each) => json(each.replace('{platform}', 'google') + query)));
            same(answers[1], answers[0], `${other} is ${first}`);
        }
    }
    const paths = ['/sales/share-platforms', '/sales/v5/share/platforms'];
    const [plain, versioned] = await Promise.all(paths.map((each) => json(`${each}?date_from=2025-10-01&date_to=2025-10-31`)));
    same(versioned, plain, 'a version in a path makes no difference');
    same((await ask('/sales/v5')).status, 404, 'but is no path');
}

// The blocks of SQL and JSON of the page stand line by line beside each other.
async function documentedTypes() {
    const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
    for (const [, sql, text] of page.matchAll(/```sql\n([^`]*?)```\n\n```json\n([^`]*?)```/g)) {
        const answers = text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
        const calls = [...sql.matchAll(/analytics\.(\w+)\(/g)].map((match) => match[1]);
        for (const [i, name] of calls.entries()) {
            const route = routes.find((each) => each.function === name);
            const shown = [answers[i]].flat()[0];
            if (route.kind === 'document') continue;
            const rows = [
                await json(
                    questionOf(
                        route,
                        route.names.map((each) => (each === 'limit' ? 'row_limit' : each)).filter((each) => given[each] && each !== 'platforms'),
                    ),
                ),
            ].flat();
            const wrong = Object.keys(shown).filter(
                (key) => !rows.some((row) => [typeOf(shown[key]), 'null'].includes(typeOf(row[key])) || shown[key] === null),
            );
            same(wrong, [], `${route.path} has the documented types`);
        }
    }
    const customers = await json('/customers/dashboard?end_date=2025-10-31');
    const shown = JSON.parse(/^\{"as_of".*$/m.exec(page)[0]);
    same(customers.kpi, shown, '/customers/dashboard has the documented figures');
    same(
        await json('/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31'),
        JSON.parse(/^ (\{"leads".*\})$/m.exec(page)[1]),
        '/dashboard/kpi has the documented figures',
    );
}

async function otherRoutes() {
    for (const route of routes.filter((each) => each.kind === 'rows' && !documented.some((entry) => entry.path === each.path))) {
        const names = route.names.map((name) => (name === 'limit' ? 'row_limit' : name)).filter((name) => given[name] && name !== 'platforms');
        const response = await ask(questionOf(route, names));
        const rows = await response.json();
        ok(response.status === 200 && rows.length > 0, `${route.path} answers`, rows);
    }
    const attribution = await json('/attribution?date_from=2025-08-15&date_to=2025-10-31&models=first,linear');
    same(Math.round(attribution.reduce((sum, row) => sum + row.conversions, 0)), 2 * 424, 'two models share out the contracts twice');
    same(
        (await json('/businesses'))[0],
        { business_id: 1, currency: 'UAH', first_day: '2025-08-15', last_day: '2025-10-31', last_day_of_ads: '2025-10-31', known: true },
        'the business and its days',
    );
}

async function pages(client) {
    for (const kind of ['overview', 'attribution', 'customers', 'content']) {
        const response = await ask(`/reports/${kind}?date_from=2025-10-01&date_to=2025-10-31`);
        const { rows } = await client.query('SELECT analytics.report($1, $2, $3) AS page', [kind, '2025-10-01', '2025-10-31']);
        ok(response.headers.get('content-type') === 'text/html; charset=utf-8', `/reports/${kind} is a page`);
        ok((await response.text()) === rows[0].page, `/reports/${kind} is that of SQL`);
    }
    ok((await ask('/reports/sales?date_from=2025-10-01&date_to=2025-10-31')).status === 400, 'there is no report of another kind');
    const backwards = await ask('/reports/overview?date_from=2025-10-31&date_to=2025-10-01');
    ok(backwards.status === 400 && (await backwards.json()).error.code === '22023', 'an error is JSON, here too');
}

async function refusals() {
    const cases = [
        [400, '/dashboard/kpi?date_from=2025-10-31&date_to=2025-10-01', '22023', /date_from is after date_to/],
        [400, '/dashboard/kpi?date_from=2025-13-01&date_to=2025-10-31', '22008', /out of range/],
        [400, '/dashboard/kpi?date_from=yesterdayish&date_to=2025-10-31', '22007', /yesterdayish/],
        [400, '/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31&platforms=myspace', '22023', /unknown platform: 'myspace'/],
        [400, '/dashboard/kpi', '22023', /date/],
        [400, '/sales/campaigns?date_from=2025-10-01&date_to=2025-10-31&limit=many', '22P02', /many/],
        [400, '/sales/campaigns?date_from=2025-10-01&date_to=2025-10-31&limit=0', '22023', /row_limit/],
        [400, '/dashboard/kpi?datefrom=2025-10-01', undefined, /unknown parameter: datefrom/],
        [400, '/dashboard/kpi?date_from=2025-10-01&date_from=2025-10-02', undefined, /given twice/],
        [400, '/dashboard/expectation?date_from=2025-10-01&date_to=2025-10-31&metric=mood', '22023', /unknown metric: 'mood'/],
        [400, '/analytics/overview/none', undefined, /none/],
        [400, '/funnel/campaigns/%E0%A4%A', undefined, /cannot read/],
        [403, '/analytics/overview/2', undefined, /not yours/],
        [403, '/dashboard/kpi?business_id=2', undefined, /not yours/],
        [404, '/dashboard', undefined, /no such path/],
        [404, '/../server.js', undefined, /no such path/],
    ];
    for (const [status, question, code, message] of cases) {
        const response = await ask(question);
        const { error } = await response.json();
        ok(response.status === status && error.code === code && message.test(error.message), `${status} for ${question}`, response.status, error);
    }
    const unknown = await json('/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31&platforms=myspace');
    ok(/google/.test(unknown.error.hint ?? unknown.error.detail), 'a refusal says what would do', unknown);
    const post = await ask('/dashboard/kpi', { method: 'POST', ...withToken(token) });
    same([post.status, post.headers.get('allow')], [405, 'GET, HEAD'], 'only reading');
}

async function tokens() {
    const question = '/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31';
    const [head, body, signature] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const forged = Buffer.from(JSON.stringify({ businesses: [2], exp: 4e9 })).toString('base64url');
    const bad = {
        'no token': {},
        'no bearer': { headers: { authorization: 'Basic x' } },
        'another secret': withToken(sign([1], 'x'.repeat(40))),
        'a token that is over': withToken(sign([1], secret, -1)),
        'another payload': withToken(`${head}.${forged}.${signature}`),
        'no algorithm': withToken(`${none}.${body}.`),
        'another header': withToken(`${none}.${body}.${signature}`),
        'not a token': withToken('....'),
        'no business': withToken(sign([], secret)),
        'a business that is SQL': withToken(sign(["1'; SELECT 1"], secret)),
    };
    for (const [name, options] of Object.entries(bad)) same((await ask(question, options)).status, 401, `401 for ${name}`);
    // Two tenants take turns on the same connections.
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => json(question, withToken(i % 2 ? sign([2], secret) : token))));
    same([...new Set(answers.map((row, i) => `${i % 2} ${row.leads}`))].sort(), ['0 2794', '1 0'], 'each tenant sees its own business alone');
    same((await json(question, withToken(sign([1, 2], secret)))).leads, 2794, 'a token for two sees both');
    same((await json(`${question}&business_id=2`, withToken(sign([1, 2], secret)))).leads, 0, '... or the one that is asked for');
}

function bounded() {
    const { Answers } = require('../../examples/service/answers');
    const answer = (size) => ({ body: Buffer.alloc(size) });
    const few = new Answers(10 * 3024);
    for (let i = 0; i < 100; i += 1) {
        few.keep(`a${i}`, answer(1000));
        few.get('a0');
    }
    ok(few.bytes <= 10 * 3024 && few.get('a99') && few.get('a91') && !few.get('a50'), 'no more answers are kept than there is room for');
    ok(few.get('a0'), 'the one that is asked for stays');
    few.keep('huge', answer(1e6));
    ok(!few.get('huge') && few.get('a99'), 'one that is larger than all is not kept, and drives none out');
    few.keep('a99', answer(5));
    ok(few.get('a99').body.length === 1000 && few.bytes <= 10 * 3024, 'what is kept already is not counted twice');
    const none = new Answers(0);
    same([none.keep('a', answer(1)).body.length, none.get('a'), none.bytes], [1, undefined, 0], 'without room none are kept');
}

async function caching(client) {
    const question = '/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31';
    const etag = (await ask(question)).headers.get('etag');
    const again = (tag) => ask(question, { headers: { authorization: `Bearer ${token}`, 'if-none-match': tag } });
    same([(await again(etag)).status, await (await again(etag)).text()], [304, ''], 'what did not change is not sent again');
    ok((await ask(question, withToken(sign([2], secret)))).headers.get('etag') !== etag, 'another tenant has another ETag');
    ok((await ask(`${question}&platforms=meta`)).headers.get('etag') !== etag, 'another question has another ETag');
    const kept = await Promise.all([1, 2, 3].map(async () => (await ask(question)).text()));
    const anew = await start({ SERVICE_CACHE_MB: '0' });
    kept.push(await (await fetch(anew.address + question, withToken(token))).text(), await (await fetch(anew.address + question, withToken(token))).text());
    same(new Set(kept).size, 1, 'an answer that was kept is the one that is made anew');
    await anew.stop();
    const segments = async () => (await ask('/customers/segments?as_of=2025-10-31')).headers.get('etag');
    const before = await segments();
    await client.query("INSERT INTO warehouse.rfm_segment_rule (scheme, priority, segment, r_low, f_low, bins) VALUES ('of our own', 1, 'Gold', 1, 1, 5)");
    ok((await segments()) !== before, 'so does a rule that readers look up without a refresh');
    await client.query("DELETE FROM warehouse.rfm_segment_rule WHERE scheme = 'of our own'");
    same(await segments(), before, '... and with it gone the answer is the one before');
    await client.query('CALL analytics.refresh()');
    same((await again(etag)).status, 200, 'a refresh makes answers new');
    const raw = (headers) =>
        new Promise((resolve) =>
            http.get(
                running.address + '/campaigns/metrics-trend?date_from=2025-10-01&date_to=2025-10-31',
                { headers: { authorization: `Bearer ${token}`, ...headers } },
                (response) => {
                    let length = 0;
                    response.on('data', (part) => (length += part.length)).on('end', () => resolve([response.headers['content-encoding'], length]));
                },
            ),
        );
    const [[packed, small], [plain, large]] = [await raw({ 'accept-encoding': 'gzip' }), await raw({})];
    ok(packed === 'gzip' && plain === undefined && small < large / 3, 'answers are compressed where asked for', small, large);
    const head = await ask(question, { method: 'HEAD', ...withToken(token) });
    same([head.status, await head.text()], [200, ''], 'HEAD has no body');
}

async function descriptions() {
    const api = await json('/openapi.json', {});
    if (!api.paths) return ok(false, 'the service describes itself', api, running.errors);
    same(
        Object.keys(api.paths),
        routes.map((route) => route.path),
        'each route is described',
    );
    const poor = Object.entries(api.paths).filter(([, { get }]) => !get.summary || !get.operationId || get.parameters.some((each) => !each.description));
    same(poor, [], 'with a summary and its parameters');
    const schema = api.paths['/dashboard/kpi'].get.responses[200].content['application/json'].schema;
    same(Object.keys(schema.properties), Object.keys(await json('/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31')), 'and the fields of its answer');
    same(schema.properties.cpl, { type: ['number', 'null'] }, '... and their types');
}

// What an operator meets: connections that die, a warehouse that is not there, answers that take too long, and the end.
async function operation(client) {
    const question = '/dashboard/kpi?date_from=2025-10-01&date_to=2025-10-31';
    same(await json('/healthz', {}), { status: 'ok' }, 'healthy');
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    same((await ask(question)).status, 200, 'lost connections are replaced');
    // ... and while they are at work, at whatever statement that finds them.
    const statuses = new Set();
    let killing = true;
    const clients = Array.from({ length: 12 }, async () => {
        while (killing)
            statuses.add(
                await ask(question).then(
                    (response) => response.status,
                    (error) => error.message,
                ),
            );
    });
    for (let i = 0; i < 40; i += 1) {
        await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'`);
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
    killing = false;
    await Promise.all(clients);
    same(
        [...statuses].filter((status) => ![200, 503].includes(status)),
        [],
        'connections killed at work are 503',
    );
    same((await ask(question)).status, 200, 'and all is well afterwards');
    same(
        (await client.query(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'service'`)).rows[0].n <= 8,
        true,
        'no more connections than allowed',
    );

    const log = running.errors.join('');
    const elsewhere = running;
    running = await start({ PGDATABASE: 'template1' });
    same(
        [(await ask(question)).status, (await json(question)).error],
        [500, { message: 'internal error' }],
        'a database without the extension is a fault of the operator',
    );
    await running.stop();
    running = await start({ PGPORT: '1' });
    same(
        [(await ask(question)).status, (await ask('/healthz', {})).status, (await ask(question)).headers.get('retry-after')],
        [503, 503, '1'],
        'no database is 503',
    );
    await running.stop();
    running = await start({ SERVICE_TIMEOUT_MS: '1' });
    ok([503, 504].includes((await ask('/dashboard/forecast?as_of=2025-10-31')).status), 'what takes too long is ended');
    await running.stop();
    running = elsewhere;
    ok(!/500:/.test(log), 'no internal error so far', log);

    const late = json('/dashboard/forecast?as_of=2025-10-31');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const code = running.stop();
    ok(Array.isArray(await late), 'a request at work is answered before the end');
    same(await code, 0, 'the service stops by itself');
    await start({ SERVICE_SECRET: 'short' }).then(
        () => ok(false, 'a short secret is refused'),
        (error) => ok(/32 characters/.test(error.message), 'a short secret is refused'),
    );
}

main(() =>
    asOwner(async (client) => {
        running = await start();
        await client.query(`SELECT set_config('TimeZone', 'UTC', false)`);
        await documentedPaths(client);
        await otherPaths();
        await documentedTypes();
        await otherRoutes();
        await pages(client);
        await refusals();
        await tokens();
        bounded();
        await caching(client);
        await descriptions();
        await operation(client);
    }),
);
