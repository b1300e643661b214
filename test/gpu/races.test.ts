// The race detector detects races, and nothing else; what it computes on the way is right.
import { expect, test } from "vitest";
import { races } from "../harness/gpu/races.ts";
import { four, sum } from "./kernels.ts";

function summed(text: string): { readonly found: string[]; readonly totals: number[] } {
  const x = Float32Array.from({ length: 192 }, (_, i) => i);
  const totals = new Float32Array(3);
  return { found: races(text, [3], { 0: { 0: x.buffer, 1: totals.buffer } }), totals: [...totals] };
}
function inFour(statement: string, declarations = "", groups = 1): { readonly found: string[]; readonly o: number[] } {
  const o = new Float32Array(4 * groups + 1);
  return { found: races(four(statement, declarations), [groups], { 0: { 0: o.buffer } }), o: [...o] };
}

test("a right reduction has none, and its sums are right in every workgroup", () => {
  expect(summed(sum())).toEqual({ found: [], totals: [2016, 6112, 10208] });
});

test("without its barriers it has one on its workgroup memory", () => {
  expect(summed(sum("")).found.join("\n")).toMatch(/invocation race on part: read in line \d+ and write in line \d+/);
});

test("in a later workgroup too", () => {
  const text = "t[i] = 1.0; if (group.x != 1u) { workgroupBarrier(); } o[group.x * 4u + i] = t[3u - i];";
  expect(inFour(text, "var<workgroup> t: array<f32, 4>;", 1).found).toEqual([]);
  expect(inFour(text, "var<workgroup> t: array<f32, 4>;", 2).found).toEqual([expect.stringContaining("invocation race on t")]);
});

test("barriers order wherever they stand: first in a block, after a loop, in a function", () => {
  for (const barrier of ["{ workgroupBarrier(); }", "for (var k = 0u; k < 1u; k++) { workgroupBarrier(); }", "var s = 0u; for (var k = 0u; k < 2u; k++) { s += k; } workgroupBarrier();",
    "var k = 0u; loop { workgroupBarrier(); k++; if (k == 2u) { break; } }", "wait();"]) {
    const text = (b: string): string => `t[i] = f32(i); ${b} o[i] = t[3u - i];`;
    const declarations = "var<workgroup> t: array<f32, 4>;\nfn wait() { workgroupBarrier(); }";
    expect(inFour(text(barrier), declarations), barrier).toEqual({ found: [], o: [3, 2, 1, 0, 0] });
    expect(inFour(text(barrier.replace("workgroupBarrier();", "").replace("wait();", "")), declarations).found, barrier).toHaveLength(1);
  }
});

test("two workgroups that write one word race, though each alone is right", () => {
  expect(inFour("o[i] = 1.0;", "", 1).found).toEqual([]);
  expect(inFour("o[i] = 1.0;", "", 2).found).toEqual([expect.stringContaining("workgroup race on o: write")]);
  expect(inFour("o[group.x * 4u + i] = 1.0;", "", 2).found).toEqual([]);
});

test("reading what another writes races; atomics do not", () => {
  expect(inFour("o[i] = o[i + 1u];").found).toEqual([expect.stringContaining("invocation race on o: read")]);
  expect(inFour("atomicAdd(&n[0], 1u); workgroupBarrier(); o[i] = f32(atomicLoad(&n[0]));", "var<workgroup> n: array<atomic<u32>, 1>;")).toEqual({ found: [], o: [4, 4, 4, 4, 0] });
});

test("functions keep their invocations apart", () => {
  expect(inFour("o[next(i)] = f32(next(next(i)));", "fn next(k: u32) -> u32 { return k + 1u; }")).toEqual({ found: [], o: [0, 2, 3, 4, 5] });
});

test("loops are left when their condition says so", () => {
  for (const loop of ["while (k < 3) { o[i] += 1.0; k += 1; }", "for (; k < 3; k++) { o[i] += 1.0; }"]) expect(inFour(`var k: u32 = 0; ${loop}`), loop).toEqual({ found: [], o: [3, 3, 3, 3, 0] });
});

test("subgroups are of one invocation each", () => {
  expect(inFour("let s = subgroupAdd(f32(i)); if (subgroupBroadcastFirst(i) == i) { o[i] = s; }")).toEqual({ found: [], o: [0, 1, 2, 3, 0] });
  expect(inFour("let s = subgroupMax(f32(i)); if (subgroupBroadcastFirst(i) == i) { o[0] = s; }").found).toHaveLength(1);
});

test("workgroup memory starts at zero in each workgroup", () => {
  expect(inFour("t[i] += 1.0; o[group.x * 4u + i] = t[i];", "var<workgroup> t: array<f32, 4>;", 2)).toEqual({ found: [], o: [1, 1, 1, 1, 1, 1, 1, 1, 0] });
});

test("a barrier that some have left behind is told", () => {
  expect(inFour("if (i > 1u) { return; } workgroupBarrier();").found).toEqual([expect.stringContaining("Barrier divergence")]);
  expect(inFour("if (i > 1u) { workgroupBarrier(); } else { workgroupBarrier(); }").found).toEqual([expect.stringContaining("Barrier divergence")]);
});

test("what it cannot judge is an error", () => {
  expect(() => inFour("o[i] = subgroupShuffle(o[i], 1);")).toThrow("subgroupShuffle");
  expect(() => inFour("t = f32(i);", "var<workgroup> t: f32;")).toThrow("make it an array");
  expect(() => races(four("o[i] = 1.0;"), [1], {})).toThrow("no buffer for o");
  expect(inFour("t[0][i] = 1.0;", "var<workgroup> t: array<vec4f, 1>;").found.join()).toContain("SetDataValue");
});
