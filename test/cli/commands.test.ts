// Every command of the built bin: exit codes, what goes to stdout and what to stderr, nothing half-written. Most calls are made in a thread
// of this process; that they answer as a process does is the first thing that is tested.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { stages, type Stage } from "../../src/compiler/stages.ts";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { codes } from "../../src/source/codes.ts";
import { bin, filesIn, folder, rnc, root, spawned } from "./rnc.ts";

const small = "model net(n = 3) {\n  input x: [4]\n  fc: dense(n) -> relu\n  output y: [n]\n}\n";
const examples = readdirSync(join(root, "examples")).filter((f) => f.endsWith(".rn")).map((f) => `examples/${f}`);
const wrong = "model net {\n  input x: [4, 8, 8]\n  skip { conv(8, 3) }\n  output y\n}\n";

function weights(extra: Readonly<Record<string, number[]>> = {}, metadata: readonly (readonly [string, string])[] = []): Uint8Array {
  const tensor = (shape: number[], f: (i: number) => number) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)) });
  return writeSafetensors([["fc.weight", tensor([3, 4], (i) => i)], ["fc.bias", tensor([3], (i) => -i)], ...Object.entries(extra).map(([name, shape]) => [name, tensor(shape, () => 0)] as const)], metadata);
}

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

