// The judges judge: each refuses what it must, with a place, and lets the rest pass.
import { expect, test } from "vitest";
import { entryPoints, naga, validate } from "../harness/gpu/validate.ts";
import { four, place, sum } from "./kernels.ts";

test("a right kernel passes both, and with half precision and subgroups", async () => {
  for (const text of [sum(), `enable f16;\n${four("o[i] = f32(f16(2.5));")}`, `enable subgroups;\n${four("o[i] = subgroupAdd(o[i]);")}`]) {
    expect(await validate(text)).toEqual([]);
    expect(naga(text)).toEqual([]);
  }
});

test("a wrong type and a text that does not parse are refused by both with their places", async () => {
  const wrong = four("o[i] = 1u;");
  expect(await validate(wrong)).toEqual([{ message: expect.stringContaining("'u32' to 'f32'"), ...place(wrong, "= 1u") }]);
  expect(naga(wrong)).toEqual([{ message: expect.stringContaining("f32"), ...place(wrong, "o[i]") }]);
  const broken = four("o[i] = ;");
  expect(await validate(broken)).toMatchObject([place(broken, ";\n}")]);
  expect(naga(broken)).toMatchObject([place(broken, ";\n}")]);
});

test("a barrier that not all reach is refused", async () => {
  const text = four("if (o[i] > 0.0) { workgroupBarrier(); }");
  expect(await validate(text)).toEqual([{ message: expect.stringContaining("uniform control flow"), ...place(text, "workgroupBarrier") }]);
});

test("limits are the specification's least", async () => {
  expect(await validate(sum().replace(", 64>", ", 4096>"))).toEqual([]); // 16 KiB
  expect(await validate(sum().replace(", 64>", ", 4097>"))).toMatchObject([{ message: expect.stringContaining("workgroup storage") }]);
  expect(await validate(four("o[i] = 1.0;").replace("(4)", "(256)"))).toEqual([]);
  expect(await validate(four("o[i] = 1.0;").replace("(4)", "(257)"))).toMatchObject([{ message: expect.stringContaining("workgroup_size(257") }]);
});

test("a feature that the device lacks is refused", async () => {
  const text = `enable f16;\n${four("o[i] = f32(f16(2.5));")}`;
  expect(await validate(text, { features: [] })).toMatchObject([{ line: 1, message: expect.stringContaining("f16") }]);
});

test("overrides need their values; every entry point is judged; a text without one is not right", async () => {
  const text = `override scale: f32;\n${four("o[i] = scale;")}`;
  expect(await validate(text)).toMatchObject([{ message: expect.stringContaining("scale") }]);
  expect(await validate(text, { constants: { scale: 2 } })).toEqual([]);
  expect(naga(text)).toEqual([]);
  const two = `${four("o[i] = 1.0;")}// @compute fn none() {}\n@compute @workgroup_size(1, 1, 65) fn second() {}\n`;
  expect(entryPoints(two)).toEqual(["main", "second"]);
  expect(await validate(two)).toMatchObject([{ message: expect.stringMatching(/^second: .*workgroup_size/s) }]);
  expect(await validate("const one = 1;\n")).toHaveLength(1);
});
