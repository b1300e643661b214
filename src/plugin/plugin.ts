// The plugin of all hosts, for unplugin: `.rn` files are modules. A host resolves the path of an import as it does any other and asks here
// for the text. What differs between hosts is in this file.
import { basename } from "node:path";
import type { TransformResult, UnpluginBuildContext, UnpluginContext, UnpluginFactory, UnpluginOptions } from "unplugin";
import { writeDeclarations } from "../cli/declarations.ts";
import type { Imported } from "../cli/imported.ts";
import { jsString } from "../codegen/names.ts";
import { hasErrors } from "../source/diagnostic.ts";
import { Importers } from "./importers.ts";
import { HOT, hotText, moduleText } from "./modules.ts";
import { checkPluginOptions, type PluginOptions } from "./options.ts";
import { problemOf, sentenceOf, type Problem } from "./problems.ts";
import { Programs } from "./programs.ts";
import { parseRequest, queryOf, type Request } from "./request.ts";
import { problemOfWorkers } from "./workers.ts";

type Host = Parameters<UnpluginFactory<PluginOptions | undefined>>[1]["framework"];
type Context = UnpluginBuildContext & UnpluginContext;

const NAME = "rnlang";
const RESOLVED_HOT = `\0${HOT}`;

export const factory: UnpluginFactory<PluginOptions | undefined, false> = (options = {}, { framework }) => {
  checkPluginOptions(options);
  const plugin = new Plugin(options, framework);
  const common: UnpluginOptions = {
    name: NAME,
    loadInclude: (id) => id === RESOLVED_HOT || isProgram(id),
    load(id) {
      return loaded(id === RESOLVED_HOT ? hotText() : plugin.load(id, this));
    },
    esbuild: { onLoadFilter: /\.rn$/, loader: "js" },
  };
  return {
    ...common,
    rollup: { resolveId: resolveQuery },
    webpack: ({ options: { module } }) => void module.rules.push({ test: /\.rn$/, sideEffects: false }),
    vite: {
      configResolved: ({ command }) => void (plugin.serving = command === "serve"),
      resolveId: {
        order: "pre", // Vite's own resolves files before other plugins are asked
        async handler(source, importer) {
          if (source === HOT) return RESOLVED_HOT;
          const found = isProgram(source) && importer ? await this.resolve(source, importer, { skipSelf: true }) : null;
          if (found) plugin.noteImport(found.id, source, importer!);
          return found;
        },
      },
      handleHotUpdate: ({ modules, server }) => {
        const threads = modules.filter(({ id }) => id && parseRequest(id)?.part.kind === "thread");
        for (const m of threads) server.moduleGraph.invalidateModule(m);
        return modules.filter((m) => !threads.includes(m)); // no module imports them: they would load the page again
      },
    },
  };
};

/** Nothing happens where a module is only loaded: of one that nobody uses, Rollup and Vite keep nothing. (webpack is told by a rule.) */
function loaded(code: string | null): TransformResult {
  return code === null ? null : { code, map: null, moduleSideEffects: false } as TransformResult;
}

/** Rollup resolves no path with a query: the path is resolved, and has its query again. */
async function resolveQuery(this: { resolve(source: string, importer?: string, options?: object): Promise<{ readonly id: string } | null> }, source: string, importer: string | undefined): Promise<string | null> {
  const at = source.indexOf("?");
  if (at < 0 || !isProgram(source)) return null;
  const found = await this.resolve(source.slice(0, at), importer?.replace(/\?.*$/, ""), { skipSelf: true });
  return found && found.id + source.slice(at);
}

function isProgram(id: string): boolean {
  return /\.rn(\?|$)/.test(id);
}

class Plugin {
  /** Does a development server of Vite run, which replaces modules while a page runs? */
  serving = false;
  readonly #options: PluginOptions;
  readonly #host: Host;
  readonly #programs: Programs;

  /** Vite alone does not say with an error where a module is imported. */
  readonly #importers = new Importers();

  constructor(options: PluginOptions, host: Host) {
    this.#options = options;
    this.#host = host;
    this.#programs = new Programs(options);
  }

  noteImport(id: string, source: string, importer: string): void {
    this.#importers.note(id, importer.replace(/\?.*$/, ""), source);
  }

  /** The module that an id asks for; null where it asks for none; empty after an error where the host goes on behind it. */
  load(id: string, context: Context): string | null {
    try {
      const request = parseRequest(id);
      if (!request) return null;
      const opened = this.#programs.open(request, this.serving);
      for (const file of opened.files) if (!this.serving || file !== request.path) context.addWatchFile(file); // Vite would see a circle
      if (this.#report(opened, request, context)) return "";
      if (request.part.kind === "program") this.#warnOfNoWorker(request, opened, context);
      if (request.part.kind === "program" && request.query === "") this.#declare(request.path, opened, context);
      return moduleText(request, opened, { self: `./${basename(request.path)}`, hot: this.serving, worker: (name, text) => this.#worker(request, name, text, context) });
    } catch (e) {
      return this.#fail({ message: sentenceOf(e) + this.#importedBy(id) }, context);
    }
  }

  #importedBy(id: string): string {
    const by = this.#importers.of(id);
    return by === null ? "" : `\n  imported by ${by.file}${by.loc ? `:${by.loc.line}:${by.loc.column + 1}` : ""}`;
  }

  /** True where there are errors. Warnings are told once, with the program. */
  #report({ diagnostics, file }: Imported, { part }: Request, context: Context): boolean {
    const errors = diagnostics.filter((d) => d.severity === "error");
    if (part.kind === "program") for (const d of diagnostics) if (d.severity !== "error") context.warn(problemOf([d], file, this.#framed));
    if (!hasErrors(diagnostics)) return false;
    this.#fail(problemOf(errors, file, this.#framed), context);
    return true;
  }

  #warnOfNoWorker(request: Request, opened: Imported, context: Context): void {
    const native = context.getNativeBuildContext?.();
    const problem = native?.framework === "esbuild" ? problemOfWorkers(request, opened, native.build.initialOptions) : null;
    if (problem !== null) context.warn(problem);
  }

  /** Vite's overlay shows a frame in its own form only, the others none. */
  get #framed(): boolean {
    return this.#host === "rollup" || this.#host === "rolldown";
  }

  #fail(problem: Problem, context: Context): string {
    if (this.#host === "webpack" || this.#host === "rspack") throw Object.assign(new Error(problem.message), { hideStack: true });
    context.error(problem);
    return "";
  }

  #declare(path: string, { exports }: Imported, context: Context): void {
    if (this.#options.declarations === false || /[\\/]node_modules[\\/]/.test(path)) return;
    try {
      writeDeclarations(path, exports);
    } catch (e) {
      context.warn(`no declarations: ${sentenceOf(e)}`);
    }
  }

  /**
   * webpack bundles what `new Worker(new URL("…", import.meta.url))` names, Vite serves it, with a query that says it is code; Rollup, and Vite
   * when it builds, are given a file. For others it lies beside the bundle.
   */
  #worker(request: Request, name: string, text: string, context: Context): string | null {
    const query = `./${basename(request.path)}${queryOf(request, "thread", name)}`;
    if (this.#host === "webpack" || this.#host === "rspack") return jsString(query);
    if (this.serving) return jsString(`${query}&import`);
    if (this.#host !== "vite" && this.#host !== "rollup" && this.#host !== "rolldown") return null;
    const emit = context.emitFile as unknown as (file: object) => string;
    return `import.meta.ROLLUP_FILE_URL_${emit({ type: "asset", name: `${name}.worker.js`, source: text })}`;
  }
}
