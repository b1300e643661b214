// A peers' program as an ONNX file, opset 17: Conv with folded batch norm and a bias, Relu beside it, GlobalAveragePool, Gemm:
// what an exported and simplified PyTorch model looks like, which ONNX Runtime fuses further by itself.
import { bytes, int, joined, message, nested, string, type Message } from "./protobuf.ts";
import type { Operation, Program, Step } from "./program.ts";

const [FLOAT, INT64] = [1, 7] as const;
const [OPSET, IR_VERSION] = [17, 8] as const;

export function onnxOf(program: Program): Uint8Array {
  return joined(message(int(1, IR_VERSION), string(2, "rnlang bench"), nested(7, new Writer(program).graph()), nested(8, message(string(1, ""), int(2, OPSET)))));
}

type Attribute = readonly [name: string, value: number | readonly number[]];

class Writer {
  readonly #program: Program;
  readonly #nodes: Message[] = [];
  readonly #tensors: Message[] = [];

  constructor(program: Program) {
    this.#program = program;
  }

  graph(): Message {
    const { input, output, constants, steps } = this.#program;
    for (const c of constants) this.#tensors.push(tensor(this.#name(c.id), c.shape, FLOAT, new Uint8Array(c.data.buffer)));
    const shapes = new Map([input, ...constants].map((v) => [v.id, v.shape]));
    for (const s of steps) {
      this.#step(s, shapes.get(s.inputs[0]!)!);
      shapes.set(s.output, s.shape);
    }
    return message(
      ...this.#nodes.map((n) => nested(1, n)),
      string(2, "network"),
      ...this.#tensors.map((t) => nested(5, t)),
      nested(11, value(input.name, input.shape)),
      nested(12, value(output.name, output.shape)),
    );
  }

  #name(id: number): string {
    const { input, output } = this.#program;
    return id === input.id ? input.name : id === output.id ? output.name : `v${id}`;
  }

  #node(type: string, inputs: readonly string[], output: string, attributes: readonly Attribute[] = []): void {
    this.#nodes.push(message(...inputs.map((i) => string(1, i)), string(2, output), string(4, type), ...attributes.map((a) => nested(5, attribute(a)))));
  }

  /** A list of integers as an operand. */
  #list(of: string, values: readonly number[]): string {
    this.#tensors.push(tensor(of, [values.length], INT64, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)));
    return of;
  }

  #scalar(of: string, number: number): string {
    this.#tensors.push(tensor(of, [], FLOAT, new Uint8Array(Float32Array.of(number).buffer)));
    return of;
  }

  #step({ does, inputs: ids, output, shape }: Step, from: readonly number[]): void {
    const inputs = ids.map((i) => this.#name(i));
    const y = this.#name(output);
    switch (does.kind) {
      case "conv": case "convTranspose": return this.#node(does.kind === "conv" ? "Conv" : "ConvTranspose", inputs, y, convolution(does));
      case "matmul": return this.#node("Gemm", inputs, y, [["transA", Number(does.transposeA)], ["transB", Number(does.transposeB)]]);
      case "maxpool": case "avgpool": return this.#node(does.kind === "maxpool" ? "MaxPool" : "AveragePool", inputs, y, [["kernel_shape", does.size], ["strides", does.stride], ["pads", does.pad], ["ceil_mode", Number(does.ceil)]]);
      case "sum": return this.#node("ReduceSum", [...inputs, this.#list(`${y}.axes`, does.axes)], y, [["keepdims", Number(does.keep)]]);
      case "max": return this.#node("ReduceMax", inputs, y, [["axes", does.axes], ["keepdims", Number(does.keep)]]);
      case "mean": return this.#mean(does, inputs, y, from, shape);
      case "concat": return this.#node("Concat", inputs, y, [["axis", does.axis]]);
      case "pad": return this.#node("Pad", [...inputs, this.#list(`${y}.pads`, [...does.low, ...does.high]), this.#scalar(`${y}.value`, does.value)], y);
      case "slice": return this.#node("Slice", [...inputs, this.#list(`${y}.starts`, does.start), this.#list(`${y}.ends`, does.stop), this.#list(`${y}.axes`, does.start.map((_, k) => k)), this.#list(`${y}.steps`, does.step)], y);
      case "transpose": return this.#node("Transpose", inputs, y, [["perm", does.perm]]);
      case "reshape": return this.#node("Reshape", [...inputs, this.#list(`${y}.shape`, shape)], y);
      case "elementwise": return this.#node(elementwise[does.name]!, inputs, y);
    }
  }

  /** Over whole images it is GlobalAveragePool, as exporters write it. */
  #mean(does: Extract<Operation, { axes: unknown }>, inputs: readonly string[], y: string, from: readonly number[], shape: readonly number[]): void {
    if (from.length !== 4 || does.axes.join() !== "2,3") return this.#node("ReduceMean", inputs, y, [["axes", does.axes], ["keepdims", Number(does.keep)]]);
    if (does.keep) return this.#node("GlobalAveragePool", inputs, y);
    this.#node("GlobalAveragePool", inputs, `${y}.pooled`);
    this.#node("Reshape", [`${y}.pooled`, this.#list(`${y}.shape`, shape)], y);
  }
}

const elementwise: Readonly<Record<string, string>> = {
  relu: "Relu", neg: "Neg", abs: "Abs", exp: "Exp", log: "Log", sqrt: "Sqrt", tanh: "Tanh", erf: "Erf",
  add: "Add", sub: "Sub", mul: "Mul", div: "Div", max: "Max", min: "Min",
};

function convolution({ stride, pad, dilation, groups }: Extract<Operation, { groups: number }>): readonly Attribute[] {
  return [["strides", stride], ["pads", pad], ["dilations", dilation], ["group", groups]];
}

/** All numbers of the attributes used here are integers. */
function attribute([name, value]: Attribute): Message {
  if (typeof value === "number") return message(string(1, name), int(3, value), int(20, 2));
  return message(string(1, name), ...value.map((v) => int(8, v)), int(20, 7));
}

function tensor(name: string, shape: readonly number[], type: number, data: Uint8Array): Message {
  return message(...shape.map((d) => int(1, d)), int(2, type), string(8, name), bytes(9, data));
}

function value(name: string, shape: readonly number[]): Message {
  const dims = message(...shape.map((d) => nested(1, int(1, d))));
  return message(string(1, name), nested(2, nested(1, message(int(1, FLOAT), nested(2, dims)))));
}
