// The builder: makes the nodes of one graph, interned (equal nodes are one node) and typed at birth.
// Laws: there is one constructor, for leaves too; no node without a type; a composite's type is whatever its `build` makes,
// tried out once per signature on placeholder operands.
import { attrsKey, completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "./attr.ts";
import { input } from "./leaf.ts";
import type { Build, Composite, Core, Maker, Node, Op, Origin } from "./op.ts";
import { CompilerError, isProblem, problem, type Problem } from "./problem.ts";
import { printType, type TensorType } from "./type.ts";

export interface BuilderOptions {
  /** Simplify at construction (constant folding, identities). Off: only intern. */
  readonly fold?: boolean;
}

/** Makes the nodes of one graph. */
export class Builder implements Maker {
  readonly #nodes = new Map<string, Node>();
  readonly #fold: boolean;
  #next = 0;

  constructor(options: BuilderOptions = {}) {
    this.#fold = options.fold ?? false;
  }

  /** The node `op(inputs){attrs}`, or why there cannot be one. Attributes left out take their defaults. */
  tryMake<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs: Partial<Attrs<S>> = {}, origin: Origin | null = null): Node | Problem {
    const complete = completeAttrs(op, attrs as Record<string, AttrValue>);
    if (isProblem(complete)) return complete;
    const full = complete as Attrs<S>;
    const key = `${op.name}(${inputs.map((n) => n.id).join(",")})${attrsKey(op.attrs, complete)}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const types = inputs.map((n) => n.type);
    const type = countFits(op, inputs.length) ?? (op.kind === "core" ? op.infer(types, full) : inferComposite(op as unknown as Composite, types, complete as never));
    if (isProblem(type)) return type;
    const folded = this.#fold && op.kind === "core" ? op.fold?.(this, inputs, full, type) : null;
    const node: Node = folded ?? { id: this.#next++, op: op as unknown as Op, inputs, attrs: complete as never, type, origin };
    this.#nodes.set(key, node);
    return node;
  }

  /** Like `tryMake`, where failing would be the compiler's own mistake. */
  make<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs: Partial<Attrs<S>> = {}, origin: Origin | null = null): Node {
    const node = this.tryMake(op, inputs, attrs, origin);
    if (isProblem(node)) throw new CompilerError(op.name, `${node.problem} (inputs ${inputs.map((n) => printType(n.type)).join(", ")})`);
    return node;
  }
}

function countFits(op: Op, count: number): Problem | null {
  const least = op.variadic ? op.inputs.length - 1 : op.inputs.length;
  const owned = op.kind === "composite" && op.params !== undefined;
  if (count < least || (count > op.inputs.length && !op.variadic && !owned)) return problem(`${op.name} takes ${op.inputs.length} operands, not ${count}`);
  return null;
}

const memo = new WeakMap<Composite, Map<string, TensorType | Problem>>();
const MEMO_LIMIT = 4096; // per op; a server that compiles for months must not grow

export function inferComposite(op: Composite, types: readonly TensorType[], attrs: { readonly [name: string]: AttrValue }): TensorType | Problem {
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
  const wrong = op.check?.(types.slice(0, op.variadic ? types.length : op.inputs.length), attrs as never);
  if (wrong) return wrong;
  const builder = new Builder();
  const operands = types.map((t, i) => builder.make(input, [], { name: `$${i}`, shape: t.shape, dtype: t.dtype }));
  const trial: Build = {
    training: false,
    update: () => undefined,
    make: (o, inputs, a): Node => {
      const node = builder.tryMake(o, inputs, a);
      if (isProblem(node)) throw new TrialFailed(node);
      return node;
    },
  };
  try {
    return op.build(trial, operands, attrs as never).type;
  } catch (e) {
    if (e instanceof TrialFailed) return e.problem;
    throw e;
  }
}
