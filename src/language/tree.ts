// Concrete tree → syntax tree, declarations and statements. Out: plain data with absolute spans.
// Law: recovery may have left out any part; then there is a name without text, a Missing expression or an empty body, never a hole.
import type * as Cst from "../../grammar/cst.ts";
import { cover, type Span } from "../source/text.ts";
import type {
  Block, Body, Call, Declaration, Default, Expression, Flow, For, If, Import, Input, LabelNode, Let, Model, Name, Output, Parameter, Statement, Step, Target, Train,
} from "./ast.ts";
import { isReal, type TreeBuilder } from "./builder.ts";
import { args, argumentValue, expression, list, path, postfixed, string } from "./tree-expressions.ts";

export function declarations(b: TreeBuilder, file: Cst.FileCstNode): readonly Declaration[] {
  return (file.children.declaration ?? []).map((d) => declaration(b, d)).filter((d) => d !== null);
}

function declaration(b: TreeBuilder, node: Cst.DeclarationCstNode): Declaration | null {
  const c = node.children;
  const at = b.node(node);
  const doc = b.docAbove(at.start);
  if (c.importLine) return importLine(b, c.importLine[0]!, at);
  if (c.defaultLine) return defaultLine(b, c.defaultLine[0]!);
  if (c.block) return { kind: "block", doc, ...callable(b, c.block[0]!, at) };
  if (c.model) return { kind: "model", doc, ...callable(b, c.model[0]!, at) };
  if (c.train) return train(b, c.train[0]!, at, doc);
  if (c.constLine) {
    const line = c.constLine[0]!.children;
    return { kind: "const", span: at, doc, name: b.name(line.Identifier?.[0]), value: expression(b, line.expression?.[0]) };
  }
  if (c.exportLine) {
    const line = c.exportLine[0]!.children;
    const name = b.name(line.Identifier?.[0]);
    return { kind: "export", span: at, doc, name, value: expression(b, line.expression?.[0]), from: line.String ? path(b, line.String[0]) : null };
  }
  return null;
}

function importLine(b: TreeBuilder, node: Cst.ImportLineCstNode, at: Span): Import {
  const c = node.children;
  const names = (c.importNames?.[0]?.children.importName ?? []).map(({ children: n }) => ({
    name: b.name(n.Identifier?.[0]),
    as: n.As ? b.name(n.Identifier?.[1]) : null,
  }));
  const namespace = c.namespace ? b.name(c.namespace[0]?.children.Identifier?.[0]) : null;
  return { kind: "import", span: at, names, namespace, from: path(b, c.String?.[0]) };
}

function callable(b: TreeBuilder, node: Cst.BlockCstNode | Cst.ModelCstNode, at: Span): Omit<Block | Model, "kind" | "doc"> {
  const c = node.children;
  return { span: at, name: b.name(c.Identifier?.[0]), params: (c.params?.[0]?.children.param ?? []).map((p) => parameter(b, p)), body: body(b, c.body?.[0]) };
}

function parameter(b: TreeBuilder, node: Cst.ParamCstNode): Parameter {
  const c = node.children;
  const at = b.node(node);
  return {
    name: b.name(c.Identifier?.[0]),
    type: c.Colon ? b.name(c.Identifier?.[1]) : null,
    fallback: c.Assign ? argumentValue(b, c.argValue?.[0]) : null,
    span: at,
  };
}

function train(b: TreeBuilder, node: Cst.TrainCstNode, at: Span, doc: string | null): Train {
  const c = node.children;
  const entries = (c.entry ?? []).map((e) => {
    const entryAt = b.node(e);
    return { key: b.name(e.children.Identifier?.[0]), stages: (e.children.expression ?? []).map((x) => expression(b, x)), span: entryAt };
  });
  return { kind: "train", span: at, doc, target: c.Identifier ? b.name(c.Identifier[0]) : null, entries };
}

function defaultLine(b: TreeBuilder, node: Cst.DefaultLineCstNode): Default {
  const at = b.node(node);
  return { kind: "default", span: at, layer: b.name(node.children.Identifier?.[0]), args: args(b, node.children.args?.[0]) };
}

// ── statements ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function body(b: TreeBuilder, node: Cst.BodyCstNode | undefined): Body {
  if (!node) return { kind: "body", span: b.here(), statements: [] };
  return { kind: "body", span: b.node(node), statements: statements(b, node.children.statements?.[0]) };
}

