// Concrete tree → syntax tree, expressions: precedence, numbers, strings with what they interpolate.
// Law: operators are read with two stacks and never by recursion; recursion follows brackets, which the lexer bounds.
import type { IToken } from "chevrotain";
import type { ArgsCstNode, ArgValueCstNode, BinaryCstNode, ExpressionCstNode, ListCstNode, PostfixCstNode, PrimaryCstNode, SuffixCstNode } from "../../grammar/cst.ts";
import { cover } from "../source/text.ts";
import type { Argument, BinaryOp, Body, Expression, ListExpression, StringLiteral } from "./ast.ts";
import { isReal, type TreeBuilder } from "./builder.ts";
import { parseChunk } from "./chunk.ts";
import { syntaxDiagnostics } from "./syntax.ts";

export function expression(b: TreeBuilder, node: ExpressionCstNode | undefined): Expression {
  if (!node) return { kind: "missing", span: b.here() };
  const c = node.children;
  const test = binary(b, c.binary?.[0]);
  if (!c.Question) return test;
  const then = expression(b, c.expression?.[0]);
  const otherwise = expression(b, c.expression?.[1]);
  return { kind: "conditional", span: cover(test.span, otherwise.span), test, then, otherwise };
}

// ── operators ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Loosest first. Comparisons and ranges do not chain; `**` binds from the right, tighter than a sign before it. */
const levels: readonly (readonly BinaryOp[])[] = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], [".."], ["+", "-"], ["*", "/", "%"]];
const precedence = new Map<string, number>([...levels.flatMap((ops, level) => ops.map((op) => [op, level] as const)), ["**", levels.length + 1]]);
const sign = levels.length;
const unchained = new Set([2, 3]);

interface Pending {
  readonly token: IToken;
  readonly level: number;
}

function binary(b: TreeBuilder, node: BinaryCstNode | undefined): Expression {
  if (!node) return { kind: "missing", span: b.here() };
  const operands: Expression[] = [];
  const pending: Pending[] = [];
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
  for (const [i, unary] of (node.children.unary ?? []).entries()) {
    const operator = node.children.Operator?.[i - 1];
    if (operator) {
      const level = precedence.get(operator.image)!;
      while (pending.length > 0 && pending.at(-1)!.level >= level && level !== precedence.get("**")) {
        if (pending.at(-1)!.level === level && unchained.has(level)) unchain(b, operator);
        reduce();
      }
      pending.push({ token: operator, level });
    }
    const { Minus = [], Not = [], postfix } = unary.children;
    const signs = [...Minus, ...Not].filter(isReal).sort((x, y) => x.startOffset - y.startOffset);
    for (const token of signs) pending.push({ token, level: sign });
    operands.push(postfixed(b, postfix?.[0]));
  }
  while (operands.length > 0 && pending.length > 0) reduce();
  return operands[0] ?? { kind: "missing", span: b.here() };
}

function unchain(b: TreeBuilder, operator: IToken): void {
  const what = operator.image === ".." ? "ranges do not chain" : "comparisons do not chain";
  b.report("RN109", b.token(operator), what, { help: operator.image === ".." ? [] : ["write `a < b && b < c`"] });
}

export function postfixed(b: TreeBuilder, node: PostfixCstNode | undefined): Expression {
  let value = primary(b, node?.children.primary?.[0]);
  for (const suffix of node?.children.suffix ?? []) value = suffixed(b, value, suffix);
  return value;
}

function suffixed(b: TreeBuilder, of: Expression, node: SuffixCstNode): Expression {
  const c = node.children;
  const at = cover(of.span, b.node(node));
  if (c.args) return { kind: "call-expression", span: at, callee: of, args: args(b, c.args[0]) };
  if (c.LSquare) return { kind: "index", span: at, of, at: expression(b, c.expression?.[0]) };
  if (c.Dot) return { kind: "member", span: at, of, name: b.name(c.Identifier?.[0]) };
  return of;
}

// ── atoms ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function primary(b: TreeBuilder, node: PrimaryCstNode | undefined): Expression {
  const c = node?.children ?? {};
  const token = [c.Number, c.String, c.True, c.False, c.Identifier, c.In].find((t) => isReal(t?.[0]))?.[0];
  if (token) return atom(b, token);
  if (c.list) return list(b, c.list[0]);
  if (node && c.LParen) return { ...expression(b, c.expression?.[0]), span: b.node(node) };
  return { kind: "missing", span: b.here() };
}

function atom(b: TreeBuilder, t: IToken): Expression {
  const at = b.token(t);
  if (t.image[0] === '"') return string(b, t);
  if (t.image === "true" || t.image === "false") return { kind: "boolean", span: at, value: t.image === "true" };
  if (!/^[\d.]/.test(t.image)) return { kind: "name", span: at, text: t.image };
  const value = Number(t.image.replaceAll("_", ""));
  const integer = /^[\d_]+$/.test(t.image);
  if (!Number.isFinite(value) || (integer && !Number.isSafeInteger(value))) b.report("RN110", at, "this number is too large to be exact");
  return { kind: "number", span: at, value, integer };
}

export function list(b: TreeBuilder, node: ListCstNode | undefined): ListExpression {
  if (!node) return { kind: "list", span: b.here(), items: [] };
  return { kind: "list", span: b.node(node), items: (node.children.expression ?? []).map((e) => expression(b, e)) };
}

export function args(b: TreeBuilder, node: ArgsCstNode | undefined): readonly Argument[] {
  return (node?.children.arg ?? []).map((arg) => {
    const { Identifier, Assign, argValue } = arg.children;
    const at = b.node(arg);
    const name = Identifier ? b.name(Identifier[0]) : null;
    return { name, separator: name && (Assign ? "=" : ":"), value: argumentValue(b, argValue?.[0]), span: at };
  });
}

export function argumentValue(b: TreeBuilder, node: ArgValueCstNode | undefined): Expression | Body {
  const c = node?.children;
  return c?.body ? b.body(b, c.body[0]) : expression(b, c?.expression?.[0]);
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
      parts.push(interpolated(b, t.startOffset + i + 1, text.slice(i + 1, end)));
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
  if (letter !== "") b.report("RN107", b.at(at - 1, at + 1), `\`\\${letter}\` is no escape`, { help: ['the escapes are `\\n`, `\\t`, `\\"`, `\\\\`, `\\{` and `\\}`'] });
  return letter;
}

function interpolated(b: TreeBuilder, offset: number, text: string): Expression {
  const chunk = parseChunk(text, "expression", b.recovery);
  const inner = b.inside(offset, text);
  b.diagnostics.push(...syntaxDiagnostics(b.source, inner.base, chunk));
  return chunk.tree ? expression(inner, chunk.tree as ExpressionCstNode) : { kind: "missing", span: inner.at(0, text.length) };
}

/** The text of a string that must be known before anything runs: a path. */
export function path(b: TreeBuilder, t: IToken | undefined): StringLiteral {
  if (!isReal(t)) return { kind: "string", span: b.here(), parts: [""] };
  const literal = string(b, t);
  if (literal.parts.some((p) => typeof p !== "string")) b.report("RN107", literal.span, "a path is plain text and cannot interpolate");
  return literal;
}
