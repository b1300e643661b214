// The names that a place in a body sees: parameters, running variables, values named with `as` and `let`.
import { list, type Value } from "./value.ts";

export class Scope {
  readonly #parent: Scope | null;
  #names: Map<string, Value> | null = null; // most scopes name nothing
  #taps: Map<string, (Value | undefined)[]> | null = null;
  /** True for the braces of a block or model: lists (`as enc[i]`) are kept there. */
  readonly #block: boolean;

  constructor(parent: Scope | null, block = false) {
    this.#parent = parent;
    this.#block = block;
  }

  get(name: string): Value | undefined {
    for (let s: Scope | null = this; s; s = s.#parent) {
      const value = s.#names?.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  set(name: string, value: Value): void {
    (this.#names ??= new Map()).set(name, value);
  }

  /** `as name[i]`: visible in the whole enclosing block. */
  setElement(name: string, i: number, value: Value): void {
    const home = this.#home();
    let items = home.#taps?.get(name);
    if (!items) {
      (home.#taps ??= new Map()).set(name, (items = []));
      home.set(name, list(items));
    }
    items[i] = value;
  }

  #home(): Scope {
    let s: Scope = this;
    while (!s.#block && s.#parent) s = s.#parent;
    return s;
  }
}