describe("compile", () => {
  test("modules and a summary", async () => {
    const at = folder();
    const { code, stdout, stderr } = rnc(["compile", join(root, "examples", "cifar.rn")], { cwd: at });
    expect([code, stdout]).toEqual([0, ""]);
    expect(filesIn(at)).toEqual(["plain20", "plain56", "resnet110", "resnet20", "resnet20b", "resnet56"].map((n) => `out/${n}.ts`));
    const steady = stderr.replace(/ +\d+(\.\d+)? (ms|s)\b/g, " …").replace(/[\d.]+ kB/g, (s) => s.replace(/[\d.]+/, "…")).replace(/ {2,}/g, "  ");
    expect(steady).toMatch(/^module {2}parameters {2}MACs {2}code {2}gzip {2}weights {2}activations {2}time\n/);
    expect(steady).toContain("resnet20.ts  269,722  40.6 M");
    expect(stderr).toMatch(/\n6 modules in out\/, \d+ ms\.|\n6 modules in out\/, [\d.]+ s\./);
    expect(stderr).toContain('import { create } from "./out/resnet20.ts"');
  });
  test("-D, --plain, --only, --js", async () => {
    const at = folder();
    expect(rnc(["compile", join(root, "examples", "cifar.rn"), "--only", "resnet20", "-D", "n=9", "--js", "-o", "lib"], { cwd: at })).toMatchObject({ code: 0, stderr: expect.stringContaining("853,018") });
    expect(filesIn(at)).toEqual(["lib/resnet20.d.ts", "lib/resnet20.js"]);
    const { info } = (await import(pathToFileURL(join(at, "lib", "resnet20.js")).href)) as { info: { parameters: number } };
    expect(info.parameters).toBe(853_018);
    expect(rnc(["compile", join(root, "examples", "cifar.rn"), "--only", "resnet20b", "--plain"], { cwd: at }).stderr).toContain("269,722");
    expect(rnc(["compile", join(root, "examples", "cifar.rn"), "--only", "resnet21"], { cwd: at })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error\[RN504\]/) });
  });
  test("an error in one export: nothing is written", () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), `${small}model bad {\n  input x: [4]\n  dense(2) -> [3]\n  output y\n}\n`);
    expect(rnc(["compile", "m.rn"], { cwd: at }).code).toBe(1);
    expect(filesIn(at)).toEqual(["m.rn"]);
  });
  test("what rnc did not write stays, and nothing else is written either", () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), small + small.replace("net", "other"));
    mkdirSync(join(at, "out"));
    writeFileSync(join(at, "out", "other.ts"), "mine\n");
    const { code, stderr } = rnc(["compile", "m.rn"], { cwd: at });
    expect([code, stderr]).toEqual([1, "error: out/other.ts is in the way: rnc did not write it, so it will not replace it\n  = help: move it away, or choose another folder with -o\n"]);
    expect(filesIn(at)).toEqual(["m.rn", "out/other.ts"]);
    writeFileSync(join(at, "out", "other.ts"), readFileSync(join(root, "package.json")));
    expect(rnc(["compile", "m.rn", "-o", "new"], { cwd: at }).code).toBe(0);
    writeFileSync(join(at, "m.rn"), (small + small.replace("net", "other")).replaceAll("relu", "tanh"));
    expect(rnc(["compile", "m.rn", "-o", "new"], { cwd: at }).code).toBe(0);
    expect(filesIn(join(at, "new"))).toEqual(["net.ts", "other.ts"]);
  });
  test("a value for an option that takes none", () => {
    const threads = "nets that can compute in several threads, of --target wasm: how many, create({ threads: 2 }) says; also writes <export>.worker.js";
    for (const args of [["compile", "--target", "wasm", "--threads", "2", "examples/mlp.rn"], ["compile", "examples/mlp.rn", "--threads=2"]]) {
      expect(rnc(args)).toEqual({ code: 2, stdout: "", stderr: `error: --threads takes no value, found 2\n  = help: ${threads}\n` });
    }
  });
  test("a program that exports nothing", () => {
    for (const args of [["compile", "-"], ["compile", "-", "--emit", "ast"], ["inspect", "-"], ["graph", "-"], ["run", "-", "--data", "csv:x"]]) {
      expect(rnc(args, { input: "block b { relu }\n" }), args.join(" ")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^error\[RN508\]: stdin exports nothing\n[^]*\n1 error\n$/) });
    }
  });
  test("what there is to choose from, one or several", () => {
    expect(rnc(["compile", "-", "--only", "x"], { input: small }).stderr).toContain("= help: there is net\n");
    expect(rnc(["compile", "-", "--only", "x"], { input: small + small.replace("net", "other") }).stderr).toContain("= help: there are net, other\n");
    expect(rnc(["compile", "-", "-D", "x=1"], { input: small }).stderr).toContain("= help: there is n\n");
  });
  test("from stdin", () => {
    const at = folder();
    expect(rnc(["compile", "-"], { cwd: at, input: small }).code).toBe(0);
    expect(filesIn(at)).toEqual(["out/net.ts"]);
  });
  test("-o without a folder is bad usage", () => {
    expect(rnc(["compile", "-", "-o", ""], { input: small })).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("-o wants a folder") });
  });
  test("a folder that cannot be made or written to is bad usage, at once", () => {
    const at = folder();
    writeFileSync(join(at, "file"), "");
    const answer = (...args: readonly string[]): string => {
      const { code, stdout, stderr } = rnc(args, { cwd: at, input: small, timeout: 20_000 });
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      return stderr;
    };
    for (const under of ["/proc/x", "/proc/x/y"]) {
      expect(answer("compile", "-", "-o", under)).toBe(`error: cannot write to ${under}: no folder can be made there\n`);
      expect(answer("init", under)).toBe(`error: cannot write to ${under}: no folder can be made there\n`);
    }
    expect(answer("compile", "-", "-o", "file")).toBe("error: cannot write to file: a file is in the way\n");
    expect(answer("compile", "-", "-o", "file/out")).toBe("error: cannot write to file/out: a file is in the way\n");
    expect(answer("graph", "-", "-o", "/proc/x.svg")).toMatch(/^error: cannot write to \/proc: /);
    expect(answer("compile", "-", "-o", "x".repeat(300))).toMatch(/: its name is too long\n$/);
    expect(filesIn(at)).toEqual(["file"]);
  });
  test.skipIf(process.getuid?.() === 0)("a folder without permission is bad usage", () => {
    const at = folder();
    chmodSync(at, 0o555);
    expect(rnc(["compile", "-"], { cwd: at, input: small })).toEqual({ code: 2, stdout: "", stderr: "error: cannot write to out: permission denied\n" });
  });
  test("the same program gives the same bytes", () => {
    const [a, b] = [folder(), folder()];
    for (const at of [a, b]) expect(spawned(["compile", join(root, "examples", "mlp.rn")], { cwd: at }).code).toBe(0);
    expect(readFileSync(join(a, "out", "mlp.ts"))).toEqual(readFileSync(join(b, "out", "mlp.ts")));
  });
  test.each(Object.keys(stages))("--emit %s prints to stdout", (form) => {
    const at = folder();
    const { target, trained } = (stages as { readonly [form: string]: Stage })[form]!;
    const input = trained ? `${small}train net {\n  loss = mse(y)\n  optimizer = adam\n}\n` : small;
    const { code, stdout, stderr } = rnc(["compile", "-", "--emit", form, ...(target ? ["--target", target] : [])], { cwd: at, input });
    expect([code, stderr]).toEqual([0, ""]);
    if (target) expect(rnc(["compile", "-", "--emit", form], { cwd: at, input: small })).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(`--target ${target}`) });
    if (trained) expect(rnc(["compile", "-", "--emit", form], { cwd: at, input: small })).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("net has no train declaration") });
    expect(stdout.length).toBeGreaterThan(20);
    expect(existsSync(join(at, "out"))).toBe(false);
  });
  test("--emit wgsl -o writes a file for each shader, and a manifest; what it did not write it does not replace", () => {
    const at = folder();
    const emit = () => rnc(["compile", "-", "--target", "wgsl", "--emit", "wgsl", "-o", "kernels"], { cwd: at, input: small });
    expect(emit()).toMatchObject({ code: 0, stdout: "" });
    const names = readdirSync(join(at, "kernels")).sort();
    expect(names).toEqual([...names.slice(0, -1).map((_, k) => `net.${k}.wgsl`), "net.json"]);
    expect(names.length).toBeGreaterThan(1);
    expect(emit()).toMatchObject({ code: 0, stdout: "" });
    writeFileSync(join(at, "kernels", "net.json"), "{}");
    expect(emit()).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("net.json is in the way") });
  });

  test("--emit plan --train prints the plan of a step, too", () => {
    const { code, stdout, stderr } = rnc(["compile", "-", "--emit", "plan", "--train"], { input: `${small}train net {\n  loss = mse(y)\n  optimizer = adam\n}\n` });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^plan .*/gm)).toEqual(['plan "net" for ts', expect.stringMatching(/^plan "net" for ts, parameters change from step \d+ on$/)]);
    expect(stdout).toContain('"optimizer.moment1.');
    const [, first] = /change from step (\d+)/.exec(stdout)!;
    expect(stdout).toMatch(new RegExp(`^${first} .* weights\\[\\d+\\] .* end `, "m"));
  });
  test("--print-changed shows each pass that did something", () => {
    const { code, stdout } = rnc(["compile", "-", "--print-changed"], { input: small });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^net\n── decompose: Replaces every layer .*\n(.*\n)*- .*dense.*\n/);
    expect(stdout).toMatch(/── padding: no change\n/);
    expect(rnc(["compile", "-", "--print-changed", "--no-pass", "epilogue"], { input: small }).stdout).not.toContain("── epilogue");
  });
  test("--watch compiles again when an import changes, and stops on SIGINT", async () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), 'import { b } from "b.rn"\nmodel m {\n  input x: [4]\n  b\n  output y\n}\n');
    writeFileSync(join(at, "b.rn"), "block b { dense(4) }\n");
    const child = spawn(process.execPath, [bin, "compile", "m.rn", "--watch"], { cwd: at, stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (s: string) => { text += s; });
    const until = async (what: string): Promise<void> => {
      for (const end = Date.now() + 20_000; !text.includes(what); await new Promise((r) => setTimeout(r, 20))) if (Date.now() > end) throw new Error(`${what} never came:\n${text}`);
      text = text.slice(text.indexOf(what) + what.length);
    };
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await until("watching 2 files");
    await new Promise((r) => setTimeout(r, 300));
    writeFileSync(join(at, "b.rn"), "block b { dense( }\n");
    await until("error[RN1");
    await until("watching");
    writeFileSync(join(at, "b.rn"), "block b { dense(5) }\n");
    await until("1 module in out/");
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });
});

