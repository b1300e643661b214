// A WebAssembly function under construction: locals and statements in the order in which a kernel writes them down.
import { CompilerError } from "../../../ir/problem.ts";
import { add, addressed, expression, op, type Expression, type Local, type Operand, type Statement } from "./expression.ts";
import { instructions, type Mnemonic, type ValueType } from "./instructions.ts";

export interface WasmFunction {
  readonly name: string;
  readonly doc: string;
  readonly parameters: readonly Local[];
  readonly result: ValueType | null;
  readonly locals: readonly Local[];
  readonly body: readonly Statement[];
  /** The value that it leaves. */
  readonly value: Expression | null;
}

export class FunctionBuilder {
  readonly #name: string;
  readonly #doc: string;
  readonly #parameters: Local[] = [];
  readonly #locals: Local[] = [];
  #body: Statement[] = [];

  constructor(name: string, doc = "") {
    this.#name = name;
    this.#doc = doc;
  }

  parameter(type: ValueType, name: string): Local {
    if (this.#locals.length > 0) throw new CompilerError("wasm", `${this.#name}: parameters come before locals`);
    const local = { type, index: this.#parameters.length, name };
    this.#parameters.push(local);
    return local;
  }

  local(type: ValueType, name: string): Local {
    const local = { type, index: this.#parameters.length + this.#locals.length, name };
    this.#locals.push(local);
    return local;
  }

  /** A new local that holds the value. */
  let(name: string, value: Operand): Local {
    const e = expression(value);
    const local = this.local(e.type, name);
    this.set(local, e);
    return local;
  }

  set(local: Local, value: Operand): void {
    const e = expression(value);
    if (e.type !== local.type) throw new CompilerError("wasm", `${this.#name}: ${local.name} is ${local.type}, not ${e.type}`);
    this.#body.push({ kind: "set", local, value: e });
  }

  /** local += amount */
  advance(local: Local, amount: Operand): void {
    const e = add(local, amount);
    if (e.kind !== "get") this.set(local, e);
  }

  store(name: Extract<Mnemonic, `${string}store`>, address: Operand, offset: number, value: Operand): void {
    const e = expression(value);
    if (e.type !== instructions[name].operands[1]) throw new CompilerError("wasm", `${this.#name}: ${name} of ${e.type}`);
    const at = addressed(address, offset);
    this.#body.push({ kind: "store", name, address: at.base, offset: at.offset, value: e });
  }

  call(name: string, operands: readonly Operand[]): void {
    this.#body.push({ kind: "call", name, operands: operands.map(expression) });
  }

  comment(text: string): void {
    this.#body.push({ kind: "comment", text });
  }

  /** do { body } while (test) */
  repeat(body: () => void, test: () => Operand): void {
    let condition: Expression | null = null;
    const statements = this.#collect(() => {
      body();
      condition = expression(test());
    });
    this.#body.push({ kind: "loop", body: statements, test: condition! });
  }

  /** for (local = from; local < to; local += step) body. Where both ends are constants the first test is made now. Not for addresses: ends are signed. */
  count(local: Local, from: Operand, to: Operand, step: number, body: () => void): void {
    const [first, end] = [expression(from), expression(to)];
    const known = first.kind === "const" && end.kind === "const";
    if (known && first.value >= end.value) return;
    this.set(local, first);
    const loop = (): void =>
      this.repeat(
        () => {
          body();
          this.advance(local, step);
        },
        () => op("i32.lt_s", [local, end]),
      );
    if (known) loop();
    else this.when(op("i32.lt_s", [local, end]), loop);
  }

  /** What `leave` leaves. */
  block(body: () => void): void {
    this.#body.push({ kind: "block", body: this.#collect(body) });
  }

  /** Goes on behind the innermost block where the test holds. */
  leave(test: Operand): void {
    this.#body.push({ kind: "leave", test: expression(test) });
  }

  when(test: Operand, then: () => void, otherwise: () => void = () => undefined): void {
    this.#body.push({ kind: "if", test: expression(test), then: this.#collect(then), otherwise: this.#collect(otherwise) });
  }

  finish(value: Operand | null = null): WasmFunction {
    const result = value === null ? null : expression(value);
    return { name: this.#name, doc: this.#doc, parameters: this.#parameters, result: result?.type ?? null, locals: this.#locals, body: this.#body, value: result };
  }

  #collect(write: () => void): readonly Statement[] {
    const outer = this.#body;
    const inner: Statement[] = (this.#body = []);
    write();
    this.#body = outer;
    return inner;
  }
}
