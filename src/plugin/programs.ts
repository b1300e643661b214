// Programs as imports ask for them, compiled once for all of their parts, and again when a file that they were made of has changed.
import { statSync } from "node:fs";
import { openImported, type Imported } from "../cli/imported.ts";
import type { PluginOptions } from "./options.ts";
import type { Request } from "./request.ts";

export class Programs {
  readonly #options: PluginOptions;
  readonly #opened = new Map<string, { readonly opened: Imported; readonly state: string }>();

  constructor(options: PluginOptions) {
    this.#options = options;
  }

  /**
   * While the program is being edited (`editing`), weights that do not fit it any more are a warning. Throws a CommandError where a file cannot be
   * read, a RangeError where an option gives what is not there.
   */
  open({ path, query, options }: Request, editing: boolean): Imported {
    const key = `${path}?${query}`;
    const known = this.#opened.get(key);
    if (known && known.opened.exports.length > 0 && known.state === stateOf(known.opened.files)) return known.opened; // what lacks a file is read again
    const { inlineWeights = false, declarations: _, ...all } = this.#options;
    const opened = openImported(path, { ...all, ...options }, { inlineWeights, editing });
    this.#opened.set(key, { opened, state: stateOf(opened.files) });
    return opened;
  }
}

/** Changes when a file does. */
function stateOf(files: readonly string[]): string {
  return files.map((f) => {
    const stats = statSync(f, { throwIfNoEntry: false });
    return `${f}\0${stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : ""}`;
  }).join("\0");
}
