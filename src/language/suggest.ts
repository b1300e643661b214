// "Did you mean": the nearest of some names, where one is near enough to be meant.

/** Edits between two words: insert, delete, replace, swap neighbours (optimal string alignment); `limit + 1` where there are more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}

/** Null where nothing is within so many edits, or else a third of the word. Case counts as no difference; ties go to the first. */
export function suggest(word: string, names: Iterable<string>, edits = Infinity): string | null {
  if (word.length > 64) return null;
  const limit = Math.min(edits, Math.max(1, Math.floor(word.length / 3)));
  let best: string | null = null;
  let least = limit + 1;
  for (const name of names) {
    if (name === word) continue;
    const d = distance(word.toLowerCase(), name.toLowerCase(), limit);
    if (d < least && d < word.length) [best, least] = [name, d];
  }
  return best;
}
