// map: an invocation per element, or per four neighbours along the last axis. More operands than can be bound are first copied side by
// side into scratch, a few a dispatch.
import type { map } from "../../../ops/core/map.ts";
import { elements, scale, type Extent } from "../../../ir/type.ts";
import { lines, product, sum } from "../../code.ts";
import { fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";
import { broadcastRead } from "../epilogue.ts";
import { resultOf, STORAGE_BUFFERS, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { dividedBy, inFours, readingOf, total } from "../loops.ts";
import { scalarCode } from "../scalar.ts";
import { Shader } from "../shader.ts";

type Map = CoreNode<SchemaOf<typeof map>>;

const MOST = STORAGE_BUFFERS - 1;

export const mapKernel: Kernel<SchemaOf<typeof map>> = {
  select: (node) => ({ label: shapeLabel("map", node), packs: [], scratch: scratchOf(node), inPlace: node.inputs.length > MOST ? [] : inPlaceOperands(node) }),
  emit: (node, to) => (node.inputs.length > MOST ? gathered(node, to) : [direct(node, to)]),
};

function direct(node: Map, to: Emission): Stage {
  const { shape } = node.type;
  const wide = inFours(shape);
  const names = node.inputs.map((_, k) => `x${k}`);
  const fours = wide ? names.filter((_, k) => readingOf(node.inputs[k]!.type.shape, shape) === "four") : [];
  const shader = new Shader(to, { ...Object.fromEntries(names.map((name, k) => [name, k])), y: resultOf(node) }, wide ? [...fours, "y"] : [], true);
  const reads = names.map((name, k) => broadcastRead(shader, name, node.inputs[k]!.type.shape, shape, "i", wide));
  const code = scalarCode(node.attrs.expr, reads.map((r) => r.value), shader, wide);
  return shader.each(dividedBy(total(shape), wide ? 4 : 1), lines(reads.flatMap((r) => r.statements), code.statements, shader.store("y", "i", code.value)));
}

function scratchOf(node: Map): Extent {
  return node.inputs.length > MOST ? scale(elements(node.type.shape), node.inputs.length) : fixed(0);
}

/** Operand k of element i lies at scratch[k · elements + i]. */
function gathered(node: Map, to: Emission): readonly Stage[] {
  const { shape } = node.type;
  const scratch = resultOf(node) + 1;
  const stages: Stage[] = [];
  const place = (shader: Shader, k: number): string => sum(product(shader.quantity(total(shape)), k), "i");
  for (let first = 0; first < node.inputs.length; first += MOST) {
    const names = node.inputs.slice(first, first + MOST).map((_, k) => `x${first + k}`);
    const shader = new Shader(to, { ...Object.fromEntries(names.map((name, k) => [name, first + k])), s: scratch }, [], true);
    const copies = names.map((name, k) => {
      const read = broadcastRead(shader, name, node.inputs[first + k]!.type.shape, shape, "i", false);
      return lines(read.statements, shader.store("s", place(shader, first + k), read.value));
    });
    stages.push(shader.each(total(shape), copies));
  }
  const shader = new Shader(to, { s: scratch, y: resultOf(node) }, [], true);
  const code = scalarCode(node.attrs.expr, node.inputs.map((_, k) => shader.one("s", place(shader, k))), shader, false);
  stages.push(shader.each(total(shape), lines(code.statements, shader.store("y", "i", code.value))));
  return stages;
}
