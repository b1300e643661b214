// Functions as WebAssembly text: what `encode.ts` makes bytes of, as s-expressions that wat2wasm takes, a statement a line.
// Law: the text assembles to the same module, byte for byte, whatever comments it has; names are for who reads it.
import { CompilerError } from "../../../ir/problem.ts";
import { PAGES, type ModuleOptions } from "./encode.ts";
import { globals, type Expression, type Local, type Statement } from "./expression.ts";
import type { WasmFunction } from "./function.ts";
import { instructions, type Mnemonic } from "./instructions.ts";

export function printModule(functions: readonly WasmFunction[], { threads }: ModuleOptions = { threads: false }): string {
  const names = new Names(functions.map((f) => f.name));
  const numbers = threads ? globals.map((g) => `  (import "m" "${g}" (global $${g} i32))`) : [];
  const texts = functions.map((f) => indented(printFunction(f, names), 1));
  return ["(module", `  (import "m" "m" (memory 0${threads ? ` ${PAGES}` : ""}))`, ...numbers, ...texts, ")", ""].join("\n");
}

export function printFunction(f: WasmFunction, names = new Names([f.name])): string {
  const locals = new Names([...f.parameters, ...f.locals].map((l) => l.name));
  const declared = (kind: string, l: Local): string => `(${kind} ${locals.at(l.index)} ${l.type})`;
  const signature = [`(export ${quoted(f.name)})`, ...f.parameters.map((p) => declared("param", p)), ...(f.result ? [`(result ${f.result})`] : [])];
  const printer = new Printer(locals, names);
  const lines = [
    ...comment(f.doc),
    [`(func ${names.of(f.name)}`, ...signature].join(" "),
    ...f.locals.map((l) => `  ${declared("local", l)}`),
    ...f.body.flatMap((s) => printer.statement(s, 1)),
    ...(f.value ? [`  ${printer.expression(f.value)}`] : []),
  ];
  return `${lines.join("\n")})`;
}

/** Identifiers, each with a name of its own. */
class Names {
  readonly #given: readonly string[];
  readonly #all: string[] = [];

  constructor(given: readonly string[]) {
    this.#given = given;
    const used = new Set<string>();
    for (const name of given) {
      const base = `$${name.replace(/[^A-Za-z0-9_.'+\-*/\\^~=<>!?@#$%&|:`]/g, "_") || "_"}`;
      let free = base;
      for (let i = 2; used.has(free); i++) free = `${base}_${i}`;
      used.add(free);
      this.#all.push(free);
    }
  }

  at(index: number): string {
    return this.#all[index]!;
  }

  of(name: string): string {
    const index = this.#given.indexOf(name);
    if (index < 0) throw new CompilerError("wasm", `no function ${name}`);
    return this.#all[index]!;
  }
}

class Printer {
  readonly #locals: Names;
  readonly #functions: Names;
  #labels = 0;
  readonly #blocks: string[] = [];

  constructor(locals: Names, functions: Names) {
    this.#locals = locals;
    this.#functions = functions;
  }

  statement(s: Statement, depth: number): string[] {
    const line = (...parts: readonly string[]): string => "  ".repeat(depth) + `(${parts.join(" ")})`;
    const open = (text: string): string => "  ".repeat(depth) + text;
    const inner = (body: readonly Statement[], by: number): string[] => body.flatMap((b) => this.statement(b, depth + by));
    switch (s.kind) {
      case "comment": return comment(s.text).map(open);
      case "set": return [line("local.set", this.#locals.at(s.local.index), this.expression(s.value))];
      case "store": return [line(s.name, ...memory(s.name, s.offset), this.expression(s.address), this.expression(s.value))];
      case "call": return [line("call", this.#functions.of(s.name), ...s.operands.map((o) => this.expression(o)))];
      case "loop": {
        const label = `$loop${++this.#labels}`;
        return [open(`(loop ${label}`), ...inner(s.body, 1), open(`  (br_if ${label} ${this.expression(s.test)}))`)];
      }
      case "block": {
        const label = `$block${++this.#labels}`;
        this.#blocks.push(label);
        const lines = [open(`(block ${label}`), ...inner(s.body, 1), open(")")];
        this.#blocks.pop();
        return lines;
      }
      case "leave": return [line("br_if", this.#blocks.at(-1)!, this.expression(s.test))];
      case "if": {
        const otherwise = s.otherwise.length > 0 ? [open("  (else"), ...inner(s.otherwise, 2), open("  )")] : [];
        return [open(`(if ${this.expression(s.test)}`), open("  (then"), ...inner(s.then, 2), open("  )"), ...otherwise, open(")")];
      }
    }
  }

  expression(e: Expression): string {
    switch (e.kind) {
      case "const": return constant(e.type, e.value);
      case "get": return `(local.get ${this.#locals.at(e.local.index)})`;
      case "global": return `(global.get $${e.name})`;
      case "call": return parenthesised("call", this.#functions.of(e.name), ...e.operands.map((o) => this.expression(o)));
      case "madd": {
        const [a, b, c] = e.operands.map((o) => this.expression(o)) as [string, string, string];
        return `(f32x4.add (f32x4.mul ${a} ${b}) ${c})`;
      }
      case "instruction": return parenthesised(e.name, ...immediates(e), ...e.operands.map((o) => this.expression(o)));
    }
  }
}

function parenthesised(...parts: readonly string[]): string {
  return `(${parts.join(" ")})`;
}

function immediates({ name, immediate }: Extract<Expression, { readonly kind: "instruction" }>): string[] {
  if (instructions[name].immediate === "memory") return memory(name, immediate as number);
  return immediate === null ? [] : [immediate].flat().map(String);
}

/** An offset where there is one; the alignment where it is not the natural one. */
function memory(name: Mnemonic, offset: number): string[] {
  const natural = name === "v128.load" || name === "v128.store" ? 4 : 2;
  const { align } = instructions[name];
  return [...(offset === 0 ? [] : [`offset=${offset}`]), ...(align === natural ? [] : [`align=${2 ** align}`])];
}

function constant(type: Expression["type"], value: number): string {
  if (type !== "v128") return `(${type}.const ${type === "i32" ? value | 0 : float(value)})`;
  return Object.is(value, 0) ? "(v128.const i32x4 0 0 0 0)" : `(f32x4.splat (f32.const ${float(value)}))`;
}

function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

function comment(text: string): string[] {
  return text === "" ? [] : text.split(/\r?\n/).map((line) => `;; ${line}`);
}

function indented(text: string, depth: number): string {
  return text.replace(/^(?=.)/gm, "  ".repeat(depth));
}

function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return `"${bytes.map((b) => (b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c ? String.fromCharCode(b) : `\\${b.toString(16).padStart(2, "0")}`)).join("")}"`;
}
