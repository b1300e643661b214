// What the parser reports, as data: Chevrotain lets a provider make a string only, so the string is JSON and `readFailure` reads it back.
// Words for people are made from it where diagnostics are made.
import type { IParserErrorMessageProvider, IRecognitionException, IToken, TokenType } from "chevrotain";

export interface Failure {
  /** The rule that could not go on. */
  readonly rule: string;
  /** The one token type that fits; null where several do. */
  readonly expected: string | null;
  /** The token that does not fit; the end of the input has no offset. */
  readonly token: IToken;
  readonly previous: IToken | null;
}

const encode = (rule: string, expected: TokenType | null): string => JSON.stringify([rule, expected?.name ?? null]);

export const messageProvider: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: (e) => encode(e.ruleName, e.expected),
  buildNotAllInputParsedMessage: (e) => encode(e.ruleName, null),
  buildNoViableAltMessage: (e) => encode(e.ruleName, null),
  buildEarlyExitMessage: (e) => encode(e.ruleName, null),
};

export function readFailure(e: IRecognitionException): Failure {
  const [rule, expected] = JSON.parse(e.message) as [string, string | null];
  const previous = (e as { previousToken?: IToken }).previousToken;
  return { rule, expected, token: e.token, previous: previous && previous.startOffset >= 0 ? previous : null };
}
