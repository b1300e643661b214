// Convolution as a matrix product: y[o, p] = Σₖ w[o, k] · patch[k, p] with k = (channel, kernel row, kernel column), a few pixels p
// at a time. A band of padded rows is copied to scratch; patches are gathered from it; the weights stream past in their own layout.
import { lines, product, sum, times } from "../../code.ts";
import { imageEpilogue } from "../epilogue.ts";
import { batchOf, fixed, index, inPlaceOperands, kernelFunction, type Choice, type Emission } from "../kernel.ts";
import { multiply, tileWidth } from "../routines/multiply.ts";
import { convLabel, convolution, copyPadded, reach, type Convolution, type ConvNode } from "./convolution.ts";

const BAND = 65_536; // elements of padded input to have at hand: 512 KiB

interface Layout {
  readonly perGroup: readonly [inputs: number, outputs: number];
  readonly depth: number;
  readonly width: number; // pixels at a time
  /** Result rows per band, its input rows and columns; null where the image can be read as it is. */
  readonly band: { readonly results: number; readonly rows: number; readonly columns: number } | null;
  readonly scratch: { readonly band: number; readonly patch: number; readonly result: number; readonly total: number };
}

function layoutOf(c: Convolution): Layout {
  const perGroup = [c.inputs / c.groups, c.outputs / c.groups] as const;
  const depth = perGroup[0] * c.kernel[0] * c.kernel[1];
  const width = tileWidth(c.rows * c.columns);
  const padded = c.pad.some((p) => p > 0);
  const columns = reach(c, [1, c.columns])[1];
  const perRow = c.inputs * columns;
  const results = Math.max(1, Math.min(c.rows, Math.floor((BAND / perRow - reach(c, [1, 1])[0]) / c.stride[0]) + 1));
  const band = padded ? { results, rows: reach(c, [results, 1])[0], columns } : null;
  const patch = band ? c.inputs * band.rows * columns : 0;
  const result = patch + depth * width;
  return { perGroup, depth, width, band, scratch: { band: 0, patch, result, total: result + perGroup[1] * width } };
}

export function selectGemm(node: ConvNode): Choice {
  const c = convolution(node);
  return { label: convLabel(c), packs: [], scratch: fixed(layoutOf(c).scratch.total), inPlace: inPlaceOperands(node, 2) };
}

export function emitGemm(node: ConvNode, to: Emission): string {
  const c = convolution(node);
  const l = layoutOf(c);
  const epilogue = imageEpilogue(node, 2, to);
  const [inputs, outputs] = l.perGroup;
  const plane = c.height * c.width;
  const groupLoop = (body: string): string => (c.groups === 1 ? body : lines(`for (let g = 0; g < ${c.groups}; g++) {`, body, `}`));
  const g = c.groups === 1 ? "0" : "g";
  const results = c.rows * c.columns;
  const image = `xo + b * ${c.inputs * plane}`;

  const perBand = (pixels: string, first: string, source: { array: string; start: string; plane: number; columns: number }): string =>
    groupLoop(
      lines(
        `for (let p = 0; p < ${pixels}; p += ${l.width}) {`,
        gather(c, l, sum(source.start, product(g, inputs * source.plane)), source, pixels),
        `s.fill(0, so + ${l.scratch.result}, so + ${l.scratch.total});`,
        `${multiply(to, l.width, l.depth, { element: to.inputs[1]!, stride: 1 })}(${outputs}, ${l.depth}, w, ${sum("wo", product(g, outputs * l.depth))}, ${l.depth}, s, so + ${l.scratch.patch}, s, so + ${l.scratch.result});`,
        `const count = Math.min(${l.width}, ${pixels} - p);`,
        `for (let o = 0; o < ${outputs}; o++) {`,
        `const q = ${index(`so + ${l.scratch.result} + o * ${l.width}`)};`,
        `const r = ${index(sum("yo", `(${sum(`b * ${c.outputs}`, product(g, outputs), "o")}) * ${results}`, first, "p"))};`,
        epilogue.channel("b", sum(product(g, outputs), "o")),
        `for (let j = 0; j < count; j++) {`,
        store(),
        `}`,
        `}`,
        `}`,
      ),
    );
  const store = (): string => {
    const code = epilogue.value("s[q + j]", l.band ? "first + p" : "p", "j");
    return lines(code.statements, `y[r + j] = ${code.value};`);
  };

  const body = l.band
    ? lines(
        `for (let row = 0; row < ${c.rows}; row += ${l.band.results}) {`,
        `for (let i = 0; i < ${c.inputs}; i++) {`,
        `${copyPadded(to, to.inputs[0]!)}(x, ${image} + i * ${plane}, ${c.height}, ${c.width}, s, so + i * ${l.band.rows * l.band.columns}, row * ${c.stride[0]} - ${c.pad[0]}, ${-c.pad[1]}, ${l.band.rows}, ${l.band.columns});`,
        `}`,
        `const first = row * ${c.columns};`,
        `const pixels = Math.min(${l.band.results}, ${c.rows} - row) * ${c.columns};`,
        perBand("pixels", "first", { array: "s", start: "so", plane: l.band.rows * l.band.columns, columns: l.band.columns }),
        `}`,
      )
    : perBand(String(results), "0", { array: "x", start: image, plane, columns: c.width });
  return kernelFunction(node, to, ["x", "w", ...epilogue.names], lines(`for (let b = 0; b < ${batchOf(node)}; b++) {`, body, `}`));
}

/** patch[k, j] = the input under weight k of pixel p + j. Pixels past the last repeat it: their results are not stored. */
function gather(c: Convolution, l: Layout, start: string, source: { array: string; plane: number; columns: number }, pixels: string): string {
  const pixel = (j: number): string => (j === 0 ? "p" : `Math.min(p + ${j}, ${pixels} - 1)`);
  const [kh, kw] = c.kernel;
  const place = (p: string): string =>
    c.stride[0] === 1 && c.stride[1] === 1 && source.columns === c.columns ? p : `(${p} / ${c.columns} | 0) * ${c.stride[0] * source.columns} + (${p} % ${c.columns}) * ${c.stride[1]}`;
  const tap = lines(`const z = ${index("q")};`, times(l.width, (j) => `s[${sum("z", j)}] = ${source.array}[(f${j} + t) | 0];`), `q += ${l.width};`);
  const rowStep = c.dilation[0] * source.columns;
  const columnLoop = kw === 1 ? lines(`const t = u;`, tap) : lines(`for (let t = u; t < u + ${kw * c.dilation[1]}; t += ${c.dilation[1]}) {`, tap, `}`);
  const rowLoop = kh === 1 ? lines(`const u = v;`, columnLoop) : lines(`for (let u = v; u < v + ${kh * rowStep}; u += ${rowStep}) {`, columnLoop, `}`);
  return lines(
    times(l.width, (j) => lines(j === 0 ? [] : `const p${j} = ${pixel(j)};`, `const f${j} = ${index(sum(start, place(j === 0 ? "p" : `p${j}`)))};`)),
    `let q = ${index(`so + ${l.scratch.patch}`)};`,
    `for (let v = 0; v < ${(c.inputs / c.groups) * source.plane}; v += ${source.plane}) {`,
    rowLoop,
    `}`,
  );
}
