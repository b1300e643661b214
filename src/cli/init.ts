// `rnc init`: a first program to play with. Never replaces a file.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, failure } from "./exit.ts";
import { makeFolder, unwritable } from "./folders.ts";
import { colours, say } from "./terminal.ts";

const starter = `/// A small residual network for 32×32 images in ten classes.
/// The value that flows is implicit: each line takes what the line before it made.
block residual(c, stride = 1) {
  skip(adapt) {
    conv(c, 3, stride) -> bn -> relu
    conv(c, 3) -> bn
  }
  relu
}

/// A shortcut that adapts to whatever its skip makes: \`to\` is that shape.
block adapt(to) {
  if in.shape != to { conv(to.c, 1, in.h / to.h) -> bn }
}

model net(width = 16, depth = 2) {
  input image: [3, 32, 32]
  conv(width, 3) -> bn -> relu
  for i in 0..3 {
    residual(width * 2 ** i, i > 0 ? 2 : 1) -> residual(width * 2 ** i) * (depth - 1)
  }
  gap -> dense(10)
  output logits: [10]
}

export small = net()
export large = net(width = 32, depth = 4)

/// On the images that are drawn on the way, ten kinds of figures; \`rnc train --data\` takes others.
train {
  loss      = cross_entropy(logits)
  optimizer = sgd(lr = 0.1, momentum = 0.9, decay = 1e-4)
  schedule  = cosine
  batch     = 64
  steps     = 400
}
`;

export async function init(folder: string): Promise<number> {
  const path = join(folder, "model.rn");
  makeFolder(folder);
  try {
    writeFileSync(path, starter, { flag: "wx" });
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "EEXIST") throw failure(`${path} exists already`, "rnc init replaces nothing; choose another folder");
    throw unwritable(path, e);
  }
  const c = colours(process.stderr);
  say(`wrote ${c.bold(path)}. Next:

${steps(path).map(([command, what]) => `  ${c.cyan(command)}${" ".repeat(WIDEST + path.length - command.length)}${what}`).join("\n")}
`);
  return ExitCode.success;
}

/** Characters of a command without its path, and the space behind it. */
const WIDEST = "rnc graph  --only small -o net.html".length + 4;

function steps(path: string): readonly (readonly [command: string, what: string])[] {
  return [
    [`rnc inspect ${path}`, "its layers, parameters and memory"],
    [`rnc graph ${path} --only small -o net.html`, "a picture of it"],
    [`rnc train ${path} --only small`, "weights, of images that rnc draws"],
    [`rnc compile ${path}`, "modules that import nothing, in out/"],
  ];
}
