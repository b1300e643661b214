// The safetensors format (eight bytes of header length, a JSON header, the data): a strict reader of every dtype of whole bytes.
// Law: whatever the bytes, the result is either tensors that lie inside the file, without gaps or overlaps, or an RncError.
import { RncError } from "./error.ts";

/** A tensor as the file has it. `bytes` is a view of the file. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes per element and how one is read; 8-bit and 16-bit floats as in their papers (OCP FP8, bfloat16). */
const dtypes: { readonly [name: string]: { readonly size: number; readonly read: (v: DataView, at: number) => number } } = {
  F64: { size: 8, read: (v, at) => v.getFloat64(at, true) },
  F32: { size: 4, read: (v, at) => v.getFloat32(at, true) },
  F16: { size: 2, read: (v, at) => small(v.getUint16(at, true), 5, 10, true) },
  BF16: { size: 2, read: (v, at) => small(v.getUint16(at, true), 8, 7, true) },
  F8_E8M0: { size: 1, read: (v, at) => (v.getUint8(at) === 255 ? NaN : 2 ** (v.getUint8(at) - 127)) },
  F8_E5M2: { size: 1, read: (v, at) => small(v.getUint8(at), 5, 2, true) },
  F8_E4M3: { size: 1, read: (v, at) => small(v.getUint8(at), 4, 3, false) },
  I64: { size: 8, read: (v, at) => Number(v.getBigInt64(at, true)) },
  U64: { size: 8, read: (v, at) => Number(v.getBigUint64(at, true)) },
  I32: { size: 4, read: (v, at) => v.getInt32(at, true) },
  U32: { size: 4, read: (v, at) => v.getUint32(at, true) },
  I16: { size: 2, read: (v, at) => v.getInt16(at, true) },
  U16: { size: 2, read: (v, at) => v.getUint16(at, true) },
  I8: { size: 1, read: (v, at) => v.getInt8(at) },
  U8: { size: 1, read: (v, at) => v.getUint8(at) },
  BOOL: { size: 1, read: (v, at) => (v.getUint8(at) ? 1 : 0) },
};

/** A float of 1 sign bit, `e` exponent bits and `m` of mantissa. Without infinities all ones is NaN (E4M3), and nothing else is. */
function small(bits: number, e: number, m: number, infinities: boolean): number {
  const sign = bits >> (e + m) ? -1 : 1;
  const exponent = (bits >> m) & ((1 << e) - 1);
  const mantissa = bits & ((1 << m) - 1);
  const bias = (1 << (e - 1)) - 1;
  if (exponent === (1 << e) - 1) {
    if (infinities) return mantissa ? NaN : sign * Infinity;
    if (mantissa === (1 << m) - 1) return NaN;
  }
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias - m) : (2 ** m + mantissa) * 2 ** (exponent - bias - m));
}

const LONGEST_HEADER = 100_000_000;
const MOST_AXES = 64;

