// The table of routes: path, kind of answer (one row, many rows, one document, a page of HTML), SQL. A parameter stands in the SQL as :name and in `parameters`
// with its type; it comes from the path or the query. Adding a route is adding a line.
'use strict';

const day = (description) => ({ type: 'date', description });
const parameters = {
    date_from: day('First day of the period'),
    date_to: day('Last day of the period, inclusive'),
    start_date: day('First day of the period'),
    end_date: day('Last day of the period, inclusive'),
    as_of: day('The answer as of this day; the last complete day of the data if left out'),
    platforms: { type: 'text[]', description: 'Platforms or families, divided by commas; all if left out' },
    platform: { type: 'text', description: 'A platform or a family' },
    limit: { type: 'int', description: 'How many rows at most' },
    granularity: { type: 'text', value: 'day', description: 'day, week, month, quarter or year' },
    compare: { type: 'text', value: 'none', description: 'none, previous_period or previous_year' },
    min_leads: { type: 'int', value: 3, description: 'Campaigns with fewer leads are left out' },
    baseline_days: { type: 'int', value: 30, description: 'How many days before the period to compare with' },
    days: { type: 'int', value: 30, description: 'How many days' },
    business_id: { type: 'bigint', description: 'One of the businesses of the token' },
    after_event: { type: 'text', description: 'The event_key of the last row of the page before' },
    after_contract: { type: 'text', description: 'The contract_key of the last row of the page before' },
    with_total: { type: 'boolean', value: false, description: 'Whether total_rows counts the rows of all pages' },
    customer_mobile: { type: 'text', description: 'By its digits' },
    customer_name: { type: 'text', description: 'A part of the name' },
    r_value_bucket: { type: 'text', description: 'A label of r_value_bucket_data' },
    f_value_bucket: { type: 'text', description: 'A label of visits_data' },
    m_value_bucket: { type: 'text', description: 'A label of value_data' },
    models: { type: 'text[]', value: ['last_paid'], description: 'Models of attribution, divided by commas' },
    dimension: { type: 'text', value: 'platform', description: 'What is credited or ranked' },
    metric: { type: 'text', value: 'leads', description: 'Which figure' },
    outcome: { type: 'text', value: 'auto', values: ['auto', 'leads', 'contracts', 'revenue'], description: 'What counts; auto: as in the advice' },
    horizon: { type: 'int', value: 28, description: 'How many days to come' },
    grain: { type: 'text', value: 'quarter', description: 'day, week, month, quarter or year' },
    kind: { type: 'text', values: ['overview', 'attribution', 'customers', 'content'], description: 'Which report' },
    scheme: { type: 'text', value: 'rf10', description: 'Which rules name the segments' },
};

const bounds = `
    SELECT b.business_id, (analytics.settings(b.business_id)).currency, min(d.first_day) AS first_day, max(d.last_day) AS last_day,
           max(d.last_day) FILTER (WHERE d.kind = 'ads') AS last_day_of_ads,
           EXISTS (SELECT FROM warehouse.settings s WHERE s.business_id = b.business_id) AS known
    FROM unnest(string_to_array(current_setting('analytics.business_id'), ',')::bigint[]) b (business_id)
    LEFT JOIN analytics.date_bounds() d ON d.business = b.business_id AND d.kind IN ('leads', 'contracts', 'ads')
    GROUP BY b.business_id
    ORDER BY b.business_id`;

const platforms = `
    SELECT p.platform, p.label, p.family, p.family_label, sum(p.leads) AS leads, sum(p.spend) AS spend
    FROM analytics.platform_list() p
    WHERE p.first_day IS NOT NULL
    GROUP BY p.platform, p.label, p.family, p.family_label
    ORDER BY sum(p.leads) DESC, p.platform`;

// Other names that such services have for the same answers.
const otherNames = {
    '/sales/share-platforms': ['/sales/share/platforms'],
    '/sales/reco-budget': ['/sales/reco/budget'],
    '/campaigns/metrics-trend': ['/campaigns/metrics/trend'],
    '/funnel/events': ['/events/funnel'],
    '/funnel/contracts': ['/contracts/multi-touch'],
    '/funnel/platforms/touches': ['/platforms/touches'],
    '/funnel/platforms/contracts': ['/platforms/contracts'],
    '/funnel/campaigns/{platform}': ['/campaigns/{platform}/funnel'],
    '/funnel/summary': ['/summary', '/summary/prod'],
};

