// A module of `--target wasm` run step by step in poisoned memory: before each call every byte that the step may not read is a NaN with
// bits of its own (what lies behind a tensor too, where loads run over by design: those values must not matter), and after it every
// byte that it may not write is as it was. Then what other steps need is put back.
// Law: the module's text and kernels are the emitter's; only memory is touched, between two calls.
import { elementsPerSample, bind, type Extent } from "../../src/ir/type.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { evaluate } from "./execute.ts";

const POISON = 0x7fc0dead;

export interface Subject {
  readonly plan: Plan;
  /** The emitted JavaScript. */
  readonly text: string;
  readonly weights: Uint8Array;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly batch: number;
  readonly samples: number;
}

export interface Watching {
  readonly poison: boolean;
  /** A mistake to make after each kernel: what a wrong one would do to memory. */
  readonly tamper?: (memory: Float32Array, x: Part, y: Part) => void;
}

/** Elements of memory. */
export interface Part {
  readonly start: number;
  readonly length: number;
}

export interface Traced {
  /** What each step of `prepare`, then of `run`, wrote. */
  readonly written: readonly Float32Array[];
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

/** Runs once. Throws where a step writes what it may not or is called with another address than the plan says. */
export async function trace(subject: Subject, { poison, tamper }: Watching): Promise<Traced> {
  const { plan, text, weights, inputs, batch } = subject;
  const module = evaluate(text);
  const written: Float32Array[] = [];
  const watch = (steps: readonly Step[], samples: number): (() => void) => {
    let t = 0;
    module.watch((call, args) => {
      const step = steps[t++];
      if (!step) throw new Error(`kernel call ${t} of ${steps.length} steps`);
      const parts = partsOf(step, args, samples, batch, module.place(batch));
      const numbers = new Float32Array(module.memory());
      const run = (): void => {
        call();
        tamper?.(numbers, parts.reads[0] ?? parts.y, parts.y);
      };
      if (poison) poisoned(numbers, parts, `step ${t} of ${steps.length} (${step.selection.label})`, run);
      else run();
      written.push(numbers.slice(parts.y.start, parts.y.start + parts.y.length));
    });
    return () => {
      module.watch(null);
      if (t !== steps.length) throw new Error(`${t} kernel calls of ${steps.length} steps`);
    };
  };
  const prepared = watch(plan.programs.prepare, batch);
  const net = await module.create({ weights, batch });
  prepared();
  const done = watch(plan.programs.run, subject.samples);
  const outputs = Object.fromEntries(Object.entries(net.runSync(inputs)).map(([name, data]) => [name, data.slice()]));
  done();
  return { written, outputs };
}

interface Parts {
  readonly reads: readonly Part[];
  readonly y: Part;
  readonly scratch: Part | null;
}

/** Where the step's operands, result and scratch lie: by the addresses of its call, which must be the plan's. */
function partsOf(step: Step, args: readonly unknown[], samples: number, batch: number, place: Readonly<Record<string, number>>): Parts {
  const { kind, node, selection, pack, inputs, output } = step;
  const at = (e: Extent): number => e.fixed + e.perSample * batch;
  const size = (shape: typeof node.type.shape): number => elementsPerSample(bind(shape, samples));
  const scratch = kind === "compute" ? step.scratch : null;
  const buffers = [...inputs, output, ...(scratch ? [scratch] : [])];
  const addresses = args.slice(-buffers.length) as readonly number[];
  const part = (k: number, length: number): Part => {
    const { region, offset } = buffers[k]!;
    const start = addresses[k]! / 4;
    if (region !== "input" && start !== place[region]! / 4 + at(offset)) throw new Error(`${selection.label} is given ${start} for ${region} + ${at(offset)}`);
    return { start, length };
  };
  const operand = (k: number): number => selection.packs.find((p) => p.operand === k)?.size ?? size(node.inputs[k]!.type.shape);
  return {
    reads: inputs.map((_, k) => part(k, pack ? size(node.inputs[pack.operand]!.type.shape) : operand(k))),
    y: part(inputs.length, pack ? pack.size : size(node.type.shape)),
    scratch: scratch ? part(inputs.length + 1, at(scratch.size)) : null,
  };
}

function poisoned(numbers: Float32Array, { reads, y, scratch }: Parts, name: string, run: () => void): void {
  const bits = new Uint32Array(numbers.buffer);
  const before = bits.slice();
  bits.fill(POISON);
  for (const r of reads) bits.set(before.subarray(r.start, r.start + r.length), r.start);
  const expected = bits.slice();
  run();
  for (const own of [y, ...(scratch ? [scratch] : [])]) expected.set(bits.subarray(own.start, own.start + own.length), own.start);
  const wrong = firstDifference(bits, expected);
  if (wrong >= 0) throw new Error(`${name} writes at ${wrong}, outside of its result ${y.start} to ${y.start + y.length}`);
  before.set(bits.subarray(y.start, y.start + y.length), y.start);
  bits.set(before);
}

function firstDifference(a: Uint32Array, b: Uint32Array): number {
  if (Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.byteLength), Buffer.from(b.buffer, b.byteOffset, b.byteLength)) === 0) return -1;
  return a.findIndex((v, i) => v !== b[i]);
}

/** The first thing that differs between two runs, in words; NaN agrees with NaN. */
export function difference(a: Traced, b: Traced): string | null {
  for (const [k, data] of a.written.entries()) {
    const i = data.findIndex((v, i) => !Object.is(v, b.written[k]![i]));
    if (i >= 0) return `step ${k + 1} writes ${data[i]} at ${i} in poisoned memory, else ${b.written[k]![i]}`;
  }
  for (const [name, data] of Object.entries(a.outputs)) if (!data.every((v, i) => Object.is(v, b.outputs[name]![i]))) return `output ${name}`;
  return null;
}
