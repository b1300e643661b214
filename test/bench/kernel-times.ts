// Times of single kernel calls inside whole runs: every export of every WebAssembly instance made from here on is wrapped in a clock.
// The generated module is what users get, untouched; what a clock costs is measured and taken off.

type Exports = Record<string, (...numbers: number[]) => unknown>;

let times: number[] = [];

export function recordKernels(): void {
  const original = WebAssembly.instantiate as unknown as (module: object, imports: object) => Promise<{ exports: Exports }>;
  const overhead = clockCost();
  const wrapped = async (module: object, imports: object): Promise<{ exports: Exports }> => {
    const { exports } = await original(module, imports);
    return { exports: Object.fromEntries(Object.entries(exports).map(([name, f]) => [name, timed(f, overhead)])) };
  };
  WebAssembly.instantiate = wrapped as unknown as typeof WebAssembly.instantiate;
}

/** Milliseconds of the calls since this was asked last, in order. */
export function takeKernelTimes(): number[] {
  const taken = times;
  times = [];
  return taken;
}

function timed(f: (...numbers: number[]) => unknown, overhead: number): (...numbers: number[]) => unknown {
  return (...numbers) => {
    const start = performance.now();
    const result = f(...numbers);
    times.push(Math.max(0, performance.now() - start - overhead));
    return result;
  };
}

/** Milliseconds between two looks at the clock. */
function clockCost(): number {
  const gaps = Array.from({ length: 10_000 }, () => -(performance.now() - performance.now()));
  return gaps.sort((a, b) => a - b)[gaps.length >> 1]!;
}
