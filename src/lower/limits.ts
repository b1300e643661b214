// How much a program may ask for. Bombs are found by counting, before anything is expanded; each limit has a code of its own.

export const limits = {
  /** Layers and parameters of one network after all repetitions are written out. ResNet-1202 has 9,700. */
  nodes: 1_000_000,
  /** Statements and steps of one export that are elaborated one by one (a repetition or a repeated call is elaborated once). */
  steps: 100_000,
  /** The same over all exports of a program. */
  together: 500_000,
  /** What a layer counts for, in steps, where it meets a shape that it has not met before. */
  usage: 40,
  /** Blocks inside blocks. */
  calls: 60,
  /** Bodies inside bodies, those of blocks too. Each takes up to 2 KB of stack, and half of a small one (984 KB) has to do. */
  depth: 256,
  /** What a constant counts for, in levels, where it is needed before its declaration: its whole expression is on the stack. */
  constant: 32,
  /** Elements of a list, of a tap list's largest index plus one, and rounds of a `for`. */
  list: 100_000,
  /** Characters of a string made by interpolation. */
  string: 10_000,
  /** Characters of a label. */
  label: 100,
  /** Elements of one sample of a value, and of all parameters together: numbers are exact up to here. */
  elements: Number.MAX_SAFE_INTEGER,
} as const;
