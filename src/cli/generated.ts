// Generated modules, imported as anyone would, and their errors as the command's. Law: what runs is the module, through its public contract.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EmittedModule } from "../codegen/module/contract.ts";
import { failure, type CommandError } from "./exit.ts";

export interface Imported<M> {
  readonly module: M;
  /** Removes what was written so that threads find it. */
  readonly remove: () => void;
}

/** Of a module compiled as JavaScript. One that starts threads is a file, since its worker lies beside it; others need none. */
export async function importModule<M>({ name, module: emitted }: { readonly name: string; readonly module: EmittedModule }, threads: boolean): Promise<Imported<M>> {
  const files = emitted.files.filter((f) => f.name.endsWith(".js"));
  const main = files.find((f) => f.name === `${name}.js`)!;
  if (!threads) return { module: (await import(`data:text/javascript;base64,${Buffer.from(main.text).toString("base64")}`)) as M, remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "rnc-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    for (const f of files) writeFileSync(join(folder, f.name), f.text);
    return { module: (await import(pathToFileURL(join(folder, main.name)).href)) as M, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The code of an error that a generated module throws; null for any other. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && error.name === "RncError" ? (error as Error & { readonly code: string }).code : null;
}

/** Of a module's own error the command's; what is no such error is our mistake, and goes on as it is. */
export function asFailure(error: unknown, where = ""): CommandError {
  if (codeOf(error) === null) throw error;
  return failure(where + (error as Error).message);
}
