// `rnc types`: declarations beside programs, so that `tsc` knows what imports of them are where no bundler has run.
import { hasErrors } from "../source/diagnostic.ts";
import { writeDeclarations } from "./declarations.ts";
import { ExitCode, usageError } from "./exit.ts";
import { openImported } from "./imported.ts";
import { report, type BuildOptions } from "./program.ts";
import { say } from "./terminal.ts";

export interface TypesOptions extends BuildOptions {
  readonly threads?: boolean;
  readonly train?: boolean;
}

export async function types(paths: readonly string[], options: TypesOptions): Promise<number> {
  if (options.threads && options.target !== "wasm") throw usageError(`--target ${options.target ?? "ts"} computes in one thread`, "add --target wasm");
  let code: number = ExitCode.success;
  for (const path of paths) {
    if (!path.endsWith(".rn")) throw usageError(`${path} is no .rn file: its declarations would lie beside it`);
    const { exports, diagnostics, file } = openImported(path, { ...(options.threads ? { threads: true } : {}), ...(options.train ? { train: true } : {}) }, {}, options);
    report(diagnostics, file);
    if (hasErrors(diagnostics)) code = ExitCode.failure;
    else say(`${writeDeclarations(path, exports)}\n`);
  }
  return code;
}
