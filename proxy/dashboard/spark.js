// SPDX-License-Identifier: PostgreSQL
// The last hour of a statement as a line of a few pixels.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 22;
const MINUTES = 60;

function makeElement(name, attributes) {
    const element = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
}

export function makeSpark() {
    const svg = makeElement("svg", {
        class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    });
    svg.append(makeElement("path", {class: "area"}), makeElement("path", {class: "line"}));
    return svg;
}

// values: of minutes, the present one last. At the right edge, a bar a minute.
export function drawSpark(svg, values, label) {
    const most = Math.max(...values, 0);
    const step = WIDTH / MINUTES;
    const shown = values.slice(-MINUTES);
    const start = WIDTH - shown.length * step;
    const points = shown.flatMap((value, i) => {
        const y = most > 0 ? HEIGHT - 1 - value / most * (HEIGHT - 3) : HEIGHT - 1;
        return [`${start + i * step},${y.toFixed(1)}`, `${start + (i + 1) * step},${y.toFixed(1)}`];
    });
    const line = points.length > 0 ? `M${points.join(" L")}` : "";
    const [area, stroke] = svg.children;
    area.setAttribute("d", line && `${line} L${WIDTH},${HEIGHT} L${start},${HEIGHT} Z`);
    stroke.setAttribute("d", line);
    svg.setAttribute("aria-label", label);
}
