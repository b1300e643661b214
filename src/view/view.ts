// The graph beside the text: draws what the language server answers to `rnc/graph`, and moves what stays from picture to picture.
// In: results, the cursor. Out: ranges of the text that somebody chose, and the export to show. No framework, no network, no inline
// styles or scripts: it runs under the content security policy of an editor's panel. `color-scheme` and `--rn-…` of the host are its colours.
import type { Picture, PictureEdge, PictureNode } from "../editor/graph.ts";
import type { Point, Range } from "../lsp/convert.ts";
import type { GraphResult } from "../lsp/graphs.ts";
import { Camera } from "./camera.ts";
import { arrow, contentOf, haloOf, html, placesOf, svg, type Arrow } from "./elements.ts";
import { nodesAt } from "./follow.ts";
import { styleSheet } from "./style.ts";

export interface GraphViewOptions {
  /** Somebody clicked a node: the place in the document that it comes from. */
  select(range: Range): void;
  /** Somebody chose another export: ask for its graph. */
  choose(name: string): void;
}

type Node = PictureNode<Range>;

interface Shown {
  node: Node;
  readonly body: SVGElement;
  readonly halo: SVGElement;
}

const DURATION = 220;
/** A picture of more nodes is not animated. */
const MOST_MOVED = 1500;

export class GraphView {
  readonly #options: GraphViewOptions;
  readonly #nodes = new Map<string, Shown>();
  readonly #arrows = new Map<string, Arrow & { edge: PictureEdge }>();
  readonly #layers = { groups: svg("g"), arrows: svg("g"), nodes: svg("g"), halos: svg("g") };
  readonly #exports = html("select", { "aria-label": "export" });
  readonly #facts = html("span", { class: "facts" });
  readonly #stale = html("span", { class: "stale-mark" }, "before the errors");
  readonly #problem = html("p", { class: "problem" });
  readonly #svg = svg("svg", { role: "group", "aria-label": "graph" });
  readonly #canvas = html("div", { class: "canvas", tabindex: "0" }, this.#svg, this.#problem);
  readonly #camera: Camera;
  #picture: Picture<Range> | null = null;
  #followed: Point | null = null;

