// Logging in and out on the live page: where the token is, when it is refreshed, and what is said when that fails.
//
//     node --test host/crates/api/tests/page/session.test.mjs

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./world.mjs";

const OFF = () => ({ status: 404, body: { code: "IDENTITY_OFF", detail: "identity is off" } });
const UNKNOWN = () => ({ status: 401, body: { code: "UNAUTHENTICATED", detail: "the session is over; log in again" } });
const ME = { user: "anna", roles: ["operator"], operations: ["orders.place", "engine.show"] };

/** What the host grants, by a clock that is a day behind the browser's or ahead of it. */
const grant = (access) => () => ({
  body: { user: "anna", access, access_expires: "2020-01-02T00:10:00.000000000Z" },
  headers: { date: "Thu, 02 Jan 2020 00:00:00 GMT" },
});
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A page on which somebody is logged in. */
async function logged(answers = {}) {
  answers["/auth/refresh"] ??= grant("first");
  answers["/auth/me"] ??= ME;
  const page = load(answers, { known: "STARTING" });
  await page.refresh();
  page.asked.length = 0;
  return page;
}

test("with identity off nobody logs in, and everything may be done", async () => {
  const page = load({ "/auth/refresh": OFF, "/engine": { state: "RUNNING" } }, { known: "STARTING" });
  assert.equal(page.may("orders.place"), false, "nothing is known yet");
  await page.refresh();
  assert.ok(page.isOpen() && page.may("orders.place"));
  assert.equal(page.byId("desk").hidden, false);
  assert.equal(page.byId("who").hidden, true);
  await page.call("GET", "/engine");
  assert.equal(page.asked[1].headers.Authorization, undefined);
  new page.Stream([{ channel: "engine" }], () => {}, () => {});
  await settled();
  page.sockets[0].handlers.open();
  assert.deepEqual(page.sockets[0].sent, [{ op: "subscribe", id: 1, channel: "engine" }]);
  assert.deepEqual(page.doors, []);
});

test("a cookie that is good opens the page, and its token is shown and stored nowhere", async () => {
  const page = await logged({ "/engine": {} });
  assert.ok(page.may("orders.place") && !page.may("risk.limits.set"));
  assert.equal(page.byId("who-name").textContent, "anna");
  await page.call("GET", "/engine");
  assert.equal(page.asked[0].headers.Authorization, "Bearer first");
  assert.deepEqual(page.stored, []);
  // Ten minutes by the host's clock, less one; whatever the browser's says.
  assert.deepEqual(page.timers.map(({ wait }) => wait), [540000]);
});

test("without a session the door is open, and nothing is said of one that ended", async () => {
  const page = load({ "/auth/refresh": UNKNOWN }, { known: "STARTING" });
  await page.refresh();
  assert.deepEqual(page.doors, [""]);
  assert.equal(page.byId("desk").hidden, true);
  assert.equal(page.may("orders.list"), false);
  assert.equal(page.reloads, 0);
  await page.refresh();
  assert.equal(page.asked.length, 1, "what is out does not go on asking");
});

test("a token that is over is refreshed once for all that ask, and they are asked again", async () => {
  let good = "second";
  const engine = ({ headers }) => (headers.Authorization === `Bearer ${good}` ? { body: { state: "RUNNING" } } : UNKNOWN());
  const page = await logged({ "/engine": engine });
  page.session.access = "over";
  good = "first";
  const both = await Promise.all([page.call("GET", "/engine"), page.call("GET", "/engine")]);
  assert.deepEqual(both.map(({ state }) => state), ["RUNNING", "RUNNING"]);
  assert.equal(page.asked.filter(({ path }) => path === "/auth/refresh").length, 1);
});

