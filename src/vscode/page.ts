// The page in the graph's panel: the view, and messages to and from the extension. Its colours are VS Code's.
import { GraphView } from "../view/view.ts";
import type { FromPanel, ToPanel } from "./messages.ts";

declare function acquireVsCodeApi(): { postMessage(message: FromPanel): void };

const { postMessage } = acquireVsCodeApi();
const sheet = new CSSStyleSheet(); // constructed, so that the policy need not allow inline styles
sheet.replaceSync(`html,body{height:100%;margin:0;padding:0}
body{color-scheme:light;--rn-background:var(--vscode-editor-background);--rn-text:var(--vscode-editor-foreground);--rn-accent:var(--vscode-focusBorder)}
body.vscode-dark,body.vscode-high-contrast:not(.vscode-high-contrast-light){color-scheme:dark}
main{height:100%}`);
document.adoptedStyleSheets = [sheet];

const host = document.body.appendChild(document.createElement("main"));
const view = new GraphView(host, { select: (range) => postMessage({ kind: "select", range }), choose: (name) => postMessage({ kind: "choose", name }) });
addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
  if (data.kind === "graph") view.show(data.result);
  else view.follow(data.at);
});
postMessage({ kind: "ready" });
