// How pictures look: one sheet for the shapes of letters and lines, one per theme for their colours. Pictures name the classes.
import { families, type Family } from "./label.ts";
import type { Theme } from "./palette.ts";

export const shapes = `svg{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.title{font-size:18px;font-weight:650}.facts,.layer,.times,.value-text{font-size:12px}.name,.dims{font-size:10px}.scope,.merge-text{font-size:11px}.name{text-anchor:end;opacity:.62}.times,.merge-text,.value-text{text-anchor:middle}.times,.value-text{font-weight:600}.value-shape{font-weight:400;opacity:.75}.flow,.skip,.merge-sign{fill:none;stroke-width:1.5}.skip,.merge-sign{stroke-width:2;stroke-linecap:round}.merge-box{stroke-width:1.5}`;

/** The colours of a theme; `scope` is a selector that they stand under. */
export function themed(t: Theme, scope = ""): string {
  const rules: [string, string][] = [
    [".background", `fill:${t.background}`], [".title,.times", `fill:${t.text}`], [".facts,.dims,.scope", `fill:${t.faint}`],
    [".flow", `stroke:${t.flow}`], [".head,.port", `fill:${t.flow}`], [".skip", `stroke:${t.skip}`], [".skip-head", `fill:${t.skip}`],
    [".group", `fill:${t.group};stroke:${t.groupLine}`], [".badge", `fill:${t.groupLine}`],
    [".merge-box", `fill:${t.families.merge.fill};stroke:${t.families.merge.line}`], [".merge-sign", `stroke:${t.families.merge.text}`], [".merge-text", `fill:${t.families.merge.text}`],
    [".value-box", `fill:${t.families.value.fill}`], [".value-text", `fill:${t.families.value.text}`],
  ];
  for (const f of Object.keys(families) as Family[]) {
    rules.push([`.${f}`, `fill:${t.families[f].fill};stroke:${t.families[f].line}`], [`.${f}-text`, `fill:${t.families[f].text}`]);
  }
  return rules.map(([selectors, style]) => `${selectors.split(",").map((one) => (scope === "" ? one : `${scope} ${one}`)).join(",")}{${style}}`).join("");
}
