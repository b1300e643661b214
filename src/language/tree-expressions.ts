// Concrete tree → syntax tree, expressions: precedence, numbers, strings with what they interpolate.
// Law: operators are read with two stacks and never by recursion; recursion follows brackets, which the lexer bounds.
import type { IToken } from "chevrotain";
import type { ArgsCstNode, ArgValueCstNode, BinaryCstNode, ExpressionCstNode, ListCstNode, PostfixCstNode, PrimaryCstNode, SuffixCstNode } from "../../grammar/cst.ts";
import { cover } from "../source/text.ts";
import type { Argument, BinaryOp, Body, Expression, ListExpression, StringLiteral } from "./ast.ts";
import type { TreeBuilder } from "./builder.ts";
import { parseChunk } from "./chunk.ts";
import { syntaxDiagnostics } from "./syntax.ts";

export function expression(b: TreeBuilder, node: ExpressionCstNode): Expression {
  const c = node.children;
  const test = binary(b, c.binary[0]);
  if (!c.expression) return test;
  const [then, otherwise] = c.expression.map((e) => expression(b, e)) as [Expression, Expression];
  return { kind: "conditional", span: cover(test.span, otherwise.span), test, then, otherwise };
}

// ── operators ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Loosest first. Comparisons and ranges do not chain; `**` binds from the right, tighter than a sign before it. */
const levels: readonly (readonly BinaryOp[])[] = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], [".."], ["+", "-"], ["*", "/", "%"]];
const sign = levels.length;
const power = sign + 1;
const precedence = new Map<string, number>([...levels.flatMap((ops, level) => ops.map((op) => [op, level] as const)), ["**", power]]);
const comparison = precedence.get("==");
const range = precedence.get("..");

function binary(b: TreeBuilder, node: BinaryCstNode): Expression {
  const { unary: [only], Operator } = node.children;
  if (!Operator && !only.children.Minus && !only.children.Not) return postfixed(b, only.children.postfix[0]); // nearly all
  const operands: Expression[] = [];
  const pending: { readonly token: IToken; readonly level: number }[] = [];
  const reduce = (): void => {
    const { token, level } = pending.pop()!;
    const right = operands.pop()!;
    if (level === sign) {
      operands.push({ kind: "unary", span: cover(b.token(token), right.span), op: token.image as "-" | "!", operand: right });
    } else {
      const left = operands.pop()!;
      operands.push({ kind: "binary", span: cover(left.span, right.span), op: token.image as BinaryOp, left, right });
    }
  };
  for (const [i, unary] of node.children.unary.entries()) {
    const operator = node.children.Operator?.[i - 1];
    if (operator) {
      const level = precedence.get(operator.image)!;
      while (pending.length > 0 && pending.at(-1)!.level >= level && level !== power) {
        if (pending.at(-1)!.level === level) checkChain(b, operator, level);
        reduce();
      }
      pending.push({ token: operator, level });
    }
    const { Minus = [], Not = [], postfix } = unary.children;
    const signs = [...Minus, ...Not].sort((x, y) => x.startOffset - y.startOffset);
    for (const token of signs) pending.push({ token, level: sign });
    operands.push(postfixed(b, postfix[0]));
  }
  while (pending.length > 0) reduce();
  return operands[0]!;
}

function checkChain(b: TreeBuilder, operator: IToken, level: number): void {
  if (level === range) b.report("RN109", b.token(operator), "ranges do not chain");
  if (level === comparison) b.report("RN109", b.token(operator), "comparisons do not chain", { help: ["write `a < b && b < c`"] });
}

export function postfixed(b: TreeBuilder, node: PostfixCstNode): Expression {
  const { primary: [first], suffix } = node.children;
  const made = primary(b, first);
  return suffix ? suffix.reduce((of, s) => suffixed(b, of, s), made) : made;
}

function suffixed(b: TreeBuilder, of: Expression, node: SuffixCstNode): Expression {
  const c = node.children;
  const at = cover(of.span, b.node(node));
  if (c.args) return { kind: "call-expression", span: at, callee: of, args: args(b, c.args[0]!) };
  if (c.expression) return { kind: "index", span: at, of, at: expression(b, c.expression[0]!) };
  return { kind: "member", span: at, of, name: b.name(c.Identifier![0]!) };
}

