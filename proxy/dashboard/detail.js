// SPDX-License-Identifier: PostgreSQL
// One statement: its text, its numbers, its last hour.
import {byId, setTerms, setText} from "./dom.js";
import {count, duration, percent} from "./format.js";
import {Plot} from "./plot.js";
import {keyOf, textOf, whoseOf} from "./shapes.js";

const MINUTE_MS = 60000;
const POINTS = {drawPoints: true, pointSize: 2}; // one alone is seen, too

function terms(shape, summary) {
    return [
        ["whose", whoseOf(shape), "wide"],
        ["id", shape.id, "wide"],
        ["kind", shape.kind ?? "not parsed"],
        ["calls", count(shape.count)],
        ["errors", count(shape.errors), shape.errors > 0 ? "bad" : ""],
        ["from the cache", count(shape.cached)],
        ["rows", count(shape.rows)],
        ["total", duration(shape.total_us)],
        ["share", percent(shape.total_us, summary.total_us)],
        ["mean", duration(shape.mean_us)],
        ["p50", duration(shape.p50_us)],
        ["p95", duration(shape.p95_us)],
        ["p99", duration(shape.p99_us)],
        ["max", duration(shape.max_us)],
        ["on servers", duration(shape.server_us)],
        ["waited", duration(shape.wait_us)],
        ["slow clients", duration(shape.client_us)],
    ];
}

export class Detail {
    constructor() {
        this.dialog = byId("shape");
        this.key = null;
        this.times = new Plot("minutes-times", {
            title: "Time per call", sentence: "Minute by minute.", format: duration,
            series: [{name: "mean", colour: "p50"}, {name: "p95", colour: "p95"}], options: POINTS,
        });
        this.calls = new Plot("minutes-calls", {
            title: "Calls", sentence: "A minute; the present one is not over.", format: count,
            series: [{name: "calls", colour: "queries"}], options: {fillGraph: true, ...POINTS},
        });
        byId("shape-plots").append(this.times.figure, this.calls.figure);
        byId("shape-close").addEventListener("click", () => this.dialog.close());
        this.dialog.addEventListener("close", () => { this.key = null; });
        this.dialog.addEventListener("click", (event) => {
            if (event.target === this.dialog) {
                this.dialog.close(); // beside it
            }
        });
    }

    open(shape, answer) {
        this.key = keyOf(shape);
        this.dialog.showModal();
        this.fill(shape, answer);
    }

    // When it is open. What is not in the answer any more stays as it was.
    update(answer) {
        const shape = this.key && answer.shapes.find((one) => keyOf(one) === this.key);
        if (shape) {
            this.fill(shape, answer);
        }
    }

    fill(shape, answer) {
        setText(byId("shape-text"), textOf(shape));
        setTerms(byId("shape-numbers"), terms(shape, answer.summary));
        const minutes = shape.minutes ?? [];
        const at = (minute) => new Date(minute.at / 1000);
        const ofCalled = (minute, value) => minute.count > 0 ? value : NaN;
        const to = answer.to / 1000;
        const window = [Math.min((minutes[0]?.at ?? 0) / 1000, to - 5 * MINUTE_MS), to];
        this.times.draw(minutes.map((m) => [at(m), ofCalled(m, m.mean_us), ofCalled(m, m.p95_us)]), window);
        this.calls.draw(minutes.map((m) => [at(m), m.count]), window);
    }
}
