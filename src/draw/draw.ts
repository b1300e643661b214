// The one way in: a graph in the language's own layers becomes a picture as text, in the format asked for.
import type { Graph } from "../ir/graph.ts";
import { dot } from "./dot.ts";
import { html } from "./html.ts";
import type { Direction } from "./layout.ts";
import { makeScene, type Scene } from "./scene.ts";
import { svg, type Caption } from "./svg.ts";

export const formats = { svg, dot, html } as const satisfies Record<string, (scene: Scene, caption: Caption, direction: Direction) => string>;
export type Format = keyof typeof formats;

export interface DrawOptions {
  readonly format: Format;
  readonly direction?: Direction;
  /** Beside the graph's name: "269,722 parameters · 40.8 M MACs". */
  readonly facts: string;
}

export function draw(graph: Graph, options: DrawOptions): string {
  return formats[options.format](makeScene(graph), { title: graph.name, facts: options.facts }, options.direction ?? "down");
}
