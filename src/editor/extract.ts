// A block made of a selection of steps. What the steps read of the place around them becomes the block's parameters.
// Law: a label stays with the call, so that what stood under a label keeps the names of its parameters; other parameters move into
// the scope that the call opens.
import type { Body, Flow, Statement, Step } from "../language/ast.ts";
import { lineStarts, lineText, position, span, spanText, type Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";
import { callableAt, freeName, hasDefaultsBefore, indentation, inside, isLocal, reindented, rewritten, usesIn, type Refactoring } from "./rewrite.ts";
import { everything, type Node } from "./tree.ts";

/** Null where the selection is no run of steps, names what is used outside of it, or stands below a `default` of its own block. */
export function extraction(analysis: Analysis, start: number, end: number): Refactoring | null {
  const { source, module } = analysis;
  const selected = trimmed(span(source, start, end));
  const around = callableAt(module, selected.start);
  const parts = around && run(around.body, selected);
  if (!around || !parts || hasDefaultsBefore(around, selected.end)) return null;
  const region = regionOf(parts, selected);
  if (!region) return null;

  const uses = usesIn(module, region);
  const own = uses.filter((r) => isLocal(r) && inside(r.definition!, region));
  const escaping = module.references.some((r) => !inside(r.use, region) && own.some((o) => o.definition!.start === r.definition?.start && r.definition.source === source));
  if (escaping) return null;
  const outer = uses.filter((r) => isLocal(r) && !inside(r.definition!, region));
  const inlet = uses.filter((r) => r.meaning === "in");
  const name = freeName("part", module);
  const whole = freeName("whole", module);
  const names = [...new Set(outer.map((r) => spanText(r.use)))];
  const [parameters, values] = inlet.length > 0 ? [[...names, whole], [...names, "in"]] : [names, names];

  const content = rewritten(region, inlet.map((r) => ({ span: r.use, text: whole })));
  const at = aboveComments(around.span);
  const edits = [
    { span: span(source, at, at), text: `block ${name}${listed(parameters)} ${braced(content, indentation(source, region.start))}\n\n` },
    { span: region, text: `${name}${listed(values)}` },
  ];
  return { kind: "extract", title: `Extract block \`${name}\``, edits };
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "" : `(${names.join(", ")})`;
}

/** Without blanks around it, and arrows that lead out of it. */
function trimmed({ source, start, end }: Span): Span {
  const text = source.text.slice(start, end);
  const before = /^(\s|->)*/.exec(text)![0].length;
  const after = /(\s|->)*$/.exec(text.slice(before))![0].length;
  return span(source, start + before, end - after);
}

/** The statements, or steps of one chain, that make up exactly what is selected. */
function run(body: Body, selected: Span): readonly (Statement | Step)[] | null {
  for (const node of everything(body)) {
    const parts = partsOf(node).filter((p) => selected.start <= afterLabel(p) && p.span.end <= selected.end);
    const begins = parts.length === 1 ? [parts[0]!.span.start, afterLabel(parts[0]!)] : parts.map((p) => p.span.start).slice(0, 1);
    if (begins.includes(selected.start) && parts.at(-1)!.span.end === selected.end) return parts;
  }
  return null;
}

function partsOf(node: Node): readonly (Statement | Step)[] {
  if (node.kind === "body") return (node as Body).statements;
  return node.kind === "flow" ? (node as Flow).steps : [];
}

/** Where a statement or step begins without its label. */
function afterLabel(part: Statement | Step): number {
  const label = "label" in part ? part.label?.span : null;
  return label ? label.end + /^\s*:\s*/.exec(label.source.text.slice(label.end))![0].length : part.span.start;
}

/** What moves into the block: without the label of a single part, and without the name that its result is given. Null where it cannot. */
function regionOf(parts: readonly (Statement | Step)[], { source, start, end }: Span): Span | null {
  if (parts.some((p) => "kind" in p && ["input", "output", "default"].includes(p.kind))) return null;
  const single = parts.length === 1 ? only(parts[0]!) : null;
  if (single && !("kind" in single) && (single.what.kind === "list" || (single.what.kind === "call" && !single.what.branches))) return null; // a call already
  if (single && !("kind" in single)) return single.what.span;
  const last = lastStep(parts.at(-1)!);
  const as = last?.as ? /\s+as\s+$/.exec(source.text.slice(start, last.as.span.start)) : null;
  return span(source, single ? afterLabel(single) : start, as ? start + as.index : end);
}

/** The step of a chain of one. */
function only(part: Statement | Step): Statement | Step {
  return "kind" in part && part.kind === "flow" && part.steps.length === 1 ? part.steps[0]! : part;
}

function lastStep(part: Statement | Step): Step | null {
  if (!("kind" in part)) return part;
  return part.kind === "flow" ? part.steps.at(-1)! : null;
}

/** Where the comments begin that stand directly above a declaration. */
function aboveComments({ source, start }: Span): number {
  const starts = lineStarts(source);
  let { line } = position(source, start);
  while (line > 0 && /^[ \t]*\/\//.test(lineText(source, line - 1))) line--;
  return starts[line]!;
}

function braced(content: string, indent: string): string {
  if (content.startsWith("{") && content.endsWith("}") && matches(content)) return reindented(content, indent, "");
  return content.includes("\n") ? `{\n  ${reindented(content, indent, "  ")}\n}` : `{ ${content} }`;
}

/** Do the first and the last brace belong together? */
function matches(text: string): boolean {
  let depth = 0;
  for (const [i, c] of [...text].entries()) {
    if (c === "{") depth++;
    if (c === "}" && --depth === 0) return i === text.length - 1;
  }
  return false;
}
