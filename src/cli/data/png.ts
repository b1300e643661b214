// A PNG as [C, H, W] values in 0 … 1: one channel for a grey image, three for a coloured one; transparency is ignored.
import { decode as decodePng } from "fast-png";
import { failure } from "../exit.ts";
import type { Values } from "./npy.ts";

const LARGEST_SIDE = 16_384;

export function readPng(bytes: Uint8Array, name: string): Values {
  const [width, height] = sizes(bytes, name);
  if (width > LARGEST_SIDE || height > LARGEST_SIDE) throw failure(`${name} is ${width} × ${height} pixels; the limit is ${LARGEST_SIDE} on a side`);
  const interlaced = bytes[28] !== 0;
  if (interlaced && bytes[24]! < 8) throw failure(`${name} is interlaced with less than 8 bits a sample, which is not supported`, "save it without interlacing");
  let image;
  try {
    image = decodePng(bytes, { checkCrc: true });
  } catch (e) {
    throw failure(`${name} cannot be decoded: ${(e as Error).message}`);
  }
  const { palette, depth } = image;
  const samples = depth < 8 ? unpack(image.data, width, height, image.channels, depth) : image.data;
  const most = 2 ** depth - 1;
  const grey = !palette && image.channels < 3;
  const channels = grey ? 1 : 3;
  const data = new Float32Array(channels * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) {
      data[c * width * height + i] = palette ? (palette[samples[i]!]?.[c] ?? 0) / 255 : samples[i * image.channels + c]! / most;
    }
  }
  return { shape: [channels, height, width], data };
}

/** From the header alone, so that a small file cannot ask for a huge image. */
function sizes(bytes: Uint8Array, name: string): readonly [number, number] {
  const magic = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (bytes.length < 33 || magic.some((b, i) => bytes[i] !== b)) throw failure(`${name} is no PNG file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/** Samples of 1, 2 or 4 bits, most significant first, each row beginning at a byte. */
function unpack(data: ArrayLike<number>, width: number, height: number, channels: number, depth: number): Uint8Array {
  const row = Math.ceil((width * channels * depth) / 8);
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) for (let x = 0; x < width * channels; x++) {
    const bit = x * depth;
    out[y * width * channels + x] = (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return out;
}
