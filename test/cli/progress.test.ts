// How far a long command is, where there is no terminal: a line every five seconds, with what is left. (The clock is the test's.)
import { afterEach, expect, test, vi } from "vitest";
import { startProgress, startTrainingProgress } from "../../src/cli/progress.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function watch(): { readonly lines: string[]; now: number } {
  const state = { lines: [] as string[], now: 0 };
  vi.spyOn(performance, "now").mockImplementation(() => state.now);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => state.lines.push(String(text)) > 0);
  return state;
}

test("images: how many, how fast, how long still", () => {
  const state = watch();
  const progress = startProgress(10_000, "images");
  for (const [now, done] of [[1000, 500], [6000, 3000], [7000, 3500], [12_000, 6000], [20_000, 10_000]] as const) {
    state.now = now;
    progress.update(done);
  }
  expect(state.lines).toEqual(["3,000 of 10,000 images · 500/s · 14 s left\n", "6,000 of 10,000 images · 500/s · 8 s left\n"]);
});

test("training: steps, loss, accuracy, images a second of this run alone, time left", () => {
  const state = watch();
  const progress = startTrainingProgress(2000, 32, 1000);
  state.now = 10_000;
  progress.update({ step: 1100, loss: 0.12345, accuracy: 0.9512 });
  state.now = 20_000;
  progress.update({ step: 1200, loss: 0.1 });
  state.now = 30_000;
  progress.update({ step: 1300, loss: NaN, accuracy: 0 });
  progress.stop();
  expect(state.lines).toEqual([
    "step 1,100 of 2,000 · loss 0.123 · accuracy 95.1 % · 320 samples/s · 1 min 30 s left\n",
    "step 1,200 of 2,000 · loss 0.100 · 320 samples/s · 1 min 20 s left\n",
    "step 1,300 of 2,000 · loss NaN · accuracy 0.0 % · 320 samples/s · 1 min 10 s left\n",
  ]);
});
