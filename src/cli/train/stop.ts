// Ctrl-C while training: the step that is being made is finished and saved. A second one ends the process at once.

export interface Stop {
  /** The signal that came, or null. */
  readonly asked: () => NodeJS.Signals | null;
  /** Lets the process be told: a step that never waits would not hear a signal. */
  readonly listen: () => Promise<void>;
  /** Signals do again what they do by themselves. */
  readonly end: () => void;
}

export function listenForStop(): Stop {
  let asked: NodeJS.Signals | null = null;
  const end = (): void => {
    process.off("SIGINT", hear);
    process.off("SIGTERM", hear);
  };
  const hear = (signal: NodeJS.Signals): void => {
    asked = signal;
    end();
  };
  process.on("SIGINT", hear);
  process.on("SIGTERM", hear);
  return { asked: () => asked, listen: () => new Promise((resolve) => setImmediate(resolve)), end };
}
