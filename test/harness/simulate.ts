// Runs a plan on real memory with the f64 interpreter as its kernels: the planner's oracle. Whatever nothing may read is NaN: all
// memory before the first step, scratch before each step, `staging` after `prepare`, and every result once it is dead.
import { evaluateNode } from "../../src/ir/eval.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import type { Scalar } from "../../src/ir/scalar.ts";
import { bind, elements, type Extent } from "../../src/ir/type.ts";
import { printNode } from "../../src/ir/print.ts";
import { concat, conv2d, conv2dTranspose, map, matmul } from "../../src/ops/index.ts";
import type { Buffer, Pack, Plan, Region, Selection, Step, Target } from "../../src/plan/plan.ts";
import { deadAfter, guards, type Range } from "./dead.ts";

const PACK_HEADER = 5; // a packed weight is that many numbers longer than the weight, and reversed

/** A target whose kernels are the interpreter: packs weights, wants scratch, and works in place wherever that can be right. */
export const simulated: Target = {
  name: "simulated",
  memory: { input: "f64", weights: "f64", packed: "f64", staging: "f64", activations: "f64", scratch: "f64" },
  select: (node): Selection => ({
    signature: printNode(node, () => "_"),
    label: node.op.name,
    packs: node.op === conv2d || node.op === conv2dTranspose ? [packOf(node, 1)] : [],
    scratch: node.op === matmul ? { fixed: 3, perSample: 2 } : node.op === concat ? { fixed: 7, perSample: 0 } : { fixed: 0, perSample: 0 },
    inPlace: node.inputs.flatMap((x, k) => (elementwiseOperand(node, k) && x.type === node.type ? [k] : [])),
  }),
};

function packOf(node: Node, operand: number): Pack {
  return { operand, signature: "reversed", label: "reverse", size: elements(node.inputs[operand]!.type.shape).fixed + PACK_HEADER };
}

function elementwiseOperand(node: Node, k: number): boolean {
  const epilogue = "epilogue" in node.attrs && (node.attrs as { epilogue: Scalar | null }).epilogue !== null;
  const own = node.op === conv2d || node.op === conv2dTranspose || node.op === matmul ? 2 : 1;
  return node.op === map || (epilogue && k >= own);
}

export interface Simulation {
  /** One run with a batch of `k` samples, at most the batch that the memory was made for. */
  run(inputs: Readonly<Record<string, Tensor>>, k: number): ReadonlyMap<string, Tensor>;
  /** The parameters as they are now. */
  parameters(): Readonly<Record<string, Tensor>>;
}

/** Makes memory for `batch` samples, loads the parameters and runs `prepare`. */
export function simulate(plan: Plan, parameters: Readonly<Record<string, Tensor>>, batch: number): Simulation {
  const size = (e: Extent): number => e.fixed + e.perSample * batch;
  const memory = Object.fromEntries(Object.entries(plan.regions).map(([r, e]) => [r, new Float64Array(size(e)).fill(NaN)])) as Record<Exclude<Region, "input">, Float64Array>;
  const dead = deadAfter(plan);
  const idle = guards(plan);

  const slice = (b: Buffer, shape: readonly number[], inputs: Readonly<Record<string, Tensor>>): Float64Array => {
    const length = shape.reduce((a, d) => a * d, 1);
    if (b.region === "input") return inputs[b.name!]!.data.subarray(0, length);
    const start = size(b.offset);
    if (start + length > memory[b.region].length || length > size(b.size)) throw new Error(`a buffer of ${b.region} reaches beyond its end`);
    return memory[b.region].subarray(start, start + length);
  };
  const execute = (s: Step, inputs: Readonly<Record<string, Tensor>>, k: number): void => {
    memory.scratch.fill(NaN);
    if (s.kind === "pack") {
      const from = slice(s.inputs[0]!, bind(s.node.inputs[s.pack!.operand]!.type.shape, k), inputs);
      slice(s.output, [s.pack!.size], inputs).set([...new Array<number>(PACK_HEADER).fill(0), ...from].reverse());
      return;
    }
    const operands = s.node.inputs.map((n, i): Tensor => {
      const shape = bind(n.type.shape, k);
      const packed = s.selection.packs.some((p) => p.operand === i);
      const data = packed ? slice(s.inputs[i]!, [elements(n.type.shape).fixed + PACK_HEADER], inputs).slice().reverse().subarray(PACK_HEADER) : slice(s.inputs[i]!, shape, inputs).slice();
      return { shape, data };
    });
    if (s.scratch) slice(s.scratch, [size(s.scratch.size)], inputs).fill(1);
    slice(s.output, bind(s.node.type.shape, k), inputs).set(evaluateNode(s.node, operands, k).data);
  };
  const each = (ranges: readonly Range[], visit: (part: Float64Array) => void): void => {
    for (const r of ranges) visit(memory.activations.subarray(size(r.offset), size(r.offset) + size(r.size)));
  };

  const load = (t: number): void => {
    for (const { node, buffer, before } of plan.parameters) if (before === t) slice(buffer, node.type.shape as number[], {}).set(parameters[buffer.name!]!.data);
  };
  load(0);
  plan.programs.prepare.forEach((s, t) => {
    if (t > 0) load(t);
    execute(s, {}, batch);
  });
  memory.staging.fill(NaN);

  return {
    parameters: () => Object.fromEntries(plan.parameters.map(({ node, buffer }) => [buffer.name!, { shape: node.type.shape as number[], data: slice(buffer, node.type.shape as number[], {}).slice() }])),
    run: (inputs, k) => {
      memory.activations.fill(NaN);
      plan.programs.run.forEach((s, t) => {
        execute(s, inputs, k);
        each(idle[t]!, (part) => {
          if (part.some((v) => !Number.isNaN(v))) throw new Error(`step ${t} wrote where nothing lives`);
        });
        each(dead[t]!, (part) => part.fill(NaN));
      });
      return new Map(plan.outputs.map((o) => {
        const shape = bind(o.type.shape, k);
        return [o.name, { shape, data: slice(o.buffer, shape, inputs).slice() }];
      }));
    },
  };
}
