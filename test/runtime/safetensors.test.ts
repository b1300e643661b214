// safetensors: every dtype read, what is written reads back, and nothing malformed gets in.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RncError } from "../../src/runtime/error.ts";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { parseSafetensors } from "../../src/runtime/safetensors.ts";
import { count } from "../harness/tier.ts";

/** A file with that header and that many bytes of data; `length` is what the file says of the header. */
function file(header: string | Uint8Array, data: number | Uint8Array = 0, length?: number | bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = typeof data === "number" ? new Uint8Array(data) : data;
  const out = new Uint8Array(8 + text.length + bytes.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  out.set(text, 8);
  out.set(bytes, 8 + text.length);
  return out;
}

const tensor = (dtype: string, shape: string, offsets: string): string => `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const one = (dtype: string, shape: string, offsets: string): string => `{"a":${tensor(dtype, shape, offsets)}}`;

const malformed: Readonly<Record<string, Uint8Array>> = {
  "an empty file": new Uint8Array(0),
  "less than a length": new Uint8Array(7),
  "a header beyond the file": file("{}", 0, 3),
  "a header of 2^64 - 1 bytes": file("{}", 0, 2n ** 64n - 1n),
  "a header of 2^53 + 1 bytes": file("{}", 0, 2n ** 53n + 1n),
  "a header of 100 MB and more": file("{}", 0, 100_000_001),
  "a header of no bytes": file(""),
  "no JSON": file("hello"),
  "an array": file("[]"),
  "half an object": file("{"),
  "a trailing comma": file(`{"a":${tensor("F32", "[1]", "[0,4]")},}`, 4),
  "something after the object": file("{} {}"),
  "a null behind the object": file("{}\0"),
  "no UTF-8": file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)),
  "a byte order mark": file("\ufeff{}"),
  "the same name twice": file(`{"a":${tensor("F32", "[1]", "[0,4]")},"a":${tensor("F32", "[1]", "[0,4]")}}`, 4),
  "the same name twice, once escaped": file(`{"a":${tensor("F32", "[1]", "[0,4]")},"\\u0061":${tensor("F32", "[1]", "[4,8]")}}`, 8),
  "a field twice": file(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
  "an unknown field": file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}`, 4),
  "no dtype": file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4),
  "no shape": file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4),
  "no offsets": file(`{"a":{"dtype":"F32","shape":[1]}}`, 4),
  "one offset": file(one("F32", "[1]", "[0]"), 4),
  "three offsets": file(one("F32", "[1]", "[0,4,4]"), 4),
  "a tensor that is a number": file(`{"a":1}`),
  "a deep shape": file(one("F32", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, "[0,4]"), 4),
  "a deep header": file(`{"a":`.repeat(10_000)),
  "an unknown dtype": file(one("F128", "[1]", "[0,16]"), 16),
  "a dtype of Object.prototype": file(one("constructor", "[1]", "[0,4]"), 4),
  "a negative dimension": file(one("F32", "[-1]", "[0,4]"), 4),
  "a fractional dimension": file(one("F32", "[1.5]", "[0,6]"), 6),
  "a dimension with an exponent": file(one("F32", "[1e0]", "[0,4]"), 4),
  "a dimension with a leading zero": file(one("F32", "[01]", "[0,4]"), 4),
  "a dimension beyond 2^53": file(one("F32", "[9007199254740993]", "[0,4]"), 4),
  "a product beyond 2^53": file(one("F32", "[94906267,94906267]", "[0,4]"), 4),
  "a product beyond 2^53 with a zero behind it": file(one("F32", "[4503599627370496,4503599627370496,4503599627370496]", "[0,0]")),
  "fewer bytes than the shape": file(one("F32", "[2]", "[0,4]"), 4),
  "more bytes than the shape": file(one("F32", "[1]", "[0,8]"), 8),
  "offsets the wrong way round": file(one("F32", "[1]", "[4,0]"), 4),
  "negative offsets": file(one("F32", "[1]", "[-4,0]"), 4),
  "data beyond the file": file(one("F32", "[2]", "[0,8]"), 4),
  "a hole at the beginning": file(one("F32", "[1]", "[4,8]"), 8),
  "a hole in the middle": file(`{"a":${tensor("F32", "[1]", "[0,4]")},"b":${tensor("F32", "[1]", "[8,12]")}}`, 12),
  "bytes at the end": file(one("F32", "[1]", "[0,4]"), 8),
  "an overlap": file(`{"a":${tensor("F32", "[2]", "[0,8]")},"b":${tensor("F32", "[2]", "[4,12]")}}`, 12),
  "two tensors in one place": file(`{"a":${tensor("F32", "[1]", "[0,4]")},"b":${tensor("F32", "[1]", "[0,4]")}}`, 4),
  "metadata that is a list": file(`{"__metadata__":[]}`),
  "metadata that holds numbers": file(`{"__metadata__":{"a":1}}`),
  "metadata that nests": file(`{"__metadata__":{"a":{"b":"c"}}}`),
  "metadata twice": file(`{"__metadata__":{},"__metadata__":{}}`),
  "a metadata key twice": file(`{"__metadata__":{"a":"1","a":"2"}}`),
  "a control character in a name": file(`{"a\n":${tensor("F32", "[1]", "[0,4]")}}`, 4),
};

