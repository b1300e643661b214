// Which tier runs: `npm test` with small counts, or `npm run verify` with the full ones that an issue names.

export const full = process.env["RNC_VERIFY"] === "1";

/** How many cases to run in this tier. */
export function count(small: number, large: number): number {
  return full ? large : small;
}
