// The targets: one table that the compiler, the command line and the documentation read.
import type { EmittedModule, ModuleOptions } from "../codegen/module/contract.ts";
import { emitModule } from "../codegen/ts/module.ts";
import { tsTarget } from "../codegen/ts/target.ts";
import { emitWasmModule } from "../codegen/wasm/module.ts";
import { wasmTarget } from "../codegen/wasm/target.ts";
import { emitWgslModule } from "../codegen/wgsl/module.ts";
import { wgslTarget } from "../codegen/wgsl/target.ts";
import type { Plan, Target } from "../plan/plan.ts";

/** What `compile` can generate code for. */
export const targets = {
  ts: { target: tsTarget, emit: emitModule, channelsLast: false, threads: false, limited: false },
  wasm: { target: wasmTarget, emit: emitWasmModule, channelsLast: true, threads: true, limited: false },
  wgsl: { target: wgslTarget, emit: emitWgslModule, channelsLast: true, threads: false, limited: true },
} as const satisfies Record<string, TargetEntry>;

export interface TargetEntry {
  target(options: { readonly strictMath: boolean }): Target;
  emit(plan: Plan, options: ModuleOptions): EmittedModule;
  /** Do its kernels want the channels of images last? */
  readonly channelsLast: boolean;
  /** Can its nets compute in several threads? */
  readonly threads: boolean;
  /** Do its nets compute on a device that has limits? */
  readonly limited: boolean;
}
