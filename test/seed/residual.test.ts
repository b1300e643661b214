// The seed of it all: a[l+2] = ReLU(z[l+2] + a[l]). What a residual block is, shown on compiled modules.
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { importText, load, weightsFile, type Tensors } from "../harness/module.ts";
import { random } from "../harness/random.ts";

const block = (body: string): string => `block residual { ${body} }
model net { input a: [64]
residual
output y }`;
const skip = block("skip { dense(in.c) -> relu -> dense(in.c) } -> relu");
const literal = block("dense(in.c) -> relu -> dense(in.c) -> add(in) -> relu");
const plain = block("skip(none) { dense(in.c) -> relu -> dense(in.c) } -> relu");

function weights(seed: number, zeroSecond: boolean, prefix = "0."): Tensors {
  const next = random(seed);
  const tensor = (shape: number[], zero: boolean) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => (zero ? 0 : next() - 0.5)) });
  return {
    [`${prefix}0.weight`]: tensor([64, 64], false), [`${prefix}0.bias`]: tensor([64], false),
    [`${prefix}2.weight`]: tensor([64, 64], zeroSecond), [`${prefix}2.bias`]: tensor([64], zeroSecond),
  };
}
function activation(seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: 64 }, () => Math.max(0, next() * 8 - 2));
}

test("W2 = 0, b2 = 0: the block is the identity on a ≥ 0, bit for bit", async () => {
  const net = await (await load(skip)).create({ weights: weightsFile(weights(1, true)) });
  for (let seed = 0; seed < 20; seed++) {
    const a = activation(seed);
    expect(a.some((v) => v > 0)).toBe(true);
    expect(net.runSync({ a })["y"]).toEqual(a);
  }
});

test("with other weights it is not the identity", async () => {
  const net = await (await load(skip)).create({ weights: weightsFile(weights(1, false)) });
  expect(net.runSync({ a: activation(0) })["y"]).not.toEqual(activation(0));
});

test("the literal reading equals skip: the same kernels, the same bits", async () => {
  const [a, b] = [await load(skip), await load(literal)];
  const file = weightsFile(weights(2, false));
  const literalFile = weightsFile(weights(2, false));
  const x = activation(3);
  expect((await b.create({ weights: literalFile })).runSync({ a: x })).toEqual((await a.create({ weights: file })).runSync({ a: x }));
});

test("skip(none) is the plain network with the same parameters, and so is --plain", async () => {
  const names = (text: string, isPlain = false): string[] => compile(text, { plain: isPlain }).modules[0]!.summary.layers.filter((l) => l.parameters > 0).map((l) => `${l.name} ${l.parameters}`);
  expect(names(plain)).toEqual(names(skip));
  expect(names(skip, true)).toEqual(names(skip));
  const x = activation(4);
  const file = weightsFile(weights(5, false));
  const y = async (text: string, isPlain = false) => (await (await load(text, { plain: isPlain })).create({ weights: file })).runSync({ a: x })["y"];
  expect(await y(skip, true)).toEqual(await y(plain));
  expect(await y(skip)).not.toEqual(await y(plain));
});

test("a plain block with W2 = 0 forgets its input: why depth without skips is hard to train", async () => {
  const net = await (await load(plain)).create({ weights: weightsFile(weights(1, true)) });
  expect(net.runSync({ a: activation(0) })["y"]).toEqual(new Float32Array(64));
});

test.each([1, 2, 3, 7, 40])("a skip of reach %i compiles and adds its input", async (reach) => {
  const text = `model net { input a: [64]
skip { { dense(64, bias = false) -> relu } * ${reach} }
output y }`;
  const result = compile(text, { js: true });
  const zero: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const l of result.modules[0]!.summary.layers) if (l.parameters > 0) zero[`${l.name}.weight`] = { shape: [64, 64], data: new Float32Array(4096) };
  expect(Object.keys(zero).length).toBe(reach);
  const net = await (await importText(result.modules[0]!.files.find((f) => f.name.endsWith(".js"))!.text)).create({ weights: weightsFile(zero) });
  expect(net.runSync({ a: activation(reach) })["y"]).toEqual(activation(reach));
});
