// `rnlang/webpack`: `.rn` files in webpack. A default export, as in every plugin of webpack.
import { createWebpackPlugin } from "unplugin";
import type { WebpackPluginInstance } from "webpack";
import type { PluginOptions } from "./options.ts";
import { factory } from "./plugin.ts";

export type { PluginOptions };

/** `import { resnet20 } from "./cifar.rn"` in webpack. */
export default createWebpackPlugin(factory) as (options?: PluginOptions) => WebpackPluginInstance;
