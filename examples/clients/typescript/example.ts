// Lists strategies, places an order far from the market, cancels it, and follows what becomes of it.

import { Argonaut, type Fill, type Order } from "./client.ts";
import { follow } from "./stream.ts";

const OVER = ["CANCELED", "FILLED", "REJECTED", "DENIED", "EXPIRED"];

const host = Argonaut.ofEnvironment();
for (const { name, state, plugin } of await host.strategies()) {
  console.log(`${name}: ${state}, ${plugin?.name} ${plugin?.version}`);
}

let placed: Order | undefined;
let isAsked = false;
const seen = new Set<string>();
for await (const event of follow<Order | Fill>(host, ["orders", "fills"])) {
  seen.add(event.channel);
  // Both channels are there before the order is.
  if (placed === undefined && seen.size === 2) {
    placed = await host.place({
      instrument: "EUR/USD.SIM",
      side: "BUY",
      type: "LIMIT",
      quantity: "1000",
      price: "1.05",
      tag: "example",
    });
    console.log(`placed ${placed.id}: ${placed.status} ${placed.deny_code ?? ""}`);
  }
  const items = event.kind === "snapshot" ? event.data : [event.data];
  for (const item of items) {
    if ("execution" in item) {
      console.log(`fill of ${item.order}: ${item.quantity} at ${item.price}`);
    } else if (item.id === placed?.id) {
      console.log(`order ${item.id}: ${item.status}`);
      if (item.status === "ACCEPTED" && !isAsked) {
        await host.cancel(item.id);
        isAsked = true;
      }
      if (OVER.includes(item.status)) process.exit(0);
    }
  }
}
