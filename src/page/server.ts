// The language server in a worker, as the editor's client talks to it.
import { LSPClient, type LSPClientConfig, type Transport } from "@codemirror/lsp-client";

export function connect(config: LSPClientConfig): LSPClient {
  const worker = new Worker(new URL("lsp.worker.js", import.meta.url), { type: "module" });
  const listeners = new Map<(text: string) => void, (e: MessageEvent) => void>();
  const transport: Transport = {
    send: (text) => worker.postMessage(JSON.parse(text)),
    subscribe: (hear) => {
      const listen = (e: MessageEvent): void => hear(JSON.stringify(e.data));
      listeners.set(hear, listen);
      worker.addEventListener("message", listen);
    },
    unsubscribe: (hear) => {
      worker.removeEventListener("message", listeners.get(hear)!);
      listeners.delete(hear);
    },
  };
  return new LSPClient({ timeout: 30_000, sanitizeHTML: plain, ...config }).connect(transport);
}

const kept = new Set(["P", "PRE", "CODE", "EM", "STRONG", "BR", "UL", "OL", "LI", "HR"]);

/** Documentation without anything but text and its markup: it comes from programs. */
export function plain(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const e of [...body.querySelectorAll("*")]) {
    if (!kept.has(e.tagName)) e.replaceWith(document.createTextNode(e.textContent ?? ""));
    else for (const { name } of [...e.attributes]) e.removeAttribute(name);
  }
  return body.innerHTML;
}
