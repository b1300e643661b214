// No WGSL kernel has a data race: every one of them is interpreted at a tiny size, in a few workgroups.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PlacedStage, WgslKernel } from "../../src/codegen/wgsl/functions.ts";
import type { WgslSelection } from "../../src/codegen/wgsl/kernel.ts";
import { Compilation } from "../../src/index.ts";
import type { Extent } from "../../src/ir/type.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { races } from "../harness/gpu/races.ts";
import { functionsOf, planOf } from "./wgsl.ts";
import { wgslNodes } from "./wgsl-nodes.ts";

const SAMPLES = 2;
/** Enough for each to have a neighbour on both sides. */
const MOST_GROUPS = 3;

const elements = (e: Extent): number => e.fixed + e.perSample * SAMPLES;

function racesOf(shader: string, s: PlacedStage, sizes: WgslKernel["sizes"]): readonly string[] {
  const numbers = new Uint32Array(4 * Math.ceil(s.numbers.length / 4));
  numbers.set(s.numbers);
  const buffers = [...s.bindings.map((b) => new Float32Array(elements(sizes[b.argument]!))), ...(s.n ? [Uint32Array.of(SAMPLES, 0, 0, 0)] : []), ...(numbers.length > 0 ? [numbers] : [])];
  const groups = Math.ceil(elements(s.groups) / s.groups.per) * s.groups.times;
  return races(shader, [Math.min(groups, MOST_GROUPS)], { 0: Object.fromEntries(buffers.map((b) => b.buffer).entries()) });
}

test.each(wgslNodes)("%s", (_, node) => {
  const { kernels, shaders } = functionsOf(node());
  for (const { name, sizes, stages } of kernels) for (const s of stages.flatMap((s) => [s, ...(s.subgroups ? [s.subgroups] : [])])) expect(racesOf(shaders[s.shader]!, s, sizes), name).toEqual([]);
}, 120_000);

/** What kernels there are in a plan: ops, with the algorithm where there are several, and what is packed. */
function templatesOf({ programs: { prepare, run } }: Plan): readonly string[] {
  return [...prepare, ...run].map(({ node, selection, pack }) => `${node.op.name} ${pack ? "pack" : ((selection as WgslSelection).algorithm ?? "")}`);
}

test("every kernel of the examples, in training too, is among them", () => {
  const seen = new Set(wgslNodes.flatMap(([, node]) => templatesOf(planOf(node()))));
  const folder = new URL("../../examples/", import.meta.url);
  const used = readdirSync(folder).filter((f) => f.endsWith(".rn")).flatMap((file) => {
    const { exports } = new Compilation(readFileSync(new URL(file, folder), "utf8"), { target: "wgsl" });
    return exports.slice(0, 1).flatMap((e) => [e.plan, ...(e.step ? [e.step.plan] : [])].flatMap(templatesOf));
  });
  expect(used.length).toBeGreaterThan(200);
  expect(used.filter((template) => !seen.has(template))).toEqual([]);
});
