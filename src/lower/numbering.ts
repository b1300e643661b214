// Parameter scopes: in each, unlabelled layers and blocks are numbered in the order written; labels take no number (rule 9).
import type { Path } from "./fragment.ts";

export class Numbering {
  /** The scope itself; a name in it is its path, a dot, the label or number. Null: the fragment's own scope. */
  readonly path: Path | null;
  /** The next number. */
  next = 0;

  constructor(path: Path | null = null) {
    this.path = path;
  }

  /** The path of a layer or block that stands here. */
  take(label: string | null): Path {
    const name = label ?? this.next++;
    if (this.path) return { number: this.path.number, rest: `${this.path.rest}.${name}` };
    return typeof name === "number" ? { number: name, rest: "" } : { number: null, rest: name };
  }

  /** The scope that a label opens; without a label braces are transparent. */
  inside(label: string | null): Numbering {
    return label === null ? this : new Numbering(this.take(label));
  }
}
