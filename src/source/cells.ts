// How text looks in a terminal: columns of characters, tabs, and what must not reach a terminal at all.
// Law: nothing of a program's text is printed unless it went through `visible`; an escape sequence in a name stays harmless.

/** Control characters as their pictures, bidirectional overrides and lone surrogates as replacement characters; tabs stay. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (c) => {
    const code = c.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

const wide = /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const narrow = /^[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]/u;

/** Columns that one character takes: 0 for combining marks, 2 for East Asian wide ones and emoji. */
function columns(character: string): number {
  if (character < "\u0300") return 1;
  return narrow.test(character) ? 0 : wide.test(character) ? 2 : 1;
}

/** Columns that a text without tabs takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const c of text) width += columns(c);
  return width;
}

const TAB = 4;

/** A line laid out: its text as printed, and the column at which each UTF-16 unit of the original begins (one more for the end). */
export interface Cells {
  readonly text: string;
  readonly columns: readonly number[];
}

/** Lays out one line; tabs reach to the next multiple of four. */
export function layOut(line: string): Cells {
  const at: number[] = [];
  let text = "";
  let column = 0;
  for (const c of line) {
    for (let unit = 0; unit < c.length; unit++) at.push(column);
    const shown = c === "\t" ? " ".repeat(TAB - (column % TAB)) : visible(c);
    text += shown;
    column += displayWidth(shown);
  }
  at.push(column);
  return { text, columns: at };
}
