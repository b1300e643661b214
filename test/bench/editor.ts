// How long an editor waits after a keystroke: from `didChange` until the built server, in a process of its own and over its streams,
// has told diagnostics and inlay hints. Every keystroke types a letter into a word of the program or takes it away again.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../cli/rnc.ts";
import { startClient, uriOf, type Client } from "../lsp/client.ts";
import { head, line, ms } from "./report.ts";
import { quantile } from "./statistics.ts";

const programs = ["imagenet.rn", "preact.rn"];
const warmUp = 200;

export async function editorTable(quick: boolean): Promise<string[]> {
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const keystrokes = quick ? 400 : 2000;
  const client = await startClient();
  const rows: string[] = [];
  for (const name of programs) {
    const times = await typing(client, name, keystrokes);
    rows.push(line([name, times.length, ...[0.5, 0.99, 1].map((q) => ms(quantile(times, q)))]));
  }
  await client.stop();
  return [`Keystroke to shapes: ms from \`didChange\` to diagnostics and inlay hints, over stdio, after ${warmUp} keystrokes to warm up`, "", ...head(["program", "keystrokes", "p50", "p99", "max"]), ...rows];
}

async function typing(client: Client, name: string, keystrokes: number): Promise<readonly number[]> {
  const text = readFileSync(join(root, "examples", name), "utf8");
  const uri = uriOf(join(root, "examples", name));
  await client.open(uri, text);
  const words = [...text.matchAll(/[A-Za-z0-9_]+/g)].map((m) => placeOf(text, m.index + m[0].length));
  const times: number[] = [];
  let version = 1;
  const press = async (range: Parameters<Client["change"]>[3], typed: string): Promise<void> => {
    const begin = performance.now();
    const told = client.change(uri, ++version, typed, range);
    const hints = client.request("textDocument/inlayHint", { textDocument: { uri }, range: { start: { line: 0, character: 0 }, end: { line: 1e6, character: 0 } } });
    await Promise.all([told, hints]);
    times.push(performance.now() - begin);
  };
  for (let i = 0; times.length < warmUp + keystrokes; i++) {
    const at = words[i % words.length]!;
    await press({ start: at, end: at }, "a");
    await press({ start: at, end: { line: at.line, character: at.character + 1 } }, "");
  }
  client.notify("textDocument/didClose", { textDocument: { uri } });
  return times.slice(warmUp);
}

function placeOf(text: string, offset: number): { readonly line: number; readonly character: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before.at(-1)!.length };
}
