// Which part of a picture is which part of the one before: ids that stay while the text changes, so that a client can move what stays and
// tell what came, went and changed. Parts are matched in their order, by all that is known of them first, then by less.
// Law: a part keeps its id wherever it is matched; an id that was in the picture before is never given to something else.

/** A part, by what it is known by: the most telling first; the last is what it must at least share with its predecessor. */
export interface Known {
  readonly id: string;
  readonly keys: readonly string[];
}

/** For each part, in order, its id. `wish` says how an unmatched one would like to be called. */
export function identify<P extends Known>(before: readonly Known[], now: readonly P[], wish: (part: P) => string): readonly string[] {
  const ids = new Map<P, string>();
  match(before, now, 0, (old, part) => ids.set(part, old.id));
  const taken = new Set(before.map((p) => p.id));
  return now.map((part) => {
    let id = ids.get(part) ?? wish(part);
    for (let i = 2; !ids.has(part) && taken.has(id); i++) id = `${wish(part)}~${i}`;
    taken.add(id);
    return id;
  });
}

/** Pairs parts that are equal by the key at `level`; between those pairs, what is equal by the next. */
function match<P extends Known>(before: readonly Known[], now: readonly P[], level: number, pair: (old: Known, part: P) => void): void {
  if (before.length === 0 || now.length === 0) return;
  const key = (p: Known): string | undefined => p.keys[level];
  if (before.every((p) => key(p) === undefined)) return;
  let [i, j] = [0, 0];
  for (const [a, b] of [...inOrder(before.map(key), now.map(key)), [before.length, now.length] as const]) {
    match(before.slice(i, a), now.slice(j, b), level + 1, pair);
    if (a < before.length) pair(before[a]!, now[b]!);
    [i, j] = [a + 1, b + 1];
  }
}

/** More pairs to weigh than this are not looked at: then what is equal at both ends has to do. */
const MOST_PAIRS = 1_000_000;

type Key = string | undefined;

/** The longest common subsequence, as pairs of indices. */
function inOrder(a: readonly Key[], b: readonly Key[]): (readonly [number, number])[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle = longest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    ...Array.from({ length: start }, (_, i) => [i, i] as const),
    ...middle.map(([i, j]) => [i + start, j + start] as const),
    ...Array.from({ length: end }, (_, i) => [a.length - end + i, b.length - end + i] as const),
  ];
}

function longest(a: readonly Key[], b: readonly Key[]): (readonly [number, number])[] {
  if (a.length * b.length > MOST_PAIRS) return [];
  const wide = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * wide); // of what is common from (i, j) on
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * wide + j] = a[i] === b[j] ? lengths[(i + 1) * wide + j + 1]! + 1 : Math.max(lengths[(i + 1) * wide + j]!, lengths[i * wide + j + 1]!);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * wide + j]! >= lengths[i * wide + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
