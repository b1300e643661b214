// How far a long command is: a bar with the time left on a terminal, a line now and then elsewhere. On stderr.
import { SingleBar } from "cli-progress";
import { duration, integer } from "./table.ts";
import { say } from "./terminal.ts";

const LINE_EVERY = 5000; // milliseconds, where there is no terminal

export interface Progress {
  /** `done` of the total are. */
  update(done: number): void;
  stop(): void;
}

export function startProgress(total: number, unit: string): Progress {
  const clock = startClock(total, 0);
  const text = (done: number): string => `${integer(done)} of ${integer(total)} ${unit} · ${done === 0 ? "…" : integer(Math.round(clock.rate(done)))}/s · ${clock.left(done)} left`;
  const line = startLine(total, 0, text(0));
  return { update: (done) => line.update(done, () => text(done)), stop: () => line.stop() };
}

export interface TrainingState {
  /** How many steps are done. */
  readonly step: number;
  /** As the caller smooths it. */
  readonly loss: number;
  /** Share of right answers on the training samples, 0 … 1, where there is one. */
  readonly accuracy?: number;
  /** Share of wrong answers on unseen samples when they were last asked, 0 … 1. */
  readonly unseenError?: number;
}

export interface TrainingProgress {
  update(state: TrainingState): void;
  stop(): void;
}

/** Of a run of `steps` steps of `batch` images each, of which `from` were done before. */
export function startTrainingProgress(steps: number, batch: number, from: number): TrainingProgress {
  const clock = startClock(steps, from);
  const text = ({ step, loss, accuracy, unseenError }: TrainingState): string => {
    const parts = [
      `step ${integer(step)} of ${integer(steps)}`, `loss ${loss.toPrecision(3)}`, ...(accuracy === undefined ? [] : [`accuracy ${(100 * accuracy).toFixed(1)} %`]),
      ...(unseenError === undefined ? [] : [`unseen ${(100 * unseenError).toFixed(1)} % wrong`]),
      `${integer(Math.round(batch * clock.rate(step)))} samples/s`, `${clock.left(step)} left`,
    ];
    return parts.join(" · ");
  };
  const line = startLine(steps, from, `step ${integer(from)} of ${integer(steps)}`);
  return { update: (state) => line.update(state.step, () => text(state)), stop: () => line.stop() };
}

/** How fast, and how long still; `from` were done when it started. */
function startClock(total: number, from: number): { rate(done: number): number; left(done: number): string } {
  const start = performance.now();
  const rate = (done: number): number => ((done - from) / (performance.now() - start)) * 1000;
  return {
    rate,
    left: (done) => {
      if (done <= from) return "…";
      const seconds = Math.ceil((total - done) / rate(done));
      return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
    },
  };
}

/** A bar with a text beside it, or the text alone now and then. */
function startLine(total: number, from: number, first: string): { update(done: number, text: () => string): void; stop(): void } {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: "{bar} {text}", barCompleteChar: "█", barIncompleteChar: "░", barsize: 30, hideCursor: true, clearOnComplete: true, stream: process.stderr, fps: 10 });
    bar.start(total, from, { text: first });
    return { update: (done, text) => bar.update(done, { text: text() }), stop: () => bar.stop() };
  }
  let last = performance.now();
  return {
    update: (done, text) => {
      if (performance.now() - last < LINE_EVERY || done >= total) return;
      last = performance.now();
      say(`${text()}\n`);
    },
    stop: () => undefined,
  };
}
