// Tiles of a matrix product, Σₖ a[m, k] · b[k, c]: a workgroup makes a tile of the result, each invocation four rows by four columns of
// it in registers, from panels of both operands in workgroup memory. What a and b are (a matrix, an image under its windows) the caller
// says. Law: whole workgroups return early or none of their invocations do.
import type { Quantity } from "../../axes.ts";
import { lines, times } from "../../code.ts";
import type { Stage } from "../kernel.ts";
import type { Shader } from "../shader.ts";

/** Rows and columns of a workgroup's tile, in fours, and how far panels reach along k. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

export interface Product {
  readonly rows: Quantity;
  readonly columns: number;
  readonly depth: Quantity;
  /** Statements that assign a[m, k … k + 3] to `v`, which is 0. m is a row, k a multiple of 4 below the depth. */
  a(m: string, k: string): readonly string[];
  /** b[k, 4c … 4c + 3]. */
  b(k: string, c: string): string;
  /** Stores four results of a row. */
  store(m: string, c: string, value: string): string;
}

const ROWS = 4; // of one invocation
/** Workgroups that keep a small device busy. */
const ENOUGH = 16;

/** The tile for so many rows of one sample and columns: large where there are many, small where the device would else have little to do. */
export function tileFor(rows: number, columns: number): Tile {
  const width = Math.min(64, Math.max(4, 2 ** Math.ceil(Math.log2(columns))));
  let tile: Tile = { rows: 64, columns: width, depth: 16 };
  const groups = (t: Tile): number => Math.ceil(rows / t.rows) * Math.ceil(columns / t.columns);
  while (groups(tile) < ENOUGH && (tile.rows > 16 || tile.columns > 16)) {
    tile = tile.rows >= tile.columns && tile.rows > 16 ? { ...tile, rows: tile.rows / 2 } : { ...tile, columns: tile.columns / 2 };
  }
  return tile;
}

/** Loops stay loops: a GPU's compiler unrolls them, and one that makes code for a CPU takes seconds for what is written out. */
export function product(shader: Shader, { rows: tileRows, columns: tileColumns, depth: tileDepth }: Tile, p: Product): Stage {
  const across = tileColumns / 4; // vectors of a row of the tile
  const lanes = across * (tileRows / ROWS);
  const steps = tileDepth / 4;
  const vectors = Math.ceil(p.columns / 4);
  const tiles = Math.ceil(p.columns / tileColumns);
  const rows = shader.quantity(p.rows);
  const depth = shader.quantity(p.depth);
  shader.shared("panel_a", "vec4f", tileRows * steps);
  shader.shared("panel_b", "vec4f", tileDepth * across);
  const deep = p.depth.batched || p.depth.k % tileDepth !== 0;
  const narrow = vectors % across !== 0;
  const within = [...(deep ? [`k < ${depth}`] : []), ...(narrow ? [`c < ${vectors}`] : [])];
  const body = lines(
    `let first = group / ${tiles} * ${tileRows};`,
    `let left = group % ${tiles} * ${across};`,
    `let tx = lane % ${across};`,
    `let ty = lane / ${across} * ${ROWS};`,
    `var sums: array<vec4f, ${ROWS}>;`,
    `for (var k0: u32 = 0; k0 < ${depth}; k0 += ${tileDepth}) {`,
    `for (var l = lane; l < ${tileRows * steps}; l += ${lanes}) {`,
    `let m = first + l / ${steps};`,
    `let k = k0 + l % ${steps} * 4;`,
    `var v = vec4f(0f);`,
    `if (m < ${rows}${deep ? ` && k < ${depth}` : ""}) {`,
    p.a("m", "k"),
    `}`,
    `panel_a[l] = v;`,
    `}`,
    `for (var l = lane; l < ${tileDepth * across}; l += ${lanes}) {`,
    `let k = k0 + l / ${across};`,
    `let c = left + l % ${across};`,
    `var v = vec4f(0f);`,
    within.length > 0 ? `if (${within.join(" && ")}) { v = ${p.b("k", "c")}; }` : `v = ${p.b("k", "c")};`,
    `panel_b[l] = v;`,
    `}`,
    `workgroupBarrier();`,
    `for (var q: u32 = 0; q < ${steps}; q++) {`,
    times(4, (j) => `let b${j} = panel_b[(q * 4 + ${j}) * ${across} + tx];`),
    `for (var r: u32 = 0; r < ${ROWS}; r++) {`,
    `let v = panel_a[(ty + r) * ${steps} + q];`,
    `sums[r] += v.x * b0 + v.y * b1 + v.z * b2 + v.w * b3;`,
    `}`,
    `}`,
    `workgroupBarrier();`,
    `}`,
    `let c = left + tx;`,
    `for (var r: u32 = 0; r < ${ROWS}; r++) {`,
    `let m = first + ty + r;`,
    `if (m < ${rows}${narrow ? ` && c < ${vectors}` : ""}) {`,
    `let v = sums[r];`,
    p.store("m", "c", "v"),
    `}`,
    `}`,
  );
  const groups = { fixed: p.rows.batched ? 0 : p.rows.k, perSample: p.rows.batched ? p.rows.k : 0, per: tileRows, times: tiles };
  return shader.grouped(lanes, groups, `(${rows} + ${tileRows - 1}) / ${tileRows} * ${tiles}`, body);
}

/** Statements that assign v's four numbers one by one, those below the depth: of operands that are no vectors along k. */
export function apart(k: string, depth: string, assign: (k: string) => readonly string[]): readonly string[] {
  return [`for (var j: u32 = 0; j < 4; j++) {`, `let kj = ${k} + j;`, `if (kj < ${depth}) {`, ...assign("kj"), `}`, `}`];
}
