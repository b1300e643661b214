// The graph beside the editor: asked for when the server has a new text, one question at a time, and following the cursor.
import { LSPPlugin } from "@codemirror/lsp-client";
import type { EditorView } from "@codemirror/view";
import type { Point, Range } from "../lsp/convert.ts";
import type { GraphParams, GraphResult } from "../lsp/graphs.ts";
import { GraphView } from "../view/view.ts";

export class LiveGraph {
  readonly #view: GraphView;
  readonly #editor: () => EditorView;
  readonly #tell: (uri: string, name: string | null) => void;
  /** The export that somebody chose, by file. */
  readonly #chosen = new Map<string, string>();
  #known: { readonly uri: string; readonly name: string | null; readonly version: number } | null = null;
  #busy = false;
  #again = false;

  /** `shown` hears which export of which file is seen now; null where it is older than the text. */
  constructor(host: HTMLElement, editor: () => EditorView, shown: (uri: string, name: string | null) => void) {
    this.#editor = editor;
    this.#tell = shown;
    this.#view = new GraphView(host, { select: (range) => this.#select(range), choose: (name) => this.#choose(name) });
  }

  /** The export that is seen. */
  get shown(): string | null {
    return this.#known?.name ?? null;
  }

  async update(): Promise<void> {
    if (this.#busy) return void (this.#again = true);
    const plugin = LSPPlugin.get(this.#editor());
    if (!plugin) return;
    this.#busy = true;
    try {
      const { uri, client } = plugin;
      const chosen = this.#chosen.get(uri);
      const known = this.#known?.uri === uri ? this.#known : null;
      const name = chosen ?? known?.name;
      const result = await client.request<GraphParams, GraphResult<Range> | null>("rnc/graph", {
        textDocument: { uri }, ...(name ? { export: name } : {}), ...(chosen === undefined ? { near: this.#cursor(plugin) } : {}), ...(known && name === known.name ? { known: known.version } : {}),
      });
      if (result && LSPPlugin.get(this.#editor())?.uri === uri) {
        this.#known = { uri, name: result.export, version: result.version };
        if (result.stale || known?.version !== result.version || known.name !== result.export) this.#view.show(result);
        this.#tell(uri, result.stale ? null : result.export);
        this.#view.follow(this.#cursor(plugin));
      }
    } finally {
      this.#busy = false;
      if (this.#again) {
        this.#again = false;
        void this.update();
      }
    }
  }

  /** The export that comes by the cursor, unless one was chosen; and in it where the cursor is. */
  follow(): void {
    const plugin = LSPPlugin.get(this.#editor());
    this.#view.follow(plugin && this.#cursor(plugin));
    void this.update();
  }

  #cursor(plugin: LSPPlugin): Point {
    return plugin.toPosition(this.#editor().state.selection.main.head);
  }

  #choose(name: string): void {
    const uri = LSPPlugin.get(this.#editor())?.uri;
    if (uri !== undefined) this.#chosen.set(uri, name);
    void this.update();
  }

  /** Of a graph that is older than the text the range may lie elsewhere by now; the nearest there is is chosen. */
  #select({ start, end }: Range): void {
    const editor = this.#editor();
    const { doc } = editor.state;
    const at = ({ line, character }: Range["start"]): number => {
      const found = doc.line(Math.min(line + 1, doc.lines));
      return Math.min(found.from + character, found.to);
    };
    editor.dispatch({ selection: { anchor: at(end), head: at(start) }, scrollIntoView: true });
    editor.focus();
  }
}
