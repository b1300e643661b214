// The learning rate of each step, in f64, on the host: graphs get it as a number.

export type Schedule =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly by: number; readonly at: readonly number[] }
  | { readonly kind: "cosine"; readonly to: number };

export interface Scheduled {
  readonly optimizer: { readonly lr: number };
  /** `steps` steps at the rate `lr`, before the schedule. */
  readonly warmup: { readonly steps: number; readonly lr: number } | null;
  readonly schedule: Schedule;
  /** Of the whole training. */
  readonly steps: number;
}

/**
 * The rate of step number `step`, counted from 0. `at` counts all steps, those of the warmup too (He et al. 2015, section 4.2); half a
 * cosine (Loshchilov and Hutter 2017, equation 5) goes from the warmup's end to the end of training.
 */
export function learningRate({ optimizer: { lr }, warmup, schedule, steps }: Scheduled, step: number): number {
  const start = warmup?.steps ?? 0;
  if (warmup && step < start) return warmup.lr;
  switch (schedule.kind) {
    case "constant": return lr;
    case "step": return schedule.at.reduce((rate, at) => (step >= at ? rate * schedule.by : rate), lr);
    case "cosine": {
      const passed = Math.min(1, (step - start) / Math.max(1, steps - start));
      return schedule.to + (lr - schedule.to) * 0.5 * (1 + Math.cos(Math.PI * passed));
    }
  }
}