const routes = [
    // As docs/migration.md has them.
    ['/dashboard/kpi', 'row', 'SELECT * FROM analytics.kpi(:date_from, :date_to, :platforms)'],
    ['/dashboard/trend/leads', 'rows', 'SELECT * FROM analytics.trend_leads(:date_from, :date_to, :platforms)'],
    ['/dashboard/trend/spend', 'rows', 'SELECT * FROM analytics.trend_spend(:date_from, :date_to, :platforms)'],
    ['/sales/campaigns', 'rows', 'SELECT * FROM analytics.campaigns(:date_from, :date_to, :platforms, :limit, include_unassigned => false)'],
    ['/sales/share-platforms', 'rows', 'SELECT * FROM analytics.share_platforms(:date_from, :date_to, :platforms)'],
    ['/sales/utm-sources', 'rows', 'SELECT * FROM analytics.utm_sources(:date_from, :date_to, :platforms, :limit)'],
    ['/sales/paid-split', 'rows', 'SELECT * FROM analytics.paid_split_platforms(:date_from, :date_to, :platforms)'],
    ['/sales/reco-budget', 'rows', 'SELECT * FROM analytics.reco_budget(:date_from, :date_to, :limit, :platforms)'],
    ['/campaigns/wow', 'rows', 'SELECT * FROM analytics.campaigns_wow(:date_from, :date_to, :platforms, :limit)'],
    ['/campaigns/scatter', 'rows', 'SELECT * FROM analytics.scatter_matrix(:date_from, :date_to, :platforms, :limit, :min_leads)'],
    ['/campaigns/anomalies', 'rows', 'SELECT * FROM analytics.anomalies(:date_from, :date_to, :platforms, :limit, :baseline_days)'],
    ['/campaigns/performance', 'rows', 'SELECT * FROM analytics.campaign_performance(:date_from, :date_to, :limit, :platforms)'],
    ['/campaigns/metrics-trend', 'rows', 'SELECT * FROM analytics.metrics_trend(:date_from, :date_to, :platforms)'],
    ['/funnel/events', 'rows', 'SELECT * FROM analytics.events_funnel(:start_date, :end_date, :platform, :limit, :after_event, with_total => :with_total)'],
    [
        '/funnel/contracts',
        'rows',
        'SELECT * FROM analytics.contracts_multi_touch(:start_date, :end_date, :limit, after_contract => :after_contract, with_total => :with_total)',
    ],
    ['/funnel/platforms/touches', 'rows', 'SELECT * FROM analytics.platforms_touches(:start_date, :end_date)'],
    ['/funnel/platforms/contracts', 'rows', 'SELECT * FROM analytics.platforms_contracts(:start_date, :end_date)'],
    ['/funnel/campaigns/{platform}', 'rows', 'SELECT * FROM analytics.campaign_funnel(:platform, :start_date, :end_date)'],
    ['/funnel/summary', 'row', 'SELECT * FROM analytics.summary()'],
    ['/campaigns/{platform}/weekly', 'rows', 'SELECT * FROM analytics.campaigns_weekly(:platform, :date_from, :date_to)'],
    [
        '/contracts/enriched',
        'rows',
        'SELECT * FROM analytics.contracts_enriched(:start_date, :end_date, :platform, :limit, after_contract => :after_contract, with_total => :with_total)',
    ],
    ['/analytics/overview/{business_id}', 'row', 'SELECT * FROM analytics.content_overview(:business_id, :days, :as_of)'],
    ['/analytics/content/{business_id}', 'rows', 'SELECT * FROM analytics.content_performance(:business_id, :limit, as_of => :as_of, platforms => :platforms)'],
    ['/analytics/platforms/{business_id}', 'rows', 'SELECT * FROM analytics.content_platforms(:business_id, :days, :as_of)'],
    ['/analytics/trends/{business_id}', 'rows', 'SELECT * FROM analytics.content_trends(:business_id, :days, :as_of)'],
    ['/analytics/insights/{business_id}', 'rows', 'SELECT * FROM analytics.content_insights(:business_id, as_of => :as_of)'],
    [
        '/customers/dashboard',
        'document',
        'SELECT analytics.customer_dashboard(:start_date, :end_date, :customer_mobile, :customer_name, :r_value_bucket, :f_value_bucket, :m_value_bucket)',
    ],

    // What the dashboard in examples/dashboard asks for besides.
    ['/businesses', 'rows', bounds, 'The businesses of the token, their currency and the days that they have figures of'],
    ['/platforms', 'rows', platforms, 'The platforms that have figures, with their families'],
    ['/dashboard/timeseries', 'rows', 'SELECT * FROM analytics.kpi_timeseries(:date_from, :date_to, :granularity, :platforms, :compare)'],
    ['/metrics', 'rows', 'SELECT * FROM analytics.metric_catalogue()'],
    ['/dashboard/expectation', 'rows', 'SELECT * FROM analytics.metric_expectation(:metric, :date_from, :date_to, :platforms)'],
    ['/dashboard/forecast', 'rows', 'SELECT * FROM analytics.forecast_metric(:metric, :horizon, platforms => :platforms, as_of => :as_of)'],
    ['/attribution', 'rows', 'SELECT * FROM analytics.attribution(:date_from, :date_to, :models, :dimension, platforms => :platforms)'],
    ['/attribution/paths', 'rows', "SELECT * FROM analytics.top_paths(:date_from, :date_to, :dimension, transform => 'exposure', row_limit => :limit)"],
    ['/attribution/steps', 'rows', 'SELECT * FROM analytics.journey_steps(:date_from, :date_to, :dimension)'],
    ['/dashboard/maturity', 'rows', 'SELECT * FROM analytics.maturity(:date_from, :date_to, :platforms)'],
    ['/budget/plan', 'rows', 'SELECT * FROM analytics.budget_plan(date_to => :date_to, metric => :outcome, platforms => :platforms)'],
    ['/budget/curves', 'rows', 'SELECT * FROM analytics.budget_curves(date_to => :date_to, metric => :outcome, platforms => :platforms)'],
    ['/customers/segments', 'rows', 'SELECT * FROM analytics.rfm_summary(:as_of, :scheme)'],
    ['/customers/cohorts', 'rows', 'SELECT * FROM analytics.cohorts(:grain, until => :as_of)'],
    ['/reports/{kind}', 'page', 'SELECT analytics.report(:kind, :date_from, :date_to)'],
    ['/analytics/ranking/{business_id}', 'rows', 'SELECT * FROM analytics.content_ranking(:dimension, :business_id, as_of => :as_of)'],
    ['/analytics/hours/{business_id}', 'rows', 'SELECT * FROM analytics.content_hours(:business_id, as_of => :as_of)'],
].map(([path, kind, sql, comment]) => compile({ path, kind, sql, comment }));

