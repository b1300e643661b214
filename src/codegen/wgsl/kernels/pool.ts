// pool: an invocation per result, or per four channels of a pixel, walks over its window. A row or column before the image wraps around,
// to more than any.
import type { pool } from "../../../ops/core/pool.ts";
import { lines } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { dividedBy, inFours } from "../loops.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "../routines/image.ts";
import { LEAST } from "../scalar.ts";

export const poolKernel: Kernel<SchemaOf<typeof pool>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}pool${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { kind, size, stride, pad } = node.attrs;
    const wide = inFours(node.type.shape);
    const unit = wide ? 4 : 1;
    const from = imageOf(node.inputs[0]!);
    const image = imageOf(node);
    const epilogue = new Epilogue(node, 1, wide);
    const shader = new Shader(to, { x: 0, ...epilogue.names, y: resultOf(node) }, wide ? ["x", "y", ...epilogue.wide] : []);
    const across = from.channels / unit;
    const type = wide ? "vec4f" : "f32";
    const max = kind === "max";
    const at = `((image * ${from.rows} + h) * ${from.columns} + w) * ${across} + c`;
    const element = wide ? shader.four("x", at) : shader.one("x", at);
    const body = lines(
      position(image, unit),
      `var v = ${type}(${max ? LEAST : "0f"});`,
      max ? [] : `var inside = 0f;`,
      `for (var u: u32 = 0; u < ${size[0]}; u++) {`,
      `let h = row * ${stride[0]} + u - ${pad[0]};`,
      `if (h >= ${from.rows}) { continue; }`,
      `for (var t: u32 = 0; t < ${size[1]}; t++) {`,
      `let w = column * ${stride[1]} + t - ${pad[1]};`,
      `if (w >= ${from.columns}) { continue; }`,
      max ? `v = max(v, ${element});` : [`v += ${element};`, `inside += 1f;`],
      `}`,
      `}`,
      max ? [] : `v /= inside;`,
      epilogue.store(shader, "v", "i"),
    );
    return [shader.each(dividedBy(image.total, unit), body), ...epilogue.rest(to)];
  },
};
