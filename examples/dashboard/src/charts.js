// Options of ECharts for the kinds of pictures that the page has, in the colours of the style sheet.
import * as echarts from 'echarts/core';
import { BarChart, HeatmapChart, LineChart, SankeyChart, ScatterChart, TreemapChart, CustomChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { day, short, whole } from './format.js';

echarts.use([
    BarChart,
    HeatmapChart,
    LineChart,
    SankeyChart,
    ScatterChart,
    TreemapChart,
    CustomChart,
    AriaComponent,
    GridComponent,
    LegendComponent,
    MarkAreaComponent,
    MarkLineComponent,
    TooltipComponent,
    VisualMapComponent,
    LabelLayout,
    SVGRenderer,
]);

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const colors = () => ['blue', 'orange', 'green', 'red', 'purple', 'sky', 'olive', 'grey'].map(color);
// A colour belongs to a platform, wherever it is shown.
const ofPlatform = {
    paid_search: 'green',
    facebook: 'blue',
    google: 'orange',
    event: 'red',
    paid_social: 'purple',
    unknown: 'grey',
    email: 'sky',
    telegram: 'sky',
    viber: 'purple',
};
export const platformColor = (key, i = 0) => (ofPlatform[key] ? color(ofPlatform[key]) : colors()[i % 8]);

const drawn = new Map();
const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) drawn.get(target)?.resize();
});
export function draw(target, option) {
    const chart = echarts.init(target, null, { renderer: 'svg' });
    chart.setOption(option);
    drawn.set(target, chart);
    watcher.observe(target);
}
export function clear(within) {
    for (const [target, chart] of drawn) {
        if (!within.contains(target)) continue;
        watcher.unobserve(target);
        chart.dispose();
        drawn.delete(target);
    }
}

const base = () => ({
    animation: false,
    color: colors(),
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: color('text') },
    tooltip: { trigger: 'axis', confine: true, backgroundColor: color('card'), borderColor: color('line'), textStyle: { color: color('text'), fontSize: 13 } },
    grid: { left: 8, right: 14, top: 34, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, icon: 'roundRect', itemWidth: 14, itemHeight: 9, textStyle: { color: color('quiet') }, type: 'scroll' },
});
const axis = (more) => ({
    axisLine: { lineStyle: { color: color('grey') } },
    axisTick: { show: false },
    axisLabel: { color: color('quiet'), hideOverlap: true, ...more?.axisLabel },
    splitLine: { lineStyle: { color: color('line') } },
    nameTextStyle: { color: color('quiet') },
    ...Object.fromEntries(Object.entries(more ?? {}).filter(([key]) => key !== 'axisLabel')),
});
const valueAxis = (more) => axis({ type: 'value', axisLabel: { formatter: short }, ...more });
const dayAxis = (days) => axis({ type: 'category', data: days, axisLabel: { formatter: day } });

// Stripes say: not finished yet.
export const hatched = () => ({ symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4, color: color('card') });

// series: { name, values, type, color, dashed, format }
export function days(dates, series, more = {}) {
    const shown = more.legend ?? series.filter((each) => !each.hidden).map((each) => each.name);
    return {
        ...base(),
        grid: { ...base().grid, top: shown.length > 1 ? 34 : 12 },
        xAxis: dayAxis(dates),
        yAxis: valueAxis({ scale: more.scale, axisLabel: { formatter: more.axisFormat ?? short } }),
        legend: { ...base().legend, show: shown.length > 1, data: shown },
        series: series.map((each) => ({
            name: each.name,
            type: each.type ?? 'line',
            data: each.values,
            stack: each.stack,
            showSymbol: dates.length === 1,
            symbolSize: 6,
            barMaxWidth: 26,
            z: each.z,
            color: each.color,
            lineStyle: { width: each.hidden ? 0 : 2, type: each.dashed ? 'dashed' : 'solid' },
            areaStyle: each.area ? { opacity: each.area } : undefined,
            silent: each.hidden,
            tooltip: { show: !each.hidden, valueFormatter: each.format ?? more.format ?? whole },
            ...each.more,
        })),
    };
}

// A band from low to high is two lines, the lower one unseen, the difference filled; its figures are told by the tooltip of the lines.
export function band(low, high, tint, name) {
    return [
        { name: 'low', values: low, stack: 'band', hidden: true, color: tint },
        {
            name,
            values: high.map((value, i) => (value === null || low[i] === null ? null : value - low[i])),
            stack: 'band',
            hidden: true,
            color: tint,
            area: 0.22,
        },
    ];
}

