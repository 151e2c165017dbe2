// The values that cross the boundary, as the plugin contract has them. Numbers are exact: a price
// counts units of 1e-9 of the quote currency, a quantity units of 1e-8, a time nanoseconds since the
// Unix epoch (UTC), all as `bigint`, on which +, -, * and comparisons are exact too.

export type InstrumentId = number;
/** Units of 1e-9; may be negative. See `Price` of `numbers.ts` for text and back. */
export type Price = bigint;
/** Units of 1e-8; never negative. */
export type Quantity = bigint;
/** Nanoseconds since the Unix epoch. */
export type Timestamp = bigint;
export type OrderId = bigint;
/** One of several positions of a hedging account: the id of the order that opened it. */
export type PositionId = bigint;

/** Units of 1e-9 as the two halves of a signed 128-bit number; `money` joins them. */
export interface Money {
  high: bigint;
  low: bigint;
}

export type Side = "buy" | "sell";

export type TimeInForce =
  | { tag: "gtc" | "ioc" | "fok" | "day" | "at-the-open" | "at-the-close" }
  | { tag: "gtd"; val: Timestamp };

export type TriggerBy = "bid-ask" | "last" | "mid" | "mark" | "index";

/** A price that wakes an order. */
export interface Trigger {
  price: Price;
  by: TriggerBy;
}

/** A distance from a price. */
export type Offset = { tag: "price"; val: Price } | { tag: "basis-points" | "ticks"; val: number };

/** How a stop follows the market: never back. */
export interface Trail {
  offset: Offset;
  activation?: Price;
  by: TriggerBy;
}

/** The type of an order, with the prices that type needs. */
export type OrderKind =
  | { tag: "market" | "market-to-limit" }
  | { tag: "limit"; val: Price }
  | { tag: "stop-market" | "market-if-touched"; val: Trigger }
  | { tag: "stop-limit" | "limit-if-touched"; val: { trigger: Trigger; price: Price } }
  | { tag: "trailing-stop-market"; val: Trail }
  | { tag: "trailing-stop-limit"; val: { trail: Trail; limit: Offset } };

/** An order with everything that can be said about it. */
export interface NewOrder {
  instrument: InstrumentId;
  side: Side;
  kind: OrderKind;
  quantity: Quantity;
  tif: TimeInForce;
  /** A second order with the same non-zero number is denied as a duplicate. */
  intent: bigint;
  postOnly: boolean;
  reduceOnly: boolean;
  /** `quantity` is an amount of the quote currency. */
  quoteQuantity: boolean;
  /** Iceberg: how much of it the book shows at a time. */
  display?: Quantity;
  /** Held by the host, and sent once the market crosses this price. */
  hold?: Trigger;
  /** OTO: the place in its list of an earlier order whose fill sends this one. */
  parent?: number;
  /** OCO or OUO: the group it belongs to within its list. */
  peers?: { group: number; rule: "cancel" | "reduce" };
  /** Up to 32 printable ASCII characters. */
  tag: string;
  position?: PositionId;
}

export type BarBasis = "bid" | "ask" | "mid" | "last";

/** The rule that makes a bar; `step` is in nanoseconds, in events, or in units of 1e-8. */
export interface BarSpec {
  method: "time" | "tick" | "volume";
  step: bigint;
  basis: BarBasis;
}

/** What can be traded, and the grid it trades on. */
export interface Instrument {
  id: InstrumentId;
  symbol: string;
  class: "equity" | "fx-pair" | "crypto-spot" | "crypto-perpetual" | "future" | "option";
  quoteCurrency: string;
  tick: Price;
  lot: Quantity;
  minQuantity: Quantity;
  maxQuantity: Quantity;
  multiplier: Quantity;
}

/** A new best bid and ask. A size of zero means the source gives no sizes. */
export interface Quote {
  instrument: InstrumentId;
  bid: Price;
  ask: Price;
  bidSize: Quantity;
  askSize: Quantity;
  tsEvent: Timestamp;
  tsInit: Timestamp;
}

