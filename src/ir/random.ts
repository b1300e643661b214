// Uniform numbers that are a function of a key: pcg4d of Jarzynski and Olano 2020 ("Hash Functions for GPU Rendering", JCGT 9(3)), in
// 32-bit multiplications, additions, shifts and xors alone, so that every engine and target draws the same.

/** A multiple of 2⁻²⁴ in [0, 1) from four integers. */
export function uniform(index: number, site: number, step: number, seed: number): number {
  return (pcg4d(index, site, step, seed) >>> 8) / 2 ** 24;
}

/** The first of pcg4d's four numbers. */
export function pcg4d(a: number, b: number, c: number, d: number): number {
  let x = (Math.imul(a, 1664525) + 1013904223) | 0;
  let y = (Math.imul(b, 1664525) + 1013904223) | 0;
  let z = (Math.imul(c, 1664525) + 1013904223) | 0;
  let w = (Math.imul(d, 1664525) + 1013904223) | 0;
  for (let round = 0; round < 2; round++) {
    x = (x + Math.imul(y, w)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    w = (w + Math.imul(y, z)) | 0;
    if (round > 0) break;
    x ^= x >>> 16;
    y ^= y >>> 16;
    z ^= z >>> 16;
    w ^= w >>> 16;
  }
  return x;
}