test("a token is taken for a connection while it is good for a while, and else refreshed first", async () => {
  const answers = {};
  const page = await logged(answers);
  page.now = 580000;
  assert.equal(await page.currentToken(), "first");
  assert.deepEqual(page.asked, []);
  page.now = 595000;
  answers["/auth/refresh"] = grant("second");
  assert.equal(await page.currentToken(), "second");
});

test("what may be done is asked with each refresh, and shown where it changed", async () => {
  const answers = {};
  const page = await logged(answers);
  await page.refresh();
  assert.equal(page.shownAll, 0);
  answers["/auth/me"] = { ...ME, operations: ["engine.show"] };
  await page.refresh();
  assert.equal(page.shownAll, 1);
  assert.equal(page.may("orders.place"), false);
});

test("a session that is over empties the page, and says so when it is there again", async () => {
  const answers = { "/engine": UNKNOWN };
  const page = await logged(answers);
  answers["/auth/refresh"] = UNKNOWN;
  await assert.rejects(page.call("GET", "/engine"), /UNAUTHENTICATED/);
  assert.equal(page.reloads, 1);
  assert.deepEqual(page.stored, ["Your session has ended. Log in again."]);
  assert.equal(page.session.access, null);
  assert.equal(page.may("orders.place"), false);
});

test("a refusal is no reason to refresh, and a host that does not answer none to log in again", async () => {
  const page = await logged({
    "/orders": () => ({ status: 403, body: { code: "FORBIDDEN", detail: "no" } }),
  });
  await assert.rejects(page.call("POST", "/orders", {}), /FORBIDDEN/);
  assert.equal(page.asked.length, 1);
  const busy = load({ "/auth/refresh": () => ({ status: 503, body: { code: "BUSY", detail: "later" } }) }, { known: "STARTING" });
  await assert.rejects(busy.refresh(), /BUSY/);
  assert.deepEqual(busy.doors, []);
});

test("a connection says first who it is, and asks anew when it is told that it is not known", async () => {
  const page = await logged();
  new page.Stream([{ channel: "engine" }], () => {}, () => {});
  await settled();
  const [socket] = page.sockets;
  socket.handlers.open();
  assert.deepEqual(socket.sent[0], { op: "authenticate", token: "first" });
  assert.doesNotMatch(socket.url, /first/);
  const bye = { message: 1, type: "bye", code: "UNAUTHENTICATED", reason: "over" };
  socket.handlers.message({ data: JSON.stringify(bye) });
  socket.handlers.close();
  page.timers.at(-1).does();
  await settled();
  await settled();
  assert.equal(page.asked[0].path, "/auth/refresh");
  assert.equal(page.sockets.length, 2);
});

test("what waits for a second person is told as that, and is not taken for an answer", async () => {
  const waits = () => ({ status: 202, body: { id: "a1", operation: "risk.limits.set", asked_by: "anna" } });
  const page = await logged({ "/risk/limits/firm": waits, "/runs": () => ({ status: 202, body: { id: 3 } }) });
  await assert.rejects(page.call("PUT", "/risk/limits/firm", {}), page.Waits);
  assert.equal((await page.call("POST", "/runs", {})).id, 3, "not every 202 is one");
});

test("who logs out is out, also of a session that was over", async () => {
  for (const status of [204, 401]) {
    const page = await logged({ "/auth/logout": () => ({ status, body: null }) });
    await page.logOut();
    assert.equal(page.asked[0].headers.Authorization, "Bearer first");
    assert.equal(page.reloads, 1);
    assert.deepEqual(page.stored, ["You are logged out."]);
  }
  const page = await logged({ "/auth/logout": () => ({ status: 500, body: { code: "INTERNAL", detail: "broken" } }) });
  await assert.rejects(page.logOut(), /INTERNAL/);
  assert.ok(page.isOpen());
});

/** Tries a form of the door; what it says then. */
async function knock(form, fields, answers) {
  const page = load({ "/auth/me": ME, ...answers }, { known: "OUT", more: ["door"] });
  for (const [name, value] of Object.entries(fields)) page.byId(form).elements[name].value = value;
  page.byId(form).fire("submit");
  for (let turn = 0; turn < 5; turn += 1) await settled();
  return [page, page.byId(form).querySelector(".result")];
}

