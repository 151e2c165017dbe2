// The kit outside of a component: numbers, parameters, what is held, time, chance and source maps. The
// folder of the variable ARGONAUT_TOOLS has esbuild.
//
//     ARGONAUT_TOOLS=target/tools node --test sdk/js/tests/kit.test.mjs

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { places } from "../places.mjs";

const kit = fileURLToPath(new URL("..", import.meta.url));
const esbuild = createRequire(resolve(process.env.ARGONAUT_TOOLS, "package.json"))("esbuild");

/** What the host is told and says; the imports of the contract lead here. */
const host = { now: 1_700_000_000_123_456_789n, values: new Map(), lines: [], sent: [] };
globalThis.testHost = host;

const IMPORTS = {
  "timers@1.0.0": "export const now = () => testHost.now;",
  "log@1.0.0": "export const write = (level, text) => testHost.lines.push([level, text]);",
  "state@1.0.0": `export const get = (key) => testHost.values.get(key);
    export const put = (key, value) => testHost.values.set(key, value);`,
  "orders@1.0.0": `const sent = (name, id) => (...terms) => (testHost.sent.push([name, ...terms]), id);
    export const submitMarket = sent("submitMarket", 7n);
    export const submitLimit = sent("submitLimit", 8n);
    export const submitStopMarket = sent("submitStopMarket", 9n);
    export const submit = sent("submit", 10n);
    export const submitList = sent("submitList", 11n);
    export const submitBy = sent("submitBy", 12n);
    export const modify = sent("modify");`,
  "market-data@1.0.0": "export const subscribeBars = () => {};",
};

const standIns = {
  name: "imports",
  setup(build) {
    build.onResolve({ filter: /^argonaut:plugin/ }, ({ path }) => ({ path, namespace: "host" }));
    build.onLoad({ filter: /.*/, namespace: "host" }, ({ path }) => ({
      contents: IMPORTS[path.replace("argonaut:plugin/", "")],
    }));
  },
};

