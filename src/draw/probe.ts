// What `rnc probe` measures, as a figure: for each network, layer by layer, how large its values and its gradients are.
import type { Figure, Series } from "./figure.ts";

export interface ProbedNetwork {
  readonly name: string;
  /** Null: f32 does not hold it, or there is none. */
  readonly layers: readonly { readonly name: string; readonly values: number | null; readonly gradient: number | null }[];
}

export function probeFigure(title: string, facts: string, networks: readonly ProbedNetwork[]): Figure {
  const series = (of: (l: ProbedNetwork["layers"][number]) => number | null): readonly Series[] =>
    networks.map(({ name, layers }, colour) => ({ name, colour, points: layers.map((l, k) => [k + 1, of(l) ?? NaN] as const) }));
  return {
    title, facts, x: { label: "layer", include: [1] },
    panels: [
      { y: { label: "values (root mean square)", kind: "log" }, series: series((l) => l.values), height: 200 },
      { y: { label: "gradient of the weights (norm)", kind: "log" }, series: series((l) => l.gradient), height: 200 },
    ],
  };
}
