// The table of a module's parameters: name, shape and place of each, repeated ones in loops.
import type { parameter } from "../../ir/leaf.ts";
import type { Node } from "../../ir/op.ts";
import type { Plan } from "../../plan/plan.ts";
import { jsString } from "../names.ts";
import { templateOf } from "./literals.ts";
import { rolledText, termText } from "./rolled.ts";
import { splitNumbers } from "./steps.ts";

/** A statement for each parameter: `add(name, shape, offset)`, repeated ones in loops; `more` is what else it says. */
export function parameterAdds(plan: Plan, more: (node: Node<typeof parameter>) => string = () => ""): string {
  const rows = plan.parameters.map(({ node, buffer }) => {
    const { text, numbers } = splitNumbers((node as Node<typeof parameter>).attrs.name);
    const behind = buffer.region === "staging" ? plan.regions.weights.fixed : 0; // `place` of a target that streams keeps it so
    return { key: JSON.stringify({ text, shape: node.type.shape, rest: more(node as Node<typeof parameter>) }), numbers: [behind + buffer.offset.fixed, ...numbers] };
  });
  return rolledText(rows, (key, [offset, ...numbers]) => {
    const { text, shape, rest } = JSON.parse(key) as { text: string[]; shape: number[]; rest: string };
    const growing = numbers.some((t) => t.steps.length > 0);
    const name = growing ? templateOf(text, numbers.map((t) => (t.steps.length > 0 ? termText(t) : t.base))) : jsString(text.map((t, i) => t + (numbers[i]?.base ?? "")).join(""));
    return `add(${name}, [${shape.join(", ")}], ${termText(offset!)}${rest});`;
  });
}