export interface Trade {
  instrument: InstrumentId;
  price: Price;
  size: Quantity;
  aggressor: "unknown" | "buyer" | "seller";
  tsEvent: Timestamp;
  tsInit: Timestamp;
}

/** A finished bar; no event at or after `tsEvent` is in it. */
export interface Bar {
  instrument: InstrumentId;
  spec: BarSpec;
  open: Price;
  high: Price;
  low: Price;
  close: Price;
  volume: Quantity;
  tsOpen: Timestamp;
  tsEvent: Timestamp;
  tsInit: Timestamp;
}

/** A bar from before the start. */
export interface HistoryBar {
  open: Price;
  high: Price;
  low: Price;
  close: Price;
  volume: Quantity;
  tsEvent: Timestamp;
}

/** The best levels of an order book, best first. */
export interface Book {
  instrument: InstrumentId;
  bids: { price: Price; size: Quantity }[];
  asks: { price: Price; size: Quantity }[];
  tsEvent: Timestamp;
  tsInit: Timestamp;
}

/** What somebody outside tells the strategy, by a webhook or the API. */
export interface Signal {
  name: string;
  /** Texts by name. A decimal is plain text: `Price.parse` and `Quantity.parse` read it. */
  values: ReadonlyMap<string, string>;
  tsEvent: Timestamp;
}

export type OrderStatus =
  | "initialized" | "denied" | "emulated" | "released" | "submitted" | "accepted" | "rejected"
  | "triggered" | "pending-update" | "pending-cancel" | "partially-filled" | "filled" | "canceled"
  | "expired";

/** One fill of an order; `maker` when it rested on the book, a negative fee is a rebate. */
export interface Execution {
  price: Price;
  quantity: Quantity;
  fee: Money;
  maker: boolean;
  position?: PositionId;
}

/** What changed in an order. Denied is the host's refusal, rejected the venue's. */
export type OrderChange =
  | { tag: "denied" | "update-denied"; val: number }
  | { tag: "updated"; val: { limitPrice?: Price; triggerPrice?: Price } }
  | { tag: "filled"; val: Execution }
  | {
      tag:
        | "submitted" | "accepted" | "rejected" | "emulated" | "released" | "triggered"
        | "pending-update" | "update-rejected" | "pending-cancel" | "cancel-rejected" | "canceled"
        | "expired";
    };

export interface OrderEvent {
  order: OrderId;
  instrument: InstrumentId;
  change: OrderChange;
  /** After the change. */
  status: OrderStatus;
  side: Side;
  quantity: Quantity;
  filled: Quantity;
  tsEvent: Timestamp;
}

export interface Position {
  instrument: InstrumentId;
  /** The size, without a sign. */
  quantity: Quantity;
  /** Long is `buy`; `buy` when flat. */
  side: Side;
  averagePrice: Price;
  realized: Money;
  fees: Money;
  tsEvent: Timestamp;
  /** One of several positions of a hedging account; undefined: what they come to in all. */
  position?: PositionId;
}

export interface OpenOrder {
  order: OrderId;
  instrument: InstrumentId;
  side: Side;
  quantity: Quantity;
  filled: Quantity;
  limitPrice?: Price;
  triggerPrice?: Price;
  status: OrderStatus;
  tag: string;
  list?: OrderId;
  position?: PositionId;
}

/** The state of affairs at the start. */
export interface Snapshot {
  reason: "fresh" | "restored" | "swapped";
  now: Timestamp;
  positions: Position[];
  orders: OpenOrder[];
}

/** What `save` returns and `load` takes; the version is the author's. */
export interface SavedState {
  version: number;
  bytes: Uint8Array;
}

/** What the host passes to `init`. */
export interface RawConfig {
  strategy: string;
  instruments: Instrument[];
  parameters: [string, string][];
}

export interface Parameter {
  name: string;
  kind: "integer" | "decimal" | "boolean" | "text";
  /** The value when none is given; without one it must be given. */
  default?: string;
  minimum?: string;
  maximum?: string;
  documentation: string;
}

export interface Description {
  name: string;
  version: string;
  documentation: string;
  parameters: Parameter[];
}
