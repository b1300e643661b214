// Base64, as modules with `--inline-weights` carry their weights.

/** The bytes of weights that a module carries itself. */
export function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
