// Text → tree: the programs we ship, newlines, precedence, strings, documentation, places.
import { describe, expect, test } from "vitest";
import type { Block, Expression, Flow, Statement } from "../../src/language/ast.ts";
import { parse, parseExpression } from "../../src/language/parse.ts";
import { spanText } from "../../src/source/text.ts";
import { examples, meaning, messages, source } from "./support.ts";

test.each(examples)("$name has no mistakes, and nothing to recover", (program) => {
  const { diagnostics, file, recovered } = parse(program);
  expect(diagnostics).toEqual([]);
  expect(file.declarations.length).toBeGreaterThan(1);
  expect(recovered.declarations).toEqual(file.declarations);
});

// ── newlines ───────────────────────────────────────────────────────────────────────────────────────────────────────

const body = (statements: string): unknown => meaning(`block b {\n${statements}\n}`);

describe("newlines", () => {
  test.each([
    ["before ->", "conv(3)\n\n  -> bn", "conv(3) -> bn"],
    ["after ->", "conv(3) ->\n  bn", "conv(3) -> bn"],
    ["around |", "cat { id\n|\nbn }", "cat { id | bn }"],
    ["before else", "if a { bn }\nelse { relu }", "if a { bn } else { relu }"],
    ["before else if", "if a { bn }\n  else if b { relu }", "if a { bn } else if b { relu }"],
    ["inside ( )", "conv(\n3,\n\n5\n)", "conv(3, 5)"],
    ["inside [ ]", "[\n1,\n2\n] -> bn", "[1, 2] -> bn"],
    ["after an operator", "conv(2) * (\n1 +\n2)", "conv(2) * (1 + 2)"],
    ["after =", "let v =\n in -> bn", "let v = in -> bn"],
    ["after { and before }", "skip {\n\nbn\n\n}", "skip { bn }"],
    ["in ?: inside ( )", "conv((a\n? 1\n: 2))", "conv((a ? 1 : 2))"],
    ["with a comment between", "conv(3) // why\n// more\n-> bn", "conv(3) -> bn"],
    ["\\r\\n", "conv(3)\r\n-> bn", "conv(3) -> bn"],
  ])("do not count %s", (_, broken, joined) => {
    expect(messages(`block b {\n${broken}\n}`)).toEqual([]);
    expect(body(broken)).toEqual(body(joined));
  });

  test("count between statements, also in braces inside brackets", () => {
    expect(messages("block b { skip({ bn\nrelu }) {\nconv(3)\nbn\n} }")).toEqual([]);
    expect(body("skip({ bn\nrelu }) { id }")).toEqual(body("skip({\n\nbn\n\n\nrelu\n}) { id }"));
    expect(body("skip({ bn\nrelu }) { id }")).not.toEqual(body("skip({ bn -> relu }) { id }"));
  });

  test("do not count in the braces of an import", () => {
    const broken = 'import {\n  a,\n  b as c,\n} from "f"';
    expect(messages(broken)).toEqual([]);
    expect(meaning(broken)).toEqual(meaning('import { a, b as c } from "f"'));
  });

  test.each(["\n", "\r\n", "\r"])("%j ends a line", (end) => {
    expect(meaning(["block b {", "bn", "relu", "}", "const n = 1", ""].join(end))).toEqual(meaning("block b {\nbn\nrelu\n}\nconst n = 1"));
  });

  test("a keyword in column 1 ends whatever was open", () => {
    const { file, diagnostics } = parse(source("block a {\n  skip {\n    bn\nblock b { relu }\nmodel m { input x: [4] }"));
    expect(file.declarations.map((d) => d.kind)).toEqual(["block", "model"]);
    expect(diagnostics.map((d) => d.code)).toEqual(["RN104"]);
  });

  test("`[` is an index only where it touches the name", () => {
    expect(messages("block b { enc[0] -> bn }")).toEqual([]);
    expect(messages("block b { enc [0] -> bn }")).toHaveLength(1);
    expect(meaning("block b { for i in [1] { bn } }")).toEqual(meaning("block b { for i in[1] { bn } }"));
  });
});

// ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────

/** An expression as a Lisp would write it. */
function lisp(e: Expression): string {
  switch (e.kind) {
    case "number": case "boolean": return String(e.value);
    case "name": return e.text;
    case "unary": return `(${e.op} ${lisp(e.operand)})`;
    case "binary": return `(${e.op} ${lisp(e.left)} ${lisp(e.right)})`;
    case "conditional": return `(? ${lisp(e.test)} ${lisp(e.then)} ${lisp(e.otherwise)})`;
    case "member": return `(. ${lisp(e.of)} ${e.name.text})`;
    case "index": return `([] ${lisp(e.of)} ${lisp(e.at)})`;
    case "list": return `[${e.items.map(lisp).join(" ")}]`;
    case "call-expression": return `(call ${lisp(e.callee)}${e.args.map((a) => ` ${a.value.kind === "body" ? "{}" : lisp(a.value)}`).join("")})`;
    case "string": return `"${e.parts.map((p) => (typeof p === "string" ? p : `{${lisp(p)}}`)).join("")}"`;
    case "missing": return "?";
    default: throw e satisfies never;
  }
}

const read = (text: string): string => {
  const { expression, diagnostics } = parseExpression(source(text));
  expect(diagnostics).toEqual([]);
  return lisp(expression);
};

