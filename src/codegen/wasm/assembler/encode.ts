// Functions as the bytes of a WebAssembly module that imports a memory and exports every function (specification, chapter 5).
// Law: a product with a sum after it is written so that plain and relaxed SIMD have the same length: `a b mul c add` or
// `a b nop nop nop c madd`, with c a local. One text of bytes serves both; `fused` says where, and `runtime/simd.ts` changes it.
import { CompilerError } from "../../../ir/problem.ts";
import { globals, type Expression, type Statement } from "./expression.ts";
import type { WasmFunction } from "./function.ts";
import { fused, instructions, signed, unsigned, type ValueType } from "./instructions.ts";

export interface Encoded {
  /** Plain SIMD. */
  readonly bytes: Uint8Array;
  /** Where each product with a sum after it begins. */
  readonly fused: readonly number[];
  /** Of a module with threads: where it says that its memory has limits (1), and may say that it is shared besides (3). */
  readonly limits: number;
}

const valueTypes: { readonly [T in ValueType]: number } = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
/** The most pages that a memory may have: a shared one must say. */
export const PAGES = 65_536;

export interface ModuleOptions {
  /** The memory may be shared, and a thread is told its part of the work. */
  readonly threads: boolean;
}

export function encode(functions: readonly WasmFunction[], { threads }: ModuleOptions = { threads: false }): Encoded {
  const index = new Map(functions.map((f, i) => [f.name, i]));
  if (index.size !== functions.length) throw new CompilerError("wasm", "two functions have one name");
  const types = functions.map((f) => [0x60, ...vector(f.parameters.map((p) => [valueTypes[p.type]])), ...vector(f.result ? [[valueTypes[f.result]]] : [])]);
  const distinct = new Map<string, number>();
  for (const t of types) if (!distinct.has(t.join())) distinct.set(t.join(), distinct.size);

  const out = new Bytes();
  out.push(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  out.section(1, vector([...distinct.keys()].map((t) => t.split(",").map(Number))));
  const memory = [...name("m"), ...name("m"), 0x02];
  const numbers = globals.map((g) => [...name("m"), ...name(g), 0x03, valueTypes.i32, 0x00]);
  const imports = vector(threads ? [[...memory, 0x01, 0x00, ...unsigned(PAGES)], ...numbers] : [[...memory, 0x00, 0x00]]);
  const limits = out.length + 1 + unsigned(imports.length).length + 1 + memory.length;
  out.section(2, imports);
  out.section(3, vector(types.map((t) => unsigned(distinct.get(t.join())!))));
  out.section(7, vector(functions.map((f, i) => [...name(f.name), 0x00, ...unsigned(i)])));

  const bodies = functions.map((f) => new Body(f, index));
  const count = unsigned(functions.length);
  const sizes = bodies.map((b) => unsigned(b.bytes.length));
  out.push(10, ...unsigned(count.length + bodies.reduce((sum, b, i) => sum + sizes[i]!.length + b.bytes.length, 0)), ...count);
  const places: number[] = [];
  bodies.forEach((b, i) => {
    out.push(...sizes[i]!);
    const at = out.length;
    for (const product of b.fused) places.push(at + product);
    out.append(b.bytes);
  });
  return { bytes: out.finish(), fused: places, limits };
}

/** The distances between them as `runtime/simd.ts` reads them. */
export function fusedBytes({ fused: places }: Encoded): Uint8Array {
  return Uint8Array.from(places.flatMap((p, i) => unsigned(p - (places[i - 1] ?? 0))));
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

class Bytes {
  #data = new Uint8Array(1024);
  length = 0;

  push(...bytes: readonly number[]): void {
    this.#grow(bytes.length);
    for (const b of bytes) this.#data[this.length++] = b;
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#data.set(bytes, this.length);
    this.length += bytes.length;
  }

  section(id: number, content: readonly number[]): void {
    this.push(id, ...unsigned(content.length));
    this.append(Uint8Array.from(content));
  }

  finish(): Uint8Array {
    return this.#data.slice(0, this.length);
  }

  #grow(by: number): void {
    if (this.length + by <= this.#data.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#data.length, this.length + by));
    larger.set(this.#data);
    this.#data = larger;
  }
}

class Body {
  readonly bytes: Uint8Array;
  readonly fused: number[] = [];
  readonly #out = new Bytes();
  readonly #functions: ReadonlyMap<string, number>;
  /** How many blocks, loops and ifs are open; and how many were, each block included, where it began. */
  #open = 0;
  readonly #blocks: number[] = [];

  constructor(f: WasmFunction, functions: ReadonlyMap<string, number>) {
    this.#functions = functions;
    this.#locals(f);
    for (const s of f.body) this.#statement(s);
    if (f.value) this.#expression(f.value);
    this.#out.push(0x0b);
    this.bytes = this.#out.finish();
  }

  #locals({ locals }: WasmFunction): void {
    const runs: { type: ValueType; count: number }[] = [];
    for (const { type } of locals) {
      if (runs.at(-1)?.type === type) runs.at(-1)!.count++;
      else runs.push({ type, count: 1 });
    }
    this.#out.push(...vector(runs.map(({ type, count }) => [...unsigned(count), valueTypes[type]])));
  }

  #statement(s: Statement): void {
    const out = this.#out;
    switch (s.kind) {
      case "comment": return;
      case "set": {
        this.#expression(s.value);
        return out.push(0x21, ...unsigned(s.local.index));
      }
      case "store": {
        this.#expression(s.address);
        this.#expression(s.value);
        const { opcode, align } = instructions[s.name];
        return out.push(...opcode, align, ...unsigned(s.offset));
      }
      case "call": {
        for (const o of s.operands) this.#expression(o);
        return out.push(0x10, ...unsigned(this.#functions.get(s.name)!));
      }
      case "loop": {
        out.push(0x03, 0x40);
        this.#inside(s.body);
        this.#expression(s.test);
        return out.push(0x0d, 0x00, 0x0b);
      }
      case "block": {
        out.push(0x02, 0x40);
        this.#blocks.push(this.#open + 1);
        this.#inside(s.body);
        this.#blocks.pop();
        return out.push(0x0b);
      }
      case "leave": {
        const block = this.#blocks.at(-1);
        if (block === undefined) throw new CompilerError("wasm", "there is no block to leave");
        this.#expression(s.test);
        return out.push(0x0d, ...unsigned(this.#open - block));
      }
      case "if": {
        this.#expression(s.test);
        out.push(0x04, 0x40);
        this.#inside(s.then);
        if (s.otherwise.length > 0) out.push(0x05);
        this.#inside(s.otherwise);
        return out.push(0x0b);
      }
    }
  }

  #inside(body: readonly Statement[]): void {
    this.#open++;
    for (const s of body) this.#statement(s);
    this.#open--;
  }

  #expression(e: Expression): void {
    const out = this.#out;
    switch (e.kind) {
      case "const": return this.#constant(e.type, e.value);
      case "get": return out.push(0x20, ...unsigned(e.local.index));
      case "global": return out.push(0x23, globals.indexOf(e.name));
      case "call": {
        for (const o of e.operands) this.#expression(o);
        return out.push(0x10, ...unsigned(this.#functions.get(e.name)!));
      }
      case "madd": {
        this.#expression(e.operands[0]);
        this.#expression(e.operands[1]);
        this.fused.push(out.length);
        out.push(...fused.mul);
        this.#expression(e.operands[2]);
        return out.push(...fused.add);
      }
      case "instruction": {
        const { opcode, immediate, align } = instructions[e.name];
        for (const o of e.operands) this.#expression(o);
        out.push(...opcode);
        if (immediate === "memory") return out.push(align, ...unsigned(e.immediate as number));
        if (immediate === "lane") return out.push(e.immediate as number);
        if (immediate === "lanes") return out.push(...(e.immediate as readonly number[]));
      }
    }
  }

  #constant(type: ValueType, value: number): void {
    const out = this.#out;
    if (type === "i32") return out.push(0x41, ...signed(value));
    const float = [...new Uint8Array(Float32Array.of(value).buffer)];
    if (type === "f32") return out.push(0x43, ...float);
    if (type === "f64") return out.push(0x44, ...new Uint8Array(Float64Array.of(value).buffer));
    if (float.every((b) => b === 0)) return out.push(0xfd, 0x0c, ...Array<number>(16).fill(0));
    return out.push(0x43, ...float, 0xfd, 0x13); // a splat is shorter than sixteen bytes
  }
}
