// The built server over stdio: every feature on the examples, edits, several files, and what no client should send.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { format } from "../../src/language/format.ts";
import { rnc } from "../cli/rnc.ts";
import { connect, startClient, uriOf, type Client } from "./client.ts";
import { everyFeature, find, programs } from "./features.ts";

let client: Client;
const folder = mkdtempSync(join(tmpdir(), "rnc-lsp-"));
beforeAll(async () => { client = await startClient(); });
afterAll(async () => {
  expect(await client.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});

const file = (name: string): string => uriOf(join(folder, name));

test.each(programs)("every feature on $name", (program) => everyFeature(client, program));

test("diagnostics in the words of rnc check, with related places and fixes", async () => {
  const text = "block project(to) { conv(to.c, 1, 2) }\nmodel m {\n  input x: [3, 8, 8]\n  skip { conv(4, 3, 2) }\n  denze(10)\n  output y\n}\n";
  writeFileSync(join(folder, "wrong.rn"), text);
  const { diagnostics } = await client.open(file("wrong.rn"), text);
  const said = JSON.parse(rnc(["check", "--format", "json", join(folder, "wrong.rn")]).stdout).diagnostics as { readonly code: string; readonly message: string }[];
  expect(diagnostics.map((d) => [d.code, String(d.message).split("\n")[0]])).toEqual(said.map((d) => [d.code, d.message]));
  const skip = diagnostics.find((d) => d.code === "RN301")!;
  expect(skip.relatedInformation!.map((r) => r.message).join()).toContain("this makes [4, 4, 4]");
  const actions = await client.request("textDocument/codeAction", { textDocument: { uri: file("wrong.rn") }, range: skip.range, context: { diagnostics: [skip] } });
  expect(actions[0].edit.changes[file("wrong.rn")][0].newText).toBe("(project)");
});

test("refactorings, of the kinds that are asked for", async () => {
  const uri = file("refactored.rn");
  const text = "block act { bn -> relu }\nmodel m {\n  input x: [3, 8, 8]\n  conv(4) -> act -> act\n  output y\n}\n";
  await client.open(uri, text);
  const kinds = async (start: object, stop: object, only?: string[]): Promise<string[]> => {
    const found = await client.request("textDocument/codeAction", { textDocument: { uri }, range: { start, end: stop }, context: { diagnostics: [], ...(only ? { only } : {}) } }) as { readonly kind: string; readonly edit: { readonly changes: object } }[];
    expect(found.every((a) => Object.keys(a.edit.changes).join() === uri)).toBe(true);
    return found.map((a) => a.kind);
  };
  expect(await kinds(find(text, "conv"), find(text, "-> act", 6))).toEqual(["refactor.extract"]);
  expect(await kinds(find(text, "-> act", 4), find(text, "-> act", 4))).toEqual(["refactor.inline", "refactor.rewrite"]);
  expect(await kinds(find(text, "-> act", 4), find(text, "-> act", 4), ["refactor.inline"])).toEqual(["refactor.inline"]);
  expect(await kinds(find(text, "conv"), find(text, "-> act", 6), ["quickfix"])).toEqual([]);
});

test("ranges change, line by line, as an editor tells it; formatting mends the layout", async () => {
  const uri = file("typed.rn");
  await client.open(uri, "");
  const lines = ["model m {", "input x: [3,8,8]", "conv(4,3)->relu", "output y", "}"];
  for (const [i, l] of lines.entries()) await client.change(uri, i + 2, `${l}\n`, { start: { line: i, character: 0 }, end: { line: i, character: 0 } });
  const text = lines.map((l) => `${l}\n`).join("");
  const edits = await client.request("textDocument/formatting", { textDocument: { uri }, options: { tabSize: 2, insertSpaces: true } }) as { range: { start: { line: number; character: number }; end: { line: number; character: number } }; newText: string }[];
  const at = (p: { line: number; character: number }): number => text.split("\n").slice(0, p.line).join("\n").length + (p.line > 0 ? 1 : 0) + p.character;
  const done = edits.toReversed().reduce((t, e) => t.slice(0, at(e.range.start)) + e.newText + t.slice(at(e.range.end)), text);
  expect(done).toBe(format({ name: "typed.rn", text }));
});

test("the graph: ids that stay, what changed since the version the client knows, the last good one while the text is wrong", async () => {
  const uri = file("live.rn");
  const text = "model m {\n  input x: [3, 8, 8]\n  conv(4, 3)\n  relu\n  output y\n}\nexport a = m\nexport n = m\n";
  const graph = (known?: number, name?: string) => client.request("rnc/graph", { textDocument: { uri }, ...(known === undefined ? {} : { known }), ...(name === undefined ? {} : { export: name }) });
  await client.open(uri, text);
  const first = await graph();
  expect(first).toMatchObject({ version: 1, stale: false, exports: ["a", "n"], export: "a", problem: null, diff: null, scene: { title: "a", parameters: 112, macs: 6912 } });
  const conv = first.scene.nodes.find((n: { title: string }) => n.title === "conv 3×3, 4");
  expect(conv).toMatchObject({ kind: "layer", shape: "4 × 8 × 8", range: { start: { line: 2, character: 2 }, end: { line: 2, character: 12 } } });
  const line = { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } };
  await client.change(uri, 2, "  avgpool(2)\n", line);
  const second = await graph(1);
  expect(second.diff).toEqual({ added: [expect.stringContaining("avgpool")], removed: [], changed: first.scene.nodes.slice(1).map((n: { id: string }) => n.id) });
  expect(second.scene.nodes.find((n: { id: string }) => n.id === conv.id).range.start.line).toBe(3);
  await client.change(uri, 3, "  conv(\n", line);
  expect(await graph(2)).toEqual({ ...second, stale: true, problem: "the program has errors", diff: { added: [], removed: [], changed: [] } });
  expect((await graph(1)).diff).toBeNull();
  expect(await graph(2, "n")).toMatchObject({ version: 3, stale: true, export: "n", scene: null });
  await client.change(uri, 4, "const a = 1\n");
  expect(await graph()).toMatchObject({ version: 4, stale: true, exports: [], export: null, scene: null, problem: expect.stringContaining("nothing is exported") });
  await client.change(uri, 5, "model m {\n  input x: [8]\n  relu * 30_000\n  output y\n}\n");
  expect(await graph()).toMatchObject({ export: "m", scene: null, stale: true, problem: expect.stringContaining("30,000 layers and parameters are too many") });
  expect(await client.request("rnc/graph", { textDocument: { uri: file("never.rn") } })).toBeNull();
});

