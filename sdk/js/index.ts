// Write a trading strategy for the Argonaut host: derive from `Strategy`, export the class as default.
//
//     import { describe, instrument, quantity, timeBars, Strategy, type Bar, type Config } from "argonaut";
//
//     export default class Momentum extends Strategy {
//       static description = describe("momentum", "1.0.0", "Buys what rises.",
//         instrument(), quantity(), timeBars(60, "mid"));
//
//       constructor(config: Config) {
//         super(config);
//         this.subscribeBars(config.instrument().id, config.barSpec());
//       }
//
//       override onBar(bar: Bar): void {
//         if (bar.close > bar.open) this.market(bar.instrument, "buy", 1000_00000000n);
//       }
//     }
//
// `argonaut plugin build` makes the component. Time is the time of the event (`Date` says it too),
// `Math.random` repeats in a replay, `console` goes to the log. There are no files, no network and no
// timeouts, and nothing runs between events: a promise settles only within the event that made it.

export * from "./config";
export { Decimal, money, Price, Quantity } from "./numbers";
export { Portfolio } from "./portfolio";
export { Strategy, type Order, type Plain } from "./strategy";
export type {
  Bar, BarBasis, BarSpec, Book, Description, Execution, HistoryBar, Instrument, InstrumentId, Money,
  NewOrder, Offset, OpenOrder, OrderChange, OrderEvent, OrderId, OrderKind, OrderStatus, Parameter,
  Position, PositionId, Quote, SavedState, Side, Signal, Snapshot, TimeInForce, Timestamp, Trade, Trail,
  Trigger, TriggerBy,
} from "./types";
