// The measurements as Markdown for the README. Ratios above 1 mean that the module of ours is faster.
import { isLarge, isPointwise, isStridedThreeByThree, isThreeByThree, speedOf, type Layers } from "./layers.ts";
import type { Figure, Row } from "./measure.ts";
import type { Peak } from "./peak.ts";
import type { EngineName } from "./protocol.ts";

export const titles: Readonly<Record<EngineName, string>> = {
  wasm: "rnc `wasm`", ts: "rnc `ts`", "ort-node": "onnxruntime-node, native", "ort-web": "onnxruntime-web, wasm", "tfjs-wasm": "tfjs wasm", "tfjs-cpu": "tfjs cpu",
  wgsl: "rnc `wgsl`", "ort-webgpu": "onnxruntime-node, WebGPU", "wgsl-page": "rnc `wgsl`, page", "tfjs-page": "tfjs webgpu, page", "jax-page": "jax-js webgpu, page",
};

/** A table row for each network and batch, a column for each engine. */
export function latencyTable(rows: readonly Row[], engines: readonly EngineName[], peak: Peak): string[] {
  const threads = rows[0]!.threads;
  const peers = engines.filter((e) => e !== "wasm");
  return [
    `Latency, ${threads === 1 ? "one thread" : `${threads} threads`}: median ms (best), beside it how many times longer than \`wasm\` by medians (by bests)`,
    "",
    ...head(["network", "batch", titles.wasm, "GFLOP/s", ...(threads === 1 ? ["of peak"] : []), ...peers.map((p) => titles[p])]),
    ...rows.map((row) => {
      const own = row.figures.find((f) => f.engine === "wasm");
      const speed = own ? (2 * row.macs * row.batch) / own.median / 1e6 : null;
      return line([
        row.title, row.batch, own ? time(own) : "–", speed?.toFixed(1) ?? "–",
        ...(threads === 1 ? [speed === null ? "–" : percent(speed / peak.best)] : []),
        ...peers.map((p) => beside(row.figures.find((f) => f.engine === p), own)),
      ]);
    }),
  ];
}

function beside(peer: Figure | undefined, own: Figure | undefined): string {
  if (!peer) return "–";
  return own ? `${time(peer)} · ${ratio(peer.median / own.median)} (${ratio(peer.best / own.best)})` : time(peer);
}

/** A median of few runs is none. */
function time({ median, best, runs }: Figure): string {
  return runs < 3 ? `${ms(median)} (${runs} run${runs > 1 ? "s" : ""})` : `${ms(median)} (${ms(best)})`;
}

/** One number for each engine. */
export function table(title: string, rows: readonly Row[], engines: readonly EngineName[], cell: (f: Figure) => string): string[] {
  return [
    title,
    "",
    ...head(["network", "batch", "threads", ...engines.map((e) => titles[e])]),
    ...rows.map((row) => line([row.title, row.batch, row.threads, ...engines.map((e) => {
      const f = row.figures.find((f) => f.engine === e);
      return f ? cell(f) : "–";
    })])),
  ];
}

export function comparisons(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => {
    const others = row.figures.filter((f) => f.engine !== row.reference).map((f) => `${f.engine} ${f.difference.toExponential(1)}`);
    const left = row.left.length > 0 ? ` (left out: ${row.left.join("; ")})` : "";
    return `- ${row.title}, batch ${row.batch}, ${row.threads} thread${row.threads > 1 ? "s" : ""}: ${others.join(", ")} from ${row.reference}${left}`;
  });
}

export function layersTable({ title, layers }: Layers, peak: Peak): string[] {
  return [
    `Kernels of ${title}, inside whole runs, batch 1, one thread`,
    "",
    ...head(["kernel", "shapes", "calls", "median ms (best)", "GFLOP/s", "of peak"]),
    ...layers.map((l) => {
      const speed = l.flops / l.median / 1e6;
      return line([`\`${l.label}\``, l.shapes, l.count, `${l.median.toFixed(3)} (${l.best.toFixed(3)})`, ...(l.flops > 0 ? [speed.toFixed(1), percent(speed / peak.best)] : ["–", "–"])]);
    }),
  ];
}

/** What the project promises of its kernels. */
export function promises(all: readonly Layers[], peak: Peak): string[] {
  const asked: readonly { readonly network: string; readonly what: string; readonly of: Parameters<typeof speedOf>[1] }[] = [
    { network: "resnet50", what: "1×1 layers of ResNet-50 with K ≥ 128", of: isPointwise },
    { network: "resnet18", what: "3×3 layers of ResNet-18, stride 1, 56² and 28², direct-equivalent", of: (n) => isThreeByThree(n) && isLarge(n) },
    { network: "resnet18", what: "3×3 layers of ResNet-18, stride 1, 14² and 7², direct-equivalent", of: (n) => isThreeByThree(n) && !isLarge(n) },
    { network: "resnet18", what: "3×3 layers of ResNet-18, stride 2", of: isStridedThreeByThree },
  ];
  return asked.flatMap(({ network, what, of }) => {
    const measured = all.find((l) => l.network === network);
    const speed = measured && speedOf(measured, of);
    if (!speed) return [];
    const share = (gflops: number): string => `${gflops.toFixed(1)} GFLOP/s, ${percent(gflops / peak.best)} of peak`;
    return [`- ${what}: ${share(speed.median)} (bests: ${share(speed.best)}; slowest layer: ${share(speed.slowest)})`];
  });
}

export function peakLine({ plain, relaxed }: Peak): string {
  return `Peak of one core: ${plain.toFixed(1)} GFLOP/s plain SIMD, ${relaxed === null ? "no relaxed SIMD here" : `${relaxed.toFixed(1)} relaxed`}`;
}

export function head(titles: readonly string[]): string[] {
  return [line(titles), `|${titles.map(() => "---|").join("")}`];
}

export function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

export function ms(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function ratio(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)}×`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
