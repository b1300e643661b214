// Random graphs, valid by construction from a seed: what design and tests call "random graphs". Out: a case, that is a graph,
// how it is to be run, and which optional passes are left out. Its numbers: generate-data.ts.
// Law: the same seed gives the same case on every machine; a case prints, and reads back (for the corpus).
import { reachable, type Graph, type Output } from "../../src/ir/graph.ts";
import { input } from "../../src/ir/leaf.ts";
import type { Node, Op } from "../../src/ir/op.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { elementsPerSample, N, type Dim } from "../../src/ir/type.ts";
import { coreOps, layers } from "../../src/ops/index.ts";
import { imageCore, otherCore, rowCore } from "./generate-core.ts";
import { Dice, Growth } from "./generate-growth.ts";
import { channelCounts, imageLayers, otherLayers, rowLayers, type Table } from "./generate-layers.ts";
import { chainStep, imageMotifs, otherMotifs, rowMotifs } from "./generate-motifs.ts";

/** What stands among the inputs: nothing unusual, ±0, only negative numbers, denormals, 1e-30, 1e30, one NaN. */
export const specials = ["none", "zeros", "negative", "denormal", "tiny", "huge", "nan"] as const;
export type Special = (typeof specials)[number];

/**
 * `net`: 1–60 nodes; `chain`: 300–3,000 nodes one after another; `crowd`: 10,000 tiny nodes. Most chains are short (half of them below
 * 450): evenly spread lengths would take half a minute of `npm test` and show what these show.
 */
export type Size = "net" | "chain" | "crowd";

export interface Case {
  readonly seed: number;
  readonly size: Size;
  readonly graph: Graph;
  /** What the instance is created for. */
  readonly batch: number;
  /** How many samples are run, at most `batch`. */
  readonly samples: number;
  readonly special: Special;
  /** The optional passes that are left out. */
  readonly without: readonly string[];
}

/** The case of a seed; `optional` are the names of the passes that may be left out. */
export function generate(seed: number, optional: readonly string[] = []): Case {
  const dice = new Dice(seed);
  const size = dice.weighted<Size>([[94, "net"], [5, "chain"], [1, "crowd"]]);
  const batch = size === "net" ? dice.weighted([[3, 1], [3, 2], [2, 3], [2, dice.int(4, 8)], [1, dice.int(9, 17)]]) : dice.int(1, 2);
  const samples = dice.chance(0.7) ? batch : dice.int(1, batch);
  const special = dice.weighted<Special>([[16, "none"], [2, "zeros"], [2, "negative"], [1, "denormal"], [1, "tiny"], [1, "huge"], [2, "nan"]]);
  const without = dice.weighted<readonly string[]>([[5, []], [1, optional], [4, optional.filter(() => dice.chance(0.4))]]);
  const graph = size === "net" ? net(dice, batch) : chain(dice, batch, size === "chain" ? Math.round(300 * 10 ** (dice.unit() * dice.unit() * dice.unit())) : 10_000);
  return { seed, size, graph, batch, samples, special, without };
}

function net(dice: Dice, batch: number): Graph {
  const g = new Growth(dice, batch, { elements: 8_000, macs: 80_000 });
  const names = inputNames(dice);
  const inputs = names.map((name) => inputOf(g, name));
  g.values.push(...inputs);
  const wanted = dice.geometric(13, 60);
  for (let made = 0, tries = 0; made < wanted && tries < 6 * wanted; tries++) {
    const x = g.value();
    const node = dice.weighted(tableFor(dice, x.type.shape.length))(g, x);
    if (!node || node === x) continue;
    g.add(node);
    made++;
  }
  return finish(g, inputs);
}

/** Layers, core ops or motifs, for a value of that rank. */
function tableFor(dice: Dice, rank: number): Table {
  const [ofLayers, ofCore, ofMotifs] = rank === 4 ? [imageLayers, imageCore, imageMotifs] : rank === 2 ? [rowLayers, rowCore, rowMotifs] : [otherLayers, otherCore, otherMotifs];
  return dice.weighted([[5, ofLayers], [3, ofCore], [3, ofMotifs]]);
}

