// The dashboard in a browser: every widget with the demo and with an empty warehouse, figures against SQL, keyboard, contrast and labels, phones, failures.
// With KEEP_PICTURES in the environment the pictures of docs/images are made anew.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const puppeteer = require('puppeteer-core');
const { ok, same, start, asOwner, main, sign, secret } = require('../service/tests');

const images = path.join(__dirname, '../../docs/images');
const logs = process.env.MARKETING_LOGS ?? path.join(__dirname, '../../build/logs');
const built = path.join(__dirname, '../../examples/dashboard/dist');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const views = ['overview', 'campaigns', 'attribution', 'customers', 'content'];
const browserAt = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((each) => fs.existsSync(each));
let browser;

// A page that tells what went wrong in it.
async function open(service, { hash = `#token=${sign([1], secret)}`, query = '', width = 1280, scheme = 'light' } = {}) {
    const page = await browser.newPage();
    const complaints = [];
    page.on('console', (message) => ['error', 'warn'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on(
        'request',
        (request) => new URL(request.url()).origin !== service.address && !request.url().startsWith('data:') && complaints.push(`asks ${request.url()}`),
    );
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    await page.goto(`${service.address}/${query}${hash}`);
    await settled(page);
    return { page, complaints };
}
// Every widget has its answer; figures may be asked for anew by the click just made.
async function settled(page) {
    const done = () =>
        document.querySelector('main > .state.error') || (document.querySelector('.card') && !document.querySelector('.card[data-state=loading]'));
    // A page in the background draws no frames, so that it is looked at by time.
    await page.waitForFunction(done, { timeout: 120000, polling: 50 }).catch(async (error) => {
        throw new Error(`${error.message} ${JSON.stringify(await states(page))}`);
    });
}
async function go(page, view) {
    await page.bringToFront();
    await page.evaluate((to) => {
        location.hash = to;
    }, view);
    await page.waitForFunction((to) => document.querySelector('nav [aria-current]')?.hash === `#${to}`, { polling: 50 }, view);
    await settled(page);
}
const states = (page) =>
    page.$$eval('.card', (cards) =>
        cards.map((card) => [card.id, card.dataset.state, card.querySelectorAll('.chart svg path, .tile, tbody tr, .list li').length]),
    );
const values = (page) =>
    page.$$eval('#figures .tile', (tiles) => Object.fromEntries(tiles.map((tile) => [tile.dataset.figure, tile.querySelector('.value').dataset.value])));
async function choose(page, id, value) {
    await page.select(`#${id}`, value);
    await settled(page);
}

async function everyWidget(service, empty) {
    const { page, complaints } = await open(service);
    for (const view of views) {
        await go(page, view);
        const found = await states(page);
        const wrong = found.filter(([, state, parts]) => (empty ? !['empty', 'ready'].includes(state) : state !== 'ready' || parts === 0));
        same(wrong, [], `${view}: all ${found.length} widgets ${empty ? 'say that there is nothing' : 'show something'}`);
        if (!empty) await asTables(page, view);
    }
    same(complaints, [], `no complaint ${empty ? 'about an empty warehouse' : 'about the demo'}, and no request but to the service`);
    await page.close();
}
async function asTables(page, view) {
    const count = await page.$$eval('.tools button', (buttons) => buttons.map((button) => button.click()).length);
    await settled(page);
    const rows = await page.$$eval('.card:has(.tools button)', (cards) => cards.filter((card) => card.querySelectorAll('tbody tr').length > 0).length);
    same(rows, count, `${view}: each picture is a table, too`);
    await page.$$eval('.tools button', (buttons) => buttons.forEach((button) => button.click()));
    await settled(page);
}

async function filters(service, client) {
    const { page, complaints } = await open(service);
    const compare = async (from, to, platforms, title) => {
        const { rows } = await client.query('SELECT leads, n_contracts, revenue, spend, cpl, roas FROM analytics.kpi($1::date, $2::date, $3::text[])', [
            from,
            to,
            platforms,
        ]);
        const expected = Object.fromEntries(Object.entries(rows[0]).map(([key, value]) => [key, Number(value)]));
        same(Object.fromEntries(Object.entries(await values(page)).map(([key, value]) => [key, Number(value)])), expected, `figures of SQL: ${title}`);
    };
    await compare('2025-10-02', '2025-10-31', null, 'the last 30 days');
    await choose(page, 'preset', 'month');
    await compare('2025-10-01', '2025-10-31', null, 'a preset');
    await choose(page, 'preset', 'month_before');
    await compare('2025-09-01', '2025-09-30', null, 'the month before');
    await page.$eval('#date_to', (input) => {
        input.value = '2025-09-14';
        input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await settled(page);
    await compare('2025-09-01', '2025-09-14', null, "days of one's own");
    await page.click('#platforms summary');
    await page.click('#platforms input[value=meta]');
    await settled(page);
    await compare('2025-09-01', '2025-09-14', ['meta'], 'a family');
    await page.click('#platforms input[value=google]');
    await settled(page);
    await compare('2025-09-01', '2025-09-14', ['meta', 'google'], 'and a platform');
    await choose(page, 'compare', 'none');
    same(await page.$$eval('#figures .change', (all) => all.map((each) => each.textContent.trim()).join('')), '', 'nothing is compared with nothing');
    await choose(page, 'compare', 'previous_period');
    const { rows } = await client.query(
        `SELECT round((sum(leads) - sum(leads_prev)) * 100 / sum(leads_prev), 1)::float8 AS change FROM analytics.kpi_timeseries('2025-09-01', '2025-09-14', 'day', '{meta,google}', 'previous_period')`,
    );
    const change = await page.$eval('[data-figure=leads] .change', (each) => each.textContent);
    ok(change.includes(`${rows[0].change > 0 ? '+' : ''}${rows[0].change} %`), 'the change is that of SQL', change, rows[0]);
    // A choice is in the address: whoever opens it sees the same.
    const again = await open(service, { query: new URL(page.url()).search });
    same(await values(again.page), await values(page), 'the address holds the choice');
    await go(page, 'campaigns');
    same(
        await page.$$eval('#campaigns tbody tr', (all) =>
            all.map((row) => row.children[1].textContent).filter((each) => !['Facebook', 'Google', 'Instagram'].includes(each)),
        ),
        [],
        'tables follow the filters',
    );
    same([...complaints, ...again.complaints], [], 'no complaint about filters');
    await page.close();
    await again.page.close();
}

async function immatureDays(service, client) {
    const { page } = await open(service, { query: '?preset=month' });
    await page.click('#contracts .tools button');
    await settled(page);
    const shown = await page.$$eval('#contracts tbody tr', (all) => all.map((row) => [row.children[1].textContent, row.children[3].textContent].join(' ')));
    const { rows } = await client.query(
        `SELECT n_contracts, round(n_contracts_expected, 1)::float8 AS expected FROM analytics.kpi_timeseries('2025-10-01', '2025-10-31')`,
    );
    same(
        shown,
        rows.map((row) => `${row.n_contracts} ${row.expected}`),
        'days that are not finished say what is to be expected',
    );
    await page.click('#contracts .tools button');
    await settled(page);
    ok((await page.$$eval('#contracts pattern', (all) => all.length)) > 0, 'and are striped');
    await page.close();
}

async function keyboard(service) {
    const { page } = await open(service);
    const stops = [];
    for (let i = 0; i < 20 && stops.at(-1) !== 'platforms'; i += 1) {
        await page.keyboard.press('Tab');
        stops.push(
            await page.evaluate(
                () =>
                    document.activeElement.closest('details')?.id ||
                    document.activeElement.id ||
                    document.activeElement.hash ||
                    document.activeElement.className,
            ),
        );
    }
    same(
        [...new Set(stops)],
        ['#main', 'theme', ...views.map((view) => `#${view}`), 'preset', 'date_from', 'date_to', 'compare', 'platforms'],
        'the keyboard reaches all filters, in their order',
    );
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await settled(page);
    ok(await page.$eval('#platforms input:checked', (box) => box === document.activeElement), 'a platform is chosen by the space bar and keeps the focus');
    await page.keyboard.press('Escape');
    same(await page.evaluate(() => [document.getElementById('platforms').open, document.activeElement.tagName]), [false, 'SUMMARY'], 'Escape closes the list');
    await page.close();
}

async function accessible(service) {
    for (const scheme of ['light', 'dark']) {
        const { page } = await open(service, { scheme });
        for (const view of views) {
            await go(page, view);
            await page.evaluate(axe);
            const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
            const serious = violations
                .filter((each) => ['serious', 'critical'].includes(each.impact))
                .map(
                    (each) =>
                        `${each.id}: ${each.nodes
                            .slice(0, 3)
                            .map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`)
                            .join('; ')}`,
                );
            same(serious, [], `axe-core has no serious finding: ${view}, ${scheme}`);
        }
        await page.close();
    }
}

async function phone(service) {
    const { page, complaints } = await open(service, { width: 360 });
    for (const view of views) {
        await go(page, view);
        const [wide, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
        ok(wide <= window, `${view} fits a phone`, wide, window);
    }
    same(complaints, [], 'no complaint on a phone');
    await page.close();
}

async function failures(service) {
    const stranger = await open(service, { hash: '' });
    ok(/needs a token/.test(await stranger.page.$eval('main', (each) => each.textContent)), 'without a token the page says what it needs');
    await stranger.page.close();
    const { page } = await open(service);
    await page.setRequestInterception(true);
    let broken = true;
    page.on('request', (request) => {
        if (!broken || !request.url().includes('/sales/')) request.continue();
        else
            request.respond({
                status: 503,
                contentType: 'application/json',
                body: '{"error":{"message":"the database cannot be reached","hint":"<b>later</b>"}}',
            });
    });
    await choose(page, 'preset', 'month');
    const found = Object.fromEntries((await states(page)).map(([id, state]) => [id, state]));
    same([found.share, found.paid, found.leads], ['error', 'error', 'ready'], 'a widget that fails does not stop the others');
    ok(
        /cannot be reached<b>later<\/b>/.test(await page.$eval('#share .state', (each) => each.textContent)),
        'it says why, and what the answer says is no markup',
    );
    broken = false;
    await page.click('#share .state button');
    await settled(page);
    same(await page.$eval('#share', (card) => card.dataset.state), 'ready', 'and can be tried again');
    await page.close();
}

// Pictures are compared part by part: each is averaged over a grid, so that another machine's fonts make no difference, and the part that
// differs most counts. A chart that is not drawn is a part that is gone.
async function pictures(service) {
    for (const [name, view, scheme] of [
        ['overview', 'overview', 'light'],
        ['campaigns', 'campaigns', 'dark'],
        ['attribution', 'attribution', 'light'],
        ['customers', 'customers', 'light'],
        ['content', 'content', 'light'],
    ]) {
        const { page } = await open(service, { scheme });
        await go(page, view);
        await page.evaluate(() => document.activeElement.blur());
        const file = path.join(images, `dashboard_${name}.png`);
        if (process.env.KEEP_PICTURES) {
            fs.mkdirSync(images, { recursive: true });
            fs.writeFileSync(file, (await picture(page)).taken);
        }
        const kept = fs.readFileSync(file);
        const { taken, difference } = await picture(page, kept);
        if (difference >= likeness) fs.writeFileSync(path.join(logs, `dashboard-${name}.png`), taken);
        ok(difference < likeness, `${name} looks as it is kept`, [difference, await states(page)]);
        // The comparison itself: one chart less is seen.
        await page.evaluate(() => {
            const area = (each) => each.clientWidth * each.clientHeight;
            const charts = [...document.querySelectorAll('svg')].sort((one, other) => area(other) - area(one));
            charts[0].style.visibility = 'hidden';
        });
        const without = await differenceOf(await screenshot(page), kept);
        ok(without > likeness, `${name} without a chart looks different`, without);
        await page.close();
    }
}

const likeness = 0.02;

// A picture of the whole page, in a window as high as the page: a picture beyond the window makes Chromium lay the page out anew while it is
// taken, with charts of any width. Taken again until it looks as it is kept: where the machine is busy an answer may have come too late.
async function picture(page, kept) {
    let taken;
    let difference;
    for (let i = 1; i <= 4; i++) {
        await page.bringToFront();
        taken = await screenshot(page);
        difference = kept ? await differenceOf(taken, kept) : 0;
        if (difference < likeness) break;
        await page.reload();
        await settled(page);
    }
    return { taken, difference };
}
async function screenshot(page) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewport({ width: 1280, height });
    const filled = () => [...document.querySelectorAll('.chart')].every((place) => Number(place.querySelector('svg')?.getAttribute('width')) === place.clientWidth);
    await page.waitForFunction(filled, { polling: 50 });
    return Buffer.from(await page.screenshot({ captureBeyondViewport: false }));
}

// The mean difference of the part of two pictures that differs most, from 0 to 1.
async function differenceOf(...files) {
    const page = await browser.newPage();
    const result = await page.evaluate(
        async (sources) => {
            const [columns, rows] = [96, 144];
            const small = await Promise.all(
                sources.map(async (source) => {
                    const image = new Image();
                    image.src = source;
                    await image.decode();
                    const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: rows });
                    const context = canvas.getContext('2d');
                    context.imageSmoothingQuality = 'high';
                    context.drawImage(image, 0, 0, columns, rows);
                    return context.getImageData(0, 0, columns, rows).data;
                }),
            );
            const part = 12;
            let most = 0;
            for (let top = 0; top < rows; top += part) {
                for (let left = 0; left < columns; left += part) {
                    let sum = 0;
                    for (let y = top; y < top + part; y++) {
                        for (let i = 4 * (y * columns + left); i < 4 * (y * columns + left + part); i++) {
                            sum += Math.abs(small[0][i] - small[1][i]);
                        }
                    }
                    most = Math.max(most, sum / (3 * part * part * 255));
                }
            }
            return most;
        },
        files.map((file) => `data:image/png;base64,${file.toString('base64')}`),
    );
    await page.close();
    return result;
}

main(() =>
    asOwner(async (client) => {
        browser = await puppeteer.launch({ executablePath: browserAt, args: ['--no-sandbox', '--disable-gpu', '--lang=en-GB', '--hide-scrollbars'] });
        try {
            const demo = await start({ SERVICE_PAGE: built });
            const empty = await start({ SERVICE_PAGE: built, PGDATABASE: process.env.EMPTY_DATABASE });
            await everyWidget(demo, false);
            await everyWidget(empty, true);
            await filters(demo, client);
            await immatureDays(demo, client);
            await keyboard(demo);
            await accessible(demo);
            await phone(demo);
            await failures(demo);
            await pictures(demo);
        } finally {
            await browser.close();
        }
    }),
);
