// SPDX-License-Identifier: PostgreSQL
// One plot over time: a heading, a legend that is text, and dygraphs' canvas. Colours are the
// page's (--NAME in style.css), so they follow light and dark.
import {make, setText} from "./dom.js";
import {NONE, clock} from "./format.js";

const {Dygraph} = globalThis;
const dark = matchMedia("(prefers-color-scheme: dark)");

// No legend, title or range selector of its own: those would write markup and style attributes.
const PLUGINS = Dygraph.PLUGINS.filter(
    (plugin) => plugin === Dygraph.Plugins.Axes || plugin === Dygraph.Plugins.Grid);

// "20.0 ms" is "20 ms" beside a line.
function short(text) {
    return text.replace(/\.(\d*?)0+(?=\D|$)/, (all, rest) => rest === "" ? "" : `.${rest}`);
}

// 1, 2, 5, 10 ... dygraphs' own choice has 4 and 9 in it.
function logTicks(from, to, pixels, options) {
    const format = options("axisLabelFormatter");
    const decades = Math.max(0.5, Math.log10(to / from));
    const steps = pixels / decades > 90 ? [1, 2, 5] : [1];
    const ticks = [];
    for (let unit = 10 ** Math.floor(Math.log10(from)); unit <= to; unit *= 10) {
        ticks.push(...steps.map((step) => step * unit).filter((v) => v >= from && v <= to));
    }
    return ticks.map((v) => ({v, label: format(v)}));
}

// Without any there is nothing that a logarithmic axis could begin with.
function hasValues(rows, [from, to] = [0, Infinity]) {
    return rows.some(([at, ...values]) =>
        at >= from && at <= to && values.some((value) => Number.isFinite(value)));
}

// Thinner where points stand close.
function strokeWidth(rows, [from, to]) {
    return rows.filter(([at]) => at >= from && at <= to).length > 800 ? 0.8 : 1.5;
}

export const LOGARITHMIC = {logscale: true, yRangePad: 8, ticker: logTicks};

// By name: what the page has drawn, for its test too.
export const plots = new Map();

function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function colours(series) {
    return {
        colors: series.map((one) => colour(one.colour)),
        gridLineColor: colour("grid"),
        axisLineColor: colour("grid"),
    };
}

// Drag to look closer; a finger scrolls the page as everywhere else.
function interaction(onZoom) {
    const usual = Dygraph.defaultInteractionModel;
    return onZoom === undefined ? {} : {
        mousedown: usual.mousedown,
        dblclick: () => onZoom(null),
        willDestroyContextMyself: usual.willDestroyContextMyself,
    };
}

export class Plot {
    // series: [{name, colour}]; format: of a value; onZoom([from, to] or null): by the user.
    constructor(id, {title, sentence, series, format, onZoom, options = {}}) {
        this.series = series;
        this.format = format;
        this.head = make("h2", {text: title, id: `${id}-title`});
        this.when = make("small");
        this.head.append(" ", this.when);
        this.values = make("dl", {class: "legend"});
        this.canvas = make("div", {class: "canvas"});
        this.empty = make("p", {class: "empty", text: "nothing yet"});
        this.figure = make("section", {class: "plot", id, "aria-labelledby": `${id}-title`},
            this.head, this.values, this.canvas, this.empty, make("p", {class: "quiet", text: sentence}));
        this.makeLegend();
        this.graph = null;
        this.onZoom = onZoom;
        const {ticker, ...rest} = options;
        this.ticker = ticker;
        this.options = rest;
        plots.set(id, this);
    }

    makeLegend() {
        this.readings = this.series.map((one) => {
            const reading = make("dd", {text: NONE});
            this.values.append(make("div", {class: `key ${one.colour}`},
                make("dt", {text: one.name}), reading));
            return reading;
        });
    }

    // The values of a row, or of the last one.
    show(row) {
        const number = row ?? (this.graph?.numRows() ?? 0) - 1;
        const msec = number >= 0 ? this.graph.getValue(number, 0) : NaN;
        setText(this.when, row === undefined || Number.isNaN(msec) ? "" : clock(msec));
        this.readings.forEach((reading, i) => {
            const value = number >= 0 ? this.graph.getValue(number, i + 1) : NaN;
            setText(reading, this.format(value));
        });
    }

    makeGraph(rows, dateWindow) {
        this.graph = new Dygraph(this.canvas, rows, {
            labels: ["time", ...this.series.map((one) => one.name)],
            plugins: [],
            legend: "never",
            resizable: "passive",
            dateWindow,
            ...colours(this.series),
            axisLabelFontSize: 11,
            axisLabelWidth: 58,
            axes: {
                x: {drawGrid: false, axisLabelWidth: 64, pixelsPerLabel: 80},
                y: {axisLabelFormatter: (value) => short(this.format(value)), includeZero: true, pixelsPerLabel: 32,
                    ...(this.ticker && {ticker: this.ticker})},
            },
            strokeWidth: strokeWidth(rows, dateWindow),
            highlightCircleSize: 3,
            xRangePad: 4,
            interactionModel: interaction(this.onZoom),
            zoomCallback: (from, to) => this.onZoom?.([from, to]),
            highlightCallback: (event, x, points, row) => this.show(row),
            unhighlightCallback: () => this.show(),
            ...this.options,
        });
    }

    draw(rows, dateWindow) {
        const isEmpty = !hasValues(rows, dateWindow);
        setText(this.empty, rows.length === 0 ? "nothing yet" : "no statement in this time");
        this.canvas.hidden = isEmpty;
        this.empty.hidden = !isEmpty;
        if (isEmpty) {
            this.readings.forEach((reading) => setText(reading, NONE));
            return;
        }
        if (this.graph === null) {
            this.makeGraph(rows, dateWindow);
        } else {
            this.graph.updateOptions({file: rows, dateWindow, strokeWidth: strokeWidth(rows, dateWindow)});
        }
        this.show();
    }

    restyle() {
        this.graph?.updateOptions(colours(this.series));
    }
}

Dygraph.PLUGINS.splice(0, Dygraph.PLUGINS.length, ...PLUGINS);
dark.addEventListener("change", () => plots.forEach((plot) => plot.restyle()));
