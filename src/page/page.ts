// The page with an editor: the language server in a worker, the text, its graph, its module. Everything happens in the page.
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { openLintPanel } from "@codemirror/lint";
import { formatDocument, LSPPlugin } from "@codemirror/lsp-client";
import type { CodeLens } from "vscode-languageserver-protocol";
import { ModuleDialog } from "./dialog.ts";
import { editing } from "./editor.ts";
import { examples } from "./embedded.ts";
import { Files, uriOf } from "./files.ts";
import { LiveGraph } from "./graph.ts";
import { marks } from "./marks.ts";
import { onDiagnostics } from "./problems.ts";
import { connect } from "./server.ts";

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const picker = find<HTMLSelectElement>("files");
const problems = find<HTMLButtonElement>("problems");
const facts = find("facts");

// ── the server ─────────────────────────────────────────────────────────────────────────────────────────────────────

let files!: Files;
const client = connect({
  workspace: (c) => (files = new Files(c, examples, open)),
  notificationHandlers: { "textDocument/publishDiagnostics": onDiagnostics(sayErrors) },
});

function sayErrors(errors: number): void {
  problems.textContent = errors === 0 ? "no errors" : `${errors} error${errors === 1 ? "" : "s"}`;
  problems.classList.toggle("wrong", errors > 0);
}

// ── the editor ─────────────────────────────────────────────────────────────────────────────────────────────────────

const shade = new Compartment();
const preference = matchMedia("(prefers-color-scheme: dark)");
const isDark = (): boolean => (document.documentElement.dataset["theme"] ?? (preference.matches ? "dark" : "light")) === "dark";
const states = new Map<string, EditorState>();

function stateOf(name: string): EditorState {
  return states.get(name) ?? EditorState.create({ doc: files.text(name) ?? "", extensions: extensionsOf(name) });
}

function extensionsOf(name: string): Extension {
  return [client.plugin(uriOf(name), "rn"), editing, shade.of(EditorView.darkTheme.of(isDark())), marks(() => void graph.update()), EditorView.updateListener.of((u) => { if (u.selectionSet) graph.follow(); })];
}

// In a shadow tree CodeMirror constructs its style sheets, which a content security policy without inline styles allows.
const root = find("editor").attachShadow({ mode: "open" });
const [first] = Object.keys(examples) as [string];
const editor = new EditorView({ state: EditorState.create(), parent: root, root });
editor.dom.style.height = "100%";
const graph = new LiveGraph(find("graph"), () => editor, (uri, name) => void sayFacts(uri, name));
let current = "";

/** Puts a file into the editor, as it was left. */
function open(name: string): EditorView {
  if (name !== current) {
    client.sync();
    if (current !== "") states.set(current, editor.state);
    current = name;
    picker.value = name;
    editor.setState(stateOf(name));
    editor.dispatch({ effects: shade.reconfigure(EditorView.darkTheme.of(isDark())) });
  }
  return editor;
}

// ── the status line ────────────────────────────────────────────────────────────────────────────────────────────────

let asked = 0;

/** What the lens of the export says: its plan is made for that, so it waits until nobody types. */
async function sayFacts(uri: string, name: string | null): Promise<void> {
  const mine = ++asked;
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (mine !== asked) return;
  const lenses = await client.request<unknown, readonly CodeLens[]>("textDocument/codeLens", { textDocument: { uri } });
  const lens = name === null ? undefined : lenses.find((l) => exportOf(l) === name);
  const told = lens && (await client.request<CodeLens, CodeLens>("codeLens/resolve", lens));
  if (mine === asked) facts.textContent = told?.command ? `${name}: ${told.command.title}` : "";
}

/** Of the lens that tells of an export; the others are commands. */
function exportOf({ data }: CodeLens): string | null {
  return (data as { readonly export: string } | undefined)?.export ?? null;
}

// ── the buttons ────────────────────────────────────────────────────────────────────────────────────────────────────

const dialog = new ModuleDialog((name) => files.text(name));
picker.replaceChildren(...Object.keys(examples).map((name) => new Option(name, name)));
picker.addEventListener("change", () => open(picker.value).focus());
problems.addEventListener("click", () => openLintPanel(editor));
find("format").addEventListener("click", () => { formatDocument(editor); editor.focus(); });
find("theme").addEventListener("click", () => {
  document.documentElement.dataset["theme"] = isDark() ? "light" : "dark";
  repaint();
});
preference.addEventListener("change", repaint);
find("compile").addEventListener("click", () => {
  client.sync();
  void client.request<unknown, readonly CodeLens[]>("textDocument/codeLens", { textDocument: { uri: LSPPlugin.get(editor)!.uri } }).then((lenses) => {
    const exports = lenses.flatMap((l) => exportOf(l) ?? []);
    dialog.open({ name: current, text: editor.state.doc.toString(), exports, chosen: graph.shown });
  });
});

function repaint(): void {
  editor.dispatch({ effects: shade.reconfigure(EditorView.darkTheme.of(isDark())) });
}

sayErrors(0);
open(first).focus();
