// Seeded numbers for tests: a counter, hashed to [0, 1); the same on every machine.

export function random(seed: number): () => number {
  let counter = 0;
  return () => hash(hash(seed) + counter++) / 2 ** 32;
}

/** A 32-bit integer hash (xor-shift-multiply with the constants of C. Wellons, "Prospecting for hash functions", 2018). */
function hash(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** An integer in [0, n). */
export function below(next: () => number, n: number): number {
  return Math.floor(next() * n);
}
