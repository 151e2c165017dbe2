// Against a running host, which `ARGONAUT_URL` names; one of the built-in simulated market.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Argonaut, type Order, Problem } from "../client.ts";
import { follow, Refused } from "../stream.ts";

const skip = process.env["ARGONAUT_URL"] === undefined && "no host is named by ARGONAUT_URL";
const host = Argonaut.ofEnvironment();
const PATIENCE_MS = 60_000;

async function place(): Promise<Order> {
  const placed = await host.place({
    instrument: "EUR/USD.SIM",
    side: "BUY",
    type: "LIMIT",
    quantity: "1000",
    price: "1.05",
  });
  assert.equal(placed.deny_code, null);
  return placed;
}

async function until(id: string, done: (order: Order) => boolean): Promise<void> {
  for (const begin = Date.now(); ; await sleep(50)) {
    const order = await host.order(id);
    if (done(order)) return;
    assert.ok(Date.now() - begin < PATIENCE_MS, JSON.stringify(order));
  }
}

test("strategies are listed", { skip }, async () => {
  const names = (await host.strategies()).map((strategy) => strategy.name);
  assert.ok(names.includes("manual"), names.join());
});

test("an order is placed, changed and cancelled", { skip }, async () => {
  const { id } = await place();
  await until(id, (order) => order.status === "ACCEPTED");
  await host.modify(id, { quantity: "2000" });
  await until(id, (order) => order.status === "ACCEPTED" && order.quantity === "2000");
  await host.cancel(id);
  await until(id, (order) => order.status === "CANCELED");
});

test("problems name the field", { skip }, async () => {
  const wrong = host.ask("POST", "/orders", { instrument: "EUR/USD.SIM", type: "MARKET" });
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, "FIELDS_DISAGREE");
    assert.ok(error.field);
    return true;
  });
});

test("an order is followed", { skip }, async () => {
  let id: string | undefined;
  for await (const event of follow<Order>(host, ["orders"])) {
    if (event.kind === "snapshot") {
      id ??= (await place()).id;
      continue;
    }
    if (event.data.id !== id) continue;
    if (event.data.status === "ACCEPTED") await host.cancel(id);
    if (event.data.status === "CANCELED") break;
  }
});

test("a host that does not ask who one is may be told", { skip }, async () => {
  const events = follow(new Argonaut(host.url, "a key"), ["orders"]);
  // The error that it says to that comes before the first answer.
  assert.equal((await events.next()).value?.kind, "snapshot");
  await events.return(undefined);
});

/** Asks a stand-in that gives these answers, one after the other; 0 is a connection that is lost. */
async function asked(answers: number[]): Promise<{ status: number; keys: unknown[] }> {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers["idempotency-key"]);
    const status = answers.shift() ?? 500;
    if (status === 0) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { location: "http://elsewhere.example/", connection: "close" });
    response.end(JSON.stringify(status === 409 ? { code: "IDEMPOTENCY_KEY_IN_USE" } : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await new Argonaut(`http://127.0.0.1:${port}`, "a key").ask("POST", "/strategies/a/pause");
    return { status: 200, keys };
  } catch (error) {
    assert.ok(error instanceof Problem);
    return { status: error.status, keys };
  } finally {
    server.close();
  }
}

test("what is sent again waits for the first of its kind", async () => {
  const { status, keys } = await asked([0, 409, 200]);
  assert.deepEqual([status, keys.length, new Set(keys).size], [200, 3, 1]);
  assert.equal((await asked([409])).status, 409);
});

test("nobody is followed elsewhere", async () => {
  for (const elsewhere of [301, 302, 303, 307, 308]) {
    const { status, keys } = await asked([elsewhere]);
    assert.deepEqual([status, keys.length], [elsewhere, 1]);
  }
});

test("what cannot be followed is refused", { skip }, async () => {
  await assert.rejects(follow(host, ["dreams"]).next(), Refused);
});