describe("weights", () => {
  const program = (from: string): string => `model net {\n  input x: [4]\n  fc: dense(3)\n  output y\n}\nexport net3 = net() from ${JSON.stringify(from)}\n`;

  test("from the program: checked, written beside the module as f32, in the model's order, replaced by newer ones", () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), program("w.safetensors"));
    writeFileSync(join(at, "w.safetensors"), weights({ "bn.num_batches_tracked": [1], "optimizer.fc.weight": [2] }, [["normalisation", '{"mean":[1],"std":[2]}']]));
    for (let i = 0; i < 2; i++) {
      expect(rnc(["compile", "m.rn"], { cwd: at })).toMatchObject({ code: 0 });
      const { tensors, metadata } = readSafetensors(readFileSync(join(at, "out", "net3.safetensors")));
      expect([...tensors.keys()].sort()).toEqual(["fc.bias", "fc.weight"]);
      expect(metadata.get("normalisation")).toBe('{"mean":[1],"std":[2]}');
      writeFileSync(join(at, "w.safetensors"), weights({}, [["normalisation", '{"mean":[1],"std":[2]}'], ["epoch", "2"]]));
    }
    expect(filesIn(at)).toEqual(["m.rn", "out/net3.safetensors", "out/net3.ts", "w.safetensors"]);
  });
  test("a weights file that rnc did not write is not replaced", () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), program("w.safetensors"));
    writeFileSync(join(at, "w.safetensors"), weights());
    mkdirSync(join(at, "out"));
    writeFileSync(join(at, "out", "net3.safetensors"), weights());
    expect(rnc(["compile", "m.rn"], { cwd: at })).toMatchObject({ code: 1, stderr: expect.stringContaining("out/net3.safetensors is in the way") });
    expect(filesIn(join(at, "out"))).toEqual(["net3.safetensors"]);
  });
  test("what does not fit is told tensor by tensor, and nothing is written", () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), program("w.safetensors"));
    writeFileSync(join(at, "w.safetensors"), writeSafetensors([["fc.weight", { shape: [4, 3], data: new Float32Array(12) }], ["extra", { shape: [1], data: new Float32Array(1) }]]));
    const { code, stderr } = rnc(["compile", "m.rn"], { cwd: at });
    expect(code).toBe(1);
    expect(stderr).toContain("error[RN507]: w.safetensors does not fit net3: fc.weight is [4, 3], not [3, 4]; fc.bias [3] is missing; extra is no parameter of the model");
    expect(stderr).toContain("┌─ m.rn:6:");
    expect(filesIn(at)).toEqual(["m.rn", "w.safetensors"]);
  });
  test("malformed, absent, outside, of another kind", () => {
    const base = folder();
    const at = join(base, "project");
    mkdirSync(at);
    writeFileSync(join(base, "secret.safetensors"), weights());
    symlinkSync("../secret.safetensors", join(at, "link.safetensors"));
    writeFileSync(join(at, "cut.safetensors"), weights().subarray(0, 100));
    writeFileSync(join(at, "meta.safetensors"), weights({}, [["normalisation", "soon"]]));
    for (const [path, why] of [["cut.safetensors", "not a valid safetensors file"], ["absent.safetensors", "does not exist"], ["../secret.safetensors", "outside"], ["link.safetensors", "outside"], ["/dev/zero", "relative"], ["meta.safetensors", "normalisation"]] as const) {
      writeFileSync(join(at, "m.rn"), program(path));
      const { code, stderr } = rnc(["compile", "m.rn"], { cwd: at });
      expect([code, path]).toEqual([1, path]);
      expect(stderr).toMatch(/^error\[RN506\]: /);
      expect(stderr).toContain(why);
    }
    writeFileSync(join(at, "m.rn"), program("absent.safetensors"));
    expect(rnc(["compile", "m.rn"], { cwd: at }).stderr).toContain("= help: copy the file here, or leave out from …\n");
    writeFileSync(join(at, "t.rn"), `${program("absent.safetensors")}train {\n  loss = mse(y)\n  optimizer = sgd(0.1)\n  steps = 1\n  batch = 1\n}\n`);
    expect(rnc(["compile", "t.rn"], { cwd: at }).stderr).toContain("= help: train it (rnc train t.rn --only net3) and copy the file here, or leave out from …\n");
    expect(rnc(["compile", "m.rn", "--weights", "absent"], { cwd: at })).toMatchObject({ code: 2, stderr: "error: there is no file absent\n" });
    expect(rnc(["compile", "m.rn", "--weights", "../secret.safetensors"], { cwd: at }).code).toBe(0);
  });
  test("info says how the weights' inputs were normalised", async () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), program("w.safetensors"));
    writeFileSync(join(at, "w.safetensors"), weights({}, [["normalisation", '{"mean":[0.25],"std":[2]}']]));
    expect(rnc(["compile", "m.rn", "--js"], { cwd: at }).code).toBe(0);
    const { info } = (await import(pathToFileURL(join(at, "out", "net3.js")).href)) as { info: { normalisation: unknown } };
    expect(info.normalisation).toEqual({ mean: [0.25], std: [2] });
  });
  test("--inline-weights: the module needs no file; too many or none is an error", async () => {
    const at = folder();
    writeFileSync(join(at, "m.rn"), program("w.safetensors"));
    writeFileSync(join(at, "w.safetensors"), weights());
    expect(rnc(["compile", "m.rn", "--inline-weights", "--js"], { cwd: at })).toMatchObject({ code: 0, stderr: expect.stringContaining("create({})") });
    expect(filesIn(join(at, "out"))).toEqual(["net3.d.ts", "net3.js"]);
    const { create } = (await import(pathToFileURL(join(at, "out", "net3.js")).href)) as { create: (o: object) => Promise<{ run: (i: object) => Promise<{ y: Float32Array }> }> };
    expect([...(await (await create({})).run({ x: Float32Array.of(1, 1, 1, 1) })).y]).toEqual([6, 21, 36]);
    expect(rnc(["compile", "-", "--inline-weights"], { cwd: at, input: small })).toMatchObject({ code: 2, stderr: expect.stringContaining("no weights to inline") });
    writeFileSync(join(at, "big.rn"), "model net {\n  input x: [200]\n  fc: dense(200)\n  output y\n}\n");
    writeFileSync(join(at, "big.safetensors"), writeSafetensors([["fc.weight", { shape: [200, 200], data: new Float32Array(40_000) }], ["fc.bias", { shape: [200], data: new Float32Array(200) }]]));
    expect(rnc(["compile", "big.rn", "--weights", "big.safetensors", "--inline-weights"], { cwd: at })).toMatchObject({ code: 1, stderr: expect.stringMatching(/ are 161,\d+ bytes; at most 65,536 go into a module\n/) });
    expect(rnc(["compile", "--help"]).stdout).toContain("up to 65,536 bytes");
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
