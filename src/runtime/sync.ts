// What the threads of a net say to each other, and how they wait: in words of shared memory. A step is short, so who waits spins a
// little, then sleeps.
import type { ArrayBufferOwner } from "./simd.ts";

/** What a thread is told. */
export interface Job {
  readonly module: object;
  readonly memory: ArrayBufferOwner;
  readonly sync: Int32Array;
  readonly part: number;
  readonly parts: number;
  /** The batch that the memory was made for, and where everything lies in it. */
  readonly batch: number;
  readonly places: readonly number[];
  /** Of a lock that the thread holds while it lives. */
  readonly lock: string;
}

/** What it answers. */
export type Answer = { readonly kind: "ready" } | { readonly kind: "done" } | { readonly kind: "failed"; readonly message: string };

/** Where the words lie, each on a cache line of its own. */
const ARRIVED = 0;
const PHASE = 16;
const RUN = 32;
const SAMPLES = 33;
const PROGRAM = 34;
const WORDS = 48;

/** How often a word is read before its reader sleeps: about as long as it takes to wake a sleeper, some 70 microseconds. */
const SPINS = 100_000;

export function syncWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * WORDS));
}

/** Everything before it, in every thread, happens before everything after it. */
export function barrier(sync: Int32Array, parts: number): void {
  const phase = Atomics.load(sync, PHASE);
  if (Atomics.add(sync, ARRIVED, 1) < parts - 1) return waitWhile(sync, PHASE, phase);
  Atomics.store(sync, ARRIVED, 0);
  Atomics.store(sync, PHASE, (phase + 1) | 0);
  Atomics.notify(sync, PHASE);
}

/** Lets all threads run a program for n samples; 0: they end. */
export function startRun(sync: Int32Array, n: number, program: number): void {
  Atomics.store(sync, SAMPLES, n);
  Atomics.store(sync, PROGRAM, program);
  Atomics.add(sync, RUN, 1);
  Atomics.notify(sync, RUN);
}

/** Waits for the run after the one of that number; its samples. */
export function awaitRun(sync: Int32Array, run: number): number {
  waitWhile(sync, RUN, run);
  return Atomics.load(sync, SAMPLES);
}

export function programOf(sync: Int32Array): number {
  return Atomics.load(sync, PROGRAM);
}

function waitWhile(sync: Int32Array, word: number, value: number): void {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(sync, word) !== value) return;
  while (Atomics.load(sync, word) === value) Atomics.wait(sync, word, value);
}
