// SPDX-License-Identifier: PostgreSQL
// Tables of views: groups of statements, live activity, slow statements, errors, pools, memory.
import {Refused, view} from "./api.js";
import {byId, setNote} from "./dom.js";
import {NONE, bytes, count, duration, percent} from "./format.js";
import {Table} from "./table.js";

function text(value) {
    return value === null || value === undefined || value === "" ? NONE : String(value);
}

export class ViewTable {
    // name: of the table, and of the view unless source says another.
    constructor(name, {source = name, columns, key = (row, i) => i, select, none}) {
        Object.assign(this, {name, source, select, none});
        this.table = new Table(byId(name), columns, key);
        this.note = byId(`${name}-note`);
    }

    // What a Sluice refuses to show is said in its place, and the rest of the page goes on.
    async load() {
        try {
            const rows = this.select(await view(this.source));
            this.table.show(rows);
            byId(this.name).hidden = rows.length === 0;
            setNote(this.note, rows.length === 0 ? this.none : null);
        } catch (error) {
            if (!(error instanceof Refused)) {
                throw error;
            }
            setNote(this.note, error.message);
        }
    }
}

const number = (title, name, format = count) =>
    ({title, kind: "num", text: (row) => format(row[name])});
const words = (title, name, kind) => ({title, kind, text: (row) => text(row[name])});

export const workload = new ViewTable("workload", {
    columns: [
        words("Group, by its most telling words", "group", "query"),
        {title: "Share", kind: "num", text: (row) => percent(row.share, 1)},
        number("Shapes", "shapes"), number("Calls", "calls"), number("Total", "total_us", duration),
        number("Mean", "mean_us", duration), number("Longest", "max_us", duration),
        words("Tables", "tables", "name"),
    ],
    select: (rows) => rows.slice(0, 12),
    none: "Not analysed yet: every [stats] workload_interval.",
});

export const active = new ViewTable("active", {
    columns: [
        words("Statement", "query", "query"), words("Database", "database"), words("User", "user"),
        words("State", "state", "state"), number("Since", "age_us", duration),
        number("Waited", "wait_us", duration), words("Node", "node"),
        number("Server pid", "server_pid", text),
    ],
    key: (row) => row.client,
    select: (rows) => rows.sort((a, b) => b.age_us - a.age_us).slice(0, 50),
    none: "Nothing is under way.",
});

export const pools = new ViewTable("pools", {
    columns: [
        words("Database", "database", "name"), words("User", "user"),
        number("Clients", "cl_active"),
        {title: "Waiting", kind: "num", fill: (cell, row) => {
            cell.textContent = count(row.cl_waiting);
            cell.classList.toggle("bad", row.cl_waiting > 0);
        }},
        {title: "Longest wait", kind: "num",
            text: (row) => duration(row.maxwait * 1e6 + row.maxwait_us)},
        number("Servers active", "sv_active"), number("Servers idle", "sv_idle"),
        words("Mode", "pool_mode"),
    ],
    key: (row) => `${row.database}\n${row.user}`,
    select: (rows) => rows.filter((row) => row.database !== "pgbouncer"),
    none: "No pool yet: nobody has connected.",
});

export const slow = new ViewTable("slow", {
    columns: [
        words("Statement", "query", "query"), words("Database", "database"), words("User", "user"),
        number("Took", "total_us", duration), number("Waited", "wait_us", duration),
        number("Server", "server_us", duration), number("Client", "client_us", duration),
        number("Rows", "rows"), words("Error", "sqlstate"), words("Ended", "ended_at", "when"),
    ],
    select: (rows) => rows.slice(0, 10),
    none: "None: no statement took as long as [stats] slow_threshold.",
});

export const errors = new ViewTable("errors", {
    columns: [
        words("Statement", "query", "query"), words("Database", "database"), words("User", "user"),
        words("Class", "class"), words("Condition", "condition"), number("Count", "count"),
        number("Calls", "calls"), words("Last seen", "last_seen", "when"),
    ],
    key: (row) => [row.id, row.database, row.user, row.node, row.search_path, row.class].join("\n"),
    select: (rows) => rows.slice(0, 20),
    none: "No statement has failed.",
});

export const memory = new ViewTable("memory", {
    source: "mem",
    columns: [
        words("What", "name", "name"), number("Each", "size", bytes), number("Used", "used"),
        number("Free", "free"), number("All together", "memtotal", bytes),
    ],
    key: (row) => row.name,
    select: (rows) => rows.sort((a, b) => b.memtotal - a.memtotal).slice(0, 12),
    none: "No figures.",
});
