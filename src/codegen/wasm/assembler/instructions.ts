// The WebAssembly instructions that kernels use: opcode, operand types, result (WebAssembly 2.0 specification, chapter 5; relaxed
// SIMD proposal). A mnemonic is spelled as in the text format. Law: what is not in this table cannot be emitted.

export type ValueType = "i32" | "f32" | "f64" | "v128";

export interface Instruction {
  readonly opcode: readonly number[];
  readonly operands: readonly ValueType[];
  /** Null: leaves nothing. */
  readonly result: ValueType | null;
  /** What follows the opcode: an address offset with its alignment (as a power of two), a lane, sixteen lanes, or nothing. */
  readonly immediate: "memory" | "lane" | "lanes" | null;
  readonly align: number;
}

const letters: { readonly [letter: string]: ValueType } = { i: "i32", f: "f32", d: "f64", v: "v128" };

function row(opcode: number, signature: string, immediate: Instruction["immediate"] = null, align = 0): Instruction {
  const [from = "", to = ""] = signature.split(">");
  const prefixed = opcode > 0xff;
  return { opcode: prefixed ? [opcode >> 16, ...unsigned(opcode & 0xffff)] : [opcode], operands: [...from].map((l) => letters[l]!), result: letters[to] ?? null, immediate, align };
}

const simd = (opcode: number, signature: string, immediate: Instruction["immediate"] = null, align = 0): Instruction => row(0xfd0000 | opcode, signature, immediate, align);

/** An unsigned number in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let v = value; ; v = Math.floor(v / 128)) {
    if (v < 128) return [...bytes, v];
    bytes.push((v % 128) | 128);
  }
}

/** A signed 32-bit number in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let v = value | 0; ; v >>= 7) {
    const last = (v >= -64 && v < 64);
    bytes.push(last ? v & 127 : (v & 127) | 128);
    if (last) return bytes;
  }
}

const table = {
  "i32.load": row(0x28, "i>i", "memory", 2),
  "f32.load": row(0x2a, "i>f", "memory", 2),
  "f32.store": row(0x38, "if>", "memory", 2),
  "f64.store": row(0x39, "id>", "memory", 2),
  "i32.eqz": row(0x45, "i>i"),
  "i32.eq": row(0x46, "ii>i"),
  "i32.ne": row(0x47, "ii>i"),
  "i32.lt_s": row(0x48, "ii>i"),
  "i32.lt_u": row(0x49, "ii>i"),
  "i32.gt_s": row(0x4a, "ii>i"),
  "i32.add": row(0x6a, "ii>i"),
  "i32.sub": row(0x6b, "ii>i"),
  "i32.mul": row(0x6c, "ii>i"),
  "i32.div_u": row(0x6e, "ii>i"),
  "i32.rem_u": row(0x70, "ii>i"),
  "i32.and": row(0x71, "ii>i"),
  "i32.shl": row(0x74, "ii>i"),
  "f32.add": row(0x92, "ff>f"),
  "f32.mul": row(0x94, "ff>f"),
  "i32.trunc_sat_f32_s": row(0xfc0000, "f>i"),
  "f64.promote_f32": row(0xbb, "f>d"),
  "v128.load": simd(0x00, "i>v", "memory", 2),
  "v128.load32_splat": simd(0x09, "i>v", "memory", 2),
  "v128.store": simd(0x0b, "iv>", "memory", 2),
  "i8x16.shuffle": simd(0x0d, "vv>v", "lanes"),
  "i32x4.splat": simd(0x11, "i>v"),
  "f32x4.splat": simd(0x13, "f>v"),
  "f64x2.splat": simd(0x14, "d>v"),
  "i32x4.replace_lane": simd(0x1c, "vi>v", "lane"),
  "f32x4.extract_lane": simd(0x1f, "v>f", "lane"),
  "f32x4.replace_lane": simd(0x20, "vf>v", "lane"),
  "f64x2.extract_lane": simd(0x21, "v>d", "lane"),
  "f64x2.replace_lane": simd(0x22, "vd>v", "lane"),
  "i32x4.eq": simd(0x37, "vv>v"),
  "f32x4.eq": simd(0x41, "vv>v"),
  "f32x4.ne": simd(0x42, "vv>v"),
  "f32x4.lt": simd(0x43, "vv>v"),
  "f32x4.gt": simd(0x44, "vv>v"),
  "f32x4.le": simd(0x45, "vv>v"),
  "f32x4.ge": simd(0x46, "vv>v"),
  "v128.and": simd(0x4e, "vv>v"),
  "v128.or": simd(0x50, "vv>v"),
  "v128.xor": simd(0x51, "vv>v"),
  "v128.bitselect": simd(0x52, "vvv>v"),
  "v128.any_true": simd(0x53, "v>i"),
  "f32x4.demote_f64x2_zero": simd(0x5e, "v>v"),
  "i32x4.shl": simd(0xab, "vi>v"),
  "i32x4.shr_s": simd(0xac, "vi>v"),
  "i32x4.shr_u": simd(0xad, "vi>v"),
  "i32x4.add": simd(0xae, "vv>v"),
  "i32x4.sub": simd(0xb1, "vv>v"),
  "i32x4.mul": simd(0xb5, "vv>v"),
  "f32x4.abs": simd(0xe0, "v>v"),
  "f32x4.neg": simd(0xe1, "v>v"),
  "f32x4.sqrt": simd(0xe3, "v>v"),
  "f32x4.add": simd(0xe4, "vv>v"),
  "f32x4.sub": simd(0xe5, "vv>v"),
  "f32x4.mul": simd(0xe6, "vv>v"),
  "f32x4.div": simd(0xe7, "vv>v"),
  "f32x4.min": simd(0xe8, "vv>v"),
  "f32x4.max": simd(0xe9, "vv>v"),
  "f32x4.pmin": simd(0xea, "vv>v"),
  "f32x4.pmax": simd(0xeb, "vv>v"),
  "f64x2.add": simd(0xf0, "vv>v"),
  "f64x2.sub": simd(0xf1, "vv>v"),
  "f64x2.mul": simd(0xf2, "vv>v"),
  "f32x4.convert_i32x4_s": simd(0xfa, "v>v"),
} as const satisfies { readonly [mnemonic: string]: Instruction };

export type Mnemonic = keyof typeof table;

export const instructions: { readonly [M in Mnemonic]: Instruction } = table;

/** A product with a sum after it, in plain SIMD; `runtime/simd.ts` knows what it becomes in relaxed SIMD. */
export const fused = { mul: table["f32x4.mul"].opcode, add: table["f32x4.add"].opcode } as const;
