// conv2d_weight: as a product of the image's windows, transposed, with the gradients of the results: its depth, all lines of all images,
// is cut into parts, which a second dispatch sums. In groups each weight is summed by itself, over parts of all pixels.
import type { conv2dWeight } from "../../../ops/core/conv2d-weight.ts";
import { lines, times } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { resultOf, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { dividedBy } from "../loops.ts";
import { paddedColumns } from "../routines/columns.ts";
import { product, ROWS } from "../routines/product.ts";
import { windowNumbers } from "../routines/windows.ts";
import { Shader } from "../shader.ts";
import { batchOf, imageOf } from "../routines/image.ts";

type Weight = CoreNode<SchemaOf<typeof conv2dWeight>>;

/** Invocations that keep a device busy. */
const ENOUGH = 4096;
/** Of the pixels that are summed for one weight. */
const MOST_PARTS = 64;

export const conv2dWeightKernel: Kernel<SchemaOf<typeof conv2dWeight>> = {
  select: (node) => {
    const { rows, columns, parts } = cutOf(node);
    return { label: `convweight${node.attrs.kernel.join("x")}_${node.inputs[0]!.type.shape[3]}_${node.type.shape[0]}`, packs: [], scratch: fixed(rows * columns * parts), inPlace: [], algorithm: isProduct(node) ? "product" : "direct" };
  },
  emit: (node, to) => [isProduct(node) ? partial(node, to) : direct(node, to), whole(node, to)],
};

function isProduct(node: Weight): boolean {
  return node.attrs.groups === 1;
}

/** What lies in scratch: [parts, rows, columns]. */
interface Cut {
  /** Of a product: taps · inputs, rounded up so that no invocation works for two parts. Else a row is a weight. */
  readonly rows: number;
  readonly columns: number;
  /** No more than keep a device busy. */
  readonly parts: number;
}

function cutOf(node: Weight): Cut {
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const weights = outputs * inputs * kh * kw;
  if (!isProduct(node)) return { rows: weights, columns: 1, parts: Math.min(MOST_PARTS, Math.ceil(ENOUGH / weights)) };
  const rows = Math.ceil((inputs * kh * kw) / ROWS) * ROWS;
  const columns = paddedColumns(outputs);
  const blocks = (rows / ROWS) * (columns / 4);
  return { rows, columns, parts: Math.max(1, Math.min(imageOf(node.inputs[1]!).rows, Math.ceil(ENOUGH / blocks))) }; // a part of each image's lines
}

/** scratch[part, tap · inputs + input, output] */
function partial(node: Weight, to: Emission): Stage {
  const from = imageOf(node.inputs[0]!);
  const image = imageOf(node.inputs[1]!);
  const { rows, parts } = cutOf(node);
  const fours = from.channels % 4 === 0; // of the rows of an invocation
  const wide = image.channels % 4 === 0;
  const shader = new Shader(to, { x: 0, dy: 1, s: resultOf(node) + 1 }, [...(fours ? ["x"] : []), ...(wide ? ["dy"] : []), "s"], true);
  const own = fours ? [0] : [0, 1, 2, 3]; // rows whose windows differ
  return product(shader, {
    rows: { k: rows * parts, batched: false },
    columns: image.channels,
    fours: false,
    begin: [
      ...shader.named({ own_rows: rows, parts, out_rows: image.rows, out_columns: image.columns, height: from.rows, width: from.columns, inputs: from.channels, images: batchOf(node.inputs[1]!), ...(wide ? {} : { outputs: image.channels }) }),
      ...windowNumbers(shader, node.attrs),
      `let lines = images * out_rows;`,
      ...own.flatMap((r) => [
        `let tap${r} = m${r} % own_rows / inputs;`,
        `let channel${r} = m${r} % own_rows % inputs;`,
        `let top${r} = tap${r} / kernel_w * dilation_h - pad_h;`, // before the image they wrap around, to more than any
        `let left${r} = tap${r} % kernel_w * dilation_w - pad_w;`,
      ]),
    ],
    walk: (step) => [
      `for (var at = m0 / own_rows; at < lines; at += parts) {`,
      ...own.flatMap((r) => [`let h${r} = at % out_rows * stride_h + top${r};`, `let line${r} = (at / out_rows * height + h${r}) * width;`]),
      `for (var column: u32 = 0; column < out_columns; column++) {`,
      `let pixel = at * out_columns + column;`,
      ...own.flatMap((r) => [
        `let w${r} = column * stride_w + left${r};`,
        `let inside${r} = h${r} < height && w${r} < width;`,
        `let from${r} = select(0, (line${r} + w${r}) * inputs + channel${r}, inside${r});`,
        fours ? `let four = select(vec4f(0f), ${shader.four("x", `from${r} / 4`)}, inside${r});` : `let one${r} = select(0f, ${shader.one("x", `from${r}`)}, inside${r});`,
      ]),
      ...step,
      `}`,
      `}`,
    ],
    a: (r) => (fours ? `four.${"xyzw"[r]}` : `one${r}`),
    b: (_, c) => (wide ? shader.four("dy", `pixel * across + ${c}`) : `vec4f(${times(4, (j) => shader.one("dy", `pixel * outputs + min(4 * ${c} + ${j}, outputs - 1)`)).join(", ")})`),
    store: (m, c, value) => shader.store("s", `${m} * across + ${c}`, value),
  });
}

/** scratch[part, weight] */
function direct(node: Weight, to: Emission): Stage {
  const from = imageOf(node.inputs[0]!);
  const image = imageOf(node.inputs[1]!);
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const { stride, dilation, pad, groups } = node.attrs;
  const { rows: weights, parts } = cutOf(node);
  const shader = new Shader(to, { x: 0, dy: 1, s: resultOf(node) + 1 });
  const pixels = shader.quantity(dividedBy(image.total, image.channels));
  const body = lines(
    `let weight = i % ${weights};`,
    `let t = weight % ${kw};`,
    `let u = weight / ${kw} % ${kh};`,
    `let o = weight / ${inputs * kh * kw};`,
    `let channel = o / ${outputs / groups} * ${inputs} + weight / ${kh * kw} % ${inputs};`,
    `var v = 0f;`,
    `for (var p = i / ${weights}; p < ${pixels}; p += ${parts}) {`,
    `let h = p / ${image.columns} % ${image.rows} * ${stride[0]} + u * ${dilation[0]} - ${pad[0]};`,
    `let b = p % ${image.columns} * ${stride[1]} + t * ${dilation[1]} - ${pad[1]};`,
    `if (h < ${from.rows} && b < ${from.columns}) {`,
    `let at = ((p / ${image.rows * image.columns} * ${from.rows} + h) * ${from.columns} + b) * ${from.channels} + channel;`,
    `v += ${shader.one("dy", `p * ${image.channels} + o`)} * ${shader.one("x", "at")};`,
    `}`,
    `}`,
    shader.store("s", "i", "v"),
  );
  return shader.each({ k: weights * parts, batched: false }, body);
}

/** The sums of the parts. */
function whole(node: Weight, to: Emission): Stage {
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const { rows, columns, parts } = cutOf(node);
  const shader = new Shader(to, { s: resultOf(node) + 1, y: resultOf(node) }, [], true);
  const body = lines(
    shader.named({ parts, part_size: rows * columns }),
    isProduct(node) ? [...shader.named({ inputs, taps: kh * kw, columns }), `let place = (i % taps * inputs + i / taps % inputs) * columns + i / (taps * inputs);`] : `let place = i;`,
    `var v = 0f;`,
    `for (var p: u32 = 0; p < parts; p++) { v += ${shader.one("s", "p * part_size + place")}; }`,
    shader.store("y", "i", "v"),
  );
  return shader.each({ k: outputs * inputs * kh * kw, batched: false }, body);
}
