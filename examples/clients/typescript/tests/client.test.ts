// Against a running host, which `ARGONAUT_URL` names; one of the built-in simulated market.

import assert from "node:assert/strict";
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
    assert.equal(error.code, "INVALID_FIELD");
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

test("what cannot be followed is refused", { skip }, async () => {
  await assert.rejects(follow(host, ["dreams"]).next(), Refused);
});
