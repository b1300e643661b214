// Half-written programs: every example, cut off or with a token dropped, doubled or swapped, is elaborated without a crash, as the
// editor does after each key, and what is wrong is said in few words.
import { expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { verify } from "../../src/ir/verify.ts";
import { parse } from "../../src/language/parse.ts";
import { resolveProgram } from "../../src/language/resolve.ts";
import { elaborate, type ElaboratedExport } from "../../src/lower/elaborate.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { layers } from "../../src/ops/index.ts";
import { hasErrors, type Diagnostic } from "../../src/source/diagnostic.ts";
import { random, below } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { example, loadLibrary } from "./program.ts";

const names = new Set(layers.keys());

function diagnose(text: string, recovery: boolean): { readonly parsed: readonly Diagnostic[]; readonly all: readonly Diagnostic[]; readonly exports: readonly ElaboratedExport[] } {
  const parsed = parse({ name: "test.rn", text });
  const program = resolveProgram(recovery ? { ...parsed, file: parsed.recovered } : parsed, { layers: names, load: loadLibrary });
  const { exports, diagnostics } = elaborate(program, { layers });
  return { parsed: program.diagnostics, all: [...program.diagnostics, ...diagnostics], exports };
}

/** Tokens roughly as the lexer sees them; blanks and newlines belong to the token before. */
function tokens(text: string): readonly string[] {
  return text.match(/(?:\/\/[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|[\d_.]+|->|\.\.|\*\*|[=!<>]=|&&|\|\||\S)\s*/g) ?? [];
}

function* variants(text: string): Iterable<string> {
  const all = tokens(text);
  for (let i = 0; i < all.length; i++) {
    const before = all.slice(0, i).join("");
    const after = all.slice(i + 1);
    yield before;
    yield before + after.join("");
    yield before + all[i]! + all[i]! + after.join("");
    if (after.length > 0) yield before + after[0]! + all[i]! + after.slice(1).join("");
  }
}

const files = ["mlp", "cifar", "imagenet", "preact", "unet", "densenet"];

test("variants of the examples", () => {
  const every = count(25, 1); // odd: all four kinds come up
  let tried = 0;
  let wordy = 0;
  for (const file of files) {
    let k = 0;
    for (const text of variants(example(file))) {
      if (k++ % every !== 0) continue;
      tried++;
      const { all } = diagnose(text, true);
      if (all.length > 6) wordy++;
      for (const d of all) if (d.primary) expect(d.primary.span.end, d.message).toBeLessThanOrEqual(d.primary.span.source.text.length);
    }
  }
  expect(tried).toBeGreaterThan(count(180, 4000));
  expect(wordy / tried).toBeLessThan(0.05);
});

test("a text without syntax errors has exports or says why not", () => {
  let silent = 0;
  let tried = 0;
  for (const file of files) {
    let k = 0;
    for (const text of variants(example(file))) {
      if (k++ % count(15, 1) !== 0) continue;
      const { all, exports, parsed } = diagnose(text, false);
      if (hasErrors(parsed) || !/^model/m.test(text)) continue;
      tried++;
      if (exports.length === 0 && !hasErrors(all) && /^export|^model \w+ *\{/m.test(text)) silent++;
    }
  }
  expect(tried).toBeGreaterThan(count(8, 120));
  expect(silent).toBe(0);
});

test("one token less: three messages at most", () => {
  for (const file of files) {
    const text = example(file);
    for (const [k, t] of lex(text).tokens.entries()) {
      if (t.tokenType.name === "Newline" || k % count(9, 1) !== 0) continue;
      const { all } = diagnose(text.slice(0, t.startOffset) + text.slice(t.startOffset + t.image.length), false);
      expect(all.length, `${file} without ${t.image} at ${t.startOffset}`).toBeLessThanOrEqual(3);
    }
  }
  const { all } = diagnose(example("unet").replace("block double(c)", "block double()"), false);
  expect(all.map((d) => d.code)).toEqual(["RN201"]);
});

/** Random bodies that parse: what is in them may fit together or not. */
function body(next: () => number, depth: number): string {
  const pick = <T>(from: readonly T[]): T => from[below(next, from.length)]!;
  const number = (): string => pick(["2", "4", "0", "in.c", "k", "v.h", "len(l)", "ceil(5 / k)", "1 / 0", "l[1]", "9 ** 99"]);
  const inner = (): string => (depth > 0 ? body(next, depth - 1) : "relu");
  const step = (): string =>
    pick([
      () => `conv(${number()}, 3)`, () => "bn", () => "relu", () => `dense(${number()})`, () => `maxpool(${number()})`, () => "gap", () => "id", () => `f({ ${inner()} })`, () => "f", () => "f(skip)", () => "v", () => "in",
      () => `skip { ${inner()} }`, () => `skip(${pick(["none", "f", "id", "conv(4)", "v", "3", "p"])}) { ${inner()} }`, () => `${pick(["cat", "add", "mul"])} { ${inner()} | ${inner()} }`, () => `${pick(["cat", "add"])}(${pick(["v", "in", "l", "3", "x"])})`,
      () => `{ ${inner()} }`, () => `[4, ${number()}, 4]`, () => `p([4, 4, 4])`, () => `r(${number()})`,
    ])() + (next() < 0.15 ? ` * (${number()})` : "") + (next() < 0.1 ? ` as w${below(next, 1e9)}` : "");
  const labelled = (): string => (next() < 0.2 ? `${pick(["a", "b", '"a{k}"', '"0"'])}: ` : "") + step();
  const statement = (): string =>
    pick([() => Array.from({ length: 1 + below(next, 3) }, labelled).join(" -> "), () => `if ${pick(["k > 2", "in.c == 4", "v", "true"])} { ${inner()} } else { ${inner()} }`, () => `for i in ${pick(["0..3", "l", "k"])} { ${inner()} }`, () => `default conv(bias = ${pick(["false", "3"])})`, () => `let n${below(next, 1e9)} = ${step()}`, () => `input i${below(next, 1e9)}: ${pick(["[4, 4, 4]", "int [4]", "[k, 4, 4]"])}`])();
  return Array.from({ length: 1 + below(next, 3) }, statement).join("\n  ");
}

test("random bodies", () => {
  const next = random(7);
  const codes = new Set<string>();
  let good = 0;
  for (let i = 0; i < count(600, 10_000); i++) {
    const text = `block f(g = relu) {\ng\n}\nblock p(to) {\nconv(to.c)\n}\nblock r(n) {\nif n > 0 { skip { conv(4) -> r(n - 1) } }\n}\nmodel m(k = 3, l = [2, 4]) {\ninput x: [4, 4, 4]\nconv(4) as v\n  ${body(next, 3)}\noutput y\n}\n`;
    const { all, exports, parsed } = diagnose(text, false);
    expect(parsed.filter((d) => d.code < "RN200"), text).toEqual([]);
    expect(exports.length === 1 || hasErrors(all), text).toBe(true);
    for (const d of all) codes.add(d.code);
    good += exports.length;
    for (const e of exports) verify(instantiate(e), "instantiate");
  }
  expect(good).toBeGreaterThan(40);
  expect(codes.size).toBeGreaterThan(11);
});
