// Finds the meaning of every name in a declaration. In: a declaration and what the file can see. Out: references and diagnostics.
// Law: one message for one mistake: a name that is unknown, or whose import failed, is passed over wherever else it matters.
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import type { Argument, Block, Body, Call, Declaration, Default, Expression, Flow, For, If, LabelNode, Model, Name, Statement, StringLiteral, Target } from "./ast.ts";
import { isFunction, isMerge, isReserved, isWord, withoutPad } from "./builtins.ts";
import type { Definition, Meaning, Reference } from "./program.ts";
import { Scope, type Local } from "./scope.ts";
import { suggest } from "./suggest.ts";
import type { Unknown } from "./unknown.ts";

/** What a file gives to its declarations. */
export interface Surroundings {
  readonly names: ReadonlyMap<string, Definition>;
  readonly layers: ReadonlySet<string>;
  readonly references: Reference[];
  readonly diagnostics: Diagnostic[];
}

export class Walk {
  /** What means nothing where it stands; only when the whole declaration has been read is it clear why. */
  readonly unknown: Unknown[] = [];
  private readonly around: Surroundings;
  private scope = new Scope("block", null);

  constructor(around: Surroundings) {
    this.around = around;
  }

  declaration(d: Declaration): void {
    switch (d.kind) {
      case "block": case "model": return this.callable(d);
      case "const": case "export": return this.expression(d.value);
      case "default": return this.default(d);
      case "import": case "train": return; // names.ts reads them
      default: throw d satisfies never;
    }
  }

  private callable(d: Block | Model): void {
    for (const p of d.params) {
      if (p.fallback) this.value(p.fallback);
      this.declare(p.name, "parameter");
    }
    this.statements(d.body);
  }

  private default(d: Default): void {
    if (this.around.layers.has(d.layer.text)) this.refer(d.layer.span, "layer", null);
    else this.name(d.layer.text, d.layer.span, true); // whatever else it is, elaboration says that it has no defaults
    this.arguments(d.args, null);
  }

  // ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────

  private within(scope: Scope, read: () => void): Scope {
    const outer = this.scope;
    this.scope = scope;
    read();
    this.scope = outer;
    return scope;
  }

  private statements(body: Body): void {
    for (const s of body.statements) this.statement(s);
  }

  private statement(s: Statement): void {
    switch (s.kind) {
      case "input":
        this.expression(s.shape);
        return this.declare(s.name, "value");
      case "output":
        if (s.value) this.flow(s.value);
        if (s.shape) this.expression(s.shape);
        return;
      case "default": return this.default(s);
      case "let":
        this.flow(s.value);
        return this.target(s.target);
      case "tap": return this.target(s.target);
      case "for": return this.loop(s);
      case "if": return this.branches(s);
      case "flow": return this.flow(s);
      default: throw s satisfies never;
    }
  }

  private loop(s: For): void {
    if (s.label) this.label(s.label);
    this.expression(s.list);
    this.within(new Scope("loop", this.scope), () => {
      this.declare(s.item, "variable");
      if (s.index) this.declare(s.index, "variable");
      this.statements(s.body);
    });
  }

  private branches(first: If): void {
    const sides: Scope[] = [];
    const side = (body: Body): void => void sides.push(this.within(new Scope("branch", this.scope), () => this.statements(body)));
    if (first.label) this.label(first.label);
    for (let s: If | Body | null = first; s; s = s.kind === "if" ? s.otherwise : null) {
      if (s.kind === "if") this.expression(s.condition);
      side(s.kind === "if" ? s.then : s);
    }
    const { references } = this.around;
    for (const { again, first: { span } } of this.scope.adopt(sides)) {
      const i = references.findLastIndex((r) => r.use === again.span);
      references[i] = { ...references[i]!, same: span };
    }
  }

  private flow(flow: Flow): void {
    for (const step of flow.steps) {
      if (step.label) this.label(step.label);
      if (step.what.kind === "call") this.call(step.what);
      else if (step.what.kind === "body") this.statements(step.what);
      else this.expression(step.what);
      if (step.times) this.expression(step.times);
      if (step.as) this.target(step.as);
    }
  }

  private call(call: Call): void {
    const [first, second] = call.name;
    const callee = this.name(first!.text, first!.span, true);
    const member = second && callee?.kind === "namespace" ? this.member(callee, second) : callee;
    if (call.index) this.expression(call.index);
    if (call.args) this.arguments(call.args, member);
    for (const branch of call.branches ?? []) this.statements(branch);
  }

  private target(t: Target): void {
    if (t.index) this.expression(t.index);
    this.declare(t.name, "value", t.index !== null);
  }

  private label(label: LabelNode): void {
    this.parts(label.parts);
  }

  private declare(name: Name, meaning: Local["meaning"], list = false): void {
    if (isReserved(name.text)) return void this.around.diagnostics.push(reserved(name));
    const known = list ? this.scope.find(name.text) : null;
    const before = this.scope.declare(name, meaning, list);
    if (before) this.around.diagnostics.push(duplicate(name, before.span));
    else this.refer(name.span, meaning, name.span, known?.list ? known.span : undefined);
  }

  // ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

  private value(v: Expression | Body): void {
    if (v.kind === "body") this.within(new Scope("block", this.scope), () => this.statements(v));
    else this.expression(v);
  }

  private expression(e: Expression): void {
    switch (e.kind) {
      case "number": case "boolean": case "missing": return;
      case "string": return this.parts(e.parts);
      case "name": return void this.name(e.text, e.span, false);
      case "list": return e.items.forEach((item) => this.expression(item));
      case "unary": return this.expression(e.operand);
      case "binary":
        this.expression(e.left);
        return this.expression(e.right);
      case "conditional":
        this.expression(e.test);
        this.expression(e.then);
        return this.expression(e.otherwise);
      case "member": return void this.membership(e.of, e.name);
      case "index":
        this.expression(e.of);
        return this.expression(e.at);
      case "call-expression": return this.arguments(e.args, this.callee(e.callee));
      default: throw e satisfies never;
    }
  }

  private callee(e: Expression): Definition | null {
    if (e.kind === "name") return this.name(e.text, e.span, false);
    if (e.kind === "member") return this.membership(e.of, e.name);
    this.expression(e);
    return null;
  }

  private membership(of: Expression, name: Name): Definition | null {
    const whole = this.callee(of);
    return whole?.kind === "namespace" ? this.member(whole, name) : null;
  }

  private arguments(args: readonly Argument[], callee: Definition | null): void {
    const params = callee?.kind === "block" || callee?.kind === "model" ? callee.declaration.params : [];
    for (const a of args) {
      const param = a.separator === "=" ? params.find((p) => p.name.text === a.name!.text) : undefined;
      if (param) this.refer(a.name!.span, "parameter", param.name.span);
      if (!this.samePadding(a)) this.value(a.value);
    }
  }

  /** `pad = same`, as other frameworks say it. */
  private samePadding({ name, value }: Argument): boolean {
    if (name?.text !== "pad" || value.kind !== "name" || value.text !== "same" || this.scope.find("same") || this.around.names.has("same")) return false;
    this.around.diagnostics.push(diagnostic("RN201", value.span, "there is no `same` here", { help: [withoutPad] }));
    return true;
  }

  private parts(parts: StringLiteral["parts"]): void {
    for (const p of parts) if (typeof p !== "string") this.expression(p);
  }

  // ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private refer(use: Span, meaning: Meaning, definition: Span | null, same?: Span): void {
    this.around.references.push({ use, meaning, definition, ...(same ? { same } : {}) });
  }

  /** Notes what a name means. Out: its declaration where it is one of a file. */
  private name(text: string, use: Span, step: boolean): Definition | null {
    const local = this.scope.find(text);
    if (local) return this.refer(use, local.meaning, local.span), null;
    const declared = this.around.names.get(text);
    if (declared) return this.declared(declared, use);
    const meaning = this.builtin(text);
    if (meaning) this.refer(use, meaning, null);
    else this.notKnown({ text, span: use }, step);
    return null;
  }

  private notKnown(name: Name, step: boolean): void {
    this.unknown.push({ name, scope: this.scope, step, refer: (local) => this.refer(name.span, local.meaning, local.span) });
  }

  private declared(d: Definition, use: Span): Definition {
    if (d.kind === "missing") this.refer(use, "missing", d.name);
    else this.refer(use, d.kind, d.kind === "namespace" ? d.declaration.namespace!.span : d.declaration.name.span);
    return d;
  }

  private builtin(text: string): Meaning | null {
    if (text === "in") return "in";
    if (isMerge(text)) return "merge";
    if (isFunction(text)) return "function";
    if (isWord(text)) return "word";
    return this.around.layers.has(text) ? "layer" : null;
  }

  private member(namespace: Extract<Definition, { kind: "namespace" }>, name: Name): Definition | null {
    const found = namespace.module.names.get(name.text);
    if (found && found.kind !== "missing" && found.module === namespace.module && found.kind !== "namespace") return this.declared(found, name.span);
    this.around.diagnostics.push(notDeclared(name, namespace.module.source.name, namespace.module.file.declarations.flatMap((d) => ("name" in d ? [d.name.text] : []))));
    return { kind: "missing", name: null };
  }
}

// ── the messages that file level and declarations share ────────────────────────────────────────────────────────────

export function duplicate(name: Name, first: Span): Diagnostic {
  return diagnostic("RN202", name.span, `\`${name.text}\` is already declared`, { related: [{ span: first, message: "first declared here" }] });
}

export function reserved(name: Name): Diagnostic {
  return diagnostic("RN208", name.span, `\`${name.text}\` is a name of the language and keeps its meaning`);
}

export function notDeclared(name: Name, file: string, declared: readonly string[]): Diagnostic {
  const meant = suggest(name.text, declared);
  const help = meant ? [{ message: `did you mean \`${meant}\`?`, edits: [{ span: name.span, text: meant }] }] : [];
  return diagnostic("RN204", name.span, `"${file}" declares no \`${name.text}\``, { help });
}
