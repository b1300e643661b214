// Who imports what, where several do and the files change.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Importers } from "../../src/plugin/importers.ts";

const folder = mkdtempSync(join(tmpdir(), "rnlang-importers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrong = "./net.rn?threads=maybe";
const a = join(folder, "a.js");
const b = join(folder, "b.js");
const imports = `import { net } from "${wrong}";\n`;
const found = (importers: Importers): string | undefined => {
  const by = importers.of("id");
  return by?.loc ? `${by.file.slice(folder.length + 1)}:${by.loc.line}:${by.loc.column}` : by?.file.slice(folder.length + 1);
};

test("the last file whose text still has the import is meant", () => {
  const importers = new Importers();
  expect(found(importers)).toBeUndefined();
  writeFileSync(a, imports);
  writeFileSync(b, `\n${imports}`);
  importers.note("id", a, wrong);
  expect(found(importers)).toBe("a.js:1:20");
  importers.note("id", b, wrong);
  expect(found(importers)).toBe("b.js:2:20");
  importers.note("id", a, wrong);
  expect(found(importers)).toBe("a.js:1:20");
  writeFileSync(a, `// ${imports}import { net } from "./net.rn";\n`); // mended
  expect(found(importers)).toBe("b.js:2:20");
  writeFileSync(b, "");
  rmSync(a);
  expect(found(importers)).toBe("a.js");
});

test.each([
  ["a line of comment", `// was "${wrong}"\n`],
  ["a comment of several lines", `/* don't:\n${imports}*/`],
  ["text with slashes", `const web = "http://x" + '//' + \`//"${wrong}"\`; // "${wrong}"\n`],
])("an import is found behind %s", (_, before) => {
  const importers = new Importers();
  writeFileSync(a, before + imports.replaceAll('"', "'"));
  importers.note("id", a, wrong);
  expect(found(importers)).toBe(`a.js:${before.split("\n").length}:${before.endsWith("*/") ? 22 : 20}`);
});
