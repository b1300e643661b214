// A scripted client: a server in a process of its own, and the protocol over its streams.
import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter, type InitializeResult, type ProtocolConnection, type PublishDiagnosticsParams, type Range } from "vscode-languageserver-protocol/node";
import { bin } from "../cli/rnc.ts";

export interface Client {
  readonly initialized: InitializeResult;
  request(method: string, params: unknown): Promise<any>;
  notify(method: string, params: unknown): void;
  open(uri: string, text: string): Promise<PublishDiagnosticsParams>;
  /** Changes a range, or all; the diagnostics of that version. */
  change(uri: string, version: number, text: string, range?: Range): Promise<PublishDiagnosticsParams>;
  /** Asks the server to end; its exit code. */
  stop(): Promise<number | null>;
}

/** Of the built command, or of another that Node runs. */
export async function startClient(command: readonly string[] = [bin, "lsp", "--stdio"], node = process.execPath): Promise<Client> {
  const { connection, ended } = connect(command, node);
  const waiting = new Map<string, (p: PublishDiagnosticsParams) => void>();
  connection.onNotification("textDocument/publishDiagnostics", (p: PublishDiagnosticsParams) => waiting.get(`${p.uri} ${p.version}`)?.(p));
  const published = (uri: string, version: number) => new Promise<PublishDiagnosticsParams>((resolve) => waiting.set(`${uri} ${version}`, resolve));
  const notify = (method: string, params: unknown): void => void connection.sendNotification(method, params);
  const initialized = await connection.sendRequest<InitializeResult>("initialize", { processId: null, rootUri: null, capabilities: {} });
  notify("initialized", {});
  return {
    initialized,
    request: (method, params) => connection.sendRequest(method, params),
    notify,
    open: (uri, text) => {
      const found = published(uri, 1);
      notify("textDocument/didOpen", { textDocument: { uri, languageId: "rn", version: 1, text } });
      return found;
    },
    change: (uri, version, text, range) => {
      const found = published(uri, version);
      notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [range ? { range, text } : { text }] });
      return found;
    },
    stop: async () => {
      await connection.sendRequest("shutdown");
      notify("exit", undefined);
      return ended;
    },
  };
}

/** A server that nothing has been said to. */
export function connect(command: readonly string[] = [bin, "lsp", "--stdio"], node = process.execPath): { readonly connection: ProtocolConnection; readonly ended: Promise<number | null> } {
  const server = spawn(node, command, { stdio: ["pipe", "pipe", "inherit"] });
  const connection = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  connection.listen();
  return { connection, ended: new Promise((resolve) => server.once("exit", resolve)) };
}

export const uriOf = (path: string): string => pathToFileURL(path).href;
