// Copying a band of an image into scratch with its padding around it, so that no loop that multiplies ever asks whether it is inside
// the image.
import { lines } from "../../code.ts";
import { arrayParameter, numberParameters, type Element, type Emission } from "../kernel.ts";

/**
 * The routine that copies rows of a plane into scratch: name(x, xo, height, width, s, so, top, left, rows, columns). Row r and
 * column c of the copy are row top + r and column left + c of the plane, zero outside it.
 */
export function copyPadded(to: Emission, x: Element): string {
  return to.routine(`copyPadded ${x}`, (name) =>
    lines(
      `/** s[r, c] = x[top + r, left + c], zero outside x[height, width]. */`,
      `function ${name}(${arrayParameter("x", x)}, ${numberParameters("height", "width")}, ${arrayParameter("s", "f64")}, ${numberParameters("top", "left", "rows", "columns")})«: void» {`,
      `const first = Math.min(Math.max(-left, 0), columns);`,
      `const last = Math.max(Math.min(width - left, columns), first);`,
      `for (let r = 0; r < rows; r++) {`,
      `const from = xo + (top + r) * width + left;`,
      `const q = so + r * columns;`,
      `if (top + r < 0 || top + r >= height) {`,
      `for (let c = 0; c < columns; c++) s[q + c] = 0;`,
      `} else {`,
      `for (let c = 0; c < first; c++) s[q + c] = 0;`,
      `for (let c = first; c < last; c++) s[q + c] = x[from + c];`,
      `for (let c = last; c < columns; c++) s[q + c] = 0;`,
      `}`,
      `}`,
      `}`,
    ),
  );
}
