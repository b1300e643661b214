// A training run that is stopped or killed, and goes on: every checkpoint loads, and the end is that of an uninterrupted run, bit for bit.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { below, random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { rnc, type Result } from "./rnc.ts";
import { bytesOf, ended, program, rows, startTraining, timeless, train, untilItLearns, workplace } from "./training.ts";

const at = workplace();
const steps = ["--steps", "400", "--eval-every", "40", "--save-every", "3"];

beforeAll(() => {
  expect(train(at, ...steps, "--out", "whole")).toMatchObject({ code: 0 });
});

function expectWhole(run: string): void {
  for (const name of ["checkpoint.safetensors", "tiny.safetensors"]) expect(bytesOf(join(at, run), name).equals(bytesOf(join(at, "whole"), name)), name).toBe(true);
  expect(timeless(join(at, run))).toEqual(timeless(join(at, "whole")));
}

describe("asked to stop", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s saves, says how to go on, exits with 130", async (signal) => {
    const child = startTraining(at, ...steps, "--out", signal);
    let said = "";
    child.stderr!.on("data", (text) => (said += String(text)));
    await untilItLearns(join(at, signal), child);
    child.kill(signal);
    expect(await ended(child)).toBe(130);
    const step = /stopped after step (\d+) of 400, saved in /.exec(said)?.[1];
    expect(said).toContain(`Go on with:\n  rnc train tiny.rn --data csv:learn.csv --eval csv:unseen.csv --mean 0.8 --std 0.7 --steps 400 --eval-every 40 --save-every 3 --out ${signal} --resume\n`);
    expect(readSafetensors(bytesOf(join(at, signal), "checkpoint.safetensors")).metadata.get("step")).toBe(step);
    expect(existsSync(join(at, signal, "curves.svg"))).toBe(true);
    expect(train(at, "--out", signal, "--resume").code).toBe(0); // with the steps and the interval that it began with
    expectWhole(signal);
  });
});

test("killed at random moments", async () => {
  const next = random(1);
  const wanted = count(4, 100);
  for (let kills = 0, round = 0; kills < wanted; round++) {
    const run = `killed${round}`;
    for (let code: number | null = null; code !== 0;) {
      const child = startTraining(at, ...steps, "--out", run, "--resume");
      if (kills < wanted) {
        await untilItLearns(join(at, run), child);
        await new Promise((resolve) => setTimeout(resolve, below(next, 120)));
        if (child.kill("SIGKILL")) kills++;
      }
      code = await ended(child);
      expect([0, null]).toContain(code);
      if (existsSync(join(at, run, "checkpoint.safetensors"))) expect(readSafetensors(bytesOf(join(at, run), "checkpoint.safetensors")).tensors.size).toBeGreaterThan(10);
    }
    expectWhole(run);
  }
}, 3_600_000);

describe("going on", () => {
  test("of a run that has ended there is nothing to do; more steps may be asked for", () => {
    expect(train(at, ...steps, "--out", "whole", "--resume")).toMatchObject({ code: 0, stdout: expect.stringContaining("after 400 steps") });
    expect(train(at, "--steps", "300", "--out", "whole", "--resume")).toMatchObject({ code: 2, stderr: expect.stringContaining("holds step 400; --steps 300 lies behind it") });
  });
  test.each([["--batch", "9"], ["--seed", "9"], ["--scale", "0.5"], ["--std", "2"], ["--data", "csv:unseen.csv"], ["--target", "ts"], ["--strict-math"], ["--no-pass", "sums"], ["--eval", "csv:learn.csv"], ["--plain"]])("another %s is another run", (...args) => {
    expect(train(at, ...steps, "--out", "whole", "--resume", ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/checkpoint\.safetensors is of a run with \w+ .*\n.*must be the same to go on/) });
  });
  test("what the run was told need not be told again; other data of the same name are other data", () => {
    const at = workplace(program().replace("= cosine", "= constant"));
    const bare = (...args: string[]): Result => rnc(["train", "tiny.rn", "--data", "csv:learn.csv", "--eval", "csv:unseen.csv", ...args], { cwd: at });
    expect(train(at, "--scale", "0.5", "--steps", "8", "--eval-every", "4").code).toBe(0);
    expect(bare("--steps", "12", "--resume").code).toBe(0);
    expect(train(at, "--scale", "0.5", "--steps", "12", "--eval-every", "4", "--out", "once").code).toBe(0);
    expect(bytesOf(join(at, "run"), "checkpoint.safetensors").equals(bytesOf(join(at, "once"), "checkpoint.safetensors"))).toBe(true);
    writeFileSync(join(at, "learn.csv"), rows(53, 9));
    expect(bare("--steps", "16", "--resume")).toMatchObject({ code: 2, stderr: expect.stringMatching(/is of a run with samples 53 of \[36\], \w+, not 53 of \[36\], \w+\n.*what --data names must be the same/) });
  });
  test("a checkpoint of an earlier rnc, which told less, goes on", () => {
    const at = workplace();
    expect(train(at, "--steps", "8").code).toBe(0);
    const path = join(at, "run", "checkpoint.safetensors");
    const { tensors, metadata } = readSafetensors(readFileSync(path));
    const early = [...metadata].filter(([key]) => !["optimizer", "schedule", "augment", "network", "target", "samples", "eval"].includes(key));
    expect(early.length).toBe(metadata.size - 7);
    writeFileSync(path, writeSafetensors(tensors, early));
    expect(train(at, "--steps", "9", "--resume").code).toBe(0);
  });
  test("nor with another program, and the log stays; words of the author's make no other program", () => {
    const at = workplace();
    expect(train(at, "--steps", "8").code).toBe(0);
    const log = bytesOf(join(at, "run"), "log.jsonl");
    const others = {
      "optimizer sgd(lr = 0.05, momentum = 0.9, nesterov = false, decay = 0.0001), not adam(": program("", "adam(lr = 0.01)"),
      "optimizer sgd(lr = 0.05, momentum = 0.9, nesterov = false, decay = 0.0001), not sgd(lr = 0.04, ": program().replace("lr = 0.05", "lr = 0.04"),
      "schedule cosine(to = 0), not constant()": program().replace("= cosine", "= constant"),
      "augment shift(n = 1) -> hflip(), not shift(n = 1)\n": program().replace(" -> hflip", ""),
      "network ": program().replace("cross_entropy(y)", "cross_entropy(y, smoothing = 0.1)"),
    };
    for (const [said, text] of Object.entries(others)) {
      writeFileSync(join(at, "tiny.rn"), text);
      expect(train(at, "--steps", "9", "--resume")).toMatchObject({ code: 2, stderr: expect.stringContaining(`is of a run with ${said}`) });
    }
    expect(bytesOf(join(at, "run"), "log.jsonl").equals(log)).toBe(true);
    writeFileSync(join(at, "tiny.rn"), `// the same\n${program()}`);
    expect(train(at, "--steps", "9", "--resume").code).toBe(0);
  });
});
