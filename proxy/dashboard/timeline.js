// SPDX-License-Identifier: PostgreSQL
// The plots of SHOW HISTORY, and which part of the past they show.
import {make} from "./dom.js";
import {count, duration, rate} from "./format.js";
import {atATime, latency, perSecond} from "./history.js";
import {LOGARITHMIC, Plot} from "./plot.js";

const RANGES = [[900, "15 min"], [3600, "1 h"], [21600, "6 h"], [86400, "24 h"]];
const LEAST_MS = 120000;


function series(read, ...triples) {
    return triples.map(([name, colour, column]) =>
        ({name, colour, value: (slot) => read(slot, column)}));
}

const PLOTS = [
    ["throughput", {
        title: "Throughput", sentence: "A second, over 10 seconds.", format: rate,
        series: series(perSecond, ["queries", "queries", "queries"],
            ["transactions", "transactions", "transactions"], ["errors", "errors", "errors"]),
    }],
    ["latency", {
        title: "Latency", format: duration, options: LOGARITHMIC,
        sentence: "From a request's last byte to its reply's, without the time a slow client took. " +
            "Logarithmic.",
        series: series(latency, ["p50", "p50", "p50_us"], ["p95", "p95", "p95_us"],
            ["p99", "p99", "p99_us"]),
    }],
    ["where", {
        title: "Where the time goes", format: rate, options: {stackedGraph: true, fillAlpha: 0.45},
        sentence: "Statements at a time, on average: run by a server, waiting for one, kept by a slow " +
            "client.",
        series: series(atATime, ["client", "client", "client_us"], ["wait", "wait", "wait_us"],
            ["server", "server", "server_us"]),
    }],
    ["connections", {
        title: "Connections", format: rate, sentence: "At the end of each 10 seconds.",
        series: series((slot, column) => slot[column],
            ["clients active", "clients", "clients_active"], ["clients waiting", "wait", "clients_waiting"],
            ["servers active", "server", "servers_active"], ["servers idle", "idle", "servers_idle"]),
    }],
];

export class Timeline {
    // onMore(): when the past that is wanted may not have been loaded.
    constructor(place, ranges, onMore) {
        this.span = RANGES[0][0]; // seconds
        this.zoom = null;
        this.history = null;
        this.onMore = onMore;
        this.plots = PLOTS.map(([id, options]) => ({
            values: options.series.map((one) => one.value),
            plot: new Plot(id, {...options, onZoom: (range) => this.setZoom(range)}),
        }));
        place.append(...this.plots.map(({plot}) => plot.figure));
        this.buttons = RANGES.map(([span, text]) => this.makeButton(span, text));
        ranges.append(...this.buttons);
        this.mark();
    }

    makeButton(span, text) {
        const button = make("button", {type: "button", text});
        button.span = span;
        button.addEventListener("click", () => {
            this.span = span;
            this.zoom = null;
            this.mark();
            this.redraw();
            this.onMore();
        });
        return button;
    }

    mark() {
        this.buttons.forEach((button) => button.setAttribute(
            "aria-pressed", String(this.zoom === null && button.span === this.span)));
    }

    setZoom(range) {
        this.zoom = range;
        this.mark();
        this.redraw();
    }

    window() {
        if (this.zoom !== null || this.history.last === undefined) {
            return this.zoom ?? undefined;
        }
        const to = this.history.last.ended_at / 1000;
        const first = this.history.slots[0].ended_at / 1000;
        return [Math.min(to - LEAST_MS, Math.max(first, to - this.span * 1000)), to];
    }

    draw(history) {
        this.history = history;
        this.redraw();
    }

    redraw() {
        if (this.history !== null) {
            const dateWindow = this.window();
            this.plots.forEach(({plot, values}) => plot.draw(this.history.plot(values), dateWindow));
        }
    }
}
