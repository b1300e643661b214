// The functions of one module: kernels, packings and the routines they share, each made once per key, in the order in which they were
// first needed, a routine before who calls it.
import { FreeNames, ident } from "../names.ts";
import type { Emission, RuntimeFunction } from "./kernel.ts";

/** Names that a module's own text uses; kernels get others. */
export class Functions {
  readonly #names = new Map<string, string>();
  readonly #free: FreeNames;
  readonly #texts: string[] = [];
  readonly #runtime = new Set<RuntimeFunction>();

  constructor(taken: Iterable<string>) {
    this.#free = new FreeNames(taken);
  }

  /** The name of the function with that key; where it is new, `label` is the name it would like and `make` gives its text. */
  add(key: string, label: () => string, make: (name: string) => string): string {
    const known = this.#names.get(key);
    if (known) return known;
    const name = this.#free.take(ident(label()));
    this.#names.set(key, name);
    this.#texts.push(make(name));
    return name;
  }

  /** What kernels need of a place for their functions. */
  get services(): Pick<Emission, "routine" | "runtime"> {
    return {
      routine: (key, make) => this.add(`routine ${key}`, () => routineLabel(key), make),
      runtime: (name) => {
        this.#runtime.add(name);
        return name;
      },
    };
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Kernels and packings, without the routines they share. */
  get kernels(): number {
    return [...this.#names.keys()].filter((key) => !key.startsWith("routine ")).length;
  }

  get runtime(): ReadonlySet<RuntimeFunction> {
    return this.#runtime;
  }
}

/** "multiply 8 9 0 f64 1" → "multiply8x9"; others keep their first word and number. */
function routineLabel(key: string): string {
  const [word = "", first = "", second = ""] = key.split(" ");
  if (word === "multiply") return `multiply${second}x${first}`;
  return /^\d+$/.test(first) ? word + first : word;
}
