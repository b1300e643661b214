// A module while its program is being edited, in a development server: the nets and trainers that were made live on in what the program has
// become. Weights whose names and shapes are still there are kept, others begin as in training. Law: whoever awaits a run after a change
// gets what the changed program computes; where it cannot take over, the old one goes on and the console says why.
import { initialValues, type Init } from "./initialise.ts";
import { readSafetensors, writeSafetensors, type Float32Tensor } from "./safetensors-file.ts";

/** A parameter of the program as it stands. */
export interface Outline extends Init {
  readonly name: string;
  readonly shape: readonly number[];
}

interface Disposable {
  dispose(): void;
}

interface Saved extends Disposable {
  save(): Uint8Array | Promise<Uint8Array>;
  load(checkpoint: Uint8Array): void;
}

interface Options {
  readonly weights?: Uint8Array | ArrayBuffer;
}

/** A generated module, one of those that follow each other. */
export interface Made {
  create(options?: Options): Promise<Disposable>;
  createTrainer?(options?: Options): Promise<Saved>;
}

/** How what an old module made becomes what a new one makes. */
type Remake<T> = (old: T, next: Made, outline: readonly Outline[]) => Promise<T>;

/** The modules of one export. `data` outlives each of them: Vite's `import.meta.hot.data`. */
export function live(data: { live?: Live }, made: Made, outline: readonly Outline[]): Live {
  if (data.live) data.live.replace(made, outline);
  return (data.live ??= new Live(made, outline));
}

export class Live {
  #made: Made;
  #outline: readonly Outline[];
  /** What was made and is still held by somebody. */
  readonly #kept = new Set<WeakRef<Kept>>();
  readonly #followers: ((made: Made) => void)[] = [];

  constructor(made: Made, outline: readonly Outline[]) {
    this.#made = made;
    this.#outline = outline;
  }

  /** Calls back whenever there is another module. */
  follow(follower: (made: Made) => void): void {
    this.#followers.push(follower);
  }

  readonly create = async (options?: Options): Promise<object> => {
    const remake: Remake<Disposable> = (_, next, outline) => next.create(options?.weights ? { ...options, weights: keepWeights(options.weights, outline) } : options);
    const made = this.#made;
    return this.#keep(await made.create(options), made, remake);
  };

  readonly createTrainer = async (options?: Options): Promise<object> => {
    const made = this.#made;
    return this.#keep(await trainerOf(made)(options), made, (old, next) => retrain(old, next, options));
  };

  replace(made: Made, outline: readonly Outline[]): void {
    this.#made = made;
    this.#outline = outline;
    for (const follower of this.#followers) follower(made);
    for (const ref of this.#kept) {
      const kept = ref.deref();
      if (!kept || kept.disposed) this.#kept.delete(ref);
      else kept.replace(made, this.#outline);
    }
  }

  #keep<T extends Disposable>(inner: T, made: Made, remake: Remake<T>): object {
    const kept = new Kept(inner, remake as unknown as Remake<Disposable>);
    this.#kept.add(new WeakRef(kept));
    if (made !== this.#made) kept.replace(this.#made, this.#outline); // the program changed meanwhile
    return kept.proxy();
  }
}

/** These answer at once, or end: they do not wait for a module that is taking over. */
const immediate: ReadonlySet<PropertyKey> = new Set(["runSync", "save", "load", "dispose"]);

/** A net or a trainer that stays the same object. */
class Kept {
  #inner: Disposable;
  readonly #remake: Remake<Disposable>;
  readonly #running = new Set<Promise<unknown>>();
  /** While another module is taking over. */
  #ready: Promise<void> | null = null;
  disposed = false;

  constructor(inner: Disposable, remake: Remake<Disposable>) {
    this.#inner = inner;
    this.#remake = remake;
  }

  proxy(): object {
    return new Proxy(this, {
      get: (_, key) => {
        const value: unknown = Reflect.get(this.#inner, key, this.#inner);
        return typeof value === "function" ? (...given: unknown[]) => this.#call(key, given) : value;
      },
      has: (_, key) => Reflect.has(this.#inner, key),
    });
  }

  #call(key: PropertyKey, given: readonly unknown[]): unknown {
    if (key === "dispose") this.disposed = true;
    if (this.#ready && !immediate.has(key)) return this.#ready.then(() => this.#call(key, given));
    const method = Reflect.get(this.#inner, key, this.#inner) as (...given: unknown[]) => unknown;
    const result = method.apply(this.#inner, [...given]);
    if (result instanceof Promise) this.#watch(result);
    return result;
  }

  #watch(run: Promise<unknown>): void {
    this.#running.add(run);
    const ended = (): boolean => this.#running.delete(run);
    run.then(ended, ended);
  }

  /** After what is running, and after those that were to take over before. */
  replace(made: Made, outline: readonly Outline[]): void {
    const ready: Promise<void> = (this.#ready ?? Promise.resolve()).then(() => this.#takeOver(made, outline)).then(() => {
      if (this.#ready === ready) this.#ready = null;
    });
    this.#ready = ready;
  }

  async #takeOver(made: Made, outline: readonly Outline[]): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.disposed) return;
    try {
      const next = await this.#remake(this.#inner, made, outline);
      this.#inner.dispose();
      this.#inner = next;
      if (this.disposed) next.dispose();
    } catch (e) {
      console.error("rnc: the changed program cannot take over; the one before goes on.", e);
    }
  }
}

/** A file of exactly these parameters: from that file where it has one of the name and shape, else as training would begin. */
export function keepWeights(file: Uint8Array | ArrayBuffer, outline: readonly Outline[]): Uint8Array {
  const { tensors } = readSafetensors(ArrayBuffer.isView(file) ? file : new Uint8Array(file));
  return writeSafetensors(outline.map((p, site) => {
    const size = p.shape.reduce((a, b) => a * b, 1);
    return [p.name, matching(tensors.get(p.name), p.shape) ?? { shape: p.shape, data: initialValues(p, site, 0, size) }] as const;
  }));
}

/** A trainer of the changed program, with what is left of the old one's weights, what its optimizer remembers of them, and its steps. */
async function retrain(old: Disposable, next: Made, options: Options | undefined): Promise<Saved> {
  const { tensors } = readSafetensors(await (old as Saved).save());
  const { weights: _, ...rest } = options ?? {};
  const trainer = await trainerOf(next)(rest);
  const fresh = readSafetensors(await trainer.save()).tensors;
  trainer.load(writeSafetensors([...fresh].map(([name, tensor]) => [name, matching(tensors.get(name), tensor.shape) ?? tensor] as const)));
  return trainer;
}

function trainerOf(made: Made): (options?: Options) => Promise<Saved> {
  if (!made.createTrainer) throw new Error("the program trains nothing any more");
  return made.createTrainer;
}

function matching(tensor: Float32Tensor | undefined, shape: readonly number[]): Float32Tensor | null {
  return tensor && tensor.shape.length === shape.length && tensor.shape.every((d, k) => d === shape[k]) ? tensor : null;
}
