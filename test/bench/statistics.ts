// The two numbers that a list of times is reported as: the best is what the work takes, the median what one waits.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

export function best(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
