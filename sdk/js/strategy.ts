// The class an author derives from: hooks to override, and the hands to trade with.

import * as log from "argonaut:plugin/log@1.0.0";
import * as market from "argonaut:plugin/market-data@1.0.0";
import * as orders from "argonaut:plugin/orders@1.0.0";
import * as state from "argonaut:plugin/state@1.0.0";
import * as timers from "argonaut:plugin/timers@1.0.0";
import type { Config } from "./config";
import { type Decimal, Price, Quantity } from "./numbers";
import { Portfolio } from "./portfolio";
import type {
  Bar, BarSpec, Book, HistoryBar, InstrumentId, NewOrder, OpenOrder, OrderEvent, OrderId, Position,
  Quote, SavedState, Side, Signal, Snapshot, TimeInForce, Timestamp, Trade,
} from "./types";

const GTC: TimeInForce = { tag: "gtc" };

/** The terms of an order that are not said. */
const PLAIN = { tif: GTC, intent: 0n, postOnly: false, reduceOnly: false, quoteQuantity: false, tag: "" };

/** Checks what the contract would silently pass on as another number. All numbers of an order's kind, and
 * of what holds it back, are prices. */
function checkPrices(value: unknown): void {
  if (typeof value === "bigint") {
    Price.checked(value);
  } else if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(checkPrices);
  }
}

function optional(kind: Decimal, value: bigint | undefined): void {
  if (value !== undefined) {
    kind.checked(value);
  }
}

function checked(order: Order): NewOrder {
  Quantity.checked(order.quantity);
  optional(Quantity, order.display);
  checkPrices(order.kind);
  checkPrices(order.hold);
  return { ...PLAIN, ...order };
}

/** An order for `submit`: what every order needs, and the terms it has. */
export type Order = Pick<NewOrder, "instrument" | "side" | "kind" | "quantity"> & Partial<NewOrder>;

/** What `market` and its like take besides. */
export interface Plain {
  tif?: TimeInForce;
  /** A second order with the same non-zero number is denied as a duplicate. */
  intent?: bigint;
}

/**
 * Events in, orders out. Life goes constructor, then `load` if there is saved state, then `onHistory`
 * for each history asked for, then `onStart`, then events, then `onStop`.
 *
 * The constructor reads parameters, subscribes and asks for history; it throws `Refused` to refuse. A
 * hook that throws is a fault: the strategy stops, and the operator reads the error with its file and
 * line.
 */
export abstract class Strategy {
  readonly portfolio = new Portfolio();

  constructor(_config: Config) {}

  // ---- Hooks: override those you need ----------------------------------------------------------

  /** Takes over what `save` of an earlier instance, perhaps of another version, returned. */
  load(_state: SavedState): void {}
  /** Bars from before the start, oldest first. */
  onHistory(_instrument: InstrumentId, _spec: BarSpec, _bars: HistoryBar[]): void {}
  /** The last call before events come; positions and open orders are known from here on. */
  onStart(_snapshot: Snapshot): void {}
  onQuote(_quote: Quote): void {}
  onTrade(_trade: Trade): void {}
  onBar(_bar: Bar): void {}
  onBook(_book: Book): void {}
  /** A book is unknown from now on, until the next `onBook`. */
  onBookLost(_instrument: InstrumentId): void {}
  onTimer(_id: bigint, _due: Timestamp): void {}
  /** Somebody outside tells it something. One that leaves this out says in its log that it was told. */
  onSignal(signal: Signal): void {
    this.warn(`the signal \`${signal.name}\` is not for this strategy`);
  }
  /** One of its orders changed; `openOrders` knows the change already. */
  onOrderEvent(_event: OrderEvent): void {}
  /** Its position changed; `position` knows the change already. */
  onPosition(_position: Position): void {}
  /** No more events come. Orders may still be sent. */
  onStop(): void {}
  /** What `load` of a later instance takes. Must not change anything. */
  save(): SavedState {
    return { version: 0, bytes: new Uint8Array() };
  }

  // ---- Market data and time ---------------------------------------------------------------------

