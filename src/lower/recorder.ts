// Records the instructions of one fragment while its body is elaborated.
// Law: a value belongs to the recorder that made it. The body of a repetition has a recorder of its own, and a value from outside
// that it reads becomes an argument of it, at every level in between.
import { CompilerError } from "../ir/problem.ts";
import type { TensorType } from "../ir/type.ts";
import type { Span } from "../source/text.ts";
import { noTotals, plus, totalsOf, type Fragment, type Instruction, type Passage, type Ref, type Totals } from "./fragment.ts";

/** A value that flows at run time, known by its type. */
export interface Tensor {
  readonly kind: "tensor";
  readonly owner: Recorder;
  readonly ref: Ref;
  readonly type: TensorType;
}

export class Recorder {
  readonly name: string;
  readonly declaration: Span | null;
  readonly parent: Recorder | null;
  readonly #instructions: Instruction[] = [];
  readonly #makers: (Span | null)[] = []; // by instruction: chains of one type may be long, so it is noted, not searched
  readonly #arguments: Ref[] = [];
  readonly #outer: Tensor[] = [];
  readonly #captured = new Map<Instruction, Tensor>();
  readonly #passages: Passage[] = [];
  readonly #failed: Fragment[] = [];
  #totals: Totals = noTotals;

  constructor(name: string, declaration: Span | null, parent: Recorder | null = null) {
    this.name = name;
    this.declaration = declaration;
    this.parent = parent;
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** Values from outside that the fragment reads, in the order of its further arguments. */
  get outer(): readonly Tensor[] {
    return this.#outer;
  }

  /** The index of the next instruction. */
  get next(): Ref {
    return this.#instructions.length;
  }

  /** Notes that a value passed a place; `start` is what `next` was before. */
  pass(span: Span, from: TensorType | null, to: TensorType | null, start = this.next): void {
    if (from || to) this.#passages.push({ span, from, to, start, end: this.next });
  }

  /** Notes a fragment that was called here and is mistaken. */
  fail(callee: Fragment): void {
    this.#failed.push(callee);
  }

  argument(type: TensorType, span: Span | null): Tensor {
    this.#arguments.push(this.#instructions.length);
    return this.add({ kind: "argument", type, span });
  }

  add(instruction: Instruction): Tensor {
    const ref = this.#instructions.push(instruction) - 1;
    this.#makers.push(this.#makerOf(instruction));
    this.#totals = plus(this.#totals, totalsOf(instruction));
    return { kind: "tensor", owner: this, ref, type: instruction.type };
  }

  /** The value as this fragment knows it. */
  use(value: Tensor): Ref {
    if (value.owner === this) return value.ref;
    if (!this.parent) throw new CompilerError("elaborate", `a value of ${value.owner.name} is used in ${this.name}`);
    const made = value.owner.#instructions[value.ref]!;
    let own = this.#captured.get(made);
    if (!own) {
      own = this.argument(value.type, whoMade(value));
      this.#captured.set(made, own);
      this.#outer.push(value);
    }
    return own.ref;
  }

  maker(ref: Ref): Span | null {
    return this.#makers[ref]!;
  }

  #makerOf(instruction: Instruction): Span | null {
    const from = instruction.kind === "argument" ? undefined : instruction.inputs[0];
    return from === undefined || this.#instructions[from]!.type !== instruction.type ? instruction.span : this.#makers[from]!;
  }

  finish(output: Tensor | null): Fragment {
    return {
      name: this.name,
      declaration: this.declaration,
      output: output && this.use(output),
      arguments: this.#arguments,
      instructions: this.#instructions,
      passages: this.#passages,
      failed: this.#failed,
      totals: this.#totals,
    };
  }
}

/** The step that gave the value its type: the last one on the way here whose result differs from what it was given. */
export function whoMade(value: Tensor): Span | null {
  return value.owner.maker(value.ref);
}
