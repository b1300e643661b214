// What TypeScript knows of an imported program: `rnc types` and the plugin write the same declarations, and `tsc` tells a right use from wrong ones.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rnlang-types-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const types = (...args: readonly string[]): { readonly status: number | null; readonly stderr: string } => spawnSync(process.execPath, [join(root, "dist", "rnc.js"), "types", ...args], { cwd: folder, encoding: "utf8" });

writeFileSync(join(folder, "net.rn"), `/// Ends a comment: */ export const x = 1; //
model net(c = 2) {
  input image: [3, 8, 8]
  conv(c, 3) -> relu
  gap -> dense(5)
  output logits: [5]
}
export tiny = net()
export class = net()
export _class = net()
`);

const right = `import { tiny, class as other } from "./net.rn";
import { tiny as wasm } from "./net.rn?target=wasm";
export const five: 5 = wasm.info.outputs[0].shape[0];
const net: tiny.Net = await tiny.create({ weights: new Uint8Array() });
const { logits }: { readonly logits: Float32Array } = await net.run({ image: new Float32Array(192) });
const channels: 3 = tiny.info.inputs[0].shape[0];
export const all: unknown[] = [logits, channels, (await other.create({})).runSync, tiny.bytes(2), new tiny.RncError("a", "b").code];
`;
const program = `model net {
  input image: [3, 8, 8]
  gap -> dense(5)
  output logits: [5]
}
train {
  loss = cross_entropy(logits)
  optimizer = sgd(0.1)
}
`;
const trainer = `import { net } from "./trained.rn?train";
const trainer = await net.createTrainer({ batch: 2 });
export const { loss }: { readonly loss: number } = await trainer.step({ image: new Float32Array(384), label: [0, 1] });
`;
/** What a project says of an import with a query, which TypeScript does not read. */
const queries = `declare module "*/net.rn?target=wasm" {
  export const tiny: typeof import("./net.rn").tiny;
}
declare module "*/trained.rn?train" {
  export const net: typeof import("./types/net.js");
}
`;
const header = `import { tiny } from "./net.rn";\nconst net = await tiny.create({});\n`;
const wrong = {
  "a string is no image": `await net.run({ image: "x" });`,
  "no such input": `await net.run({ images: new Float32Array(192) });`,
  "no such output": `(await net.run({ image: new Float32Array(192) })).logit;`,
  "another shape": `const classes: 10 = tiny.info.outputs[0].shape[0];`,
  "no trainer": `await tiny.createTrainer();`,
  "another shape behind a query": `const five: 4 = (await import("./net.rn?target=wasm")).tiny.info.outputs[0].shape[0];`,
  "no label": `await (await (await import("./trained.rn?train")).net.createTrainer()).step({ image: new Float32Array(384) });`,
  "no such export": `const { none } = await import("./net.rn");`,
};

test("tsc takes the right use and none of the wrong ones; names that TypeScript reserves are exported as they are", () => {
  expect(types("net.rn")).toMatchObject({ status: 0, stderr: "net.d.rn.ts\n" });
  writeFileSync(join(folder, "trained.rn"), program);
  spawnSync(process.execPath, [join(root, "dist", "rnc.js"), "compile", "trained.rn", "--train", "--js", "-o", "types"], { cwd: folder });
  writeFileSync(join(folder, "trainer.ts"), trainer);
  writeFileSync(join(folder, "right.ts"), right);
  writeFileSync(join(folder, "queries.d.ts"), queries);
  const cases = Object.entries(wrong).map(([, line], i) => [`wrong${i}.ts`, header + line + "\nexport {};\n"] as const);
  for (const [name, text] of cases) writeFileSync(join(folder, name), text);
  const compilerOptions = { strict: true, target: "es2022", lib: ["es2022", "dom"], module: "esnext", moduleResolution: "bundler", allowArbitraryExtensions: true, noEmit: true, types: [], skipDefaultLibCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["right.ts", "trainer.ts", "queries.d.ts", ...cases.map(([name]) => name)] }));
  const { stdout } = spawnSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { cwd: folder, encoding: "utf8" });
  const blamed = new Set([...stdout.matchAll(/^(\S+\.ts)\(\d+/gm)].map((m) => m[1]));
  expect(blamed, stdout).toEqual(new Set(cases.map(([name]) => name)));
});

test("written only where they would change, and never over what rnc did not write", () => {
  const file = join(folder, "net.d.rn.ts");
  const written = statSync(file).mtimeMs;
  expect(types("net.rn").status).toBe(0);
  expect(statSync(file).mtimeMs).toBe(written);
  writeFileSync(file, "export const mine = 1;\n");
  expect(types("net.rn")).toMatchObject({ status: 1, stderr: expect.stringContaining("is in the way") });
  expect(readFileSync(file, "utf8")).toBe("export const mine = 1;\n");
  rmSync(file);
  writeFileSync(join(folder, "bad.rn"), "model net { dens }\n");
  expect(types("bad.rn")).toMatchObject({ status: 1, stderr: expect.stringContaining("error[RN") });
  expect(existsSync(join(folder, "bad.d.rn.ts"))).toBe(false);
});
