// `node --import rnlang/register`: `import { resnet20 } from "./cifar.rn"` in Node. In this thread where Node can (22.15), else in the one
// where it keeps hooks.
import * as nodeModule from "node:module";
import { loadProgram, noteImport, type LoadedModule, type ResolveContext, type ResolvedModule } from "./node.ts";

type Next<R> = (of: string, context: object) => R;
interface Hooks {
  resolve(specifier: string, context: ResolveContext, next: Next<ResolvedModule>): ResolvedModule;
  load(url: string, context: object, next: Next<LoadedModule>): LoadedModule;
}

/** Not in the types of Node 20. */
const { registerHooks } = nodeModule as { readonly registerHooks?: (hooks: Hooks) => void };

const hooks: Hooks = {
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    noteImport(resolved, specifier, context);
    return resolved;
  },
  load: (url, context, next) => loadProgram(url) ?? next(url, context),
};

if (registerHooks) registerHooks(hooks);
else nodeModule.register("./register-hooks.js", import.meta.url);
