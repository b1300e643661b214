// The built command: in a thread of the test's process, which costs a tenth of a process; or as a shell runs it, where the test is about that.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const bin = join(root, "dist", "rnc.js");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  /** Another file than the built command; of a process of its own. */
  readonly command?: string;
}

const environment = { NO_COLOR: "", FORCE_COLOR: "", RNC_DEBUG: "" };

/** In a process of its own: for what streams, signals and exits are, and for what a fresh process gives. */
export function spawned(args: readonly string[], { cwd = root, input = "", env, timeout = 60_000, command = bin }: Surroundings = {}): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd, input, encoding: "utf8", timeout, maxBuffer: 1 << 28, env: { ...process.env, ...environment, ...env } });
  return { code: status, stdout, stderr };
}

/** In a thread that keeps what it has loaded. Nothing else goes on meanwhile; a call that takes too long has no code. */
export function rnc(args: readonly string[], { cwd = root, input = "", env, timeout = 60_000 }: Surroundings = {}): Result {
  thread ??= startThread();
  const { port, done } = thread;
  const before = process.cwd();
  Atomics.store(done, 0, 0);
  process.chdir(cwd);
  try {
    port.postMessage({ args, input, env: { ...environment, ...env } });
    const answer = Atomics.wait(done, 0, 0, timeout) === "timed-out" ? undefined : receiveMessageOnPort(port);
    if (answer) return answer.message as Result;
    void thread.worker.terminate();
    thread = null;
    return { code: null, stdout: "", stderr: "" };
  } finally {
    process.chdir(before);
  }
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessageChannel["port1"];
  readonly done: Int32Array;
}

let thread: Thread | null = null;

function startThread(): Thread {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("thread.mjs", import.meta.url), { workerData: { port: port2, done, bin }, transferList: [port2], execArgv: [] });
  worker.unref();
  return { worker, port: port1, done };
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), "rnc-cli-"));
}

/** All files below a folder, sorted. */
export function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" }).filter((f) => statSync(join(path, f)).isFile()).sort();
}
