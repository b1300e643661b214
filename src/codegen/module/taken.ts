// Names that no kernel, routine or array of a program may take: the module's own and those of the runtime that it inlines.
import type { Plan } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { ident } from "../names.ts";

/** Names of the module's own text, which no kernel may take. */
const own = (
  "Inputs Outputs Options Net info bytes create prepare run parameters inlined n N i j k l m weights packed staging activations scratch options batch threads " +
  "add load meet file memory inputs outputs samples shape signatures view all kernels code fused longest place compiled crew start startWorker results worker part module at " +
  "align scratchSize scratchEnd weightsEnd stagingEnd runEnd end " + // of a wasm module's places, beside inputs
  "TrainingBatch TrainerOptions Trainer training createTrainer trainingParameters trainingPlace trained task engine trainStep evaluateStep seed given whole"
).split(" ");

/** What modules use of the language and of the hosts they run in: an array of that name would hide it. (Those that no identifier can be are in `names.ts`.) */
const globals = (
  "AbortController Array ArrayBuffer Atomics BigInt Boolean Buffer DataView Error Float32Array Float64Array GPUDevice Int32Array JSON Map Number Promise RangeError Set SharedArrayBuffer " +
  "String Symbol TextDecoder TextEncoder TypeError URL Uint16Array Uint32Array Uint8Array WebAssembly Worker atob clearTimeout isFinite navigator onmessage postMessage process self setTimeout"
).split(" ");

/** Names that are taken in every module: its own and those of what it inlines. */
export function takenNames(): Set<string> {
  return new Set([...own, ...globals, ...Object.values(runtime).flatMap((r) => [...r.ts.matchAll(/^(?:export )?(?:async )?(?:function|class|const|interface|type|declare const) (\w+)/gm)].map((m) => m[1]!))]);
}

/** What the programs call the array of each input. */
export function inputNames(plan: Plan, taken: Set<string>): ReadonlyMap<string, string> {
  const arrays = new Map<string, string>();
  for (const { name } of plan.inputs) {
    let array = ident(name);
    while (taken.has(array)) array = `${array}_`;
    taken.add(array);
    arrays.set(name, array);
  }
  return arrays;
}
