// The folder of a training run. Laws: what is there and is not rnc's is never replaced; of each file that is replaced somebody sees the old
// bytes or the new ones; a checkpoint is only replaced by the run that goes on from it.
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../compiler/version.ts";
import { readLog, type LogRecord } from "../../data/log.ts";
import { curves } from "../../draw/curves.ts";
import { xml } from "../../draw/svg.ts";
import { failure, usageError } from "../exit.ts";
import { decode, limits, readTrusted, replaceFile } from "../files.ts";
import { isFolder } from "../folders.ts";
import { isOurs } from "../weights.ts";

export interface RunFolder {
  readonly checkpoint: string;
  readonly log: string;
  readonly curves: string;
  readonly weights: string;
}

const mark = "made by rnc train";

/** The paths, and the checkpoint to go on from where there is one, after a look at what is there. */
export function openFolder(out: string, name: string, resume: boolean): { readonly folder: RunFolder; readonly checkpoint: Uint8Array | null } {
  if (out === "") throw usageError("--out wants a folder", "a dot is the current one");
  const folder: RunFolder = { checkpoint: join(out, "checkpoint.safetensors"), log: join(out, "log.jsonl"), curves: join(out, "curves.svg"), weights: join(out, `${name}.safetensors`) };
  if (lstatSync(out, { throwIfNoEntry: false }) && !isFolder(out)) throw usageError(`--out: ${out} is no folder`);
  checkOurs(folder.weights, isOurs);
  checkOurs(folder.log, isLog);
  checkOurs(folder.curves, (bytes) => decode(bytes)?.includes(`<!-- ${mark}`) ?? false);
  const there = checkOurs(folder.checkpoint, isOurs);
  if (!there) return { folder, checkpoint: null };
  if (!resume) throw failure(`${out} holds a training run already`, "go on with it: --resume; or choose another folder with --out");
  return { folder, checkpoint: readTrusted(folder.checkpoint, limits.weights) };
}

/** Is there such a file? */
function checkOurs(path: string, ours: (existing: Uint8Array) => boolean): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return false;
  if (!stats.isFile()) throw failure(`${path} is in the way: it is not a regular file`);
  if (!ours(readFileSync(path))) throw failure(`${path} is in the way: rnc train did not write it, or it is damaged`, "move it away, or choose another folder with --out");
  return true;
}

function isLog(bytes: Uint8Array): boolean {
  const text = decode(bytes);
  return text !== null && "records" in readLog(text) && (text === "" || text.startsWith('{"step":'));
}

export function writeCurves(path: string, title: string, records: readonly LogRecord[]): void {
  replaceFile(path, curves(title, records).replace("\n", `\n<!-- ${mark} ${xml(version)} -->\n`));
}
