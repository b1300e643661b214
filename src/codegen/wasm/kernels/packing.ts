// Weights in the order in which products read them: panels of eight outputs, [panel][depth][8], the last filled up with zeros.
import { add, mul, load, f32, op, type Expression, type Local } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import { shared, type Emission } from "../kernel.ts";
import { depthOf, PANEL, type Product } from "./product.ts";

export function packedSize(p: Pick<Product, "outputs" | "depth">): number {
  return Math.ceil(p.outputs / PANEL) * PANEL * depthOf(p.depth);
}

export interface Packing {
  readonly groups: number;
  /** Outputs of a group. */
  readonly outputs: number;
  /** Elements of w before the first that is wanted, from one group to the next, and from one output to the next. */
  readonly start: number;
  readonly groupStep: number;
  readonly outputStep: number;
  /** In the order in which they are summed. */
  readonly loops: readonly { readonly count: number; readonly step: number }[];
}

export function packingSize(p: Packing): number {
  return p.groups * packedSize({ outputs: p.outputs, depth: { loops: p.loops, run: 1 } });
}

/** name(x, y): y[packing][group][panel][k][8] = x[output, k] */
export function packProducts(to: Emission, packings: readonly Packing[]): WasmFunction {
  const f = new FunctionBuilder(to.name, to.doc);
  const x = f.parameter("i32", "x");
  const y = f.parameter("i32", "y");
  const [panel, at, target] = ["panel", "at", "to"].map((n) => f.local("i32", n)) as [Local, Local, Local];
  let from = 0;
  for (const p of packings) {
    pack(f, p, { x, y: add(y, 4 * from), panel, at, to: target });
    from += packingSize(p);
  }
  return f.finish();
}

interface Locals {
  readonly x: Local;
  readonly y: Expression;
  readonly panel: Local;
  /** Where it is read, and where written. */
  readonly at: Local;
  readonly to: Local;
}

function pack(f: FunctionBuilder, p: Packing, l: Locals): void {
  const counters = p.loops.map((_, i) => f.local("i32", `k${i}`));
  const nest = (level: number): void => {
    const loop = p.loops[level];
    if (!loop) return lanes(f, p, l);
    f.count(counters[level]!, 0, loop.count, 1, () => {
      nest(level + 1);
      f.advance(l.at, 4 * loop.step);
    });
    f.advance(l.at, -4 * loop.step * loop.count);
  };
  const panels = Math.ceil(p.outputs / PANEL);
  const bytes = (4 * packingSize(p)) / (p.groups * panels); // of a panel
  shared({ f }, p.groups * panels, (unit) => {
    f.set(l.panel, op("i32.rem_u", [unit, panels]));
    f.set(l.at, add(l.x, mul(op("i32.div_u", [unit, panels]), 4 * p.groupStep), mul(l.panel, 4 * PANEL * p.outputStep), 4 * p.start));
    f.set(l.to, add(l.y, mul(unit, bytes)));
    nest(0);
  });
}

/** One step along k: eight outputs, as many of them as there are. */
function lanes(f: FunctionBuilder, p: Packing, { panel, at, to }: Locals): void {
  const rest = p.outputs % PANEL;
  const whole = Math.floor(p.outputs / PANEL);
  const write = (count: number): void => {
    for (let lane = 0; lane < PANEL; lane++) f.store("f32.store", to, 4 * lane, lane < count ? load("f32.load", at, 4 * lane * p.outputStep) : f32(0));
  };
  if (rest === 0) write(PANEL);
  else if (whole === 0) write(rest);
  else f.when(op("i32.lt_s", [panel, whole]), () => write(PANEL), () => write(rest));
  f.advance(to, 4 * PANEL);
}
