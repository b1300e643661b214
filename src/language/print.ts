// The syntax tree as indented text, for `--emit ast`. Spans and comments are left out: what remains is what the program says.
import type { File } from "./ast.ts";

export function printFile(file: File): string {
  return file.declarations.map((d) => lines(d, "").join("\n")).join("\n") + "\n";
}

const hidden = new Set(["kind", "span", "source"]);

/** A node as its kind and plain fields on one line, and its children below, each after the field that holds it. */
function lines(node: object, indent: string): string[] {
  const fields = Object.entries(node).filter(([name, value]) => !hidden.has(name) && value !== null);
  const plain = fields.filter(([, value]) => typeof value !== "object").map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const head = `${"kind" in node ? String(node.kind) : ""}${plain.join("")}`.trimStart();
  const children = fields.filter(([, value]) => typeof value === "object").flatMap(([name, value]) => below(name, value as object, `${indent}  `));
  return [`${indent}${head}`, ...children];
}

function below(name: string, value: object, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => (typeof item === "object" && item ? below(name, item, indent) : [`${indent}${name}: ${JSON.stringify(item)}`]));
  const [first, ...rest] = lines(value, indent);
  return [`${indent}${name}: ${first!.trimStart()}`, ...rest];
}
