// What is trained: every run with its settings. Law: plain and residual networks of one depth differ in nothing but their skips.

export type Kind = "plain" | "residual";

export interface Run {
  /** Of the files that it leaves. */
  readonly name: string;
  readonly part: "depth" | "thousand" | "deepen";
  readonly kind: Kind;
  readonly depth: number;
  readonly seed: number;
  /** Of the schedule too. */
  readonly steps: number;
  readonly data: string;
  /** How many of the training samples there are to learn from. */
  readonly samples: number;
  /** Goes on from the weights that another run left, put into this network. */
  readonly from?: { readonly name: string; readonly depth: number };
  /** What it costs, about, in steps of 20 layers. */
  readonly cost: number;
}

export interface Settings {
  readonly data: string;
  readonly depths: readonly number[];
  readonly seeds: number;
  readonly steps: number;
  readonly samples: number;
  /** How many training samples the error is taken of, and how many unseen ones. */
  readonly measured: number;
  /** More than a thousand layers. */
  readonly thousand: { readonly depth: number; readonly steps: number; readonly data: string; readonly seeds: number };
  readonly deepen: { readonly from: number; readonly to: readonly number[]; readonly steps: number };
}

export const full: Settings = {
  data: "glyphs:hard", depths: [20, 32, 56, 110], seeds: 3, steps: 800, samples: 5000, measured: 2000,
  thousand: { depth: 1202, steps: 150, data: "glyphs:easy", seeds: 1 },
  deepen: { from: 20, to: [20, 22, 56], steps: 300 },
};

/** For tests: a little of everything; its numbers say nothing. */
export const quick: Settings = {
  data: "glyphs:hard", depths: [8, 14], seeds: 1, steps: 4, samples: 200, measured: 64,
  thousand: { depth: 20, steps: 3, data: "glyphs:easy", seeds: 1 },
  deepen: { from: 8, to: [10], steps: 2 },
};

export const kinds = ["plain", "residual"] as const;

/** In the order in which they begin; what goes on from another stands behind it. */
export function runsOf(s: Settings): readonly Run[] {
  const { thousand, deepen } = s;
  const each = <T>(seeds: number, list: readonly T[], run: (item: T, kind: Kind, seed: number) => Run): Run[] =>
    Array.from({ length: seeds }, (_, seed) => list.flatMap((item) => kinds.map((kind) => run(item, kind, seed)))).flat();
  const common = { data: s.data, samples: s.samples };
  return [
    ...each(s.seeds, s.depths, (depth, kind, seed) => make({ part: "depth", kind, depth, seed, steps: s.steps, ...common })),
    ...each(s.seeds, deepen.to, (depth, kind, seed) => make({ part: "deepen", kind, depth, seed, steps: deepen.steps, ...common, from: { name: nameOf("depth", kind, deepen.from, seed), depth: deepen.from } })),
    ...each(thousand.seeds, [thousand.depth], (depth, kind, seed) => make({ part: "thousand", kind, depth, seed, steps: thousand.steps, data: thousand.data, samples: s.samples })),
  ];
}

function make(r: Omit<Run, "name" | "cost">): Run {
  return { ...r, name: nameOf(r.part, r.kind, r.depth, r.seed), cost: (r.steps * r.depth) / 20 };
}

function nameOf(part: Run["part"], kind: Kind, depth: number, seed: number): string {
  return `${part}-${kind}${depth}-seed${seed}`;
}
