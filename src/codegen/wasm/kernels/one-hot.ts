// one_hot: sample by sample, zeros, and a one for each label that is a class. Labels are i32.
import type { oneHot } from "../../../ops/core/one-hot.ts";
import { add, f32, load, mul, op, splat, type Expression } from "../assembler/expression.ts";
import { frameOf, quantity, shared, type Kernel, type SchemaOf } from "../kernel.ts";
import { BYTES, storeRun } from "../loops.ts";
import { fixed, shapeLabel } from "../../operands.ts";

export const oneHotKernel: Kernel<SchemaOf<typeof oneHot>> = {
  select: (node) => ({ label: shapeLabel("onehot", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { shape } = node.inputs[0]!.type;
    const { classes, channelsLast } = node.attrs;
    const pixels = shape.slice(1).reduce<number>((p, d) => p * Number(d), 1);
    const frame = frameOf(node, to, ["labels"]);
    const { f, operands: [labels], y } = frame;
    const pixel = f.local("i32", "pixel");
    const label = f.local("i32", "label");
    shared(frame, quantity(frame.n, shape[0]!), (unit) => {
      const sample = f.let("sample", add(y, mul(unit, BYTES * classes * pixels)));
      const at = f.let("at", sample);
      storeRun(f, { count: classes * pixels, even: (classes * pixels) % 4 === 0 }, at, [at], 4, (vectors, store) => {
        for (let v = 0; v < vectors; v++) store(v, splat(0));
      });
      f.count(pixel, 0, pixels, 1, () => {
        f.set(label, load("i32.load", add(labels!, mul(add(mul(unit, pixels), pixel), BYTES))));
        const place: Expression = channelsLast ? add(mul(pixel, classes), label) : add(mul(label, pixels), pixel);
        f.when(op("i32.lt_u", [label, classes]), () => f.store("f32.store", add(sample, mul(place, BYTES)), 0, f32(1)));
      });
    });
    return f.finish();
  },
};
