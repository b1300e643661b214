// The compiler, loaded when a module is first asked for.
import { Compilation } from "../compiler/compilation.ts";
import type { CompileOptions } from "../compiler/options.ts";
import { hasErrors } from "../source/diagnostic.ts";
import { renderText } from "../source/render.ts";

export interface Made {
  readonly name: string;
  readonly text: string;
  /** "269,722 parameters · …" */
  readonly size: string;
}

/** `only` is null where there is nothing to choose; `text` gives the other files of the page. What is wrong is a text for people. */
export function make(name: string, source: string, only: string | null, target: "ts" | "wasm" | "wgsl", text: (name: string) => string | null): Made | { readonly problem: string } {
  const load: NonNullable<CompileOptions["load"]> = (path) => {
    const file = path.replace(/^\.\//, "");
    const found = text(file);
    return found === null ? { problem: `there is no file "${file}" on this page` } : { source: { name: file, text: found } };
  };
  const { problems, exports: [made] } = new Compilation(source, { name, ...(only === null ? {} : { only }), target, load });
  if (hasErrors(problems) || !made) return { problem: problems.map((d) => renderText(d)).join("\n") };
  const { summary: { parameters, macs }, module: { files } } = made;
  const [{ name: file, text: code }] = files as [{ name: string; text: string }];
  const kilobytes = (code.length / 1000).toLocaleString("en", { maximumFractionDigits: 1 });
  return { name: file, text: code, size: `${file}: ${kilobytes} kB, imports nothing · ${parameters.toLocaleString("en")} parameters · ${macs.toLocaleString("en")} MACs` };
}
