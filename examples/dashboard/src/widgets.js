// The table of widgets: where each stands, what it asks for, and how it shows the answer. `load` gets the filters and the choice made in the widget's head.
import { ask } from './client.js';
import * as charts from './charts.js';
import { color } from './charts.js';
import { element, table, tiles } from './dom.js';
import { day, decimal, longDay, name, one, percent, plain, short, signed, whole } from './format.js';

const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
const ratio = (above, below) => (below ? above / below : null);
const period = (f, more) => ({ date_from: f.date_from, date_to: f.date_to, platforms: f.platforms.join(','), business_id: f.business, ...more });
const timeseries = (f) => ask('/dashboard/timeseries', period(f, { compare: f.compare }));
const customers = (f) => ask('/customers/dashboard', { end_date: f.date_to, business_id: f.business });
// Content is asked for one business; the period's length counts, as far as a question may reach.
// One of which the warehouse has nothing yet is unknown to it, which is no error here.
const content = async (path, f, more) => (f.known ? ask(`/analytics/${path}/${f.business ?? f.first_business}`, { as_of: f.date_to, ...more }) : undefined);
const contentDays = (f) => ({ days: Math.min(Math.max(f.days, 7), 90) });
const earlier = { previous_period: 'the period before', previous_year: 'the year before' };
const compared = (f) => (f.compare === 'none' ? '' : `dashed: ${earlier[f.compare]}`);
const campaignTable = (more) => [
    ['Campaign', (row) => row.campaign_name ?? 'All campaigns'],
    ['Platform', (row) => (row.platform ? name(row.platform) : '')],
    ...more,
];

// --- Overview

// What they are called, how they are written and which way is good is told by the catalogue.
const figures = [
    { key: 'leads', of: (t) => t.leads },
    { key: 'n_contracts', of: (t) => t.n_contracts },
    { key: 'revenue', of: (t) => t.revenue },
    { key: 'spend', of: (t) => t.spend },
    { key: 'cpl', of: (t) => ratio(t.spend, t.leads) },
    { key: 'roas', of: (t) => ratio(t.revenue, t.spend) },
];
const described = (catalogue, key) => {
    const found = catalogue.find((each) => each.found_in.includes(`kpi.${key}`));
    return { label: found.label, isMoney: ['money', 'rate'].includes(found.unit), better: { up: 1, down: -1 }[found.better] ?? 0, format: found.format.includes('.') ? decimal : whole };
};
const totals = (rows, suffix = '') => Object.fromEntries(['leads', 'n_contracts', 'revenue', 'spend'].map((key) => [key, sum(rows, key + suffix)]));

// Leads of these days have had too little time to sign.
const young = (row) => row.maturity_pct !== null && row.maturity_pct < 95;
const toCome = {
    n_contracts: (row) => `about ${whole(row.contracts_expected)} once young leads have signed`,
    revenue: (row) => `about ${short(row.revenue_expected)} once young leads have signed`,
    roas: (row) => `about ${decimal(row.roas_expected)} once young leads have signed`,
};

// Only the days that have a counterpart are compared, both sides at equal age.
function changeOf(figure, rows) {
    const both = rows.filter((row) => row.leads_prev !== null && row.leads_prev !== undefined);
    const before = figure.of(totals(both, '_prev'));
    const now = figure.of(totals(both));
    if (both.length === 0 || !before || now === null) return {};
    const percentage = ((now - before) / Math.abs(before)) * 100;
    const verdict = figure.better === 0 || Math.abs(percentage) < 0.05 ? '' : percentage * figure.better > 0 ? 'good' : 'bad';
    const arrow = percentage > 0 ? '▲' : percentage < 0 ? '▼' : '=';
    return { percentage, verdict, text: `${arrow} ${signed(percentage)} %${verdict ? `, ${verdict === 'good' ? 'better' : 'worse'}` : ''}` };
}

