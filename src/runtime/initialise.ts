// Initial weights, a function of seed, parameter and place, and the same on every engine.
import { uniform } from "../ir/random.ts";

/** How a parameter begins. */
export interface Init {
  readonly init: "he" | "xavier" | "zero" | "one";
  /** Inputs that one output sums, and outputs that one input reaches. */
  readonly fanIn: number;
  readonly fanOut: number;
}

/** The step that draws them: none of training has its number. */
const BEFORE = 2 ** 24 - 1;

/**
 * The numbers of parameter number `site`. he: normal, √(2 / fan in) (He et al. 2015, "Delving deep into rectifiers", section 2.2); xavier:
 * uniform, ±√(6 / (fan in + fan out)) (Glorot and Bengio 2010, equation 16). A normal number is the sum of twelve uniform ones less six:
 * within six deviations.
 */
export function initialValues({ init, fanIn, fanOut }: Init, site: number, seed: number, size: number): Float32Array {
  const draw = (i: number): number => uniform(i, site, BEFORE, seed);
  const normal = (i: number): number => {
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += draw(12 * i + k);
    return sum;
  };
  const value = {
    zero: (): number => 0,
    one: (): number => 1,
    he: (i: number): number => normal(i) * Math.sqrt(2 / fanIn),
    xavier: (i: number): number => (2 * draw(i) - 1) * Math.sqrt(6 / (fanIn + fanOut)),
  }[init];
  return Float32Array.from({ length: size }, (_, i) => value(i));
}
