// THE table of commands: the parser of arguments, `--help`, completion and the tests read it, nothing else knows an option.
// A command's code is loaded when it runs.
import type { ArgumentSpec, Command, OptionSpec } from "./command.ts";
import { dataKinds } from "./data/source.ts";
import { adapters } from "./gpu.ts";

const file: ArgumentSpec = { name: "file", doc: "a program, or - for stdin", completes: "program" };
const files: ArgumentSpec = { ...file, name: "files", doc: "programs, or - for stdin", many: true };
const programs: ArgumentSpec = { ...files, doc: "programs" };
const only: OptionSpec = { flags: "--only <name>", doc: "only this export" };
const json: OptionSpec = { flags: "--json", doc: "the same as JSON" };
const define: OptionSpec = { flags: "-D, --define <name=value>", doc: "give the exported model another argument, e.g. -D n=9", repeat: true };
const plain: OptionSpec = { flags: "--plain", doc: "turn every skip into skip(none): the plain network" };
const noPass: OptionSpec = { flags: "--no-pass <name>", doc: "leave out an optional pass", repeat: true, words: async () => (await import("../passes/pipeline.ts")).optionalPasses };
const strictMath: OptionSpec = { flags: "--strict-math", doc: "results equal on every engine" };
const target: OptionSpec = { flags: "--target <target>", doc: "what the kernels are written in", choices: ["ts", "wasm", "wgsl"], default: "ts" };
const trainingTarget: OptionSpec = { ...target, default: "wasm" };
const adapter: OptionSpec = { flags: "--adapter <adapter>", doc: "which GPU, of --target wgsl, through the package webgpu: the system's first, or one in software", choices: adapters, default: "default" };
/** What changes the network, and how it is compiled. */
const building: readonly OptionSpec[] = [only, define, plain, target, noPass, strictMath];
const memory: OptionSpec = { flags: "--memory <size>", doc: "what a step of training may take for what it computes: 64MB, 1.5GB, or least; what is dropped is computed twice" };
/** How labelled data become numbers. */
const scaling: readonly OptionSpec[] = [
  { flags: "--scale <factor>", doc: "multiplies every value of a csv" },
  { flags: "--mean <values>", doc: "subtracted per channel: one number, or one for each" },
  { flags: "--std <values>", doc: "divides after that" },
];
const dataSources = Object.values(dataKinds).map((k) => k.usage).join(", ");

