// The editor: what CodeMirror brings, the words of the language, and the colours of the page.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentService, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { forEachDiagnostic, lintGutter, lintKeymap } from "@codemirror/lint";
import { findReferencesKeymap, formatKeymap, hoverTooltips, jumpToDefinition, jumpToDefinitionKeymap, renameKeymap, serverCompletion, signatureHelp } from "@codemirror/lsp-client";
import type { Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, type Command } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { keywords } from "./embedded.ts";

const words = new RegExp(`(?:${keywords.join("|")})(?![A-Za-z0-9_])`);

/** Until the server has told what names mean, and what it does not tell: comments, texts, numbers, keywords. */
const language = StreamLanguage.define({
  name: "rn",
  token: (s) => {
    if (s.eatSpace()) return null;
    if (s.match(/\/\/.*/)) return "comment";
    if (s.match(/"(?:[^"\\]|\\.)*"?/)) return "string";
    if (s.match(/\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?/)) return "number";
    if (s.match(words)) return "keyword";
    if (s.match(/->|[-+*/%<>=!&|]+/)) return "operator";
    if (!s.match(/[A-Za-z_][A-Za-z0-9_]*/)) s.next();
    return null;
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, class: "rn-comment" }, { tag: tags.string, class: "rn-string" }, { tag: tags.number, class: "rn-number" },
  { tag: tags.keyword, class: "rn-keyword" }, { tag: tags.operator, class: "rn-operator" },
]);

/** Two blanks more after a line that opens something, two less where a line begins by closing it. */
const indent = indentService.of((context, at) => {
  const line = context.state.doc.lineAt(at);
  if (line.number === 1 && at === line.from) return 0;
  const before = context.lineAt(at, -1);
  const opened = /[{([]\s*(?:\/\/.*)?$/.test(before.text);
  const closes = /^\s*[})\]]/.test(context.textAfterPos(at));
  const own = /^\s*/.exec(before.text)![0].length;
  return Math.max(0, own + (opened ? context.unit : 0) - (closes ? context.unit : 0));
});

/** Carries out the first fix of the first diagnostic at the cursor. */
const fix: Command = (view) => {
  const { from, to } = view.state.doc.lineAt(view.state.selection.main.head);
  let act: (() => void) | undefined;
  forEachDiagnostic(view.state, (d, start, end) => {
    const [action] = d.actions ?? [];
    if (!act && action && start <= to && end >= from) act = () => action.apply(view, start, end);
  });
  act?.();
  return act !== undefined;
};

const definitionByClick = EditorView.domEventHandlers({
  mousedown: (e, view) => {
    if (!(e.ctrlKey || e.metaKey) || e.button !== 0) return false;
    const at = view.posAtCoords({ x: e.clientX, y: e.clientY });
    if (at === null) return false;
    view.dispatch({ selection: { anchor: at } });
    e.preventDefault();
    return jumpToDefinition(view);
  },
});

const ink = (light: string, dark: string): string => `light-dark(${light}, ${dark})`;
const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--back)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: mono, lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", padding: "8px 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { color: ink("#9aa4b1", "#566170"), backgroundColor: "var(--back)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: ink("#0b66d80d", "#66b0ff12") },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: ink("#cfe3fb", "#1f4369") },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: ink("#0b66d826", "#66b0ff33"), outline: "none" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--bar)", border: "1px solid var(--line)", borderRadius: "7px", boxShadow: "0 4px 16px #0003", maxWidth: "min(46em, 80vw)" },
  ".cm-tooltip .cm-lsp-documentation": { padding: "4px 10px", maxHeight: "22em", overflow: "auto", font: "12.5px/1.45 system-ui, sans-serif" },
  ".cm-lsp-documentation pre, .cm-lsp-documentation code": { fontFamily: mono, whiteSpace: "pre-wrap" },
  ".cm-lsp-signature-tooltip": { padding: "5px 10px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: mono, maxHeight: "15em" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: ink("#fff", "#08121f") },
  ".cm-completionDetail": { opacity: "0.65", fontStyle: "normal", marginLeft: "1em" },
  ".cm-completionInfo": { whiteSpace: "normal" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--bar)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", padding: "5px 10px", marginLeft: "0" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: ink("#fff", "#08121f"), borderRadius: "5px", padding: "2px 8px", font: "inherit", fontSize: "12px" },
  ".cm-diagnosticSource": { fontSize: "75%" },
  ".cm-panel.cm-panel-lint ul": { maxHeight: "9em" },
  ".cm-panel.cm-panel-lint ul [aria-selected], .cm-panel.cm-panel-lint ul:focus [aria-selected]": { background: ink("#e3ecf7", "#22303f"), color: "inherit" },
  ".rn-shape": { color: ink("#6d7f95", "#7d8fa6"), backgroundColor: ink("#eff3f8", "#1b232e"), borderRadius: "4px", padding: "0 5px", marginLeft: "1.6em", fontSize: "86%", whiteSpace: "pre" },
  ".rn-argument": { color: ink("#8795a6", "#6d7b8d"), fontSize: "86%", marginRight: "0.35em" },
  ".rn-comment": { color: ink("#6e7b8a", "#76849a"), fontStyle: "italic" },
  ".rn-string": { color: ink("#9a5b13", "#e3b261") },
  ".rn-number": { color: ink("#0f766e", "#5fd0c0") },
  ".rn-keyword": { color: ink("#a51650", "#ff7fab") },
  ".rn-operator": { color: ink("#7b8797", "#8391a4") },
  ".rn-method": { color: ink("#17549c", "#82b8ff") },
  ".rn-function": { color: ink("#5b35b5", "#bfa5ff") },
  ".rn-class": { color: ink("#175a34", "#6fd096"), fontWeight: "600" },
  ".rn-parameter, .rn-variable": { color: ink("#714b06", "#f0cd8b") },
  ".rn-property": { color: ink("#175a34", "#8fdcae") },
  ".rn-enumMember": { color: ink("#9a5b13", "#e3b261") },
});

export const editing: Extension = [
  lineNumbers(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter(), drawSelection(), history(), bracketMatching(), closeBrackets(), autocompletion(), language, indent,
  indentUnit.of("  "), syntaxHighlighting(colours), theme, definitionByClick, serverCompletion(), hoverTooltips(), signatureHelp(),
  EditorView.contentAttributes.of({ "aria-label": "program", spellcheck: "false" }),
  keymap.of([
    { key: "Mod-.", run: fix, preventDefault: true }, ...closeBracketsKeymap, ...completionKeymap, ...formatKeymap, ...renameKeymap, ...jumpToDefinitionKeymap, ...findReferencesKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap,
  ]),
];
