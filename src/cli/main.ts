// The command `rnc`: arguments in, exit code out. All that is thrown ends here, as a short message and never as a stack.
import { Command as Parser, CommanderError, Option, Argument } from "commander";
import { version } from "../compiler/version.ts";
import type { Command, OptionSpec } from "./command.ts";
import { commands } from "./commands.ts";
import { CommandError, ExitCode, usageError } from "./exit.ts";
import { alternatives } from "./table.ts";
import { colours, say, sayError } from "./terminal.ts";

/** commander's parser, made from the table. `done` receives the exit code of the command that ran. */
function makeParser(help: ReadonlyMap<OptionSpec, readonly string[]>, done: (code: number) => void): Parser {
  const parser = new Parser("rnc")
    .description("A compiler for neural networks: .rn programs become modules that import nothing.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", "\nrnc <command> --help tells more. Exit codes: 0 success, 1 errors in the program, 2 bad usage, 70 internal error, 130 stopped.")
    .showHelpAfterError("(rnc --help tells more)")
    .exitOverride();
  for (const c of commands) parser.addCommand(subcommand(c, help, done));
  return parser;
}

function subcommand(c: Command, help: ReadonlyMap<OptionSpec, readonly string[]>, done: (code: number) => void): Parser {
  const sub = new Parser(c.name).description(c.doc).helpOption("-h, --help", "print this help").exitOverride().allowExcessArguments(false)
    .showHelpAfterError(`(rnc ${c.name} --help tells more)`);
  for (const a of c.arguments) {
    const text = `${a.name}${a.many ? "..." : ""}`;
    const argument = new Argument(a.optional ? `[${text}]` : `<${text}>`, a.doc);
    if (a.choices) argument.choices([...a.choices]);
    sub.addArgument(argument);
  }
  for (const o of c.options) {
    const option = new Option(o.flags, help.has(o) ? `${o.doc}: ${alternatives(help.get(o)!)}` : o.doc);
    // `--no-pass x` is an option with a value; commander would read it as the negation of `--pass`.
    if (o.flags.startsWith("--no-")) option.negate = false;
    if (o.choices) option.choices([...o.choices]);
    if (o.default !== undefined) option.default(o.default);
    if (o.repeat) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
    sub.addOption(option);
  }
  sub.addHelpText("after", `\nExamples:\n${c.examples.map((e) => `  ${e}\n`).join("")}`.trimEnd());
  sub.action(async (...given: unknown[]) => {
    const args = given.slice(0, c.arguments.length);
    done(await c.run(args as never, given[c.arguments.length] as never, commands));
  });
  return sub;
}

/** An option that is there or not may be given a number, as in `--threads 2`: commander would take that for a file. */
function checkFlags([name, ...argv]: readonly string[]): void {
  const flags = commands.find((c) => c.name === name)?.options.filter((o) => !o.flags.includes("<")) ?? [];
  for (const [i, given] of argv.entries()) {
    const [flag, behind] = given.split("=", 2);
    const value = behind ?? argv[i + 1];
    const option = flags.find((o) => o.flags.split(", ").includes(flag!));
    if (option && (behind !== undefined || isNumber(value ?? ""))) throw usageError(`${flag} takes no value, found ${value}`, option.doc);
  }
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

async function loadWords(): Promise<ReadonlyMap<OptionSpec, readonly string[]>> {
  const options = commands.flatMap((c) => c.options.filter((o) => o.words));
  return new Map(await Promise.all(options.map(async (o) => [o, await o.words!()] as const)));
}

async function main(argv: readonly string[]): Promise<number> {
  let code: number = ExitCode.success;
  const parser = makeParser(argv.some((a) => ["--help", "-h", "help"].includes(a)) ? await loadWords() : new Map(), (c) => { code = c; });
  parser.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${colours(process.stderr).paint("error", "error")}: `)) });
  for (const sub of parser.commands) sub.configureOutput(parser.configureOutput());
  try {
    checkFlags(argv);
    await parser.parseAsync([...argv], { from: "user" });
    return code;
  } catch (e) {
    if (e instanceof CommanderError) return e.exitCode === 0 ? ExitCode.success : ExitCode.usage;
    if (e instanceof CommandError) {
      sayError(e);
      return e.code;
    }
    return internalError(e);
  }
}

function internalError(e: unknown): number {
  const message = e instanceof Error ? e.message : String(e);
  say(`${colours(process.stderr).paint("error", "internal error")}: ${message}\n`);
  say(`This is a mistake in rnc ${version} (Node ${process.version}), not in your program. Please report it with the program and the command line.\n`);
  if (process.env["RNC_DEBUG"] === "1") say(`${e instanceof Error ? (e.stack ?? "") : ""}\n`);
  else say("RNC_DEBUG=1 shows where it happened.\n");
  return ExitCode.internal;
}

// A reader that closes the pipe early (`rnc inspect … | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (e: NodeJS.ErrnoException) => {
    if (e.code === "EPIPE") process.exit(ExitCode.success);
    throw e;
  });
}

process.exitCode = await main(process.argv.slice(2));
