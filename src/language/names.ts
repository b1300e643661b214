// The names of one file: declarations and imports, exports, trains; then every declaration is walked.
// In: a parsed file, the modules its imports turned out to be. Out: the Module.
import { diagnostic, type Diagnostic, type Fix } from "../source/diagnostic.ts";
import { span, type Span } from "../source/text.ts";
import type { Block, Const, Export, Expression, File, Import, Model, Name, Train } from "./ast.ts";
import { isReserved } from "./builtins.ts";
import { exportsOf, isBroken, type Definition, type Module, type Reference } from "./program.ts";
import { suggest } from "./suggest.ts";
import { explainUnknown, refersToList, type Unknown } from "./unknown.ts";
import { duplicate, notDeclared, reserved, Walk } from "./walk.ts";

export interface ModuleParts {
  readonly file: File;
  /** Of parsing and loading. */
  readonly diagnostics: readonly Diagnostic[];
  /** What each import brought; null where it failed and that is reported. */
  readonly imports: ReadonlyMap<Import, Module | null>;
  readonly layers: ReadonlySet<string>;
  /** Block → library file, for the suggestion to import it. */
  readonly library: ReadonlyMap<string, string>;
  /** A layer's name elsewhere → its name here. */
  readonly foreign: ReadonlyMap<string, string>;
}

export function makeModule(parts: ModuleParts): Module {
  const { file } = parts;
  const names = new Map<string, Definition>();
  const references: Reference[] = [];
  const diagnostics = [...parts.diagnostics];
  const module: Module = { source: file.source, file, names, references, diagnostics };

  declareAll(module, parts, names, references, diagnostics);
  const importFix = (name: string): Fix | null => makeImportFix(file, name, parts.library.get(name));
  const unknown: Unknown[] = [];
  for (const d of file.declarations) {
    const walk = new Walk({ names, layers: parts.layers, references, diagnostics: isBroken(file, d) ? [] : diagnostics });
    walk.declaration(d);
    if (!isBroken(file, d)) unknown.push(...walk.unknown.filter((u) => !refersToList(u)));
  }
  diagnostics.push(...explainUnknown(unknown, { names, layers: parts.layers, foreign: parts.foreign, importFix }));
  for (const { name } of unknown) if (!names.has(name.text)) names.set(name.text, { kind: "missing", name: null }); // reported
  checkExports(file, references, diagnostics);
  checkTrains(file, names, references, diagnostics);
  references.sort((a, b) => a.use.start - b.use.start);
  diagnostics.sort((a, b) => (a.primary?.span.start ?? 0) - (b.primary?.span.start ?? 0));
  return module;
}

// ── declarations and imports ───────────────────────────────────────────────────────────────────────────────────────

function declareAll(module: Module, parts: ModuleParts, names: Map<string, Definition>, references: Reference[], diagnostics: Diagnostic[]): void {
  const first = new Map<string, Span>();
  const declare = (name: Name, definition: Definition): void => {
    const before = first.get(name.text);
    if (isReserved(name.text)) diagnostics.push(reserved(name));
    else if (before) diagnostics.push(duplicate(name, before));
    else {
      first.set(name.text, name.span);
      names.set(name.text, definition);
    }
  };
  for (const d of parts.file.declarations) {
    if (d.kind === "const" || d.kind === "block" || d.kind === "model") {
      declare(d.name, isBroken(parts.file, d) ? { kind: "missing", name: d.name.span } : own(module, d));
      references.push({ use: d.name.span, meaning: d.kind, definition: d.name.span });
    } else if (d.kind === "import") {
      const from = parts.imports.get(d) ?? null;
      if (d.namespace) declare(d.namespace, from ? { kind: "namespace", module: from, declaration: d } : { kind: "missing", name: null });
      for (const { name, as } of d.names) declare(as ?? name, from ? imported(from, name, as, references, diagnostics) : { kind: "missing", name: null });
    }
  }
  const known = (text: string): boolean => names.has(text) || parts.layers.has(text) || isReserved(text);
  for (const name of parts.file.broken.flatMap((b) => b.names)) if (!known(name.text)) names.set(name.text, { kind: "missing", name: name.span });
}

function own(module: Module, d: Const | Block | Model): Definition {
  if (d.kind === "const") return { kind: "const", module, declaration: d };
  return d.kind === "block" ? { kind: "block", module, declaration: d } : { kind: "model", module, declaration: d };
}

/** Only what a file itself declares can be imported from it: a name has one home. */
function imported(from: Module, name: Name, as: Name | null, references: Reference[], diagnostics: Diagnostic[]): Definition {
  const found = from.names.get(name.text);
  if (found?.kind === "missing") return found;
  if (!found || found.kind === "namespace" || found.module !== from) {
    const declared = [...from.names].filter(([, d]) => d.kind !== "missing" && d.module === from).map(([text]) => text);
    diagnostics.push(notDeclared(name, from.source.name, declared));
    return { kind: "missing", name: null };
  }
  const definition = found.declaration.name.span;
  for (const use of as ? [name, as] : [name]) references.push({ use: use.span, meaning: found.kind, definition });
  return found;
}

