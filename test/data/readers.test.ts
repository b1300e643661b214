// Data sources: what is right is read exactly, what is wrong is named with file and record.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { checkLabels, checkNormalisation, fits } from "../../src/cli/data/fit.ts";
import { readNpy } from "../../src/cli/data/npy.ts";
import { readPng } from "../../src/cli/data/png.ts";
import { readData } from "../../src/cli/data/source.ts";
import { CommandError } from "../../src/cli/exit.ts";
import { fill, stored } from "../../src/data/dataset.ts";
import { dataFile, haveData } from "../harness/data.ts";

const folder = mkdtempSync(join(tmpdir(), "rnc-data-"));
let next = 0;
function file(content: Uint8Array | string, name = `f${next++}`): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
async function refused(spec: string, scale: number | null = null): Promise<{ code: number; message: string }> {
  const error: unknown = await readData(spec, scale).then(() => null, (e: unknown) => e);
  expect(error).toBeInstanceOf(CommandError);
  const { code, message, help } = error as CommandError;
  return { code, message: help ? `${message} (${help})` : message };
}

describe("cifar10", () => {
  const record = (label: number, value: number): Uint8Array => Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : value));
  const two = Buffer.concat([record(3, 7), record(9, 255)]);

  test("records, labels, and their place", async () => {
    const data = await readData(`cifar10:${file(two, "batch.bin")}`, null);
    expect([data.count, data.shape, [...data.labels], data.values(0)[0], data.values(1)[0]]).toEqual([2, [3, 32, 32], [3, 9], 7, 255]);
    expect(data.place(1)).toBe("batch.bin, record 1");
  });
  test("a folder: the test batch alone, else all training batches in order", async () => {
    const training = mkdtempSync(join(folder, "t-"));
    writeFileSync(join(training, "data_batch_2.bin"), record(2, 0));
    writeFileSync(join(training, "data_batch_1.bin"), two);
    const data = await readData(`cifar10:${training}`, null);
    expect([...data.labels]).toEqual([3, 9, 2]);
    expect(data.place(2)).toBe("data_batch_2.bin, record 0");
    writeFileSync(join(training, "test_batch.bin"), record(5, 0));
    expect([...(await readData(`cifar10:${training}`, null)).labels]).toEqual([5]);
  });
  test("truncated, mislabelled, empty, absent", async () => {
    expect((await refused(`cifar10:${file(two.subarray(0, 5000), "cut.bin")}`)).message).toContain("cut.bin is truncated or no CIFAR-10 batch: 5000 bytes");
    expect((await refused(`cifar10:${file(Buffer.concat([record(1, 0), record(10, 0)]), "bad.bin")}`)).message).toBe("bad.bin, record 1: label 10 is not one of 0 to 9");
    expect((await refused(`cifar10:${file("", "none.bin")}`)).code).toBe(1);
    expect(await refused(`cifar10:${folder}/absent.bin`)).toEqual({ code: 2, message: `there is no file ${folder}/absent.bin` });
    expect((await refused(`cifar10:${mkdtempSync(join(folder, "e-"))}`)).message).toContain("holds no CIFAR-10 batches");
  });
  test("for training: every training batch of a folder, never the test batch", async () => {
    const all = mkdtempSync(join(folder, "a-"));
    writeFileSync(join(all, "test_batch.bin"), record(5, 0));
    await expect(readData(`cifar10:${all}`, null, "train")).rejects.toThrow("holds no training batches (data_batch_1.bin …), only test_batch.bin");
    writeFileSync(join(all, "data_batch_2.bin"), record(2, 0));
    writeFileSync(join(all, "data_batch_1.bin"), two);
    const data = await readData(`cifar10:${all}`, null, "train");
    expect([data.name, ...data.labels]).toEqual(["cifar10:data_batch_1.bin,data_batch_2.bin", 3, 9, 2]);
    expect([...(await readData(`cifar10:${join(all, "test_batch.bin")}`, null, "train")).labels]).toEqual([5]);
  });
});

