// What of wgsl_reflect's interpreter `races.ts` uses; its file for modules comes without types, and those it has elsewhere keep these members private.
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export interface MemoryTracker {
    currentInvocation: number;
    currentLine: number;
  }
  export const MemoryTracker: {
    readonly prototype: {
      record(buffer: string, offset: number, size: number, kind: "read" | "write", atomic: boolean): void;
      endPhase(): void;
    };
  };
  interface Variable {
    readonly value: { readonly buffer?: ArrayBuffer };
    readonly node?: { readonly storage?: string } | null;
  }
  export interface Invocation {
    readonly index: number;
    readonly stack: object;
    readonly barrierNode: object | null;
    state: number;
  }
  interface Command {
    readonly line: number;
  }
  export interface WorkgroupScheduler {
    readonly _tracker: MemoryTracker;
    readonly _invocations: readonly Invocation[];
    readonly _debug: { readonly exec: { readonly context: { readonly variables: ReadonlyMap<string, Variable> } }; stepStack(stack: object, into: boolean): void };
    _peek(invocation: Invocation): Command | null;
    _asBarrier(command: Command): object | null;
    _syncBarrier(parked: readonly Invocation[]): void;
  }
  export const WorkgroupScheduler: { readonly prototype: { run(this: WorkgroupScheduler): void } };
  export function detectRaces(code: string, kernel: string, dispatch: readonly number[], buffers: Record<string, Record<string, unknown>>, config: { constants: Readonly<Record<string, number>> }): { readonly errors: readonly string[] };
}
