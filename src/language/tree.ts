// Concrete tree → syntax tree, declarations and statements. Out: plain data with absolute spans.
import type * as Cst from "../../grammar/cst.ts";
import { cover, span, type Span } from "../source/text.ts";
import type {
  Block, Body, Call, Declaration, Default, Expression, Flow, For, If, Import, Input, LabelNode, Let, Model, Output, Parameter, Statement, Step, Target, Train,
} from "./ast.ts";
import type { TreeBuilder } from "./builder.ts";
import { args, argumentValue, expression, list, path, postfixed, string } from "./tree-expressions.ts";

export function declarations(b: TreeBuilder, file: Cst.FileCstNode): readonly Declaration[] {
  return (file.children.declaration ?? []).map((d) => declaration(b, d));
}

function declaration(b: TreeBuilder, node: Cst.DeclarationCstNode): Declaration {
  const c = node.children;
  const at = b.node(node);
  const doc = b.parts.docAbove(at.start);
  if (c.importLine) return importLine(b, c.importLine[0]!, at);
  if (c.defaultLine) return defaultLine(b, c.defaultLine[0]!);
  if (c.block) return { kind: "block", doc, ...callable(b, c.block[0]!, at) };
  if (c.model) return { kind: "model", doc, ...callable(b, c.model[0]!, at) };
  if (c.train) return train(b, c.train[0]!, at, doc);
  if (c.constLine) {
    const line = c.constLine[0]!.children;
    return { kind: "const", span: at, doc, name: b.name(line.Identifier[0]), value: expression(b, line.expression[0]) };
  }
  const line = c.exportLine![0]!.children;
  const from = line.String ? path(b, line.String[0]!) : null;
  return { kind: "export", span: at, doc, name: b.name(line.Identifier[0]), value: expression(b, line.expression[0]), from };
}

function importLine(b: TreeBuilder, node: Cst.ImportLineCstNode, at: Span): Import {
  const c = node.children;
  const names = (c.importNames?.[0]!.children.importName ?? []).map(({ children: { Identifier } }) => ({
    name: b.name(Identifier[0]),
    as: Identifier[1] ? b.name(Identifier[1]) : null,
  }));
  const namespace = c.namespace ? b.name(c.namespace[0]!.children.Identifier[0]) : null;
  return { kind: "import", span: at, names, namespace, from: path(b, c.String[0]) };
}

function callable(b: TreeBuilder, node: Cst.BlockCstNode | Cst.ModelCstNode, at: Span): Omit<Block | Model, "kind" | "doc"> {
  const c = node.children;
  const params = (c.params?.[0]!.children.param ?? []).map((p) => parameter(b, p));
  return { span: at, name: b.name(c.Identifier[0]), params, body: body(b, c.body[0]) };
}

function parameter(b: TreeBuilder, node: Cst.ParamCstNode): Parameter {
  const { Identifier, argValue } = node.children;
  const type = Identifier[1] ? b.name(Identifier[1]) : null;
  return { name: b.name(Identifier[0]), type, fallback: argValue ? argumentValue(b, argValue[0]!) : null, span: b.node(node) };
}

function train(b: TreeBuilder, node: Cst.TrainCstNode, at: Span, doc: string | null): Train {
  const c = node.children;
  const entries = (c.entry ?? []).map((e) => ({
    key: b.name(e.children.Identifier[0]),
    stages: e.children.expression.map((x) => expression(b, x)),
    span: b.node(e),
  }));
  return { kind: "train", span: at, doc, target: c.Identifier ? b.name(c.Identifier[0]!) : null, entries };
}

function defaultLine(b: TreeBuilder, node: Cst.DefaultLineCstNode): Default {
  return { kind: "default", span: b.node(node), layer: b.name(node.children.Identifier[0]), args: args(b, node.children.args[0]) };
}

// ── statements ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function body(b: TreeBuilder, node: Cst.BodyCstNode): Body {
  return { kind: "body", span: b.node(node), statements: statements(b, node.children.statements[0]) };
}