describe("expressions", () => {
  test.each([
    ["1 + 2 * 3", "(+ 1 (* 2 3))"],
    ["1 - 2 - 3", "(- (- 1 2) 3)"],
    ["8 / 4 % 3", "(% (/ 8 4) 3)"],
    ["2 ** 3 ** 2", "(** 2 (** 3 2))"],
    ["-2 ** 2", "(- (** 2 2))"],
    ["2 ** -1", "(** 2 (- 1))"],
    ["2 ** -3 ** 2 * 5", "(* (** 2 (- (** 3 2))) 5)"],
    ["64 * 2 ** i", "(* 64 (** 2 i))"],
    ["- -a", "(- (- a))"],
    ["a - -b", "(- a (- b))"],
    ["!a && b || c", "(|| (&& (! a) b) c)"],
    ["i > 0 && j == 0 ? 2 : 1", "(? (&& (> i 0) (== j 0)) 2 1)"],
    ["a ? 1 : b ? 2 : 3", "(? a 1 (? b 2 3))"],
    ["0..n - 1", "(.. 0 (- n 1))"],
    ["0..n == x", "(== (.. 0 n) x)"],
    ["(1 + 2) * 3", "(* (+ 1 2) 3)"],
    ["in.shape[0] + v[i].c", "(+ ([] (. in shape) 0) (. ([] v i) c))"],
    ["ceil(in.h / to.h)", "(call ceil (/ (. in h) (. to h)))"],
    ["conv(64, k = 1)(x)", "(call (call conv 64 1) x)"],
    ["[1, [2], ]", "[1 [2]]"],
    ["1_000.5e-1", "100.05"],
    [".5 + 1.", "(+ 0.5 1)"],
    ["0..4", "(.. 0 4)"],
    ["true == false", "(== true false)"],
    ['"a{i + 1}b"', '"a{(+ i 1)}b"'],
  ])("%s", (text, tree) => {
    expect(read(text)).toBe(tree);
  });

  test("spans cover the brackets around an operand", () => {
    const text = "(a + b) * [c][0]";
    const { expression } = parseExpression(source(text));
    expect(expression.kind === "binary" && [spanText(expression.span), spanText(expression.left.span), spanText(expression.right.span)]).toEqual([text, "(a + b)", "[c][0]"]);
  });
});

// ── strings, labels, documentation ─────────────────────────────────────────────────────────────────────────────────

const steps = (text: string): Flow => {
  const block = parse(source(`block b {\n  ${text}\n}`)).file.declarations[0] as Block;
  return block.body.statements[0] as Flow;
};

describe("strings", () => {
  test("a label interpolates, with spans in the file", () => {
    const label = steps('"layer{i + 1}.{j}": bn').steps[0]!.label!;
    expect(label.parts.map((p) => (typeof p === "string" ? p : lisp(p)))).toEqual(["layer", "(+ i 1)", ".", "j"]);
    expect(spanText((label.parts[1] as Expression).span)).toBe("i + 1");
    expect(spanText(label.span)).toBe('"layer{i + 1}.{j}"');
  });

  test("escapes", () => {
    expect(steps('"a\\"b\\\\c\\{d\\}e\\t": bn').steps[0]!.label!.parts).toEqual(['a"b\\c{d}e\t']);
    expect(steps('"": bn').steps[0]!.label!.parts).toEqual([""]);
  });

  test("a name may be a keyword where it is a string", () => {
    expect(messages('block b { "model": bn }')).toEqual([]);
    expect(messages("block b { model: bn }")).toHaveLength(1);
  });

  test("`from` is a name where it is not a keyword", () => {
    expect(messages("block b { slice(axis = 0, from = 1, to = 2) -> from }")).toEqual([]);
  });
});

test("documentation is the `///` lines directly above, and only those", () => {
  const { file } = parse(source("/// far\n\n/// one\n///  two\nblock a { bn }\nblock b { bn } /// behind\nblock c { bn }\n// plain\nblock d { bn }\n/// of n\nconst n = 1"));
  expect(file.declarations.map((d) => ("doc" in d ? d.doc : null))).toEqual(["one\n two", null, null, null, "of n"]);
  expect(file.comments.map((c) => c.kind)).toEqual(["doc", "doc", "doc", "doc", "line", "doc"]);
});

test("every span lies in the file and in its parent's", () => {
  let nodes = 0;
  const visit = (value: unknown, start: number, end: number): void => {
    if (Array.isArray(value)) return value.forEach((v) => visit(v, start, end));
    if (typeof value !== "object" || value === null) return;
    const { span } = value as { span?: { start: number; end: number } };
    if (span) {
      nodes++;
      expect(start <= span.start && span.start <= span.end && span.end <= end, JSON.stringify([span.start, span.end, start, end])).toBe(true);
    }
    for (const [key, v] of Object.entries(value)) if (key !== "span" && key !== "source") visit(v, span?.start ?? start, span?.end ?? end);
  };
  for (const program of examples) visit(parse(program).file.declarations, 0, program.text.length);
  expect(nodes).toBeGreaterThan(1000);
});

test("statements of every kind", () => {
  const text = `block b(c: int, via = { conv(1) -> bn }, n = 2) {
  input x: int [4, n]
  default conv(bias = false)
  a: conv(c) * (n - 1) as first -> x.y[0](1) { id | bn -> relu } * 2 as v[n]
  as w
  let q[n] = in -> "z": { relu }
  "f{n}": for d, i in 0..n { bn }
  g: if n > 1 { bn } else if n > 0 { relu } else { id }
  [c, n] -> gap
  output y: [4] = x -> dense(4)
  output z
}`;
  expect(messages(text)).toEqual([]);
  const block = parse(source(text)).file.declarations[0] as Block;
  const kinds = block.body.statements.map((s: Statement) => s.kind);
  expect(kinds).toEqual(["input", "default", "flow", "tap", "let", "for", "if", "flow", "output", "output"]);
  expect(meaning(text)).toMatchSnapshot();
});
