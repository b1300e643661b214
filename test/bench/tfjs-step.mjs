// A training step of the CIFAR ResNet-20 in TensorFlow.js on its CPU backend, for the bench: images are NHWC, as its users write them.
// Running statistics and weight decay are left out.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import { answer, count, image, label, parameters } from "./step-child.mjs";

await tf.setBackend("cpu");

const weights = Object.fromEntries([...parameters()].filter(([name]) => !/running_|num_batches/.test(name)).map(([name, { shape, data }]) => {
  const given = tf.tensor(data, shape);
  return [name, tf.variable(shape.length === 4 ? tf.transpose(given, [2, 3, 1, 0]) : given)];
}));

function convNorm(x, layer, k, stride = 1) {
  const y = tf.conv2d(x, weights[`${layer}conv${k}.weight`], stride, stride === 1 ? "same" : [[0, 0], [1, 1], [1, 1], [0, 0]]);
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  return tf.batchNorm(y, mean, variance, weights[`${layer}bn${k}.bias`], weights[`${layer}bn${k}.weight`], 1e-5);
}

/** Every second pixel, and zeros for the new channels. */
function narrowed(x) {
  const c = x.shape[3];
  return tf.pad(tf.avgPool(x, 1, 2, "valid"), [[0, 0], [0, 0], [0, 0], [c / 2, c / 2]]);
}

function block(x, layer, narrow) {
  const y = convNorm(tf.relu(convNorm(x, layer, 1, narrow ? 2 : 1)), layer, 2);
  return tf.relu(tf.add(y, narrow ? narrowed(x) : x));
}

function loss() {
  let x = tf.relu(convNorm(images, "", 1));
  for (const stage of [1, 2, 3]) for (const k of [0, 1, 2]) x = block(x, `layer${stage}.${k}.`, stage > 1 && k === 0);
  const logits = tf.add(tf.matMul(tf.mean(x, [1, 2]), weights["linear.weight"], false, true), weights["linear.bias"]);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), labels), -1)));
}

const images = tf.transpose(tf.tensor(image, [count, 3, 32, 32]), [0, 2, 3, 1]);
const labels = tf.oneHot(tf.tensor(label, [count], "int32"), 10);
const optimizer = tf.train.momentum(0.001, 0.9);

await answer(() => {
  const value = optimizer.minimize(loss, true);
  const [number] = value.dataSync();
  value.dispose();
  return number;
});
