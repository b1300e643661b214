// `rnc train` through the built command: a run from its first step to weights that run, and what is wrong with data and folders.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSafetensors } from "../../src/runtime/safetensors-file.ts";
import { count, full } from "../harness/tier.ts";
import { folder, rnc } from "./rnc.ts";
import { bytesOf, logOf, program, rows, timeless, train, workplace } from "./training.ts";

const at = workplace();

describe("a run", () => {
  test.each(["wasm", "ts"])("%s: a folder with weights that run on both targets", (target) => {
    const run = join(at, target);
    const { code, stdout, stderr } = train(at, "--target", target, "--out", target, "--steps", "120", "--eval-every", "25", "--json");
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^tiny: \d+ parameters, 53 samples of csv:learn\.csv, 120 steps of 8 in [\d.]+ kB\n[^]*weights in .*tiny\.safetensors/)]);
    expect(readdirSync(run).sort()).toEqual(["checkpoint.safetensors", "curves.svg", "log.jsonl", "tiny.safetensors"]);
    const result = JSON.parse(stdout) as { wrong: number };
    expect(result).toMatchObject({ export: "tiny", data: "csv:learn.csv", eval: "csv:unseen.csv", steps: 120, batch: 8, seed: 0, count: 21, normalisation: { mean: [0.8], std: [0.7] }, imagesPerSecond: expect.any(Number) });
    expect(result.wrong).toBeLessThanOrEqual(4);
    for (const other of ["ts", "wasm"]) {
      const ran = rnc(["run", "tiny.rn", "--weights", `${target}/tiny.safetensors`, "--data", "csv:unseen.csv", "--target", other, "--json"], { cwd: at });
      expect(JSON.parse(ran.stdout)).toMatchObject({ count: 21, wrong: result.wrong, normalisation: { mean: [0.8], std: [0.7] } });
    }
  });
  test("its log, its curves, its checkpoint", () => {
    const run = join(at, "wasm");
    const log = logOf(run);
    expect(log.filter((r) => r.loss !== undefined).map((r) => r.step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(log.filter((r) => r.evalError !== undefined).map((r) => r.step)).toEqual([25, 50, 75, 100, 120]);
    expect(log.filter((r) => r.accuracy !== undefined).map((r) => r.step)).toEqual(Array.from({ length: 12 }, (_, i) => 10 * i + 1));
    expect([log[0]!.lr, log.findLast((r) => r.lr !== undefined)!.lr! < 1e-4]).toEqual([0.05, true]);
    expect(bytesOf(run, "curves.svg").toString()).toMatch(/^<svg [^]*120 steps · loss [^]*error on unseen samples[^]*<\/svg>\n$/);
    const { metadata, tensors } = readSafetensors(bytesOf(run, "checkpoint.safetensors"));
    expect(Object.fromEntries(metadata)).toMatchObject({ program: "tiny", step: "120", steps: "120", batch: "8", seed: "0", normalisation: '{"mean":[0.8],"std":[0.7]}' });
    expect([...tensors.keys()].filter((n) => n.startsWith("optimizer.")).length).toBeGreaterThan(3);
    expect([...readSafetensors(bytesOf(run, "tiny.safetensors")).tensors.keys()].filter((n) => n.startsWith("optimizer."))).toEqual([]);
  });
  test("the same again is the same to the bit, with threads too; another seed is another run", () => {
    const made = (out: string, ...args: string[]): Buffer => {
      expect(train(at, "--out", out, ...args).code, out).toBe(0);
      return bytesOf(join(at, out), "tiny.safetensors");
    };
    const once = made("once");
    expect(made("threads", "--threads", "2").equals(once)).toBe(true);
    expect(timeless(join(at, "threads"))).toEqual(timeless(join(at, "once")));
    expect(made("other", "--seed", "1").equals(once)).toBe(false);
  });
  test("the command that it names runs the weights as they were trained", () => {
    const { stdout, stderr } = train(at, "--plain", "--scale", "0.5", "--steps", "12", "--out", "named", "--json");
    const named = / To run them: rnc (run .*)\n/.exec(stderr)![1]!;
    expect(named).toBe("run tiny.rn --only tiny --plain --weights named/tiny.safetensors --data csv:unseen.csv --scale 0.5");
    const { wrong } = JSON.parse(stdout) as { wrong: number };
    const found = (command: string): object => JSON.parse(rnc([...command.split(" "), "--json"], { cwd: at }).stdout) as object;
    expect(found(named)).toMatchObject({ count: 21, wrong });
    expect(found(named.replace(" --scale 0.5", ""))).toMatchObject({ count: 21, wrong }); // the weights tell it
    expect(found(named.replace("--scale 0.5", "--scale -9"))).not.toMatchObject({ wrong });
  });
  test("what comes of it is told: the loss; what it was measured on, if anything", () => {
    const told = (...args: string[]): readonly string[] => {
      const { stdout, stderr } = rnc(["train", "tiny.rn", "--data", "csv:learn.csv", "--steps", "4", ...args], { cwd: at });
      return [stdout, stderr];
    };
    const [alone, note] = told("--out", "alone");
    expect(alone).toMatch(/^tiny after 4 steps: loss \d\.\d{4} · [\d,]+ samples\/s · .*\n$/);
    expect(note).toContain("note: nothing was kept apart to measure it on; --eval names such samples\n");
    const [seen, none] = told("--out", "seen", "--eval", "csv:learn.csv");
    expect(seen).toMatch(/ · \d+ wrong of 53 samples that it learned from · top-1 error /);
    expect(none).not.toContain("note:");
    expect(told("--out", "unseen", "--eval", "csv:unseen.csv")[0]).toMatch(/ wrong of 21 unseen samples /);
    expect(told("--out", "unseen", "--eval", "csv:unseen.csv", "--resume")[0]).not.toContain("/s");
  });
  test("--weights begins with them", () => {
    expect(train(at, "--weights", "wasm/tiny.safetensors", "--out", "further", "--steps", "3").code).toBe(0);
    expect(logOf(join(at, "further"))[0]!.loss).toBeLessThan(0.6);
    expect(train(at, "--weights", "learn.csv", "--out", "none")).toMatchObject({ code: 1, stderr: expect.stringContaining("RN506") });
    expect(existsSync(join(at, "none"))).toBe(false);
  });
});

