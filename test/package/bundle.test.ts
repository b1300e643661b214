// A generated module where applications use it: type-checked under --strict with an importer, bundled by esbuild, run in Node and in a page.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { Compilation, compile, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { random } from "../harness/random.ts";
import { full } from "../harness/tier.ts";
import { unspared } from "../harness/types.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rnlang-bundle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = `model tiny(c = 4) {
  input image: [3, 8, 8]
  conv(c, 3) -> bn -> relu
  skip { conv(c, 3) -> bn }
  relu -> gap -> dense(5)
  output logits: [5]
}
`;
const next = random(11);
const weights = writeSafetensors(new Compilation(text).exports[0]!.graph.parameters.map((p) => {
  const { name, shape } = p.attrs as unknown as { name: string; shape: readonly number[] };
  return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => next() + 0.1) }];
}));
const image = Array.from({ length: 192 }, () => next() - 0.5);
const application = `import { create } from "./tiny";
const image: Float32Array = new Float32Array(${JSON.stringify(image)});
export async function main(): Promise<number[]> {
  const net = await create({});
  const { logits } = net.runSync({ image });
  const out: Float32Array = logits;
  return [...out];
}
`;

type TargetName = NonNullable<CompileOptions["target"]>;

async function bundle(target: TargetName): Promise<string> {
  const [module] = compile(text, { target, inlineWeights: { tiny: weights } }).modules;
  writeFileSync(join(folder, "tiny.ts"), module!.files[0]!.text);
  writeFileSync(join(folder, "app.ts"), application);
  const { outputFiles } = await build({ entryPoints: [join(folder, "app.ts")], bundle: true, minify: true, format: "esm", target: "es2022", write: false, logLevel: "error" });
  return outputFiles[0]!.text;
}

/** In small counts one export of each example, between them every kernel; in full all of them. */
const exportsOfExamples: Readonly<Record<string, string>> = { mlp: "mlp", cifar: "resnet20b", imagenet: "resnet50", preact: "resnet164", unet: "unet", densenet: "densenet40" };

// One run of tsc for both targets; it does not check its own libraries.
test("generated TypeScript and the application that imports it are clean under tsc --strict", () => {
  const names: string[] = [];
  for (const target of ["ts", "wasm"] as const) {
    mkdirSync(join(folder, target));
    const write = (name: string, text: string): void => {
      names.push(`${target}/${name}.ts`);
      writeFileSync(join(folder, names.at(-1)!), text);
    };
    for (const [example, only] of Object.entries(exportsOfExamples)) {
      const { modules } = compile(readFileSync(join(root, "examples", `${example}.rn`), "utf8"), full ? { target } : { target, only });
      for (const m of modules) write(m.name, unspared(m.files[0]!.text));
    }
    write("tiny", unspared(compile(text, { target, inlineWeights: { tiny: weights } }).modules[0]!.files[0]!.text));
    write("app", application);
  }
  expect(names.length).toBe(2 * ((full ? 17 : 6) + 2));
  const options = { strict: true, noUnusedLocals: true, target: "es2022", lib: ["es2022", "dom"], module: "esnext", moduleResolution: "bundler", noEmit: true, types: [], skipDefaultLibCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: names }));
  execFileSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { encoding: "utf8" });
});

test.each<TargetName>(["ts", "wasm"])("bundled and minified, it runs in Node and gives what the module gives: %s", async (target) => {
  writeFileSync(join(folder, `${target}.mjs`), await bundle(target));
  const { main } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, `${target}.mjs`)).href)) as { main(): Promise<number[]> };
  const [js] = compile(text, { target, inlineWeights: { tiny: weights }, js: true }).modules;
  writeFileSync(join(folder, `tiny-${target}.mjs`), js!.files.find((f) => f.name.endsWith(".js"))!.text);
  const { create } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, `tiny-${target}.mjs`)).href)) as { create(o: object): Promise<{ runSync(i: object): { logits: Float32Array } }> };
  const direct = [...(await create({})).runSync({ image: new Float32Array(image) }).logits];
  const bundled = await main();
  expect(bundled.length).toBe(5);
  expect(bundled).toEqual(direct);
});

/** What the bundled application gives in a page under that policy: its numbers, or the code and message of its error. */
async function inPage(script: string, policy: string): Promise<number[] | { readonly code: string; readonly message: string }> {
  const { url, server } = await serve({
    "/": ["text/html", `<!doctype html><title>app</title><script type="module" src="/page.js"></script>`],
    "/page.js": ["text/javascript", `import { main } from "/app.js"; globalThis.result = await main().catch(({ code, message }) => ({ code, message }));`],
    "/app.js": ["text/javascript", script],
  }, { "content-security-policy": policy });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction("globalThis.result !== undefined");
    return await page.evaluate("globalThis.result");
  } finally {
    await browser.close();
    server.close();
  }
}

const strict = "default-src 'none'; script-src 'self'";

describe.skipIf(!haveBrowser)("bundled, in a page under a strict content security policy", () => {
  const inNode = async (script: string, name: string): Promise<number[]> => {
    writeFileSync(join(folder, `${name}.mjs`), script);
    return ((await import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.mjs`)).href)) as { main(): Promise<number[]> }).main();
  };

  test("the same bits as in Node", async () => {
    const script = await bundle("ts");
    expect(await inPage(script, strict)).toEqual(await inNode(script, "page-ts"));
  });

  test("WebAssembly: the same numbers, whatever SIMD the two have", async () => {
    const script = await bundle("wasm");
    const [here, there] = [await inNode(script, "page-wasm"), await inPage(script, `${strict} 'wasm-unsafe-eval'`)];
    const largest = Math.max(...here.map(Math.abs));
    expect(Math.max(...(there as number[]).map((v, i) => Math.abs(v - here[i]!)))).toBeLessThan(1e-5 * largest);
  });

  test("WebAssembly where it is not allowed: an error that says what to do", async () => {
    expect(await inPage(await bundle("wasm"), strict)).toMatchObject({ code: "wasm", message: expect.stringMatching(/wasm-unsafe-eval.*--target ts/) });
  });
});
