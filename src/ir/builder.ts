// The builder: makes the nodes of one graph, interned (equal nodes are one node, but for random ones) and typed at birth.
// Laws: there is one constructor, for leaves too; no node without a type; a composite's type is whatever its `build` makes,
// tried out once per signature on placeholder operands.
import { attrsKey, completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "./attr.ts";
import { input } from "./leaf.ts";
import type { Build, Composite, Core, Maker, Node, Op, Origin } from "./op.ts";
import { CompilerError, isProblem, problem, type Problem } from "./problem.ts";
import { elementsPerSample, N, printShape, printType, sameShape, type DType, type TensorType } from "./type.ts";

export interface BuilderOptions {
  /** Simplify at construction (constant folding, identities). Off: only intern. */
  readonly fold?: boolean;
}

/** Makes the nodes of one graph. */
export class Builder implements Maker {
  readonly #nodes = new Map<string, Node>();
  readonly #fold: boolean;
  readonly #made: Node[] = []; // by id

  constructor(options: BuilderOptions = {}) {
    this.#fold = options.fold ?? false;
  }

  /** The node `op(inputs){attrs}`, or why there cannot be one. Attributes left out take their defaults. */
  tryMake<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs: Partial<Attrs<S>> = {}, origin: Origin | null = null): Node | Problem {
    return this.#tryMake(op, inputs, attrs, origin, null);
  }

  /** The same op on other operands. Where these have the types of the old ones, so has the result. */
  again(node: Node, inputs: readonly Node[], origin: Origin | null = node.origin): Node {
    const same = inputs.length === node.inputs.length && inputs.every((n, i) => n.type === node.inputs[i]!.type);
    return orThrow(this.#tryMake(node.op, inputs, node.attrs, origin, same ? node.type : null), node.op, inputs);
  }

  #tryMake<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs: Partial<Attrs<S>>, origin: Origin | null, knownType: TensorType | null): Node | Problem {
    const complete = completeAttrs(op, attrs as Record<string, AttrValue>);
    if (isProblem(complete)) return complete;
    const key = this.#key(op.name, inputs, attrsKey(op.attrs, complete));
    const random = op.kind === "composite" && op.random === true;
    const known = random ? undefined : this.#nodes.get(key);
    if (known) return known;
    const type = knownType ?? inferType(op as unknown as Op, inputs.map((n) => n.type), complete);
    if (isProblem(type)) return type;
    const simpler = this.#fold && op.kind === "core" ? op.fold?.(this, inputs, complete as Attrs<S>, type) : null;
    const node = simpler ?? this.#add(op as unknown as Op, inputs, complete as never, type, origin);
    if (!random) this.#nodes.set(key, node);
    return node;
  }

  /** Equal for equal nodes of this builder. */
  #key(op: string, inputs: readonly Node[], attrs: string): string {
    let key = op;
    for (const n of inputs) {
      if (this.#made[n.id] !== n) throw new CompilerError(op, "an operand belongs to another graph");
      key += ` ${n.id}`;
    }
    return key + attrs;
  }

  #add(op: Op, inputs: readonly Node[], attrs: Node["attrs"], type: TensorType, origin: Origin | null): Node {
    const node = new Made(this, this.#made.length, op, inputs, attrs, type, origin);
    this.#made.push(node);
    return node;
  }

  /** Like `tryMake`, where failing would be the compiler's own mistake. */
  make<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs: Partial<Attrs<S>> = {}, origin: Origin | null = null): Node {
    return orThrow(this.tryMake(op, inputs, attrs, origin), op, inputs);
  }
}

function orThrow(made: Node | Problem, op: { readonly name: string }, inputs: readonly Node[]): Node {
  if (isProblem(made)) throw new CompilerError(op.name, `${made.problem} (inputs ${inputs.map((n) => printType(n.type)).join(", ")})`);
  return made;
}

/** A node, and who made it. */
class Made implements Node {
  readonly #builder: Builder;
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Node[];
  readonly attrs: Node["attrs"];
  readonly type: TensorType;
  readonly origin: Origin | null;

  constructor(builder: Builder, id: number, op: Op, inputs: readonly Node[], attrs: Node["attrs"], type: TensorType, origin: Origin | null) {
    this.#builder = builder;
    this.id = id;
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.type = type;
    this.origin = origin;
  }

