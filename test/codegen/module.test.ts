// Modules as their users meet them: types that hold, the contract of create and run, both languages, the same bytes every time.
import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { reachable } from "../../src/ir/graph.ts";
import { lineReference } from "../../src/source/text.ts";
import { Compilation, compile, readSafetensors, renderText, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { erf } from "../../src/ir/erf.ts";
import { elementsPerSample } from "../../src/ir/type.ts";
import { importText, load, weightsFile, type Module, type Tensors } from "../harness/module.ts";
import { typeErrors, unspared } from "../harness/types.ts";

const tiny = `/// A block: y = ReLU(W x + b).\nmodel tiny(c = 4) {\n  input image: [2, 8, 8]\n  conv1: conv(c, 3) -> relu\n  for i in 0..5 { conv(c, 3) -> bn -> relu }\n  gap -> fc: dense(3)\n  output logits: [3]\n}\n`;

function filesOf(text: string, options: CompileOptions = {}): Readonly<Record<string, string>> {
  const { modules, diagnostics } = compile(text, { name: "tiny.rn", ...options });
  expect(diagnostics).toEqual([]);
  return Object.fromEntries(modules.flatMap((m) => m.files).map((f) => [f.name, f.text]));
}

/** Weights of the right names and shapes, told by the module's own complaints. */
async function weightsOf(module: Module): Promise<Tensors> {
  const tensors: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (let i = 0; i < 200; i++) {
    try {
      await module.create({ weights: weightsFile(tensors) });
      return tensors;
    } catch (e) {
      const [, name, shape] = /lack ("(?:[^"\\]|\\.)*") \[(.*)\](?: and \d+ more)?$/.exec((e as Error).message)!;
      const dims = shape === "" ? [] : shape!.split(", ").map(Number);
      const size = dims.reduce((a, b) => a * b, 1);
      tensors[JSON.parse(name!) as string] = { shape: dims, data: Float32Array.from({ length: size }, (_, k) => Math.abs(Math.sin(k * 7.3 + i)) - 0.4 * Number(!name!.includes("var"))) };
    }
  }
  throw new Error("too many parameters");
}

const ramp = (n: number): Float32Array => Float32Array.from({ length: n }, (_, k) => Math.sin(k * 0.37));

const everything = `model all() {
  input image: [4, 12, 12]
  skip(conv(8, 1, 2)) { conv(8, 3, 2) -> bn -> silu -> conv(8, 3) }
  relu6 -> conv(8, 3, groups = 8) -> gelu -> maxpool(3, 2, pad = 1, ceil = true)
  cat { id | avgpool(2, 1, pad = valid) -> pad2d(1) -> slice(1, 0, 4) -> slice(2, 0, 4) | transpose([0, 1, 2]) -> softmax }
  upconv(6, 2, 2) -> leaky(0.1) -> ln -> tanh -> hardswish
  subsample(2) -> zeropad(10) -> dense(16) -> sigmoid -> reshape([4, 2, 2]) -> gap -> dense(3)
  output logits
}`;

