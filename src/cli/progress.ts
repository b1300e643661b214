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
  const start = performance.now();
  const rate = (done: number): number => (done / (performance.now() - start)) * 1000;
  const left = (done: number): string => {
    const seconds = Math.ceil((total - done) / rate(done));
    return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
  };
  if (process.stderr.isTTY) {
    const bar = new SingleBar({ format: `{bar} {done} of {all} ${unit} · {rate}/s · {left} left`, barCompleteChar: "█", barIncompleteChar: "░", barsize: 30, hideCursor: true, clearOnComplete: true, stream: process.stderr, fps: 10 });
    const shown = (done: number): object => ({ done: integer(done), all: integer(total), rate: done === 0 ? "…" : integer(Math.round(rate(done))), left: done === 0 ? "…" : left(done) });
    bar.start(total, 0, shown(0));
    return { update: (done) => bar.update(done, shown(done)), stop: () => bar.stop() };
  }
  let last = start;
  return {
    update: (done) => {
      if (performance.now() - last < LINE_EVERY || done >= total) return;
      last = performance.now();
      say(`${integer(done)} of ${integer(total)} ${unit} · ${integer(Math.round(rate(done)))}/s · ${left(done)} left\n`);
    },
    stop: () => undefined,
  };
}