// Bars that lie: names to the left. series: { name, values, color, format }
export function bars(names, series, more = {}) {
    return {
        ...base(),
        grid: { ...base().grid, top: series.length > 1 ? 34 : 6, right: more.stack ? 14 : 46 },
        legend: { ...base().legend, show: series.length > 1 },
        xAxis: valueAxis(more.axis),
        yAxis: axis({ type: 'category', data: names, inverse: true, axisLabel: { width: 150, overflow: 'truncate' } }),
        series: series.map((each) => ({
            name: each.name,
            type: 'bar',
            data: each.values,
            stack: more.stack ? 'all' : undefined,
            color: each.color,
            barMaxWidth: 22,
            label: { show: !more.stack && names.length < 14, position: 'right', color: color('text'), formatter: ({ value }) => (each.format ?? whole)(value) },
            tooltip: { valueFormatter: each.format ?? whole },
        })),
    };
}

export function columns(names, series, more = {}) {
    return {
        ...base(),
        legend: { ...base().legend, show: series.length > 1 },
        grid: { ...base().grid, top: series.length > 1 ? 34 : 14 },
        xAxis: axis({
            type: 'category',
            data: names,
            axisLabel: { interval: 0, hideOverlap: false, rotate: more.rotate ?? (innerWidth < 560 ? 35 : 0), fontSize: 11 },
        }),
        yAxis: valueAxis(),
        series: series.map((each) => ({
            name: each.name,
            type: 'bar',
            data: each.values,
            color: each.color,
            stack: more.stack ? 'all' : undefined,
            barMaxWidth: 46,
            tooltip: { valueFormatter: each.format ?? whole },
        })),
    };
}

// points: { name, x, y, size, color }
export function scatter(points, x, y, more = {}) {
    const largest = Math.max(...points.map((point) => point.size), 1);
    return {
        ...base(),
        tooltip: {
            ...base().tooltip,
            trigger: 'item',
            formatter: ({ data }) => `${echarts.format.encodeHTML(data.name)}<br>${x}: ${short(data.value[0])}<br>${y}: ${short(data.value[1])}`,
        },
        grid: { ...base().grid, top: 26, bottom: 22, right: 30 },
        legend: { show: false },
        xAxis: valueAxis({ name: x, nameLocation: 'middle', nameGap: 26, ...more.x }),
        yAxis: valueAxis({ name: y, nameTextStyle: { align: 'left', color: color('quiet') } }),
        series: [
            {
                type: 'scatter',
                data: points.map((point) => ({
                    name: point.name,
                    value: [point.x, point.y],
                    symbolSize: 9 + 30 * Math.sqrt(Math.max(point.size, 0) / largest),
                    itemStyle: { color: point.color, opacity: 0.8 },
                })),
                label: { show: true, position: 'top', formatter: '{b}', color: color('text'), fontSize: 11, minMargin: 5 },
                labelLayout: { hideOverlap: true },
            },
        ],
    };
}

// lines: { name, points: [[x, y]], marks: [[x, y, symbol]] }
export function curves(lines, x, y) {
    return {
        ...base(),
        tooltip: {
            ...base().tooltip,
            trigger: 'item',
            formatter: ({ seriesName, value }) => `${echarts.format.encodeHTML(seriesName)}<br>${x}: ${whole(value[0])}<br>${y}: ${short(value[1])}`,
        },
        grid: { ...base().grid, top: 46, bottom: 22, right: 24 },
        legend: { ...base().legend, data: lines.map((line) => line.name) },
        xAxis: valueAxis({ name: x, nameLocation: 'middle', nameGap: 26 }),
        yAxis: valueAxis({ name: y, nameTextStyle: { align: 'left', color: color('quiet') } }),
        series: lines.flatMap((line, i) => [
            {
                name: line.name,
                type: 'line',
                data: line.points,
                showSymbol: false,
                smooth: true,
                color: colors()[i % 8],
                lineStyle: { width: 2, type: i > 7 ? 'dashed' : 'solid' },
            },
            {
                name: line.name,
                type: 'scatter',
                data: line.marks.map(([a, b, symbol]) => ({ value: [a, b], symbol, symbolSize: symbol === 'diamond' ? 13 : 10 })),
                color: colors()[i % 8],
            },
        ]),
    };
}

