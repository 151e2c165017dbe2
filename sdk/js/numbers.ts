// Exact decimals as text and back, and the way to floating point and from it.

import type { Money } from "./types";

/** A kind of number: a `bigint` that counts units of 10 to the power of minus `digits`. */
export class Decimal {
  readonly scale: bigint;

  constructor(
    readonly name: string,
    readonly digits: number,
    private readonly lowest: bigint,
    private readonly highest: bigint,
  ) {
    this.scale = 10n ** BigInt(digits);
  }

  /** Reads a plain decimal such as `-12.5`, exactly. Throws a `RangeError` when it is none. */
  parse(text: string): bigint {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
    const [, sign = "", whole = "", fraction = ""] = match ?? [];
    const kept = fraction.replace(/0+$/, "");
    if (whole + fraction === "" || kept.length > this.digits) {
      throw new RangeError(`\`${text}\` is not a ${this.name} with ${this.digits} decimals`);
    }
    const units = BigInt(whole + kept.padEnd(this.digits, "0"));
    return this.checked(sign === "-" ? -units : units);
  }

  /** The shortest exact decimal. */
  text(units: bigint): string {
    const size = units < 0n ? -units : units;
    const fraction = (size % this.scale).toString().padStart(this.digits, "0").replace(/0+$/, "");
    const whole = `${units < 0n ? "-" : ""}${size / this.scale}`;
    return fraction === "" ? whole : `${whole}.${fraction}`;
  }

  /** For indicators and statistics only. */
  toNumber(units: bigint): number {
    return Number(units) / Number(this.scale);
  }

  /** The multiple of `step` that is nearest to `value`. */
  nearest(value: number, step: bigint): bigint {
    return this.checked(BigInt(Math.round((value * Number(this.scale)) / Number(step))) * step);
  }

  /** The same number, if it fits the contract; the host would be passed another one otherwise. */
  checked(units: bigint): bigint {
    if (units < this.lowest || units > this.highest) {
      throw new RangeError(`${units} units do not fit a ${this.name}`);
    }
    return units;
  }
}

export const Price = new Decimal("price", 9, -(2n ** 63n), 2n ** 63n - 1n);
export const Quantity = new Decimal("quantity", 8, 0n, 2n ** 64n - 1n);

/** An amount of money as one number of units of 1e-9. */
export function money(amount: Money): bigint {
  return (amount.high << 64n) + amount.low;
}
