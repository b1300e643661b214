// random: a hash of each element's place, as the op says: integers alone, so that the numbers are those of every other target.
import type { random } from "../../../ops/core/random.ts";
import { lines } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { total } from "../loops.ts";
import { Shader } from "../shader.ts";

export const randomKernel: Kernel<SchemaOf<typeof random>> = {
  select: (node) => ({ label: shapeLabel("random", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const shader = new Shader(to, { step: 0, seed: 1, y: resultOf(node) });
    const uniform = shader.helper("random_number", routine);
    const { site, channelsLast } = node.attrs;
    // Elements count with the channels second, wherever they lie.
    const [, rows, columns, channels] = node.type.shape as readonly [unknown, number, number, number];
    const pixels = rows * columns;
    const place = channelsLast ? `(i / ${pixels * channels} * ${channels} + i % ${channels}) * ${pixels} + i / ${channels} % ${pixels}` : "i";
    return [shader.each(total(node.type.shape), shader.store("y", "i", `${uniform}(${place}, ${site}, u32(${shader.one("step", "0")}), u32(${shader.one("seed", "0")}))`))];
  },
};

const mix = ["x += y * w;", "y += z * x;", "z += x * y;", "w += y * z;"];
const names = ["x", "y", "z", "w"];

/** pcg4d of Jarzynski and Olano 2020: the first of its numbers, in [0, 1). */
const routine = lines(
  `fn random_number(a: u32, b: u32, c: u32, d: u32) -> f32 {`,
  names.map((k, i) => `var ${k} = ${"abcd"[i]} * 1664525u + 1013904223u;`),
  mix,
  names.map((k) => `${k} ^= ${k} >> 16u;`),
  mix,
  `return f32(x >> 8u) / 16777216f;`,
  `}`,
);
