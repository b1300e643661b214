// What the TypeScript compiler says of texts. Its own libraries are read and bound once per process, and not checked: that is TypeScript's matter.
import ts from "typescript";

const libraries = new Map<string, ts.SourceFile | undefined>();

/** What tsc --strict says of these files, or with other options too. */
export function typeErrors(files: Readonly<Record<string, string>>, more: ts.CompilerOptions = {}): string[] {
  const options: ts.CompilerOptions = { strict: true, ...more, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [], skipDefaultLibCheck: true };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) => {
    if (files[name] !== undefined) return ts.createSourceFile(name, files[name], version, true);
    if (!libraries.has(name)) libraries.set(name, read(name, version));
    return libraries.get(name);
  };
  delete host.directoryExists;
  host.fileExists = ((exists) => (name: string) => files[name] !== undefined || exists(name))(host.fileExists.bind(host));
  return ts.getPreEmitDiagnostics(ts.createProgram(Object.keys(files), options, host)).map((d) => `${d.file?.fileName}:${d.start}: ${ts.flattenDiagnosticMessageText(d.messageText, " ")}`);
}

/** A module as it is checked: without the line that spares it where a project is stricter. */
export function unspared(text: string): string {
  return text.replace(/^\/\/ @ts-nocheck.*\n/m, "");
}
