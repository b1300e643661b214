// `rnc compile`: modules beside programs, every form that can be printed, weights; what was not written by rnc stays, and nothing is half-written.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { stages, type Stage } from "../../src/compiler/stages.ts";
import { readSafetensors, writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { bin, filesIn, folder, rnc, root, spawned } from "./rnc.ts";

const small = "model net(n = 3) {\n  input x: [4]\n  fc: dense(n) -> relu\n  output y: [n]\n}\n";

function weights(extra: Readonly<Record<string, number[]>> = {}, metadata: readonly (readonly [string, string])[] = []): Uint8Array {
  const tensor = (shape: number[], f: (i: number) => number) => ({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)) });
  return writeSafetensors([["fc.weight", tensor([3, 4], (i) => i)], ["fc.bias", tensor([3], (i) => -i)], ...Object.entries(extra).map(([name, shape]) => [name, tensor(shape, () => 0)] as const)], metadata);
}

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
    for (const n of ["2", "2.5", "-1", "1e3"]) {
      for (const args of [["compile", "--target", "wasm", "--threads", n, "examples/mlp.rn"], ["compile", "examples/mlp.rn", `--threads=${n}`]]) {
        expect(rnc(args)).toEqual({ code: 2, stdout: "", stderr: `error: --threads takes no value, found ${n}\n  = help: ${threads}\n` });
      }
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
