// The extension, wherever VS Code runs: it starts the server that comes with it and does what its commands say; all else is the server's.
import { commands as registry, Uri, window, workspace, type ExtensionContext } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";
import { compile, run } from "./commands.ts";
import { canRun, type CommandName } from "./names.ts";
import { GraphPanel } from "./panel.ts";
import type { Subject } from "./subject.ts";

/** What differs between a machine and a web page. */
export interface Platform {
  readonly client: (options: LanguageClientOptions) => BaseLanguageClient;
  /** The file of the command `rnc`; null where no process can be started. */
  readonly rnc: string | null;
}

export async function start({ subscriptions, extensionUri }: ExtensionContext, { client: make, rnc }: Platform): Promise<void> {
  const watcher = workspace.createFileSystemWatcher("**/*.rn");
  const client = make({ documentSelector: [{ language: "rn" }], synchronize: { fileEvents: watcher } });
  const panel = new GraphPanel(client, extensionUri);
  const running = (action: (s: Subject, rnc: string) => Promise<void>) => async (s: Subject): Promise<void> => {
    if (rnc === null) void window.showInformationMessage("This window has no terminal to compile or run in. VS Code on a machine has one.");
    else await action(s, rnc);
  };
  const handlers: Readonly<Record<CommandName, (s: Subject) => Promise<void>>> = {
    "rnc.openGraph": (s) => panel.open(s),
    "rnc.compile": running(compile),
    "rnc.run": running((s, file) => run(s, file, client)),
  };
  for (const [name, handle] of Object.entries(handlers)) {
    subscriptions.push(registry.registerCommand(name, (...args: readonly unknown[]) => {
      const subject = subjectOf(args);
      return subject ? handle(subject) : window.showInformationMessage("Open an .rn program first.");
    }));
  }
  subscriptions.push(watcher, panel, client);
  void registry.executeCommand("setContext", canRun, rnc !== null);
  await client.start();
}

/** Code lenses say an address and an export, menus an address, the palette nothing: then it is the program in the active editor. */
function subjectOf([uri, name]: readonly unknown[]): Subject | null {
  const found = typeof uri === "string" ? Uri.parse(uri) : uri instanceof Uri ? uri : window.activeTextEditor?.document.languageId === "rn" ? window.activeTextEditor.document.uri : null;
  return found && { uri: found, export: typeof name === "string" ? name : null };
}
