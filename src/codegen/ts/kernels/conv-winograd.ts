// 3×3 convolution of stride 1 by Winograd's minimal filtering (Lavin and Gray 2015): F(m×m, 3×3) makes a tile of m × m results from
// (m + 2)² products where a direct sum takes 9·m². Everything is f64, whose rounding vanishes beside that of the f32 result:
// what F(4×4) loses is about 1e-14 of the largest product in a tile. Two things to know: an Inf or NaN in a tile's input makes
// the whole tile NaN, and a result beside one 1e14 times larger in its tile drowns. `strictMath` chooses the plain sum.
//   y = Aᵀ [ Σᵢ (G w Gᵀ) ⊙ (Bᵀ x B) ] A
// The sum over input channels i, for each of the (m + 2)² points, is a matrix product; transformed weights are made in `prepare`.
import { size } from "../../../ir/scalar.ts";
import { lines, sum } from "../../code.ts";
import { epilogueExpression, imageEpilogue, type ImageEpilogue } from "../epilogue.ts";
import { batchOf, index, kernelFunction, type Choice, type Emission } from "../kernel.ts";
import { multiply, tileWidth } from "../routines/multiply.ts";
import { inputRoutine, outputStatements, weightFunction, type TileSize } from "../routines/winograd.ts";
import { convLabel, convolution, type Convolution, type ConvNode } from "../../convolution.ts";
import { copyPadded } from "./copy-padded.ts";
import { fixed, inPlaceOperands } from "../../operands.ts";

/** Elements of transformed input and sums to have at hand: as many tiles as fit, in whole rows of them. */
const BLOCK = 131_072;
/** Scalar nodes; beyond, the stores of a tile are a loop. */
const LONG_EPILOGUE = 12;

interface Layout {
  readonly points: number;
  readonly across: number; // tiles
  readonly down: number;
  readonly rows: number; // of tiles, computed together
  readonly tiles: number; // in such a block, a multiple of `width`
  readonly width: number; // of the matrix product
  readonly steps: { readonly inputs: number; readonly sums: number }; // elements from one point to the next
  readonly strip: { readonly rows: number; readonly columns: number };
  readonly scratch: { readonly inputs: number; readonly sums: number; readonly tile: number; readonly total: number };
}

function layoutOf(c: Convolution, m: TileSize): Layout {
  const points = (m + 2) * (m + 2);
  const [across, down] = [Math.ceil(c.columns / m), Math.ceil(c.rows / m)];
  const rows = rowsTogether(across, down, Math.max(8, Math.floor(BLOCK / (points * (c.inputs + c.outputs)))));
  const width = tileWidth(rows * across);
  const tiles = Math.ceil((rows * across) / width) * width;
  const strip = { rows: rows * m + 2, columns: across * m + 2 };
  const inputs = strip.rows * strip.columns;
  const steps = { inputs: oddLines(c.inputs * tiles), sums: oddLines(c.outputs * tiles) };
  const sums = inputs + points * steps.inputs;
  const tile = sums + points * steps.sums;
  return { points, across, down, rows, tiles, width, steps, strip, scratch: { inputs, sums, tile, total: tile + m * m } };
}

/** At least that many elements, and an odd number of cache lines: the points of one tile must not share a cache set. */
function oddLines(elements: number): number {
  return (Math.ceil(elements / 8) | 1) * 8;
}

/** As many rows of tiles as `most` tiles allow, but spread evenly. */
function rowsTogether(across: number, down: number, most: number): number {
  const rows = Math.max(1, Math.min(down, Math.floor(most / across)));
  return Math.ceil(down / Math.ceil(down / rows));
}

/** Elements of the transformed weights. */
export function transformedWeights(c: Convolution, m: TileSize): number {
  return (m + 2) * (m + 2) * c.inputs * c.outputs;
}

/** Tiles of an image, those computed in vain included. */
export function tileCount(c: Convolution, m: TileSize): number {
  const l = layoutOf(c, m);
  return Math.ceil(l.down / l.rows) * l.tiles;
}

export function selectWinograd(node: ConvNode, m: TileSize): Choice {
  const c = convolution(node);
  const name = `winograd${m}_${c.inputs}_${c.outputs}`;
  const pack = { operand: 1, signature: name, label: `${name}_weights`, size: transformedWeights(c, m) };
  return { label: `${convLabel(c)}_winograd${m}`, packs: [pack], scratch: fixed(layoutOf(c, m).scratch.total), inPlace: inPlaceOperands(node, 2) };
}

