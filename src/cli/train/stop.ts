// Ctrl-C while training: the step that is being made is finished and saved. A second one ends the process at once.
import { ExitCode } from "../exit.ts";

export interface Stop {
  readonly asked: () => boolean;
  /** Lets the process be told: a step that never waits would not hear a signal. */
  readonly listen: () => Promise<void>;
  /** Signals do again what they do by themselves. */
  readonly end: () => void;
}

const ECHO = 500; // milliseconds: npx hands a Ctrl-C on that the terminal has sent already

export function listenForStop(): Stop {
  let first: number | null = null;
  const hear = (): void => {
    first ??= performance.now();
    if (performance.now() - first > ECHO) process.exit(ExitCode.stopped);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const s of signals) process.on(s, hear);
  return {
    asked: () => first !== null,
    listen: () => new Promise((resolve) => setImmediate(resolve)),
    end: () => {
      for (const s of signals) process.off(s, hear);
    },
  };
}
