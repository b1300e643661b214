// Values of the compiler as text in a module: literals, their types, names with numbers in them, bytes.
import { lines } from "../code.ts";
import { jsKey, jsString, jsTemplate } from "../names.ts";

/** The text with every line for TypeScript alone. */
export function typed(text: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? line : `«${line}»`))
    .join("\n");
}

/** A name whose numbers are expressions where they grow: `layer1.${i}.weight`. */
export function templateOf(text: readonly string[], values: readonly (string | number)[]): string {
  const parts: string[] = [text[0]!];
  const expressions: string[] = [];
  values.forEach((v, i) => {
    if (typeof v === "number") parts[parts.length - 1] += v + text[i + 1]!;
    else {
      expressions.push(v);
      parts.push(text[i + 1]!);
    }
  });
  return jsTemplate(parts, expressions);
}

/** A field of an object. */
export function property(object: string, name: string): string {
  const key = jsKey(name);
  return key.startsWith("[") ? object + key : key.startsWith('"') ? `${object}[${key}]` : `${object}.${key}`;
}

/** A value as source text, over several lines where it is long. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return value.every((v) => typeof v !== "object") ? `[${value.map(literal).join(", ")}]` : lines("[", value.map((v) => `${literal(v)},`), "]");
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, v]) => `${jsKey(key)}: ${literal(v)}`);
    return fields.length <= 2 ? `{ ${fields.join(", ")} }` : lines("{", fields.map((f) => `${f},`), "}");
  }
  return typeof value === "string" ? jsString(value) : String(value);
}

/** The type of such a value, as `as const` would make it. */
export function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `readonly [${value.map(typeOf).join(", ")}]`;
  if (typeof value === "object" && value !== null) return lines("{", Object.entries(value).map(([key, v]) => `readonly ${jsKey(key)}: ${typeOf(v)};`), "}");
  return typeof value === "string" ? jsString(value) : String(value);
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1], bytes[i + 2]];
    parts.push(digits[a >> 2]! + digits[((a & 3) << 4) | ((b ?? 0) >> 4)]! + (b === undefined ? "=" : digits[((b & 15) << 2) | ((c ?? 0) >> 6)]!) + (c === undefined ? "=" : digits[c & 63]!));
  }
  return parts.join("");
}