  subscribeQuotes(instrument: InstrumentId): void {
    market.subscribeQuotes(instrument);
  }
  subscribeTrades(instrument: InstrumentId): void {
    market.subscribeTrades(instrument);
  }
  subscribeBars(instrument: InstrumentId, spec: BarSpec): void {
    market.subscribeBars(instrument, spec);
  }
  /** The best `depth` levels a side, 1 to 20. */
  subscribeBook(instrument: InstrumentId, depth: number): void {
    market.subscribeBook(instrument, depth);
  }
  unsubscribeQuotes(instrument: InstrumentId): void {
    market.unsubscribeQuotes(instrument);
  }
  unsubscribeTrades(instrument: InstrumentId): void {
    market.unsubscribeTrades(instrument);
  }
  unsubscribeBars(instrument: InstrumentId, spec: BarSpec): void {
    market.unsubscribeBars(instrument, spec);
  }
  unsubscribeBook(instrument: InstrumentId, depth: number): void {
    market.unsubscribeBook(instrument, depth);
  }
  /** Only in the constructor: the latest `count` bars from before the start. */
  requestHistory(instrument: InstrumentId, spec: BarSpec, count: number): void {
    market.requestHistory(instrument, spec, count);
  }
  /** Time of the event being handled; not in the constructor. */
  get now(): Timestamp {
    return timers.now();
  }
  /** Wakes the strategy at or after `due`. The same id again moves the timer. */
  setTimer(id: bigint, due: Timestamp): void {
    timers.setTimer(id, due);
  }
  cancelTimer(id: bigint): void {
    timers.cancelTimer(id);
  }

  // ---- Orders: requests whose fate comes back in `onOrderEvent` ----------------------------------

  /** Sends a market order; returns its id, or undefined when this event has used up its orders. */
  market(
    instrument: InstrumentId, side: Side, quantity: bigint, { tif = GTC, intent = 0n }: Plain = {},
  ): OrderId | undefined {
    Quantity.checked(quantity);
    const id = orders.submitMarket(instrument, side, quantity, tif, intent);
    return this.sent(id, { instrument, side, quantity, kind: { tag: "market" } });
  }
  /** The same for a limit order. */
  limit(
    instrument: InstrumentId, side: Side, quantity: bigint, price: bigint,
    { tif = GTC, intent = 0n }: Plain = {},
  ): OrderId | undefined {
    Quantity.checked(quantity);
    const id = orders.submitLimit(instrument, side, quantity, Price.checked(price), tif, intent);
    return this.sent(id, { instrument, side, quantity, kind: { tag: "limit", val: price } });
  }
  /** The same for a stop: a market order once the market reaches `trigger`. */
  stopMarket(
    instrument: InstrumentId, side: Side, quantity: bigint, trigger: bigint,
    { tif = GTC, intent = 0n }: Plain = {},
  ): OrderId | undefined {
    Quantity.checked(quantity);
    const price = Price.checked(trigger);
    const id = orders.submitStopMarket(instrument, side, quantity, price, tif, intent);
    const kind = { tag: "stop-market", val: { price, by: "bid-ask" } } as const;
    return this.sent(id, { instrument, side, quantity, kind });
  }
  /** An order of any type with any terms. */
  submit(order: Order): OrderId | undefined {
    return this.sent(orders.submit(checked(order)), order);
  }
  /** Orders that depend on each other; all are taken or none. Returns the first one's id, the others
   * follow by one each. */
  submitList(list: Order[]): OrderId | undefined {
    const first = orders.submitList(list.map(checked));
    if (first !== 0n) {
      list.forEach((order, place) => this.sent(first + BigInt(place), order, first));
    }
    return first || undefined;
  }
  /** Hands an order to an execution algorithm, which sends it in parts. */
  submitBy(order: Order, algorithm: string, parameters: Record<string, string> = {}): OrderId | undefined {
    const whole = checked(order);
    return this.sent(orders.submitBy(whole, algorithm, Object.entries(parameters)), order);
  }
  /** Asks for another quantity (what is filled included), limit or trigger. */
  modify(order: OrderId, change: { quantity?: bigint; price?: bigint; trigger?: bigint }): void {
    const { quantity, price, trigger } = change;
    optional(Quantity, quantity);
    optional(Price, price);
    optional(Price, trigger);
    orders.modify(order, quantity, price, trigger);
  }
  cancel(order: OrderId): void {
    orders.cancel(order);
  }
  cancelAll(instrument: InstrumentId): void {
    orders.cancelAll(instrument);
  }
  /** What it holds of an instrument; flat when nothing. */
  position(instrument: InstrumentId): Position {
    return this.portfolio.position(instrument);
  }
  openOrders(instrument: InstrumentId): OpenOrder[] {
    return this.portfolio.openOrders(instrument);
  }

  private sent(id: OrderId, order: Order, list?: OrderId): OrderId | undefined {
    if (id === 0n) {
      return undefined;
    }
    this.portfolio.sent(id, { ...PLAIN, ...order }, list);
    return id;
  }

  // ---- Values that outlive the instance, and the log ---------------------------------------------

  getValue(key: string): Uint8Array | undefined {
    return state.get(key);
  }
  /** Keeps a value; empty bytes remove it. */
  putValue(key: string, value: Uint8Array): void {
    state.put(key, value);
  }
  debug(text: unknown): void {
    log.write("debug", String(text));
  }
  info(text: unknown): void {
    log.write("info", String(text));
  }
  warn(text: unknown): void {
    log.write("warn", String(text));
  }
  error(text: unknown): void {
    log.write("error", String(text));
  }
}
