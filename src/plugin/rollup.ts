// `rnlang/rollup`: `.rn` files in Rollup. A default export, as in every plugin of Rollup.
import { createRollupPlugin } from "unplugin";
import type { Plugin } from "rollup";
import type { PluginOptions } from "./options.ts";
import { factory } from "./plugin.ts";

export type { PluginOptions };

/** `import { resnet20 } from "./cifar.rn"` in Rollup. */
export default createRollupPlugin(factory) as (options?: PluginOptions) => Plugin;
