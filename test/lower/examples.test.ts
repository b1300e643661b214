// The programs of the language's design: their published parameter counts, and the names that published weights have.
import { describe, expect, test } from "vitest";
import { decompose } from "../../src/ir/decompose.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { dataFile, haveData } from "../harness/data.ts";
import { example, exportNamed, exportsOf, names } from "./program.ts";
import { tensorShapes } from "./header.ts";

const published: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  mlp: { mlp: 17_290 },
  cifar: { resnet20: 269_722, resnet56: 853_018, resnet110: 1_727_962, resnet20b: 272_474, plain20: 269_722, plain56: 853_018 },
  imagenet: { resnet18: 11_689_512, resnet34: 21_797_672, resnet50: 25_557_032, resnet101: 44_549_160, resnet152: 60_192_808 },
  preact: { resnet164: 1_703_258, resnet1001: 10_327_706 },
  unet: { unet: 31_037_698, unet2: 31_037_698 },
  densenet: { densenet40: 1_019_722 },
};

describe.each(Object.entries(published))("%s", (file, counts) => {
  const exports = exportsOf(example(file));

  test("exports what is published", () => {
    expect(Object.fromEntries(exports.map((e) => [e.name, e.totals.parameters]))).toEqual(counts);
  });

  test("the graph has what the fragments count", () => {
    for (const e of exports) {
      const graph = instantiate(e);
      const learned = graph.parameters.filter((p) => !p.attrs["state" as never]);
      expect(learned.reduce((sum, p) => sum + p.type.shape.reduce<number>((a, d) => a * Number(d), 1), 0), e.name).toBe(e.totals.parameters);
      expect(learned.length, e.name).toBe(e.totals.tensors);
      expect(new Set(names(graph, true)).size, e.name).toBe(graph.parameters.length);
    }
  });
});

/** torchvision's names of a bottleneck ResNet's learned tensors. */
function torchvision(depths: readonly number[], convolutions: number): readonly string[] {
  const norm = (path: string): string[] => [`${path}.weight`, `${path}.bias`];
  const unit = (path: string, first: boolean): string[] => [
    ...Array.from({ length: convolutions }, (_, k) => [`${path}.conv${k + 1}.weight`, ...norm(`${path}.bn${k + 1}`)]).flat(),
    ...(first ? [`${path}.downsample.0.weight`, ...norm(`${path}.downsample.1`)] : []),
  ];
  const stage = (d: number, i: number): string[] => Array.from({ length: d }, (_, j) => unit(`layer${i + 1}.${j}`, j === 0 && (i > 0 || convolutions === 3))).flat();
  return ["conv1.weight", ...norm("bn1"), ...depths.flatMap(stage), "fc.weight", "fc.bias"];
}

test.each([["resnet50", [3, 4, 6, 3], 3, 161], ["resnet152", [3, 8, 36, 3], 3, 467], ["resnet18", [2, 2, 2, 2], 2, 62]] as const)("%s has torchvision's names, in its order", (name, depths, convolutions, count) => {
  const expected = torchvision(depths, convolutions);
  expect(expected.length).toBe(count);
  expect(names(instantiate(exportNamed(name, example("imagenet"))))).toEqual(expected);
});

test.runIf(haveData).each(["resnet20", "resnet56"])("%s has the names and shapes of the published CIFAR-10 weights", (name) => {
  const expected = tensorShapes(dataFile(`${name}-cifar10.safetensors`));
  const graph = instantiate(exportNamed(name, example("cifar")));
  expect(Object.fromEntries(graph.parameters.map((p) => [p.attrs["name" as never], p.type.shape]))).toEqual(expected);
});

test("ResNet-1202: the same program with another n", () => {
  const e = exportNamed("resnet110", example("cifar"), { only: "resnet110", defines: { n: "200" } });
  expect(e.totals).toEqual({ nodes: 10_216, parameters: 19_421_274, tensors: 3_605 });
  expect(names(instantiate(e), true)).toContain("layer3.199.bn2.running_var");
});

test("the fragments of ResNet-1202 are as many as ResNet-20's", () => {
  const size = (n: number): number => {
    const seen = new Set<object>();
    const open: { readonly instructions: readonly { readonly kind: string }[] }[] = [exportNamed("resnet20", example("cifar"), { only: "resnet20", defines: { n: `${n}` } }).model.fragment];
    for (let f = open.pop(); f; f = open.pop()) {
      if (seen.has(f)) continue;
      seen.add(f);
      for (const i of f.instructions) {
        if ("callee" in i) open.push(i.callee as never);
        if ("body" in i) open.push(i.body as never);
      }
    }
    return seen.size;
  };
  expect(size(200)).toBe(size(3));
  expect(size(3)).toBeLessThan(20);
});

test("a graph keeps the line of each layer and the place in the network", () => {
  const graph = decompose(instantiate(exportNamed("resnet20", example("cifar"))));
  const conv = graph.parameters.find((p) => p.attrs["name" as never] === "layer2.0.conv1.weight")!;
  expect(conv.origin?.path).toBe("layer2.0.conv1");
  expect(conv.origin?.span?.source.text.slice(conv.origin.span.start, conv.origin.span.end)).toBe("conv(c, 3, stride)");
});
