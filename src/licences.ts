// The licences of the packages that went into bundles.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";

const packages = fileURLToPath(new URL("../node_modules", import.meta.url));

export function licences(bundles: readonly Metafile[]): string {
  const names = new Set(bundles.flatMap((m) => Object.keys(m.inputs)).flatMap((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = join(packages, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string; readonly license: string };
    const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    return `${name} ${version} (${license})\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()}\n`;
  }).join(`\n${"─".repeat(100)}\n\n`);
}
