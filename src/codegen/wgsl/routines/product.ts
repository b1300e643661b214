// Blocks of a matrix product, Σₖ a[m, k] · b[k, c]: an invocation makes four rows by one or two fours of columns in registers, and reads
// both operands where they lie. What a and b are (a matrix, an image under its windows) the caller says.
// There is no workgroup memory: neighbours read the same elements at the same time, which caches serve, and memory that must be zero
// before a workgroup begins costs a software GPU more than it saves, above all when it makes the pipeline.
import type { Quantity } from "../../axes.ts";
import { lines, times } from "../../code.ts";
import type { Stage } from "../kernel.ts";
import type { Shader } from "../shader.ts";

export interface Product {
  readonly rows: Quantity;
  readonly columns: number;
  /** Are four k taken at a time, as vectors of a? */
  readonly fours: boolean;
  /** Statements before the sums; `m0` … `m3` are rows. */
  readonly begin: readonly string[];
  /** The loops around a step along k, which counts `k` up. */
  walk(step: readonly string[]): readonly string[];
  /** a[mᵣ, k], or a[mᵣ, k … k + 3]. */
  a(r: number): string;
  /** b[k, 4c … 4c + 3] */
  b(k: string, c: string): string;
  /** Stores four results of a row. */
  store(m: string, c: string, value: string): string;
}

/** Rows of one invocation. */
export const ROWS = 4;

/** Loops stay loops, and the results are stored in one: what makes code for a CPU takes longer for what is written out. */
export function product(shader: Shader, p: Product): Stage {
  const vectors = Math.ceil(p.columns / 4);
  const own = vectors % 2 === 0 ? [0, 1] : [0]; // fours of columns of one invocation
  const count = ROWS * own.length;
  const body = lines(
    shader.named({ across: vectors, apart: vectors / own.length, rows: p.rows }),
    own.map((c) => `let c${c} = i % apart${c > 0 ? " + apart" : ""};`),
    `let m = i / apart * ${ROWS};`,
    times(ROWS, (r) => `let m${r} = min(m + ${r}, rows - 1);`),
    p.begin,
    times(ROWS, (r) => own.map((c) => `var s${r}${c} = vec4f(0f);`)).flat(),
    `var k: u32 = 0;`,
    p.walk(step(p, own)),
    `var sums = array<vec4f, ${count}>(${times(ROWS, (r) => own.map((c) => `s${r}${c}`)).flat().join(", ")});`,
    `for (var j: u32 = 0; j < ${count}; j++) {`,
    `let row = m + j / ${own.length};`,
    `let c = c0 + j % ${own.length} * apart;`,
    `if (row < rows) {`,
    `let v = sums[j];`,
    p.store("row", "c", "v"),
    `}`,
    `}`,
  );
  return shader.blocks(p.rows, ROWS, vectors / own.length, body);
}

/** The sums take one k, or four. */
function step({ fours, a, b }: Product, own: readonly number[]): readonly string[] {
  const ks = fours ? ["x", "y", "z", "w"] : [""];
  const sum = (r: number, c: number): string => ks.map((k, j) => `a${r}${k && `.${k}`} * b${j}${c}`).join(" + ");
  return [
    ...ks.flatMap((_, j) => own.map((c) => `let b${j}${c} = ${b(j > 0 ? `(k + ${j})` : "k", `c${c}`)};`)),
    ...times(ROWS, (r) => `let a${r} = ${a(r)};`),
    ...times(ROWS, (r) => own.map((c) => `s${r}${c} += ${sum(r, c)};`)).flat(),
    `k += ${ks.length};`,
  ];
}
