// What the tests of the service and of the dashboard share: a service of one's own, and lines that test/service/run counts.
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { isDeepStrictEqual, inspect } = require('node:util');

const service = path.join(__dirname, '../../examples/service');
const secret = 'a secret of the tests that is long enough';
const { sign } = require(path.join(service, 'token.js'));
const { Client } = require(require.resolve('pg', { paths: [service] }));

let failures = 0;
const children = [];
function ok(condition, name, ...details) {
    console.log(`${condition ? 'ok' : 'not ok'} ${name}`);
    if (!condition) {
        failures += 1;
        for (const detail of details) console.log(`    ${typeof detail === 'string' ? detail : inspect(detail, { depth: 6 })}`);
    }
}
const same = (found, expected, name) => ok(isDeepStrictEqual(found, expected), name, 'found:', found, 'expected:', expected);

// Starts the service on a free port, with a user of its own unless told otherwise.
async function start(environment = {}) {
    const child = spawn(process.execPath, [path.join(service, 'server.js')], {
        env: { ...process.env, SERVICE_PORT: '0', SERVICE_SECRET: secret, PGUSER: 'service', SERVICE_TIMEOUT_MS: '60000', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const errors = [];
    child.stderr.on('data', (text) => errors.push(String(text)));
    const exited = once(child, 'exit').then(([code]) => code);
    const line = await Promise.race([
        once(child.stdout, 'data'),
        exited.then((code) => {
            throw new Error(`the service ended with ${code}: ${errors.join('')}`);
        }),
    ]);
    const address = /http:\S+/.exec(String(line))[0];
    return {
        address,
        errors,
        pid: child.pid,
        stop: () => {
            child.kill('SIGTERM');
            return exited;
        },
    };
}

// What the owner sees by SQL of its own, as JSON.
async function asOwner(work) {
    const client = new Client();
    await client.connect();
    try {
        return await work(client);
    } finally {
        await client.end();
    }
}

async function main(work) {
    try {
        await work();
    } catch (error) {
        ok(false, 'the tests run to their end', error.stack);
    }
    for (const child of children) child.kill('SIGKILL');
    console.log('done');
    process.exitCode = failures > 0 ? 1 : 0;
}

module.exports = { ok, same, start, asOwner, main, sign, secret, service };
