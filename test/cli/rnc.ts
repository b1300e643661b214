// The built command, as a shell runs it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const bin = join(root, "dist", "rnc.js");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function rnc(args: readonly string[], options: { readonly cwd?: string; readonly input?: string; readonly env?: Readonly<Record<string, string>>; readonly timeout?: number } = {}): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: options.cwd ?? root, input: options.input ?? "", encoding: "utf8", timeout: options.timeout ?? 60_000, maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: "", FORCE_COLOR: "", RNC_DEBUG: "", ...options.env },
  });
  return { code: status, stdout, stderr };
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), "rnc-cli-"));
}

/** All files below a folder, sorted. */
export function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" }).filter((f) => statSync(join(path, f)).isFile()).sort();
}
