// Winograd's bound judged: right kernels keep it, and a kernel with one coefficient of one transform off, or one sign, does not.
import { describe, expect, test } from "vitest";
import type { WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";
import { emitWinograd, packWinograd, selectWinograd } from "../../src/codegen/wasm/kernels/conv-winograd.ts";
import { plain, tiles } from "../../src/codegen/wasm/kernels/conv2d.ts";
import type { Node } from "../../src/ir/op.ts";
import { bind, N } from "../../src/ir/type.ts";
import { conv2d } from "../../src/ops/index.ts";
import { boundOf, compare, F32, singles, stored, type Bounded } from "../harness/bounds.ts";
import type { TileSize } from "../harness/bounds-winograd.ts";
import { mutant, places, scaled, signs, type Wrong } from "../harness/mutants.ts";
import { random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { nodeOf } from "./kernels.ts";
import { compileWasm, type AnyKernel, type Options } from "./wasm.ts";

const next = random(53);
const BATCH = 2;

/** The kernel of that tile, whatever the cost model would choose. */
function kernelOf(m: TileSize): AnyKernel {
  return {
    select: (node) => selectWinograd(plain(node as never), m),
    emit: (node, to) => emitWinograd(plain(node as never), m, to),
    pack: (node, _, to) => packWinograd(plain(node as never), m, to),
  };
}

interface Case {
  readonly m: TileSize;
  readonly node: Node;
  readonly operands: readonly Float64Array[];
  readonly expected: Bounded;
  readonly terms: number;
}

function caseOf(m: TileSize, channels: number, outputs: number, size: readonly [number, number]): Case {
  const node = nodeOf(conv2d, [[N, ...size, channels], [outputs, channels, 3, 3]], { pad: [1, 1, 1, 1], channelsLast: true }, [1]);
  const operands = node.inputs.map((x) => Float64Array.from({ length: bind(x.type.shape, BATCH).reduce((a, b) => a * b, 1) }, () => Math.fround(next() * 4 - 2)));
  const tensors = operands.map((data, i) => stored({ shape: bind(node.inputs[i]!.type.shape, BATCH), data }));
  return { m, node, operands, expected: boundOf(node, tensors, BATCH, { arithmetic: singles, tile: m }), terms: 9 * channels };
}

interface Verdict {
  /** By the bound of an element. */
  readonly violated: boolean;
  /** RMS error in units of √n roundings of the result. */
  readonly rms: number;
}

function judge({ m, node, operands, expected, terms }: Case, mutate?: Options["mutate"], relaxed = false): Verdict {
  const compiled = compileWasm(node, { kernel: kernelOf(m), relaxed, ...(mutate ? { mutate } : {}) });
  const { violation, squares } = compare(compiled.run(operands, BATCH), expected, F32);
  return { violated: violation !== null, rms: Math.sqrt(squares.error / squares.scale / terms) };
}

/** What right kernels keep on the mean (0.25, 0.4 and 0.7 are usual), and in how many places there can be a bug. */
const most = { winograd2: { rms: 0.6, coefficients: 1, signs: 77 }, winograd4x2: { rms: 1.2, coefficients: 72, signs: 164 }, winograd4: { rms: 2.5, coefficients: 187, signs: 298 } } as const;

describe.each(Object.keys(tiles) as (keyof typeof tiles)[])("F(m×l, 3×3): %s", (name) => {
  const m = tiles[name];
  test("right kernels keep the bound", () => {
    for (let i = 0; i < count(12, 200); i++) {
      const c = caseOf(m, 4 * (1 + (i % 7)), 4 * (1 + (i % 3)), [3 + (i % 11), 4 + (i % 6)]);
      for (const relaxed of [false, true]) {
        const { violated, rms } = judge(c, undefined, relaxed);
        expect(violated).toBe(false);
        expect(rms).toBeLessThan(most[name].rms);
      }
    }
  });

  /** The places, every `step`th of them, where the bug is not noticed; and how many were tried. */
  const missed = (wrong: Wrong, noticed: (v: Verdict) => boolean, step: number): { readonly missed: readonly number[]; readonly tried: number } => {
    const c = caseOf(m, 4, 4, [10, 11]);
    let all = 0;
    judge(c, (f) => ((all = places(transforms(f), wrong)), f));
    const tried = Array.from({ length: Math.ceil(all / step) }, (_, k) => k * step);
    return { missed: tried.filter((k) => !noticed(judge(c, (f) => replaced(f, mutant(transforms(f), wrong, k))))), tried: tried.length };
  };

  test("each coefficient of each transform, off by two thousandths, breaks it", () => {
    const bugs = missed(scaled(2e-3), (v) => v.violated, count(2, 1));
    expect(bugs.missed).toEqual([]);
    expect(bugs.tried).toBe(Math.ceil(most[name].coefficients / count(2, 1)));
  });

  test("off by 1e-4, it shows in the mean", () => {
    const bugs = missed(scaled(1e-4), (v) => v.violated || v.rms > most[name].rms, count(4, 1));
    expect(bugs.missed).toEqual([]);
    expect(bugs.tried).toBe(Math.ceil(most[name].coefficients / count(4, 1)));
  });

  test("each sum that is a difference, and each difference that is a sum, breaks it", () => {
    const bugs = missed(signs, (v) => v.violated, count(2, 1));
    expect(bugs.missed).toEqual([]);
    expect(bugs.tried).toBe(Math.ceil(most[name].signs / count(2, 1)));
  });
});

/** The functions that transform: all but the matrix product and what copies bands. */
function transforms(functions: readonly WasmFunction[]): readonly WasmFunction[] {
  return functions.filter((f) => /^pack|^kernel$|^winograd/.test(f.name));
}

function replaced(functions: readonly WasmFunction[], by: readonly WasmFunction[]): readonly WasmFunction[] {
  return functions.map((f) => by.find((b) => b.name === f.name) ?? f);
}
