// How many blanks stand between two items of one line.

/** A token or a comment, with what stood before it. */
export interface Item {
  /** The name of its token type, or "Comment". */
  readonly type: string;
  readonly text: string;
  /** The first token of a statement, declaration or entry. */
  readonly starts: boolean;
  /** Line breaks before it, since the item before. */
  readonly breaks: number;
  /** Characters before it, since the item before; blanks where `breaks` is 0. */
  readonly blanks: number;
}

export function isOpening(item: Item): boolean {
  return item.type === "LParen" || item.type === "LSquare" || item.type === "LCurly";
}

export function isClosing(item: Item): boolean {
  return item.type === "RParen" || item.type === "RSquare" || item.type === "RCurly";
}

/** What a value can end with: a `-` behind it has two operands, a bracket behind it may belong to it. */
const ends = new Set(["Identifier", "From", "Number", "String", "True", "False", "RParen", "RSquare", "RCurly"]);
const callable = new Set(["Identifier", "From", "RParen", "RSquare"]);

function isSign(item: Item, before: Item | undefined): boolean {
  return item.type === "Not" || (item.type === "Minus" && (item.starts || !before || !ends.has(before.type)));
}

/** `before` stands before `previous`, `previous` before `item`. */
export function gapBefore(previous: Item, before: Item | undefined, item: Item, ternary: boolean): number {
  if (item.type === "Comment") return 2;
  if (previous.type === "LParen" || previous.type === "LSquare") return 0;
  if (previous.type === "LCurly") return item.type === "RCurly" ? 0 : 1;
  if (previous.type === "Dot" || previous.type === "Range" || isSign(previous, before)) return 0;
  switch (item.type) {
    case "RParen": case "RSquare": case "Comma": case "Dot": return 0;
    case "Range": return previous.text.endsWith(".") ? 1 : 0; // `1...2` would be 1 .. 0.2
    case "LParen": return callable.has(previous.type) ? 0 : 1;
    case "LSquare": return item.blanks === 0 && (callable.has(previous.type) || previous.type === "In") ? 0 : 1;
    case "Colon": return ternary ? 1 : 0;
    default: return 1;
  }
}
