// random: pcg4d over four places at a time. With channels last a place's number is still that of [N, C, H, W]: an array that is only
// counted through goes along with the result.
import type { random } from "../../../ops/core/random.ts";
import { load, mul, op, splat, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { frameOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { amount, BYTES, storeRun, walk } from "../loops.ts";
import { moved, shapeFirst, toLast } from "../../../ops/core/channels.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { joinAxes, rowMajor } from "../../axes.ts";

export const randomKernel: Kernel<SchemaOf<typeof random>> = {
  select: (node) => ({ label: shapeLabel("random", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { shape } = node.type;
    const { site, channelsLast } = node.attrs;
    const frame = frameOf(node, to, ["step", "seed"]);
    const { f, n } = frame;
    const key = (k: Expression): Local => f.let("key", begun(op("i32x4.splat", [k])));
    const [z, w] = frame.operands.map((p) => key(op("i32.trunc_sat_f32_s", [load("f32.load", p)]))) as [Local, Local];
    const y = key({ kind: "const", type: "i32", value: site | 0 });
    const lanes = [1, 2, 3].reduce<Expression>((v, lane) => op("i32x4.replace_lane", [v, lane], lane), op("i32x4.splat", [0]));
    const order = f.let("order", lanes);
    const hash = new Hash(f);
    const places = channelsLast ? moved(rowMajor(shapeFirst(shape, true)), toLast) : rowMajor(shape);
    const axes = joinAxes(shape, [places, rowMajor(shape)]);
    const step = amount(n, axes.at(-1)?.strides[0] ?? { k: 1, batched: false });
    walk(frame, axes, [0, frame.y], ([place, result], length) => {
      storeRun(f, length, result!, [result!], 1, (_, store) => {
        const first = op("i32x4.splat", [op("i32.div_u", [place!, BYTES])]);
        store(0, hash.uniform(op("i32x4.add", [first, op("i32x4.mul", [order, op("i32x4.splat", [step])])]), y, z, w));
        f.advance(place!, mul(4 * BYTES, step));
      });
    });
    return f.finish();
  },
};

const constant = (value: number): Expression => op("i32x4.splat", [value]);

/** k · 1664525 + 1013904223 */
function begun(k: Operand): Expression {
  return op("i32x4.add", [op("i32x4.mul", [k, constant(1664525)]), constant(1013904223)]);
}

class Hash {
  readonly #f: FunctionBuilder;
  readonly #locals: readonly [Local, Local, Local, Local];

  constructor(f: FunctionBuilder) {
    this.#f = f;
    this.#locals = ["hx", "hy", "hz", "hw"].map((name) => f.local("v128", name)) as [Local, Local, Local, Local];
  }

  /** Four numbers in [0, 1); y, z and w are begun already. */
  uniform(place: Expression, y: Local, z: Local, w: Local): Expression {
    const f = this.#f;
    const [x] = this.#locals;
    [begun(place), y, z, w].forEach((value, k) => f.set(this.#locals[k]!, value));
    this.#mix();
    for (const k of this.#locals) f.set(k, op("v128.xor", [k, op("i32x4.shr_u", [k, 16])]));
    this.#mix();
    return op("f32x4.mul", [op("f32x4.convert_i32x4_s", [op("i32x4.shr_u", [x, 8])]), splat(2 ** -24)]);
  }

  #mix(): void {
    const [x, y, z, w] = this.#locals;
    const take = (to: Local, a: Local, b: Local): void => this.#f.set(to, op("i32x4.add", [to, op("i32x4.mul", [a, b])]));
    take(x, y, w);
    take(y, z, x);
    take(z, x, y);
    take(w, y, z);
  }
}
