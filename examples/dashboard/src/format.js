// Figures, days and names as people read them.
const formats = new Map();
function format(options) {
    const key = JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat('en', options));
    return formats.get(key);
}
const written = (options) => (value) => (value === null || value === undefined || Number.isNaN(value) ? '–' : format(options).format(value));

export const whole = written({ maximumFractionDigits: 0 });
export const decimal = written({ maximumFractionDigits: 2 });
export const one = written({ maximumFractionDigits: 1 });
export const short = written({ notation: 'compact', maximumFractionDigits: 1 });
export const percent = (value) => (value === null || value === undefined ? '–' : `${one(value)} %`);
export const signed = written({ maximumFractionDigits: 1, signDisplay: 'exceptZero' });
export const text = (value) => value ?? '–';
export const plain = (value) => String(value ?? '').replaceAll('_', ' ');

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const longFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
export const day = (iso) => dayFormat.format(new Date(iso));
export const longDay = (iso) => (iso ? longFormat.format(new Date(iso)) : '–');

// Days as ISO text, counted without the browser's time zone.
export const addDays = (iso, days) => new Date(Date.parse(iso) + days * 864e5).toISOString().slice(0, 10);
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 864e5);
export const firstOfMonth = (iso, months = 0) => {
    const [year, month] = iso.split('-').map(Number);
    return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
};
// The same day of the year before; 29 February is the 28th.
export const yearBefore = (iso) => {
    const [year, month, date] = iso.split('-').map(Number);
    const last = new Date(Date.UTC(year - 1, month, 0)).getUTCDate();
    return `${year - 1}-${String(month).padStart(2, '0')}-${String(Math.min(date, last)).padStart(2, '0')}`;
};

// Platforms are called as the service says, those that it does not tell of by their keys; a host is its own name.
const names = new Map();
export const learnNames = (platforms) => {
    for (const each of platforms) names.set(each.platform, each.label).set(each.family, each.family_label);
};
export const name = (key) => names.get(key) ?? (key.includes('.') ? key : key.charAt(0).toUpperCase() + plain(key).slice(1));
