// The names and shapes in a safetensors file, read from its header alone. Files of `../shared/data` are well-formed.
import { readFileSync } from "node:fs";

export function tensorShapes(file: string): Readonly<Record<string, readonly number[]>> {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<string, { shape: number[] }>;
  return Object.fromEntries(Object.entries(header).filter(([name]) => name !== "__metadata__" && !name.endsWith(".num_batches_tracked")).map(([name, t]) => [name, t.shape]));
}
