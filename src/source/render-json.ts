// Diagnostics for programs: plain JSON, SARIF 2.1.0 (code scanning), and the workflow commands of GitHub Actions.
// Law: lines and columns are 1-based and columns count UTF-16 units, in all three.
import { codes } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { position, type Source, type Span } from "./text.ts";

export interface MachineOptions {
  /** What to call a file: a path relative to where the reader stands; its own name where nothing is said. */
  readonly file?: (source: Source) => string;
  readonly version?: string;
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

function place(span: Span, options: MachineOptions): Place {
  const from = position(span.source, span.start);
  const to = position(span.source, span.end);
  const file = (options.file ?? ((s: Source) => s.name))(span.source);
  return { file, line: from.line + 1, column: from.column + 1, endLine: to.line + 1, endColumn: to.column + 1 };
}

/** `{ "diagnostics": [{ code, severity, message, at: { file, line, … } | null, label, related, help }] }` */
export function renderJson(diagnostics: readonly Diagnostic[], options: MachineOptions = {}): string {
  const list = diagnostics.map((d) => ({
    code: d.code,
    severity: d.severity,
    message: d.message,
    at: d.primary && place(d.primary.span, options),
    label: d.primary?.message ?? "",
    related: d.related.map((r) => ({ ...place(r.span, options), message: r.message })),
    help: d.help.map((h) => ({ message: h.message, edits: h.edits.map((e) => ({ ...place(e.span, options), text: e.text })) })),
  }));
  return JSON.stringify({ diagnostics: list }, null, 2) + "\n";
}

const levels = { error: "error", warning: "warning", info: "note" } as const;

/** OASIS SARIF 2.1.0, one run. */
export function renderSarif(diagnostics: readonly Diagnostic[], options: MachineOptions = {}): string {
  const used = [...new Set(diagnostics.map((d) => d.code))].sort();
  const region = ({ line, column, endLine, endColumn }: Place): object => ({ startLine: line, startColumn: column, endLine, endColumn });
  const artifact = (p: Place): object => ({ uri: p.file.split("/").map(encodeURIComponent).join("/") });
  const location = (span: Span): object => {
    const p = place(span, options);
    return { physicalLocation: { artifactLocation: artifact(p), region: region(p) } };
  };
  const results = diagnostics.map((d) => ({
    ruleId: d.code,
    ruleIndex: used.indexOf(d.code),
    level: levels[d.severity],
    message: { text: d.primary?.message ? `${d.message}: ${d.primary.message}` : d.message },
    locations: d.primary ? [location(d.primary.span)] : [],
    relatedLocations: d.related.map((r) => ({ ...location(r.span), message: { text: r.message } })),
    fixes: d.help.filter((h) => h.edits.length > 0).map((h) => ({
      description: { text: h.message },
      artifactChanges: h.edits.map((e) => {
        const p = place(e.span, options);
        return { artifactLocation: artifact(p), replacements: [{ deletedRegion: region(p), insertedContent: { text: e.text } }] };
      }),
    })),
  }));
  const rules = used.map((id) => ({ id, shortDescription: { text: codes[id].title }, fullDescription: { text: codes[id].text } }));
  const driver = { name: "rnc", ...(options.version ? { version: options.version } : {}), rules };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [{ tool: { driver }, columnKind: "utf16CodeUnits", results }] };
  return JSON.stringify(log, null, 2) + "\n";
}

const commands = { error: "error", warning: "warning", info: "notice" } as const;

/** One `::error file=…,line=…::…` line per diagnostic: annotations on the changed lines of a pull request. */
export function renderGithub(diagnostics: readonly Diagnostic[], options: MachineOptions = {}): string {
  const data = (s: string): string => s.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  const property = (s: string): string => data(s).replace(/:/g, "%3A").replace(/,/g, "%2C");
  return diagnostics.map((d) => {
    const p = d.primary && place(d.primary.span, options);
    const where = p ? `file=${property(p.file)},line=${p.line},col=${p.column},endLine=${p.endLine},endColumn=${p.endColumn},` : "";
    const detail = [d.message, ...(d.primary?.message ? [d.primary.message] : []), ...d.help.map((h) => `help: ${h.message}`)].join("\n");
    return `::${commands[d.severity]} ${where}title=${property(d.code)}::${data(detail)}\n`;
  }).join("");
}
