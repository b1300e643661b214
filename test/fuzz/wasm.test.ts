// Random graphs through `--target wasm`.
import { shard } from "./shard.ts";

shard(0, 1, { graphs: [300, 20_000], target: "wasm", rms: 2 });