describe("types", () => {
  const use = (name: string, source: string): string =>
    `import { create, info, bytes, RncError, type Outputs } from "./${name}";
     const net = await create({ weights: new Uint8Array(0), batch: 2, threads: 1 });
     const { logits }: Outputs = await net.run({ image: new Float32Array(1) });
     const more: Float32Array = net.runSync({ image: logits }).logits;
     const shape: readonly [${source}] = info.inputs[0].shape;
     const size: number = bytes(2) + info.parameters + more.length + shape[0];
     try { net.dispose(); } catch (e) { if (e instanceof RncError) console.log(e.code.length, size); }
     // @ts-expect-error an input too many
     net.runSync({ image: logits, other: logits });
     // @ts-expect-error no such output
     net.runSync({ image: logits }).label;\n`;

  /** The modules of both targets, each in a folder of its own with a use of it. */
  function modules(read: (text: string) => string): Record<string, string> {
    const all: Record<string, string> = {};
    for (const target of ["ts", "wasm"] as const) {
      const files = { ...filesOf(tiny, { target }), ...filesOf(everything, { target }) };
      expect(Object.keys(files)).toEqual(["tiny.ts", "all.ts"]);
      for (const [name, text] of Object.entries(files)) all[`/${target}/${name}`] = read(text);
      all[`/${target}/use.ts`] = use("tiny", "2, 8, 8");
    }
    return all;
  }

  // All in one run of the compiler, and one for stricter options: it reads its own libraries for seconds.
  test("a .ts module, the .d.ts beside a .js and both of a module with threads are clean under --strict, and so is their use", () => {
    const checked = modules(unspared);
    const compiled = filesOf(tiny, { js: true });
    expect(Object.keys(compiled)).toEqual(["tiny.js", "tiny.d.ts"]);
    Object.assign(checked, { "/js/tiny.d.ts": compiled["tiny.d.ts"]!, "/js/use.ts": use("tiny.js", "2, 8, 8") });

    const threads = `${use("tiny", "2, 8, 8")}\nawait create({ threads: 2, worker: () => new Worker("x.js") }); bytes(1, 2);`;
    const source = filesOf(tiny, { target: "wasm", threads: true });
    expect(Object.keys(source)).toEqual(["tiny.ts", "tiny.worker.js"]);
    Object.assign(checked, { "/threads/tiny.ts": unspared(source["tiny.ts"]!), "/threads/use.ts": threads });
    const both = filesOf(tiny, { target: "wasm", threads: true, js: true });
    expect(Object.keys(both)).toEqual(["tiny.js", "tiny.d.ts", "tiny.worker.js"]);
    Object.assign(checked, { "/threads-js/tiny.d.ts": both["tiny.d.ts"]!, "/threads-js/use.ts": threads });
    expect(typeErrors(checked)).toEqual([]);
  }, 60_000);

  test("stricter projects are spared what they ask beyond", () => {
    const stricter = { noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true, noUnusedLocals: true, noUnusedParameters: true, exactOptionalPropertyTypes: true, isolatedModules: true, verbatimModuleSyntax: true, erasableSyntaxOnly: true };
    const spared = modules((text) => text);
    for (const [name, text] of Object.entries(spared)) if (!name.endsWith("use.ts")) expect(unspared(text), name).not.toBe(text);
    expect(typeErrors(spared, stricter)).toEqual([]);
  }, 60_000);

  test("and what is wrong with a use is said, in each of them", () => {
    const wrong = 'import { create } from "./tiny";\nexport const shape: 1 = (await create({ weights: new Uint8Array(0) })).run;\n';
    expect(typeErrors({ "/ts/tiny.ts": filesOf(tiny)["tiny.ts"]!, "/ts/wrong.ts": wrong, "/other/tiny.d.ts": filesOf(tiny, { js: true })["tiny.d.ts"]!, "/other/wrong.ts": wrong }).map((e) => e.split(":")[0])).toEqual(["/other/wrong.ts", "/ts/wrong.ts"]);
  }, 60_000);
});

describe.each(["mlp", "unet", "preact", "densenet"])("the comments of %s", (name) => {
  const file = `${name}.rn`;
  const compilation = new Compilation(readFileSync(new URL(`../../examples/${file}`, import.meta.url), "utf8"), { name: file });
  const alike = (path: string): string => path.replace(/\{[^}]*\}|\d+/g, "#");

  test("lead back to the line that holds the layer", () => {
    for (const e of compilation.exports) {
      const layers = new Set<string>();
      for (const { op, origin } of reachable(e.graph)) {
        if (!origin?.span) continue;
        const line = origin.span.source.text.split("\n")[Number(lineReference(origin.span).split(":")[1]) - 1]!;
        if (new RegExp(`\\b${op.name}\\b`).test(line)) layers.add(`${lineReference(origin.span)} ${alike(origin.path)}`.trimEnd());
      }
      const comments = [...e.module.files[0]!.text.matchAll(/^ +\/\/ (.*\.rn:\S*)(.*)$/gm)].map(([, line, path]) => line + alike(path!));
      expect(comments.length).toBeGreaterThan(4);
      expect(comments.filter((c) => !layers.has(c))).toEqual([]);
    }
  });
});

