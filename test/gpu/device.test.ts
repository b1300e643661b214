// The device that the tests run WGSL on computes, reports errors and ends cleanly; and its parts appear whole, however many ask at once.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gpu, haveGpu } from "../harness/gpu.ts";
import { compute } from "../harness/gpu/compute.ts";
import { haveLavapipe } from "../harness/gpu/lavapipe.ts";
import { whyNotUnpack } from "../harness/gpu/unpack.ts";
import { full } from "../harness/tier.ts";
import { four, sum } from "./kernels.ts";

const harness = new URL("../harness/", import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** A process of its own that runs `text`; what it wrote, and how it ended. */
function inProcess(text: string, env: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...flags, "--import", "tsx", "--input-type=module", "-e", text], { cwd: root, env: { ...process.env, ...env } });
    let out = "", err = "";
    child.stdout.on("data", (d: Buffer) => (out += d.toString()));
    child.stderr.on("data", (d: Buffer) => (err += d.toString()));
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
const at = (file: string): string => JSON.stringify(new URL(file, harness).href);

describe.skipIf(!haveGpu)("the device", () => {
  test("adds", async () => {
    const device = await (await gpu()).device();
    const x = Float32Array.from({ length: 192 }, (_, i) => i);
    const [total] = await compute(device, sum(), [3], [{ data: x }, { bytes: 12, read: true }]);
    expect([...new Float32Array(total!)]).toEqual([2016, 6112, 10208]);
  });

  test("has the specification's least limits, unless more are asked for", async () => {
    const { adapter, device } = await gpu();
    expect((await device()).limits.maxStorageBuffersPerShaderStage).toBe(8);
    const { maxStorageBuffersPerShaderStage } = adapter.limits;
    expect(maxStorageBuffersPerShaderStage).toBeGreaterThan(8);
    expect((await device({ requiredLimits: { maxStorageBuffersPerShaderStage } })).limits.maxStorageBuffersPerShaderStage).toBe(maxStorageBuffersPerShaderStage);
  });

  test("refuses a wrong kernel", async () => {
    await expect(compute(await (await gpu()).device(), four("o[i] = 1u;"), [1], [{ bytes: 16, read: true }])).rejects.toThrow("'u32' to 'f32'");
  });

  test("nothing has to be put into globalThis", () => {
    expect("GPUBufferUsage" in globalThis).toBe(false);
  });

  test("a process that leaves devices, and work on one, ends cleanly", async () => {
    const { code, out, err } = await inProcess(`
      import { gpu } from ${at("gpu.ts")};
      import { validate } from ${at("gpu/validate.ts")};
      import { compute } from ${at("gpu/compute.ts")};
      const { device } = await gpu();
      const busy = await device();
      await device();
      await validate(${JSON.stringify(sum())});
      void compute(busy, ${JSON.stringify(sum())}, [1000], [{ bytes: 256000 }, { bytes: 4000, read: true }]);
      console.log("done");
      process.exit(0);`);
    expect({ code, out, err: err.replace(/^Warning: maxDynamic.*\n/gm, "") }).toEqual({ code: 0, out: "done\n", err: "" }); // Dawn's word on lavapipe's limits
  });

  test("what is still in use is not collected", async () => {
    const { code, out } = await inProcess(`
      import { deviceOf, instance } from ${at("gpu/dawn.ts")};
      const device = await deviceOf(await instance(["backend=null"]), () => ({}));
      for (let i = 0; i < 5; i++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await device.createBuffer({ size: 16, usage: 9 }).mapAsync(1);
      console.log("used");`, {}, ["--expose-gc"]);
    expect({ code, out }).toEqual({ code: 0, out: "used\n" });
  });

  test.runIf(full && process.env["RNC_GPU"] === undefined && haveLavapipe())("is lavapipe's in the full tier, with half precision", async () => {
    const { adapter, name } = await gpu();
    expect(name).toContain("llvmpipe");
    expect(adapter.features.has("shader-f16")).toBe(true);
  });
});

describe.skipIf(whyNotUnpack() !== null)("what is unpacked", () => {
  test("appears whole, whoever is first", async () => {
    const parent = mkdtempSync(join(tmpdir(), "rnlang-unpack-"));
    const text = `
      import { readdirSync } from "node:fs";
      import { join } from "node:path";
      import { unpacked } from ${at("gpu/unpack.ts")};
      const { dawn, icd } = unpacked(${JSON.stringify(parent)});
      const { create } = await import(new URL("index.js", "file://" + dawn + "/"));
      process.env.VK_DRIVER_FILES = icd;
      globalThis.kept = create([]);
      const adapter = await globalThis.kept.requestAdapter();
      console.log(adapter.info.architecture);
      process.exit(0);`;
    try {
      const ends = await Promise.all([inProcess(text), inProcess(text), inProcess(text)]);
      for (const { code, out, err } of ends) expect({ code, out, err }).toEqual({ code: 0, out: "swiftshader\n", err: "" });
      expect(readdirSync(parent)).toHaveLength(1); // no halves are left
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});

describe("where there is no GPU", () => {
  const text = `import { haveGpu, whyNoGpu } from ${at("gpu.ts")}; console.log(haveGpu, whyNoGpu); process.exit(0);`;

  test("tests say that they are skipped, and why", async () => {
    const { code, out, err } = await inProcess(text, { RNC_GPU: "/no/such/icd.json", RNC_REQUIRE_GPU: "" });
    expect(code).toBe(0);
    expect(out).toContain("false RNC_GPU is neither");
    expect(err).toMatch(/no GPU: .*\/no\/such\/icd.json. Its tests are skipped/);
  });

  test("with RNC_REQUIRE_GPU=1 that fails", async () => {
    const { code, err } = await inProcess(text, { RNC_GPU: "/no/such/icd.json", RNC_REQUIRE_GPU: "1" });
    expect(code).not.toBe(0);
    expect(err).toContain("RNC_REQUIRE_GPU=1 does not let its tests be skipped");
  });
});
