// Conversations that no client would hold: random requests at random places, stale versions, cancelled before they are read, unknown
// methods, parameters of any form, frames in pieces. Law: the server lives, and every request has one reply, none an internal error.
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { below, random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { bin } from "../cli/rnc.ts";
import { examples } from "../language/support.ts";

const methods = [
  "hover", "inlayHint", "completion", "definition", "references", "documentHighlight", "prepareRename", "rename", "signatureHelp", "documentSymbol", "codeLens", "foldingRange",
  "selectionRange", "semanticTokens/full", "formatting", "rangeFormatting", "onTypeFormatting", "documentLink", "codeAction", "unknown",
].map((m) => `textDocument/${m}`).concat("workspace/symbol", "codeLens/resolve", "rnc/graph", "no/such/method");

const needy = ["textDocument/hover", "workspace/symbol", "codeLens/resolve", "textDocument/definition"];
const told = ["didOpen", "didChange", "didClose"].map((m) => `textDocument/${m}`).concat("workspace/didChangeWatchedFiles", "no/such/event");
const start = { line: 0, character: 0 };

/** Parameters as nobody should send them, about a document that may be open. */
const malformed = (uri: string): readonly unknown[] => [
  null, 5, "x", [], {}, { textDocument: null }, { textDocument: { uri: 5 } }, { textDocument: { uri } }, { textDocument: { uri, version: 1 } }, { textDocument: { uri, version: 1, text: 5 } },
  { textDocument: { uri, version: "1", text: "" }, contentChanges: [{ text: "" }] },
  ...[null, 5, [null], [5], [{}], [{ text: 5 }], [{ text: "" }, { text: null }], [{ text: "", range: {} }], [{ text: "", range: { start, end: 5 } }]].map((contentChanges) => ({ textDocument: { uri, version: 1 }, contentChanges })),
  { textDocument: { uri }, range: { start, end: start }, position: start, positions: [start], data: 5, context: { only: "quickfix" }, export: null, near: null, known: null, query: null, newName: null, ch: null },
];

/** The server, the error codes of its replies by request: null where there is none. */
function converse() {
  const server = spawn(process.execPath, [bin, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const replies = new Map<number, readonly (number | null)[]>();
  const waiting = new Map<number, () => void>();
  let rest = Buffer.alloc(0);
  server.stdout.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = rest.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(rest.toString("latin1", 0, Math.max(0, head)))?.[1]);
      if (head < 0 || rest.length < head + 4 + length) return;
      const message = JSON.parse(rest.toString("utf8", head + 4, head + 4 + length)) as { readonly id?: number; readonly method?: string; readonly error?: { readonly code: number } };
      rest = rest.subarray(head + 4 + length);
      if (message.method !== undefined || typeof message.id !== "number") continue;
      replies.set(message.id, [...(replies.get(message.id) ?? []), message.error?.code ?? null]);
      waiting.get(message.id)?.();
    }
  });
  const frame = (message: object): Buffer => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
  };
  return { server, replies, frame, reply: (id: number) => new Promise<void>((resolve) => (replies.has(id) ? resolve() : waiting.set(id, resolve))) };
}

test("one reply per request, whatever is said", async () => {
  const { server, replies, frame, reply } = converse();
  const exit = new Promise((resolve) => server.once("exit", resolve));
  void exit.then(() => server.stdin.destroy());
  const next = random(5);
  const pick = <T>(of: readonly T[]): T => of[below(next, of.length)]!;
  let id = 0;
  const request = (method: string, params: unknown): Buffer => frame({ id: ++id, method, params });
  const notify = (method: string, params: unknown): Buffer => frame({ method, params });
  server.stdin.write(request("initialize", { processId: null, rootUri: null, capabilities: {} }));
  server.stdin.write(notify("initialized", {}));
  for (const method of needy) server.stdin.write(request(method, null));

  const place = () => pick<unknown>([{ line: below(next, 40), character: below(next, 80) }, { line: 1e9, character: 1e9 }, { line: -3, character: -1 }]);
  const conversations = count(25, 1000);
  let wrong = 0;
  for (let c = 0; c < conversations; c++) {
    const uri = `file:///fuzz/${below(next, 3)}.rn`;
    const { text } = pick(examples);
    const out: Buffer[] = [notify("textDocument/didOpen", { textDocument: { uri, languageId: "rn", version: c, text: text.slice(0, below(next, text.length)) } })];
    for (let k = 0; k < 12; k++) {
      const range = { start: place(), end: place() };
      const roll = next();
      if (roll < 0.3) out.push(notify("textDocument/didChange", { textDocument: { uri, version: below(next, 9) }, contentChanges: [{ range, text: pick(["", "x", "->", "{", "}", "(", "\n", "conv(", "\u{1f600}", '"']) }] }));
      else if (roll < 0.5) {
        wrong++;
        out.push(next() < 0.4 ? request(pick(methods), pick(malformed(uri))) : notify(pick(told), pick(malformed(uri))));
      } else {
        out.push(request(pick(methods), { textDocument: { uri: next() < 0.9 ? uri : "file:///never.rn" }, position: place(), positions: [place()], range, newName: pick(["x", "for", ""]), ch: pick(["\n", "}"]), query: "r", known: below(next, 3), context: { diagnostics: [], includeDeclaration: true }, options: { tabSize: 2, insertSpaces: true } }));
        if (next() < 0.3) out.push(notify("$/cancelRequest", { id: id - below(next, 3) }));
      }
    }
    if (next() < 0.3) out.push(notify("textDocument/didClose", { textDocument: { uri } }));
    const bytes = Buffer.concat(out);
    for (let from = 0; from < bytes.length; ) {
      const to = next() < 0.5 ? bytes.length : from + 1 + below(next, 200);
      server.stdin.write(bytes.subarray(from, to));
      from = to;
      if (next() < 0.2) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.race([reply(id), exit]);
    expect(server.exitCode).toBeNull();
  }
  server.stdin.write(request("shutdown", null));
  await reply(id);
  expect(id).toBeGreaterThan(conversations * 5);
  expect(wrong).toBeGreaterThan(conversations);
  expect([...replies.values()].every((codes) => codes.length === 1)).toBe(true);
  expect([...replies.values()].flat()).not.toContain(-32603);
  expect(needy.map((_, i) => replies.get(i + 2))).toEqual(needy.map(() => [-32602]));
  expect(replies.size).toBe(id);
  server.stdin.write(notify("exit", null));
  expect(await exit).toBe(0);
});
