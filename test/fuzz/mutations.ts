// Seeded compiler bugs: each is what a plausible mistake in a pass, the planner or a kernel would do. A harness that does not catch
// them would not catch the real ones.
import { Builder } from "../../src/ir/builder.ts";
import { isOp, type Graph } from "../../src/ir/graph.ts";
import type { Node } from "../../src/ir/op.ts";
import { add, arg, mul, num, foldScalar, rebuild, type Scalar } from "../../src/ir/scalar.ts";
import * as ops from "../../src/ops/index.ts";
import { rewrite } from "../../src/passes/rewrite.ts";
import type { Buffer, Plan, Step } from "../../src/plan/plan.ts";
import type { Mutation } from "../harness/execute.ts";
import type { Special } from "../harness/generate.ts";

type Visit = (n: Node, inputs: readonly Node[], b: Builder) => Node | null;

/** The graph after that pass, with every node that `visit` answers for made wrong. */
function afterPass(pass: string, visit: Visit): Mutation {
  return { graph: (graph: Graph, name: string) => (name === pass ? rewrite(graph, visit) : graph) };
}

/** Every scalar expression of maps and epilogues after that pass, made wrong. */
function expressions(pass: string, wrong: (s: Scalar) => Scalar): Mutation {
  return afterPass(pass, (n, inputs, b) => {
    const key = isOp(n, ops.map) ? "expr" : "epilogue";
    const expr = (n.attrs as Readonly<Record<string, unknown>>)[key] as Scalar | null | undefined;
    return expr ? b.make(n.op as typeof ops.map, inputs, { ...n.attrs, [key]: wrong(expr) } as never, n.origin) : null;
  });
}

/** Nodes of the expression replaced, from the leaves up. */
function within(s: Scalar, wrong: (n: Scalar) => Scalar | null): Scalar {
  return foldScalar<Scalar>(s, (n, of) => {
    const made = rebuild(n, of);
    return wrong(made) ?? made;
  });
}

function isRelu(s: Scalar): boolean {
  return s.kind === "binary" && s.op === "max" && s.b === num(0);
}

/** The steps of `run` with one of them wrong: the first for which `wrong` finds something to do. */
function inPlan(wrong: (step: Step, at: number, plan: Plan) => Step | null): Mutation {
  return {
    plan: (plan) => {
      for (const [at, step] of plan.programs.run.entries()) {
        const other = wrong(step, at, plan);
        if (other) return { ...plan, programs: { ...plan.programs, run: plan.programs.run.with(at, other) } };
      }
      return plan;
    },
  };
}

/** The step with another node of the same type behind it: the kernel of a wrong attribute. */
function misread(step: Step, attrs: object): Step {
  return { ...step, node: { ...step.node, attrs: { ...step.node.attrs, ...attrs } }, selection: { ...step.selection, signature: `${step.selection.signature} wrong` } };
}

function inText(pattern: RegExp, wrong: string): Mutation {
  return { text: (text) => text.replace(pattern, wrong) };
}

/** Is the buffer read after step `at`, or an output? */
function readLater(b: Buffer, at: number, plan: Plan): boolean {
  return plan.outputs.some((o) => o.buffer === b) || plan.programs.run.some((s, t) => t > at && s.inputs.includes(b));
}

export interface SeededBug {
  readonly name: string;
  readonly mutation: Mutation;
  /** Among how many graphs it must be found. */
  readonly within: number;
  /** Only graphs with such numbers can show it. */
  readonly special?: Special;
}

