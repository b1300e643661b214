// A peers' program as files for the engines in JavaScript. For tfjs: weights in tfjs' own order and ReLU fused into convolutions, as its converter does.
// In: a program with channels last. Law: its input loses the transposition: users of tfjs have such images.
import { writeFileSync } from "node:fs";
import type { Four, Program, Step } from "./program.ts";

/** The JSON file; the constants' numbers follow each other in a `.bin` file beside it. */
export interface TfjsModel {
  readonly input: { readonly id: number; readonly shape: readonly number[] };
  readonly output: number;
  readonly constants: readonly { readonly id: number; readonly shape: readonly number[] }[];
  readonly steps: readonly Step[];
}

export function writeTfjs(program: Program, path: string): void {
  const [first, ...rest] = program.steps as [Step, ...Step[]];
  if (first.does.kind !== "transpose" || first.inputs[0] !== program.input.id) throw new Error("the program does not begin with channels last");
  const filters = new Set(rest.filter((s) => s.does.kind === "conv" || s.does.kind === "convTranspose").map((s) => s.inputs[1]!));
  const constants = program.constants.map((c) => (filters.has(c.id) ? { id: c.id, ...filter(c.shape as Four, c.data) } : c));
  const model: TfjsModel = {
    input: { id: first.output, shape: first.shape },
    output: program.output.id,
    constants: constants.map(({ id, shape }) => ({ id, shape })),
    steps: withRelu(rest, program.output.id),
  };
  writeBoth(model, constants, path);
}

/** The same for jax-js: channels second, and nothing fused, which its `jit` does. */
export function writeJax(program: Program, path: string): void {
  const { input, output, constants, steps } = program;
  const model: TfjsModel = { input, output: output.id, constants: constants.map(({ id, shape }) => ({ id, shape })), steps };
  writeBoth(model, constants, path);
}

function writeBoth(model: TfjsModel, constants: readonly { readonly data: Float32Array }[], path: string): void {
  writeFileSync(path, JSON.stringify(model));
  writeFileSync(path.replace(/\.json$/, ".bin"), Buffer.concat(constants.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))));
}

/** [a, b, rows, columns] → [rows, columns, b, a]: OIHW → HWIO, and IOHW → HWOI for a transposed convolution. */
function filter([a, b, rows, columns]: Four, data: Float32Array): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const taps = rows * columns;
  const out = new Float32Array(data.length);
  for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) for (let k = 0; k < taps; k++) out[(k * b + j) * a + i] = data[(i * b + j) * taps + k]!;
  return { shape: [rows, columns, b, a], data: out };
}

/** conv → relu becomes one step where nobody else reads the convolution. */
function withRelu(steps: readonly Step[], output: number): readonly Step[] {
  const readers = new Map<number, Step[]>();
  for (const s of steps) for (const i of s.inputs) readers.set(i, [...(readers.get(i) ?? []), s]);
  const gone = new Set<Step>();
  return steps.map((s): Step => {
    const [reader, ...others] = readers.get(s.output) ?? [];
    if (s.does.kind !== "conv" || s.output === output || others.length > 0 || reader?.does.kind !== "elementwise" || reader.does.name !== "relu") return s;
    gone.add(reader);
    return { ...s, does: { ...s.does, relu: true }, output: reader.output };
  }).filter((s) => !gone.has(s));
}