/** Reads the header and checks everything about it. Throws an RncError with code "weights". */
export function parseSafetensors(file: Uint8Array): Safetensors {
  if (file.length < 8) throw malformed(`a file of ${file.length} bytes has no header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw malformed(file[0] === 0x3c ? "it begins like a web page: was the file found?" : "it does not begin with the length of a header");
  if (length > file.length - 8) throw malformed(`the header is said to have ${length} bytes; the file has ${file.length}`);
  const header = new Header(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }), file.subarray(8, 8 + length));
  const data = file.subarray(8 + length);
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  const ranges = [...header.tensors].sort(([, a], [, b]) => a.from - b.from || a.to - b.to);
  for (const [name, { dtype, shape, from, to }] of ranges) {
    const type = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
    if (!type) throw malformed(`${show(name)} has the unknown dtype ${show(dtype)}`);
    if (shape.length > MOST_AXES) throw malformed(`${show(name)} has ${shape.length} axes`);
    const size = shape.reduce((a, b) => a * b, type.size);
    const counted = shape.reduce((a, b) => a * (b || 1), type.size); // 2^52 × 2^52 × 0 overflows on the way
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(counted)) throw malformed(`${show(name)} has more than 2^53 bytes`);
    if (from !== end) throw malformed(`the data of ${show(name)} ${from < end ? "overlap those before them" : "leave a hole before them"}`);
    if (to > data.length) throw malformed(`the data of ${show(name)} end at ${to} of ${data.length} bytes: the file is truncated`);
    if (to - from !== size) throw malformed(`${show(name)} is ${dtype} [${shape.join(", ")}], ${size} bytes, and has ${to - from}`);
    end = to;
  }
  if (end !== data.length) throw malformed(`${data.length - end} bytes at the end belong to no tensor`);
  for (const [name, { dtype, shape, from, to }] of header.tensors) tensors.set(name, { dtype, shape, bytes: data.subarray(from, to) });
  return { tensors, metadata: header.metadata };
}

/** Does this machine keep numbers as files do? */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Writes the elements, rounded to f32, from `offset` on. */
export function copyFloat32({ dtype, bytes }: StoredTensor, to: Float32Array, offset: number): void {
  const { size, read } = dtypes[dtype]!;
  if (dtype === "F32" && littleEndian) return new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(bytes, 4 * offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < bytes.length / size; i++) to[offset + i] = read(view, i * size);
}

function malformed(what: string): RncError {
  return new RncError("weights", `not a valid safetensors file: ${what}`);
}

/** A name as it can be shown: quoted, and not too long. */
export function show(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What most headers consist of, read in one go: a character at a time takes milliseconds where nothing is compiled yet. */
const COMMON_STRING = /"([^"\\\u0000-\u001f]{0,200})"/y;
const COMMON_ENTRY = /\{"dtype":"(\w{1,16})","shape":\[((?:(?:0|[1-9]\d{0,14})(?:,(?:0|[1-9]\d{0,14})){0,7})?)\],"data_offsets":\[(0|[1-9]\d{0,14}),(0|[1-9]\d{0,14})\]\}/y;

/** The header's JSON, which is flat. JSON.parse would keep the last of two equal keys and take any depth; this takes only what can be there. */
class Header {
  readonly tensors = new Map<string, Entry>();
  readonly metadata = new Map<string, string>();
  readonly #text: string;
  #at = 0;

  constructor(decoder: TextDecoder, bytes: Uint8Array) {
    try {
      this.#text = decoder.decode(bytes);
    } catch {
      throw malformed("the header is not UTF-8");
    }
    if (!this.#text.startsWith("{")) throw malformed("the header does not begin with {");
    let described = false;
    this.#object((name) => {
      if (name === "__metadata__") {
        if (described) throw malformed("__metadata__ is there twice");
        described = true;
        this.#object((key) => unique(this.metadata, key, this.#string()));
      } else unique(this.tensors, name, this.#entry(name));
    });
    if (this.#next() !== undefined) throw malformed("something follows the header's last brace");
  }

  #entry(name: string): Entry {
    const common = this.#match(COMMON_ENTRY);
    if (common) return { dtype: common[1]!, shape: common[2] === "" ? [] : common[2]!.split(",").map(Number), from: Number(common[3]), to: Number(common[4]) };
    const seen = new Set<string>();
    let dtype: string | null = null;
    let shape: readonly number[] | null = null;
    let offsets: readonly number[] | null = null;
    this.#object((key) => {
      if (seen.has(key)) throw malformed(`${show(name)} has ${show(key)} twice`);
      seen.add(key);
      if (key === "dtype") dtype = this.#string();
      else if (key === "shape") shape = this.#integers();
      else if (key === "data_offsets") offsets = this.#integers();
      else throw malformed(`${show(name)} has the unknown field ${show(key)}`);
    });
    const [from, to, ...more] = (offsets ?? []) as readonly number[];
    if (dtype === null || shape === null || from === undefined || to === undefined || more.length > 0) throw malformed(`${show(name)} needs dtype, shape and two data_offsets`);
    return { dtype, shape, from, to };
  }

  #object(field: (key: string) => void): void {
    this.#take("{");
    if (this.#next() === "}") return this.#take("}");
    for (;;) {
      const key = this.#string();
      this.#take(":");
      field(key);
      if (this.#next() === "}") return this.#take("}");
      this.#take(",");
    }
  }

  #integers(): readonly number[] {
    const out: number[] = [];
    this.#take("[");
    if (this.#next() === "]") this.#at++;
    else
      for (;;) {
        this.#next();
        const digits = this.#match(/(?:0|[1-9]\d{0,15})(?![\d.eE])/y);
        const value = Number(digits?.[0]);
        if (digits === null || !Number.isSafeInteger(value)) throw this.#unexpected("a whole number below 2^53");
        out.push(value);
        if (this.#next() === "]") {
          this.#at++;
          break;
        }
        this.#take(",");
      }
    return out;
  }

  #string(): string {
    this.#next();
    const common = this.#match(COMMON_STRING);
    if (common) return common[1]!;
    const start = this.#at;
    // By hand, since a pattern with a choice in a loop runs out of stack on a name of megabytes; JSON.parse judges what lies between the quotes.
    if (this.#text[start] === '"') {
      let end = start + 1;
      while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
      try {
        const value = JSON.parse(this.#text.slice(start, end + 1)) as string;
        this.#at = end + 1;
        return value;
      } catch {
        // what follows says it
      }
    }
    throw this.#unexpected("a string");
  }

  #take(character: string): void {
    if (this.#next() !== character) throw this.#unexpected(character);
    this.#at++;
  }

  /** The next character that is not white space. */
  #next(): string | undefined {
    for (;;) {
      const c = this.#text[this.#at];
      if (c !== " " && c !== "\n" && c !== "\t" && c !== "\r") return c;
      this.#at++;
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #unexpected(needed: string): RncError {
    return malformed(`the header needs ${needed} at character ${this.#at}`);
  }
}

function unique<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.has(key)) throw malformed(`${show(key)} is there twice`);
  map.set(key, value);
}