function statements(b: TreeBuilder, node: Cst.StatementsCstNode): readonly Statement[] {
  const out: Statement[] = [];
  for (const s of node.children.statement ?? []) {
    const at = b.node(s);
    const before = out.at(-1);
    const crowded = before !== undefined && !/[\n\r]/.test(at.source.text.slice(before.span.end, at.start));
    const made = statement(b, s, at);
    if (crowded) crowd(b, before, made);
    out.push(made);
  }
  return out;
}

/** Two statements on one line. Silent where recovery has cut something out between them. */
function crowd(b: TreeBuilder, before: Statement, after: Statement): void {
  const gap = { ...after.span, start: before.span.end, end: after.span.start };
  if (gap.source.text.slice(gap.start, gap.end).trim() !== "") return;
  const steps = before.kind === "flow" && after.kind === "flow";
  const [what, text] = steps ? ["`->` or a newline", " -> "] : ["a newline", "\n"];
  b.report("RN105", after.span, `put ${what} before this ${steps ? "step" : "statement"}`, { help: [{ message: `put ${what} here`, edits: [{ span: gap, text }] }] });
}

function statement(b: TreeBuilder, node: Cst.StatementCstNode, at: Span): Statement {
  const c = node.children;
  if (c.inputLine) return inputLine(b, c.inputLine[0]!, at);
  if (c.outputLine) return outputLine(b, c.outputLine[0]!, at);
  if (c.defaultLine) return defaultLine(b, c.defaultLine[0]!);
  if (c.letLine) return letLine(b, c.letLine[0]!, at);
  if (c.tapLine) return { kind: "tap", span: at, target: target(b, c.tapLine[0]!.children.target[0]) };
  const l = c.labelled![0]!.children;
  const labelNode = label(b, l.label);
  if (l.forLoop) return forLoop(b, l.forLoop[0]!, at, labelNode);
  if (l.ifElse) return ifElse(b, l.ifElse[0]!, at, labelNode);
  return chain(b, l.chain![0]!, at, labelNode);
}

function inputLine(b: TreeBuilder, node: Cst.InputLineCstNode, at: Span): Input {
  return { kind: "input", span: at, name: b.name(node.children.Identifier[0]), ...type(b, node.children.type[0]) };
}

function outputLine(b: TreeBuilder, node: Cst.OutputLineCstNode, at: Span): Output {
  const c = node.children;
  const t = c.type ? type(b, c.type[0]!) : { element: null, shape: null };
  return { kind: "output", span: at, name: b.name(c.Identifier[0]), ...t, value: c.flow ? flow(b, c.flow[0]!) : null };
}

function type(b: TreeBuilder, node: Cst.TypeCstNode): Pick<Input, "element" | "shape"> {
  const { Identifier, list: shape } = node.children;
  return { element: Identifier ? b.name(Identifier[0]!) : null, shape: list(b, shape[0]) };
}

function letLine(b: TreeBuilder, node: Cst.LetLineCstNode, at: Span): Let {
  return { kind: "let", span: at, target: target(b, node.children.target[0]), value: flow(b, node.children.flow[0]) };
}

function target(b: TreeBuilder, node: Cst.TargetCstNode): Target {
  const { Identifier, expression: index } = node.children;
  return { name: b.name(Identifier[0]), index: index ? expression(b, index[0]!) : null, span: b.node(node) };
}

function label(b: TreeBuilder, nodes: readonly Cst.LabelCstNode[] | undefined): LabelNode | null {
  const { Identifier, String } = nodes?.[0]?.children ?? {};
  if (String) return { span: b.token(String[0]!), parts: string(b, String[0]!).parts };
  return Identifier ? { span: b.token(Identifier[0]!), parts: [Identifier[0]!.image] } : null;
}

function forLoop(b: TreeBuilder, node: Cst.ForLoopCstNode, at: Span, labelNode: LabelNode | null): For {
  const c = node.children;
  const [item, index] = c.Identifier.map((t) => b.name(t));
  return { kind: "for", span: at, label: labelNode, item: item!, index: index ?? null, list: expression(b, c.expression[0]), body: body(b, c.body[0]) };
}

