// Passes on what the warehouse announces to a webhook: alerts (analytics_anomalies) and kept reports (analytics_report).
// Usage: WEBHOOK_URL=https://... [WEBHOOK_SECRET=...] [PGHOST=... PGUSER=...] node relay.js
// Slack and what understands it read "text"; others read "channel" and "payload". With a secret, x-signature-256 is the HMAC of the body.
const { createHmac } = require('crypto');
const { Client } = require('pg');

const { WEBHOOK_URL, WEBHOOK_SECRET, RETRY_MS = '1000' } = process.env;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function message(channel, payload) {
    const text = channel === 'analytics_report'
        ? `Report ${payload} is ready.`
        : `${payload.severity}: ${payload.anomaly_type} of ${payload.name ?? payload.platform}, ${payload.date_to}. ${payload.reason ?? ''}`.trim();
    return JSON.stringify({ text, channel, payload });
}

// Six times, each time twice as long after; what is refused (400 to 499 but 408 and 429) is not sent again.
async function deliver(body) {
    const headers = { 'content-type': 'application/json' };
    if (WEBHOOK_SECRET) {
        headers['x-signature-256'] = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;
    }
    for (let attempt = 0, pause = Number(RETRY_MS); attempt < 6; attempt += 1, pause *= 2) {
        const status = await fetch(WEBHOOK_URL, { method: 'POST', headers, body, signal: AbortSignal.timeout(10000) }).then((r) => r.status, (e) => e.message);
        if (status >= 200 && status < 300) return;
        console.error(`attempt ${attempt + 1}: ${status}`);
        if (status >= 400 && status < 500 && status !== 408 && status !== 429) break;
        await wait(pause);
    }
    console.error(`given up: ${body}`);
}

async function main() {
    if (!WEBHOOK_URL) throw new Error('WEBHOOK_URL is not set');
    const client = new Client();
    // A connection that is lost ends the process: whatever started it starts it again.
    client.on('error', (error) => { console.error(error.message); process.exit(1); });
    let last = Promise.resolve();
    client.on('notification', ({ channel, payload }) => {
        last = last.then(() => deliver(message(channel, channel === 'analytics_report' ? Number(payload) : JSON.parse(payload))));
    });
    await client.connect();
    await client.query('LISTEN analytics_anomalies; LISTEN analytics_report');
    console.log('listening');
}

main().catch((error) => { console.error(error.message); process.exit(1); });
