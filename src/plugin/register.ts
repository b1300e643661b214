// `node --import rnlang/register`: `import { resnet20 } from "./cifar.rn"` in Node. In this thread where Node can (22.15), else in the one
// where it keeps hooks.
import * as nodeModule from "node:module";
import { loadProgram, type LoadedModule } from "./node.ts";

type NextLoad = (url: string, context: object) => LoadedModule;

/** Not in the types of Node 20. */
const { registerHooks } = nodeModule as { readonly registerHooks?: (hooks: { load(url: string, context: object, next: NextLoad): LoadedModule }) => void };

if (registerHooks) registerHooks({ load: (url, context, next) => loadProgram(url) ?? next(url, context) });
else nodeModule.register("./register-hooks.js", import.meta.url);
