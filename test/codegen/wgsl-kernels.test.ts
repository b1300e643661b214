// Every WGSL kernel: accepted by Tint and naga; on a GPU within the bounds of WGSL's arithmetic around the f64 reference.
import { describe, expect, test } from "vitest";
import type { Node } from "../../src/ir/op.ts";
import { bind, N } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { inPrecision } from "../../src/runtime/gpu/recorder.ts";
import { arithmetics, boundOf, compare, F32, stored } from "../harness/bounds.ts";
import { hasFeature, haveGpu, testDevice } from "../harness/gpu.ts";
import { naga, validate } from "../harness/gpu/validate.ts";
import { watched } from "../harness/gpu/watched.ts";
import { random } from "../harness/random.ts";
import { functionsOf, planOf, runNode, wgslNode } from "./wgsl.ts";
import { wgslNodes } from "./wgsl-nodes.ts";

const next = random(17);
const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function values(node: Node, batch: number): Float64Array[] {
  if (node.op === ops.random) return node.inputs.map(() => Float64Array.of(int(0, 2 ** 24)));
  const draw = node.op === ops.oneHot ? (): number => int(-1, 9) : (): number => (next() < 0.05 ? 0 : Math.fround(next() * 4 - 2));
  return node.inputs.map((x) => Float64Array.from({ length: count(bind(x.type.shape, batch)) }, draw));
}

/** Those of f16 are as many as multiples of 1/512 are, below 2 in size: what is packed in half precision is then what it was. */
const inHalf = (data: Float64Array): Float64Array => data.map((v) => Math.round(v * 512) / 512);

/** What is wrong with the kernel's numbers; null where nothing is. */
async function miss(node: Node, given: number, feature?: "subgroups" | "shader-f16"): Promise<string | null> {
  const batch = node.inputs.some((i) => i.type.shape.includes(N)) ? given : 1;
  const operands = feature === "shader-f16" ? values(node, batch).map(inHalf) : values(node, batch);
  const got = await runNode(node, operands, batch, await testDevice(...(feature ? [feature] : [])), feature === "shader-f16" ? "f16" : "f32");
  const { violation } = compare(got, boundOf(node, operands.map((data, i) => stored({ shape: bind(node.inputs[i]!.type.shape, batch), data })), batch, { arithmetic: arithmetics.wgsl, tile: null }), F32);
  const name = `${node.op.name} ${node.inputs.map((x) => `[${x.type.shape.join(", ")}]`).join(" ")} → [${node.type.shape.join(", ")}] batch ${batch}`;
  if (got.length !== count(bind(node.type.shape, batch))) return `${name}: ${got.length} numbers`;
  return violation ? `${name}: ${violation.actual} instead of ${violation.expected} ± ${violation.allowed} at ${violation.index}` : null;
}

test("there is a node of every core op but those that take no step", () => {
  const seen = new Set(wgslNodes.map(([, node]) => node().op));
  expect([...ops.coreOps.values()].filter((op) => !seen.has(op)).map((op) => op.name)).toEqual(["input", "parameter", "view"]);
  expect(wgslNodes.length).toBeGreaterThan(60);
});

describe.skipIf(!haveGpu)("on a GPU, within the bounds of WGSL", () => {
  for (const [name, node] of wgslNodes) test(name, async () => expect(await miss(node(), 3)).toBeNull(), 120_000);

  test("random numbers are those of every other target, to the bit", async () => {
    const node = wgslNode(ops.random, [[], []], { shape: [4, 3, 2, 5], site: 7, channelsLast: true });
    const operands = values(node, 1);
    const got = await runNode(node, operands, 1, await testDevice());
    expect([...got]).toEqual([...ops.random.eval(operands.map((data) => ({ shape: [], data })), node.attrs as never, [4, 3, 2, 5])]);
  }, 120_000);
});

describe.skipIf(!(await hasFeature("subgroups")))("on a GPU that has subgroups", () => {
  const nodes = wgslNodes.filter(([, node]) => functionsOf(node()).kernels.some((k) => k.stages.some((s) => s.subgroups)));

  test("there are kernels for them", () => expect(nodes.map(([name]) => name)).toEqual(["few sums of very many", "the batch summed", "a maximum of many"]));

  for (const [name, node] of nodes) test(name, async () => expect(await miss(node(), 3, "subgroups")).toBeNull(), 120_000);

  test("they are taken there, and nowhere else", async () => {
    const [, node] = nodes[0]!;
    const shadersFor = async (...features: GPUFeatureName[]): Promise<string> => {
      const texts: string[] = [];
      const device = watched(await testDevice(...features), { createShaderModule: (make) => (asked: GPUShaderModuleDescriptor) => (texts.push(asked.code), make(asked as never)) });
      await runNode(node(), values(node(), 1), 1, device);
      return texts.join("\n");
    };
    expect(await shadersFor("subgroups")).toContain("enable subgroups;");
    expect(await shadersFor()).not.toContain("subgroup");
  });
});

describe.skipIf(!(await hasFeature("shader-f16")))("on a GPU that has half precision: weights that are numbers of it give what they gave", () => {
  const nodes = wgslNodes.filter(([, node]) => planOf(node()).programs.prepare.some((s) => s.pack));

  test("there are kernels that pack", () => expect(nodes.length).toBeGreaterThan(12));

  for (const [name, node] of nodes) test(name, async () => expect(await miss(node(), 3, "shader-f16")).toBeNull(), 120_000);
});

describe("accepted by Tint and by naga", () => {
  for (const [name, node] of wgslNodes) {
    test(name, async () => {
      for (const text of functionsOf(node()).shaders) {
        for (const code of new Set([text, inPrecision(text, "f16")])) expect([...(await validate(code)), ...naga(code)], code).toEqual([]);
      }
    });
  }
});
