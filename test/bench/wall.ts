// How long a person waits: wall time of the installed command, start-up included, and how it and the module grow with depth.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { median } from "./statistics.ts";
import { cacheFolder } from "./peers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const repeats = 7;

export function compileTimes(): string[] {
  const rnc = installed();
  const out = join(cacheFolder, "out");
  const time = (...args: string[]): number => {
    const runs = Array.from({ length: repeats }, () => {
      rmSync(out, { recursive: true, force: true });
      const start = performance.now();
      execFileSync(process.execPath, [rnc, "compile", ...args, "-o", out], { stdio: "ignore" });
      return performance.now() - start;
    });
    return median(runs);
  };
  const cifar = join(root, "examples", "cifar.rn");
  const resnet = (n: number): number => time(cifar, "--only", "resnet110", "-D", `n=${n}`);
  const gzipped = (only: string, n: number): number => {
    rmSync(out, { recursive: true, force: true });
    execFileSync(process.execPath, [rnc, "compile", cifar, "--only", only, "-D", `n=${n}`, "-o", out], { stdio: "ignore" });
    return gzipSync(readFileSync(join(out, `${only}.ts`))).length;
  };
  const [t50, t100, t200, t400] = [resnet(50), resnet(100), resnet(200), resnet(400)];
  const [small, large] = [gzipped("resnet110", 3), gzipped("resnet110", 200)];
  return [
    "| compile, start-up included | median ms |",
    "|---|---|",
    `| mlp | ${time(join(root, "examples", "mlp.rn")).toFixed(0)} |`,
    ...["ts", "wasm"].map((target) => `| ResNet-152, ${target} | ${time(join(root, "examples", "imagenet.rn"), "--only", "resnet152", "--target", target).toFixed(0)} |`),
    `| ResNet-302, 602, 1202, 2402 | ${[t50, t100, t200, t400].map((t) => t.toFixed(0)).join(", ")} |`,
    `| time(2n) / time(n) | ${[t100 / t50, t200 / t100, t400 / t200].map((r) => r.toFixed(2)).join(", ")} |`,
    "",
    `module, gzip: ResNet-20 ${small} bytes, ResNet-1202 ${large} bytes (${(large / small).toFixed(2)}×)`,
  ];
}

/** The command as users have it: packed and installed in a folder of its own. */
function installed(): string {
  const folder = join(cacheFolder, "installed");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: root, encoding: "utf8" })) as [{ filename: string }];
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", join(folder, packed.filename)], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return join(folder, "node_modules", "rnlang", "dist", "rnc.js");
}
