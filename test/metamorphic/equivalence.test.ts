// Programs that say the same in different words compute the same. What only moves numbers or renames is equal to the bit; what sums
// in another order is equal to a few units in the last place of the largest number.
import { describe, expect, test } from "vitest";
import { optionalPasses } from "../../src/index.ts";
import { Dice } from "../harness/generate-growth.ts";
import { count } from "../harness/tier.ts";
import { distance, inputsOf, program, run, weightsInOrder, type Program, type Weights } from "./programs.ts";
import { randomProgram } from "./random-program.ts";

const CLOSE = 4; // units in the last place of the largest number

function net(shape: string, body: string, before = ""): string {
  return `${before}\nmodel net {\ninput x: ${shape}\n${body}\noutput y\n}`;
}

/** Both programs on the same numbers: the k-th parameter of one is the k-th of the other, in another shape perhaps. */
async function outputsOf(texts: readonly [string, string], seed: number, batch = 3): Promise<readonly [Float32Array, Float32Array]> {
  const [a, b] = [await program(texts[0]), await program(texts[1])];
  const weights = weightsInOrder(a, seed);
  expect(b.parameters.length).toBe(a.parameters.length);
  const same: Weights = b.parameters.map(({ name, shape }, k) => [name, { shape, data: weights[k]![1].data }]);
  const inputs = inputsOf(a, seed, batch);
  return [(await run(a, weights, inputs, batch))["y"]!, (await run(b, same, inputs, batch))["y"]!];
}

async function expectEqual(texts: readonly [string, string], seed = 1): Promise<void> {
  const [y, z] = await outputsOf(texts, seed);
  expect(y.some((v) => v !== 0)).toBe(true);
  expect(z).toEqual(y);
}

async function expectClose(texts: readonly [string, string], seed = 1): Promise<void> {
  const [y, z] = await outputsOf(texts, seed);
  expect(y.some((v) => v !== 0)).toBe(true);
  expect(distance(y, z)).toBeLessThanOrEqual(CLOSE);
}

const seeds = Array.from({ length: count(8, 120) }, (_, k) => k);

