// pool_grad: plane by plane, each window gives its share to a plane of sums, which is rounded and stored at the end.
import type { poolGrad } from "../../../ops/core/pool-grad.ts";
import { lines } from "../../code.ts";
import { batchOf, index, kernelFunction, type Kernel, type SchemaOf } from "../kernel.ts";
import { fixed, shapeLabel } from "../../operands.ts";

export const poolGradKernel: Kernel<SchemaOf<typeof poolGrad>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}poolgrad${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(node.attrs.image[0] * node.attrs.image[1]), inPlace: [] }),
  emit: (node, to) => {
    const { kind, image: [height, width], size, stride, pad } = node.attrs;
    const [, channels, rows, columns] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
    const area = height * width;
    const body = lines(
      `for (let p = 0; p < ${batchOf(node)} * ${channels}; p++) {`,
      `const plane = ${index(kind === "max" ? `xo + p * ${area}` : "0")};`,
      `s.fill(0, so, so + ${area});`,
      `for (let r = 0; r < ${rows}; r++) {`,
      `const top = Math.max(0, r * ${stride[0]} - ${pad[0]});`,
      `const bottom = Math.min(${height}, r * ${stride[0]} - ${pad[0]} + ${size[0]});`,
      `for (let q = 0; q < ${columns}; q++) {`,
      `const left = Math.max(0, q * ${stride[1]} - ${pad[1]});`,
      `const right = Math.min(${width}, q * ${stride[1]} - ${pad[1]} + ${size[1]});`,
      `const d = dy[dyo + (p * ${rows} + r) * ${columns} + q];`,
      kind === "max" ? largest(width) : shared(width),
      `}`,
      `}`,
      `const to = ${index(`yo + p * ${area}`)};`,
      `for (let i = 0; i < ${area}; i++) y[to + i] = s[so + i];`,
      `}`,
    );
    return kernelFunction(node, to, kind === "max" ? ["dy", "x"] : ["dy"], body);
  },
};

/** All to the first of the largest; a NaN is larger than all. */
function largest(width: number): string {
  return lines(
    `let best = top * ${width} + left;`,
    `for (let h = top; h < bottom; h++) {`,
    `for (let w = left; w < right; w++) {`,
    `const v = x[plane + h * ${width} + w];`,
    `const most = x[plane + best];`,
    `if (v > most || (v !== v && most === most)) best = h * ${width} + w;`,
    `}`,
    `}`,
    `s[so + best] += d;`,
  );
}

function shared(width: number): string {
  return lines(
    `const share = d / ((bottom - top) * (right - left));`,
    `for (let h = top; h < bottom; h++) {`,
    `for (let w = left; w < right; w++) s[so + h * ${width} + w] += share;`,
    `}`,
  );
}
