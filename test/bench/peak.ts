// What one core can do at most: the inner loop of a matrix product, a tile of two vectors by as many rows as stay in registers, on data
// that stay in the first cache, in WebAssembly of plain and of relaxed SIMD (where this engine has it). Everything else is a share of the
// larger number.
import { add, load, madd, op, splat } from "../../src/codegen/wasm/assembler/expression.ts";
import { encode, fusedBytes } from "../../src/codegen/wasm/assembler/encode.ts";
import { FunctionBuilder, type WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";
import { inOrder, ROWS } from "../../src/codegen/wasm/registers.ts";
import { relaxedSimd } from "../../src/runtime/simd.ts";

const [VECTORS, DEPTH, PANEL, UNROLLED] = [2, 128, 32, 2] as const;
const REPEAT = 2000;

export interface Peak {
  /** GFLOP/s; null where the engine has no relaxed SIMD. */
  readonly plain: number;
  readonly relaxed: number | null;
  readonly best: number;
}

export async function measurePeak(): Promise<Peak> {
  const encoded = encode([probe(ROWS.fused)]);
  const relaxedBytes = relaxedSimd(encoded.bytes, fusedBytes(encoded));
  const plain = await speedOf(encode([probe(ROWS.plain)]).bytes, ROWS.plain);
  const relaxed = WebAssembly.validate(relaxedBytes as Uint8Array<ArrayBuffer>) ? await speedOf(relaxedBytes, ROWS.fused) : null;
  return { plain, relaxed, best: Math.max(plain, relaxed ?? 0) };
}

/** `REPEAT` products of a rows × 128 by a 128 × 8 matrix: a[row][k] from 0 on, b[k][8] behind it. */
function probe(rows: number): WasmFunction {
  const f = new FunctionBuilder("probe", "the inner loop of a matrix product");
  const [a, b, k, time] = [f.local("i32", "a"), f.local("i32", "b"), f.local("i32", "k"), f.local("i32", "time")];
  const sums = Array.from({ length: rows * VECTORS }, (_, i) => f.local("v128", `sum${i}`));
  const x = f.local("v128", "x");
  const weights = Array.from({ length: VECTORS }, (_, v) => f.local("v128", `w${v}`));
  for (const s of sums) f.set(s, splat(0));
  f.count(time, 0, REPEAT, 1, () => {
    f.set(a, 0);
    f.set(b, 4 * rows * DEPTH);
    inOrder(f, a, (settle) => f.count(k, 0, DEPTH, UNROLLED, () => {
      for (let u = 0; u < UNROLLED; u++) {
        weights.forEach((w, v) => f.set(w, load("v128.load", b, u * PANEL + 16 * v)));
        for (let row = 0; row < rows; row++) {
          f.set(x, load("v128.load32_splat", a, 4 * (row * DEPTH + u)));
          weights.forEach((w, v) => f.set(sums[row * VECTORS + v]!, madd(x, w, sums[row * VECTORS + v]!)));
          if (rows < ROWS.fused) settle();
        }
      }
      f.advance(a, 4 * UNROLLED);
      f.advance(b, UNROLLED * PANEL);
    }));
  });
  for (const s of sums.slice(1)) f.set(sums[0]!, op("f32x4.add", [sums[0]!, s]));
  f.store("v128.store", add(0), 0, sums[0]!);
  return f.finish();
}

/** Best of many short runs: the probe asks what the core can do, not what neighbours leave of it. */
async function speedOf(bytes: Uint8Array, rows: number): Promise<number> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { instance } = await WebAssembly.instantiate(bytes as Uint8Array<ArrayBuffer>, { m: { m: memory } });
  const run = instance.exports["probe"] as () => void;
  let least = Infinity;
  const end = performance.now() + 1500;
  while (performance.now() < end) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return (2 * 4 * rows * VECTORS * DEPTH * REPEAT) / least / 1e6;
}
