// `rnc run` on real weights and images, and on small made-up ones: counts, normalisation, outputs of one input, errors.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { dataFile, haveData, readData } from "../harness/data.ts";
import { count } from "../harness/tier.ts";
import { folder, rnc } from "./rnc.ts";

describe.skipIf(!haveData)("the published CIFAR-10 networks", () => {
  // The first test images (test/real counts more of them); `npm run verify` runs all 10,000. What PyTorch gets wrong of them is in the oracles.
  test.each([["resnet20", 150, 827], ["resnet56", 50, 661]] as const)("%s", (name, few, all) => {
    const n = count(few, 10_000);
    const predicted = readSafetensors(readData("oracles", `${name}-cifar10.safetensors`)).tensors.get("pred_all_10000")!.data;
    const images = readData("cifar-10", "test_batch.bin");
    const expected = (of: number): number => predicted.subarray(0, of).filter((p, i) => p !== images[i * 3073]).length;
    expect(expected(10_000)).toBe(all);
    const { code, stdout, stderr } = rnc(["run", "examples/cifar.rn", "--only", name, "--weights", dataFile(`${name}-cifar10.safetensors`), "--data", `cifar10:${dataFile("cifar-10")}`, "--limit", String(n), "--json"], { timeout: 1_000_000 });
    expect([code, stderr.replace(/^[\d,]+ of .* left\n/gm, "")]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ export: name, count: n, wrong: expected(n), error: expected(n) / n, imagesPerSecond: expect.any(Number), normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } });
  }, 2_000_000);
});

// y = W x of two classes: class 1 where the sum of the four values is positive.
const program = "model net {\n  input x: [1, 2, 2]\n  fc: dense(2)\n  output y: [2]\n}\n";
const at = folder();
const path = (name: string): string => join(at, name);
writeFileSync(path("m.rn"), program);
function weights(metadata: readonly (readonly [string, string])[] = []): Uint8Array {
  return writeSafetensors([["fc.weight", { shape: [2, 4], data: Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1) }], ["fc.bias", { shape: [2], data: new Float32Array(2) }]], metadata);
}
writeFileSync(path("w.safetensors"), weights());
writeFileSync(path("centred.safetensors"), weights([["normalisation", '{"mean":[5],"std":[2]}']]));
writeFileSync(path("d.csv"), "1,1,1,1,1\n-1,-1,-1,-1,0\n2,2,2,2,0\n8,8,8,8,1\n0,0,0,0,0\n");
const run = (...args: string[]) => rnc(["run", "m.rn", ...args], { cwd: at });
const wrong = (...args: string[]): number => {
  const { code, stdout, stderr } = run("--data", "csv:d.csv", "--json", ...args);
  expect([code, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as { wrong: number }).wrong;
};

describe("labelled data", () => {
  test("counts, for any batch, for people", () => {
    const { code, stdout } = run("--weights", "w.safetensors", "--data", "csv:d.csv");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^net on csv:d\.csv: 1 wrong of 5 · top-1 error 20\.00 % · \d+(\.\d)? images\/s\n$/);
    for (const batch of ["1", "2", "3", "64"]) expect(wrong("--weights", "w.safetensors", "--batch", batch)).toBe(1);
    expect(wrong("--weights", "w.safetensors", "--limit", "2")).toBe(0);
  });
  test("normalisation: the command line, else the weights' metadata, else none", () => {
    expect(wrong("--weights", "centred.safetensors")).toBe(1);
    expect(wrong("--weights", "w.safetensors", "--mean", "5", "--std", "2")).toBe(1);
    expect(wrong("--weights", "centred.safetensors", "--mean", "1.5")).toBe(2);
    expect(wrong("--weights", "w.safetensors", "--scale", "-1")).toBe(3);
  });
  test("scale: the command line, else the weights' metadata; where that is no number it is said", () => {
    for (const [name, scale] of [["negative", "-1"], ["damaged", "half"]] as const) writeFileSync(path(`${name}.safetensors`), weights([["generator", "rnc 0.1.0"], ["scale", scale]]));
    expect(wrong("--weights", "negative.safetensors")).toBe(3);
    expect(wrong("--weights", "negative.safetensors", "--scale", "1")).toBe(1);
    writeFileSync(path("foreign.safetensors"), weights([["scale", "per_channel"]])); // another program's word
    expect(wrong("--weights", "foreign.safetensors")).toBe(1);
    expect(run("--weights", "damaged.safetensors", "--data", "csv:d.csv")).toMatchObject({ code: 1, stderr: expect.stringContaining('RN506]: damaged.safetensors: the metadata "scale" is "half", not a number') });
  });
  test("glyphs: the unseen images, normalised as the source says", () => {
    writeFileSync(path("g.rn"), "model net {\n  input image: [3, 32, 32]\n  flatten\n  fc: dense(10)\n  output y: [10]\n}\n");
    const zeros: readonly (readonly [string, readonly number[]])[] = [["fc.weight", [10, 3072]], ["fc.bias", [10]]];
    writeFileSync(path("g.safetensors"), writeSafetensors(zeros.map(([name, shape]) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }])));
    const { code, stdout, stderr } = rnc(["run", "g.rn", "--weights", "g.safetensors", "--data", "glyphs", "--limit", "100", "--json"], { cwd: at });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ data: "glyphs:easy", count: 100, wrong: 90, normalisation: { mean: [0.5, 0.5, 0.5], std: [0.22, 0.22, 0.22] } });
  });
  test("what cannot be", () => {
    const say = (...args: string[]): string => {
      const { code, stdout, stderr } = run(...args);
      expect([code !== 0, stdout]).toEqual([true, ""]);
      return `${code} ${stderr.split("\n")[0]}`;
    };
    const all = ["--weights", "w.safetensors"];
    expect(say(...all)).toBe("2 error: run wants --data or --input");
    expect(rnc(["run", "nosuch.rn"], { cwd: at }).stderr).toBe("error: there is no file nosuch.rn\n");
    expect(say(...all, "--input", "d.csv")).toBe("1 error: d.csv is no PNG file and no npy file");
    expect(say("--data", "csv:d.csv")).toBe("2 error: net needs weights");
    expect(say(...all, "--data", "csv:d.csv", "--batch", "0")).toContain("2 error: --batch wants a positive integer");
    expect(say(...all, "--data", "csv:d.csv", "--mean", "1,2")).toBe("1 error: --mean, --std: 2 values for mean, but the input has 1 channel");
    expect(say(...all, "--data", "csv:d.csv", "--std", "0")).toContain("every std positive");
    writeFileSync(path("wide.csv"), "1,2,3,4,5,0\n");
    expect(say(...all, "--data", "csv:wide.csv")).toBe("1 error: csv:wide.csv has samples of [5], but net takes x of [1, 2, 2]");
    writeFileSync(path("label.csv"), "1,1,1,1,1\n1,1,1,1,7\n");
    expect(say(...all, "--data", "csv:label.csv")).toBe("1 error: label.csv:2: label 7, but y has 2 classes");
    expect(rnc(["run", "examples/cifar.rn", "--data", "csv:x"]).stderr).toContain("run takes one");
  });
});

