// A resolved program → its exports as fragments: the language's compile time. In: a program, the layers, what is set from outside.
// Out: the exports without mistakes, every export's fragment (for the editor), diagnostics. Law: never throws on any program, and ends soon.
import type { Composite } from "../ir/op.ts";
import type { Export, Model } from "../language/ast.ts";
import { exportsOf, type Program } from "../language/program.ts";
import { suggest } from "../language/suggest.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { isStackOverflow } from "../source/overflow.ts";
import { span, type Span } from "../source/text.ts";
import { thereAre } from "../source/words.ts";
import { elaborateBody } from "./body.ts";
import { count, type Session } from "./context.ts";
import { checkDefines, readDefines, withDefines, type Define } from "./defines.ts";
import type { Fragment, Totals } from "./fragment.ts";
import { evaluateFile } from "./evaluate.ts";
import { Keys } from "./keys.ts";
import { limits } from "./limits.ts";
import { elaborateModel, modelOf, type ElaboratedModel, type Instance } from "./model.ts";
import { Reporter, Stop, type Mistake } from "./report.ts";
import { checkTrain } from "./train.ts";
import { poison } from "./value.ts";
import type { TrainSpec } from "./vocabulary.ts";

export interface ElaborateOptions {
  readonly layers: ReadonlyMap<string, Composite>;
  /** Every skip is `skip(none)`. */
  readonly plain?: boolean;
  /** Model parameters from outside, as expressions: n → "200". */
  readonly defines?: ReadonlyMap<string, string>;
  /** Elaborate this export alone. */
  readonly only?: string;
}

export interface ElaboratedExport {
  readonly name: string;
  readonly doc: string | null;
  readonly span: Span;
  /** The path after `from`, as written. */
  readonly from: { readonly path: string; readonly span: Span } | null;
  readonly train: TrainSpec | null;
  readonly model: ElaboratedModel;
  readonly totals: Totals;
}

export interface Elaboration {
  readonly exports: readonly ElaboratedExport[];
  /** The models of all exports by name, also of failed ones as far as they went: for shapes in the editor. */
  readonly models: ReadonlyMap<string, Fragment>;
  /** Of elaboration alone; the program has its own. */
  readonly diagnostics: readonly Diagnostic[];
}

export function elaborate(program: Program, options: ElaborateOptions): Elaboration {
  const report = new Reporter(program.diagnostics);
  const session: Session = {
    layers: options.layers, plain: options.plain ?? false, report, keys: new Keys(), memo: new Map(), usages: new Map(), constants: new Map(), defaults: new Map(),
    models: new Map(), calls: [], work: { steps: 0, together: 0, depth: 0 }, body: elaborateBody,
  };
  for (const module of program.modules) attempt("", span(module.source, 0, 0), session, () => evaluateFile(module, session));
  const wanted = selected(program, options.only, session);
  const spans = new Map(wanted.map((d) => [d.name.text, d.span]));
  const defines = readDefines(options.defines ?? new Map(), program.entry, session);
  const instances = wanted.map((d) => ({ declaration: d, ...attempt(d.name.text, d.name.span, session, () => modelOf(d, program.entry, session)) }));
  checkDefines(defines, instances.flatMap((i) => i.made ?? []), session);
  const exports = instances.flatMap(({ declaration, made }) => made ? (elaborateExport(declaration, made, defines, program, session) ?? []) : []);
  return { exports, models: session.models, diagnostics: report.finish(spans) };
}

/** The exports to elaborate; none, and a message, where `only` names no export. */
function selected(program: Program, only: string | undefined, { report }: Session): readonly (Export | Model)[] {
  const all = exportsOf(program.entry.file);
  if (only === undefined) return all;
  const found = all.filter((d) => d.name.text === only);
  if (found.length === 0) {
    const near = suggest(only, all.map((d) => d.name.text));
    const names = all.map((d) => d.name.text);
    report.add("RN504", null, `there is no export \`${only}\``, { help: [near ? `did you mean ${near}?` : names.length > 0 ? thereAre(names) : "the program exports nothing"] });
  }
  return found;
}

/** The result of `work` and whether it went without mistakes. What happens in no export has no name. */
function attempt<T>(name: string, at: Span, session: Session, work: () => T): { readonly made: T | null; readonly clean: boolean } {
  const { report } = session;
  const mistakes = new Set<Mistake>();
  report.enter(name);
  session.work.steps = 0;
  try {
    const made = report.record(mistakes, work);
    return { made, clean: ![...mistakes].some((m) => m.diagnostic.severity === "error") };
  } catch (e) {
    if (isStackOverflow(e)) overflown(at, session);
    else if (!(e instanceof Stop)) throw e;
    return { made: null, clean: false };
  }
}

/** Where the stack is full, a `finally` may overflow too: what is still open is closed here. */
function overflown(at: Span, session: Session): void {
  session.work.depth = 0;
  session.calls.length = 0;
  session.report.reset();
  for (const [id, memo] of session.memo) if (memo === "open") session.memo.delete(id);
  for (const [c, value] of session.constants) if (value === "open") session.constants.set(c, poison);
  session.report.add("RN604", at, "this is nested too deeply for the stack there is");
}

/** Said once: which exports come too late is a matter of their order. */
function tooMuch({ report }: Session): never {
  report.add("RN603", null, `the exports of this program need more than ${count(limits.together)} steps together to be written out`, { help: ["several files, or --only, make some of them at a time"] });
  throw new Stop();
}

function elaborateExport(d: Export | Model, instance: Instance, defines: readonly Define[], program: Program, session: Session): ElaboratedExport | null {
  const { made, clean } = attempt(d.name.text, d.name.span, session, () => {
    if (session.work.together > limits.together) tooMuch(session);
    const model = elaborateModel(d.name.text, withDefines(instance, defines), d.span, session);
    return model && { model, train: checkTrain(d.name.text, model, program.entry, session) };
  });
  if (!made || !clean) return null;
  const [path] = (d.kind === "export" && d.from?.parts) || [];
  const from = d.kind === "export" && typeof path === "string" ? { path, span: d.from!.span } : null;
  const doc = d.doc ?? instance.callee.declaration.doc;
  return { name: d.name.text, doc, span: d.span, from, train: made.train, model: made.model, totals: made.model.fragment.totals };
}
