// Types of the concrete syntax tree, generated from grammar/parser.ts by `npm run gen`.
import type { CstNode, IToken } from "chevrotain";

export interface FileCstNode extends CstNode {
  readonly name: "file";
  readonly children: FileCstChildren;
}

export type FileCstChildren = {
  readonly Newline?: IToken[];
  readonly declaration?: DeclarationCstNode[];
};

export interface DeclarationCstNode extends CstNode {
  readonly name: "declaration";
  readonly children: DeclarationCstChildren;
}

export type DeclarationCstChildren = {
  readonly importLine?: ImportLineCstNode[];
  readonly constLine?: ConstLineCstNode[];
  readonly defaultLine?: DefaultLineCstNode[];
  readonly block?: BlockCstNode[];
  readonly model?: ModelCstNode[];
  readonly exportLine?: ExportLineCstNode[];
  readonly train?: TrainCstNode[];
};

export interface ImportLineCstNode extends CstNode {
  readonly name: "importLine";
  readonly children: ImportLineCstChildren;
}

export type ImportLineCstChildren = {
  readonly Import: [IToken, ...IToken[]];
  readonly namespace?: NamespaceCstNode[];
  readonly importNames?: ImportNamesCstNode[];
  readonly From: [IToken, ...IToken[]];
  readonly String: [IToken, ...IToken[]];
};

export interface NamespaceCstNode extends CstNode {
  readonly name: "namespace";
  readonly children: NamespaceCstChildren;
}

export type NamespaceCstChildren = {
  readonly Star: [IToken, ...IToken[]];
  readonly As: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
};

export interface ImportNamesCstNode extends CstNode {
  readonly name: "importNames";
  readonly children: ImportNamesCstChildren;
}

export type ImportNamesCstChildren = {
  readonly LCurly: [IToken, ...IToken[]];
  readonly importName?: ImportNameCstNode[];
  readonly Comma?: IToken[];
  readonly RCurly: [IToken, ...IToken[]];
};

export interface ImportNameCstNode extends CstNode {
  readonly name: "importName";
  readonly children: ImportNameCstChildren;
}

export type ImportNameCstChildren = {
  readonly Identifier: [IToken, ...IToken[]];
  readonly As?: IToken[];
};

export interface ConstLineCstNode extends CstNode {
  readonly name: "constLine";
  readonly children: ConstLineCstChildren;
}

export type ConstLineCstChildren = {
  readonly Const: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly Assign: [IToken, ...IToken[]];
  readonly expression: [ExpressionCstNode, ...ExpressionCstNode[]];
};

export interface DefaultLineCstNode extends CstNode {
  readonly name: "defaultLine";
  readonly children: DefaultLineCstChildren;
}

export type DefaultLineCstChildren = {
  readonly Default: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly args: [ArgsCstNode, ...ArgsCstNode[]];
};

export interface BlockCstNode extends CstNode {
  readonly name: "block";
  readonly children: BlockCstChildren;
}

export type BlockCstChildren = {
  readonly Block: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly params?: ParamsCstNode[];
  readonly body: [BodyCstNode, ...BodyCstNode[]];
};

export interface ModelCstNode extends CstNode {
  readonly name: "model";
  readonly children: ModelCstChildren;
}

export type ModelCstChildren = {
  readonly Model: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly params?: ParamsCstNode[];
  readonly body: [BodyCstNode, ...BodyCstNode[]];
};

export interface ExportLineCstNode extends CstNode {
  readonly name: "exportLine";
  readonly children: ExportLineCstChildren;
}

export type ExportLineCstChildren = {
  readonly Export: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly Assign: [IToken, ...IToken[]];
  readonly expression: [ExpressionCstNode, ...ExpressionCstNode[]];
  readonly From?: IToken[];
  readonly String?: IToken[];
};

export interface TrainCstNode extends CstNode {
  readonly name: "train";
  readonly children: TrainCstChildren;
}

