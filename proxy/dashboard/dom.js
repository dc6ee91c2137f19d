// SPDX-License-Identifier: PostgreSQL
// Elements. Whatever comes from the API becomes text here, never markup.

export function byId(id) {
    return document.getElementById(id);
}

// make("td", {class: "num", text: "5"}, child ...): attributes, and text for what is inside.
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name === "text") {
            element.textContent = value;
        } else {
            element.setAttribute(name, value);
        }
    }
    element.append(...children);
    return element;
}

export function setText(element, text) {
    if (element.textContent !== text) {
        element.textContent = text;
    }
}

// A paragraph that is there only while it says something.
export function setNote(element, text) {
    setText(element, text ?? "");
    element.hidden = !text;
}

// Terms and values of a <dl>, in place: [[term, value, class], ...].
export function setTerms(list, terms) {
    while (list.children.length > terms.length) {
        list.lastElementChild.remove();
    }
    terms.forEach(([term, value, kind], i) => {
        const group = list.children[i] ?? list.appendChild(make("div", {}, make("dt"), make("dd")));
        setText(group.firstElementChild, term);
        setText(group.lastElementChild, value);
        group.className = kind ?? "";
    });
}
