// The graph beside the program: a panel that shows what the server answers to `rnc/graph`, version by version, and follows the cursor.
// In: the open texts and the cursor in them. Law: the panel computes nothing; one request at a time, and the newest text after it.
import { Uri, ViewColumn, window, workspace, Position, Range, Selection, TextEditorRevealType, type Disposable, type TextEditor, type WebviewPanel } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import type { GraphResult } from "../lsp/graphs.ts";
import type { Range as Place } from "../lsp/convert.ts";
import type { FromPanel, ToPanel } from "./messages.ts";
import type { Subject } from "./subject.ts";

export class GraphPanel implements Disposable {
  readonly #client: BaseLanguageClient;
  readonly #scripts: Uri;
  #panel: WebviewPanel | null = null;
  #subject: Subject | null = null;
  /** The version of the graph that is shown. */
  #known: number | null = null;
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
    this.#follow(editor);
  }

  #show(subject: Subject): void {
    this.#subject = subject;
    this.#known = null;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking || !this.#subject) return;
    this.#asking = true;
    const { uri, export: name } = this.#subject;
    try {
      const params = { textDocument: { uri: this.#client.code2ProtocolConverter.asUri(uri) }, ...(name === null ? {} : { export: name }), ...(this.#known === null ? {} : { known: this.#known }) };
      const result = await this.#client.sendRequest<GraphResult<Place> | null>("rnc/graph", params);
      if (result && this.#shows(uri)) this.#draw(result);
    } finally {
      this.#asking = false;
      if (this.#again) void this.#ask();
    }
  }

  #draw(result: GraphResult<Place>): void {
    this.#known = result.version;
    if (this.#panel) this.#panel.title = result.export === null ? "Graph" : `Graph of ${result.export}`;
    this.#post({ kind: "graph", result });
    const editor = this.#editor();
    if (editor) this.#follow(editor);
  }

  #follow({ selection }: TextEditor): void {
    this.#post({ kind: "cursor", at: { line: selection.active.line, character: selection.active.character } });
  }

  async #receive(message: FromPanel): Promise<void> {
    if (message.kind === "ready") this.#show(this.#subject!);
    else if (message.kind === "choose") this.#show({ uri: this.#subject!.uri, export: message.name });
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
