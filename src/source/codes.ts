// Every code a diagnostic can carry, with the page that `rnc explain` prints.
// RN1xx syntax · RN2xx names · RN3xx shapes · RN4xx arguments and compile-time values · RN5xx exports and weights · RN6xx limits · RN7xx train.
// Law: a code is never reused for another meaning; a test shows each one raised by a program.

export interface CodeInfo {
  /** A headline of a few words. */
  readonly title: string;
  /** Two to six sentences: what the rule is, why it is so, how to mend it. Markdown. */
  readonly text: string;
  /** A complete program that raises exactly this code (and nothing else), where a program can. */
  readonly example?: string;
}

export const codes = {
  RN101: {
    title: "syntax error",
    text: "The text is not a program: something else was needed here. The message says what would fit and what was found. A declaration begins at the start of a line, so a mistake never reaches beyond the next one.",
    example: "model m {\n  input x: [4\n  dense(2)]\n}",
  },
  RN102: {
    title: "unknown character",
    text: "This character means nothing in a program. Typographic look-alikes (`→`, `“`, `×`) have an ASCII form; a statement ends with its line and needs no `;`; comments begin with `//`.",
    example: "model m {\n  input x: [4]\n  dense(2) → relu\n}",
  },
  RN103: { title: "unclosed string", text: 'A string ends on the line on which it begins, with a `"`.', example: 'model m {\n  input x: [4]\n  "first: dense(2)\n}' },
  RN104: {
    title: "unclosed bracket",
    text: "A `(`, `[` or `{` is never closed. Where a `}` is missing, the indentation of the lines tells which `{` is meant. Mistakes after the bracket are not reported: they are usually its consequence.",
    example: "model m {\n  input x: [4]\n  dense(2\n}",
  },
  RN105: {
    title: "two statements on one line",
    text: "A body is a chain: `->` or a newline between two steps means “then”. Two statements side by side mean nothing. Put `->` or a newline between them.",
    example: "model m {\n  input x: [4]\n  dense(2) relu\n}",
  },
  RN106: {
    title: "`{` on the next line",
    text: "A newline ends a statement, so the `{` of a `skip`, `block`, `for` or `if` stands on the same line as the word. On the next line it would begin a statement of its own.",
    example: "model m {\n  input x: [4]\n  skip(none)\n  { dense(4) }\n}",
  },
  RN107: {
    title: "mistake in a string",
    text: 'In a string `{ }` holds an expression and `\\` begins an escape: `\\n`, `\\t`, `\\"`, `\\\\`, `\\{`, `\\}`. The path of an `import` or `from` is plain text.',
    example: 'model m {\n  input x: [4]\n  "layer{0": dense(2)\n}',
  },
  RN108: {
    title: "missing braces",
    text: "`skip` works on the steps in its braces: `skip { … }`. `cat`, `add` and `mul` take branches, `cat { a | b }`, or a named value, `cat(v)`.",
    example: "model m {\n  input x: [4]\n  skip -> relu\n}",
  },
  RN109: {
    title: "comparisons do not chain",
    text: "`a < b < c` and `a..b..c` mean nothing. Write `a < b && b < c`.",
    example: "model m(a = 1) {\n  input x: [4]\n  if 0 < a < 2 { relu }\n}",
  },
  RN110: {
    title: "number too large",
    text: "Integers are exact up to 2^53 - 1, other numbers are finite 64-bit floats.",
    example: "const n = 99_999_999_999_999_999",
  },
  RN201: {
    title: "unknown name",
    text: "Nothing of this name can be seen here: no parameter, running variable or value above it, no declaration or import of the file, no layer. A value is seen from where `as` or `let` names it to the end of the `for`, inline block, block or model around it; a list (`as v[i]`) in the whole block.",
    example: "model m {\n  input x: [4]\n  dens(2)\n}",
  },
  RN202: {
    title: "name declared twice",
    text: "A name means one thing: declarations and imports of a file, exports, parameters of a block, and values in one scope need names of their own.",
    example: "const n = 1\nconst n = 2",
  },
  RN203: {
    title: "import not found",
    text: "The file that is imported does not exist, or lies outside the folder of the program. A path is relative to the importing file; `rn/…` is the standard library.",
    example: 'import { basic } from "rn/resnett"',
  },
  RN204: { title: "nothing of this name in the imported file", text: "The file was found, but it declares no `const`, `block` or `model` of this name.", example: 'import { basics } from "rn/resnet"' },
  RN205: { title: "imports in a circle", text: "A file imports, directly or through others, itself. Move what both need to a third file." },
  RN206: {
    title: "exports that differ only in case",
    text: "Each export becomes a file, and some file systems do not tell `Net.ts` from `net.ts`.",
    example: "model m {\n  input x: [4]\n  dense(2)\n}\nexport net = m\nexport Net = m",
  },
  RN207: {
    title: "train without its export",
    text: "`train name { }` is for the export (or, in a file without exports, the model) of that name; there is one for each, and at most one without a name, for all others.",
    example: "train nothing {\n  steps = 10\n}",
  },
  RN208: {
    title: "name of the language",
    text: "`skip`, `cat`, `add`, `mul` and `id`, the functions of expressions and the words `none` and `valid` keep their meaning: nothing else can have these names.",
    example: "block skip {\n  relu\n}",
  },
  RN209: {
    title: "value used before it is named",
    text: "A value exists from where the flow passes its `as` or `let`. Statements run from top to bottom.",
    example: "model m {\n  input x: [4]\n  add(later)\n  relu as later\n}",
  },
  RN301: { title: "shapes do not fit together", text: "Two values are merged whose shapes differ." },
  RN601: { title: "nested too deeply", text: "Brackets may nest 128 deep, and one expression may chain 256 operators. Beyond that a program is not written by or for people. Name parts with `const`, or use blocks." },
  RN602: { title: "file too long", text: "A file may have 1,048,576 characters. Networks are long because they repeat: use `*`, `for` and blocks." },
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof codes;