function statements(b: TreeBuilder, node: Cst.StatementsCstNode | undefined): readonly Statement[] {
  const out: Statement[] = [];
  for (const s of node?.children.statement ?? []) {
    const at = b.node(s);
    const before = out.at(-1);
    const crowded = before !== undefined && !/[\n\r]/.test(b.source.text.slice(before.span.end, at.start));
    const made = statement(b, s, at, crowded);
    if (!made) continue;
    if (crowded) crowd(b, before, made);
    out.push(made);
  }
  return out;
}

/** Two statements on one line. Silent where the parser has already skipped something between them. */
function crowd(b: TreeBuilder, before: Statement, after: Statement): void {
  const gap = { ...after.span, start: before.span.end, end: after.span.start };
  if (b.source.text.slice(gap.start, gap.end).trim() !== "") return;
  const steps = before.kind === "flow" && after.kind === "flow";
  const [what, text] = steps ? ["`->` or a newline", " -> "] : ["a newline", "\n"];
  b.report("RN105", after.span, `put ${what} before this ${steps ? "step" : "statement"}`, { help: [{ message: `put ${what} here`, edits: [{ span: gap, text }] }] });
}

function statement(b: TreeBuilder, node: Cst.StatementCstNode, at: Span, crowded: boolean): Statement | null {
  const c = node.children;
  if (c.inputLine) return inputLine(b, c.inputLine[0]!, at);
  if (c.outputLine) return outputLine(b, c.outputLine[0]!, at);
  if (c.defaultLine) return defaultLine(b, c.defaultLine[0]!);
  if (c.letLine) return letLine(b, c.letLine[0]!, at);
  if (c.tapLine) return { kind: "tap", span: at, target: target(b, c.tapLine[0]!.children.target?.[0]) };
  const l = c.labelled?.[0]?.children;
  if (!l) return null;
  const labelNode = label(b, l.label?.[0]);
  if (l.forLoop) return forLoop(b, l.forLoop[0]!, at, labelNode);
  if (l.ifElse) return ifElse(b, l.ifElse[0]!, at, labelNode);
  return chain(b, l.chain?.[0], at, labelNode, crowded);
}

function inputLine(b: TreeBuilder, node: Cst.InputLineCstNode, at: Span): Input {
  const name = b.name(node.children.Identifier?.[0]);
  const t = type(b, node.children.type?.[0]);
  return { kind: "input", span: at, name, element: t.element, shape: t.shape };
}

function outputLine(b: TreeBuilder, node: Cst.OutputLineCstNode, at: Span): Output {
  const c = node.children;
  const name = b.name(c.Identifier?.[0]);
  const t = c.type ? type(b, c.type[0]) : { element: null, shape: null };
  return { kind: "output", span: at, name, ...t, value: c.flow ? flow(b, c.flow[0]) : null };
}

function type(b: TreeBuilder, node: Cst.TypeCstNode | undefined): Pick<Input, "element" | "shape"> {
  const element = node?.children.Identifier ? b.name(node.children.Identifier[0]) : null;
  return { element, shape: list(b, node?.children.list?.[0]) };
}

function letLine(b: TreeBuilder, node: Cst.LetLineCstNode, at: Span): Let {
  const to = target(b, node.children.target?.[0]);
  return { kind: "let", span: at, target: to, value: flow(b, node.children.flow?.[0]) };
}

function target(b: TreeBuilder, node: Cst.TargetCstNode | undefined): Target {
  if (!node) return { name: b.name(undefined), index: null, span: b.here() };
  const c = node.children;
  const at = b.node(node);
  return { name: b.name(c.Identifier?.[0]), index: c.LSquare ? expression(b, c.expression?.[0]) : null, span: at };
}

function label(b: TreeBuilder, node: Cst.LabelCstNode | undefined): LabelNode | null {
  const t = [node?.children.Identifier?.[0], node?.children.String?.[0]].find(isReal);
  if (!t) return null;
  return { span: b.token(t), parts: t.image[0] === '"' ? string(b, t).parts : [t.image] };
}

function forLoop(b: TreeBuilder, node: Cst.ForLoopCstNode, at: Span, labelNode: LabelNode | null): For {
  const c = node.children;
  const item = b.name(c.Identifier?.[0]);
  const index: Name | null = c.Comma ? b.name(c.Identifier?.[1]) : null;
  return { kind: "for", span: at, label: labelNode, item, index, list: expression(b, c.expression?.[0]), body: body(b, c.body?.[0]) };
}

