// The language server in a web worker: the same features on messages instead of streams. There are no files; what is open is all there is.
import { BrowserMessageReader, BrowserMessageWriter, createConnection } from "vscode-languageserver/browser";
import { noFiles } from "./host.ts";
import { connectionOptions } from "./messages.ts";
import { serve } from "./server.ts";

serve(createConnection(new BrowserMessageReader(self), new BrowserMessageWriter(self), connectionOptions), noFiles);
