// `rnc compile --train`, `rnc probe` and `rnc deepen` through the built command, on small networks.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { filesIn, folder, rnc } from "./rnc.ts";

const at = folder();
writeFileSync(join(at, "net.rn"), `default conv(bias = false)

block basic(c, how) {
  skip(how) { conv(c, 3) -> bn -> relu -> conv(c, 3) -> bn }
  relu
}

model net(n = 1, how = id) {
  input x: [2, 8, 8]
  stem: conv(6, 3) -> norm: bn -> relu
  stage: { basic(6, how) * n }
  gap -> head: dense(4)
  output y: [4]
}

export shallow = net(n = 1)
export deep = net(n = 3)
export plain = net(n = 1, how = none)
export plainer = net(n = 3, how = none)

train deep {
  loss      = cross_entropy(y)
  optimizer = sgd(lr = 0.1)
  batch     = 4
}
`);
const run = (...args: string[]) => rnc(args, { cwd: at });

describe("compile --train", () => {
  test.each([["ts", []], ["wasm", ["--threads"]]] as const)("%s: a module with createTrainer, and the summary says so", (target, more) => {
    const { code, stderr } = run("compile", "net.rn", "--only", "deep", "--train", "--target", target, "--js", "-o", target, ...more);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ training +time\ndeep\.js .* sgd, 1,000 steps of 4 /);
    expect(stderr).toContain(`Use: import { createTrainer } from "./${target}/deep.js"`);
    expect(readFileSync(join(at, target, "deep.js"), "utf8")).toContain("export async function createTrainer(");
    expect(filesIn(join(at, target)).includes("deep.worker.js")).toBe(more.length > 0);
  });
  test("every export must say what it is trained for", () => {
    expect(run("compile", "net.rn", "--train", "-o", "none")).toEqual({ code: 1, stdout: "", stderr: "error: --train: shallow, plain, plainer have no train declaration\n  = help: choose one that has: --only deep\n" });
    expect(run("compile", "net.rn", "--only", "plain", "--train", "-o", "none")).toMatchObject({ code: 1, stderr: expect.stringContaining("add to net.rn:\n\n    train plain {\n      loss      = cross_entropy(y)\n") });
    expect(existsSync(join(at, "none"))).toBe(false);
  });
});

interface Networks {
  readonly networks: readonly { readonly name: string; readonly layers: readonly { readonly name: string; readonly values: number; readonly gradient: number }[] }[];
}

