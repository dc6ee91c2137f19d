// SPDX-License-Identifier: PostgreSQL
// A table of rows that come again and again: rows are kept by key, cells by place, so that focus,
// selection and scrolling stay where they are.
import {make, setText} from "./dom.js";

// A column: {name, title, text(row), kind: "num" | "text" ..., fill(cell, row)}. fill() for what is
// not only text.
export class Table {
    constructor(table, columns, key) {
        this.columns = columns;
        this.key = key;
        this.rows = new Map();
        this.head = table.tHead;
        this.body = table.tBodies[0];
        this.titles = columns.map((column) => make("th", {scope: "col", class: column.kind ?? "text"}));
        this.titles.forEach((title, i) => title.append(columns[i].head ?? columns[i].title));
        this.head.replaceChildren(make("tr", {}, ...this.titles));
    }

    makeRow() {
        const cells = this.columns.map((column) => make("td",
            {class: column.kind ?? "text", "data-title": column.title}));
        return {element: make("tr", {}, ...cells), cells};
    }

    fill(cells, row) {
        this.columns.forEach((column, i) => {
            if (column.fill) {
                column.fill(cells[i], row);
            } else {
                setText(cells[i], column.text(row));
            }
        });
    }

    show(rows) {
        const kept = new Map();
        rows.forEach((row, i) => {
            const key = this.key(row, i);
            const place = this.rows.get(key) ?? this.makeRow();
            kept.set(key, place);
            this.fill(place.cells, row);
        });
        this.rows = kept;
        const wanted = [...kept.values()].map((place) => place.element);
        const isSame = wanted.length === this.body.rows.length &&
            wanted.every((element, i) => element === this.body.rows[i]);
        if (!isSame) {
            const focus = document.activeElement;
            this.body.replaceChildren(...wanted);
            focus?.isConnected && focus.focus({preventScroll: true});
        }
    }
}