describe("idx", () => {
  const header = (type: number, ...sizes: number[]): Buffer => {
    const b = Buffer.alloc(4 + 4 * sizes.length);
    b.set([0, 0, type, sizes.length]);
    sizes.forEach((s, i) => b.writeUInt32BE(s, 4 + 4 * i));
    return b;
  };
  const images = Buffer.concat([header(8, 2, 2, 3), Buffer.from([0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6])]);
  const labels = Buffer.concat([header(8, 2), Buffer.from([4, 1])]);

  test("plain and gzip, recognised by content", async () => {
    for (const pack of [(b: Buffer) => b, (b: Buffer) => gzipSync(b)]) {
      const data = await readData(`idx:${file(pack(images))},${file(pack(labels))}`, null);
      expect([data.count, data.shape, [...data.labels]]).toEqual([2, [2, 3], [4, 1]]);
      const out = new Float32Array(6);
      fill(data, 1, () => 0, null, out);
      expect([...out].map((v) => v.toFixed(3))).toEqual(["0.000", "0.200", "0.400", "0.600", "0.800", "1.000"]);
    }
  });
  test("everything that can be wrong", async () => {
    const good = file(labels, "labels");
    const say = async (bytes: Uint8Array): Promise<string> => (await refused(`idx:${file(bytes, "images")},${good}`)).message;
    expect(await say(images.subarray(0, 20))).toBe("images is truncated: 2 × 2 × 3 are 12 bytes, but 4 follow the header");
    expect(await say(Buffer.concat([images, Buffer.alloc(1)]))).toContain("is too long");
    expect(await say(images.subarray(0, 9))).toContain("truncated");
    expect(await say(Buffer.from([1, 2]))).toContain("no IDX file");
    expect(await say(Buffer.concat([header(0x0d, 2, 2, 3), Buffer.alloc(48)]))).toContain("type 0x0d");
    expect(await say(labels)).toContain("has 1 dimensions, not 3");
    expect(await say(Buffer.concat([header(8, 0, 2, 3)]))).toContain("is empty");
    expect(await say(Buffer.concat([header(8, 0xffffffff, 0xffffffff, 0xffffffff), Buffer.alloc(8)]))).toContain("truncated");
    expect(await say(Buffer.concat([header(8, 3, 2, 3), Buffer.alloc(18)]))).toBe("images has 3 images, but labels has 2 labels");
    expect(await say(gzipSync(images).subarray(0, 20))).toContain("cannot be unpacked");
    expect((await refused("idx:only-one")).code).toBe(2);
  });
  test("a folder with files of MNIST's names", async () => {
    const at = mkdtempSync(join(folder, "i-"));
    writeFileSync(join(at, "train-images-idx3-ubyte.gz"), gzipSync(images));
    writeFileSync(join(at, "train-labels-idx1-ubyte"), labels);
    expect((await readData(`idx:${at}`, null, "train")).name).toBe("idx:train-images-idx3-ubyte.gz,train-labels-idx1-ubyte");
    expect(await refused(`idx:${at}`)).toEqual({ code: 2, message: `${at} holds no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz` });
  });
});

describe("csv", () => {
  test("values, labels, line endings, scale", async () => {
    const data = await readData(`csv:${file("0,8,16,1\r\n1e1,-.5, 2 ,0\n\n")}`, 1 / 16);
    expect([data.count, data.shape, [...data.labels], ...data.values(0), ...data.values(1)]).toEqual([2, [3], [1, 0], 0, 8, 16, 10, -0.5, 2]);
    const out = new Float32Array(3);
    fill(data, 1, () => 0, { mean: [0.5], std: [0.5] }, out);
    expect([...out]).toEqual([-1, 0, 1]);
  });
  test("everything that can be wrong", async () => {
    const say = async (text: string | Uint8Array): Promise<string> => (await refused(`csv:${file(text, "x.csv")}`)).message;
    expect(await say("1,2,0\n1,0\n")).toBe("x.csv:2: 2 columns, but the first line has 3");
    expect(await say("a,b,label\n1,2,0\n")).toContain('x.csv:1: column 1 is "a", not a number (a line of headings must be removed)');
    expect(await say("1,2,setosa\n1,3,setosa\n")).toBe('x.csv:1: column 3 is "setosa", not a number (classes are numbers from 0)');
    expect(await say('"1",2,0\n"2",3,1\n')).toContain("(numbers stand without quotes)");
    expect(await say("1;2;0\n")).toContain("(columns are separated by commas)");
    expect(await say("1,2,0\n1,,0\n")).toContain('x.csv:2: column 2 is ""');
    expect(await say("1,2,0\n1,1e400,0\n")).toBe("x.csv:2: column 2 is 1e400; a float32 holds numbers up to 3.4e38");
    expect(await say("1,-1e39,0\n")).toContain("column 2 is -1e39");
    expect(await say("1,0x10,0\n")).toContain("not a number");
    expect(await say("1,2,0.5\n")).toContain("not a class number");
    expect(await say("1,2,-1\n")).toContain("not a class number");
    expect(await say("5\n")).toContain("one column");
    expect(await say("\n")).toBe("x.csv is empty");
    expect(await say(Uint8Array.of(0xff, 0x31))).toContain("not UTF-8");
  });
});