  static builder(node: Node): Builder | null {
    return #builder in node ? node.#builder : null;
  }
}

/**
 * Who made a node; null for an object that only looks like one. The nodes of one builder are interned, typed, numbered in
 * topological order and have complete attributes, because that builder made them: this is all there is to verify.
 */
export function builderOf(node: Node): Builder | null {
  return Made.builder(node);
}

/** The type of `op(types){attrs}`, or why there is none. What holds for every op is checked here. */
export function inferType(op: Op, types: readonly TensorType[], attrs: { readonly [name: string]: AttrValue }): TensorType | Problem {
  const least = op.variadic ? op.inputs.length - 1 : op.inputs.length;
  const open = op.variadic || (op.kind === "composite" && op.params !== undefined);
  if (types.length < least || (types.length > op.inputs.length && !open)) return problem(`${op.name} takes ${op.inputs.length} operands, not ${types.length}`);
  const other = types.find((t, k) => t.dtype !== dtypeOf(op, k));
  if (other) return problem(`${op.name} computes with ${other.dtype === "f32" ? "i32" : "f32"} values${op.integers ? " there" : ""}, found ${other.dtype} ${printShape(other.shape)}`);
  const type = op.kind === "core" ? op.infer(types, attrs as never) : inferComposite(op, types, attrs);
  if (isProblem(type)) return type;
  if (type.shape.indexOf(N) !== type.shape.lastIndexOf(N)) return problem(`${printType(type)} has two batches`);
  if (!Number.isSafeInteger(elementsPerSample(type.shape))) return problem(`${printShape(type.shape)} is too large: more than 2^53 numbers`);
  return type;
}

/** What the operand at that place is made of. */
function dtypeOf({ inputs, integers }: Op, operand: number): DType {
  return integers?.includes(inputs[operand]!) ? "i32" : "f32";
}

const memo = new WeakMap<Composite, Map<string, TensorType | Problem>>();
const MEMO_LIMIT = 4096; // per op; a server that compiles for months must not grow

function inferComposite(op: Composite, types: readonly TensorType[], attrs: { readonly [name: string]: AttrValue }): TensorType | Problem {
  let known = memo.get(op);
  if (!known) memo.set(op, (known = new Map()));
  const key = types.map(printType).join() + attrsKey(op.attrs, attrs);
  let type = known.get(key);
  if (!type) {
    if (known.size >= MEMO_LIMIT) known.clear();
    known.set(key, (type = tryOut(op, types, attrs)));
  }
  return type;
}

/** Carries a Problem out of a trial build; never leaves this file. */
class TrialFailed extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.problem);
    this.problem = problem;
  }
}

function tryOut(op: Composite, types: readonly TensorType[], attrs: { readonly [name: string]: AttrValue }): TensorType | Problem {
  const operands = types.slice(0, op.variadic ? types.length : op.inputs.length);
  const wrong = op.check?.(operands, attrs as never) ?? misowned(op, operands, types.slice(operands.length), attrs);
  if (wrong) return wrong;
  const builder = new Builder();
  const placeholders = types.map((t, i) => builder.make(input, [], { name: `$${i}`, shape: t.shape, dtype: t.dtype }));
  const trial: Build = {
    training: false,
    update: () => undefined,
    random: () => {
      throw new CompilerError(op.name, "only training draws numbers");
    },
    make: (o, inputs, a): Node => {
      const node = builder.tryMake(o, inputs, a);
      if (isProblem(node)) throw new TrialFailed(node);
      return node;
    },
  };
  try {
    return op.build(trial, placeholders, attrs as never).type;
  } catch (e) {
    if (e instanceof TrialFailed) return e.problem;
    throw e;
  }
}

/** Are the parameters given those that the layer owns? */
function misowned(op: Composite, operands: readonly TensorType[], given: readonly TensorType[], attrs: { readonly [name: string]: AttrValue }): Problem | null {
  const owned = op.params?.(operands, attrs as never) ?? [];
  if (owned.length !== given.length) return problem(`${op.name} owns ${owned.length} parameters, found ${given.length}`);
  const k = owned.findIndex((p, i) => !sameShape(p.shape, given[i]!.shape));
  return k < 0 ? null : problem(`${owned[k]!.name} of ${op.name} is [${owned[k]!.shape.join(", ")}], not ${printType(given[k]!)}`);
}
