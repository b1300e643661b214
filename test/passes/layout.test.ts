// Channels last between the edges: the same function, and nothing moved on the way.
import { expect, test } from "vitest";
import { isOp, reachable } from "../../src/ir/graph.ts";
import { conv2d, permute } from "../../src/ops/index.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { example, graphOf } from "../lower/program.ts";
import { expectSameValues } from "./texts.ts";

const optimised = (file: string, only: string) => runPipeline(graphOf(example(file), { only }), { disabled: new Set(), channelsLast: true });

test.each([
  ["cifar", "resnet20", 1],
  ["cifar", "resnet20b", 1],
  ["imagenet", "resnet50", 1],
  ["preact", "resnet164", 1],
  ["densenet", "densenet40", 1],
  ["unet", "unet", 2],
  ["unet", "unet2", 2],
  ["mlp", "mlp", 0],
])("%s: %s moves its images %i times, at its edges", (file, only, times) => {
  const graph = optimised(file, only);
  const nodes = reachable(graph);
  expect(nodes.filter((n) => isOp(n, permute) && n.inputs.some((i) => i.type.shape[0] === "N"))).toHaveLength(times);
  expect(nodes.filter((n) => isOp(n, conv2d) && !n.attrs.channelsLast)).toEqual([]);
  expect(graph.inputs.map((n) => n.type.shape)).toEqual(graphOf(example(file), { only }).inputs.map((n) => n.type.shape));
});

test("the function is the same", () => {
  expectSameValues(graphOf(example("cifar"), { only: "resnet20" }), optimised("cifar", "resnet20"), 1);
});
