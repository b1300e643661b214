// `rnc explain`: the page behind a message's code; without a code, the list of all.
import { codes, type Code, type CodeInfo } from "../source/codes.ts";
import { ExitCode, usageError } from "./exit.ts";
import { colours, print } from "./terminal.ts";

export async function explain(code: string | undefined): Promise<number> {
  const c = colours(process.stdout);
  if (code === undefined) {
    print((Object.entries(codes) as [Code, CodeInfo][]).map(([name, { title }]) => `${c.bold(name)}  ${title}\n`).join(""));
    return ExitCode.success;
  }
  const asked = code.toUpperCase();
  if (!Object.hasOwn(codes, asked)) throw usageError(`there is no message ${JSON.stringify(code)}`, "rnc explain lists all");
  const { title, text, example }: CodeInfo = codes[asked as Code];
  print(`${c.bold(`${asked}: ${title}`)}\n\n${wrap(text, 90).replace(/`[^`\n]+`/g, c.cyan)}\n`);
  if (example !== undefined) print(`\nExample:\n\n${example.trimEnd().split("\n").map((line) => `    ${line}`.trimEnd()).join("\n")}\n`);
  return ExitCode.success;
}

function wrap(text: string, width: number): string {
  return text.split("\n").map((paragraph) => {
    const lines = [""];
    for (const word of paragraph.split(" ")) {
      const line = lines.at(-1)!;
      if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
      else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
    return lines.join("\n");
  }).join("\n");
}
