// The extension in a page, without a machine behind it: the server is a web worker, and what is open is all there is.
import { Uri, type ExtensionContext } from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import { start } from "./extension.ts";

export function activate(context: ExtensionContext): Promise<void> {
  const worker = new Worker(Uri.joinPath(context.extensionUri, "lsp.worker.js").toString(true));
  return start(context, { rnc: null, client: (options) => new LanguageClient("rnc", "rnc", worker, options) });
}