describe.each(["ts", "wasm"] as const)("the contract of --target %s", async (target) => {
  const module = await load(tiny, { target });
  const tensors = await weightsOf(module);
  const weights = weightsFile(tensors);
  const code = (f: () => unknown): Promise<readonly [string, string]> =>
    (async () => f())().then(
      () => ["none", ""],
      (e: Error & { code: string }) => [e.code, e.message],
    );

  test("any number of samples up to the batch, each for itself", async () => {
    const one = await module.create({ weights });
    const many = await module.create({ weights, batch: 5 });
    const images = ramp(5 * 128);
    for (const k of [5, 3, 1, 4]) {
      const { logits } = await many.run({ image: images.subarray(0, k * 128) });
      expect(logits!.length).toBe(k * 3);
      const all = logits!.slice();
      for (let i = 0; i < k; i++) {
        const alone = one.runSync({ image: images.subarray(i * 128, (i + 1) * 128) })["logits"]!;
        // SIMD kernels sum a pixel that is left over in another order than those in a block.
        alone.forEach((v, j) => (target === "ts" ? expect(all[3 * i + j]).toBe(v) : expect(Math.abs(all[3 * i + j]! - v)).toBeLessThan(1e-6 * Math.max(...alone.map(Math.abs)))));
      }
    }
  });

  test("a run makes no new objects while the number of samples stays", async () => {
    const net = await module.create({ weights, batch: 2 });
    const first = net.runSync({ image: ramp(128) });
    expect(net.runSync({ image: ramp(128) })).toBe(first);
    expect(net.runSync({ image: ramp(256) })).not.toBe(first);
  });

  test("mistakes are RncErrors with a code", async () => {
    const net = await module.create({ weights, batch: 2 });
    const image = ramp(128);
    expect(await code(() => net.runSync({ image: ramp(127) }))).toEqual(["input", 'input "image" has 127 numbers; a sample has 128 (2 × 8 × 8)']);
    expect(await code(() => net.runSync({ image: ramp(0) }))).toEqual(["input", 'input "image" has 0 numbers; a sample has 128 (2 × 8 × 8)']);
    expect(await code(() => net.runSync({ image: ramp(384) }))).toEqual(["batch", 'input "image" holds 3 samples; the net was created for a batch of 2']);
    expect(await code(() => net.run({}))).toEqual(["input", 'input "image" is missing: run takes { image }, found {}']);
    expect(await code(() => net.run({ img: image } as never))).toEqual(["input", 'input "image" is missing: run takes { image }, found { img }']);
    expect(await code(() => net.run(image as never))).toEqual(["input", 'input "image" is missing: run takes { image }, found an array']);
    expect(await code(() => net.run({ image, mask: image }))).toEqual(["input", 'there is no input "mask"']);
    expect(await code(() => net.run({ image: [...image] as never }))).toEqual(["input", 'input "image" is not a Float32Array but Array']);
    expect(await code(() => net.run(null as never))).toEqual(["input", "run takes { image }"]);
    expect(await code(() => module.create({ weights, threads: 2 }))).toEqual(["threads", "this module computes in one thread, not in 2: compile it with --target wasm --threads"]);
    for (const batch of [0, -1, 1.5, NaN, "2" as never]) expect((await code(() => module.create({ weights, batch })))[0]).toBe("batch");
    expect((await code(() => module.create({ weights, batch: 2 ** 31 })))[0]).toBe("batch");
    expect(await code(() => module.create({} as never))).toEqual(["weights", "this module needs weights: pass the bytes of tiny.safetensors to create({ weights })"]);
    expect((await code(() => module.create({ weights: "file" as never })))[0]).toBe("weights");
    expect((await code(() => module.create({ weights: weights.subarray(0, 100) })))[0]).toBe("weights");
    const whole = "create takes one object, { weights, batch, threads }";
    for (const options of [null, 2, "weights", [weights], weights]) expect(await code(() => module.create(options as never))).toEqual(["options", whole]);
    expect(await code(() => module.create({ weights, thread: 2 } as never))).toEqual(["options", 'there is no option "thread": did you mean "threads"?']);
    expect(await code(() => module.create({ weights, batchSize: 2 } as never))).toEqual(["options", 'there is no option "batchSize": did you mean "batch"?']);
    expect(await code(() => module.create({ weights, device: "gpu" } as never))).toEqual(["options", 'there is no option "device": there are weights, batch, threads']);
    net.dispose();
    expect(await code(() => net.run({ image }))).toEqual(["disposed", "the net was disposed of"]);
    net.dispose();
  });

  test("an input that kernels could not index is refused, also where memory is small", async () => {
    const { create } = await load(`model wide {\n  input x: [65536]\n  slice(0, 0, 4)\n  output y\n}`, { target });
    const options = { weights: weightsFile({}) };
    if (target === "wasm") return void expect(await code(() => create({ ...options, batch: 2 ** 14 }))).toMatchObject(["batch", expect.stringContaining(`at most ${2 ** 30 - 1} can be`)]);
    expect((await create({ ...options, batch: 2 ** 14 - 1 })).runSync({ x: ramp(65536) })["y"]!.length).toBe(4);
    expect(await code(() => create({ ...options, batch: 2 ** 14 }))).toEqual(["batch", `batch 16384 needs an array of ${2 ** 30} elements; at most ${2 ** 30 - 1} can be`]);
  });

  test("weights: missing, extra and misshaped tensors are named, counters are ignored", async () => {
    const { "fc.bias": bias, ...others } = tensors;
    expect(await code(() => module.create({ weights: weightsFile(others) }))).toEqual(["weights", 'the weights lack "fc.bias" [3]']);
    expect(await code(() => module.create({ weights: weightsFile({}) }))).toEqual(["weights", expect.stringMatching(/^the weights lack "[\w.]+" \[[\d, ]+\] and \d+ more$/)]);
    expect(await code(() => module.create({ weights: weightsFile({ ...tensors, extra: bias! }) }))).toEqual(["weights", 'the weights have "extra" [3], which the model has not']);
    const wrong = { shape: [1, 3], data: bias!.data };
    expect(await code(() => module.create({ weights: weightsFile({ ...tensors, "fc.bias": wrong }) }))).toEqual(["weights", 'the weights have "fc.bias" [1, 3] where the model has [3]']);
    const more = { ...tensors, "1.num_batches_tracked": { shape: [], data: ramp(1) }, "optimizer.fc.bias": bias! };
    expect(await code(() => module.create({ weights: weightsFile(more) }))).toEqual(["none", ""]);
  });

  test("arrays of another realm are arrays", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign = (name: string, values: ArrayLike<number>): never => runInNewContext(`${name}.from(values)`, { values: [...Array.from(values)] }) as never;
    const net = await module.create({ weights: foreign("Uint8Array", weights) });
    expect([...net.runSync({ image: foreign("Float32Array", ramp(128)) })["logits"]!]).toEqual([...(await module.create({ weights })).runSync({ image: ramp(128) })["logits"]!]);
    expect(await code(() => module.create({ weights: weights.slice().buffer as never }))).toEqual(["none", ""]);
  });

  test("TypeScript and JavaScript forms compute the same bits", async () => {
    const stripped = ts.transpileModule(filesOf(tiny, { target })["tiny.ts"]!, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } }).outputText;
    const twin = await importText(stripped);
    const image = ramp(128);
    expect([...(await twin.create({ weights })).runSync({ image })["logits"]!]).toEqual([...(await module.create({ weights })).runSync({ image })["logits"]!]);
    expect(twin.bytes(7)).toBe(module.bytes(7));
    expect(twin.info).toEqual(module.info);
  });

  test("weights inside the module", async () => {
    const inlined = await load(tiny, { target, inlineWeights: { tiny: weights } });
    const image = ramp(128);
    expect([...(await inlined.create({} as never)).runSync({ image })["logits"]!]).toEqual([...(await module.create({ weights })).runSync({ image })["logits"]!]);
    const half = weightsFile(Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, { shape: t.shape, data: t.data.map((v) => v / 2) }])));
    expect([...(await inlined.create({ weights: half })).runSync({ image })["logits"]!]).toEqual([...(await module.create({ weights: half })).runSync({ image })["logits"]!]);
  });
});

