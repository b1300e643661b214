// Fragments as text, for `--emit fragments`: each once, callees first, with its sizes after all repetitions.
import { attrsKey } from "../ir/attr.ts";
import { printType } from "../ir/type.ts";
import type { Fragment, Instruction, Path } from "./fragment.ts";

export function printFragments(entry: Fragment): string {
  const names = new Map<Fragment, string>();
  return calleesFirst(entry).map((f, i) => {
    names.set(f, `#${i}`);
    return print(f, names);
  }).join("\n");
}

function print(f: Fragment, names: ReadonlyMap<Fragment, string>): string {
  const { nodes, parameters } = f.totals;
  const head = `${names.get(f)} ${f.name}: ${nodes} nodes, ${parameters} parameters`;
  const body = f.instructions.map((i, ref) => `  %${ref} = ${instruction(i, names)} : ${printType(i.type)}`);
  return [head, ...body, f.output === null ? "  (mistaken)" : `  → %${f.output}`, ""].join("\n");
}

function instruction(i: Instruction, names: ReadonlyMap<Fragment, string>): string {
  if (i.kind === "argument") return "argument";
  const operands = `(${i.inputs.map((r) => `%${r}`).join(", ")})`;
  if (i.kind === "layer") return `${i.op.name}${operands}${attrsKey(i.op.attrs, i.attrs).replace(/^;/, " ")}${path(i.path)}`;
  if (i.kind === "call") return `${names.get(i.callee)}${operands}${path(i.path)}`;
  return `${names.get(i.body)}${operands} × ${i.count}${path(i.scope)}`;
}

function path(p: Path | null): string {
  const text = p ? `${p.number ?? ""}${p.rest}` : "";
  return text === "" ? "" : ` as ${JSON.stringify(text)}`;
}

/** Iterative: fragments may be nested as deep as blocks are. */
function calleesFirst(entry: Fragment): readonly Fragment[] {
  const order: Fragment[] = [];
  const state = new Map<Fragment, "open" | "done">();
  const stack = [entry];
  for (let f = stack.at(-1); f; f = stack.at(-1)) {
    const waiting = state.has(f) ? [] : callees(f).filter((c) => !state.has(c));
    if (waiting.length === 0) {
      stack.pop();
      if (state.get(f) !== "done") order.push(f);
      state.set(f, "done");
    } else {
      state.set(f, "open");
      stack.push(...waiting);
    }
  }
  return order;
}

function callees(f: Fragment): readonly Fragment[] {
  return f.instructions.flatMap((i) => (i.kind === "call" ? [i.callee] : i.kind === "repeat" ? [i.body] : []));
}
