// A thin HTTP API over the functions of pg_marketing: a route checks its caller, asks one question, and hands on the JSON that the database made.
// Settings come from the environment: docs/service.md.
'use strict';
const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { createHash } = require('node:crypto');
const { promisify } = require('node:util');
const { Pool, escapeLiteral } = require('pg');
const { routeOf, valuesOf } = require('./routes');
const { verify } = require('./token');
const { describe } = require('./openapi');
const { Answers } = require('./answers');

const gzip = promisify(zlib.gzip);
const failure = (status, message, more) => Object.assign(new Error(message), { status, ...more });

const settings = {
    host: process.env.SERVICE_HOST ?? '127.0.0.1',
    port: Number(process.env.SERVICE_PORT ?? 8080),
    secret: process.env.SERVICE_SECRET ?? '',
    connections: Number(process.env.SERVICE_CONNECTIONS ?? 8),
    waiting: Number(process.env.SERVICE_WAITING ?? 200),
    timeout: Number(process.env.SERVICE_TIMEOUT_MS ?? 10000),
    cache: Number(process.env.SERVICE_CACHE_MB ?? 32),
    page: process.env.SERVICE_PAGE,
};

// No prepared statements with names and no settings of sessions, so that a pooler may give each transaction another connection.
const pool = new Pool({
    max: settings.connections,
    connectionTimeoutMillis: settings.timeout,
    idleTimeoutMillis: 30000,
    application_name: 'pg_marketing service',
});
pool.on('error', (error) => console.error(`a connection was lost: ${error.message}`));
// Nor may one end the service that is lost between two statements of a transaction: the next statement fails, and says so.
pool.on('connect', (client) => client.on('error', () => {}));

const statusOfState = {
    22023: 400,
    22007: 400,
    22008: 400,
    '22P02': 400,
    22003: 400,
    42501: 403,
    55000: 503,
    57014: 504,
    '57P01': 503,
    '57P02': 503,
    '57P03': 503,
    53300: 503,
    '25P03': 503,
};

// What the caller is told. Mistakes of the service itself are told to the log alone.
function problemOf(error) {
    const unreachable =
        /^08/.test(error.code ?? '') ||
        error.syscall ||
        /^(Connection terminated|timeout (exceeded|expired)|Client has encountered a connection error)/.test(error.message);
    const status = error.status ?? statusOfState[error.code] ?? (unreachable ? 503 : 500);
    if (status >= 500) console.error(`${status}: ${error.code ?? ''} ${error.message}`);
    if (status === 500) return { status, body: { error: { message: 'internal error' } } };
    if (unreachable && !error.status) return { status, body: { error: { message: 'the database cannot be reached' } } };
    const { code, message, detail, hint } = error;
    return { status, body: { error: { code, message, detail, hint } } };
}

// What answers depend on besides the question: the last refresh, the day, the version, and what readers look up without a refresh.
const settingTables = ['settings', 'alert_settings', 'calibration', 'conversion_setting', 'platform', 'rfm_segment_rule'];
const state = `SELECT current_date::text AS today, (SELECT max(w.refreshed_at) FROM warehouse.source_watermark w)::text AS read,
                      (SELECT max(s.finished_at) FROM warehouse.refresh_state s)::text AS ended,
                      (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'pg_marketing') AS version,
                      (SELECT md5(string_agg(s.line, ' ' ORDER BY s.line COLLATE "C"))
                       FROM (${settingTables.map((table) => `SELECT concat('${table}', t) FROM warehouse.${table} t`).join(' UNION ALL ')}) s (line)) AS settings`;
const opening = (businesses) =>
    `BEGIN READ ONLY;
     SELECT set_config('analytics.business_id', ${escapeLiteral(businesses.join(','))}, true),
            set_config('statement_timeout', ${escapeLiteral(String(settings.timeout))}, true);
     ${state}`;

// One transaction that only reads, as the businesses given. What is set in it ends with it. It is opened in one round trip.
async function asBusinesses(businesses, work) {
    if (pool.waitingCount >= settings.waiting) throw failure(503, 'too many requests are waiting');
    const client = await pool.connect();
    let broken;
    try {
        const opened = await client.query(opening(businesses));
        const result = await work(client, opened.at(-1).rows[0]);
        await client.query('COMMIT');
        return result;
    } catch (error) {
        await client.query('ROLLBACK').catch((lost) => (broken = lost));
        throw error;
    } finally {
        client.release(broken);
    }
}

