// Steps before they have memory: which kernel computes each node, in `prepare` or in `run`, and what it wants packed.
// Laws: steps come in id order (topological; repeated blocks stay repeated); a view makes no step, it is its operand's value;
// an operand packed in the same way for two readers is packed once.
import { attrsKey } from "../ir/attr.ts";
import { reachable, type Graph } from "../ir/graph.ts";
import { input, parameter } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";
import { CompilerError } from "../ir/problem.ts";
import { elements, N, printType, type Extent, type TensorType } from "../ir/type.ts";
import { view } from "../ops/index.ts";
import { shown } from "../ops/core/view.ts";
import type { Pack, Phase, Selection, Target } from "./plan.ts";

/** Something that needs memory: an input, a parameter, or the result of a step. */
export interface Value {
  /** Below `Drafts.count`: tables of values are arrays, as some are asked for again and again. */
  readonly id: number;
  readonly size: Extent;
  /** Null: in a kernel's own format. */
  readonly type: TensorType | null;
  /** Where it comes from: a leaf of the graph, or a step of a program. */
  readonly from: Node | Phase;
}

/** A step without buffers. */
export interface Draft {
  readonly kind: "compute" | "pack";
  readonly node: Node;
  readonly selection: Selection;
  readonly pack: Pack | null;
  readonly inputs: readonly Value[];
  readonly output: Value;
}

export interface Drafts {
  readonly prepare: readonly Draft[];
  readonly run: readonly Draft[];
  readonly values: ReadonlyMap<Node, Value>;
  /** How many values there are, or were before steps were left out. */
  readonly count: number;
}

/** `changing`: parameters change from run to run, so that nothing is prepared. */
export function selectSteps(graph: Graph, target: Target, changing = false): Drafts {
  const phases = phasesOf(graph, changing);
  const select = selector(target, phases);
  const values = new Map<Node, Value>();
  const packed = new Map<Value, Map<string, Value>>();
  const programs = { prepare: [] as Draft[], run: [] as Draft[] };
  let count = 0;

  const packedForm = (node: Node, selection: Selection, pack: Pack, operand: Value): Value => {
    let forms = packed.get(operand);
    if (!forms) packed.set(operand, (forms = new Map()));
    let form = forms.get(pack.signature);
    if (!form) {
      const phase = phases.get(node.inputs[pack.operand]!)!;
      form = { id: count++, size: { fixed: pack.size, perSample: 0 }, type: null, from: phase };
      forms.set(pack.signature, form);
      programs[phase].push({ kind: "pack", node, selection, pack, inputs: [operand], output: form });
    }
    return form;
  };

  for (const node of reachable(graph)) {
    if (node.op === view) {
      values.set(node, values.get(node.inputs[0]!)!);
    } else if (node.op === input || node.op === parameter) {
      values.set(node, { id: count++, size: elements(node.type.shape), type: node.type, from: node });
    } else {
      const phase = phases.get(node)!;
      const selection = select(node, phase);
      const inputs = node.inputs.map((n) => values.get(n)!);
      for (const pack of selection.packs) inputs[pack.operand] = packedForm(node, selection, pack, inputs[pack.operand]!);
      const output: Value = { id: count++, size: elements(node.type.shape), type: node.type, from: phase };
      values.set(node, output);
      programs[phase].push({ kind: "compute", node, selection, pack: null, inputs, output });
    }
  }
  return { ...programs, values, count };
}

type Phases = ReadonlyMap<Node, Phase>;

/** `target.select`, asked once for nodes that are alike. */
function selector(target: Target, phases: Phases): (node: Node, phase: Phase) => Selection {
  const known = new Map<string, Selection>();
  return (node, phase) => {
    const operands = node.inputs.map((n) => phases.get(n)!);
    const texts = node.inputs.map((n, k) => `${printType(n.type)}${operands[k]}${node.inputs.findIndex((other) => shown(other) === shown(n))}`);
    const key = `${phase} ${node.op.name} ${texts.join(" ")}${attrsKey(node.op.attrs, node.attrs)}`;
    let selection = known.get(key);
    if (!selection) {
      const found = target.select(node, phase, operands);
      if (!found) throw new CompilerError("plan", `the ${target.name} target has no kernel for ${node.op.name} in ${phase}`);
      known.set(key, (selection = found));
    }
    return selection;
  };
}

/** Where each node is computed: in `prepare` what depends on parameters and constants alone, has no batch and is no output. */
function phasesOf(graph: Graph, changing: boolean): Phases {
  const outputs = new Set(graph.outputs.map((o) => shown(o.node)));
  const phases = new Map<Node, Phase>();
  for (const n of reachable(graph)) {
    const late = changing || n.op === input || n.type.shape.includes(N) || outputs.has(n) || n.inputs.some((i) => phases.get(i) === "run");
    phases.set(n, late ? "run" : "prepare");
  }
  return phases;
}
