// What a program says of training, for commands that need it said.
import type { ExportCompilation } from "../../compiler/compilation.ts";
import type { CommandError } from "../exit.ts";
import type { Program } from "../program.ts";
import { integer } from "../table.ts";

/** Every export must have a declaration; `what` asks for it, and `complain` makes the error. */
export function checkTrained(path: string, { compilation: { exports } }: Program, what: string, complain: (message: string, help: string) => CommandError): void {
  const without = exports.filter((e) => !e.elaborated.train);
  const trained = exports.filter((e) => e.elaborated.train).map((e) => e.name);
  if (without.length === 0) return;
  const help = trained.length > 0 ? `choose one that has: --only ${trained.join(", --only ")}` : howTo(path, without[0]!);
  throw complain(`${what}: ${without.map((e) => e.name).join(", ")} ${without.length === 1 ? "has" : "have"} no train declaration`, help);
}

/** "sgd, 2,000 steps of 32" */
export function inWords({ elaborated: { train } }: ExportCompilation): string {
  return train ? `${train.optimizer.kind}, ${integer(train.steps)} steps of ${integer(train.batch)}` : "";
}

/** A declaration to begin with. */
function howTo(path: string, e: ExportCompilation): string {
  const output = e.graph.outputs[0]!.name;
  return `add to ${path}:\n\n    train ${e.name} {\n      loss      = cross_entropy(${output})\n      optimizer = sgd(lr = 0.1, momentum = 0.9)\n    }\n`;
}
