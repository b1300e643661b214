// The parameters of the call that the cursor is in, and which of them is being written.
import type { Analysis } from "./analysis.ts";
import { docOf, meaningOf, parametersFor, signatureOf, type Parameter } from "./callee.ts";
import { openCallAt, type OpenCall } from "./cursor.ts";

export interface Signature {
  readonly text: string;
  readonly doc: string;
  readonly parameters: readonly Parameter[];
  /** Null where it is none of them. */
  readonly active: number | null;
}

export function signature(analysis: Analysis, offset: number): Signature | null {
  const call = openCallAt(analysis.source, offset);
  const known = call && meaningOf(call.path, analysis.module);
  if (!call || !known) return null;
  const parameters = parametersFor(known);
  return { text: signatureOf(known), doc: docOf(known), parameters, active: active(call, parameters, analysis.source.text.slice(0, offset)) };
}

function active({ given, index }: OpenCall, parameters: readonly Parameter[], before: string): number | null {
  const named = /([A-Za-z_][A-Za-z0-9_]*)\s*=[^=,(]*$/.exec(before)?.[1];
  const i = named === undefined ? -1 : parameters.findIndex((p) => p.name === named);
  if (i >= 0) return i;
  const free = parameters.flatMap((p, k) => (p.positional && !given.includes(p.name) ? [k] : []));
  return free[given.slice(0, index).filter((g) => g === null).length] ?? null;
}
