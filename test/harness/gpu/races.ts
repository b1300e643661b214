// Data races of a kernel, found by interpreting it: between two barriers no two invocations of a workgroup may touch the same word, and in a dispatch
// no two workgroups, unless both read or both are atomic. Slow: for kernels at tiny sizes. The interpreter is wgsl_reflect's; the order of execution
// and what counts as a race are told here: its own stepping mixes up what functions return to different invocations, its own check is quadratic,
// forgets workgroup memory after the first workgroup and sees one workgroup at a time.
// Subgroups are of one invocation, as they may be. Law: what the interpreter cannot judge (other functions of subgroups, `workgroupUniformLoad`,
// workgroup variables that are no arrays) is an error, not "no race".
import * as reflect from "wgsl_reflect/wgsl_reflect.module.js";
import { entryPoints } from "./validate.ts";

/** By group, by binding. What the kernel writes is there afterwards. */
export type Buffers = Readonly<Record<number, Readonly<Record<number, ArrayBuffer>>>>;

interface Access {
  readonly who: number;
  readonly line: number;
  readonly write: boolean;
  readonly atomic: boolean;
}
/** Of one word: enough earlier accesses that a new one conflicts with one of them if it conflicts with any. */
type Word = { write?: Access; read?: Access; otherRead?: Access };

/** Accesses that nothing orders, by different actors: invocations between two barriers, or the workgroups of a dispatch. */
class Unordered {
  private readonly words = new Map<string, Word>();
  private readonly actor: string;
  private readonly found: Set<string>;
  constructor(actor: string, found: Set<string>) {
    this.actor = actor;
    this.found = found;
  }

  add(buffer: string, from: number, size: number, access: Access): void {
    for (let at = from >> 2; at < (from + size) / 4; at++) this.addWord(`${buffer} ${at}`, buffer, access);
  }

  private addWord(key: string, buffer: string, access: Access): void {
    const word = this.words.get(key) ?? {};
    this.words.set(key, word);
    const earlier = access.write ? [word.write, word.read, word.otherRead] : [word.write];
    const other = earlier.find((e) => e && e.who !== access.who && !(e.atomic && access.atomic));
    if (other) this.found.add(`${this.actor} race on ${buffer}: ${[told(other), told(access)].sort().join(" and ")}`);
    if (access.write) word.write ??= access;
    else if (!word.read) word.read = access;
    else if (word.read.who !== access.who) word.otherRead ??= access;
  }

  clear(): void {
    this.words.clear();
  }
}

function told({ write, line }: Access): string {
  return `${write ? "write" : "read"} in line ${line}`;
}

/** What happens while one kernel is interpreted. */
class Watch {
  readonly found = new Set<string>();
  private readonly phase = new Unordered("invocation", this.found);
  private readonly dispatch = new Unordered("workgroup", this.found);
  private workgroup = -1;
  private invocations: reflect.MemoryTracker | null = null;
  private readonly stored: ReadonlySet<string>;
  constructor(stored: ReadonlySet<string>) {
    this.stored = stored;
  }

  begin(scheduler: reflect.WorkgroupScheduler): void {
    this.workgroup++;
    this.invocations = scheduler._tracker;
    for (const { value, node } of scheduler._debug.exec.context.variables.values()) {
      if (node?.storage === "workgroup") new Uint8Array(value.buffer!).fill(0);
    }
  }

  record(buffer: string, from: number, size: number, write: boolean, atomic: boolean): void {
    const { currentInvocation: who, currentLine: line } = this.invocations!;
    this.phase.add(buffer, from, size, { who, line, write, atomic });
    if (this.stored.has(buffer)) this.dispatch.add(buffer, from, size, { who: this.workgroup, line, write, atomic });
  }

  barrier(): void {
    this.phase.clear();
  }
}

let watch: Watch | null = null;

const maxSteps = 5_000_000;

/** Each invocation runs alone from barrier to barrier: any order between them will do, as accesses are compared and not timed. */
reflect.WorkgroupScheduler.prototype.run = function (this: reflect.WorkgroupScheduler): void {
  watch?.begin(this);
  for (let steps = 0; ; ) {
    for (const invocation of this._invocations) steps = advance(this, invocation, steps);
    watch?.barrier();
    const parked = this._invocations.filter((i) => i.barrierNode !== null);
    if (parked.length === 0) return;
    this._syncBarrier(parked);
  }
};

