// Inlay hints. At each line's end: what flows there, `[16, 32, 32] … [64, 8, 8] ×9` where a line is repeated; before positional
// arguments: what they are for. Law: a line tells of one export, the first that comes by; hover tells of all.
import type { Declaration, Output } from "../language/ast.ts";
import { printSample } from "../lower/value.ts";
import { lineText, lineStarts, position } from "../source/text.ts";
import type { Analysis, Visit } from "./analysis.ts";
import { assigned, meaningOf, nameOf, parametersFor } from "./callee.ts";
import { everything, isApplied } from "./tree.ts";

export interface Hint {
  readonly kind: "shape" | "parameter";
  readonly offset: number;
  readonly text: string;
  /** Which export a shape is of. */
  readonly export: string | null;
}

/** Of the lines between two offsets: an editor asks for what it shows. */
export function hints(analysis: Analysis, start = 0, end = analysis.source.text.length): readonly Hint[] {
  const from = lineStarts(analysis.source)[position(analysis.source, start).line]!;
  const shown = analysis.file.declarations.filter(({ span }) => span.end >= from && span.start <= end);
  const all = [...shapeHints(analysis, shown), ...parameterHints(analysis, shown)];
  return all.filter((h) => start <= h.offset && h.offset <= end).sort((a, b) => a.offset - b.offset);
}

// ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function shapeHints(analysis: Analysis, shown: readonly Declaration[]): readonly Hint[] {
  const { source } = analysis;
  const said = written(shown);
  const lines = new Map<number, Visit>();
  for (const [visit] of analysis.visits) {
    if (!visit?.place.last.passage.to || said.has(visit.place.span.start)) continue;
    const { line } = position(source, visit.place.span.end);
    const known = lines.get(line);
    if (!known || later(visit, known)) lines.set(line, visit);
  }
  return [...lines].map(([line, { export: name, place }]) => {
    const from = printSample((place.first.passage.to ?? place.last.passage.to)!);
    const to = printSample(place.last.passage.to!);
    const text = `${from}${from === to ? "" : ` … ${to}`}${place.count > 1 ? ` ×${place.count}` : ""}`;
    return { kind: "shape", offset: lineStarts(source)[line]! + lineText(source, line).trimEnd().length, text, export: name };
  });
}

/** Where the names stand that have their shapes beside them: of inputs, and of outputs that say it. */
function written(declarations: readonly Declaration[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const d of declarations) {
    if (d.kind !== "model") continue;
    for (const node of everything(d)) {
      const { name, shape } = node as Partial<Output>;
      if (name && shape && (node.kind === "input" || node.kind === "output")) found.add(name.span.start);
    }
  }
  return found;
}

/** The step that ends last is what flows at the line's end; of two that end together, the outer one. */
function later({ place: { span: a } }: Visit, { place: { span: b } }: Visit): boolean {
  return a.end > b.end || (a.end === b.end && a.start < b.start);
}

// ── parameters ─────────────────────────────────────────────────────────────────────────────────────────────────────

function parameterHints({ module }: Analysis, shown: readonly Declaration[]): readonly Hint[] {
  const hints: Hint[] = [];
  for (const d of shown) {
    for (const node of everything(d)) {
      const callee = isApplied(node) ? meaningOf(nameOf(node) ?? [], module) : null;
      if (!isApplied(node) || !callee) continue;
      const parameters = assigned(node.args, parametersFor(callee));
      for (const [i, a] of node.args.entries()) {
        const name = a.name === null ? parameters[i]?.name : undefined;
        const same = a.value.kind === "name" && a.value.text === name;
        if (name !== undefined && !same) hints.push({ kind: "parameter", offset: a.span.start, text: `${name}:`, export: null });
      }
    }
  }
  return hints;
}
