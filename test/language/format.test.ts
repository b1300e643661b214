// The canonical layout: examples are in it, it keeps meaning and comments, and laying out twice changes nothing.
import { describe, expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { format } from "../../src/language/format.ts";
import { count } from "../harness/tier.ts";
import { below, random } from "../harness/random.ts";
import { examples, meaning, messages, source } from "./support.ts";

const laidOut = (text: string): string => format(source(text))!;

test.each(examples)("$name is laid out already", ({ text }) => {
  expect(laidOut(text)).toBe(text);
});

test("a program with syntax errors is left alone", () => {
  expect(format(source("block b {\n  conv(3 bn\n}"))).toBeNull();
});

describe("layout", () => {
  test.each([
    ["spaces", 'block  b( c,d=1 ){conv(c,-d**2,!x?1:2)*(n-1)as e[i]->"a{i}":e[i-1]->in.c}', 'block b(c, d = 1) { conv(c, -d ** 2, !x ? 1 : 2) * (n - 1) as e[i] -> "a{i}": e[i - 1] -> in.c }\n'],
    ["ranges", "block b {for i in 0 .. len( d )-1{bn}}", "block b { for i in 0..len(d) - 1 { bn } }\n"],
    ["labels and types", "model m{input x :int [ 4 ]\nskip( p :via ){a :bn}}", "model m {\n  input x: int [4]\n  skip(p: via) { a: bn }\n}\n"],
    ["braces with a line break", "block b { skip { conv(3)\nbn } }", "block b {\n  skip {\n    conv(3)\n    bn\n  }\n}\n"],
    ["chains lead with ->", "block b {\nconv(3) ->\nbn\n-> relu\n}", "block b {\n  conv(3)\n    -> bn\n    -> relu\n}\n"],
    ["branches", "block b { cat { id |\nconv(3)\nbn\n| relu } }", "block b {\n  cat {\n    id\n  | conv(3)\n    bn\n  | relu\n  }\n}\n"],
    ["else on the line of }", "block b {\nif a {\nbn\n}\nelse if c { relu }\nelse {\n}\n}", "block b {\n  if a {\n    bn\n  } else if c { relu } else {\n  }\n}\n"],
    ["arguments over lines", "block b { conv(\n3,\n[1,\n2], )\n}", "block b {\n  conv(\n    3,\n    [1,\n      2]\n  )\n}\n"],
    ["trailing commas", "const a = [1, 2,]\nconst bb = [\n1,\n]", "const a  = [1, 2]\nconst bb = [\n  1,\n]\n"],
    ["… behind which the bracket does not close on a line of its own", "const a = [1,\n2,\n]\nblock b(c,\nd,\n) { conv(3,\nbias = true,\n) }", "const a = [1,\n  2]\nblock b(c,\n  d) {\n    conv(3,\n      bias = true)\n  }\n"],
    ["… behind a remark", "block b(c) {\n  skip { relu -> conv(c, 1 // r\n, ) }\n}", "block b(c) {\n  skip {\n    relu -> conv(c, 1  // r\n    )\n  }\n}\n"],
    ["… in imports", 'import { basic,\nproject, } from "rn/resnet"\nimport {\nbottleneck,\n} from "rn/resnet"', 'import {\n  basic,\n    project\n} from "rn/resnet"\nimport {\n  bottleneck,\n} from "rn/resnet"\n'],
    ["a point before a range", "block b { for i in 1. .. 2 { bn } }", "block b { for i in 1. ..2 { bn } }\n"],
    ["blank lines", "\n\nconst a = 1\n\n\n\nblock b {\n\nbn\n\n\nrelu\n\n}\n\n\n", "const a = 1\n\nblock b {\n  bn\n\n  relu\n}\n"],
    ["comments", "//a  \nblock b { // b\n\n// c\nbn// d\n// e\n}\n// f", "//a\nblock b {  // b\n  // c\n  bn  // d\n  // e\n}\n// f\n"],
    ["= of neighbours", "export a = m\nexport bcd =   m(\n1)\nexport e=m\n\nexport ffffff = m", "export a   = m\nexport bcd = m(\n  1\n)\nexport e = m\n\nexport ffffff = m\n"],
    ["train entries", "train t { loss=mse(y)\noptimizer = adam\n}", "train t {\n  loss      = mse(y)\n  optimizer = adam\n}\n"],
    ["\\r\\n becomes \\n", "block b {\r\n  bn // x\r\n}\r\n", "block b {\n  bn  // x\n}\n"],
    ["nothing", "", ""],
  ])("%s", (_, before, after) => {
    expect(messages(before)).toEqual([]);
    expect(laidOut(before)).toBe(after);
    expect(laidOut(after)).toBe(after);
  });

  test("blanks that align neighbouring lines stay, others go", () => {
    const aligned = "block b {\n  conv(c, 1, s) -> bn\n  conv(c, 3)    -> bn\n}\n";
    expect(laidOut(aligned)).toBe(aligned);
    expect(laidOut("block b {\n  conv(c, 1, s) -> bn\n  conv(c, 3)     -> bn\n}\n")).toBe("block b {\n  conv(c, 1, s) -> bn\n  conv(c, 3) -> bn\n}\n");
    const numbers = "const a = [\n  [1,   6, 3],\n  [3, 123, 3],\n]\n";
    expect(laidOut(numbers)).toBe(numbers);
    expect(laidOut(numbers.replace("123", "23"))).toBe("const a = [\n  [1, 6, 3],\n  [3, 23, 3],\n]\n");
  });
});

// ── the same program, written otherwise ────────────────────────────────────────────────────────────────────────────

/** Changes what must not matter: blanks, line breaks where they do not count, trailing commas, comments at the ends of lines, trailing blanks. */
function rewrite(text: string, next: () => number): string {
  const { tokens } = lex(text);
  let out = "";
  const open: string[] = [];
  for (const [i, t] of tokens.entries()) {
    const previous = tokens[i - 1];
    const gap = text.slice(previous ? previous.startOffset + previous.image.length : 0, t.startOffset);
    const name = t.tokenType.name;
    const touching = gap === "" && name === "LSquare";
    if (name === "Newline") out += next() < 0.2 ? ` // remark ${below(next, 9)}\n` : "\n".repeat(1 + below(next, 3));
    else {
      const atLineStart = previous === undefined || previous.tokenType.name === "Newline";
      const free = ["LParen", "LSquare"].includes(open.at(-1) ?? "") || name === "Arrow" || previous?.tokenType.name === "Arrow" || previous?.tokenType.name === "Comma";
      if (atLineStart) out += columnOne.has(name) ? "" : " ".repeat(below(next, 5));
      else if (touching) out += "";
      else if (free && next() < 0.15) out += next() < 0.3 ? " // in the middle\n  " : "\n   ";
      else out += " ".repeat(gap === "" ? below(next, 2) : 1 + below(next, 3));
      const closes = /^R(Paren|Square)$/.test(name) && !/^(LParen|LSquare|Comma)$/.test(previous!.tokenType.name);
      if (closes && next() < 0.05) out += next() < 0.5 ? ",\n" : ", ";
      out += t.image;
    }
    if (/^L(Paren|Square|Curly)$/.test(name)) open.push(name);
    if (/^R(Paren|Square|Curly)$/.test(name)) open.pop();
  }
  return out;
}
const columnOne = new Set(["Import", "Export", "Const", "Block", "Model", "Train", "Default"]);

test("whatever the layout of a program was: its meaning and comments stay, and the second time nothing changes", () => {
  const next = random(7);
  let checked = 0;
  for (let k = 0; k < count(300, 5000); k++) {
    const text = rewrite(examples[k % examples.length]!.text, next);
    if (messages(text).length > 0) continue; // a `//` in front of `{`, and the like
    const once = laidOut(text);
    expect(meaning(once)).toEqual(meaning(text));
    expect(comments(once)).toEqual(comments(text));
    expect(laidOut(once)).toBe(once);
    checked++;
  }
  expect(checked).toBeGreaterThan(count(250, 4000));
});

const comments = (text: string): string[] => lex(text).comments.map((t) => t.image.trimEnd());