test("unknown sources, scale where it does not belong", async () => {
  expect(await refused("mnist:x")).toEqual({ code: 2, message: '"mnist:x" is no data source (write glyphs[:easy|hard], cifar10:FILE or cifar10:FOLDER, idx:IMAGES,LABELS or idx:FOLDER or csv:FILE)' });
  expect((await refused("csv:")).code).toBe(2);
  expect((await refused("constructor:x")).code).toBe(2);
  expect((await refused(`cifar10:x`, 2)).code).toBe(2);
});

test("glyphs, by name alone or with a level", async () => {
  const data = await readData("glyphs", null);
  expect([data.name, data.count, data.shape, data.place(3)]).toEqual(["glyphs:easy", 10_000, [3, 32, 32], "glyphs:easy, test image 3"]);
  expect([(await readData("glyphs:hard", null, "train")).name, (await readData("glyphs", null, "train")).count]).toEqual(["glyphs:hard", 50_000]);
  expect(await refused("glyphs:medium")).toEqual({ code: 2, message: 'glyphs has no level "medium" (write glyphs:easy or hard)' });
  expect((await refused("glyphs", 2)).code).toBe(2);
});

test("labels are the model's classes, or the first wrong one is named", async () => {
  const data = await readData(`csv:${file("1,0\n2,3\n3,9\n", "l.csv")}`, null);
  checkLabels(data, 10, "logits");
  expect(() => checkLabels(data, 3, "logits")).toThrow("l.csv:2: label 3, but logits has 3 classes");
});

test("samples fit an input of their shape; a flat row fits any of its size; one channel is none", () => {
  expect(fits([3, 32, 32], [3, 32, 32])).toBe(true);
  expect(fits([28, 28], [1, 28, 28])).toBe(true);
  expect(fits([28, 28], [784])).toBe(true);
  expect(fits([64], [1, 8, 8])).toBe(true);
  expect(fits([28, 28], [3, 28, 28])).toBe(false);
  expect(fits([28, 28], [1, 14, 56])).toBe(false);
  expect(fits([35], [1, 6, 6])).toBe(false);
  expect(fits([3, 32, 32], [32, 3, 32])).toBe(false);
});

test("normalisation is per channel", () => {
  const data = { name: "", count: 2, shape: [2, 1, 2], values: stored(Uint8Array.of(0, 255, 0, 255, 51, 51, 102, 102), [2, 1, 2]), scale: 1 / 255, labels: new Int32Array(2), normalisation: null, place: String };
  const out = new Float32Array(8);
  fill(data, 2, (k) => k, { mean: [0, 1], std: [1, 0.5] }, out);
  expect([...out].map((v) => Number(v.toFixed(5)))).toEqual([0, 1, -2, 0, 0.2, 0.2, -1.2, -1.2]);
  expect(checkNormalisation({ mean: [0.5], std: [2] }, 3, "x")).toEqual({ mean: [0.5, 0.5, 0.5], std: [2, 2, 2] });
  expect(() => checkNormalisation({ mean: [1, 2], std: [1] }, 3, "--mean")).toThrow("--mean: 2 values for mean, but the input has 3 channels");
  expect(() => checkNormalisation({ mean: [0], std: [0] }, 1, "x")).toThrow("every std positive");
});

