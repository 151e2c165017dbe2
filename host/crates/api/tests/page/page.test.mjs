// The scripts of the live page over a document that is just enough for them: what rows and lines show, and who may
// press what.
//
//     node --test host/crates/api/tests/page/page.test.mjs host/crates/api/tests/page/session.test.mjs

import assert from "node:assert/strict";
import test from "node:test";
import { load, source } from "./world.mjs";

const plugin = (version, parameters = {}) => ({ name: "ema", version, hash: `${version}0`.repeat(20), parameters });
const strategy = (more = {}) => ({
  id: 1, name: "one", manual: false, state: "RUNNING", plugin: plugin("2.0.0", { fast: "5" }),
  shadow: null, probation: null, last_roll_back: null, ...more,
});

/** The texts of the row of a strategy: each cell's head and detail. */
const row = (page) => {
  const [only] = page.byId("versions").children;
  return only.children.slice(1, 5).map((cell) => cell.children.map((part) => part.textContent));
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
  assert.deepEqual(row(page), [["ema 2.0.0", "2.0.002.0."], ["–", ""], ["–", ""], ["–", ""]]);
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
  assert.deepEqual(row(page)[2], ["ema 3.0.0", "since 2024-01-01 10:00:00"]);
  await page.loadShadows();
  assert.deepEqual(row(page)[2], ["ema 3.0.0", "12 orders alike, 3 differences (2 only running, 1 other terms)"]);
  // Another one began: what was told of the first is not its.
  page.state.strategies.set("one", strategy({ shadow: { ...shadow, begun_at: 9 } }));
  page.showVersions();
  assert.deepEqual(row(page)[2], ["ema 3.0.0", "since 2024-01-01 10:00:00"]);
  // It is over.
  page.state.strategies.set("one", strategy());
  answers["/strategies/one/shadow"] = { ...report, reason: "it broke", only_running: 0, other_terms: 0 };
  await page.loadShadows();
  assert.deepEqual(row(page)[2], ["ema 3.0.0", "over, it broke: 12 orders alike, no differences"]);
});

test("a probation shows until when, and what ends it; afterwards that it went back", () => {
  const page = load();
  const probation = {
    before: plugin("1.0.0"), until: "2024-01-01T11:00:00.000Z", max_faults: 0, max_loss: "250", max_denials: null,
    max_drawdown: "120", max_denied_percent: null,
  };
  page.state.strategies.set("one", strategy({ probation }));
  page.showVersions();
  assert.deepEqual(row(page)[3], [
    "ema 2.0.0", "until 2024-01-01 11:00:00; back to ema 1.0.0 after more than 0 faults or a loss over 250 or a fall of more than 120",
  ]);
  const back = { time: "2024-01-01T10:30:00.000Z", from: plugin("2.0.0"), reason: "it lost 251" };
  page.state.strategies.set("one", strategy({ plugin: plugin("1.0.0"), last_roll_back: back }));
  page.showVersions();
  assert.deepEqual(row(page)[3], ["–", "went back from ema 2.0.0 at 2024-01-01 10:30:00: it lost 251"]);
});

/** The texts of the buttons that are to be seen in a row. */
const buttons = (row) => row.children.at(-1).firstChild.children.filter((one) => !one.hidden).map((one) => one.text);

/** A page of somebody who may do some operations. */
function loadFor(operations, answers = {}, options = {}) {
  const page = load(answers, { known: "IN", ...options });
  Object.assign(page.session, { access: "token", user: "anna", until: 1e9, operations: new Set(operations) });
  return page;
}

const watched = { before: plugin("1.0.0"), until: "2024-01-01T11:00:00.000Z", max_faults: 0, max_loss: null, max_denials: null, max_drawdown: null, max_denied_percent: null };
const canary = { instruments: ["EUR/USD.SIM", "BTC/USD.SIM"], when_over: "ROLL_BACK" };

