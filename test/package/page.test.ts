// examples/vite as a user builds it, with the package as it is packed, in Chromium: figures that are drawn with the pointer are seen.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { build } from "vite";
import { afterAll, expect, test } from "vitest";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { project } from "../harness/packed.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
let folder: string | null = null;
afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));

async function draw(tab: Page, points: readonly (readonly [number, number])[]): Promise<string> {
  await tab.click("#clear");
  const { x, y, width } = (await tab.locator("#pad").boundingBox())!;
  const place = ([i, j]: readonly [number, number]): [number, number] => [x + (width * i) / 32, y + (width * j) / 32];
  await tab.mouse.move(...place(points[0]!));
  await tab.mouse.down();
  for (const point of points) await tab.mouse.move(...place(point), { steps: 3 });
  await tab.mouse.up();
  return (await tab.locator("li.best").textContent())!;
}

const circle = (radius: number): [number, number][] => Array.from({ length: 33 }, (_, i) => [16 + radius * Math.cos((i * Math.PI) / 16), 16 + radius * Math.sin((i * Math.PI) / 16)]);

test.skipIf(!haveBrowser)("the page of examples/vite sees what is drawn on it", async () => {
  folder = project("vite");
  for (const name of ["glyphs.rn", "glyphs.safetensors", "vite"]) cpSync(join(examples, name), join(folder, "examples", name), { recursive: true });
  const root = join(folder, "examples", "vite");
  mkdirSync(root, { recursive: true });
  const { default: config } = (await import(pathToFileURL(join(root, "vite.config.js")).href)) as { default: object };
  await build({ ...config, root, configFile: false, logLevel: "error", build: { target: "es2022", outDir: "dist" } });
  const dist = join(root, "dist");
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name));
  const pages = Object.fromEntries(files.map((f) => [`/${relative(dist, f)}`, [types[extname(f)] ?? "application/octet-stream", readFileSync(f)] as const]));
  const { url, server } = await serve({ ...pages, "/": pages["/index.html"]! }, { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'" });
  const browser = await launch();
  try {
    const tab = await browser.newPage({ viewport: { width: 860, height: 600 } });
    await tab.goto(url);
    await tab.waitForSelector("li.best");
    expect(await tab.locator("li.best").textContent()).toBe("spiral");
    if (process.env["RNC_SCREENSHOT"]) await tab.screenshot({ path: process.env["RNC_SCREENSHOT"] });
    const names = await tab.locator("li").allTextContents();
    expect(names).toHaveLength(10);
    const seen: string[] = [];
    for (const name of names) {
      await tab.click(`li:has-text("${name}") button`);
      seen.push((await tab.locator("li.best").textContent())!);
    }
    expect(seen).toEqual(names);
    expect(await draw(tab, circle(12))).toBe("ring");
    expect(await draw(tab, [[6, 6], [26, 6], [26, 26], [6, 26], [6, 6]])).toBe("square");
    expect(await tab.locator("#about").textContent()).toContain("19,954 parameters");
  } finally {
    await browser.close();
    server.close();
  }
}, 300_000);
