// A graph as boxes and arrows, before anybody decides where they lie. In: a graph in the language's layers; out: boxes (a stack of
// layers, a merge, a value, a group of repeats with a scene of its own) and edges. Law: an edge that only shortens a longer way
// is an arc: layouts draw it beside the trunk, as a skip is drawn on paper.
import { constant, parameter } from "../ir/leaf.ts";
import { isOp, reachable, readers, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import type { TensorType } from "../ir/type.ts";
import { skip } from "../ops/index.ts";
import { lineReference } from "../source/text.ts";
import { family, layerLabel, mergeSymbol, shapeLabel, type Family } from "./label.ts";
import { findRepeats, type Flow, type Group } from "./repeats.ts";

/** One layer in a stack. */
export interface Row {
  readonly text: string;
  readonly family: Family;
  /** The scope of its parameters, within its group; "" where it has none, or only a number. */
  readonly name: string;
  /** For a hint: "layer1.0.conv1 · cifar.rn:14 · 16 × 32 × 32". */
  readonly hint: string;
  readonly layers: Layers;
}

/** What a part of the picture stands for: one layer, and in a group those of the other instances that play its part. */
export type Layers = readonly Node[];

interface BoxBase {
  readonly id: string;
}
export type Box = BoxBase & (
  | { readonly kind: "stack"; readonly rows: readonly Row[] }
  | { readonly kind: "merge"; readonly symbol: string; readonly hint: string; readonly layers: Layers }
  | { readonly kind: "value"; readonly name: string; readonly shape: string; readonly role: "input" | "output"; readonly layers: Layers }
  | { readonly kind: "port" } // where a group's input comes in
  | { readonly kind: "group"; readonly times: number; readonly name: string; readonly inner: Scene }
);

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly shape: string;
  /** Belongs to a skip's shortcut. */
  readonly shortcut: boolean;
  readonly arc: boolean;
}

export interface Scene {
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
}

const MOST_ROWS = 6;
const followers: ReadonlySet<Family> = new Set<Family>(["norm", "activation"]);

export function makeScene(graph: Graph): Scene {
  const all = reachable(graph).filter((n) => n.op !== parameter && n.op !== constant);
  const inside = new Set(all);
  const reading = readers(reachable(graph));
  const outputs = new Set(graph.outputs.map((o) => o.node));
  const operands = new Map(all.map((n) => [n, n.inputs.filter((i) => inside.has(i))]));
  const flow: Flow = {
    operands: (n) => operands.get(n)!,
    readers: (n) => reading.get(n)!,
    isOutput: (n) => outputs.has(n),
    follows: (n) => followers.has(family(n)),
  };
  const scene = new SceneMaker(flow, null, "", (n) => [n]).make(all);
  const values = graph.outputs.map((o, i): Box => ({ id: `out${i}`, kind: "value", name: o.name, shape: shapeLabel([o.node.type]), role: "output", layers: [o.node] }));
  const last = graph.outputs.map((o, i): Edge => ({ from: scene.home.get(o.node)!, to: `out${i}`, shape: shapeLabel([o.node.type]), shortcut: false, arc: false }));
  return markArcs({ boxes: [...scene.boxes, ...values], edges: [...scene.edges, ...last] });
}

class SceneMaker {
  readonly #flow: Flow;
  /** In a group: the value that comes in, and all instances, whose shapes may differ. */
  readonly #within: { readonly entry: Node | null; readonly group: Group } | null;
  readonly #prefix: string;
  /** The layers that the first instance's stand for, where this scene is drawn. */
  readonly #all: (first: Node) => Layers;
  readonly #boxes: Box[] = [];
  readonly #edges: Edge[] = [];
  /** The box in which a value is made. */
  readonly home = new Map<Node, string>();

  constructor(flow: Flow, within: { readonly entry: Node | null; readonly group: Group } | null, prefix: string, all: (first: Node) => Layers) {
    this.#flow = flow;
    this.#within = within;
    this.#prefix = prefix;
    this.#all = all;
  }

