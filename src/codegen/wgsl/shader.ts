// A shader as it is written: bindings, helper functions, workgroup memory, the entry point.
// Laws: an invocation beyond the work returns before anything else is done; where workgroups synchronise, whole groups return, so
// that control flow is uniform at every barrier. Names of a program never get in here.
import { CompilerError } from "../../ir/problem.ts";
import { SINGLE } from "../../runtime/gpu/recorder.ts";
import { lines } from "../code.ts";
import type { Quantity } from "../axes.ts";
import { INVOCATIONS, STORAGE_BUFFERS, WORKGROUP_BYTES, type Argument, type Emission, type Groups, type Stage } from "./kernel.ts";
import { quantityText } from "./loops.ts";

interface Binding {
  readonly argument: number;
  readonly name: string;
  readonly wide: boolean;
  readonly info: Argument;
}

/** How many invocations an elementwise workgroup has. */
export const LANES = 64;

export class Shader {
  readonly #bindings: Binding[] = [];
  readonly #byName = new Map<string, Binding>();
  readonly #helpers = new Map<string, string>();
  readonly #shared: string[] = [];
  #sharedBytes = 0;
  #n = false;
  #subgroups = false;
  readonly #generic: boolean;
  readonly #numbers: number[] = [];
  readonly #told = new Map<Quantity, string>();

  /**
   * `names` says which argument each name is; those in `wide` are vectors of four. Arguments that are one buffer are one binding.
   * `generic`: sizes and strides are told, not written into the text, so that many shapes share one shader: for kernels that wait for
   * memory anyway.
   */
  constructor(to: Pick<Emission, "label" | "arguments">, names: Readonly<Record<string, number>>, wide: readonly string[] = [], generic = false) {
    this.#generic = generic;
    const places = new Map<number, string[]>();
    for (const [name, argument] of Object.entries(names)) {
      const { place } = to.arguments[argument]!;
      places.set(place, [...(places.get(place) ?? []), name]);
    }
    for (const all of places.values()) {
      const argument = names[all[0]!]!;
      const b: Binding = { argument, name: all[0]!, wide: all.some((name) => wide.includes(name)), info: to.arguments[argument]! };
      this.#bindings.push(b);
      for (const name of all) this.#byName.set(name, b);
    }
    if (this.#bindings.length > STORAGE_BUFFERS) throw new CompilerError("codegen", `${to.label} binds ${this.#bindings.length} buffers`);
  }

  #of(name: string): Binding {
    const b = this.#byName.get(name);
    if (!b) throw new CompilerError("codegen", `a shader has no binding ${name}`);
    return b;
  }

  /** The element of that index. */
  one(name: string, index: string): string {
    const b = this.#of(name);
    const element = b.wide ? `${b.name}[(${index}) >> 2u][(${index}) & 3u]` : `${b.name}[${index}]`;
    return b.info.element === "packed" ? `f32(${element})` : element;
  }

  /** The four elements from 4 · index on. */
  four(name: string, index: string): string {
    const b = this.#of(name);
    if (!b.wide) throw new CompilerError("codegen", `${name} is no array of vectors`);
    return b.info.element === "packed" ? `vec4f(${b.name}[${index}])` : `${b.name}[${index}]`;
  }

  /** Stores a number, or four where the array is one of vectors. */
  store(name: string, index: string, value: string): string {
    const b = this.#of(name);
    return `${b.name}[${index}] = ${b.info.element === "packed" ? `Packed(clamp(${value}, -packed_most, packed_most))` : value};`;
  }

  /** The samples of a run. */
  get n(): string {
    this.#n = true;
    return "n";
  }

