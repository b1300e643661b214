// `train` declarations → a checked record. In: an export's model, its file. Out: the TrainSpec, or null where there is none.
// Law: what a named declaration says overrides the one for all exports, key by key.
import { N, tensor } from "../ir/type.ts";
import type { CallExpression, Expression, Name, Train, TrainEntry } from "../language/ast.ts";
import { isFunction } from "../language/builtins.ts";
import type { Module } from "../language/program.ts";
import type { Code } from "../source/codes.ts";
import type { Fix } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { thereAre } from "../source/words.ts";
import { attribute, attributes } from "./attributes.ts";
import { assign, attributeParameters, didYouMean } from "./bind.ts";
import { complain, type Session, type Surroundings } from "./context.ts";
import { atFile, evaluate, given } from "./evaluate.ts";
import { wantsMore } from "./least-batch.ts";
import type { ElaboratedModel, Signature } from "./model.ts";
import { isPoison, printSample, printValue, sampleShape } from "./value.ts";
import { augmentations, keys, losses, optimizers, schedules, settings, warmups, type Key, type Loss, type TrainSpec, type Use, type Vocabulary } from "./vocabulary.ts";

type Entries = ReadonlyMap<Key, TrainEntry>;

export function checkTrain(name: string, model: ElaboratedModel, module: Module, session: Session): TrainSpec | null {
  const declarations = module.file.declarations.filter((d) => d.kind === "train");
  const general = declarations.find((d) => d.target === null);
  const own = declarations.find((d) => d.target?.text === name);
  const main = own ?? general;
  if (!main) return null;
  const s = atFile(module, main, session);
  const misspelt = new Set<string>();
  const entries = new Map([general, own].flatMap((d) => (d ? [...entriesOf(d, s, misspelt)] : [])));
  return new Checker(s, model, main, entries, misspelt).check();
}

/** Adds to `misspelt` the keys that unknown ones are thought to mean. */
function entriesOf(train: Train, s: Surroundings, misspelt: Set<string>): Entries {
  const entries = new Map<Key, TrainEntry>();
  for (const e of train.entries) {
    const key = keys.find((k) => k === e.key.text);
    if (e.key.text === "") continue;
    if (!key) {
      const meant = didYouMean(e.key, keys.filter((k) => !train.entries.some((other) => other.key.text === k)));
      if (meant) misspelt.add(meant.edits[0]!.text);
      complain(s, "RN701", e.key.span, `\`train\` has no \`${e.key.text}\``, { help: [meant ?? thereAre(keys)] });
    }
    else if (entries.has(key)) complain(s, "RN701", e.key.span, `\`${key}\` is given twice`, { related: [{ span: entries.get(key)!.key.span, message: "the first one" }] });
    else entries.set(key, e);
  }
  return entries;
}

class Checker {
  readonly #s: Surroundings;
  readonly #model: ElaboratedModel;
  readonly #train: Train;
  readonly #entries: Entries;
  readonly #misspelt: ReadonlySet<string>;

  constructor(s: Surroundings, model: ElaboratedModel, train: Train, entries: Entries, misspelt: ReadonlySet<string>) {
    this.#s = s;
    this.#model = model;
    this.#train = train;
    this.#entries = entries;
    this.#misspelt = misspelt;
  }