describe("layers by other layers", () => {
  test.each(seeds)("conv 1×1 is dense, seed %i", async (seed) => {
    const dice = new Dice(seed);
    const [c, n] = [dice.pick([1, 3, 4, 17, 33]), dice.pick([1, 2, 5, 16, 31])];
    await expectClose([net(`[${c}, 1, 1]`, `conv(${n})`), net(`[${c}, 1, 1]`, `dense(${n})`)], seed);
  });

  test.each(seeds)("padding before a convolution is the convolution's padding, seed %i", async (seed) => {
    const dice = new Dice(seed);
    const [c, h, w, n, k] = [dice.pick([1, 3, 8]), dice.int(3, 9), dice.int(3, 9), dice.pick([1, 4, 6, 16]), dice.pick([1, 3, 5])];
    const [p, stride] = [dice.int(1, 4), dice.int(1, 2)];
    await expectClose([net(`[${c}, ${h}, ${w}]`, `pad2d(${p}) -> conv(${n}, ${k}, ${stride}, pad = valid)`), net(`[${c}, ${h}, ${w}]`, `conv(${n}, ${k}, ${stride}, pad = ${p})`)], seed);
  });

  test.each(seeds)("a convolution in two groups is two convolutions side by side, seed %i", async (seed) => {
    const dice = new Dice(seed);
    const [half, n, k] = [dice.pick([1, 3, 4, 8]), dice.pick([1, 2, 5, 8]), dice.pick([1, 3])];
    const [a, b] = [
      await program(net(`[${2 * half}, 6, 5]`, `conv(${2 * n}, ${k}, groups = 2, bias = false)`)),
      await program(net(`[${2 * half}, 6, 5]`, `cat { slice(0, 0, ${half}) -> conv(${n}, ${k}, bias = false) | slice(0, ${half}, ${2 * half}) -> conv(${n}, ${k}, bias = false) }`)),
    ];
    await expectSplit(a, b, seed);
  });

  test.each(seeds)("a convolution is two convolutions of half its outputs, side by side, seed %i", async (seed) => {
    const dice = new Dice(seed);
    const [c, n, k] = [dice.pick([1, 3, 8, 17]), dice.pick([1, 4, 5, 16]), dice.pick([1, 3, 5])];
    const [a, b] = [
      await program(net(`[${c}, 7, 6]`, `conv(${2 * n}, ${k}, bias = false)`)),
      await program(net(`[${c}, 7, 6]`, `cat { conv(${n}, ${k}, bias = false) | conv(${n}, ${k}, bias = false) }`)),
    ];
    await expectSplit(a, b, seed);
  });

  /** The second program's two weights are the halves of the first's. */
  async function expectSplit(a: Program, b: Program, seed: number): Promise<void> {
    const whole = weightsInOrder(a, seed);
    const data = whole[0]![1].data;
    const halves: Weights = b.parameters.map(({ name, shape }, k) => [name, { shape, data: data.slice((k * data.length) / 2, ((k + 1) * data.length) / 2) }]);
    const inputs = inputsOf(a, seed, 2);
    expect(distance((await run(a, whole, inputs, 2))["y"]!, (await run(b, halves, inputs, 2))["y"]!)).toBeLessThanOrEqual(CLOSE);
  }

  test("small identities, to the bit", async () => {
    await expectEqual([net("[4, 7, 6]", "subsample(2)"), net("[4, 7, 6]", "maxpool(1, 2)")]);
    await expectEqual([net("[4, 7, 6]", "relu"), net("[4, 7, 6]", "relu -> relu")]);
    await expectEqual([net("[4, 7, 6]", "maxpool(3, 1) -> relu"), net("[4, 7, 6]", "relu -> maxpool(3, 1)")]);
    await expectEqual([net("[4, 6, 6]", "flatten -> dense(5)"), net("[4, 6, 6]", "dense(5)")]);
    await expectEqual([net("[4, 6, 6]", "transpose([2, 0, 1]) -> transpose([1, 2, 0])"), net("[4, 6, 6]", "id")]);
    await expectEqual([net("[6, 4, 4]", "cat { slice(0, 0, 2) | slice(0, 2, 6) } -> conv(3, 3)"), net("[6, 4, 4]", "conv(3, 3)")]);
    await expectEqual([net("[5, 4, 4]", "zeropad(5) -> bn"), net("[5, 4, 4]", "bn")]);
    await expectClose([net("[4, 6, 6]", "avgpool(6, 6, pad = valid) -> flatten"), net("[4, 6, 6]", "gap")]);
  });

  test.each(seeds)("twice the input is twice the output of what is linear, to the bit, seed %i", async (seed) => {
    const dice = new Dice(seed);
    const layer = dice.pick(["conv(8, 3, bias = false)", "conv(16, 3, bias = false)", "conv(6, 5, 2, bias = false)", "upconv(4, 2, 2, bias = false)", "dense(7, bias = false)", "avgpool(3, 2)"]);
    const p = await program(net("[8, 8, 7]", layer));
    const weights = weightsInOrder(p, seed);
    const { x } = inputsOf(p, seed, 2);
    const y = (await run(p, weights, { x: x! }, 2))["y"]!;
    expect((await run(p, weights, { x: x!.map((v) => 2 * v) }, 2))["y"]).toEqual(y.map((v) => 2 * v));
  });
});