describe("weights to inline are checked when a compilation begins", () => {
  const [e] = new Compilation(tiny).exports;
  const tensors = e!.graph.parameters.map((p) => [(p.attrs as never)["name"] as string, { shape: p.type.shape as number[], data: new Float32Array(elementsPerSample(p.type.shape)) }] as const);
  const refusal = (inlineWeights: Record<string, Uint8Array>, text = tiny): string => {
    try {
      void new Compilation(text, { inlineWeights });
      return "accepted";
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      return (error as Error).message;
    }
  };

  test("they fit, or are a RangeError that says what does not", () => {
    const right = writeSafetensors(tensors);
    expect(refusal({ tiny: right })).toBe("accepted");
    expect(refusal({ tiny: new Uint8Array(65_537) })).toBe("the weights of tiny are 65537 bytes; at most 65536 go into a module: leave it out of inlineWeights, and pass the file to create");
    expect(refusal({ tony: right })).toBe('there are weights for "tony", which is no export; there is tiny');
    expect(refusal({ tiny: right.subarray(0, 100) })).toMatch(/^the weights of tiny cannot be read: /);
    expect(refusal({ tiny: Uint8Array.of() })).toMatch(/^the weights of tiny cannot be read: /);
    expect(refusal({ tiny: writeSafetensors(tensors.filter(([name]) => name !== "fc.bias")) })).toBe("the weights of tiny do not fit it: fc.bias [3] is missing");
    expect(refusal({ tiny: writeSafetensors([...tensors, ["more", { shape: [1], data: Float32Array.of(1) }]]) })).toBe("the weights of tiny do not fit it: more is no parameter of the model");
  });

  test("not where the program has errors of its own: these are told", () => {
    expect(refusal({ tony: Uint8Array.of(1) }, tiny.replace("gap", "gop"))).toBe("accepted");
  });
});

