// A random graph while it grows: dice, the builder, the values made so far and what they may still cost.
// Law: everything follows from the seed; what cannot be made (a kernel larger than its image, too much work) is null, never wrong.
import { completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "../../src/ir/attr.ts";
import { Builder } from "../../src/ir/builder.ts";
import { parameter } from "../../src/ir/leaf.ts";
import type { Composite, Core, Node, Op } from "../../src/ir/op.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { elementsPerSample, type Dim } from "../../src/ir/type.ts";
import { below, random } from "./random.ts";

/** Choices drawn from one stream of seeded numbers. */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  unit(): number {
    return this.#next();
  }

  /** An integer in [from, to]. */
  int(from: number, to: number): number {
    return from + below(this.#next, to - from + 1);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[below(this.#next, from.length)]!;
  }

  /** One of the entries, each as likely as its weight says. */
  weighted<T>(table: readonly (readonly [number, T])[]): T {
    let at = this.#next() * table.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, entry] of table) if ((at -= weight) < 0) return entry;
    return table.at(-1)![1];
  }

  /** 1, 2, 3 … with a geometric tail. */
  geometric(mean: number, most: number): number {
    return Math.min(most, 1 + Math.floor(Math.log(1 - this.#next()) / Math.log(1 - 1 / mean)));
  }
}

export interface Limits {
  /** Elements of one value, over the whole batch. */
  readonly elements: number;
  /** Multiply-accumulates of one node, over the whole batch. */
  readonly macs: number;
}

export class Growth {
  readonly dice: Dice;
  readonly builder = new Builder();
  readonly batch: number;
  /** Everything that may be used as an operand: inputs and what was made of them. */
  readonly values: Node[] = [];
  readonly parameters: Node[] = [];
  readonly #limits: Limits;
  readonly #read = new Set<Node>();
  #names = 0;

  constructor(dice: Dice, batch: number, limits: Limits) {
    this.dice = dice;
    this.batch = batch;
    this.#limits = limits;
  }

  /** The node, or null where it cannot be made or would cost too much. */
  make<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly (Node | null)[], attrs: Partial<Attrs<S>> = {}): Node | null {
    if (inputs.includes(null)) return null;
    const node = this.builder.tryMake(op, inputs as readonly Node[], attrs, { span: null, path: `at${this.#names}` });
    return isProblem(node) || !this.#affordable(node) ? null : node;
  }

  /** A layer with parameters of its own. */
  layer<S extends AttrSchema>(op: Composite<S>, inputs: readonly (Node | null)[], attrs: Partial<Attrs<S>> = {}): Node | null {
    if (inputs.includes(null)) return null;
    const operands = inputs as readonly Node[];
    const complete = completeAttrs(op as unknown as Op, attrs as Record<string, AttrValue>);
    const types = operands.map((n) => n.type);
    if (isProblem(complete) || op.check?.(types, complete as Attrs<S>)) return null;
    const owned = op.params?.(types, complete as Attrs<S>) ?? [];
    if (owned.some((p) => elementsPerSample(p.shape) > this.#limits.elements)) return null;
    const name = `${op.name}${this.#names++}`;
    const made = owned.map((p) => this.builder.make(parameter, [], { name: `${name}.${p.name}`, shape: p.shape, init: p.init, fanIn: p.fanIn, fanOut: p.fanOut, state: p.state }));
    const node = this.make(op, [...operands, ...made], attrs);
    if (node) this.parameters.push(...made);
    return node;
  }

  /** A parameter for a core op; `fanIn` scales its numbers. */
  parameter(shape: readonly number[], fanIn = 1): Node | null {
    if (elementsPerSample(shape) > this.#limits.elements) return null;
    const known = this.parameters.filter((p) => p.type.shape.join() === shape.join());
    if (known.length > 0 && this.dice.chance(0.1)) return this.dice.pick(known);
    const node = this.builder.make(parameter, [], { name: `p${this.#names++}`, shape, fanIn });
    this.parameters.push(node);
    return node;
  }

  /** Mostly the newest value, so that graphs become deep; any other, or one that nothing reads yet, often enough for skips of every reach. */
  value(): Node {
    if (this.dice.chance(0.7)) return this.values.at(-1)!;
    const loose = this.values.filter((v) => !this.#read.has(v));
    return this.dice.pick(this.dice.chance(0.5) && loose.length > 0 ? loose : this.values);
  }

  add(node: Node): void {
    for (const i of node.inputs) this.#read.add(i);
    this.values.push(node);
  }

  /** A value of that rank, the newest first. */
  valueOfRank(rank: number): Node | null {
    const fitting = this.values.filter((n) => n.type.shape.length === rank);
    if (fitting.length === 0) return null;
    return this.dice.chance(0.6) ? fitting.at(-1)! : this.dice.pick(fitting);
  }

  #affordable({ op, inputs, attrs, type }: Node): boolean {
    if (elementsPerSample(type.shape) * this.batch > this.#limits.elements) return false;
    return work(op, inputs, attrs, type.shape) * this.batch <= this.#limits.macs;
  }
}

/** Roughly the multiply-accumulates of one sample. */
function work(op: Op, inputs: readonly Node[], attrs: Node["attrs"], shape: readonly Dim[]): number {
  const weight = inputs[1]?.type.shape;
  if (/^upconv|_transpose/.test(op.name) && weight) return elementsPerSample(inputs[0]!.type.shape) * elementsPerSample(weight.slice(1));
  if (/^conv|^matmul|^dense/.test(op.name) && weight) return elementsPerSample(shape) * elementsPerSample(weight.slice(1));
  const { size, k } = attrs as { readonly size?: readonly number[]; readonly k?: readonly number[] };
  return elementsPerSample(shape) * (size ?? k ?? [1]).reduce((a, b) => a * b);
}
