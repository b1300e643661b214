// The steps of a training run. Laws: what happens in step s follows from the run's settings and the trainer's state alone; a record is in
// the log before the checkpoint that follows it, so that a resumed run finds the log of the uninterrupted one.
import type { DataSet } from "../../data/dataset.ts";
import type { TrainingData } from "../data/training.ts";
import { failure } from "../exit.ts";
import { replaceFile } from "../files.ts";
import { asFailure, codeOf } from "../generated.ts";
import type { LogWriter } from "../log.ts";
import type { TrainingProgress } from "../progress.ts";
import { integer } from "../table.ts";
import { metadataOf, type RunFacts } from "./checkpoint.ts";
import { writeCurves, type RunFolder } from "./folder.ts";
import { allOf, measure, someOf, type Measured } from "./measure.ts";
import type { Stop } from "./stop.ts";
import type { Task } from "./task.ts";
import type { Trainer } from "./trainer.ts";

export interface Run {
  readonly facts: RunFacts;
  readonly task: Task;
  readonly trainer: Trainer;
  readonly data: TrainingData;
  readonly unseen: DataSet | null;
  /** Null: at each evaluation, and a minute after the last checkpoint. */
  readonly saveEvery: number | null;
  readonly folder: RunFolder;
  readonly log: LogWriter;
  readonly progress: TrainingProgress;
  readonly stop: Stop;
}

export interface Ending {
  readonly finished: boolean;
  /** Of the last step, if it was reached and there are unseen samples. */
  readonly measured: Measured | null;
  /** Of the steps alone. */
  readonly imagesPerSecond: number;
}

const MINUTE = 60_000;
const ACCURACY_EVERY = 10; // steps: a look at every batch would cost a third of a step
const MEMORY = 0.9; // of the loss that people see

export async function trainLoop(run: Run): Promise<Ending> {
  return new Loop(run).run();
}

class Loop {
  readonly #run: Run;
  readonly #images: Float32Array;
  readonly #labels: Int32Array;
  #smooth: number | undefined;
  #accuracy: number | undefined;
  #unseenError: number | undefined;
  #saved: number | null;
  #savedAt = performance.now();
  /** Milliseconds in steps. */
  #busy = 0;
  #done = 0;

  constructor(run: Run) {
    const { batch } = run.facts;
    this.#run = run;
    this.#images = new Float32Array(batch * run.task.input.shape.reduce((a, b) => a * b, 1));
    this.#labels = new Int32Array(batch);
    this.#saved = run.trainer.steps > 0 ? run.trainer.steps : null;
  }

  async run(): Promise<Ending> {
    const { trainer, stop, facts } = this.#run;
    let measured = this.#due(trainer.steps) && !this.#isLogged() ? await this.#measure() : null; // stopped while it was measured
    while (trainer.steps < facts.steps && !stop.asked()) {
      const start = performance.now();
      await this.#step();
      await stop.listen();
      this.#busy += performance.now() - start;
      this.#done++;
      if (stop.asked()) break;
      if (this.#due(trainer.steps)) measured = await this.#measure();
      if (this.#isTimeToSave()) await this.#save();
    }
    const finished = !stop.asked();
    if (trainer.steps !== this.#saved) await this.#save();
    this.#draw();
    return { finished, measured: finished ? (measured ?? (await this.#measureAgain())) : null, imagesPerSecond: this.#rate() };
  }

  async #step(): Promise<void> {
    const { trainer, task, data, log, progress } = this.#run;
    const step = trainer.steps;
    data.at(step, this.#images, this.#labels);
    const batch = { [task.input.name]: this.#images, [task.label]: this.#labels };
    try {
      const accuracy = step % ACCURACY_EVERY === 0 ? await this.#accuracyOn(batch) : undefined;
      const lr = trainer.learningRate;
      const { loss } = await trainer.step(batch);
      log.add({ step: step + 1, loss, ...(accuracy === undefined ? {} : { accuracy }), lr });
      this.#smooth = this.#smooth === undefined ? loss : MEMORY * this.#smooth + (1 - MEMORY) * loss;
    } catch (e) {
      throw codeOf(e) === "diverged" ? this.#diverged(e as Error, step) : asFailure(e);
    }
    progress.update({
      step: trainer.steps, loss: this.#smooth, ...(this.#accuracy === undefined ? {} : { accuracy: this.#accuracy }), ...(this.#unseenError === undefined ? {} : { unseenError: this.#unseenError }),
    });
  }

  /** Of samples that the network is about to learn from. */
  async #accuracyOn(batch: Readonly<Record<string, ArrayLike<number>>>): Promise<number> {
    const { wrong, count } = await this.#run.trainer.evaluate(batch);
    return (this.#accuracy = 1 - wrong / count);
  }

  /** The last good checkpoint stays; the log tells where it ended. */
  #diverged(e: Error, step: number): Error {
    const { log, folder } = this.#run;
    log.add({ step: step + 1, loss: NaN });
    this.#draw();
    const kept = this.#saved === null ? "no checkpoint was made yet" : `${folder.checkpoint} holds step ${integer(this.#saved)}`;
    return failure(`training diverged: ${e.message}`, kept);
  }

  #due(step: number): boolean {
    const { facts, unseen } = this.#run;
    return unseen !== null && step > 0 && (step % facts.evalEvery === 0 || step === facts.steps);
  }

  #isLogged(): boolean {
    const { log, trainer } = this.#run;
    return log.records.some((r) => r.step === trainer.steps && r.evalError !== undefined);
  }

  async #measure(): Promise<Measured | null> {
    const { trainer, log } = this.#run;
    const found = await this.#measureAgain();
    if (!found) return null;
    this.#unseenError = found.wrong / found.count;
    log.add({ step: trainer.steps, evalLoss: found.loss, evalError: this.#unseenError, ...(this.#done > 0 ? { imagesPerSecond: Math.round(this.#rate()) } : {}) });
    this.#draw();
    return found;
  }

  async #measureAgain(): Promise<Measured | null> {
    const { trainer, task, unseen, data, facts, stop } = this.#run;
    try {
      return unseen && (await measure(trainer, task, unseen, trainer.steps === facts.steps ? allOf(unseen) : someOf(unseen), data.normalisation, facts.batch, stop));
    } catch (e) {
      throw asFailure(e);
    }
  }

  #rate(): number {
    return this.#done === 0 ? 0 : (1000 * this.#done * this.#run.facts.batch) / this.#busy;
  }

  #isTimeToSave(): boolean {
    const { trainer, saveEvery, facts } = this.#run;
    if (saveEvery !== null) return trainer.steps % saveEvery === 0;
    return trainer.steps % facts.evalEvery === 0 || performance.now() - this.#savedAt > MINUTE;
  }

  async #save(): Promise<void> {
    const { trainer, facts, folder } = this.#run;
    replaceFile(folder.checkpoint, await trainer.save(metadataOf(facts, trainer.steps)));
    this.#saved = trainer.steps;
    this.#savedAt = performance.now();
  }

  #draw(): void {
    const { folder, facts, log } = this.#run;
    writeCurves(folder.curves, `${facts.name} on ${facts.data}`, log.records);
  }
}
