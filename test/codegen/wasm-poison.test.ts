// Kernels of `--target wasm` in poisoned memory: what a step may not read is NaN, what it may not write stays, and the results are to
// the bit those of a plain run: of a published network on a real image, and of random graphs.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Compilation, readSafetensors, writeSafetensors } from "../../src/index.ts";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { haveData, readData } from "../harness/data.ts";
import { compileCase } from "../harness/execute.ts";
import { numbersOf } from "../harness/generate-data.ts";
import { generate } from "../harness/generate.ts";
import { difference, trace, type Subject, type Watching } from "../harness/poison.ts";
import { count, full } from "../harness/tier.ts";

/** A random graph compiled, with its numbers; null for the few with too many steps for their memory to be copied at each. */
function subjectOf(seed: number): Subject | null {
  const c = generate(seed, optionalPasses);
  if (c.size === "crowd" || (c.size === "chain" && !full)) return null;
  const { plan, text } = compileCase(c, {}, "wasm");
  const { inputs, parameters } = numbersOf(c);
  return { plan, text, inputs, weights: writeSafetensors(Object.entries(parameters)), batch: c.batch, samples: c.samples };
}

/** What is wrong in poisoned memory, in words; null where nothing is. */
async function judge(subject: Subject, tamper?: Watching["tamper"]): Promise<string | null> {
  try {
    return difference(await trace(subject, { poison: true, ...(tamper ? { tamper } : {}) }), await trace(subject, { poison: false }));
  } catch (e) {
    return (e as Error).message;
  }
}

describe("in poisoned memory", () => {
  test("random graphs", async () => {
    let [graphs, steps] = [0, 0];
    for (let seed = 1; graphs < count(40, 2_000); seed++) {
      const subject = subjectOf(seed);
      if (!subject) continue;
      expect(await judge(subject), `seed ${seed}`).toBe(null);
      graphs++;
      steps += subject.plan.programs.prepare.length + subject.plan.programs.run.length;
    }
    expect(steps / graphs).toBeGreaterThan(count(8, 20));
  });

  test.skipIf(!haveData).each([true, false])("ResNet-20 on a real image, Winograd in it: %s", async (winograd) => {
    const text = readFileSync(new URL("../../examples/cifar.rn", import.meta.url), "utf8");
    const [e] = new Compilation(text, { only: "resnet20", target: "wasm", js: true, strictMath: !winograd }).exports;
    const image = readSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("input")!.data.slice(0, 3072);
    const subject: Subject = { plan: e!.plan, text: e!.module.files[0]!.text, weights: readData("resnet20-cifar10.safetensors"), inputs: { image }, batch: 1, samples: 1 };
    expect(await judge(subject)).toBe(null);
    expect(e!.plan.programs.run.some((s) => s.selection.label.includes("winograd"))).toBe(winograd);
    const { logits } = (await trace(subject, { poison: true })).outputs;
    const oracle = readSafetensors(readData("oracles", "resnet20-cifar10.safetensors")).tensors.get("logits")!.data;
    expect(Math.max(...logits!.map((v, i) => Math.abs(v - oracle[i]!)))).toBeLessThan(5e-5);
  });

  // The harness itself: a wrong kernel is noticed.
  const bugs: Readonly<Record<string, NonNullable<Watching["tamper"]>>> = {
    "a store behind the result": (memory, _, y) => { memory[y.start + y.length] = 0; },
    "a store before the result": (memory, _, y) => { memory[y.start - 1] = 0; },
    "a value behind the operand that matters": (memory, x, y) => { memory[y.start]! += memory[x.start + x.length]!; },
    "a value before the operand that matters": (memory, x, y) => { memory[y.start]! += memory[x.start - 1]!; },
    "an element that is not stored": (memory, _, y) => { new Uint32Array(memory.buffer)[y.start + y.length - 1] = 0x7fc0dead; },
  };
  test.each(Object.entries(bugs))("noticed: %s", async (_, tamper) => {
    expect(await judge(subjectOf(2)!)).toBe(null);
    expect(await judge(subjectOf(2)!, tamper)).not.toBe(null);
  });
});
