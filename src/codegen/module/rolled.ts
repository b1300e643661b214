// Rolled tables as text: each row a line, each loop a `for`, each number that grows from one iteration to the next an expression.
import { product, sum } from "../code.ts";
import { reroll, type Rolled, type Row } from "../../plan/reroll.ts";

/** A number as `base + Σ step · variable` over the loops around it. */
export interface Term {
  readonly base: number;
  readonly steps: readonly { readonly variable: string; readonly by: number }[];
}

export function termText({ base, steps }: Term): string {
  return sum(base, ...steps.map(({ variable, by }) => product(variable, by)));
}

/** Is the number 0 in every iteration? */
export function isZero({ base, steps }: Term): boolean {
  return base === 0 && steps.every((s) => s.by === 0);
}

const variables = ["i", "j", "k", "l", "m"];

/** The rows, rolled; `line` writes one from its key and numbers. */
export function rolledText(rows: readonly Row[], line: (key: string, numbers: readonly Term[]) => string): string {
  return write(reroll(rows), [], line);
}

/** The loops around a list of items: for each, the strides of the rows still to come. */
interface Around {
  readonly variable: string;
  readonly strides: Iterator<readonly number[]>;
}

function write(items: readonly Rolled[], around: readonly Around[], line: (key: string, numbers: readonly Term[]) => string): string {
  return items
    .map((item) => {
      if (item.kind === "loop") {
        const variable = variables[around.length] ?? `i${around.length}`;
        const body = write(item.body, [...around, { variable, strides: item.strides.values() }], line);
        return `for (let ${variable} = 0; ${variable} < ${item.count}; ${variable}++) {\n${body}\n}`;
      }
      const steps = around.map((a) => ({ variable: a.variable, by: a.strides.next().value as readonly number[] }));
      const terms = item.numbers.map((base, k): Term => ({ base, steps: steps.map((s) => ({ variable: s.variable, by: s.by[k]! })).filter((s) => s.by !== 0) }));
      return line(item.key, terms);
    })
    .join("\n");
}
