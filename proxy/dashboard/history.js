// SPDX-License-Identifier: PostgreSQL
// The slots of SHOW HISTORY that this page has, oldest first.
import {view} from "./api.js";

const SLOTS_MAX = 8640;
const USEC = 1e6;

export class History {
    constructor() {
        this.slots = [];
        this.from = Infinity; // asked for since then, microseconds since 1970
    }

    get last() {
        return this.slots.at(-1);
    }

    // Since the last slot; all again when more of the past is wanted than was asked for. How many came.
    async load(from) {
        const isMore = from < this.from;
        const since = isMore ? from : this.last?.ended_at ?? this.from;
        const rows = await view("history", Math.max(0, Math.floor(since)));
        if (isMore) {
            this.slots = [];
            this.from = from;
        }
        const after = this.last?.ended_at ?? 0;
        const fresh = rows.filter((slot) => slot.ended_at > after);
        this.slots = this.slots.concat(fresh).slice(-SLOTS_MAX);
        return fresh.length;
    }

    // Rows for a plot: [Date, value ...]; a row without values where slots are missing.
    plot(values) {
        const rows = [];
        const empty = values.map(() => NaN);
        let ended = Infinity;
        for (const slot of this.slots) {
            if (slot.ended_at - slot.usec > ended + slot.usec / 2) {
                rows.push([new Date((ended + 1) / 1000), ...empty]);
            }
            rows.push([new Date(slot.ended_at / 1000), ...values.map((value) => value(slot))]);
            ended = slot.ended_at;
        }
        return rows;
    }
}

export function perSecond(slot, name) {
    return slot.usec > 0 ? slot[name] / slot.usec * USEC : 0;
}

// How many statements were at it at a time, on average.
export function atATime(slot, name) {
    return slot.usec > 0 ? slot[name] / slot.usec : 0;
}

// No statement, no latency.
export function latency(slot, name) {
    return slot.queries > 0 ? slot[name] : NaN;
}