describe("npy", () => {
  const npy = (dict: string, data: Uint8Array, version = 1): Uint8Array => {
    const header = Buffer.from(dict.padEnd(117) + "\n");
    const length = version === 1 ? Buffer.from([header.length & 255, header.length >> 8]) : Buffer.from([header.length, 0, 0, 0]);
    return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.from([version, 0]), length, header, data]);
  };
  test("types, both byte orders, versions", () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    expect(readNpy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", floats), "x")).toEqual({ shape: [1, 2], data: Float32Array.of(1.5, -2) });
    expect(readNpy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", Uint8Array.of(7, 255), 2), "x").data).toEqual(Float32Array.of(7, 255));
    expect(readNpy(npy("{'descr': '>i2', 'fortran_order': False, 'shape': (), }", Uint8Array.of(1, 2)), "x")).toEqual({ shape: [], data: Float32Array.of(258) });
  });
  test("everything that can be wrong", () => {
    const f4 = (shape: string): string => `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
    expect(() => readNpy(new Uint8Array(20), "x.npy")).toThrow("x.npy is no .npy file");
    expect(() => readNpy(npy(f4("3,"), new Uint8Array(8)), "x.npy")).toThrow("the shape [3] of f4 is 12 bytes, but 8 follow the header");
    expect(() => readNpy(npy(f4("99999999999, 99999999999"), new Uint8Array(8)), "x.npy")).toThrow("follow the header");
    expect(() => readNpy(npy(f4("3,").replace("False", "True"), new Uint8Array(12)), "x.npy")).toThrow("Fortran order");
    expect(() => readNpy(npy(f4("3,").replace("<f4", "|O"), new Uint8Array(12)), "x.npy")).toThrow("header cannot be read");
    expect(() => readNpy(npy(f4("3,").replace("<f4", "<c8"), new Uint8Array(12)), "x.npy")).toThrow("type c8");
    expect(() => readNpy(npy(f4("3,"), new Uint8Array(12)).subarray(0, 60), "x.npy")).toThrow("truncated in its header");
  });
});

describe("png", () => {
  const png = (channels: number, depth: 8 | 16, data: number[]): Uint8Array => encode({ width: 2, height: 1, channels, depth, data: depth === 8 ? Uint8Array.from(data) : Uint16Array.from(data) });
  test("grey, coloured, with transparency, 16 bits", () => {
    expect(readPng(png(1, 8, [0, 255]), "x")).toEqual({ shape: [1, 1, 2], data: Float32Array.of(0, 1) });
    expect(readPng(png(2, 8, [0, 9, 255, 9]), "x").data).toEqual(Float32Array.of(0, 1));
    expect(readPng(png(3, 8, [0, 51, 102, 255, 204, 153]), "x")).toEqual({ shape: [3, 1, 2], data: Float32Array.of(0, 1, 0.2, 0.8, 0.4, 0.6) });
    expect(readPng(png(4, 8, [255, 0, 0, 0, 0, 255, 0, 0]), "x").data).toEqual(Float32Array.of(1, 0, 0, 1, 0, 0));
    expect(readPng(png(1, 16, [0, 65535]), "x").data).toEqual(Float32Array.of(0, 1));
  });
  test("no PNG, cut short, changed, huge", () => {
    const good = png(3, 8, [0, 51, 102, 255, 204, 153]);
    expect(() => readPng(new Uint8Array(100), "x.png")).toThrow("x.png is no PNG file");
    expect(() => readPng(good.subarray(0, good.length - 20), "x.png")).toThrow("x.png cannot be decoded");
    const flipped = Uint8Array.from(good);
    flipped[45]! ^= 1;
    expect(() => readPng(flipped, "x.png")).toThrow("x.png cannot be decoded");
    const huge = Uint8Array.from(good);
    huge.set([0x7f, 0xff, 0xff, 0xff], 16);
    expect(() => readPng(huge, "x.png")).toThrow("the limit is 16384");
  });
});

test.skipIf(!haveData)("the real files", async () => {
  const cifar = await readData(`cifar10:${dataFile("cifar-10", "test_batch.bin")}`, null);
  expect([cifar.count, ...cifar.labels.slice(0, 8)]).toEqual([10_000, 3, 8, 8, 0, 6, 6, 1, 6]);
  const fashion = await readData(`idx:${dataFile("fashion-mnist", "t10k-images-idx3-ubyte.gz")},${dataFile("fashion-mnist", "t10k-labels-idx1-ubyte.gz")}`, null);
  expect([fashion.count, fashion.shape, ...fashion.labels.slice(0, 4)]).toEqual([10_000, [28, 28], 9, 2, 1, 1]);
  const digits = await readData(`csv:${dataFile("digits.csv")}`, null);
  expect([digits.count, digits.shape, digits.labels[1], Math.max(...digits.values(0))]).toEqual([1797, [64], 1, 15]);
});
