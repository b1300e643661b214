// Blanks that align neighbouring lines. In: laid out lines. Out: the same lines, the gaps of their cells settled.
// Law: the result depends on the lines alone and settles: aligning aligned lines changes nothing.

export interface Cell {
  readonly type: string;
  readonly text: string;
  /** The blanks that would stand before it on a line by itself. */
  readonly normal: number;
  gap: number;
}

export interface Line {
  readonly indent: number;
  readonly cells: Cell[];
  readonly blankAbove: boolean;
  /** The `=` of an export, a const or a train entry: aligned with its neighbours of the same kind. */
  readonly equals: { readonly kind: string; readonly cell: number } | null;
}

export function align(lines: readonly Line[]): void {
  alignEquals(lines);
  settle(lines);
}

// ── `=` of neighbours ──────────────────────────────────────────────────────────────────────────────────────────────

function alignEquals(lines: readonly Line[]): void {
  for (let i = 0; i < lines.length; ) {
    const group = [lines[i]!];
    while (group[0]!.equals && i + group.length < lines.length && together(group[0]!, lines[i + group.length]!)) group.push(lines[i + group.length]!);
    if (group[0]!.equals) alignGroup(group);
    i += group.length;
  }
}

function together(a: Line, b: Line): boolean {
  return b.equals?.kind === a.equals!.kind && b.indent === a.indent && !b.blankAbove;
}

function alignGroup(group: readonly Line[]): void {
  for (const { cells, equals } of group) for (let k = 0; k <= equals!.cell; k++) if (cells[k]) cells[k]!.gap = cells[k]!.normal;
  const width = Math.max(...group.map((line) => columns(line)[line.equals!.cell] ?? 0));
  for (const line of group) {
    const equals = line.cells[line.equals!.cell];
    if (equals?.type === "Assign") equals.gap += width - columns(line)[line.equals!.cell]!;
  }
}

/** The column in which each cell begins. */
function columns(line: Line): number[] {
  let column = 2 * line.indent;
  return line.cells.map((cell) => {
    const start = column + cell.gap;
    column = start + cell.text.length;
    return start;
  });
}

// ── blanks that the writer put ─────────────────────────────────────────────────────────────────────────────────────

/** How far up and down a line looks for what it is aligned with. */
const reach = 64;

/**
 * More blanks than normal stay before a cell if the lines above or below, equally indented, have a cell of its kind in
 * the same column (numbers: ending in the same column), and one of them has only its normal blanks. Taking some away can leave others without
 * their reason, so neighbours are looked at again until nothing changes.
 */
function settle(lines: readonly Line[]): void {
  const known: (ReadonlyMap<string, boolean> | undefined)[] = [];
  const places = (i: number): ReadonlyMap<string, boolean> => (known[i] ??= cellPlaces(lines[i]!));
  const waiting = lines.flatMap((line, i) => (line.cells.some((c) => c.gap > c.normal) ? [i] : []));
  let budget = 16 * lines.length;
  while (waiting.length > 0) {
    const i = waiting.pop()!;
    const line = lines[i]!;
    let column = 2 * line.indent;
    let changed = false;
    for (const [k, cell] of line.cells.entries()) {
      if (cell.gap > cell.normal && k !== line.equals?.cell && (budget <= 0 || !isAligned(lines, i, place(cell, column + cell.gap), places))) {
        cell.gap = cell.normal;
        changed = true;
      }
      column += cell.gap + cell.text.length;
    }
    if (!changed) continue;
    budget--;
    known[i] = undefined;
    for (let j = Math.max(0, i - reach); j <= Math.min(lines.length - 1, i + reach); j++) {
      if (lines[j]!.cells.some((c) => c.gap > c.normal)) waiting.push(j);
    }
  }
}

/** What must agree for two cells to be aligned. */
function place(cell: Cell, start: number): string {
  return cell.type === "Number" ? `Number ends ${start + cell.text.length}` : `${cell.type} ${start}`;
}

/** Place → does a cell with only its normal blanks stand there? */
function cellPlaces(line: Line): ReadonlyMap<string, boolean> {
  const starts = columns(line);
  return new Map(line.cells.map((cell, k) => [place(cell, starts[k]!), cell.gap === cell.normal]));
}

function isAligned(lines: readonly Line[], i: number, at: string, places: (i: number) => ReadonlyMap<string, boolean>): boolean {
  for (const step of [-1, 1]) {
    for (let j = i + step; Math.abs(j - i) <= reach; j += step) {
      const adjoins = lines[j]?.indent === lines[i]!.indent && !lines[step < 0 ? j + 1 : j]!.blankAbove;
      const tight = adjoins ? places(j).get(at) : undefined;
      if (tight) return true;
      if (tight === undefined) break;
    }
  }
  return false;
}