const overview = [
    {
        id: 'figures',
        title: 'Key figures',
        size: 'full',
        bare: true,
        empty: () => false,
        load: async (f) => Promise.all([ask('/dashboard/kpi', period(f)), timeseries(f), ask('/dashboard/maturity', period(f)), ask('/metrics')]),
        show: ([kpi, rows, maturity, catalogue], f) =>
            tiles(
                figures.map((each) => {
                    const figure = { ...each, ...described(catalogue, each.key) };
                    const late = ['n_contracts', 'revenue', 'roas'].includes(figure.key);
                    const finished = rows.findIndex(young);
                    const change = changeOf(figure, rows);
                    const unit = figure.isMoney ? ` (${f.currency})` : '';
                    return {
                        key: figure.key,
                        label: figure.label + unit,
                        raw: kpi[figure.key],
                        value: figure.format(kpi[figure.key]),
                        verdict: change.verdict,
                        change: change.text
                            ? `${change.text} than ${earlier[f.compare]}`.replace(/ %(, (better|worse))? than/, (_, __, word) =>
                                  word ? ` %, ${word} than` : ' % against',
                              )
                            : ' ',
                        more: late && finished >= 0 && maturity.length === 1 ? toCome[figure.key]?.(maturity[0]) : undefined,
                        line: rows.map((row) => row[figure.key] ?? 0),
                        finished: late && finished >= 0 ? finished : undefined,
                    };
                }),
            ),
    },
    dayWidget('leads', 'Leads per day', 'leads', 'blue'),
    dayWidget('spend', 'Spend per day', 'spend', 'orange'),
    {
        id: 'contracts',
        title: 'Contracts by day of the lead',
        size: 'full',
        note: () => 'Young leads have had no time to sign: striped days are not finished, the striped part is what is still to be expected of them',
        load: timeseries,
        empty: (rows) => sum(rows, 'n_contracts') === 0,
        chart: (rows) => {
            const missing = rows.map((row) =>
                young(row) && row.n_contracts_expected !== null ? Math.max(row.n_contracts_expected - row.n_contracts, 0) : null,
            );
            const expected = missing.every((value) => value === null)
                ? []
                : [
                      {
                          name: 'still to be expected',
                          type: 'bar',
                          stack: 'all',
                          color: color('sky'),
                          format: one,
                          values: missing.map((value) =>
                              value === null
                                  ? null
                                  : { value, itemStyle: { decal: charts.hatched(), borderColor: color('sky'), borderWidth: 1, borderType: 'dashed' } },
                          ),
                      },
                  ];
            return charts.days(
                rows.map((row) => row.period_start),
                [
                    {
                        name: 'signed so far',
                        type: 'bar',
                        stack: 'all',
                        color: color('blue'),
                        values: rows.map((row) => ({ value: row.n_contracts, itemStyle: young(row) ? { decal: charts.hatched() } : {} })),
                    },
                    ...expected,
                ],
            );
        },
        table: (rows) => [
            [
                ['Day', (row) => longDay(row.period_start)],
                ['Contracts', (row) => row.n_contracts, whole],
                ['Mature', (row) => row.maturity_pct, percent],
                ['Expected', (row) => row.n_contracts_expected, one],
                ['At least', (row) => row.n_contracts_low, one],
                ['At most', (row) => row.n_contracts_high, one],
            ],
            rows,
        ],
    },
    {
        id: 'anomalies',
        title: 'What is unusual',
        note: () => 'Beyond chance, against the 30 days before',
        nothing: 'Nothing is unusual beyond chance.',
        load: (f) => ask('/campaigns/anomalies', period(f, { limit: 6 })),
        show: (rows) => list(rows, (row) => [row.severity, `${row.campaign_name}: ${plain(row.anomaly_type)}`, row.reason]),
    },
    {
        id: 'advice',
        title: 'What to do with the budgets',
        note: () => 'Scale, pause or keep watching, with the reason',
        nothing: 'No campaign had spend.',
        load: (f) => ask('/sales/reco-budget', period(f, { limit: 4 })),
        show: (rows) => list(rows, (row) => [row.action, `${row.campaign_name} ${row.change_pct ? `${signed(row.change_pct)} %` : ''}`, row.reason]),
    },
    {
        id: 'share',
        title: 'Where leads come from',
        size: 'third',
        note: () => 'Share of leads in percent',
        load: (f) => ask('/sales/share-platforms', period(f)),
        chart: (rows) =>
            charts.bars(
                rows.map((row) => name(row.platform)),
                [
                    {
                        name: 'share',
                        values: rows.map((row) => ({ value: row.share_pct, itemStyle: { color: charts.platformColor(row.platform) } })),
                        format: percent,
                    },
                ],
            ),
        table: (rows) => [
            [
                ['Platform', (row) => name(row.platform)],
                ['Leads', (row) => row.leads, whole],
                ['Share', (row) => row.share_pct, percent],
            ],
            rows,
        ],
    },
    {
        id: 'paid',
        title: 'Paid and organic leads',
        size: 'third',
        load: (f) => ask('/sales/paid-split', period(f)),
        chart: (rows) =>
            charts.bars(
                rows.map((row) => name(row.platform)),
                [
                    { name: 'paid', values: rows.map((row) => row.paid_leads), color: color('blue') },
                    { name: 'organic', values: rows.map((row) => row.organic_leads), color: color('grey') },
                ],
                { stack: true },
            ),
        table: (rows) => [
            [
                ['Platform', (row) => name(row.platform)],
                ['Paid', (row) => row.paid_leads, whole],
                ['Organic', (row) => row.organic_leads, whole],
                ['Paid share', (row) => row.paid_pct, percent],
            ],
            rows,
        ],
    },
    {
        id: 'sources',
        title: 'UTM sources',
        size: 'third',
        load: (f) => ask('/sales/utm-sources', period(f, { limit: 20 })),
        show: (rows) =>
            table(
                'UTM sources',
                [
                    ['Source', (row) => row.utm_source ?? '(none)'],
                    ['Platform', (row) => name(row.platform)],
                    ['Leads', (row) => row.leads, whole],
                    ['Contracts', (row) => row.n_contracts, whole],
                ],
                rows,
            ),
    },
];