/** `if a { } else if b { } else { }`: built from the last branch, so a long one costs no stack. */
function ifElse(b: TreeBuilder, node: Cst.IfElseCstNode, at: Span, labelNode: LabelNode | null): If {
  const c = node.children;
  const conditions = c.expression.map((e) => expression(b, e));
  const bodies = c.body.map((x) => body(b, x));
  let otherwise: Body | If | null = bodies[conditions.length] ?? null;
  for (let i = conditions.length - 1; i > 0; i--) {
    const then = bodies[i]!;
    otherwise = { kind: "if", span: cover(b.token(c.If[i]!), (otherwise ?? then).span), label: null, condition: conditions[i]!, then, otherwise };
  }
  return { kind: "if", span: at, label: labelNode, condition: conditions[0]!, then: bodies[0]!, otherwise };
}

// ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function flow(b: TreeBuilder, node: Cst.FlowCstNode): Flow {
  return chain(b, node.children.chain[0], b.node(node), label(b, node.children.label));
}

function chain(b: TreeBuilder, node: Cst.ChainCstNode, at: Span, first: LabelNode | null): Flow {
  const rest = (node.children.nextStep ?? []).map((n) => step(b, n.children.step[0], label(b, n.children.label)));
  return { kind: "flow", span: at, steps: [step(b, node.children.step[0], first), ...rest] };
}

function step(b: TreeBuilder, node: Cst.StepCstNode, labelNode: LabelNode | null): Step {
  const c = node.children;
  const what = c.call ? call(b, c.call[0]!) : c.list ? list(b, c.list[0]!) : body(b, c.body![0]!);
  const times: Expression | null = c.postfix ? postfixed(b, c.postfix[0]!) : null;
  const as = c.target ? target(b, c.target[0]!) : null;
  const at = b.node(node);
  return { span: labelNode ? cover(labelNode.span, at) : at, label: labelNode, what, times, as };
}

function call(b: TreeBuilder, node: Cst.CallCstNode): Call {
  const c = node.children;
  const made: Call = {
    kind: "call",
    span: b.node(node),
    name: [...(c.In ?? []), ...(c.Identifier ?? [])].map((t) => b.name(t)),
    index: c.expression ? expression(b, c.expression[0]!) : null,
    args: c.args ? args(b, c.args[0]!) : null,
    branches: c.branches ? branches(b, c.branches[0]!) : null,
  };
  missingBraces(b, made);
  return made;
}

/** The branches between `{`, `|` and `}`; each has the span of its statements, an empty one the place where they would be. */
function branches(b: TreeBuilder, node: Cst.BranchesCstNode): readonly Body[] {
  const c = node.children;
  const openers = [c.LCurly[0], ...(c.Bar ?? [])];
  return c.statements.map((s, i) => {
    const made = statements(b, s);
    const [first, last] = [made[0], made.at(-1)];
    const end = openers[i]!.startOffset + 1;
    return { kind: "body", span: first && last ? cover(first.span, last.span) : b.at(end, end), statements: made };
  });
}

/** `skip` is nothing without its `{ }`; neither are `cat`, `add` and `mul` without either `{ }` or a value. */
function missingBraces(b: TreeBuilder, made: Call): void {
  const word = made.name[0]!.text;
  if (made.name.length > 1 || made.branches || !["skip", "cat", "add", "mul"].includes(word)) return;
  if (word !== "skip" && made.args) return;
  const { source, end } = made.span;
  const below = /(?:[^\S\n\r]|\/\/[^\n\r]*)*[\n\r](?:\s|\/\/[^\n\r]*)*\{/y;
  below.lastIndex = end;
  if (below.test(source.text)) {
    const brace = below.lastIndex - 1;
    const remark = source.text.slice(end, brace).trim() !== ""; // it stays where it is
    const edits = remark ? [{ span: span(source, end, end), text: " {" }, { span: span(source, brace, brace + 1), text: "" }] : [{ span: span(source, end, brace), text: " " }];
    b.report("RN106", made.span, `the \`{\` of \`${word}\` belongs on the same line`, { help: [{ message: "put it at the end of this line", edits }] });
  } else {
    b.report("RN108", made.span, `\`${word}\` needs braces: \`${word} { ${word === "skip" ? "…" : "… | …"} }\``);
  }
}
