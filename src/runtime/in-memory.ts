// Training where kernels and host share memory: a step that is taken back is one whose weights were kept.
import { brokenOf, type Engine, type Trained } from "./trained.ts";

/** The engine of targets whose weights lie in memory. */
export interface MemoryEngine extends Pick<Engine, "check" | "dispose"> {
  readonly parameters: readonly Trained[];
  readonly weights: Float32Array;
  /** Everything of a step; the loss of n samples. */
  step(n: number): void | Promise<void>;
  evaluate(n: number): void | Promise<void>;
  /** Of the last step; of the last `evaluate`. */
  loss(): number;
  evaluation(): { readonly loss: number; readonly wrong: number | null };
}

export function inMemory({ parameters, weights, step, evaluate, loss, evaluation, check, dispose }: MemoryEngine): Engine {
  let kept: Float32Array | null = null; // a copy costs a thousandth of the step, and what is fused is only known once it is stored
  return {
    distant: false,
    step: async (n) => {
      kept ??= new Float32Array(weights.length);
      kept.set(weights);
      await step(n);
      return { loss: loss(), finite: brokenOf(parameters, weights).length === 0 };
    },
    undo: () => kept && weights.set(kept),
    evaluate: async (n) => {
      await evaluate(n);
      return evaluation();
    },
    read: () => weights,
    write: (loaded) => weights.set(loaded),
    check,
    dispose,
  };
}
