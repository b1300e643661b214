// Which layer cannot be trained on so few samples at a time. Recursion goes as deep as blocks are nested.
import type { Fragment, LayerUse } from "./fragment.ts";

/** The first layer of the fragment, with those it calls, that wants more samples than `batch`; null where none does. */
export function wantsMore(fragment: Fragment, batch: number, seen = new Set<Fragment>()): LayerUse | null {
  if (seen.has(fragment)) return null;
  seen.add(fragment);
  for (const i of fragment.instructions) {
    if (i.kind === "argument") continue;
    const found = i.kind === "layer" ? (least(i, fragment) > batch ? i : null) : wantsMore(i.kind === "call" ? i.callee : i.body, batch, seen);
    if (found) return found;
  }
  return null;
}

function least({ op, inputs, attrs }: LayerUse, { instructions }: Fragment): number {
  return op.leastBatch?.(inputs.map((r) => instructions[r]!.type), attrs as never) ?? 1;
}
