// The tokens of .rn: what a word, a symbol, a number, a string and a comment look like. lex.ts makes them of text.
import { createToken, Lexer, type TokenType } from "chevrotain";

export const Identifier = createToken({ name: "Identifier", label: "a name", pattern: /[A-Za-z_][A-Za-z0-9_]*/ });

const keyword = (word: string, extra: { categories?: TokenType[] } = {}): TokenType =>
  createToken({ name: word[0]!.toUpperCase() + word.slice(1), label: `\`${word}\``, pattern: word, longer_alt: Identifier, ...extra });
const symbol = (name: string, text: string, extra: { categories?: TokenType[] } = {}): TokenType =>
  createToken({ name, label: `\`${text}\``, pattern: text, ...extra });

/** Operators with two operands; how tightly each binds is the tree builder's matter. */
export const Operator = createToken({ name: "Operator", label: "an operator", pattern: Lexer.NA });
const operator = { categories: [Operator] };

export const Import = keyword("import");
export const Export = keyword("export");
export const Const = keyword("const");
export const Block = keyword("block");
export const Model = keyword("model");
export const Train = keyword("train");
export const Default = keyword("default");
export const Input = keyword("input");
export const Output = keyword("output");
export const Let = keyword("let");
export const As = keyword("as");
export const For = keyword("for");
export const In = keyword("in");
export const If = keyword("if");
export const Else = keyword("else");
export const True = keyword("true");
export const False = keyword("false");
/** `from` is a word of `import` and `export` only; elsewhere it is a name like any other: `slice(axis = 1, from = 0, to = 2)`. */
export const From = keyword("from", { categories: [Identifier] });

export const Arrow = symbol("Arrow", "->");
export const Range = symbol("Range", "..", operator);
export const Power = symbol("Power", "**", operator);
export const Equal = symbol("Equal", "==", operator);
export const NotEqual = symbol("NotEqual", "!=", operator);
export const AtMost = symbol("AtMost", "<=", operator);
export const AtLeast = symbol("AtLeast", ">=", operator);
export const And = symbol("And", "&&", operator);
export const Or = symbol("Or", "||", operator);
export const Less = symbol("Less", "<", operator);
export const More = symbol("More", ">", operator);
export const Plus = symbol("Plus", "+", operator);
export const Minus = symbol("Minus", "-", operator);
export const Star = symbol("Star", "*", operator);
export const Slash = symbol("Slash", "/", operator);
export const Percent = symbol("Percent", "%", operator);
export const Not = symbol("Not", "!");
export const Assign = symbol("Assign", "=");
export const Bar = symbol("Bar", "|");
export const Question = symbol("Question", "?");
export const Colon = symbol("Colon", ":");
export const Comma = symbol("Comma", ",");
export const Dot = symbol("Dot", ".");
export const LParen = symbol("LParen", "(");
export const RParen = symbol("RParen", ")");
export const LSquare = symbol("LSquare", "[");
export const RSquare = symbol("RSquare", "]");
export const LCurly = symbol("LCurly", "{");
export const RCurly = symbol("RCurly", "}");

export const NumberToken = createToken({ name: "Number", label: "a number", pattern: /(?:\d[\d_]*\.(?!\.)\d*|\.\d+|\d[\d_]*)(?:[eE][+-]?\d+)?/ });
export const StringToken = createToken({ name: "String", label: "a string", pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/ });
/** A string that its line ends before it does: a mistake, but the parser may take it for a string. */
export const UnclosedString = createToken({ name: "UnclosedString", pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*\\?/, categories: [StringToken] });
export const Newline = createToken({ name: "Newline", label: "a newline", pattern: /\r\n|\n|\r/, line_breaks: true });

const Blank = createToken({ name: "Blank", pattern: /[ \t\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED });
export const Comment = createToken({ name: "Comment", pattern: /\/\/[^\n\r]*/, group: "comments" });

/** Every token type, in the order in which the lexer tries them (a longer symbol before its prefix). */
export const tokens: readonly TokenType[] = [
  Blank, Newline, Comment,
  Import, Export, Const, Block, Model, Train, Default, Input, Output, Let, As, For, In, If, Else, True, False, From, Identifier,
  NumberToken, StringToken, UnclosedString,
  Arrow, Range, Power, Equal, NotEqual, AtMost, AtLeast, And, Or,
  Less, More, Plus, Minus, Star, Slash, Percent, Not, Assign, Bar, Question, Colon, Comma, Dot,
  LParen, RParen, LSquare, RSquare, LCurly, RCurly,
  Operator,
];
