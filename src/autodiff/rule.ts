// What a rule of differentiation is: one for each core op, told in core ops.
import type { AttrSchema } from "../ir/attr.ts";
import type { Core, Maker, Node } from "../ir/op.ts";

/**
 * The adjoints of a node's operands, in their order, from the node and the adjoint of its result (of a shape that broadcasts to the
 * result's); null where none flows. The node has no epilogue. `b` folds.
 */
export type Rule<S extends AttrSchema> = (b: Maker, node: Node<Core<S>>, dy: Node) => readonly (Node | null)[];

export type SchemaOf<O> = O extends Core<infer S> ? S : never;
