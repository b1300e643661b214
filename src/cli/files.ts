// Reading and writing files. Paths from the command line are trusted; paths written in a program are not, and go through
// `openContained`, the one door. Law: a program can only read regular files that lie, and really lie, in the entry file's folder.
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, lstatSync, openSync, readFileSync, readSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync, type Stats } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { CommandError, failure, usageError } from "./exit.ts";
import { makeFolder, unwritable } from "./folders.ts";
import { integer } from "./table.ts";

const MiB = 1024 * 1024;
export const limits = { program: 8 * MiB, weights: 2048 * MiB - 1, data: 2048 * MiB - 1, image: 256 * MiB } as const;

export type Contained = { readonly bytes: Uint8Array; readonly path: string } | { readonly problem: string; readonly help?: string; readonly missing?: true };

/**
 * Reads a file that a program names: `path` as written, relative to `from`, a folder inside `root`. It must be a regular
 * file of at most `limit` bytes whose real path lies under `root`. Symbolic links may be used inside `root` and may not
 * lead out of it; a file with several hard links is refused, since one of them may lie outside.
 */
export function openContained(root: string, from: string, path: string, limit: number): Contained {
  const refuse = (why: string, help?: string): Contained => (help === undefined ? { problem: why } : { problem: why, help });
  if (path === "" || /[\0\\]/.test(path)) return refuse("is no path", "write a relative path with /");
  if (isAbsolute(path) || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return refuse("is not a relative path", "copy the file into the program's folder");
  const asked = resolve(from, path);
  const outside = (): Contained => refuse("lies outside the program's folder", "copy the file into the program's folder");
  const realRoot = realpathSync(root);
  if (!within(resolve(root), asked) && !within(realRoot, asked)) return outside();
  let real: string;
  try {
    real = realpathSync(asked);
  } catch (e) {
    return isMissing(e) ? { problem: "does not exist", missing: true } : refuse(reason(e));
  }
  if (!within(realRoot, real)) return outside();
  let file: number | null = null;
  try {
    // Not through a link put there meanwhile; and without waiting for the writer of a pipe.
    file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (stats.isDirectory()) return refuse("is a folder");
    if (!stats.isFile()) return refuse("is not a regular file");
    if (stats.nlink > 1) return refuse("has several hard links", "copy the file instead of linking it");
    if (realpathSync(real) !== real || !same(stats, lstatSync(real))) return refuse("changed while it was being read");
    if (stats.size > limit) return refuse(tooLarge(stats.size, limit));
    const bytes = readBounded(file, limit);
    return bytes ? { bytes, path: real } : refuse(tooLarge(limit + 1, limit));
  } catch (e) {
    return refuse(reason(e));
  } finally {
    if (file !== null) closeSync(file);
  }
}

function within(root: string, path: string): boolean {
  const r = relative(root, path);
  return r !== ".." && !r.startsWith(`..${sep}`) && !isAbsolute(r);
}

function same(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Everything, or null where there is more than `limit`. */
function readBounded(file: number, limit: number): Uint8Array | null {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(Math.min(MiB * 4, Math.max(fstatSync(file).size - total, 0) + 65_536));
    const n = readSync(file, chunk, 0, chunk.length, null);
    if (n === 0) return Buffer.concat(chunks, total);
    total += n;
    if (total > limit) return null;
    chunks.push(chunk.subarray(0, n));
  }
}

function tooLarge(size: number, limit: number): string {
  return `is too large (${integer(size)} bytes; the limit is ${integer(limit)})`;
}

function code(e: unknown): string {
  return (e as NodeJS.ErrnoException).code ?? "";
}

function isMissing(e: unknown): boolean {
  return code(e) === "ENOENT" || code(e) === "ENOTDIR";
}

function reason(e: unknown): string {
  const known: Record<string, string> = { EACCES: "may not be read", EPERM: "may not be read", EISDIR: "is a folder", ELOOP: "is a link that leads nowhere", ENAMETOOLONG: "is too long a name", ENXIO: "is not a regular file" };
  return known[code(e)] ?? `cannot be read (${code(e) || String(e)})`;
}

/** Reads a file that the command line names; `-` is stdin. Pipes are welcome. Missing or unreadable: exit 2. */
export function readTrusted(path: string, limit: number): Uint8Array {
  try {
    const bytes = readBoundedAt(path, limit);
    if (bytes) return bytes;
  } catch (e) {
    if (isMissing(e)) throw usageError(`there is no file ${path}`);
    throw usageError(`${path} ${reason(e)}`);
  }
  throw usageError(`${path} ${tooLarge(limit + 1, limit)}`);
}

function readBoundedAt(path: string, limit: number): Uint8Array | null {
  if (path === "-") return readBoundedStdin(limit);
  const file = openSync(path, "r");
  try {
    const stats = fstatSync(file);
    if (stats.isFile() && stats.size > limit) return null;
    return readBounded(file, limit);
  } finally {
    closeSync(file);
  }
}

function readBoundedStdin(limit: number): Uint8Array | null {
  const bytes = readFileSync(0);
  return bytes.length > limit ? null : bytes;
}

/** UTF-8 text without its byte order mark; null where the bytes are no UTF-8. */
export function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

// ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewFile {
  /** A file name, or a path under the folder. */
  readonly name: string;
  readonly content: string | Uint8Array;
  /** May this existing content be replaced? Its own bytes may always. */
  readonly replaces: (existing: Uint8Array) => boolean;
}

