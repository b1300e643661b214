// The functions of one module: kernels, packings and the routines they share, each made once per key, in the order in which they were
// first needed, a routine before who calls it. Out: the module's bytes and its text.
import { FreeNames, ident } from "../names.ts";
import { encode, type Encoded } from "./assembler/encode.ts";
import type { Global, Operand } from "./assembler/expression.ts";
import { printModule } from "./assembler/print.ts";
import { FunctionBuilder, type WasmFunction } from "./assembler/function.ts";
import type { Emission } from "./kernel.ts";

export class WasmFunctions {
  readonly #names = new Map<string, string>();
  readonly #free = new FreeNames();
  readonly #functions: WasmFunction[] = [];
  readonly #threads: boolean;

  /** Without threads one does all the work. */
  constructor(threads: boolean) {
    this.#threads = threads;
    const number = (name: Global, alone: number): Operand => (threads ? { kind: "global", type: "i32", name } : alone);
    this.#add("routine part", "part", (name) => new FunctionBuilder(name, "which thread this is").finish(number("part", 0)));
    this.#add("routine parts", "parts", (name) => new FunctionBuilder(name, "how many threads there are").finish(number("parts", 1)));
  }

  /** The name of the function with that key; where it is new, `label` is the name it would like and `make` writes it. */
  add(key: string, label: () => string, make: (name: string) => WasmFunction): string {
    return this.#names.get(key) ?? this.#add(key, label(), make);
  }

  /** What kernels need of a place for their functions. */
  get services(): Pick<Emission, "routine"> {
    return { routine: (key, make) => this.add(`routine ${key}`, () => /^\w+/.exec(key)?.[0] ?? "routine", make) };
  }

  /** Kernels and packings, without the routines they share. */
  get kernels(): number {
    return [...this.#names.keys()].filter((key) => !key.startsWith("routine ")).length;
  }

  print(): string {
    return printModule(this.#functions, { threads: this.#threads });
  }

  encode(): Encoded {
    return encode(this.#functions, { threads: this.#threads });
  }

  addPacking(key: string, label: string, make: (name: string) => WasmFunction): string {
    return this.add(`pack ${key}`, () => label, make);
  }

  #add(key: string, label: string, make: (name: string) => WasmFunction): string {
    const name = this.#free.take(ident(label));
    this.#names.set(key, name);
    this.#functions.push(make(name));
    return name;
  }
}
