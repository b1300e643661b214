// What the tree builders share: where a concrete node lies in the source, and the diagnostics found on the way.
import type { CstNode, IToken } from "chevrotain";
import type { BodyCstNode } from "../../grammar/cst.ts";
import type { Code } from "../source/codes.ts";
import { diagnostic, type Diagnostic, type DiagnosticParts } from "../source/diagnostic.ts";
import { span, type Source, type Span } from "../source/text.ts";
import type { Body, Name } from "./ast.ts";

interface Parts {
  readonly source: Source;
  /** Offset in the source of the chunk whose tree is read; concrete nodes are relative to it. */
  readonly base: number;
  /** The doc comment that ends on the line above an absolute offset. */
  readonly docAbove: (offset: number) => string | null;
  readonly diagnostics: Diagnostic[];
  /** Reads `{ }`: statements hold expressions and arguments hold `{ }`, and files import one way only. */
  readonly body: (b: TreeBuilder, node: BodyCstNode) => Body;
}

export class TreeBuilder {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** For a text that lies `offset` inside this one: an interpolation. */
  inside(offset: number): TreeBuilder {
    return new TreeBuilder({ ...this.parts, base: this.parts.base + offset });
  }

  report(code: Code, at: Span, message: string, parts?: DiagnosticParts): void {
    this.parts.diagnostics.push(diagnostic(code, at, message, parts));
  }

  /** A span from offsets relative to the chunk. */
  at(start: number, end: number): Span {
    return span(this.parts.source, this.parts.base + start, this.parts.base + end);
  }

  node(node: CstNode): Span {
    const { startOffset, endOffset } = node.location!;
    return this.at(startOffset, endOffset! + 1);
  }

  token(t: IToken): Span {
    return this.at(t.startOffset, t.startOffset + t.image.length);
  }

  name(t: IToken): Name {
    return { text: t.image, span: this.token(t) };
  }

  body(node: BodyCstNode): Body {
    return this.parts.body(this, node);
  }
}
