// Base64, as modules carry their kernels and, with `--inline-weights`, their weights.

/** What newer engines have for it, and what Node has: a loop over characters would run in the interpreter, for milliseconds. */
interface Decoders {
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array };
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array };
}

/** The bytes that a text in base64 tells. */
export function decodeBase64(text: string): Uint8Array {
  const { Uint8Array: { fromBase64 }, Buffer: node } = globalThis as unknown as Decoders;
  if (fromBase64) return fromBase64(text);
  if (node) return new Uint8Array(node.from(text, "base64")); // a copy: a Buffer slices without
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
