// Every graph that once failed, made small, for ever. The text is what a failing shard prints.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseCase, printCase } from "../harness/generate.ts";
import { judge } from "./shard.ts";

const folder = fileURLToPath(new URL("corpus/", import.meta.url));
const files = readdirSync(folder).filter((f) => f.endsWith(".rnir"));

test.each(files)("%s", async (file) => {
  const text = readFileSync(folder + file, "utf8");
  const c = parseCase(text);
  expect(await judge(c)).toBe(null);
  expect(await judge(c, {}, undefined, "wasm")).toBe(null);
  expect(parseCase(printCase(c)).graph).toBeDefined();
});

test("there are some", () => expect(files.length).toBeGreaterThan(2));
