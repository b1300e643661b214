// Nets of several threads: the bits of one thread, clear errors, and above all never a hang, whatever happens to a worker.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { Compilation } from "../../src/index.ts";
import { loadFiles, weightsFile, type Module, type Net } from "../harness/module.ts";
import { random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";

/** A kernel of every kind, large enough to be shared out and small enough for a thousand runs. */
const text = `model net() {
  input image: [4, 12, 12]
  skip(conv(8, 1, 2)) { conv(8, 3, 2) -> bn -> silu -> conv(8, 3) }
  conv(8, 3, groups = 8) -> relu -> conv(16, 1) -> maxpool(3, 1, pad = 1)
  cat { id | avgpool(3, 1, pad = 1) -> conv(16, 3) }
  upconv(8, 2, 2) -> softmax -> pad2d(1) -> gap -> dense(5)
  output logits: [5]
}
`;
const next = random(5);
const weights = weightsFile(Object.fromEntries(new Compilation(text).exports[0]!.graph.parameters.map((p) => {
  const { name, shape } = p.attrs as unknown as { name: string; shape: readonly number[] };
  return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => (name.includes("var") ? 0.5 : -0.3) + next()) }];
})));
const BATCH = 3;
const image = Float32Array.from({ length: BATCH * 576 }, () => next() - 0.5);

let module: Module;
let folder: string;
let expected: Float32Array;
beforeAll(async () => {
  ({ module, folder } = await loadFiles(text, { target: "wasm", threads: true }));
  expected = (await (await module.create({ weights, batch: BATCH })).run({ image }))["logits"]!.slice();
});

const codeOf = (work: () => unknown): Promise<string> => (async () => work())().then(() => "none", (e: { readonly code?: string; readonly message: string }) => `${e.code}: ${e.message}`);
const worker = (name = "net.worker.js"): Worker => new Worker(pathToFileURL(join(folder, name)));

test.each([2, 3, 4])("%i threads give the bits of one, for each number of samples", async (threads) => {
  const [one, several] = [await module.create({ weights, batch: BATCH }), await module.create({ weights, batch: BATCH, threads })];
  for (const k of [3, 1, 2, 3]) {
    const input = { image: image.subarray(0, k * 576) };
    const there = (await several.run(input))["logits"]!;
    expect(there.length).toBe(5 * k);
    expect([...there]).toEqual([...(await one.run(input))["logits"]!]);
  }
  several.dispose();
});

test("each thread has scratch of its own, and `bytes` counts it", () => {
  expect(module.bytes(BATCH, 2)).toBeGreaterThan(module.bytes(BATCH, 1));
  expect(module.bytes(BATCH, 3) - module.bytes(BATCH, 2)).toBe(module.bytes(BATCH, 2) - module.bytes(BATCH, 1));
});

