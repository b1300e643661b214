// The worker's side of realm.ts.
import { parentPort, workerData } from "node:worker_threads";
import type { Source } from "../../src/source/text.ts";
import { edited, openBeside, shownOf } from "./report.ts";

const documents = openBeside(workerData as readonly Source[]);

parentPort!.on("message", ({ id, texts }: { readonly id: number; readonly texts: readonly string[] }) => {
  const reports = texts.map((text) => {
    documents.set(edited, id, text);
    return shownOf(documents);
  });
  parentPort!.postMessage({ id, reports });
});
