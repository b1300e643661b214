// THE table of forms: `--emit`, its help and the golden files are made from it. Every form prints.
import { wasmFunctions } from "../codegen/wasm/module.ts";
import { printWgsl, wgslFiles, type WgslFile } from "../codegen/wgsl/manifest.ts";
import { printGraph } from "../ir/print.ts";
import { printFile } from "../language/print.ts";
import { printFragments } from "../lower/print.ts";
import { printPlan } from "../plan/print.ts";
import type { Compilation, ExportCompilation } from "./compilation.ts";
import type { targets } from "./targets.ts";

export type Form = "ast" | "fragments" | "graph" | "core" | "grad" | "opt" | "plan" | "code" | "wat" | "wgsl";

export interface Stage {
  /** One sentence for `--help`. */
  readonly doc: string;
  /** The only target that has the form. */
  readonly target?: keyof typeof targets;
  /** Only exports that are trained have the form. */
  readonly trained?: true;
  print(e: ExportCompilation, c: Compilation): string;
  /** The form as files, where it has several texts. */
  files?(e: ExportCompilation): readonly WgslFile[];
}

export const stages = {
  ast: { doc: "the syntax tree of the file", print: (_, c) => printFile(c.parsed.file) },
  fragments: { doc: "blocks, elaborated once per use that differs", print: (e) => printFragments(e.elaborated.model.fragment) },
  graph: { doc: "the network in the language's layers", print: (e) => printGraph(e.graph) },
  core: { doc: "the network in core ops", print: (e) => printGraph(e.core) },
  grad: { doc: "a step of training in core ops: loss, gradients, optimizer", trained: true, print: (e) => (e.training ? printGraph(e.training.step) : `// no train declaration is about ${e.name}\n`) },
  opt: { doc: "the network after all passes", print: (e) => printGraph(e.opt) },
  plan: { doc: "kernel calls and the memory map; with --train, of a step of training too", print: (e, c) => [e.plan, ...(c.options.train && e.step ? [e.step.plan] : [])].map(printPlan).join("\n") },
  code: { doc: "the module", print: (e) => e.module.files.map((f) => f.text).join("\n") },
  wat: { doc: "the kernels of --target wasm as WebAssembly text", target: "wasm", print: (e, c) => (e.plan.target === "wasm" ? wasmFunctions([e.plan], c.options.threads ?? false).print() : `;; --target ${e.plan.target} has no WebAssembly\n`) },
  wgsl: { doc: "the kernels of --target wgsl, and a JSON manifest of buffers and dispatches", target: "wgsl", print: (e) => (e.plan.target === "wgsl" ? printWgsl(e.plan) : `// --target ${e.plan.target} has no WGSL\n`), files: (e) => wgslFiles(e.plan) },
} as const satisfies { readonly [F in Form]: Stage };
