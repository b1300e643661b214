// Folders on the way to what is written. One level at a time: Node's recursive mkdir never returns where the system says that a folder
// is missing each time that it is made (/proc/x).
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { usageError, type CommandError } from "./exit.ts";

/** The folder and those that it lies in. Where one cannot be made: exit 2. */
export function makeFolder(folder: string): void {
  for (const path of missing(resolve(folder))) {
    try {
      mkdirSync(path);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === "EEXIST" && isFolder(path)) continue; // somebody else made it meanwhile
      throw unwritable(folder, e);
    }
  }
}

/** What is to be made, outermost first. */
function missing(folder: string): readonly string[] {
  const paths: string[] = [];
  for (let path = folder; !isFolder(path); path = dirname(path)) {
    paths.unshift(path);
    if (dirname(path) === path) break;
  }
  return paths;
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // missing, below a file, or not to be seen
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied", EPERM: "permission denied", EROFS: "its file system is read-only", ENOSPC: "no space is left", EEXIST: "a file is in the way", ENOTDIR: "a file is in the way",
  ENOENT: "no folder can be made there", ENAMETOOLONG: "its name is too long", EISDIR: "a folder is in the way", ELOOP: "a link there leads nowhere",
};

/** Nothing can be written at that path: exit 2. */
export function unwritable(path: string, e: unknown): CommandError {
  const code = (e as NodeJS.ErrnoException).code ?? String(e);
  return usageError(`cannot write to ${path}: ${reasons[code] ?? code}`);
}
