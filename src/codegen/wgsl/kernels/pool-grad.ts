// pool_grad: an invocation per pixel of the image asks each window that holds it: of an average its share, of a maximum all where the
// pixel is the first of the largest.
import type { poolGrad } from "../../../ops/core/pool-grad.ts";
import { lines } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { resultOf, type CoreNode, type Kernel, type SchemaOf } from "../kernel.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "../routines/image.ts";

export const poolGradKernel: Kernel<SchemaOf<typeof poolGrad>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}poolgrad${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { kind, size, stride, pad } = node.attrs;
    const image = imageOf(node);
    const pooled = imageOf(node.inputs[0]!);
    const max = kind === "max";
    const shader = new Shader(to, { dy: 0, ...(max ? { x: 1 } : {}), y: resultOf(node) });
    const body = lines(
      position(image, 1),
      `var v = 0f;`,
      axis("row", "r", size[0], stride[0], pad[0], pooled.rows),
      axis("column", "q", size[1], stride[1], pad[1], pooled.columns),
      `for (var r = r_first; r < r_end; r++) {`,
      edges("r", "top", "bottom", size[0], stride[0], pad[0], image.rows),
      `for (var q = q_first; q < q_end; q++) {`,
      edges("q", "left", "right", size[1], stride[1], pad[1], image.columns),
      `let d = ${shader.one("dy", `((image * ${pooled.rows} + r) * ${pooled.columns} + q) * ${pooled.channels} + c`)};`,
      max ? largest(node, shader) : `v += d / f32((bottom - top) * (right - left));`,
      `}`,
      `}`,
      shader.store("y", "i", "v"),
    );
    return [shader.each(image.total, body)];
  },
};

/** The windows along one axis that hold the pixel: from … to. */
function axis(pixel: string, name: string, size: number, stride: number, pad: number, count: number): readonly string[] {
  const [reach, at] = [`${name}_reach`, `${name}_at`];
  return [
    `let ${at} = ${pixel} + ${pad};`,
    `let ${reach} = max(${at}, ${size - 1}) - ${size - 1};`,
    `let ${name}_first = (${reach} + ${stride - 1}) / ${stride};`,
    `let ${name}_end = min(${at} / ${stride} + 1, ${count});`,
  ];
}

/** The part of the window inside the image. */
function edges(window: string, from: string, to: string, size: number, stride: number, pad: number, most: number): readonly string[] {
  return [`let ${from} = max(${window} * ${stride}, ${pad}) - ${pad};`, `let ${to} = min(${window} * ${stride} + ${size}, ${most + pad}) - ${pad};`];
}

/** Nothing before the pixel is as large, nothing after it larger. */
function largest(node: CoreNode<SchemaOf<typeof poolGrad>>, shader: Shader): readonly string[] {
  const { rows, columns, channels } = imageOf(node);
  const place = (row: string, column: string): string => `((image * ${rows} + ${row}) * ${columns} + ${column}) * ${channels} + c`;
  return [
    `let own = ${shader.one("x", place("row", "column"))};`,
    `var first = true;`,
    `for (var h = top; h < bottom; h++) {`,
    `for (var w = left; w < right; w++) {`,
    `let other = ${shader.one("x", place("h", "w"))};`,
    `let before = h < row || (h == row && w < column);`,
    `if (other > own || (before && other == own)) { first = false; }`,
    `}`,
    `}`,
    `if (first) { v += d; }`,
  ];
}
