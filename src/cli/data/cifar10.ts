// CIFAR-10 in its binary format (Krizhevsky 2009): records of one label byte and 3 × 32 × 32 bytes, RGB, plane by plane.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { stored, type DataSet, type Split } from "../../data/dataset.ts";
import { failure, usageError } from "../exit.ts";
import { limits, readTrusted } from "../files.ts";
import { isFolder } from "../folders.ts";

const shape = [3, 32, 32];
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;
const testBatch = "test_batch.bin";
const trainingBatches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);

/**
 * A batch file; or a folder, of which `train` reads every training batch there is, and `test` the test batch, or where there is none every
 * training batch.
 */
export function readCifar10(path: string, split: Split): DataSet {
  const files = isFolder(path) ? inFolder(path, split) : [path];
  const parts = files.map((f) => ({ name: basename(f), bytes: readTrusted(f, limits.data) }));
  for (const { name, bytes } of parts) {
    if (bytes.length === 0 || bytes.length % RECORD !== 0) {
      throw failure(`${name} is truncated or no CIFAR-10 batch: ${bytes.length} bytes are not a whole number of records of ${RECORD}`, "use the binary version (cifar-10-binary)");
    }
  }
  const count = parts.reduce((sum, p) => sum + p.bytes.length / RECORD, 0);
  const values = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  const starts: { readonly first: number; readonly name: string }[] = [];
  let n = 0;
  for (const { name, bytes } of parts) {
    starts.push({ first: n, name });
    for (let at = 0; at < bytes.length; at += RECORD, n++) {
      const label = bytes[at]!;
      if (label > 9) throw failure(`${name}, record ${at / RECORD}: label ${label} is not one of 0 to 9`);
      labels[n] = label;
      values.set(bytes.subarray(at + 1, at + RECORD), n * PIXELS);
    }
  }
  return {
    name: `cifar10:${parts.map((p) => p.name).join(",")}`, count, shape, values: stored(values, shape), scale: 1 / 255, labels,
    // The constants of ImageNet, with which the published CIFAR ResNets were trained.
    normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    place: (sample) => {
      const { first, name } = starts.findLast((s) => s.first <= sample)!;
      return `${name}, record ${sample - first}`;
    },
  };
}

/** A folder with a test batch. */
export function hasTestBatch(path: string): boolean {
  return isFolder(path) && existsSync(join(path, testBatch));
}

function inFolder(folder: string, split: Split): readonly string[] {
  const present = [testBatch, ...trainingBatches].filter((b) => existsSync(join(folder, b)));
  if (present.length === 0) throw usageError(`${folder} holds no CIFAR-10 batches (${testBatch}, data_batch_1.bin …)`);
  const training = present.filter((b) => b !== testBatch);
  if (split === "train" && training.length === 0) throw usageError(`${folder} holds no training batches (data_batch_1.bin …), only ${testBatch}`);
  const chosen = split === "test" && present.includes(testBatch) ? [testBatch] : training;
  return chosen.map((b) => join(folder, b));
}
