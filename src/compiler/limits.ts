// Modules for GPUs held against the limits of the devices that they are for: a profile of limits, and the largest batch that is proven to be within.
import { isMet, type Demand } from "../codegen/wgsl/demands.ts";
import { LEAST_LIMITS, type Limits } from "../codegen/wgsl/limits.ts";
import { suggest } from "../language/suggest.ts";
import { LONGEST } from "../runtime/check.ts";
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";

/** Profiles that have a name. */
export const profiles = { spec: LEAST_LIMITS } as const satisfies { readonly [name: string]: Limits };

/** What is wrong with a profile, in a sentence; null where it is one. */
export function problemOfLimits(profile: unknown): string | null {
  if (typeof profile !== "object" || profile === null || Array.isArray(profile)) return "limits are an object of numbers by WebGPU's names, as an adapter has them";
  for (const [name, value] of Object.entries(profile)) {
    if (!Object.hasOwn(LEAST_LIMITS, name)) {
      const near = suggest(name, Object.keys(LEAST_LIMITS));
      return `WebGPU has no limit ${JSON.stringify(name)}${near ? `: did you mean ${near}?` : ""}`;
    }
    if (!Number.isSafeInteger(value) || (value as number) < 0) return `${name} is a whole number, not ${JSON.stringify(value)}`;
    if (name.startsWith("min") && !Number.isInteger(Math.log2(value as number))) return `${name} is a power of two, not ${String(value)}`;
  }
  return null;
}

/** Throws a RangeError where the options are not what they can be. */
export function checkLimits({ limits, maxBatch }: { readonly limits?: Partial<Limits>; readonly maxBatch?: number }, target: string): void {
  if (limits === undefined && maxBatch === undefined) return;
  if (target !== "wgsl") throw new RangeError(`limits and maxBatch are about GPUs; --target ${target} has none`);
  const problem = limits === undefined ? null : problemOfLimits(limits);
  if (problem !== null) throw new RangeError(problem);
  if (maxBatch !== undefined && !(Number.isSafeInteger(maxBatch) && maxBatch >= 1)) throw new RangeError(`maxBatch is a whole number from 1, not ${maxBatch}`);
}

/** What is held against the limits: demands for batches up to one. */
export interface Claim {
  readonly demands: readonly Demand[];
  readonly batch: number;
  /** What makes the batch smaller. */
  readonly lever: string;
}

/** One diagnostic for each limit that is too low, about what asks for most. */
export function beyondLimits(name: string, span: Span, claims: readonly Claim[], limits: Partial<Limits> = {}): readonly Diagnostic[] {
  const all: Limits = { ...LEAST_LIMITS, ...limits };
  return claims.flatMap(({ demands, batch, lever }) => {
    const unmet = demands.filter((d) => !isMet(d, all, batch));
    const worst = new Map<Demand["limit"], Demand>();
    for (const d of unmet) if (!worst.has(d.limit) || d.amount(batch) > worst.get(d.limit)!.amount(batch)) worst.set(d.limit, d);
    return [...worst.values()].map((d) => {
      const has = d.limit === "indices" ? `kernels count at most ${LONGEST}` : `${d.limit} is ${all[d.limit]}`;
      const smaller = largestBatch(unmet, all, batch);
      const help = [...(smaller > 0 ? [`${lever} ${smaller} is within the limits`] : []), ...(d.limit === "indices" ? [] : [`for devices that have more: --limits with the limits of their adapter, a JSON file`])];
      return diagnostic("RN801", span, `${name} with a batch of ${batch}: ${d.what} needs ${d.amount(batch)}${unitOf(d.limit)}; ${has}`, { help });
    });
  });
}

function unitOf(limit: Demand["limit"]): string {
  return limit === "indices" ? " elements" : /(Buffer|Binding|Storage)Size$/.test(limit) ? " bytes" : "";
}

/** Where nobody says for how many samples a module is wanted: as many as fit, up to these. */
const PLENTY = 64;

/** The batches up to which the demands are met, of those that are likely; 1 where not even that is. */
export function likelyBatch(demands: readonly Demand[], limits: Partial<Limits> = {}): number {
  return Math.max(1, largestBatch(demands, { ...LEAST_LIMITS, ...limits }, PLENTY + 1));
}

/** The largest batch for which the demands are met, 0 where none is: they grow with it. */
function largestBatch(demands: readonly Demand[], limits: Limits, beyond: number): number {
  let [met, unmet] = [0, beyond];
  while (unmet - met > 1) {
    const middle = Math.floor((met + unmet) / 2);
    if (demands.every((d) => isMet(d, limits, middle))) met = middle;
    else unmet = middle;
  }
  return met;
}
