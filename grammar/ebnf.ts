// Prints what the parser's rules say: rn.ebnf for people, cst.ts for the tree builder's type checker.
// Law: nothing about the language is written here; a rule that changes in parser.ts changes both outputs.
import { generateCstDts, type ISerializedGast, type TokenType } from "chevrotain";
import { RnParser } from "./parser.ts";
import { Identifier, Newline, NumberToken, Operator, StringToken, tokens } from "./tokens.ts";

/** Tokens that a class of texts spells, under the names that the EBNF gives them. */
const named = new Map<TokenType, string>([[Identifier, "ID"], [NumberToken, "NUMBER"], [StringToken, "STRING"], [Newline, "NL"], [Operator, "OPERATOR"]]);
const namesByToken = new Map([...named].map(([type, name]) => [type.name, name]));

/** A serialized production: Chevrotain's type leaves out what its subclasses hold. */
interface Production extends ISerializedGast {
  readonly name?: string;
  readonly label?: string;
  readonly definition: Production[];
}

export function ebnf(): string {
  const rules = new RnParser().getSerializedGastProductions() as Production[];
  const width = Math.max(...rules.map((r) => r.name!.length));
  const rule = (name: string, text: string): string => `${name.padEnd(width)} = ${text} ;`;
  return [
    "(* The grammar of .rn, generated from grammar/parser.ts by `npm run gen`.",
    "   'x' is literal text, { } zero or more, [ ] optional, | or. NL is a newline that counts:",
    "   README.md says which do, and that the `[` of an index touches what it indexes. *)",
    "",
    ...rules.map((r) => rule(r.name!, sequence(r.definition))),
    "",
    ...[...named].map(([type, name]) => rule(name, type === Operator ? operators() : String(type.PATTERN))),
    "",
  ].join("\n");
}

function operators(): string {
  return tokens.filter((t) => t.CATEGORIES?.includes(Operator)).map((t) => `'${String(t.PATTERN)}'`).join(" | ");
}

function sequence(parts: readonly Production[]): string {
  return parts.map((p) => (p.type === "Alternation" && parts.length > 1 ? `( ${production(p)} )` : production(p))).join(" ");
}

function production(p: Production): string {
  switch (p.type) {
    case "Terminal": return namesByToken.get(p.name!) ?? `'${p.label!.replaceAll("`", "")}'`;
    case "NonTerminal": return p.name!;
    case "Option": return `[ ${sequence(p.definition)} ]`;
    case "Repetition": return `{ ${sequence(p.definition)} }`;
    case "Alternation": return p.definition.map((a) => sequence(a.definition)).join(" | ");
    default: throw new Error(`ebnf: no notation for ${p.type}`);
  }
}

/** Types of the concrete tree; what a rule always has is never empty. */
export function cstTypes(): string {
  const types = generateCstDts(new RnParser().getGAstProductions(), { includeVisitorInterface: false })
    .replace(/^import .*\n+/, "")
    .replace(/^  (\w+): \(?(\w+)\)?\[\];/gm, "  readonly $1: [$2, ...$2[]];")
    .replace(/^  (\w+)\?: \(?(\w+)\)?\[\];/gm, "  readonly $1?: $2[];")
    .replace(/^  (name|children): /gm, "  readonly $1: ");
  return `// Types of the concrete syntax tree, generated from grammar/parser.ts by \`npm run gen\`.\nimport type { CstNode, IToken } from "chevrotain";\n\n${types.trimEnd()}\n`;
}
