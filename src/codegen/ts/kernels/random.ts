// random: a hash of each element's place, as the op says.
import type { random } from "../../../ops/core/random.ts";
import { lines } from "../../code.ts";
import { kernelFunction, numberParameters, type Kernel, type SchemaOf } from "../kernel.ts";
import { quantityText } from "../loops.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { quantity } from "../../axes.ts";

export const randomKernel: Kernel<SchemaOf<typeof random>> = {
  select: (node) => ({ label: shapeLabel("random", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const uniform = to.routine("uniform", routine);
    const body = lines(
      `const count = ${quantityText(quantity(...node.type.shape))};`,
      `for (let i = 0; i < count; i++) y[yo + i] = ${uniform}(i, ${node.attrs.site}, step[stepo], seed[seedo]);`,
    );
    return kernelFunction(node, to, ["step", "seed"], body);
  },
};

function routine(name: string): string {
  const names = ["x", "y", "z", "w"];
  const mix = ["x = x + Math.imul(y, w) | 0;", "y = y + Math.imul(z, x) | 0;", "z = z + Math.imul(x, y) | 0;", "w = w + Math.imul(y, z) | 0;"];
  return lines(
    `/** pcg4d of Jarzynski and Olano 2020: the first of its numbers, in [0, 1). */`,
    `function ${name}(${numberParameters(...names)})«: number» {`,
    names.map((k) => `${k} = Math.imul(${k}, 1664525) + 1013904223 | 0;`),
    mix,
    names.map((k) => `${k} ^= ${k} >>> 16;`),
    mix,
    `return (x >>> 8) / 16777216;`,
    `}`,
  );
}
