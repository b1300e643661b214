// Steps of training as plans, in as much memory as they may take; and what is wrong where training is asked for: exports without a
// declaration, steps that do not fit.
import { scalars } from "../autodiff/objective.ts";
import type { TrainingModule } from "../codegen/module/trainer.ts";
import type { Graph } from "../ir/graph.ts";
import type { ElaboratedExport } from "../lower/elaborate.ts";
import type { TrainSpec } from "../lower/vocabulary.ts";
import { makePlan } from "../plan/make.ts";
import type { Plan, Target } from "../plan/plan.ts";
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import { span, type Source } from "../source/text.ts";

/** A step of training on its target. */
export interface PlannedStep {
  readonly plan: Plan;
  /** Samples. */
  readonly batch: number;
  /** What it computes takes, with that batch. */
  readonly bytes: number;
}

/** In `memory` bytes where that can be; in no more than it has to where it cannot. */
export function planStep(graph: Graph, target: Target, batch: number, memory: number | "least" | undefined): PlannedStep {
  const width = target.memory.activations === "f64" ? 8 : 4;
  const allowance = memory === undefined ? {} : { allowance: { elements: memory === "least" ? 0 : memory / width, batch } };
  const plan = makePlan(graph, target, graph.name, allowance);
  const { fixed, perSample } = plan.regions.activations;
  return { plan, batch, bytes: width * (fixed + perSample * batch) };
}

/** What `createTrainer` is made of. `graph` is the model's; `steps` what the schedule is made for. */
export function trainingModule(train: TrainSpec, { plan, batch }: PlannedStep, evaluation: Plan, of: { readonly graph: Graph; readonly leastBatch: number; readonly steps: number }): TrainingModule {
  const { optimizer, warmup, schedule, seed, targets } = train;
  return {
    step: plan,
    evaluation,
    leastBatch: of.leastBatch,
    scheduled: { optimizer: { lr: optimizer.lr }, warmup: warmup && { steps: warmup.steps, lr: warmup.lr }, schedule, steps: of.steps },
    batch,
    seed,
    targets: targets.map(({ name, type }) => ({ name, classes: type.dtype === "i32" ? classesOf(train, name, of.graph) : 0 })),
    scalars,
  };
}

/** How many classes a label tells: as many as the output that it is compared with. */
function classesOf(train: TrainSpec, target: string, graph: Graph): number {
  const { output } = train.losses.find((l) => l.target === target)!;
  return Number(graph.outputs.find((o) => o.name === output)!.node.type.shape[1]);
}

export function checkMemory({ memory, train }: { readonly memory?: number | "least"; readonly train?: boolean }): void {
  if (memory === undefined) return;
  if (!train) throw new RangeError("memory is what a step of training may take; without training there is none");
  if (memory !== "least" && !(memory > 0)) throw new RangeError(`memory is a number of bytes or "least", not ${JSON.stringify(memory)}`);
}

/** What is asked about an export here. */
interface Export {
  readonly name: string;
  readonly elaborated: ElaboratedExport;
  readonly step: PlannedStep | null;
}

/** The exports that no declaration is about; in a sentence, with a declaration to begin with where nothing is trained. Null where there are none. */
export function untrained(exports: readonly Export[]): { readonly problem: string; readonly help: string; readonly declaration: string | null } | null {
  const without = exports.filter((e) => !e.elaborated.train).map((e) => e.name);
  const trained = exports.filter((e) => e.elaborated.train).map((e) => e.name);
  if (without.length === 0) return null;
  const problem = `${without.join(", ")} ${without.length === 1 ? "has" : "have"} no train declaration`;
  if (trained.length > 0) return { problem, help: `choose one that has: --only ${trained.join(", --only ")}`, declaration: null };
  return { problem, help: "say what is minimised, and how", declaration: declarationFor(exports[0]!) };
}

function declarationFor({ name, elaborated }: Export): string {
  return `train ${name} {\n  loss      = cross_entropy(${elaborated.model.outputs[0]!.name})\n  optimizer = sgd(lr = 0.1, momentum = 0.9)\n}\n`;
}

export function untrainedDiagnostic(exports: readonly Export[], source: Source): readonly Diagnostic[] {
  const found = untrained(exports);
  if (!found) return [];
  const { problem, help, declaration } = found;
  if (declaration === null) return [diagnostic("RN707", null, problem, { help: [help] })];
  const end = source.text.length;
  const edit = { span: span(source, end, end), text: `${source.text.endsWith("\n") ? "" : "\n"}${declaration}` };
  return [diagnostic("RN707", null, problem, { help: [{ message: `${help}: ${declaration.trim().replaceAll(/\s+/g, " ")}, a key on each line`, edits: [edit] }] })];
}

/** The exports whose steps take more than that many bytes, however much is computed twice. */
export function tooLarge(exports: readonly Export[], most: number): readonly Diagnostic[] {
  return exports.flatMap(({ name, elaborated: { train }, step }) => {
    if (!train || !step || step.bytes <= most) return [];
    const message = `a step of ${name} with a batch of ${step.batch} takes at least ${megabytes(step.bytes)} for what it computes; ${megabytes(most)} are allowed`;
    return [diagnostic("RN708", train.span, message, { help: ["take a smaller batch, or allow that much"] })];
  });
}

/** Rounded up, so that what is told is enough. */
function megabytes(bytes: number): string {
  return bytes < 1e4 ? `${bytes} B` : bytes < 1e6 ? `${Math.ceil(bytes / 10) / 100} kB` : `${Math.ceil(bytes / 1e4) / 100} MB`;
}
