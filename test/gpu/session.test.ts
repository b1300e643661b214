// What a net or a trainer waits for on its device: a loss that is told late, and nothing that is kept for ever.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { GpuSession } from "../../src/runtime/gpu/session.ts";

/** A device that does nothing, and is lost when it is told to be. */
function nothing(): { readonly device: object; lose(): void } {
  let lose = (): void => undefined;
  const lost = new Promise((resolve) => (lose = () => resolve({ message: "unplugged" })));
  const popErrorScope = async (): Promise<null> => null;
  return { device: { lost, features: new Set(), limits: { maxBufferSize: 2 ** 28 }, createComputePipelineAsync: () => undefined, pushErrorScope: () => undefined, popErrorScope }, lose };
}
const open = (device: object): Promise<GpuSession> => GpuSession.open("net", device, 1, 16, async (session) => session);
const failure = (name: string) => async (): Promise<never> => Promise.reject(new DOMException("it went wrong", name));

test.each(["AbortError", "OperationError"])("a loss that is told after what it makes fail is the error: %s", async (name) => {
  const { device, lose } = nothing();
  const session = await open(device);
  const refused = session.guarded(failure(name));
  setTimeout(lose, 20);
  await expect(refused).rejects.toMatchObject({ name: "RncError", code: "device", message: expect.stringContaining("unplugged") });
  await expect(session.guarded(() => 1)).rejects.toMatchObject({ code: "device" });
});

test("where there is no loss, what the engine threw is in the error", async () => {
  const session = await open(nothing().device);
  await expect(session.alone(() => session.guarded(failure("OperationError")))).rejects.toMatchObject({ name: "RncError", code: "gpu", message: "the GPU refuses the net: it went wrong" });
  expect(await session.alone(() => session.guarded(() => 1))).toBe(1);
});

test("results live no longer than who asked for them", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const session = await open(nothing().device);
  const result = new WeakRef(await session.guarded(() => ({})));
  await new Promise((resolve) => setTimeout(resolve)); // a WeakRef holds until the turn of the engine is over
  collect();
  expect(result.deref()).toBeUndefined();
  session.close();
});
