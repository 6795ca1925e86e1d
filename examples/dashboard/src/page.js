// The page: filters, five views of widgets, and the states of each widget: loading, ready, empty, error.
import { ask, forget, takeToken } from './client.js';
import { clear, draw } from './charts.js';
import { element, table } from './dom.js';
import { addDays, daysBetween, firstOfMonth, learnNames, longDay, name, yearBefore } from './format.js';
import { views } from './widgets.js';

const $ = (id) => document.getElementById(id);

// --- Filters. Presets end on the last day that has figures, at the latest yesterday or today.
const presets = {
    last_7: ['Last 7 days', (end) => [addDays(end, -6), end]],
    last_30: ['Last 30 days', (end) => [addDays(end, -29), end]],
    last_90: ['Last 90 days', (end) => [addDays(end, -89), end]],
    month: ['This month', (end) => [firstOfMonth(end), end]],
    month_before: ['The month before', (end) => [firstOfMonth(end, -1), addDays(firstOfMonth(end), -1)]],
    year: ['A year', (end) => [addDays(yearBefore(end), 1), end]],
    custom: ['Other days', undefined],
};
const filters = { preset: 'last_30', compare: 'previous_period', platforms: [] };
let businesses = [];
let platforms = [];

function setBusiness() {
    const seen = filters.business ? businesses.filter((each) => String(each.business_id) === filters.business) : businesses;
    const today = new Date().toISOString().slice(0, 10);
    const last =
        seen
            .map((each) => each.last_day)
            .filter(Boolean)
            .sort()
            .pop() ?? today;
    filters.end = last < today ? last : today;
    filters.first_business = seen[0]?.business_id;
    filters.known = seen[0]?.known;
    filters.currency = seen[0]?.currency ?? '';
}
function setPeriod() {
    const range = presets[filters.preset][1];
    if (range) [filters.date_from, filters.date_to] = range(filters.end);
    filters.days = daysBetween(filters.date_from, filters.date_to) + 1;
}

const stored = ['preset', 'date_from', 'date_to', 'compare', 'platforms', 'business'];
function readAddress() {
    const given = new URLSearchParams(location.search);
    for (const key of stored.filter((each) => given.has(each))) filters[key] = key === 'platforms' ? given.get(key).split(',').filter(Boolean) : given.get(key);
    if (!presets[filters.preset] || (filters.preset === 'custom' && !(filters.date_from && filters.date_to))) filters.preset = 'last_30';
}
function writeAddress() {
    const kept = stored.filter((key) => filters[key]?.length > 0 && (filters.preset === 'custom' || !key.startsWith('date_')));
    history.replaceState(null, '', `?${new URLSearchParams(kept.map((key) => [key, String(filters[key])]))}${location.hash}`);
}

function showFilters() {
    $('preset').value = filters.preset;
    $('date_from').value = filters.date_from;
    $('date_to').value = filters.date_to;
    $('compare').value = filters.compare;
    $('platforms').querySelector('summary').textContent = filters.platforms.length === 0 ? 'All platforms' : filters.platforms.map(name).join(', ');
    for (const box of $('platforms').querySelectorAll('input')) box.checked = filters.platforms.includes(box.value);
    document.title = `Marketing overview, ${longDay(filters.date_from)} to ${longDay(filters.date_to)}`;
}

function fillFilters() {
    $('preset').append(...Object.entries(presets).map(([key, [label]]) => element('option', { value: key }, label)));
    const families = [...new Set(platforms.map((each) => each.family).filter(Boolean))].filter((family) => !platforms.some((each) => each.platform === family));
    const box = (value) => element('label', {}, element('input', { type: 'checkbox', value }), name(value));
    $('platforms')
        .querySelector('fieldset')
        .append(...families.map(box), ...platforms.map((each) => box(each.platform)));
    $('business').append(
        element('option', { value: '' }, 'All'),
        ...businesses.map((each) => element('option', { value: each.business_id }, `${each.business_id} (${each.currency})`)),
    );
    $('business_label').hidden = businesses.length < 2;
    // Money of different currencies is not added up.
    if (new Set(businesses.map((each) => each.currency)).size > 1) {
        $('business').firstElementChild.remove();
        filters.business ??= String(businesses[0].business_id);
    }
    $('business').value = filters.business ?? '';
    filters.advertised = platforms.filter((each) => each.spend > 0).map((each) => each.platform);
}

function changed() {
    setBusiness();
    setPeriod();
    showFilters();
    writeAddress();
    forget();
    show();
}
$('filters').addEventListener('submit', (event) => event.preventDefault());
$('filters').addEventListener('change', (event) => {
    const { id, value } = event.target;
    if (id === 'date_from' || id === 'date_to') {
        if (!value) return;
        filters[id] = value;
        filters.preset = 'custom';
        // A period ends no sooner than it begins.
        if (filters.date_from > filters.date_to) filters[id === 'date_from' ? 'date_to' : 'date_from'] = value;
    } else if (event.target.type === 'checkbox') {
        filters.platforms = [...$('platforms').querySelectorAll('input:checked')].map((box) => box.value);
    } else {
        filters[id] = value || undefined;
    }
    changed();
});
$('platforms').addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    $('platforms').open = false;
    $('platforms').querySelector('summary').focus();
});
document.addEventListener('click', (event) => {
    if (!$('platforms').contains(event.target)) $('platforms').open = false;
});

// --- Views and widgets
const current = () => views.find((view) => `#${view.id}` === location.hash) ?? views[0];
const choices = new Map();
const asTable = new Set();

