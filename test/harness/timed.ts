// What work costs, asked so that a busy machine cannot answer: processor time, not wall time, and the least of three where the first
// is not below the limit (the collector's threads and a cold compiler count as processor time too).

export function timed<T>(work: () => T, limit = 1_000): { readonly result: T; readonly ms: number } {
  let best: { readonly result: T; readonly ms: number } | undefined;
  for (let k = 0; k < 3 && !(best && best.ms < limit); k++) {
    const before = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (!best || ms < best.ms) best = { result, ms };
  }
  return best!;
}
