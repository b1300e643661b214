// One thread of a net: the whole of `<export>.worker.js` but for the program. It is told once what to work on, then waits in shared
// memory for runs and computes its part of each, until it is ended from outside. Law: what goes wrong is said to the main thread.
import { instantiate, type Kernels } from "./simd.ts";
import { awaitRun, barrier, programOf, type Answer, type Job } from "./sync.ts";

/** Computes its part of n samples in memory laid out for N; calls `meet` where what comes next needs all that is before. */
type Program = (kernels: Kernels, meet: () => void, n: number, N: number, ...places: number[]) => void;

interface Port {
  postMessage(answer: Answer): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

interface Locks {
  request(name: string, held: () => Promise<void>): Promise<void>;
}

declare const process: { getBuiltinModule?(name: string): unknown } | undefined;
declare const self: unknown;
declare const navigator: { readonly locks?: Locks } | undefined;

/** To the main thread: in Node a module's, in browsers the worker itself. */
function portOfWorker(): Port {
  const threads = typeof process === "undefined" ? undefined : (process?.getBuiltinModule?.("node:worker_threads") as { readonly parentPort: Port | null } | undefined);
  return threads?.parentPort ?? (self as Port);
}

export function serve(programs: readonly Program[], port: Port = portOfWorker()): void {
  port.onmessage = ({ data }) => {
    work(programs, data as Job, port).catch((e: unknown) => port.postMessage({ kind: "failed", message: e instanceof Error ? e.message : String(e) }));
  };
}

async function work(programs: readonly Program[], { module, memory, sync, part, parts, batch, places, lock }: Job, port: Port): Promise<void> {
  const kernels = await instantiate(module, memory, part, parts);
  const meet = (): void => barrier(sync, parts);
  await hold(lock);
  port.postMessage({ kind: "ready" });
  for (let run = 0; ; run = (run + 1) | 0) {
    const n = awaitRun(sync, run);
    if (n === 0) return;
    programs[programOf(sync)]!(kernels, meet, n, batch, ...places);
    meet();
    if (part === 0) port.postMessage({ kind: "done" });
  }
}

/** Browsers do not tell when a worker ends; but whoever asks for a lock that it held gets it then. */
function hold(name: string): Promise<void> {
  const locks = typeof navigator === "undefined" ? undefined : navigator?.locks;
  if (!locks) return Promise.resolve();
  return new Promise((resolve) => {
    void locks.request(name, () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
}
