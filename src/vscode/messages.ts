// What the extension and the page in its panel tell each other.
import type { Point, Range } from "../lsp/convert.ts";
import type { GraphResult } from "../lsp/graphs.ts";

export type ToPanel =
  | { readonly kind: "graph"; readonly result: GraphResult<Range> }
  | { readonly kind: "cursor"; readonly at: Point };

export type FromPanel =
  /** The page listens. */
  | { readonly kind: "ready" }
  | { readonly kind: "choose"; readonly name: string }
  | { readonly kind: "select"; readonly range: Range };
