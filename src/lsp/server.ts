// The language server: the editor's features over the protocol. The only file that knows the types of their parameters and answers.
// Law: one reply per request; a handler is synchronous and reads the newest version; diagnostics wait until the queue of messages is
// empty, so that those of a version that is already old are never computed.
import {
  CodeActionKind, CompletionItemKind, DiagnosticSeverity, DocumentSymbol, ErrorCodes, FoldingRangeKind, InlayHintKind, LSPErrorCodes, MarkupKind, ResponseError, SymbolKind, TextDocumentSyncKind,
  type CodeAction, type CompletionItem, type Connection, type Diagnostic, type DocumentOnTypeFormattingParams, type InitializeResult, type Location, type ReferenceParams, type RenameParams,
  type TextDocumentPositionParams, type TextEdit, type WorkspaceEdit,
} from "vscode-languageserver";
import { version } from "../compiler/version.ts";
import type { Analysis } from "../editor/analysis.ts";
import { completions } from "../editor/completion.ts";
import { diagnostics, type Finding } from "../editor/diagnostics.ts";
import { quickFixes } from "../editor/fixes.ts";
import { folds, selections } from "../editor/folding.ts";
import { formatting, rangeFormatting, typeFormatting } from "../editor/formatting.ts";
import { withPlaces } from "../editor/graph.ts";
import { highlights, tokenKinds } from "../editor/highlighting.ts";
import { hints } from "../editor/hints.ts";
import { hover } from "../editor/hover.ts";
import { lensText, lenses } from "../editor/lenses.ts";
import { refactorings } from "../editor/refactoring.ts";
import type { Refactoring } from "../editor/rewrite.ts";
import { links } from "../editor/links.ts";
import { definition, references, renamable, rename } from "../editor/navigation.ts";
import { signature } from "../editor/signature.ts";
import { symbols, type Symbol } from "../editor/symbols.ts";
import type { Edit } from "../source/diagnostic.ts";
import type { Source, Span } from "../source/text.ts";
import { changed, offsetOf, pointOf, rangeOf, spanOf, type Range } from "./convert.ts";
import { Documents, join } from "./documents.ts";
import { Graphs, type GraphParams, type GraphResult } from "./graphs.ts";
import type { Host } from "./host.ts";
import { missingParam, type Need } from "./params.ts";
import { Session } from "./session.ts";

export const capabilities: InitializeResult["capabilities"] = {
  positionEncoding: "utf-16",
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  hoverProvider: true,
  inlayHintProvider: true,
  completionProvider: { triggerCharacters: [">", "(", ",", "=", " ", "\""] },
  signatureHelpProvider: { triggerCharacters: ["(", ","] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorExtract, CodeActionKind.RefactorInline, CodeActionKind.RefactorRewrite] },
  codeLensProvider: { resolveProvider: true },
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  semanticTokensProvider: { legend: { tokenTypes: [...tokenKinds], tokenModifiers: ["declaration"] }, full: true },
  documentFormattingProvider: true,
  documentRangeFormattingProvider: true,
  documentOnTypeFormattingProvider: { firstTriggerCharacter: "\n", moreTriggerCharacter: ["}"] },
  documentLinkProvider: {},
};

interface At {
  readonly textDocument: { readonly uri: string };
}

