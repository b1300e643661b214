// The hooks of `rnlang/register` in the thread where Node 20 keeps them.
import { loadProgram, noteImport, type LoadedModule, type ResolveContext, type ResolvedModule } from "./node.ts";

export async function resolve(specifier: string, context: ResolveContext, next: (specifier: string, context: object) => Promise<ResolvedModule>): Promise<ResolvedModule> {
  const resolved = await next(specifier, context);
  noteImport(resolved, specifier, context);
  return resolved;
}

export async function load(url: string, context: object, next: (url: string, context: object) => Promise<LoadedModule>): Promise<LoadedModule> {
  return loadProgram(url) ?? next(url, context);
}
