// Where a network repeats itself, so that ResNet-1001 is still a picture. In: nodes in topological order with one way in; out:
// the nodes to draw one by one, and groups of equal stretches of which only the first is drawn ("× 110").
//
// A node is a cut where no edge jumps over it: every path runs through it. Between two cuts lies a segment; consecutive equal
// runs of segments are a group. Inside a segment the same is asked of each branch.
import { attrsKey } from "../ir/attr.ts";
import type { Node } from "../ir/op.ts";

/** What the search needs to know of the whole graph. */
export interface Flow {
  /** The values a node reads, parameters left out. */
  readonly operands: (node: Node) => readonly Node[];
  readonly readers: (node: Node) => readonly Node[];
  readonly isOutput: (node: Node) => boolean;
  /** Is it drawn as part of the box of the layer before it, as a normalisation or an activation is? */
  readonly follows: (node: Node) => boolean;
}

/** Equal stretches one after the other: node i of each instance plays the same part. The last node of each is its way out. */
export interface Group {
  readonly instances: readonly (readonly Node[])[];
}

export interface Level {
  readonly nodes: readonly Node[];
  readonly groups: readonly Group[];
}

const LEAST_SAVED = 3; // boxes that a group must save to be worth its frame
const LONGEST_PERIOD = 256; // segments
const DEEPEST = 64; // nested branches searched; deeper ones are drawn as they are

export function findRepeats(nodes: readonly Node[], flow: Flow, depth = 0): Level {
  const segments = cut(nodes, flow);
  const kept: Node[] = [];
  const groups: Group[] = [];
  for (const { start, period, times } of runs(segments.map((s) => signature(s, flow)), segments, flow)) {
    const stretch = (t: number): readonly Node[] => segments.slice(start + t * period, start + (t + 1) * period).flatMap((s) => s.nodes);
    if (times > 1) {
      groups.push({ instances: Array.from({ length: times }, (_, t) => stretch(t)) });
      continue;
    }
    for (const segment of segments.slice(start, start + period)) {
      const inside = segment.exit ? segment.nodes.slice(0, -1) : segment.nodes;
      if (segment.exit) kept.push(segment.exit);
      if (inside.length === 0) continue;
      const branches = inside.length < nodes.length && depth < DEEPEST ? components(inside, flow).map((c) => findRepeats(c, flow, depth + 1)) : [{ nodes: inside, groups: [] }];
      for (const b of branches) {
        kept.push(...b.nodes);
        groups.push(...b.groups);
      }
    }
  }
  return { nodes: kept.sort((a, b) => a.id - b.id), groups };
}

interface Segment {
  readonly nodes: readonly Node[];
  /** The cut that ends it, its last node; null at the end of nodes that leave in several places. */
  readonly exit: Node | null;
  /** The cut before it; null for the first. */
  readonly entry: Node | null;
}

function cut(nodes: readonly Node[], flow: Flow): Segment[] {
  const at = new Map(nodes.map((n, i) => [n, i]));
  const reach = (n: Node): number => Math.max(flow.isOutput(n) ? 0 : -1, ...flow.readers(n).map((r) => at.get(r) ?? nodes.length));
  let far = -1; // the furthest node read from before this one; from outside too
  nodes.forEach((n, i) => {
    const operands = flow.operands(n);
    if (operands.length === 0 || operands.some((o) => !at.has(o))) far = i;
  });
  const segments: Segment[] = [];
  let begin = 0;
  let entry: Node | null = null;
  nodes.forEach((n, i) => {
    if (far <= i) {
      segments.push({ nodes: nodes.slice(begin, i + 1), exit: n, entry });
      entry = n;
      begin = i + 1;
    }
    far = Math.max(far, reach(n));
  });
  if (begin < nodes.length) segments.push({ nodes: nodes.slice(begin), exit: null, entry });
  return segments;
}

/** Equal for segments that would be drawn the same. What a node reads is told by its place in the segment. */
function signature(segment: Segment, flow: Flow): string {
  const at = new Map(segment.nodes.map((n, i) => [n, String(i)]));
  return segment.nodes.map((n) => {
    const output = flow.isOutput(n) && n !== segment.exit ? `!${n.id}` : "";
    return `${n.op.name}${attrsKey(n.op.attrs, n.attrs as never)}(${flow.operands(n).map((o) => at.get(o) ?? "in").join()})${output}`;
  }).join("\n");
}

interface Run {
  readonly start: number;
  readonly period: number;
  readonly times: number;
}

/**
 * Greedy from the left: of all periods that repeat here the one that covers most, the shortest of those. A group does not begin
 * with what belongs to the box before it: (skip, relu) × 3 and not (relu, skip) × 3.
 */
function runs(signatures: readonly string[], segments: readonly Segment[], flow: Flow): Run[] {
  const known = new Map<string, number>();
  const ids = signatures.map((s) => known.get(s) ?? (known.set(s, known.size), known.size - 1));
  const opens = segments.map((s) => s.exit === null || flow.isOutput(s.exit)); // an output may only be the end of a run
  const weights = segments.map((s) => s.nodes.reduce((sum, n) => sum + (flow.follows(n) ? 1 / 8 : 1), 0)); // boxes, about
  const follow = segments.map((s) => s.nodes.every(flow.follows));
  const out: Run[] = [];
  for (let start = 0; start < ids.length; ) {
    let best: Run = { start, period: 1, times: 1 };
    let weight = 0;
    for (let period = 1; period <= Math.min(LONGEST_PERIOD, (ids.length - start) >> 1); period++) {
      weight += weights[start + period - 1]!;
      if (opens[start + period - 1]) break;
      let end = start + period;
      while (end < ids.length && ids[end] === ids[end - period] && !opens[end - 1]) end++;
      const times = Math.floor((end - start) / period);
      if (times > 1 && (times - 1) * weight >= LEAST_SAVED && times * period > best.times * best.period) best = { start, period, times };
    }
    if (best.times > 1 && follow[start] && !follow.slice(start, start + best.period).every(Boolean)) best = { start, period: 1, times: 1 };
    out.push(best);
    start += best.period * best.times;
  }
  return out;
}

/** Nodes that hang together without what lies outside: the branches between a cut and the next. */
function components(nodes: readonly Node[], flow: Flow): Node[][] {
  const inside = new Set(nodes);
  const seen = new Set<Node>();
  const found: Node[][] = [];
  for (const root of nodes) {
    if (seen.has(root)) continue;
    const part: Node[] = [];
    const todo = [root];
    seen.add(root);
    for (let n = todo.pop(); n; n = todo.pop()) {
      part.push(n);
      for (const next of [...flow.operands(n), ...flow.readers(n)]) {
        if (inside.has(next) && !seen.has(next)) {
          seen.add(next);
          todo.push(next);
        }
      }
    }
    found.push(part.sort((a, b) => a.id - b.id));
  }
  return found;
}
