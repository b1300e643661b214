// Runs one node's WebAssembly kernel by itself. Operands, result and scratch lie in one memory with guards of NaN around them, and
// everything that is not the result's or scratch must be as it was: loads may run over, stores never do.
import { encode, fusedBytes, type Encoded } from "../../src/codegen/wasm/assembler/encode.ts";
import { FunctionBuilder, type WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";
import { type Emission, type Kernel, type WasmSelection } from "../../src/codegen/wasm/kernel.ts";
import { kernelOf } from "../../src/codegen/wasm/kernels/index.ts";
import { wasmTarget } from "../../src/codegen/wasm/target.ts";
import type { AttrSchema } from "../../src/ir/attr.ts";
import type { Node } from "../../src/ir/op.ts";
import { bind, type Extent } from "../../src/ir/type.ts";
import { relaxedSimd } from "../../src/runtime/simd.ts";
import { hasScratch, isBatched } from "../../src/codegen/operands.ts";

export type AnyKernel = Kernel<AttrSchema>;

export interface Options {
  readonly strictMath?: boolean;
  /** Fused products, where this engine has them. */
  readonly relaxed?: boolean;
  /** How many threads share the work; here they run one after the other. */
  readonly parts?: number;
  /** Elements between the arrays: their alignment. */
  readonly guard?: number;
  /** Where arrays begin, in elements modulo four: the first operand, the others and what is packed of them, the result. */
  readonly alignments?: readonly [first: number, others: number, result: number];
  /** The operand whose memory the result takes. */
  readonly inPlace?: number;
  /** Another kernel than the target's: one algorithm of several. */
  readonly kernel?: AnyKernel;
  /** A bug to seed: what the functions become before they are encoded. */
  readonly mutate?: (functions: readonly WasmFunction[]) => readonly WasmFunction[];
}

export interface Compiled {
  readonly selection: WasmSelection;
  readonly functions: readonly WasmFunction[];
  readonly bytes: Uint8Array;
  run(inputs: readonly Float64Array[], batch: number, options?: Options): Float32Array;
}

/** NaN with bits of its own. */
const GUARD = 0x7fc0dead;
/** Behind a tensor there is room for what loads run over. */
const SLACK = 3;

export function compileWasm(node: Node, options: Options = {}): Compiled {
  const kernel = options.kernel ?? (kernelOf(node) as AnyKernel | null);
  const selected = wasmTarget(options).select(node);
  if (!kernel || !selected) throw new Error(`no kernel for ${node.op.name}`);
  const selection: WasmSelection = options.kernel ? { ...selected, algorithm: null, ...options.kernel.select(node as never, selected) } : selected;
  const functions = new Map<string, WasmFunction>();
  const routine: Emission["routine"] = (key, make) => {
    if (!functions.has(key)) functions.set(key, make(key));
    return functions.get(key)!.name;
  };
  const emission = (name: string): Emission => ({ name, doc: selection.label, selection, routine });
  for (const p of selection.packs) functions.set(`pack ${p.operand}`, kernel.pack!(node as never, p.operand, emission(`pack ${p.operand}`)));
  functions.set("kernel", kernel.emit(node as never, emission("kernel")));
  const all = options.mutate?.([...functions.values()]) ?? [...functions.values()];
  const encoded = new Map<string, Encoded>();
  const codeOf = (part: number, parts: number): Encoded => {
    const key = `${part} ${parts}`;
    if (!encoded.has(key)) encoded.set(key, encode([...all, number("part", part), number("parts", parts)]));
    return encoded.get(key)!;
  };
  return {
    selection,
    functions: all,
    bytes: codeOf(0, 1).bytes,
    run: (inputs, batch, given = {}) => run(node, selection, codeOf, inputs, batch, { ...options, ...given }),
  };
}

function number(name: string, value: number): WasmFunction {
  return new FunctionBuilder(name).finish(value);
}

const at = (e: Extent, batch: number): number => e.fixed + e.perSample * batch;
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

type Calls = { readonly [name: string]: (...args: readonly number[]) => void };

function run(node: Node, selection: WasmSelection, codeOf: (part: number, parts: number) => Encoded, inputs: readonly Float64Array[], batch: number, options: Options): Float32Array {
  const { guard = 4, parts = 1, alignments } = options;
  let end = 256 / 4;
  const place = (length: number, role: 0 | 1 | 2 | null = null): number => {
    let start = end + guard;
    while (role !== null && alignments && start % 4 !== alignments[role]) start++;
    end = start + length + SLACK;
    return start;
  };
  const size = count(bind(node.type.shape, batch));
  const operands = inputs.map((v, i) => ({ start: place(v.length, i === 0 ? 0 : 1), length: v.length }));
  const packs = selection.packs.map((p) => ({ operand: p.operand, start: place(p.size, p.operand === 0 ? 0 : 1), length: p.size }));
  const y = options.inPlace === undefined ? { start: place(size, 2), length: size } : operands[options.inPlace]!;
  const scratch = Array.from({ length: parts }, () => ({ start: place(at(selection.scratch, batch)), length: at(selection.scratch, batch) }));
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * (end + 64)) / 65_536) });
  const numbers = new Float32Array(memory.buffer);
  const labels = new Int32Array(memory.buffer);
  const bits = new Uint32Array(memory.buffer).fill(GUARD);
  inputs.forEach((v, i) => (node.inputs[i]!.type.dtype === "i32" ? labels : numbers).set(v, operands[i]!.start));
  const before = bits.slice();

  const instances = Array.from({ length: parts }, (_, part) => instance(codeOf(part, parts), memory, options.relaxed ?? false));
  for (const calls of instances) for (const p of packs) calls[`pack ${p.operand}`]!(4 * operands[p.operand]!.start, 4 * p.start);
  instances.forEach((calls, part) => {
    const addresses = operands.map((o, i) => 4 * (packs.find((p) => p.operand === i) ?? o).start);
    calls["kernel"]!(...(isBatched(node) ? [batch] : []), ...addresses, 4 * y.start, ...(hasScratch(selection) ? [4 * scratch[part]!.start] : []));
  });
  const own = [y, ...packs, ...scratch].sort((a, b) => a.start - b.start);
  for (let i = 0, k = 0; i < bits.length; i++) {
    if (own[k] && i >= own[k]!.start + own[k]!.length) k++;
    const mine = own[k] && i >= own[k]!.start && i < own[k]!.start + own[k]!.length;
    if (!mine && bits[i] !== before[i]) throw new Error(`${selection.label} writes beyond its memory: at ${i}, the result is ${y.start} to ${y.start + y.length}`);
  }
  return numbers.slice(y.start, y.start + size);
}

const modules = new WeakMap<Encoded, WebAssembly.Module[]>();

function instance(encoded: Encoded, memory: WebAssembly.Memory, fused: boolean): Calls {
  const made = modules.get(encoded) ?? [];
  modules.set(encoded, made);
  return new WebAssembly.Instance((made[Number(fused)] ??= moduleOf(encoded, fused)), { m: { m: memory } }).exports as Calls;
}

function moduleOf(encoded: Encoded, fused: boolean): WebAssembly.Module {
  const other = fused ? relaxedSimd(encoded.bytes, fusedBytes(encoded)) : encoded.bytes;
  return new WebAssembly.Module((WebAssembly.validate(other as BufferSource) ? other : encoded.bytes) as BufferSource);
}
