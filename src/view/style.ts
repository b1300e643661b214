// The view's style sheet. Colours are those of pictures in files; `--rn-…` of the host replaces each, and its `color-scheme` chooses light or dark.
// Law: the sheet is constructed, so that a content security policy need not allow inline styles.
import { dark, light, type Theme } from "../draw/palette.ts";
import { shapes, themed } from "../draw/style.ts";

/** The colours of both themes in one: `var(--rn-conv-fill, light-dark(#d7e6fb, #1d3656))`. */
function both<T>(a: T, b: T, name = ""): T {
  if (typeof a === "string") return `var(--rn${name}, light-dark(${a}, ${String(b)}))` as T;
  const entries = Object.entries(a as object).map(([key, value]) => [key, both(value, (b as Record<string, unknown>)[key], key === "families" ? name : `${name}-${kebab(key)}`)]);
  return Object.fromEntries(entries) as T;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

const theme: Theme = both(light, dark);
const accent = "var(--rn-accent, light-dark(#0b66d8, #66b0ff))";

const sheet = `
:host{display:flex;flex-direction:column;min-width:0;min-height:0;position:relative;overflow:hidden;background:${theme.background};color:${theme.text};font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
header{display:flex;align-items:center;gap:10px;padding:7px 12px;min-height:30px;flex:none}
select{font:inherit;font-weight:600;color:inherit;background:${theme.background};border:1px solid ${theme.groupLine};border-radius:6px;padding:3px 6px;max-width:45%}
.facts{font-size:12px;color:${theme.faint};white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.stale-mark{margin-left:auto;font-size:11px;color:${theme.faint};border:1px dashed ${theme.groupLine};border-radius:99px;padding:2px 9px;white-space:nowrap}
[hidden]{display:none!important}
.canvas{flex:1;min-height:0;position:relative;outline:none;cursor:grab;touch-action:none}
.canvas.moving{cursor:grabbing}
svg{display:block;width:100%;height:100%;user-select:none;-webkit-user-select:none}
.camera{transform-origin:0 0}
.picture{transition:opacity .2s}
.stale .picture{opacity:.5}
.node[role=button]{cursor:pointer}
.node{outline:none}
.node[role=button]:hover{filter:brightness(.97)}
.halo{fill:none;pointer-events:none;stroke-width:2.5}
.halo .mark{stroke:none}
.halo.followed .mark,.halo.focused .mark{stroke:${accent}}
.halo.focused .mark{stroke-dasharray:4 3}
.halo .flash{opacity:0}
.halo .added{stroke:var(--rn-added, light-dark(#1d8a4a, #4cd07d))}
.halo .changed{stroke:var(--rn-changed, light-dark(#d08700, #ffc24d))}
.problem{position:absolute;inset:0;display:grid;place-content:center;margin:0;padding:24px;text-align:center;color:${theme.faint};pointer-events:none}
nav{position:absolute;right:12px;bottom:12px;display:flex;gap:4px}
button{font:600 14px system-ui,sans-serif;min-width:30px;height:30px;padding:0 8px;border:1px solid ${theme.groupLine};border-radius:7px;background:${theme.background};color:${theme.faint};cursor:pointer}
button:hover{color:${theme.text}}
button:focus-visible,select:focus-visible,.canvas:focus-visible{outline:2px solid ${accent};outline-offset:-2px}
@media (prefers-reduced-motion:reduce){.picture{transition:none}}
`;

export function styleSheet(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(`${sheet}${shapes}${themed(theme)}`);
  return made;
}
