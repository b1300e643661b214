// 3×3 convolution of stride 1 by Winograd's minimal filtering: tiles of m × l results from (m + 2)(l + 2) products. For a block of tiles:
// the input's transform, [point][tile][channel]; for some panels of channels a matrix product for each point, then the results' transform
// with the epilogue in registers. Blocks and groups of panels are what threads share out. Transformed weights, made in `prepare`, are
// [group][point][panel][channel][8]: they are read in one go from first to last.
import { add, expression, load, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import { Epilogue } from "../epilogue.ts";
import { frameOf, groupsOf, quantity, shared, sharedBands, type BandOfRows, type Choice, type Emission, type Frame } from "../kernel.ts";
import { convLabel, type Convolution } from "../../convolution.ts";
import type { Node } from "../../../ir/op.ts";
import { bandRoutine } from "./band.ts";
import { APART, PANEL, rowStep } from "./product.ts";
import { productRoutine } from "./product-routine.ts";
import { inputTransform, outputTransform, weightLocals, weightTransform, type TileSize } from "./winograd-transforms.ts";
import { extraNames, fixed, inPlaceOperands } from "../../operands.ts";

/** Bytes of transformed input and products to have at hand. */
const BLOCK = 393_216;
interface Layout {
  readonly tile: TileSize;
  readonly points: number;
  readonly across: number; // tiles
  readonly down: number;
  readonly rows: number; // of tiles in a block, at most
  readonly blocks: number; // of one image
  readonly panels: number; // in a group
  readonly groups: number;
  readonly band: { readonly rows: number; readonly columns: number };
  /** Elements from scratch's start. */
  readonly scratch: { readonly inputs: number; readonly products: number; readonly total: number };
}

/** Products of a tile: of each channel with each. */
export function pointsOf([down, across]: TileSize): number {
  return (down + 2) * (across + 2);
}

/** How kernels call it: "4", "4x2". */
export function tileName([down, across]: TileSize): string {
  return down === across ? String(down) : `${down}x${across}`;
}

function layoutOf(c: Convolution, tile: TileSize): Layout {
  const points = pointsOf(tile);
  const [down, across] = [Math.ceil(c.rows / tile[0]), Math.ceil(c.columns / tile[1])];
  const most = Math.max(24, Math.floor(BLOCK / (4 * points * (c.inputs + c.outputs))));
  const rows = Math.ceil(down / Math.ceil(down / Math.max(1, Math.min(down, Math.floor(most / across)))));
  const blocks = Math.ceil(down / rows);
  const all = Math.ceil(c.outputs / PANEL);
  const panels = Math.ceil(all / groupsOf(blocks, all));
  const band = { rows: rows * tile[0] + 2, columns: across * tile[1] + 2 };
  const inputs = band.rows * band.columns * c.inputs + 4;
  const products = inputs + points * (rows * across * rowStep(c.inputs) + APART);
  return { tile, points, across, down, rows, blocks, panels, groups: Math.ceil(all / panels), band, scratch: { inputs, products, total: products + points * (rows * across * panels * PANEL + APART) } };
}

/** Does the kernel serve the convolution? */
export function servesWinograd(c: Convolution): boolean {
  const [kh, kw] = c.kernel;
  return kh === 3 && kw === 3 && [...c.stride, ...c.dilation].every((k) => k === 1) && c.groups === 1 && c.inputs % 4 === 0 && c.outputs % 4 === 0;
}

/** What the kernel computes: a convolution, or a transposed one, which is that of the image with the weights turned round. */
export interface Winograd {
  readonly node: Node;
  readonly c: Convolution;
  /** Weights are [input, output, 3, 3], to be read backwards. */
  readonly transposed: boolean;
}

export function selectWinograd({ node, c, transposed }: Winograd, tile: TileSize): Choice {
  const { panels, groups, scratch } = layoutOf(c, tile);
  const name = `winograd${tileName(tile)}_${c.inputs}_${c.outputs}${transposed ? "_turned" : ""}${groups > 1 ? `_${panels}` : ""}`;
  return {
    label: `${transposed ? "up" : ""}${convLabel(c)}_winograd${tileName(tile)}`,
    packs: [{ operand: 1, signature: name, label: `${name}_weights`, size: groups * groupStep(c, tile) }],
    scratch: fixed(scratch.total),
    inPlace: inPlaceOperands(node, 2),
  };
}

/** name(x, y): y[group][point][panel][i][8] = (G w[o, i] Gᵀ)[point] */
export function packWinograd({ c, transposed }: Winograd, tile: TileSize, to: Emission): WasmFunction {
  const f = new FunctionBuilder(to.name, to.doc);
  const [x, y] = [f.parameter("i32", "x"), f.parameter("i32", "y")];
  const [i, lane, o, at, from] = ["i", "lane", "o", "at", "from"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local, Local];
  const w = Array.from({ length: 9 }, (_, k) => f.local("v128", `w${k}`)); // of two outputs, in f64
  const [m, l] = tile;
  const columns = Array.from({ length: 3 * (m + 2) }, (_, k) => f.local("v128", `g${k}`));
  const down = weightLocals(f, m);
  const across = l === m ? down : weightLocals(f, l);
  const { panels, points } = layoutOf(c, tile);
  const step = pointStep(c, tile);
  const apart = (group: Expression): void => { // between the points: never used, so zeros
    f.set(at, add(y, mul(group, 4 * groupStep(c, tile)), 4 * (step - APART)));
    f.count(i, 0, points, 1, () => {
      for (let k = 0; k < APART; k += 4) f.store("v128.store", at, 4 * k, splat(0));
      f.advance(at, 4 * step);
    });
  };
  const [ofOutput, ofInput] = transposed ? [36, 36 * c.outputs] : [36 * c.inputs, 36]; // bytes of w from one to the next
  const f64At = (k: number): Expression => op("f64.promote_f32", [load("f32.load", from, 4 * (transposed ? 8 - k : k))]);
  shared({ f }, Math.ceil(c.outputs / PANEL), (panel) => {
    const [group, rest] = [op("i32.div_u", [panel, panels]), op("i32.rem_u", [panel, panels])];
    f.when(op("i32.eqz", [rest]), () => apart(group));
    f.count(i, 0, c.inputs, 1, () => {
      f.count(lane, 0, PANEL, 2, () => {
        f.set(o, add(mul(panel, PANEL), lane));
        f.when(op("i32.lt_s", [o, c.outputs]), () => {
          f.set(from, add(x, mul(o, ofOutput), mul(i, ofInput)));
          w.forEach((both, k) => f.set(both, op("f64x2.splat", [f64At(k)])));
          f.advance(from, ofOutput);
          w.forEach((both, k) => f.set(both, op("f64x2.replace_lane", [both, f64At(k)], 1)));
          f.set(at, add(y, mul(group, 4 * groupStep(c, tile)), mul(rest, 4 * PANEL * c.inputs), mul(i, 4 * PANEL), mul(lane, 4)));
          for (let k = 0; k < 3; k++) weightTransform(f, m, [w[k]!, w[3 + k]!, w[6 + k]!], down).forEach((e, r) => f.set(columns[3 * r + k]!, e));
          for (let r = 0; r < m + 2; r++) {
            weightTransform(f, l, [columns[3 * r]!, columns[3 * r + 1]!, columns[3 * r + 2]!], across).forEach((e, k) => {
              f.store("f64.store", at, 4 * step * (r * (l + 2) + k), op("f64x2.extract_lane", [op("f32x4.demote_f64x2_zero", [e])], 0)); // two f32, moved as one number
            });
          }
        });
      });
    });
  });
  return f.finish();
}

/** Elements of packed weights from one point to the next. */
function pointStep(c: Convolution, tile: TileSize): number {
  return layoutOf(c, tile).panels * PANEL * c.inputs + APART;
}

/** Elements of packed weights from one group of panels to the next. */
function groupStep(c: Convolution, tile: TileSize): number {
  return layoutOf(c, tile).points * pointStep(c, tile);
}

export function emitWinograd({ node, c }: Winograd, tile: TileSize, to: Emission): WasmFunction {
  const l = layoutOf(c, tile);
  const frame = frameOf(node, to, ["x", "w", ...extraNames(node, 2)]);
  const { f, s } = frame;
  const [x, w, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const epilogue = new Epilogue(f, to, node, 2, extras, frame.y);
  const [band, transform, product] = [bandRoutine(to), inputRoutine(to, tile), productRoutine(to)];
  const [tiles, first, width, point] = ["tiles", "first", "width", "point"].map((name) => f.local("i32", name)) as [Local, Local, Local, Local];
  sharedBands(frame, { images: quantity(frame.n, node.type.shape[0]!), rows: l.down, most: l.rows, groups: l.groups }, ({ image, row, rows }) => {
    f.set(tiles, mul(rows, l.across));
    f.call(band, [add(x, mul(image, 4 * c.height * c.width * c.inputs)), s!, c.height, c.width, c.inputs, add(mul(row, tile[0]), -c.pad[0]), -c.pad[1], l.band.rows, l.band.columns]);
    f.call(transform, [s!, add(s!, 4 * l.scratch.inputs), rows, l.across, c.inputs, rowStep(c.inputs)]);
  }, (group, block) => {
    f.set(first, mul(group, l.panels * PANEL));
    f.set(width, sub(c.outputs, first));
    f.when(op("i32.gt_s", [width, l.panels * PANEL]), () => f.set(width, l.panels * PANEL));
    f.count(point, 0, l.points, 1, () => {
      const at = (from: number, channels: Operand): Expression => add(s!, op("i32.mul", [point, add(mul(op("i32.mul", [tiles, expression(channels)]), 4), 4 * APART)]), 4 * from);
      f.call(product, [at(l.scratch.inputs, rowStep(c.inputs)), add(w, mul(group, 4 * groupStep(c, tile)), mul(point, 4 * pointStep(c, tile))), at(l.scratch.products, width), tiles, c.inputs, width, rowStep(c.inputs)]);
    });
    results(frame, c, l, epilogue, { ...block, tiles, first, width });
  });
  return f.finish();
}

/** The routine name(from, to, rows, across, channels, stride): to[point][tile][channel] = (Bᵀ x B)[point] of each tile of a band. */
function inputRoutine(to: Emission, size: TileSize): string {
  const [m, l] = size;
  return to.routine(`winograd${tileName(size)}_input`, (name) => {
    const f = new FunctionBuilder(name, "to[point][tile][channel] = (Bᵀ x B)[point] of each tile of a band");
    const [from, target, rows, across, channels, stride] = ["from", "to", "rows", "across", "channels", "stride"].map((p) => f.parameter("i32", p)) as [Local, Local, Local, Local, Local, Local];
    const [height, width] = [m + 2, l + 2];
    const line = f.let("line", mul(op("i32.mul", [add(mul(across, l), 2), channels]), 4)); // bytes
    const pixel = f.let("pixel", mul(channels, 4));
    const step = f.let("step", add(mul(op("i32.mul", [op("i32.mul", [rows, across]), stride]), 4), 4 * APART)); // to the next point
    const [row, column, channel, x, y, p] = ["row", "column", "channel", "x", "y", "p"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local, Local, Local];
    const tile = Array.from({ length: height * width }, (_, k) => f.local("v128", `d${k}`));
    const t = Array.from({ length: 4 }, (_, k) => f.local("v128", `t${k}`));
    const e = Array.from({ length: Math.max(height, width) }, (_, k) => f.local("v128", `e${k}`));
    f.count(row, 0, rows, 1, () => {
      f.count(column, 0, across, 1, () => {
        f.count(channel, 0, channels, 4, () => {
          f.set(x, add(from, mul(op("i32.mul", [row, line]), m), mul(op("i32.mul", [column, pixel]), l), mul(channel, 4)));
          for (let r = 0; r < height; r++) {
            f.set(p, x);
            for (let k = 0; k < width; k++) {
              f.set(e[k]!, load("v128.load", p));
              if (k < width - 1) f.advance(p, pixel);
            }
            inputTransform(f, l, e, t).forEach((v, k) => f.set(tile[r * width + k]!, v));
            if (r < height - 1) f.advance(x, line);
          }
          f.set(y, add(target, op("i32.mul", [add(op("i32.mul", [row, across]), column), mul(stride, 4)]), mul(channel, 4)));
          for (let k = 0; k < width; k++) {
            const down = tile.filter((_, i) => i % width === k);
            inputTransform(f, m, down, t).forEach((v, r) => f.set(e[r]!, v));
            down.forEach((local, r) => f.set(local, e[r]!));
          }
          tile.forEach((v, k) => {
            f.store("v128.store", y, 0, v);
            if (k < tile.length - 1) f.advance(y, step);
          });
        });
      });
    });
    return f.finish();
  });
}

/** Rows of tiles and channels of the results. */
interface Block extends BandOfRows {
  readonly tiles: Local;
  readonly first: Local; // channel of the results
  readonly width: Local; // channels
}

/** y = epilogue(Aᵀ p A) for each tile of a block. */
function results({ f, s }: Frame, c: Convolution, l: Layout, epilogue: Epilogue, { image, row, rows, tiles, first, width }: Block): void {
  const [m, n] = l.tile;
  const [high, wide] = [m + 2, n + 2]; // points
  const [r, q, channel, at] = ["r", "q", "o", "at"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local];
  const half = Array.from({ length: m * wide }, (_, k) => f.local("v128", `h${k}`));
  const e = Array.from({ length: high }, (_, k) => f.local("v128", `p${k}`));
  const t = Array.from({ length: 4 }, (_, k) => f.local("v128", `u${k}`));
  const out = Array.from({ length: n }, (_, k) => f.local("v128", `y${k}`));
  const pixel = f.let("pixelStep", mul(width, 4));
  const step = f.let("pointStep", add(op("i32.mul", [tiles, pixel]), 4 * APART));
  f.count(channel, first, add(first, width), 4, () => {
    epilogue.panel(channel, 4);
    f.count(r, 0, rows, 1, () => {
      f.count(q, 0, l.across, 1, () => {
        f.set(at, add(s!, op("i32.mul", [add(mul(r, l.across), q), pixel]), mul(sub(channel, first), 4), 4 * l.scratch.products));
        for (let k = 0; k < wide; k++) {
          for (let i = 0; i < high; i++) f.set(e[i]!, load("v128.load", pointAt(at, step, wide * i + k)));
          outputTransform(f, m, e, t).forEach((v, i) => f.set(half[i * wide + k]!, v));
        }
        for (let i = 0; i < m; i++) {
          outputTransform(f, n, half.slice(i * wide, (i + 1) * wide), t).forEach((v, j) => f.set(out[j]!, v));
          const top = add(mul(add(row, r), m), i);
          const store = (j: number): void => {
            const left = add(mul(q, n), j);
            epilogue.pixel(add(mul(add(mul(image, c.rows), top), c.columns), left), channel);
            f.set(out[j]!, epilogue.value(out[j]!, 0));
            f.store("v128.store", epilogue.address, 0, out[j]!);
          };
          const columns = (): void => {
            for (let j = 0; j < n; j++) {
              if (l.across * n - c.columns < n - j) store(j);
              else f.when(op("i32.lt_s", [add(mul(q, n), j), c.columns]), () => store(j));
            }
          };
          if (l.down * m - c.rows < m - i) columns();
          else f.when(op("i32.lt_s", [top, c.rows]), columns);
        }
      });
    });
  });
}

function pointAt(at: Local, step: Operand, point: number): Expression {
  return point === 0 ? add(at) : add(at, mul(step, point));
}