function dayWidget(id, title, key, tint) {
    return {
        id,
        title,
        note: compared,
        load: timeseries,
        empty: (rows) => sum(rows, key) === 0,
        chart: (rows, f) =>
            charts.days(
                rows.map((row) => row.period_start),
                [
                    { name: title, type: key === 'leads' ? 'bar' : 'line', values: rows.map((row) => row[key]), color: color(tint), area: 0.12 },
                    ...(f.compare === 'none'
                        ? []
                        : [{ name: earlier[f.compare], values: rows.map((row) => row[`${key}_prev`]), color: color('grey'), dashed: true, z: 3 }]),
                ],
            ),
        table: (rows) => [
            [
                ['Day', (row) => longDay(row.period_start)],
                [title, (row) => row[key], whole],
                ['Before', (row) => row[`${key}_prev`], whole],
            ],
            rows,
        ],
    };
}
function list(rows, parts) {
    return element(
        'ul',
        { class: 'list' },
        ...rows.map((row) => {
            const [mark, heading, text] = parts(row);
            return element('li', {}, mark && element('span', { class: `badge ${mark}` }, mark), element('strong', {}, heading), element('p', {}, text));
        }),
    );
}

// --- Campaigns

const metrics = [
    ['cpl', 'Cost per lead', decimal],
    ['cpc', 'Cost per click', decimal],
    ['ctr', 'Click-through rate, %', decimal],
    ['cpm', 'Cost per 1,000 views', decimal],
];
const campaigns = [
    {
        id: 'campaigns',
        title: 'Campaigns',
        note: (f) => `By spend, in ${f.currency}`,
        size: 'full',
        load: (f) => ask('/sales/campaigns', period(f, { limit: 50 })),
        show: (rows) =>
            table(
                'Campaigns',
                campaignTable([
                    ['Leads', (row) => row.leads, whole],
                    ['Contracts', (row) => row.n_contracts, whole],
                    ['Revenue', (row) => row.revenue, whole],
                    ['Spend', (row) => row.spend, whole],
                    ['Cost per lead', (row) => row.cpl, whole],
                    ['ROAS', (row) => row.roas, decimal],
                ]),
                rows,
            ),
    },
    {
        id: 'scatter',
        title: 'Cost per lead and return',
        note: () => 'Size: spend',
        tall: true,
        load: (f) => ask('/campaigns/scatter', period(f, { min_leads: 1, limit: 60 })),
        chart: (rows) =>
            charts.scatter(
                rows
                    .filter((row) => row.cpl !== null)
                    .map((row) => ({ name: row.campaign_name, x: row.cpl, y: row.roas ?? 0, size: row.spend, color: charts.platformColor(row.platform) })),
                'Cost per lead',
                'ROAS',
            ),
        table: (rows) => [
            campaignTable([
                ['Leads', (row) => row.leads, whole],
                ['Spend', (row) => row.spend, whole],
                ['Cost per lead', (row) => row.cpl, whole],
                ['ROAS', (row) => row.roas, decimal],
            ]),
            rows,
        ],
    },
    {
        id: 'wow',
        title: 'Change in leads by campaign',
        note: () => 'Against the equally long period before; pale: no more than chance (p above 0.05)',
        tall: true,
        load: (f) => ask('/campaigns/wow', period(f, { limit: 15 })),
        chart: (rows) =>
            charts.bars(
                rows.map((row) => row.campaign_name),
                [
                    {
                        name: 'change in leads',
                        format: signed,
                        values: rows.map((row) => {
                            const change = row.leads_cur - row.leads_prev;
                            const tint = color(change < 0 ? 'red' : 'green');
                            return {
                                value: change,
                                itemStyle: { color: row.p_value <= 0.05 ? tint : `${tint}66` },
                                label: { position: change < 0 ? 'left' : 'right' },
                            };
                        }),
                    },
                ],
                { axis: { boundaryGap: ['12%', '12%'] } },
            ),
        table: (rows) => [
            campaignTable([
                ['Leads', (row) => row.leads_cur, whole],
                ['Before', (row) => row.leads_prev, whole],
                ['Change, %', (row) => row.leads_diff_pct, one],
                ['Cost per lead', (row) => row.cpl_cur, whole],
                ['Before ', (row) => row.cpl_prev, whole],
                ['p', (row) => row.p_value, decimal],
            ]),
            rows,
        ],
    },
    ...metrics.map(([key, title, format]) => ({
        id: key,
        title,
        size: 'quarter',
        low: true,
        load: (f) => ask('/campaigns/metrics-trend', period(f)),
        empty: (rows) => rows.every((row) => row[key] === null),
        chart: (rows) =>
            charts.days(
                rows.map((row) => row.dt),
                [{ name: title, values: rows.map((row) => row[key]), color: color('blue'), format }],
                { scale: true, axisFormat: decimal },
            ),
        table: (rows) => [
            [
                ['Day', (row) => longDay(row.dt)],
                [title, (row) => row[key], format],
            ],
            rows,
        ],
    })),
    {
        id: 'unusual',
        title: 'Days beyond what was expected',
        size: 'full',
        note: () =>
            'Band: what the days before let expect; marked: beyond it. Where the level has just shifted there is no band until it is known anew. Contracts by the day of signing',
        choice: {
            label: 'Figure',
            options: [
                ['spend', 'Spend'],
                ['leads', 'Leads'],
                ['contracts', 'Contracts'],
                ['revenue', 'Revenue'],
            ],
        },
        load: (f, metric) => ask('/dashboard/expectation', period(f, { metric })),
        empty: (rows) => rows.every((row) => !row.value),
        chart: (rows, f, figure) =>
            charts.days(
                rows.map((row) => row.dt),
                [
                    ...charts.band(
                        rows.map((row) => row.low),
                        rows.map((row) => row.high),
                        color('sky'),
                        'range',
                    ),
                    { name: 'expected', values: rows.map((row) => row.expected), color: color('grey'), dashed: true },
                    { name: plain(figure), values: rows.map((row) => row.value), color: color('blue') },
                    {
                        name: 'unusual',
                        type: 'scatter',
                        color: color('red'),
                        z: 5,
                        values: rows.map((row) =>
                            row.is_anomaly ? { value: row.value, symbol: row.value > row.expected ? 'triangle' : 'pin', symbolSize: 13 } : null,
                        ),
                    },
                ],
                { legend: ['expected', plain(figure), 'unusual'] },
            ),
        table: (rows, f, figure) => [
            [
                ['Day', (row) => longDay(row.dt)],
                [plain(figure), (row) => row.value, whole],
                ['Expected', (row) => row.expected, whole],
                ['Low', (row) => row.low, whole],
                ['High', (row) => row.high, whole],
                ['Verdict', (row) => plain(row.verdict)],
            ],
            rows,
        ],
    },
    {
        id: 'performance',
        title: 'Campaigns that sign',
        note: () => 'By contracts of the leads; advice as in the budgets',
        load: (f) => ask('/campaigns/performance', period(f, { limit: 20 })),
        show: (rows) =>
            table(
                'Campaigns that sign',
                campaignTable([
                    ['Verdict', (row) => plain(row.performance_category)],
                    ['Leads', (row) => row.leads, whole],
                    ['Contracts', (row) => row.contracts, whole],
                    ['Rate', (row) => row.conversion_rate, percent],
                ]),
                rows,
            ),
    },
    {
        id: 'weekly',
        title: 'Campaigns week by week',
        note: () => 'Spend of a platform by campaign',
        choice: { label: 'Platform', options: (f) => f.advertised.map((each) => [each, name(each)]) },
        load: async (f, platform) =>
            platform ? ask(`/campaigns/${encodeURIComponent(platform)}/weekly`, { date_from: f.date_from, date_to: f.date_to, business_id: f.business }) : [],
        empty: (rows) => sum(rows, 'spend') === 0,
        chart: (rows) => {
            const weeks = [...new Set(rows.map((row) => row.week_start))].sort();
            const names = [...new Set(rows.filter((row) => row.spend > 0).map((row) => row.campaign_name))];
            return charts.columns(
                weeks.map(day),
                names.map((each) => ({
                    name: each,
                    values: weeks.map((week) =>
                        sum(
                            rows.filter((row) => row.week_start === week && row.campaign_name === each),
                            'spend',
                        ),
                    ),
                })),
                { stack: true },
            );
        },
        table: (rows) => [
            [
                ['Week', (row) => longDay(row.week_start)],
                ['Campaign', (row) => row.campaign_name],
                ['Leads', (row) => row.leads, whole],
                ['Contracts', (row) => row.contracts, whole],
                ['Spend', (row) => row.spend, whole],
                ['Cost per lead', (row) => row.cpl, whole],
            ],
            rows,
        ],
    },
];