test("the door says what is wrong, and opens", async () => {
  const who = { name: " anna ", password: "correct horse battery" };
  const wrong = () => ({ status: 401, body: { code: "WRONG_CREDENTIALS", detail: "…" } });
  const [shut, words] = await knock("login", who, { "/auth/login": wrong });
  assert.equal(words.textContent, "Name or password is wrong, or may not be used from here.");
  assert.equal(shut.byId("login").elements.password.value, "", "the password is not left there");
  assert.equal(shut.begun, 0);
  const [open] = await knock("login", who, { "/auth/login": grant("first") });
  assert.equal(open.asked[0].body, '{"name":"anna","password":"correct horse battery"}');
  assert.equal(open.asked[0].headers.Authorization, undefined);
  assert.equal(open.begun, 1);
  assert.equal(open.byId("door").hidden, true);
  assert.deepEqual(open.stored, []);
});

test("who is locked out is told for how many seconds, and they count down", async () => {
  const locked = () => ({ status: 429, body: { code: "LOCKED", detail: "…" }, headers: { "retry-after": "2" } });
  const [page, words] = await knock("login", { name: "anna" }, { "/auth/login": locked });
  const submit = page.byId("login").querySelector("[type=submit]");
  assert.equal(words.textContent, "Locked after too many failed tries. Wait 2 s.");
  assert.equal(submit.disabled, true);
  page.timers.at(-1).does();
  assert.match(words.textContent, /Wait 1 s/);
  page.timers.at(-1).does();
  assert.equal(words.textContent, "You may try again.");
  assert.equal(submit.disabled, false);
});

test("an invitation is taken up with a password that was typed twice", async () => {
  const fields = { token: " t ", name: "anna", password: "correct horse", again: "correct hoarse" };
  const [shut, words] = await knock("claim", fields, {});
  assert.equal(words.textContent, "The two passwords differ.");
  assert.deepEqual(shut.asked, []);
  const [open] = await knock("claim", { ...fields, again: "correct horse" }, { "/auth/claim": grant("first") });
  assert.equal(open.asked[0].body, '{"token":"t","name":"anna","password":"correct horse"}');
  assert.equal(open.begun, 1);
});

test("the link of the first start fills in its invitation, and leaves the address", async () => {
  const page = load({ "/auth/refresh": UNKNOWN, "/auth/claim": grant("first"), "/auth/me": ME },
    { known: "STARTING", more: ["door"], hash: "#claim=aB-3_z" });
  const { token, name, password, again } = page.byId("claim").elements;
  assert.equal(token.value, "aB-3_z");
  assert.ok(page.byId("invitation").open);
  assert.deepEqual(page.addresses, ["/"]);
  await page.refresh();
  assert.equal(page.byId("door").hidden, false);
  Object.assign(name, { value: "anna" });
  Object.assign(password, { value: "correct horse battery" });
  Object.assign(again, { value: "correct horse battery" });
  page.byId("claim").fire("submit");
  await settled();
  const claim = page.asked.find(({ path }) => path === "/auth/claim");
  assert.deepEqual(JSON.parse(claim.body), { token: "aB-3_z", name: "anna", password: "correct horse battery" });
  await settled();
  assert.equal(page.begun, 1);
  assert.deepEqual(page.stored, []);
});

test("an address without an invitation is left as it is", () => {
  for (const hash of ["", "#claim=", "#risk"]) {
    const page = load({}, { known: "STARTING", more: ["door"], hash });
    assert.deepEqual(page.addresses, [], hash);
    assert.equal(page.byId("claim").elements.token.value, "");
    assert.ok(!page.byId("invitation").open && page.heard.hashchange);
  }
});
