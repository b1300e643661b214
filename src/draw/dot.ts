// A scene for Graphviz: groups are clusters, skips are edges that do not bend the layering. Law: `dotString` is the only way in for text.
import type { Caption } from "./svg.ts";
import type { Direction } from "./layout.ts";
import { light } from "./palette.ts";
import type { Box, Scene } from "./scene.ts";

/** A quoted string of the DOT language; control characters become replacement characters, backslashes stay backslashes. */
export function dotString(text: string): string {
  return `"${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd").replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

export function dot(scene: Scene, caption: Caption, direction: Direction): string {
  const lines = [
    `digraph ${dotString(caption.title)} {`,
    `  label=${dotString(`${caption.title}: ${caption.facts}`)}; labelloc=t; rankdir=${direction === "down" ? "TB" : "LR"}; compound=true;`,
    `  fontname="Helvetica"; node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled"]; edge [fontname="Helvetica", fontsize=9, color="${light.flow}"];`,
    ...body(scene, "  "),
    "}",
  ];
  return lines.join("\n") + "\n";
}

function body(scene: Scene, indent: string): string[] {
  const boxes = new Map(scene.boxes.map((b) => [b.id, b]));
  return [
    ...scene.boxes.flatMap((b) => drawBox(b, indent)),
    ...scene.edges.map((e) => {
      const from = boxes.get(e.from)!;
      const to = boxes.get(e.to)!;
      const style = [
        `label=${dotString(e.arc ? "" : e.shape)}`,
        ...(e.arc || e.shortcut ? [`color="${light.skip}"`, "penwidth=1.5"] : []),
        ...(e.arc ? ["constraint=false"] : []),
        ...(from.kind === "group" ? [`ltail=${dotString(`cluster ${from.id}`)}`] : []),
        ...(to.kind === "group" ? [`lhead=${dotString(`cluster ${to.id}`)}`] : []),
      ];
      return `${indent}${dotString(last(from))} -> ${dotString(first(to))} [${style.join(", ")}];`;
    }),
  ];
}

function drawBox(b: Box, indent: string): string[] {
  const node = (label: string, ...style: string[]): string[] => [`${indent}${dotString(b.id)} [label=${dotString(label)}${style.map((s) => `, ${s}`).join("")}];`];
  switch (b.kind) {
    case "value":
      return node(`${b.name}  ${b.shape}`, `fillcolor="${light.families.value.fill}"`, `fontcolor="${light.families.value.text}"`);
    case "port":
      return node("", "shape=point");
    case "merge":
      return node(b.symbol, "shape=circle", `fillcolor="${light.families.merge.fill}"`, `color="${light.families.merge.line}"`);
    case "stack": {
      const { fill, line } = light.families[b.rows[0]!.family];
      const label = b.rows.map((r) => (r.name === "" ? r.text : `${r.text}  (${r.name})`)).map((text) => dotString(text).slice(1, -1)).join("\\n");
      return [`${indent}${dotString(b.id)} [label="${label}", fillcolor="${fill}", color="${line}"];`];
    }
    case "group":
      return [
        `${indent}subgraph ${dotString(`cluster ${b.id}`)} {`,
        `${indent}  label=${dotString(`×${b.times}  ${b.name}`.trim())}; labelloc=t; labeljust=l; style="rounded,filled"; fillcolor="${light.group}"; color="${light.groupLine}";`,
        ...body(b.inner, `${indent}  `),
        `${indent}}`,
      ];
  }
}

/** Edges of a group end at a node in it. */
function first(b: Box): string {
  return b.kind === "group" ? first(b.inner.boxes[0]!) : b.id;
}

function last(b: Box): string {
  return b.kind === "group" ? last(b.inner.boxes.at(-1)!) : b.id;
}
