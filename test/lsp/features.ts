// Every feature of the server on one program: of the command, and of what packages carry.
import { join } from "node:path";
import { expect } from "vitest";
import type { Source } from "../../src/source/text.ts";
import { root } from "../cli/rnc.ts";
import { examples } from "../language/support.ts";
import { uriOf, type Client } from "./client.ts";

/** Examples with a model of their own. */
export const programs: readonly Source[] = examples.filter((e) => e.name.startsWith("examples/") && e.text.includes("  input "));

const end = { line: 1e6, character: 0 };
const everything = { start: { line: 0, character: 0 }, end };

/** Where a piece of text stands. */
export const find = (text: string, piece: string, plus = 0) => {
  const before = text.slice(0, text.indexOf(piece) + plus).split("\n");
  return { line: before.length - 1, character: before.at(-1)!.length };
};

export async function everyFeature(client: Client, { name, text }: Source): Promise<void> {
  const uri = uriOf(join(root, name));
  const at = { textDocument: { uri }, position: find(text, "model ", 6) };
  const doc = { textDocument: { uri } };
  expect((await client.open(uri, text)).diagnostics).toEqual([]);
  expect((await client.request("textDocument/inlayHint", { ...doc, range: everything })).length).toBeGreaterThan(4);
  expect((await client.request("textDocument/hover", at)).contents.value).toContain("model ");
  expect((await client.request("textDocument/definition", at))[0]).toMatchObject({ uri });
  expect((await client.request("textDocument/references", { ...at, context: { includeDeclaration: true } })).length).toBeGreaterThan(0);
  expect((await client.request("textDocument/documentHighlight", at)).length).toBeGreaterThan(0);
  expect(await client.request("textDocument/prepareRename", at)).toMatchObject({ start: { line: at.position.line } });
  expect(Object.keys((await client.request("textDocument/rename", { ...at, newName: "renamed_model" })).changes)).toEqual([uri]);
  expect((await client.request("textDocument/documentSymbol", doc)).map((s: { name: string }) => s.name).length).toBeGreaterThan(0);
  expect((await client.request("workspace/symbol", { query: "" })).length).toBeGreaterThan(0);
  expect((await client.request("textDocument/completion", { ...doc, position: { line: 0, character: 0 } }))).toEqual(expect.any(Array));
  expect(await client.request("textDocument/signatureHelp", { ...doc, position: find(text, "(", 1) })).toBeDefined();
  const [lens, graph, compile] = await client.request("textDocument/codeLens", doc);
  expect([graph.command, compile.command]).toMatchObject([{ command: "rnc.openGraph", arguments: [uri, lens.data.export] }, { command: "rnc.compile", arguments: [uri, lens.data.export] }]);
  expect((await client.request("codeLens/resolve", lens)).command.title).toMatch(/parameters · .*MACs · .*weights · .*peak memory/);
  expect((await client.request("textDocument/foldingRange", doc)).length).toBeGreaterThan(0);
  expect((await client.request("textDocument/selectionRange", { ...doc, positions: [at.position] }))[0].parent).toBeDefined();
  expect((await client.request("textDocument/semanticTokens/full", doc)).data.length % 5).toBe(0);
  expect(await client.request("textDocument/documentLink", doc)).toHaveLength([...text.matchAll(/from "/g)].length);
  expect(await client.request("textDocument/codeAction", { ...doc, range: everything, context: { diagnostics: [] } })).toEqual([]);
  const { exports, scene, stale } = await client.request("rnc/graph", doc);
  expect([stale, scene.title, scene.nodes.length > 4]).toEqual([false, exports[0], true]);
  const options = { tabSize: 2, insertSpaces: true };
  expect(await client.request("textDocument/formatting", { ...doc, options })).toEqual([]);
  expect(await client.request("textDocument/rangeFormatting", { ...doc, range: everything, options })).toEqual([]);
  expect(await client.request("textDocument/onTypeFormatting", { ...doc, position: end, ch: "}", options })).toEqual([]);
  client.notify("textDocument/didClose", doc);
}