/** `import { basic } from "rn/resnet"`, into an import of that file that is already there, or below the last one, or above everything. */
export function makeImportFix(file: File, name: string, path: string | undefined): Fix | null {
  if (path === undefined || path === file.source.name) return null;
  const message = `import { ${name} } from "${path}"`;
  const imports = file.declarations.filter((d) => d.kind === "import");
  const same = imports.find((d) => d.from.parts[0] === path)?.names.at(-1);
  const at = same ? (same.as ?? same.name).span.end : (imports.at(-1)?.span.end ?? 0);
  const text = same ? `, ${name}` : imports.length > 0 ? `\n${message}` : `${message}\n\n`;
  return { message, edits: [{ span: span(file.source, at, at), text }] };
}

// ── exports and trains ─────────────────────────────────────────────────────────────────────────────────────────────

function checkExports(file: File, references: Reference[], diagnostics: Diagnostic[]): void {
  const seen = new Map<string, Name>();
  for (const { kind, name } of exportsOf(file)) {
    if (kind === "export") references.push({ use: name.span, meaning: "export", definition: name.span });
    const before = seen.get(name.text.toLowerCase());
    if (!before) seen.set(name.text.toLowerCase(), name);
    else if (before.text !== name.text) {
      const related = [{ span: before.span, message: "the other one" }];
      diagnostics.push(diagnostic("RN206", name.span, `the exports \`${before.text}\` and \`${name.text}\` differ only in case`, { related }));
    } else if (kind === "export") diagnostics.push(duplicate(name, before.span));
  }
}

function checkTrains(file: File, names: ReadonlyMap<string, Definition>, references: Reference[], diagnostics: Diagnostic[]): void {
  const exports = new Map(exportsOf(file).map((e) => [e.name.text, e]));
  const seen = new Map<string, Train>();
  for (const train of file.declarations.filter((d) => d.kind === "train")) {
    const key = train.target?.text ?? "";
    const at = train.target?.span ?? span(file.source, train.span.start, train.span.start + "train".length);
    const before = seen.get(key);
    if (before) {
      const related = [{ span: before.target?.span ?? before.span, message: "the first one" }];
      diagnostics.push(diagnostic("RN207", at, train.target ? `\`${key}\` has two train declarations` : "there are two train declarations for all exports", { related }));
    } else seen.set(key, train);
    const target = exports.get(key);
    if (train.target && !target && !file.broken.some((b) => b.names.some((n) => n.text === key))) {
      const meant = suggest(key, exports.keys());
      const help = meant ? [{ message: `did you mean \`${meant}\`?`, edits: [{ span: at, text: meant }] }] : [];
      diagnostics.push(diagnostic("RN207", at, `this file exports no \`${key}\``, { help }));
    }
    if (train.target && target) references.push({ use: at, meaning: "export", definition: target.name.span });
    const outputs = outputsOf(target ? [target] : [...exports.values()], names);
    for (const entry of train.entries) for (const stage of entry.stages) referTrain(stage, names, outputs, references);
  }
}

/** The outputs that losses can speak of, by name. */
function outputsOf(exports: readonly (Export | Model)[], names: ReadonlyMap<string, Definition>): ReadonlyMap<string, Span> {
  const models = exports.map((e) => {
    if (e.kind === "model") return e;
    const callee = e.value.kind === "call-expression" ? e.value.callee : e.value;
    const found = callee.kind === "name" ? names.get(callee.text) : undefined;
    return found?.kind === "model" ? found.declaration : null;
  });
  const outputs = models.flatMap((m) => m?.body.statements.filter((s) => s.kind === "output") ?? []);
  return new Map(outputs.map((o) => [o.name.text, o.name.span]));
}

/** Losses, optimizers and schedules have a vocabulary that training checks; consts and outputs are names of the program. */
function referTrain(e: Expression, names: ReadonlyMap<string, Definition>, outputs: ReadonlyMap<string, Span>, references: Reference[]): void {
  const deeper = (x: Expression): void => referTrain(x, names, outputs, references);
  if (e.kind === "name") {
    const output = outputs.get(e.text);
    const declared = names.get(e.text);
    if (output) references.push({ use: e.span, meaning: "output", definition: output });
    else if (declared?.kind === "const") references.push({ use: e.span, meaning: "const", definition: declared.declaration.name.span });
  } else if (e.kind === "call-expression") e.args.forEach((a) => a.value.kind !== "body" && deeper(a.value));
  else if (e.kind === "list") e.items.forEach(deeper);
  else if (e.kind === "unary") deeper(e.operand);
  else if (e.kind === "binary") [e.left, e.right].forEach(deeper);
  else if (e.kind === "conditional") [e.test, e.then, e.otherwise].forEach(deeper);
}