describe("--memory", () => {
  test("in less memory the same run", () => {
    const { stderr, code } = train(at, "--out", "less", "--steps", "30", "--memory", "least");
    const whole = train(at, "--out", "whole", "--steps", "30");
    expect([code, whole.code]).toEqual([0, 0]);
    const size = (text: string): number => Number(/ steps of 8 in ([\d.]+) kB\n/.exec(text)![1]);
    expect(size(stderr)).toBeLessThan(size(whole.stderr));
    expect(timeless(join(at, "less"))).toEqual(timeless(join(at, "whole")));
    expect(bytesOf(join(at, "less"), "tiny.safetensors").equals(bytesOf(join(at, "whole"), "tiny.safetensors"))).toBe(true);
    const batch = ["--batch", "16", "--steps", "12", "--memory", "1 MB", "--out", "sixteen"];
    expect(train(at, ...batch).stderr).toMatch(/ 12 steps of 16 in [\d.]+ kB\n/);
    expect(train(at, "--resume", "--memory", "1 MB", "--out", "sixteen").stderr).toMatch(/ 12 steps of 16 in [\d.]+ kB, from step 12\n/); // the batch that it began with
  });
  test("too little: what is needed", () => {
    expect(train(at, "--out", "none", "--memory", "2kB")).toMatchObject({ code: 1, stderr: expect.stringMatching(/error\[RN708\]: a step of tiny with a batch of 8 takes at least [\d.]+ kB for what it computes; 2000 B are allowed/) });
    for (const size of ["x", "0", "-1MB", "64 Mb/s", ""]) expect(train(at, "--out", "none", "--memory", size), size).toMatchObject({ code: 2, stderr: expect.stringContaining("--memory wants a size like 64MB or 1.5GB, or least") });
    const compiled = (...args: string[]) => rnc(["compile", "tiny.rn", "-o", "compiled", ...args], { cwd: at });
    expect(compiled("--memory", "1GB")).toMatchObject({ code: 2, stderr: expect.stringContaining("--memory is what a step of training may take") });
    expect(compiled("--train", "--memory", "2kB")).toMatchObject({ code: 1, stderr: expect.stringContaining("error[RN708]") });
    expect(compiled("--train", "--memory", "1GB").code).toBe(0);
    expect(existsSync(join(at, "none"))).toBe(false);
  });
});

