// Is a wrong gradient caught? One node of the backward pass is changed a little, and the comparison along a random direction, the one that
// the random graphs are judged by, must see it wherever the gradient changed at all.
import { expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { evaluate } from "../../src/ir/eval.ts";
import { isOp, reachable, withNodes, type Graph } from "../../src/ir/graph.ts";
import type { Node } from "../../src/ir/op.ts";
import { add, arg, mul, num, postorder, rebuild, select, type Scalar } from "../../src/ir/scalar.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { conv2d, conv2dTranspose, conv2dWeight, map, matmul, pad, poolGrad, reduce } from "../../src/ops/index.ts";
import { Dice } from "../harness/generate-growth.ts";
import { generate } from "../harness/generate.ts";
import { givenOf } from "../harness/given.ts";
import { compareGradient, differentiate, type Differentiated } from "../harness/gradient.ts";
import { count } from "../harness/tier.ts";

type Change = (n: Node, inputs: readonly Node[], b: Builder) => Node | null;

/** The node another way, of the same type; null where the change is about another op. */
const changes: { readonly [name: string]: Change } = {
  "a factor off by 1e-8": (n, inputs, b) => (isOp(n, map) ? b.make(map, inputs, { expr: mul(n.attrs.expr, num(1 + 1e-8)) }) : null),
  "a term of 1e-8 too many": (n, inputs, b) => (isOp(n, map) ? b.make(map, inputs, { expr: add(n.attrs.expr, num(1e-8)) }) : null),
  "a corner on the other side": (n, inputs, b) => (isOp(n, map) ? b.make(map, inputs, { expr: flipped(n.attrs.expr) }) : null),
  "a minus forgotten": (n, inputs, b) => (isOp(n, map) ? b.make(map, inputs, { expr: signless(n.attrs.expr) }) : null),
  "a sum that is a maximum": (n, inputs, b) => (isOp(n, reduce) && n.attrs.kind === "sum" ? b.make(reduce, inputs, { ...n.attrs, kind: "max" }) : null),
  "padding moved by one": (n, inputs, b) => {
    if (!isOp(n, conv2d) && !isOp(n, conv2dTranspose) && !isOp(n, conv2dWeight)) return null;
    const [top, left, bottom, right] = n.attrs.pad;
    return top === bottom ? null : b.make(n.op as typeof conv2d, inputs, { ...n.attrs, pad: [bottom, left, top, right] });
  },
  "zeros on the other side": (n, inputs, b) => (isOp(n, pad) ? b.make(pad, inputs, { ...n.attrs, low: n.attrs.high, high: n.attrs.low }) : null),
  "the last of the largest": (n, inputs, b) => {
    if (!isOp(n, poolGrad) || n.attrs.kind !== "max") return null;
    return b.make(poolGrad, [inputs[0]!, b.make(map, [inputs[1]!], { expr: mul(arg(0), num(-1)) })], n.attrs);
  },
  "operands exchanged": (n, inputs, b) => {
    const swapped = isOp(n, matmul) ? b.tryMake(matmul, inputs.toReversed(), n.attrs) : null;
    return swapped && !isProblem(swapped) && swapped.type === n.type ? swapped : null;
  },
};

function again(s: Scalar, change: (n: Scalar, made: Scalar) => Scalar): Scalar {
  const made = new Map<Scalar, Scalar>();
  for (const n of postorder(s)) made.set(n, change(n, rebuild(n, (o) => made.get(o)!)));
  return made.get(s)!;
}

function flipped(s: Scalar): Scalar {
  return again(s, (_, n) => (n.kind === "select" ? select(n.test, n.a, n.b, n.otherwise, n.then) : n));
}

function signless(s: Scalar): Scalar {
  return again(s, (_, n) => (n.kind === "unary" && n.op === "neg" ? n.a : n));
}

/** The gradient with one of its own nodes changed; null where none can be. */
function mutate({ number, gradient }: Differentiated, change: Change, dice: Dice): Graph | null {
  const forward = new Set(reachable(number));
  const own = reachable(gradient).filter((n) => !forward.has(n) && n.inputs.length > 0);
  for (let tries = 0; tries < 20 && own.length > 0; tries++) {
    const victim = dice.pick(own);
    const b = new Builder();
    const made: Node[] = [];
    let done = false;
    for (const n of reachable(gradient)) {
      const inputs = n.inputs.map((i) => made[i.id]!);
      const changed = n === victim ? change(n, inputs, b) : null;
      if (changed && changed.type === n.type && changed.op === n.op) done = true;
      made[n.id] = done && n === victim ? changed! : b.again(n, inputs);
    }
    if (done) return withNodes(gradient, (n) => made[n.id]!);
  }
  return null;
}

function differs(a: Graph, b: Graph, { given }: Differentiated): boolean {
  const [p, q] = [evaluate(a, given).outputs, evaluate(b, given).outputs];
  return [...p].some(([name, { data }]) => {
    const largest = data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    return data.some((v, i) => Math.abs(v - q.get(name)!.data[i]!) > 1e-9 * largest);
  });
}

test.each(Object.keys(changes))("%s is caught", (name) => {
  const wanted = count(2, 50);
  const missed: number[] = [];
  let found = 0;
  for (let seed = 0; found < wanted && seed < 4_000; seed++) {
    const c = generate(seed);
    if (c.size !== "net" || c.special !== "none" || c.batch > 4) continue;
    const d = differentiate(c.graph, givenOf(c), seed);
    const mutant = mutate(d, changes[name]!, new Dice(seed));
    if (!mutant || !differs(d.gradient, mutant, d)) continue;
    const { worst, finite } = compareGradient({ ...d, gradient: mutant }, 1, seed);
    if (!finite) continue;
    found++;
    if (worst <= 1e-12) missed.push(seed);
  }
  expect(found).toBe(wanted);
  expect(missed).toEqual([]);
});
