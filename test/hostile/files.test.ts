// The command among hostile files: what it writes is there whole or not at all, whatever stops it; what programs import is bounded.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, filesIn, folder, rnc, root, spawned } from "../cli/rnc.ts";
import { Dice } from "../harness/generate-growth.ts";
import { count } from "../harness/tier.ts";

const examples = join(root, "examples");

describe("nothing half-written", () => {
  test("a disk that is full: no file, none temporary, the old ones as they were", () => {
    const out = folder();
    expect(rnc(["compile", join(examples, "mlp.rn"), "-o", out]).code).toBe(0);
    const before = readFileSync(join(out, "mlp.ts"));
    const limited = spawnSync("bash", ["-c", 'ulimit -f 8; trap "" XFSZ; exec "$0" "$@"', process.execPath, bin, "compile", join(examples, "cifar.rn"), "-o", out], { encoding: "utf8" });
    expect(limited.status).toBe(2);
    expect(limited.stderr).toMatch(/cannot write to/);
    expect(limited.stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(out)).toEqual(["mlp.ts"]);
    expect(readFileSync(join(out, "mlp.ts"))).toEqual(before);
  });

  test("a name that no file can have: none of the others either", () => {
    const [here, out] = [folder(), folder()];
    writeFileSync(join(here, "m.rn"), `model m(n = 2) {\ninput x: [2]\ndense(n)\noutput y\n}\nexport a = m()\nexport ${"b".repeat(300)} = m(n = 3)\nexport c = m(n = 4)\n`);
    const { code, stderr } = rnc(["compile", join(here, "m.rn"), "-o", out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot write to|too long/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(filesIn(out)).toEqual([]);
  });

  test("killed at any moment: every module that is there is whole", async () => {
    const whole = folder();
    const start = performance.now();
    expect(spawned(["compile", join(examples, "cifar.rn"), "-o", whole]).code).toBe(0);
    const time = performance.now() - start;
    const moments = { before: 0, after: 0 };
    for (let k = 0; k < count(5, 60); k++) {
      const out = folder();
      const child = spawn(process.execPath, [bin, "compile", join(examples, "cifar.rn"), "-o", out], { stdio: "ignore" });
      const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
      setTimeout(() => child.kill("SIGKILL"), time * (0.3 + new Dice(k).unit()));
      await ended;
      const files = filesIn(out).filter((f) => f.endsWith(".ts"));
      moments[files.length === 0 ? "before" : "after"]++;
      for (const f of files) expect(readFileSync(join(out, f)).equals(readFileSync(join(whole, f))), f).toBe(true);
    }
    expect(moments.before).toBeGreaterThan(0);
  });

  test("two at once into one folder: both succeed, or one says why not; the modules are whole", async () => {
    const [out, whole] = [folder(), folder()];
    rnc(["compile", join(examples, "cifar.rn"), "-o", whole]);
    const codes = await Promise.all([1, 2, 3].map(() => new Promise((resolve) => spawn(process.execPath, [bin, "compile", join(examples, "cifar.rn"), "-o", out], { stdio: "ignore" }).on("exit", resolve))));
    expect(codes).toContain(0);
    expect(filesIn(out)).toEqual(filesIn(whole));
    for (const f of filesIn(out)) expect(readFileSync(join(out, f)).equals(readFileSync(join(whole, f))), f).toBe(true);
  });
});

test("a program whose file is called like code", () => {
  for (const name of ['"; globalThis.owned = 1; ".rn', "a\nconsole.log(1)\n.rn", "<img src=x onerror=alert(1)> «x» $(touch owned).rn"]) {
    const [here, out] = [folder(), folder()];
    writeFileSync(join(here, name), "/// d\nmodel m {\ninput x: [2]\nl: dense(2)\noutput y\n}\n");
    const { code, stderr } = rnc(["compile", "--js", "-o", out, "--", name], { cwd: here });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(filesIn(out)).toEqual(["m.d.ts", "m.js"]);
    expect(filesIn(here)).toEqual([name]);
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", `import * as m from ${JSON.stringify(join(out, "m.js"))}; console.log(Object.keys(m).join(), globalThis.owned)`], { encoding: "utf8" });
    expect(run.stdout).toBe("RncError,bytes,create,info undefined\n");
    expect(rnc(["graph", "-o", join(out, "m.html"), "--", name], { cwd: here }).code).toBe(0);
    expect(readFileSync(join(out, "m.html"), "utf8")).not.toMatch(/<img src=x/);
  }
});

describe("imports", () => {
  const model = "model m {\ninput x: [2]\nb\noutput y\n}\n";

  test("circles and files that import themselves are said", () => {
    const here = folder();
    writeFileSync(join(here, "m.rn"), `import { b } from "a.rn"\n${model}`);
    writeFileSync(join(here, "a.rn"), `import { b } from "c.rn"\n`);
    writeFileSync(join(here, "c.rn"), `import { b } from "a.rn"\nblock b { dense(2) }\n`);
    const circle = rnc(["check", join(here, "m.rn")]);
    expect(circle.code).toBe(1);
    expect(circle.stderr).toMatch(/error\[RN\d+\]/);
    writeFileSync(join(here, "s.rn"), `import { m } from "s.rn"\n${model.replace("b\n", "dense(2)\n")}`);
    expect(rnc(["check", join(here, "s.rn")]).code).toBe(1);
  });

  test("a chain of 2,000 files, and 100 files that each import all before them, end soon", () => {
    const here = folder();
    for (let k = 0; k < 2_000; k++) writeFileSync(join(here, `f${k}.rn`), k === 0 ? "block b0 { dense(2) }\n" : `import { b${k - 1} } from "f${k - 1}.rn"\nblock b${k} { b${k - 1} }\n`);
    writeFileSync(join(here, "m.rn"), `import { b0 as b } from "f0.rn"\nimport { b1999 } from "f1999.rn"\n${model}`);
    const chain = rnc(["check", join(here, "m.rn")], { timeout: 30_000 });
    expect(chain).toMatchObject({ code: 0 });
    mkdirSync(join(here, "all"));
    for (let k = 0; k < 100; k++) writeFileSync(join(here, "all", `g${k}.rn`), `${Array.from({ length: k }, (_, i) => `import { b${i} } from "g${i}.rn"\n`).join("")}block b${k} { dense(2) }\n`);
    writeFileSync(join(here, "all", "m.rn"), `import { b99 as b } from "g99.rn"\n${model}`);
    expect(rnc(["check", join(here, "all", "m.rn")], { timeout: 30_000 })).toMatchObject({ code: 0 });
  });
});
