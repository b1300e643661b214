// Epilogues: how a kernel turns raw results into stored ones, y = epilogue(x0, extras…), and how it finds the extras' elements, from the
// index of the result. Where kernels have more extras than can be bound, the raw result is stored, and a second dispatch finishes it.
import type { Node } from "../../ir/op.ts";
import { arg, type Scalar } from "../../ir/scalar.ts";
import type { Dim } from "../../ir/type.ts";
import { lines, times } from "../code.ts";
import { extraNames } from "../operands.ts";
import { resultOf, STORAGE_BUFFERS, type Emission, type Stage } from "./kernel.ts";
import { axesTo, dividedBy, readingOf, total, unravel } from "./loops.ts";
import { scalarCode } from "./scalar.ts";
import { Shader } from "./shader.ts";

export function epilogueExpression(node: Node): Scalar {
  return (node.attrs["epilogue"] as Scalar | null | undefined) ?? arg(0);
}

/**
 * An operand's element for the result's element of that index, or four for its four: statements and the value. `last` is the index along
 * the last axis, where somebody knows it.
 */
export function broadcastRead(shader: Shader, name: string, shape: readonly Dim[], to: readonly Dim[], index: string, wide: boolean, last: string | null = null): { readonly statements: readonly string[]; readonly value: string } {
  if (last !== null && shape.at(-1) === to.at(-1) && shape.slice(0, -1).every((d) => d === 1)) return { statements: [], value: wide ? shader.four(name, last) : shader.one(name, last) };
  const quantityOf = shader.quantity.bind(shader);
  const reading = wide ? readingOf(shape, to) : "one";
  if (reading === "apart") {
    const axes = axesTo(shape, to, false); // one for all: numbers are told once
    const parts = times(4, (j) => unravel(axes, `(4 * (${index}) + ${j})`, 1, quantityOf, `${name}_${j}_`));
    return { statements: parts.flatMap((p) => p.statements), value: `vec4f(${parts.map((p) => shader.one(name, p.at[0]!)).join(", ")})` };
  }
  const { statements, at } = unravel(axesTo(shape, to, wide), index, 1, quantityOf, `${name}_`);
  if (reading === "four") return { statements, value: shader.four(name, at[0]!) };
  return { statements, value: wide ? `vec4f(${shader.one(name, at[0]!)})` : shader.one(name, at[0]!) };
}

/** What is bound for the epilogue of a node whose extras come after `first` operands, and how its values are made. */
export class Epilogue {
  /** Names and arguments of the extras, to be bound. */
  readonly names: Readonly<Record<string, number>>;
  /** Those read as vectors. */
  readonly wide: readonly string[];
  /** Does the raw result go to memory first, because there are too many extras? */
  readonly later: boolean;
  readonly #node: Node;
  readonly #first: number;
  readonly #isWide: boolean;
  readonly #extras: readonly string[];

  constructor(node: Node, first: number, wide: boolean) {
    this.#node = node;
    this.#first = first;
    this.#isWide = wide;
    this.later = node.inputs.length + 1 > STORAGE_BUFFERS;
    this.#extras = this.later ? [] : extraNames(node, first);
    this.names = Object.fromEntries(this.#extras.map((name, k) => [name, first + k]));
    this.wide = wide ? this.#extras.filter((_, k) => readingOf(node.inputs[first + k]!.type.shape, node.type.shape) === "four") : [];
  }

  /** Statements that store the value of the raw result `raw` at `index` of y, and at `last` of its last axis. */
  store(shader: Shader, raw: string, index: string, last: string | null = null): string {
    if (this.later) return shader.store("y", index, raw);
    const reads = this.#extras.map((name, k) => broadcastRead(shader, name, this.#node.inputs[this.#first + k]!.type.shape, this.#node.type.shape, index, this.#isWide, last));
    const code = scalarCode(epilogueExpression(this.#node), [raw, ...reads.map((r) => r.value)], shader, this.#isWide);
    return lines(reads.flatMap((r) => r.statements), code.statements, shader.store("y", index, code.value));
  }

  /** The dispatches after those that made the result: none, or one that finishes it. */
  rest(to: Emission): readonly Stage[] {
    if (!this.later) return [];
    const node = this.#node;
    const y = resultOf(node);
    const extras = extraNames(node, this.#first);
    const wide = this.#isWide;
    const fours = extras.filter((_, k) => readingOf(node.inputs[this.#first + k]!.type.shape, node.type.shape) === "four");
    const shader = new Shader(to, { ...Object.fromEntries(extras.map((name, k) => [name, this.#first + k])), y }, wide ? [...fours, "y"] : [], true);
    const reads = extras.map((name, k) => broadcastRead(shader, name, node.inputs[this.#first + k]!.type.shape, node.type.shape, "i", wide));
    const code = scalarCode(epilogueExpression(node), [wide ? shader.four("y", "i") : shader.one("y", "i"), ...reads.map((r) => r.value)], shader, wide);
    return [shader.each(dividedBy(total(node.type.shape), wide ? 4 : 1), lines(reads.flatMap((r) => r.statements), code.statements, shader.store("y", "i", code.value)))];
  }
}
