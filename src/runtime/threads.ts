// The threads of a net, as its main thread sees them. It computes nothing itself, so that it never blocks: it starts a run, and is told
// when the run is done. Law: a thread that dies is an error of the run that waits for it, and of every later one; never a hang.
import { written } from "./check.ts";
import { RncError } from "./error.ts";
import type { ArrayBufferOwner } from "./simd.ts";
import { startRun, syncWords, type Answer, type Job } from "./sync.ts";

/** A worker of Node or of a browser. */
interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  on?(event: string, listener: (value: never) => void): unknown;
  addEventListener?(event: string, listener: (event: never) => void): unknown;
  ref?(): void;
  unref?(): void;
}

/** What all threads of a net are told alike, and where the scratch of each begins. */
export interface Work {
  readonly module: object;
  readonly memory: ArrayBufferOwner;
  readonly batch: number;
  places(part: number): readonly number[];
}

/** What a program calls instead of waiting where one thread computes all of it. */
export function alone(): void {}

export interface Threads {
  /** Throws where no run can begin: one is going on, or a thread is dead. */
  check(): void;
  /** One of the worker's programs for n samples. */
  run(n: number, program?: number): Promise<void>;
  dispose(): void;
}

interface Locks {
  request(name: string, options: { readonly signal: object }, held: () => void): Promise<void>;
}

declare const navigator: { readonly locks?: Locks } | undefined;
declare const AbortController: new () => { readonly signal: object; abort(): void };
declare function setTimeout(work: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** In how many threads a net may compute. */
const MOST = 64;
/** Milliseconds that threads have to start. */
const PATIENCE = 30_000;

/** Says what is needed where there is no memory to share. */
export function checkThreads(threads: unknown): void {
  if (!Number.isSafeInteger(threads) || (threads as number) < 1 || (threads as number) > MOST) throw new RncError("threads", `threads is a whole number from 1 to ${MOST}, not ${written(threads)}`);
  if (threads === 1 || typeof SharedArrayBuffer !== "undefined") return;
  throw new RncError("threads", "threads need SharedArrayBuffer, which browsers give to pages served with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; without them create the net with threads: 1");
}

/** The module for a memory that threads share: its import says so in one byte. */
export function forThreads(code: Uint8Array, limits: number): Uint8Array {
  const out = code.slice();
  out[limits] = 0x03;
  return out;
}

const WHERE = "its script, the module's .worker.js, lies beside the module or the bundle that it is in, and a content security policy has worker-src 'self'; else create takes worker: () => new Worker(…)";

/** Starts them; all are ready then, or none is left and the error says why. */
export async function startThreads(count: number, start: () => unknown, work: Work): Promise<Threads> {
  const crew = new Crew(count, work);
  try {
    await crew.start(start);
  } catch (e) {
    crew.dispose();
    throw e;
  }
  return crew;
}

class Crew implements Threads {
  readonly #count: number;
  readonly #work: Work;
  readonly #sync = syncWords();
  readonly #threads: Thread[] = [];
  readonly #watch = new AbortController();
  #ready = 0;
  #dead: RncError | null = null;
  #pending: { readonly resolve: () => void; readonly reject: (e: RncError) => void } | null = null;

  constructor(count: number, work: Work) {
    this.#count = count;
    this.#work = work;
  }

  async start(start: () => unknown): Promise<void> {
    const begun = this.#wait();
    const timer = setTimeout(() => this.#die("nothing is heard of it for 30 s"), PATIENCE);
    try {
      for (let part = 0; part < this.#count; part++) this.#begin(threadOf(start()), part);
      await begun;
    } catch (e) {
      this.#pending = null;
      throw e instanceof RncError ? e : new RncError("threads", `a thread cannot be started: ${e instanceof Error ? e.message : String(e)}`);
    } finally {
      clearTimeout(timer);
    }
    for (const t of this.#threads) t.unref?.();
  }

  check(): void {
    if (this.#dead) throw this.#dead;
    if (this.#pending) throw new RncError("busy", "the net is still running: await its last run before the next");
  }

  run(n: number, program = 0): Promise<void> {
    const done = this.#wait();
    for (const t of this.#threads) t.ref?.();
    startRun(this.#sync, n, program);
    return done;
  }

  dispose(): void {
    this.#end(new RncError("disposed", "the net was disposed of"));
  }

  #wait(): Promise<void> {
    return new Promise<void>((resolve, reject) => (this.#pending = { resolve, reject }));
  }

  #begin(thread: Thread, part: number): void {
    this.#threads.push(thread);
    const lock = `rnc-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`;
    listen(thread, (answer) => this.#hear(answer, lock), (why) => this.#die(why));
    const { module, memory, batch, places } = this.#work;
    const job: Job = { module, memory, sync: this.#sync, part, parts: this.#count, batch, places: places(part), lock };
    thread.postMessage(job);
  }

  #hear(answer: Answer, lock: string): void {
    if (answer.kind === "failed") return this.#die(answer.message, true);
    if (answer.kind === "ready") {
      this.#watchLock(lock);
      if (++this.#ready < this.#count) return;
    } else for (const t of this.#threads) t.unref?.();
    const pending = this.#pending;
    this.#pending = null;
    pending?.resolve();
  }

  /** The thread holds the lock while it lives. */
  #watchLock(lock: string): void {
    const locks = typeof navigator === "undefined" ? undefined : navigator?.locks;
    locks?.request(lock, { signal: this.#watch.signal }, () => this.#die("it ended")).catch(() => undefined);
  }

  /** `ran`: its script was found, and has run. */
  #die(why: string, ran = this.#ready === this.#count): void {
    this.#end(new RncError("threads", ran ? `a thread of the net has died: ${why}; create a new net` : `a thread did not start: ${why}; ${WHERE}`));
  }

  #end(error: RncError): void {
    if (this.#dead) return;
    this.#dead = error;
    this.#watch.abort();
    startRun(this.#sync, 0, 0); // who sleeps ends by itself, which is sooner than by force
    for (const t of this.#threads) void t.terminate();
    const pending = this.#pending;
    this.#pending = null;
    pending?.reject(error);
  }
}

function threadOf(made: unknown): Thread {
  const thread = made as Thread | null | undefined;
  if (typeof thread?.postMessage === "function" && typeof thread.terminate === "function") return thread;
  throw new RncError("threads", "worker is a function that makes a new Worker of the module's .worker.js each time");
}

function listen(thread: Thread, hear: (answer: Answer) => void, die: (why: string) => void): void {
  if (thread.on) {
    thread.on("message", hear);
    thread.on("error", (e: { readonly message?: string }) => die(e.message ?? "an error"));
    thread.on("exit", (code: number) => die(`it ended with code ${code}`));
    return;
  }
  thread.addEventListener?.("message", ({ data }: { readonly data: Answer }) => hear(data));
  thread.addEventListener?.("messageerror", () => die("it cannot be talked to"));
  thread.addEventListener?.("error", ({ message }: { readonly message?: string }) => die(message || "its script did not load"));
}