describe("the same in other words, to the bit", () => {
  const unit = "block unit(c) { conv(c, 3) -> bn -> relu }";
  const inlined = net("[3, 8, 8]", "conv(4, 3) -> bn -> relu\nconv(4, 3) -> bn -> relu\nconv(4, 3) -> bn -> relu");

  test("a block inlined, called, repeated, in a loop, with a default and by recursion", async () => {
    await expectEqual([inlined, net("[3, 8, 8]", "unit(4) -> unit(4) -> unit(4)", unit)]);
    await expectEqual([inlined, net("[3, 8, 8]", "unit(4) * 3", unit)]);
    await expectEqual([inlined, net("[3, 8, 8]", "for i in 0..3 { unit(4) }", unit)]);
    await expectEqual([inlined, net("[3, 8, 8]", "for c in [4, 4, 4] { unit(c) }", unit)]);
    await expectEqual([inlined, net("[3, 8, 8]", "{ conv(4) -> bn -> relu } * 3", "default conv(k = 3)")]);
    await expectEqual([inlined, net("[3, 8, 8]", "many(3)", `${unit}\nblock many(n) { if n > 0 { unit(4) -> many(n - 1) } }`)]);
  });

  test("a block imported from the library and the same written out", async () => {
    const basic = `default conv(bias = false)
block narrow(to) { if in.shape != to { conv(to.c, 1, ceil(in.h / to.h)) -> bn } }
block basic(c, stride = 1) {
  skip(downsample: narrow) { conv1: conv(c, 3, stride) -> bn1: bn -> relu
    conv2: conv(c, 3) -> bn2: bn }
  relu
}`;
    await expectEqual([net("[3, 8, 8]", "basic(4) -> basic(8, 2) -> basic(8)", 'import { basic } from "rn/resnet"'), net("[3, 8, 8]", "basic(4) -> basic(8, 2) -> basic(8)", basic)]);
    await expectEqual([net("[3, 8, 8]", "r.basic(4) * 2", 'import * as r from "rn/resnet"'), net("[3, 8, 8]", "basic(4) * 2", basic)]);
  });

  test("a skip, an add of branches, a named value", async () => {
    const body = "conv(3, 3) -> bn";
    await expectEqual([net("[3, 6, 6]", `skip { ${body} } -> relu`), net("[3, 6, 6]", `add { ${body} | id } -> relu`)]);
    await expectEqual([net("[3, 6, 6]", `skip { ${body} } -> relu`), net("[3, 6, 6]", `${body} -> add(x) -> relu`)]);
    await expectEqual([net("[3, 6, 6]", `skip { ${body} } -> relu`), net("[3, 6, 6]", `let z = x -> ${body}\nz -> add(x) -> relu`)]);
    await expectEqual([net("[3, 6, 6]", "cat { id | relu }"), net("[3, 6, 6]", "let r = x -> relu\nx -> cat(r)")]);
  });

  test("names, comments and layout mean nothing", async () => {
    await expectEqual([net("[3, 6, 6]", "conv(4, 3) -> bn -> relu"), net("[3, 6, 6]", "/// d\nfirst: conv(4, 3) // c\n\n  ->   second:   bn\n\nrelu")]);
    const renamed = "model other_name {\ninput x: [3, 6, 6]\nconv(4, 3) as w -> relu as z -> add(w)\noutput y\n}";
    await expectEqual([net("[3, 6, 6]", "conv(4, 3) as a -> relu as b -> add(a)"), renamed]);
  });

  test("the order of independent statements means nothing: to the bit, but for what the passes keep unrounded", async () => {
    const statements = ["let a = x -> left: conv(4, 3)", "let b = x -> middle: conv(4, 3) -> relu", "let c = x -> right: bn -> last: conv(4, 1)"];
    const orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map((order) => net("[3, 6, 6]", `${order.map((k) => statements[k]).join("\n")}\na -> add(b) -> add(c)`));
    for (const disabledPasses of [optionalPasses, []]) {
      const programs = await Promise.all(orders.map((text) => program(text, { disabledPasses })));
      const weights = weightsInOrder(programs[0]!, 5);
      const inputs = inputsOf(programs[0]!, 5, 2);
      const [y, ...others] = await Promise.all(programs.map(async (p) => (await run(p, weights, inputs, 2))["y"]!));
      expect(programs[1]!.parameters.map((p) => p.name)).not.toEqual(programs[0]!.parameters.map((p) => p.name));
      for (const other of others) {
        if (disabledPasses.length > 0) expect(other).toEqual(y);
        else expect(distance(other, y!)).toBeLessThanOrEqual(CLOSE);
      }
    }
  });
});

describe("random programs", () => {
  const many = Array.from({ length: count(18, 300) }, (_, k) => k);

  test.each(many)("batch N is N times batch 1, to the bit, seed %i", async (seed) => {
    const p = await program(randomProgram(seed));
    const batch = 2 + (seed % 6);
    const weights = weightsInOrder(p, seed);
    const { x } = inputsOf(p, seed, batch);
    const together = (await run(p, weights, { x: x! }, batch))["y"]!;
    const size = x!.length / batch;
    for (let k = 0; k < batch; k++) {
      const alone = (await run(p, weights, { x: x!.slice(k * size, (k + 1) * size) }, 1))["y"]!;
      expect(together.slice(k * alone.length, (k + 1) * alone.length)).toEqual(alone);
    }
    const fewer = (await run(p, weights, { x: x!.slice(0, size) }, batch))["y"]!;
    expect(fewer).toEqual(together.slice(0, fewer.length));
  });

  test.each(many)("every optional pass on or off, --strict-math or not: the same within rounding, seed %i", async (seed) => {
    const text = randomProgram(seed);
    const plain = await program(text);
    const weights = weightsInOrder(plain, seed);
    const inputs = inputsOf(plain, seed, 2);
    const y = (await run(plain, weights, inputs, 2))["y"]!;
    expect(optionalPasses.length).toBeGreaterThanOrEqual(5);
    for (const options of [{ disabledPasses: optionalPasses }, { strictMath: true }, { disabledPasses: [optionalPasses[seed % optionalPasses.length]!] }]) {
      expect(distance(y, (await run(await program(text, options), weights, inputs, 2))["y"]!), JSON.stringify(options)).toBeLessThan(160); // 1e-5
    }
  });
});