function show() {
    // Before the filters are known there is nothing to ask for.
    if (!filters.date_from || businesses.length === 0) return;
    const view = current();
    clear($('main'));
    $('pages').replaceChildren(...views.map((each) => element('a', { href: `#${each.id}`, 'aria-current': each === view ? 'page' : undefined }, each.title)));
    $('main').replaceChildren(element('h2', { class: 'hidden' }, view.title), element('div', { class: 'grid' }, ...view.widgets.map(card)));
}

function card(widget) {
    const body = element('div', { class: 'body' });
    const tools = element('div', { class: 'tools' });
    const made = element(
        'section',
        { class: `card ${widget.size ?? ''} ${widget.bare ? 'figures' : ''}`, id: widget.id, 'aria-labelledby': `${widget.id}-title` },
        element('div', { class: widget.bare ? 'hidden' : 'head' }, element('h3', { id: `${widget.id}-title` }, widget.title), tools),
        widget.note && widget.note(filters) ? element('p', { class: 'note' }, widget.note(filters)) : undefined,
        body,
    );
    if (widget.choice) tools.append(chooser(widget, () => fill(widget, made, body)));
    if (widget.chart) tools.append(switcher(widget, () => fill(widget, made, body)));
    fill(widget, made, body);
    return made;
}
function chooser(widget, again) {
    const options = typeof widget.choice.options === 'function' ? widget.choice.options(filters) : widget.choice.options;
    if (!choices.has(widget.id) && options.length > 0) choices.set(widget.id, options[0][0]);
    const select = element(
        'select',
        {
            'aria-label': `${widget.choice.label}: ${widget.title}`,
            onchange: (event) => {
                choices.set(widget.id, event.target.value);
                event.stopPropagation();
                again();
            },
        },
        ...options.map(([value, label]) => element('option', { value }, label)),
    );
    select.value = choices.get(widget.id) ?? '';
    return select;
}
function switcher(widget, again) {
    return element(
        'button',
        {
            type: 'button',
            'aria-pressed': String(asTable.has(widget.id)),
            'aria-label': `${widget.title} as a table`,
            onclick: (event) => {
                if (!asTable.delete(widget.id)) asTable.add(widget.id);
                event.currentTarget.setAttribute('aria-pressed', String(asTable.has(widget.id)));
                again();
            },
        },
        'Table',
    );
}

const stateOf = (text, kind, ...more) =>
    element('div', { class: `state ${kind}`, role: kind === 'error' ? 'alert' : undefined }, element('div', {}, text), ...more);

const turns = new WeakMap();
async function fill(widget, made, body) {
    // An answer that comes after a later question is not shown.
    const turn = (turns.get(made) ?? 0) + 1;
    turns.set(made, turn);
    made.dataset.state = 'loading';
    made.setAttribute('aria-busy', 'true');
    if (!body.hasChildNodes()) body.append(stateOf(widget.bare ? '' : 'Loading …', 'loading'));
    let state = 'ready';
    try {
        const choice = choices.get(widget.id);
        const data = await widget.load(filters, choice);
        if (turns.get(made) !== turn) return;
        const isEmpty = data === undefined || (widget.empty ?? ((rows) => rows.length === 0))(data);
        clear(made);
        if (isEmpty) {
            state = 'empty';
            body.replaceChildren(stateOf(widget.nothing ?? 'No figures in this period.', 'empty'));
        } else if (widget.show) {
            body.replaceChildren(widget.show(data, filters, choice));
        } else if (asTable.has(widget.id)) {
            body.replaceChildren(table(widget.title, ...widget.table(data, filters, choice)));
        } else {
            const picture = element('div', {
                class: `chart ${widget.tall ? 'tall' : ''} ${widget.low ? 'low' : ''}`,
                role: 'img',
                'aria-label': `${widget.title}. The button Table shows the figures.`,
            });
            body.replaceChildren(picture);
            draw(picture, widget.chart(data, filters, choice));
        }
    } catch (error) {
        if (error.name === 'AbortError' || turns.get(made) !== turn) return;
        state = 'error';
        clear(made);
        body.replaceChildren(
            stateOf(
                error.message,
                'error',
                error.hint && element('div', {}, error.hint),
                element('button', { type: 'button', onclick: () => fill(widget, made, body) }, 'Try again'),
            ),
        );
        if (!error.status && !/service/.test(error.message)) console.error(error);
    }
    made.dataset.state = state;
    made.setAttribute('aria-busy', 'false');
}

// --- Light and dark: as the system has it, until somebody chooses.
const dark = matchMedia('(prefers-color-scheme: dark)');
function theme(chosen) {
    const found = chosen ?? sessionStorage.getItem('theme') ?? (dark.matches ? 'dark' : 'light');
    if (chosen) sessionStorage.setItem('theme', chosen);
    document.documentElement.dataset.theme = found;
    $('theme').textContent = found === 'dark' ? 'Light' : 'Dark';
}
$('theme').addEventListener('click', () => {
    theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    show();
});
dark.addEventListener('change', () => {
    theme();
    show();
});
window.addEventListener('hashchange', () => {
    if (new URLSearchParams(location.hash.slice(1)).has('token')) location.reload();
    show();
    $('main').focus();
});

async function begin() {
    takeToken();
    theme();
    readAddress();
    try {
        [businesses, platforms] = await Promise.all([ask('/businesses'), ask('/platforms')]);
    } catch (error) {
        const help = error.status === 401 ? 'This page needs a token: open the address that was given to you, which ends with #token=…' : error.message;
        $('main').replaceChildren(stateOf(help, 'error', element('button', { type: 'button', onclick: () => location.reload() }, 'Try again')));
        return;
    }
    learnNames(platforms);
    fillFilters();
    const last = businesses
        .map((each) => each.last_day)
        .filter(Boolean)
        .sort()
        .pop();
    $('freshness').textContent = last ? `Figures up to ${longDay(last)}` : 'There are no figures yet';
    changed();
}
begin();
