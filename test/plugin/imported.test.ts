// What an import becomes where the plugin is asked for what cannot be.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openImported } from "../../src/cli/imported.ts";
import { sentenceOf } from "../../src/plugin/problems.ts";

test("weights that are too large to go into a module are told with what to do instead", () => {
  const glyphs = fileURLToPath(new URL("../../examples/glyphs.rn", import.meta.url));
  const said = (): string => {
    try {
      openImported(glyphs, {}, { inlineWeights: true });
      return "nothing";
    } catch (e) {
      return sentenceOf(e);
    }
  };
  expect(said()).toMatch(/^inlineWeights: the weights of glyphs are [\d,]+ bytes; at most 65,536 go into a module \(leave it out, and pass the file to create: glyphs\.create\(\{ weights \}\)\)$/);
});
