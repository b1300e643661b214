// Small kernels for the tests of what runs and judges WGSL: right ones, and ones with a seeded fault each.

/** One workgroup adds 64 numbers at a time; `${between}` orders the steps of its tree, or does not. */
export function sum(between = "workgroupBarrier();"): string {
  return `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
var<workgroup> part: array<f32, 64>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3u) {
  part[i] = x[group.x * 64u + i];
  ${between}
  for (var step = 32u; step > 0u; step >>= 1u) {
    if (i < step) { part[i] += part[i + step]; }
    ${between}
  }
  if (i == 0u) { total[group.x] = part[0]; }
}
`;
}

/** A kernel of four invocations around one statement. */
export function four(statement: string, declarations = ""): string {
  return `@group(0) @binding(0) var<storage, read_write> o: array<f32>;
${declarations}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3u) {
  ${statement}
}
`;
}

/** The place of `what` in the text, as compilers tell it. */
export function place(text: string, what: string): { readonly line: number; readonly column: number } {
  const before = text.slice(0, text.indexOf(what)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