describe("what cannot be", () => {
  const refused = (text: string, ...args: string[]): { readonly code: number | null; readonly said: string } => {
    writeFileSync(join(at, "other.rn"), text);
    const { code, stdout, stderr } = rnc(["train", "other.rn", "--out", "refused", ...args], { cwd: at });
    expect(stdout).toBe("");
    expect(existsSync(join(at, "refused", "checkpoint.safetensors"))).toBe(false);
    return { code, said: stderr };
  };
  const learn = ["--data", "csv:learn.csv"];

  test("no declaration: the one to write", () => {
    const { code, said } = refused(program().replace(/train [^]*/, ""), ...learn);
    expect(code).toBe(1);
    expect(said).toContain("error: train: tiny has no train declaration\n  = help: add to other.rn:\n\n    train tiny {\n      loss      = cross_entropy(y)\n      optimizer = sgd(");
  });
  test("data that do not suit: file and record", () => {
    const bad = (name: string, text: string | Uint8Array): string => {
      writeFileSync(join(at, name), text);
      return name;
    };
    const lines = rows(53, 1).split("\n");
    bad("label.csv", [...lines.slice(0, 4), lines[4]!.replace(/\d$/, "7"), ...lines.slice(5)].join("\n"));
    expect(refused(program(), "--data", "csv:label.csv")).toEqual({ code: 1, said: expect.stringContaining("label.csv:5: label 7, but y has 3 classes") });
    bad("width.csv", rows(20, 1).replace(/^[^,]*,/gm, ""));
    expect(refused(program(), "--data", "csv:width.csv")).toEqual({ code: 1, said: expect.stringContaining("csv:width.csv has samples of [35], but x is [1, 6, 6]") });
    bad("torn.csv", rows(20, 1).slice(0, -30));
    expect(refused(program(), "--data", "csv:torn.csv")).toEqual({ code: 1, said: expect.stringContaining("torn.csv:20: ") });
    bad("few.csv", rows(7, 1));
    expect(refused(program(), "--data", "csv:few.csv")).toEqual({ code: 1, said: expect.stringContaining("csv:few.csv has 7 samples, which do not fill a batch of 8") });
    bad("batch.bin", new Uint8Array(3073 * 20 - 1));
    expect(refused(program(), "--data", "cifar10:batch.bin")).toEqual({ code: 1, said: expect.stringContaining("batch.bin is truncated") });
    expect(refused(program(), ...learn, "--eval", "csv:label.csv")).toEqual({ code: 1, said: expect.stringContaining("label.csv:5: label 7") });
    expect(refused(program(), "--data", "csv:absent.csv")).toEqual({ code: 2, said: "error: there is no file absent.csv\n" });
    expect(refused(program()).said).toContain("name the data to learn from with --data: x is [1, 6, 6]");
  });
  test("what the command cannot feed", () => {
    expect(refused(program().replace("cross_entropy(y)", "mse(y)"), ...learn)).toEqual({ code: 1, said: expect.stringContaining("rnc compile --train") });
    expect(refused(program().replace("cross_entropy(y)", "cross_entropy(z)"), ...learn).code).toBe(1);
  });
  test("usage", () => {
    const usage = (...args: string[]): string => {
      const { code, said } = refused(program(), ...learn, ...args);
      expect(code, args.join(" ")).toBe(2);
      return said;
    };
    expect(usage("--steps", "0")).toContain("--steps wants a positive integer");
    expect(usage("--seed", "-1")).toContain("--seed wants an integer from 0");
    expect(usage("--seed", "16777216")).toContain("from 0 to 16777215");
    expect(usage("--target", "ts", "--threads", "2")).toContain("--target ts computes in one thread");
    expect(usage("--resume", "--weights", "w")).toContain("exclude each other");
    expect(usage("--out", "")).toContain("--out wants a folder");
    expect(usage("--out", "learn.csv")).toContain("learn.csv is no folder");
  });
  test("files of others stay, and so does a run that is there", () => {
    for (const name of ["checkpoint.safetensors", "tiny.safetensors", "curves.svg", "log.jsonl"]) {
      const at = workplace();
      mkdirSync(join(at, "mine"));
      writeFileSync(join(at, "mine", name), "precious");
      for (const more of [[], ["--resume"]]) {
        expect(train(at, "--out", "mine", ...more)).toMatchObject({ code: 1, stderr: expect.stringContaining(`mine/${name} is in the way`) });
        expect(readdirSync(join(at, "mine"))).toEqual([name]);
        expect(readFileSync(join(at, "mine", name), "utf8")).toBe("precious");
      }
    }
    const before = bytesOf(join(at, "wasm"), "checkpoint.safetensors");
    expect(train(at, "--out", "wasm")).toMatchObject({ code: 1, stderr: expect.stringContaining("wasm holds a training run already") });
    expect(bytesOf(join(at, "wasm"), "checkpoint.safetensors").equals(before)).toBe(true);
  });
});

