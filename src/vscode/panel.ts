// The graph beside the program: a panel that shows what the server answers to `rnc/graph`, version by version, and follows the cursor.
// In: the open texts and the cursor in them. Law: the panel computes nothing; one request at a time, and the newest text after it.
import { Uri, ViewColumn, window, workspace, Position, Range, Selection, TextEditorRevealType, type Disposable, type TextEditor, type WebviewPanel } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { GraphParams, GraphResult } from "../lsp/graphs.ts";
import type { Range as Place } from "../lsp/convert.ts";
import type { FromPanel, ToPanel } from "./messages.ts";
import type { Subject } from "./subject.ts";

export class GraphPanel implements Disposable {
  readonly #client: BaseLanguageClient;
  readonly #scripts: Uri;
  #panel: WebviewPanel | null = null;
  #subject: Subject | null = null;
  /** Did somebody choose the export? Else it is one that comes by the cursor. */
  #chosen = false;
  /** The graph that is shown. */
  #known: { readonly version: number; readonly name: string | null } | null = null;
  #asking = false;
  #again = false;
  readonly #listening: readonly Disposable[];

  constructor(client: BaseLanguageClient, extension: Uri) {
    this.#client = client;
    this.#scripts = extension;
    this.#listening = [
      workspace.onDidChangeTextDocument(({ document }) => { if (this.#shows(document.uri)) void this.#ask(); }),
      window.onDidChangeActiveTextEditor((editor) => { if (editor?.document.languageId === "rn") this.#turnTo(editor); }),
      window.onDidChangeTextEditorSelection(({ textEditor }) => { if (this.#shows(textEditor.document.uri)) this.#follow(textEditor); }),
    ];
  }

  /** Opens the panel beside the active editor, or turns the one that is open. */
  async open(subject: Subject): Promise<void> {
    this.#panel ??= this.#create();
    this.#panel.reveal(undefined, true);
    this.#show(subject);
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const d of this.#listening) d.dispose();
  }

  #create(): WebviewPanel {
    const panel = window.createWebviewPanel("rnc.graph", "Graph", { viewColumn: ViewColumn.Beside, preserveFocus: true }, { enableScripts: true, localResourceRoots: [this.#scripts], retainContextWhenHidden: true });
    panel.iconPath = Uri.joinPath(this.#scripts, "icon.png");
    panel.webview.onDidReceiveMessage((message: FromPanel) => void this.#receive(message));
    panel.onDidDispose(() => { this.#panel = null; });
    panel.webview.html = page(panel.webview.asWebviewUri(Uri.joinPath(this.#scripts, "graph.js")).toString(), nonce());
    return panel;
  }

  #shows(uri: Uri): boolean {
    return this.#panel !== null && this.#subject?.uri.toString() === uri.toString();
  }

  #turnTo(editor: TextEditor): void {
    if (this.#panel && !this.#shows(editor.document.uri)) this.#show({ uri: editor.document.uri, export: null });
    else this.#follow(editor);
  }

  #show(subject: Subject, chosen = false): void {
    this.#subject = subject;
    this.#chosen = chosen;
    this.#known = null;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking || !this.#subject) return;
    this.#asking = true;
    const { uri, export: name } = this.#subject;
    const cursor = this.#chosen ? undefined : this.#editor()?.selection.active;
    const params: GraphParams = {
      textDocument: { uri: this.#client.code2ProtocolConverter.asUri(uri) },
      ...(name === null ? {} : { export: name }),
      ...(cursor ? { near: { line: cursor.line, character: cursor.character } } : {}),
      ...(this.#known ? { known: this.#known.version } : {}),
    };
    try {
      const result = await this.#client.sendRequest<GraphResult<Place> | null>("rnc/graph", params);
      if (result && this.#shows(uri)) this.#draw(result);
    } finally {
      this.#asking = false;
      if (this.#again) void this.#ask();
    }
  }

  #draw(result: GraphResult<Place>): void {
    const same = this.#known?.version === result.version && this.#known.name === result.export && !result.stale;
    this.#known = { version: result.version, name: result.export };
    if (!this.#chosen && result.export !== null) this.#subject = { uri: this.#subject!.uri, export: result.export };
    if (this.#panel) this.#panel.title = result.export === null ? "Graph" : `Graph of ${result.export}`;
    if (!same) this.#post({ kind: "graph", result });
    const editor = this.#editor();
    if (editor) this.#mark(editor);
  }

  /** The export that comes by the cursor, unless one was chosen; and in it where the cursor is. */
  #follow(editor: TextEditor): void {
    this.#mark(editor);
    if (!this.#chosen) void this.#ask();
  }

  #mark({ selection }: TextEditor): void {
    this.#post({ kind: "cursor", at: { line: selection.active.line, character: selection.active.character } });
  }

  async #receive(message: FromPanel): Promise<void> {
    if (message.kind === "ready") this.#show(this.#subject!);
    else if (message.kind === "choose") this.#show({ uri: this.#subject!.uri, export: message.name }, true);
    else await this.#select(message.range);
  }

  async #select({ start, end }: Place): Promise<void> {
    const editor = this.#editor();
    const shown = await window.showTextDocument(this.#subject!.uri, { viewColumn: editor?.viewColumn ?? ViewColumn.One });
    const range = new Range(new Position(start.line, start.character), new Position(end.line, end.character));
    shown.selection = new Selection(range.start, range.end);
    shown.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }

  #editor(): TextEditor | undefined {
    return window.visibleTextEditors.find((e) => this.#shows(e.document.uri));
  }

  #post(message: ToPanel): void {
    void this.#panel?.webview.postMessage(message);
  }
}

/** Nothing but the one script runs, and nothing is loaded from anywhere. */
function page(script: string, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-${nonce}'">
<title>Graph</title>
<body>
<script nonce="${nonce}" src="${script}"></script>
`;
}

function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
