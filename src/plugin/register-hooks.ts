// The hooks of `rnlang/register` in the thread where Node 20 keeps them.
import { loadProgram, type LoadedModule } from "./node.ts";

export async function load(url: string, context: object, next: (url: string, context: object) => Promise<LoadedModule>): Promise<LoadedModule> {
  return loadProgram(url) ?? next(url, context);
}
