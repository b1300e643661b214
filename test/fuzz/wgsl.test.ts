// Random graphs as WGSL on a GPU, end to end against the f64 interpreter: within 1e-4 of the largest number. Only numbers that WGSL says
// something about (no NaN, nothing near the ends of f32), and only graphs that f32 storage alone does not disturb.
import { describe, expect, test } from "vitest";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate as exactly } from "../../src/ir/eval.ts";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { compileCase, evaluate } from "../harness/execute.ts";
import { givenOf } from "../harness/execute-check.ts";
import { numbersOf } from "../harness/generate-data.ts";
import { generate, type Case } from "../harness/generate.ts";
import { haveGpu, testDevice } from "../harness/gpu.ts";
import { reusing } from "../harness/gpu/reused.ts";
import { count } from "../harness/tier.ts";

interface Module {
  create(options: object): Promise<{ run(inputs: object): Promise<Record<string, Float32Array>>; dispose(): void }>;
}
const most = (data: ArrayLike<number>): number => Array.from(data).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const off = (a: ArrayLike<number>, b: ArrayLike<number>): number => most(Array.from(a, (v, i) => v - b[i]!));

const TOGETHER = 50; // graphs in one test
let seed = 0;

/** The next graph that WGSL says something about. */
function nextCase(): Case {
  for (;;) {
    const c = generate(++seed, optionalPasses);
    if (c.special === "none" && c.size === "net") return c;
  }
}

describe.skipIf(!haveGpu)("random graphs", () => {
  test.each(Array.from({ length: count(50, 1000) / TOGETHER }, (_, part) => part))(`part %i: ${TOGETHER} of them`, async () => {
    const device = reusing(await testDevice());
    const wrong: string[] = [];
    let compared = 0;
    for (let k = 0; k < TOGETHER; k++) {
      const c = nextCase();
      const expected = exactly(decompose(c.graph), givenOf(c)).outputs;
      const { inputs, parameters } = numbersOf(c);
      const weights = writeSafetensors(Object.entries(parameters));
      const results = async (target: "ts" | "wgsl"): Promise<Record<string, Float32Array>> => {
        const net = await (evaluate(compileCase(c, {}, target).text) as unknown as Module).create({ weights, batch: c.batch, ...(target === "wgsl" ? { device } : {}) });
        const made = Object.fromEntries(Object.entries(await net.run(inputs)).map(([name, data]) => [name, data.slice()]));
        net.dispose();
        return made;
      };
      const [stored, got] = [await results("ts"), await results("wgsl")];
      for (const [name, { data }] of expected) {
        const largest = most(data);
        if (!(largest < 1e30) || !(off(data, stored[name]!) <= 1e-6 * largest)) continue;
        compared++;
        if (!(off(data, got[name]!) <= 1e-4 * largest)) wrong.push(`seed ${c.seed}: ${name} is ${off(data, got[name]!)} off, of ${largest}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(0.8 * TOGETHER);
  }, count(600_000, 3_600_000));
});
