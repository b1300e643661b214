// The types of modules with `createTrainer`: they hold under --strict, and a use of them is checked.
import { expect, test } from "vitest";
import { compile, type CompileOptions } from "../../src/index.ts";
import { typeErrors, unspared } from "../harness/types.ts";
import { residual } from "./programs.ts";

const several = `model two {
  input x: [4, 6, 6]
  conv(8, 3) -> bn -> relu as c -> gap -> dropout(0.5)
  output a = dense(3)
  output b = c -> conv(2, 1)
}
train two {
  loss = cross_entropy(a, smoothing = 0.1) + 0.4 * mse(b) + cross_entropy(b)
  optimizer = adamw(lr = 0.01)
  schedule = warmup(10, lr = 0.001) -> cosine
  clip = 1
}
`;

function filesOf(text: string, options: CompileOptions): Readonly<Record<string, string>> {
  const { modules, diagnostics } = compile(text, { ...options, train: true });
  expect(diagnostics).toEqual([]);
  return Object.fromEntries(modules.flatMap((m) => m.files).map((f) => [f.name, f.text]));
}

const use = (name: string, more = ""): string => `import { create, createTrainer, training, RncError, type Trainer, type TrainingBatch, type TrainerOptions } from "./${name}";
const options: TrainerOptions = { batch: training.batch, seed: 1, threads: 1, weights: new ArrayBuffer(8)${more} };
const trainer: Trainer = await createTrainer(options);
const batch: TrainingBatch = { image: new Float32Array(1), label: new Uint8Array(1) };
const { loss } = await trainer.step(batch);
await trainer.step({ image: [0, 1], label: [3] });
await trainer.step({ image: new Float64Array(1), label: new BigInt64Array(1) });
const { wrong, count }: { wrong: number; count: number } = await trainer.evaluate(batch);
const file: Uint8Array = await trainer.save({ epoch: "3" });
trainer.load(file);
await create({ weights: await trainer.save() });
const rate: number = trainer.learningRate + trainer.steps + loss + wrong + count + training.leastBatch + training.scheduled.steps;
const six: 6 = training.batch;
const classes: 10 = training.targets[0].classes;
try { trainer.dispose(); } catch (e) { if (e instanceof RncError) console.log(e.code, rate, six, classes); }
await createTrainer();
// @ts-expect-error an input too many
await trainer.step({ ...batch, other: [0] });
// @ts-expect-error an input too few
await trainer.step({ image: [0] });
// @ts-expect-error no such option
await createTrainer({ sead: 1 });
// @ts-expect-error counted, not set
trainer.steps = 3;
`;

const kinds = [["ts", false], ["wasm", false], ["wasm", true], ["wgsl", false]] as const;
const more = (target: string, threads: boolean): string => (threads ? ", worker: () => new Worker('x.js')" : target === "wgsl" ? ", device: {}" : "");
/** Weights in memory are there at once; on a device they are waited for. */
const saved = (target: string): string => `const now: ${target === "wgsl" ? "Promise<Uint8Array>" : "Uint8Array"} = trainer.save();\nconsole.log(now);\n`;

// All of them in one run of the compiler, which reads its own libraries for seconds.
test("modules and their uses are clean under --strict, the .d.ts beside a .js too", () => {
  const checked: Record<string, string> = {};
  for (const [target, threads] of kinds) {
    const folder = `/m/${target}${threads ? "-threads" : ""}`;
    const files = { ...filesOf(residual(), { target, threads }), ...filesOf(several, { target, threads }) };
    expect(Object.keys(files).filter((f) => f.endsWith(".ts"))).toEqual(["tiny.ts", "two.ts"]);
    for (const name of ["tiny.ts", "two.ts"]) checked[`${folder}/${name}`] = unspared(files[name]!);
    checked[`${folder}/use.ts`] = use("tiny", more(target, threads)) + saved(target);
    expect(files["two.ts"]).toContain("readonly b_label: ArrayLike<number | bigint>;");

    const compiled = filesOf(residual(), { target, threads, js: true });
    expect(Object.keys(compiled)).toEqual(["tiny.js", "tiny.d.ts", ...(threads ? ["tiny.worker.js"] : [])]);
    expect(compiled["tiny.js"]).not.toMatch(/[«»]|: Trainer\b|\bimport\b.*from/);
    checked[`${folder}-js/tiny.d.ts`] = compiled["tiny.d.ts"]!;
    checked[`${folder}-js/use.ts`] = use("tiny.js", more(target, threads)) + saved(target);
  }
  expect(typeErrors(checked)).toEqual([]);
}, 60_000);

test("without `train` a module has none of it, and stricter projects can use one that has", () => {
  expect(compile(residual()).modules[0]!.files[0]!.text).not.toMatch(/[tT]rain/);
  for (const target of ["ts", "wgsl"] as const) expect(stricterErrors(target), target).toEqual([]);
}, 60_000);

function stricterErrors(target: "ts" | "wgsl"): string[] {
  const stricter = { noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true, noUnusedLocals: true, noUnusedParameters: true, exactOptionalPropertyTypes: true, isolatedModules: true, verbatimModuleSyntax: true, erasableSyntaxOnly: true };
  return typeErrors({ "/m/tiny.ts": filesOf(residual(), { target })["tiny.ts"]!, "/m/use.ts": use("tiny") }, stricter);
}
