// Loop nests over strided arrays as text.
import { product, sum } from "../code.ts";
import type { Axis, Quantity } from "../axes.ts";

export function quantityText(q: Quantity): string {
  return q.batched ? product("n", q.k) : String(q.k);
}

/**
 * A loop per axis around `body`, which gets the element index of each array. `starts` are the arrays' first indices; `tag` keeps
 * the variables of nested nests apart.
 */
export function nest(axes: readonly Axis[], starts: readonly string[], body: (indices: readonly string[]) => string, tag = ""): string {
  const open: string[] = [];
  let at = [...starts];
  axes.forEach((axis, level) => {
    const i = `i${tag}${level}`;
    open.push(`for (let ${i} = 0; ${i} < ${quantityText(axis.size)}; ${i}++) {`);
    const innermost = level === axes.length - 1;
    at = at.map((start, k) => {
      const stride = quantityText(axis.strides[k]!);
      const index = sum(start, product(i, stride));
      if (innermost || stride === "0") return index;
      const name = `p${tag}${k}_${level}`;
      open.push(`const ${name} = ${index};`);
      return name;
    });
  });
  return [...open, body(at), ...axes.map(() => "}")].join("\n");
}