/** `if a { } else if b { } else { }`: built from the last branch, so a long one costs no stack. */
function ifElse(b: TreeBuilder, node: Cst.IfElseCstNode, at: Span, labelNode: LabelNode | null): If {
  const { expression: tests = [], body: bodies = [], If: words = [] } = node.children;
  const conditions = words.map((_, i) => expression(b, tests[i]));
  const blocks = bodies.map((x) => body(b, x));
  let otherwise: Body | If | null = blocks[conditions.length] ?? null;
  for (let i = conditions.length - 1; i > 0; i--) {
    const then = blocks[i] ?? body(b, undefined);
    const start = isReal(words[i]) ? b.token(words[i]!) : conditions[i]!.span;
    otherwise = { kind: "if", span: cover(start, (otherwise ?? then).span), label: null, condition: conditions[i]!, then, otherwise };
  }
  return { kind: "if", span: at, label: labelNode, condition: conditions[0] ?? expression(b, undefined), then: blocks[0] ?? body(b, undefined), otherwise };
}

// ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function flow(b: TreeBuilder, node: Cst.FlowCstNode | undefined): Flow {
  if (!node) return { kind: "flow", span: b.here(), steps: [], crowded: false };
  const at = b.node(node);
  return chain(b, node.children.chain?.[0], at, label(b, node.children.label?.[0]), false);
}

function chain(b: TreeBuilder, node: Cst.ChainCstNode | undefined, at: Span, first: LabelNode | null, crowded: boolean): Flow {
  const steps = [step(b, node?.children.step?.[0], first)];
  for (const next of node?.children.nextStep ?? []) steps.push(step(b, next.children.step?.[0], label(b, next.children.label?.[0])));
  return { kind: "flow", span: at, steps: steps.filter((s) => s !== null), crowded };
}

function step(b: TreeBuilder, node: Cst.StepCstNode | undefined, labelNode: LabelNode | null): Step | null {
  const c = node?.children;
  const what = c?.call ? call(b, c.call[0]!) : c?.list ? list(b, c.list[0]) : c?.body ? body(b, c.body[0]) : null;
  if (!node || !c || !what) return null;
  const times: Expression | null = c.Star ? postfixed(b, c.postfix?.[0]) : null;
  const as = c.As ? target(b, c.target?.[0]) : null;
  const at = b.node(node);
  return { span: labelNode ? cover(labelNode.span, at) : at, label: labelNode, what, times, as };
}

function call(b: TreeBuilder, node: Cst.CallCstNode): Call {
  const c = node.children;
  const at = b.node(node);
  const names = [...(c.In ?? []), ...(c.Identifier ?? [])].map((t) => b.name(t));
  const made: Call = {
    kind: "call",
    span: at,
    name: names,
    index: c.LSquare ? expression(b, c.expression?.[0]) : null,
    args: c.args ? args(b, c.args[0]) : null,
    branches: c.branches ? branches(b, c.branches[0]!) : null,
  };
  missingBraces(b, made);
  return made;
}

/** The branches between `{`, `|` and `}`; each has the span of its own statements. */
function branches(b: TreeBuilder, node: Cst.BranchesCstNode): readonly Body[] {
  return (node.children.statements ?? []).map((s) => {
    const at = b.node(s);
    return { kind: "body", span: at, statements: statements(b, s) };
  });
}

/** `skip` is nothing without its `{ }`; neither are `cat`, `add` and `mul` without either `{ }` or a value. */
function missingBraces(b: TreeBuilder, made: Call): void {
  const word = made.name[0]!.text;
  if (made.name.length > 1 || made.branches || !["skip", "cat", "add", "mul"].includes(word)) return;
  if (word !== "skip" && made.args) return;
  const below = /[^\S\n\r]*(?:\r\n|\n|\r)\s*\{/y;
  below.lastIndex = made.span.end;
  if (below.test(b.source.text)) {
    const gap = { ...made.span, start: made.span.end, end: below.lastIndex - 1 };
    b.report("RN106", made.span, `the \`{\` of \`${word}\` belongs on the same line`, { help: [{ message: "put it at the end of this line", edits: [{ span: gap, text: " " }] }] });
  } else {
    b.report("RN108", made.span, `\`${word}\` needs braces: \`${word} { ${word === "skip" ? "…" : "… | …"} }\``);
  }
}
