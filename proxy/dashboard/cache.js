// SPDX-License-Identifier: PostgreSQL
// Kept answers: what they are good for, what is promised of them, and what is in their way.
import {view} from "./api.js";
import {byId, setNote, setTerms, setText} from "./dom.js";
import {bytes, count, duration, percent} from "./format.js";
import {Table} from "./table.js";

const REASONS = 6;
const MSEC_USEC = 1000;

// Why a statement that might have been answered was not; the words are the view's.
const BEFORE = {
    bypassed: "not looked up",
    misses: "not kept",
    policy: "may not be kept",
    lookups: "found, not given",
};
const NO_REASON = new Set(["kept", "policy"]);

const table = new Table(byId("cache"), [
    {title: "Why not", text: (row) => row.name.replaceAll("_", " ")},
    {title: "What becomes of it", text: (row) => BEFORE[row.section]},
    {title: "Statements", kind: "num", text: (row) => count(row.value)},
], (row) => `${row.section} ${row.name}`);

const causes = new Table(byId("cache-causes"), [
    {title: "What made answers stale", text: (row) => row.name},
    {title: "Times", kind: "num", text: (row) => count(row.times)},
], (row) => row.name);

// A value is text; one that is not there is NaN, so that it is shown as none.
function figures(rows) {
    const values = new Map(rows.map((row) => [`${row.section}.${row.name}`, row.value]));
    return (section, name) => {
        const value = values.get(`${section}.${name}`);
        return value === null || value === undefined ? NaN : Number(value);
    };
}

function isReason({section, name, value}) {
    const isMiss = name.startsWith("misses_") && name !== "misses_none";
    return value > 0 && section in BEFORE && !NO_REASON.has(name) &&
        (section !== "lookups" || isMiss);
}

function reasonsOf(rows) {
    return rows.map((row) => ({...row, value: Number(row.value)})).filter(isReason)
        .map((row) => ({...row, name: row.name.replace(/^misses_/, "")}))
        .sort((a, b) => b.value - a.value).slice(0, REASONS);
}

// Of tables and rows; an answer that depends on none of them stays.
function causesOf(rows, streams, shared) {
    const of = figures(rows);
    const sum = (views, name) => views.reduce((all, row) => all + Number(row[name]), 0);
    return [
        ["writes", of("writes", "known")],
        ["writes, not known of what", of("writes", "unknown") + of("writes", "unseen")],
        ["servers lost amid a write", of("writes", "lost")],
        ["changes past Sluice", sum(streams, "changes")],
        ["streams of changes lost", sum(streams, "losses")],
        ["changes of the schema", sum(streams, "schema_changes")],
        ["writes of other Sluices", sum(shared, "heard")],
        ["other Sluices not heard", sum(shared, "unheard")],
    ].map(([name, times]) => ({name, times})).filter((row) => row.times > 0)
        .sort((a, b) => b.times - a.times);
}

function tierTiles(of, shared) {
    const hits = of("lookups", "hits");
    const given = of("lookups", "hits_shared");
    const asked = shared.reduce((all, row) => all + Number(row.lookups), 0);
    const lookups = hits * 100 / of("cache", "hit_percent");
    return shared.length === 0 ? [] : [
        ["from memory", percent(hits - given, lookups)],
        ["from Redis", percent(given, lookups)],
        ["of what it is asked", percent(given, asked)],
    ];
}

function showTiles(rows, state, shared) {
    const of = figures(rows);
    const [now, bound] = ["staleness_ms", "max_staleness_ms"].map((name) => of("cache", name) * MSEC_USEC);
    const hits = of("lookups", "hits");
    setTerms(byId("cache-tiles"), [
        ["writes past Sluice", state === "proxy_only" ? "not known" : state, state === "proxy_only" ? "warn" : ""],
        ["hit rate", percent(of("cache", "hit_percent"), 100)],
        ["hits", count(hits)],
        ...tierTiles(of, shared),
        ["servers' time saved", duration(of("lookups", "saved_usec"))],
        ["answers kept", count(of("local", "entries"))],
        ["memory", bytes(of("cache", "memory_bytes"))],
        ["of at most", bytes(of("cache", "memory_max_bytes"))],
        ["stale by now", duration(now)],
        ["never given beyond", duration(bound)],
    ]);
}

export async function loadCache() {
    const [rows, streams, shared] =
        await Promise.all(["cache", "cache_stream", "cache_redis"].map((name) => view(name)));
    const word = (name) => rows.find((row) => row.section === "cache" && row.name === name)?.value;
    const state = word("state");
    const isOn = state !== "off";
    const reasons = isOn ? reasonsOf(rows) : [];
    setText(byId("cache-when"), isOn ? `mode ${word("mode")}, since it started` : "");
    byId("cache-tiles").hidden = !isOn;
    byId("cache").hidden = reasons.length === 0;
    table.show(reasons);
    const stale = isOn ? causesOf(rows, streams, shared) : [];
    byId("cache-causes").hidden = stale.length === 0;
    causes.show(stale);
    if (isOn) {
        showTiles(rows, state, shared);
    }
    setNote(byId("cache-note"), isOn ? word("reason") : "Nothing is kept: [cache] mode is off.");
}
