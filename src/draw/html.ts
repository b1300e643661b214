// The SVG in a page of its own: drag to move, wheel to zoom, a button for the other theme. It loads nothing from anywhere.
import type { Direction } from "./layout.ts";
import { dark, light } from "./palette.ts";
import type { Scene } from "./scene.ts";
import { themed } from "./style.ts";
import { svg, xml, type Caption } from "./svg.ts";

export function html(scene: Scene, caption: Caption, direction: Direction): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${xml(caption.title)}</title>
<style>${page}${themed(light, ":root[data-theme=light]")}${themed(dark, ":root[data-theme=dark]")}</style>
</head>
<body class="background">
<main>${svg(scene, caption, direction)}</main>
<nav><button id="in" title="closer">+</button><button id="out" title="further">−</button><button id="fit" title="whole picture">fit</button><button id="theme" title="light or dark">◐</button></nav>
<script>${script}</script>
</body>
</html>
`;
}

const page = `html,body{margin:0;height:100%;overflow:hidden}body{background:${light.background}}main{height:100%;cursor:grab;touch-action:none}main:active{cursor:grabbing}main>svg{transform-origin:0 0;display:block}
nav{position:fixed;right:16px;bottom:16px;display:flex;gap:4px}button{font:600 14px system-ui,sans-serif;min-width:34px;height:34px;border:1px solid #8a94a3;border-radius:8px;background:transparent;color:#8a94a3;cursor:pointer}
@media (prefers-color-scheme:dark){body{background:${dark.background}}}
:root[data-theme=light] body{background:${light.background}}:root[data-theme=dark] body{background:${dark.background}}`;

const script = `
const view = document.querySelector("main"), picture = view.firstElementChild;
const width = picture.width.baseVal.value, height = picture.height.baseVal.value;
let x = 0, y = 0, scale = 1;
const show = () => { picture.style.transform = "translate(" + x + "px," + y + "px) scale(" + scale + ")"; };
const zoom = (factor, cx, cy) => { const s = Math.min(8, Math.max(0.02, scale * factor)); x = cx - (cx - x) * s / scale; y = cy - (cy - y) * s / scale; scale = s; show(); };
const fit = (whole) => { const w = view.clientWidth, h = view.clientHeight; scale = Math.min(1, w / width, whole ? h / height : 1); x = Math.max(0, (w - width * scale) / 2); y = Math.max(0, (h - height * scale) / 2); show(); };
view.addEventListener("wheel", (e) => { e.preventDefault(); if (e.ctrlKey || e.metaKey || e.deltaMode === 1) zoom(Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.01)), e.clientX, e.clientY); else { x -= e.deltaX; y -= e.deltaY; show(); } }, { passive: false });
view.addEventListener("pointerdown", (e) => { view.setPointerCapture(e.pointerId); });
view.addEventListener("pointermove", (e) => { if (view.hasPointerCapture(e.pointerId)) { x += e.movementX; y += e.movementY; show(); } });
const middle = (factor) => () => zoom(factor, view.clientWidth / 2, view.clientHeight / 2);
document.getElementById("in").onclick = middle(1.3);
document.getElementById("out").onclick = middle(1 / 1.3);
document.getElementById("fit").onclick = () => fit(true);
document.getElementById("theme").onclick = () => { const root = document.documentElement, now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"); root.dataset.theme = now === "dark" ? "light" : "dark"; };
addEventListener("resize", () => fit(false));
fit(false);
`;
