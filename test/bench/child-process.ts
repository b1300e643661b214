// The bench's side of a child process: one question at a time, an answer each.
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cacheFolder } from "./peers.ts";
import type { Answer, Job, Pipelines, Question } from "./protocol.ts";

const script = join(cacheFolder, "child.mjs");

/** Bundled beside the installed peers, which it finds by their names. */
export async function bundleChild(): Promise<void> {
  const entry = fileURLToPath(new URL("./child.ts", import.meta.url));
  await build({ entryPoints: [entry], outfile: script, bundle: true, platform: "node", format: "esm", target: "es2022", logLevel: "warning" });
}

export class Child {
  readonly job: Job;
  readonly #process: ChildProcess;

  private constructor(job: Job) {
    this.job = job;
    this.#process = fork(script, [], { execArgv: [], serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#process.stderr!.on("data", () => undefined); // peers talk
  }

  /** Loads the engine and runs once. Throws what the engine throws. */
  static async start(job: Job): Promise<{ readonly child: Child; readonly firstResult: number; readonly output: Float32Array; readonly pipelines: Pipelines | null }> {
    const child = new Child(job);
    try {
      const { firstResult, output, pipelines } = await child.#ask({ kind: "start", job }, "started");
      return { child, firstResult, output, pipelines };
    } catch (e) {
      child.end();
      throw e;
    }
  }

  turn(milliseconds: number, runs: number): Promise<Extract<Answer, { kind: "times" }>> {
    return this.#ask({ kind: "turn", milliseconds, runs }, "times");
  }

  async megabytes(): Promise<number> {
    return (await this.#ask({ kind: "memory" }, "memory")).megabytes;
  }

  end(): void {
    this.#process.kill();
  }

  #ask<K extends Answer["kind"]>(question: Question, kind: K): Promise<Extract<Answer, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const over = (code: number | null, signal: string | null): void => reject(new Error(`the process ended (${signal ?? code})`));
      this.#process.once("exit", over);
      this.#process.once("message", (answer: Answer) => {
        this.#process.off("exit", over);
        if (answer.kind === kind) resolve(answer as Extract<Answer, { kind: K }>);
        else reject(new Error(answer.kind === "failed" ? answer.message : `${answer.kind} is no answer to ${question.kind}`));
      });
      this.#process.send(question);
    });
  }
}
