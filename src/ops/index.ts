// Every op there is: the core ops (closed, one kernel per target) and the layers of the language (open).
import { constant, input, parameter } from "../ir/leaf.ts";
import type { Composite, Core, Op } from "../ir/op.ts";
import { concat } from "./core/concat.ts";
import { conv2dTranspose } from "./core/conv2d-transpose.ts";
import { conv2dWeight } from "./core/conv2d-weight.ts";
import { conv2d } from "./core/conv2d.ts";
import { map } from "./core/map.ts";
import { matmul } from "./core/matmul.ts";
import { oneHot } from "./core/one-hot.ts";
import { pad } from "./core/pad.ts";
import { permute } from "./core/permute.ts";
import { poolGrad } from "./core/pool-grad.ts";
import { pool } from "./core/pool.ts";
import { random } from "./core/random.ts";
import { reduce } from "./core/reduce.ts";
import { view } from "./core/view.ts";
import { window } from "./core/window.ts";
import { conv, upconv } from "./conv.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import { gelu, hardswish, leaky, relu, relu6, sigmoid, silu, tanh } from "./elementwise.ts";
import { crossEntropy, mse, wrongCount } from "./loss.ts";
import { add, cat, mul, skip } from "./merge.ts";
import { bn, ln, softmax } from "./norm.ts";
import { avgpool, gap, maxpool } from "./pool.ts";
import { flatten, pad2d, reshape, slice, subsample, transpose, zeropad } from "./shape.ts";

export { concat, constant, conv2d, conv2dTranspose, conv2dWeight, input, map, matmul, oneHot, pad, parameter, permute, pool, poolGrad, random };
export { reduce, view, window };
export { add, avgpool, bn, cat, conv, dense, dropout, flatten, gap, gelu, hardswish, leaky, ln, maxpool, mul, pad2d, relu, relu6 };
export { crossEntropy, mse, wrongCount };
export { reshape, sigmoid, silu, skip, slice, softmax, subsample, tanh, transpose, upconv, zeropad };

const core = [
  input, parameter, constant, map, reduce, matmul, conv2d, conv2dTranspose, conv2dWeight, pool, poolGrad, pad, window, concat, view, permute, oneHot, random,
];

/** By name: "conv2d". */
export const coreOps: ReadonlyMap<string, Core> = new Map(core.map((op) => [op.name, op as unknown as Core]));

const language = [
  conv, upconv, dense, bn, ln, relu, relu6, leaky, sigmoid, tanh, gelu, silu, hardswish, softmax, maxpool, avgpool, gap,
  flatten, reshape, transpose, slice, subsample, zeropad, pad2d, add, mul, cat, skip, dropout,
];

/** By the name that the language calls it, in the order of the language's reference: "conv". */
export const layers: ReadonlyMap<string, Composite> = new Map(language.map((op) => [op.name, op as unknown as Composite]));

/** What training minimises and what evaluation counts: by name, for `train` declarations and graphs, not for programs. */
export const losses: ReadonlyMap<string, Composite> = new Map([crossEntropy, mse, wrongCount].map((op) => [op.name, op as unknown as Composite]));

/** All of them by name: what `parseGraph` reads with. */
export const ops: ReadonlyMap<string, Op> = new Map<string, Op>([...coreOps, ...layers, ...losses]);
