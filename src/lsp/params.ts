// Parameters of requests, from clients whose types nobody checks: what a feature reads is there, or the answer says what is missing.

export type Need = "position" | "range" | "positions";

const point = (p: unknown): boolean => isObject(p) && isNumber(p["line"]) && isNumber(p["character"]);
const needs: { readonly [N in Need]: { readonly form: string; has(p: unknown): boolean } } = {
  position: { form: "{ line, character }", has: point },
  range: { form: "{ start: { line, character }, end: { line, character } }", has: (p) => isObject(p) && point(p["start"]) && point(p["end"]) },
  positions: { form: "[{ line, character }, …]", has: (p) => Array.isArray(p) && p.every(point) },
};

/** Null where the document and all that is needed is there; else what is missing, in words. */
export function missingParam(params: unknown, needed: readonly Need[]): string | null {
  const given = isObject(params) ? params : {};
  if (!isObject(given["textDocument"]) || typeof given["textDocument"]["uri"] !== "string") return "params need textDocument: { uri }";
  const missing = needed.find((n) => !needs[n].has(given[n]));
  return missing === undefined ? null : `params need ${missing}: ${needs[missing].form}`;
}

function isObject(p: unknown): p is { readonly [key: string]: unknown } {
  return typeof p === "object" && p !== null;
}

/** Null is what becomes of a number that JSON does not have. */
function isNumber(n: unknown): boolean {
  return typeof n === "number" || n === null;
}
