// `cifar.d.rn.ts` beside `cifar.rn`: what TypeScript knows of an import of it. Written when it would change, all of it or nothing; what rnc
// did not write stays as it is.
import { basename, dirname, join } from "node:path";
import { isGenerated, writeAll } from "./files.ts";
import { declareProgram } from "../codegen/module/namespace.ts";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { version } from "../compiler/version.ts";

/** The path of the file. Throws a CommandError where the file cannot be written, or is somebody else's. */
export function writeDeclarations(path: string, exports: readonly ExportCompilation[]): string {
  const name = basename(path, ".rn");
  const content = declareProgram(`${name}.rn`, version, exports.map((e) => ({ name: e.name, doc: e.elaborated.doc, text: e.module.declared })));
  writeAll(dirname(path), [{ name: `${name}.d.rn.ts`, content, replaces: isGenerated }]);
  return join(dirname(path), `${name}.d.rn.ts`);
}
