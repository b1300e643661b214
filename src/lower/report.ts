// Collects the mistakes of an elaboration: one mistake, one diagnostic, however many exports and instances of a block run into it.
// Law: what a memoised fragment complained about is replayed for every export that uses the fragment, never said twice.
import type { Code } from "../source/codes.ts";
import { diagnostic, type Diagnostic, type DiagnosticParts, type Label } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";

/** One diagnostic and the exports in which it happens. */
export interface Mistake {
  readonly diagnostic: Diagnostic;
  readonly exports: Set<string>;
}

/** Thrown where going on makes no sense (a limit is passed); ends the elaboration of one export. Never leaves `elaborate`. */
export class Stop extends Error {}

export class Reporter {
  readonly #mistakes = new Map<string, Mistake>();
  readonly #known: readonly Span[];
  readonly #places: ReadonlySet<string>;
  readonly #recordings: Set<Mistake>[] = [];
  #export = "";

  /** `known`: what earlier stages reported; nothing more is said about those places. */
  constructor(known: readonly Diagnostic[]) {
    this.#known = known.flatMap((d) => (d.severity === "error" && d.primary ? [d.primary.span] : []));
    this.#places = new Set(this.#known.map(place));
  }

  /** Did an earlier stage find a mistake in this text? What does not fit to it may be its consequence. */
  knows(text: Span): boolean {
    return this.#known.some((k) => within(k, text));
  }

  /** From here on mistakes happen in that export. */
  enter(name: string): void {
    this.#export = name;
  }

  add(code: Code, at: Span | null, message: string, parts: DiagnosticParts = {}): void {
    if (at && this.#places.has(place(at))) return;
    const key = `${code}${at ? place(at) : message}`;
    let mistake = this.#mistakes.get(key);
    if (!mistake) this.#mistakes.set(key, (mistake = { diagnostic: diagnostic(code, at, message, parts), exports: new Set() }));
    this.#note(mistake);
  }

  /** The mistakes made while `work` runs, also when it stops. */
  record<T>(into: Set<Mistake>, work: () => T): T {
    this.#recordings.push(into);
    try {
      return work();
    } finally {
      this.#recordings.pop();
      for (const m of into) this.#recordings.at(-1)?.add(m);
    }
  }

  /** Ends all recordings, where an overflow has kept `record` from it. */
  reset(): void {
    this.#recordings.length = 0;
  }

  replay(mistakes: ReadonlySet<Mistake>): void {
    for (const m of mistakes) this.#note(m);
  }

  #note(m: Mistake): void {
    m.exports.add(this.#export);
    this.#recordings.at(-1)?.add(m);
  }

  /** In the order of their discovery; what happens only in some of the `exports` says in which. */
  finish(exports: ReadonlyMap<string, Span>): readonly Diagnostic[] {
    return [...this.#mistakes.values()].map(({ diagnostic: d, exports: where }) => {
      const [first] = where;
      const span = first === undefined ? undefined : exports.get(first);
      if (!span || where.size === exports.size || (d.primary && within(d.primary.span, span))) return d;
      const also = where.size === 1 ? "" : ` and ${where.size - 1} more`;
      const label: Label = { span, message: `happens in ${first}${also}` };
      return { ...d, related: [...d.related, label] };
    });
  }
}

function place(s: Span): string {
  return `@${s.source.name}:${s.start}:${s.end}`;
}

function within(inner: Span, outer: Span): boolean {
  return inner.source === outer.source && inner.start >= outer.start && inner.end <= outer.end;
}
