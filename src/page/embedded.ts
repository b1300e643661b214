// What the build puts into the page.

declare const EXAMPLES: Readonly<Record<string, string>>;
declare const KEYWORDS: readonly string[];

/** The programs in examples/, by file name; the first is shown first. */
export const examples = EXAMPLES;
export const keywords = KEYWORDS;