test("a canary shows who has which instruments, and only the buttons of who looks on", () => {
  const shown = (operations, probation) => {
    const page = operations ? loadFor(operations) : load();
    page.state.strategies.set("one", strategy({ probation }));
    page.showVersions();
    return [row(page), buttons(page.byId("versions").children[0])];
  };
  const [cells, deeds] = shown(null, { ...watched, canary });
  assert.equal(cells[0][1], "2.0.002.0. has EUR/USD.SIM, BTC/USD.SIM");
  assert.deepEqual(cells[1], ["ema 1.0.0", "1.0.001.0. has all other instruments"]);
  assert.equal(cells[3][1].slice(0, 28), "canary; goes back when over;");
  assert.deepEqual(deeds, ["Promote canary", "End canary"]);
  assert.deepEqual(shown(["canaries.end"], { ...watched, canary })[1], ["End canary"]);
  assert.deepEqual(shown([], { ...watched, canary })[1], []);
  assert.deepEqual(shown(null, { ...watched, canary: null })[1], ["Flip", "Roll back", "Keep"]);
  assert.deepEqual(shown(["strategies.roll_back"], { ...watched, canary: null })[1], ["Roll back"]);
});

test("a button asks for what it says, and a refusal is told", async () => {
  const page = loadFor(["canaries.end"], { "DELETE /strategies/a%2Fb/canary": () => ({ status: 409, body: { code: "CONFLICT", detail: "none" } }) });
  page.state.strategies.set("a/b", strategy({ name: "a/b", probation: { ...watched, canary } }));
  page.showVersions();
  const all = page.byId("versions").children[0].children.at(-1).firstChild.children;
  await all.find((one) => one.text === "End canary").fire("click");
  assert.deepEqual(page.asked.map(({ method, path, headers }) => [method, path, headers.Authorization]),
    [["DELETE", "/strategies/a%2Fb/canary", "Bearer token"]]);
  assert.deepEqual(page.told, ["CONFLICT: none"]);
});

test("what broke shows how far its restart is, and that its plugin is in quarantine", () => {
  const { restartText, careText, state } = load();
  const restart = { attempt: 2, of: 5, outcome: "WAITING", due_ns: "1704103200500000000", reason: null };
  assert.equal(restartText(restart), "restart 2 of 5 waits until 10:00:00");
  assert.equal(restartText({ ...restart, outcome: "RESTORED" }), "started again (2 of 5) from what it had saved");
  assert.equal(restartText({ ...restart, outcome: "FRESH" }), "started again (2 of 5) from nothing");
  assert.equal(restartText({ ...restart, outcome: "GAVE_UP", reason: "it broke" }), "restarts given up at 2 of 5: it broke");
  const item = strategy();
  assert.equal(careText(item), "");
  state.quarantine = [{ hash: item.plugin.hash, quarantine: { reason: "3 faults" } }];
  assert.equal(careText(item), "its plugin is in quarantine: 3 faults");
});

const step = (stage, told, criteria = []) => ({ stage, state: told, progress: 0.5, verdict: "", criteria, began: null, ended: null });
const run = (more = {}) => ({
  id: 3, title: "ema 2.0.0", plugin: "ab", parameters: {}, by: "bert", state: "WAITING", stage: "APPROVE",
  progress: 0.625, verdict: "APPROVE waits", began: "2024-01-01T10:00:00.000Z", approvals: [],
  stages: [
    step("BACKTEST", "PASSED", [{ name: "trades", wanted: "at least 10", measured: null, holds: false }]), step("APPROVE", "WAITING"),
  ],
  ...more,
});

