// The whole pipeline on one page: text → ast → fragments → graph → core → opt → plan → code; graph → grad, where it is trained.
// Law: forms are pulled, never pushed: each is a getter, made once, when somebody asks for it.
import { evaluationGraph, leastBatch, stepGraph } from "../autodiff/training.ts";
import type { EmittedModule } from "../codegen/module/contract.ts";
import type { TrainingModule } from "../codegen/module/trainer.ts";
import { demandsOf, trainerDemandsOf, type Demand } from "../codegen/wgsl/demands.ts";
import type { Graph } from "../ir/graph.ts";
import type { File, Model } from "../language/ast.ts";
import { parse, type Parsed } from "../language/parse.ts";
import type { Program } from "../language/program.ts";
import { resolveProgram, type Load } from "../language/resolve.ts";
import { elaborate, type ElaboratedExport, type Elaboration } from "../lower/elaborate.ts";
import { instantiate } from "../lower/instantiate.ts";
import { foreignNames } from "../ops/foreign.ts";
import { layers } from "../ops/index.ts";
import { optionalPasses, runPipeline } from "../passes/pipeline.ts";
import { makePlan } from "../plan/make.ts";
import type { Plan, Target } from "../plan/plan.ts";
import { diagnostic, hasErrors, type Diagnostic } from "../source/diagnostic.ts";
import type { Source } from "../source/text.ts";
import { thereAre } from "../source/words.ts";
import { blocksOfLibrary, loadLibrary } from "./library.ts";
import { beyondLimits, checkLimits, likelyBatch, type Claim } from "./limits.ts";
import type { CompileOptions } from "./options.ts";
import { countMacs, layersOf, summarise, type Summary } from "./summary.ts";
import { targets, type TargetEntry } from "./targets.ts";
import { checkMemory, planStep, tooLarge, trainingModule, untrainedDiagnostic, type PlannedStep } from "./trained.ts";
import { version } from "./version.ts";
import { fitWeights, INLINE_LIMIT } from "./weights.ts";

/** How to go on where a program exports nothing; `called` is what its file is called. */
export function nothingExported({ declarations }: File, called: string): Diagnostic {
  const needs = declarations.filter((d) => d.kind === "model").map(exporting);
  return diagnostic("RN508", null, `${called} exports nothing`, { help: needs.length > 0 ? needs : ["write export name = model(…), or a model whose parameters all have defaults"] });
}

/** "`d` needs n: export d3 = d(n = 3)" */
function exporting({ name: { text }, params }: Model): string {
  const needed = params.filter((p) => p.fallback === null).map((p) => p.name.text);
  const example = needed.length === 1 ? `${text}3 = ${text}(${needed[0]} = 3)` : `${text}1 = ${text}(${needed.map((n) => `${n} = …`).join(", ")})`;
  return `\`${text}\` needs ${needed.join(", ")}: export ${example}`;
}

/** One program on its way to modules. Nothing is done before it is asked for; nothing is done twice. */
export class Compilation {
  readonly source: Source;
  readonly options: CompileOptions;
  #parsed: Parsed | undefined;
  #program: Program | undefined;
  #elaboration: Elaboration | undefined;
  #exports: readonly ExportCompilation[] | undefined;
  #recovered: Compilation | undefined;

  /** Throws a RangeError where an option names what does not exist or gives what does not fit: the caller's mistake, not the program's. */
  constructor(text: string, options: CompileOptions = {}, parsed?: Parsed) {
    for (const pass of options.disabledPasses ?? []) if (!optionalPasses.includes(pass)) throw new RangeError(`there is no optional pass ${JSON.stringify(pass)}; ${thereAre(optionalPasses)}`);
    if (options.target !== undefined && !Object.hasOwn(targets, options.target)) throw new RangeError(`there is no target ${JSON.stringify(options.target)}; ${thereAre(Object.keys(targets))}`);
    if (options.threads && !targets[options.target ?? "ts"].threads) throw new RangeError(`--target ${options.target ?? "ts"} computes in one thread; --target wasm can in several`);
    checkMemory(options);
    checkLimits(options, options.target ?? "ts");
    this.source = parsed?.file.source ?? { name: options.name ?? "model.rn", text };
    this.options = options;
    this.#parsed = parsed;
    this.#checkInlined(options.inlineWeights ?? {});
  }

