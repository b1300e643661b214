// Every kind of kernel, with every length from 0 to 67 of each of its loops, its arrays at every alignment, against the f64 reference.
// `npm test` takes a share of the lengths and a few alignments of each.
import { expect, test } from "vitest";
import type { Node } from "../../src/ir/op.ts";
import { arg } from "../../src/ir/scalar.ts";
import { bind, N } from "../../src/ir/type.ts";
import { map, ops, random as drawn } from "../../src/ops/index.ts";
import { boundOf, compare, F32, singles, stored, tileOf } from "../harness/bounds.ts";
import { random } from "../harness/random.ts";
import { count, full } from "../harness/tier.ts";
import { nodeOf } from "./kernels.ts";
import { kinds, type Kind } from "./wasm-tails.ts";
import { compileWasm } from "./wasm.ts";

const LENGTHS = 68;
const next = random(67);

type Alignments = readonly [number, number, number];
const everyAlignment = Array.from({ length: 64 }, (_, k): Alignments => [k % 4, (k >> 2) % 4, k >> 4]);

/** Of one operand or none fewer differ. */
function alignmentsOf({ inputs }: Node): readonly Alignments[] {
  const different = everyAlignment.filter(([first, others]) => (inputs.length > 0 || first === 0) && (inputs.length > 1 || others === 0));
  return full ? different : Array.from({ length: 3 }, () => different[Math.floor(next() * different.length)]!);
}

/** Operands of f32, some of them zeros; labels, some of no class; what random numbers are drawn by, whole numbers too. */
function operandOf(node: Node, x: Node, batch: number): Float64Array {
  const whole = x.type.dtype === "i32" || node.op === drawn;
  return Float64Array.from({ length: bind(x.type.shape, batch).reduce((a, b) => a * b, 1) }, () => (whole ? Math.floor(next() * 70) - 1 : next() < 0.05 ? 0 : Math.fround(next() * 4 - 2)));
}

/** What is wrong, in words; null where nothing is. */
function miss(node: Node, { kernel, label }: Kind, batch: number): string | null {
  const compiled = compileWasm(node, { guard: 1, ...(kernel ? { kernel } : {}) });
  const name = compiled.selection.label;
  if (label && !label.test(name)) return `${name} is another kernel`;
  const operands = node.inputs.map((x) => operandOf(node, x, batch));
  const tensors = operands.map((data, i) => stored({ shape: bind(node.inputs[i]!.type.shape, batch), data }));
  const expected = boundOf(node, tensors, batch, { arithmetic: singles, tile: tileOf(name) });
  let first: Float32Array | null = null;
  for (const alignments of alignmentsOf(node)) {
    const got = compiled.run(operands, batch, { alignments });
    const { violation } = compare(got, expected, F32);
    if (violation) return `${name}: ${violation.actual} instead of ${violation.expected} ± ${violation.allowed} at ${violation.index}, ${alignments.join()}`;
    if (got.length !== expected.value.length || !(first ??= got).every((v, i) => Object.is(v, got[i]))) return `${name}: other bits at ${alignments.join()}`;
  }
  return null;
}

/** The lengths that are tried: all, or the short ones and every fourth of the others. */
function lengthsOf({ from = 1, step = 1 }: Kind, k: number): readonly number[] {
  const all = Array.from({ length: Math.ceil((LENGTHS - from) / step) }, (_, i) => from + i * step);
  return full ? all : all.filter((n, i) => n <= 5 || (i + k) % 4 === 0);
}

test.each(kinds.map(([name, kind], k) => [name, kind, k] as const))("every length and alignment: %s", (_, kind, k) => {
  const lengths = lengthsOf(kind, k);
  const wrong = lengths.flatMap((n) => {
    const m = miss(kind.make(n), kind, (n % 3) + 1);
    return m ? [`${n}: ${m}`] : [];
  });
  expect(wrong).toEqual([]);
  expect(lengths.length).toBeGreaterThanOrEqual(kind.step ? count(4, 16) : count(19, 67));
});

test("no kernel is left out", () => {
  const tried = new Set<unknown>(kinds.map(([, { make }]) => make(8).op));
  expect([...ops.values()].filter((op) => op.kind === "core" && !["input", "parameter", "view"].includes(op.name) && !tried.has(op)).map((op) => op.name)).toEqual([]);
});

test("no dimension is 0", () => {
  expect(() => nodeOf(map, [[N, 0]], { expr: arg(0) })).toThrow("must be at least 1");
});

test("no samples, no stores", () => {
  for (const [name, { make, kernel }] of kinds) {
    const node = make(8);
    if (!node.type.shape.some((d) => typeof d !== "number")) continue;
    const operands = node.inputs.map((x) => new Float64Array(bind(x.type.shape, 0).reduce((a, b) => a * b, 1)));
    expect(compileWasm(node, kernel ? { kernel } : {}).run(operands, 0), name).toHaveLength(0); // and nothing else is written: run sees to that
  }
});