/** Did rnc write this text? Its header says so in the first lines. */
export function isGenerated(existing: Uint8Array): boolean {
  return /^(?:\/\/|\/\*| \*)[^\n]*\brnc\b[^\n]*@generated\b|^(?:\/\/|\/\*| \*)[^\n]*@generated\b[^\n]*\brnc\b/m.test(new TextDecoder().decode(existing.subarray(0, 1024)));
}

/**
 * Writes all files or none: everything is checked and written to temporary files in the same folder first, then renamed.
 * A file that is there already is only replaced where `replaces` allows it: exit 1. Where nothing can be written: exit 2.
 */
export function writeAll(folder: string, files: readonly NewFile[]): void {
  const temporary: string[] = [];
  try {
    const changed = files.filter((f) => mustWrite(join(folder, f.name), f));
    for (const f of changed) {
      const target = join(folder, f.name);
      makeFolder(dirname(target));
      const temp = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
      temporary.push(temp);
      writeFileSync(temp, f.content, { flag: "wx" });
    }
    changed.forEach((f, i) => renameSync(temporary[i]!, join(folder, f.name)));
  } catch (e) {
    for (const t of temporary) rmSync(t, { force: true });
    if (e instanceof CommandError) throw e;
    throw unwritable(folder, e);
  }
}

function mustWrite(target: string, file: NewFile): boolean {
  const stats = lstatSync(target, { throwIfNoEntry: false });
  if (!stats) return true;
  if (!stats.isFile()) throw failure(`${target} is in the way: it is not a regular file`);
  const existing = readFileSync(target);
  if (existing.equals(typeof file.content === "string" ? Buffer.from(file.content) : file.content)) return false;
  if (!file.replaces(existing)) throw failure(`${target} is in the way: rnc did not write it, so it will not replace it`, "move it away, or choose another folder with -o");
  return true;
}

// ── writing what survives a kill ───────────────────────────────────────────────────────────────────────────────────

/**
 * Replaces a file, or makes it: who reads it, even after a crash at any moment, sees the old bytes or the new ones. What is there already
 * is replaced unasked if it is a regular file. What killed writers of the same file left behind is removed.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.`;
  const temporary = join(folder, `${prefix}${process.pid}.tmp`);
  let begun = false;
  try {
    makeFolder(folder);
    for (const name of readdirSync(folder)) if (name.startsWith(prefix) && /^\d+\.tmp$/.test(name.slice(prefix.length))) rmSync(join(folder, name), { force: true });
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw failure(`${path} is in the way: it is not a regular file`);
    begun = true;
    writeSynced(temporary, content);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (e) {
    if (begun) rmSync(temporary, { force: true });
    if (e instanceof CommandError) throw e;
    throw unwritable(path, e);
  }
}

function writeSynced(path: string, content: string | Uint8Array): void {
  const file = openSync(path, "wx");
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** So that the new name is on the disk, too. Windows cannot open folders, and needs no such call. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export interface Appender {
  /** In one write at the end of the file: of a process that is killed, a line is there or torn, and none after it. */
  append(text: string): void;
  /** Waits until all is on the disk. */
  close(): void;
}

/** Opens a file for lines at its end, after its first `keep` bytes; null keeps all of them. Folder and file are made where they are missing. */
export function openAppend(path: string, keep: number | null): Appender {
  const orFail = <T>(action: () => T): T => {
    try {
      return action();
    } catch (e) {
      throw e instanceof CommandError ? e : unwritable(path, e);
    }
  };
  const file = orFail(() => {
    makeFolder(dirname(path));
    return openSync(path, "a");
  });
  if (keep !== null) orFail(() => ftruncateSync(file, keep));
  return {
    append: (text) => orFail(() => writeFileSync(file, text)),
    close: () => orFail(() => {
      fsyncSync(file);
      closeSync(file);
    }),
  };
}