  check(): TrainSpec | null {
    const absent = (["loss", "optimizer"] as const).filter((k) => !this.#entries.has(k) && !this.#misspelt.has(k));
    if (absent.length > 0) this.#complain("RN703", this.#train.target?.span ?? this.#train.span, `this \`train\` needs ${absent.map((k) => `\`${k} = …\``).join(" and ")}`);
    const found = this.#losses();
    const optimizer = this.#optimizer();
    const schedule = this.#schedule();
    const augment = this.#augment();
    const numbers = { batch: this.#setting("batch"), steps: this.#setting("steps"), seed: this.#setting("seed"), clip: this.#setting("clip") };
    if (!found || !optimizer || !schedule || !augment || Object.values(numbers).includes(undefined) || !this.#trainable(numbers.batch!)) return null;
    return { span: this.#train.span, ...found, optimizer, ...schedule, augment, ...(numbers as Pick<TrainSpec, keyof typeof numbers>) };
  }

  // ── losses ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #losses(): Pick<TrainSpec, "losses" | "targets"> | null {
    const e = this.#single("loss");
    if (!e) return null;
    const terms = this.#terms(e, 1);
    if (!terms) return null;
    const several = terms.length > 1;
    const targets = new Map<string, TrainSpec["targets"][number]>();
    const made: Loss[] = [];
    for (const { call, weight } of terms) {
      const loss = this.#loss(call, weight, several);
      if (!loss) return null;
      const { type, ...use } = loss;
      targets.set(use.target, { name: use.target, type });
      made.push(use);
    }
    return { losses: made, targets: [...targets.values()] };
  }

  /** `a + 0.4 * b`: the losses and their weights. */
  #terms(e: Expression, weight: number): readonly { readonly call: CallExpression; readonly weight: number }[] | null {
    if (e.kind === "call-expression" && !isNumeric(e)) return [{ call: e, weight }];
    if (e.kind === "binary" && e.op === "+") {
      const [left, right] = [this.#terms(e.left, weight), this.#terms(e.right, weight)];
      return left && right && [...left, ...right];
    }
    if (e.kind === "binary" && e.op === "*") {
      const [factor, rest] = hasLoss(e.right) ? [e.left, e.right] : [e.right, e.left];
      const value = evaluate(factor, this.#s);
      if (typeof value === "number") return this.#terms(rest, weight * value);
      if (!isPoison(value)) this.#complain("RN702", factor.span, `the weight of a loss is a number, not ${printValue(value)}`);
      return null;
    }
    this.#complain("RN702", e.span, `a loss is ${Object.keys(losses).join(" or ")} of an output, or a weighted sum of these`);
    return null;
  }

  #loss(call: CallExpression, weight: number, several: boolean): (Loss & { readonly type: TrainSpec["targets"][number]["type"] }) | null {
    const [first, ...rest] = call.args;
    const use = this.#use("loss", losses, { ...call, args: rest });
    if (!use) return null;
    if (!first || first.name || first.value.kind !== "name") {
      this.#complain("RN704", first?.span ?? call.span, `\`${use.kind}\` is about an output of the model: ${use.kind}(${this.#model.outputs[0]!.name})`);
      return null;
    }
    const output = this.#output(first.value);
    const target = output && this.#target(use.kind, output, several, call.span);
    return target ? { ...use, output: output.name, target: target.name, type: target.type, weight, span: call.span } : null;
  }

  #output({ text, span }: Name): Signature | null {
    const names = this.#model.outputs.map((o) => o.name);
    const found = this.#model.outputs.find((o) => o.name === text);
    if (!found) this.#complain("RN704", span, `the model has no output \`${text}\``, didYouMean({ text, span }, names) ?? `there is ${names.join(", ")}`);
    return found ?? null;
  }

  /** The input that a loss implies. */
  #target(loss: Loss["kind"], output: Signature, several: boolean, span: Span): TrainSpec["targets"][number] | null {
    const word = loss === "cross_entropy" ? "label" : "target";
    const name = several ? `${output.name}_${word}` : word;
    const clash = this.#model.inputs.find((i) => i.name === name);
    if (clash) {
      complain(this.#s, "RN706", span, `\`${loss}\` implies an input \`${name}\`, but the model has one`, { related: [{ span: clash.span, message: "this one" }] });
      return null;
    }
    const [classes = 0, ...pixels] = sampleShape(output.type);
    if (loss === "mse") return { name, type: output.type };
    if (classes >= 2) return { name, type: tensor([N, ...pixels], "i32") };
    complain(this.#s, "RN705", span, `cross_entropy needs two classes or more; \`${output.name}\` is ${printSample(output.type)}`, { related: [{ span: output.span, message: "this output" }] });
    return null;
  }

  // ── the other keys ───────────────────────────────────────────────────────────────────────────────────────────────

  #optimizer(): Use<typeof optimizers> | null {
    const e = this.#single("optimizer");
    return e && this.#use("optimizer", optimizers, e);
  }

  /** `warmup(…) -> step(…)`, either or none. */
  #schedule(): Pick<TrainSpec, "warmup" | "schedule"> | null {
    const made = this.#stages("schedule", { ...warmups, ...schedules });
    if (!made) return null;
    const warmup = made[0]?.kind === "warmup" ? made[0] : null;
    const [schedule = { kind: "constant" } as const, ...more] = warmup ? made.slice(1) : made;
    if (schedule.kind === "warmup" || more.length > 0) {
      this.#complain("RN703", this.#entries.get("schedule")!.span, "a schedule is one of constant, step and cosine, with a warmup before it or not");
      return null;
    }
    if (schedule.kind === "step" && schedule.at.some((at, i) => i > 0 && at <= schedule.at[i - 1]!)) {
      this.#complain("RN703", this.#entries.get("schedule")!.span, `the steps of a schedule rise, [${schedule.at.join(", ")}] do not`);
      return null;
    }
    return { warmup, schedule };
  }

  #augment(): TrainSpec["augment"] | null {
    const made = this.#stages("augment", augmentations);
    const [first] = this.#model.inputs;
    if (!made || made.length === 0 || (first && sampleShape(first.type).length === 3)) return made;
    complain(this.#s, "RN705", this.#entries.get("augment")!.span, `only images [C, H, W] can be augmented, and ${first ? `\`${first.name}\` is ${printSample(first.type)}` : "the model has no input"}`, {
      related: first ? [{ span: first.span, message: "this input" }] : [],
    });
    return null;
  }

  /** Are there layers that so few samples are not enough for? */
  #trainable(batch: number): boolean {
    const layer = wantsMore(this.#model.fragment, batch);
    const entry = this.#entries.get("batch");
    if (layer && entry) complain(this.#s, "RN705", entry.span, `with a batch of ${batch} \`${layer.op.name}\` has one value per channel, and one value has no variance`, { related: [{ span: layer.span, message: "this layer" }] });
    return !layer;
  }

  #setting(key: keyof typeof settings): number | null | undefined {
    const spec = settings[key];
    if (!this.#entries.has(key)) return "default" in spec ? spec.default : null;
    const e = this.#single(key);
    if (!e) return undefined;
    return attribute("train", key, spec, { value: evaluate(e, this.#s), span: e.span }, this.#s) as number | undefined;
  }

  // ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The one expression of a key; null where there is none, or a pipeline (reported). */
  #single(key: Key): Expression | null {
    const entry = this.#entries.get(key);
    if (entry && entry.stages.length > 1) this.#complain("RN703", entry.span, `\`${key}\` is no pipeline; only schedule and augment are`);
    return entry?.stages.length === 1 ? entry.stages[0]! : null;
  }

  #stages<V extends Vocabulary>(key: Key, words: V): readonly Use<V>[] | null {
    const made = (this.#entries.get(key)?.stages ?? []).map((e) => this.#use(key, words, e));
    return made.every((m) => m !== null) ? made : null;
  }

  /** A word with its arguments: `sgd(lr = 0.1)`, `hflip`. */
  #use<V extends Vocabulary>(key: Key, words: V, e: Expression): Use<V> | null {
    const callee = e.kind === "call-expression" ? e.callee : e;
    if (callee.kind === "missing") return null;
    const known = callee.kind === "name" && Object.hasOwn(words, callee.text) ? words[callee.text] : undefined;
    if (callee.kind !== "name" || !known) {
      const noun = key === "augment" ? "augmentation" : key;
      const help = (callee.kind === "name" && didYouMean(callee, Object.keys(words))) || `there is ${Object.keys(words).join(", ")}`;
      this.#complain("RN702", callee.span, callee.kind === "name" ? `\`${callee.text}\` is no ${noun}` : `this is no ${noun}`, help);
      return null;
    }
    const described = { name: callee.text, attrs: known.args };
    const args = e.kind === "call-expression" ? given(e.args, this.#s) : [];
    const bound = assign(attributeParameters(callee.text, known.args, known.positional), new Map(), args, this.#s);
    const values = bound && attributes(described, bound, e.span, this.#s);
    if (!values) return null;
    const complete = Object.entries(known.args).map(([name, spec]) => [name, values[name] ?? spec.default ?? null]);
    return { kind: callee.text, ...Object.fromEntries(complete) } as Use<V>;
  }

  #complain(code: Code, at: Span, message: string, ...help: readonly (Fix | string)[]): void {
    complain(this.#s, code, at, message, { help });
  }
}

function isNumeric(e: CallExpression): boolean {
  return e.callee.kind === "name" && isFunction(e.callee.text);
}

function hasLoss(e: Expression): boolean {
  return e.kind === "binary" ? hasLoss(e.left) || hasLoss(e.right) : e.kind === "call-expression" && !isNumeric(e);
}
