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
  /** Statements about row m of a, done once; `name` begins the names of their constants. m may be beyond the last row. */
  row(name: string, m: string): readonly string[];
  /** Statements that assign a[m, k … k + 3] of such a row to `v`, which is 0. k is a multiple of 4 below the depth. */
  a(name: string, k: string): readonly string[];
  /** b[k, 4c … 4c + 3]. */
  b(k: string, c: string): string;
  /** Stores four results of a row. */
  store(m: string, c: string, value: string): string;
}

const ROWS = 4; // of one invocation

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

/** Workgroups that keep a small device busy. */
const ENOUGH = 16;

export function product(shader: Shader, { rows: tileRows, columns: tileColumns, depth: tileDepth }: Tile, p: Product): Stage {
  const across = tileColumns / 4; // vectors of a row of the tile
  const lanes = across * (tileRows / ROWS);
  const steps = tileDepth / 4;
  const vectors = Math.ceil(p.columns / 4);
  const tiles = Math.ceil(p.columns / tileColumns);
  const rows = shader.quantity(p.rows);
  const depth = shader.quantity(p.depth);
  const loadsA = Math.max(1, (tileRows * steps) / lanes);
  const loadsB = Math.max(1, (tileDepth * across) / lanes);
  shader.shared("panel_a", "vec4f", tileRows * steps);
  shader.shared("panel_b", "vec4f", tileDepth * across);
  const own = (l: number): string => (l === 0 ? "lane" : `(lane + ${l * lanes})`);
  const some = (count: number, body: string): string => (count < lanes ? lines(`if (lane < ${count}) {`, body, `}`) : body);
  const deep = p.depth.batched || p.depth.k % tileDepth !== 0;
  const narrow = vectors % across !== 0;
  const limits = [...(deep ? [`k < ${depth}`] : []), ...(narrow ? [`c < ${vectors}`] : [])];
  const body = lines(
    `let first = group / ${tiles} * ${tileRows};`,
    `let left = group % ${tiles} * ${across};`,
    `let tx = lane % ${across};`,
    `let ty = lane / ${across} * ${ROWS};`,
    times(loadsA, (l) => lines(`let m${l} = first + ${own(l)} / ${steps};`, p.row(`a${l}_`, `m${l}`))),
    times(ROWS, (r) => `var sum${r} = vec4f(0f);`),
    `for (var k0: u32 = 0; k0 < ${depth}; k0 += ${tileDepth}) {`,
    some(tileRows * steps, lines(times(loadsA, (l) => lines(
      `{`,
      `let k = k0 + ${own(l)} % ${steps} * 4;`,
      `var v = vec4f(0f);`,
      `if (m${l} < ${rows}${deep ? ` && k < ${depth}` : ""}) {`,
      p.a(`a${l}_`, "k"),
      `}`,
      `panel_a[${own(l)}] = v;`,
      `}`,
    )))),
    some(tileDepth * across, lines(times(loadsB, (l) => lines(
      `{`,
      `let k = k0 + ${own(l)} / ${across};`,
      `let c = left + ${own(l)} % ${across};`,
      `var v = vec4f(0f);`,
      limits.length > 0 ? `if (${limits.join(" && ")}) { v = ${p.b("k", "c")}; }` : `v = ${p.b("k", "c")};`,
      `panel_b[${own(l)}] = v;`,
      `}`,
    )))),
    `workgroupBarrier();`,
    `for (var q: u32 = 0; q < ${steps}; q++) {`,
    times(4, (j) => `let b${j} = panel_b[(q * 4 + ${j}) * ${across} + tx];`),
    times(ROWS, (r) => lines(`let v${r} = panel_a[(ty + ${r}) * ${steps} + q];`, `sum${r} += v${r}.x * b0 + v${r}.y * b1 + v${r}.z * b2 + v${r}.w * b3;`)),
    `}`,
    `workgroupBarrier();`,
    `}`,
    `let c = left + tx;`,
    narrow ? `if (c >= ${vectors}) { return; }` : [],
    times(ROWS, (r) => lines(`if (first + ty + ${r} < ${rows}) {`, `let m = first + ty + ${r};`, p.store("m", "c", `sum${r}`), `}`)),
  );
  const groups = { fixed: p.rows.batched ? 0 : p.rows.k, perSample: p.rows.batched ? p.rows.k : 0, per: tileRows, times: tiles };
  return shader.grouped(lanes, groups, `(${rows} + ${tileRows - 1}) / ${tileRows} * ${tiles}`, body);
}
