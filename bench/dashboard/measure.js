// Run by bench/dashboard/run, beside a server that has the demo.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const puppeteer = require(require.resolve('puppeteer-core', { paths: [path.join(__dirname, '../../test/dashboard')] }));
const { start, main, sign, secret } = require('../../test/service/tests');

const built = path.join(__dirname, '../../examples/dashboard/dist');
const browserAt = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((each) => fs.existsSync(each));
const views = ['overview', 'campaigns', 'attribution', 'customers', 'content'];
const rounds = Number(process.argv[2]);

// Runs in the page: notes when no widget waits any more, and how long scripts kept it from answering.
function watch() {
    window.measured = { longest: 0 };
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) window.measured.longest = Math.max(window.measured.longest, task.duration);
    }).observe({ type: 'longtask', buffered: true });
    new MutationObserver(() => {
        const cards = document.querySelectorAll('.card');
        const waits = document.querySelector('.card[data-state=loading]');
        window.measured.ready = cards.length > 0 && !waits ? (window.measured.ready ?? performance.now()) : undefined;
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
}
// Runs in the page: when the last answer had arrived, and the widgets stood.
function times() {
    const answers = performance.getEntriesByType('resource').filter((each) => each.initiatorType === 'fetch');
    return { answered: Math.max(...answers.map((each) => each.responseEnd)), ready: window.measured.ready, longest: window.measured.longest, now: performance.now() };
}

async function look(browser, service, view) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.evaluateOnNewDocument(watch);
    // The view that a page is opened with stands in its address; the token goes in first.
    await page.goto(`${service.address}/#token=${sign([1], secret)}`);
    await page.waitForFunction(() => window.measured.ready, { polling: 50, timeout: 120000 });
    await page.goto(`${service.address}/#${view}`);
    await page.reload();
    await page.bringToFront();
    await page.waitForFunction(() => window.measured.ready && performance.now() - window.measured.ready > 200, { polling: 50, timeout: 120000 });
    const { answered, ready, longest, now } = await page.evaluate(times);
    const pressed = performance.now();
    await page.keyboard.press('Tab');
    await page.evaluate(() => document.activeElement.id);
    const key = performance.now() - pressed;
    await page.close();
    return { answered, shown: Math.max(0, ready - answered), key, longest, now };
}
const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];

main(async () => {
    const browser = await puppeteer.launch({ executablePath: browserAt, args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'] });
    try {
        const service = await start({ SERVICE_PAGE: built });
        console.log('view          answered  shown after  key  longest task');
        for (const view of views) {
            const found = [];
            for (let i = 0; i < rounds; i += 1) found.push(await look(browser, service, view));
            const of = (name) => median(found.map((each) => each[name])).toFixed(0);
            console.log(`${view.padEnd(12)}${of('answered').padStart(10)}${of('shown').padStart(13)}${of('key').padStart(5)}${of('longest').padStart(14)}`);
        }
    } finally {
        await browser.close();
    }
});
