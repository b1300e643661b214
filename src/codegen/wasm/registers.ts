// How sums of products stay in the registers of the engine: x86 has sixteen vector registers, of which V8 keeps one to itself.
// Fused products leave twelve of them to sums (six rows by two vectors) beside two vectors of one factor and one of the other. Where a
// product is an instruction of its own, its result needs a register, and a tile is of five rows: with twelve sums one is kept in memory,
// and every product of the tile waits for it.
import { madd, op, splat, type Local } from "./assembler/expression.ts";
import type { FunctionBuilder } from "./assembler/function.ts";

/** Rows of a tile of two vectors. */
export const ROWS = { fused: 6, plain: 5 } as const;

/**
 * A local: does this engine fuse products with sums? 1 where `x · x − (1 + 2⁻¹¹)` of x = 1 + 2⁻¹² is 2⁻²⁴, and not 0, which it is where the
 * product is rounded first.
 */
export function fusesProducts(f: FunctionBuilder): Local {
  const x = f.let("x", splat(1 + 2 ** -12));
  const c = f.let("c", splat(-(1 + 2 ** -11)));
  return f.let("fuses", op("v128.any_true", [madd(x, x, c)]));
}

/**
 * Sums of products, written one after the other, that are computed in that order. V8's TurboFan places what has no effect by where it is
 * used: the products of a whole stretch come before all of its sums, and most of them go to memory and back, which takes twice the time
 * (measured on Node 20). `settle` ends such a stretch: a branch, never taken, to where the sums are read. `address` is a multiple of four,
 * so it equals no odd number; each branch has a number of its own, or the engine would know the second from the first.
 */
export function inOrder(f: FunctionBuilder, address: Local, body: (settle: () => void) => void): void {
  let odd = -1;
  f.block(() => body(() => f.leave(op("i32.eq", [address, (odd += 2)]))));
}