export type TrainCstChildren = {
  readonly Train: [IToken, ...IToken[]];
  readonly Identifier?: IToken[];
  readonly LCurly: [IToken, ...IToken[]];
  readonly Newline?: IToken[];
  readonly entry?: EntryCstNode[];
  readonly RCurly: [IToken, ...IToken[]];
};

export interface EntryCstNode extends CstNode {
  readonly name: "entry";
  readonly children: EntryCstChildren;
}

export type EntryCstChildren = {
  readonly Identifier: [IToken, ...IToken[]];
  readonly Assign: [IToken, ...IToken[]];
  readonly expression: [ExpressionCstNode, ...ExpressionCstNode[]];
  readonly Arrow?: IToken[];
};

export interface ParamsCstNode extends CstNode {
  readonly name: "params";
  readonly children: ParamsCstChildren;
}

export type ParamsCstChildren = {
  readonly LParen: [IToken, ...IToken[]];
  readonly param?: ParamCstNode[];
  readonly Comma?: IToken[];
  readonly RParen: [IToken, ...IToken[]];
};

export interface ParamCstNode extends CstNode {
  readonly name: "param";
  readonly children: ParamCstChildren;
}

export type ParamCstChildren = {
  readonly Identifier: [IToken, ...IToken[]];
  readonly Colon?: IToken[];
  readonly Assign?: IToken[];
  readonly argValue?: ArgValueCstNode[];
};

export interface BodyCstNode extends CstNode {
  readonly name: "body";
  readonly children: BodyCstChildren;
}

export type BodyCstChildren = {
  readonly LCurly: [IToken, ...IToken[]];
  readonly statements: [StatementsCstNode, ...StatementsCstNode[]];
  readonly RCurly: [IToken, ...IToken[]];
};

export interface BranchesCstNode extends CstNode {
  readonly name: "branches";
  readonly children: BranchesCstChildren;
}

export type BranchesCstChildren = {
  readonly LCurly: [IToken, ...IToken[]];
  readonly statements: [StatementsCstNode, ...StatementsCstNode[]];
  readonly Bar?: IToken[];
  readonly RCurly: [IToken, ...IToken[]];
};

export interface StatementsCstNode extends CstNode {
  readonly name: "statements";
  readonly children: StatementsCstChildren;
}

export type StatementsCstChildren = {
  readonly Newline?: IToken[];
  readonly statement?: StatementCstNode[];
};

export interface StatementCstNode extends CstNode {
  readonly name: "statement";
  readonly children: StatementCstChildren;
}

export type StatementCstChildren = {
  readonly inputLine?: InputLineCstNode[];
  readonly outputLine?: OutputLineCstNode[];
  readonly defaultLine?: DefaultLineCstNode[];
  readonly letLine?: LetLineCstNode[];
  readonly tapLine?: TapLineCstNode[];
  readonly labelled?: LabelledCstNode[];
};

export interface InputLineCstNode extends CstNode {
  readonly name: "inputLine";
  readonly children: InputLineCstChildren;
}

export type InputLineCstChildren = {
  readonly Input: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly Colon: [IToken, ...IToken[]];
  readonly type: [TypeCstNode, ...TypeCstNode[]];
};

export interface OutputLineCstNode extends CstNode {
  readonly name: "outputLine";
  readonly children: OutputLineCstChildren;
}

export type OutputLineCstChildren = {
  readonly Output: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly Colon?: IToken[];
  readonly type?: TypeCstNode[];
  readonly Assign?: IToken[];
  readonly flow?: FlowCstNode[];
};

export interface TypeCstNode extends CstNode {
  readonly name: "type";
  readonly children: TypeCstChildren;
}

export type TypeCstChildren = {
  readonly Identifier?: IToken[];
  readonly list: [ListCstNode, ...ListCstNode[]];
};

export interface LetLineCstNode extends CstNode {
  readonly name: "letLine";
  readonly children: LetLineCstChildren;
}