test("the graph of an export that is not there is none, and that is said; while the text is wrong it is the last one", async () => {
  const uri = file("renamed.rn");
  const text = "model m {\n  input x: [8]\n  relu\n  output y\n}\nexport a = m\nexport n = m\n";
  const graph = (name: string): Promise<any> => client.request("rnc/graph", { textDocument: { uri }, export: name });
  await client.open(uri, text);
  expect(await graph("nn")).toMatchObject({ export: null, scene: null, exports: ["a", "n"], problem: "there is no export nn; there are a, n" });
  expect(await graph("n")).toMatchObject({ export: "n", stale: false });
  await client.change(uri, 2, text.replace("export n", "export "));
  expect(await graph("n")).toMatchObject({ export: "n", stale: true, scene: { title: "n" } });
  await client.change(uri, 3, text.replace("export n = m\n", ""));
  expect(await graph("n")).toMatchObject({ export: null, scene: null, problem: "there is no export n; there is a" });
});

test("the graph near the cursor is of an export that comes by there, the asked one first", async () => {
  const uri = file("near.rn");
  const text = "block shared { relu }\nmodel m(n = 1) {\n  input x: [8]\n  shared\n  dense(n)\n  output y\n}\nmodel other {\n  input x: [4]\n  shared\n  output y\n}\nblock unused { relu }\nexport a = m\nexport b = m(2)\nexport c = other\n";
  await client.open(uri, text);
  const at = async (word: string, name?: string): Promise<unknown> => ((await client.request("rnc/graph", { textDocument: { uri }, near: find(text, word), ...(name === undefined ? {} : { export: name }) })) as { export: unknown }).export;
  expect(await Promise.all([at("dense"), at("dense", "b"), at("dense", "c")])).toEqual(["a", "b", "a"]);
  expect(await Promise.all([at("[4]"), at("[4]", "b"), at("model other", "b")])).toEqual(["c", "c", "c"]);
  expect(await Promise.all([at("shared {", "c"), at("shared {", "gone")])).toEqual(["c", "a"]);
  expect(await Promise.all([at("unused", "b"), at("export b", "a")])).toEqual(["b", "b"]);
});

