// The pipeline as a whole: its order, its options, whom it blames, and that it never changes what a graph computes.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { CompilerError } from "../../src/ir/problem.ts";
import { optionalPasses, passes, runPass, runPipeline, type Pass } from "../../src/passes/pipeline.ts";
import { generate } from "../harness/generate.ts";
import { givenOf } from "../harness/given.ts";
import { count } from "../harness/tier.ts";
import { graph, relativeError } from "./texts.ts";

const residual = `
  graph "block"
  input %0 = "x" : [N, 4, 6, 6]
  parameter %1 = "w" : [4, 4, 3, 3]
  parameter %2 = "weight" : [4] {init="one"}
  parameter %3 = "bias" : [4]
  parameter %4 = "running_mean" : [4] {state=true}
  parameter %5 = "running_var" : [4] {init="one", state=true}
  %6 = conv(%0, %1) {c=4, k=[3, 3], bias=false} : [N, 4, 6, 6]
  %7 = bn(%6, %2, %3, %4, %5) : [N, 4, 6, 6]
  %8 = skip(%7, %0) : [N, 4, 6, 6]
  %9 = relu(%8) : [N, 4, 6, 6]
  output "y" = %9`;

/** Passes of every target. */
const passNames = passes.map((p) => p.name);
const ordinary = passes.filter((p) => !p.wanted).map((p) => p.name);

describe("the pipeline", () => {
  test("makes a residual block one kernel", () => {
    const optimised = runPipeline(graph(residual), { disabled: new Set() });
    const { op, inputs, attrs } = optimised.outputs[0]!.node;
    expect(op.name).toBe("conv2d");
    expect(inputs).toHaveLength(4); // x, folded weight, folded shift, x as the shortcut
    expect(attrs).toMatchObject({ pad: [1, 1, 1, 1], epilogue: { kind: "binary", op: "max" } });
  });

  test("leaves out what is disabled, but never a mandatory pass", () => {
    const seen: string[] = [];
    const bare = runPipeline(graph(residual), { disabled: new Set(passNames), observe: (pass) => seen.push(pass.name) });
    expect(seen).toEqual(ordinary.filter((n) => !optionalPasses.includes(n)));
    expect(reachable(bare).map((n) => n.op.name).filter((name) => name === "map")).toHaveLength(5);
  });

  test("shows each pass what it made of what", () => {
    const seen: [string, Graph, Graph][] = [];
    const last = runPipeline(graph(residual), { disabled: new Set(["fold"]), observe: (pass, before, after) => seen.push([pass.name, before, after]) });
    expect(seen.map(([name]) => name)).toEqual(ordinary.filter((n) => n !== "fold"));
    expect(seen.slice(1).every(([, before], i) => before === seen[i]![2])).toBe(true);
    expect(seen.at(-1)![2]).toBe(last);
  });

  test("names the pass that fails, and the pass that leaves a broken graph", () => {
    const pass = (run: Pass["run"]): Pass => ({ name: "sabotage", doc: "", optional: true, after: [], run });
    const source = graph(residual);
    expect(() => runPass(pass(() => { throw new RangeError("of all things"); }), source)).toThrow(new CompilerError("pass sabotage", "of all things"));
    expect(() => runPass(pass(() => source), source)).toThrow(/^pass sabotage: .* is not a core op/);
  });

  test("the order has its reasons", () => {
    for (const p of passes) for (const { pass, reason } of p.after) {
      expect(passNames.indexOf(pass)).toBeLessThan(passNames.indexOf(p.name));
      expect(reason).not.toBe("");
    }
  });

  test("random graphs compute the same after every pass", () => {
    let compared = 0;
    const changed = new Set<string>();
    for (let seed = 1; seed <= count(100, 2_000); seed++) {
      const it = generate(seed, optionalPasses);
      if (it.size !== "net" || it.special !== "none") continue;
      const given = givenOf(it);
      const expected = evaluate(it.graph, given).outputs;
      runPipeline(it.graph, {
        disabled: new Set(it.without),
        channelsLast: seed % 2 === 0,
        observe: (pass, before, after) => {
          if (reachable(before).length !== reachable(after).length) changed.add(pass.name);
          for (const [name, { data }] of evaluate(after, given).outputs) {
            expect(relativeError(expected.get(name)!.data, data), `seed ${seed}, ${name}, after ${pass.name}`).toBeLessThanOrEqual(1e-12);
            compared++;
          }
        },
      });
    }
    expect(compared).toBeGreaterThan(count(330, 7_000));
    const rare = ["padding", "sums"]; // a pad before a convolution is; only training sums over samples
    expect(passNames.filter((name) => !changed.has(name) && !rare.includes(name))).toEqual([]);
  });
});