describe("malformed files are refused with a code", () => {
  for (const [what, bytes] of Object.entries(malformed)) {
    test(what, () => {
      let error: unknown = null;
      try {
        readSafetensors(bytes);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(RncError);
      expect((error as RncError).code).toBe("weights");
      expect((error as RncError).message.length).toBeLessThan(300);
    });
  }

  test("there are enough of them", () => expect(Object.keys(malformed).length).toBeGreaterThanOrEqual(25));
});

test("what is no safetensors file at all is told as that", () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  expect(() => readSafetensors(text("<!doctype html><title>404</title>"))).toThrow("not a valid safetensors file: it begins like a web page: was the file found?");
  expect(() => readSafetensors(text("PK\u0003\u0004 an archive"))).toThrow("not a valid safetensors file: it does not begin with the length of a header");
  expect(() => readSafetensors(file("{}").subarray(0, 9))).toThrow("the header is said to have 2 bytes; the file has 9"); // cut short
});

test("odd files that are valid", () => {
  expect(readSafetensors(file("{}")).tensors.size).toBe(0);
  expect(readSafetensors(file("{ } \n")).tensors.size).toBe(0);
  expect(() => readSafetensors(file(" {}"))).toThrow("the header does not begin with {"); // the format pads behind it alone
  expect([...readSafetensors(file(`{"__metadata__":{"__proto__":"x"}}`)).metadata]).toEqual([["__proto__", "x"]]);
  expect(readSafetensors(file(one("F32", "[]", "[0,4]"), 4)).tensors.get("a")!.data).toEqual(new Float32Array(1));
  expect(readSafetensors(file(one("F32", "[0,3]", "[0,0]"))).tensors.get("a")!.data.length).toBe(0);
  expect([...readSafetensors(file(`{"__proto__":${tensor("F32", "[1]", "[0,4]")}}`, 4)).tensors.keys()]).toEqual(["__proto__"]);
  const swapped = readSafetensors(file(`{"b":${tensor("U8", "[1]", "[1,2]")},"a":${tensor("U8", "[1]", "[0,1]")}}`, Uint8Array.of(7, 9)));
  expect([...swapped.tensors].map(([name, t]) => [name, t.data[0]])).toEqual([["b", 9], ["a", 7]]);
});