export type LetLineCstChildren = {
  readonly Let: [IToken, ...IToken[]];
  readonly target: [TargetCstNode, ...TargetCstNode[]];
  readonly Assign: [IToken, ...IToken[]];
  readonly flow: [FlowCstNode, ...FlowCstNode[]];
};

export interface TapLineCstNode extends CstNode {
  readonly name: "tapLine";
  readonly children: TapLineCstChildren;
}

export type TapLineCstChildren = {
  readonly As: [IToken, ...IToken[]];
  readonly target: [TargetCstNode, ...TargetCstNode[]];
};

export interface TargetCstNode extends CstNode {
  readonly name: "target";
  readonly children: TargetCstChildren;
}

export type TargetCstChildren = {
  readonly Identifier: [IToken, ...IToken[]];
  readonly LSquare?: IToken[];
  readonly expression?: ExpressionCstNode[];
  readonly RSquare?: IToken[];
};

export interface LabelledCstNode extends CstNode {
  readonly name: "labelled";
  readonly children: LabelledCstChildren;
}

export type LabelledCstChildren = {
  readonly label?: LabelCstNode[];
  readonly forLoop?: ForLoopCstNode[];
  readonly ifElse?: IfElseCstNode[];
  readonly chain?: ChainCstNode[];
};

export interface LabelCstNode extends CstNode {
  readonly name: "label";
  readonly children: LabelCstChildren;
}

export type LabelCstChildren = {
  readonly Identifier?: IToken[];
  readonly String?: IToken[];
  readonly Colon: [IToken, ...IToken[]];
};

export interface ForLoopCstNode extends CstNode {
  readonly name: "forLoop";
  readonly children: ForLoopCstChildren;
}

export type ForLoopCstChildren = {
  readonly For: [IToken, ...IToken[]];
  readonly Identifier: [IToken, ...IToken[]];
  readonly Comma?: IToken[];
  readonly In: [IToken, ...IToken[]];
  readonly expression: [ExpressionCstNode, ...ExpressionCstNode[]];
  readonly body: [BodyCstNode, ...BodyCstNode[]];
};

export interface IfElseCstNode extends CstNode {
  readonly name: "ifElse";
  readonly children: IfElseCstChildren;
}

export type IfElseCstChildren = {
  readonly If: [IToken, ...IToken[]];
  readonly expression: [ExpressionCstNode, ...ExpressionCstNode[]];
  readonly body: [BodyCstNode, ...BodyCstNode[]];
  readonly Else?: IToken[];
};

export interface FlowCstNode extends CstNode {
  readonly name: "flow";
  readonly children: FlowCstChildren;
}

export type FlowCstChildren = {
  readonly label?: LabelCstNode[];
  readonly chain: [ChainCstNode, ...ChainCstNode[]];
};

export interface ChainCstNode extends CstNode {
  readonly name: "chain";
  readonly children: ChainCstChildren;
}

export type ChainCstChildren = {
  readonly step: [StepCstNode, ...StepCstNode[]];
  readonly Arrow?: IToken[];
  readonly nextStep?: NextStepCstNode[];
};

export interface NextStepCstNode extends CstNode {
  readonly name: "nextStep";
  readonly children: NextStepCstChildren;
}

export type NextStepCstChildren = {
  readonly label?: LabelCstNode[];
  readonly step: [StepCstNode, ...StepCstNode[]];
};

export interface StepCstNode extends CstNode {
  readonly name: "step";
  readonly children: StepCstChildren;
}

export type StepCstChildren = {
  readonly call?: CallCstNode[];
  readonly list?: ListCstNode[];
  readonly body?: BodyCstNode[];
  readonly Star?: IToken[];
  readonly postfix?: PostfixCstNode[];
  readonly As?: IToken[];
  readonly target?: TargetCstNode[];
};

export interface CallCstNode extends CstNode {
  readonly name: "call";
  readonly children: CallCstChildren;
}

