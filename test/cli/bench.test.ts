// `rnc bench`: numbers of the right kind. That they are good ones is the bench's business, not a test's.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { rnc } from "./rnc.ts";

const folder = mkdtempSync(join(tmpdir(), "rnlang-bench-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, "net.rn");
writeFileSync(program, `model net() {
  input image: [16, 20, 20]
  skip { conv(16, 3, bias = false) -> bn -> relu -> conv(16, 3) }
  relu -> conv(32, 3, 2) -> gap -> dense(4)
  output logits: [4]
}
`);

interface Report {
  readonly exports: readonly { readonly name: string; readonly batch: number; readonly first: number; readonly best: number; readonly median: number; readonly gigaflops: number }[];
  readonly tune: readonly { readonly name: string; readonly layers: readonly { readonly label: string; readonly calls: number; readonly choices: readonly { readonly algorithm: string; readonly predicted: number; readonly nanoseconds: number; readonly chosen: boolean; readonly best: boolean }[] }[] }[];
}

test("each algorithm of each convolution, the chosen one marked", () => {
  const { code, stdout } = rnc(["bench", program, "--runs", "5", "--batch", "2", "--tune", "--target", "wasm", "--json"]);
  expect(code).toBe(0);
  const { exports, tune } = JSON.parse(stdout) as Report;
  const [speed] = exports;
  expect(speed).toMatchObject({ name: "net", batch: 2 });
  expect(Math.min(speed!.first, speed!.best, speed!.gigaflops)).toBeGreaterThan(0);
  expect(speed!.median).toBeGreaterThanOrEqual(speed!.best);
  const { layers } = tune[0]!;
  expect(layers.length).toBe(3);
  for (const { choices } of layers) {
    expect(choices.filter((c) => c.chosen).length).toBe(1);
    expect(choices.filter((c) => c.best).length).toBe(1);
    for (const c of choices) expect(Math.min(c.predicted, c.nanoseconds)).toBeGreaterThan(0);
  }
  expect(layers.map((l) => l.choices.map((c) => c.algorithm))).toEqual([["direct", "winograd4", "winograd4x2", "winograd2"], ["direct", "winograd4", "winograd4x2", "winograd2"], ["direct"]]);
});

test("for people: a row for each export, and one for each alternative", () => {
  const { code, stdout } = rnc(["bench", program, "--runs", "3", "--tune", "--target", "wasm"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^export\s+batch\s+first result\s+best\s+median\s+GFLOP\/s\nnet\s+1\s/);
  expect(stdout).toMatch(/convolution\s+calls\s+algorithm\s+predicted\s+measured/);
  expect(stdout).toMatch(/winograd4 \*/);
});

test("what cannot be done is said", () => {
  expect(rnc(["bench", program, "--tune", "--target", "ts"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/--target ts has one algorithm for each layer/) });
  expect(rnc(["bench", program, "--runs", "0"])).toMatchObject({ code: 2, stderr: expect.stringMatching(/--runs wants a positive integer/) });
  expect(rnc(["bench", program, "--batch", "1000000000"])).toEqual({ code: 2, stdout: "", stderr: "error: --batch: 1000000000 samples of 6400 numbers are more than an array holds, which is 1073741823\n" });
});
