// SPDX-License-Identifier: PostgreSQL
// What Sluice says by HTTP. Away: it says nothing; Refused: it says no, and why.

const PATIENCE_MS = 20000;

export class Away extends Error {}

export class Refused extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

async function ask(path) {
    try {
        const response = await fetch(path, {
            cache: "no-store",
            credentials: "omit",
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
        return [response, await response.json()];
    } catch (error) {
        throw new Away(error.message);
    }
}

export async function get(path) {
    const [response, body] = await ask(path);
    if (!response.ok) {
        throw new Refused(response.status, body?.error?.message ?? response.statusText);
    }
    return body;
}

// A view's rows, as objects.
export async function view(name, argument) {
    const query = argument === undefined ? "" : `?argument=${encodeURIComponent(argument)}`;
    const body = await get(`/api/views/${name}${query}`);
    const columns = body.columns.map((column) => column.name);
    return body.rows.map(
        (row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

export function performance(order, limit) {
    return get(`/api/metrics/performance?order=${encodeURIComponent(order)}&limit=${limit}`);
}

// 503 is an answer here, not a refusal.
export async function readiness() {
    const [, body] = await ask("/readyz");
    return body;
}
