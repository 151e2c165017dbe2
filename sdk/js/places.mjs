// Reads a source map of version 3 at build time, so that a strategy that throws need not: its fuel is
// for trading.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment, in variable-length base 64. */
function decode(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) === 0) {
      numbers.push(value & 1 ? -(value >> 1) : value >> 1);
      value = shift = 0;
    }
  }
  return numbers;
}

/**
 * Where each line of a bundle comes from: a flat list of column, file, line for every place in it where
 * the author's line changes. Columns are counted from 0, lines from 1; a file is a place in `sources`.
 */
export function places({ sources, mappings }) {
  let [file, line] = [0, 0];
  const lines = mappings.split(";").map((row) => {
    const found = [];
    let column = 0;
    for (const segment of row === "" ? [] : row.split(",")) {
      const [columns, files, lines] = decode(segment);
      column += columns;
      // A segment of one number is code that comes from nowhere.
      if (files === undefined) {
        continue;
      }
      file += files;
      line += lines;
      if (found.at(-1) !== line + 1 || found.at(-2) !== file) {
        found.push(column, file, line + 1);
      }
    }
    return found;
  });
  return { sources, lines };
}
