// Protocol-buffer messages as lists of pieces: varints and length-delimited fields. Only what an ONNX file needs.
// Law: large pieces are never copied; a message knows its length.

export interface Message {
  readonly length: number;
  readonly pieces: readonly Uint8Array[];
}

export function message(...fields: readonly Message[]): Message {
  return { length: fields.reduce((sum, f) => sum + f.length, 0), pieces: fields.flatMap((f) => f.pieces) };
}

/** An integer that is not negative. */
export function int(field: number, value: number): Message {
  return raw(varint(field * 8), varint(value));
}

export function nested(field: number, content: Message): Message {
  return message(raw(varint(field * 8 + 2), varint(content.length)), content);
}

export function bytes(field: number, content: Uint8Array): Message {
  return nested(field, raw(content));
}

export function string(field: number, text: string): Message {
  return bytes(field, new TextEncoder().encode(text));
}

export function joined({ length, pieces }: Message): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const p of pieces) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

function raw(...pieces: readonly Uint8Array[]): Message {
  return { length: pieces.reduce((sum, p) => sum + p.length, 0), pieces };
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Uint8Array.of(...out, rest);
}
