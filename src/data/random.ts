// Random numbers by counter: number i of a stream is a hash of (stream, i), and a stream is a hash of what it is for. Nothing is
// carried along, so any image, epoch or step can be made again alone. Law: integers and exact operations only, the same on every engine.

/** What streams are for; two purposes never share one. */
export const purposes = { glyph: 1, order: 2, augmentation: 3 } as const;

const ODD = 0x9e3779b9; // 2³² / golden ratio: keeps small numbers, and zero, away from the hash's fixed point

/** A bijection of the 32-bit integers (xor-shift-multiply with the constants of C. Wellons, "Prospecting for hash functions", 2018). */
export function hash(value: number): number {
  let x = (value + ODD) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** The stream of `words`, integers from 0 to 2⁵³ − 1. Lists that differ in their last word alone, by less than 2³², have different streams. */
export function streamOf(...words: readonly number[]): number {
  let key = 0;
  for (const word of words) key = hash(hash(key ^ hash(Math.floor(word / 2 ** 32))) ^ hash(word | 0));
  return key;
}

/** Number `i` of a stream: 32 bits, signed. */
export function bitsAt(stream: number, i: number): number {
  return hash(hash(i) ^ stream);
}

/** The numbers of a stream one after the other. */
export class Random {
  readonly #stream: number;
  #next = 0;

  constructor(stream: number) {
    this.#stream = stream;
  }

  /** In [0, 1), a multiple of 2⁻³². */
  unit(): number {
    return (bitsAt(this.#stream, this.#next++) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** An integer in [0, n), n ≤ 2³²; its odds are off by at most n / 2³². */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }
}