test("writeSafetensors says what it takes", () => {
  const tensor = { shape: [1], data: new Float32Array(1) };
  const form = 'tensors are pairs of a name and { shape, data }: [["fc.bias", { shape: [10], data: new Float32Array(10) }]]';
  const said = (tensors: unknown, metadata?: unknown): unknown => {
    try {
      return writeSafetensors(tensors as never, metadata as never).length;
    } catch (e) {
      return e instanceof TypeError && e.message;
    }
  };
  expect(said({ a: tensor })).toBe(`${form}, not an object: Object.entries makes pairs of it`);
  expect(said(null)).toBe(`${form}, not null`);
  const data = [undefined, "abc", ["1"], Float64Array.of(1), { length: 1 }].map((numbers) => ["a", { shape: [1], data: numbers }]);
  for (const wrong of ["a", ["a"], [3, tensor], ["a", { data: tensor.data }], ["a", null], ...data]) expect(said([["b", tensor], wrong])).toBe(`${form}; the one at 1 is none`);
  expect(said(new Map([["a", tensor]]))).toBe(said(Object.entries({ a: tensor })));
  expect(said([["a", { shape: [1], data: [0] }]])).toBe(said([["a", tensor]]));
  const about = 'metadata are pairs of texts: [["trained", "2 hours"]]';
  expect(said([], { trained: "2 hours" })).toBe(`${about}, not an object: Object.entries makes pairs of it`);
  expect(said([], "ab")).toBe(`${about}, not ab`);
  for (const wrong of ["ab", ["trained"], ["trained", 2], [2, "hours"]]) expect(said([], [["a", "b"], wrong])).toBe(`${about}; the one at 1 is none`);
  expect(said([], new Map([["a", "b"]]))).toBe(said([], [["a", "b"]]));
});

test("a program that exports nothing becomes no module, and that is said", () => {
  const model = (params: string): string => `model m(${params}) {\n  input x: [4]\n  dense(n)\n  output y\n}\n`;
  const general = "write export name = model(…), or a model whose parameters all have defaults";
  const cases = [["block b { relu }\n", general], ["", general], [model("n, k = 2"), "`m` needs n: export m3 = m(n = 3)"], [model("n, k"), "`m` needs n, k: export m1 = m(n = …, k = …)"]] as const;
  for (const [text, help] of cases) {
    const { modules, diagnostics } = compile(text, { name: "lib.rn" });
    expect(modules).toEqual([]);
    expect(diagnostics.map((d) => renderText(d))).toEqual([`error[RN508]: lib.rn exports nothing\n  = help: ${help}\n`]);
    expect(new Compilation(text).diagnostics).toEqual([]); // a library is no mistake by itself
  }
  expect(compile("model m {\n  input x: [4]\n  densse(2)\n  output y\n}\n").diagnostics.map((d) => d.code)).not.toContain("RN508");
});

