// The syntax tree by place: what holds an offset, and every node of a kind.
import type { Argument, Call, CallExpression, Declaration, File } from "../language/ast.ts";
import type { Span } from "../source/text.ts";

/** Any node with a span. */
export interface Node {
  readonly kind?: string;
  readonly span: Span;
}

/** The nodes directly below. */
export function children(node: object): readonly Node[] {
  const found: Node[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) value.forEach(look);
    else if ("span" in value) found.push(value as Node);
    else if (!("text" in value && "name" in value)) Object.values(value).forEach(look); // a Source is no part of the tree
  };
  for (const [name, value] of Object.entries(node)) if (name !== "span" && name !== "source") look(value);
  return found;
}

/** The nodes that hold an offset, outermost first; comments and broken parts are none. */
export function pathAt(file: File, offset: number): readonly Node[] {
  const path: Node[] = [];
  const holds = ({ span }: Node): boolean => span.start <= offset && offset <= span.end;
  for (let next: Node | undefined = file.declarations.find(holds); next; next = children(next).find(holds)) path.push(next);
  return path;
}

/** The node and everything below it, each before what it holds. */
export function* everything(node: Node): Iterable<Node> {
  yield node;
  for (const child of children(node)) yield* everything(child);
}

export function declarationAt(file: File, offset: number): Declaration | null {
  return file.declarations.find(({ span }) => span.start <= offset && offset <= span.end) ?? null;
}

/** A call with parentheses: a step, or a value. */
export type Applied = (Call & { readonly args: readonly Argument[] }) | CallExpression;

export function isApplied(node: Node): node is Applied {
  return node.kind === "call-expression" || (node.kind === "call" && (node as Call).args !== null);
}