  /** "n * 64", or "n * numbers[0].x" */
  quantity(q: Quantity): string {
    if (q.batched) this.#n = true;
    if (!this.#generic || q.k <= 1) return quantityText(q);
    const number = this.#told.get(q) ?? this.number(q.k);
    this.#told.set(q, number);
    return q.batched ? `n * ${number}` : number;
  }

  /** A number that the shader is told, not written into it. */
  number(value: number): string {
    const k = this.#numbers.push(value) - 1;
    return `numbers[${k >> 2}].${"xyzw"[k & 3]}`;
  }

  /** Statements that name numbers which the shader is told, and quantities. */
  named(values: Readonly<Record<string, number | Quantity>>): readonly string[] {
    return Object.entries(values).map(([name, v]) => `let ${name}: u32 = ${typeof v === "number" ? this.number(v) : this.quantity(v)};`);
  }

  /** A function of that name. */
  helper(name: string, text: string): string {
    this.#helpers.set(name, text);
    return name;
  }

  /** An array of f32 in workgroup memory. */
  shared(name: string, length: number): void {
    this.#sharedBytes += 4 * length;
    this.#shared.push(`var<workgroup> ${name}: array<f32, ${length}>;`);
  }

  /** From now on functions of subgroups may be used. */
  enableSubgroups(): void {
    this.#subgroups = true;
  }

  /** The dispatch of one invocation per unit of work: `body` is given `i`. */
  each(work: Quantity, body: readonly string[] | string): Stage {
    return this.#invocations(this.quantity(work), { fixed: work.batched ? 0 : work.k, perSample: work.batched ? work.k : 0, per: LANES, times: 1 }, body);
  }

  /** The dispatch of `times` invocations per `block` units of work. */
  blocks(work: Quantity, block: number, times: number, body: readonly string[] | string): Stage {
    const most = { fixed: (block - 1 + (work.batched ? 0 : work.k)) * times, perSample: work.batched ? work.k * times : 0, per: block * LANES, times: 1 };
    return this.#invocations(`(${this.quantity(work)} + ${block - 1}) / ${block} * ${this.number(times)}`, most, body);
  }

  #invocations(count: string, groups: Groups, body: readonly string[] | string): Stage {
    return this.#finish(LANES, groups, lines(`let i = group * ${LANES} + lane;`, `if (i >= ${count}) { return; }`, body));
  }

  /** The dispatch of workgroups of so many invocations: `body` is given `group`, which is below `count`, and `lane`. */
  grouped(invocations: number, groups: Groups, count: string, body: readonly string[] | string): Stage {
    return this.#finish(invocations, groups, lines(`if (group >= ${count}) { return; }`, body));
  }

  #finish(invocations: number, groups: Groups, body: string): Stage {
    if (invocations > INVOCATIONS || this.#sharedBytes > WORKGROUP_BYTES) throw new CompilerError("codegen", `a workgroup of ${invocations} invocations and ${this.#sharedBytes} bytes`);
    const used = this.#bindings;
    let at = used.length;
    const elementOf = ({ info: { element } }: Binding): string => (element === "packed" ? "Packed" : element);
    const shader = lines(
      this.#subgroups ? "enable subgroups;" : [],
      used.some((b) => b.info.element === "packed") ? SINGLE : [],
      used.map((b, k) => `@group(0) @binding(${k}) var<storage, ${b.info.access}> ${b.name}: array<${b.wide ? `vec4<${elementOf(b)}>` : elementOf(b)}>;`),
      this.#n ? `@group(0) @binding(${at++}) var<uniform> samples: vec4<u32>;` : [],
      this.#numbers.length > 0 ? `@group(0) @binding(${at}) var<uniform> numbers: array<vec4<u32>, ${Math.ceil(this.#numbers.length / 4)}>;` : [],
      this.#shared,
      [...this.#helpers.values()].flatMap((text) => ["", text]),
      "",
      `@compute @workgroup_size(${invocations})`,
      `fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) size: vec3<u32>, @builtin(local_invocation_index) lane: u32) {`,
      this.#n ? `let n = samples.x;` : [],
      `let group = id.y * size.x + id.x;`,
      body,
      `}`,
    );
    return { shader, bindings: used.map((b) => ({ argument: b.argument, access: b.info.access })), n: this.#n, numbers: this.#numbers, groups, invocations, sharedBytes: this.#sharedBytes };
  }
}