test("a pipeline shows its gate, what was measured beside what was wanted, and who may say yes", () => {
  const shown = (page, latest, error = null) => {
    page.state.pipelines = [{ strategy: "one", stages: ["BACKTEST", "APPROVE"], error, latest }];
    page.showPipelines();
    return page.byId("pipelines").children[0];
  };
  const page = load();
  const cells = shown(page, run(), "one.toml:3: no").children;
  assert.equal(cells[0].textContent, "oneone.toml:3: no");
  assert.equal(cells[2].children[0].textContent, "WAITING APPROVE 62 %");
  assert.equal(cells[2].children[1].value, 0.625);
  const line = cells[3].children[1].children.map((part) => part.textContent);
  assert.deepEqual(line, ["✗", "trades", "not measured", "at least 10"]);
  const deeds = (operations, latest) => buttons(shown(loadFor(operations), latest));
  const both = ["pipelines.runs.approve", "pipelines.runs.cancel", "pipelines.runs.resume"];
  assert.deepEqual(deeds(both, run()), ["Approve", "Cancel"]);
  assert.deepEqual(deeds(["pipelines.runs.cancel"], run()), ["Cancel"]);
  assert.deepEqual(deeds(both, run({ by: "anna" })), ["Cancel"], "who began it does not count");
  assert.deepEqual(deeds(both, run({ approvals: [{ by: "anna" }] })), ["Cancel"], "nobody counts twice");
  assert.deepEqual(deeds(both, run({ state: "INTERRUPTED" })), ["Resume", "Cancel"]);
  assert.deepEqual(deeds(both, run({ state: "PASSED" })), []);
  assert.deepEqual(deeds(both, null), []);
});

const approval = (more = {}) => ({
  id: "a1", state: "OPEN", operation: "risk.limits.set", subject: "/api/v1/risk/limits/firm", asked_by: "bert",
  request: '\n{ "max": "5" }\n', asked: "2024-01-01T10:00:00Z", expires: "2024-01-01T18:00:00Z", decided_by: null, ...more,
});

test("what waits for a second person is shown with the buttons of who looks on", async () => {
  const deeds = async (operations, item) => {
    const page = loadFor(["approvals.list", "approvals.confirm", "approvals.refuse", ...operations], { "/approvals": [item] });
    await page.loadApprovals();
    const [only] = page.byId("approvals").children;
    return only ? buttons(only) : null;
  };
  assert.deepEqual(await deeds(["risk.limits.set"], approval()), ["Confirm", "Refuse"]);
  assert.deepEqual(await deeds([], approval()), [], "who may not do it may not confirm it");
  assert.deepEqual(await deeds(["risk.limits.set"], approval({ asked_by: "anna" })), ["Take back"]);
  assert.deepEqual(await deeds(["risk.limits.set"], approval({ asked_by: "anna", state: "CONFIRMED" })), ["Do it"]);
  assert.deepEqual(await deeds(["risk.limits.set"], approval({ state: "CONFIRMED" })), []);
  assert.equal(await deeds(["risk.limits.set"], approval({ state: "USED" })), null);
});

test("what was confirmed is sent again to the byte, with its approval", async () => {
  const send = async (more) => {
    const item = approval({ asked_by: "anna", state: "CONFIRMED", ...more });
    const page = loadFor(["approvals.list", item.operation], { "/approvals": [item] });
    await page.loadApprovals();
    await page.byId("approvals").children[0].children.at(-1).firstChild.children[2].fire("click");
    const { method, path, body, headers } = page.asked[1];
    assert.equal(headers["X-Approval"], "a1");
    return [method, path, body];
  };
  assert.deepEqual(await send({}), ["PUT", "/risk/limits/firm", '{ "max": "5" }\n']);
  const kill = { operation: "risk.kill.clear", subject: "/api/v1/risk/kill/strategy/a%20b", request: "\n" };
  assert.deepEqual(await send(kill), ["DELETE", "/risk/kill/strategy/a%20b", undefined]);
  const state = { operation: "risk.kill.clear", subject: "/api/v1/engine/trading-state", request: 'x=1\n{"state":"ACTIVE"}' };
  assert.deepEqual(await send(state), ["POST", "/engine/trading-state?x=1", '{"state":"ACTIVE"}']);
});

const notified = (more = {}) => ({
  route: "desk phone", sink: "webhook", state: "IDLE", waiting: 0, sent: 0, failed: 0, dropped: 0, hushed: 0,
  last_error: null, last_sent: null, ...more,
});
const noticed = { more: ["notices"], names: ["loadNotifications"] };

