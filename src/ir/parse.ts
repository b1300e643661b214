// Reads the text that `printGraph` writes. In: the text and the ops by name. Out: the graph, or the first thing wrong with the
// text and its line. Everything is checked on the way in, as for any other graph: operands, attributes, types.
// Law: never throws, whatever the text; one line is one node, so nothing nests but scalar expressions, which limit themselves.
import type { AttrSpec, AttrValue } from "./attr.ts";
import { Builder } from "./builder.ts";
import type { Graph, Output, Update } from "./graph.ts";
import { input, parameter } from "./leaf.ts";
import type { Node, Op } from "./op.ts";
import { isProblem, problem, type Problem } from "./problem.ts";
import { parseScalar } from "./scalar-text.ts";
import { N, printType, type Dim } from "./type.ts";

export function parseGraph(text: string, ops: ReadonlyMap<string, Op>): Graph | Problem {
  const reader = new Reader(ops);
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    try {
      reader.line(line.trim());
    } catch (e) {
      if (e instanceof Rejected) return problem(`line ${i + 1}: ${e.message}`);
      throw e;
    }
  }
  return reader.graph();
}

/** Carries what is wrong with a line out of it; never leaves this file. */
class Rejected extends Error {}

/** Values by their number in the text, and the signature read so far. */
class Reader {
  readonly #ops: ReadonlyMap<string, Op>;
  readonly #builder = new Builder();
  readonly #values = new Map<string, Node>();
  readonly #inputs: Node[] = [];
  readonly #parameters: Node[] = [];
  readonly #outputs: Output[] = [];
  readonly #updates: Update[] = [];
  #name: string | null = null;

  constructor(ops: ReadonlyMap<string, Op>) {
    this.#ops = ops;
  }

  graph(): Graph | Problem {
    if (this.#name === null) return problem("a graph begins with: graph \"name\"");
    return { name: this.#name, inputs: this.#inputs, parameters: this.#parameters, outputs: this.#outputs, updates: this.#updates };
  }

  line(text: string): void {
    if (text === "" || text.startsWith("//")) return;
    const t = new Tokens(text);
    if (t.take("graph")) this.#name = t.string();
    else if (this.#name === null) throw new Rejected("a graph begins with: graph \"name\"");
    else if (t.take("input")) this.#inputs.push(this.#leaf(t, input as unknown as Op));
    else if (t.take("parameter")) this.#parameters.push(this.#leaf(t, parameter as unknown as Op));
    else if (t.take("output")) this.#output(t);
    else if (t.take("update")) this.#update(t);
    else this.#node(t);
    t.end();
  }

  #leaf(t: Tokens, op: Op): Node {
    const id = t.value();
    t.expect("=");
    const name = t.string();
    t.expect(":");
    const [dtype, shape] = typeOf(t);
    const own = op.name === "input" ? { name, shape, dtype } : { name, shape };
    return this.#define(id, op, [], { ...attributes(t, op), ...own }, null);
  }

  #node(t: Tokens): void {
    const id = t.value();
    t.expect("=");
    const name = t.word();
    const op = this.#ops.get(name);
    if (!op || op.name === "input" || op.name === "parameter") throw new Rejected(`there is no op ${name}`);
    const operands: Node[] = [];
    t.expect("(");
    while (!t.take(")")) {
      if (operands.length > 0) t.expect(",");
      operands.push(this.#use(t));
    }
    const attrs = attributes(t, op);
    t.expect(":");
    const [dtype, shape] = typeOf(t);
    const node = this.#define(id, op, operands, attrs, t.take("@") ? t.string() : null);
    const said = `${dtype === "f32" ? "" : dtype}[${shape.join(", ")}]`;
    if (said !== printType(node.type)) throw new Rejected(`${name} makes ${printType(node.type)}, not ${said}`);
  }

  #output(t: Tokens): void {
    const name = t.string();
    t.expect("=");
    this.#outputs.push({ name, node: this.#use(t) });
  }

  #update(t: Tokens): void {
    const parameter = this.#use(t);
    if (!this.#parameters.includes(parameter)) throw new Rejected("only a parameter can be updated");
    if (this.#updates.some((u) => u.parameter === parameter)) throw new Rejected("a parameter is updated once");
    t.expect("=");
    const value = this.#use(t);
    if (value.type !== parameter.type) throw new Rejected(`a parameter ${printType(parameter.type)} cannot become ${printType(value.type)}`);
    this.#updates.push({ parameter, value });
  }

  #use(t: Tokens): Node {
    const id = t.value();
    const node = this.#values.get(id);
    if (!node) throw new Rejected(`${id} is not defined above`);
    return node;
  }

  #define(id: string, op: Op, operands: readonly Node[], attrs: { readonly [name: string]: AttrValue }, path: string | null): Node {
    if (this.#values.has(id)) throw new Rejected(`${id} is defined twice`);
    const node = this.#builder.tryMake(op as never, operands, attrs as never, path === null ? null : { span: null, path });
    if (isProblem(node)) throw new Rejected(node.problem);
    this.#values.set(id, node);
    return node;
  }
}

function typeOf(t: Tokens): [string, readonly Dim[]] {
  const dtype = t.take("i32") ? "i32" : "f32";
  return [dtype, dims(t)];
}

function attributes(t: Tokens, op: Op): { readonly [name: string]: AttrValue } {
  const given: Record<string, AttrValue> = {};
  if (!t.take("{")) return given;
  while (!t.take("}")) {
    if (Object.keys(given).length > 0) t.expect(",");
    const name = t.word();
    if (!Object.hasOwn(op.attrs, name)) throw new Rejected(`${op.name} has no attribute ${name}`);
    if (Object.hasOwn(given, name)) throw new Rejected(`${name} of ${op.name} is given twice`);
    t.expect("=");
    given[name] = t.take("none") ? null : attribute(t, op.attrs[name]!);
  }
  return given;
}

function attribute(t: Tokens, spec: AttrSpec): AttrValue {
  switch (spec.kind) {
    case "int": case "float": return t.number();
    case "string": return t.string();
    case "dims": return dims(t);
    case "ints": return numbers(t, null);
    case "size": return numbers(t, 2);
    case "padding": return numbers(t, 4);
    case "bool": {
      const word = t.word();
      if (word !== "true" && word !== "false") throw new Rejected(`expected true or false and found ${word}`);
      return word === "true";
    }
    case "scalar": {
      const s = parseScalar(t.parenthesised());
      if (isProblem(s)) throw new Rejected(s.problem);
      return s;
    }
  }
}

function dims(t: Tokens): readonly Dim[] {
  return t.list(() => (t.take("N") ? N : t.number()));
}

function numbers(t: Tokens, length: number | null): AttrValue {
  const list = t.list(() => t.number());
  if (length !== null && list.length !== length) throw new Rejected(`expected ${length} numbers and found ${list.length}`);
  return list as readonly number[];
}

const patterns = {
  string: /"(?:[^"\\]|\\.)*"/y,
  value: /%[0-9]+/y,
  word: /[A-Za-z_][A-Za-z0-9_]*/y,
  number: /-?(?:Infinity|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|NaN/y,
} as const;

