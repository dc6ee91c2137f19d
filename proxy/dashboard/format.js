// SPDX-License-Identifier: PostgreSQL
// Numbers as a person reads them; what is not a number is a dash.

export const NONE = "–";

function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
}

// Three digits that say something.
function digits(value) {
    const size = Math.abs(value);
    return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 0.01 ? 2 : 4);
}

function scaled(value, step, units) {
    let i = 0;
    let rest = value;
    while (Math.abs(rest) >= step && i < units.length - 1) {
        rest /= step;
        i++;
    }
    const text = i === 0 && Number.isInteger(rest) ? String(rest) : digits(rest);
    return units[i] === "" ? text : `${text} ${units[i]}`;
}

export function duration(usec) {
    if (!isNumber(usec)) {
        return NONE;
    }
    if (usec < 60e6) {
        return scaled(usec, 1000, ["µs", "ms", "s"]);
    }
    const seconds = Math.round(usec / 1e6);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

export function count(value) {
    if (!isNumber(value)) {
        return NONE;
    }
    if (Number.isInteger(value) && Math.abs(value) < 100000) {
        return value.toLocaleString("en").replaceAll(",", "\u202f");
    }
    return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

// A number of something in a second, or at a time.
export function rate(value) {
    return value > 0 && value < 0.01 ? "< 0.01" : count(value);
}

export function bytes(value) {
    return isNumber(value) ? scaled(value, 1024, ["B", "KB", "MB", "GB", "TB"]) : NONE;
}

export function percent(part, whole) {
    return whole > 0 && isNumber(part) ? `${digits(part / whole * 100)} %` : NONE;
}

export function clock(msec) {
    return new Date(msec).toLocaleTimeString([], {hour12: false});
}
