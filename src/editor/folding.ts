// What can be folded away, and what grows when a selection grows.
import type { Comment } from "../language/ast.ts";
import { position, span, type Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";
import { everything, pathAt } from "./tree.ts";

export interface Fold {
  readonly kind: "region" | "comment" | "imports";
  /** Zero-based lines; the first one stays visible. */
  readonly start: number;
  readonly end: number;
}

export function folds({ file, source }: Analysis): readonly Fold[] {
  const line = (offset: number): number => position(source, offset).line;
  const found = new Map<number, Fold>(); // by first line: the outermost
  const add = (kind: Fold["kind"], start: number, end: number): void => {
    if (end > start && !found.has(start)) found.set(start, { kind, start, end });
  };
  const imports = file.declarations.filter((d) => d.kind === "import");
  if (imports.length > 1) add("imports", line(imports[0]!.span.start), line(imports.at(-1)!.span.end));
  for (const d of file.declarations) for (const { span: s } of everything(d)) add("region", line(s.start), line(s.end) - 1);
  for (const run of runs(file.comments, line)) add("comment", run[0], run[1]);
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** Comments on lines of their own, one below the other. */
function runs(comments: readonly Comment[], line: (offset: number) => number): readonly (readonly [number, number])[] {
  const out: [number, number][] = [];
  for (const { span: { source, start } } of comments) {
    const at = line(start);
    const alone = /(^|[\n\r])[ \t]*$/.test(source.text.slice(Math.max(0, start - 200), start));
    const last = out.at(-1);
    if (alone && last && last[1] === at - 1) last[1] = at;
    else if (alone) out.push([at, at]);
  }
  return out;
}

/** Innermost first: the word, then every node around it, then the whole text. */
export function selections({ file, source }: Analysis, offset: number): readonly Span[] {
  const before = /[A-Za-z0-9_]*$/.exec(source.text.slice(0, offset))![0].length;
  const after = /^[A-Za-z0-9_]*/.exec(source.text.slice(offset))![0].length;
  const word = span(source, offset - before, offset + after);
  const around = pathAt(file, offset).map((n) => n.span).reverse();
  const all = [word, ...around, span(source, 0, source.text.length)];
  return all.filter((s, i) => i === 0 || (s.start <= all[i - 1]!.start && s.end >= all[i - 1]!.end && s.end - s.start > all[i - 1]!.end - all[i - 1]!.start));
}