export const seededBugs: readonly SeededBug[] = [
  {
    name: "a convolution padded one row too high",
    mutation: afterPass("decompose", (n, inputs, b) => {
      if (!isOp(n, ops.conv2d) || n.attrs.pad[2] < 1) return null;
      const [top, left, bottom, right] = n.attrs.pad;
      return b.make(ops.conv2d, inputs, { ...n.attrs, pad: [top + 1, left, bottom - 1, right] });
    }),
    within: 20,
  },
  { name: "a bias dropped when it became an epilogue", mutation: expressions("epilogue", (s) => (s === add(arg(0), arg(1)) ? arg(0) : s)), within: 40 },
  {
    name: "batch norm folded twice",
    mutation: afterPass("batchnorm", (n, inputs, b) => {
      const doubled = isOp(n, ops.conv2d) && isOp(inputs[1]!, ops.map) && inputs[1].attrs.expr === mul(arg(0), arg(1));
      return doubled ? b.make(ops.conv2d, [inputs[0]!, b.make(ops.map, [inputs[1]!, inputs[1]!.inputs[1]!], { expr: mul(arg(0), arg(1)) }), ...inputs.slice(2)], n.attrs) : null;
    }),
    within: 20,
  },
  { name: "the ε of a normalisation forgotten", mutation: expressions("decompose", (s) => within(s, (n) => (n.kind === "binary" && n.op === "add" && n.b.kind === "const" && n.b.value < 1e-4 && n.b.value > 0 ? n.a : null))), within: 20 },
  { name: "a ReLU lost in an epilogue", mutation: expressions("epilogue", (s) => (isRelu(s) && s.kind === "binary" ? s.a : s)), within: 20 },
  {
    name: "two extra operands of an epilogue exchanged",
    mutation: inPlan((step) => {
      const first = step.node.op.inputs.length - 1;
      const [a, b] = step.inputs.slice(first);
      const [x, y] = step.node.inputs.slice(first);
      if (!("epilogue" in step.node.op.attrs) || !a || !b || a === b || x!.type !== y!.type) return null;
      return { ...step, inputs: [...step.inputs.slice(0, first), b, a, ...step.inputs.slice(first + 2)] };
    }),
    within: 100,
  },
  { name: "numbers off by 1e-5 of themselves", mutation: expressions("fuse", (s) => mul(s, num(1 + 1e-5))), within: 5 },
  { name: "one kind of kernel off by 1e-6 of itself", mutation: inText(/(y\[[^\]]+\] = )([^;]+);/, "$1($2) * 1.000001;"), within: 5 },
  {
    name: "a result written over a value that is still to be read",
    mutation: inPlan((step, at, plan) => {
      const alive = plan.programs.run.slice(0, at).map((s) => s.output);
      const over = alive.find((b) => b.size.fixed === 0 && b.size.perSample >= step.output.size.perSample && !step.inputs.includes(b) && readLater(b, at, plan));
      return over && step.output.size.perSample > 0 ? { ...step, output: { ...step.output, offset: over.offset } } : null;
    }),
    within: 20,
  },
  {
    name: "a kernel run in place that reads what it has written",
    mutation: inPlan((step) => {
      const [x] = step.inputs;
      const reads = /^conv2d|^pool$|^permute$|^matmul$/.test(step.node.op.name);
      return reads && x?.region === "activations" && x.size.perSample >= step.output.size.perSample ? { ...step, output: { ...step.output, offset: x.offset } } : null;
    }),
    within: 20,
  },
  { name: "a buffer that begins one element early", mutation: inPlan((step) => (step.inputs[0]?.region === "activations" && step.inputs[0].offset.perSample > 0 ? { ...step, inputs: [{ ...step.inputs[0], offset: { ...step.inputs[0].offset, fixed: step.inputs[0].offset.fixed - 1 } }, ...step.inputs.slice(1)] } : null)), within: 20 },
  { name: "the last of a row of results not stored", mutation: inText(/j < count; j\+\+/g, "j < count - (count < 4 ? 1 : 0); j++"), within: 20 },
  { name: "the last output channel skipped", mutation: inText(/for \(let o = 0; o < (\d\d+); o\+\+\)/g, "for (let o = 0; o < $1 - 1; o++)"), within: 40 },
  { name: "the last sample of the batch skipped", mutation: inText(/b < n; b\+\+/g, "b < Math.max(1, n - 1); b++"), within: 20 },
  { name: "every group reads the weights of the first", mutation: inText(/wo \+ g \* \d+/g, "wo"), within: 40 },
  {
    name: "stride taken for dilation",
    mutation: inPlan((step) => {
      if (!isOp(step.node, ops.conv2d)) return null;
      const { stride, dilation } = step.node.attrs;
      return stride.join() === dilation.join() ? null : misread(step, { stride: dilation, dilation: stride });
    }),
    within: 20,
  },
  { name: "an average that counts the padding", mutation: inText(/(top \+ (\d+),(?:(?!function )[^])*?left \+ (\d+),(?:(?!function )[^])*?)v \/= [^;]*;/g, "$1v /= $2 * $3;"), within: 60 },
  { name: "a maximum that begins at zero", mutation: inText(/let v = -Infinity;/g, "let v = 0;"), within: 40 },
  { name: "a maximum that loses NaN", mutation: inText(/v = Math\.max\(v, (.+)\);/g, "if ($1 > v) v = $1;"), special: "nan", within: 40 },
  {
    name: "the parts of a concatenation in another order",
    mutation: inPlan((step) => {
      const [a, b] = step.inputs;
      return step.node.op.name === "concat" && a && b && a !== b && step.node.inputs[0]!.type === step.node.inputs[1]!.type ? { ...step, inputs: [b, a, ...step.inputs.slice(2)] } : null;
    }),
    within: 100,
  },
  { name: "a parameter loaded into its neighbour's place", mutation: inText(/(add\("[^"]+", \[[^\]]*\], )16\)/, "$10)"), within: 40 },
  { name: "Winograd's weights scaled by 1.00001", mutation: inText(/ \/ 24\b/g, " / 24.00024"), within: 100 },
];

