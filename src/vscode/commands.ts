// Compile and run: the command `rnc` in a terminal, as one would type it, on the saved program.
import { ProcessExecution, Task, TaskPanelKind, TaskRevealKind, TaskScope, tasks, Uri, window, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { dataOptions, weightsOptions } from "./ask.ts";
import type { Subject } from "./subject.ts";

export async function compile(subject: Subject, rnc: string): Promise<void> {
  if (await saved(subject.uri)) await execute(rnc, subject, "compile", subject.export, []);
}

export async function run(subject: Subject, rnc: string, client: BaseLanguageClient): Promise<void> {
  if (!(await saved(subject.uri))) return;
  const name = subject.export ?? (await whichExport(subject.uri, client));
  const data = name && (await dataOptions());
  const weights = data && (await weightsOptions());
  if (name && data && weights) await execute(rnc, subject, "run", name, [...data, ...weights]);
}

async function saved(uri: Uri): Promise<boolean> {
  const document = await workspace.openTextDocument(uri);
  if (document.isDirty && !(await document.save())) return false;
  if (uri.scheme === "file") return true;
  void window.showInformationMessage("rnc reads programs from files: save this one to a folder first.");
  return false;
}

/** The only export, or the one that is picked; undefined where none is. */
async function whichExport(uri: Uri, client: BaseLanguageClient): Promise<string | undefined> {
  const lenses = await client.sendRequest<readonly { readonly data?: { readonly export: string } }[]>("textDocument/codeLens", { textDocument: { uri: client.code2ProtocolConverter.asUri(uri) } });
  const names = lenses.flatMap((l) => l.data?.export ?? []);
  return names.length > 1 ? window.showQuickPick(names, { placeHolder: "Which export?" }) : names[0];
}

/** In a terminal that stays, on the JavaScript engine that runs VS Code itself: a machine need not have Node. */
async function execute(rnc: string, { uri }: Subject, command: "compile" | "run", only: string | null, more: readonly string[]): Promise<void> {
  const folder = workspace.getWorkspaceFolder(uri);
  const cwd = (folder?.uri ?? Uri.joinPath(uri, "..")).fsPath;
  const file = folder ? workspace.asRelativePath(uri, false) : uri.fsPath;
  const target = workspace.getConfiguration("rnc", uri).get<string>("target", "ts");
  const args = [command, file, ...(only === null ? [] : ["--only", only]), "--target", target, ...more];
  const execution = new ProcessExecution(process.execPath, [rnc, ...args], { cwd, env: { ELECTRON_RUN_AS_NODE: "1" } });
  const task = new Task({ type: "rnc" }, folder ?? TaskScope.Workspace, `rnc ${command} ${only ?? file}`, "rnc", execution, []);
  task.presentationOptions = { reveal: TaskRevealKind.Always, panel: TaskPanelKind.Dedicated, clear: true };
  await tasks.executeTask(task);
}
