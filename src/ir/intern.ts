// A table in which equal things are one object for as long as anybody holds it, and which forgets what nobody holds: a server
// that compiles for months does not grow, and what it compiles does not depend on what it compiled before.

export class Interner<T extends object> {
  readonly #table = new Map<string, WeakRef<T>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (!this.#table.get(key)?.deref()) this.#table.delete(key);
  });

  /** The object of that key; made where there is none. */
  get(key: string, make: () => T): T {
    const known = this.#table.get(key)?.deref();
    if (known) return known;
    const made = make();
    this.#table.set(key, new WeakRef(made));
    this.#gone.register(made, key);
    return made;
  }
}
