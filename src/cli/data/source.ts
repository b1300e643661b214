// `--data KIND:WHERE` → samples. One table of kinds: `--help`, completion and the messages read it.
import type { DataSet, Split } from "../../data/dataset.ts";
import { levels, type LevelName } from "../../data/glyphs/levels.ts";
import { remembering } from "../../data/remember.ts";
import { usageError } from "../exit.ts";
import { alternatives } from "../table.ts";

interface Kind {
  readonly usage: string;
  /** What is read where nothing stands after the kind's name; without it something must. */
  readonly default?: string;
  /** Has the source a `test` split besides what it gives for `train`? */
  readonly unseen: (where: string) => Promise<boolean>;
  readonly read: (where: string, split: Split, scale: number | null) => Promise<DataSet>;
}

export const dataKinds: Readonly<Record<string, Kind>> = {
  glyphs: {
    usage: `glyphs[:${Object.keys(levels).join("|")}]`,
    default: "easy",
    unseen: async () => true,
    read: async (where, split) => {
      if (!Object.hasOwn(levels, where)) throw usageError(`glyphs has no level ${JSON.stringify(where)}`, `write glyphs:${alternatives(Object.keys(levels))}`);
      const all = (await import("../../data/glyphs/dataset.ts")).glyphs(where as LevelName, split);
      return split === "test" ? remembering(all) : all; // training asks for its test images again and again
    },
  },
  cifar10: {
    usage: "cifar10:FILE or cifar10:FOLDER",
    unseen: async (where) => (await import("./cifar10.ts")).hasTestBatch(where),
    read: async (where, split) => (await import("./cifar10.ts")).readCifar10(where, split),
  },
  idx: {
    usage: "idx:IMAGES,LABELS or idx:FOLDER",
    unseen: async (where) => (await import("./idx.ts")).hasTestFiles(where),
    read: async (where, split) => (await import("./idx.ts")).readIdx(where, split),
  },
  csv: {
    usage: "csv:FILE",
    unseen: async () => false,
    read: async (where, _, scale) => (await import("./csv.ts")).readCsv(where, scale ?? 1),
  },
};

/**
 * Reads what `spec` names. `split` chooses where a source knows both: of glyphs and of folders; files are read as they are.
 * `scale` multiplies every value of a csv; the other kinds know their own.
 */
export async function readData(spec: string, scale: number | null, split: Split = "test"): Promise<DataSet> {
  const { kind, where } = find(spec);
  if (scale !== null && !isScaled(spec)) throw usageError("--scale is for csv: images are divided by 255 already");
  return kind.read(where, split, scale);
}

/** Is it for the user to say what the values are multiplied by? */
export function isScaled(spec: string): boolean {
  return parts(spec)[0] === "csv";
}

/** The samples that `spec` keeps apart from those to learn from; null where it does not. */
export async function readUnseen(spec: string, scale: number | null): Promise<DataSet | null> {
  const { kind, where } = find(spec);
  return (await kind.unseen(where)) ? readData(spec, scale, "test") : null;
}

function find(spec: string): { readonly kind: Kind; readonly where: string } {
  const [name, given] = parts(spec);
  const kind = Object.hasOwn(dataKinds, name) ? dataKinds[name]! : null;
  const where = given ?? kind?.default;
  if (kind && where) return { kind, where };
  throw usageError(`${JSON.stringify(spec)} is no data source`, `write ${alternatives(Object.values(dataKinds).map((k) => k.usage))}`);
}

/** "csv:x" → csv and x; "glyphs" → glyphs and nothing. */
function parts(spec: string): readonly [name: string, where: string | null] {
  const colon = spec.indexOf(":");
  return colon < 0 ? [spec, null] : [spec.slice(0, colon), spec.slice(colon + 1)];
}