// ── atoms ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function primary(b: TreeBuilder, node: PrimaryCstNode): Expression {
  const c = node.children;
  if (c.list) return list(b, c.list[0]!);
  if (c.expression) return { ...expression(b, c.expression[0]!), span: b.node(node) };
  if (c.String) return string(b, c.String[0]!);
  if (c.Number) return number(b, c.Number[0]!);
  if (c.True || c.False) return { kind: "boolean", span: b.node(node), value: c.True !== undefined };
  return { kind: "name", span: b.node(node), text: (c.Identifier ?? c.In)![0]!.image };
}

function number(b: TreeBuilder, t: IToken): Expression {
  const value = Number(t.image.replaceAll("_", ""));
  const integer = /^[\d_]+$/.test(t.image);
  if (!Number.isFinite(value) || (integer && !Number.isSafeInteger(value))) b.report("RN110", b.token(t), "this number is too large to be exact");
  return { kind: "number", span: b.token(t), value };
}

export function list(b: TreeBuilder, node: ListCstNode): ListExpression {
  return { kind: "list", span: b.node(node), items: (node.children.expression ?? []).map((e) => expression(b, e)) };
}

export function args(b: TreeBuilder, node: ArgsCstNode): readonly Argument[] {
  return (node.children.arg ?? []).map((arg) => {
    const { Identifier, Assign, argValue } = arg.children;
    const name = Identifier ? b.name(Identifier[0]!) : null;
    return { name, separator: name && (Assign ? "=" : ":"), value: argumentValue(b, argValue[0]), span: b.node(arg) };
  });
}

export function argumentValue(b: TreeBuilder, node: ArgValueCstNode): Expression | Body {
  const c = node.children;
  return c.body ? b.body(c.body[0]!) : expression(b, c.expression![0]!);
}

// ── strings ────────────────────────────────────────────────────────────────────────────────────────────────────────

const escapes: { readonly [letter: string]: string } = { n: "\n", t: "\t", '"': '"', "\\": "\\", "{": "{", "}": "}" };

/** Undoes escapes and parses what stands between `{` and `}`: `"layer{i + 1}"` has the parts `layer` and `i + 1`. */
export function string(b: TreeBuilder, t: IToken): StringLiteral {
  const parts: (string | Expression)[] = [];
  const closed = t.tokenType.name === "String";
  const text = t.image.slice(0, closed ? -1 : undefined);
  let plain = "";
  for (let i = 1; i < text.length; i++) {
    const c = text[i]!;
    if (c === "\\") plain += unescape(b, t, ++i);
    else if (c !== "{") plain += c;
    else {
      const end = text.indexOf("}", i);
      if (end < 0) {
        const at = b.at(t.startOffset + i, t.startOffset + i + 1);
        b.report("RN107", at, "this `{` begins an expression that no `}` ends", { help: [{ message: "write `\\{` for the character", edits: [{ span: at, text: "\\{" }] }] });
        break;
      }
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push(interpolated(b.inside(t.startOffset + i + 1), text.slice(i + 1, end)));
      i = end;
    }
  }
  if (plain !== "" || parts.length === 0) parts.push(plain);
  return { kind: "string", span: b.token(t), parts };
}

function unescape(b: TreeBuilder, t: IToken, i: number): string {
  const letter = t.image[i] ?? "";
  const known = escapes[letter];
  if (known !== undefined) return known;
  const at = t.startOffset + i;
  b.report("RN107", b.at(at - 1, at + letter.length), `\`\\${letter}\` is no escape`, { help: ['the escapes are `\\n`, `\\t`, `\\"`, `\\\\`, `\\{` and `\\}`'] });
  return letter;
}

function interpolated(b: TreeBuilder, text: string): Expression {
  const { source, base, diagnostics } = b.parts;
  const chunk = parseChunk(text, "expression");
  diagnostics.push(...syntaxDiagnostics(source, base, chunk));
  return chunk.tree ? expression(b, chunk.tree as ExpressionCstNode) : { kind: "missing", span: b.at(0, text.length) };
}

/** A string that must be known before anything runs: a path. */
export function path(b: TreeBuilder, t: IToken): StringLiteral {
  const literal = string(b, t);
  if (literal.parts.some((p) => typeof p !== "string")) b.report("RN107", literal.span, "a path is plain text and cannot interpolate");
  return literal;
}
