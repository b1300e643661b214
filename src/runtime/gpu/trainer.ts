// Training on a device: parameters, what the optimizer remembers and activations stay there. A step is one command buffer: the weights
// are copied, computed and changed, and looked through for numbers that are not finite; the loss comes back with what was found. To wait
// for the loss before anything changes would be a second way there and back in each step, for the sake of steps that fail.
// Law: WGSL says nothing about numbers that are infinite or none, so none go in: what the host is given is looked through as well.
import { isFiniteFrom, type Engine } from "../trained.ts";
import { GpuRecorder, type GpuCalls, type GpuDispatch, type GpuKernels } from "./recorder.ts";
import { GpuSession, type GpuRange } from "./session.ts";
import { COPY_DST, COPY_SRC, MAP_READ, STORAGE, type GpuBuffer, type GpuEncoder } from "./webgpu.ts";

type Memory = { readonly [region: string]: GpuBuffer };
type Numbers = Float32Array | Int32Array;

/** A module's programs of training, for one batch. Sizes and offsets are bytes; `fixed` and `perSample` are elements. */
export interface GpuTraining extends GpuKernels {
  /** `found`: marks that are not zero where something was not finite. */
  readonly regions: { readonly weights: number; readonly found: number; readonly [region: string]: number };
  readonly inputs: readonly { readonly bytes: number; readonly fixed: number; readonly perSample: number }[];
  /** Where results lie among the activations. */
  readonly loss: number;
  readonly evaluation: { readonly loss: number; readonly wrong: number | null };
  step(call: GpuCalls, memory: Memory, inputs: readonly GpuBuffer[]): void;
  check(call: GpuCalls, memory: Memory): void;
  evaluate(call: GpuCalls, memory: Memory, inputs: readonly GpuBuffer[]): void;
}

export class GpuTrainer implements Engine {
  readonly distant = true;
  readonly #session: GpuSession;
  readonly #program: GpuTraining;
  readonly #recorder: GpuRecorder;
  readonly #arrays: readonly Numbers[];
  readonly #memory: Memory;
  readonly #inputs: readonly GpuBuffer[];
  readonly #kept: GpuBuffer;
  /** What is read comes here: results, or the weights. */
  readonly #into: GpuBuffer;
  #step: readonly GpuDispatch[] = [];
  #evaluate: readonly GpuDispatch[] = [];
  #isFinite = true;
  #isKept = false;

  private constructor(session: GpuSession, program: GpuTraining, arrays: readonly Numbers[]) {
    const { regions, inputs } = program;
    this.#session = session;
    this.#program = program;
    this.#arrays = arrays;
    this.#recorder = new GpuRecorder(session, program, "f32");
    this.#memory = Object.fromEntries(Object.entries(regions).map(([region, bytes]) => [region, session.buffer(bytes, STORAGE | COPY_SRC | COPY_DST)]));
    this.#inputs = inputs.map(({ bytes }) => session.buffer(bytes, STORAGE | COPY_DST));
    this.#kept = session.buffer(regions.weights, COPY_SRC | COPY_DST);
    this.#into = session.buffer(Math.max(8 + regions.found, regions.weights), MAP_READ | COPY_DST);
  }

  /** `arrays`: where a batch is put, in the order of the inputs. */
  static async make(given: unknown, program: GpuTraining, arrays: readonly Numbers[]): Promise<GpuTrainer> {
    const largest = Math.max(...Object.values(program.regions), ...program.inputs.map((i) => i.bytes));
    return GpuSession.open("trainer", given, program.batch, largest, async (session) => {
      const trainer = new GpuTrainer(session, program, arrays);
      await trainer.#prepare();
      return trainer;
    });
  }

  async #prepare(): Promise<void> {
    const record = (program: (call: GpuCalls) => void): GpuDispatch[] => this.#recorder.record(program);
    this.#step = [...record((call) => this.#program.step(call, this.#memory, this.#inputs)), ...record((call) => this.#program.check(call, this.#memory))];
    this.#evaluate = record((call) => this.#program.evaluate(call, this.#memory, this.#inputs));
    await this.#recorder.ready();
  }

  async step(n: number): Promise<{ readonly loss: number; readonly finite: boolean }> {
    this.#isKept = this.#isFinite && this.#isGivenFinite(n);
    if (!this.#isKept) return { loss: NaN, finite: false };
    const { weights, activations, found } = this.#memory as { readonly weights: GpuBuffer; readonly activations: GpuBuffer; readonly found: GpuBuffer };
    const results = [{ buffer: activations, offset: this.#program.loss, bytes: 4 }, { buffer: found, offset: 0, bytes: this.#program.regions.found }];
    const [loss, ...marks] = await this.#read(results, (encoder) => {
      encoder.copyBufferToBuffer(weights, 0, this.#kept, 0, weights.size);
      this.#compute(encoder, this.#step, n);
    });
    return { loss: loss!, finite: marks.every((mark) => mark === 0) };
  }

  undo(): void {
    if (!this.#isKept) return;
    const { weights } = this.#memory;
    this.#session.submit((encoder) => encoder.copyBufferToBuffer(this.#kept, 0, weights!, 0, weights!.size));
  }

  async evaluate(n: number): Promise<{ readonly loss: number; readonly wrong: number | null }> {
    if (!this.#isFinite || !this.#isGivenFinite(n)) return { loss: NaN, wrong: null };
    const { loss: at, wrong: wrongAt } = this.#program.evaluation;
    const results = [at, ...(wrongAt === null ? [] : [wrongAt])].map((offset) => ({ buffer: this.#memory["activations"]!, offset, bytes: 4 }));
    const [loss, wrong] = await this.#read(results, (encoder) => this.#compute(encoder, this.#evaluate, n));
    return { loss: loss!, wrong: wrong ?? null };
  }

  read(): Promise<Float32Array> {
    const { weights } = this.#memory;
    return this.#read([{ buffer: weights!, offset: 0, bytes: weights!.size }]);
  }

  write(weights: Float32Array): void {
    this.#isFinite = isFiniteFrom(weights, 0, weights.length);
    this.#session.device.queue.writeBuffer(this.#memory["weights"]!, 0, weights);
  }

  check(): void {
    this.#session.check();
  }

  dispose(): void {
    this.#session.close();
  }

  #isGivenFinite(n: number): boolean {
    return this.#arrays.every((array, k) => isFiniteFrom(array, 0, this.#length(k, n)));
  }

  #length(input: number, n: number): number {
    const { fixed, perSample } = this.#program.inputs[input]!;
    return fixed + perSample * n;
  }

  #compute(encoder: GpuEncoder, dispatches: readonly GpuDispatch[], n: number): void {
    this.#arrays.forEach((array, k) => this.#session.device.queue.writeBuffer(this.#inputs[k]!, 0, array.subarray(0, this.#length(k, n))));
    this.#recorder.encode(encoder, dispatches, n);
  }

  /** What lies in the ranges once the commands are done. */
  #read(ranges: readonly GpuRange[], commands: (encoder: GpuEncoder) => void = () => undefined): Promise<Float32Array> {
    return this.#session.alone(() => this.#session.read(this.#into, ranges, commands, (data) => data.slice()));
  }
}
