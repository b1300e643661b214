// Two opinions on a WGSL text, with no driver: Tint (types, uniformity of barriers, limits, pipelines) and naga (weaker: no uniformity).
// Law: an empty list means that it is right; every fault has a place in the text where the compiler gave one.
import { NagaError, parseWgsl, validate as check, writeSpirv } from "naga-wasm";
import { deviceOf, instance } from "./dawn.ts";

export interface Fault {
  readonly message: string;
  /** From 1; 0 where the fault has no place, as with a limit of a pipeline. */
  readonly line: number;
  readonly column: number;
}

export interface Conditions {
  /** The features that the text may enable; by default all that Tint knows. */
  readonly features?: readonly GPUFeatureName[];
  /** Values of the text's `override` declarations. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** The entry points that compute, in the order of the text. */
export function entryPoints(wgsl: string): string[] {
  const text = wgsl.replace(/\/\/.*$/gm, "");
  return [...text.matchAll(/@compute\b[^;{}]*?\bfn\s+(\w+)/g)].map((m) => m[1]!);
}

const devices = new Map<string | undefined, Promise<GPUDevice>>();

async function judge(conditions: Conditions): Promise<GPUDevice> {
  const gpu = await instance(["backend=null"]); // its limits are the specification's least
  return deviceOf(gpu, (adapter) => ({ requiredFeatures: [...(conditions.features ?? adapter.features)] as GPUFeatureName[] }));
}

/** What Tint and the creation of a pipeline for each entry point have against the text. */
export async function validate(wgsl: string, conditions: Conditions = {}): Promise<Fault[]> {
  const key = JSON.stringify(conditions.features);
  const device = await (devices.get(key) ?? devices.set(key, judge(conditions)).get(key)!);
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: wgsl });
  const { messages } = await module.getCompilationInfo();
  const failed = await device.popErrorScope();
  const faults = messages.filter((m) => m.type === "error").map((m) => ({ message: m.message, line: m.lineNum, column: m.linePos }));
  if (failed) return faults.length > 0 ? faults : [{ message: failed.message, line: 0, column: 0 }];
  const names = entryPoints(wgsl);
  if (names.length === 0) return [{ message: "no @compute entry point", line: 0, column: 0 }];
  const refused = await Promise.all(names.map((name) => pipeline(device, module, name, conditions.constants ?? {})));
  return refused.filter((f) => f !== null);
}

async function pipeline(device: GPUDevice, module: GPUShaderModule, entryPoint: string, constants: Readonly<Record<string, number>>): Promise<Fault | null> {
  return device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint, constants } }).then(
    () => null,
    (e: unknown) => ({ message: `${entryPoint}: ${(e as Error).message}`, line: 0, column: 0 }),
  );
}

/** What naga has against the text, or against writing it as SPIR-V. It knows subgroups, but not yet the line that enables them. */
export function naga(wgsl: string): Fault[] {
  let module, info;
  try {
    module = parseWgsl(wgsl.replace(/^enable subgroups;/m, ""));
    info = check(module);
    if (!/^\s*(@id\(\d+\)\s*)?override\b/m.test(wgsl)) writeSpirv(module, info); // it writes no text whose overrides have no values yet
    return [];
  } catch (e) {
    if (!(e instanceof NagaError)) throw e;
    const [, line, column] = /wgsl:(\d+):(\d+)/.exec(e.formatted) ?? [];
    return [{ message: e.formatted, line: Number(line ?? 0), column: Number(column ?? 0) }];
  } finally {
    info?.free();
    module?.free();
  }
}
