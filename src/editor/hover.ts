// What a name means and what flows through the step under the cursor: documentation, shape in and out, parameters, MACs, bytes; in a
// block, one line per export that uses it. Out: Markdown.
import { printSample } from "../lower/value.ts";
import { count } from "../lower/context.ts";
import { isWord, words } from "../language/builtins.ts";
import type { Call, File, Name } from "../language/ast.ts";
import type { Reference } from "../language/program.ts";
import { lineReference, spanText, type Span } from "../source/text.ts";
import type { Analysis, Visit } from "./analysis.ts";
import { assigned, builtin, docOf, meaningOf, nameOf, parametersFor, signatureOf, type Parameter } from "./callee.ts";
import { bytesOf, costOf } from "./places.ts";
import { isApplied, pathAt } from "./tree.ts";

export interface Hover {
  readonly span: Span;
  readonly text: string;
}

export function hover(analysis: Analysis, offset: number): Hover | null {
  const reference = analysis.referenceAt(offset);
  const argument = argumentAt(analysis, offset);
  const said = argument ? [argument.text] : reference ? describe(reference, analysis) : [];
  const visits = argument ? [] : visitsAt(analysis, offset, reference);
  const flows = visits.length > 0 ? [visits.map(flow).join("  \n")] : [];
  const at = argument?.span ?? reference?.use ?? visits[0]?.place.span;
  return at && said.length + flows.length > 0 ? { span: at, text: [...said, ...flows].join("\n\n") } : null;
}

// ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The name of an argument, `bias` of `bias = false`. */
function argumentAt({ file, module }: Analysis, offset: number): Hover | null {
  for (const node of pathAt(file, offset).filter(isApplied).reverse()) {
    const callee = meaningOf(nameOf(node) ?? [], module);
    const i = node.args.findIndex((a) => a.name && a.name.span.start <= offset && offset <= a.name.span.end);
    if (i < 0 || !callee) continue;
    const parameter = assigned(node.args, parametersFor(callee))[i];
    return parameter ? { span: node.args[i]!.name!.span, text: code(parameter.text) + (parameter.doc ? `\n\n${parameter.doc}` : "") } : null;
  }
  return null;
}

function describe({ use, meaning, definition }: Reference, { module, file }: Analysis): readonly string[] {
  const text = spanText(use);
  if (meaning === "word" && isWord(text)) return [code(text), words[text]];
  if (meaning === "in") return [code("in"), "What flows into the block or model."];
  if (meaning === "layer" || meaning === "merge" || meaning === "function") {
    const known = builtin(text);
    return known ? [code(signatureOf(known)), docOf(known), ...attributes(parametersFor(known))] : [code(text)];
  }
  const known = meaning === "block" || meaning === "model" ? meaningOf(pathOf(use, file), module) : null;
  if (known) return [code(`${meaning} ${signatureOf(known)}`), docOf(known)].filter((s) => s !== "");
  const declared = file.declarations.find((d) => "name" in d && d.name.span.start === definition?.start && d.name.span.source === definition.source);
  const doc = declared && "doc" in declared && declared.doc ? [declared.doc] : [];
  if (declared?.kind === "const" || declared?.kind === "export") return [code(spanText(declared.span)), ...doc];
  return [code(`${meaning} ${text}`), ...(definition && definition.source !== use.source ? [`${lineReference(definition)}`] : [])];
}

/** The name with what stands before it, `r.basic`, where it is a step's. */
function pathOf(use: Span, file: File): readonly Name[] {
  const step = pathAt(file, use.start).findLast((n): n is Call => n.kind === "call");
  return step?.name.some((n) => n.span.start === use.start) ? step.name : [{ text: spanText(use), span: use }];
}

function attributes(parameters: readonly Parameter[]): readonly string[] {
  return parameters.length === 0 ? [] : [parameters.map((p) => `- \`${p.text}\` ${p.doc}`).join("\n")];
}

function code(text: string): string {
  return `\`\`\`rn\n${text}\n\`\`\``;
}

// ── flows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of the innermost step around the offset; of a value, where it is named. */
function visitsAt({ visits, source }: Analysis, offset: number, reference: Reference | null): readonly Visit[] {
  const named = reference?.definition?.source === source && (reference.meaning === "value" || reference.meaning === "output") ? reference.definition : null;
  const at = named?.start ?? offset;
  let best: readonly Visit[] = [];
  for (const v of visits) {
    const { start, end } = v[0]!.place.span;
    const around = start <= at && at <= end;
    if (around && (best.length === 0 || end - start < best[0]!.place.span.end - best[0]!.place.span.start)) best = v;
  }
  return best;
}

/** "**resnet20** [16, 32, 32] → [32, 16, 16] · 4,608 parameters · 1,179,648 MACs · 32,768 bytes · ×3" */
function flow({ export: name, place: { first, last, count: times } }: Visit): string {
  const { passage: { from, to, start, end }, fragment } = first;
  const cost = costOf(fragment, start, end);
  const shapes = `${from ? `${printSample(from)} → ` : ""}${to ? printSample(to) : "?"}`;
  const later = last.passage.to && last.passage.to !== to ? ` … ${last.passage.from ? `${printSample(last.passage.from)} → ` : ""}${printSample(last.passage.to)}` : "";
  const parts = [
    `${shapes}${later}`,
    ...(cost.parameters > 0 ? [`${count(cost.parameters)} parameters`] : []),
    ...(cost.macs > 0 ? [`${count(cost.macs)} MACs`] : []),
    ...(to ? [`${count(bytesOf(to))} bytes`] : []),
    ...(times > 1 ? [`×${times}`] : []),
  ];
  return `**${name}** ${parts.join(" · ")}`;
}
