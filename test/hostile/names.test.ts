// Whatever a program calls its things, and whatever its file is called: the module is one module that does what the program says.
import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import { compile, Compilation, renderText, writeSafetensors } from "../../src/index.ts";
import { nameOf } from "../harness/generate-data.ts";
import { importText } from "../harness/module.ts";

const mark = "globalThis.owned=1";
const evil = [
  `"];${mark};["`, `';${mark};'`, `\`+(${mark})+\``, `\${${mark}}`, `*/${mark}/*`, `//\u2028${mark}`, `\u2029${mark}`, `</script><script>${mark}</script>`,
  `<!--${mark}-->`, "\\", `\\";${mark};//`, "«", `«: number» = ${mark}`, "__proto__", "constructor", "then", "%s%n", "\u202e\u200d", "🧨", "é\ud800", " ", "{}", "{1 + i}",
];

function owned(): unknown {
  return (globalThis as { owned?: unknown }).owned;
}

/** As a string of the language. */
function quoted(word: string): string {
  return `"${word.replace(/["\\{}]/g, "\\$&")}"`;
}

/** The strings as labels, in documentation, comments and the file's name. */
function program(words: readonly string[]): string {
  const steps = words.map((w, i) => `${quoted(w)}: dense(${2 + (i % 3)}) // ${w.replace(/[\n\u2028\u2029]/g, " ")}`);
  return `/// ${words.join(" ").replace(/[\n\u2028\u2029]/g, " ")}\nmodel net {\ninput x: [2]\n${steps.join("\n")}\noutput y\n}\n`;
}

function modulesOf(text: string, name: string, js: boolean) {
  const { modules, diagnostics } = compile(text, { name, js });
  expect(diagnostics.map((d) => renderText(d))).toEqual([]);
  return modules[0]!.files;
}

describe.each(evil)("%j", (word) => {
  const legal = !/[.\p{Cc}]/u.test(word);
  const text = program(legal ? [word] : ["plain"]);

  test("TypeScript, JavaScript and declarations parse", () => {
    for (const f of [...modulesOf(text, word, false), ...modulesOf(text, word, true)]) {
      const { warnings } = transformSync(f.text, { loader: f.name.endsWith(".js") ? "js" : "ts", logLevel: "silent" });
      expect(warnings).toEqual([]);
      expect(f.text).not.toMatch(/[\u2028\u2029«»]|<\/script|<!--/);
    }
  });

  test("the module runs with weights of these names, and nothing else runs", async () => {
    const module = await importText(modulesOf(text, word, true).find((f) => f.name.endsWith(".js"))!.text);
    const { parameters } = new Compilation(text).exports[0]!.graph;
    const weights = parameters.map((p): [string, { shape: readonly number[]; data: Float32Array }] => {
      const shape = p.type.shape as readonly number[];
      return [nameOf(p), { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5) }];
    });
    expect(weights.map(([name]) => name)).toEqual([`${legal ? word : "plain"}.weight`, `${legal ? word : "plain"}.bias`]);
    const net = await module.create({ weights: writeSafetensors(weights) });
    expect([...net.runSync({ x: Float32Array.of(1, 2) })["y"]!]).toEqual([2, 2]);
    await expect(module.create({ weights: writeSafetensors(weights.slice(1)) })).rejects.toMatchObject({ code: "weights" });
    expect(owned()).toBe(undefined);
  });
});

test("all of them in one program, and in an error's text", () => {
  const words = [...new Set(evil.filter((w) => !/[.\p{Cc}]/u.test(w)))];
  for (const f of modulesOf(program(words), "all.rn", false)) transformSync(f.text, { loader: "ts", logLevel: "silent" });
  for (const word of evil) {
    const { diagnostics, modules } = compile(`model m {\ninput x: [2]\n${quoted(word)}: conv(3, 3)\noutput y\n}\n`, { name: word });
    expect(modules).toEqual([]);
    for (const d of diagnostics) expect(renderText(d)).not.toMatch(/[\u2028\u2029\u202e\x1b]|undefined/);
  }
  expect(owned()).toBe(undefined);
});

test("exports, inputs and outputs called like what every object has", async () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "then", "prototype", "arguments", "eval", "await", "undefined", "NaN", "create", "info"];
  for (const name of names) {
    const { modules, diagnostics } = compile(`model m {\ninput ${name}: [2]\nrelu\noutput ${name}_y\nrelu\noutput z\n}\nexport ${name} = m()`, { js: true });
    expect(diagnostics.map((d) => renderText(d))).toEqual([]);
    expect(modules.map((m) => m.name)).toEqual([name]);
    const net = await (await importText(modules[0]!.files[0]!.text)).create({});
    const outputs = net.runSync(Object.fromEntries([[name, Float32Array.of(-1, 3)]]));
    expect(Object.keys(outputs)).toEqual([`${name}_y`, "z"]);
    expect([...outputs[`${name}_y`]!]).toEqual([0, 3]);
  }
  expect(({} as Record<string, unknown>)["owned"]).toBe(undefined);
});

test("options are data too: definitions, exports and passes of strange names", () => {
  const text = "model m(n = 2) {\ninput x: [2]\ndense(n)\noutput y\n}\n";
  for (const word of [...evil, "1); process.exit(0", "n = 3", "", "(".repeat(10_000), "9".repeat(100_000)]) {
    for (const options of [{ defines: { n: word } }, { defines: Object.fromEntries([[word, "3"]]) }, { only: word }]) {
      const { modules, diagnostics } = compile(text, options);
      expect(modules.length > 0 || diagnostics.length > 0).toBe(true);
      expect(diagnostics.length).toBeLessThan(4);
    }
    expect(() => compile(text, { disabledPasses: [word] })).toThrow(RangeError);
    expect(() => compile(text, { target: word as never })).toThrow(RangeError);
  }
  expect(owned()).toBe(undefined);
});
