// Documents that are edited, and edited again: what is shown is what a compiler shows that has never seen another text.
import { expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { changed, rangeOf } from "../../src/lsp/convert.ts";
import type { Documents } from "../../src/lsp/documents.ts";
import { span } from "../../src/source/text.ts";
import { below, random } from "../harness/random.ts";
import { count, full } from "../harness/tier.ts";
import { examples } from "../language/support.ts";
import { realms, type Realm } from "./realm.ts";
import { edited, openBeside, shownOf, type Report } from "./report.ts";

const next = random(17);
const pick = <T>(of: readonly T[]): T => of[below(next, of.length)]!;

interface Change { readonly start: number; readonly end: number; readonly text: string }

/** What people do to a text: take away, repeat, exchange, insert. */
function edit(text: string): Change {
  const tokens = lex(text).tokens.filter((t) => t.image !== "").map((t) => ({ start: t.startOffset, end: t.startOffset + t.image.length }));
  const at = below(next, text.length + 1);
  if (tokens.length < 2) return { start: at, end: at, text: pick(examples).text };
  const i = below(next, tokens.length - 1);
  const [a, b] = [tokens[i]!, tokens[i + 1]!];
  const word = (t: { readonly start: number; readonly end: number }): string => text.slice(t.start, t.end);
  const roll = next();
  if (roll < 0.25) return { ...a, text: "" };
  if (roll < 0.4) return { start: a.end, end: a.end, text: ` ${word(a)}` };
  if (roll < 0.5) return { start: a.start, end: b.end, text: word(b) + text.slice(a.end, b.start) + word(a) };
  if (roll < 0.6) return { ...a, text: word(pick(tokens)) };
  if (roll < 0.65) return { start: a.start, end: tokens[Math.min(tokens.length - 1, i + below(next, 12))]!.end, text: "" };
  if (roll < 0.7) return { start: 0, end: 0, text: pick(["// above\n", "\n", "const depth = 3\n", "default conv(bias = true)\n"]) };
  return { start: at, end: at, text: pick([" ", "\n", "x", "1", "(", ")", "{", "}", " -> relu", '"', "//", " conv(4)", "* 2", "\nblock basic { relu }\n"]) };
}

/** Edits one document after the other; the last text of each with what is shown of it. */
function* scripts(documents: Documents, files: readonly { readonly name: string; readonly text: string }[]): Iterable<{ readonly text: string; readonly shown: Report }> {
  for (let version = 0; ; ) {
    const { text: first } = pick(files);
    documents.set(edited, version++, first);
    const before = [first];
    for (let k = 1 + below(next, 5); k > 0; k--) {
      const { source } = documents.get(edited)!;
      if (next() < 0.15) documents.set(edited, version++, pick(before)); // undone
      else {
        const { start, end, text } = edit(source.text);
        documents.set(edited, version++, changed(source.text, { range: rangeOf(span(source, start, end)), text }));
      }
      before.push(documents.get(edited)!.source.text);
      shownOf(documents);
    }
    yield { text: documents.get(edited)!.source.text, shown: shownOf(documents) };
  }
}

test("edited step by step, or seen for the first time: the same diagnostics and hints", async () => {
  const files = examples.filter((e) => e.name.startsWith("examples/"));
  const fresh = await realms(files);
  const documents = openBeside(files);
  const [wanted, batch, perRealm] = [count(80, 20_000), 40, 1000];
  let realm: Realm | null = null;
  let [done, mistaken] = [0, 0];
  let texts: string[] = [];
  let shown: Report[] = [];
  for (const script of scripts(documents, files)) {
    texts.push(script.text);
    shown.push(script.shown);
    if (texts.length < batch) continue;
    realm ??= fresh();
    const whole = await realm.report(texts);
    for (const [i, text] of texts.entries()) expect({ text, ...shown[i]! }).toEqual({ text, ...whole[i]! });
    mistaken += shown.filter((s) => s.diagnostics.length > 0).length;
    done += texts.length;
    [texts, shown] = [[], []];
    if (done % perRealm === 0 || done >= wanted) {
      await realm.end();
      realm = null;
    }
    if (done >= wanted) break;
  }
  expect(mistaken).toBeGreaterThan(wanted / 4);
  expect(wanted - mistaken).toBeGreaterThan(wanted / 100);
}, 3_600_000);

test("after texts that ask for too much the next is as in a fresh compiler", async () => {
  const deep = (n: number, open: string, close: string): string => `const a = ${open.repeat(n)}1${close.repeat(n)}\n`;
  const bombs = [
    deep(10_000, "(", ")"), deep(500, "[", "]"), "model m {\n  input x: [3, 8, 8]\n  relu * 1_000_000_000 -> conv(4) * 999_999_999\n  output y\n}\n",
    "block b(n) { b(n + 1) -> b(n) }\nmodel m {\n  input x: [3, 8, 8]\n  b(1)\n  output y\n}\n", "model m {\n  input x: [3, 8, 8]\n  for i in 0..99_999 { conv(i + 1) }\n  output y\n}\n",
    `const a = b\nconst b = a\n${"{".repeat(5000)}\n`, `model m {\n  input x: [3, 8, 8]\n  ${"{ ".repeat(200)}relu${" }".repeat(200)}\n  output y\n}\n`, '"'.repeat(1001),
  ];
  const files = examples.filter((e) => e.name.startsWith("examples/"));
  const fresh = await realms(files);
  const documents = openBeside(files);
  const show = (text: string): Report => {
    documents.set(edited, 1, text);
    return shownOf(documents);
  };
  for (const bomb of bombs.slice(0, count(3, bombs.length))) {
    expect(show(bomb).diagnostics).not.toEqual([]);
    const texts = (full ? files : files.slice(0, 2)).map((f) => f.text);
    const realm = fresh();
    expect(texts.map(show)).toEqual(await realm.report(texts));
    await realm.end();
  }
}, 600_000);
