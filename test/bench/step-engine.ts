// An engine that trains in a child process: a line with a count of steps goes in, a line of JSON comes out. Peers written in JavaScript are
// bundled beside where they are installed.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cacheFolder } from "./peers.ts";

interface Answer {
  readonly losses: readonly number[];
  readonly times: readonly number[];
  readonly megabytes: number;
  readonly version: string;
}

export class StepEngine {
  readonly name: string;
  readonly times: number[] = [];
  megabytes = 0;
  version = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, args);
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async steps(count: number): Promise<Answer> {
    this.#child.stdin.write(`${count}\n`);
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error(`${this.name} ended`);
    const answer = JSON.parse(String(value)) as Answer;
    this.megabytes = answer.megabytes;
    this.version = answer.version;
    return answer;
  }

  end(): void {
    this.#child.stdin.end();
  }
}

/** The script as one file; where it lies. */
export async function bundleStep(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`./${name}-step.mjs`, import.meta.url));
  const outfile = join(cacheFolder, `${name}-step.mjs`);
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }; // tfjs asks for Node's own modules
  await build({ entryPoints: [entry], outfile, bundle: true, banner, platform: "node", format: "esm", target: "es2022", mainFields: ["module", "main"], nodePaths: [join(cacheFolder, "node_modules")], logLevel: "warning" });
  return outfile;
}
