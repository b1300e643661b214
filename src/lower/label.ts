// Labels: the names that parameter scopes are given (rule 9).
import type { LabelNode } from "../language/ast.ts";
import { complain, type Context } from "./context.ts";
import { interpolate } from "./evaluate.ts";
import { limits } from "./limits.ts";
import { printValue } from "./value.ts";

/** A label's text; null where there is none, or none that can be one (reported). Numbers are for what has no label. */
export function labelOf(node: LabelNode | null, context: Context): string | null {
  if (!node) return null;
  const text = interpolate(node.parts, node.span, context);
  if (typeof text !== "string") return null;
  if (/^[^\d.\p{Cc}][^.\p{Cc}]*$/u.test(text) && text.length <= limits.label) return text;
  const rule = `a label has 1 to ${limits.label} characters, no dot, and does not begin with a digit`;
  complain(context, "RN220", node.span, `${printValue(text)} cannot be a label`, { help: [rule] });
  return null;
}
