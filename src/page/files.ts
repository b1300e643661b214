// The files of the page: all are open in the server, so that they import one another; one is in the editor. What is typed is kept.
import { Text } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { LSPPlugin, Workspace, type LSPClient, type WorkspaceFile } from "@codemirror/lsp-client";

const FOLDER = "inmemory:///";

export function uriOf(name: string): string {
  return FOLDER + name;
}

interface PageFile extends WorkspaceFile {
  view: EditorView | null;
}

export class Files extends Workspace {
  files: PageFile[];
  readonly #display: (name: string) => EditorView;

  constructor(client: LSPClient, texts: Readonly<Record<string, string>>, display: (name: string) => EditorView) {
    super(client);
    this.#display = display;
    this.files = Object.entries(texts).map(([name, text]) => ({
      uri: uriOf(name), languageId: "rn", version: 1, doc: Text.of(text.split("\n")), view: null, getView() { return this.view; },
    }));
  }

  /** The text as the server knows it; null where there is no such file. */
  text(name: string): string | null {
    return this.files.find((f) => f.uri === uriOf(name))?.doc.toString() ?? null;
  }

  override syncFiles(): { readonly file: PageFile; readonly prevDoc: Text; readonly changes: LSPPlugin["unsyncedChanges"] }[] {
    return this.files.flatMap((file) => {
      const plugin = file.view && LSPPlugin.get(file.view);
      if (!plugin || plugin.unsyncedChanges.empty) return [];
      const [changes, prevDoc] = [plugin.unsyncedChanges, file.doc];
      file.doc = plugin.view.state.doc;
      file.version++;
      plugin.clear();
      return [{ file, prevDoc, changes }];
    });
  }

  override openFile(uri: string, _: string, view: EditorView): void {
    const file = this.files.find((f) => f.uri === uri);
    if (file) file.view = view;
  }

  override closeFile(uri: string, view: EditorView): void {
    const file = this.files.find((f) => f.uri === uri);
    if (file?.view === view) file.view = null;
  }

  override displayFile(uri: string): Promise<EditorView | null> {
    return Promise.resolve(this.files.some((f) => f.uri === uri) ? this.#display(uri.slice(FOLDER.length)) : null);
  }
}
