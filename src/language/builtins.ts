// The names the language itself knows. Layers are not here: they are ops, and come in as a set.

/** Compile-time functions of expressions. */
export const functions = {
  ceil: "The smallest integer that is not below x: `ceil(7 / 2)` is 4.",
  floor: "The largest integer that is not above x: `floor(7 / 2)` is 3.",
  min: "The smallest of its arguments.",
  max: "The largest of its arguments.",
  len: "The length of a list or a range.",
  reverse: "A list or a range back to front: `reverse(0..3)` is `[2, 1, 0]`.",
} as const;

/** Steps that merge values or steer the flow, with their one-line documentation. */
export const merges = {
  skip: "`skip { f }` is f(x) + x; `skip(via) { f }` is f(x) + via(x); `skip(none) { f }` is f(x).",
  cat: "`cat { a | b }` concatenates channels in the order written; `cat(v)` appends a named value to the flow.",
  add: "`add { a | b }` is the sum of its branches; `add(v)` adds a named value to the flow.",
  mul: "`mul { a | b }` is the product of its branches; `mul(v)` multiplies the flow by a named value.",
  id: "The empty branch: what flows in flows out.",
} as const;

/** Words that stand for themselves as arguments: no shortcut, no padding, initialisations. */
export const words = {
  none: "No shortcut: `skip(none) { f }` is just f.",
  valid: "No padding: `pad = valid` is `pad = 0`.",
  he: "Normal with variance 2 / fan-in (He et al. 2015), for layers before a ReLU.",
  xavier: "Uniform with variance 2 / (fan-in + fan-out) (Glorot and Bengio 2010).",
  zero: "All zeros.",
  one: "All ones.",
} as const;

/** What other frameworks call `pad = same`. */
export const withoutPad = "leave pad out: the size stays for odd kernels";

export type FunctionName = keyof typeof functions;
export type MergeName = keyof typeof merges;
export type Word = keyof typeof words;

export function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

export function isMerge(name: string): name is MergeName {
  return Object.hasOwn(merges, name);
}

export function isWord(name: string): name is Word {
  return Object.hasOwn(words, name);
}

/** May no declaration, parameter or value have this name? Initialisations may be shadowed: they are only read where a layer wants one. */
export function isReserved(name: string): boolean {
  return isMerge(name) || isFunction(name) || name === "none" || name === "valid";
}