// The route of a path, and what its placeholders are; a version in it makes no difference: /sales/v5/campaigns.
function routeOf(pathname) {
    const plain = pathname.replace(/\/v\d+(?=\/)/, '');
    for (const route of routes) {
        for (const pattern of route.patterns) {
            const match = pattern.exec(plain);
            if (match) return [route, match];
        }
    }
    return undefined;
}

// From SQL with :names to SQL with $1, $2 ..., each cast to its type; '::' is a cast and no parameter.
function compile(route) {
    const names = [];
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const text = route.sql.replace(/(?<!:):([a-z_]+)/g, (_, name) => {
        if (!names.includes(name)) names.push(name);
        return `$${names.indexOf(name) + 1}::${parameters[name].type}`;
    });
    const body = {
        row: `SELECT row_to_json(r)::text AS body FROM (${text}) r`,
        rows: `SELECT coalesce(json_agg(r.*), '[]')::text AS body FROM (${text}) r`,
        document: `SELECT (${text})::text AS body`,
        page: `SELECT (${text}) AS body`,
    }[route.kind];
    const patterns = [route.path, ...(otherNames[route.path] ?? [])].map((path) => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`));
    const source = route.comment ? undefined : /analytics\.(\w+)\(/.exec(route.sql)[1];
    return { ...route, names, inPath, text, body, patterns, function: source };
}

const failure = (message, hint) => Object.assign(new Error(message), { status: 400, hint });

// The values of a route's parameters, in order. What comes twice, or is not a parameter, is a mistake of the caller's.
function valuesOf(route, match, query) {
    for (const name of new Set(query.keys())) {
        if (name !== 'business_id' && !(route.names.includes(name) && !route.inPath.includes(name))) {
            throw failure(`unknown parameter: ${name}`, `Known here: ${route.names.join(', ') || 'none'}`);
        }
        if (query.getAll(name).length > 1 && !parameters[name].type.endsWith('[]')) {
            throw failure(`parameter given twice: ${name}`);
        }
    }
    return route.names.map((name) => {
        const { type, value, values } = parameters[name];
        const texts = match.groups?.[name] === undefined ? query.getAll(name) : [match.groups[name]];
        const given = texts.join(',') || String(value ?? '');
        if (given === '') return null;
        if (values && !values.includes(given)) throw failure(`${name} is none of ${values.join(', ')}: ${given}`);
        return type.endsWith('[]') ? given.split(',') : given;
    });
}

module.exports = { routes, otherNames, routeOf, parameters, valuesOf };
