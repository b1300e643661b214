// Global set-up of the full tier: the faster software GPU is fetched once, before the tests' processes ask for one. Where it cannot be had, they do without.
import { full } from "../tier.ts";
import { fetchLavapipe } from "./lavapipe.ts";

export default function setup(): void {
  if (!full || process.env["RNC_GPU"] !== undefined) return;
  try {
    fetchLavapipe();
  } catch (e) {
    console.warn(`${(e as Error).message}. WGSL runs on SwiftShader instead`);
  }
}
