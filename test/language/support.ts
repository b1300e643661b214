// What the tests of the language share: programs, and a way to compare trees.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "../../src/language/parse.ts";
import type { Diagnostic } from "../../src/source/diagnostic.ts";
import { position, type Source } from "../../src/source/text.ts";

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
  return JSON.parse(JSON.stringify(file.declarations, (key, value: unknown) => (key === "span" || key === "crowded" ? undefined : value)));
}

/** `RN101 2:7 expected …`, lines and columns from 1; help below it. */
export function describeDiagnostic(d: Diagnostic): string {
  const span = d.primary?.span;
  const at = span && position(span.source, span.start);
  const help = d.help.map((h) => `\n      help: ${h.message}${h.edits.map((e) => ` [${JSON.stringify(e.span.source.text.slice(e.span.start, e.span.end))} → ${JSON.stringify(e.text)}]`).join("")}`);
  return `${d.code} ${at ? `${at.line + 1}:${at.column + 1}` : "-"} ${d.message}${help.join("")}`;
}

export const messages = (text: string, recovery = false): string[] => parse(source(text), { recovery }).diagnostics.map(describeDiagnostic);
