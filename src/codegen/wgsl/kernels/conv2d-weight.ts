// conv2d_weight: as a product of the image's windows, transposed, with the gradients of the results: its depth, all lines of all images,
// is cut into parts, which a second dispatch sums. In groups, a workgroup per weight, whose invocations share out the pixels.
import type { conv2dWeight } from "../../../ops/core/conv2d-weight.ts";
import { lines, times } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { resultOf, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { dividedBy } from "../loops.ts";
import { paddedColumns } from "../routines/columns.ts";
import { product, ROWS } from "../routines/product.ts";
import { tree } from "../routines/tree.ts";
import { windowNumbers } from "../routines/windows.ts";
import { LANES, Shader } from "../shader.ts";
import { batchOf, imageOf } from "../routines/image.ts";

type Weight = CoreNode<SchemaOf<typeof conv2dWeight>>;

/** Invocations that keep a device busy. */
const ENOUGH = 4096;

export const conv2dWeightKernel: Kernel<SchemaOf<typeof conv2dWeight>> = {
  select: (node) => {
    const isProduct = node.attrs.groups === 1;
    return { label: `convweight${node.attrs.kernel.join("x")}_${node.inputs[0]!.type.shape[3]}_${node.type.shape[0]}`, packs: [], scratch: fixed(isProduct ? scratchOf(node) : 0), inPlace: [], algorithm: isProduct ? "product" : "direct" };
  },
  emit: (node, to) => (to.selection.algorithm === "product" ? [partial(node, to), whole(node, to)] : [direct(node, to)]),
};

interface Cut {
  /** Of a part: taps · inputs, rounded up so that no invocation works for two parts. */
  readonly rows: number;
  readonly parts: number;
}

/** A part of each image's lines, and no more parts than keep a device busy. */
function cutOf(node: Weight): Cut {
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const rows = Math.ceil((inputs * kh * kw) / ROWS) * ROWS;
  const blocks = (rows / ROWS) * (paddedColumns(outputs) / 4);
  return { rows, parts: Math.max(1, Math.min(imageOf(node.inputs[1]!).rows, Math.ceil(ENOUGH / blocks))) };
}

function scratchOf(node: Weight): number {
  const { rows, parts } = cutOf(node);
  return rows * parts * paddedColumns(node.type.shape[0] as number);
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

function whole(node: Weight, to: Emission): Stage {
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const { rows, parts } = cutOf(node);
  const shader = new Shader(to, { s: resultOf(node) + 1, y: resultOf(node) }, [], true);
  const body = lines(
    shader.named({ own_rows: rows, parts, inputs, taps: kh * kw, padded: paddedColumns(outputs) }),
    `let row = i % taps * inputs + i / taps % inputs;`,
    `let column = i / (taps * inputs);`,
    `var v = 0f;`,
    `for (var p: u32 = 0; p < parts; p++) { v += ${shader.one("s", "(p * own_rows + row) * padded + column")}; }`,
    shader.store("y", "i", "v"),
  );
  return shader.each({ k: outputs * inputs * kh * kw, batched: false }, body);
}

function direct(node: Weight, to: Emission): Stage {
  const from = imageOf(node.inputs[0]!);
  const image = imageOf(node.inputs[1]!);
  const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
  const { stride, dilation, pad, groups } = node.attrs;
  const shader = new Shader(to, { x: 0, dy: 1, y: resultOf(node) });
  const pixels = shader.quantity(dividedBy(image.total, image.channels));
  const body = lines(
    `let t = group % ${kw};`,
    `let u = group / ${kw} % ${kh};`,
    `let o = group / ${inputs * kh * kw};`,
    `let channel = o / ${outputs / groups} * ${inputs} + group / ${kh * kw} % ${inputs};`,
    `var v = 0f;`,
    `for (var p = lane; p < ${pixels}; p += ${LANES}) {`,
    `let h = p / ${image.columns} % ${image.rows} * ${stride[0]} + u * ${dilation[0]} - ${pad[0]};`,
    `let b = p % ${image.columns} * ${stride[1]} + t * ${dilation[1]} - ${pad[1]};`,
    `if (h < ${from.rows} && b < ${from.columns}) {`,
    `let at = ((p / ${image.rows * image.columns} * ${from.rows} + h) * ${from.columns} + b) * ${from.channels} + channel;`,
    `v += ${shader.one("dy", `p * ${image.channels} + o`)} * ${shader.one("x", "at")};`,
    `}`,
    `}`,
    tree(shader, LANES, "v"),
    `if (lane == 0) { ${shader.store("y", "group", "part[0]")} }`,
  );
  const weights = outputs * inputs * kh * kw;
  return shader.grouped(LANES, { fixed: weights, perSample: 0, per: 1, times: 1 }, String(weights), body);
}
