// What the server tells of the text as it stands, in the text: shapes at line ends, names of arguments, what each name means.
// After each change it is asked anew; an answer to an older text is dropped, since the next is on its way.
import { RangeSetBuilder, StateEffect, StateField, type Extension, type Text } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { LSPPlugin } from "@codemirror/lsp-client";
import type { InlayHint, SemanticTokens } from "vscode-languageserver-protocol";
import { tokenKinds } from "../editor/highlighting.ts";

class Hint extends WidgetType {
  readonly #text: string;
  readonly #kind: "shape" | "argument";

  constructor(text: string, kind: "shape" | "argument") {
    super();
    this.#text = text;
    this.#kind = kind;
  }

  override eq(other: Hint): boolean {
    return other.#text === this.#text && other.#kind === this.#kind;
  }

  override toDOM(): HTMLElement {
    const made = document.createElement("span");
    made.className = `rn-${this.#kind}`;
    made.textContent = this.#text;
    return made;
  }
}

interface Told {
  readonly hints: DecorationSet;
  readonly names: DecorationSet;
}

const tell = StateEffect.define<Told>();
const told = StateField.define<Told>({
  create: () => ({ hints: Decoration.none, names: Decoration.none }),
  update: (now, { effects, changes }) => effects.find((e) => e.is(tell))?.value ?? (changes.empty ? now : { hints: now.hints.map(changes), names: now.names.map(changes) }),
  provide: (field) => [EditorView.decorations.from(field, (t) => t.hints), EditorView.decorations.from(field, (t) => t.names)],
});

/** Milliseconds after a keystroke. */
const PAUSE = 25;

/** `synced` hears when the server has the text and may be asked about it. */
export function marks(synced: (view: EditorView) => void): Extension {
  return [told, ViewPlugin.define((view) => {
    let timer = setTimeout(() => ask(view), 0);
    return {
      update: (u: ViewUpdate) => {
        if (!u.docChanged) return;
        clearTimeout(timer);
        timer = setTimeout(() => ask(u.view), PAUSE);
      },
      destroy: () => clearTimeout(timer),
    };
  })];

  function ask(view: EditorView): void {
    const plugin = LSPPlugin.get(view);
    if (!plugin) return;
    const { client, uri } = plugin;
    void client.initializing.then(async () => {
      client.sync();
      synced(view);
      const { doc } = view.state;
      const textDocument = { uri };
      const range = { start: { line: 0, character: 0 }, end: plugin.toPosition(doc.length) };
      const [hints, tokens] = await Promise.all([
        client.request<unknown, readonly InlayHint[]>("textDocument/inlayHint", { textDocument, range }),
        client.request<unknown, SemanticTokens>("textDocument/semanticTokens/full", { textDocument }),
      ]);
      if (view.state.doc === doc) view.dispatch({ effects: tell.of({ hints: hintsOf(hints, plugin, doc), names: namesOf(tokens, doc) }) });
    });
  }
}

function hintsOf(hints: readonly InlayHint[], plugin: LSPPlugin, doc: Text): DecorationSet {
  const made = hints.map((h) => {
    const shape = h.paddingLeft === true;
    return Decoration.widget({ widget: new Hint(String(h.label), shape ? "shape" : "argument"), side: shape ? 1 : -1 }).range(plugin.fromPosition(h.position, doc));
  });
  return Decoration.set(made, true);
}

/** Five numbers a token: lines and columns from the one before, length, kind, modifiers. */
function namesOf({ data }: SemanticTokens, doc: Text): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  let [line, column] = [0, 0];
  for (let i = 0; i + 4 < data.length; i += 5) {
    const [lines, columns, length, kind] = data.slice(i, i + 4) as [number, number, number, number];
    [line, column] = lines > 0 ? [line + lines, columns] : [line, column + columns];
    const from = doc.line(line + 1).from + column;
    builder.add(from, from + length, Decoration.mark({ class: `rn-${tokenKinds[kind]}` }));
  }
  return builder.finish();
}