async function load() {
  const everything = ["index", "guest", "trace", "shadow"].map((file) => `export * from "./${file}";`);
  const { outputFiles } = await esbuild.build({
    stdin: { contents: everything.join("\n"), resolveDir: kit, loader: "ts" },
    bundle: true, format: "esm", logLevel: "error", plugins: [standIns], target: "es2022", write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
}

// Loading the kit takes the clock and chance away from this process: what the tests' runner needs of
// them it has got before.
const real = { Date, random: Math.random, performance, crypto, setTimeout, setInterval, console, fetch };
const { Price, Quantity, money, Config, Refused, Strategy, describe, integer, exportsOf, original, source } = await load();
const shadowed = { Date: globalThis.Date, random: Math.random, crypto: globalThis.crypto };
for (const [name, value] of Object.entries(real)) {
  if (name === "random") Math.random = value;
  else Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
real.Date.prototype.constructor = real.Date;

test("text and back is exact", () => {
  for (const [text, shown] of [["1.10", "1.1"], ["-0.000000001", "-0.000000001"], [".5", "0.5"], ["3", "3"]]) {
    assert.equal(Price.text(Price.parse(text)), shown);
  }
  for (const text of ["", ".", "-", "1e5", "1.0000000001", "1.2.3", "NaN", "9300000000"]) {
    assert.throws(() => Price.parse(text), RangeError, text);
  }
  assert.throws(() => Quantity.parse("-1"), RangeError);
  assert.equal(Price.nearest(1.234567, Price.parse("0.0001")), Price.parse("1.2346"));
  assert.equal(money({ high: -1n, low: 2n ** 64n - 5n }), -5n);
});

test("errors name the parameter", () => {
  const parameters = [["fast", "x"], ["basis", "middle"], ["bar_seconds", "60"]];
  const config = new Config({ strategy: "s", instruments: [], parameters });
  const check = (read, message) => assert.throws(read, { constructor: Refused, message });
  check(() => config.integer("fast"), "parameter `fast`: `x` is not a whole number");
  check(() => config.price("slow"), "parameter `slow` is missing");
  check(() => config.price("fast"), "parameter `fast`: `x` is not a price");
  check(() => config.barSpec(), "parameter `basis`: `middle` is not one of bid, ask, mid, last");
});

class Trader extends Strategy {
  static description = describe("trader", "1", "", integer("size", "", { default: 1 }));
  onStart() {
    this.market(0, "buy", 1n);
  }
  onQuote() {
    throw new Error("no quotes, please");
  }
  load() {
    throw new Refused("not that");
  }
}

test("what it holds follows the events, and what it throws is told", () => {
  const guest = exportsOf(Trader);
  assert.equal(guest.describe().parameters[0].default, "1");
  guest.init({ strategy: "s", instruments: [], parameters: [] });
  guest.onStart({ reason: "fresh", now: 0n, positions: [], orders: [] });
  host.lines.length = 0;
  assert.throws(() => guest.onQuote({}), /no quotes/);
  assert.deepEqual(host.lines, [["error", "Error: no quotes, please"]]);
  // A thrown string is the error of the contract's `result`.
  assert.throws(() => guest.load({}), (error) => error === "not that");
});

test("a signal comes with its values by name, and who has no hook for it says so", () => {
  class Follower extends Strategy {
    static description = describe("follower", "1", "");
    onSignal(signal) {
      this.info(`${signal.name} ${signal.values.get("quantity")} ${signal.tsEvent}`);
    }
  }
  const run = (plugin) => {
    const guest = exportsOf(plugin);
    guest.init({ strategy: "s", instruments: [], parameters: [] });
    guest.onStart({ reason: "fresh", now: 0n, positions: [], orders: [] });
    host.lines.length = 0;
    guest.onSignal.onSignal("buy", [["note", "x"], ["quantity", "1.5"]], 7n);
    return host.lines;
  };
  assert.deepEqual(run(Follower), [["info", "buy 1.5 7"]]);
  assert.deepEqual(run(Trader), [["warn", "the signal `buy` is not for this strategy"]]);
});

test("numbers that the contract would pass on as others are refused, and nothing is sent", () => {
  const trader = new Trader({ strategy: "s", instruments: [], parameters: [] });
  // One more than 64 bits hold: the contract would make it 0, or the lowest price.
  const [quantity, price] = [2n ** 64n, 2n ** 63n];
  const limit = { tag: "limit", val: price };
  const order = (terms) => ({ instrument: 0, side: "buy", kind: { tag: "market" }, quantity: 1n, ...terms });
  const stop = { tag: "stop-limit", val: { price: 1n, trigger: { price, by: "last" } } };
  const wrong = {
    "market: quantity": () => trader.market(0, "buy", quantity),
    "market: negative quantity": () => trader.market(0, "buy", -1n),
    "limit: quantity": () => trader.limit(0, "buy", quantity, 1n),
    "limit: price": () => trader.limit(0, "buy", 1n, price),
    "limit: negative price": () => trader.limit(0, "buy", 1n, -price - 1n),
    "stop: quantity": () => trader.stopMarket(0, "buy", quantity, 1n),
    "stop: trigger": () => trader.stopMarket(0, "buy", 1n, price),
    "submit: quantity": () => trader.submit(order({ quantity })),
    "submit: display": () => trader.submit(order({ display: quantity })),
    "submit: limit": () => trader.submit(order({ kind: limit })),
    "submit: trigger within": () => trader.submit(order({ kind: stop })),
    "submit: hold": () => trader.submit(order({ hold: { price, by: "mid" } })),
    "list: the second": () => trader.submitList([order({}), order({ quantity })]),
    "by: limit": () => trader.submitBy(order({ kind: limit }), "twap"),
    "modify: quantity": () => trader.modify(7n, { quantity }),
    "modify: price": () => trader.modify(7n, { price }),
    "modify: trigger": () => trader.modify(7n, { trigger: price }),
  };
  host.sent.length = 0;
  for (const [name, send] of Object.entries(wrong)) {
    assert.throws(send, { name: "RangeError", message: /do not fit a (price|quantity)/ }, name);
    assert.deepEqual(host.sent, [], name);
  }
  assert.deepEqual(trader.openOrders(0), []);
  // The largest that fit are sent as they are.
  trader.limit(0, "buy", quantity - 1n, price - 1n);
  trader.modify(8n, { price: -price });
  assert.deepEqual(host.sent.map(([name, ...terms]) => [name, ...terms.filter((term) => typeof term === "bigint")]), [
    ["submitLimit", quantity - 1n, price - 1n, 0n],
    ["modify", 8n, -price],
  ]);
});

test("time is the event's and chance goes on", () => {
  const present = new shadowed.Date();
  assert.equal(present.toISOString(), "2023-11-14T22:13:20.123Z");
  assert.equal(shadowed.Date.now(), 1_700_000_000_123);
  assert.ok(present instanceof shadowed.Date);
  assert.equal(new shadowed.Date(0).getTime(), 0);
  const draw = () => [shadowed.random(), shadowed.crypto.randomUUID()];
  source.begin("a strategy");
  const first = draw();
  source.keep();
  const rest = draw();
  source.begin("a strategy");
  assert.deepEqual(draw(), first);
  // Another instance goes on where the first one's last event ended.
  source.restore();
  assert.deepEqual(draw(), rest);
  assert.notDeepEqual(first, rest);
});

test("a source map leads back to the author's file", async () => {
  const contents = "const a: number = 1;\n\ninterface B { c: string }\n\nexport function f(): never {\n  throw new Error(`${a}`);\n}\n";
  const { outputFiles } = await esbuild.build({
    stdin: { contents, loader: "ts", sourcefile: "strategy.ts", resolveDir: kit },
    bundle: true, format: "esm", outfile: "out.js", sourcemap: "external", write: false,
  });
  const [map, code] = ["out.js.map", "out.js"].map((name) => outputFiles.find((file) => file.path.endsWith(name)).text);
  const lines = code.split("\n");
  const line = lines.findIndex((text) => text.includes("throw")) + 1;
  const place = original(places(JSON.parse(map)), line, lines[line - 1].indexOf("new") + 1);
  assert.equal(place.replace(/.*\//, ""), "strategy.ts:6");
});