test("training that diverges: the step, the last good checkpoint stays", () => {
  const at = workplace();
  const lines = rows(53, 1).split("\n");
  writeFileSync(join(at, "learn.csv"), [...lines.slice(0, 30), lines[30]!.replace(/^[^,]*/, "3.4e38"), ...lines.slice(31)].join("\n"));
  const { code, stdout, stderr } = train(at, "--out", "run", "--seed", "3", "--save-every", "1");
  expect([code, stdout]).toEqual([1, ""]);
  const [, step, cause] = /error: training diverged: the loss of step (\d+) is NaN: (.*); nothing was changed\n/.exec(stderr)!;
  expect(cause).toBe('input "x" holds numbers that are infinite or none');
  expect(logOf(join(at, "run")).at(-1)).toEqual({ step: Number(step) + 1, loss: null });
  if (Number(step) > 0) expect([stderr, readSafetensors(bytesOf(join(at, "run"), "checkpoint.safetensors")).metadata.get("step")]).toEqual([expect.stringContaining(`checkpoint.safetensors holds step ${step}\n`), step]);
  expect(bytesOf(join(at, "run"), "curves.svg").toString()).toContain("not finite");
});

describe("examples/glyphs.rn", () => {
  test("its weights get the same wrong on both targets: at most 1 % of the unseen images", () => {
    const n = count(1000, 10_000);
    const wrong = ["ts", "wasm"].map((target) => (JSON.parse(rnc(["run", "examples/glyphs.rn", "--data", "glyphs", "--target", target, "--limit", String(n), "--json"]).stdout) as { wrong: number }).wrong);
    expect(wrong[0]).toBe(wrong[1]);
    expect(wrong[0]! / n).toBeLessThan(0.01);
  });
  test.runIf(full)("trained anew it gets at least 95 % of them right", () => {
    const out = join(folder(), "run");
    const { wrong, count } = JSON.parse(rnc(["train", "examples/glyphs.rn", "--out", out, "--json"], { timeout: 900_000 }).stdout) as { wrong: number; count: number };
    expect([count, wrong / count < 0.05]).toEqual([10_000, true]);
  });
});