/** Answers on the connection until it closes. */
export function serve(connection: Connection, host: Host): void {
  const documents = new Documents(host);
  const graphs = new Graphs();
  const waiting = new Set<string>();
  const session = new Session();
  let refreshes = false;

  /** Null, or why a request cannot be answered. */
  const refused = (params: unknown, ...needed: readonly Need[]): ResponseError<void> | null => {
    const missing = missingParam(params, needed);
    return session.refusal ?? (missing === null ? null : new ResponseError(ErrorCodes.InvalidParams, missing));
  };
  /** The answer of a feature; `none` where no such document is open. */
  const on = <P extends At, R>(none: R, answer: (analysis: Analysis, params: P) => R, ...needed: readonly Need[]) => (params: P): R | ResponseError<void> => {
    const refusal = refused(params, "textDocument", ...needed);
    if (refusal) return refusal;
    const analysis = documents.analysis(params.textDocument.uri);
    return analysis ? answer(analysis, params) : none;
  };
  const at = <R, P extends TextDocumentPositionParams = TextDocumentPositionParams>(none: R, answer: (analysis: Analysis, offset: number, params: P) => R, ...needed: readonly Need[]) =>
    on<P, R>(none, (a, p) => answer(a, offsetOf(a.source, p.position), p), "position", ...needed);
  const located = (uri: string, { source }: Analysis) => (s: Span): Location[] => {
    const address = s.source.name === source.name ? uri : documents.addressOf(uri, s.source);
    return address === null ? [] : [{ uri: address, range: rangeOf(s) }];
  };

  connection.onInitialize(({ capabilities: client }) => {
    const refusal = session.start();
    if (refusal) return new ResponseError(refusal.code, refusal.message, { retry: false });
    refreshes = client.workspace?.inlayHint?.refreshSupport === true;
    return { capabilities, serverInfo: { name: "rnc", version } };
  });
  connection.onShutdown(() => session.end() ?? undefined);

  // ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────

  const check = (uri: string): void => {
    if (waiting.size === 0) setTimeout(publish, 0);
    waiting.add(uri);
  };
  const publish = (): void => {
    const uris = [...waiting];
    waiting.clear();
    for (const uri of uris) {
      try {
        tell(uri);
      } catch (e) {
        connection.console.error(`a mistake in rnc, not in ${uri}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);
      }
    }
  };
  const tell = (uri: string): void => {
    const document = documents.get(uri);
    const analysis = documents.analysis(uri);
    if (!document || !analysis) return;
    const found = diagnostics(analysis).map((f) => shown(f, located(uri, analysis)));
    void connection.sendDiagnostics({ uri, version: document.version, diagnostics: found });
  };
  /** What imports other documents may have changed with them. */
  const checkOthers = (uri: string): void => {
    const others = documents.all.filter((d) => d.uri !== uri && documents.imports(d.uri));
    for (const d of others) check(d.uri);
    if (others.length > 0 && refreshes) void connection.languages.inlayHint.refresh();
  };
  const set = (uri: string, v: number, text: string): void => {
    documents.set(uri, v, text);
    check(uri);
    checkOthers(uri);
  };
  /** Nobody waits for an answer to what is told: what cannot be understood is dropped, and logged. */
  const told = <P>(take: (params: P) => void, ...needed: readonly Need[]) => (params: P): void => {
    if (session.refusal) return;
    const missing = missingParam(params, needed);
    if (missing === null) take(params);
    else connection.console.error(`a notification is dropped: ${missing}`);
  };
  connection.onDidOpenTextDocument(told(({ textDocument: { uri, version: v, text } }) => set(uri, v, text), "textDocument", "textDocument.version", "textDocument.text"));
  connection.onDidChangeTextDocument(told(({ textDocument: { uri, version: v }, contentChanges }) => {
    const document = documents.get(uri);
    if (document) set(uri, v, contentChanges.reduce(changed, document.source.text));
  }, "textDocument", "textDocument.version", "contentChanges"));
  connection.onDidCloseTextDocument(told(({ textDocument: { uri } }) => {
    documents.close(uri);
    graphs.close(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
    checkOthers(uri);
  }, "textDocument"));
  connection.onDidChangeWatchedFiles(told(() => {
    documents.touch();
    checkOthers("");
  }));

  // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  connection.onHover(at(null, (a, offset) => {
    const found = hover(a, offset);
    return found && { contents: { kind: MarkupKind.Markdown, value: found.text }, range: rangeOf(found.span) };
  }));
  connection.languages.inlayHint.on(on([], (a, { range }) => {
    const { start, end } = spanOf(a.source, range);
    return hints(a, start, end).map((h) => ({
      position: pointOf(a.source, h.offset), label: h.text,
      ...(h.kind === "shape" ? { paddingLeft: true, tooltip: `of ${h.export ?? ""}; hover tells of all exports` } : { kind: InlayHintKind.Parameter, paddingRight: true }),
    }));
  }, "range"));
  connection.onDocumentSymbol(on([], (a) => symbols(a).map(symbol)));
  connection.onWorkspaceSymbol((params) => refused(params, "query") ?? documents.all.flatMap(({ uri }) => {
    const found = symbols(documents.analysis(uri)!).filter((s) => s.name.toLowerCase().includes(params.query.toLowerCase()));
    return found.map((s) => ({ name: s.name, kind: symbolKinds[s.kind], location: { uri, range: rangeOf(s.selection) } }));
  }));
  connection.onDefinition(at([], (a, offset, { textDocument: { uri } }) => {
    const found = definition(a, offset);
    return found ? located(uri, a)(found) : [];
  }));
  connection.onReferences(at<Location[], ReferenceParams>([], (a, offset, { textDocument: { uri }, context }) => references(a, offset, context?.includeDeclaration ?? true).flatMap(located(uri, a))));
  connection.onDocumentHighlight(at([], (a, offset) => references(a, offset).filter((s) => s.source.name === a.source.name).map((s) => ({ range: rangeOf(s) }))));
  connection.onSignatureHelp(at(null, (a, offset) => {
    const found = signature(a, offset);
    if (!found) return null;
    const parameters = found.parameters.map((p) => ({ label: p.text, documentation: p.doc }));
    return { signatures: [{ label: found.text, documentation: found.doc, parameters, activeParameter: found.active }], activeSignature: 0, activeParameter: found.active };
  }));
  connection.onCompletion(at([], (a, offset) => completions(a, offset).map((c, i): CompletionItem => ({
    label: c.name, kind: completionKinds[c.kind], detail: c.detail, documentation: c.doc, sortText: String(i).padStart(4, "0"), filterText: c.name,
    textEdit: { range: rangeOf(c.span), newText: c.insert }, additionalTextEdits: c.also.map(edit),
  }))));
  connection.onFoldingRanges(on([], (a) => folds(a).map((f) => ({ startLine: f.start, endLine: f.end, kind: foldKinds[f.kind] }))));
  connection.onSelectionRanges(on([], (a, { positions }) => positions.map((p) => {
    const [outer, ...inner] = selections(a, offsetOf(a.source, p)).toReversed();
    return inner.reduce((parent, s) => ({ range: rangeOf(s), parent }), { range: rangeOf(outer!) });
  }), "positions"));
  connection.languages.semanticTokens.on(on({ data: [] }, (a) => ({ data: encoded(a) })));
  connection.onDocumentLinks(on([], (a, { textDocument: { uri } }) => links(a).flatMap((l) => {
    const target = (l.kind === "import" ? documents.addressOf(uri, { name: l.path, text: "" }) : null) ?? join(l.path, uri);
    return target === null ? [] : [{ range: rangeOf(l.span), target }];
  })));
  connection.onCodeLens(on([], (a, { textDocument: { uri } }) => lenses(a).flatMap((l) => {
    const range = rangeOf(l.span);
    return [{ range, data: { uri, export: l.export } }, ...clientCommands.map((c) => ({ range, command: { ...c, arguments: [uri, l.export] } }))];
  })));
  connection.onCodeLensResolve((lens) => {
    const refusal = refused(lens, "range");
    if (refusal) return refusal;
    const { uri, export: name } = (lens.data ?? {}) as { readonly uri?: string; readonly export?: string };
    const analysis = documents.analysis(uri ?? "");
    return { range: lens.range, command: { title: analysis ? lensText(analysis, name ?? "") : "not computed: no such document is open", command: "" } };
  });
  connection.onRequest("rnc/graph", on<GraphParams, GraphResult<Range> | null>(null, (a, params) => {
    const found = graphs.answer(params, documents.get(params.textDocument.uri)!.version, a);
    return { ...found, scene: found.scene && withPlaces(found.scene, rangeOf) };
  }));

  // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Edits by document; those in files that an editor cannot open are left out. */
  const workspaceEdit = (uri: string, a: Analysis, edits: readonly Edit[]): WorkspaceEdit => {
    const changes: Record<string, TextEdit[]> = {};
    for (const e of edits) for (const { uri: to } of located(uri, a)(e.span)) (changes[to] ??= []).push(edit(e));
    return { changes };
  };
  connection.onCodeAction(on([], (a, { textDocument: { uri }, range, context }): CodeAction[] => {
    const { start, end } = spanOf(a.source, range);
    const only = context?.only && [context.only].flat(); // some clients send a kind alone
    const wanted = (kind: string): boolean => only?.some((k) => kind === k || kind.startsWith(`${k}.`) || k === "") ?? true;
    const fixes = wanted(CodeActionKind.QuickFix) ? quickFixes(a, start, end) : [];
    const rewritings = Object.values(refactoringKinds).some(wanted) ? refactorings(a, start, end).filter((r) => wanted(refactoringKinds[r.kind])) : [];
    return [
      ...fixes.map(({ fix, diagnostic }) => ({ title: fix.message, kind: CodeActionKind.QuickFix, edit: workspaceEdit(uri, a, fix.edits), isPreferred: diagnostic.help.length === 1 })),
      ...rewritings.map((r) => ({ title: r.title, kind: refactoringKinds[r.kind], edit: workspaceEdit(uri, a, r.edits) })),
    ];
  }, "range"));
  connection.onPrepareRename(at(null, (a, offset) => {
    const found = renamable(a, offset);
    return found && rangeOf(found);
  }));
  connection.onRenameRequest(at<WorkspaceEdit | ResponseError<void> | null, RenameParams>(null, (a, offset, { textDocument: { uri }, newName }) => {
    const renamed = rename(a, offset, newName);
    return "problem" in renamed ? new ResponseError(LSPErrorCodes.RequestFailed, renamed.problem) : workspaceEdit(uri, a, renamed.edits);
  }, "newName"));
  connection.onDocumentFormatting(on(null, (a) => formatting(a.source)?.map(edit) ?? null));
  connection.onDocumentRangeFormatting(on(null, (a, { range }) => {
    const { start, end } = spanOf(a.source, range);
    return rangeFormatting(a.source, start, end)?.map(edit) ?? null;
  }, "range"));
  connection.onDocumentOnTypeFormatting(at<TextEdit[] | null, DocumentOnTypeFormattingParams>(null, (a, offset, { ch }) => typeFormatting(a.source, offset, ch)?.map(edit) ?? null));
  connection.onRequest((method) => session.refusal ?? new ResponseError(ErrorCodes.MethodNotFound, `there is no method ${method}`));
  connection.listen();
}

/** The client's commands behind lenses; their arguments are the document's URI and the export's name. */
export const clientCommands = [
  { title: "Open graph", command: "rnc.openGraph" },
  { title: "Compile", command: "rnc.compile" },
] as const;

const refactoringKinds = { extract: CodeActionKind.RefactorExtract, inline: CodeActionKind.RefactorInline, rewrite: CodeActionKind.RefactorRewrite } as const satisfies Record<Refactoring["kind"], string>;

function edit({ span, text }: Edit): TextEdit {
  return { range: rangeOf(span), newText: text };
}

const severities = { error: DiagnosticSeverity.Error, warning: DiagnosticSeverity.Warning, info: DiagnosticSeverity.Information } as const;

function shown({ span, message, diagnostic: d }: Finding, located: (s: Span) => Location[]): Diagnostic {
  const relatedInformation = d.related.flatMap((r) => located(r.span).map((location) => ({ location, message: r.message })));
  return { range: rangeOf(span), severity: severities[d.severity], code: d.code, source: "rnc", message, relatedInformation };
}

const symbolKinds: Readonly<Record<Symbol["kind"], SymbolKind>> = {
  const: SymbolKind.Constant, block: SymbolKind.Function, model: SymbolKind.Class, export: SymbolKind.Object, train: SymbolKind.Event, input: SymbolKind.Field, output: SymbolKind.Field,
};

function symbol({ name, detail, kind, span, selection, children }: Symbol): DocumentSymbol {
  return DocumentSymbol.create(name, detail, symbolKinds[kind], rangeOf(span), rangeOf(selection), children.map(symbol));
}

const completionKinds = {
  layer: CompletionItemKind.Method, merge: CompletionItemKind.Operator, block: CompletionItemKind.Function, model: CompletionItemKind.Class, const: CompletionItemKind.Constant,
  value: CompletionItemKind.Variable, parameter: CompletionItemKind.Variable, argument: CompletionItemKind.Property, function: CompletionItemKind.Function, word: CompletionItemKind.EnumMember,
  keyword: CompletionItemKind.Keyword, file: CompletionItemKind.File, key: CompletionItemKind.Property,
} as const;

const foldKinds = { region: FoldingRangeKind.Region, comment: FoldingRangeKind.Comment, imports: FoldingRangeKind.Imports } as const;

/** Each token relative to the one before: lines, columns, length, kind, modifiers. */
function encoded(a: Analysis): number[] {
  const data: number[] = [];
  let [line, character] = [0, 0];
  for (const { span, kind, declaration } of highlights(a)) {
    const p = pointOf(span.source as Source, span.start);
    data.push(p.line - line, p.line === line ? p.character - character : p.character, span.end - span.start, tokenKinds.indexOf(kind), declaration ? 1 : 0);
    ({ line, character } = p);
  }
  return data;
}
