// What a command is: a row of the table in commands.ts.

export interface OptionSpec {
  /** As commander writes them: "-o, --out <folder>". */
  readonly flags: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  /** Words that the compiler knows: loaded for help and completion, checked by the command. */
  readonly words?: () => Promise<readonly string[]>;
  readonly default?: string;
  /** May be given several times; the values make a list. */
  readonly repeat?: true;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly doc: string;
  readonly optional?: true;
  readonly many?: true;
  readonly choices?: readonly string[];
  /** What a shell offers. */
  readonly completes?: "program" | "code";
}

export interface Command {
  readonly name: string;
  readonly doc: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Shown under `--help`. */
  readonly examples: readonly string[];
  /** Arguments and options as the parser found them; the table itself, for the command that tells about all. The exit code. */
  readonly run: (args: never, options: never, table: readonly Command[]) => Promise<number>;
}
