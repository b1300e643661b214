// Copying a band of an image into scratch with its padding around it, so that no loop that multiplies ever asks whether it is inside
// the image.
import { reach, type Convolution } from "../../convolution.ts";
import { add, load, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import type { Emission } from "../kernel.ts";

/** Does every window lie inside the image as it is? */
export function isInside(c: Convolution): boolean {
  const [height, width] = reach(c, [c.rows, c.columns]);
  return c.pad[0] === 0 && c.pad[1] === 0 && height <= c.height && width <= c.width;
}

/** The routine that copies `count` elements: name(from, to, count). It may read and write three elements more. */
export function copyRoutine(to: Emission): string {
  return to.routine("copy", (name) => {
    const f = new FunctionBuilder(name, "to[i] = from[i] for i < count, rounded up to a multiple of four");
    const [from, target, count] = [f.parameter("i32", "from"), f.parameter("i32", "to"), f.parameter("i32", "count")];
    const i = f.local("i32", "i");
    f.count(i, 0, count, 4, () => {
      f.store("v128.store", target, 0, load("v128.load", from));
      f.advance(from, 16);
      f.advance(target, 16);
    });
    return f.finish();
  });
}

/** The routine that clears `count` elements: name(to, count), and up to three more. */
export function clearRoutine(to: Emission): string {
  return to.routine("clear", (name) => {
    const f = new FunctionBuilder(name, "to[i] = 0 for i < count, rounded up to a multiple of four");
    const [target, count] = [f.parameter("i32", "to"), f.parameter("i32", "count")];
    const i = f.local("i32", "i");
    f.count(i, 0, count, 4, () => {
      f.store("v128.store", target, 0, splat(0));
      f.advance(target, 16);
    });
    return f.finish();
  });
}

/**
 * The routine that copies a band of an image of `channels` with what lies around it:
 * name(x, to, height, width, channels, top, left, rows, columns): row r and column c of the band are row top + r and column left + c of
 * the image, zero outside. Rows are written one after the other, so that what is written too far is overwritten; behind the last
 * there must be room for three elements.
 */
export function bandRoutine(to: Emission): string {
  const [copy, clear] = [copyRoutine(to), clearRoutine(to)];
  return to.routine("band", (name): WasmFunction => {
    const f = new FunctionBuilder(name, "to[r, c] = x[top + r, left + c], zero outside x[height, width]");
    const [x, target, height, width, channels, top, left, rows, columns] = ["x", "to", "height", "width", "channels", "top", "left", "rows", "columns"].map((p) => f.parameter("i32", p)) as [Local, Local, Local, Local, Local, Local, Local, Local, Local];
    const before = clamp(f, "before", sub(0, left), columns);
    const inside = clamp(f, "inside", sub(sub(width, left), before), sub(columns, before));
    const after = f.let("after", sub(sub(columns, before), inside));
    const row = f.let("row", top);
    const end = f.let("end", add(top, rows));
    f.repeat(
      () => {
        f.when(
          op("i32.lt_u", [row, height]),
          () => {
            f.call(clear, [target, times(before, channels)]);
            f.advance(target, times(before, channels, 4));
            f.call(copy, [add(x, times(add(op("i32.mul", [row, width]), add(left, before)), channels, 4)), target, times(inside, channels)]);
            f.advance(target, times(inside, channels, 4));
            f.call(clear, [target, times(after, channels)]);
            f.advance(target, times(after, channels, 4));
          },
          () => {
            f.call(clear, [target, times(columns, channels)]);
            f.advance(target, times(columns, channels, 4));
          },
        );
        f.advance(row, 1);
      },
      () => op("i32.lt_s", [row, end]),
    );
    return f.finish();
  });
}

function times(a: Operand, b: Operand, k = 1): Expression {
  return mul(op("i32.mul", [a, b]), k);
}

/** The value between 0 and `most`. */
function clamp(f: FunctionBuilder, name: string, value: Expression, most: Operand): Local {
  const local = f.let(name, value);
  f.when(op("i32.lt_s", [local, 0]), () => f.set(local, 0));
  f.when(op("i32.gt_s", [local, most]), () => f.set(local, most));
  return local;
}
