// Follows the trend with two exponential moving averages of bar closes: long while the fast one is at
// or above the slow one, short while it is below.

import {
  describe, instrument, integer, Price, quantity, Refused, Strategy, timeBars,
  type Bar, type BarSpec, type Config, type HistoryBar, type InstrumentId, type SavedState, type Side,
} from "argonaut";

const MAX_PERIOD = 1_000;

/** An exponential moving average, begun by the simple average of its first values. */
class Ema {
  count = 0;
  sum = 0;
  value: number | undefined;

  constructor(readonly period: number) {}

  update(input: number): void {
    if (this.value !== undefined) {
      this.value += (input - this.value) * (2 / (this.period + 1));
      return;
    }
    this.count += 1;
    this.sum += input;
    if (this.count === this.period) {
      this.value = this.sum / this.period;
    }
  }
}

export default class EmaCross extends Strategy {
  static description = describe(
    "ema-cross", "0.1.0", "Long while the fast average is at or above the slow one.",
    instrument(),
    quantity(),
    timeBars(60, "bid"),
    integer("fast", "Period of the fast average, in bars.", { default: 10, minimum: 2, maximum: MAX_PERIOD }),
    integer("slow", "Period of the slow average, in bars.", { default: 20, minimum: 2, maximum: MAX_PERIOD }),
    integer("warm_up", "Bars from before the start that warm the averages up.", { default: 200, minimum: 0, maximum: 10_000 }),
  );

  private readonly instrument: InstrumentId;
  private readonly quantity: bigint;
  private readonly fast: Ema;
  private readonly slow: Ema;
  /** End of the latest bar in the averages. */
  private latest = 0n;

  constructor(config: Config) {
    super(config);
    const traded = config.instrument();
    const bars = config.barSpec();
    const [fast, slow] = [config.integer("fast"), config.integer("slow")];
    if (fast >= slow) {
      throw new Refused(`parameter \`fast\`: ${fast} is not less than \`slow\`, ${slow}`);
    }
    this.instrument = traded.id;
    this.quantity = config.orderQuantity(traded);
    this.fast = new Ema(fast);
    this.slow = new Ema(slow);
    this.subscribeBars(traded.id, bars);
    this.requestHistory(traded.id, bars, config.integer("warm_up"));
  }

  override onHistory(_instrument: InstrumentId, _spec: BarSpec, bars: HistoryBar[]): void {
    bars.forEach((bar) => this.observe(bar));
  }

  override onBar(bar: Bar): void {
    this.observe(bar);
    const [fast, slow] = [this.fast.value, this.slow.value];
    // Nothing traded in a bar without a range, so its close says nothing new.
    if (bar.high !== bar.low && fast !== undefined && slow !== undefined) {
      this.turn(fast >= slow ? "buy" : "sell");
    }
  }

  /** Moves the averages, unless they have seen the bar: history may overlap saved state. */
  private observe(bar: HistoryBar): void {
    if (bar.tsEvent > this.latest) {
      this.latest = bar.tsEvent;
      this.fast.update(Price.toNumber(bar.close));
      this.slow.update(Price.toNumber(bar.close));
    }
  }

  /** Takes the position to `side`, through zero in a single order. */
  private turn(side: Side): void {
    const position = this.position(this.instrument);
    const isThere = position.quantity > 0n && position.side === side;
    if (!isThere && this.openOrders(this.instrument).length === 0) {
      this.market(this.instrument, side, this.quantity + position.quantity);
    }
  }

  override save(): SavedState {
    const state = { fast: this.fast, slow: this.slow, latest: this.latest.toString() };
    return { version: 1, bytes: new TextEncoder().encode(JSON.stringify(state)) };
  }

  override load({ version, bytes }: SavedState): void {
    if (version !== 1) {
      throw new Refused(`saved state has version ${version}, this strategy reads 1`);
    }
    const state = JSON.parse(new TextDecoder().decode(bytes));
    if (state.fast.period !== this.fast.period || state.slow.period !== this.slow.period) {
      const periods = `${state.fast.period} and ${state.slow.period}`;
      throw new Refused(`fast, slow: the saved averages are over ${periods} bars; keep these, or swap without the state`);
    }
    Object.assign(this.fast, state.fast);
    Object.assign(this.slow, state.slow);
    this.latest = BigInt(state.latest);
  }
}
