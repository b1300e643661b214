// The graph in a page under the strictest content security policy: drawn, followed, chosen, changed; names stay text.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { Analysis } from "../../src/editor/analysis.ts";
import { withPlaces } from "../../src/editor/graph.ts";
import { rangeOf, type Range } from "../../src/lsp/convert.ts";
import { Graphs, type GraphResult } from "../../src/lsp/graphs.ts";
import { nodesAt } from "../../src/view/follow.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";

const graphs = new Graphs();

function ask(version: number, text: string, known?: number): GraphResult<Range> {
  const found = graphs.answer({ textDocument: { uri: "m.rn" }, ...(known === undefined ? {} : { known }) }, version, new Analysis({ name: "m.rn", text }));
  return { ...found, scene: found.scene && withPlaces(found.scene, rangeOf) };
}

const evil = "</title><img src=x onerror=alert(1)>";
const program = (extra: string): string => `block b(c) {\n  skip { body: conv(c, 3) }\n  relu\n}\nmodel m {\n  input x: [4, 8, 8]\n  ${extra}b(4) * 3 -> ${JSON.stringify(evil)}: conv(4, 1)\n  output y\n}\n`;

test("the cursor's nodes: of the innermost place around it, or the nearest on its line", () => {
  const { nodes } = ask(1, program("")).scene!;
  const titles = (line: number, character: number): string[] => nodesAt(nodes, { line, character }).map((id) => nodes.find((n) => n.id === id)!).map((n) => n.title || n.kind);
  expect(titles(1, 18)).toEqual(["conv 3×3, 4"]);
  expect(titles(1, 10)).toEqual(["+"]); // the skip holds its label
  expect(titles(2, 0)).toEqual(["relu"]);
  expect(titles(6, 2)).toEqual(["group"]); // all that the call leads to
  expect(titles(6, 999)).toEqual(["conv 1×1, 4"]);
  expect(titles(3, 1)).toEqual([]);
});

test.skipIf(!haveBrowser)("it draws, follows, selects, keeps what stays, and breaks no policy", async () => {
  const script = (await build({ entryPoints: [fileURLToPath(new URL("../../src/view/view.ts", import.meta.url))], bundle: true, format: "esm", write: false })).outputFiles[0]!.text;
  const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";
  const { url, server } = await serve({
    "/": ["text/html", `<!doctype html><title>graph</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><div id="graph"></div><script type="module" src="/page.js"></script>`],
    "/page.css": ["text/css", "html,body,#graph{height:100%;margin:0}"],
    "/page.js": ["text/javascript", `import { GraphView } from "/view.js"; globalThis.chosen = []; globalThis.violations = [];
      addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective));
      globalThis.view = new GraphView(document.querySelector("#graph"), { select: (range) => chosen.push(range.start), choose: (name) => chosen.push(name) });`],
    "/view.js": ["text/javascript", script],
  }, { "content-security-policy": `${policy}; img-src data:` });
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 500, height: 400 }, reducedMotion: "reduce" });
    const errors: string[] = [];
    page.on("pageerror", (e) => errors.push(e.message));
    page.on("console", (m) => { if (m.type() === "error") errors.push(m.text()); });
    await page.goto(url);
    await page.waitForFunction("globalThis.view !== undefined");
    const show = (r: GraphResult<Range>) => page.evaluate(`view.show(${JSON.stringify(r)})`);
    const inside = <T>(expression: string): Promise<T> => page.evaluate(`(() => { const root = document.querySelector("#graph").shadowRoot; return ${expression}; })()`);
    const first = ask(2, program(""));
    await show(first);
    expect(await inside("root.querySelectorAll('.node').length")).toBe(first.scene!.nodes.length);
    expect(await inside("root.querySelectorAll('img').length")).toBe(0);
    expect(await inside("[...root.querySelectorAll('.name')].at(-1).textContent")).toBe(evil);
    const transform = (): Promise<string> => inside("root.querySelector('.camera').style.transform");

    await page.getByRole("button", { name: "relu" }).click();
    expect(await page.evaluate("chosen")).toEqual([{ line: 2, character: 2 }]);
    const still = await transform();
    await page.evaluate("view.follow({ line: 6, character: 999 })"); // below the window's edge
    expect(await transform()).not.toBe(still);
    expect(await inside("root.querySelectorAll('.followed').length")).toBe(1);
    await inside("root.querySelector('.canvas').focus()");
    for (const key of ["End", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    expect(await page.evaluate("chosen.at(-1).line")).toBe(6);
    await page.keyboard.press("0");
    await page.mouse.move(60, 200);
    await page.mouse.down();
    await page.mouse.move(90, 230);
    await page.mouse.up();
    await page.keyboard.press("+");

    await inside("(globalThis.kept = root.querySelector('[data-id$=\"/relu\"]'), 0)");
    await show(ask(3, program("denze -> "), 2)); // the picture stays, and is called stale
    expect(await inside("root.querySelector('.problem').textContent + root.querySelector('.stale-mark').hidden")).toBe("false");
    const grown = ask(4, program("bn -> "), 2);
    expect(grown.diff?.added).toHaveLength(1);
    await show(grown);
    expect(await inside("root.querySelectorAll('.node').length")).toBe(grown.scene!.nodes.length);
    expect(await inside("globalThis.kept.isConnected")).toBe(true);

    await show({ ...grown, export: null, scene: null, diff: null, problem: "there is no export n; there is m" }); // the one that there is can be chosen
    expect(await inside("root.querySelector('.problem').textContent")).toBe("there is no export n; there is m");
    await page.getByLabel("export").selectOption("m");
    expect(await page.evaluate("chosen.at(-1)")).toBe("m");
    expect(await page.evaluate("violations")).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    server.close();
  }
});
