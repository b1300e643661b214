// `--data KIND:WHERE` → samples. One table of kinds: `--help`, completion and the messages read it.
import { usageError } from "../exit.ts";
import { alternatives } from "../table.ts";
import type { DataSet } from "./dataset.ts";

interface Kind {
  readonly usage: string;
  readonly read: (where: string, scale: number | null) => Promise<DataSet>;
}

export const dataKinds: Readonly<Record<string, Kind>> = {
  cifar10: {
    usage: "cifar10:FILE or cifar10:FOLDER",
    read: async (where) => (await import("./cifar10.ts")).readCifar10(where),
  },
  idx: {
    usage: "idx:IMAGES,LABELS",
    read: async (where) => {
      const files = where.split(",");
      if (files.length !== 2 || files.includes("")) throw usageError(`idx wants two files, not ${JSON.stringify(where)}`, "write idx:IMAGES,LABELS");
      return (await import("./idx.ts")).readIdx(files[0]!, files[1]!);
    },
  },
  csv: {
    usage: "csv:FILE",
    read: async (where, scale) => (await import("./csv.ts")).readCsv(where, scale ?? 1),
  },
};

/** `scale` multiplies every value of a csv; the other kinds know their own. */
export async function readData(spec: string, scale: number | null): Promise<DataSet> {
  const colon = spec.indexOf(":");
  const kind = Object.hasOwn(dataKinds, spec.slice(0, Math.max(colon, 0))) ? dataKinds[spec.slice(0, colon)]! : null;
  if (!kind || colon === spec.length - 1) {
    throw usageError(`${JSON.stringify(spec)} is no data source`, `write ${alternatives(Object.values(dataKinds).map((k) => k.usage))}`);
  }
  if (scale !== null && !spec.startsWith("csv:")) throw usageError("--scale is for csv: images are divided by 255 already");
  return kind.read(spec.slice(colon + 1), scale);
}