test("notifications show how each route stands, and where there is none nothing is shown", async () => {
  const shown = async (routes) => {
    const page = loadFor(["notifications.list"], { "/notifications": routes }, noticed);
    await page.loadNotifications();
    assert.equal(page.byId("notifications-section").hidden, routes.length === 0);
    const [only] = page.byId("notifications").children;
    if (!only) return null;
    assert.deepEqual(buttons(only), [], "who may not test one has no button");
    return only.children[1].children.map((part) => part.textContent);
  };
  assert.equal(await shown([]), null);
  assert.deepEqual(await shown([notified()]), ["IDLE", "0 sent"]);
  const told = notified({ state: "OK", sent: 7, waiting: 2, hushed: 1, last_sent: "2024-01-01T10:00:00.000Z" });
  assert.deepEqual(await shown([told]), ["OK", "7 sent, 2 waiting, 1 hushed, the last at 2024-01-01 10:00:00"]);
  const failing = notified({ state: "FAILING", sent: 7, failed: 1, last_error: "status 500" });
  assert.deepEqual(await shown([failing]), ["FAILING", "status 500"]);
});

test("a route is tried by a button, and what the sink says is told and shown", async () => {
  const operations = ["notifications.list", "notifications.test"];
  const answers = { "/notifications": [notified()], "/notifications/desk%20phone/test": { route: "desk phone", sent: true } };
  const page = loadFor(operations, answers, noticed);
  await page.loadNotifications();
  const [row] = page.byId("notifications").children;
  assert.deepEqual(buttons(row), ["Test"]);
  const press = row.children[2].firstChild.children[0];
  answers["/notifications"] = [notified({ state: "OK", sent: 1 })];
  await press.fire("click");
  assert.deepEqual(page.asked.map(({ method, path }) => `${method} ${path}`), [
    "GET /notifications", "POST /notifications/desk%20phone/test", "GET /notifications",
  ]);
  assert.deepEqual(page.told, ["desk phone took the test message."]);
  assert.equal(row.children[1].children[0].textContent, "OK");
  answers["/notifications/desk%20phone/test"] = () => ({ status: 502, body: { code: "NOT_SENT", detail: "status 500" } });
  answers["/notifications"] = [notified({ state: "FAILING", sent: 1, last_error: "status 500" })];
  await press.fire("click");
  assert.match(page.told[1], /status 500/);
  assert.equal(row.children[1].children[0].textContent, "FAILING");
  assert.equal(press.disabled, false);
});

test("the scripts find what they name in the page, and make no markup of text", () => {
  const files = [...source("../page.rs").matchAll(/include_str!\("page\/(\w+\.js)"\)/g)].map(([, file]) => file);
  assert.ok(files.length > 15);
  const body = source("body.html");
  for (const file of files) {
    const text = source(file);
    for (const [, plain, ofRows] of text.matchAll(/byId\("([\w-]+)"\)|new Rows\(\s*"([\w-]+)"/g)) {
      const id = plain ?? ofRows;
      assert.ok(body.includes(`id="${id}"`), `${file} names ${id}`);
    }
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/, file);
  }
});

test("the scripts call nothing that is not there", () => {
  const files = [...source("../page.rs").matchAll(/include_str!\("page\/(\w+\.js)"\)/g)].map(([, file]) => file);
  const all = files.map(source).join("\n").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const names = (pattern) => [...all.matchAll(pattern)].map(([, name]) => name);
  const known = new Set([
    ...names(/(?:function|const|let|class)\s+(\w+)/g), ...names(/^ {2,}(?:async )?(\w+)\(.*\) \{$/gm),
    // What browsers have, and what functions are given.
    ..."BigInt Boolean Date Error Map Number Path2D Set String URLSearchParams Uint8Array WebSocket btoa".split(" "),
    ..."clearTimeout confirm encodeURIComponent fetch getComputedStyle prompt requestAnimationFrame".split(" "),
    ..."setInterval setTimeout super does fits keyOf what".split(" "),
  ]);
  const called = names(/(?<![.\w])([A-Za-z_]\w*)\(/g);
  assert.deepEqual(called.filter((name) => !known.has(name)), []);
});
