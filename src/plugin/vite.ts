// `rnlang/vite`: `.rn` files in Vite. A default export, as in every plugin of Vite.
import { createVitePlugin } from "unplugin";
import type { Plugin } from "vite";
import type { PluginOptions } from "./options.ts";
import { factory } from "./plugin.ts";

export type { PluginOptions };

/** `import { resnet20 } from "./cifar.rn"` in Vite. */
export default createVitePlugin(factory) as (options?: PluginOptions) => Plugin;
