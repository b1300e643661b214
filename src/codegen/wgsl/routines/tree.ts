// The sum of a workgroup: halves are added to halves, with a barrier between.
import { lines } from "../../code.ts";
import type { Shader } from "../shader.ts";

/** Statements after which part[0] holds the sum of every invocation's `value`. `lanes` is a power of two. */
export function tree(shader: Shader, lanes: number, value: string): string {
  shader.shared("part", lanes);
  return lines(
    `part[lane] = ${value};`,
    `workgroupBarrier();`,
    `for (var half: u32 = ${lanes / 2}; half > 0; half /= 2) {`,
    `if (lane < half) { part[lane] += part[lane + half]; }`,
    `workgroupBarrier();`,
    `}`,
  );
}
