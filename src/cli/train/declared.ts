// What a program says of training, for commands that need it said.
import type { ExportCompilation } from "../../compiler/compilation.ts";
import { untrained } from "../../compiler/trained.ts";
import type { CommandError } from "../exit.ts";
import type { Program } from "../program.ts";
import { integer } from "../table.ts";

/** Every export must have a declaration; `what` asks for it, and `complain` makes the error. */
export function checkTrained(path: string, { compilation: { exports } }: Program, what: string, complain: (message: string, help: string) => CommandError): void {
  const found = untrained(exports);
  if (!found) return;
  const { problem, help, declaration } = found;
  throw complain(`${what}: ${problem}`, declaration === null ? help : `add to ${path}:\n\n${declaration.replaceAll(/^(?=.)/gm, "    ")}`);
}

/** "sgd, 2,000 steps of 32" */
export function inWords({ elaborated: { train } }: ExportCompilation): string {
  return train ? `${train.optimizer.kind}, ${integer(train.steps)} steps of ${integer(train.batch)}` : "";
}
