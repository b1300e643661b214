// pool: the window of each result, unrolled where it always lies inside the image, else a loop over the part that does.
import type { pool } from "../../../ops/core/pool.ts";
import { lines, sum, times } from "../../code.ts";
import { imageEpilogue } from "../epilogue.ts";
import { batchOf, index, kernelFunction, type CoreNode, type Kernel, type SchemaOf } from "../kernel.ts";
import { fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";

type Pool = CoreNode<SchemaOf<typeof pool>>;

const LONGEST = 16; // elements of a window that is unrolled

function geometry(node: Pool) {
  const [, channels, height, width] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, , rows, columns] = node.type.shape as readonly [unknown, number, number, number];
  const { size, stride, pad } = node.attrs;
  const inside = pad[0] + pad[1] === 0 && (rows - 1) * stride[0] + size[0] <= height && (columns - 1) * stride[1] + size[1] <= width;
  return { channels, height, width, rows, columns, unrolled: inside && size[0] * size[1] <= LONGEST };
}

export const poolKernel: Kernel<SchemaOf<typeof pool>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}pool${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node, 1) }),
  emit: (node, to) => {
    const { channels, height, width, rows, columns, unrolled } = geometry(node);
    const { stride, pad } = node.attrs;
    const epilogue = imageEpilogue(node, 1, to);
    const code = epilogue.value("v", `r * ${columns} + q`);
    const body = lines(
      `for (let b = 0; b < ${batchOf(node)}; b++) {`,
      `for (let c = 0; c < ${channels}; c++) {`,
      `const plane = ${index(`xo + (b * ${channels} + c) * ${height * width}`)};`,
      epilogue.channel("b", "c"),
      `for (let r = 0; r < ${rows}; r++) {`,
      `for (let q = 0; q < ${columns}; q++) {`,
      `const top = r * ${stride[0]} - ${pad[0]};`,
      `const left = q * ${stride[1]} - ${pad[1]};`,
      unrolled ? wholeWindow(node, width) : clippedWindow(node, height, width),
      code.statements,
      `y[yo + ((b * ${channels} + c) * ${rows} + r) * ${columns} + q] = ${code.value};`,
      `}`,
      `}`,
      `}`,
      `}`,
    );
    return kernelFunction(node, to, ["x", ...epilogue.names], body);
  },
};

function wholeWindow(node: Pool, width: number): string {
  const { kind, size } = node.attrs;
  const elements = times(size[0], (u) => times(size[1], (t) => `x[${sum("i", u * width + t)}]`)).flat();
  return lines(
    `const i = ${index(`plane + top * ${width} + left`)};`,
    kind === "max"
      ? [`let v = ${elements[0]};`, ...elements.slice(1).map((e) => `v = Math.max(v, ${e});`)]
      : `const v = (${elements.join(" + ")}) / ${elements.length};`,
  );
}

function clippedWindow(node: Pool, height: number, width: number): string {
  const { kind, size } = node.attrs;
  const max = kind === "max";
  return lines(
    `const bottom = Math.min(top + ${size[0]}, ${height});`,
    `const right = Math.min(left + ${size[1]}, ${width});`,
    `let v = ${max ? "-Infinity" : "-0"};`,
    `for (let h = Math.max(top, 0); h < bottom; h++) {`,
    `for (let w = Math.max(left, 0); w < right; w++) {`,
    max ? `v = Math.max(v, x[plane + h * ${width} + w]);` : `v += x[plane + h * ${width} + w];`,
    `}`,
    `}`,
    max ? [] : `v /= (bottom - Math.max(top, 0)) * (right - Math.max(left, 0));`,
  );
}
