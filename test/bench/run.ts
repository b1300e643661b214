// `npm run bench`: what the README claims, measured in one run on this machine; peers pinned, installed here, and compared before timing.
import { cpus } from "node:os";
import { compileTimes } from "./wall.ts";
import { latency } from "./latency.ts";
import { installPeers, versions } from "./peers.ts";

installPeers();
const lines = [
  `${new Date().toISOString().slice(0, 10)} · ${cpus()[0]?.model.trim()} · Node ${process.versions.node} · tfjs ${versions["@tensorflow/tfjs-core"]}`,
  "",
  ...(await latency()),
  "",
  ...compileTimes(),
];
console.log(lines.join("\n"));
