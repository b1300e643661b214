// `rnlang/esbuild`: `.rn` files in esbuild. A default export, as in every plugin of esbuild.
import { createEsbuildPlugin } from "unplugin";
import type { Plugin } from "esbuild";
import type { PluginOptions } from "./options.ts";
import { factory } from "./plugin.ts";

export type { PluginOptions };

/** `import { resnet20 } from "./cifar.rn"` in esbuild. */
export default createEsbuildPlugin(factory) as (options?: PluginOptions) => Plugin;