test("what comes before initialize, or lacks a parameter, is refused in the protocol's own codes", async () => {
  const uri = file("alone.rn");
  await client.open(uri, "model m {\n  input x: [8]\n  relu\n  output y\n}\n");
  const code = (asked: Promise<unknown>): Promise<unknown> => asked.then(() => null, (e: { code: number; message: string }) => [e.code, e.message]);
  const { connection, ended } = connect();
  const early = [-32002, "the first request is initialize"];
  for (const method of ["textDocument/hover", "workspace/symbol", "codeLens/resolve", "rnc/graph", "no/such"]) expect(await code(connection.sendRequest(method, { textDocument: { uri } })), method).toEqual(early);
  connection.sendNotification("exit");
  expect(await ended).toBe(1);
  for (const method of ["textDocument/hover", "textDocument/inlayHint", "textDocument/rename", "textDocument/documentSymbol", "textDocument/semanticTokens/full", "rnc/graph"]) expect(await code(client.request(method, {})), method).toEqual([-32602, "params need textDocument: { uri }"]);
  const asked = (method: string, more: object): Promise<unknown> => code(client.request(method, { textDocument: { uri }, ...more }));
  expect(await asked("textDocument/hover", {})).toEqual([-32602, "params need position: { line, character }"]);
  expect(await asked("textDocument/inlayHint", { range: { start: { line: 0, character: 0 } } })).toEqual([-32602, expect.stringContaining("params need range")]);
  expect(await asked("textDocument/selectionRange", {})).toEqual([-32602, expect.stringContaining("params need positions")]);
  expect(await asked("textDocument/rename", { position: { line: 1, character: 8 } })).toEqual([-32602, "params need newName: a text"]);
  expect(await code(client.request("workspace/symbol", {}))).toEqual([-32602, "params need query: a text"]);
  expect(await code(client.request("codeLens/resolve", { range: { start: 1, end: 2 } }))).toEqual([-32602, expect.stringContaining("params need range")]);
});

test("a session begins once and ends once; what is told before and after is not taken", async () => {
  const { connection, ended } = connect();
  const asked = (method: string, params: object = {}): Promise<unknown> => connection.sendRequest(method, params).catch((e: { code: number; message: string }) => [e.code, e.message]);
  const open = (name: string): Promise<void> => connection.sendNotification("textDocument/didOpen", { textDocument: { uri: file(name), languageId: "rn", version: 1, text: "const a = 1\n" } });
  const known = async (): Promise<unknown> => ((await asked("workspace/symbol", { query: "" })) as { location: { uri: string } }[]).map((s) => s.location.uri);
  void open("early.rn");
  expect(await asked("shutdown")).toEqual([-32002, "the first request is initialize"]);
  expect(await asked("initialize", {})).toMatchObject({ serverInfo: { name: "rnc" } });
  expect(await asked("initialize", { capabilities: {} })).toEqual([-32600, "initialize was answered before"]);
  void open("timely.rn");
  expect(await known()).toEqual([file("timely.rn")]);
  expect(await asked("shutdown")).toBeNull();
  for (const method of ["workspace/symbol", "textDocument/hover", "no/such", "initialize", "shutdown"]) expect(await asked(method), method).toEqual([-32600, "after shutdown comes nothing but exit"]);
  void connection.sendNotification("exit");
  expect(await ended).toBe(0);
});

test("a notification that cannot be understood is dropped, and what is known stays", async () => {
  const uri = file("kept.rn");
  const doc = { textDocument: { uri } };
  const change = (contentChanges: unknown, version: unknown = 2): void => client.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
  await client.open(uri, "const kept = 1\n");
  client.notify("textDocument/didOpen", { textDocument: { uri, version: 1 } });
  client.notify("textDocument/didOpen", { textDocument: { uri, version: "1", text: "const no = 1\n" } });
  client.notify("textDocument/didClose", { textDocument: uri });
  for (const changes of [undefined, "const no = 1", [null], [{ text: 5 }], [{ text: "const no = 1\n" }, {}], [{ text: "const no = 1\n", range: { start: 0 } }]]) change(changes);
  change([{ text: "const no = 1\n" }], "2");
  const names = async (): Promise<string[]> => (await client.request("textDocument/documentSymbol", doc)).map((s: { name: string }) => s.name);
  expect(await names()).toEqual(["kept"]);
  expect((await client.request("workspace/symbol", { query: "kept" })).map((s: { name: string }) => s.name)).toEqual(["kept"]);
  change([{ text: "const all = 1\n", range: null }]);
  expect(await names()).toEqual(["all"]);
});

