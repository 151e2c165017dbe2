// What the host offers a strategy: the imports of the plugin contract.

declare module "argonaut:plugin/market-data@1.0.0" {
  import type { BarSpec, InstrumentId } from "argonaut/types";
  export function subscribeQuotes(instrument: InstrumentId): void;
  export function unsubscribeQuotes(instrument: InstrumentId): void;
  export function subscribeTrades(instrument: InstrumentId): void;
  export function unsubscribeTrades(instrument: InstrumentId): void;
  export function subscribeBars(instrument: InstrumentId, spec: BarSpec): void;
  export function unsubscribeBars(instrument: InstrumentId, spec: BarSpec): void;
  export function subscribeBook(instrument: InstrumentId, depth: number): void;
  export function unsubscribeBook(instrument: InstrumentId, depth: number): void;
  export function requestHistory(instrument: InstrumentId, spec: BarSpec, count: number): void;
}

declare module "argonaut:plugin/orders@1.0.0" {
  import type {
    InstrumentId, NewOrder, OrderId, Price, Quantity, Side, TimeInForce,
  } from "argonaut/types";
  export function submitMarket(
    instrument: InstrumentId, side: Side, quantity: Quantity, tif: TimeInForce, intent: bigint,
  ): OrderId;
  export function submitLimit(
    instrument: InstrumentId, side: Side, quantity: Quantity, price: Price, tif: TimeInForce,
    intent: bigint,
  ): OrderId;
  export function submitStopMarket(
    instrument: InstrumentId, side: Side, quantity: Quantity, trigger: Price, tif: TimeInForce,
    intent: bigint,
  ): OrderId;
  export function submit(order: NewOrder): OrderId;
  export function submitList(orders: NewOrder[]): OrderId;
  export function submitBy(
    order: NewOrder, algorithm: string, parameters: [string, string][],
  ): OrderId;
  export function modify(
    order: OrderId, quantity: Quantity | undefined, price: Price | undefined,
    trigger: Price | undefined,
  ): void;
  export function cancel(order: OrderId): void;
  export function cancelAll(instrument: InstrumentId): void;
}

declare module "argonaut:plugin/timers@1.0.0" {
  import type { Timestamp } from "argonaut/types";
  export function now(): Timestamp;
  export function setTimer(id: bigint, due: Timestamp): void;
  export function cancelTimer(id: bigint): void;
}

declare module "argonaut:plugin/log@1.0.0" {
  export function write(level: "debug" | "info" | "warn" | "error", text: string): void;
}

declare module "argonaut:plugin/state@1.0.0" {
  export function get(key: string): Uint8Array | undefined;
  export function put(key: string, value: Uint8Array): void;
}