export function packWinograd(node: ConvNode, m: TileSize, to: Emission): string {
  const c = convolution(node);
  return weightFunction(to, m, c.outputs * c.inputs);
}

export function emitWinograd(node: ConvNode, m: TileSize, to: Emission): string {
  const c = convolution(node);
  const l = layoutOf(c, m);
  const epilogue = imageEpilogue(node, 2, to);
  const short = size(epilogueExpression(node)) <= LONG_EPILOGUE;
  const { scratch, width, across } = l;
  const body = lines(
    `for (let b = 0; b < ${batchOf(node)}; b++) {`,
    `for (let row = 0; row < ${l.down}; row += ${l.rows}) {`,
    `for (let i = 0; i < ${c.inputs}; i++) {`,
    `${copyPadded(to, to.inputs[0]!)}(x, xo + (b * ${c.inputs} + i) * ${c.height * c.width}, ${c.height}, ${c.width}, s, so, row * ${m} - ${c.pad[0]}, ${-c.pad[1]}, ${l.strip.rows}, ${l.strip.columns});`,
    `${inputRoutine(to, m)}(s, so, ${l.strip.columns}, ${across}, ${l.tiles}, ${l.rows * across - 1}, ${width}, ${c.inputs}, so + ${scratch.inputs} + i * ${width}, ${l.steps.inputs});`,
    `}`,
    `s.fill(0, so + ${scratch.sums}, so + ${scratch.tile});`,
    `for (let point = 0; point < ${l.points}; point++) {`,
    `for (let t = 0; t < ${l.tiles}; t += ${width}) {`,
    `${multiply(to, width, c.inputs, { element: to.inputs[1]!, stride: 1 })}(${c.outputs}, ${c.inputs}, w, wo + point * ${c.inputs * c.outputs}, ${c.inputs}, s, so + ${scratch.inputs} + point * ${l.steps.inputs} + t * ${c.inputs}, s, so + ${scratch.sums} + point * ${l.steps.sums} + t * ${c.outputs});`,
    `}`,
    `}`,
    `const tiles = Math.min(${l.rows}, ${l.down} - row) * ${across};`,
    `for (let o = 0; o < ${c.outputs}; o++) {`,
    `const plane = ${index(`yo + (b * ${c.outputs} + o) * ${c.rows * c.columns}`)};`,
    epilogue.channel("b", "o"),
    `let r = row * ${m};`,
    `let q = 0;`,
    `for (let t = 0; t < tiles; t++) {`,
    `const z = ${index(`so + ${scratch.sums} + (t - (t % ${width})) * ${c.outputs} + o * ${width} + (t % ${width})`)};`,
    storeTile(c, m, scratch.tile, l.steps.sums, epilogue, short),
    `q += ${m};`,
    `if (q >= ${c.columns}) {`,
    `q = 0;`,
    `r += ${m};`,
    `}`,
    `}`,
    `}`,
    `}`,
    `}`,
  );
  return kernelFunction(node, to, ["x", "w", ...epilogue.names], body);
}

/** The m × m results of the sums at s[z], to row r and column q of the plane: unrolled where the tile is whole, else what is inside. */
function storeTile(c: Convolution, m: TileSize, tile: number, step: number, epilogue: ImageEpilogue, short: boolean): string {
  const whole = c.rows % m === 0 && c.columns % m === 0;
  const unrolled = outputStatements(m, step, (row, column, value) => {
    const offset = row * c.columns + column;
    const code = epilogue.value(`v${row}${column}`, "pixel", offset, `t${row}${column}_`);
    return lines(`const v${row}${column} = ${value};`, code.statements, `y[${sum("at", offset)}] = ${code.value};`);
  });
  const code = epilogue.value(`s[so + ${tile} + i * ${m} + j]`, "pixel", `i * ${c.columns} + j`);
  const looped = lines(
    outputStatements(m, step, (row, column, value) => `s[so + ${tile + row * m + column}] = ${value};`),
    `for (let i = 0; i < ${m} && r + i < ${c.rows}; i++) {`,
    `for (let j = 0; j < ${m} && q + j < ${c.columns}; j++) {`,
    code.statements,
    `y[at + i * ${c.columns} + j] = ${code.value};`,
    `}`,
    `}`,
  );
  const pixel = [`const pixel = ${index(`r * ${c.columns} + q`)};`, `const at = ${index("plane + pixel")};`];
  if (!short) return lines(...pixel, looped);
  if (whole) return lines(...pixel, unrolled);
  return lines(...pixel, `if (r + ${m} <= ${c.rows} && q + ${m} <= ${c.columns}) {`, unrolled, `} else {`, looped, `}`);
}
