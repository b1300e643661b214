// A real browser for the tests: headless Chromium from the machine (CHROMIUM, or where Debian puts it), pages from loopback.
// Law: where there is none a test says that it is skipped; in CI that is a failure.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";

const executable = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const haveBrowser = existsSync(executable);

if (!haveBrowser) {
  if (process.env["CI"]) throw new Error(`no browser at ${executable}; CI must not skip its tests`);
  console.warn(`no browser at ${executable}: its tests are skipped (set CHROMIUM)`);
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Serves fixed texts on loopback: path → [content type, text]. */
export async function serve(pages: Readonly<Record<string, readonly [string, string]>>, headers: Readonly<Record<string, string>> = {}): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ""];
    response.writeHead(page ? 200 : 404, { "content-type": page?.[0] ?? "text/plain", ...headers });
    response.end(page?.[1] ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
