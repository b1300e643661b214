// Runs one node's kernel by itself: random operands in, the kernel's result and the f64 reference with its error bound out.
import { Builder } from "../../src/ir/builder.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Core, Node, Tensor } from "../../src/ir/op.ts";
import type { AttrSchema, Attrs } from "../../src/ir/attr.ts";
import { bind, type Dim, type DType, type Extent } from "../../src/ir/type.ts";
import { format } from "../../src/codegen/code.ts";
import { Functions } from "../../src/codegen/ts/functions.ts";
import { type Element } from "../../src/codegen/ts/kernel.ts";
import { kernelOf } from "../../src/codegen/ts/kernels/index.ts";
import { tsTarget } from "../../src/codegen/ts/target.ts";
import { erf } from "../../src/ir/erf.ts";
import { exp, log, tanh } from "../../src/runtime/math.ts";
import { hasScratch, isBatched } from "../../src/codegen/operands.ts";

export interface Compiled {
  readonly node: Node;
  readonly text: string;
  readonly label: string;
  run(inputs: readonly Float64Array[], batch: number): Float32Array;
  /** The call alone, on operands laid out once: for timing. */
  prepared(inputs: readonly Float64Array[], batch: number): () => void;
}

/** A node on fresh operands; `weights` are the operands that are parameters. */
export function nodeOf<S extends AttrSchema>(op: Core<S>, shapes: readonly (readonly Dim[])[], attrs: Partial<Attrs<S>>, weights: readonly number[] = []): Node {
  const b = new Builder();
  const dtype = (i: number): DType => (op.integers?.includes(op.inputs[i]!) ? "i32" : "f32");
  const operands = shapes.map((shape, i) => (weights.includes(i) ? b.make(parameter, [], { name: `w${i}`, shape: shape as readonly number[] }) : b.make(input, [], { name: `x${i}`, shape, dtype: dtype(i) })));
  return b.make(op, operands, attrs);
}

const GUARD = 7;
const arrayOf = (e: Element, length: number): Float32Array | Float64Array | Int32Array => new { f32: Float32Array, f64: Float64Array, i32: Int32Array }[e](length);
const at = (e: Extent, batch: number): number => e.fixed + e.perSample * batch;
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The kernel as a function of plain arrays: arguments are laid out with guards around them, scratch is full of NaN. */
export function compileNode(node: Node, options: { strictMath?: boolean; elements?: readonly Element[] } = {}): Compiled {
  const selection = tsTarget(options).select(node, "run", node.inputs.map((i) => (i.op === parameter ? "prepare" : "run")));
  const kernel = kernelOf(node);
  if (!selection || !kernel) throw new Error(`no kernel for ${node.op.name}`);
  const functions = new Functions([]);
  const elements = node.inputs.map((x, i) => (x.type.dtype === "i32" ? "i32" : selection.packs.some((p) => p.operand === i) ? "f64" : (options.elements?.[i] ?? "f32")) as Element);
  const packs = selection.packs.map((p) => ({ ...p, name: functions.add(p.signature, () => p.label, (name) => kernel.pack!(node as never, p.operand, { name, selection, inputs: [options.elements?.[p.operand] ?? "f32"], output: "f64", ...functions.services })) }));
  const name = functions.add("kernel", () => selection.label, (name) => kernel.emit(node as never, { name, selection, inputs: elements, output: "f32", ...functions.services }));
  const text = format(functions.texts.join("\n\n"), "js");
  const exported = new Function("erf", "exp", "log", "tanh", `${text}\nreturn { ${[name, ...packs.map((p) => p.name)].join(", ")} };`)(erf, exp, log, tanh) as Record<string, (...args: unknown[]) => void>;
  const layOut = (values: readonly Float64Array[], batch: number) => {
    const operands = values.map((v, i) => {
      const pack = packs.find((p) => p.operand === i);
      const raw = arrayOf(pack ? (options.elements?.[i] ?? "f32") : elements[i]!, v.length + 2 * GUARD).fill(NaN);
      raw.set(v, GUARD);
      if (!pack) return raw;
      const packed = new Float64Array(pack.size + 2 * GUARD).fill(NaN);
      exported[pack.name]!(raw, GUARD, packed, GUARD);
      return packed;
    });
    const size = count(bind(node.type.shape, batch));
    const y = new Float32Array(size + 2 * GUARD).fill(NaN);
    const scratch = at(selection.scratch, batch);
    const s = new Float64Array(scratch + 2 * GUARD).fill(NaN);
    const args = [...(isBatched(node) ? [batch] : []), ...operands.flatMap((o) => [o, GUARD]), y, GUARD, ...(hasScratch(selection) ? [s, GUARD] : [])];
    return { y, size, s, scratch, call: () => exported[name]!(...args) };
  };
  return {
    node,
    text,
    label: selection.label,
    prepared: (values, batch) => layOut(values, batch).call,
    run: (values, batch) => {
      const { y, size, s, scratch, call } = layOut(values, batch);
      call();
      for (const [array, length] of [[y, size], [s, scratch]] as const) {
        const guards = [...array.slice(0, GUARD), ...array.slice(GUARD + length)];
        if (!guards.every(Number.isNaN)) throw new Error(`${selection.label} writes beyond its memory`);
      }
      return y.slice(GUARD, GUARD + size);
    },
  };
}

export function reference(node: Node, values: readonly Float64Array[], batch: number): Float64Array {
  const tensors: Tensor[] = node.inputs.map((x, i) => ({ shape: bind(x.type.shape, batch), data: values[i]! }));
  return (node.op as Core).eval(tensors, node.attrs, bind(node.type.shape, batch));
}
