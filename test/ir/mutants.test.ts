// Graph texts a little wrong: numbers replaced, tokens exchanged, dropped and doubled, the type of a line then corrected to what the
// reader says. The reader never throws; what it accepts prints, reads back and becomes a module.
import { expect, test } from "vitest";
import { emitModule } from "../../src/codegen/ts/module.ts";
import { tsTarget } from "../../src/codegen/ts/target.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { isProblem, type Problem } from "../../src/ir/problem.ts";
import { verify } from "../../src/ir/verify.ts";
import { ops } from "../../src/ops/index.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import { Dice } from "../harness/generate-growth.ts";
import { generate } from "../harness/generate.ts";
import { count } from "../harness/tier.ts";

const oddNumbers = ["0", "0", "1", "2", "-1", "3", "7", "64", "0.5", "N", "NaN", "Infinity", "1e300", "9007199254740991"];
const oddShapes = ["", "N", "N, 3", "0", "N, 0", "N, N", "4, N", "N, 2, 2, 2", "1, 1, 1, 1", "9e15, 9e15"];
const token = /"(?:[^"\\]|\\.)*"|%\d+|\w+(?:\.\d+)?|[^\s\w]/g;

/** The line with one thing changed. */
function mutate(line: string, at: number, dice: Dice): string {
  const tokens = [...line.matchAll(token)];
  const numbers = [...line.matchAll(/(?<![%\w.])\d+(?:\.\d+)?/g)];
  const replaced = (m: RegExpExecArray, by: string): string => line.slice(0, m.index) + by + line.slice(m.index + m[0].length);
  const [a, b] = [dice.int(0, tokens.length - 1), dice.int(0, tokens.length - 1)].sort((x, y) => x - y) as [number, number];
  switch (dice.int(0, 8)) {
    case 0: return line.replace(/= (\w+)\(/, `= ${dice.pick([...ops.keys()])}(`);
    case 1: case 2: return numbers.length > 0 ? replaced(dice.pick(numbers), dice.pick(oddNumbers)) : line;
    case 3: return line.replace(/%\d+(?=[,)])/, `%${dice.int(0, at)}`);
    case 4: return line.replace(/: (i32)?\[[^\]]*\]/, `: [${dice.pick(oddShapes)}]`).replace(/shape=\[[^\]]*\]/, `shape=[${dice.pick(oddShapes)}]`);
    case 5: return line.replace(/ \{[^}]*\}/, "");
    case 6: return replaced(tokens[a]!, "");
    case 7: return replaced(tokens[a]!, `${tokens[a]![0]} ${tokens[a]![0]}`);
    default: return a === b ? line : line.slice(0, tokens[a]!.index) + tokens[b]![0] + line.slice(tokens[a]!.index + tokens[a]![0].length, tokens[b]!.index) + tokens[a]![0] + line.slice(tokens[b]!.index + tokens[b]![0].length);
  }
}

/** The graph, types corrected where the reader says what they are. */
function read(lines: string[]): Graph | Problem {
  for (let tries = 0; ; tries++) {
    const graph = parseGraph(lines.join("\n"), ops);
    const wrong = isProblem(graph) && tries < 12 ? /^line (\d+): \S+ makes (\S.*\]), not/.exec(graph.problem) : null;
    if (!wrong) return graph;
    lines[Number(wrong[1]) - 1] = lines[Number(wrong[1]) - 1]!.replace(/ : (i32)?\[[^\]]*\](?=( @.*)?$)/, ` : ${wrong[2]}`);
  }
}

function compileThrough(graph: Graph): void {
  verify(graph, "test");
  const text = printGraph(graph);
  expect(printGraph(read(text.split("\n")) as Graph)).toBe(text);
  const plan = makePlan(runPipeline(graph, { disabled: new Set() }), tsTarget(), "mutant");
  emitModule(plan, { version: "0", js: true, threads: false, source: "mutant", doc: null, macs: 0, weightsFile: "mutant" });
}

test("no mutant of a graph's text makes the reader throw, and what it reads compiles", () => {
  const found = { read: 0, refused: 0 };
  for (let seed = 0; found.read + found.refused < count(400, 30_000); seed++) {
    const c = generate(seed);
    if (c.size !== "net") continue;
    const dice = new Dice(seed + 7e6);
    const lines = printGraph(c.graph).trimEnd().split("\n");
    for (let changes = dice.int(1, 3); changes > 0; changes--) {
      const at = dice.int(1, lines.length - 1);
      lines[at] = mutate(lines[at]!, at, dice);
    }
    try {
      const graph = read(lines);
      found[isProblem(graph) ? "refused" : "read"]++;
      if (!isProblem(graph)) compileThrough(graph);
    } catch (e) {
      throw new Error(`seed ${seed}: ${String(e)}\n\n${lines.join("\n")}`);
    }
  }
  expect(found.read).toBeGreaterThan(count(80, 6_000));
  expect(found.refused).toBeGreaterThan(count(80, 6_000));
});