export function sankey(nodes, links, format) {
    return {
        ...base(),
        tooltip: { ...base().tooltip, trigger: 'item', valueFormatter: format },
        legend: { show: false },
        series: [
            {
                type: 'sankey',
                left: 4,
                right: 90,
                top: 8,
                bottom: 8,
                nodeWidth: 12,
                nodeGap: 9,
                draggable: false,
                layoutIterations: 32,
                data: nodes,
                links,
                lineStyle: { color: 'source', opacity: 0.35 },
                label: { color: color('text'), fontSize: innerWidth < 560 ? 10 : 12, formatter: ({ data }) => data.shown },
                labelLayout: { hideOverlap: true },
            },
        ],
    };
}

export function treemap(parts, format) {
    return {
        ...base(),
        tooltip: { ...base().tooltip, trigger: 'item', formatter: ({ data }) => format(data) },
        legend: { show: false },
        series: [
            {
                type: 'treemap',
                roam: false,
                nodeClick: false,
                breadcrumb: { show: false },
                left: 0,
                right: 0,
                top: 0,
                bottom: 0,
                data: parts,
                itemStyle: { borderColor: color('card'), gapWidth: 2 },
                label: { fontSize: 12, lineHeight: 16, padding: 1, overflow: 'break', formatter: ({ data }) => `${data.name}\n${whole(data.value)}` },
            },
        ],
    };
}

// What is written on a field can be read on it: dark on light, light on dark.
export function inkOn(share) {
    const mixed = mix(share);
    return mixed[0] * 0.299 + mixed[1] * 0.587 + mixed[2] * 0.114 > 125 ? '#10161d' : '#ffffff';
}
function mix(share) {
    const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const [low, high] = [channels(color('heat-low')), channels(color('heat-high'))];
    return low.map((value, i) => value + (high[i] - value) * Math.min(Math.max(share, 0), 1));
}
export const shade = (share) => `rgb(${mix(share).map(Math.round).join(',')})`;

// cells: [x, y, value, text]
export function heat(xs, ys, cells, tell, lowest = 0) {
    const highest = Math.max(...cells.map((cell) => cell[2]), lowest + 1e-9);
    const share = (value) => (value - lowest) / (highest - lowest);
    return {
        ...base(),
        tooltip: { ...base().tooltip, trigger: 'item', formatter: ({ data }) => tell(data.value) },
        legend: { show: false },
        grid: { ...base().grid, top: 24, right: 6 },
        xAxis: axis({ type: 'category', data: xs, position: 'top', splitArea: { show: false }, axisLine: { show: false } }),
        yAxis: axis({ type: 'category', data: ys, inverse: true, axisLine: { show: false }, axisLabel: { interval: 0 } }),
        visualMap: { show: false, min: lowest, max: highest, dimension: 2, inRange: { color: [color('heat-low'), color('heat-high')] } },
        series: [
            {
                type: 'heatmap',
                itemStyle: { borderColor: color('card'), borderWidth: 2 },
                data: cells.map((cell) => ({ value: cell, label: { color: inkOn(share(cell[2])) } })),
                label: { show: true, fontSize: 11, formatter: ({ data }) => data.value[3] },
            },
        ],
    };
}

// items: { name, value, low, high, marked }
export function intervals(items, more) {
    const tint = items.map((item) => color(item.marked ? 'green' : 'blue'));
    return {
        ...base(),
        legend: { show: false },
        tooltip: {
            ...base().tooltip,
            trigger: 'item',
            formatter: ({ dataIndex: i }) =>
                `${echarts.format.encodeHTML(items[i].name)}: ${more.format(items[i].value)} (${more.format(items[i].low)} to ${more.format(items[i].high)})`,
        },
        grid: { ...base().grid, top: 10, bottom: 22 },
        xAxis: valueAxis({ scale: true, name: more.name, nameLocation: 'middle', nameGap: 26, axisLabel: { formatter: more.format } }),
        yAxis: axis({ type: 'category', data: items.map((item) => item.name), inverse: true }),
        series: [
            {
                type: 'custom',
                data: items.map((item, i) => [item.low, item.high, i]),
                encode: { x: [0, 1], y: 2 },
                renderItem: (_, api) => {
                    const [from, to] = [api.coord([api.value(0), api.value(2)]), api.coord([api.value(1), api.value(2)])];
                    return {
                        type: 'line',
                        shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
                        style: { stroke: tint[api.value(2)], lineWidth: 3, opacity: 0.55 },
                    };
                },
            },
            {
                type: 'scatter',
                symbolSize: 12,
                data: items.map((item, i) => ({ value: [item.value, i], itemStyle: { color: tint[i] } })),
                markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: color('grey') }, data: [{ xAxis: more.neutral }] },
            },
        ],
    };
}
