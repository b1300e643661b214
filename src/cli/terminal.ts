// What a person sees: colours only on a terminal that wants them, messages on stderr, data on stdout.
import pc from "picocolors";
import { visible } from "../source/cells.ts";
import type { Paint, Role } from "../source/render.ts";
import type { CommandError } from "./exit.ts";

/** NO_COLOR (any value but the empty one) and TERM=dumb win over a terminal; FORCE_COLOR wins over its absence. */
export function wantsColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export interface Colours {
  readonly bold: (s: string) => string;
  readonly dim: (s: string) => string;
  readonly red: (s: string) => string;
  readonly green: (s: string) => string;
  readonly cyan: (s: string) => string;
  readonly paint: Paint;
}

export function colours(stream: { readonly isTTY?: boolean }): Colours {
  const c = pc.createColors(wantsColour(stream));
  const roles: Record<Role, (s: string) => string> = {
    error: (s) => c.bold(c.red(s)), warning: (s) => c.bold(c.yellow(s)), info: (s) => c.bold(c.cyan(s)),
    bold: c.bold, frame: c.blue, related: c.blue, help: (s) => c.bold(c.green(s)),
  };
  return { bold: c.bold, dim: c.dim, red: c.red, green: c.green, cyan: c.cyan, paint: (role, text) => roles[role](text) };
}

/** Colours for the lines of a chart, as near to those of the SVG as a terminal has them. */
export function seriesPaint(stream: { readonly isTTY?: boolean }): (colour: number, text: string) => string {
  const c = pc.createColors(wantsColour(stream));
  const inks = [c.blue, c.magenta, c.green, c.yellow, c.cyan, c.gray];
  return (colour, text) => inks[colour % inks.length]!(text);
}

/** Data, for the next program in the pipe. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** A message for the person. */
export function say(text: string): void {
  process.stderr.write(text);
}

export function sayError(e: CommandError): void {
  const c = colours(process.stderr);
  say(`${c.paint("error", "error")}${c.bold(`: ${e.message.split("\n").map(visible).join("\n")}`)}\n`);
  if (e.help !== null) say(`  ${c.paint("frame", "=")} ${c.paint("help", "help")}: ${e.help}\n`);
}
