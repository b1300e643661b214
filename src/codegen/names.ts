// How names from a program get into generated code: the only three ways. Whatever the name, the text stays one identifier, one
// string literal or one comment. Identifiers and literals are ASCII; comments keep letters and signs of other scripts, but no « or »
// (code.ts reads those). Law: for any input the result cannot end what it stands in.

/** Words that cannot name a value in a module, and names that every generated module uses itself. */
const reserved: ReadonlySet<string> = new Set(
  (
    "abstract any arguments as async await boolean break case catch class const constructor continue debugger declare default delete do else " +
    "enum eval export extends false finally for from function get if implements import in infer instanceof interface is keyof let module " +
    "namespace never new null number object of package private protected public readonly require return set static string super switch " +
    "symbol this throw true try type typeof undefined unique unknown var void while with yield NaN Infinity globalThis Object Math"
  ).split(" "),
);

/** An identifier that resembles the name: what is not a letter, digit or _ becomes _. Two names may give one identifier. */
export function ident(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 100);
  return plain === "" || /^[0-9]/.test(plain) || plain.startsWith("__") || reserved.has(plain) ? `_${plain.replace(/^_+/, "")}` : plain;
}

/** Can the name stand as it is: after a dot, as a key, as a variable? */
export function isIdent(name: string): boolean {
  return name !== "" && ident(name) === name;
}

/** A string literal in double quotes. `<`, `>` and everything outside printable ASCII are escaped: safe in HTML and in any encoding. */
export function jsString(text: string): string {
  return `"${escapeText(text, /["\\<>]|[^\x20-\x7e]/g)}"`;
}

/** A template literal; `{}` in the text stands for the expressions, in order. */
export function jsTemplate(text: readonly string[], expressions: readonly string[]): string {
  const part = (t: string): string => escapeText(t, /[`$\\<>]|[^\x20-\x7e]/g);
  return `\`${text.map((t, i) => part(t) + (i < expressions.length ? `\${${expressions[i]}}` : "")).join("")}\``;
}

/** A key of an object literal or a type. `__proto__` is computed, so that it is a key like any other. */
export function jsKey(name: string): string {
  if (name === "__proto__") return `["__proto__"]`;
  return isIdent(name) ? name : jsString(name);
}

/** Names that differ: the one asked for, or with the first number behind it that is free. None is ever given back. */
export class FreeNames {
  readonly #used: Set<string>;
  /** By label: the number tried last. A module may have 10,000 names of one label. */
  readonly #last = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#used = new Set(taken);
  }

  take(label: string): string {
    let name = label;
    let i = this.#last.get(label) ?? 1;
    while (this.#used.has(name)) name = `${label}_${++i}`;
    this.#last.set(label, i);
    this.#used.add(name);
    return name;
  }
}

/** Text for a comment: one line, without the end of a comment in it, and without « and ». */
export function comment(text: string): string {
  return text.replace(/[^\x20-\x7e→]/g, (c) => (/[\p{L}\p{N}\p{P}\p{S}]/u.test(c) && !/[«»]/.test(c) ? c : " ")).replace(/\*\//g, "* /").replace(/<\/|<!--|-->/g, (t) => t.split("").join(" "));
}

function escapeText(text: string, what: RegExp): string {
  return text.replace(what, (c) => {
    if (c === '"' || c === "\\" || c === "`" || c === "$") return `\\${c}`;
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