  make(nodes: readonly Node[]): { readonly boxes: readonly Box[]; readonly edges: readonly Edge[]; readonly home: ReadonlyMap<Node, string> } {
    const level = findRepeats(nodes, this.#flow);
    const entry = this.#within?.entry;
    if (entry) {
      this.#boxes.push({ id: `${this.#prefix}in`, kind: "port" });
      this.home.set(entry, `${this.#prefix}in`);
    }
    const groupOf = new Map(level.groups.map((g) => [g.instances[0]![0]!, g]));
    const order = [...level.nodes, ...groupOf.keys()].sort((a, b) => a.id - b.id);
    const stacks = new Map<string, Row[]>();
    const shortcuts = this.#shortcutNodes(nodes);
    for (const n of order) {
      const group = groupOf.get(n);
      if (group) this.#group(group);
      else this.#node(n, stacks, shortcuts);
    }
    return { boxes: this.#boxes, edges: this.#edges, home: this.home };
  }

  #node(n: Node, stacks: Map<string, Row[]>, shortcuts: ReadonlySet<Node>): void {
    const operands = this.#flow.operands(n);
    const before = operands.length === 1 ? this.home.get(operands[0]!) : undefined;
    const stack = before === undefined ? undefined : stacks.get(before);
    const joins = stack !== undefined && stack.length < MOST_ROWS && followers.has(family(n)) && this.#flow.readers(operands[0]!).length === 1 && !this.#flow.isOutput(operands[0]!);
    const id = joins ? before! : `${this.#prefix}n${n.id}`;
    this.home.set(n, id);
    if (joins) {
      stack.push(this.#row(n));
      return;
    }
    if (operands.length === 0) {
      this.#boxes.push({ id, kind: "value", name: "name" in n.attrs ? String(n.attrs["name"]) : n.op.name, shape: shapeLabel([n.type]), role: "input", layers: [n] });
    } else if (operands.length > 1) {
      this.#boxes.push({ id, kind: "merge", symbol: mergeSymbol(n), hint: hint(n), layers: this.#all(n) });
    } else {
      const rows = [this.#row(n)];
      stacks.set(id, rows);
      this.#boxes.push({ id, kind: "stack", rows });
    }
    operands.forEach((o, i) => {
      const shortcut = (isOp(n, skip) && i === 1) || shortcuts.has(n);
      this.#edges.push({ from: this.home.get(o)!, to: id, shape: shapeLabel(this.#types(o)), shortcut, arc: false });
    });
  }

  #group(group: Group): void {
    const body = group.instances[0]!;
    const inside = new Set(body);
    const entry = body.flatMap((n) => this.#flow.operands(n)).find((o) => !inside.has(o)) ?? null;
    const id = `${this.#prefix}g${body[0]!.id}`;
    const places = new Map(body.map((n, i) => [n, i]));
    const all = (first: Node): Layers => group.instances.flatMap((instance) => this.#all(instance[places.get(first)!]!));
    const inner = markArcs(new SceneMaker(this.#flow, { entry, group }, `${id}.`, all).make(body));
    const times = group.instances.length;
    const first = commonScope(body);
    const last = commonScope(group.instances.at(-1)!);
    const name = first === last ? first : `${first} … ${last}`;
    this.#boxes.push({ id, kind: "group", times, name: isNumber(first) ? "" : name, inner });
    if (entry) this.#edges.push({ from: this.home.get(entry)!, to: id, shape: shapeLabel(this.#types(entry)), shortcut: false, arc: false });
    this.home.set(group.instances.at(-1)!.at(-1)!, id);
  }

  /** The types that a value has in all instances of the group it lies in. */
  #types(n: Node): readonly TensorType[] {
    if (!this.#within) return [n.type];
    const { group, entry } = this.#within;
    if (n === entry) return group.instances.map((_, t) => (t === 0 ? n : group.instances[t - 1]!.at(-1)!).type);
    const at = group.instances[0]!.indexOf(n);
    return at < 0 ? [n.type] : group.instances.map((i) => i[at]!.type);
  }

  /** The layers that lie on a skip's shortcut alone: from the skip back to where the ways part. */
  #shortcutNodes(nodes: readonly Node[]): ReadonlySet<Node> {
    const found = new Set<Node>();
    for (const join of nodes) {
      if (!isOp(join, skip)) continue;
      for (let n = this.#flow.operands(join)[1]; n && this.#flow.readers(n).length === 1 && this.#flow.operands(n).length === 1; n = this.#flow.operands(n)[0]) found.add(n);
    }
    return found;
  }

  #row(n: Node): Row {
    const scope = this.#within ? commonScope(this.#within.group.instances[0]!) : "";
    const path = n.origin?.path ?? "";
    const name = scope !== "" && path.startsWith(`${scope}.`) ? path.slice(scope.length + 1) : path;
    return { text: layerLabel(n), family: family(n), name: isNumber(name) || !n.inputs.some((i) => i.op === parameter) ? "" : name, hint: hint(n), layers: this.#all(n) };
  }
}

/** Numbers that count the steps of a scope say nothing in a picture. */
function isNumber(path: string): boolean {
  return /^[\d.]*$/.test(path);
}

function hint(n: Node): string {
  return [n.origin?.path ?? "", n.origin?.span ? lineReference(n.origin.span) : "", shapeLabel([n.type])].filter((s) => s !== "").join(" · ");
}

/** The longest dotted scope that all these layers share: "layer1.0". */
function commonScope(nodes: readonly Node[]): string {
  // A merge's own path is the scope it stands in.
  const paths = nodes.filter((n) => family(n) !== "merge").map((n) => n.origin?.path ?? "").filter((p) => p !== "").map((p) => p.split("."));
  if (paths.length === 0) return "";
  const shared: string[] = [];
  while (paths.every((p) => p.length > shared.length + 1 && p[shared.length] === paths[0]![shared.length])) shared.push(paths[0]![shared.length]!);
  return shared.join(".");
}

/** An edge u → v is an arc where v can be reached from u without it. */
function markArcs(scene: Scene): Scene {
  const rank = new Map<string, number>();
  const into = new Map<string, string[]>();
  const outOf = new Map<string, string[]>();
  for (const e of scene.edges) {
    into.set(e.to, [...(into.get(e.to) ?? []), e.from]);
    outOf.set(e.from, [...(outOf.get(e.from) ?? []), e.to]);
  }
  for (const b of scene.boxes) rank.set(b.id, Math.max(0, ...(into.get(b.id) ?? []).map((f) => (rank.get(f) ?? 0) + 1)));
  const another = (from: string, to: string): boolean => {
    const seen = new Set<string>();
    const todo = (outOf.get(from) ?? []).filter((n) => n !== to);
    for (let n = todo.pop(); n !== undefined; n = todo.pop()) {
      if (n === to) return true;
      if (seen.has(n) || rank.get(n)! >= rank.get(to)!) continue;
      seen.add(n);
      todo.push(...(outOf.get(n) ?? []));
    }
    return false;
  };
  const edges = scene.edges.map((e) => (rank.get(e.to)! - rank.get(e.from)! > 1 && another(e.from, e.to) ? { ...e, arc: true } : e));
  return { boxes: scene.boxes, edges };
}
