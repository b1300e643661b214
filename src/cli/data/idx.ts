// The IDX format of MNIST and Fashion-MNIST (LeCun): 0 0 type rank, big-endian sizes, then bytes; plain or gzip.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { stored, type DataSet, type Split } from "../../data/dataset.ts";
import { failure, usageError } from "../exit.ts";
import { limits, readTrusted } from "../files.ts";
import { isFolder } from "../folders.ts";

const UNSIGNED_BYTE = 0x08;

/** As MNIST and Fashion-MNIST call their files. */
const prefixes = { train: "train", test: "t10k" } as const satisfies Record<Split, string>;

/** `IMAGES,LABELS`; or a folder with files of MNIST's names, plain or .gz. */
export function readIdx(where: string, split: Split): DataSet {
  const files = where.split(",");
  if (files.length === 1 && isFolder(where)) return readPair(inFolder(where, `${prefixes[split]}-images-idx3-ubyte`), inFolder(where, `${prefixes[split]}-labels-idx1-ubyte`));
  if (files.length !== 2 || files.includes("")) throw usageError(`idx wants two files, or a folder, not ${JSON.stringify(where)}`, "write idx:IMAGES,LABELS");
  return readPair(files[0]!, files[1]!);
}

/** A folder with MNIST's test images. */
export function hasTestFiles(where: string): boolean {
  return isFolder(where) && ["", ".gz"].some((ending) => existsSync(join(where, `${prefixes.test}-images-idx3-ubyte${ending}`)));
}

function inFolder(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((f) => join(folder, f)).find((f) => existsSync(f));
  if (found === undefined) throw usageError(`${folder} holds no ${name} or ${name}.gz`);
  return found;
}

/** Images [count, rows, columns] and labels [count], both of bytes. Pixels are divided by 255. */
function readPair(imagesPath: string, labelsPath: string): DataSet {
  const images = read(imagesPath, 3);
  const labels = read(labelsPath, 1);
  const [count, rows, columns] = images.sizes as [number, number, number];
  if (labels.sizes[0] !== count) throw failure(`${images.name} has ${count} images, but ${labels.name} has ${labels.sizes[0]} labels`);
  const shape = [rows, columns];
  return {
    name: `idx:${images.name},${labels.name}`, count, shape, values: stored(images.data, shape), scale: 1 / 255,
    labels: Int32Array.from(labels.data), normalisation: null, place: (sample) => `${labels.name}, record ${sample}`,
  };
}

function read(path: string, rank: number): { readonly name: string; readonly sizes: readonly number[]; readonly data: Uint8Array } {
  const name = basename(path);
  const bytes = unpack(readTrusted(path, limits.data), name);
  const header = 4 + 4 * rank;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) throw failure(`${name} is no IDX file: it must begin with two zero bytes`);
  if (bytes[2] !== UNSIGNED_BYTE) throw failure(`${name}: elements of type 0x${bytes[2]!.toString(16).padStart(2, "0")}; only unsigned bytes (0x08) are read`);
  if (bytes[3] !== rank) throw failure(`${name} has ${bytes[3]} dimensions, not ${rank}`, rank === 1 ? "write idx:IMAGES,LABELS in this order" : null);
  if (bytes.length < header) throw failure(`${name} is truncated: ${bytes.length} bytes are less than its header of ${header}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const wanted = sizes.reduce((a, b) => a * b, 1);
  if (sizes.includes(0)) throw failure(`${name} is empty: its sizes are ${sizes.join(" × ")}`);
  if (bytes.length - header !== wanted) {
    throw failure(`${name} ${bytes.length - header < wanted ? "is truncated" : "is too long"}: ${sizes.join(" × ")} are ${wanted} bytes, but ${bytes.length - header} follow the header`);
  }
  return { name, sizes, data: bytes.subarray(header) };
}

function unpack(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.data });
  } catch (e) {
    throw failure(`${name} cannot be unpacked: ${(e as Error).message}`);
  }
}
