// What survives a kill: a replaced file is old or new, a log loses at most the line that was being written.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { replaceFile } from "../../src/cli/files.ts";
import { newLog, resumeLog } from "../../src/cli/log.ts";
import { logLine, readLog, type Log, type LogRecord } from "../../src/data/log.ts";
import { count } from "../harness/tier.ts";

let at: string;
beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), "rnc-durable-"));
});

describe("replaceFile", () => {
  test("makes folders, replaces, leaves nothing behind, clears what killed writers left", () => {
    const path = join(at, "run", "last.safetensors");
    replaceFile(path, "one");
    writeFileSync(join(at, "run", ".last.safetensors.99999.tmp"), "torn");
    writeFileSync(join(at, "run", ".other.safetensors.99999.tmp"), "another's");
    replaceFile(path, Uint8Array.of(50));
    expect(readFileSync(path, "utf8")).toBe("2");
    expect(readdirSync(join(at, "run")).sort()).toEqual([".other.safetensors.99999.tmp", "last.safetensors"]);
  });
  test("folders, links and missing rights are errors; the old file stays", () => {
    mkdirSync(join(at, "folder"));
    writeFileSync(join(at, "target"), "precious");
    symlinkSync("target", join(at, "link"));
    for (const name of ["folder", "link"]) expect(() => replaceFile(join(at, name), "x")).toThrow(`${name} is in the way: it is not a regular file`);
    expect(() => replaceFile(join(at, "target", "x"), "x")).toThrow("cannot write");
    expect(readFileSync(join(at, "target"), "utf8")).toBe("precious");
    expect(readdirSync(at).sort()).toEqual(["folder", "link", "target"]);
  });
  test("killed at any moment: the file is whole, and the log is readable", async () => {
    const source = `import { replaceFile } from ${JSON.stringify(new URL("../../src/cli/files.ts", import.meta.url).pathname)};
      import { newLog } from ${JSON.stringify(new URL("../../src/cli/log.ts", import.meta.url).pathname)};
      const log = newLog("log.jsonl");
      for (let i = 0; ; i++) { replaceFile("checkpoint", new Uint8Array(200_000).fill(i)); for (let k = 0; k < 50; k++) log.add({ step: 50 * i + k, loss: 1 / (i + 1) }); }`;
    writeFileSync(join(at, "writer.ts"), source);
    for (let round = 0; round < count(3, 30); round++) {
      const child = spawn(process.execPath, ["--import", new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href, "writer.ts"], { cwd: at, stdio: "ignore" });
      const gone = new Promise((resolve) => child.on("exit", resolve));
      await until(() => existsSync(join(at, "log.jsonl")) && readFileSync(join(at, "log.jsonl")).length > 100);
      await new Promise((resolve) => setTimeout(resolve, 1 + 13 * round));
      child.kill("SIGKILL");
      await gone;
      const bytes = readFileSync(join(at, "checkpoint"));
      expect([bytes.length, bytes.every((b) => b === bytes[0])]).toEqual([200_000, true]);
      const log = readLog(readFileSync(join(at, "log.jsonl"), "utf8"));
      expect(log).toMatchObject({ records: expect.any(Array) });
      expect((log as Log).records.map((r) => r.step)).toEqual([...(log as Log).records.keys()]);
      writeFileSync(join(at, "log.jsonl"), "");
    }
  });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("log.jsonl", () => {
  const path = (): string => join(at, "log.jsonl");
  const text = (): string => readFileSync(path(), "utf8");

  test("one record a line, fields in their order; what is not finite is null, and NaN again", () => {
    expect(logLine({ lr: 0.1, loss: 2.5, step: 7 })).toBe('{"step":7,"loss":2.5,"lr":0.1}\n');
    expect(logLine({ step: 1, loss: NaN })).toBe('{"step":1,"loss":null}\n');
    expect(readLog('{"step":1,"loss":null}\n')).toEqual({ records: [{ step: 1, loss: NaN }], length: 23 });
    const record: LogRecord = { step: 3, loss: 0.1 + 0.2, accuracy: 1 / 3, lr: 1e-7, evalLoss: 5e-324, evalError: 0, imagesPerSecond: 1e21 };
    expect(readLog(logLine(record))).toMatchObject({ records: [record] });
  });
  test("a torn last line is no record", () => {
    const whole = logLine({ step: 1, loss: 1 }) + logLine({ step: 2, loss: 1 });
    for (let cut = 1; cut < 20; cut++) expect(readLog(whole + logLine({ step: 3, loss: 1 }).slice(0, cut))).toMatchObject({ records: [{ step: 1 }, { step: 2 }], length: whole.length });
    expect(readLog("")).toEqual({ records: [], length: 0 });
  });
  test("a line that is no record is named", () => {
    const first = logLine({ step: 5 });
    for (const [line, problem] of [["{", "is no JSON"], ["[1]", "is no record"], ["null", "is no record"], ['{"loss":1}', "has no step"], ['{"step":1.5}', "has no step"], ['{"step":6,"loss":"x"}', "`loss` is no number"], ['{"step":4}', "step 4 follows step 5"]]) {
      expect(readLog(`${first}${line}\n`)).toEqual({ line: 2, problem });
    }
  });
  test("a new log replaces; a resumed one goes on after the checkpoint's step, the torn line gone", () => {
    const log = newLog(path());
    for (const step of [1, 2, 3, 4]) log.add({ step, loss: step });
    log.add({ step: 4, evalError: 0.5 });
    log.close();
    appendFileSync(path(), '{"step":5,"lo');
    const resumed = resumeLog(path(), 3);
    expect(resumed.records.map((r) => r.step)).toEqual([1, 2, 3]);
    resumed.add({ step: 4, loss: 9 });
    resumed.close();
    expect(text()).toBe([1, 2, 3].map((step) => logLine({ step, loss: step })).join("") + logLine({ step: 4, loss: 9 }));
    newLog(path()).close();
    expect(text()).toBe("");
  });
  test("resuming without a log begins one; a spoilt one is an error with its line", () => {
    const log = resumeLog(join(at, "deep", "log.jsonl"), 10);
    expect(log.records).toEqual([]);
    log.close();
    writeFileSync(path(), `${logLine({ step: 1 })}oops\n`);
    expect(() => resumeLog(path(), 10)).toThrow("log.jsonl:2 is no JSON");
    expect(text()).toContain("oops");
  });
});
