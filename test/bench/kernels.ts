// Times single convolution layers of ResNet-20 and ResNet-18, and what a whole network of them would take: `npx tsx test/bench/kernels.ts`.
// Minimum of many runs, layers interleaved, so that a neighbour on the machine costs time and not truth.
import * as ops from "../../src/ops/index.ts";
import { add, arg, max, num } from "../../src/ir/scalar.ts";
import { compileNode, nodeOf } from "../codegen/kernels.ts";

const relu = max(add(arg(0), arg(1)), num(0));

/** [inputs, outputs, input size, kernel, stride, how often the network has it] */
type Layer = readonly [number, number, number, number, number, number];
const networks: Readonly<Record<string, readonly Layer[]>> = {
  resnet20: [[3, 16, 32, 3, 1, 1], [16, 16, 32, 3, 1, 6], [16, 32, 32, 3, 2, 1], [32, 32, 16, 3, 1, 5], [32, 64, 16, 3, 2, 1], [64, 64, 8, 3, 1, 5]],
  resnet18: [
    [3, 64, 224, 7, 2, 1], [64, 64, 56, 3, 1, 4], [64, 128, 56, 3, 2, 1], [64, 128, 56, 1, 2, 1], [128, 128, 28, 3, 1, 3], [128, 256, 28, 3, 2, 1], [128, 256, 28, 1, 2, 1],
    [256, 256, 14, 3, 1, 3], [256, 512, 14, 3, 2, 1], [256, 512, 14, 1, 2, 1], [512, 512, 7, 3, 1, 3],
  ],
};

const strictMath = process.argv.includes("--strict-math");
const only = process.argv.find((a) => a in networks);
for (const [name, layers] of Object.entries(networks)) {
  if (only && only !== name) continue;
  const cases = layers.map(([i, o, size, k, stride, times]) => {
    const p = (k - 1) >> 1;
    const node = nodeOf(ops.conv2d, [["N", i, size, size], [o, i, k, k], [o, 1, 1]], { stride: [stride, stride], pad: [p, p, p, p], epilogue: relu }, [1, 2]);
    const values = node.inputs.map((x) => Float64Array.from({ length: (x.type.shape.slice(x.type.shape[0] === "N" ? 1 : 0) as number[]).reduce((a, b) => a * b, 1) }, () => Math.fround(Math.random() - 0.5)));
    const kernel = compileNode(node, { strictMath });
    const rows = Math.ceil(size / stride);
    return { label: kernel.label, run: kernel.prepared(values, 1), macs: rows * rows * i * o * k * k, times, best: Infinity };
  });
  for (let round = 0; round < (name === "resnet20" ? 400 : 40); round++) {
    for (const c of cases) {
      const repeat = Math.max(1, Math.round(3e6 / c.macs));
      const start = performance.now();
      for (let r = 0; r < repeat; r++) c.run();
      c.best = Math.min(c.best, (performance.now() - start) / repeat);
    }
  }
  for (const c of cases) console.log(`${c.label.padEnd(36)} ${c.best.toFixed(3).padStart(8)} ms × ${c.times}   ${((2 * c.macs) / c.best / 1e6).toFixed(1).padStart(5)} GFLOP/s direct-equivalent`);
  console.log(`${name}: ${cases.reduce((sum, c) => sum + c.best * c.times, 0).toFixed(2)} ms in convolutions\n`);
}