describe("probe", () => {
  test("layer by layer, the plain network beside it; a picture", () => {
    const { code, stdout, stderr } = run("probe", "net.rn", "--only", "deep", "--plain", "-o", "probe.svg");
    expect([code, stderr]).toEqual([0, "wrote probe.svg\n"]);
    expect(stdout).toMatch(/^deep at initialisation\nrandom numbers · batch 8 · seed 0 · cross-entropy\n[^]*values \(root mean square\)[^]*gradient of the weights \(norm\)[^]*\ndeep: 8 layers, gradients from .*\nplain: 8 layers, gradients from .*\n$/);
    expect(readFileSync(join(at, "probe.svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
  });
  test("in a deep plain network gradients grow from layer to layer; a residual one keeps them", () => {
    const { networks } = JSON.parse(run("probe", "net.rn", "--only", "deep", "-D", "n=30", "--plain", "--json").stdout) as Networks;
    expect(networks.map((n) => [n.name, n.layers.length])).toEqual([["deep", 62], ["plain", 62]]);
    expect(networks[0]!.layers.map((l) => l.name).slice(0, 3)).toEqual(["stem", "stage.0.0", "stage.0.3"]);
    const [residual, plain] = networks.map(({ layers }) => layers[1]!.gradient / layers[60]!.gradient);
    expect(plain! / residual!).toBeGreaterThan(20);
  });
  test("the numbers are those of their definition", () => {
    writeFileSync(join(at, "two.rn"), "model two {\n  input x: [3]\n  sum: dense(2, bias = false, init = one)\n  fc: dense(2, bias = false, init = zero)\n  output y\n}\n");
    writeFileSync(join(at, "two.csv"), "1,2,2,0\n3,0,4,1\n");
    const { networks } = JSON.parse(run("probe", "two.rn", "--data", "csv:two.csv", "--batch", "2", "--json").stdout) as Networks;
    // sum makes (5, 5) and (7, 7). With zero weights both classes have probability ½: row c of fc's gradient is Σ (½ − [label = c]) x / 2.
    expect(networks[0]!.layers).toEqual([{ name: "sum", values: expect.closeTo(Math.sqrt(37), 5), gradient: 0 }, { name: "fc", values: 0, gradient: expect.closeTo(1, 6) }]);
  });
  test("values that outgrow f32: which layer makes the first, and what there is before it", () => {
    writeFileSync(join(at, "grows.rn"), "model grows(n = 20) {\n  input x: [8]\n  for i in 0..n { dense(8, bias = false, init = one) }\n  dense(2)\n  output y\n}\n");
    // All numbers are 8 times as large after each layer, and 1 at first.
    writeFileSync(join(at, "ones.csv"), "1,1,1,1,1,1,1,1,0\n".repeat(8));
    const probed = (n: number) => JSON.parse(run("probe", "grows.rn", "-D", `n=${n}`, "--data", "csv:ones.csv", "--json").stdout) as { networks: { layers: { name: string; values: number | null; gradient: number | null }[] }[] };
    // 64 · 8²ᵏ ≤ 3.4e38 for the k-th layer: k ≤ 20
    const { layers } = probed(70).networks[0]!;
    expect(layers.map((l, k) => [k + 1, l.values]).slice(0, 22)).toEqual(Array.from({ length: 22 }, (_, k) => [k + 1, k < 20 ? expect.closeTo(8 ** (k + 1), -Math.log10(8 ** (k - 4))) : null]));
    expect(layers.every((l) => l.gradient === null)).toBe(true);
    const { code, stdout } = run("probe", "grows.rn", "-D", "n=70", "--data", "csv:ones.csv");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\ngrows: 71 layers, no gradient is finite\ngrows: the values of 20, layer 21, are the first whose squares are more than f32 holds \(3\.4e38\)\n$/);
    expect(run("probe", "grows.rn", "-D", "n=3", "--data", "csv:ones.csv").stdout).not.toContain("f32");
  });
  test("what cannot be", () => {
    expect(run("probe", "net.rn")).toMatchObject({ code: 2, stderr: expect.stringContaining("probe takes one") });
    expect(run("probe", "net.rn", "--only", "deep", "--batch", "1000000000")).toMatchObject({ code: 2, stderr: expect.stringContaining("--batch: 1000000000 samples of 128 numbers are more than an array holds") });
    expect(run("probe", "net.rn", "--only", "deep", "-o", "x.png")).toMatchObject({ code: 2, stderr: expect.stringContaining(".svg") });
    expect(run("probe", "net.rn", "--only", "deep", "--data", "glyphs")).toMatchObject({ code: 1, stderr: expect.stringContaining("glyphs:easy has samples of [3, 32, 32], but x is [2, 8, 8]") });
    writeFileSync(join(at, "image.rn"), "model image {\n  input x: [2, 4, 4]\n  conv(2, 3)\n  output y\n}\n");
    expect(run("probe", "image.rn")).toMatchObject({ code: 1, stderr: expect.stringContaining("no output of the form [classes]") });
  });
});

describe("deepen", () => {
  /** Weights of an export, drawn by a trainer's rules: whatever they are, with running statistics that are not 0 and 1. */
  const weights = (name: string): string => {
    const shapes = new Map([...run("compile", "net.rn", "--only", name, "--emit", "graph").stdout.matchAll(/^parameter %\d+ = "(.*)" : \[(.*)\]/gm)].map((m) => [m[1]!, m[2]!.split(", ").map(Number)] as const));
    let state = 7;
    const draw = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31 + 0.1;
    const file = writeSafetensors([...shapes].map(([n, shape]) => [n, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (/var/.test(n) ? draw() : draw() - 0.6)) }] as const), [["normalisation", '{"mean":[1],"std":[2]}']]);
    writeFileSync(join(at, `${name}.safetensors`), file);
    return `${name}.safetensors`;
  };
  const given = weights("shallow");

  test("the deeper network computes the same to the bit, and is to be trained on", () => {
    const { code, stdout, stderr } = run("deepen", "net.rn", "--from", "shallow", "--to", "deep", "--weights", given, "-o", "deep.safetensors");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toBe("shallow → deep: 2 new blocks, 1,344 new parameters; outputs unchanged to the bit. Wrote deep.safetensors\n");
    const { tensors, metadata } = readSafetensors(readFileSync(join(at, "deep.safetensors")));
    expect(metadata.get("normalisation")).toBe('{"mean":[1],"std":[2]}');
    const before = readSafetensors(readFileSync(join(at, given))).tensors;
    for (const [name, { data }] of before) expect(tensors.get(name)!.data, name).toEqual(data);
    const values = (name: string): Set<number> => new Set(tensors.get(name)!.data);
    expect([values("stage.1.4.weight"), values("stage.1.1.weight"), values("stage.1.1.running_mean"), values("stage.1.1.running_var")]).toEqual([new Set([0]), new Set([1]), new Set([0]), new Set([1])]);
    expect(values("stage.2.3.weight").size).toBeGreaterThan(100);
    // and rnc run takes them
    writeFileSync(join(at, "d.csv"), Array.from({ length: 12 }, (_, i) => `${Array.from({ length: 128 }, (_, k) => ((i * 37 + k * 11) % 17) - 8).join(",")},${i % 4}\n`).join(""));
    const wrong = (name: string): unknown => (JSON.parse(run("run", "net.rn", "--only", name, "--weights", `${name}.safetensors`, "--data", "csv:d.csv", "--json").stdout) as { wrong: unknown }).wrong;
    expect(wrong("deep")).toBe(wrong("shallow"));
  });
  test("a plain network cannot be deepened so; nothing is written", () => {
    expect(run("deepen", "net.rn", "--from", "plain", "--to", "plainer", "--weights", weights("plain"), "-o", "no.safetensors")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("plainer with these weights computes something else than plain") });
    expect(existsSync(join(at, "no.safetensors"))).toBe(false);
  });
  test("what cannot be", () => {
    const all = ["--weights", given, "-o", "no.safetensors"];
    expect(run("deepen", "net.rn", "--from", "shallow", ...all)).toMatchObject({ code: 2, stderr: expect.stringContaining("--from and --to") });
    expect(run("deepen", "net.rn", "--from", "shallow", "--to", "deeper", ...all)).toMatchObject({ code: 2, stderr: expect.stringContaining('no export "deeper"') });
    expect(run("deepen", "net.rn", "--from", "deep", "--to", "shallow", "--weights", weights("deep"), "-o", "no.safetensors")).toMatchObject({ code: 1, stderr: expect.stringContaining("shallow has no stage.1.0.weight") });
    expect(run("deepen", "net.rn", "--from", "deep", "--to", "shallow", "--weights", given)).toMatchObject({ code: 1, stderr: expect.stringContaining("RN507") });
    expect(run("deepen", "net.rn", "--from", "shallow", "--to", "deep", "--weights", given, "-o", "net.rn")).toMatchObject({ code: 1, stderr: expect.stringContaining("net.rn is in the way") });
    expect(existsSync(join(at, "no.safetensors"))).toBe(false);
  });
});
