// Where in the author's files an error was raised. The component runs one bundled file; the build
// leaves in it where each of its lines comes from.

/** What the build leaves, made by `places` of `places.mjs`. */
export interface Places {
  sources: string[];
  lines: number[][];
}

declare global {
  // eslint-disable-next-line no-var
  var argonautPlaces: Places | undefined;
}

/** The author's file and line behind a place in the bundle, both counted from 1. */
export function original(places: Places, line: number, column: number): string | undefined {
  const changes = places.lines[line - 1] ?? [];
  let found: string | undefined;
  for (let at = 0; at < changes.length; at += 3) {
    const [from = 0, file = 0, fileLine = 0] = changes.slice(at, at + 3);
    if (from < column || found === undefined) {
      found = `${places.sources[file]}:${fileLine}`;
    }
  }
  return found;
}

/** The error, with the first place of its stack that is in the author's files. */
export function told(error: unknown): string {
  const what = String(error);
  const places = globalThis.argonautPlaces;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const frame of places === undefined ? [] : stack.split("\n")) {
    const [, line, column] = /:(\d+):(\d+)$/.exec(frame.trim()) ?? [];
    const place = places && line && column ? original(places, Number(line), Number(column)) : undefined;
    if (place !== undefined && !place.includes(".argonaut/")) {
      return `${place}: ${what}`;
    }
  }
  return what;
}
