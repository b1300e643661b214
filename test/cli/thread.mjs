// The built command in a thread: `rnc.js` is evaluated anew for every call, the chunks behind it are loaded once. What a process gives
// it (arguments, environment, stdin, two streams) is what the call says; the folder it runs in is that of the whole process.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { workerData } from "node:worker_threads";

const { port, done, bin } = workerData;
const own = { ...process.env };
const { readFileSync } = fs;
let input = "";
fs.readFileSync = (path, ...more) => (path === 0 ? Buffer.from(input) : readFileSync(path, ...more));
syncBuiltinESMExports();

function capture(stream) {
  const chunks = [];
  stream.write = (chunk, encoding, then = encoding) => {
    chunks.push(Buffer.from(chunk));
    if (typeof then === "function") then();
    return true;
  };
  stream.removeAllListeners("error"); // those of the call before
  return () => Buffer.concat(chunks).toString();
}

let calls = 0;
port.on("message", async (call) => {
  input = call.input;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, own, call.env);
  process.argv = [process.execPath, bin, ...call.args];
  process.exitCode = undefined;
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  try {
    await import(`${bin}?call=${calls++}`);
    port.postMessage({ code: process.exitCode, stdout: stdout(), stderr: stderr() });
  } catch (e) {
    port.postMessage({ code: null, stdout: stdout(), stderr: `${stderr()}${e.stack}` });
  }
  process.exitCode = undefined;
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
