// The names of options, for callers whose types nobody checks.
import { suggest } from "../language/suggest.ts";
import { thereAre } from "../source/words.ts";
import type { CompileOptions } from "./compilation.ts";

const compileOptions: { readonly [K in keyof Required<CompileOptions>]: true } = {
  name: true, only: true, target: true, plain: true, defines: true, disabledPasses: true, strictMath: true, threads: true, train: true, steps: true, batch: true, memory: true,
  limits: true, maxBatch: true, js: true, inlineWeights: true, normalisation: true, load: true, observe: true,
};

/** Throws a RangeError where `options` has what the compiler does not know. */
export function checkOptions(options: object): void {
  checkOptionNames(options, Object.keys(compileOptions));
}

export function checkOptionNames(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new RangeError(`options are an object, { target: "wasm" }, not ${JSON.stringify(options)}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = suggest(name, known);
    throw new RangeError(`there is no option ${JSON.stringify(name)}${meant === null ? `; ${thereAre(known)}` : `: did you mean ${meant}?`}`);
  }
}
