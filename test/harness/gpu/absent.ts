// What a test does where something it needs is absent: it is skipped and says why. Law: RNC_REQUIRE_GPU=1 makes that a failure (`.ci/run` sets it).

const told = new Set<string>();

/** Says once in a process that tests are skipped, and why; throws where they must not be. */
export function tellAbsent(what: string, why: string): void {
  if (process.env["RNC_REQUIRE_GPU"] === "1") throw new Error(`${what}: ${why}; RNC_REQUIRE_GPU=1 does not let its tests be skipped`);
  if (!told.has(what)) console.warn(`${what}: ${why}. Its tests are skipped`);
  told.add(what);
}
