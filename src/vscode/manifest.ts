// What the extension contributes to VS Code: its package.json, as data. Only src/vsix.ts reads it: the extension itself stays small.
import { tokenKinds } from "../editor/highlighting.ts";
import { canRun, commands } from "./names.ts";

const settings = {
  "rnc.target": {
    type: "string", enum: ["ts", "wasm", "wgsl"], default: "ts", order: 1,
    enumDescriptions: ["Readable TypeScript, one thread.", "WebAssembly SIMD, several times faster.", "GPUs, through WebGPU."],
    markdownDescription: "What `rnc: Compile` and `rnc: Run on Data…` write kernels in.",
  },
  "rnc.command": {
    type: "string", default: "", scope: "machine-overridable", order: 2,
    markdownDescription: "The absolute path of another `dist/rnc.js` than the extension's own, for example of the package `rnlang` that a project has installed. Read when the window opens.",
  },
  "rnc.trace.server": {
    type: "string", enum: ["off", "messages", "verbose"], default: "off", scope: "window", order: 3,
    description: "What the output channel “rnc” shows of the conversation with the language server.",
  },
} as const;

const isProgram = "editorLangId == rn";

export interface PackageFacts {
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** Of an extension whose files lie where src/vsix.ts puts them. */
export function manifest({ version, description, license }: PackageFacts) {
  return {
    name: "rnlang",
    displayName: "rnc",
    publisher: "rnlang",
    version,
    description,
    license,
    icon: "icon.png",
    categories: ["Programming Languages", "Linters", "Formatters", "Machine Learning"],
    keywords: ["neural network", "deep learning", "compiler", "shapes", "WebAssembly"],
    engines: { vscode: "^1.91.0" },
    main: "./node.js",
    browser: "./browser.js",
    activationEvents: ["onLanguage:rn"],
    capabilities: {
      untrustedWorkspaces: { supported: "limited", description: "Programs are compiled and run by the extension's own compiler.", restrictedConfigurations: ["rnc.command"] },
      virtualWorkspaces: { supported: "limited", description: "Imports are read from open editors only; modules cannot be written." },
    },
    contributes: {
      languages: [{ id: "rn", aliases: ["rn", "rnc"], extensions: [".rn"], configuration: "./language-configuration.json", icon: { light: "./icon.png", dark: "./icon.png" } }],
      grammars: [{ language: "rn", scopeName: "source.rn", path: "./rn.tmLanguage.json" }],
      semanticTokenScopes: [{ language: "rn", scopes: Object.fromEntries(tokenKinds.map((kind) => [kind, [scopes[kind]]])) }],
      configurationDefaults: { "[rn]": { "editor.tabSize": 2, "editor.insertSpaces": true, "editor.formatOnType": true, "editor.wordBasedSuggestions": "off" } },
      commands: Object.entries(commands).map(([command, { title, icon }]) => ({ command, title, icon, category: "rnc", enablement: command === "rnc.openGraph" ? isProgram : `${isProgram} && ${canRun}` })),
      menus: { "editor/title": [{ command: "rnc.openGraph", when: isProgram, group: "navigation" }] },
      taskDefinitions: [{ type: "rnc" }],
      configuration: { title: "rnc", properties: settings },
    },
  };
}

/** For themes that know no semantic tokens. */
const scopes: Readonly<Record<(typeof tokenKinds)[number], string>> = {
  namespace: "entity.name.namespace.rn", class: "entity.name.type.class.rn", function: "entity.name.function.rn", method: "entity.name.function.member.rn",
  parameter: "variable.parameter.rn", variable: "variable.other.readwrite.rn", property: "variable.other.property.rn", enumMember: "variable.other.enummember.rn", keyword: "keyword.control.rn",
};
