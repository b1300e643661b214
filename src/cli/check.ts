// `rnc check`: everything that is wrong with programs, for people or for machines. Elaborates every export; generates nothing.
import { version } from "../compiler/version.ts";
import { hasErrors, type Diagnostic } from "../source/diagnostic.ts";
import { renderGithub, renderJson, renderSarif, type MachineOptions } from "../source/render-json.ts";
import type { Source } from "../source/text.ts";
import { ExitCode } from "./exit.ts";
import { openProgram, report, type BuildOptions } from "./program.ts";
import { print } from "./terminal.ts";

export interface CheckOptions extends BuildOptions {
  readonly format: "text" | "json" | "sarif" | "github";
}

const machine = { json: renderJson, sarif: renderSarif, github: renderGithub } as const satisfies Record<string, (d: readonly Diagnostic[], o: MachineOptions) => string>;

export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const programs = paths.map((path) => openProgram(path, options));
  const diagnostics = programs.flatMap((p) => p.compilation.diagnostics);
  const file = (source: Source): string => programs.map((p) => p.file(source)).find((name) => name !== source.name) ?? source.name;
  if (options.format === "text") report(diagnostics, file);
  else print(machine[options.format](diagnostics, { file, version }));
  return hasErrors(diagnostics) ? ExitCode.failure : ExitCode.success;
}
