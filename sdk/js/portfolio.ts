// What a strategy holds and has working, kept up to date from the events the host sends.

import type {
  InstrumentId, NewOrder, OpenOrder, OrderEvent, OrderId, OrderStatus, Position, PositionId,
  Snapshot,
} from "./types";

const CLOSED: ReadonlySet<OrderStatus> = new Set([
  "denied", "rejected", "filled", "canceled", "expired",
]);

export class Portfolio {
  private readonly positions = new Map<InstrumentId, Position>();
  /** Of hedging accounts: the several positions, by id. */
  readonly hedged = new Map<PositionId, Position>();
  readonly orders = new Map<OrderId, OpenOrder>();

  position(instrument: InstrumentId): Position {
    const nothing = { high: 0n, low: 0n };
    return (
      this.positions.get(instrument) ?? {
        instrument, quantity: 0n, side: "buy", averagePrice: 0n, realized: nothing, fees: nothing,
        tsEvent: 0n,
      }
    );
  }

  openOrders(instrument: InstrumentId): OpenOrder[] {
    return [...this.orders.values()].filter((order) => order.instrument === instrument);
  }

  restore(snapshot: Snapshot): void {
    this.positions.clear();
    this.hedged.clear();
    this.orders.clear();
    snapshot.positions.forEach((position) => this.onPosition(position));
    snapshot.orders.forEach((order) => this.orders.set(order.order, order));
  }

  sent(id: OrderId, order: NewOrder, list?: OrderId): void {
    const { instrument, side, quantity, kind, tag, position } = order;
    const open: OpenOrder = {
      order: id, instrument, side, quantity, filled: 0n, status: "initialized", tag, list, position,
    };
    if (kind.tag === "limit") {
      open.limitPrice = kind.val;
    } else if (kind.tag === "stop-market" || kind.tag === "market-if-touched") {
      open.triggerPrice = kind.val.price;
    } else if (kind.tag === "stop-limit" || kind.tag === "limit-if-touched") {
      open.limitPrice = kind.val.price;
      open.triggerPrice = kind.val.trigger.price;
    }
    this.orders.set(id, open);
  }

  onOrderEvent(event: OrderEvent): void {
    if (CLOSED.has(event.status)) {
      this.orders.delete(event.order);
      return;
    }
    // An unknown order is one that the strategy did not send: the event has all there is.
    const { order, instrument, side, quantity, filled, status, change } = event;
    const known = this.orders.get(order) ?? { order, instrument, side, quantity, filled, status, tag: "" };
    const open: OpenOrder = { ...known, quantity, filled, status };
    if (change.tag === "updated") {
      open.limitPrice = change.val.limitPrice;
      open.triggerPrice = change.val.triggerPrice;
    } else if (change.tag === "triggered") {
      open.triggerPrice = undefined;
    } else if (change.tag === "filled") {
      open.position = change.val.position ?? open.position;
    }
    this.orders.set(order, open);
  }

  onPosition(position: Position): void {
    if (position.position === undefined) {
      this.positions.set(position.instrument, position);
    } else if (position.quantity === 0n) {
      this.hedged.delete(position.position);
    } else {
      this.hedged.set(position.position, position);
    }
  }
}
