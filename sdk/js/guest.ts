// The component's exports, with a guard around each that tells which error it was, in which file and
// line. An error that left an export would stop the strategy without a word.

import { beginTime, source } from "./shadow";
import * as log from "argonaut:plugin/log@1.0.0";
import { Config, Refused } from "./config";
import type { Strategy } from "./strategy";
import { told } from "./trace";
import type {
  Bar, BarSpec, Description, HistoryBar, InstrumentId, OrderEvent, Position, Quote, RawConfig,
  SavedState, Signal, Snapshot, Timestamp, Trade,
} from "./types";

interface Plugin {
  description: Description;
  new (config: Config): Strategy;
}

/** An export that returns no error: what it throws goes to the log, where the fault finds it. */
function telling<A extends unknown[], R>(hook: (...given: A) => R): (...given: A) => R {
  return (...given) => {
    try {
      return hook(...given);
    } catch (error) {
      log.write("error", told(error));
      throw error;
    }
  };
}

/** The same from `onStart` on: the random sequence goes on from where the hook left it. Before that it
 * may not be kept, because what an earlier instance kept is not read yet. */
function guarded<A extends unknown[], R>(hook: (...given: A) => R): (...given: A) => R {
  return telling((...given: A): R => {
    const result = hook(...given);
    source.keep();
    return result;
  });
}

/** An export that may refuse: whatever it throws is the reason. */
function refusing<A extends unknown[]>(hook: (...given: A) => void): (...given: A) => void {
  return (...given) => {
    try {
      hook(...given);
    } catch (error) {
      // A thrown string is the error that the contract's `result` carries.
      throw error instanceof Refused ? error.message : told(error);
    }
  };
}

/** Six numbers a bar: open, high, low, close, volume, end. Signed numbers keep their bits. */
function history(block: BigUint64Array): HistoryBar[] {
  const bars: HistoryBar[] = [];
  const word = (at: number): bigint => block[at] ?? 0n;
  const signed = (at: number): bigint => BigInt.asIntN(64, word(at));
  for (let at = 0; at + 6 <= block.length; at += 6) {
    const [open, high, low, close] = [signed(at), signed(at + 1), signed(at + 2), signed(at + 3)];
    bars.push({ open, high, low, close, volume: word(at + 4), tsEvent: word(at + 5) });
  }
  return bars;
}

function levels(words: BigUint64Array): { price: bigint; size: bigint }[] {
  return Array.from({ length: words.length / 2 }, (_, level) => ({
    price: BigInt.asIntN(64, words[2 * level] ?? 0n),
    size: words[2 * level + 1] ?? 0n,
  }));
}

/** The exports of the world for one strategy. */
export function exportsOf(plugin: Plugin) {
  let running: Strategy | undefined;
  const strategy = (): Strategy => {
    if (running === undefined) {
      throw new Error("called before init");
    }
    return running;
  };
  return {
    describe: telling(() => {
      if (plugin?.description === undefined) {
        throw new Error("the default export needs a static `description`: see `describe`");
      }
      return plugin.description;
    }),
    init: refusing((config: RawConfig) => {
      source.begin(config.strategy);
      running = new plugin(new Config(config));
    }),
    load: refusing((state: SavedState) => {
      beginTime();
      strategy().load(state);
    }),
    onHistory: telling((instrument: InstrumentId, spec: BarSpec, block: BigUint64Array) => {
      beginTime();
      strategy().onHistory(instrument, spec, history(block));
    }),
    onStart: guarded((snapshot: Snapshot) => {
      beginTime();
      source.restore();
      strategy().portfolio.restore(snapshot);
      strategy().onStart(snapshot);
    }),
    onQuote: guarded((quote: Quote) => strategy().onQuote(quote)),
    onTrade: guarded((trade: Trade) => strategy().onTrade(trade)),
    onBar: guarded((bar: Bar) => strategy().onBar(bar)),
    onTimer: guarded((id: bigint, due: Timestamp) => strategy().onTimer(id, due)),
    onOrderEvent: guarded((event: OrderEvent) => {
      strategy().portfolio.onOrderEvent(event);
      strategy().onOrderEvent(event);
    }),
    onPositionEvent: guarded((position: Position) => {
      strategy().portfolio.onPosition(position);
      strategy().onPosition(position);
    }),
    onStop: guarded(() => strategy().onStop()),
    save: telling(() => strategy().save()),
    onBook: {
      onBook: guarded(
        (
          instrument: InstrumentId, bids: number, words: BigUint64Array, tsEvent: Timestamp,
          tsInit: Timestamp,
        ) => {
          const all = levels(words);
          const book = { instrument, bids: all.slice(0, bids), asks: all.slice(bids), tsEvent, tsInit };
          strategy().onBook(book);
        },
      ),
      onBookLost: guarded((instrument: InstrumentId) => strategy().onBookLost(instrument)),
    },
    onSignal: {
      onSignal: guarded((name: string, values: [string, string][], tsEvent: Timestamp) => {
        const signal: Signal = { name, values: new Map(values), tsEvent };
        strategy().onSignal(signal);
      }),
    },
  };
}
