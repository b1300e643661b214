// Programs with mistakes and what is said about them: test/golden/errors/*.txt, to be read. A case is a title (`###`, with options in
// parentheses), a program, and behind a line of `---` the messages. RNC_GOLDEN=update writes what is said now.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { renderText } from "../../src/source/render.ts";
import { lower } from "./program.ts";

interface Case {
  readonly title: string;
  readonly program: string;
  readonly expected: string;
}

const folder = fileURLToPath(new URL("../golden/errors/", import.meta.url));
const files = readdirSync(folder).filter((f) => f.endsWith(".txt"));

function read(file: string): readonly Case[] {
  const cases = readFileSync(folder + file, "utf8").split(/^### /m).slice(1);
  return cases.map((text) => {
    const [title = "", ...lines] = text.trimEnd().split("\n");
    const [program = "", expected = ""] = lines.join("\n").split(/^---\n/m);
    return { title, program: `${program.trim()}\n`, expected: expected.trim() };
  });
}

/** "… (-D n=3)", "… (--only a)". */
function options(title: string): Parameters<typeof lower>[1] {
  const [, name, value] = /\(-D (\w+)=(.*)\)$/.exec(title) ?? [];
  const [, only] = /\(--only (\w+)\)$/.exec(title) ?? [];
  return { ...(name ? { defines: { [name]: value! } } : {}), ...(only ? { only } : {}) };
}

function said(c: Case): string {
  const { diagnostics } = lower(c.program, options(c.title));
  return diagnostics.map((d) => renderText(d).trim()).join("\n\n");
}

/** The codes that the sources of a folder mention. */
function raisedIn(path: string): readonly string[] {
  const sources = fileURLToPath(new URL(path, import.meta.url));
  const mentioned = readdirSync(sources).flatMap((f) => readFileSync(sources + f, "utf8").match(/(?<=")RN\d{3}(?=")/g) ?? []);
  return [...new Set(mentioned)].filter((c) => c !== "RN201").sort(); // RN201 belongs to the resolver
}

if (process.env["RNC_GOLDEN"] === "update") {
  for (const f of files) writeFileSync(folder + f, read(f).map((c) => `### ${c.title}\n${c.program}---\n${said(c)}\n`).join("\n"));
}

describe.each(files)("%s", (file) => {
  test.each(read(file))("$title", (c) => {
    expect(said(c)).toBe(c.expected);
    expect(said(c)).not.toBe("");
  });
});

test("every code of lowering is here", () => {
  const all = files.map((f) => readFileSync(folder + f, "utf8")).join("");
  const lowering = raisedIn("../../src/lower/");
  expect(lowering.length).toBeGreaterThan(40);
  expect(lowering.filter((c) => !all.includes(`[${c}]`))).toEqual(["RN603", "RN604"]); // too long to read; in limits.test.ts
});
