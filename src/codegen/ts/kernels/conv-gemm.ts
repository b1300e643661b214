// Convolution as a matrix product: y[o, p] = Σₖ w[o, k] · patch[k, p] with k = (channel, kernel row, kernel column), a few pixels p
// at a time. A band of padded rows is copied to scratch; patches are gathered from it; the weights stream past in their own layout.
import { lines, product, sum, times } from "../../code.ts";
import { imageEpilogue, type ImageEpilogue } from "../epilogue.ts";
import { batchOf, index, kernelFunction, type Choice, type Emission } from "../kernel.ts";
import { multiply, tileWidth } from "../routines/multiply.ts";
import { convLabel, convolution, reach, type Convolution, type ConvNode } from "../../convolution.ts";
import { copyPadded } from "./copy-padded.ts";
import { fixed, inPlaceOperands } from "../../operands.ts";

const BAND = 65_536; // elements of padded input to have at hand: 512 KiB

interface Layout {
  readonly perGroup: readonly [inputs: number, outputs: number];
  readonly depth: number;
  readonly width: number; // pixels at a time
  /** Result rows per band, its input rows and columns; null where the image can be read as it is. */
  readonly band: { readonly results: number; readonly rows: number; readonly columns: number } | null;
  /** Offsets in scratch, where the band begins. */
  readonly scratch: { readonly patch: number; readonly result: number; readonly total: number };
}

function layoutOf(c: Convolution): Layout {
  const perGroup = [c.inputs / c.groups, c.outputs / c.groups] as const;
  const depth = perGroup[0] * c.kernel[0] * c.kernel[1];
  const width = tileWidth(c.rows * c.columns);
  const band = c.pad.some((p) => p > 0) ? bandOf(c) : null;
  const patch = band ? c.inputs * band.rows * band.columns : 0;
  const result = patch + depth * width;
  return { perGroup, depth, width, band, scratch: { patch, result, total: result + perGroup[1] * width } };
}

function bandOf(c: Convolution): NonNullable<Layout["band"]> {
  const [least, columns] = reach(c, [1, c.columns]);
  const rows = Math.floor(BAND / (c.inputs * columns));
  const results = Math.max(1, Math.min(c.rows, Math.floor((rows - least) / c.stride[0]) + 1));
  return { results, rows: reach(c, [results, 1])[0], columns };
}

export function selectGemm(node: ConvNode): Choice {
  const c = convolution(node);
  return { label: convLabel(c), packs: [], scratch: fixed(layoutOf(c).scratch.total), inPlace: inPlaceOperands(node, 2) };
}

/** Where patches are gathered from: the image itself, or a band of it in scratch. */
interface Source {
  readonly array: "x" | "s";
  readonly start: string;
  readonly plane: number; // elements of a channel
  readonly columns: number;
  /** Pixels of the result that are made from it, and the first of them. */
  readonly pixels: string;
  readonly first: string;
}

export function emitGemm(node: ConvNode, to: Emission): string {
  const c = convolution(node);
  const l = layoutOf(c);
  const epilogue = imageEpilogue(node, 2, to);
  const plane = c.height * c.width;
  const image = `xo + b * ${c.inputs * plane}`;
  const whole: Source = { array: "x", start: image, plane, columns: c.width, pixels: String(c.rows * c.columns), first: "0" };
  const body = l.band ? banded(c, l, l.band, image, to, epilogue) : products(c, l, whole, to, epilogue);
  return kernelFunction(node, to, ["x", "w", ...epilogue.names], lines(`for (let b = 0; b < ${batchOf(node)}; b++) {`, body, `}`));
}

