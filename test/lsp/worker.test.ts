// The server of a web worker, as built: a thread that has what a worker's global scope has, and the protocol's messages over it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { root } from "../cli/rnc.ts";

const scope = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (m) => parentPort.postMessage(m);
globalThis.addEventListener = (type, listen) => { if (type === "message") parentPort.on("message", (data) => listen({ data })); };
parentPort.on("message", (data) => globalThis.onmessage?.({ data }));
import(${JSON.stringify(pathToFileURL(join(root, "dist", "lsp.worker.js")).href)}).then(() => parentPort.postMessage("ready"));
`;

test("diagnostics and hints over messages; imports only from what is open", async () => {
  const worker = new Worker(scope, { eval: true });
  const received: any[] = [];
  const until = (found: (m: any) => boolean) => new Promise<any>((resolve) => {
    const look = (): void => {
      const m = received.find(found);
      if (m !== undefined) resolve(m);
      else worker.once("message", look);
    };
    look();
  });
  worker.on("message", (m) => received.push(m));
  const send = (message: object): void => worker.postMessage({ jsonrpc: "2.0", ...message });
  await until((m) => m === "ready");
  send({ id: 1, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
  await until((m) => m.id === 1);
  const open = (uri: string, text: string): void => send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "rn", version: 1, text } } });
  open("inmemory:///part.rn", "block part { conv(4) }\n");
  open("inmemory:///main.rn", 'import { part } from "./part.rn"\nimport { x } from "./none.rn"\nmodel m {\n  input x: [3, 8, 8]\n  part\n  output y\n}\n');
  const { params } = await until((m) => m.method === "textDocument/publishDiagnostics" && m.params.uri.endsWith("main.rn"));
  expect(params.diagnostics.map((d: { message: string }) => d.message)).toEqual(['"./none.rn" is not open']);
  send({ id: 2, method: "textDocument/inlayHint", params: { textDocument: { uri: "inmemory:///main.rn" }, range: { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } } } });
  expect((await until((m) => m.id === 2)).result.map((h: { label: string }) => h.label)).toEqual(["[4, 8, 8]", "[4, 8, 8]"]);
  await worker.terminate();
});