/** A cursor over one line. */
class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Steps over `literal` if it stands here, as a whole word. */
  take(literal: string): boolean {
    this.#blanks();
    if (!this.#text.startsWith(literal, this.#at)) return false;
    const next = this.#text[this.#at + literal.length] ?? "";
    if (/\w$/.test(literal) && /\w/.test(next)) return false;
    this.#at += literal.length;
    return true;
  }

  expect(literal: string): void {
    if (!this.take(literal)) throw new Rejected(`expected '${literal}' and found ${this.#rest()}`);
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length && !this.#text.startsWith("//", this.#at)) throw new Rejected(`expected the end of the line and found ${this.#rest()}`);
  }

  string(): string {
    const found = this.#match("string", "a string");
    try {
      return JSON.parse(found) as string;
    } catch {
      throw new Rejected(`${found} is not a JSON string`);
    }
  }

  value(): string {
    return this.#match("value", "a value");
  }

  word(): string {
    return this.#match("word", "a name");
  }

  number(): number {
    return Number(this.#match("number", "a number"));
  }

  list<T>(item: () => T): readonly T[] {
    const items: T[] = [];
    this.expect("[");
    while (!this.take("]")) {
      if (items.length > 0) this.expect(",");
      items.push(item());
    }
    return items;
  }

  /** The text between this parenthesis and the one that closes it. */
  parenthesised(): string {
    this.expect("(");
    const from = this.#at;
    for (let open = 1; this.#at < this.#text.length; this.#at++) {
      if (this.#text[this.#at] === "(") open++;
      if (this.#text[this.#at] === ")" && --open === 0) return this.#text.slice(from, this.#at++);
    }
    throw new Rejected("a parenthesis is not closed");
  }

  #match(kind: keyof typeof patterns, what: string): string {
    this.#blanks();
    const pattern = patterns[kind];
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new Rejected(`expected ${what} and found ${this.#rest()}`);
    this.#at += found.length;
    return found;
  }

  #blanks(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #rest(): string {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    return rest === "" ? "the end of the line" : `'${rest}'`;
  }
}
