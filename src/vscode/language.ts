// What VS Code does with keys and brackets before it asks the server: language-configuration.json, as data. Patterns are its regular expressions.
import { Identifier } from "../../grammar/tokens.ts";

const pairs = [["{", "}"], ["[", "]"], ["(", ")"]] as const;

export const languageConfiguration = {
  comments: { lineComment: "//" },
  brackets: pairs,
  autoClosingPairs: [...pairs.map(([open, close]) => ({ open, close, notIn: ["string", "comment"] })), { open: '"', close: '"', notIn: ["string", "comment"] }],
  surroundingPairs: [...pairs, ['"', '"']],
  wordPattern: (Identifier.PATTERN as RegExp).source,
  indentationRules: {
    // An opening bracket that nothing on its line closes, outside of comments.
    increaseIndentPattern: "^(?:(?!//).)*[\\[({][^\\])}]*$",
    decreaseIndentPattern: "^\\s*[\\])}]",
  },
  onEnterRules: [
    { beforeText: "^\\s*///(?!/).*$", action: { indent: "none", appendText: "/// " } },
    { beforeText: "^(?:(?!//).)*[\\[({]\\s*$", afterText: "^\\s*[\\])}]", action: { indent: "indentOutdent" } },
  ],
} as const;
