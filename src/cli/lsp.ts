// `rnc lsp --stdio`: the language server on stdin and stdout, with the files of this machine.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createConnection } from "vscode-languageserver/node";
import { loadLibrary } from "../compiler/library.ts";
import type { Host } from "../lsp/host.ts";
import { connectionOptions } from "../lsp/messages.ts";
import { serve } from "../lsp/server.ts";
import { decode, limits, openContained } from "./files.ts";

/** Never ends by itself: `exit`, the end of stdin or that of the editor end the process. */
export function lsp(): Promise<number> {
  serve(createConnection(process.stdin, process.stdout, connectionOptions), host());
  return new Promise(() => {});
}

/** Null where the document is no file of this machine, or its folder is not there. */
function folderOf(uri: string): string | null {
  try {
    const folder = dirname(fileURLToPath(uri));
    return existsSync(folder) ? folder : null;
  } catch {
    return null;
  }
}

function host(): Host {
  let folder: string | null = null;
  const written = new Map<string, string>();
  process.on("exit", () => folder !== null && rmSync(folder, { recursive: true, force: true }));
  return {
    read: (path, importer, root) => {
      const [folder, from] = [folderOf(root), folderOf(importer)];
      if (folder === null || from === null) return { problem: `"${path}" cannot be imported here`, help: "save the program first: it has no folder yet" };
      const found = openContained(folder, from, path, limits.program);
      if ("problem" in found) return { ...found, problem: `"${path}" ${found.problem}` };
      const text = decode(found.bytes);
      return text === null ? { problem: `"${path}" is not UTF-8 text` } : { uri: pathToFileURL(found.path).href, text };
    },
    addressOf: (name) => {
      const known = written.get(name);
      const found = known === undefined ? loadLibrary(name) : null;
      if (!found) return known ?? null;
      const file = join((folder ??= mkdtempSync(join(tmpdir(), "rnlang-"))), `${name}.rn`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, found.source.text, { mode: 0o444, flag: "wx" });
      written.set(name, pathToFileURL(file).href);
      return pathToFileURL(file).href;
    },
  };
}
