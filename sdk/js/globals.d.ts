// What the engine has besides the language itself. `console` goes to the log.

declare class TextEncoder {
  encode(text?: string): Uint8Array;
}

declare class TextDecoder {
  constructor(label?: string);
  decode(bytes?: Uint8Array): string;
}

declare const console: Record<
  "debug" | "log" | "info" | "warn" | "error" | "trace",
  (...parts: unknown[]) => void
>;

declare const performance: { now(): number };

declare const crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
};
