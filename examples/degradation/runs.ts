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
  /** Go on from the weights that this run leaves: put into a deeper network, or the same one. */
  readonly from?: string;
  /** Training steps of it cost about this, in steps of 20 layers: where it takes long it comes first. */
  readonly cost: number;
}

export interface Settings {
  readonly data: string;
  readonly depths: readonly number[];
  /** Of the deepest in the picture, and of the one of more than a thousand layers. */
  readonly seeds: number;
  readonly steps: number;
  readonly samples: number;
  /** How many training samples the error is taken of, and how many unseen ones. */
  readonly measured: number;
  readonly thousand: { readonly depth: number; readonly steps: number; readonly data: string; readonly seeds: number };
  readonly deepen: { readonly from: number; readonly to: readonly number[]; readonly steps: number };
}

export const full: Settings = {
  data: "glyphs:hard", depths: [20, 32, 44, 56, 110], seeds: 3, steps: 800, samples: 5000, measured: 2000,
  thousand: { depth: 1202, steps: 200, data: "glyphs:easy", seeds: 1 },
  deepen: { from: 20, to: [20, 22, 56], steps: 400 },
};

/** For tests: everything once, in seconds; its numbers say nothing. */
export const quick: Settings = {
  data: "glyphs:hard", depths: [20, 32], seeds: 2, steps: 4, samples: 200, measured: 64,
  thousand: { depth: 32, steps: 3, data: "glyphs:easy", seeds: 1 },
  deepen: { from: 20, to: [20, 22], steps: 2 },
};

export const kinds = ["plain", "residual"] as const;

/** In the order in which they should begin; what goes on from another stands behind it. */
export function runsOf(s: Settings): readonly Run[] {
  const seeds = Array.from({ length: s.seeds }, (_, seed) => seed);
  const each = <T>(list: readonly T[], run: (item: T, kind: Kind, seed: number) => Run): Run[] => list.flatMap((item) => seeds.flatMap((seed) => kinds.map((kind) => run(item, kind, seed))));
  const depth = each(s.depths, (depth, kind, seed) => make({ part: "depth", kind, depth, seed, steps: s.steps, data: s.data, samples: s.samples }));
  const { thousand, deepen } = s;
  const most = each([thousand.depth], (depth, kind, seed) => make({ part: "thousand", kind, depth, seed, steps: thousand.steps, data: thousand.data, samples: s.samples })).filter((r) => r.seed < thousand.seeds);
  const more = each(deepen.to, (depth, kind, seed) => make({ part: "deepen", kind, depth, seed, steps: deepen.steps, data: s.data, samples: s.samples, from: nameOf("depth", kind, deepen.from, seed) }));
  return [...most, ...depth, ...more].toSorted((a, b) => Number(a.from !== undefined) - Number(b.from !== undefined) || b.cost - a.cost);
}

function make(r: Omit<Run, "name" | "cost">): Run {
  return { ...r, name: nameOf(r.part, r.kind, r.depth, r.seed), cost: (r.steps * r.depth) / 20 };
}

function nameOf(part: Run["part"], kind: Kind, depth: number, seed: number): string {
  return `${part}-${kind}${depth}-seed${seed}`;
}
