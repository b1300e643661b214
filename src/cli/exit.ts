// How a command ends. 0 success · 1 errors in the program or the data · 2 bad usage or a missing file · 70 our own mistake · 130 stopped by a signal,
// with what was done saved.

export const ExitCode = { success: 0, failure: 1, usage: 2, internal: 70, stopped: 130 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What the user asked for cannot be done; `message` is all there is to say, `help` how to go on. Never a stack. */
export class CommandError extends Error {
  readonly code: ExitCode;
  readonly help: string | null;
  constructor(code: ExitCode, message: string, help: string | null = null) {
    super(message);
    this.name = "CommandError";
    this.code = code;
    this.help = help;
  }
}

/** Bad usage or a missing file: exit 2. */
export function usageError(message: string, help: string | null = null): CommandError {
  return new CommandError(ExitCode.usage, message, help);
}

/** What was read is wrong (data, weights): exit 1. */
export function failure(message: string, help: string | null = null): CommandError {
  return new CommandError(ExitCode.failure, message, help);
}