export type CallCstChildren = {
  readonly Identifier?: IToken[];
  readonly In?: IToken[];
  readonly Dot?: IToken[];
  readonly LSquare?: IToken[];
  readonly expression?: ExpressionCstNode[];
  readonly RSquare?: IToken[];
  readonly args?: ArgsCstNode[];
  readonly branches?: BranchesCstNode[];
};

export interface ArgsCstNode extends CstNode {
  readonly name: "args";
  readonly children: ArgsCstChildren;
}

export type ArgsCstChildren = {
  readonly LParen: [IToken, ...IToken[]];
  readonly arg?: ArgCstNode[];
  readonly Comma?: IToken[];
  readonly RParen: [IToken, ...IToken[]];
};

export interface ArgCstNode extends CstNode {
  readonly name: "arg";
  readonly children: ArgCstChildren;
}

export type ArgCstChildren = {
  readonly Identifier?: IToken[];
  readonly Assign?: IToken[];
  readonly Colon?: IToken[];
  readonly argValue: [ArgValueCstNode, ...ArgValueCstNode[]];
};

export interface ArgValueCstNode extends CstNode {
  readonly name: "argValue";
  readonly children: ArgValueCstChildren;
}

export type ArgValueCstChildren = {
  readonly body?: BodyCstNode[];
  readonly expression?: ExpressionCstNode[];
};

export interface ExpressionCstNode extends CstNode {
  readonly name: "expression";
  readonly children: ExpressionCstChildren;
}

export type ExpressionCstChildren = {
  readonly binary: [BinaryCstNode, ...BinaryCstNode[]];
  readonly Question?: IToken[];
  readonly expression?: ExpressionCstNode[];
  readonly Colon?: IToken[];
};

export interface BinaryCstNode extends CstNode {
  readonly name: "binary";
  readonly children: BinaryCstChildren;
}

export type BinaryCstChildren = {
  readonly unary: [UnaryCstNode, ...UnaryCstNode[]];
  readonly Operator?: IToken[];
};

export interface UnaryCstNode extends CstNode {
  readonly name: "unary";
  readonly children: UnaryCstChildren;
}

export type UnaryCstChildren = {
  readonly Minus?: IToken[];
  readonly Not?: IToken[];
  readonly postfix: [PostfixCstNode, ...PostfixCstNode[]];
};

export interface PostfixCstNode extends CstNode {
  readonly name: "postfix";
  readonly children: PostfixCstChildren;
}

export type PostfixCstChildren = {
  readonly primary: [PrimaryCstNode, ...PrimaryCstNode[]];
  readonly suffix?: SuffixCstNode[];
};

export interface SuffixCstNode extends CstNode {
  readonly name: "suffix";
  readonly children: SuffixCstChildren;
}

export type SuffixCstChildren = {
  readonly Dot?: IToken[];
  readonly Identifier?: IToken[];
  readonly LSquare?: IToken[];
  readonly expression?: ExpressionCstNode[];
  readonly RSquare?: IToken[];
  readonly args?: ArgsCstNode[];
};

export interface PrimaryCstNode extends CstNode {
  readonly name: "primary";
  readonly children: PrimaryCstChildren;
}

export type PrimaryCstChildren = {
  readonly Number?: IToken[];
  readonly String?: IToken[];
  readonly True?: IToken[];
  readonly False?: IToken[];
  readonly Identifier?: IToken[];
  readonly In?: IToken[];
  readonly list?: ListCstNode[];
  readonly LParen?: IToken[];
  readonly expression?: ExpressionCstNode[];
  readonly RParen?: IToken[];
};

export interface ListCstNode extends CstNode {
  readonly name: "list";
  readonly children: ListCstChildren;
}

export type ListCstChildren = {
  readonly LSquare: [IToken, ...IToken[]];
  readonly expression?: ExpressionCstNode[];
  readonly Comma?: IToken[];
  readonly RSquare: [IToken, ...IToken[]];
};