  /** Weights to inline are weights of an export, and as large as a module may carry. */
  #checkInlined(inlined: NonNullable<CompileOptions["inlineWeights"]>): void {
    const given = Object.entries(inlined);
    for (const [name, { length }] of given) if (length > INLINE_LIMIT) throw new RangeError(`the weights of ${name} are ${length} bytes; at most ${INLINE_LIMIT} go into a module: leave it out of inlineWeights, and pass the file to create`);
    if (given.length === 0 || hasErrors(this.diagnostics)) return;
    for (const [name, bytes] of given) {
      const e = this.exports.find((e) => e.name === name);
      if (!e) throw new RangeError(`there are weights for ${JSON.stringify(name)}, which is no export; ${thereAre(this.exports.map((e) => e.name))}`);
      const fit = fitWeights(e.graph, bytes);
      if (fit.kind !== "fits") throw new RangeError(`the weights of ${name} ${fit.kind === "misfit" ? "do not fit it" : "cannot be read"}: ${fit.problem}`);
    }
  }

  get parsed(): Parsed {
    return (this.#parsed ??= parse(this.source));
  }

  /** For the editor: the same program, its declarations with syntax errors taken as far as they were understood, and nothing said about that. */
  get recovered(): Compilation {
    const { file, recovered } = this.parsed;
    if (file.broken.length === 0) return this;
    const understood = { ...recovered, broken: [] };
    const { inlineWeights: _, ...options } = this.options; // nothing is emitted, and they need not fit what was understood
    return (this.#recovered ??= new Compilation(this.source.text, options, { file: understood, recovered: understood, diagnostics: [] }));
  }

  get program(): Program {
    return (this.#program ??= resolveProgram(this.parsed, { load: (path, importer) => loadLibrary(path) ?? this.#load(path, importer), layers: new Set(layers.keys()), library: blocksOfLibrary(), foreign: foreignNames }));
  }

  /** Of a program with syntax or name errors too: what can be elaborated is, so that all mistakes are told at once. */
  get elaboration(): Elaboration {
    const { plain, only, defines } = this.options;
    return (this.#elaboration ??= elaborate(this.program, { layers, plain: plain ?? false, defines: new Map(Object.entries(defines ?? {})), ...(only === undefined ? {} : { only }) }));
  }

  get diagnostics(): readonly Diagnostic[] {
    return inOrder([...this.program.diagnostics, ...this.elaboration.diagnostics], this.program);
  }

  /** The diagnostics of who wants modules: a program of blocks alone is a fine thing to import and nothing to compile, one without `train` nothing to train. */
  get problems(): readonly Diagnostic[] {
    if (hasErrors(this.diagnostics)) return this.diagnostics;
    if (this.exports.length === 0) return [...this.diagnostics, nothingExported(this.parsed.file, this.source.name)];
    return [...this.diagnostics, ...(this.options.train ? untrainedDiagnostic(this.exports, this.source) : []), ...this.tooLarge, ...this.beyondLimits];
  }

  /** The exports whose steps do not fit into `memory`. */
  get tooLarge(): readonly Diagnostic[] {
    const { memory } = this.options;
    return typeof memory === "number" ? tooLarge(this.exports, memory) : [];
  }

  /** What modules ask of a GPU and its limits do not allow. */
  get beyondLimits(): readonly Diagnostic[] {
    return this.exports.flatMap((e) => e.beyondLimits);
  }

  /** Empty where the program has errors. */
  get exports(): readonly ExportCompilation[] {
    return (this.#exports ??= hasErrors(this.diagnostics) ? [] : this.elaboration.exports.map((e) => new ExportCompilation(e, this.source, this.options)));
  }

  #load(path: string, importer: Source): ReturnType<Load> {
    return this.options.load?.(path, importer) ?? { problem: `"${path}" cannot be imported here`, help: "only the standard library can: a text of its own has no folder" };
  }
}

/** File by file, imported ones first, in each from top to bottom; last what is about no file. */
function inOrder(diagnostics: readonly Diagnostic[], { modules }: Program): readonly Diagnostic[] {
  const files = new Map(modules.map((m, i) => [m.source.name, i]));
  const file = (d: Diagnostic): number => files.get(d.primary?.span.source.name ?? "") ?? modules.length;
  return diagnostics.toSorted((a, b) => file(a) - file(b) || (a.primary?.span.start ?? 0) - (b.primary?.span.start ?? 0));
}

/** What a trainer computes, in core ops before the passes. */
export interface TrainingGraphs {
  readonly step: Graph;
  readonly evaluation: Graph;
  /** The fewest samples of a step. */
  readonly leastBatch: number;
}

/** One export on its way to a module. */
export class ExportCompilation {
  readonly elaborated: ElaboratedExport;
  readonly #source: Source;
  readonly #options: CompileOptions;
  #graph: Graph | undefined;
  #core: Graph | undefined;
  #opt: Graph | undefined;
  #plan: Plan | undefined;
  #module: EmittedModule | undefined;
  #summary: Summary | undefined;
  #training: TrainingGraphs | null | undefined;
  #step: PlannedStep | null | undefined;
  #trainer: TrainingModule | null | undefined;
  #demands: readonly Demand[] | undefined;

  constructor(elaborated: ElaboratedExport, source: Source, options: CompileOptions) {
    this.elaborated = elaborated;
    this.#source = source;
    this.#options = options;
  }

  get name(): string {
    return this.elaborated.name;
  }

  get #target(): TargetEntry {
    return targets[this.#options.target ?? "ts"];
  }

  get graph(): Graph {
    return (this.#graph ??= instantiate(this.elaborated));
  }

  get core(): Graph {
    return (this.#core ??= runPipeline(this.graph, { disabled: new Set(optionalPasses) }));
  }

  /** Null where no `train` declaration is about the export. */
  get training(): TrainingGraphs | null {
    if (this.#training === undefined) {
      const { train } = this.elaborated;
      this.#training = train && { step: stepGraph(this.graph, train), evaluation: evaluationGraph(this.graph, train), leastBatch: leastBatch(this.graph) };
    }
    return this.#training;
  }

  /** Null where no `train` declaration is about the export. */
  get step(): PlannedStep | null {
    if (this.#step === undefined) {
      const { training, elaborated: { train } } = this;
      const { batch, memory } = this.#options;
      this.#step = training && train && planStep(this.#optimised(training.step), this.#kernels, batch ?? train.batch, memory);
    }
    return this.#step;
  }

  get #kernels(): Target {
    return this.#target.target({ strictMath: this.#options.strictMath ?? false });
  }

  /** The plans of a trainer; null where there is nothing to train. */
  get #trainingModule(): TrainingModule | null {
    if (this.#trainer === undefined) {
      const { training, step } = this;
      this.#trainer = training && step && this.#makeTrainer(training, step);
    }
    return this.#trainer;
  }

  #makeTrainer({ evaluation, leastBatch }: TrainingGraphs, step: PlannedStep): TrainingModule {
    const train = this.elaborated.train!;
    const evaluated = makePlan(this.#optimised(evaluation), this.#kernels, this.name, { changing: true, weights: step.plan });
    return trainingModule(train, step, evaluated, { graph: this.graph, leastBatch, steps: this.#options.steps ?? train.steps });
  }

  #optimised(graph: Graph): Graph {
    return runPipeline(graph, { disabled: new Set(this.#options.disabledPasses), channelsLast: this.#target.channelsLast });
  }

  get opt(): Graph {
    const { disabledPasses, observe } = this.#options;
    return (this.#opt ??= runPipeline(this.graph, { disabled: new Set(disabledPasses), channelsLast: this.#target.channelsLast, ...(observe ? { observe } : {}) }));
  }

  get plan(): Plan {
    return (this.#plan ??= makePlan(this.opt, this.#kernels, this.name));
  }

  /** The largest batch that is proven to be within the limits, if `beyondLimits` is empty; null where devices have none. */
  get provenBatch(): number | null {
    if (!this.#target.limited) return null;
    this.#demands ??= demandsOf(this.plan);
    return this.#options.maxBatch ?? likelyBatch(this.#demands, this.#options.limits);
  }

  get beyondLimits(): readonly Diagnostic[] {
    const batch = this.provenBatch;
    if (batch === null) return [];
    const { limits, train } = this.#options;
    const training = train ? this.#trainingModule : null;
    const claims: readonly Claim[] = [
      { demands: this.#demands!, batch, lever: "--max-batch" },
      ...(training ? [{ demands: trainerDemandsOf(training), batch: training.batch, lever: "batch =" }] : []),
    ];
    return beyondLimits(this.name, this.elaborated.span, claims, limits);
  }

  get summary(): Summary {
    return (this.#summary ??= summarise(this.graph, this.plan, this.module.kernels));
  }

  get module(): EmittedModule {
    const { js, threads, inlineWeights, normalisation } = this.#options;
    const inlined = inlineWeights && Object.hasOwn(inlineWeights, this.name) ? inlineWeights[this.name] : undefined;
    const normalised = normalisation && Object.hasOwn(normalisation, this.name) ? normalisation[this.name]! : null;
    return (this.#module ??= this.#target.emit(this.plan, {
      version,
      js: js ?? false,
      threads: threads ?? false,
      training: this.#options.train ? this.#trainingModule : null,
      source: this.#source.name,
      doc: this.elaborated.doc,
      macs: countMacs(layersOf(this.graph)),
      weightsFile: `${this.name}.safetensors`,
      normalisation: normalised,
      ...(inlined ? { inlineWeights: inlined } : {}),
    }));
  }
}
