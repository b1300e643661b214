// Placement: intervals of time with sizes get offsets in one arena so that no two that live at the same time overlap.
// In: slots in the order of their first step. Out: an offset each, and the arena's length. Offsets and sizes are multiples of
// ALIGN elements (64 bytes of f32).
//
// A linear scan in time order, each slot in the smallest hole that holds it (the lowest of equals). Measured against placing the
// largest first (Pisarchyk and Lee 2020): see test/plan/memory.test.ts. The scan keeps repeated blocks at repeated offsets,
// so the emitter can roll them into loops, and takes time in proportion to steps × slots alive at once.

export const ALIGN = 16;

export interface Slot {
  /** Steps, inclusive. */
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

export interface Placement {
  readonly offsets: readonly number[];
  readonly length: number;
}

export function aligned(size: number): number {
  return Math.ceil(size / ALIGN) * ALIGN;
}

export function place(slots: readonly Slot[]): Placement {
  const arena = new Arena();
  const offsets: number[] = [];
  const ending = new Map<number, number[]>(); // by last step: the slots that end with it
  let now = 0;
  slots.forEach((slot, k) => {
    for (; now < slot.first; now++) {
      for (const done of ending.get(now) ?? []) arena.free(offsets[done]!, aligned(slots[done]!.size));
    }
    offsets.push(arena.take(aligned(slot.size)));
    const together = ending.get(slot.last);
    if (together) together.push(k);
    else ending.set(slot.last, [k]);
  });
  return { offsets, length: arena.length };
}

interface Hole {
  start: number;
  end: number;
}

/** Holes below the arena's end, by rising start; no two touch. */
class Arena {
  length = 0;
  readonly #holes: Hole[] = [];

  take(size: number): number {
    let best: Hole | null = null;
    for (const hole of this.#holes) {
      const room = hole.end - hole.start;
      if (room >= size && (!best || room < best.end - best.start)) best = hole;
    }
    const last = this.#holes.at(-1);
    if (!best && last && last.end === this.length) {
      this.length = last.end = last.start + size; // the hole at the end grows
      best = last;
    }
    if (!best) {
      this.length += size;
      return this.length - size;
    }
    const start = best.start;
    best.start += size;
    if (best.start === best.end) this.#holes.splice(this.#holes.indexOf(best), 1);
    return start;
  }

  free(start: number, size: number): void {
    if (size === 0) return;
    const end = start + size;
    let at = this.#holes.findIndex((h) => h.start > start);
    if (at < 0) at = this.#holes.length;
    const [before, after] = [this.#holes[at - 1], this.#holes[at]];
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      this.#holes.splice(at, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.start = start;
    else this.#holes.splice(at, 0, { start, end });
  }
}
