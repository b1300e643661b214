// The extension in VS Code itself, installed from the .vsix: what its user sees and clicks, on a machine and in a page without one.
// RNC_PICTURE=file.png keeps a picture of it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
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

/** Waits until the editor shows a text, its hints and lenses included. */
async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => (document.querySelector(".monaco-editor .overflow-guard")?.textContent ?? "").replaceAll("\u00a0", " ").includes(wanted), text);
}

async function command(page: Page, name: string): Promise<void> {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").first().fill(`>${name}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
}

describe.skipIf(!haveWorkbench)("on a machine", () => {
  let workbench: Workbench;
  beforeAll(async () => { workbench = await open("machine"); }, slow);
  afterAll(() => workbench?.close());

  test("shapes at the lines' ends, what an export takes above it, hover", async () => {
    const { page } = workbench;
    await shows(page, "[16, 32, 32] … [64, 8, 8] ×9");
    await shows(page, "269,722 parameters · 40,551,040 MACs");
    await page.locator(".view-line span", { hasText: /^gap$/ }).first().hover();
    await page.locator(".monaco-hover", { hasText: "[64, 8, 8] → [64]" }).first().waitFor();
  }, slow);

  test("a mistake is underlined as soon as it is typed, and gone when it is undone", async () => {
    const { page } = workbench;
    await page.locator(".view-line span", { hasText: /^gap$/ }).first().dblclick();
    await page.keyboard.type("gapp");
    await page.locator(".squiggly-error").first().waitFor();
    await page.keyboard.type("\b");
    await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  }, slow);

  test("compiles into the folder", async () => {
    const { page } = workbench;
    await command(page, "rnc: Compile");
    await expect.poll(() => existsSync(join(folder, "out", "resnet20.ts")), { timeout: slow }).toBe(true);
  }, slow);
});

describe.skipIf(!haveWorkbench)("in a page", () => {
  test("the server is a web worker", async () => {
    const { page, close } = await open("page", { "remote.extensionKind": { "rnlang.rnlang": ["web"] } });
    try {
      await shows(page, "[16, 32, 32] … [64, 8, 8] ×9");
      expect(page.workers().some((w) => w.url().length > 0)).toBe(true);
    } finally {
      await close();
    }
  }, slow);
});
