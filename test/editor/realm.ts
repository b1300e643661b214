// Modules that have seen nothing yet: the compiler bundled anew, in a worker with a heap of its own. In: texts. Out: what an editor shows of each.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Source } from "../../src/source/text.ts";
import type { Report } from "./report.ts";

export interface Realm {
  report(texts: readonly string[]): Promise<readonly Report[]>;
  end(): Promise<void>;
}

/** How to make such realms, each as fresh as a new process. */
export async function realms(files: readonly Source[]): Promise<() => Realm> {
  const { outputFiles } = await build({ entryPoints: [fileURLToPath(new URL("realm-worker.ts", import.meta.url))], bundle: true, write: false, platform: "node", format: "cjs", logLevel: "error" });
  const code = outputFiles[0]!.text;
  return () => {
    const worker = new Worker(code, { eval: true, workerData: files });
    let next = 0;
    return {
      report: (texts) => new Promise((resolve, reject) => {
        const id = next++;
        const answered = (message: { readonly id: number; readonly reports: readonly Report[] }): void => {
          if (message.id !== id) return;
          worker.off("message", answered);
          resolve(message.reports);
        };
        worker.on("message", answered);
        worker.once("error", reject);
        worker.postMessage({ id, texts });
      }),
      end: async () => void (await worker.terminate()),
    };
  };
}
