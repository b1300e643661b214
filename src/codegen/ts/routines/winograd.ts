// The transforms of Winograd's minimal filtering (Lavin and Gray 2015, section 4): straight-line code for Bᵀ x B, G w Gᵀ and
// Aᵀ m A. A two-dimensional transform is the one-dimensional one down the columns, then along the rows.
// Points of interpolation: 0, ±1, ∞ for F(2, 3); 0, ±1, ±2, ∞ for F(4, 3).
import { lines, product, sum, times } from "../../code.ts";
import { arrayParameter, index, numberParameters, type Emission } from "../kernel.ts";

/** Results along an edge of a tile. */
export type TileSize = 2 | 4;

/** A transform of one dimension: statements that define helpers (their names end in `tag`), and the expressions of the results. */
interface Transform {
  readonly statements: readonly string[];
  readonly results: readonly string[];
}
type OneDimension = (x: readonly string[], tag: string) => Transform;

const input: { readonly [M in TileSize]: OneDimension } = {
  2: ([a, b, c, d]) => ({ statements: [], results: [`${a} - ${c}`, `${b} + ${c}`, `${c} - ${b}`, `${b} - ${d}`] }),
  4: ([a, b, c, d, e, f], tag) => {
    const [p, q, r, t] = ["g", "h", "i", "j"].map((x) => x + tag);
    return {
      statements: [`const ${p} = ${e} - 4 * ${c}, ${q} = ${d} - 4 * ${b}, ${r} = ${e} - ${c}, ${t} = 2 * (${d} - ${b});`],
      results: [`4 * (${a} - ${c}) + ${r}`, `${p} + ${q}`, `${p} - ${q}`, `${r} + ${t}`, `${r} - ${t}`, `${f} - ${d} - 2 * ${t}`],
    };
  },
};

const weight: { readonly [M in TileSize]: OneDimension } = {
  2: ([a, b, c], tag) => ({ statements: [`const g${tag} = ${a} + ${c};`], results: [a!, `(g${tag} + ${b}) / 2`, `(g${tag} - ${b}) / 2`, c!] }),
  4: ([a, b, c], tag) => ({
    statements: [`const g${tag} = ${a} + ${c}, h${tag} = ${a} + 4 * ${c};`],
    results: [`${a} / 4`, `-(g${tag} + ${b}) / 6`, `(${b} - g${tag}) / 6`, `(h${tag} + 2 * ${b}) / 24`, `(h${tag} - 2 * ${b}) / 24`, c!],
  }),
};

const output: { readonly [M in TileSize]: OneDimension } = {
  2: ([a, b, c, d]) => ({ statements: [], results: [`${a} + ${b} + ${c}`, `${b} - ${c} - ${d}`] }),
  4: ([a, b, c, d, e, f], tag) => {
    const [p, q, r, t] = ["g", "h", "i", "j"].map((x) => x + tag);
    return {
      statements: [`const ${p} = ${b} + ${c}, ${q} = ${b} - ${c}, ${r} = ${d} + ${e}, ${t} = ${d} - ${e};`],
      results: [`${a} + ${p} + ${r}`, `${q} + 2 * ${t}`, `${p} + 4 * ${r}`, `${q} + 8 * ${t} + ${f}`],
    };
  },
};

/** Transforms a square of values: `read(row, column)` gives an element, `write(row, column, value)` is a statement. */
function square(transform: OneDimension, from: number, read: (row: number, column: number) => string, write: (row: number, column: number, value: string) => string): string {
  let to = 0;
  const down = times(from, (column) => {
    const names = times(from, (row) => `d${row}${column}`);
    const { statements, results } = transform(names, `${column}`);
    to = results.length;
    return lines(
      `const ${names.map((name, row) => `${name} = ${read(row, column)}`).join(", ")};`,
      statements,
      `const ${results.map((value, row) => `u${row}${column} = ${value}`).join(", ")};`,
    );
  });
  const along = times(to, (row) => {
    const { statements, results } = transform(times(from, (column) => `u${row}${column}`), `_${row}`);
    return lines(statements, results.map((value, column) => write(row, column, value)));
  });
  return lines(down, along);
}

/**
 * The routine's name: (s, so, columns, across, tiles, last, width, depth, v, step). Transforms one channel's strip of `columns`
 * columns, tiles `across` in a row, into s[v + point · step + t · depth + j] for tile t + j, j < width; tiles past `last` repeat it.
 */
export function inputRoutine(to: Emission, m: TileSize): string {
  const patch = m + 2;
  return to.routine(`winogradInput ${m}`, (name) =>
    lines(
      `/** Bᵀ x B of each ${patch} × ${patch} patch of a strip, ${m} rows and columns apart. */`,
      `function ${name}(${arrayParameter("s", "f64")}, ${numberParameters("columns", "across", "tiles", "last", "width", "depth", "v", "step")})«: void» {`,
      `let at = ${index("so")};`,
      `let column = 1;`,
      `for (let t = 0; t < tiles; t += width) {`,
      `for (let j = 0; j < width; j++) {`,
      `const ${times(patch, (r) => `r${r} = ${index(sum("at", product("columns", r)))}`).join(", ")};`,
      `const q0 = ${index("v + t * depth + j")};`,
      `const ${times(patch * patch - 1, (p) => `q${p + 1} = (q${p} + step) | 0`).join(", ")};`,
      square(input[m], patch, (row, column) => `s[${sum(`r${row}`, column)}]`, (row, column, value) => `s[q${row * patch + column}] = ${value};`),
      `if (t + j < last) {`,
      `if (column === across) {`,
      `at += ${m} * (columns - across + 1);`,
      `column = 1;`,
      `} else {`,
      `at += ${m};`,
      `column++;`,
      `}`,
      `}`,
      `}`,
      `}`,
      `}`,
    ),
  );
}

/** The statements of Aᵀ m A: the sums of a tile are step apart from s[z]; `write` gets each result. */
export function outputStatements(m: TileSize, step: number, write: (row: number, column: number, value: string) => string): string {
  const patch = m + 2;
  return square(output[m], patch, (row, column) => `s[${sum("z", (row * patch + column) * step)}]`, write);
}

/** The function that transforms weights [outputs, inputs, 3, 3] to [points, outputs, inputs]: name(x, xo, y, yo). */
export function weightFunction(to: Emission, m: TileSize, kernels: number): string {
  const points = m + 2;
  const [x, y] = [arrayParameter("x", to.inputs[0]!), arrayParameter("y", to.output)];
  const transform = to.routine(`winogradWeights ${m} ${to.inputs[0]} ${to.output}`, (name) =>
    lines(
      `/** G w Gᵀ of each 3 × 3 kernel; the points of one are \`kernels\` apart. */`,
      `function ${name}(${x}, ${y}, ${numberParameters("kernels")})«: void» {`,
      `for (let k = 0; k < kernels; k++) {`,
      `const i = ${index("xo + k * 9")};`,
      `let q = yo + k;`,
      square(weight[m], 3, (row, column) => `x[${sum("i", row * 3 + column)}]`, (row, column, value) => lines(`y[q] = ${value};`, row * points + column === points * points - 1 ? [] : `q += kernels;`)),
      `}`,
      `}`,
    ),
  );
  return lines(`function ${to.name}(${x}, ${y})«: void» {`, `${transform}(x, xo, y, yo, ${kernels});`, `}`);
}
