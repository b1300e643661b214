// Random graphs whose kernels are shared out: each call is made once for every part, one after the other and in either order, and the
// results are the bits of the undivided ones. (That real threads do the same at once is what test/runtime/threads.test.ts shows.)
import { expect, test } from "vitest";
import { emitWasmModule } from "../../src/codegen/wasm/module.ts";
import { writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { compileCase } from "../harness/execute.ts";
import { numbersOf } from "../harness/generate-data.ts";
import { printCase, type Case } from "../harness/generate.ts";
import type { Module } from "../harness/module.ts";
import { count } from "../harness/tier.ts";
import { caseOf } from "./shard.ts";

interface Divided extends Pick<Module, "create"> {
  divide(parts: readonly number[]): void;
}

/** The module with kernels that are called once for each of the parts. */
function evaluate(text: string): Divided {
  const body = `"use strict";
${text.replace(/^export (?=(?:async )?function|class|const)/gm, "").replaceAll("import.meta.url", '""')}
let $parts = [0];
const $instantiate = instantiate;
instantiate = async (module, memory) => {
  const all = await Promise.all($parts.map((part) => $instantiate(module, memory, part, $parts.length)));
  return Object.fromEntries(Object.keys(all[0]).map((name) => [name, (...numbers) => { for (const kernels of all) kernels[name](...numbers); }]));
};
return { create, divide: (parts) => { $parts = parts; } };`;
  return (new Function(body) as () => Divided)();
}

async function outputs(module: Divided, c: Case, parts: readonly number[]): Promise<Readonly<Record<string, Float32Array>>> {
  const { inputs, parameters } = numbersOf(c);
  module.divide(parts);
  const net = await module.create({ batch: c.batch, weights: writeSafetensors(Object.entries(parameters)) });
  const all = net.runSync(inputs);
  return Object.fromEntries(Object.entries(all).map(([name, v]) => [name, v.slice()]));
}

test.each(Array.from({ length: count(2, 100) }, (_, part) => part))("part %i: 30 random graphs", async (part) => {
  let divided = 0;
  for (let seed = 30 * part; seed < 30 * (part + 1); seed++) {
    const c = caseOf(seed);
    const { plan } = compileCase(c, {}, "wasm");
    const text = emitWasmModule(plan, { version: "0", js: true, threads: true, source: "fuzz.rn", doc: null, macs: 0, weightsFile: "fuzz.safetensors" }).files[0]!.text;
    const module = evaluate(text);
    const whole = await outputs(module, c, [0]);
    for (const parts of [[0, 1], [2, 1, 0]]) {
      const shared = await outputs(module, c, parts);
      for (const [name, v] of Object.entries(whole)) {
        const wrong = v.findIndex((x, i) => !Object.is(x, shared[name]![i]));
        if (wrong >= 0) expect.fail(`seed ${seed}, parts ${parts}: ${name}[${wrong}] is ${shared[name]![wrong]}, undivided ${v[wrong]}\n\n${printCase(c)}`);
        divided += v.length;
      }
    }
  }
  expect(divided).toBeGreaterThan(1000);
});
