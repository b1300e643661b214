// `rnc graph`: a picture of each export, to a file whose name says the format, or SVG to stdout.
import { basename, dirname, extname } from "node:path";
import type { ExportCompilation } from "../compiler/compilation.ts";
import type { Format } from "../draw/draw.ts";
import type { Direction } from "../draw/layout.ts";
import { ExitCode, usageError } from "./exit.ts";
import { writeAll, type NewFile } from "./files.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { metric } from "../source/quantities.ts";
import { integer } from "./table.ts";
import { print, say } from "./terminal.ts";

export interface GraphOptions extends BuildOptions {
  readonly out?: string;
  readonly direction: Direction;
}

export async function graph(path: string, options: GraphOptions): Promise<number> {
  const { draw, formats } = await import("../draw/draw.ts");
  const extension = options.out === undefined ? ".svg" : extname(options.out);
  const format = extension.slice(1);
  if (!Object.hasOwn(formats, format)) throw usageError(`-o wants a .svg, .dot or .html file, not ${JSON.stringify(options.out)}`);
  const exports = exportsOf(openProgram(path, options));
  if (!exports) return ExitCode.failure;
  const picture = (e: ExportCompilation): string => draw(e.graph, { format: format as Format, direction: options.direction, facts: facts(e) });
  if (options.out === undefined) {
    if (exports.length > 1) throw usageError(`${path} has ${exports.length} exports; one picture at a time goes to stdout`, `choose one with --only (${exports.map((e) => e.name).join(", ")}), or write files with -o`);
    for (const e of exports) print(picture(e));
    return ExitCode.success;
  }
  // A picture may be drawn over: rnc was told its name. Several exports are told apart by a suffix.
  const stem = basename(options.out, extension);
  const files = exports.map((e): NewFile => ({ name: exports.length === 1 ? stem + extension : `${stem}-${e.name}${extension}`, content: picture(e), replaces: () => true }));
  writeAll(dirname(options.out), files);
  for (const f of files) say(`wrote ${dirname(options.out) === "." ? "" : `${dirname(options.out)}/`}${f.name}\n`);
  return ExitCode.success;
}

function facts(e: ExportCompilation): string {
  const { parameters, macs } = e.summary;
  return `${integer(parameters)} parameters · ${metric(macs)} MACs`;
}
