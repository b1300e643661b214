// Threads that esbuild is given an entry for, or not.
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { Compilation } from "../../src/compiler/compilation.ts";
import { parseRequest } from "../../src/plugin/request.ts";
import { problemOfWorkers, type EsbuildOptions } from "../../src/plugin/workers.ts";

const program = new Compilation("model m(n) {\n  input x: [4]\n  dense(n)\n  output y: [n]\n}\nexport one = m(1)\nexport two = m(2)\n", { target: "wasm", threads: true });
const absWorkingDir = resolve("/app");
const said = (entryPoints: NonNullable<EsbuildOptions["entryPoints"]>): string | null => problemOfWorkers(parseRequest(`${resolve("/app/src/net.rn")}?target=wasm&threads`)!, program, { entryPoints, absWorkingDir });
const entry = (file: string, name: string): string => `${file}?target=wasm&threads&thread=${name}`;

test.each<[string, NonNullable<EsbuildOptions["entryPoints"]>, readonly string[]]>([
  ["none at all", ["src/app.js"], ["one", "two"]],
  ["of one export", { one: entry("./src/net.rn", "one") }, ["two"]],
  ["of a program whose name ends alike", [entry("src/subnet.rn", "one"), entry("src/subnet.rn", "two")], ["one", "two"]],
  ["of a program of that name elsewhere", [entry("net.rn", "one"), entry("other/net.rn", "two")], ["one", "two"]],
  ["the program itself", ["src/net.rn?target=wasm&threads"], ["one", "two"]],
  ["of all, in every form", [entry("src/net.rn", "one"), { in: entry(resolve("/app/src/net.rn"), "two") }], []],
])("entries: %s", (_, entryPoints, missing) => {
  const message = said(entryPoints);
  expect([...(message ?? "").matchAll(/"(\w+)\.worker": "\.\/src\/net\.rn\?target=wasm&threads&thread=\1"/g)].map((m) => m[1])).toEqual(missing);
  expect(message === null).toBe(missing.length === 0);
});

test("an export that computes in one thread wants no entry", () => {
  expect(problemOfWorkers(parseRequest("/app/net.rn")!, new Compilation("model m {\n  input x: [4]\n  output y\n}\n"), {})).toBeNull();
});
