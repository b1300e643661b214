// Diagnostics with their quick fixes, as the server publishes them.
import { setDiagnostics, type Action, type Diagnostic } from "@codemirror/lint";
import { LSPPlugin, type LSPClient } from "@codemirror/lsp-client";
import type { EditorView } from "@codemirror/view";
import type { CodeAction, Diagnostic as Told, PublishDiagnosticsParams } from "vscode-languageserver-protocol";

const severities = ["error", "warning", "info", "hint"] as const;

/** For the client's `notificationHandlers`. `changed` hears how many errors there are. */
export function onDiagnostics(changed: (errors: number) => void): (client: LSPClient, params: PublishDiagnosticsParams) => boolean {
  return (client, { uri, version, diagnostics }) => {
    const file = client.workspace.getFile(uri);
    const view = file?.getView();
    const plugin = view && LSPPlugin.get(view);
    if (!file || !view || !plugin || version !== file.version || !plugin.unsyncedChanges.empty) return true; // of another text
    changed(diagnostics.filter((d) => d.severity === 1).length);
    const show = (fixes: readonly (readonly CodeAction[])[]): void => {
      view.dispatch(setDiagnostics(view.state, diagnostics.map((d, i) => shown(d, fixes[i] ?? [], plugin))));
    };
    show([]);
    const { doc } = view.state;
    const ask = ({ range }: Told) => client.request<unknown, readonly CodeAction[]>("textDocument/codeAction", { textDocument: { uri }, range, context: { diagnostics: [] } });
    if (diagnostics.length > 0) void Promise.all(diagnostics.map(ask)).then((fixes) => { if (view.state.doc === doc) show(fixes); });
    return true;
  };
}

function shown(d: Told, fixes: readonly CodeAction[], plugin: LSPPlugin): Diagnostic {
  const [from, to] = [plugin.fromPosition(d.range.start), plugin.fromPosition(d.range.end)];
  return { from, to, severity: severities[(d.severity ?? 1) - 1] ?? "error", source: String(d.code ?? ""), message: d.message as string, actions: fixes.map((f) => actionOf(f, plugin)) };
}

/** Edits of this text; those of others are not made here. */
function actionOf({ title, edit }: CodeAction, plugin: LSPPlugin): Action {
  return {
    name: title,
    apply: (view: EditorView) => {
      const changes = (edit?.changes?.[plugin.uri] ?? []).map((e) => ({ from: plugin.fromPosition(e.range.start), to: plugin.fromPosition(e.range.end), insert: e.newText }));
      view.dispatch({ changes, userEvent: "input.fix" });
      view.focus();
    },
  };
}
