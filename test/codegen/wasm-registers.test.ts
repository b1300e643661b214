// How products and sums are kept in registers: what the engine does with them is found out, and the branches between them are never taken.
import { expect, test } from "vitest";
import { encode, fusedBytes } from "../../src/codegen/wasm/assembler/encode.ts";
import { add, load, madd, splat, type Local } from "../../src/codegen/wasm/assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";
import { fusesProducts, inOrder } from "../../src/codegen/wasm/registers.ts";
import { relaxedSimd } from "../../src/runtime/simd.ts";

function exportsOf(bytes: Uint8Array, memory: WebAssembly.Memory): Readonly<Record<string, (...numbers: number[]) => number>> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { m: { m: memory } }).exports as never;
}

function made(name: string, write: (f: FunctionBuilder) => Local | null): WasmFunction {
  const f = new FunctionBuilder(name);
  const value = write(f);
  return f.finish(value ? add(value, 0) : null);
}

test("plain SIMD fuses no product, relaxed SIMD does where the machine has such an instruction", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const encoded = encode([made("fuses", fusesProducts)]);
  const fuses = (bytes: Uint8Array): number => exportsOf(bytes, memory)["fuses"]!();
  expect(fuses(encoded.bytes)).toBe(0);
  const relaxed = relaxedSimd(encoded.bytes, fusedBytes(encoded));
  if (!WebAssembly.validate(relaxed as BufferSource)) return;
  const onThisMachine = encode([made("sum", (f) => {
    const c = f.let("c", load("v128.load", 16));
    f.set(c, madd(load("v128.load", 0), load("v128.load", 0), c));
    f.store("v128.store", add(16), 0, c);
    return null;
  })]);
  const numbers = new Float32Array(memory.buffer);
  numbers.fill(Math.fround(1 + 2 ** -12), 0, 4).fill(-(1 + 2 ** -11), 4, 8);
  exportsOf(relaxedSimd(onThisMachine.bytes, fusedBytes(onThisMachine)), memory)["sum"]!();
  expect(fuses(relaxed)).toBe(numbers[4] === 0 ? 0 : 1);
});

test("sums written in order: what is never taken is not taken", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const f = new FunctionBuilder("dot");
  const [a, k, sum] = [f.parameter("i32", "a"), f.local("i32", "k"), f.local("v128", "sum")];
  f.set(sum, splat(0));
  inOrder(f, a, (settle) => f.count(k, 0, 3, 1, () => {
    for (let u = 0; u < 2; u++) {
      f.set(sum, madd(load("v128.load", a, 16 * u), splat(2), sum));
      settle();
    }
    f.advance(a, 32);
  }));
  f.store("v128.store", add(0), 1024, sum);
  const numbers = new Float32Array(memory.buffer);
  for (let i = 0; i < 28; i++) numbers[i] = i;
  for (const start of [0, 4, 12, 16]) {
    exportsOf(encode([f.finish()]).bytes, memory)["dot"]!(start);
    const expected = [0, 1, 2, 3].map((lane) => 2 * [0, 1, 2, 3, 4, 5].reduce((s, row) => s + start / 4 + lane + 4 * row, 0));
    expect([...numbers.subarray(256, 260)], `from ${start}`).toEqual(expected);
  }
});
