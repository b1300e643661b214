// Labels as PyTorch's models have them: conv1, bn1, fc, downsample. Layers whose parameters had numbers get names.
// Law: only what stands once in its scope can have a label: nothing in loops and repetitions, where numbers go on counting.
import type { Body, Call, If, Statement, Step } from "../language/ast.ts";
import type { Edit } from "../source/diagnostic.ts";
import { span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";
import { meaningOf, type Known } from "./callee.ts";
import { callableAt, type Refactoring } from "./rewrite.ts";
import { layers } from "../ops/index.ts";

const stems: Readonly<Record<string, string>> = { dense: "fc" };

/** Null where the block or model at the offset has nothing to be labelled. */
export function labelling({ module, source }: Analysis, offset: number): Refactoring | null {
  const around = callableAt(module, offset);
  if (!around) return null;
  const steps = [...stepsOf(around.body)];
  const taken = new Set(steps.flatMap((s) => (s.label?.parts.length === 1 ? [String(s.label.parts[0])] : [])));
  const stemmed = steps.flatMap((s) => {
    const stem = s.label === null && s.times === null && s.what.kind === "call" ? stemOf(s.what, meaningOf(s.what.name, module)) : null;
    return stem === null ? [] : [{ at: s.span.start, stem }];
  });
  const edits: Edit[] = [];
  for (const { at, stem } of stemmed) {
    const alone = stem === "fc" && stemmed.filter((s) => s.stem === stem).length === 1;
    let label = alone && !taken.has(stem) ? stem : "";
    for (let i = 1; label === ""; i++) if (!taken.has(`${stem}${i}`)) label = `${stem}${i}`;
    taken.add(label);
    edits.push({ span: span(source, at, at), text: `${label}: ` });
  }
  const shortcuts = steps.flatMap((s) => (s.what.kind === "call" && s.what.name[0]!.text === "skip" ? (s.what.args ?? []) : [])).filter((a) => a.name === null && !(a.value.kind === "name" && a.value.text === "none"));
  if (shortcuts.length === 1 && !taken.has("downsample")) edits.push({ span: span(source, shortcuts[0]!.span.start, shortcuts[0]!.span.start), text: "downsample: " });
  return edits.length === 0 ? null : { kind: "rewrite", title: "Add PyTorch labels", edits };
}

/** What a layer with parameters, or a block, is called; null for what has no parameters. */
function stemOf(call: Call, known: Known | null): string | null {
  if (known?.kind === "block") return "layer";
  if (known?.kind !== "layer") return null;
  const { name } = known.op;
  return layers.get(name)?.params ? (stems[name] ?? name) : null;
}

/** The steps whose labels would stand in the scope of the body, once each. */
function* stepsOf(body: Body): Iterable<Step> {
  for (const s of body.statements) yield* stepsIn(s);
}

function* stepsIn(s: Statement): Iterable<Step> {
  if (s.kind === "if" && s.label === null) yield* branches(s);
  const flow = s.kind === "flow" ? s : s.kind === "let" || s.kind === "output" ? s.value : null;
  for (const step of flow?.steps ?? []) {
    yield step;
    if (step.label !== null || step.times !== null) continue;
    const inner = step.what.kind === "body" ? [step.what] : step.what.kind === "call" ? (step.what.branches ?? []) : [];
    for (const b of inner) yield* stepsOf(b);
  }
}

function* branches(first: If): Iterable<Step> {
  for (let s: If | Body | null = first; s; s = s.kind === "if" ? s.otherwise : null) yield* stepsOf(s.kind === "if" ? s.then : s);
}
