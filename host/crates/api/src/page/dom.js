// Small helpers over the document. Text only ever enters it as text.

const byId = (id) => document.getElementById(id);

function element(tag, options = {}, children = []) {
  const node = document.createElement(tag);
  const { text, on, ...properties } = options;
  for (const [name, value] of Object.entries(properties)) node[name] = value;
  if (text !== undefined) node.textContent = text;
  for (const [event, handler] of Object.entries(on ?? {})) node.addEventListener(event, handler);
  node.append(...children);
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

/** Keeps one row per key: `build(item)` makes cells once, `update(cells, item)` fills them. */
class Rows {
  constructor(id, build, update) {
    this.body = byId(id);
    this.empty = document.querySelector(`.empty[data-for="${id}"]`);
    this.build = build;
    this.update = update;
    this.rows = new Map();
  }

  show(items, keyOf) {
    const seen = new Set();
    let place = this.body.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      seen.add(key);
      let entry = this.rows.get(key);
      if (!entry) {
        const cells = this.build(item);
        entry = { cells, row: element("tr", {}, cells) };
        this.rows.set(key, entry);
      }
      this.update(entry.cells, item);
      if (entry.row === place) place = place.nextElementSibling;
      else this.body.insertBefore(entry.row, place);
    }
    for (const [key, entry] of this.rows) {
      if (!seen.has(key)) {
        entry.row.remove();
        this.rows.delete(key);
      }
    }
    if (this.empty) this.empty.hidden = seen.size > 0;
  }
}

/** Names a cell where a narrow screen shows rows as blocks, without the head of the table. */
function labelled(label, node) {
  node.dataset.label = label;
  return node;
}

const cell = (className = "") => element("td", { className });
const numberCell = () => cell("number");

/** Text of money for reading; exact text stays in the tooltip. */
function money(text, digits = 2) {
  if (text === null || text === undefined) return "–";
  return Number(text).toLocaleString("en-US", {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
}

function signClass(value) {
  if (value > 0) return "up";
  return value < 0 ? "down" : "";
}

const clock = (rfc) => (rfc ? rfc.slice(11, 23) : "–");

function flash(node, direction) {
  const style = getComputedStyle(document.documentElement);
  const colour = style.getPropertyValue(direction > 0 ? "--up-soft" : "--down-soft");
  node.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], 350);
}
