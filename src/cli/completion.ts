// `rnc completion`: a script for a shell, made from the table of commands.
import { codes } from "../source/codes.ts";
import type { ArgumentSpec, Command, OptionSpec } from "./command.ts";
import { ExitCode } from "./exit.ts";
import { print } from "./terminal.ts";

const shells: Readonly<Record<string, (commands: readonly Command[], words: Words) => string>> = { bash, zsh, fish };

/** The words an option's value can be; null where it is a path or free. */
type Words = (o: OptionSpec) => readonly string[] | null;

export async function completion(shell: string, commands: readonly Command[]): Promise<number> {
  const late = new Map(await Promise.all(commands.flatMap((c) => c.options.filter((o) => o.words).map(async (o) => [o, await o.words!()] as const))));
  print(shells[shell]!(commands, (o) => o.choices ?? late.get(o) ?? null));
  return ExitCode.success;
}

interface Flags {
  readonly short: string | null; // "-o"
  readonly long: string; // "--out"
  readonly value: string | null; // "folder"
}

function flags(o: OptionSpec): Flags {
  const [, short, long, value] = /^(?:(-\w), )?(--[\w-]+)(?: <([^>]+)>)?$/.exec(o.flags)!;
  return { short: short ?? null, long: long!, value: value ?? null };
}

function names(o: OptionSpec): string[] {
  const { short, long } = flags(o);
  return short === null ? [long] : [short, long];
}

function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** What a shell offers for a value: paths where its name in the help says that it is one. */
type Kind = "file" | "folder" | "free";

function kindOf(value: string): Kind {
  return value === "file" || value === "folder" ? value : "free";
}

/** The words an argument can be; null where it is a path. */
function argumentWords(a: ArgumentSpec): readonly string[] | null {
  return a.choices ?? (a.completes === "code" ? Object.keys(codes) : null);
}

const bashPaths: { readonly [K in Kind]: string } = { file: `COMPREPLY=($(compgen -f -- "$word"))`, folder: `COMPREPLY=($(compgen -d -- "$word"))`, free: ":" };
const bashPrograms = `COMPREPLY=($(compgen -f -X '!*.rn' -- "$word") $(compgen -d -- "$word"))`;

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$word"))`;
}

function bashArgument(a: ArgumentSpec | undefined): string {
  if (!a) return ":";
  const words = argumentWords(a);
  return words ? bashWords(words) : a.completes === "program" ? bashPrograms : bashPaths[kindOf(a.name)];
}

function bash(commands: readonly Command[], optionWords: Words): string {
  const cases = commands.map((c) => {
    const values = c.options.flatMap((o) => {
      const { value } = flags(o);
      const words = optionWords(o);
      return value === null ? [] : [`        ${names(o).join("|")}) ${words ? bashWords(words) : bashPaths[kindOf(value)]}; return ;;\n`];
    });
    return `    ${c.name})
      case "$before" in
${values.join("")}      esac
      if [[ "$word" == -* ]]; then ${bashWords([...c.options.flatMap(names), "--help"])}; return; fi
      ${bashArgument(c.arguments[0])} ;;
`;
  });
  return `# rnc: completion for bash. Use: eval "$(rnc completion bash)"
_rnc() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then ${bashWords([...commands.map((c) => c.name), "--help", "--version"])}; return; fi
  case "\${COMP_WORDS[1]}" in
${cases.join("")}  esac
}
complete -o filenames -F _rnc rnc
`;
}

/** A blank: something is to be written, and nothing can be offered. */
const zshPaths: { readonly [K in Kind]: string } = { file: "_files", folder: "_files -/", free: " " };

function zsh(commands: readonly Command[], optionWords: Words): string {
  const text = (s: string): string => s.replace(/[[\]:\\]/g, (c) => `\\${c}`);
  const option = (o: OptionSpec): string => {
    const { value } = flags(o);
    const action = value === null ? "" : `:${value.replace(/[^\w-]/g, " ")}:${optionWords(o) ? `(${optionWords(o)!.join(" ")})` : zshPaths[kindOf(value)]}`;
    return names(o).map((n) => quote(`${o.repeat ? "*" : ""}${n}[${text(o.doc)}]${action}`)).join(" ");
  };
  const argument = (a: ArgumentSpec): string => {
    const words = argumentWords(a);
    return quote(`${a.many ? "*" : ""}:${a.name}:${words ? `(${words.join(" ")})` : a.completes === "program" ? '_files -g "*.rn"' : zshPaths[kindOf(a.name)]}`);
  };
  return `#compdef rnc
# rnc: completion for zsh. Use: rnc completion zsh > "\${fpath[1]}/_rnc"
_rnc() {
  local -a commands=(
${commands.map((c) => `    ${quote(`${c.name}:${text(c.doc)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command="$words[2]"
  shift words; (( CURRENT-- ))
  case "$command" in
${commands.map((c) => `    ${c.name}) _arguments ${[...c.options.map(option), ...c.arguments.map(argument)].join(" ")} ;;`).join("\n")}
  esac
}
compdef _rnc rnc
`;
}

const fishPaths: { readonly [K in Kind]: string } = { file: "-r -F", folder: '-x -a "(__fish_complete_directories)"', free: "-x" };
const fishPrograms = '-k -x -a "(__fish_complete_suffix .rn)"';

function fish(commands: readonly Command[], optionWords: Words): string {
  const when = (c: Command): string => `-n ${quote(`__fish_seen_subcommand_from ${c.name}`)}`;
  const lines = commands.flatMap((c) => [
    `complete -c rnc -f -n __fish_use_subcommand -a ${c.name} -d ${quote(c.doc)}`,
    ...c.options.map((o) => {
      const { short, long, value } = flags(o);
      const takes = value === null ? "" : optionWords(o) ? ` -x -a ${quote(optionWords(o)!.join(" "))}` : ` ${fishPaths[kindOf(value)]}`;
      return `complete -c rnc ${when(c)} ${short === null ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}${takes} -d ${quote(o.doc)}`;
    }),
    ...c.arguments.map((a) => {
      const words = argumentWords(a);
      return `complete -c rnc ${when(c)} ${words ? `-x -a ${quote(words.join(" "))}` : a.completes === "program" ? fishPrograms : fishPaths[kindOf(a.name)]}`;
    }),
  ]);
  return `# rnc: completion for fish. Use: rnc completion fish > ~/.config/fish/completions/rnc.fish\n${lines.join("\n")}\n`;
}
