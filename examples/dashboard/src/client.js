// Asks the service. The token comes with the address (#token=...) once and stays with this tab; an answer is asked for once per choice of filters.
const tokenKey = 'pg_marketing token';

export function takeToken() {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (!token) return;
    sessionStorage.setItem(tokenKey, token);
    history.replaceState(null, '', location.pathname + location.search);
}

let answers = new Map();
let abort = new AbortController();
export function forget() {
    abort.abort();
    abort = new AbortController();
    answers = new Map();
}

export function ask(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && value?.length !== 0);
    const address = given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
    if (!answers.has(address)) answers.set(address, request(address, abort.signal, answers));
    return answers.get(address);
}

// What failed is asked for again next time.
async function request(address, signal, kept) {
    let response;
    try {
        response = await fetch(address, { signal, headers: { authorization: `Bearer ${sessionStorage.getItem(tokenKey) ?? ''}` } });
    } catch (error) {
        kept.delete(address);
        if (error.name === 'AbortError') throw error;
        throw new Error('The service cannot be reached.');
    }
    const body = await response.json();
    if (response.ok) return body;
    kept.delete(address);
    throw Object.assign(new Error(body.error?.message ?? `The service answered ${response.status}.`), { status: response.status, hint: body.error?.hint });
}