test("what clients leave out they may send as null, and a list of one as its element", async () => {
  const uri = file("nulls.rn");
  const text = "block act { relu }\nmodel m {\n  input x: [8]\n  act\n  output y\n}\nexport a = m\n";
  await client.open(uri, text);
  expect(await client.request("rnc/graph", { textDocument: { uri }, export: null, near: null, known: null })).toMatchObject({ export: "a", stale: false, diff: null });
  const kinds = async (only: unknown): Promise<string[]> => (await client.request("textDocument/codeAction", { textDocument: { uri }, range: { start: find(text, "  act", 2), end: find(text, "  act", 2) }, context: { only } })).map((a: { kind: string }) => a.kind);
  expect([await kinds("quickfix"), await kinds("refactor.inline"), await kinds(["refactor.inline"])]).toEqual([[], ["refactor.inline"], ["refactor.inline"]]);
  expect(await kinds(null)).toContain("refactor.inline");
  const lens = async (data: unknown): Promise<string> => (await client.request("codeLens/resolve", { range: { start: find(text, "a = m"), end: find(text, "a = m") }, data })).command.title;
  expect([await lens({ uri: file("never.rn"), export: "a" }), await lens(null), await lens({ uri, export: "b" })]).toEqual(["not computed: no such document is open", "not computed: no such document is open", "not computed: there is no export b"]);
});

describe("several files", () => {
  test("an import is the open document, not the file; what imports it is told when it changes", async () => {
    writeFileSync(join(folder, "part.rn"), "block part { relu }\n");
    const main = 'import { part } from "./part.rn"\nmodel m {\n  input x: [3, 8, 8]\n  part\n  output y\n}\n';
    expect((await client.open(file("main.rn"), main)).diagnostics).toEqual([]);
    const [definition] = await client.request("textDocument/definition", { textDocument: { uri: file("main.rn") }, position: find(main, "  part", 3) });
    expect(definition).toMatchObject({ uri: file("part.rn"), range: { start: { line: 0, character: 6 } } });
    await client.open(file("part.rn"), "block other { relu }\n");
    const { diagnostics } = await client.change(file("main.rn"), 2, `${main}\n`);
    expect(diagnostics.map((d) => String(d.message).split("\n")[0])).toEqual(['"part.rn" declares no `part`']);
    client.notify("textDocument/didClose", { textDocument: { uri: file("part.rn") } });
  });

  test("nothing outside the program's folder is read", async () => {
    const { diagnostics } = await client.open(file("outside.rn"), 'import { a } from "../../etc/passwd"\n');
    expect(diagnostics[0]!.message).toContain("lies outside the program's folder");
  });

  test("the standard library can be opened", async () => {
    const text = 'import { basic } from "rn/resnet"\n';
    await client.open(file("library.rn"), text);
    const [{ uri, range }] = await client.request("textDocument/definition", { textDocument: { uri: file("library.rn") }, position: find(text, "basic") });
    expect(readFileSync(fileURLToPath(uri), "utf8").split("\n")[range.start.line]).toContain("block basic");
  });
});

test("what no client should send is answered, and the server lives", async () => {
  const uri = file("alive.rn");
  await client.open(uri, "model m {\n  input x: [8]\n  relu\n  output y\n}\n");
  const asked = [[1e9, 1e9], [-5, -5], [0.5, NaN], [2, 1e9]].flatMap(([line, character]) =>
    ["hover", "completion", "definition", "signatureHelp", "documentHighlight", "prepareRename"].map((m) => client.request(`textDocument/${m}`, { textDocument: { uri }, position: { line, character } }).then(() => 1, () => 1)));
  expect((await Promise.all(asked)).length).toBe(asked.length);
  const nowhere = await client.open("file:///no/such/folder/x.rn", 'import { a } from "./a.rn"\n');
  expect(nowhere.diagnostics[0]!.message).toContain("save the program first");
  await expect(client.request("no/such", {})).rejects.toThrow("there is no method");
  expect(await client.request("textDocument/hover", { textDocument: { uri: file("never.rn") }, position: { line: 0, character: 0 } })).toBeNull();
  await expect(client.request("textDocument/rename", { textDocument: { uri }, position: { line: 1, character: 8 }, newName: "for" })).rejects.toThrow("is a keyword");
  const { diagnostics } = await client.change(uri, 0, "model m {");
  expect(diagnostics.length).toBeGreaterThan(0);
});
