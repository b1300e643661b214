// What a command is about.
import type { Uri } from "vscode";

export interface Subject {
  readonly uri: Uri;
  /** Null where none is said: all of the program's. */
  readonly export: string | null;
}