describe("every dtype is read as f32", () => {
  const read = (dtype: string, bytes: readonly number[], size: number): number[] => [...readSafetensors(file(one(dtype, `[${bytes.length / size}]`, `[0,${bytes.length}]`), Uint8Array.from(bytes))).tensors.get("a")!.data];
  const little = (value: bigint, size: number): number[] => Array.from({ length: size }, (_, i) => Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 255n));
  const bytesOf = (array: Float64Array | Float32Array): number[] => [...new Uint8Array(array.buffer)];

  test("F64, F32", () => {
    expect(read("F64", bytesOf(Float64Array.of(0.1, -1e300, NaN)), 8)).toEqual([Math.fround(0.1), -Infinity, NaN]);
    expect(read("F32", bytesOf(Float32Array.of(0.1, -0, 1e-45)), 4)).toEqual([Math.fround(0.1), -0, Math.fround(1e-45)]);
  });
  test("F16", () => {
    const patterns: readonly (readonly [number, number])[] = [[0x3c00, 1], [0xc000, -2], [0x7bff, 65504], [0x0001, 2 ** -24], [0x03ff, 1023 * 2 ** -24], [0x0400, 2 ** -14], [0x8000, -0], [0x7c00, Infinity], [0xfc00, -Infinity], [0x7e00, NaN], [0x3555, 0.333251953125]];
    expect(read("F16", patterns.flatMap(([b]) => [b & 255, b >> 8]), 2)).toEqual(patterns.map(([, v]) => v));
  });
  test("BF16", () => {
    const patterns: readonly (readonly [number, number])[] = [[0x3f80, 1], [0xc040, -3], [0x7f80, Infinity], [0xff80, -Infinity], [0x7fc0, NaN], [0x0001, 2 ** -133], [0x8000, -0]];
    expect(read("BF16", patterns.flatMap(([b]) => [b & 255, b >> 8]), 2)).toEqual(patterns.map(([, v]) => v));
  });
  test("F8_E4M3 has no infinities, F8_E5M2 has", () => {
    expect(read("F8_E4M3", [0x38, 0xb8, 0x7e, 0x7f, 0xff, 0x01, 0x80, 0x78], 1)).toEqual([1, -1, 448, NaN, NaN, 2 ** -9, -0, 256]);
    expect(read("F8_E5M2", [0x3c, 0xbc, 0x7b, 0x7c, 0xfc, 0x7d, 0x01, 0x80], 1)).toEqual([1, -1, 57344, Infinity, -Infinity, NaN, 2 ** -16, -0]);
  });
  test("integers", () => {
    expect(read("I64", [...little(-3n, 8), ...little(1n << 40n, 8)], 8)).toEqual([-3, 2 ** 40]);
    expect(read("U64", little((1n << 64n) - 1n, 8), 8)).toEqual([2 ** 64]);
    expect(read("I32", [...little(-5n, 4), ...little(7n, 4)], 4)).toEqual([-5, 7]);
    expect(read("U32", little(0xffffffffn, 4), 4)).toEqual([Math.fround(0xffffffff)]);
    expect(read("I16", little(-6n, 2), 2)).toEqual([-6]);
    expect(read("U16", little(65535n, 2), 2)).toEqual([65535]);
    expect(read("I8", [0x80, 0x7f], 1)).toEqual([-128, 127]);
    expect(read("U8", [0x80, 0xff], 1)).toEqual([128, 255]);
    expect(read("BOOL", [0, 1, 2], 1)).toEqual([0, 1, 1]);
  });
});

describe("what is written reads back", () => {
  const names = fc.oneof(fc.string({ unit: "binary" }).filter((s) => s !== "__metadata__" && !/\p{Surrogate}/u.test(s)), fc.constantFrom("__proto__", "constructor", "a.b", '"', "\\", "\u2028"));
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const value = fc.float();

  test("names, shapes, bits and metadata", () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { maxLength: 6 }), fc.array(fc.tuple(shapes, fc.infiniteStream(value)), { minLength: 6, maxLength: 6 }), fc.dictionary(names, fc.string()), (keys, bodies, about) => {
        const tensors = keys.map((name, i) => {
          const [shape, numbers] = bodies[i]!;
          return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.next().value as number) }] as const;
        });
        const bytes = writeSafetensors(tensors, Object.entries(about));
        const back = readSafetensors(bytes);
        expect([...back.tensors]).toEqual(tensors);
        expect([...back.metadata]).toEqual(Object.entries(about));
        expect(writeSafetensors(tensors, Object.entries(about))).toEqual(bytes);
        for (const [, t] of parseSafetensors(bytes).tensors) expect(t.bytes.byteOffset % 4).toBe(0);
      }),
      { numRuns: count(200, 5000) },
    );
  });

  test("the caller's mistakes", () => {
    const t = { shape: [2], data: new Float32Array(2) };
    expect(() => writeSafetensors([["a", t], ["a", t]])).toThrow(RangeError);
    expect(() => writeSafetensors([["__metadata__", t]])).toThrow(RangeError);
    expect(() => writeSafetensors([["a", { shape: [3], data: new Float32Array(2) }]])).toThrow(RangeError);
  });
});

