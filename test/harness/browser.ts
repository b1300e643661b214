// A real browser for the tests: headless Chromium where CHROMIUM says, where Debian puts it, or out of the npm package; pages from loopback.
// Law: where there is none a test says that it is skipped; in CI that is a failure.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { packagedBrowser, whyNotUnpack } from "./gpu/unpack.ts";

const named = process.env["CHROMIUM"]; // CHROMIUM=packaged passes Debian's by
const given = named ?? "/usr/bin/chromium";
const fromPackage = (named === "packaged" || (named === undefined && !existsSync(given))) && whyNotUnpack() === null;
export const haveBrowser = fromPackage || existsSync(given);

if (!haveBrowser) {
  if (process.env["CI"]) throw new Error(`no browser at ${given}; CI must not skip its tests`);
  console.warn(`no browser at ${given}: its tests are skipped (set CHROMIUM)`);
}

const flags = ["--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/**
 * With `webgpu` its pages have a device: SwiftShader's, which both Debian's Chromium (seen: 156) and the package's (147) carry and take with this
 * one flag, headless and without a GPU, on pages that are secure contexts, which those from loopback are. Both offer its adapter 10 storage
 * buffers and 256 invocations, subgroups, no half precision. Without `webgpu` there is no GPU process to wait for.
 */
export function launch({ webgpu = false }: { readonly webgpu?: boolean } = {}): Promise<Browser> {
  const packaged = fromPackage ? packagedBrowser() : null;
  return chromium.launch({
    executablePath: packaged?.executable ?? given,
    ...(packaged && { env: { ...process.env, LD_LIBRARY_PATH: packaged.libraries } as Record<string, string> }),
    args: [...flags, webgpu ? "--enable-unsafe-webgpu" : "--disable-gpu"],
  });
}

/** Serves fixed contents on loopback: path → [content type, text or bytes]. */
export async function serve(pages: Readonly<Record<string, readonly [string, string | Uint8Array]>>, headers: Readonly<Record<string, string>> = {}): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ""];
    response.writeHead(page ? 200 : 404, { "content-type": page?.[0] ?? "text/plain", ...headers });
    response.end(page?.[1] ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
