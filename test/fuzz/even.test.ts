// Random graphs with even seeds; a file of its own so that two run at a time.
import { shard } from "./shard.ts";

shard(0, 2);