describe("mistakes are told", () => {
  test("of create", async () => {
    for (const threads of [0, -1, 1.5, 65, "2", null]) expect(await codeOf(() => module.create({ weights, threads: threads as number }))).toMatch(/^threads: threads is a whole number from 1 to 64, not/);
    expect(await codeOf(() => module.create({ weights, threads: 2, worker: () => ({}) }))).toMatch(/^threads: worker is a function that makes a new Worker/);
    expect(await codeOf(() => module.create({ weights, threads: 2, worker: () => { throw new Error("no workers today"); } }))).toBe("threads: a thread cannot be started: no workers today");
  });

  test("of run: it is asynchronous, and one at a time", async () => {
    const net = await module.create({ weights, batch: BATCH, threads: 2 });
    expect(await codeOf(() => net.runSync({ image }))).toBe("threads: a net of several threads has no runSync: await net.run(inputs)");
    const first = net.run({ image });
    expect(await codeOf(() => net.run({ image }))).toBe("busy: the net is still running: await its last run before the next");
    expect([...(await first)["logits"]!]).toEqual([...expected]);
    expect(await codeOf(() => net.run({ image: image.subarray(1) }))).toMatch(/^input: /);
    expect([...(await net.run({ image }))["logits"]!]).toEqual([...expected]);
    net.dispose();
    expect(await codeOf(() => net.run({ image }))).toBe("disposed: the net was disposed of");
  });

  test("where memory cannot be shared", async () => {
    const shared = globalThis.SharedArrayBuffer;
    try {
      delete (globalThis as { SharedArrayBuffer?: unknown }).SharedArrayBuffer;
      expect(await codeOf(() => module.create({ weights, threads: 2 }))).toMatch(/^threads: .*Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp; .*threads: 1/);
      expect([...(await (await module.create({ weights, batch: BATCH })).run({ image }))["logits"]!]).toEqual([...expected]);
    } finally {
      globalThis.SharedArrayBuffer = shared;
    }
  });

  test("by a worker that is another program, or none", async () => {
    writeFileSync(join(folder, "broken.js"), "throw new Error('broken');");
    writeFileSync(join(folder, "empty.js"), "");
    expect(await codeOf(() => module.create({ weights, threads: 2, worker: () => worker("broken.js") }))).toMatch(/^threads: a thread did not start: broken/);
    expect(await codeOf(() => module.create({ weights, threads: 2, worker: () => worker("empty.js") }))).toMatch(/^threads: a thread did not start: it ended with code 0; its script, the module's \.worker\.js, lies beside the module or the bundle that it is in, .*; else create takes worker: \(\) => new Worker\(…\)$/);
    expect(await codeOf(() => module.create({ weights, threads: 2, worker: () => worker("absent.js") }))).toMatch(/^threads: a thread did not start: .*absent\.js/);
  });
});

test("a program ends though a net was not disposed of, and waits for the run that it awaits", () => {
  writeFileSync(join(folder, "main.js"), `import { create } from "./net.js";
const net = await create({ weights: new Uint8Array(Buffer.from("${Buffer.from(weights).toString("base64")}", "base64")), batch: 3, threads: 2 });
const { logits } = await net.run({ image: new Float32Array(${JSON.stringify([...image])}) });
console.log(JSON.stringify([...logits]));`);
  const out = execFileSync(process.execPath, [join(folder, "main.js")], { encoding: "utf8", timeout: 30_000 });
  expect(JSON.parse(out)).toEqual([...expected]);
}, 60_000);

/** Settles within ten seconds, or the test fails. */
function settled<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("it hangs")), 10_000)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A net's life with an accident in it at a random moment. What it gives is right or an error with a code; what follows is told. */
async function accident(seed: number): Promise<string> {
  const next = random(seed);
  const threads = 2 + Math.floor(3 * next());
  const victims: Worker[] = [];
  const moment = next();
  const harm = next() < 0.75 ? "kill" : "dispose";
  const delay = next() < 0.3 ? 0 : 4 * next();
  let net: Net | null = null;
  const strike = async (): Promise<void> => {
    if (delay > 0) await pause(delay);
    if (harm === "dispose" && net) net.dispose();
    else await victims[Math.floor(next() * victims.length)]?.terminate();
  };
  const struck = moment < 0.25 ? strike() : null; // while the threads start
  try {
    net = await settled(module.create({ weights, batch: BATCH, threads, worker: () => (victims.push(worker()), victims.at(-1)) }));
    const blow = moment < 0.25 ? struck : strike();
    for (let run = 0; run < 4; run++) {
      const logits = (await settled(net.run({ image })))["logits"]!;
      if (!logits.every((v, i) => v === expected[i])) return "wrong numbers";
    }
    await blow;
    await pause(5);
    return await settled(net.run({ image })).then(() => "survived", (e: { readonly code: string }) => e.code);
  } catch (e) {
    return (e as { readonly code?: string }).code ?? String(e);
  } finally {
    await struck;
    net?.dispose();
    await Promise.all(victims.map((v) => v.terminate()));
  }
}

test("a thread killed at a random moment is an error, never a hang and never a wrong number", async () => {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= count(40, 1000); seed++) {
    const end = await accident(seed);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  expect([...ends.keys()].filter((end) => !["threads", "disposed", "survived"].includes(end))).toEqual([]);
  expect(ends.get("threads")).toBeGreaterThan(count(10, 300));
}, count(120_000, 1_800_000));
