// Fragments → the graph: every call and every repetition written out, every parameter under its full name.
// Law: recursion goes as deep as blocks are nested in the program, never as long as the network.
import { Builder } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import { input, parameter } from "../ir/leaf.ts";
import type { CallSite, Node } from "../ir/op.ts";
import type { ElaboratedExport } from "./elaborate.ts";
import type { Fragment, Instruction, LayerUse, Path } from "./fragment.ts";

/** Where a fragment is written out: the scope its names begin with, the number that its own numbers are counted from, and for whom. */
interface Frame {
  readonly prefix: string; // "" or "layer1.0."
  readonly base: number;
  readonly call: CallSite | null;
}

export function instantiate(e: ElaboratedExport): Graph {
  const { fragment, inputs, outputs } = e.model;
  const writer = new Writer();
  const given = inputs.map((i) => writer.builder.make(input, [], { name: i.name, shape: i.type.shape, dtype: i.type.dtype as never }, { span: i.span, path: i.name }));
  const values = writer.write(fragment, given, { prefix: "", base: 0, call: null });
  return { name: e.name, inputs: given, parameters: writer.parameters, outputs: outputs.map((o) => ({ name: o.name, node: values[o.ref]! })), updates: [] };
}

class Writer {
  readonly builder = new Builder();
  readonly parameters: Node[] = [];

  /** The values of a fragment's instructions, with `given` as its arguments. */
  write(fragment: Fragment, given: readonly Node[], frame: Frame): readonly Node[] {
    const values: Node[] = [];
    let next = 0;
    for (const i of fragment.instructions) values.push(i.kind === "argument" ? given[next++]! : this.#instruction(i, i.inputs.map((r) => values[r]!), frame));
    return values;
  }

  #instruction(i: Exclude<Instruction, { kind: "argument" }>, inputs: readonly Node[], frame: Frame): Node {
    if (i.kind === "layer") return this.#layer(i, inputs, frame);
    const call = { span: i.span, outer: frame.call };
    switch (i.kind) {
      case "call": return this.write(i.callee, inputs, { prefix: `${pathOf(i.path, frame)}.`, base: 0, call })[i.callee.output!]!;
      case "repeat": {
        const inner = i.scope ? { prefix: `${pathOf(i.scope, frame)}.`, base: i.base } : { prefix: frame.prefix, base: frame.base + i.base };
        let [x, ...others] = inputs as [Node, ...Node[]];
        for (let round = 0; round < i.count; round++) {
          x = this.write(i.body, [x, ...others], { prefix: inner.prefix, base: inner.base + round * i.stride, call })[i.body.output!]!;
        }
        return x;
      }
    }
  }

  #layer(i: LayerUse, inputs: readonly Node[], frame: Frame): Node {
    const path = i.path ? pathOf(i.path, frame) : frame.prefix.slice(0, -1);
    const origin = { span: i.span, path, call: frame.call };
    const owned = i.params.map((p) =>
      this.builder.make(parameter, [], { name: `${path}.${p.name}`, shape: p.shape, init: p.init, fanIn: p.fanIn, fanOut: p.fanOut, state: p.state }, origin),
    );
    this.parameters.push(...owned);
    return this.builder.make(i.op, [...inputs, ...owned], i.attrs as never, origin);
  }
}

/** "layer1.0.conv1" */
function pathOf({ number, rest }: Path, { prefix, base }: Frame): string {
  return number === null ? prefix + rest : `${prefix}${number + base}${rest}`;
}