  /** Draws into `host`, which becomes the root of a shadow tree. */
  constructor(host: HTMLElement, options: GraphViewOptions) {
    this.#options = options;
    const camera = svg("g", { class: "camera" }, svg("g", { class: "picture" }, ...Object.values(this.#layers)));
    this.#svg.append(camera);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styleSheet()];
    root.append(html("header", {}, this.#exports, this.#facts, this.#stale), this.#canvas, this.#tools());
    this.#camera = new Camera(this.#canvas, camera);
    this.#exports.addEventListener("change", () => options.choose(this.#exports.value));
    this.#canvas.addEventListener("click", (e) => this.#click(e));
    this.#canvas.addEventListener("keydown", (e) => this.#key(e));
    this.#stale.hidden = true;
  }

  /** Draws a result; what was there before moves to where it is now, and what came or changed flashes. */
  show(result: GraphResult<Range>): void {
    const { scene, stale, problem, diff } = result;
    const another = this.#picture?.title !== scene?.title;
    this.#listExports(result);
    this.#stale.hidden = !stale || scene === null;
    this.#stale.title = problem ?? "";
    this.#canvas.classList.toggle("stale", stale);
    this.#problem.textContent = scene === null ? problem : "";
    this.#facts.textContent = scene ? `${scene.parameters.toLocaleString("en")} parameters · ${metric(scene.macs)} MACs` : "";
    this.#svg.setAttribute("aria-label", scene ? `graph of ${scene.title}` : "no graph");
    const still = another || scene === null || scene.nodes.length > MOST_MOVED || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#draw(scene?.nodes ?? [], scene?.edges ?? [], still);
    this.#picture = scene;
    if (scene && another) this.#camera.begin(scene);
    if (diff && !still) for (const kind of ["added", "changed"] as const) for (const id of diff[kind]) this.#flash(id, kind);
    this.follow(this.#followed);
  }

  /** Marks what the cursor is at, and brings it into sight; null marks nothing. */
  follow(cursor: Point | null): void {
    const moved = cursor && (cursor.line !== this.#followed?.line || cursor.character !== this.#followed.character);
    this.#followed = cursor;
    const ids = new Set(cursor && this.#picture ? nodesAt(this.#picture.nodes, cursor) : []);
    for (const [id, { halo }] of this.#nodes) halo.classList.toggle("followed", ids.has(id));
    const first = this.#picture?.nodes.find((n) => ids.has(n.id));
    if (moved && first) this.#camera.show(first, this.#picture!);
  }

  /** The whole picture. */
  fit(): void {
    if (this.#picture) this.#camera.fit(this.#picture);
  }

  // ── drawing ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #draw(nodes: readonly Node[], edges: readonly PictureEdge[], still: boolean): void {
    const shown = nodes.map((n) => this.#node(n, still));
    const arrows = edges.map((e) => this.#arrow(e, still));
    drop(this.#nodes, new Set(nodes.map((n) => n.id)), ({ body, halo }) => [body, halo], still);
    drop(this.#arrows, new Set(edges.map((e) => e.id)), ({ group }) => [group], still);
    inOrder(this.#layers.groups, shown.filter((s) => s.node.kind === "group").map((s) => s.body));
    inOrder(this.#layers.nodes, shown.filter((s) => s.node.kind !== "group").map((s) => s.body));
    inOrder(this.#layers.halos, shown.map((s) => s.halo));
    inOrder(this.#layers.arrows, arrows.map((a) => a.group));
  }

  #node(node: Node, still: boolean): Shown {
    const before = this.#nodes.get(node.id);
    const shown = before ?? { node, body: svg("g"), halo: svg("g", { class: "halo" }) };
    const at = (n: Node): string => `translate(${n.x}px,${n.y}px)`;
    for (const part of [shown.body, shown.halo]) {
      part.style.transform = at(node);
      if (!still) part.animate(before ? [{ transform: at(before.node) }, { transform: at(node) }] : [{ opacity: 0 }, { opacity: 1 }], { duration: DURATION, easing: "ease" });
    }
    shown.body.replaceChildren(...contentOf(node));
    shown.halo.replaceChildren(...haloOf(node));
    shown.body.setAttribute("class", "node");
    shown.body.dataset["id"] = node.id;
    if (node.range) for (const [key, value] of Object.entries({ role: "button", tabindex: "-1", "aria-label": [node.title, node.detail, node.shape].filter((s) => s !== "").join(", ") || node.hint })) shown.body.setAttribute(key, value);
    else for (const key of ["role", "tabindex", "aria-label"]) shown.body.removeAttribute(key);
    shown.node = node;
    this.#nodes.set(node.id, shown);
    return shown;
  }

  #arrow(edge: PictureEdge, still: boolean): Arrow {
    const before = this.#arrows.get(edge.id);
    const shown = before ?? { ...arrow(), edge };
    const now = placesOf(edge);
    shown.curve.setAttribute("class", edge.kind);
    shown.curve.setAttribute("d", now.curve);
    shown.head.setAttribute("class", edge.kind === "skip" ? "skip-head" : "head");
    shown.head.style.transform = now.head;
    shown.label.style.transform = now.label;
    shown.label.textContent = edge.label?.text ?? "";
    if (!still && before) {
      const old = placesOf(before.edge);
      const options = { duration: DURATION, easing: "ease" };
      if (before.edge.points.length === edge.points.length) shown.curve.animate([{ d: `path("${old.curve}")` }, { d: `path("${now.curve}")` }], options);
      shown.head.animate([{ transform: old.head }, { transform: now.head }], options);
      if (edge.label && before.edge.label) shown.label.animate([{ transform: old.label }, { transform: now.label }], options);
    } else if (!still) shown.group.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 2 * DURATION });
    shown.edge = edge;
    this.#arrows.set(edge.id, shown);
    return shown;
  }

  #flash(id: string, kind: "added" | "changed"): void {
    const flash = this.#nodes.get(id)?.halo.lastElementChild;
    flash?.classList.add(kind);
    flash?.animate([{ opacity: 1 }, { opacity: 1, offset: 0.3 }, { opacity: 0 }], { duration: 1400, easing: "ease-in" });
  }

  #listExports({ exports, export: name }: GraphResult<Range>): void {
    const listed = [...this.#exports.options].map((o) => o.value);
    if (listed.join("\n") !== exports.join("\n")) this.#exports.replaceChildren(...exports.map((e) => html("option", { value: e }, e)));
    this.#exports.hidden = exports.length === 0;
    this.#exports.selectedIndex = name === null ? -1 : exports.indexOf(name); // what is not chosen can be
  }

  // ── hands ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #tools(): HTMLElement {
    const tool = (text: string, title: string, act: () => void): HTMLButtonElement => {
      const button = html("button", { type: "button", title, "aria-label": title }, text);
      button.addEventListener("click", act);
      return button;
    };
    return html("nav", {}, tool("+", "closer", () => this.#camera.zoom(1.3)), tool("−", "further", () => this.#camera.zoom(1 / 1.3)), tool("fit", "the whole graph", () => this.fit()));
  }

  #click(e: MouseEvent): void {
    const target = e.target instanceof Element ? e.target.closest<SVGElement>(".node") : null;
    const range = this.#nodes.get(target?.dataset["id"] ?? "")?.node.range;
    if (range && !this.#camera.dragged) this.#options.select(range);
  }

  /** Arrows go from node to node, Enter selects; + and − zoom, 0 shows everything. */
  #key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const all = (this.#picture?.nodes ?? []).filter((n) => n.range);
    const active = (this.#canvas.getRootNode() as ShadowRoot).activeElement;
    const at = all.findIndex((n) => this.#nodes.get(n.id)?.body === active);
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#focus(all[at + 1]), ArrowUp: () => this.#focus(all[at - 1]), Home: () => this.#focus(all[0]), End: () => this.#focus(all.at(-1)),
      Enter: () => { if (all[at]?.range) this.#options.select(all[at].range); },
      "+": () => this.#camera.zoom(1.3), "-": () => this.#camera.zoom(1 / 1.3), "0": () => this.fit(),
    };
    if (!Object.hasOwn(acts, e.key)) return;
    e.preventDefault();
    acts[e.key]!();
  }

  #focus(node: Node | undefined): void {
    const shown = node && this.#nodes.get(node.id);
    if (!shown || !this.#picture) return;
    for (const { halo } of this.#nodes.values()) halo.classList.remove("focused");
    shown.halo.classList.add("focused");
    shown.body.addEventListener("blur", () => shown.halo.classList.remove("focused"), { once: true });
    shown.body.focus({ preventScroll: true });
    this.#camera.show(shown.node, this.#picture);
  }
}

/** Takes away what is no longer there: fading, or at once. */
function drop<T>(from: Map<string, T>, keep: ReadonlySet<string>, elements: (shown: T) => readonly Element[], still: boolean): void {
  for (const [id, shown] of from) {
    if (keep.has(id)) continue;
    from.delete(id);
    for (const e of elements(shown)) {
      if (still) e.remove();
      else e.animate([{ opacity: 1 }, { opacity: 0 }], { duration: DURATION, fill: "forwards" }).addEventListener("finish", () => e.remove());
    }
  }
}

/** Puts the elements first, in this order; those that are in it already are not touched, so that they keep the focus. */
function inOrder(parent: Element, elements: readonly Element[]): void {
  let next = parent.firstElementChild;
  for (const e of elements) {
    if (e === next) next = e.nextElementSibling;
    else parent.insertBefore(e, next);
  }
}

/** "40.8 M" */
function metric(x: number): string {
  const [unit, scale] = ([["G", 1e9], ["M", 1e6], ["k", 1e3]] as const).find(([, s]) => x >= s) ?? ["", 1];
  return `${(x / scale).toLocaleString("en", { maximumFractionDigits: unit === "" ? 0 : 1 })}${unit && ` ${unit}`}`;
}