test("a mutated file is read or refused, and never anything else", () => {
  const valid = writeSafetensors([["conv.weight", { shape: [2, 3], data: new Float32Array(6).fill(1) }], ["fc.bias", { shape: [4], data: new Float32Array(4) }]], [["format", "pt"]]);
  const text = new TextDecoder().decode(valid.subarray(8, valid.length - 40));
  const at = fc.nat({ max: valid.length - 1 });
  const edit = fc.oneof(
    fc.tuple(at, fc.nat({ max: 255 })).map(([i, v]) => (b: Uint8Array) => b.with(i % b.length, v)),
    fc.tuple(at, at).map(([i, j]) => (b: Uint8Array) => Uint8Array.from([...b.subarray(0, Math.min(i, j)), ...b.subarray(Math.max(i, j))])),
    fc.tuple(at, fc.uint8Array({ maxLength: 9 })).map(([i, extra]) => (b: Uint8Array) => Uint8Array.from([...b.subarray(0, i), ...extra, ...b.subarray(i)])),
    fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: text.length }), fc.constantFrom("0", "9", "-", "[", "]", "{", "}", ",", '"', ":", "1e9", "null", "99999999999999999999")).map(([i, j, put]) => () => file(text.slice(0, Math.min(i, j)) + put + text.slice(Math.max(i, j)), valid.slice(-40))),
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const bytes = edits.reduce((b, e) => (b.length > 0 ? e(b) : b), valid);
      try {
        for (const [, t] of parseSafetensors(bytes).tensors) {
          expect(t.bytes.buffer).toBe(bytes.buffer);
          expect(t.bytes.byteOffset + t.bytes.byteLength).toBeLessThanOrEqual(bytes.byteOffset + bytes.byteLength);
        }
        readSafetensors(bytes);
      } catch (e) {
        expect(e).toBeInstanceOf(RncError);
        refused++;
      }
    }),
    { numRuns: count(2000, 50_000) },
  );
  expect(refused).toBeGreaterThan(count(1000, 25_000));
});

test("a name of megabytes, and as much white space", () => {
  for (const name of ["a".repeat(4_000_000), "\\n".repeat(2_000_000), "\\u0041".repeat(700_000)]) {
    expect([...parseSafetensors(file(`{"${name}":${tensor("F32", "[1]", "[0,4]")}}`, 4)).tensors.keys()]).toEqual([JSON.parse(`"${name}"`)]);
    expect(() => parseSafetensors(file(`{"${name}":${tensor("F32", "[1]", "[0,4]")}`, 4))).toThrow(RncError);
    expect(() => parseSafetensors(file(`{"${name}`, 0))).toThrow(RncError);
  }
  expect(parseSafetensors(file(`{}${" ".repeat(4_000_000)}`)).tensors.size).toBe(0);
});

test("a file inside a larger buffer is read in its bounds", () => {
  const inner = writeSafetensors([["a", { shape: [2], data: Float32Array.of(3, 4) }]]);
  const outer = new Uint8Array(inner.length + 26).fill(255);
  outer.set(inner, 13);
  expect([...readSafetensors(outer.subarray(13, 13 + inner.length)).tensors.get("a")!.data]).toEqual([3, 4]);
  expect(() => readSafetensors(outer.subarray(13, 14 + inner.length))).toThrow(RncError);
});
