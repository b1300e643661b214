// Random programs as text: valid by construction, in many forms that the language has for chains, skips, branches, blocks, loops.
import { Dice } from "../harness/generate-growth.ts";

/** Convolutions, norms and activations in many arrangements over [c, h, w] images; the same seed, the same text. */
export function randomProgram(seed: number): string {
  const dice = new Dice(seed);
  let names = 0;
  const name = (): string => `v${names++}`;
  const body = Array.from({ length: dice.int(2, 6) }, () => statement(dice, 2, name)).join("\n");
  const end = dice.pick(["gap -> dense(5)", "flatten -> dense(3) -> softmax", "conv(2, 1)", "dense(4) -> tanh"]);
  return `default conv(bias = ${dice.chance(0.5)})
block unit(c, stride = 1) { conv(c, 3, stride) -> bn -> relu }
block keep(k) { conv(in.c, k) }
block each { conv(in.c, 3, groups = in.c) }
block narrow(to) {
  if in.shape != to { conv(to.c, 1, ceil(in.h / to.h)) -> bn }
}
model net {
input x: [${dice.pick([1, 3, 4, 6, 8])}, ${dice.int(4, 9)}, ${dice.int(4, 9)}]
${body}
${end}
output y
}
`;
}

function statement(dice: Dice, depth: number, name: () => string): string {
  const leaves = [
    () => `keep(${dice.pick([1, 3, 5])})`,
    () => `unit(${dice.pick([2, 4, 5, 8])})`,
    () => `unit(${dice.pick([2, 4])}, 2)`,
    () => "bn",
    () => dice.pick(["relu", "gelu", "silu", "tanh", "leaky(0.1)", "hardswish"]),
    () => "each",
    () => `{ unit(4) } * ${dice.int(1, 3)}`,
    () => "maxpool(3, 1)",
    () => "avgpool(3, 1)",
  ];
  if (depth === 0) return dice.pick(leaves)();
  const inner = (): string => statement(dice, depth - 1, name);
  const nested = [
    () => `skip(${name()}: narrow) {\n${inner()}\n${inner()}\n}`,
    () => `skip(${name()}: narrow) { unit(${dice.pick([4, 8])}, 2) }`,
    () => `cat { id | ${dice.pick(["relu", "each", "unit(3)"])} }`,
    () => `for i in 0..${dice.int(1, 3)} { ${dice.pick(leaves)()} }`,
    () => "add { bn | relu }",
    () => "mul { id | sigmoid }",
    () => {
      const v = name();
      return `relu as ${v} -> tanh -> mul(${v})`;
    },
  ];
  return dice.pick(dice.chance(0.5) ? leaves : nested)();
}
