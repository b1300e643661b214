// Base64, as modules carry their kernels and, with `--inline-weights`, their weights.

/** What newer engines have for it, and what Node has: a loop over characters would run in the interpreter, for milliseconds. */
declare const Buffer: { from(text: string, encoding: "base64"): Uint8Array } | undefined;
interface Decoder {
  fromBase64?(text: string): Uint8Array;
}

/** The bytes that a text in base64 tells. */
export function decodeBase64(text: string): Uint8Array {
  const { fromBase64 } = Uint8Array as Decoder;
  if (fromBase64) return fromBase64(text);
  if (typeof Buffer !== "undefined") return new Uint8Array(Buffer.from(text, "base64")); // a copy: a Buffer slices without
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
