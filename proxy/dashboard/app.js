// SPDX-License-Identifier: PostgreSQL
// The page: what is asked when, and where it goes.
import {Refused, performance, readiness, view} from "./api.js";
import {byId, setNote, setTerms, setText} from "./dom.js";
import {clock, count, duration, percent, rate} from "./format.js";
import {loadCache} from "./cache.js";
import {Detail} from "./detail.js";
import {History, perSecond} from "./history.js";
import {Poll} from "./poll.js";
import {SHAPES_MAX, Shapes} from "./shapes.js";
import {Timeline} from "./timeline.js";
import * as views from "./views.js";

const MINUTE_USEC = 60e6;
const RARELY = 6; // rounds
const SOMETIMES = 2;
const DRIFT_MAX = 0.15; // the log says so, too: optimizer/README.md

const history = new History();
const timeline = new Timeline(byId("plots"), byId("ranges"), () => poll.wake());
const detail = new Detail();
const shapes = new Shapes({
    onOpen: (shape) => detail.open(shape, shapes.answer),
    onOrder: () => loadShapes().catch(() => poll.wake()),
});
const poll = new Poll(round, showState);
let isCounting = true; // [stats] mode
let now = 0; // Sluice's clock, microseconds since 1970

// ---- statements ----

// Only the last order's answer counts: an earlier one may come later.
async function loadShapes() {
    const order = shapes.order;
    if (!isCounting) {
        setNote(byId("shapes-note"), "Not counted.");
        return;
    }
    try {
        const answer = await performance(order.name, SHAPES_MAX);
        if (order !== shapes.order) {
            return;
        }
        now = answer.to;
        shapes.update(answer);
        detail.update(answer);
        showHour(answer);
    } catch (error) {
        refused(error, byId("shapes-note"));
    }
}

// What is refused is said in its place, if there is one, and the rest goes on.
function refused(error, note) {
    if (!(error instanceof Refused)) {
        throw error;
    }
    if (note !== undefined) {
        setNote(note, error.message);
    }
}

function showHour({from, to, summary: s}) {
    const since = Math.max(1, Math.round((to - from) / MINUTE_USEC));
    setText(byId("shapes-when"), `last ${since} min`);
    setText(byId("hour"), s.count === 0 ? "" :
        `Last ${since} min: ${count(s.count)} statements, ${percent(s.errors, s.count)} of them ` +
        `failed; mean ${duration(s.mean_us)}, p50 ${duration(s.p50_us)}, p95 ${duration(s.p95_us)}, ` +
        `p99 ${duration(s.p99_us)}, longest ${duration(s.max_us)}.`);
    setTerms(byId("bounds"), [
        ["shapes kept", count(s.shapes)],
        ["shapes evicted", count(s.evicted), s.evicted > 0 ? "warn" : ""],
    ]);
}

// ---- history ----

async function loadHistory() {
    const from = now === 0 ? 0 : now - timeline.span * 1e6;
    try {
        await history.load(from);
    } catch (error) {
        refused(error, byId("plots-note"));
        return;
    }
    setNote(byId("plots-note"), null);
    timeline.draw(history);
    showNow(history.last);
}

function showNow(slot) {
    if (slot === undefined) {
        setText(byId("now-when"), "the first 10 seconds are not over yet");
        return;
    }
    const often = (name) => rate(perSecond(slot, name));
    const time = (name) => slot.queries > 0 ? duration(slot[name]) : duration(NaN);
    setText(byId("now-when"), `${Math.round(slot.usec / 1e6)} s to ${clock(slot.ended_at / 1000)}`);
    setTerms(byId("tiles"), [
        ["queries/s", often("queries")],
        ["transactions/s", often("transactions")],
        ["errors/s", often("errors"), slot.errors > 0 ? "bad" : ""],
        ["p50", time("p50_us")], ["p95", time("p95_us")], ["p99", time("p99_us")],
        ["clients active", count(slot.clients_active)],
        ["clients waiting", count(slot.clients_waiting), slot.clients_waiting > 0 ? "warn" : ""],
        ["servers active", count(slot.servers_active)],
        ["servers idle", count(slot.servers_idle)],
    ]);
}

// ---- the rest ----

async function loadConf() {
    const [version, config] = [await view("version"), await view("config")];
    const name = version[0]?.version ?? "";
    setText(byId("version"), /Sluice ([^)]+)/.exec(name)?.[1] ?? name);
    isCounting = config.find((row) => row.key === "stats.mode")?.value !== "off";
    setNote(byId("off"), isCounting ? null :
        "Statements are neither named nor timed: [stats] mode is off. Pools, memory and what is " +
        "below them are shown all the same.");
}

// How far the load has moved since it was put into groups before.
async function loadDrift() {
    const [drift] = await view("drift");
    const isKnown = typeof drift?.drift === "number";
    setText(byId("drift"), drift?.analysed_at == null ? "statements that are alike" :
        `of the last hour, analysed ${drift.analysed_at}` +
        (isKnown ? `; moved by ${drift.drift} since the analysis before` : ""));
    byId("drift").className = isKnown && drift.drift > DRIFT_MAX ? "warn" : "";
}

async function showReadiness() {
    const answer = await readiness();
    const badge = byId("readiness");
    badge.hidden = false;
    setText(badge, answer.ready ? "ready" : answer.reason ?? "not ready");
    badge.classList.toggle("bad", !answer.ready);
}

async function round(number) {
    await showReadiness();
    if (number % RARELY === 0) {
        await loadConf().catch((error) => refused(error));
        await views.memory.load();
        await views.workload.load();
        await loadDrift().catch((error) => refused(error));
    }
    if (number % SOMETIMES === 0) {
        await loadShapes();
        await views.slow.load();
        await views.errors.load();
        await loadCache().catch((error) => refused(error, byId("cache-note")));
    }
    await loadHistory();
    await views.active.load();
    setText(byId("active-when"), clock(Date.now()));
    await views.pools.load();
}

function showState({state, since, retryMs, problem}) {
    document.body.dataset.state = state;
    setText(byId("status"), state === "live" ? `live · ${clock(Date.now())}` : "away");
    byId("readiness").hidden = state !== "live";
    setNote(byId("away"), state === "live" ? null : problem ? `This page failed: ${problem}` :
        `Sluice has not answered since ${clock(since)}. What stands here is from before; ` +
        `the next try is in ${Math.round(retryMs / 1000)} s.`);
}

poll.wake();
