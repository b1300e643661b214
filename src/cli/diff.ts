// What changed between two texts, line by line, for --print-changed. Common lines at both ends are cut first; the rest is the
// longest common subsequence, or, where that would be too large a table, plain removal and addition.

const TABLE_LIMIT = 4_000_000;
const CONTEXT = 2;

type Line = { readonly sign: " " | "-" | "+"; readonly text: string };

/** Unified, with two lines around each change and `…` between; empty where the texts are equal. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(before.split("\n"), after.split("\n"));
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((l) => l.sign !== " "));
  return lines.map((l, i) => (near[i] ? `${l.sign} ${l.text}\n` : near[i - 1] ? "…\n" : "")).join("");
}

function compare(a: readonly string[], b: readonly string[]): Line[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const same = (text: string): Line => ({ sign: " ", text });
  return [...a.slice(0, start).map(same), ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)), ...a.slice(a.length - end).map(same)];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const width = b.length + 1;
  const removed = (text: string): Line => ({ sign: "-", text });
  const added = (text: string): Line => ({ sign: "+", text });
  if ((a.length + 1) * width > TABLE_LIMIT) return [...a.map(removed), ...b.map(added)];
  const common = new Uint32Array((a.length + 1) * width); // of a[i…] and b[j…]
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  }
  const out: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ sign: " ", text: a[i]! });
      i++;
      j++;
    } else if (j === b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) out.push(removed(a[i++]!));
    else out.push(added(b[j++]!));
  }
  return out;
}