// --- Attribution and budget

const models = ['first', 'linear', 'time_decay', 'u_shaped', 'last_paid', 'last'];
const attribution = [
    {
        id: 'models',
        title: 'Who earned the contracts',
        note: () => 'The same contracts shared out by six models',
        tall: true,
        choice: {
            label: 'By',
            options: [
                ['platform', 'Platform'],
                ['channel', 'Channel'],
                ['campaign', 'Campaign'],
            ],
        },
        load: (f, dimension) =>
            ask('/attribution', { date_from: f.date_from, date_to: f.date_to, business_id: f.business, models: models.join(','), dimension }),
        empty: (rows) => sum(rows, 'conversions') === 0,
        chart: (rows) => {
            const keys = [...new Set(rows.filter((row) => row.conversions > 0).map((row) => row.key))];
            const credit = (key, model) =>
                sum(
                    rows.filter((row) => row.key === key && row.model === model),
                    'conversions',
                );
            const ordered = keys.sort((a, b) => credit(b, 'linear') - credit(a, 'linear'));
            return charts.columns(
                models.map(plain),
                ordered.map((key, i) => ({
                    name: name(key),
                    values: models.map((model) => credit(key, model)),
                    color: charts.platformColor(key, i),
                    format: one,
                })),
                { stack: true },
            );
        },
        table: (rows) => [
            [
                ['Model', (row) => plain(row.model)],
                ['Key', (row) => name(row.key)],
                ['Contracts', (row) => row.conversions, one],
                ['Revenue', (row) => row.revenue, whole],
                ['Share', (row) => row.share_pct, percent],
            ],
            rows.filter((row) => row.conversions > 0),
        ],
    },
    {
        id: 'journeys',
        title: 'Journeys to a contract',
        note: () => 'The last four platforms before the contract; a platform met several times in a row is one, rare ones are (other)',
        tall: true,
        load: (f) => ask('/attribution/steps', { date_from: f.date_from, date_to: f.date_to, business_id: f.business }),
        empty: (rows) => sum(rows, 'conversions') === 0,
        chart: (rows) => {
            const { nodes, links } = sankey(rows);
            return charts.sankey(nodes, links, (value) => `${whole(value)} contracts`);
        },
        table: (rows) => [
            [
                ['Step', (row) => row.step, whole],
                ['From', (row) => name(row.key)],
                ['To', (row) => name(row.next_key)],
                ['Contracts', (row) => row.conversions, whole],
                ['Revenue', (row) => row.revenue, whole],
            ],
            rows.filter((row) => row.conversions > 0),
        ],
    },
    {
        id: 'forecast',
        title: 'What to expect',
        size: 'full',
        note: () => 'The next 28 days with their 90 % interval',
        choice: {
            label: 'Figure',
            options: [
                ['leads', 'Leads'],
                ['spend', 'Spend'],
                ['contracts', 'Contracts'],
                ['revenue', 'Revenue'],
            ],
        },
        load: async (f, metric) =>
            Promise.all([timeseries(f), ask('/dashboard/forecast', { metric, platforms: f.platforms.join(','), business_id: f.business, as_of: f.date_to })]),
        empty: ([, rows]) => rows.every((row) => row.forecast === null),
        chart: ([past, rows], f, metric) => {
            // Contracts and revenue are forecast by the day of signing, which is not the day of the lead: no past is drawn beside them.
            const shown = ['leads', 'spend'].includes(metric) ? past.filter((row) => row.period_start < rows[0].dt) : [];
            const pad = shown.map(() => null);
            return charts.days(
                [...shown.map((row) => row.period_start), ...rows.map((row) => row.dt)],
                [
                    ...charts.band([...pad, ...rows.map((row) => row.low)], [...pad, ...rows.map((row) => row.high)], color('orange'), 'range'),
                    ...(shown.length > 0 ? [{ name: 'so far', values: shown.map((row) => row[metric]), color: color('blue') }] : []),
                    { name: 'forecast', values: [...pad, ...rows.map((row) => row.forecast)], color: color('orange'), dashed: true },
                ],
                { legend: ['so far', 'forecast'] },
            );
        },
        table: ([, rows]) => [
            [
                ['Day', (row) => longDay(row.dt)],
                ['Forecast', (row) => row.forecast, whole],
                ['Low', (row) => row.low, whole],
                ['High', (row) => row.high, whole],
                ['Model', (row) => plain(row.model)],
            ],
            rows,
        ],
    },
    {
        id: 'curves',
        title: 'Response curves',
        note: () => 'What 30 days bring by their spend; circle: today, diamond: the plan',
        tall: true,
        load: (f) => Promise.all([plan(f), ask('/budget/curves', planned(f))]),
        empty: ([, points]) => points.length === 0,
        chart: (answers) => charts.curves(curveLines(answers), 'Spend in 30 days', outcome(answers[0])),
        table: ([rows, points]) => [
            [
                ['Campaign', (row) => row.campaign_name],
                ['Spend', (row) => row.spend, whole],
                [outcome(rows), (row) => row.response, one],
                ['Low', (row) => row.response_low, one],
                ['High', (row) => row.response_high, one],
            ],
            points,
        ],
    },
    {
        id: 'plan',
        title: 'The same budget, divided best',
        note: (f) => `For the next 30 days, in ${f.currency}; campaigns are judged as in the advice`,
        load: plan,
        empty: (rows) => !sum(rows, 'current_spend'),
        show: (rows) => table('Budget plan', ...planTable(rows)),
    },
    {
        id: 'touches',
        title: 'Touches by platform',
        size: 'full',
        note: () => 'By the platform of the event itself',
        load: (f) => ask('/funnel/platforms/touches', { start_date: f.date_from, end_date: f.date_to, business_id: f.business }),
        show: (rows) =>
            table(
                'Touches by platform',
                [
                    ['Platform', (row) => name(row.platform)],
                    ['Touches', (row) => row.events, whole],
                    ['Clients', (row) => row.clients, whole],
                    ['Contracts', (row) => row.contracts, whole],
                    ['Revenue', (row) => row.revenue, whole],
                    ['Rate', (row) => row.conversion_rate, percent],
                    ['Touches to convert', (row) => row.avg_touches, one],
                    ['Days to convert', (row) => row.avg_days_to_convert, one],
                ],
                rows,
            ),
    },
];
const planned = (f) => ({ date_to: f.date_to, platforms: f.platforms.join(','), business_id: f.business });
// What the response of a plan is.
const outcome = (rows) => ({ leads: 'Leads', contracts: 'Contracts', revenue: 'Revenue' })[rows[0]?.outcome] ?? 'Response';
function plan(f) {
    return ask('/budget/plan', planned(f));
}
function planTable(rows) {
    return [
        [
            ['Campaign', (row) => row.campaign_name ?? 'All campaigns'],
            ['Today', (row) => row.current_spend, whole],
            ['Plan', (row) => row.recommended_spend, whole],
            ['Change, %', (row) => row.change_pct, signed],
            [`${outcome(rows)} now`, (row) => row.response_now, one],
            ['Then', (row) => row.response_then, one],
        ],
        rows,
    ];
}

