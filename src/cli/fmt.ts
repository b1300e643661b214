// `rnc fmt`: programs in the canonical layout. Only whitespace changes; a program with syntax errors is reported and left alone.
import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { format } from "../language/format.ts";
import { parse } from "../language/parse.ts";
import { ExitCode } from "./exit.ts";
import { unwritable } from "./folders.ts";
import { readProgram, report } from "./program.ts";
import { print, say } from "./terminal.ts";

export async function fmt(paths: readonly string[], options: { readonly check?: boolean }): Promise<number> {
  let code: number = ExitCode.success;
  for (const path of paths) {
    const source = readProgram(path);
    const text = format(source);
    if (text === null) {
      report(parse(source).diagnostics, () => (path === "-" ? "stdin" : path));
      code = ExitCode.failure;
    } else if (options.check) {
      if (text === source.text) continue;
      say(`${path} would change\n`);
      code = ExitCode.failure;
    } else if (path === "-") print(text);
    else if (text !== source.text) {
      replace(path, text);
      say(`formatted ${path}\n`);
    }
  }
  return code;
}

/** Through a temporary file beside it, so that an interruption leaves the old or the new text; with the same permissions. */
function replace(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    chmodSync(temporary, statSync(path).mode);
    renameSync(temporary, path);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw unwritable(path, e);
  }
}
