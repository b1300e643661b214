// Model parameters from outside: `-D n=200`. The text is an expression of the language, read in the entry file's surroundings.
// Law: a define overrides what the export says and every model that has the parameter; one that no model has is a mistake.
import { parseExpression } from "../language/parse.ts";
import type { Module } from "../language/program.ts";
import { suggest } from "../language/suggest.ts";
import { thereAre } from "../source/words.ts";
import type { Session } from "./context.ts";
import { atFile, evaluate } from "./evaluate.ts";
import type { Instance } from "./model.ts";
import { isPoison, type Bound } from "./value.ts";

export interface Define extends Bound {
  readonly name: string;
}

/** Evaluates the texts; those that are no expressions are reported and left out. */
export function readDefines(texts: ReadonlyMap<string, string>, entry: Module, session: Session): readonly Define[] {
  return [...texts].flatMap(([name, text]) => {
    const { expression, diagnostics } = parseExpression({ name: "-D", text });
    if (diagnostics.length > 0) {
      session.report.add("RN505", null, `-D ${name}: \`${text}\` is not an expression`, { help: ["as in -D n=9, -D via=project or -D 'depths=[3, 4, 6, 3]'"] });
      return [];
    }
    const value = evaluate(expression, atFile(entry, null, session));
    return isPoison(value) ? [] : [{ name, value, span: expression.span }];
  });
}

/** Reports the defines that none of the models has a parameter for. */
export function checkDefines(defines: readonly Define[], models: readonly Instance[], session: Session): void {
  const known = new Set(models.flatMap((m) => m.callee.declaration.params.map((p) => p.name.text)));
  for (const { name } of defines) {
    if (known.has(name) || models.length === 0) continue;
    const near = suggest(name, known);
    const help = near ? `did you mean ${near}?` : known.size > 0 ? thereAre([...known]) : "the models have no parameters";
    session.report.add("RN503", null, `no exported model has a parameter \`${name}\``, { help: [help] });
  }
}

/** The model with the defines it has parameters for. */
export function withDefines({ callee, bound }: Instance, defines: readonly Define[]): Instance {
  const own = defines.filter((d) => callee.declaration.params.some((p) => p.name.text === d.name));
  return { callee, bound: new Map([...bound, ...own.map((d) => [d.name, d] as const)]) };
}
