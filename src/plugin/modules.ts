// The texts of the modules that hosts are given for an import. Law: names of the program appear through `codegen/names.ts` only.
import { jsString } from "../codegen/names.ts";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { runtime } from "../runtime/embedded.ts";
import type { Imported } from "../cli/imported.ts";
import { queryOf, type Request } from "./request.ts";

/** What differs between hosts. */
export interface HostText {
  /** The program's file as an import from the same folder: "./cifar.rn". */
  readonly self: string;
  /** The expression that a thread's file is found by, given that file's text; null: as in the module, `./<export>.worker.js`. */
  worker(name: string, text: string): string | null;
  /** Does a development server replace modules while a page runs? */
  readonly hot: boolean;
}

/** What the runtime of a development server is imported as. */
export const HOT = "virtual:rnlang/hot";

/** The module of a part. Throws a RangeError where the program has no such part. */
export function moduleText(request: Request, { exports }: Imported, host: HostText): string {
  const { part } = request;
  if (part.kind === "program") return programText(request, exports, host);
  const e = exports.find(({ name }) => name === part.name);
  if (!e) throw new RangeError(`there is no export ${JSON.stringify(part.name)}`);
  if (part.kind === "thread") return workerOf(e);
  return part.kind === "export" && host.hot ? liveText(request, e, host) : generated(e, host);
}

/** A namespace for each export: of those that nobody uses, nothing is bundled. */
function programText(request: Request, exports: readonly ExportCompilation[], host: HostText): string {
  const lines = exports.map(({ name }) => `export * as ${name} from ${jsString(host.self + queryOf(request, "export", name))};`);
  return [...lines, ...(host.hot ? [sameExports(exports)] : []), ""].join("\n");
}

/** Who imports a program sees its changes through the exports; other exports are for a page that loads again. */
function sameExports(exports: readonly ExportCompilation[]): string {
  const names = exports.map(({ name }) => name).sort().join();
  return `import.meta.hot?.accept((next) => {
  if (next && Object.keys(next).sort().join() !== ${jsString(names)}) import.meta.hot.invalidate("the program has other exports");
});`;
}

/** The generated module as it is, but for where its threads are found. */
function generated(e: ExportCompilation, host: HostText): string {
  const text = e.module.files[0]!.text;
  const worker = `${e.name}.worker.js`;
  if (!e.module.files.some((f) => f.name === worker)) return text;
  const found = host.worker(e.name, workerOf(e));
  return found === null ? text : text.replaceAll(jsString(`./${worker}`), () => found);
}

function workerOf(e: ExportCompilation): string {
  const file = e.module.files.find((f) => f.name === `${e.name}.worker.js`);
  if (!file) throw new RangeError(`${e.name} computes in one thread: add ?threads`);
  return file.text;
}

/** What stays when the generated module is replaced: nets and trainers go on in the new one. */
function liveText(request: Request, e: ExportCompilation, host: HostText): string {
  const values = ["info", "bytes", "RncError", ...(/^export const training\b/m.test(e.module.files[0]!.text) ? ["training"] : [])].join(", ");
  const training = values.includes("training");
  return `import * as made from ${jsString(host.self + queryOf(request, "module", e.name))};
import { live } from ${jsString(HOT)};

const current = live(import.meta.hot?.data ?? {}, made, ${outline(e)});
export let { ${values} } = made;
export const { create${training ? ", createTrainer" : ""} } = current;
current.follow((next) => ({ ${values} } = next));
import.meta.hot?.accept();
`;
}

/** The parameters, and how they begin. */
function outline(e: ExportCompilation): string {
  const rows = e.graph.parameters.map(({ attrs }) => {
    const { name, shape, init, fanIn, fanOut } = attrs as unknown as { readonly name: string; readonly shape: readonly number[]; readonly init: string; readonly fanIn: number; readonly fanOut: number };
    return `{ name: ${jsString(name)}, shape: [${shape.join(", ")}], init: ${jsString(init)}, fanIn: ${fanIn}, fanOut: ${fanOut} }`;
  });
  return `[\n${rows.map((r) => `  ${r},\n`).join("")}]`;
}

/** The runtime of a development server: `live`. */
export function hotText(): string {
  const { hot, initialise, random, safetensorsFile, safetensors, error } = runtime;
  return [hot, initialise, random, safetensorsFile, safetensors, error].map((t) => `${t.js}\n`).join("\n") + "\nexport { live };\n";
}

