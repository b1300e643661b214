// Every code a diagnostic can carry, with the page that `rnc explain` prints.
// RN1xx syntax · RN2xx names · RN3xx shapes · RN4xx arguments and compile-time values · RN5xx exports and weights · RN6xx limits · RN7xx train · RN8xx devices.
// Law: a code is never reused for another meaning; a test shows each one raised by a program.

export interface CodeInfo {
  /** A headline of a few words. */
  readonly title: string;
  /** Two to six sentences: what the rule is, why it is so, how to mend it. Markdown. */
  readonly text: string;
  /** A complete program that raises exactly this code (and nothing else), where a program can. */
  readonly example?: string;
}

export const codes = {
  RN101: {
    title: "syntax error",
    text: "The text is not a program: something else was needed here. The message says what would fit and what was found. A declaration begins at the start of a line, so a mistake never reaches beyond the next one.",
    example: "model m {\n  input x: [4\n  dense(2)]\n}",
  },
  RN102: {
    title: "unknown character",
    text: "This character means nothing in a program. Typographic look-alikes (`→`, `“`, `×`) have an ASCII form; a statement ends with its line and needs no `;`; comments begin with `//`.",
    example: "model m {\n  input x: [4]\n  dense(2) → relu\n}",
  },
  RN103: { title: "unclosed string", text: 'A string ends on the line on which it begins, with a `"`.', example: 'model m {\n  input x: [4]\n  "first: dense(2)\n}' },
  RN104: {
    title: "unclosed bracket",
    text: "A `(`, `[` or `{` is never closed. Where a `}` is missing, the indentation of the lines tells which `{` is meant. Mistakes after the bracket are not reported: they are usually its consequence.",
    example: "model m {\n  input x: [4]\n  dense(2\n}",
  },
  RN105: {
    title: "two statements on one line",
    text: "A body is a chain: `->` or a newline between two steps means “then”. Two statements side by side mean nothing. Put `->` or a newline between them.",
    example: "model m {\n  input x: [4]\n  dense(2) relu\n}",
  },
  RN106: {
    title: "`{` on the next line",
    text: "A newline ends a statement, so the `{` of a `skip`, `block`, `for` or `if` stands on the same line as the word. On the next line it would begin a statement of its own.",
    example: "model m {\n  input x: [4]\n  skip(none)\n  { dense(4) }\n}",
  },
  RN107: {
    title: "mistake in a string",
    text: 'In a string `{ }` holds an expression and `\\` begins an escape: `\\n`, `\\t`, `\\"`, `\\\\`, `\\{`, `\\}`. The path of an `import` or `from` is plain text.',
    example: 'model m {\n  input x: [4]\n  "layer{0": dense(2)\n}',
  },
  RN108: {
    title: "missing braces",
    text: "`skip` works on the steps in its braces: `skip { … }`. `cat`, `add` and `mul` take branches, `cat { a | b }`, or a named value, `cat(v)`.",
    example: "model m {\n  input x: [4]\n  skip -> relu\n}",
  },
  RN109: {
    title: "comparisons do not chain",
    text: "`a < b < c` and `a..b..c` mean nothing. Write `a < b && b < c`.",
    example: "model m(a = 1) {\n  input x: [4]\n  if 0 < a < 2 { relu }\n}",
  },
  RN110: {
    title: "number too large",
    text: "Integers are exact up to 2^53 - 1, other numbers are finite 64-bit floats.",
    example: "const n = 99_999_999_999_999_999",
  },
  RN201: {
    title: "unknown name",
    text: "Nothing of this name can be seen here: no parameter, running variable or value above it, no declaration or import of the file, no layer. A value is seen from where `as` or `let` names it to the end of the `for`, inline block, block or model around it; a list (`as v[i]`) in the whole block.",
    example: "model m {\n  input x: [4]\n  dens(2)\n  output y\n}",
  },
  RN202: {
    title: "name declared twice",
    text: "A name means one thing: declarations and imports of a file, exports, parameters of a block, and values in one scope need names of their own.",
    example: "const n = 1\nconst n = 2",
  },
  RN203: {
    title: "import not found",
    text: "The file that is imported does not exist, or lies outside the folder of the program. A path is relative to the importing file; `rn/…` is the standard library.",
    example: 'import { basic } from "rn/resnett"',
  },
  RN204: { title: "nothing of this name in the imported file", text: "The file was found, but it declares no `const`, `block` or `model` of this name.", example: 'import { basics } from "rn/resnet"' },
  RN205: { title: "imports in a circle", text: "A file imports, directly or through others, itself. Move what both need to a third file." },
  RN206: {
    title: "exports that differ only in case",
    text: "Each export becomes a file, and some file systems do not tell `Net.ts` from `net.ts`.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\nexport net = m\nexport Net = m",
  },
  RN207: {
    title: "train without its export",
    text: "`train name { }` is for the export (or, in a file without exports, the model) of that name; there is one for each, and at most one without a name, for all others.",
    example: "train nothing {\n  steps = 10\n}",
  },
  RN208: {
    title: "name of the language",
    text: "`skip`, `cat`, `add`, `mul` and `id`, the functions of expressions and the words `none` and `valid` keep their meaning: nothing else can have these names.",
    example: "block skip {\n  relu\n}",
  },
  RN209: {
    title: "value used before it is named",
    text: "A value exists from where the flow passes its `as` or `let`. Statements run from top to bottom.",
    example: "model m {\n  input x: [4]\n  add(later)\n  relu as later\n  output y\n}",
  },
  RN210: {
    title: "no `in` here",
    text: "`in` is the input of the block or model around it (in a model: its first input, once it is declared). Outside of them nothing flows in.",
    example: "const n = in.c",
  },
  RN211: {
    title: "not something to pass on",
    text: "`skip`, `cat`, `add` and `mul` are steps with braces, and `ceil`, `len` and the others are functions: none of them is a value by itself. A layer or block can be passed on, and so can `{ … }`.",
    example: "block twice(f) {\n  f -> f\n}\nmodel m {\n  input x: [4]\n  twice(skip)\n  output y\n}",
  },
  RN212: {
    title: "default for something that is no layer",
    text: "`default` sets arguments of a layer, from there on in its file or braces. `skip`, `cat`, `add` and `mul` have none.",
    example: "default skip(none)",
  },
  RN213: {
    title: "a value where a layer should stand",
    text: "A value's name begins a statement: the flow restarts from it. In the middle of a chain it would silently throw away what flows there; say how to merge the two, with `add(v)`, `mul(v)` or `cat(v)`.",
    example: "model m {\n  input x: [4]\n  dense(4) -> x\n  output y\n}",
  },
  RN214: {
    title: "not a layer or block",
    text: "A step is a layer, a block, a merge, braces or a shape. Numbers, lists and models cannot be applied to what flows.",
    example: "model m(n = 3) {\n  input x: [4]\n  n\n  output y\n}",
  },
  RN215: {
    title: "name without a value",
    text: "The name is set only inside an `if` or `for` that was not entered with these arguments, or it is a list (`as v[i]`) and has no element so far.",
    example: "model m(deep = false) {\n  input x: [4]\n  if deep { dense(4) as h }\n  add(h)\n  output y\n}",
  },
  RN216: {
    title: "nothing flows yet",
    text: "A model's flow begins with its first `input`; a step needs something to work on.",
    example: "model m {\n  relu\n  input x: [4]\n  output y\n}",
  },
  RN217: {
    title: "input or output outside a model",
    text: "Inputs and outputs are a model's signature. A block receives `in` and gives what flows at its end. Inside a `for` or a repetition they would be made several times.",
    example: "block b {\n  input x: [4]\n}\nmodel m {\n  input x: [4]\n  b\n  output y\n}",
  },
  RN218: {
    title: "two outputs of one name",
    text: "Each output of a model has a name of its own.",
    example: "model m {\n  input x: [4]\n  output y\n  dense(2)\n  output y\n}",
  },
  RN219: {
    title: "parameter name used twice",
    text: "A label names the parameters of the one step it stands before, and weights are found by these names. Two layers with one label in one scope would share a name; a labelled layer that is repeated would too. Unlabelled layers are numbered; a label before `{ … }`, `for` or `if` names a scope in which that begins anew.",
    example: "model m {\n  input x: [4]\n  fc: dense(4) -> fc: dense(2)\n  output y\n}",
  },
  RN220: {
    title: "not a label",
    text: "A label becomes one part of parameter names such as `layer1.0.conv1.weight`: it has 1 to 100 characters and no dot, and does not begin with a digit, since unlabelled layers are numbered.",
    example: 'model m {\n  input x: [4]\n  "a.b": dense(2)\n  output y\n}',
  },
  RN301: {
    title: "shapes do not fit together",
    text: "`skip` adds values of one shape. `add` and `mul` broadcast over channels and pixels as NumPy does, right-aligned on `[C, H, W]`; `cat` wants equal rows and columns. Where a skip's branch changes the shape, give it a shortcut that adapts: a block with a parameter `to` receives the shape that the branch made.",
    example: "model m {\n  input x: [16, 8, 8]\n  skip { conv(32, 3, 2) }\n  output y\n}",
  },
  RN302: {
    title: "a layer cannot take this value",
    text: "The shape that flows into the layer does not suit it: a convolution wants `[C, H, W]`, a window must fit into the padded image, groups must divide the channels.",
    example: "model m {\n  input x: [64]\n  conv(16, 3)\n  output y\n}",
  },
  RN303: {
    title: "the shape is another one",
    text: "A list as a step, and the shape after an `output`, say what the shape is at that point. It is checked, nothing is converted. An output is made of floats.",
    example: "model m {\n  input x: [64]\n  dense(10)\n  output y: [12]\n}",
  },
  RN304: {
    title: "no such part",
    text: "A shape has `.c`, and where it is `[C, H, W]` also `.h` and `.w`; a value also has `.shape`. A library has its declarations.",
    example: "model m {\n  input x: [64]\n  dense(in.h)\n  output y\n}",
  },
  RN305: {
    title: "not a shape",
    text: "A shape is a list of positive integers, without the batch: `[3, 32, 32]`.",
    example: "model m {\n  input x: [3, 0.5]\n  output y\n}",
  },
  RN401: {
    title: "unknown argument",
    text: "The layer, block or function has no argument of this name. Names are given with `=`; a name with `:` stands in `skip(name: via)` only, where it labels the shortcut.",
    example: "model m {\n  input x: [3, 8, 8]\n  conv(4, 3, strid = 2)\n  output y\n}",
  },
  RN402: {
    title: "missing argument",
    text: "An argument without a default must be given.",
    example: "model m {\n  input x: [4]\n  dense\n  output y\n}",
  },
  RN403: {
    title: "too many arguments",
    text: "More arguments are given by position than can be, or one is given twice. Rare arguments of layers are given by name only.",
    example: "model m {\n  input x: [4]\n  dense(4, 5)\n  output y\n}",
  },
  RN404: {
    title: "argument of another kind",
    text: "The argument is a number where a list is wanted, a fraction where an integer is wanted, and so on.",
    example: "model m {\n  input x: [4]\n  dense(7 / 2)\n  output y\n}",
  },
  RN405: {
    title: "argument out of range",
    text: "Sizes and strides are at least 1, probabilities lie between 0 and 1, and so on: the message gives the bound.",
    example: "model m {\n  input x: [4]\n  dense(0)\n  output y\n}",
  },
  RN406: {
    title: "not an integer",
    text: "Repetitions and indices are whole numbers. `/` is exact: 7 / 2 is 3.5; round with `ceil` or `floor`.",
    example: "model m(n = 5) {\n  input x: [4]\n  dense(4) * (n / 2)\n  output y\n}",
  },
  RN407: {
    title: "an expression that means nothing",
    text: "Arithmetic and comparisons are about numbers, conditions are true or false, only layers, blocks and functions take arguments, and a result is a finite number.",
    example: 'const n = 1 + "one"\nmodel m {\n  input x: [4]\n  dense(n)\n  output y\n}',
  },
  RN408: {
    title: "a constant that needs itself",
    text: "A constant's value is worked out from others, in the end from numbers.",
    example: "const a = b + 1\nconst b = a\nmodel m {\n  input x: [4]\n  dense(a)\n  output y\n}",
  },
  RN409: {
    title: "no such element",
    text: "Lists are counted from 0. A list that `as v[i]` fills has the elements that were named before.",
    example: "model m {\n  input x: [4]\n  dense([8, 16][2])\n  output y\n}",
  },
  RN410: {
    title: "braces out of place",
    text: "Only `skip` (one branch) and `cat`, `add` and `mul` (branches with `|` between them, or else values in parentheses) take braces. A `{ … }` that is an argument stands inside the parentheses.",
    example: "model m {\n  input x: [4]\n  relu { dense(4) }\n  output y\n}",
  },
  RN501: {
    title: "not a model",
    text: "An export is a model with its arguments: `export resnet56 = resnet(n = 9)`.",
    example: "export net = 3",
  },
  RN502: {
    title: "a model without an output",
    text: "A module gives the values that the model calls `output`; without one it would do nothing.",
    example: "model m {\n  input x: [4]\n  dense(2)\n}",
  },
  RN503: { title: "no such model parameter", text: "`-D name=value` sets a parameter of the exported models; at least one of them has to have a parameter of this name." },
  RN504: { title: "no such export", text: "`--only` names one of the program's exports (in a file without `export`: one of its models)." },
  RN505: { title: "not a value", text: "What stands after `-D name=` is an expression of the language: a number, a string in quotes, a list, or the name of a block." },
  RN506: {
    title: "weights cannot be read",
    text: "The file after `from` (or `--weights`) is not there, may not be read, or is not a valid safetensors file. A path in a program is relative to the program and stays in its folder; the file is a regular file without hard links.",
  },
  RN507: {
    title: "weights do not fit",
    text: "The weights file must have every parameter of the model, in its shape, under its name, and nothing else but `*.num_batches_tracked` and `optimizer.*`. `rnc inspect --parameters` lists the names and shapes that the model wants; labels in the program change them.",
  },
  RN508: { title: "nothing exported", text: "A module is made of each export or, where a file has no `export`, of each model that needs no arguments. A file of blocks alone is a library: other programs import it, and `rnc check` takes it as it is." },
  RN601: { title: "nested too deeply", text: "Brackets may nest 128 deep, and one expression may chain 256 operators. Beyond that a program is not written by or for people. Name parts with `const`, or use blocks." },
  RN602: { title: "file too long", text: "A file may have 524,288 characters. Networks are long because they repeat: use `*`, `for` and blocks." },
  RN603: {
    title: "too much to write out",
    text: "Elaboration works through every statement of a block once for each set of arguments, and through every round of a `for`. An export may need 100,000 of these steps, all exports together 500,000. Repetition with `*` costs nothing, whatever the number.",
    example: "model m {\n  input x: [4]\n  for i in 0..1_000 { for j in 0..1_000 { relu } }\n  output y\n}",
  },
  RN604: {
    title: "blocks nested too deeply",
    text: "Braces may be 256 deep in all, those of the blocks that are called and of `if` and `for` included; a constant that is needed before its declaration counts for 32. Where the engine's stack is smaller than usual, less is possible.",
  },
  RN605: {
    title: "endless recursion",
    text: "A block may use itself where an `if` ends it, as `level(c, depth - 1)` does when `depth` is 0. Blocks may be 60 deep; the message names those that go round.",
    example: "block a {\n  relu -> a\n}\nmodel m {\n  input x: [4]\n  a\n  output y\n}",
  },
  RN606: {
    title: "too long",
    text: "A `for` runs at most 100,000 rounds, and a string has at most 10,000 characters.",
    example: "model m {\n  input x: [4]\n  for i in 0..1_000_000_000 { relu }\n  output y\n}",
  },
  RN607: {
    title: "network too large",
    text: "With all repetitions written out a network has at most 1,000,000 layers and parameter tensors. It is counted before anything is made.",
    example: "model m {\n  input x: [4]\n  relu * 1_000_000_000\n  output y\n}",
  },
  RN608: {
    title: "too many numbers",
    text: "Sizes are exact up to 2^53 - 1; a value or the parameters of a network with more elements cannot be counted, let alone stored.",
    example: "model m {\n  input x: [1_000_000, 1_000_000, 1_000_000]\n  output y\n}",
  },
  RN701: {
    title: "no such key of train",
    text: "A `train` declaration has the keys `loss`, `optimizer`, `schedule`, `augment`, `batch`, `steps`, `seed` and `clip`, each once. What `train name { }` says overrides `train { }`, key by key.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = adam\n  epochs = 3\n}",
  },
  RN702: {
    title: "no such loss, optimizer, schedule or augmentation",
    text: "Losses are `cross_entropy` and `mse`, optimizers `sgd`, `adam` and `adamw`, schedules `constant`, `step` and `cosine` (after a `warmup` or not), augmentations `shift` and `hflip`. Several losses are a weighted sum: `mse(a) + 0.4 * mse(b)`.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = adan\n}",
  },
  RN703: {
    title: "train declaration incomplete or out of order",
    text: "A loss and an optimizer are needed. Only `schedule` and `augment` are pipelines; a warmup comes first, and the steps of a schedule rise.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n}",
  },
  RN704: {
    title: "no such output",
    text: "The first argument of a loss is the name of one of the model's outputs.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(z)\n  optimizer = adam\n}",
  },
  RN705: {
    title: "training does not fit the model",
    text: "`cross_entropy` needs an output with at least two classes on its first axis; augmentations need images, `[C, H, W]`; batch norm needs two values of each channel in a batch.",
    example: "model m {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = adam\n  augment = hflip\n}",
  },
  RN706: {
    title: "input and target of one name",
    text: "A loss implies an input for what should come out: `label` or `target`, and with several losses `<output>_label` or `<output>_target`. The model's own inputs need other names.",
    example: "model m {\n  input target: [4]\n  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = adam\n}",
  },
  RN707: {
    title: "nothing to train",
    text: "With `--train` each export becomes a module with `createTrainer`, made of what a `train` declaration says of it. Without one nobody knows the loss or the optimizer. `train name { }` is about one export, `train { }` about all; `--only` leaves out the others.",
  },
  RN708: {
    title: "too little memory for a step",
    text: "`--memory` bounds what a step of training computes, for its batch. To fit, values are dropped and computed again by the backward pass, but at each time one stretch of the network and the values at its ends must be there. The message says the least that will do; a smaller batch needs less.",
  },
  RN801: {
    title: "more than a GPU has",
    text: "A module of `--target wgsl` is proven to be within the limits of the devices it is for: sizes of buffers, of the ranges of them that are bound, workgroups, and what kernels share. Without `--limits` that is what every WebGPU device has (`spec`), and without `--max-batch` it is proven for as many samples at a time as fit, up to 64. Most devices have more: give the limits of their adapter as a JSON file of numbers by WebGPU's names. `create` takes larger batches than were proven where its device can.",
  },
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof codes;