/** Up to the next barrier or the end, which are states 1 and 2 of theirs. */
function advance(scheduler: reflect.WorkgroupScheduler, invocation: reflect.Invocation, steps: number): number {
  const tracker = scheduler._tracker;
  tracker.currentInvocation = invocation.index;
  for (let command = scheduler._peek(invocation); command; command = scheduler._peek(invocation)) {
    if (++steps > maxSteps) throw new Error("the kernel does not end, or is too large to interpret");
    const barrier = scheduler._asBarrier(command);
    if (barrier) {
      Object.assign(invocation, { state: 1, barrierNode: barrier });
      return steps;
    }
    tracker.currentLine = command.line;
    scheduler._debug.stepStack(invocation.stack, true);
  }
  invocation.state = 2;
  return steps;
}

reflect.MemoryTracker.prototype.record = (buffer, offset, size, kind, atomic) => watch?.record(buffer, offset, size, kind === "write", atomic);
reflect.MemoryTracker.prototype.endPhase = () => undefined;

/** The races and diverging barriers of one dispatch, in words. The buffers hold what the kernel computed. */
export function races(wgsl: string, dispatch: readonly number[], buffers: Buffers, options: { readonly entryPoint?: string; readonly constants?: Readonly<Record<string, number>> } = {}): string[] {
  const entryPoint = options.entryPoint ?? entryPoints(wgsl)[0];
  if (entryPoint === undefined) throw new Error("no @compute entry point");
  refuse(alone(wgsl));
  const current = (watch = new Watch(storage(wgsl)));
  const said: string[] = [];
  const { error, warn } = console;
  console.error = console.warn = (...what: unknown[]) => void said.push(what.join(" ")); // where the interpreter tells what it cannot do
  try {
    const { errors } = reflect.detectRaces(understood(alone(wgsl)), entryPoint, dispatch, bound(wgsl, buffers), { constants: options.constants ?? {} });
    return [...current.found, ...new Set([...errors, ...said])];
  } finally {
    Object.assign(console, { error, warn });
    watch = null;
  }
}

/** With subgroups of one invocation each. */
function alone(wgsl: string): string {
  return wgsl.replace(/^enable subgroups;/m, "").replace(/\bsubgroup(?:Add|Max|BroadcastFirst)\(/g, "(");
}

/** The interpreter runs over a barrier that begins a block or follows a loop, so something else stands before each; and it gets lost in `while`. */
function understood(wgsl: string): string {
  return wgsl.replace(/\b(?:workgroup|storage|texture)Barrier\(\)/g, "let before_barrier = 0u; $&").replace(/\bwhile \((.*?)\) \{/g, "for (; $1; ) {");
}

const declaration = /@group\((\d+)\)\s*@binding\((\d+)\)\s*var<(\w+)[^>]*>\s*(\w+)/g;

function storage(wgsl: string): Set<string> {
  return new Set([...wgsl.matchAll(declaration)].filter((m) => m[3] === "storage").map((m) => m[4]!));
}

function bound(wgsl: string, buffers: Buffers): Record<string, Record<string, unknown>> {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [, group, binding, kind, name] of wgsl.matchAll(declaration)) {
    const data = buffers[Number(group)]?.[Number(binding)];
    if (!data) throw new Error(`no buffer for ${name}`);
    (groups[group!] ??= {})[binding!] = kind === "uniform" ? { uniform: data } : data;
  }
  return groups;
}

function refuse(wgsl: string): void {
  const unknown = /\bsubgroup\w+|\bworkgroupUniformLoad\b/.exec(wgsl);
  if (unknown) throw new Error(`the interpreter does not know ${unknown[0]}`);
  const scalar = /var<workgroup>\s*(\w+)\s*:\s*(?:atomic|vec|mat|[fiu]32|bool)/.exec(wgsl);
  if (scalar) throw new Error(`the interpreter does not see accesses of ${scalar[1]}: make it an array`);
}
