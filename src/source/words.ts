// Small sentences about names, for help.

/** "there is m", "there are a, b, c" */
export function thereAre(names: readonly string[]): string {
  return `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
}
