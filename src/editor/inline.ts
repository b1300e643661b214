// A block written out where it is called. Its parameters become what they are given, `in` becomes a name for what flows in.
// Law: braces with a label open the scope that the call with that label opened: parameters keep their names. A call without a label
// had a number, which braces cannot have: its parameters are numbered in the scope around it.
import type { Argument, Block, Body, Call, Expression, Parameter } from "../language/ast.ts";
import type { Reference } from "../language/program.ts";
import { spanText } from "../source/text.ts";
import type { Edit } from "../source/diagnostic.ts";
import type { Analysis } from "./analysis.ts";
import { assigned, meaningOf, parametersFor } from "./callee.ts";
import { callableAt, freeName, hasDefaultsBefore, indentation, inside, isLocal, reindented, rewritten, usesIn, type Refactoring } from "./rewrite.ts";
import { pathAt } from "./tree.ts";

/** Null where no block of this file is called there, or other defaults hold there than in the block. */
export function inlining(analysis: Analysis, offset: number): Refactoring | null {
  const { module, file } = analysis;
  const call = pathAt(file, offset).findLast((n): n is Call => n.kind === "call");
  const known = call?.name.some((n) => n.span.start <= offset && offset <= n.span.end) ? meaningOf(call.name, module) : null;
  const caller = callableAt(module, offset);
  if (!call || !caller || known?.kind !== "block" || known.module !== module || call.branches) return null;
  const { declaration } = known;
  const [first, second] = [declaration.span.start, caller.span.start].sort((a, b) => a - b) as [number, number];
  const differs = file.declarations.some((d) => d.kind === "default" && first < d.span.start && d.span.start < second);
  if (differs || hasDefaultsBefore(caller, call.span.start)) return null;
  const text = writtenOut(declaration, call, analysis);
  return text === null ? null : { kind: "inline", title: `Inline block \`${declaration.name.text}\``, edits: [{ span: call.span, text }] };
}

/** The body as braces; null where a name of the file would mean something else at the call. */
function writtenOut(block: Block, call: Call, { module, source }: Analysis): string | null {
  const caller = callableAt(module, call.span.start)!;
  const callersNames = new Set(usesIn(module, caller.span).filter(isLocal).map((r) => spanText(r.use)));
  const uses = usesIn(module, block.span);
  const inBody = uses.filter((r) => inside(r.use, block.body.span));
  if (uses.some((r) => !isLocal(r) && r.meaning !== "in" && callersNames.has(spanText(r.use)))) return null;

  const taken = new Set<string>();
  const fresh = (stem: string): string => {
    const name = freeName(stem, module, taken);
    taken.add(name);
    return name;
  };
  let inlet: string | null = null; // what flows in, where something asks for it
  const meant = new Map<number, string>(); // by definition
  const replaced = (r: Reference): readonly Edit[] => {
    if (r.meaning === "in") return [{ span: r.use, text: (inlet ??= fresh("x")) }];
    const text = r.definition ? meant.get(r.definition.start) : undefined;
    return text === undefined || !isLocal(r) ? [] : [{ span: r.use, text }];
  };
  const given = argumentsOf(block, call, module);
  for (const [i, p] of block.params.entries()) {
    const own = given[i];
    const value = own?.value ?? p.fallback;
    if (!value) return null;
    const text = own ? spanText(value.span) : rewritten(value.span, usesIn(module, value.span).flatMap(replaced));
    meant.set(p.name.span.start, isSimple(value) ? text : `(${text})`);
  }
  for (const r of inBody) {
    const name = spanText(r.use);
    if (isLocal(r) && r.definition!.start === r.use.start && callersNames.has(name)) meant.set(r.use.start, fresh(name));
  }
  const body = rewritten(block.body.span, inBody.flatMap(replaced));
  const [from, to] = [indentation(source, block.span.start), indentation(source, call.span.start)];
  return reindented(inlet === null ? body : named(body, inlet), from, to);
}

/** By parameter. */
function argumentsOf(block: Block, call: Call, module: Analysis["module"]): readonly (Argument | undefined)[] {
  const args = call.args ?? [];
  const to = assigned(args, parametersFor({ kind: "block", module, declaration: block }));
  return block.params.map((p: Parameter) => args[to.findIndex((t) => t?.name === p.name.text)]);
}

/** May it stand where a name stood, without parentheses? */
function isSimple({ kind }: Expression | Body): boolean {
  return kind !== "unary" && kind !== "binary" && kind !== "conditional";
}

/** Braces that begin by naming what flows in. */
function named(body: string, name: string): string {
  const inner = body.slice(1, -1);
  return /^[ \t]*\n/.test(inner) ? `{\n  as ${name}${inner.replace(/^[ \t]*/, "")}}` : `{\n  as ${name}\n  ${inner.trim()}\n}`;
}