export const commands: readonly Command[] = [
  {
    name: "compile",
    doc: "turn a program into modules that import nothing",
    arguments: [file],
    options: [
      { flags: "-o, --out <folder>", doc: "where the modules go, without it out; with --emit wgsl its files, without it stdout" },
      ...building,
      { flags: "--threads", doc: "nets that can compute in several threads, of --target wasm: how many, create({ threads: 2 }) says; also writes <export>.worker.js" },
      { flags: "--train", doc: "modules with createTrainer, for what a train declaration says" },
      memory,
      { flags: "--limits <file>", doc: "of --target wgsl: the limits of the devices that modules are for, JSON as an adapter has them; without it spec, what every device has" },
      { flags: "--max-batch <count>", doc: "the largest batch that is proven to be within the limits; without it as many as fit, up to 64; create takes what its device can" },
      { flags: "--js", doc: "JavaScript and declarations instead of TypeScript" },
      { flags: "--weights <file>", doc: "weights in safetensors format, checked and put beside the module" },
      { flags: "--inline-weights", doc: "weights inside the module, up to 65,536 bytes" },
      { flags: "--emit <form>", doc: "print a form of the program instead", words: async () => Object.keys((await import("../compiler/stages.ts")).stages) },
      { flags: "--print-changed", doc: "print what each pass changes instead" },
      { flags: "--watch", doc: "compile again whenever the program or what it imports changes" },
    ],
    examples: ["rnc compile examples/cifar.rn", "rnc compile examples/cifar.rn --only resnet20 -D n=9 --js -o lib", "rnc compile examples/mlp.rn --train", "rnc compile examples/mlp.rn --emit graph"],
    run: async (args: readonly [string], options) => (await import("./compile.ts")).compile(args[0], options),
  },
  {
    name: "types",
    doc: "write what TypeScript knows of imported programs: model.d.rn.ts beside model.rn, as the bundlers' plugins do",
    arguments: [programs],
    options: [
      ...building,
      { flags: "--threads", doc: "of modules that the plugin makes with threads" },
      { flags: "--train", doc: "of modules that the plugin makes with train" },
    ],
    examples: ["rnc types src/*.rn && tsc --noEmit"],
    run: async (args: readonly [readonly string[]], options) => (await import("./types.ts")).types(args[0], options),
  },
  {
    name: "check",
    doc: "report what is wrong with programs",
    arguments: [files],
    options: [{ flags: "--format <format>", doc: "how", choices: ["text", "json", "sarif", "github"], default: "text" }, define, plain],
    examples: ["rnc check *.rn", "rnc check model.rn --format sarif > rnc.sarif"],
    run: async (args: readonly [readonly string[]], options) => (await import("./check.ts")).check(args[0], options),
  },
  {
    name: "lsp",
    doc: "serve an editor: diagnostics, shapes, completion and the rest of the language server protocol",
    arguments: [],
    options: [{ flags: "--stdio", doc: "on stdin and stdout, which is the only way" }, { flags: "--clientProcessId <pid>", doc: "the editor's process, with which the server ends" }],
    examples: ["rnc lsp --stdio"],
    run: async () => (await import("./lsp.ts")).lsp(),
  },
  {
    name: "fmt",
    doc: "lay programs out in the one usual way",
    arguments: [files],
    options: [{ flags: "--check", doc: "write nothing; exit 1 where a file would change" }],
    examples: ["rnc fmt *.rn", "rnc fmt --check *.rn", "rnc fmt - < model.rn"],
    run: async (args: readonly [readonly string[]], options) => (await import("./fmt.ts")).fmt(args[0], options),
  },
  {
    name: "inspect",
    doc: "show layers, parameters, multiply-accumulates, memory and kernels",
    arguments: [file],
    options: [...building, { flags: "--parameters", doc: "the names and shapes of the parameters instead: what a weights file must have" }, { flags: "--adapter <adapter>", doc: "of --target wgsl: also make the network on a GPU, as for rnc run, and tell how long that takes", choices: adapters }, json],
    examples: ["rnc inspect examples/cifar.rn --only resnet20", "rnc inspect examples/mlp.rn --parameters", "rnc inspect examples/imagenet.rn --json"],
    run: async (args: readonly [string], options) => (await import("./inspect.ts")).inspect(args[0], options),
  },
  {
    name: "graph",
    doc: "draw the network: skips as arcs, shapes on the arrows, repeats collapsed",
    arguments: [file],
    options: [
      only, define, plain,
      { flags: "-o, --out <file>", doc: "a .svg, .dot or .html file; several exports give several files; without it, SVG on stdout" },
      { flags: "--direction <direction>", doc: "where the flow goes", choices: ["down", "right"], default: "down" },
    ],
    examples: ["rnc graph examples/cifar.rn --only resnet20 -o resnet20.svg", "rnc graph examples/unet.rn --only unet -o unet.html"],
    run: async (args: readonly [string], options) => (await import("./graph.ts")).graph(args[0], options),
  },
  {
    name: "run",
    doc: "run the network on labelled data, or on one input",
    arguments: [file],
    options: [
      ...building, adapter,
      { flags: "--weights <file>", doc: "weights in safetensors format" },
      { flags: "--data <source>", doc: dataSources },
      { flags: "--input <file>", doc: "one input, .npy or .png, whose outputs are printed" },
      { flags: "--limit <count>", doc: "only the first samples" },
      { flags: "--batch <count>", doc: "samples at a time", default: "16" },
      ...scaling,
      json,
    ],
    examples: ["rnc run examples/cifar.rn --only resnet20 --weights resnet20.safetensors --data cifar10:test_batch.bin", "rnc run mnist.rn --weights mnist.safetensors --input three.png"],
    run: async (args: readonly [string], options) => (await import("./run.ts")).run(args[0], options),
  },
  {
    name: "train",
    doc: "train the network as its train declaration says, into a folder",
    arguments: [file],
    options: [
      only, define, plain, trainingTarget, adapter, noPass, strictMath,
      { flags: "--data <source>", doc: `what to learn from: ${dataSources}; without it glyphs, for images of 3×32×32` },
      { flags: "--eval <source>", doc: "what to be measured on; without it the samples that the data keep apart, where they do" },
      { flags: "--steps <count>", doc: "instead of the declaration's; the schedule ends with them" },
      { flags: "--batch <count>", doc: "samples a step, instead of the declaration's" },
      { flags: "--seed <number>", doc: "of weights, order and augmentation, instead of the declaration's" },
      { flags: "--threads <count>", doc: "how many compute, of --target wasm", default: "1" },
      memory,
      { flags: "--out <folder>", doc: "checkpoint, log, curves, and at the end the weights", default: "run" },
      { flags: "--resume", doc: "go on from the checkpoint in that folder" },
      { flags: "--weights <file>", doc: "begin with these instead of drawn ones" },
      { flags: "--eval-every <steps>", doc: "how often to measure, on 2,000 samples, at the end on all; without it once an epoch, but at least five times" },
      { flags: "--save-every <steps>", doc: "how often to save; without it at each measurement, and every minute" },
      ...scaling,
      json,
    ],
    examples: ["rnc train examples/glyphs.rn", "rnc train examples/cifar.rn --only resnet110 --data cifar10:cifar-10-batches-bin --threads 8 --out run110", "rnc train examples/mlp.rn --data csv:digits.csv --scale 0.0625"],
    run: async (args: readonly [string], options) => (await import("./train/train.ts")).train(args[0], options),
  },
  {
    name: "probe",
    doc: "show how large values and gradients are in every layer before training",
    arguments: [file],
    options: [
      only, define,
      { flags: "--plain", doc: "beside it the plain network of the same layers: every skip is skip(none)" },
      { flags: "--data <source>", doc: `one batch of ${dataSources}; without it glyphs, for images of 3×32×32, else random numbers` },
      { flags: "--batch <count>", doc: "samples", default: "8" },
      { flags: "--seed <number>", doc: "of the initial weights", default: "0" },
      { flags: "-o, --out <file>", doc: "the chart as .svg, too" },
      json,
    ],
    examples: ["rnc probe examples/cifar.rn --only resnet110 --plain", "rnc probe examples/glyphs.rn -o probe.svg"],
    run: async (args: readonly [string], options) => (await import("./probe.ts")).probe(args[0], options),
  },
  {
    name: "deepen",
    doc: "put a trained network's weights into a deeper one that computes the same",
    arguments: [file],
    options: [
      define,
      { flags: "--from <name>", doc: "the export that the weights are of" },
      { flags: "--to <name>", doc: "the deeper one" },
      { flags: "--weights <file>", doc: "of the first, in safetensors format" },
      { flags: "-o, --out <file>", doc: "weights of the second", default: "deep.safetensors" },
      { flags: "--seed <number>", doc: "of what new layers begin with", default: "0" },
    ],
    examples: ["rnc deepen examples/cifar.rn --from resnet20 --to resnet56 --weights resnet20.safetensors -o resnet56.safetensors"],
    run: async (args: readonly [string], options) => (await import("./deepen.ts")).deepen(args[0], options),
  },
  {
    name: "bench",
    doc: "time the network here; with --tune each algorithm of each convolution beside the cost model",
    arguments: [file],
    options: [
      ...building, adapter,
      { flags: "--batch <count>", doc: "samples of a run", default: "1" },
      { flags: "--runs <count>", doc: "how many runs", default: "30" },
      { flags: "--tune", doc: "what each algorithm takes, and what the model says" },
      json,
    ],
    examples: ["rnc bench examples/cifar.rn --only resnet20", "rnc bench examples/imagenet.rn --only resnet18 --target wasm --tune"],
    run: async (args: readonly [string], options) => (await import("./bench.ts")).bench(args[0], options),
  },
  {
    name: "explain",
    doc: "tell what a message means; without a code, list all",
    arguments: [{ name: "code", doc: "as in error[RN301]", optional: true, completes: "code" }],
    options: [],
    examples: ["rnc explain RN301"],
    run: async (args: readonly [string | undefined]) => (await import("./explain.ts")).explain(args[0]),
  },
  {
    name: "init",
    doc: "write a first program",
    arguments: [{ name: "folder", doc: "where; the current one without it", optional: true }],
    options: [],
    examples: ["rnc init", "rnc init my-net"],
    run: async (args: readonly [string | undefined]) => (await import("./init.ts")).init(args[0] ?? "."),
  },
  {
    name: "completion",
    doc: "print a script that completes rnc in a shell",
    arguments: [{ name: "shell", doc: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] }],
    options: [],
    examples: ['eval "$(rnc completion bash)"', "rnc completion fish > ~/.config/fish/completions/rnc.fish"],
    run: async (args: readonly [string], _, table) => (await import("./completion.ts")).completion(args[0], table),
  },
];
