// Puts event time in the place of clocks, a seeded sequence in the place of chance, and the log in
// the place of the console. Must come before anything that uses them.
//
// In a component without WASI `Date.now()` would return the time of the build, and `Math.random()`
// would repeat itself in every instance.

import * as log from "argonaut:plugin/log@1.0.0";
import * as state from "argonaut:plugin/state@1.0.0";
import * as timers from "argonaut:plugin/timers@1.0.0";

/** Whether the host says the time: not while the file is loaded, described or made. */
let hasTime = false;

export function beginTime(): void {
  hasTime = true;
}

function milliseconds(): number {
  return hasTime ? Number(timers.now() / 1_000_000n) : 0;
}

const RealDate = Date;

/** `Date` whose present is the event's time. */
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, self) =>
    Reflect.construct(target, given.length === 0 ? [milliseconds()] : given, self),
  apply: () => new RealDate(milliseconds()).toString(),
  get: (target, name) => (name === "now" ? milliseconds : Reflect.get(target, name)),
});
// So that `date instanceof Date` and `date.constructor` agree.
RealDate.prototype.constructor = globalThis.Date;

/** SplitMix64 (Steele, Lea, Flood 2014). Its one word of state is kept by the host, so that the
 * sequence goes on after a restart or a swap. */
class Source {
  private static readonly key = "sdk:random";
  private static readonly mask = 2n ** 64n - 1n;
  private word = 0n;
  private used = false;

  /** Begins the sequence that belongs to a name: FNV-1a of it. */
  begin(name: string): void {
    this.word = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(name)) {
      this.word = ((this.word ^ BigInt(byte)) * 0x100000001b3n) & Source.mask;
    }
  }

  next(): bigint {
    this.used = true;
    this.word = (this.word + 0x9e3779b97f4a7c15n) & Source.mask;
    let z = this.word;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & Source.mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & Source.mask;
    return z ^ (z >> 31n);
  }

  restore(): void {
    const kept = state.get(Source.key);
    if (kept?.length === 8) {
      this.word = new DataView(kept.buffer, kept.byteOffset, 8).getBigUint64(0, true);
    }
  }

  keep(): void {
    if (this.used) {
      this.used = false;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, this.word, true);
      state.put(Source.key, bytes);
    }
  }
}

export const source = new Source();

Math.random = () => Number(source.next() >> 11n) * 2 ** -53;

function fill<T extends ArrayBufferView>(array: T): T {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  bytes.forEach((_, index) => {
    bytes[index] = Number(source.next() & 0xffn);
  });
  return array;
}

function uuid(): string {
  const hex = [...fill(new Uint8Array(16))].map((byte, index) => {
    // The version and variant bits of RFC 4122.
    const set = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return set.toString(16).padStart(2, "0");
  });
  const part = (from: number, to: number): string => hex.slice(from, to).join("");
  return [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-");
}

function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what}: a strategy has no such thing; set a timer with \`setTimer\``);
  };
}

function show(parts: unknown[]): string {
  return parts.map((part) => (typeof part === "object" ? inspect(part) : String(part))).join(" ");
}

function inspect(value: unknown): string {
  const text = (_: string, part: unknown): unknown =>
    typeof part === "bigint" ? part.toString() : part;
  if (value instanceof Error) {
    return String(value);
  }
  // A line of the log must not stop a strategy: objects that contain themselves are no JSON.
  try {
    return JSON.stringify(value, text) ?? String(value);
  } catch {
    return String(value);
  }
}

const lines = (level: "debug" | "info" | "warn" | "error") => (...parts: unknown[]): void =>
  log.write(level, show(parts));

/** Defines what the engine may have made read-only. */
function put(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

put("performance", { now: milliseconds, timeOrigin: 0 });
put("crypto", { getRandomValues: fill, randomUUID: uuid });
put("setTimeout", refuse("setTimeout"));
put("setInterval", refuse("setInterval"));
put("fetch", refuse("fetch"));
put("console", {
  debug: lines("debug"), log: lines("info"), info: lines("info"), warn: lines("warn"),
  error: lines("error"), trace: lines("debug"),
});