const etagOf = (bytes) => `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;

// The businesses that the request is about: those of its token, or the one of them that it names.
function businessesOf(request, query, match) {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    let allowed;
    try {
        allowed = scheme.toLowerCase() === 'bearer' && token ? verify(token, settings.secret) : undefined;
    } catch {
        allowed = undefined;
    }
    if (!allowed) throw failure(401, 'a valid bearer token is needed');
    const asked = match.groups?.business_id ?? query.get('business_id');
    if (!asked) return allowed;
    if (!/^\d{1,15}$/.test(asked)) throw failure(400, `no number of a business: ${asked}`);
    if (!allowed.includes(Number(asked))) throw failure(403, `business ${asked} is not yours to see`);
    return [Number(asked)];
}

async function answer(request, url) {
    const found = routeOf(url.pathname);
    if (!found) throw failure(404, `no such path: ${url.pathname}`);
    const [route, match] = found;
    for (const [name, text] of Object.entries(match.groups ?? {})) match.groups[name] = decoded(text);
    const businesses = businessesOf(request, url.searchParams, match);
    const values = valuesOf(route, match, url.searchParams);
    return asBusinesses(businesses, async (client, known) => {
        const etag = etagOf(JSON.stringify([[route.path, values, businesses], known]));
        if (request.headers['if-none-match'] === etag) return { status: 304, etag };
        return answers.get(etag) ?? answers.keep(etag, await made(client, route, values, etag));
    });
}
async function made(client, route, values, etag) {
    const { rows } = await client.query(route.body, values);
    return { status: 200, etag, body: Buffer.from(rows[0].body ?? ''), type: route.kind === 'page' ? types['.html'] : undefined };
}
function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        throw failure(400, `cannot read ${text} in the path`);
    }
}

// An answer is good for as long as its ETag is.
const answers = new Answers(settings.cache * 2 ** 20);

// The page, if there is one, is read once; nothing else is a file.
const files = new Map();
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
for (const name of settings.page ? fs.readdirSync(settings.page) : []) {
    const body = fs.readFileSync(path.join(settings.page, name));
    const file = { status: 200, type: types[path.extname(name)], body, etag: etagOf(body) };
    if (file.type) files.set(name === 'index.html' ? '/' : `/${name}`, file);
}

let stopping = false;
let description;
async function health() {
    if (stopping) throw failure(503, 'stopping');
    await pool.query('SELECT 1');
    return { status: 200, body: '{"status":"ok"}', cache: 'no-store' };
}
async function openapi() {
    description ??= JSON.stringify(await asBusinesses([], describe));
    return { status: 200, body: description };
}

async function respond(request) {
    if (!request.url.startsWith('/') || request.url.startsWith('//')) throw failure(400, 'no path');
    const url = new URL(request.url, 'http://service');
    if (request.method !== 'GET' && request.method !== 'HEAD') throw failure(405, 'only GET and HEAD', { allow: 'GET, HEAD' });
    if (url.pathname === '/healthz') return health();
    if (url.pathname === '/openapi.json') return openapi();
    const file = files.get(url.pathname);
    if (file) return request.headers['if-none-match'] === file.etag ? { status: 304, etag: file.etag } : file;
    return answer(request, url);
}

const always = {
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    Vary: 'Authorization, Accept-Encoding',
};

async function send(request, response, result) {
    const headers = { ...always, 'Cache-Control': result.cache ?? 'private, no-cache' };
    if (result.etag) headers.ETag = result.etag;
    if (result.allow) headers.Allow = result.allow;
    if (result.status === 401) headers['WWW-Authenticate'] = 'Bearer';
    if (result.status === 503) headers['Retry-After'] = '1';
    let body = Buffer.isBuffer(result.body) ? result.body : Buffer.from(result.body ?? '');
    if (result.status !== 304) {
        headers['Content-Type'] = result.type ?? 'application/json; charset=utf-8';
        if (body.length > 1024 && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
            result.zipped ??= await gzip(body);
            body = result.zipped;
            headers['Content-Encoding'] = 'gzip';
        }
        headers['Content-Length'] = body.length;
    }
    response.writeHead(result.status, headers);
    response.end(request.method === 'HEAD' ? undefined : body);
}

async function handle(request, response) {
    let result;
    try {
        result = await respond(request);
    } catch (error) {
        const { status, body } = problemOf(error);
        result = { status, body: JSON.stringify(body), allow: error.allow, cache: 'no-store' };
    }
    await send(request, response, result);
}

const server = http.createServer((request, response) => {
    handle(request, response).catch((error) => {
        console.error(error);
        response.destroy();
    });
});
// Answers that are being made are finished; a second signal ends at once.
function stop() {
    if (stopping) process.exit(1);
    stopping = true;
    server.close(async () => {
        await pool.end();
        process.exit(0);
    });
    server.closeIdleConnections();
    setInterval(() => server.closeIdleConnections(), 100);
}

if (settings.secret.length < 32) {
    console.error('SERVICE_SECRET must have 32 characters at least: it signs the tokens');
    process.exit(2);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
server.listen(settings.port, settings.host, () => console.log(`listening on http://${settings.host}:${server.address().port}`));