/** Band after band of the image, with its padding around it. */
function banded(c: Convolution, l: Layout, band: NonNullable<Layout["band"]>, image: string, to: Emission, epilogue: ImageEpilogue): string {
  const plane = band.rows * band.columns;
  const source: Source = { array: "s", start: "so", plane, columns: band.columns, pixels: "pixels", first: "first" };
  return lines(
    `for (let row = 0; row < ${c.rows}; row += ${band.results}) {`,
    `for (let i = 0; i < ${c.inputs}; i++) {`,
    `${copyPadded(to, to.inputs[0]!)}(x, ${image} + i * ${c.height * c.width}, ${c.height}, ${c.width}, s, so + i * ${plane}, row * ${c.stride[0]} - ${c.pad[0]}, ${-c.pad[1]}, ${band.rows}, ${band.columns});`,
    `}`,
    `const first = row * ${c.columns};`,
    `const pixels = Math.min(${band.results}, ${c.rows} - row) * ${c.columns};`,
    products(c, l, source, to, epilogue),
    `}`,
  );
}

/** A few pixels after the other: gather their patches, multiply, store. */
function products(c: Convolution, l: Layout, source: Source, to: Emission, epilogue: ImageEpilogue): string {
  const [inputs, outputs] = l.perGroup;
  const { patch, result, total } = l.scratch;
  const g = c.groups === 1 ? "0" : "g";
  const channel = sum(product(g, outputs), "o");
  const product_ = multiply(to, l.width, l.depth, { element: to.inputs[1]!, stride: 1 });
  const code = epilogue.value("s[q + j]", sum(source.first, "p"), "j");
  const body = lines(
    `for (let p = 0; p < ${source.pixels}; p += ${l.width}) {`,
    gather(c, l, source, product(g, inputs * source.plane)),
    `s.fill(0, so + ${result}, so + ${total});`,
    `${product_}(${outputs}, ${l.depth}, w, ${sum("wo", product(g, outputs * l.depth))}, ${l.depth}, s, so + ${patch}, s, so + ${result});`,
    `const count = Math.min(${l.width}, ${source.pixels} - p);`,
    `for (let o = 0; o < ${outputs}; o++) {`,
    `const q = ${index(`so + ${result} + o * ${l.width}`)};`,
    `const r = ${index(sum("yo", product(sum(`b * ${c.outputs}`, channel), c.rows * c.columns), source.first, "p"))};`,
    epilogue.channel("b", channel),
    `for (let j = 0; j < count; j++) {`,
    code.statements,
    `y[r + j] = ${code.value};`,
    `}`,
    `}`,
    `}`,
  );
  return c.groups === 1 ? body : lines(`for (let g = 0; g < ${c.groups}; g++) {`, body, `}`);
}

/** patch[k, j] = the input under weight k of pixel p + j. Pixels past the last repeat it: their results are not stored. */
function gather(c: Convolution, l: Layout, source: Source, group: string): string {
  const [kh, kw] = c.kernel;
  const [sh, sw] = c.stride;
  const even = sh === 1 && sw === 1 && source.columns === c.columns;
  const place = (p: string): string => (even ? p : sum(product(`(${p} / ${c.columns} | 0)`, sh * source.columns), product(`(${p} % ${c.columns})`, sw)));
  const pixel = (j: number): string => lines(j === 0 ? [] : `const p${j} = Math.min(p + ${j}, ${source.pixels} - 1);`, `const f${j} = ${index(sum(source.start, group, place(j === 0 ? "p" : `p${j}`)))};`);
  const copy = lines(`const z = ${index("q")};`, times(l.width, (j) => `s[${sum("z", j)}] = ${source.array}[(f${j} + t) | 0];`), `q += ${l.width};`);
  const loop = (variable: string, from: string, count: number, step: number, body: string): string =>
    count === 1 ? lines(`const ${variable} = ${from};`, body) : lines(`for (let ${variable} = ${from}; ${variable} < ${sum(from, count * step)}; ${variable} += ${step}) {`, body, `}`);
  const columns = loop("t", "u", kw, c.dilation[1], copy);
  const rows = loop("u", "v", kh, c.dilation[0] * source.columns, columns);
  return lines(times(l.width, pixel), `let q = ${index(`so + ${l.scratch.patch}`)};`, loop("v", "0", l.perGroup[0], source.plane, rows));
}
