// Writing `log.jsonl` of a training run, and going on with the one of a run that was stopped.
import { basename } from "node:path";
import { logLine, readLog, type LogRecord } from "../data/log.ts";
import { failure } from "./exit.ts";
import { decode, limits, openAppend, readTrusted, type Appender } from "./files.ts";

export interface LogWriter {
  /** What was in the log when it was opened, then what was added. */
  readonly records: readonly LogRecord[];
  add(record: LogRecord): void;
  /** Waits until all is on the disk. */
  close(): void;
}

/** Begins a log; one that is there is replaced. */
export function newLog(path: string): LogWriter {
  return writer(openAppend(path, 0), []);
}

/**
 * Goes on after `step`: records of later steps, which a run made after its last checkpoint, are dropped, since they will be made again; so
 * is a torn last line. A log that is not there is begun. A line that is no record: exit 1, with its number.
 */
export function resumeLog(path: string, step: number): LogWriter {
  const bytes = openExisting(path);
  const text = decode(bytes);
  if (text === null) throw failure(`${basename(path)} is not UTF-8 text`);
  const log = readLog(text, step);
  if ("problem" in log) throw failure(`${basename(path)}:${log.line} ${log.problem}`, "move the file away; training then begins a new log");
  return writer(openAppend(path, Buffer.byteLength(text.slice(0, log.length))), log.records);
}

function openExisting(path: string): Uint8Array {
  const appender = openAppend(path, null);
  appender.close();
  return readTrusted(path, limits.data);
}

function writer(file: Appender, earlier: readonly LogRecord[]): LogWriter {
  const records = [...earlier];
  return {
    records,
    add: (record) => {
      file.append(logLine(record));
      records.push(record);
    },
    close: () => file.close(),
  };
}
