// The normative grammar of .rn: two tokens of lookahead, a concrete tree out. One member per rule; `rn.ebnf` and `cst.ts` are generated from them.
// Law: rules loop where text can be long and recurse only where brackets nest (bounded by the lexer); precedence is the tree builder's.
// A rule's string is its member's name; `input` and the like belong to Chevrotain, hence `inputLine`.
import { CstParser, type CstNode, type ParserMethod, type TokenType } from "chevrotain";
import { messageProvider } from "./messages.ts";
import * as T from "./tokens.ts";

type Rule = ParserMethod<[], CstNode>;

export class RnParser extends CstParser {
  /** Takes 30 ms: the grammar is analysed. The first mistake ends a parse; going on after one is src/language/recover.ts's matter. */
  constructor() {
    super([...T.tokens], { maxLookahead: 2, nodeLocationTracking: "onlyOffset", skipValidations: true, errorMessageProvider: messageProvider });
    this.performSelfAnalysis();
  }

  // ── declarations ───────────────────────────────────────────────────────────────────────────────────────────────────

  readonly file: Rule = this.RULE("file", () => {
    this.MANY(() => this.OR([{ ALT: () => this.CONSUME(T.Newline) }, { ALT: () => this.SUBRULE(this.declaration) }]));
  });

  readonly declaration: Rule = this.RULE("declaration", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.importLine) },
      { ALT: () => this.SUBRULE(this.constLine) },
      { ALT: () => this.SUBRULE(this.defaultLine) },
      { ALT: () => this.SUBRULE(this.block) },
      { ALT: () => this.SUBRULE(this.model) },
      { ALT: () => this.SUBRULE(this.exportLine) },
      { ALT: () => this.SUBRULE(this.train) },
    ]);
  });

  readonly importLine: Rule = this.RULE("importLine", () => {
    this.CONSUME(T.Import);
    this.OR([{ ALT: () => this.SUBRULE(this.namespace) }, { ALT: () => this.SUBRULE(this.importNames) }]);
    this.CONSUME(T.From);
    this.CONSUME(T.StringToken);
  });

  readonly namespace: Rule = this.RULE("namespace", () => {
    this.CONSUME(T.Star);
    this.CONSUME(T.As);
    this.CONSUME(T.Identifier);
  });

  readonly importNames: Rule = this.RULE("importNames", () => {
    this.CONSUME(T.LCurly);
    this.OPTION(() => {
      this.SUBRULE(this.importName);
      this.MANY(() => {
        this.CONSUME(T.Comma);
        this.SUBRULE2(this.importName);
      });
      this.OPTION2(() => this.CONSUME2(T.Comma));
    });
    this.CONSUME(T.RCurly);
  });

  readonly importName: Rule = this.RULE("importName", () => {
    this.CONSUME(T.Identifier);
    this.OPTION(() => {
      this.CONSUME(T.As);
      this.CONSUME2(T.Identifier);
    });
  });

  readonly constLine: Rule = this.RULE("constLine", () => {
    this.CONSUME(T.Const);
    this.CONSUME(T.Identifier);
    this.CONSUME(T.Assign);
    this.SUBRULE(this.expression);
  });

  readonly defaultLine: Rule = this.RULE("defaultLine", () => {
    this.CONSUME(T.Default);
    this.CONSUME(T.Identifier);
    this.SUBRULE(this.args);
  });

  readonly block: Rule = this.RULE("block", () => {
    this.CONSUME(T.Block);
    this.CONSUME(T.Identifier);
    this.OPTION(() => this.SUBRULE(this.params));
    this.SUBRULE(this.body);
  });

  readonly model: Rule = this.RULE("model", () => {
    this.CONSUME(T.Model);
    this.CONSUME(T.Identifier);
    this.OPTION(() => this.SUBRULE(this.params));
    this.SUBRULE(this.body);
  });

  readonly exportLine: Rule = this.RULE("exportLine", () => {
    this.CONSUME(T.Export);
    this.CONSUME(T.Identifier);
    this.CONSUME(T.Assign);
    this.SUBRULE(this.expression);
    this.OPTION(() => {
      this.CONSUME(T.From);
      this.CONSUME(T.StringToken);
    });
  });

  readonly train: Rule = this.RULE("train", () => {
    this.CONSUME(T.Train);
    this.OPTION(() => this.CONSUME(T.Identifier));
    this.CONSUME(T.LCurly);
    this.MANY(() => this.OR([{ ALT: () => this.CONSUME(T.Newline) }, { ALT: () => this.SUBRULE(this.entry) }]));
    this.CONSUME(T.RCurly);
  });

  readonly entry: Rule = this.RULE("entry", () => {
    this.CONSUME(T.Identifier);
    this.CONSUME(T.Assign);
    this.SUBRULE(this.expression);
    this.MANY(() => {
      this.CONSUME(T.Arrow);
      this.SUBRULE2(this.expression);
    });
  });

  readonly params: Rule = this.RULE("params", () => {
    this.CONSUME(T.LParen);
    this.OPTION(() => {
      this.SUBRULE(this.param);
      this.MANY(() => {
        this.CONSUME(T.Comma);
        this.SUBRULE2(this.param);
      });
      this.OPTION2(() => this.CONSUME2(T.Comma));
    });
    this.CONSUME(T.RParen);
  });

  readonly param: Rule = this.RULE("param", () => {
    this.CONSUME(T.Identifier);
    this.OPTION(() => {
      this.CONSUME(T.Colon);
      this.CONSUME2(T.Identifier);
    });
    this.OPTION2(() => {
      this.CONSUME(T.Assign);
      this.SUBRULE(this.argValue);
    });
  });

  // ── statements ─────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly body: Rule = this.RULE("body", () => {
    this.CONSUME(T.LCurly);
    this.SUBRULE(this.statements);
    this.CONSUME(T.RCurly);
  });

  readonly branches: Rule = this.RULE("branches", () => {
    this.CONSUME(T.LCurly);
    this.SUBRULE(this.statements);
    this.MANY(() => {
      this.CONSUME(T.Bar);
      this.SUBRULE2(this.statements);
    });
    this.CONSUME(T.RCurly);
  });

  readonly statements: Rule = this.RULE("statements", () => {
    this.MANY(() => this.OR([{ ALT: () => this.CONSUME(T.Newline) }, { ALT: () => this.SUBRULE(this.statement) }]));
  });

  readonly statement: Rule = this.RULE("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.inputLine) },
      { ALT: () => this.SUBRULE(this.outputLine) },
      { ALT: () => this.SUBRULE(this.defaultLine) },
      { ALT: () => this.SUBRULE(this.letLine) },
      { ALT: () => this.SUBRULE(this.tapLine) },
      { ALT: () => this.SUBRULE(this.labelled) },
    ]);
  });

  readonly inputLine: Rule = this.RULE("inputLine", () => {
    this.CONSUME(T.Input);
    this.CONSUME(T.Identifier);
    this.CONSUME(T.Colon);
    this.SUBRULE(this.type);
  });

  readonly outputLine: Rule = this.RULE("outputLine", () => {
    this.CONSUME(T.Output);
    this.CONSUME(T.Identifier);
    this.OPTION(() => {
      this.CONSUME(T.Colon);
      this.SUBRULE(this.type);
    });
    this.OPTION2(() => {
      this.CONSUME(T.Assign);
      this.SUBRULE(this.flow);
    });
  });

  readonly type: Rule = this.RULE("type", () => {
    this.OPTION(() => this.CONSUME(T.Identifier));
    this.SUBRULE(this.list);
  });

  readonly letLine: Rule = this.RULE("letLine", () => {
    this.CONSUME(T.Let);
    this.SUBRULE(this.target);
    this.CONSUME(T.Assign);
    this.SUBRULE(this.flow);
  });

  readonly tapLine: Rule = this.RULE("tapLine", () => {
    this.CONSUME(T.As);
    this.SUBRULE(this.target);
  });

  readonly target: Rule = this.RULE("target", () => {
    this.CONSUME(T.Identifier);
    this.OPTION({
      GATE: () => this.touches(T.LSquare),
      DEF: () => {
        this.CONSUME(T.LSquare);
        this.SUBRULE(this.expression);
        this.CONSUME(T.RSquare);
      },
    });
  });

  readonly labelled: Rule = this.RULE("labelled", () => {
    this.OPTION(() => this.SUBRULE(this.label));
    this.OR([
      { ALT: () => this.SUBRULE(this.forLoop) },
      { ALT: () => this.SUBRULE(this.ifElse) },
      { ALT: () => this.SUBRULE(this.chain) },
    ]);
  });

  readonly label: Rule = this.RULE("label", () => {
    this.OR([{ ALT: () => this.CONSUME(T.Identifier) }, { ALT: () => this.CONSUME(T.StringToken) }]);
    this.CONSUME(T.Colon);
  });

  readonly forLoop: Rule = this.RULE("forLoop", () => {
    this.CONSUME(T.For);
    this.CONSUME(T.Identifier);
    this.OPTION(() => {
      this.CONSUME(T.Comma);
      this.CONSUME2(T.Identifier);
    });
    this.CONSUME(T.In);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.body);
  });

  readonly ifElse: Rule = this.RULE("ifElse", () => {
    this.CONSUME(T.If);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.body);
    this.MANY(() => {
      this.CONSUME(T.Else);
      this.CONSUME2(T.If);
      this.SUBRULE2(this.expression);
      this.SUBRULE2(this.body);
    });
    this.OPTION(() => {
      this.CONSUME2(T.Else);
      this.SUBRULE3(this.body);
    });
  });

  readonly flow: Rule = this.RULE("flow", () => {
    this.OPTION(() => this.SUBRULE(this.label));
    this.SUBRULE(this.chain);
  });

  readonly chain: Rule = this.RULE("chain", () => {
    this.SUBRULE(this.step);
    this.MANY(() => {
      this.CONSUME(T.Arrow);
      this.SUBRULE(this.nextStep);
    });
  });

  readonly nextStep: Rule = this.RULE("nextStep", () => {
    this.OPTION(() => this.SUBRULE(this.label));
    this.SUBRULE(this.step);
  });

  readonly step: Rule = this.RULE("step", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.body) },
    ]);
    this.OPTION(() => {
      this.CONSUME(T.Star);
      this.SUBRULE(this.postfix);
    });
    this.OPTION2(() => {
      this.CONSUME(T.As);
      this.SUBRULE(this.target);
    });
  });

  readonly call: Rule = this.RULE("call", () => {
    this.OR([{ ALT: () => this.CONSUME(T.Identifier) }, { ALT: () => this.CONSUME(T.In) }]);
    this.MANY(() => {
      this.CONSUME(T.Dot);
      this.CONSUME2(T.Identifier);
    });
    this.OPTION({
      GATE: () => this.touches(T.LSquare),
      DEF: () => {
        this.CONSUME(T.LSquare);
        this.SUBRULE(this.expression);
        this.CONSUME(T.RSquare);
      },
    });
    this.OPTION2(() => this.SUBRULE(this.args));
    this.OPTION3(() => this.SUBRULE(this.branches));
  });

  readonly args: Rule = this.RULE("args", () => {
    this.CONSUME(T.LParen);
    this.OPTION(() => {
      this.SUBRULE(this.arg);
      this.MANY(() => {
        this.CONSUME(T.Comma);
        this.SUBRULE2(this.arg);
      });
      this.OPTION2(() => this.CONSUME2(T.Comma));
    });
    this.CONSUME(T.RParen);
  });

  readonly arg: Rule = this.RULE("arg", () => {
    this.OPTION(() => {
      this.CONSUME(T.Identifier);
      this.OR([{ ALT: () => this.CONSUME(T.Assign) }, { ALT: () => this.CONSUME(T.Colon) }]);
    });
    this.SUBRULE(this.argValue);
  });

  readonly argValue: Rule = this.RULE("argValue", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.body) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  // ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly expression: Rule = this.RULE("expression", () => {
    this.SUBRULE(this.binary);
    this.OPTION(() => {
      this.CONSUME(T.Question);
      this.SUBRULE(this.expression);
      this.CONSUME(T.Colon);
      this.SUBRULE2(this.expression);
    });
  });

  readonly binary: Rule = this.RULE("binary", () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.CONSUME(T.Operator);
      this.SUBRULE2(this.unary);
    });
  });

  readonly unary: Rule = this.RULE("unary", () => {
    this.MANY(() => this.OR([{ ALT: () => this.CONSUME(T.Minus) }, { ALT: () => this.CONSUME(T.Not) }]));
    this.SUBRULE(this.postfix);
  });

  readonly postfix: Rule = this.RULE("postfix", () => {
    this.SUBRULE(this.primary);
    this.MANY({
      GATE: () => this.LA(1).tokenType !== T.LSquare || this.touches(T.LSquare),
      DEF: () => this.SUBRULE(this.suffix),
    });
  });

  readonly suffix: Rule = this.RULE("suffix", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Dot);
          this.CONSUME(T.Identifier);
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LSquare);
          this.SUBRULE(this.expression);
          this.CONSUME(T.RSquare);
        },
      },
      { ALT: () => this.SUBRULE(this.args) },
    ]);
  });

  readonly primary: Rule = this.RULE("primary", () => {
    this.OR([
      { ALT: () => this.CONSUME(T.NumberToken) },
      { ALT: () => this.CONSUME(T.StringToken) },
      { ALT: () => this.CONSUME(T.True) },
      { ALT: () => this.CONSUME(T.False) },
      { ALT: () => this.CONSUME(T.Identifier) },
      { ALT: () => this.CONSUME(T.In) },
      { ALT: () => this.SUBRULE(this.list) },
      {
        ALT: () => {
          this.CONSUME(T.LParen);
          this.SUBRULE(this.expression);
          this.CONSUME(T.RParen);
        },
      },
    ]);
  });

  readonly list: Rule = this.RULE("list", () => {
    this.CONSUME(T.LSquare);
    this.OPTION(() => {
      this.SUBRULE(this.expression);
      this.MANY(() => {
        this.CONSUME(T.Comma);
        this.SUBRULE2(this.expression);
      });
      this.OPTION2(() => this.CONSUME2(T.Comma));
    });
    this.CONSUME(T.RSquare);
  });

  /** An index touches what it indexes: `enc[i]`; with a blank before it `[` begins a list. */
  private touches(type: TokenType): boolean {
    const next = this.LA(1);
    return next.tokenType === type && this.LA(0).startOffset + this.LA(0).image.length === next.startOffset;
  }
}