// The points of each curve, today's spend and the plan's on it.
function curveLines([rows, points]) {
    return rows
        .filter((row) => points.some((point) => point.campaign_id === row.campaign_id))
        .map((row) => ({
            name: row.campaign_name,
            points: points.filter((point) => point.campaign_id === row.campaign_id).map((point) => [point.spend, point.response]),
            marks: [
                [row.current_spend, row.response_now, 'circle'],
                [row.recommended_spend, row.response_then, 'diamond'],
            ],
        }));
}

// Each link leads from a key at a step to the next; all contracts are one node.
function sankey(rows) {
    const nodes = new Map();
    const node = (step, key) => {
        const isEnd = key === '(conversion)';
        const id = isEnd ? key : `${step}|${key}`;
        nodes.set(id, { name: id, shown: isEnd ? 'Contract' : name(key), itemStyle: { color: isEnd ? color('text') : charts.platformColor(key) } });
        return id;
    };
    const links = rows
        .filter((row) => row.conversions > 0 && row.step > 0)
        .map((row) => ({ source: node(row.step, row.key), target: node(row.step + 1, row.next_key), value: row.conversions }));
    return { nodes: [...nodes.values()], links };
}

// --- Customers

const customerFigures = [
    ['total_customer', 'Customers', whole],
    ['unit_per_transaction', 'Units per order', decimal],
    ['profit_per_customer', 'Profit per customer', whole],
    ['spending_per_customer', 'Spending per customer', whole],
    ['days_to_return', 'Days to return', whole],
    ['retention_rate', 'Retention', percent],
];
const buckets = [
    ['r_value_bucket_data', 'Days since the last purchase'],
    ['visits_data', 'Visits'],
    ['value_data', 'Value of a customer'],
    ['days_to_return_bucket_data', 'Days to return'],
];
const bucketOf = (row) => Object.values(row).find((value) => typeof value === 'string') ?? Object.values(row)[0];
const customersOf = (row) => row.customers ?? row.total_customer ?? Object.values(row).find((value) => typeof value === 'number');
const customerWidgets = [
    {
        id: 'customer-figures',
        title: 'Customers',
        size: 'full',
        bare: true,
        load: customers,
        empty: () => false,
        show: ({ kpi }) => tiles(customerFigures.map(([key, label, format]) => ({ key, label, raw: kpi[key], value: format(kpi[key]) }))),
    },
    {
        id: 'segments',
        title: 'Segments',
        note: () => 'Area: customers; the stronger the colour, the more revenue a customer brought',
        tall: true,
        load: (f) => ask('/customers/segments', { as_of: f.date_to, business_id: f.business }),
        empty: (rows) => sum(rows, 'customers') === 0,
        chart: (rows, f) => {
            // By the logarithm, since a few segments bring most of the money.
            const worth = rows.map((row) => Math.log(Math.max(ratio(row.revenue, row.customers) ?? 1, 1)));
            const [low, high] = [Math.min(...worth), Math.max(...worth)];
            return charts.treemap(
                rows.map((row, i) => {
                    const share = high > low ? (worth[i] - low) / (high - low) : 0.5;
                    return {
                        name: row.segment,
                        value: row.customers,
                        revenue: row.revenue,
                        itemStyle: { color: charts.shade(share) },
                        label: { color: charts.inkOn(share) },
                    };
                }),
                (part) => `${part.name}: ${whole(part.value)} customers, ${whole(part.revenue)} ${f.currency}`,
            );
        },
        table: (rows) => [
            [
                ['Segment', (row) => row.segment],
                ['Customers', (row) => row.customers, whole],
                ['Share', (row) => row.share_pct, percent],
                ['Revenue', (row) => row.revenue, whole],
                ['Share of revenue', (row) => row.revenue_pct, percent],
                ['Days since last purchase', (row) => row.median_recency_days, whole],
            ],
            rows,
        ],
    },
    {
        id: 'cohorts',
        title: 'Who buys again',
        note: () => 'Percent of the customers of a quarter who bought in the quarters after; ~ has not ended',
        tall: true,
        load: (f) => ask('/customers/cohorts', { grain: 'quarter', as_of: f.date_to, business_id: f.business }),
        empty: (rows) => !rows.some((row) => row.k > 0),
        chart: (rows) => {
            const quarter = (iso) => `${iso.slice(0, 4)} Q${Math.ceil(Number(iso.slice(5, 7)) / 3)}`;
            const first = [...new Set(rows.filter((row) => row.k > 0).map((row) => row.cohort))].sort().slice(-14);
            const later = rows.filter((row) => row.k > 0 && first.includes(row.cohort));
            const most = Math.max(...later.map((row) => row.k), 1);
            return charts.heat(
                Array.from({ length: most }, (_, i) => `+${i + 1}`),
                first.map(quarter),
                later.map((row) => [row.k - 1, first.indexOf(row.cohort), row.retention * 100, `${whole(row.retention * 100)}${row.is_partial ? '~' : ''}`]),
                ([k, at, value]) => `${quarter(first[at])}, ${k + 1} quarters later: ${one(value)} %`,
            );
        },
        table: (rows) => [
            [
                ['Cohort', (row) => longDay(row.cohort)],
                ['Quarters later', (row) => row.k, whole],
                ['Customers', (row) => row.size, whole],
                ['Bought', (row) => row.customers, whole],
                ['Retention, %', (row) => row.retention * 100, one],
            ],
            rows,
        ],
    },
    ...buckets.map(([key, title]) => ({
        id: key.replaceAll('_', '-'),
        title,
        size: 'quarter',
        low: true,
        load: async (f) => (await customers(f))[key] ?? [],
        empty: (rows) => rows.every((row) => !customersOf(row)),
        chart: (rows) => charts.columns(rows.map(bucketOf), [{ name: 'customers', values: rows.map(customersOf), color: color('green') }], { rotate: 40 }),
        table: (rows) => [
            [
                [title, bucketOf],
                ['Customers', customersOf, whole],
            ],
            rows,
        ],
    })),
    {
        id: 'years',
        title: 'New and returning customers by fiscal year',
        size: 'full',
        load: async (f) => (await customers(f)).fiscal_year_data ?? [],
        show: (rows) =>
            table(
                'New and returning customers',
                [
                    ['Fiscal year', (row) => row.fiscal_year],
                    ['Customers', (row) => row.total_customer, whole],
                    ['New', (row) => row.new_customers, whole],
                    ['Returning', (row) => row.returning_customers, whole],
                    ['New, %', (row) => row.new_customer_pct, one],
                    ['Returning, %', (row) => row.old_customer_pct, one],
                ],
                rows,
            ),
    },
];

