// The loss of the CIFAR ResNet-20 and its gradients in jax-js, for the bench. What the optimizer would do, and running statistics, are left
// out. Every function takes over its operands: `.ref` is one more use.
import { defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { answer, count, image, label, parameters } from "./step-child.mjs";

await init("wasm");
defaultDevice("wasm");

function norm(x, scale, shift) {
  const centred = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-5))).mul(scale.reshape([1, -1, 1, 1])).add(shift.reshape([1, -1, 1, 1]));
}

function convNorm(p, x, layer, k, stride = 1) {
  const y = lax.convGeneralDilated(x, p[`${layer}conv${k}.weight`], [stride, stride], [[1, 1], [1, 1]]);
  return norm(y, p[`${layer}bn${k}.weight`], p[`${layer}bn${k}.bias`]);
}

/** Every second pixel, and zeros for the new channels. */
function narrowed(x) {
  const [n, c, h, w] = x.shape;
  const half = x.reshape([n, c, h / 2, 2, w / 2, 2]).slice([], [], [], 0, [], 0);
  return np.pad(half, [[0, 0], [c / 2, c / 2], [0, 0], [0, 0]]);
}

function block(p, x, layer, narrow) {
  const y = convNorm(p, nn.relu(convNorm(p, x.ref, layer, 1, narrow ? 2 : 1)), layer, 2);
  return nn.relu(y.add(narrow ? narrowed(x) : x));
}

function loss(p, images, labels) {
  let x = nn.relu(convNorm(p, images, "", 1));
  for (const stage of [1, 2, 3]) for (const k of [0, 1, 2]) x = block(p, x, `layer${stage}.${k}.`, stage > 1 && k === 0);
  const logits = np.dot(np.mean(x, [2, 3]), p["linear.weight"].transpose()).add(p["linear.bias"]);
  return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(labels, 10)), -1)).neg();
}

const trained = [...parameters()].filter(([name]) => !/running_|num_batches/.test(name));
const weights = Object.fromEntries(trained.map(([name, { shape, data }]) => [name, np.array(data).reshape(shape)]));
const images = np.array(image.slice()).reshape([count, 3, 32, 32]);
const labels = np.array(label.slice());
const step = jit(valueAndGrad(loss));

await answer(async () => {
  const [value, gradients] = step(Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, w.ref])), images.ref, labels.ref);
  await Promise.all(Object.values(gradients).map((g) => g.data()));
  return value.item();
});
