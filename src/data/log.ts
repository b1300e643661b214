// `log.jsonl`, what a training run tells of itself: one record a line, in rising order of steps. Law: a line is whole or it is not there;
// what a killed writer left at the end without its newline is no record.

export interface LogRecord {
  /** How many steps are done. */
  readonly step: number;
  /** Of the step's batch, or the mean since the last record; NaN where training failed. Absent in a record of an evaluation alone. */
  readonly loss?: number;
  /** Share of the same samples that were classified rightly, 0 … 1. */
  readonly accuracy?: number;
  readonly lr?: number;
  /** Mean over the unseen samples. */
  readonly evalLoss?: number;
  /** Share of the unseen samples that were classified wrongly, 0 … 1. */
  readonly evalError?: number;
  readonly imagesPerSecond?: number;
}

const fields = ["step", "loss", "accuracy", "lr", "evalLoss", "evalError", "imagesPerSecond"] as const satisfies readonly (keyof LogRecord)[];

/** One line with its newline; the fields in a fixed order. JSON has no NaN and no infinities: they become null. */
export function logLine(record: LogRecord): string {
  return `${JSON.stringify(Object.fromEntries(fields.filter((f) => record[f] !== undefined).map((f) => [f, record[f]])))}\n`;
}

export interface Log {
  readonly records: readonly LogRecord[];
  /** How many characters the whole lines take, up to and with step `upTo`. */
  readonly length: number;
}

export type ReadLog = Log | { readonly line: number; readonly problem: string };

/** Reads a log, its records of steps after `upTo` left out; or tells which line (from 1) is none, and why. */
export function readLog(text: string, upTo = Infinity): ReadLog {
  const records: LogRecord[] = [];
  let length = 0;
  let last = 0;
  for (let line = 1, end = text.indexOf("\n"); end >= 0; line++, end = text.indexOf("\n", length)) {
    const record = parse(text.slice(length, end));
    if (typeof record === "string") return { line, problem: record };
    if (record.step < last) return { line, problem: `step ${record.step} follows step ${last}` };
    if (record.step > upTo) break;
    last = record.step;
    records.push(record);
    length = end + 1;
  }
  return { records, length };
}

function parse(line: string): LogRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is no JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is no record";
  const record: Partial<Record<keyof LogRecord, number>> = {};
  for (const f of fields) {
    const given = (value as Readonly<Record<string, unknown>>)[f];
    if (given === undefined) continue;
    if (given !== null && typeof given !== "number") return `\`${f}\` is no number`;
    record[f] = given ?? NaN;
  }
  if (record.step === undefined || !Number.isSafeInteger(record.step) || record.step < 0) return "has no step";
  return { ...record, step: record.step };
}
