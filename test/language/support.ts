// What the tests of the language share: programs, and a way to compare trees.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "../../src/language/parse.ts";
import type { Program } from "../../src/language/program.ts";
import { resolveProgram, type Load } from "../../src/language/resolve.ts";
import type { Diagnostic } from "../../src/source/diagnostic.ts";
import { position, type Source } from "../../src/source/text.ts";
import { standardLibrary } from "../../src/std/embedded.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function programs(folder: string): Source[] {
  const files = readdirSync(root + folder).filter((f) => f.endsWith(".rn")).sort();
  return files.map((f) => ({ name: `${folder}/${f}`, text: readFileSync(`${root}${folder}/${f}`, "utf8") }));
}

export const examples: readonly Source[] = [...programs("examples"), ...programs("src/std/rn")];

export const source = (text: string, name = "test.rn"): Source => ({ name, text });

/** A tree as data without places, comments and where lines ended: what a program means. */
export function meaning(text: string): unknown {
  const { file } = parse(source(text));
  return JSON.parse(JSON.stringify(file.declarations, (key, value: unknown) => (key === "span" ? undefined : value)));
}

/** `RN101 2:7 expected …`, lines and columns from 1; help below it. */
export function describeDiagnostic(d: Diagnostic): string {
  const span = d.primary?.span;
  const at = span && position(span.source, span.start);
  const help = d.help.map((h) => `\n      help: ${h.message}${h.edits.map((e) => ` [${JSON.stringify(e.span.source.text.slice(e.span.start, e.span.end))} → ${JSON.stringify(e.text)}]`).join("")}`);
  return `${d.code} ${at ? `${at.line + 1}:${at.column + 1}` : "-"} ${d.message}${help.join("")}`;
}

export const messages = (text: string): string[] => parse(source(text)).diagnostics.map(describeDiagnostic);

/** The layers of the language's table; what they do does not matter here. */
export const layers: ReadonlySet<string> = new Set(
  "conv upconv dense bn ln relu relu6 leaky sigmoid tanh gelu silu hardswish softmax maxpool avgpool gap flatten reshape transpose slice subsample zeropad pad2d dropout".split(" "),
);

/** Loads from given texts and the standard library. */
function loader(files: Readonly<Record<string, string>> = {}): Load {
  return (path) => {
    const text = files[path] ?? standardLibrary[path];
    return text === undefined ? { problem: `there is no file "${path}"` } : { source: source(text, path) };
  };
}

export function program(text: string, files: Readonly<Record<string, string>> = {}, recovery = false): Program {
  const library = new Map([["project", "rn/resnet"], ["basic", "rn/resnet"], ["bottleneck", "rn/resnet"]]);
  const parsed = parse(source(text));
  return resolveProgram(recovery ? { ...parsed, file: parsed.recovered } : parsed, { load: loader(files), layers, library });
}

export const resolved = (text: string, files: Readonly<Record<string, string>> = {}): readonly Diagnostic[] => program(text, files).diagnostics;
