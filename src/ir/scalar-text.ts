// Scalar expressions as text: `max(x0 + x1, 0)`, `select(x0 < 0, x0 * 0.01, x0)`. Infix with as few parentheses as the
// parse needs. Law: parsing what was printed gives the same expression; the parser never throws, whatever the text.
import { isProblem, problem, type Problem } from "./problem.ts";
import { arg, binary, foldScalar, neg, num, select, unary, type BinaryOp, type Compare, type Scalar, type UnaryOp } from "./scalar.ts";

const infix: { readonly [op in BinaryOp]?: { readonly sign: string; readonly level: number } } = {
  add: { sign: "+", level: 1 },
  sub: { sign: "-", level: 1 },
  mul: { sign: "*", level: 2 },
  div: { sign: "/", level: 2 },
};
const UNARY = 3;
const ATOM = 4;

interface Piece {
  readonly text: string;
  readonly level: number;
}

export function printScalar(s: Scalar): string {
  return foldScalar<Piece>(s, (n, of) => {
    switch (n.kind) {
      case "arg": return { text: `x${n.index}`, level: ATOM };
      case "const": return { text: printNumber(n.value), level: n.value < 0 || Object.is(n.value, -0) ? UNARY : ATOM };
      case "unary": return n.op === "neg" ? { text: `-${wrap(of(n.a), ATOM)}`, level: UNARY } : { text: `${n.op}(${of(n.a).text})`, level: ATOM };
      case "binary": {
        const form = infix[n.op];
        if (!form) return { text: `${n.op}(${of(n.a).text}, ${of(n.b).text})`, level: ATOM };
        return { text: `${wrap(of(n.a), form.level)} ${form.sign} ${wrap(of(n.b), form.level + 1)}`, level: form.level };
      }
      case "select": return { text: `select(${of(n.a).text} ${n.test} ${of(n.b).text}, ${of(n.then).text}, ${of(n.otherwise).text})`, level: ATOM };
    }
  }).text;
}

function wrap(piece: Piece, atLeast: number): string {
  return piece.level >= atLeast ? piece.text : `(${piece.text})`;
}

/** The shortest text that reads back as the number; -0, NaN and Infinity included. */
export function printNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

const MAX_DEPTH = 128;
const token = /\s*(?:([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|([A-Za-z][A-Za-z0-9]*)|(<=|==|[-+*/(),<]))/y;
const unaries: ReadonlySet<string> = new Set<UnaryOp>(["abs", "exp", "log", "sqrt", "tanh", "erf"]);

/** The expression a text stands for, or what is wrong with the text. */
export function parseScalar(text: string): Scalar | Problem {
  const tokens = scan(text);
  if (isProblem(tokens)) return tokens;
  let at = 0;
  let nesting = 0;

  const expect = (t: string): Problem | null => (tokens[at] === t ? (at++, null) : wrong(`'${t}'`));
  const wrong = (wanted: string): Problem => problem(`expected ${wanted} and found ${tokens[at] === undefined ? "the end" : `'${tokens[at]}'`} in the expression ${brief(text)}`);

  const leftAssociative = (ops: { readonly [sign: string]: BinaryOp }, operand: () => Scalar | Problem) => (): Scalar | Problem => {
    let left = operand();
    for (let op = ops[tokens[at] ?? ""]; op && !isProblem(left); op = ops[tokens[at] ?? ""]) {
      at++;
      const right = operand();
      left = isProblem(right) ? right : binary(op, left, right);
    }
    return left;
  };

  const prefix = (): Scalar | Problem => {
    if (++nesting > MAX_DEPTH) return problem(`the expression ${brief(text)} nests deeper than ${MAX_DEPTH}`);
    const result = tokens[at] === "-" ? (at++, mapScalar(prefix(), neg)) : primary();
    nesting--;
    return result;
  };
  const sum = leftAssociative({ "+": "add", "-": "sub" }, leftAssociative({ "*": "mul", "/": "div" }, prefix));

  const primary = (): Scalar | Problem => {
    const t = tokens[at] ?? "";
    if (/^[0-9]/.test(t)) return at++, num(Number(t));
    if (/^x(0|[1-9][0-9]{0,8})$/.test(t)) return at++, arg(Number(t.slice(1)));
    if (t === "Infinity") return at++, num(Infinity);
    if (t === "NaN") return at++, num(NaN);
    if (t === "(") return at++, mapScalar(sum(), (s) => expect(")") ?? s);
    if (unaries.has(t)) return at++, expect("(") ?? mapScalar(sum(), (a) => expect(")") ?? unary(t as UnaryOp, a));
    if (t === "max" || t === "min") return at++, expect("(") ?? mapScalar(sum(), (a) => expect(",") ?? mapScalar(sum(), (b) => expect(")") ?? binary(t, a, b)));
    if (t === "select") return at++, expect("(") ?? choice();
    return wrong("a number, an argument or a function");
  };

  const choice = (): Scalar | Problem =>
    mapScalar(sum(), (a) => {
      const test = tokens[at];
      if (test !== "<" && test !== "<=" && test !== "==") return wrong("<, <= or ==");
      at++;
      return mapScalar(sum(), (b) => expect(",") ?? mapScalar(sum(), (then) => expect(",") ?? mapScalar(sum(), (otherwise) => expect(")") ?? select(test as Compare, a, b, then, otherwise))));
    });

  const result = sum();
  return isProblem(result) || at === tokens.length ? result : wrong("an operator or the end");
}

function mapScalar(s: Scalar | Problem, f: (s: Scalar) => Scalar | Problem): Scalar | Problem {
  return isProblem(s) ? s : f(s);
}

function scan(text: string): readonly string[] | Problem {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  for (token.lastIndex = 0; token.lastIndex < end; ) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (!found) return problem(`'${text.slice(from).trim()[0]}' has no meaning in the expression ${brief(text)}`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
