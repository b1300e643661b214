// The extension in VS Code itself, installed from the .vsix: what its user sees and clicks.
// RNC_PICTURE=file.png keeps a picture of it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vsix } from "../../src/vsix.ts";
import { root } from "../cli/rnc.ts";
import { haveWorkbench, openWorkbench, type Workbench } from "../harness/workbench.ts";

const home = mkdtempSync(join(tmpdir(), "rnlang-workbench-"));
const folder = join(home, "program");
const slow = 600_000;

beforeAll(async () => {
  mkdirSync(folder);
  cpSync(join(root, "examples", "cifar.rn"), join(folder, "cifar.rn"));
  if (haveWorkbench) writeFileSync(join(home, "rnlang.vsix"), await vsix());
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const open = (name: string, settings: Readonly<Record<string, unknown>> = {}): Promise<Workbench> =>
  openWorkbench({ home: join(home, name), vsix: join(home, "rnlang.vsix"), folder, file: "cifar.rn", settings });

const word = (page: Page, text: string): Locator => page.locator(".view-line span", { hasText: new RegExp(`^${text}$`) }).first();

/** Waits until the editor shows a text, its hints and lenses included. */
async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => (document.querySelector(".monaco-editor .overflow-guard")?.textContent ?? "").replaceAll("\u00a0", " ").includes(wanted), text);
}

/** Selects a word by its place and a key: what is slow makes two clicks of a double one. */
async function select(page: Page, text: string): Promise<void> {
  await word(page, text).click();
  await page.keyboard.press("Control+d");
}

async function command(page: Page, name: string): Promise<void> {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").first().fill(`>${name}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
}

describe.skipIf(!haveWorkbench)("in VS Code", () => {
  let workbench: Workbench;
  let page: Page;
  let graph: FrameLocator;
  beforeAll(async () => {
    workbench = await open("machine", { "breadcrumbs.enabled": false, "editor.fontSize": 12, "workbench.activityBar.location": "hidden" });
    ({ page } = workbench);
    graph = page.frameLocator("iframe.webview").frameLocator("#active-frame");
    await page.keyboard.press("Control+b"); // no list of files
  }, slow);
  afterAll(() => workbench?.close());

  test("shapes at the lines' ends, what an export takes above it, hover", async () => {
    await shows(page, "[16, 32, 32] … [64, 8, 8] ×9");
    await shows(page, "269,722 parameters · 40,551,040 MACs");
    await word(page, "gap").hover();
    await page.locator(".monaco-hover", { hasText: "[64, 8, 8] → [64]" }).first().waitFor();
  }, slow);

  test("a mistake is underlined as soon as it is typed, and gone when it is undone", async () => {
    await select(page, "gap");
    await page.keyboard.type("gapp");
    await page.locator(".squiggly-error").first().waitFor();
    await page.keyboard.press("Backspace");
    await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
  }, slow);

  test("the graph beside the program follows the cursor; a click in it selects the source", async () => {
    await page.locator('.editor-actions [aria-label*="Open Graph"]').first().click();
    await graph.locator("[data-id]", { hasText: "gap" }).waitFor();
    await word(page, "gap").click();
    await graph.locator(".halo.followed").waitFor();
    await graph.locator("[data-id]", { hasText: "dense 10" }).click();
    await page.locator(".statusbar-item", { hasText: /Ln 29, Col \d+ \(\d+ selected\)/ }).first().waitFor();
    await keepPicture(page);
  }, slow);

  test("what stays in the network stays in its place while one types", async () => {
    const places = (): Promise<Readonly<Record<string, string>>> => graph.locator("[data-id]").evaluateAll((all) => Object.fromEntries(all.map((e) => [(e as SVGElement).dataset["id"]!, (e as SVGElement).style.transform])));
    const before = await places();
    const nodes = Object.keys(before);
    expect(nodes.length).toBeGreaterThan(40);
    await select(page, "gap");
    await page.keyboard.type("gap -> relu");
    await graph.locator("[data-id]").nth(nodes.length).waitFor();
    const after = await places();
    expect(nodes.filter((id) => !(id in after))).toEqual([]);
    expect(nodes.filter((id) => before[id] === after[id]).length).toBeGreaterThan(nodes.length - 4);
  }, slow);

  test("compiles into the folder", async () => {
    await command(page, "rnc: Compile");
    await expect.poll(() => existsSync(join(folder, "out", "resnet20.ts")), { timeout: slow }).toBe(true);
  }, slow);
});

/** With the cursor in a block, so that the graph shows where it is. */
async function keepPicture(page: Page): Promise<void> {
  const path = process.env["RNC_PICTURE"];
  if (path === undefined) return;
  await word(page, "conv2").click();
  await page.keyboard.press("Escape");
  await page.mouse.move(1380, 400); // where nothing has a tooltip
  await page.waitForTimeout(3000); // the graph moves there
  await page.screenshot({ path, clip: { x: 0, y: 36, width: 1440, height: 790 } });
}
