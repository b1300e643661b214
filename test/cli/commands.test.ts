// The commands of the built bin: exit codes, what goes to stdout and what to stderr, nothing half-written. Most calls are made in a thread
// of this process; that they answer as a process does is the first thing that is tested.
import { execFileSync, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { stages } from "../../src/compiler/stages.ts";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { codes } from "../../src/source/codes.ts";
import { bin, filesIn, folder, rnc, root, spawned } from "./rnc.ts";

const small = "model net(n = 3) {\n  input x: [4]\n  fc: dense(n) -> relu\n  output y: [n]\n}\n";
const examples = readdirSync(join(root, "examples")).filter((f) => f.endsWith(".rn")).map((f) => `examples/${f}`);
const wrong = "model net {\n  input x: [4, 8, 8]\n  skip { conv(8, 3) }\n  output y\n}\n";

describe("a process of its own", () => {
  test.each<[string, readonly string[], string?]>([
    ["data", ["inspect", "examples/mlp.rn"]],
    ["more data than a pipe holds", ["compile", "examples/preact.rn", "--only", "resnet1001", "--emit", "graph"]],
    ["what is wrong with stdin", ["check", "-"], wrong],
    ["a form of stdin", ["compile", "-", "--emit", "code"], small],
    ["bad usage", ["compile", "examples/mlp.rn", "--target", "cuda"]],
    ["an option that does not exist", ["fmt", "--chek", "examples/mlp.rn"]],
    ["a missing file", ["graph", "absent.rn"]],
    ["the version", ["--version"]],
  ])("gives what a thread gives: %s", (_, args, input = "") => {
    const answer = spawned(args, { input });
    expect(answer.stdout.length + answer.stderr.length).toBeGreaterThan(5);
    expect(rnc(args, { input })).toEqual(answer);
  });
  test("writes the same files", () => {
    const [process, thread] = [folder(), folder()];
    const args = ["compile", join(root, "examples", "cifar.rn"), "--target", "wasm", "--threads", "--js"];
    expect([spawned(args, { cwd: process }).code, rnc(args, { cwd: thread }).code]).toEqual([0, 0]);
    expect(filesIn(process)).toEqual(filesIn(thread));
    for (const f of filesIn(process)) expect(readFileSync(join(process, f)).equals(readFileSync(join(thread, f))), f).toBe(true);
  });
});

describe("usage", () => {
  test("version, help, nothing", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(rnc(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = rnc(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    for (const c of commands) expect(help.stdout).toContain(c.name);
    expect(rnc([]).code).toBe(2);
  });
  test("what is mistyped is suggested", () => {
    expect(rnc(["compil", "x.rn"])).toEqual({ code: 2, stdout: "", stderr: "error: unknown command 'compil'\n(Did you mean compile?)\n(rnc --help tells more)\n" });
    expect(rnc(["compile", "x.rn", "--ony", "a"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("(Did you mean --only?)") });
    expect(rnc(["compile"])).toMatchObject({ code: 2, stderr: expect.stringContaining("missing required argument 'file'") });
    expect(rnc(["compile", "a.rn", "b.rn"]).code).toBe(2);
    expect(rnc(["compile", "examples/mlp.rn", "--target", "cuda"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Allowed choices are ts") });
    expect(rnc(["compile", "examples/mlp.rn", "--emit", "grap"])).toMatchObject({ code: 2, stderr: expect.stringContaining("there are ast, fragments") });
    expect(rnc(["compile", "examples/mlp.rn", "--no-pass", "fus"])).toMatchObject({ code: 2, stderr: expect.stringContaining("fuse") });
    expect(rnc(["compile", "examples/mlp.rn", "-D", "n"])).toMatchObject({ code: 2, stderr: expect.stringContaining("-D wants name=value") });
  });
  test("help of a command names forms and passes", () => {
    const { stdout } = rnc(["compile", "--help"]);
    for (const word of [...Object.keys(stages), ...optionalPasses]) expect(stdout).toContain(word);
    expect(stdout).toContain("Examples:\n  rnc compile examples/cifar.rn\n");
  });
  test("missing files", () => {
    for (const command of ["compile", "check", "fmt", "inspect", "graph"]) expect(rnc([command, "absent.rn"]), command).toEqual({ code: 2, stdout: "", stderr: "error: there is no file absent.rn\n" });
    expect(rnc(["check", "src"])).toEqual({ code: 2, stdout: "", stderr: "error: src is a folder\n" });
  });
  test("colour only where it is wanted", () => {
    const coloured = (env: Record<string, string>): boolean => spawned(["check", "-"], { input: wrong, env }).stderr.includes("\u001b[");
    expect([coloured({}), coloured({ FORCE_COLOR: "1" }), coloured({ FORCE_COLOR: "1", NO_COLOR: "1" })]).toEqual([false, true, false]);
  });
  test("a reader that goes away is no error", () => {
    const { stdout, stderr } = spawnSync("bash", ["-c", `set -o pipefail; node ${bin} explain | head -1; echo "code \${PIPESTATUS[0]}"`], { encoding: "utf8" });
    expect(stdout).toMatch(/^RN101 .*\ncode 0\n$/);
    expect(stderr).toBe("");
  });
  test("an internal error is short, says how to report it, and shows its stack only when asked", () => {
    const broken = join(folder(), "broken.mjs");
    writeFileSync(broken, "Array.prototype.flatMap = () => { throw new Error('boom'); };");
    const run = (env: Record<string, string>) => spawnSync(process.execPath, ["--import", pathToFileURL(broken).href, bin, "check", "-"], { input: small, encoding: "utf8", env: { ...process.env, ...env } });
    const { status, stdout, stderr } = run({ RNC_DEBUG: "" });
    expect([status, stdout]).toEqual([70, ""]);
    expect(stderr).toMatch(/^internal error: boom\nThis is a mistake in rnc \d+\.\d+\.\d+ \(Node v[\d.]+\), not in your program\. Please report it .*\nRNC_DEBUG=1 shows where it happened\.\n$/);
    expect(run({ RNC_DEBUG: "1" }).stderr).toContain("    at ");
  });
});

describe("check", () => {
  test("text goes to stderr, and reads well", () => {
    const { code, stdout, stderr } = rnc(["check", "-"], { input: wrong });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`\
error[RN301]: skip cannot add [4, 8, 8] to [8, 8, 8]
  ┌─ stdin:3:3
2 │   input x: [4, 8, 8]
  │   ------------------ this makes [4, 8, 8]
3 │   skip { conv(8, 3) }
  │   ^^^^   ---------- this makes [8, 8, 8]
  = help: give the skip a shortcut that adapts: import { project } from "rn/resnet", then skip(project) { … }

1 error
`);
    expect(rnc(["check", "-"], { input: small })).toEqual({ code: 0, stdout: "", stderr: "" });
  });
  test("several files; paths are as given", () => {
    const at = folder();
    mkdirSync(join(at, "sub"));
    writeFileSync(join(at, "good.rn"), small);
    writeFileSync(join(at, "sub", "bad.rn"), wrong);
    const { code, stderr } = rnc(["check", "good.rn", "sub/bad.rn"], { cwd: at });
    expect(code).toBe(1);
    expect(stderr).toContain("┌─ sub/bad.rn:3:");
  });
  test("formats for machines go to stdout", () => {
    const as = (format: string) => rnc(["check", "-", "--format", format], { input: wrong });
    expect(JSON.parse(as("json").stdout).diagnostics[0]).toMatchObject({ code: "RN301", at: { file: "stdin", line: 3 } });
    expect(JSON.parse(as("sarif").stdout).runs[0].results).toHaveLength(1);
    expect(as("github").stdout).toMatch(/^::error file=stdin,line=3,/);
    for (const format of ["json", "sarif", "github"]) expect(as(format)).toMatchObject({ code: 1, stderr: "" });
    expect(JSON.parse(rnc(["check", "-", "--format", "json"], { input: small }).stdout)).toEqual({ diagnostics: [] });
  });
  test("all examples are clean", () => {
    expect(rnc(["check", ...examples])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("imports", () => {
  const using = (path: string): string => `import { b } from ${JSON.stringify(path)}\nmodel m {\n  input x: [4]\n  b\n  output y\n}\n`;
  const library = "block b { dense(4) }\n";

  test("from the program's folder, relative to the file that says so", () => {
    const at = folder();
    mkdirSync(join(at, "lib"));
    writeFileSync(join(at, "m.rn"), using("lib/a.rn"));
    writeFileSync(join(at, "lib", "a.rn"), 'import { b as c } from "../c.rn"\nblock b { c }\n');
    writeFileSync(join(at, "c.rn"), library);
    expect(rnc(["check", join(at, "m.rn")])).toEqual({ code: 0, stdout: "", stderr: "" });
    writeFileSync(join(at, "c.rn"), "block b { dense( }\n");
    expect(rnc(["check", "m.rn"], { cwd: at }).stderr).toContain("┌─ c.rn:1:");
  });
  test("never from outside of it", () => {
    const base = folder();
    const at = join(base, "project");
    mkdirSync(at);
    writeFileSync(join(base, "secret.rn"), library);
    symlinkSync("../secret.rn", join(at, "link.rn"));
    linkSync(join(base, "secret.rn"), join(at, "hard.rn"));
    execFileSync("mkfifo", [join(at, "pipe.rn")]);
    for (const [path, why] of [["../secret.rn", "outside"], ["/etc/passwd", "relative"], ["link.rn", "outside"], ["hard.rn", "hard links"], ["pipe.rn", "regular"], ["absent.rn", "does not exist"], [".", "folder"]] as const) {
      writeFileSync(join(at, "m.rn"), using(path));
      const { code, stderr } = rnc(["check", "m.rn"], { cwd: at });
      expect(code, path).toBe(1);
      expect(stderr, path).toMatch(/^error\[RN203\]: /);
      expect(stderr, path).toContain(why);
    }
  });
});

describe("fmt", () => {
  const untidy = "model   net{\ninput x:[4]\ndense(3)->relu\noutput y\n}\n";

  test("stdin to stdout; files in place; twice is once", () => {
    const tidy = rnc(["fmt", "-"], { input: untidy });
    expect(tidy).toMatchObject({ code: 0, stderr: "" });
    const at = folder();
    writeFileSync(join(at, "a.rn"), untidy);
    expect(rnc(["fmt", "a.rn"], { cwd: at })).toEqual({ code: 0, stdout: "", stderr: "formatted a.rn\n" });
    expect(readFileSync(join(at, "a.rn"), "utf8")).toBe(tidy.stdout);
    expect(rnc(["fmt", "a.rn"], { cwd: at })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(filesIn(at)).toEqual(["a.rn"]);
  });
  test("--check writes nothing; a program with syntax errors is left alone", () => {
    const at = folder();
    writeFileSync(join(at, "a.rn"), untidy);
    writeFileSync(join(at, "b.rn"), "model {");
    expect(rnc(["fmt", "--check", "a.rn"], { cwd: at })).toEqual({ code: 1, stdout: "", stderr: "a.rn would change\n" });
    expect(rnc(["fmt", "b.rn"], { cwd: at })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error\[RN1\d\d\]/) });
    expect([readFileSync(join(at, "a.rn"), "utf8"), readFileSync(join(at, "b.rn"), "utf8")]).toEqual([untidy, "model {"]);
    expect(rnc(["fmt", "--check", ...examples])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("inspect", () => {
  test("as a table", () => {
    const { code, stdout, stderr } = rnc(["inspect", "examples/mlp.rn"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`\
mlp  17,290 parameters, 17.0 k MACs per sample

layer  op     makes  parameters    MACs
0.0    dense  64          4,160  4.10 k
0.1    relu   64
0.2    dense  64          4,160  4.10 k
0      skip   64
0.3    relu   64
1.0    dense  64          4,160  4.10 k
1.1    relu   64
1.2    dense  64          4,160  4.10 k
1      skip   64
1.3    relu   64
2      dense  10            650     640

memory          once  per sample
weights      69.2 kB
activations                512 B
scratch      4.10 kB
training     1.15 kB     2.11 kB

kernel        program  variants  calls
matmul_64_64  run             2      4
matmul_64_10  run             1      1
`);
  });
  test("the parameters' names and shapes, as a weights file must have them", () => {
    const { code, stdout } = rnc(["inspect", "-", "--parameters"], { input: "model net {\n  input x: [3, 8, 8]\n  conv1: conv(4, 3) -> bn -> gap -> fc: dense(2)\n  output y\n}\n" });
    expect([code, stdout]).toEqual([0, `\
net  130 parameters

parameter       shape          numbers
conv1.weight    4 × 3 × 3 × 3      108
conv1.bias      4                    4
0.weight        4                    4
0.bias          4                    4
0.running_mean  4                    4
0.running_var   4                    4
fc.weight       2 × 4                8
fc.bias         2                    2
`]);
    const [{ tensors }] = (JSON.parse(rnc(["inspect", "examples/mlp.rn", "--parameters", "--json"]).stdout) as { exports: [{ tensors: { name: string; shape: number[] }[] }] }).exports;
    expect(tensors.at(-1)).toEqual({ name: "2.bias", shape: [10] });
    expect(rnc(["inspect", "examples/mlp.rn", "--parameters", "--target", "wgsl", "--adapter", "swiftshader"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/^error: --parameters and --adapter say different things: leave one out\n/) });
  });
  test("as JSON", () => {
    const { exports } = JSON.parse(rnc(["inspect", "examples/cifar.rn", "--only", "resnet20", "--json"]).stdout) as { exports: Record<string, unknown>[] };
    expect(exports).toHaveLength(1);
    expect(exports[0]).toMatchObject({ name: "resnet20", parameters: 269_722, bytes: { weights: expect.any(Number), activations: expect.any(Number) }, steps: expect.any(Number), kernels: expect.any(Number) });
    const layers = exports[0]!["layers"] as Record<string, unknown>[];
    expect(layers[0]).toEqual({ name: "conv1", op: "conv", shape: [16, 32, 32], parameters: 432, macs: 442_368 });
    expect(layers.reduce((sum, l) => sum + (l["macs"] as number), 0)).toBe(exports[0]!["macs"]);
    expect(exports[0]).not.toHaveProperty("training");
    const [mlp] = (JSON.parse(rnc(["inspect", "examples/mlp.rn", "--json"]).stdout) as { exports: { training: { batch: number; bytes: number } }[] }).exports;
    expect(mlp!.training.batch).toBe(32);
    expect(mlp!.training.bytes).toBeCloseTo(1150 + 32 * 2110, -3);
  });
});

describe("graph", () => {
  test("one export to stdout, several to files", () => {
    expect(rnc(["graph", "examples/mlp.rn"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^<svg /), stderr: "" });
    expect(rnc(["graph", "examples/cifar.rn"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--only (resnet20,") });
    const at = folder();
    expect(rnc(["graph", join(root, "examples/cifar.rn"), "-o", "pictures/c.html"], { cwd: at }).code).toBe(0);
    expect(filesIn(at)).toEqual(["plain20", "plain56", "resnet110", "resnet20", "resnet20b", "resnet56"].map((n) => `pictures/c-${n}.html`));
    expect(rnc(["graph", join(root, "examples/preact.rn"), "--only", "resnet1001", "-o", "r.dot", "--direction", "right"], { cwd: at })).toEqual({ code: 0, stdout: "", stderr: "wrote r.dot\n" });
    expect(readFileSync(join(at, "r.dot"), "utf8")).toMatch(/^digraph "resnet1001" \{\n {2}label="resnet1001: 10,327,706 parameters · /);
    expect(rnc(["graph", "examples/mlp.rn", "-o", "x.bmp"])).toMatchObject({ code: 2, stderr: expect.stringContaining(".svg, .dot or .html") });
  });
});

describe("explain, init, completion", () => {
  test("every code has its page", () => {
    const list = rnc(["explain"]);
    expect(list.stdout.split("\n").filter((l) => /^RN\d{3} {2}\S/.test(l))).toHaveLength(Object.keys(codes).length);
    expect(rnc(["explain", "rn301"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^RN301: shapes do not fit together\n\n(.*\n)+\nExample:\n\n {4}model m \{\n/) });
    expect(rnc(["explain", "RN999"])).toEqual({ code: 2, stdout: "", stderr: 'error: there is no message "RN999"\n  = help: rnc explain lists all\n' });
  });
  test("init writes a program that compiles, and replaces nothing", () => {
    const at = folder();
    const { code, stdout, stderr } = rnc(["init", "net"], { cwd: at });
    expect([code, stdout]).toEqual([0, ""]);
    const next = [...stderr.matchAll(/^ {2}rnc (.*?) {2,}/gm)].map(([, command]) => command!);
    expect(next).toEqual(["inspect net/model.rn", "graph net/model.rn --only small -o net.html", "train net/model.rn --only small", "compile net/model.rn"]);
    expect(rnc(["compile", "--train", "net/model.rn", "--only", "small", "-o", "trainer"], { cwd: at }).code).toBe(0); // that there is something to train
    expect(rnc(next[1]!.split(" "), { cwd: at }).code).toBe(0);
    expect(rnc(["check", "net/model.rn"], { cwd: at })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(rnc(["fmt", "--check", "net/model.rn"], { cwd: at })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(rnc(["compile", "net/model.rn"], { cwd: at }).code).toBe(0);
    expect(rnc(["init", "net"], { cwd: at })).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });
  });
  test("bash completes commands, options, words and codes", () => {
    const script = rnc(["completion", "bash"]).stdout;
    const wanted: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
      [["rnc", "c"], ["compile", "check", "completion"]],
      [["rnc", "compile", "--pr"], ["--print-changed"]],
      [["rnc", "compile", "--emit", ""], Object.keys(stages)],
      [["rnc", "compile", "--no-pass", "f"], optionalPasses.filter((p) => p.startsWith("f"))],
      [["rnc", "check", "--format", "s"], ["sarif"]],
      [["rnc", "explain", "RN30"], Object.keys(codes).filter((c) => c.startsWith("RN30"))],
      [["rnc", "compile", "ci"], ["cifar.rn"]],
      [["rnc", "compile", "--weights", "ci"], ["cifar.rn"]],
      ...["-o", "--out", "--only", "-D", "--define"].map((option) => [["rnc", "compile", option, "ci"], []] as const),
      ...["--batch", "--limit", "--scale", "--mean", "--std", "--data"].map((option) => [["rnc", "run", option, "ci"], []] as const),
      [["rnc", "init", "ci"], []],
    ];
    // One shell for all: starting one is slow beside what it does.
    const asked = wanted.map(([words]) => `COMPREPLY=(); COMP_WORDS=(${words.map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _rnc; echo "\${COMPREPLY[*]}"`);
    const offered = execFileSync("bash", ["-c", `${script}\n${asked.join("\n")}`], { encoding: "utf8", cwd: join(root, "examples") }).trimEnd().split("\n");
    expect(wanted.map(([words], k) => [words.join(" "), offered[k] ?? ""])).toEqual(wanted.map(([words, expected]) => [words.join(" "), expected.join(" ")]));
  });
  test("paths are offered where a path is wanted, in every shell", () => {
    const all = (shell: string, pattern: RegExp): string[] => [...rnc(["completion", shell]).stdout.matchAll(pattern)].map((m) => m[1]!);
    const offered = (option: string): string[] => [...new Set(all("zsh", new RegExp(`--${option}\\[[^']*\\](:[^']*)'`, "g")))].sort();
    expect(offered("only")).toEqual([":name: "]);
    expect(offered("limit")).toEqual([":count: "]);
    expect(offered("weights")).toEqual([":file:_files"]);
    expect(offered("out")).toEqual([":file:_files", ":folder:_files -/"]);
    expect([...new Set(all("fish", /-l (?:limit|only) (.*) -d /g))]).toEqual(["-x"]);
    expect([...new Set(all("fish", /-l weights (.*) -d /g))]).toEqual(["-r -F"]);
  });
  test("every command and option is in every script", () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { code, stdout } = rnc(["completion", shell]);
      expect(code).toBe(0);
      for (const c of commands) {
        expect(stdout).toContain(c.name);
        for (const o of c.options) expect(stdout, `${shell} ${c.name} ${o.flags}`).toMatch(new RegExp(shell === "fish" ? `-l ${/--([\w-]+)/.exec(o.flags)![1]}\\b` : /--[\w-]+/.exec(o.flags)![0]));
      }
    }
  });
});