describe("the text", () => {
  test("is the same every time, begins as it should and imports nothing", () => {
    for (const js of [false, true]) {
      const [text] = Object.values(filesOf(tiny, { js }));
      expect(Object.values(filesOf(tiny, { js }))[0]).toBe(text);
      expect(text).toMatch(/^\/\/ @generated by rnc \d+\.\d+\.\d+ from tiny\.rn: /);
      expect(text).toContain("// A block: y = ReLU(W x + b).");
      expect(text).not.toMatch(/\bimport\b.*from|\beval\b|new Function|\bfetch\(|^await/m);
      expect(text).not.toMatch(/[«»]/);
    }
  });

  test("leads back to the lines of the program", () => {
    expect(Object.values(filesOf(tiny))[0]).toMatch(/\/\/ tiny\.rn:4 conv1\n/);
  });

  test("hardly grows with depth", () => {
    const deep = (n: number): string => Object.values(filesOf(`model deep() {\n  input x: [8, 8, 8]\n  for i in 0..${n} { skip { conv(8, 3) -> bn -> relu } }\n  output y\n}`))[0]!;
    const [short, long] = [deep(10), deep(300)];
    expect(long.length).toBeLessThan(short.length + 500);
    expect(long).toContain("for (let i = 0; i < ");
  });

  test("a constant output, an input that is an output", async () => {
    const module = await load(`model same() {\n  input x: [3]\n  output y\n}`);
    const net = await module.create({} as never);
    expect([...net.runSync({ x: ramp(3) })["y"]!]).toEqual([...ramp(3)]);
  });

  test("inlines the error function where an activation needs it", async () => {
    const module = await load(`model g() {\n  input x: [5]\n  gelu\n  output y\n}`);
    const x = Float32Array.of(-3, -0.5, 0, 0.7, 4);
    const y = (await module.create({} as never)).runSync({ x })["y"]!;
    x.forEach((v, i) => expect(y[i]).toBe(Math.fround(0.5 * v * (1 + erf(v / Math.SQRT2)))));
  });

  test("with strict mathematics calls no function that engines round differently", async () => {
    const text = `model s() {\n  input x: [6]\n  gelu -> silu -> tanh -> softmax\n  output y\n}`;
    const [code] = Object.values(filesOf(text, { strictMath: true }));
    expect(code).not.toMatch(/Math\.(?!abs|max|min|floor|sqrt|sign|fround)\w+\(/);
    const run = async (options: CompileOptions): Promise<Float32Array> => (await (await load(text, options)).create({} as never)).runSync({ x: ramp(6) })["y"]!;
    const [strict, free] = [await run({ strictMath: true }), await run({})];
    strict.forEach((v, i) => expect(Math.abs(v - free[i]!)).toBeLessThan(1e-7));
  });

  test("the reader of the module and that of the library agree", () => {
    const t = { shape: [2], data: Float32Array.of(1, 2) };
    expect([...readSafetensors(writeSafetensors([["a", t]])).tensors.get("a")!.data]).toEqual([1, 2]);
  });
});

test("hostile names compile to modules that work", async () => {
  const names = ["__proto__", "constructor", "class", "weights", "n", "N", "run", "activations", "toString"];
  for (const name of names) {
    const module = await load(`model m() {\n  input ${name}: [3]\n  relu\n  output y_${name}\n}`);
    const input = Object.create(null) as Record<string, Float32Array>;
    Object.defineProperty(input, name, { value: Float32Array.of(-1, 0, 2), enumerable: true });
    expect([...(await module.create({} as never)).runSync(input)[`y_${name}`]!]).toEqual([0, 0, 2]);
  }
});
