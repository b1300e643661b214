// Makes the TextMate grammar (colours in editors) from the tokens and the names the language knows.
// Law: colour never decides meaning; what only the resolver can know (layer or block) is one colour here.
import type { TokenType } from "chevrotain";
import { Comma, Identifier, NumberToken, Operator, tokens } from "./tokens.ts";

export interface KnownNames {
  readonly functions: readonly string[];
  readonly merges: readonly string[];
  readonly words: readonly string[];
}

const keywords = tokens.filter((t) => t.LONGER_ALT === Identifier).map((t) => t.PATTERN as string);
const constants = new Set(["true", "false"]);

const word = (texts: readonly string[]): string => `\\b(?:${texts.join("|")})\\b`;
const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
const source = (t: TokenType): string => (t.PATTERN as RegExp).source;
const operators = tokens.filter((t) => t.CATEGORIES?.includes(Operator)).map((t) => t.PATTERN as string);

export function textmate(names: KnownNames): string {
  const grammar = {
    comment: "Generated from grammar/tokens.ts by `npm run gen`.",
    name: "rn",
    scopeName: "source.rn",
    fileTypes: ["rn"],
    patterns: [{ include: "#all" }],
    repository: {
      all: {
        patterns: [
          { name: "comment.line.documentation.rn", match: "///(?!/).*$" },
          { name: "comment.line.double-slash.rn", match: "//.*$" },
          { include: "#string" },
          { name: "constant.numeric.rn", match: source(NumberToken) },
          { match: `\\b(block|model|export|const|train)\\s+(${source(Identifier)})`, captures: { 1: { name: "keyword.declaration.rn" }, 2: { name: "entity.name.function.rn" } } },
          { match: `(${source(Identifier)})\\s*:`, captures: { 1: { name: "entity.name.tag.rn" } } },
          { name: "constant.language.rn", match: word([...constants, ...names.words]) },
          { name: "keyword.control.rn", match: word(keywords.filter((k) => !constants.has(k))) },
          { name: "keyword.operator.merge.rn", match: word(names.merges) },
          { name: "support.function.builtin.rn", match: `${word(names.functions)}(?=\\s*\\()` },
          { name: "entity.name.function.call.rn", match: `${source(Identifier)}(?=\\s*\\()` },
          { name: "variable.other.rn", match: source(Identifier) },
          { name: "keyword.operator.flow.rn", match: "->" },
          { name: "keyword.operator.rn", match: ["=", "!", "?", ":", ...operators].map(escape).join("|") },
          { name: "punctuation.separator.rn", match: `[|${Comma.PATTERN as string}]` },
        ],
      },
      string: {
        name: "string.quoted.double.rn",
        begin: '"',
        end: '"|$',
        patterns: [
          { name: "constant.character.escape.rn", match: "\\\\." },
          { name: "meta.interpolation.rn", begin: "\\{", end: "\\}|(?=\")|$", patterns: [{ include: "#all" }] },
        ],
      },
    },
  };
  return `${JSON.stringify(grammar, null, 2)}\n`;
}
