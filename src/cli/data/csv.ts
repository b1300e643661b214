// Comma-separated numbers without a header: one sample a line, its label in the last column.
import { basename } from "node:path";
import { stored, type DataSet } from "../../data/dataset.ts";
import { failure } from "../exit.ts";
import { decode, limits, readTrusted } from "../files.ts";

const number = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

export function readCsv(path: string, scale: number): DataSet {
  const name = basename(path);
  const text = decode(readTrusted(path, limits.data));
  if (text === null) throw failure(`${name} is not UTF-8 text`);
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) throw failure(`${name} is empty`);
  const width = lines[0]!.split(",").length - 1;
  if (width < 1) throw failure(`${name}:1: one column; at least one value and the label are needed`, /[;\t]/.test(lines[0]!) ? "columns are separated by commas" : null);
  const values = new Float32Array(lines.length * width);
  const labels = new Int32Array(lines.length);
  lines.forEach((line, row) => {
    const cells = line.split(",");
    if (cells.length !== width + 1) throw failure(`${name}:${row + 1}: ${cells.length} columns, but the first line has ${width + 1}`);
    cells.forEach((cell, column) => {
      if (!number.test(cell)) throw failure(`${name}:${row + 1}: column ${column + 1} is ${JSON.stringify(cell.trim().slice(0, 40))}, not a number`, cure(lines, row, cell, column === width));
    });
    const label = Number(cells[width]);
    if (!Number.isInteger(label) || label < 0 || label > 0x7fffffff) throw failure(`${name}:${row + 1}: the label (last column) is ${cells[width]!.trim()}, not a class number`);
    for (let c = 0; c < width; c++) {
      values[row * width + c] = Number(cells[c]);
      if (!Number.isFinite(values[row * width + c])) throw failure(`${name}:${row + 1}: column ${c + 1} is ${cells[c]!.trim()}; a float32 holds numbers up to 3.4e38`);
    }
    labels[row] = label;
  });
  return { name: `csv:${name}`, count: lines.length, shape: [width], values: stored(values, [width]), scale, labels, normalisation: null, place: (sample) => `${name}:${sample + 1}` };
}

/** What helps where a cell is no number; null where nothing is known. */
function cure(lines: readonly string[], row: number, cell: string, isLabel: boolean): string | null {
  const below = lines[1]?.split(",");
  if (row === 0 && (!below || below.every((c) => number.test(c)))) return "a line of headings must be removed";
  if (/["']/.test(cell)) return "numbers stand without quotes";
  return isLabel ? "classes are numbers from 0" : null;
}
