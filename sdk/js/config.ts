// What a strategy is made with, read by type, and what it says of itself.

import { Price, Quantity } from "./numbers";
import type { BarBasis, BarSpec, Description, Instrument, Parameter, RawConfig } from "./types";

/** Thrown in a strategy's constructor or `load`: it does not start, and this text says why. */
export class Refused extends Error {}

/** Each reader throws `Refused`, naming the parameter, when it cannot read it. */
export class Config {
  readonly strategy: string;
  readonly instruments: readonly Instrument[];
  readonly parameters: ReadonlyMap<string, string>;

  constructor(raw: RawConfig) {
    this.strategy = raw.strategy;
    this.instruments = raw.instruments;
    this.parameters = new Map(raw.parameters);
  }

  text(name: string): string {
    const text = this.parameters.get(name);
    if (text === undefined) {
      throw new Refused(`parameter \`${name}\` is missing`);
    }
    return text;
  }

  integer(name: string): number {
    const text = this.text(name);
    const value = Number(text);
    return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)
      ? value
      : this.invalid(name, "a whole number");
  }

  /** For ratios and the like; prices and quantities have readers of their own. */
  decimal(name: string): number {
    const text = this.text(name);
    return text !== "" && Number.isFinite(Number(text))
      ? Number(text)
      : this.invalid(name, "a number");
  }

  boolean(name: string): boolean {
    const text = this.text(name);
    return text === "true" || text === "false"
      ? text === "true"
      : this.invalid(name, "true or false");
  }

  price(name: string): bigint {
    return this.exact(name, Price);
  }

  quantity(name: string): bigint {
    return this.exact(name, Quantity);
  }

  /** The instrument that the parameter `instrument` names; empty names the first. */
  instrument(): Instrument {
    const symbol = this.parameters.get("instrument") ?? "";
    const found = this.instruments.find((one) => symbol === "" || one.symbol === symbol);
    if (found === undefined) {
      throw new Refused(`instrument \`${symbol}\` is not configured for this strategy`);
    }
    return found;
  }

  /** The parameter `quantity`; 0 means the smallest order of the instrument. */
  orderQuantity(instrument: Instrument): bigint {
    return this.quantity("quantity") || instrument.minQuantity;
  }

  /** The parameters `bar_seconds` and `basis`. */
  barSpec(): BarSpec {
    const basis = this.text("basis");
    if (!["bid", "ask", "mid", "last"].includes(basis)) {
      return this.invalid("basis", "one of bid, ask, mid, last");
    }
    return barsOf(this.integer("bar_seconds"), basis as BarBasis);
  }

  private exact(name: string, kind: typeof Price): bigint {
    try {
      return kind.parse(this.text(name));
    } catch (error) {
      return error instanceof Refused ? this.rethrow(error) : this.invalid(name, `a ${kind.name}`);
    }
  }

  private rethrow(error: Error): never {
    throw error;
  }

  private invalid(name: string, expected: string): never {
    throw new Refused(`parameter \`${name}\`: \`${this.text(name)}\` is not ${expected}`);
  }
}

/** Time bars of so many seconds. */
export function barsOf(seconds: number, basis: BarBasis): BarSpec {
  return { method: "time", step: BigInt(seconds) * 1_000_000_000n, basis };
}

type Value = string | number | bigint | boolean;
/** A parameter's default and inclusive bounds. */
interface Range {
  default?: Value;
  minimum?: Value;
  maximum?: Value;
}

/** As the host reads numbers: plain, without an exponent. */
function plain(value: Value | undefined): string | undefined {
  if (typeof value !== "number" || Number.isInteger(value)) {
    return value?.toString();
  }
  return value.toFixed(9).replace(/0+$/, "").replace(/\.$/, "");
}

function parameter(kind: Parameter["kind"]) {
  return (name: string, documentation: string, range: Range = {}): Parameter => ({
    name,
    kind,
    documentation,
    default: plain(range.default),
    minimum: plain(range.minimum),
    maximum: plain(range.maximum),
  });
}

/** Parameters that operators can set. */
export const integer = parameter("integer");
export const decimal = parameter("decimal");
export const boolean = parameter("boolean");
export const text = parameter("text");

/** The parameter that `Config.instrument` reads. */
export const instrument = (): Parameter =>
  text("instrument", "Symbol to trade; empty means the first configured instrument.", {
    default: "",
  });

/** The parameter that `Config.orderQuantity` reads. */
export const quantity = (): Parameter =>
  decimal("quantity", "Size of an order; 0 means the smallest the instrument allows.", {
    default: 0,
    minimum: 0,
    maximum: 100_000_000_000,
  });

/** The parameters that `Config.barSpec` reads. */
export const timeBars = (seconds: number, basis: BarBasis): Parameter[] => [
  integer("bar_seconds", "Length of a bar in seconds.", {
    default: seconds,
    minimum: 1,
    maximum: 86_400,
  }),
  text("basis", "Price that bars follow: bid, ask, mid or last.", { default: basis }),
];

/** What a strategy says of itself: name, version, a sentence, its parameters. */
export function describe(
  name: string,
  version: string,
  documentation: string,
  ...parameters: (Parameter | Parameter[])[]
): Description {
  return { name, version, documentation, parameters: parameters.flat() };
}