function chain(dice: Dice, batch: number, length: number): Graph {
  const g = new Growth(dice, batch, { elements: 4_000, macs: 4_000 });
  const shape = dice.pick<readonly Dim[]>(length > 3_000 ? [[N, 2], [N, 1, 2, 2]] : [[N, 5], [N, 3, 2, 2], [N, 2, 3, 3]]);
  const first = g.builder.make(input, [], { name: "x", shape });
  g.values.push(first);
  while (g.values.length < length) {
    const node = chainStep(g, g.values.at(-1)!, length > 3_000);
    if (node && node !== g.values.at(-1)) g.add(node);
  }
  return finish(g, [first]);
}

/** Now and then names that mean something elsewhere: what the language allows as an identifier. */
function inputNames(dice: Dice): readonly string[] {
  const odd = ["__proto__", "constructor", "class", "await", "weights", "batch", "arguments", "x0", "Float32Array"];
  const count = dice.weighted([[6, 1], [3, 2], [1, 3]]);
  return Array.from({ length: count }, (_, i) => (dice.chance(0.05) ? odd[dice.int(0, 2) * 3 + i]! : ["x", "y", "z"][i]!));
}

function inputOf(g: Growth, name: string): Node {
  const { dice } = g;
  const room = 6_000 / g.batch;
  for (;;) {
    const shape = inputShape(dice);
    if (elementsPerSample(shape) <= room) return g.builder.make(input, [], { name, shape: [N, ...shape] });
  }
}

function inputShape(dice: Dice): readonly number[] {
  const c = dice.pick(channelCounts);
  const side = (): number => dice.weighted([[2, 1], [2, 2], [2, 4], [3, 5], [2, 7], [2, 8], [1, 13], [1, 16], [1, dice.int(31, 33)]]);
  const h = side();
  return dice.weighted<readonly number[]>([[14, [c, h, dice.chance(0.5) ? h : side()]], [3, [c]], [1, [c, h]], [1, [c, 1, side()]]]);
}

const outputNames = ["y", "constructor", "default", "output3", "delete", "y5", "y6", "y7"];

/** Outputs: the newest value and most of what nothing reads, some of what is read, now and then an input as it is, or one twice. */
function finish(g: Growth, inputs: readonly Node[]): Graph {
  const { dice } = g;
  const read = new Set(g.values.flatMap((n) => n.inputs));
  const newest = g.values.at(-1)!;
  const loose = g.values.filter((n) => n !== newest && !read.has(n) && !inputs.includes(n));
  const nodes = [newest, ...loose.slice(-5).filter(() => dice.chance(0.8))];
  if (dice.chance(0.2)) nodes.push(dice.pick(g.values));
  if (dice.chance(0.05)) nodes.push(dice.pick(inputs));
  const outputs: Output[] = nodes.map((node, i) => ({ name: outputNames[i]!, node }));
  const needed = new Set(reachable({ name: "fuzz", inputs, parameters: [], outputs, updates: [] }));
  return { name: "fuzz", inputs, parameters: dice.chance(0.85) ? g.parameters.filter((p) => needed.has(p)) : g.parameters, outputs, updates: [] };
}

/** The case as text: what is not in the graph as a comment of JSON before it. */
export function printCase({ seed, size, batch, samples, special, without, graph }: Case): string {
  return `// ${JSON.stringify({ seed, size, batch, samples, special, without })}\n${printGraph(graph)}`;
}

export function parseCase(text: string): Case {
  const graph = parseGraph(text, new Map<string, Op>([...coreOps, ...layers]));
  if (isProblem(graph)) throw new Error(graph.problem);
  return { ...(JSON.parse(text.slice(3, text.indexOf("\n"))) as Omit<Case, "graph">), graph };
}
