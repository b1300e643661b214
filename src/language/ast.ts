// The syntax tree of a .rn file: what the parser makes, what the resolver, the elaborator and the formatter read.
// Law: plain immutable data; every node has the span of its text. What was cut out after a mistake is not there: a tree has no holes.
import type { Source, Span } from "../source/text.ts";

export interface Name {
  readonly text: string;
  readonly span: Span;
}

export interface Comment {
  readonly kind: "line" | "doc"; // `//` or `///`
  readonly text: string; // without the slashes and one leading blank
  readonly span: Span;
}

export interface File {
  readonly kind: "file";
  readonly source: Source;
  readonly declarations: readonly Declaration[];
  readonly comments: readonly Comment[];
  readonly broken: readonly Broken[];
}

/** A part of the file with syntax errors. With recovery there may be declarations of it; nothing more should be said about them. */
export interface Broken {
  readonly span: Span;
  /** What it seems to declare: known, though not understood. */
  readonly names: readonly Name[];
}

export type Declaration = Import | Const | Default | Block | Model | Export | Train;

export interface Import {
  readonly kind: "import";
  readonly span: Span;
  readonly names: readonly { readonly name: Name; readonly as: Name | null }[];
  /** `import * as x from "…"` */
  readonly namespace: Name | null;
  readonly from: StringLiteral;
}

export interface Const {
  readonly kind: "const";
  readonly span: Span;
  readonly doc: string | null;
  readonly name: Name;
  readonly value: Expression;
}

/** `default conv(bias = false)`: as a declaration or as a statement, from there on. */
export interface Default {
  readonly kind: "default";
  readonly span: Span;
  readonly layer: Name;
  readonly args: readonly Argument[];
}

export interface Block {
  readonly kind: "block";
  readonly span: Span;
  readonly doc: string | null;
  readonly name: Name;
  readonly params: readonly Parameter[];
  readonly body: Body;
}

export interface Model {
  readonly kind: "model";
  readonly span: Span;
  readonly doc: string | null;
  readonly name: Name;
  readonly params: readonly Parameter[];
  readonly body: Body;
}

export interface Export {
  readonly kind: "export";
  readonly span: Span;
  readonly doc: string | null;
  readonly name: Name;
  readonly value: Expression; // a call of a model, or a model's name
  readonly from: StringLiteral | null;
}

export interface Train {
  readonly kind: "train";
  readonly span: Span;
  readonly doc: string | null;
  readonly target: Name | null; // null: for all exports
  readonly entries: readonly TrainEntry[];
}

export interface TrainEntry {
  readonly key: Name;
  /** One expression, or a pipeline `a -> b -> c`. */
  readonly stages: readonly Expression[];
  readonly span: Span;
}

export interface Parameter {
  readonly name: Name;
  readonly type: Name | null; // `c: int`, documentation only for now
  readonly fallback: Expression | Body | null;
  readonly span: Span;
}

export interface Argument {
  readonly name: Name | null; // `bias = false`; `downsample: via` names the scope of a shortcut
  readonly separator: "=" | ":" | null;
  readonly value: Expression | Body;
  readonly span: Span;
}

// ── statements ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** `{ … }`: a chain of statements. */
export interface Body {
  readonly kind: "body";
  readonly span: Span;
  readonly statements: readonly Statement[];
}

export type Statement = Input | Output | Default | Let | Tap | For | If | Flow;

/** `label:` before a step, `{ }`, for or if. `parts` has more than one element where the label interpolates. */
export interface LabelNode {
  readonly span: Span;
  readonly parts: readonly (string | Expression)[];
}

export interface Input {
  readonly kind: "input";
  readonly span: Span;
  readonly name: Name;
  readonly element: Name | null; // `input x: int [64]`
  readonly shape: ListExpression;
}

export interface Output {
  readonly kind: "output";
  readonly span: Span;
  readonly name: Name;
  readonly element: Name | null;
  readonly shape: ListExpression | null;
  readonly value: Flow | null; // `output y = x -> dense(10)`
}

export interface Target {
  readonly name: Name;
  readonly index: Expression | null; // `as enc[i]`
  readonly span: Span;
}

export interface Let {
  readonly kind: "let";
  readonly span: Span;
  readonly target: Target;
  readonly value: Flow;
}

/** `as name` as a statement of its own: names the value flowing here. */
export interface Tap {
  readonly kind: "tap";
  readonly span: Span;
  readonly target: Target;
}

export interface For {
  readonly kind: "for";
  readonly span: Span;
  readonly label: LabelNode | null;
  readonly item: Name;
  readonly index: Name | null;
  readonly list: Expression; // a range or a list
  readonly body: Body;
}

export interface If {
  readonly kind: "if";
  readonly span: Span;
  readonly label: LabelNode | null;
  readonly condition: Expression;
  readonly then: Body;
  readonly otherwise: Body | If | null;
}

/** `a -> b -> c`. */
export interface Flow {
  readonly kind: "flow";
  readonly span: Span;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly span: Span;
  readonly label: LabelNode | null;
  readonly what: Call | ListExpression | Body;
  readonly times: Expression | null; // `* n`
  readonly as: Target | null;
}

/** A layer, block, value or merge: `conv(16, 3)`, `in.x`, `enc[i]`, `skip(via) { … }`, `cat { a | b }`. */
export interface Call {
  readonly kind: "call";
  readonly span: Span;
  readonly name: readonly Name[]; // dotted; the first may be `in`
  readonly index: Expression | null;
  readonly args: readonly Argument[] | null; // null: no parentheses written
  readonly branches: readonly Body[] | null; // null: no braces written
}

// ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────

export type Expression =
  | NumberLiteral | StringLiteral | BooleanLiteral | NameExpression | ListExpression | Unary | Binary | Conditional
  | Member | Index | CallExpression | Missing;

export interface NumberLiteral { readonly kind: "number"; readonly span: Span; readonly value: number }
export interface StringLiteral {
  readonly kind: "string";
  readonly span: Span;
  /** Escapes undone. One string where nothing interpolates. */
  readonly parts: readonly (string | Expression)[];
}
export interface BooleanLiteral { readonly kind: "boolean"; readonly span: Span; readonly value: boolean }
/** A constant, parameter, running variable, block, layer or value; `in` too. */
export interface NameExpression { readonly kind: "name"; readonly span: Span; readonly text: string }
export interface ListExpression { readonly kind: "list"; readonly span: Span; readonly items: readonly Expression[] }
export interface Unary { readonly kind: "unary"; readonly span: Span; readonly op: "-" | "!"; readonly operand: Expression }
export type BinaryOp = "+" | "-" | "*" | "/" | "%" | "**" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" | "..";
export interface Binary { readonly kind: "binary"; readonly span: Span; readonly op: BinaryOp; readonly left: Expression; readonly right: Expression }
export interface Conditional { readonly kind: "conditional"; readonly span: Span; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression }
export interface Member { readonly kind: "member"; readonly span: Span; readonly of: Expression; readonly name: Name }
export interface Index { readonly kind: "index"; readonly span: Span; readonly of: Expression; readonly at: Expression }
/** `min(a, b)` as a value, `conv(64, 1, 2)` as a bound block. */
export interface CallExpression { readonly kind: "call-expression"; readonly span: Span; readonly callee: Expression; readonly args: readonly Argument[] }
/** What stands for an expression that could not be read: between the braces of a string, or on the command line. */
export interface Missing { readonly kind: "missing"; readonly span: Span }
