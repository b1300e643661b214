// What the tree builders share: where a concrete node lies in the source, what recovery left out, and the diagnostics found on the way.
import type { CstNode, IToken } from "chevrotain";
import type { BodyCstNode } from "../../grammar/cst.ts";
import type { Code } from "../source/codes.ts";
import { diagnostic, type Diagnostic, type DiagnosticParts } from "../source/diagnostic.ts";
import { span, type Source, type Span } from "../source/text.ts";
import type { Body, Name } from "./ast.ts";

export class TreeBuilder {
  readonly source: Source;
  /** Offset in the source of the chunk whose tree is read; concrete nodes are relative to it. */
  readonly base: number;
  readonly text: string;
  readonly recovery: boolean;
  /** The doc comment that ends on the line above an absolute offset. */
  readonly docAbove: (offset: number) => string | null;
  readonly diagnostics: Diagnostic[];
  /** Reads `{ }`: statements hold expressions and arguments hold `{ }`, and files import one way only. */
  readonly body: (b: TreeBuilder, node: BodyCstNode | undefined) => Body;
  /** Where something that is not there would stand: the end of what was read last. */
  private cursor = 0;

  constructor(parts: Pick<TreeBuilder, "source" | "base" | "text" | "recovery" | "docAbove" | "diagnostics" | "body">) {
    this.source = parts.source;
    this.base = parts.base;
    this.text = parts.text;
    this.recovery = parts.recovery;
    this.docAbove = parts.docAbove;
    this.diagnostics = parts.diagnostics;
    this.body = parts.body;
  }

  /** The same places for a text that lies `offset` inside this one (an interpolation). */
  inside(offset: number, text: string): TreeBuilder {
    return new TreeBuilder({ ...this, base: this.base + offset, text });
  }

  report(code: Code, at: Span, message: string, parts?: DiagnosticParts): void {
    this.diagnostics.push(diagnostic(code, at, message, parts));
  }

  /** A span from offsets relative to the chunk. */
  at(start: number, end: number): Span {
    return span(this.source, this.base + start, this.base + end);
  }

  here(): Span {
    return this.at(this.cursor, this.cursor);
  }

  node(node: CstNode): Span {
    const { startOffset, endOffset } = node.location!;
    if (!(startOffset >= 0)) return this.here();
    this.cursor = endOffset! + 1;
    return this.at(startOffset, this.cursor);
  }

  token(t: IToken): Span {
    this.cursor = t.startOffset + t.image.length;
    return this.at(t.startOffset, this.cursor);
  }

  /** A name, or an empty one where recovery found none. */
  name(t: IToken | undefined): Name {
    return isReal(t) ? { text: t.image, span: this.token(t) } : { text: "", span: this.here() };
  }
}

/** Recovery inserts tokens that no text stands for. */
export function isReal(t: IToken | undefined): t is IToken {
  return t !== undefined && t.startOffset >= 0;
}
