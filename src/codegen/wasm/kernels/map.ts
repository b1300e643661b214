// map: one loop nest, each operand read through its own strides: a vector where it lies side by side, one number four times where it
// repeats. One flat loop where nothing broadcasts.
import type { map } from "../../../ops/core/map.ts";
import { arg, foldScalar, postorder, rebuild, type Scalar } from "../../../ir/scalar.ts";
import type { Expression, Local, Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { frameOf, type Emission, type Kernel, type SchemaOf } from "../kernel.ts";
import { storeRun, walk } from "../loops.ts";
import { functionCode, type FunctionName } from "../routines/functions.ts";
import { loadVector, Scratchpad, vectorCode } from "../vectors.ts";
import { fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";
import { broadcastStrides, joinAxes, rowMajor } from "../../axes.ts";

export const mapKernel: Kernel<SchemaOf<typeof map>> = {
  select: (node) => ({ label: shapeLabel("map", node), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node) }),
  emit: (node, to) => {
    const { shape } = node.type;
    const frame = frameOf(node, to, node.inputs.map((_, i) => `x${i}`));
    const { f } = frame;
    const axes = joinAxes(shape, [...node.inputs.map((x) => broadcastStrides(x.type.shape, shape)), rowMajor(shape)]);
    const pad = new Scratchpad(f);
    walk(frame, axes, [...frame.operands, frame.y], (at, length) => {
      const repeats = at.map((_, k) => axes.at(-1)?.strides[k]!.k === 0);
      const repeated = at.map((p, k) => (repeats[k] ? f.let(`v${k}`, loadVector(p, 0, true)) : null));
      const read = (p: Local, k: number, vector: number): Expression | Local => repeated[k] ?? loadVector(p, 16 * vector, false);
      storeRun(f, length, at.at(-1)!, at.filter((_, k) => !repeats[k]), 2, (vectors, store) => {
        for (let v = 0; v < vectors; v++) store(v, write(f, to, pad, node.attrs.expr, at.slice(0, -1).map((p, k) => read(p, k, v))));
      });
    });
    return f.finish();
  },
};

/** Functions of an expression that are written out, not called. */
const WRITTEN_OUT = 4;

function functionOf(s: Scalar): FunctionName | null {
  return s.kind === "unary" && (s.op === "exp" || s.op === "log" || s.op === "tanh" || s.op === "erf") ? s.op : null;
}

/** The expression's value. Each function's value becomes an argument of what it is part of. */
function write(f: FunctionBuilder, to: Emission, pad: Scratchpad, expr: Scalar, args: readonly Operand[]): Expression {
  if (postorder(expr).filter(functionOf).length > WRITTEN_OUT) return vectorCode(f, to, pad, expr, args);
  const all = [...args];
  const rest = foldScalar<Scalar>(expr, (n, of) => {
    const name = functionOf(n);
    if (n.kind !== "unary" || !name) return rebuild(n, of);
    const x = f.let("x", vectorCode(f, to, pad, of(n.a), all));
    all.push(f.let(name, functionCode(f, name, x)));
    return arg(all.length - 1);
  });
  return vectorCode(f, to, pad, rest, all);
}
