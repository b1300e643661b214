// The extension on a machine: the server is the command `rnc lsp`, a process of its own.
import { Uri, workspace, type ExtensionContext } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { start } from "./extension.ts";

export function activate(context: ExtensionContext): Promise<void> {
  const rnc = workspace.getConfiguration("rnc").get<string>("command") || Uri.joinPath(context.extensionUri, "rnc", "rnc.js").fsPath;
  return start(context, { rnc, client: (options) => new LanguageClient("rnc", "rnc", { module: rnc, args: ["lsp"], transport: TransportKind.stdio }, options) });
}
