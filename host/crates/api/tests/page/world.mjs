// A document that is just enough for the scripts of the live page, and a host that says what a test wants.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { webcrypto } from "node:crypto";
import vm from "node:vm";

/** An element: what the page's helpers do to one. */
export class Node {
  constructor(tag) {
    Object.assign(this, { tag, children: [], dataset: {}, className: "", parent: null, text: "" });
    const classes = new Set();
    this.classList = {
      contains: (name) => classes.has(name),
      toggle: (name, on) => (on ? classes.add(name) : classes.delete(name)),
    };
    Object.assign(this, { handlers: {}, parts: new Map(), hidden: false, style: {} });
    // The fields of a form, which come to be when they are asked for.
    this.elements = new Proxy({}, { get: (_, name) => this.part(String(name)) });
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

  addEventListener(event, handler) {
    this.handlers[event] = handler;
  }

  /** What a handler does with an event, to its end. */
  fire(event) {
    return this.handlers[event]({ preventDefault: () => {}, target: this });
  }

  part(name) {
    if (!this.parts.has(name)) this.parts.set(name, Object.assign(new Node(name), { value: "" }));
    return this.parts.get(name);
  }

  querySelector(selector) {
    return this.part(selector);
  }

  focus() {}

  reset() {}
}


const FILES = ["dom", "session", "connection", "state", "strategies", "versions", "care", "approvals", "pipelines"];
const NAMES = [
  "state", "session", "logLine", "showVersions", "loadShadows", "refresh", "call", "may", "logOut", "Stream", "Waits",
  "loadApprovals", "showPipelines", "restartText", "careText", "isOpen", "currentToken",
];

export const source = (file) =>
  readFileSync(fileURLToPath(new URL(`../../src/page/${file}`, import.meta.url)), "utf8");

/** What REST says: a body, or what a function makes of the request (`{status, body, headers}`). */
function respond(found, request) {
  const { status = 200, body = {}, headers = {} } = typeof found === "function" ? found(request)
    : found === undefined ? { status: 404, body: { code: "NOT_FOUND", detail: "none" } } : { body: found };
  return {
    ok: status < 400, status, statusText: "", headers: { get: (name) => headers[name] ?? null },
    text: async () => (body === null ? "" : JSON.stringify(body)),
  };
}

/** A page of its own; `answers` are what REST says by path, or by method and path. */
export function load(answers = {}, { known = "OFF", more = [], names = [], hash = "" } = {}) {
  const nodes = new Map();
  const byId = (id) => {
    if (!nodes.has(id)) nodes.set(id, new Node(id));
    return nodes.get(id);
  };
  const page = { byId, asked: [], stored: [], told: [], doors: [], timers: [], sockets: [], addresses: [], heard: {}, begun: 0, reloads: 0, now: 0, shownAll: 0 };
  const storage = () => {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null, removeItem: (key) => kept.delete(key),
      setItem: (key, value) => { kept.set(key, value); page.stored.push(value); },
    };
  };
  const context = vm.createContext({
    document: {
      hidden: false, body: new Node("body"), getElementById: byId, querySelector: () => null,
      querySelectorAll: () => [], createElement: (tag) => new Node(tag),
    },
    fetch: async (url, request = {}) => {
      const path = url.replace("/api/v1", "");
      page.asked.push({ path, ...request });
      const key = `${request.method} ${path}`;
      return respond(key in answers ? answers[key] : answers[path], request);
    },
    WebSocket: class {
      constructor(url) {
        Object.assign(this, { url, sent: [], handlers: {} });
        page.sockets.push(this);
      }

      addEventListener(event, handler) {
        this.handlers[event] = handler;
      }

      send(text) {
        this.sent.push(JSON.parse(text));
      }

      close() {}
    },
    setTimeout: (does, wait) => page.timers.push({ does, wait }), clearTimeout: () => {},
    crypto: webcrypto, performance: { now: () => page.now }, showAll: () => { page.shownAll += 1; }, navigator: {}, confirm: () => true, prompt: () => "carl",
    localStorage: storage(), sessionStorage: storage(),
    location: { protocol: "http:", host: "localhost:8080", pathname: "/", hash, reload: () => { page.reloads += 1; } },
    history: { replaceState: (_state, _title, address) => page.addresses.push(address) },
    window: { addEventListener: (event, handler) => { page.heard[event] = handler; } }, URLSearchParams,
    makeCanvas: () => new Node("canvas"), tell: (error) => page.told.push(error.message),
    notice: (text) => page.told.push(text), openDoor: (words) => page.doors.push(words), begin: () => { page.begun += 1; },
  });
  const scripts = [...FILES, ...more].map((file) => source(`${file}.js`)).join("\n");
  const given = [...NAMES, ...names].join(", ");
  const loaded = vm.runInContext(`(() => { "use strict"; ${scripts}\nreturn { ${given} }; })()`, context);
  loaded.session.state = known;
  return Object.assign(page, loaded);
}
