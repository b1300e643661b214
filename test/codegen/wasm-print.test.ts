// WebAssembly text: what it looks like, and that every kernel's text is well formed. (That it assembles to the encoder's own bytes was
// seen with wat2wasm, which is no part of the tests.)
import { expect, test } from "vitest";
import { encode } from "../../src/codegen/wasm/assembler/encode.ts";
import { f32, load, madd, op, splat } from "../../src/codegen/wasm/assembler/expression.ts";
import { FunctionBuilder } from "../../src/codegen/wasm/assembler/function.ts";
import { printFunction, printModule } from "../../src/codegen/wasm/assembler/print.ts";
import { add, arg, tanh } from "../../src/ir/scalar.ts";
import { N } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { nodeOf } from "./kernels.ts";
import { compileWasm } from "./wasm.ts";

test("statements, a line each, with names and comments", () => {
  const f = new FunctionBuilder("scale", "y = x · 2 + y");
  const [x, y, n] = [f.parameter("i32", "x"), f.parameter("i32", "y"), f.parameter("i32", "n")];
  const sum = f.let("sum", load("v128.load32_splat", y));
  f.comment("four at a time");
  f.count(f.local("i32", "i"), 0, n, 4, () => {
    f.store("v128.store", y, 16, madd(load("v128.load", x, 32), splat(2), sum));
  });
  f.when(op("i32.eqz", [n]), () => f.store("f32.store", y, 0, f32(-0)), () => f.set(f.local("i32", "i"), -1));
  expect(printFunction(f.finish(op("i32.add", [x, 1])))).toMatchInlineSnapshot(`
    ";; y = x · 2 + y
    (func $scale (export "scale") (param $x i32) (param $y i32) (param $n i32) (result i32)
      (local $sum v128)
      (local $i i32)
      (local $i_2 i32)
      (local.set $sum (v128.load32_splat (local.get $y)))
      ;; four at a time
      (local.set $i (i32.const 0))
      (if (i32.lt_s (local.get $i) (local.get $n))
        (then
          (loop $loop1
            (v128.store offset=16 align=4 (local.get $y) (f32x4.add (f32x4.mul (v128.load offset=32 align=4 (local.get $x)) (f32x4.splat (f32.const 2))) (local.get $sum)))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (br_if $loop1 (i32.lt_s (local.get $i) (local.get $n))))
        )
      )
      (if (i32.eqz (local.get $n))
        (then
          (f32.store (local.get $y) (f32.const -0))
        )
        (else
          (local.set $i_2 (i32.const -1))
        )
      )
      (i32.add (local.get $x) (i32.const 1)))"
  `);
});

/** Of parentheses outside comments and strings. */
function balance(text: string): number {
  return [...text.replace(/;;.*$/gm, "").replace(/"[^"]*"/g, "")].reduce((sum, c) => sum + (c === "(" ? 1 : c === ")" ? -1 : 0), 0);
}

test("a block, and where it is left", async () => {
  const f = new FunctionBuilder("least");
  const [n, k] = [f.parameter("i32", "n"), f.local("i32", "k")];
  f.block(() => f.count(k, 0, 10, 1, () => f.when(op("i32.gt_s", [k, 2]), () => f.leave(op("i32.eq", [k, n])))));
  const made = f.finish(op("i32.add", [k, 0]));
  expect(printFunction(made)).toMatchInlineSnapshot(`
    "(func $least (export "least") (param $n i32) (result i32)
      (local $k i32)
      (block $block1
        (local.set $k (i32.const 0))
        (loop $loop2
          (if (i32.gt_s (local.get $k) (i32.const 2))
            (then
              (br_if $block1 (i32.eq (local.get $k) (local.get $n)))
            )
          )
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br_if $loop2 (i32.lt_s (local.get $k) (i32.const 10))))
      )
      (i32.add (local.get $k) (i32.const 0)))"
  `);
  const { instance } = await WebAssembly.instantiate(encode([made]).bytes as Uint8Array<ArrayBuffer>, { m: { m: new WebAssembly.Memory({ initial: 0 }) } });
  const least = instance.exports["least"] as (n: number) => number;
  expect([least(1), least(3), least(7), least(12)]).toEqual([10, 3, 7, 10]);
  const outside = new FunctionBuilder("outside");
  outside.leave(1);
  expect(() => encode([outside.finish()])).toThrow("there is no block to leave");
});

test("kernels as a module: parentheses match, no local is declared twice", () => {
  const nodes = [
    nodeOf(ops.map, [[N, 5, 7], [7]], { expr: tanh(add(arg(0), arg(1))) }),
    nodeOf(ops.reduce, [[N, 7, 7, 67]], { kind: "sum", axes: [1, 2] }),
    nodeOf(ops.permute, [[N, 7, 7, 67]], { perm: [0, 3, 1, 2] }),
    nodeOf(ops.pad, [[N, 7, 7, 67]], { low: [0, 1, 1, 0], high: [0, 1, 1, 2], value: NaN }),
  ];
  for (const node of nodes) {
    const text = printModule([...compileWasm(node).functions, new FunctionBuilder("part").finish(0), new FunctionBuilder("parts").finish(1)]);
    expect(balance(text)).toBe(0);
    for (const body of text.split("(func ")) {
      const names = [...body.matchAll(/\((?:param|local) (\S+) /g)].map((m) => m[1]);
      expect(new Set(names).size).toBe(names.length);
    }
    expect(text).not.toMatch(/undefined|\[object|NaN|Infinity/);
  }
});
