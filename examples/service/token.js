// Signed tokens that say which businesses the bearer may see: JSON Web Tokens with HS256 and a claim `businesses`.
// Usage: SERVICE_SECRET=... node token.js BUSINESS[,BUSINESS...] [HOURS]     prints a token
'use strict';
const { createHmac, timingSafeEqual } = require('node:crypto');

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
const signature = (text, secret) => createHmac('sha256', secret).update(text).digest();
const now = () => Math.floor(Date.now() / 1000);

function sign(businesses, secret, seconds = 12 * 3600) {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ businesses, exp: now() + seconds })}`;
    return `${text}.${signature(text, secret).toString('base64url')}`;
}

// The businesses that a token names; undefined if it is not ours, is over, or names none.
function verify(token, secret) {
    const [header, payload, given, ...more] = token.split('.');
    if (!header || !payload || !given || more.length > 0) return undefined;
    const expected = signature(`${header}.${payload}`, secret);
    const found = Buffer.from(given, 'base64url');
    if (found.length !== expected.length || !timingSafeEqual(found, expected)) return undefined;
    const { businesses, exp } = decode(payload);
    const valid = decode(header).alg === 'HS256' && exp > now() && Array.isArray(businesses) && businesses.length > 0 && businesses.every(Number.isSafeInteger);
    return valid ? businesses : undefined;
}

module.exports = { sign, verify };

if (require.main === module) {
    const [businesses, hours = '12'] = process.argv.slice(2);
    const ids = (businesses ?? '').split(',').map(Number);
    if (!process.env.SERVICE_SECRET || !businesses || !ids.every(Number.isSafeInteger)) {
        console.error('usage: SERVICE_SECRET=... node token.js BUSINESS[,BUSINESS...] [HOURS]');
        process.exit(2);
    }
    console.log(sign(ids, process.env.SERVICE_SECRET, Number(hours) * 3600));
}
