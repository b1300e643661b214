// `rnc compile --limits --max-batch`: what a module is proven for, from a name or a file; what is wrong with either is said.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LEAST_LIMITS } from "../../src/codegen/wgsl/limits.ts";
import { folder, rnc, type Result } from "./rnc.ts";

const at = folder();
const write = (name: string, text: string): void => writeFileSync(join(at, name), text);
write("m.rn", "model m {\n  input x: [16, 256, 256]\n  relu -> conv(4, 3) -> gap\n  output y\n}\n"); // 4 MiB a sample
const compile = (...args: string[]): Result => rnc(["compile", "m.rn", "--js", "--target", "wgsl", ...args], { cwd: at });

test("for as many samples as fit on every device, where nothing is said, up to 64", () => {
  expect(compile("-o", "plain")).toMatchObject({ code: 0, stderr: expect.stringContaining("Within the limits of every WebGPU device for batches up to 32. ") });
  write("two.rn", "model small {\n  input x: [4]\n  relu\n  output y\n}\nmodel large {\n  input x: [16, 256, 256]\n  relu -> gap\n  output y\n}\n");
  expect(rnc(["compile", "two.rn", "--target", "wgsl", "-o", "two"], { cwd: at }).stderr).toContain("for batches up to 64, of large up to 32. ");
});

test("a batch that no device is certain to have is refused, and nothing is written", () => {
  const { code, stdout, stderr } = compile("-o", "large", "--max-batch", "33");
  expect([code, stdout, existsSync(join(at, "large"))]).toEqual([1, "", false]);
  expect(stderr).toContain("error[RN801]: m with a batch of 33: a range that map_16_256_256_relu works on needs 138412032 bytes; maxStorageBufferBindingSize is 134217728");
  expect(stderr).toContain("help: --max-batch 32 is within the limits");
  expect(compile("-o", "large", "--max-batch", "32")).toMatchObject({ code: 0, stderr: expect.stringContaining("batches up to 32") });
  expect(compile("--max-batch", "33", "--emit", "plan").code).toBe(0); // who looks at a form is not refused it
});

test("a profile is a file of what an adapter says, or a name", () => {
  write("adapter.json", JSON.stringify({ ...LEAST_LIMITS, maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 }));
  expect(compile("-o", "more", "--max-batch", "128", "--limits", "adapter.json")).toMatchObject({ code: 0, stderr: expect.stringContaining("Within the limits of adapter.json for batches up to 128. ") });
  expect(compile("-o", "more", "--max-batch", "129", "--limits", "adapter.json").code).toBe(1);
  expect(compile("-o", "more", "--max-batch", "33", "--limits", "spec").code).toBe(1);
});

test("what cannot be is bad usage, with the reason", () => {
  const said = (...args: string[]): string => {
    const { code, stderr } = compile("-o", "none", ...args);
    expect([code, existsSync(join(at, "none"))]).toEqual([2, false]);
    return stderr;
  };
  write("name.json", '{ "maxBuffersize": 1 }');
  write("value.json", '{ "maxBufferSize": "1 GB" }');
  write("text.json", "1 GB");
  expect(said("--limits", "name.json")).toContain('--limits: name.json is no profile: WebGPU has no limit "maxBuffersize": did you mean maxBufferSize?');
  expect(said("--limits", "value.json")).toContain('maxBufferSize is a whole number, not "1 GB"');
  expect(said("--limits", "text.json")).toContain("text.json is not JSON");
  expect(said("--limits", "desktop")).toMatch(/^error: --limits: there is no file desktop\n.*there is spec/);
  expect(said("--max-batch", "0")).toContain("--max-batch wants a positive integer");
  expect(rnc(["compile", "m.rn", "--max-batch", "2", "-o", "none"], { cwd: at })).toMatchObject({ code: 2, stderr: expect.stringContaining("add --target wgsl") });
});
