// Weights from strangers: whatever the bytes, `create` makes a net or throws an RncError that says "weights", soon.
import { expect, test } from "vitest";
import { writeSafetensors } from "../../src/index.ts";
import { Dice } from "../harness/generate-growth.ts";
import { load, type Module } from "../harness/module.ts";
import { count } from "../harness/tier.ts";

const program = "model net {\ninput x: [3, 4, 4]\nc: conv(2, 3) -> b: bn -> d: dense(2)\noutput y\n}";
const good = writeSafetensors([
  ["c.weight", tensor(2, 3, 3, 3)], ["c.bias", tensor(2)], ["b.weight", tensor(2)], ["b.bias", tensor(2)], ["b.running_mean", tensor(2)], ["b.running_var", tensor(2)],
  ["d.weight", tensor(2, 32)], ["d.bias", tensor(2)],
]);
const headerLength = Number(new DataView(good.buffer).getBigUint64(0, true));

function tensor(...shape: number[]) {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.25) };
}

async function outcome(module: Module, weights: Uint8Array): Promise<string> {
  try {
    const net = await module.create({ weights });
    expect(net.runSync({ x: new Float32Array(48).fill(1) })["y"]).toHaveLength(2);
    return "made";
  } catch (e) {
    const { name, code, message } = e as Error & { code?: string };
    expect({ name, code }, String((e as Error).stack)).toEqual({ name: "RncError", code: "weights" });
    expect(message.length).toBeLessThan(2_000);
    return "refused";
  }
}

/** The file with other text in its header; the length is set anew. */
function withHeader(edit: (header: string) => string): Uint8Array {
  const header = new TextEncoder().encode(edit(new TextDecoder().decode(good.subarray(8, 8 + headerLength))));
  const file = new Uint8Array(8 + header.length + good.length - 8 - headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(good.subarray(8 + headerLength), 8 + header.length);
  return file;
}

test("the file as it is, padded, at an odd place in a larger buffer", async () => {
  const module = await load(program);
  expect(await outcome(module, good)).toBe("made");
  expect(await outcome(module, withHeader((h) => `${h}       `))).toBe("made");
  const odd = new Uint8Array(good.length + 3);
  odd.set(good, 3);
  expect(await outcome(module, odd.subarray(3))).toBe("made");
});

test("any bytes changed, cut off, added or doubled", async () => {
  const module = await load(program);
  const found = { made: 0, refused: 0 };
  for (let seed = 0; seed < count(3_000, 60_000); seed++) {
    const dice = new Dice(seed);
    const at = dice.int(0, dice.chance(0.8) ? 8 + headerLength : good.length - 1);
    const bytes = dice.pick([
      () => good.with(at, dice.int(0, 255)),
      () => good.with(dice.int(0, 7), dice.int(0, 255)),
      () => good.subarray(0, at),
      () => Uint8Array.of(...good.subarray(0, at), dice.int(0, 255), ...good.subarray(at)),
      () => Uint8Array.of(...good.subarray(0, at), ...good.subarray(at + 1)),
      () => Uint8Array.of(...good, ...good.subarray(0, at)),
    ])();
    found[(await outcome(module, bytes)) as keyof typeof found]++;
  }
  expect(found.refused).toBeGreaterThan(count(1_500, 30_000));
  expect(found.made).toBeGreaterThan(0); // a bit of a weight
});

test("headers that mean something else", async () => {
  const module = await load(program);
  const first = /"c\.weight":\{[^}]*\}/;
  const edits: readonly ((h: string) => string)[] = [
    (h) => h.replace("[2,3,3,3]", "[2,3,9]"), (h) => h.replace("[2,3,3,3]", "[-2,-3,3,3]"), (h) => h.replace("[2,3,3,3]", "[2,3,3,3.0]"), (h) => h.replace("[2,3,3,3]", "[54]"),
    (h) => h.replace("[2,3,3,3]", "[9007199254740993,3,3,3]"), (h) => h.replace("[2,3,3,3]", "[4294967298,3,3,3]"), (h) => h.replace("[2,3,3,3]", "[1e400]"), (h) => h.replace("[2,3,3,3]", `[${"1,".repeat(100_000)}54]`),
    (h) => h.replace('"F32"', '"F64"'), (h) => h.replace('"F32"', '"__proto__"'), (h) => h.replace('"F32"', "32"), (h) => h.replace("[0,216]", "[216,0]"), (h) => h.replace("[0,216]", "[-8,208]"),
    (h) => h.replace("[0,216]", "[4,220]"), (h) => h.replace("[0,216]", "[0,216,0]"), (h) => h.replace("[0,216]", "[0,1e9]"), (h) => h.replace("c.weight", "__proto__"), (h) => h.replace("c.weight", "c.bias"),
    (h) => h.replace("{", '{"__metadata__":5,'), (h) => h.replace("{", '{"__metadata__":{"a":1},'), (h) => h.replace("{", `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)},`), (h) => `[${h}]`, (h) => `${h}{}`,
    (h) => h.trimEnd().slice(0, -1), (h) => h.replace(first, (t) => `${t},${t}`), (h) => h.replaceAll('"', "'"), () => "{}", () => "null", () => "", (h) => `\ufeff${h}`, (h) => h.replace("c.weight", "c.weigh\\u0000t"),
  ];
  for (const [k, edit] of edits.entries()) {
    const bytes = withHeader(edit);
    const start = process.cpuUsage();
    expect(await outcome(module, bytes), `edit ${k}`).toBe("refused");
    const { user, system } = process.cpuUsage(start);
    expect(user + system, `edit ${k}`).toBeLessThan(1e6);
  }
});

test("what is no file at all", async () => {
  const module = await load(program);
  for (const weights of [null, 5, "weights", [], {}, new Float32Array(3), new ArrayBuffer(0), new Uint8Array(0), new Uint8Array(1_000)]) {
    await expect(module.create({ weights: weights as never })).rejects.toMatchObject({ name: "RncError", code: "weights" });
  }
  await expect(module.create({})).rejects.toMatchObject({ code: "weights" });
});
