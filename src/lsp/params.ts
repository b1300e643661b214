// Parameters, from clients whose types nobody checks: what is read of them is there, or it is said what is missing.

const needs = {
  textDocument: { form: "{ uri }", has: (p) => isObject(p) && isText(p["uri"]) },
  "textDocument.version": { form: "a number", has: (p) => typeof p === "number" },
  "textDocument.text": { form: "a text", has: isText },
  contentChanges: { form: "[{ text, range? }, …]", has: (p) => Array.isArray(p) && p.every(isChange) },
  position: { form: "{ line, character }", has: isPoint },
  range: { form: "{ start: { line, character }, end: { line, character } }", has: isRange },
  positions: { form: "[{ line, character }, …]", has: (p) => Array.isArray(p) && p.every(isPoint) },
  newName: { form: "a text", has: isText },
  query: { form: "a text", has: isText },
} as const satisfies { readonly [path: string]: { readonly form: string; has(p: unknown): boolean } };

/** Where it stands in the parameters. */
export type Need = keyof typeof needs;

/** Null where all that is needed is there; else what is missing, in words. */
export function missingParam(params: unknown, needed: readonly Need[]): string | null {
  const missing = needed.find((n) => !needs[n].has(n.split(".").reduce(member, params)));
  return missing === undefined ? null : `params need ${missing}: ${needs[missing].form}`;
}

export function isObject(p: unknown): p is { readonly [key: string]: unknown } {
  return typeof p === "object" && p !== null;
}

function member(of: unknown, name: string): unknown {
  return isObject(of) ? of[name] : undefined;
}

function isPoint(p: unknown): boolean {
  return isObject(p) && isNumber(p["line"]) && isNumber(p["character"]);
}

function isRange(p: unknown): boolean {
  return isObject(p) && isPoint(p["start"]) && isPoint(p["end"]);
}

function isChange(p: unknown): boolean {
  return isObject(p) && isText(p["text"]) && ((p["range"] ?? null) === null || isRange(p["range"]));
}

function isText(p: unknown): boolean {
  return typeof p === "string";
}

/** Null is what becomes of a number that JSON does not have. */
function isNumber(n: unknown): boolean {
  return typeof n === "number" || n === null;
}
