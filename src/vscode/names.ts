// What the manifest and the code call the same. Law: extension.ts has a handler for each of `commands`, by its type.

/** As palettes and menus show them. */
export const commands = {
  "rnc.openGraph": { title: "Open Graph to the Side", icon: "$(type-hierarchy)" },
  "rnc.compile": { title: "Compile", icon: "$(file-binary)" },
  "rnc.run": { title: "Run on Data…", icon: "$(play)" },
} as const;

export type CommandName = keyof typeof commands;

/** The context key of windows in which processes can be started. */
export const canRun = "rnc.canRun";
