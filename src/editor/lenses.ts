// Above each export, and each model that is one: parameters · MACs · weights · peak memory; its graph and its module to open.
// Law: the plan is made when a lens is seen (`resolve`), not while typing.
import type { Compilation } from "../compiler/compilation.ts";
import { hasErrors } from "../source/diagnostic.ts";
import { exportsOf } from "../language/program.ts";
import { count } from "../lower/context.ts";
import { bytes } from "../source/quantities.ts";
import type { Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";
import { bytesOf, costOf } from "./places.ts";

export interface Lens {
  readonly export: string;
  readonly span: Span;
}

export function lenses({ file }: Analysis): readonly Lens[] {
  return exportsOf(file).map((d) => ({ export: d.name.text, span: d.name.span }));
}

/** What an export costs, or why that is not known. */
export function lensText({ understood }: Analysis, name: string): string {
  if (hasErrors(understood.diagnostics)) return "not computed: the program has errors";
  const found = exported(understood, name);
  if (!found) return `not computed: there is no export ${name}`;
  const { fragment } = found.elaborated.model;
  const { parameters, macs } = costOf(fragment);
  const weights = found.graph.parameters.reduce((sum, p) => sum + bytesOf(p.type), 0);
  const { fixed, perSample } = found.plan.regions.activations;
  return `${count(parameters)} parameters · ${count(macs)} MACs · ${bytes(weights)} weights · ${bytes(4 * (fixed + perSample))} peak memory`;
}

function exported({ exports }: Compilation, name: string): Compilation["exports"][number] | undefined {
  return exports.find((e) => e.name === name);
}
