// Parameter scopes: in each, unlabelled layers and blocks are numbered in the order written; labels take no number (rule 9).
// Law: a path names one scope or one layer; a scope claims its path when the first parameters come into it.
import type { Span } from "../source/text.ts";
import type { Path } from "./fragment.ts";

/** A scope that a label, a shortcut or an inline block opens in another. */
interface Opened {
  readonly path: Path;
  readonly parent: Numbering;
  readonly span: Span;
}

/** Two layers or scopes whose parameters would have one name. */
export interface Clash {
  readonly name: string;
  readonly span: Span;
  readonly first: Span;
}

export class Numbering {
  readonly #opened: Opened | null;
  readonly #owners = new Map<string, Span>();
  #claimed = false;
  /** The next number. */
  next = 0;

  /** Null: the fragment's own scope. */
  constructor(opened: Opened | null = null) {
    this.#opened = opened;
  }

  /** The scope itself; a name in it is its path, a dot, the label or number. Null: the fragment's own scope. */
  get path(): Path | null {
    return this.#opened?.path ?? null;
  }

  /** The path of a layer or block that stands here. */
  take(label: string | null): Path {
    const name = label ?? this.next++;
    const { path } = this;
    if (path) return { number: path.number, rest: `${path.rest}.${name}` };
    return typeof name === "number" ? { number: name, rest: "" } : { number: null, rest: name };
  }

  /** The scope at a path that was taken here. */
  open(path: Path, span: Span): Numbering {
    return new Numbering({ path, parent: this, span });
  }

  /** The scope that a label opens; without a label braces are transparent. */
  inside(label: string | null, span: Span): Numbering {
    return label === null ? this : this.open(this.take(label), span);
  }

  /** Parameters stand at a path of this scope (null: at one of its numbers, which nobody else has). Out: where that path, or this scope's own, was taken before. */
  claim(path: Path | null, span: Span): readonly Clash[] {
    const clashes: Clash[] = [];
    if (!this.#claimed && this.#opened) clashes.push(...this.#opened.parent.claim(this.#opened.path, this.#opened.span));
    this.#claimed = true;
    if (!path) return clashes;
    const name = (path.number ?? "") + path.rest;
    const first = this.#owners.get(name);
    if (first) clashes.push({ name, span, first });
    else this.#owners.set(name, span);
    return clashes;
  }

  /** What is claimed in the fragment's own scope under a label: that does not move on when the fragment repeats. */
  get labelled(): readonly { readonly name: string; readonly span: Span }[] {
    return [...this.#owners].filter(([name]) => !/^\d/.test(name)).map(([name, span]) => ({ name, span }));
  }
}
