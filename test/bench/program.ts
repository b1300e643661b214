// A network as peers know it: convolutions with folded batch norm and a bias, and elementary operations; constants computed.
// From this both the ONNX file and the tfjs graph are written, so that all peers get what their own converters would make of a trained model.
import { evaluateNode } from "../../src/ir/eval.ts";
import { isOp, reachable, type Graph } from "../../src/ir/graph.ts";
import { constant, input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { add, arg, foldScalar, type Scalar } from "../../src/ir/scalar.ts";
import { bind, elementsPerSample } from "../../src/ir/type.ts";
import { concat, conv2d, conv2dTranspose, map, matmul, pad, permute, pool, reduce, view, window } from "../../src/ops/index.ts";
import { readOnce, staticNodes } from "../../src/passes/facts.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import type { Weights } from "./networks.ts";

export type Pair = readonly [number, number];
export type Four = readonly [number, number, number, number];

/** What a step does; its operands are `inputs`, a bias the last of three. */
export type Operation =
  | { readonly kind: "conv" | "convTranspose"; readonly stride: Pair; readonly pad: Four; readonly dilation: Pair; readonly groups: number; readonly relu?: boolean }
  | { readonly kind: "matmul"; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly kind: "maxpool" | "avgpool"; readonly size: Pair; readonly stride: Pair; readonly pad: Four; readonly ceil: boolean }
  | { readonly kind: "sum" | "mean" | "max"; readonly axes: readonly number[]; readonly keep: boolean }
  | { readonly kind: "concat"; readonly axis: number }
  | { readonly kind: "pad"; readonly low: readonly number[]; readonly high: readonly number[]; readonly value: number }
  | { readonly kind: "slice"; readonly start: readonly number[]; readonly stop: readonly number[]; readonly step: readonly number[] }
  | { readonly kind: "transpose"; readonly perm: readonly number[] }
  | { readonly kind: "reshape" }
  | { readonly kind: "elementwise"; readonly name: string };

export interface Step {
  readonly does: Operation;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly shape: readonly number[];
}

export interface Constant {
  readonly id: number;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Values are numbered; shapes have the batch in them. */
export interface Program {
  readonly input: { readonly name: string; readonly id: number; readonly shape: readonly number[] };
  readonly output: { readonly name: string; readonly id: number; readonly shape: readonly number[] };
  readonly constants: readonly Constant[];
  readonly steps: readonly Step[];
}

export function programOf(graph: Graph, weights: Weights, batch: number, channelsLast: boolean): Program {
  const folded = runPipeline(graph, { disabled: new Set(["fuse", "epilogue"]), channelsLast });
  return new Lowering(folded, weights, batch).program();
}

class Lowering {
  readonly #graph: Graph;
  readonly #weights: Weights;
  readonly #batch: number;
  readonly #isStatic: (n: Node) => boolean;
  readonly #steps: Step[] = [];
  readonly #constants: Constant[] = [];
  readonly #ids = new Map<Node, number>();
  readonly #numbers = new Map<number, number>();
  #next = 0;

  constructor(graph: Graph, weights: Weights, batch: number) {
    this.#graph = graph;
    this.#weights = weights;
    this.#batch = batch;
    this.#isStatic = staticNodes(graph);
  }

  program(): Program {
    const [image] = this.#graph.inputs as [Node];
    const [output] = this.#graph.outputs as [Graph["outputs"][number]];
    const id = this.#next++;
    this.#ids.set(image, id);
    this.#all();
    const read = new Set(this.#steps.flatMap((s) => s.inputs));
    return {
      input: { name: (image as Node<typeof input>).attrs.name, id, shape: this.#shape(image) },
      output: { name: output.name, id: this.#id(output.node), shape: this.#shape(output.node) },
      constants: this.#constants.filter((c) => read.has(c.id)), // the 0 of a relu is no operand of it
      steps: this.#steps,
    };
  }

  #all(): void {
    const once = readOnce(this.#graph);
    const joined = new Map<Node, Node>(); // a convolution → the map that adds its bias
    for (const n of reachable(this.#graph)) {
      const [linear, bias] = isOp(n, map) && n.attrs.expr === add(arg(0), arg(1)) ? n.inputs : [];
      if (linear && bias && once(linear) && this.#isBias(linear, bias)) joined.set(linear, n);
    }
    const means = this.#means(once);
    const within = new Set([...joined.keys(), ...means.values()]);
    for (const n of reachable(this.#graph)) {
      if (this.#isStatic(n) || n.op === input || within.has(n)) continue;
      const mean = means.get(n);
      const linear = isOp(n, map) && joined.get(n.inputs[0]!) === n ? n.inputs[0]! : null;
      if (mean) this.#push(n, { ...operationOf(mean), kind: "mean" } as Operation, mean.inputs);
      else if (linear) this.#push(n, operationOf(linear), linear.inputs, n.inputs[1]!);
      else if (isOp(n, map)) this.#elementwise(n);
      else this.#push(n, operationOf(n), n.inputs);
    }
  }

  /** One number for each output channel of a convolution or matrix product. */
  #isBias(linear: Node, bias: Node): boolean {
    if (!isOp(linear, conv2d) && !isOp(linear, conv2dTranspose) && !isOp(linear, matmul)) return false;
    const channels = isOp(linear, matmul) || linear.attrs.channelsLast ? linear.type.shape.at(-1) : linear.type.shape[1];
    return this.#isStatic(bias) && elementsPerSample(bias.type.shape) === channels;
  }

  /** Sums that are divided by how many they sum, by the division. */
  #means(once: (n: Node) => boolean): ReadonlyMap<Node, Node> {
    const means = new Map<Node, Node>();
    for (const n of reachable(this.#graph)) {
      const [sum] = n.inputs;
      if (!isOp(n, map) || !sum || !isOp(sum, reduce) || sum.attrs.kind !== "sum" || !once(sum)) continue;
      const { expr } = n.attrs;
      const count = elementsPerSample(sum.inputs[0]!.type.shape) / elementsPerSample(sum.type.shape);
      if (expr.kind === "binary" && expr.op === "div" && expr.a === arg(0) && expr.b.kind === "const" && expr.b.value === count) means.set(n, sum);
    }
    return means;
  }

  #push(n: Node, does: Operation, inputs: readonly Node[], bias: Node | null = null): void {
    const ids = inputs.map((i) => this.#id(i));
    if (bias) ids.push(this.#constant(this.#value(bias), [elementsPerSample(bias.type.shape)]));
    this.#step(does, ids, this.#shape(n), n);
  }

  #step(does: Operation, inputs: readonly number[], shape: readonly number[], node: Node | null): number {
    const output = this.#next++;
    if (node) this.#ids.set(node, output);
    this.#steps.push({ does, inputs, output, shape });
    return output;
  }

  /** An expression as one step per operation. */
  #elementwise(n: Node<typeof map>): void {
    const shape = this.#shape(n);
    const id = foldScalar<number>(n.attrs.expr, (s, of) => {
      if (s.kind === "arg") return this.#id(n.inputs[s.index]!);
      if (s.kind === "const") return this.#number(s.value);
      const [name, operands] = elementary(s);
      return this.#step({ kind: "elementwise", name }, operands.map(of), shape, null);
    });
    this.#ids.set(n, id);
  }

  #number(value: number): number {
    const known = this.#numbers.get(value) ?? this.#constant({ shape: [], data: Float64Array.of(value) }, []);
    this.#numbers.set(value, known);
    return known;
  }

  #id(n: Node): number {
    const known = this.#ids.get(n) ?? this.#constant(this.#value(n), this.#shape(n));
    this.#ids.set(n, known);
    return known;
  }

  #constant({ data }: Tensor, shape: readonly number[]): number {
    const id = this.#next++;
    this.#constants.push({ id, shape, data: Float32Array.from(data) });
    return id;
  }

  /** Of a node that depends on parameters alone, in f64. Such chains are a few nodes deep. */
  #value(n: Node): Tensor {
    if (isOp(n, parameter)) {
      const { shape, data } = this.#weights.get(n.attrs.name)!;
      return { shape, data: Float64Array.from(data) };
    }
    return evaluateNode(n, n.inputs.map((i) => this.#value(i)), this.#batch);
  }

  #shape(n: Node): readonly number[] {
    return bind(n.type.shape, this.#batch);
  }
}

/** Of a slice over the whole batch. */
const MANY = 2 ** 30;

/** relu where it is one, so that peers see it. */
function elementary(s: Exclude<Scalar, { kind: "arg" | "const" }>): readonly [string, readonly Scalar[]] {
  if (s.kind === "select") throw new Error("the bench writes no selections for peers");
  if (s.kind === "unary") return [s.op, [s.a]];
  const zero = s.b.kind === "const" && s.b.value === 0;
  return s.op === "max" && zero ? ["relu", [s.a]] : [s.op, [s.a, s.b]];
}

function operationOf(n: Node): Operation {
  if (isOp(n, conv2d)) return { kind: "conv", ...geometryOf(n.attrs) };
  if (isOp(n, conv2dTranspose)) return { kind: "convTranspose", ...geometryOf(n.attrs) };
  if (isOp(n, matmul)) return { kind: "matmul", transposeA: n.attrs.transposeA, transposeB: n.attrs.transposeB };
  if (isOp(n, pool)) return { kind: n.attrs.kind === "max" ? "maxpool" : "avgpool", size: n.attrs.size, stride: n.attrs.stride, pad: n.attrs.pad, ceil: n.attrs.ceil };
  if (isOp(n, reduce)) return { kind: n.attrs.kind === "max" ? "max" : "sum", axes: n.attrs.axes, keep: n.attrs.keep };
  if (isOp(n, concat)) return { kind: "concat", axis: n.attrs.axis };
  if (isOp(n, pad)) return { kind: "pad", low: n.attrs.low, high: n.attrs.high, value: n.attrs.value };
  if (isOp(n, window)) return { kind: "slice", start: n.attrs.start, stop: n.attrs.stop.map((d) => (d === "N" ? MANY : d)), step: n.attrs.step };
  if (isOp(n, permute)) return { kind: "transpose", perm: n.attrs.perm };
  if (isOp(n, view)) return { kind: "reshape" };
  throw new Error(`the bench knows no ${n.op === constant ? "constant" : n.op.name} of peers`);
}

function geometryOf({ stride, pad, dilation, groups }: { readonly stride: Pair; readonly pad: Four; readonly dilation: Pair; readonly groups: number }): { stride: Pair; pad: Four; dilation: Pair; groups: number } {
  return { stride, pad, dilation, groups };
}
