// SPDX-License-Identifier: PostgreSQL
// The statements that cost most: GET /api/metrics/performance as a table that can be ordered,
// searched and opened.
import {byId, make, setNote, setText} from "./dom.js";
import {NONE, count, duration, percent} from "./format.js";
import {drawSpark, makeSpark} from "./spark.js";
import {Table} from "./table.js";

export const SHAPES_MAX = 100;
const FIRST = 15;

const ofTotal = (minute) => minute.count * minute.mean_us;

// The orders the API knows: a column, and the minutes' values that tell its story.
const ORDERS = [
    {name: "total", title: "Total", value: (s) => s.total_us, text: duration, minute: ofTotal},
    {name: "calls", title: "Calls", value: (s) => s.count, text: count, minute: (m) => m.count},
    {name: "mean", title: "Mean", value: (s) => s.mean_us, text: duration, minute: (m) => m.mean_us},
    {name: "p50", title: "p50", value: (s) => s.p50_us, text: duration, minute: (m) => m.mean_us},
    {name: "p95", title: "p95", value: (s) => s.p95_us, text: duration, minute: (m) => m.p95_us},
    {name: "p99", title: "p99", value: (s) => s.p99_us, text: duration, minute: (m) => m.p95_us},
    {name: "max", title: "Max", value: (s) => s.max_us, text: duration, minute: (m) => m.p95_us},
    {name: "rows", title: "Rows", value: (s) => s.rows, text: count, minute: (m) => m.count},
    {name: "errors", title: "Errors", value: (s) => s.errors, text: count, minute: (m) => m.count},
];

const OF_ROLE = "as the role has it";

export function keyOf(shape) {
    return [shape.id, shape.database, shape.user, shape.node, shape.search_path].join("\n");
}

export function textOf(shape) {
    return shape.query ?? `(statement ${shape.id}, not parsed)`;
}

export function whoseOf(shape) {
    const whose = [shape.database, shape.user, shape.node].map((name) => name ?? NONE);

    if (shape.search_path !== OF_ROLE) {
        whose.push(`search_path ${shape.search_path}`);
    }
    return whose.join(" · ");
}

export class Shapes {
    // onOpen(shape), onOrder(): the user's wishes.
    constructor({onOpen, onOrder}) {
        this.onOpen = onOpen;
        this.onOrder = onOrder;
        this.order = ORDERS[0];
        this.answer = null;
        this.limit = FIRST;
        this.find = byId("shapes-find");
        this.choice = byId("shapes-order");
        this.more = byId("shapes-more");
        this.table = new Table(byId("shapes"), this.makeColumns(), keyOf);
        this.makeControls();
        this.markOrder();
    }

    makeControls() {
        this.choice.append(...ORDERS.map(
            (order) => make("option", {value: order.name, text: order.title.toLowerCase()})));
        this.choice.addEventListener("change", () => this.setOrder(this.choice.value));
        this.find.addEventListener("input", () => this.show());
        this.more.addEventListener("click", () => {
            this.limit = this.limit === FIRST ? SHAPES_MAX : FIRST;
            this.show();
        });
    }

    makeColumns() {
        const query = {title: "Statement", kind: "query", fill: (cell, s) => this.fillQuery(cell, s)};
        const share = {title: "Share", kind: "share", fill: (cell, s) => this.fillShare(cell, s)};
        const spark = {title: "Last hour", kind: "plot", fill: (cell, s) => this.fillSpark(cell, s)};
        const numbers = ORDERS.map((order) => ({
            title: order.title, kind: `num ${order.name}`, text: (s) => order.text(order.value(s)),
            head: this.makeHead(order),
        }));
        return [query, spark, share, ...numbers];
    }

    makeHead(order) {
        const button = make("button", {type: "button", text: order.title, "data-order": order.name});
        button.addEventListener("click", () => this.setOrder(order.name));
        return button;
    }

    fillQuery(cell, shape) {
        if (cell.firstChild === null) {
            const button = make("button", {type: "button", class: "statement"});
            button.addEventListener("click", () => this.onOpen(cell.shape));
            cell.append(button, make("small"));
        }
        cell.shape = shape;
        setText(cell.firstChild, textOf(shape));
        setText(cell.lastChild, `${whoseOf(shape)}${shape.kind ? ` · ${shape.kind}` : ""}`);
    }

    fillShare(cell, shape) {
        const whole = this.answer.summary.total_us;
        setText(cell, percent(shape.total_us, whole));
        cell.style.setProperty("--share", whole > 0 ? `${shape.total_us / whole * 100}%` : "0%");
    }

    fillSpark(cell, shape) {
        const minutes = shape.minutes ?? [];
        const spark = cell.firstChild ?? cell.appendChild(makeSpark());
        drawSpark(spark, minutes.map(this.order.minute),
            `${this.order.title}, minute by minute: ${minutes.length} minutes`);
    }

    setOrder(name) {
        this.order = ORDERS.find((order) => order.name === name) ?? ORDERS[0];
        this.markOrder();
        this.show();
        this.onOrder();
    }

    markOrder() {
        this.choice.value = this.order.name;
        document.querySelectorAll("#shapes [data-order]").forEach((button) => {
            const isIt = button.dataset.order === this.order.name;
            button.closest("th").setAttribute("aria-sort", isIt ? "descending" : "none");
        });
    }

    update(answer) {
        this.answer = answer;
        this.show();
    }

    shapeOf(key) {
        return this.answer?.shapes.find((shape) => keyOf(shape) === key);
    }

    show() {
        if (this.answer === null) {
            return;
        }
        const words = this.find.value.trim().toLowerCase();
        const found = this.answer.shapes.filter((shape) =>
            `${textOf(shape)} ${whoseOf(shape)} ${shape.id}`.toLowerCase().includes(words));
        found.sort((a, b) => this.order.value(b) - this.order.value(a));
        this.table.show(found.slice(0, this.limit));
        byId("shapes").hidden = found.length === 0;
        this.more.hidden = found.length <= FIRST;
        setText(this.more, this.limit === FIRST ? `Show all ${found.length}` : `Show the first ${FIRST}`);
        const isNone = this.answer.shapes.length === 0;
        setNote(byId("shapes-note"), found.length > 0 ? null :
            isNone ? "No statement in the last hour." : "No statement has that in it.");
    }
}
