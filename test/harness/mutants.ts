// WebAssembly kernels made wrong on purpose: functions are data, so that a bug is another constant or another instruction at one place.
import type { Expression, Statement } from "../../src/codegen/wasm/assembler/expression.ts";
import type { WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";

/** What an expression becomes in a bug; null where there is nothing to get wrong. */
export type Wrong = (e: Expression) => Expression | null;

/** A coefficient off by that share of itself. */
export function scaled(by: number): Wrong {
  return (e) => (e.kind === "const" && (e.type === "v128" || e.type === "f64") && e.value !== 0 ? { ...e, value: e.value * (1 + by) } : null);
}

/** A sum that is a difference, and the other way round; so too where a product with a constant is added. */
export const signs: Wrong = (e) => {
  if (e.kind === "madd") {
    const [a, k, c] = e.operands;
    return k.kind === "const" ? { ...e, operands: [a, { ...k, value: -k.value }, c] } : null;
  }
  if (e.kind !== "instruction" || !/^(f32x4|f64x2)\.(add|sub)$/.test(e.name)) return null;
  const name = e.name.endsWith("add") ? e.name.replace("add", "sub") : e.name.replace("sub", "add");
  return { ...e, name: name as typeof e.name };
};

/** At how many places the functions could have this bug. */
export function places(functions: readonly WasmFunction[], wrong: Wrong): number {
  return rewritten(functions, wrong, -1).seen;
}

/** The functions with the bug at its k-th place. */
export function mutant(functions: readonly WasmFunction[], wrong: Wrong, k: number): readonly WasmFunction[] {
  return rewritten(functions, wrong, k).functions;
}

function rewritten(functions: readonly WasmFunction[], wrong: Wrong, k: number): { readonly functions: readonly WasmFunction[]; readonly seen: number } {
  let seen = 0;
  const expression = (e: Expression): Expression => {
    const other = wrong(e);
    const here = other !== null && seen++ === k ? other : e;
    return "operands" in here ? ({ ...here, operands: here.operands.map(expression) } as Expression) : here;
  };
  const statement = (s: Statement): Statement => {
    switch (s.kind) {
      case "comment": return s;
      case "set": return { ...s, value: expression(s.value) };
      case "store": return { ...s, address: expression(s.address), value: expression(s.value) };
      case "call": return { ...s, operands: s.operands.map(expression) };
      case "loop": return { ...s, body: s.body.map(statement), test: expression(s.test) };
      case "block": return { ...s, body: s.body.map(statement) };
      case "leave": return { ...s, test: expression(s.test) };
      case "if": return { ...s, test: expression(s.test), then: s.then.map(statement), otherwise: s.otherwise.map(statement) };
    }
  };
  const made = functions.map((f) => ({ ...f, body: f.body.map(statement), value: f.value && expression(f.value) }));
  return { functions: made, seen };
}
