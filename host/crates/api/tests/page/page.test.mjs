// The scripts of the live page over a document that is just enough for them: what rows and lines show.
//
//     node --test host/crates/api/tests/page/page.test.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

/** An element: what the page's helpers do to one. */
class Node {
  constructor(tag) {
    Object.assign(this, { tag, children: [], dataset: {}, className: "", parent: null, text: "" });
    this.classList = { contains: () => false, toggle: () => {} };
  }

  get textContent() {
    return this.children.length ? this.children.map((child) => child.textContent ?? child).join("") : this.text;
  }

  set textContent(text) {
    this.children = [];
    this.text = String(text);
  }

  get firstChild() {
    return this.children[0] ?? null;
  }

  get firstElementChild() {
    return this.firstChild;
  }

  get nextElementSibling() {
    return this.parent.children[this.parent.children.indexOf(this) + 1] ?? null;
  }

  append(...nodes) {
    nodes.forEach((node) => this.insertBefore(node, null));
  }

  insertBefore(node, place) {
    if (node instanceof Node) {
      node.remove();
      node.parent = this;
    }
    const at = place === null ? this.children.length : this.children.indexOf(place);
    this.children.splice(at, 0, node);
  }

  remove() {
    if (this.parent) this.parent.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
  }

  replaceChildren(...nodes) {
    [...this.children].forEach((node) => node.remove());
    this.append(...nodes);
  }

  addEventListener() {}
}

/** A page of its own; `answers` are what REST says by path. */
function load(answers = {}) {
  const nodes = new Map();
  const byId = (id) => {
    if (!nodes.has(id)) nodes.set(id, new Node(id));
    return nodes.get(id);
  };
  const answer = (path) => {
    const found = answers[path.replace("/api/v1", "")];
    const text = JSON.stringify(found ?? { code: "NOT_FOUND", detail: "none" });
    return { ok: found !== undefined, status: 404, statusText: "", text: async () => text };
  };
  const world = vm.createContext({
    document: {
      hidden: false, body: new Node("body"), getElementById: byId,
      querySelector: () => null, createElement: (tag) => new Node(tag),
    },
    fetch: async (path) => answer(path), makeCanvas: () => new Node("canvas"),
  });
  const files = ["dom", "connection", "state", "strategies", "versions"];
  const read = (file) => readFileSync(fileURLToPath(new URL(`../../src/page/${file}.js`, import.meta.url)), "utf8");
  const names = ["state", "logLine", "showVersions", "loadShadows"];
  const script = `(() => { "use strict"; ${files.map(read).join("\n")}\nreturn { ${names.join(", ")} }; })()`;
  return { byId, ...vm.runInContext(script, world) };
}

const plugin = (version, parameters = {}) => ({ name: "ema", version, hash: `${version}0`.repeat(20), parameters });
const strategy = (more = {}) => ({
  id: 1, name: "one", manual: false, state: "RUNNING", plugin: plugin("2.0.0", { fast: "5" }),
  shadow: null, probation: null, last_roll_back: null, ...more,
});

/** The texts of the row of a strategy: each cell's head and detail. */
const row = (page) => {
  const [only] = page.byId("versions").children;
  return only.children.slice(1).map((cell) => cell.children.map((part) => part.textContent));
};

test("lines of the log break where the plugin broke them, and are nothing but text", () => {
  const { logLine } = load();
  const shown = (text) => {
    const line = logLine({ time: "2024-01-01T00:00:00.000Z", strategy: "one", level: "INFO", text });
    const last = line.children.at(-1);
    assert.ok(last.className.split(" ").includes("text"), "its breaks are shown");
    assert.equal(last.title, text, "as the host has it");
    assert.deepEqual(last.children, [], "no elements come of it");
    return last.textContent;
  };
  assert.equal(shown("spread 0.5"), "spread 0.5");
  assert.equal(shown("a\\nb\\r\\n\\tc"), "a\nb\n\tc");
  assert.equal(shown("a\nb"), "a\nb");
  assert.equal(shown("<b>x</b>\\n<script>"), "<b>x</b>\n<script>");
});

test("a strategy without more shows the version that runs", () => {
  const page = load();
  page.state.strategies.set("one", strategy());
  page.state.strategies.set("hand", strategy({ name: "hand", manual: true, plugin: null }));
  page.showVersions();
  assert.equal(page.byId("versions").children.length, 1, "orders by hand have no version");
  assert.deepEqual(row(page), [["ema 2.0.0", "2.0.002.0."], ["–", ""], ["–", ""]]);
});

test("a shadow shows its version, how far it agrees, and why it is over", async () => {
  const report = {
    begun_at: 7, plugin: plugin("3.0.0"), reason: null, verdict: "they differ",
    matched: 12, only_running: 2, only_shadow: 0, other_terms: 1,
  };
  const answers = { "/strategies/one/shadow": report };
  const page = load(answers);
  const shadow = { begun_at: 7, plugin: plugin("3.0.0"), since: "2024-01-01T10:00:00.000Z" };
  page.state.strategies.set("one", strategy({ shadow }));
  page.showVersions();
  assert.deepEqual(row(page)[1], ["ema 3.0.0", "since 2024-01-01 10:00:00"]);
  await page.loadShadows();
  assert.deepEqual(row(page)[1], ["ema 3.0.0", "12 orders alike, 3 differences (2 only running, 1 other terms)"]);
  // Another one began: what was told of the first is not its.
  page.state.strategies.set("one", strategy({ shadow: { ...shadow, begun_at: 9 } }));
  page.showVersions();
  assert.deepEqual(row(page)[1], ["ema 3.0.0", "since 2024-01-01 10:00:00"]);
  // It is over.
  page.state.strategies.set("one", strategy());
  answers["/strategies/one/shadow"] = { ...report, reason: "it broke", only_running: 0, other_terms: 0 };
  await page.loadShadows();
  assert.deepEqual(row(page)[1], ["ema 3.0.0", "over, it broke: 12 orders alike, no differences"]);
});

test("a probation shows until when, and what ends it; afterwards that it went back", () => {
  const page = load();
  const probation = {
    before: plugin("1.0.0"), until: "2024-01-01T11:00:00.000Z", max_faults: 0, max_loss: "250", max_denials: null,
  };
  page.state.strategies.set("one", strategy({ probation }));
  page.showVersions();
  assert.deepEqual(row(page)[2], [
    "ema 2.0.0", "until 2024-01-01 11:00:00; back to ema 1.0.0 after more than 0 faults or a loss over 250",
  ]);
  const back = { time: "2024-01-01T10:30:00.000Z", from: plugin("2.0.0"), reason: "it lost 251" };
  page.state.strategies.set("one", strategy({ plugin: plugin("1.0.0"), last_roll_back: back }));
  page.showVersions();
  assert.deepEqual(row(page)[2], ["–", "went back from ema 2.0.0 at 2024-01-01 10:30:00: it lost 251"]);
});
