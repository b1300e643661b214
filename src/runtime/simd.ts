// Kernels in WebAssembly SIMD: one text of bytes that is plain SIMD as it stands, and relaxed SIMD (fused multiply-add) with a few
// instructions changed, wherever the engine has that.
import { RncError } from "./error.ts";

/** The little of WebAssembly that is used here; programs without the DOM's types have no other. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => { readonly buffer: ArrayBuffer };
};

/** Functions of byte addresses and counts. */
export type Kernels = { readonly [name: string]: (...numbers: number[]) => void };

/**
 * The module in the fastest SIMD that the engine has. `fused` says where each product with a sum after it begins: the distance from the
 * one before, seven bits a byte, the last byte of a number below 128.
 */
export async function compileKernels(code: Uint8Array, fused: Uint8Array): Promise<object> {
  if (typeof WebAssembly === "undefined") throw new RncError("wasm", "this engine has no WebAssembly: compile the program with --target ts");
  const relaxed = relaxedSimd(code, fused);
  const bytes = fused.length > 0 && WebAssembly.validate(relaxed) ? relaxed : code;
  try {
    return await WebAssembly.compile(bytes);
  } catch (e) {
    if (!WebAssembly.validate(code)) throw new RncError("wasm", "this engine has no WebAssembly SIMD: compile the program with --target ts");
    throw new RncError("wasm", `WebAssembly is not allowed here (${e instanceof Error ? e.message : String(e)}): a content security policy must have 'wasm-unsafe-eval', or compile the program with --target ts`);
  }
}

/** `f32x4.mul, local.get c, f32x4.add` becomes `nop nop nop, local.get c, f32x4.relaxed_madd`, wherever `fused` says. */
export function relaxedSimd(code: Uint8Array, fused: Uint8Array): Uint8Array {
  const out = code.slice();
  let at = 0;
  let distance = 0;
  let scale = 1;
  for (const byte of fused) {
    distance += (byte & 127) * scale;
    scale *= 128;
    if (byte > 127) continue;
    at += distance;
    distance = 0;
    scale = 1;
    out.fill(0x01, at, at + 3);
    let sum = at + 4; // behind local.get
    while (out[sum]! > 127) sum++;
    out.set([0xfd, 0x85, 0x02], sum + 1);
  }
  return out;
}

/** Memory of so many bytes, zeros. */
export function allocate(bytes: number, shared = false): ArrayBufferOwner {
  const pages = Math.ceil(bytes / 65_536);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    throw new RncError("memory", `there are no ${Math.ceil(bytes / 1e6)} MB of memory for this net: make a smaller batch`);
  }
}

export interface ArrayBufferOwner {
  readonly buffer: ArrayBuffer;
}

/** Kernels that do one part of the work. */
export async function instantiate(module: object, memory: ArrayBufferOwner, part = 0, parts = 1): Promise<Kernels> {
  return (await WebAssembly.instantiate(module, { m: { m: memory, part, parts } })).exports as Kernels;
}
