// Random graphs with odd seeds; a file of its own so that two run at a time.
import { shard } from "./shard.ts";

shard(1, 2);
