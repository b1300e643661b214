// The open documents and their analyses, made once per version and once more where an imported document changes.
// In: texts by address. Law: an address is a URI and only compared, joined and taken apart here.
import { Analysis } from "../editor/analysis.ts";
import type { Load } from "../language/resolve.ts";
import type { Source } from "../source/text.ts";
import type { Host } from "./host.ts";

export interface Document {
  readonly uri: string;
  readonly version: number;
  readonly source: Source;
}

interface Known {
  readonly document: Document;
  readonly analysis: Analysis;
  /** Which state of all documents it was made in; what imports nothing from them does not depend on it. */
  readonly revision: number;
  readonly addresses: Map<string, string>;
}

export class Documents {
  readonly #host: Host;
  readonly #open = new Map<string, Document>();
  readonly #known = new Map<string, Known>();
  #revision = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  get all(): readonly Document[] {
    return [...this.#open.values()];
  }

  get(uri: string): Document | null {
    return this.#open.get(uri) ?? null;
  }

  set(uri: string, version: number, text: string): void {
    this.#open.set(uri, { uri, version, source: { name: nameOf(uri), text } });
    this.#revision++;
  }

  close(uri: string): void {
    this.#open.delete(uri);
    this.#known.delete(uri);
    this.#revision++;
  }

  /** Files on disk have changed. */
  touch(): void {
    this.#revision++;
  }

  /** Does the document's analysis read other documents or files? */
  imports(uri: string): boolean {
    return (this.#known.get(uri)?.addresses.size ?? 0) > 1;
  }

  /** Null where no such document is open. */
  analysis(uri: string): Analysis | null {
    const document = this.#open.get(uri);
    if (!document) return null;
    const known = this.#known.get(uri);
    if (known && known.document === document && (known.revision === this.#revision || known.addresses.size === 1)) return known.analysis;
    const addresses = new Map([[document.source.name, uri]]);
    const analysis = new Analysis(document.source, this.#loader(uri, addresses));
    this.#known.set(uri, { document, analysis, revision: this.#revision, addresses });
    return analysis;
  }

  /** Where the text of a span is, as the document's program knows it; null where an editor cannot open it. */
  addressOf(uri: string, source: Source): string | null {
    return this.#known.get(uri)?.addresses.get(source.name) ?? this.#host.addressOf(source.name);
  }

  /** Open documents first, then what the host has. */
  #loader(root: string, addresses: Map<string, string>): Load {
    return (path, importer) => {
      const from = addresses.get(importer.name) ?? root;
      const found = this.#opened(path, from, root) ?? this.#host.read(path, from, root);
      if ("problem" in found) {
        addresses.set(`${path} (missing)`, root);
        return found;
      }
      const name = found.uri === root ? nameOf(root) : relative(found.uri, root);
      addresses.set(name, found.uri);
      return { source: { name, text: found.text } };
    };
  }

  #opened(path: string, from: string, root: string): { readonly uri: string; readonly text: string } | null {
    const uri = join(path, from);
    const found = uri !== null && uri.startsWith(folder(root)) ? this.#open.get(uri) : undefined;
    return found ? { uri: found.uri, text: found.source.text } : null;
  }
}

function folder(uri: string): string {
  return uri.slice(0, uri.lastIndexOf("/") + 1);
}

/** The file's name, as messages call it. */
export function nameOf(uri: string): string {
  return decode(uri.slice(uri.lastIndexOf("/") + 1)) || "model.rn";
}

function relative(uri: string, root: string): string {
  return uri.startsWith(folder(root)) ? decode(uri.slice(folder(root).length)) : uri;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a relative path means beside a document; null where that cannot be said. */
export function join(path: string, from: string): string | null {
  try {
    return new URL(path, from).href;
  } catch {
    return null;
  }
}
