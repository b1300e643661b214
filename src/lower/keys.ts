// Keys of compile-time values for memoised elaboration: equal content, equal key.
// Law: a key's length does not grow with its value: composite values are numbered by content, so lists of lists of lists stay short.
import type { Bound, Range, Value } from "./value.ts";

export class Keys {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, string | null>();
  readonly #identities = new WeakMap<object, number>();
  #next = 0;

  /** Null where the value has no content to compare: it holds a tensor or a `{ }`, which belong to one place. */
  of(v: Value): string | null {
    if (typeof v === "number") return String(v);
    if (typeof v === "string") return JSON.stringify(v);
    if (typeof v === "boolean") return v ? "true" : "false";
    let key = this.#known.get(v);
    if (key === undefined) {
      key = this.#content(v);
      this.#known.set(v, key);
    }
    return key;
  }

  /** The key of all arguments of a call. */
  arguments(bound: ReadonlyMap<string, Bound>): string | null {
    const parts: string[] = [];
    for (const [name, { value }] of bound) {
      const key = this.of(value);
      if (key === null) return null;
      parts.push(`${name}=${key}`);
    }
    return parts.join();
  }

  /** The same number for the same object. */
  identity(o: object): number {
    let n = this.#identities.get(o);
    if (n === undefined) this.#identities.set(o, (n = this.#next++));
    return n;
  }

  #content(v: Exclude<Value, number | string | boolean>): string | null {
    switch (v.kind) {
      case "range": return v.length === 0 ? "[]" : `${v.start}:${v.length === 1 ? 1 : v.step}:${v.length}`;
      case "word": return v.word;
      case "namespace": return this.#number(`n${this.identity(v.module)}`);
      case "poison": case "tensor": return null;
      case "list": {
        const range = asRange(v.items);
        if (range) return this.#content(range);
        const items = Array.from(v.items, (i) => (i === undefined ? "_" : this.of(i)));
        return items.includes(null) ? null : this.#number(`[${items.join()}]`);
      }
      case "callable": {
        const c = v.callee;
        if (c.kind === "closure") return null;
        const what = c.kind === "identity" ? "id" : `${this.identity(c.kind === "layer" ? c.op : c.declaration)}`;
        const defaults = c.kind === "layer" ? this.arguments(c.defaults) : "";
        const bound = this.arguments(v.bound);
        return defaults === null || bound === null ? null : this.#number(`${what}(${defaults})(${bound})`);
      }
    }
  }

  #number(content: string): string {
    let n = this.#numbers.get(content);
    if (n === undefined) this.#numbers.set(content, (n = this.#next++));
    return `#${n}`;
  }
}

/** `[0, 1, 2]` is `0..3`. */
function asRange(items: readonly (Value | undefined)[]): Range | null {
  const [start = 0, second] = items;
  const step = typeof start === "number" && second === start - 1 ? -1 : 1;
  if (!Number.isSafeInteger(start)) return null;
  return items.every((v, i) => v === Number(start) + step * i) ? { kind: "range", start: Number(start), step, length: items.length } : null;
}
