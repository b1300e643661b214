// The reference interpreter against PyTorch in f64: published ResNets on CIFAR-10 images, from pixels to logits.
// The text form of the whole network reads back and means the same.
import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import type { Tensor } from "../../src/ir/op.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { printGraph } from "../../src/ir/print.ts";
import { verify } from "../../src/ir/verify.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { ops } from "../../src/ops/index.ts";
import { toFloat32 } from "../../src/runtime/safetensors-file.ts";
import { parseSafetensors, type StoredTensor } from "../../src/runtime/safetensors.ts";
import { haveData, readData } from "../harness/data.ts";
import { count } from "../harness/tier.ts";
import { example, exportNamed } from "../lower/program.ts";

const graphOf = (name: string): Graph => instantiate(exportNamed(name, example("cifar")));

function doubles(t: StoredTensor): Tensor {
  if (t.dtype !== "F64") return { shape: t.shape, data: Float64Array.from(toFloat32(t)) };
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  return { shape: t.shape, data: Float64Array.from({ length: t.bytes.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true)) };
}

/** (pixel / 255 − mean) / std in f64, of the first images. */
function normalised(pixels: Tensor, images: number): Tensor {
  const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
  const channel = (i: number): number => Math.floor(i / 1024) % 3;
  return { shape: [images, 3, 32, 32], data: pixels.data.slice(0, images * 3072).map((p, i) => (p / 255 - mean[channel(i)]!) / std[channel(i)]!) };
}

test.runIf(haveData).each([["resnet20", count(2, 64)], ["resnet56", count(1, 64)]])("%s of %i images: the logits of PyTorch in f64 to 1e-12", (name, images) => {
  const parameters = Object.fromEntries([...parseSafetensors(readData(`${name}-cifar10.safetensors`)).tensors].map(([key, t]) => [key, doubles(t)]));
  const pixels = doubles(parseSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("pixels_u8")!);
  const expected = doubles(parseSafetensors(readData("oracles", `${name}-cifar10.safetensors`)).tensors.get("logits_f64")!);
  const logits = evaluate(graphOf(name), { inputs: { image: normalised(pixels, images) }, parameters }).outputs.get("logits")!;
  expect(logits.shape).toEqual([images, 10]);
  const largest = Math.max(...expected.data.map(Math.abs));
  logits.data.forEach((v, i) => expect(Math.abs(v - expected.data[i]!)).toBeLessThanOrEqual(1e-12 * largest));
});

test("a whole network as text reads back, and is printed as it was", () => {
  const text = printGraph(graphOf("resnet110"));
  const back = parseGraph(text, ops);
  if (isProblem(back)) throw new Error(back.problem);
  verify(back, "test");
  expect(printGraph(back)).toBe(text);
  expect(text.split("\n").length).toBeGreaterThan(900);
});
