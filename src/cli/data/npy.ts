// NumPy's .npy (format 1 to 3): magic, version, a Python dictionary as header, then the elements. C order only.
import { failure } from "../exit.ts";

/** The elements of one input, row by row. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Read = (view: DataView, at: number, little: boolean) => number;
const types: Readonly<Record<string, readonly [size: number, read: Read]>> = {
  f8: [8, (v, at, le) => v.getFloat64(at, le)],
  f4: [4, (v, at, le) => v.getFloat32(at, le)],
  i8: [8, (v, at, le) => Number(v.getBigInt64(at, le))],
  u8: [8, (v, at, le) => Number(v.getBigUint64(at, le))],
  i4: [4, (v, at, le) => v.getInt32(at, le)],
  u4: [4, (v, at, le) => v.getUint32(at, le)],
  i2: [2, (v, at, le) => v.getInt16(at, le)],
  u2: [2, (v, at, le) => v.getUint16(at, le)],
  i1: [1, (v, at) => v.getInt8(at)],
  u1: [1, (v, at) => v.getUint8(at)],
  b1: [1, (v, at) => v.getUint8(at)],
};

/** Values are taken as they are: the array is what the network is given. */
export function readNpy(bytes: Uint8Array, name: string): Values {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY" || bytes[0] !== 0x93) throw failure(`${name} is no .npy file`);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw failure(`${name}: version ${version} of the .npy format is unknown`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) throw failure(`${name} is truncated in its header`);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-z]\d+)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const dims = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header);
  if (!descr || !order || !dims) throw failure(`${name}: the header cannot be read (structured and text arrays are not supported)`);
  const type = types[descr[2]!];
  if (!type) throw failure(`${name}: elements of type ${descr[2]} are not supported`);
  if (order[1] === "True") throw failure(`${name} is in Fortran order`, "save numpy.ascontiguousarray(x)");
  const shape = dims[1]!.split(",").map((s) => s.trim()).filter((s) => s !== "").map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  const [size, read] = type;
  if (bytes.length - start - length !== count * size) throw failure(`${name}: the shape [${shape.join(", ")}] of ${descr[2]} is ${count * size} bytes, but ${bytes.length - start - length} follow the header`);
  const little = descr[1] !== ">";
  return { shape, data: Float32Array.from({ length: count }, (_, i) => read(view, start + length + i * size, little)) };
}