describe("one input", () => {
  const all = ["--weights", "w.safetensors"];
  const npy = (shape: string, values: Float32Array): Uint8Array => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
    return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.from([1, 0, 118, 0]), Buffer.from(header), new Uint8Array(values.buffer)]);
  };
  test(".npy, as it is", () => {
    writeFileSync(path("x.npy"), npy("(1, 1, 2, 2)", Float32Array.of(1, 2, 3, -4)));
    expect(run(...all, "--input", "x.npy")).toEqual({ code: 0, stderr: "", stdout: "y [2]\nclass    score  probability\n    1  2.00000      88.08 %\n    0  0.00000      11.92 %\n" });
    expect(JSON.parse(run(...all, "--input", "x.npy", "--json").stdout)).toEqual({ outputs: { y: { shape: [2], values: [0, 2] } } });
    writeFileSync(path("long.npy"), npy("(5,)", new Float32Array(5)));
    expect(run(...all, "--input", "long.npy")).toMatchObject({ code: 1, stderr: "error: long.npy is [5], but the input is [1, 2, 2]\n" });
  });
  test(".png, normalised", () => {
    writeFileSync(path("x.png"), encode({ width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 51, 102, 255) }));
    const plain = run(...all, "--input", "x.png", "--json");
    expect(plain.stderr).toMatch(/^note: x\.png is given as values from 0 to 1/);
    expect((JSON.parse(plain.stdout) as { outputs: { y: { values: number[] } } }).outputs.y.values[1]).toBeCloseTo(1.6, 6);
    const centred = run("--weights", "centred.safetensors", "--input", "x.png", "--json");
    expect(centred.stderr).toBe("");
    expect((JSON.parse(centred.stdout) as { outputs: { y: { values: number[] } } }).outputs.y.values[1]).toBeCloseTo((1.6 - 20) / 2, 5);
    writeFileSync(path("rgb.png"), encode({ width: 2, height: 2, channels: 3, depth: 8, data: new Uint8Array(12) }));
    expect(run(...all, "--input", "rgb.png")).toMatchObject({ code: 1, stderr: expect.stringContaining("rgb.png is an image of [3, 2, 2], but the input is [1, 2, 2]") });
    mkdirSync(path("folder.png"), { recursive: true });
    expect(run(...all, "--input", "folder.png")).toMatchObject({ code: 2 });
  });
});
