// What names mean inside one declaration: parameters, running variables and values, innermost first, then the file's, then the language's own.
// Law: a value is seen from where it is named to the end of its `for`, inline block, block or model; a list (`as v[i]`) in the whole block.
import type { Span } from "../source/text.ts";
import type { Name } from "./ast.ts";
import type { Meaning } from "./program.ts";

export interface Local {
  readonly meaning: Extract<Meaning, "parameter" | "variable" | "value">;
  readonly span: Span;
  readonly list: boolean;
}

/**
 * `block`: a block, a model or an inline block; `loop`: the body of a `for`.
 * `branch`: one side of an `if`. Its names belong to the scope around it, but the two sides may name the same thing.
 */
type ScopeKind = "block" | "loop" | "branch";

export class Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | null;
  private readonly locals = new Map<string, Local>();

  constructor(kind: ScopeKind, parent: Scope | null) {
    this.kind = kind;
    this.parent = parent;
  }

  find(name: string): Local | null {
    for (let s: Scope | null = this; s; s = s.parent) {
      const local = s.locals.get(name);
      if (local) return local;
    }
    return null;
  }

  /** Declares a name; what already has it in this scope, where that is a mistake. */
  declare(name: Name, meaning: Local["meaning"], list = false): Local | null {
    const home = list ? this.block() : this;
    const before = home.declared(name.text);
    if (before) return before.list && list ? null : before;
    home.locals.set(name.text, { meaning, span: name.span, list });
    return null;
  }

  /** Ends the sides of an `if`: what they named is known from here on. Out: what later sides name again, with the first of that name. */
  adopt(branches: readonly Scope[]): readonly { readonly again: Local; readonly first: Local }[] {
    return branches.flatMap((branch) => [...branch.locals].flatMap(([name, local]) => {
      const first = this.locals.get(name);
      if (!first) this.locals.set(name, local);
      return first ? [{ again: local, first }] : [];
    }));
  }

  /** Every name that `find` would find. */
  *visible(): Iterable<string> {
    for (let s: Scope | null = this; s; s = s.parent) yield* s.locals.keys();
  }

  private block(): Scope {
    let s: Scope = this;
    while (s.kind !== "block" && s.parent) s = s.parent;
    return s;
  }

  private declared(name: string): Local | null {
    for (let s: Scope = this; ; s = s.parent) {
      const local = s.locals.get(name);
      if (local) return local;
      if (s.kind !== "branch" || !s.parent) return null;
    }
  }
}