// --- Content

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const contentWidgets = [
    {
        id: 'content-figures',
        title: 'Content',
        size: 'full',
        bare: true,
        load: (f) => content('overview', f, { days: Math.min(f.days, 365) }),
        empty: () => false,
        show: (row) =>
            tiles([
                { key: 'total_posts', label: 'Posts', raw: row.total_posts, value: whole(row.total_posts) },
                { key: 'total_reach', label: 'Views', raw: row.total_reach, value: whole(row.total_reach) },
                { key: 'total_engagement', label: 'Engagement', raw: row.total_engagement, value: whole(row.total_engagement) },
                { key: 'avg_engagement_rate', label: 'Engagement rate', raw: row.avg_engagement_rate, value: percent(row.avg_engagement_rate) },
                { key: 'growth_rate', label: 'Growth', raw: row.growth_rate, value: row.growth_rate === null ? '–' : `${signed(row.growth_rate)} %` },
                { key: 'top_platform', label: 'Strongest platform', raw: row.top_platform, value: row.top_platform ? name(row.top_platform) : '–' },
            ]),
    },
    {
        id: 'content-trend',
        title: 'Engagement per day',
        note: () => 'Likes, shares and comments, of posts of any age',
        load: (f) => content('trends', f, contentDays(f)),
        empty: (rows) => sum(rows, 'engagement') === 0,
        chart: (rows) =>
            charts.days(
                rows.map((row) => row.dt),
                [
                    { name: 'likes', values: rows.map((row) => row.likes), stack: 'all', color: color('blue'), area: 0.5 },
                    { name: 'shares', values: rows.map((row) => row.shares), stack: 'all', color: color('orange'), area: 0.5 },
                    { name: 'comments', values: rows.map((row) => row.comments), stack: 'all', color: color('green'), area: 0.5 },
                ],
            ),
        table: (rows) => [
            [
                ['Day', (row) => longDay(row.dt)],
                ['Posts', (row) => row.posts, whole],
                ['Views', (row) => row.views, whole],
                ['Engagement', (row) => row.engagement, whole],
                ['Rate', (row) => row.engagement_rate, percent],
            ],
            rows,
        ],
    },
    {
        id: 'hours',
        title: 'Hour and weekday of publishing',
        note: () => 'Engagement rate in percent, all posts; few posts in a field say little',
        load: (f) => content('hours', { ...f, date_to: undefined }),
        chart: (rows) => {
            const hours = [...new Set(rows.map((row) => row.hour))].sort((a, b) => a - b);
            return charts.heat(
                hours.map((hour) => `${String(hour).padStart(2, '0')}:00`),
                weekdays,
                rows.map((row) => [hours.indexOf(row.hour), row.weekday - 1, row.engagement_rate ?? 0, one(row.engagement_rate), row.posts]),
                ([hour, at, value, , posts]) => `${weekdays[at]} ${hours[hour]}:00: ${decimal(value)} %, ${posts} posts`,
                Math.min(...rows.map((row) => row.engagement_rate ?? 0)) * 0.8,
            );
        },
        table: (rows) => [
            [
                ['Weekday', (row) => weekdays[row.weekday - 1]],
                ['Hour', (row) => row.hour, whole],
                ['Posts', (row) => row.posts, whole],
                ['Views', (row) => row.views, whole],
                ['Rate', (row) => row.engagement_rate, percent],
            ],
            rows,
        ],
    },
    {
        id: 'ranking',
        title: 'How much better than usual',
        note: () => 'Times the usual engagement rate, 90 % interval; green stands out beyond chance',
        choice: {
            label: 'By',
            options: [
                ['hour', 'Hour'],
                ['weekday', 'Weekday'],
                ['content_type', 'Type'],
                ['platform', 'Platform'],
                ['hashtag', 'Hashtag'],
                ['author', 'Author'],
            ],
        },
        load: (f, dimension) => content('ranking', f, { dimension }),
        empty: (rows) => rows.every((row) => row.lift === null),
        chart: (rows) =>
            charts.intervals(
                rows.slice(0, 12).map((row) => ({ name: name(row.subject), value: row.lift, low: row.low, high: row.high, marked: row.stands_out })),
                { name: 'lift', neutral: 1, format: decimal },
            ),
        table: (rows) => [
            [
                ['Subject', (row) => row.subject],
                ['Posts', (row) => row.n, whole],
                ['Lift', (row) => row.lift, decimal],
                ['Low', (row) => row.low, decimal],
                ['High', (row) => row.high, decimal],
            ],
            rows,
        ],
    },
    {
        id: 'content-platforms',
        title: 'Platforms',
        note: () => 'Engagement',
        load: (f) => content('platforms', f, contentDays(f)),
        empty: (rows) => sum(rows, 'engagement') === 0,
        chart: (rows) =>
            charts.bars(
                rows.map((row) => name(row.platform)),
                [{ name: 'engagement', values: rows.map((row) => row.engagement), color: color('blue') }],
            ),
        table: (rows) => [
            [
                ['Platform', (row) => name(row.platform)],
                ['Posts', (row) => row.posts, whole],
                ['Views', (row) => row.views, whole],
                ['Engagement', (row) => row.engagement, whole],
                ['Rate', (row) => row.engagement_rate, percent],
            ],
            rows,
        ],
    },
    {
        id: 'insights',
        title: 'What stands out',
        load: (f) => content('insights', f),
        nothing: 'There are no posts.',
        show: (rows) =>
            list(rows, (row) => [
                undefined,
                `${plain(row.kind).replace(/^./, (letter) => letter.toUpperCase())}${row.subject ? `: ${name(row.subject)}` : ''}`,
                row.text,
            ]),
    },
    {
        id: 'posts',
        title: 'Best posts',
        note: () => 'By all the engagement that they have earned',
        load: (f) => content('content', f, { limit: 12, platforms: f.platforms.filter((each) => f.content_platforms?.includes(each)).join(',') }),
        show: (rows) =>
            table(
                'Best posts',
                [
                    ['Post', (row) => row.title ?? row.content_id],
                    ['Platform', (row) => name(row.platform)],
                    ['Views', (row) => row.views, whole],
                    ['Engagement', (row) => (row.likes ?? 0) + (row.shares ?? 0) + (row.comments ?? 0), whole],
                    ['Rate', (row) => row.engagement_rate, percent],
                ],
                rows,
            ),
    },
];

export const views = [
    { id: 'overview', title: 'Overview', widgets: overview },
    { id: 'campaigns', title: 'Campaigns', widgets: campaigns },
    { id: 'attribution', title: 'Attribution and budget', widgets: attribution },
    { id: 'customers', title: 'Customers', widgets: customerWidgets },
    { id: 'content', title: 'Content', widgets: contentWidgets },
];
