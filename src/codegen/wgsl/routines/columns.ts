// How the results of a matrix product are stored, four columns at a time, and how its right operand is packed: [k, columns], with columns
// padded to fours by zeros.
import { lines } from "../../code.ts";
import type { Epilogue } from "../epilogue.ts";
import type { Emission, Stage } from "../kernel.ts";
import { Shader } from "../shader.ts";

export function paddedColumns(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}

/** Stores results 4c … 4c + 3 of row m through the epilogue, which is wide where the columns are fours. A row has `across` fours. */
export function storeColumns(shader: Shader, epilogue: Epilogue, columns: number, m: string, c: string, value: string): string {
  if (columns % 4 === 0) return lines(`let at = ${m} * across + ${c};`, epilogue.store(shader, value, "at", c));
  return lines(
    shader.named({ columns }),
    `for (var column = 4 * ${c}; column < min(4 * ${c} + 4, columns); column++) {`,
    `let at = ${m} * columns + column;`,
    epilogue.store(shader, `${value}[column % 4]`, "at", "column"),
    `}`,
  );
}

/** Where the elements of the operand come from: element (k, column) lies at Σ of digits of k and column, each with its stride. */
export interface Source {
  readonly depth: number;
  readonly columns: number;
  /** k = outer · inner + …: of a convolution, the tap and the channel. */
  readonly inner: number;
  readonly strides: { readonly column: number; readonly outer: number; readonly inner: number };
}

/** One shader for all shapes. */
export function packColumns(to: Emission, { depth, columns, inner, strides }: Source): readonly Stage[] {
  const shader = new Shader(to, { x: 0, y: 1 }, [], true);
  const padded = paddedColumns(columns);
  const [width, count, within, byColumn, byOuter, byInner] = [padded, columns, inner, strides.column, strides.outer, strides.inner].map((v) => shader.number(v)) as [string, string, string, string, string, string];
  return [shader.each({ k: depth * padded, batched: false }, lines(
    `let k = i / ${width};`,
    `let column = i % ${width};`,
    `var v = 0f;`,
    `if (column < ${count}) { v = ${shader.one("x", `column * ${byColumn} + k / ${within} * ${byOuter} + k % ${within} * ${byInner}`)}; }`,
    shader.store("y", "i", "v"),
  ))];
}
