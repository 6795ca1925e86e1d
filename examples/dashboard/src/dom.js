// Elements from text alone: nothing that the data says is markup.
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === undefined || value === false) continue;
        if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
        else made.setAttribute(key, value === true ? '' : value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== null));
    return made;
}

// columns: [heading, value of a row, format]; texts to the left, figures to the right.
export function table(caption, columns, rows) {
    const cell = (row, [heading, value, format]) => {
        const found = value(row);
        return element('td', { class: format ? 'number' : 'text', 'data-column': heading }, format ? format(found) : String(found ?? '–'));
    };
    return element(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
        element(
            'table',
            {},
            element('caption', { class: 'hidden' }, caption),
            element(
                'thead',
                {},
                element('tr', {}, ...columns.map(([heading, , format]) => element('th', { scope: 'col', class: format ? 'number' : undefined }, heading))),
            ),
            element('tbody', {}, ...rows.map((row) => element('tr', {}, ...columns.map((column) => cell(row, column))))),
        ),
    );
}

export function tiles(items) {
    return element(
        'dl',
        { class: 'tiles' },
        ...items.map((item) =>
            element(
                'div',
                { class: 'tile', 'data-figure': item.key },
                element('dt', {}, item.label),
                element('dd', { class: 'value', 'data-value': item.raw ?? '' }, item.value),
                item.change && element('dd', { class: `change ${item.verdict ?? ''}` }, item.change),
                item.more && element('dd', { class: 'more' }, item.more),
                item.line?.some(Boolean) && element('dd', { 'aria-hidden': 'true' }, sparkline(item.line, item.finished ?? item.line.length)),
            ),
        ),
    );
}

// From the index `finished` on the figures will still grow: that part is dotted.
function sparkline(values, finished) {
    const space = 'http://www.w3.org/2000/svg';
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const points = values.map(
        (value, i) => `${((i / Math.max(values.length - 1, 1)) * 200).toFixed(1)},${(31 - (high > low ? (value - low) / (high - low) : 0) * 28).toFixed(1)}`,
    );
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 200 34');
    svg.setAttribute('preserveAspectRatio', 'none');
    const line = (part, more) => {
        const made = document.createElementNS(space, 'polyline');
        const attributes = { points: part.join(' '), fill: 'none', stroke: 'var(--blue)', 'stroke-width': 2, 'vector-effect': 'non-scaling-stroke', ...more };
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        return made;
    };
    svg.append(line(points.slice(0, finished)), line(points.slice(Math.max(finished - 1, 0)), { 'stroke-dasharray': '2 3', opacity: 0.7 }));
    return svg;
}
